/*
 * Counters by a store or an issuer, and times in buckets.
 * Knows no: request, connection, location.
 * docs/monitoring/metrics.md, "Stores".
 */

#ifndef NGX_HTTP_HEALTHCODE_TALLY_H
#define NGX_HTTP_HEALTHCODE_TALLY_H

#include "../ngx_http_healthcode.h"
#include "../../core/healthcode_inside.h"
#include "../../core/healthcode_series.h"


/*
 * Makes what a worker counts with, in mcf and its stores, unless there is no
 * shared memory.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_tally_init_process(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf);

/*
 * Adds one to a counter of name, and of word if that is not empty.  name is of
 * the configuration; word is constant, of HEALTHCODE_SERIES_WORD bytes at most:
 * a counter is found by the places of both.  Does nothing without room for it,
 * or if tally is NULL.
 */
void ngx_http_healthcode_tally(ngx_http_healthcode_tally_t *tally,
    healthcode_series_e what, const ngx_str_t *name, healthcode_str_t word);

/* Adds a time in microseconds to a histogram of name, likewise. */
void ngx_http_healthcode_tally_time(ngx_http_healthcode_tally_t *tally,
    healthcode_series_e what, const ngx_str_t *name, uint64_t us);

/*
 * Notes that so many people are inside a hall by an answer of the store that
 * came now: until another worker of this machine, or this one, has a later one.
 * Both names are of the configuration.  Likewise.
 */
void ngx_http_healthcode_tally_inside(ngx_http_healthcode_tally_t *tally,
    const ngx_str_t *store, const ngx_str_t *hall, uint32_t people);

/* Microseconds of CLOCK_MONOTONIC since then. */
ngx_uint_t ngx_http_healthcode_tally_elapsed(const struct timespec *since);

#endif
