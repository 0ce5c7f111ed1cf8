/*
 * The keys of one issuer in this worker, as the rooms of keys/ share them:
 * keys.c, keys_refresh.c, keys_report.c and keys_wait.c alone include this.
 * Knows no: request, location, verdict.  docs/keys.md, "The parts".
 */

#ifndef NGX_HTTP_HEALTHCODE_KEYS_PRIVATE_H
#define NGX_HTTP_HEALTHCODE_KEYS_PRIVATE_H

#include "ngx_http_healthcode_keys_slot.h"
#include "ngx_http_healthcode_keys_wait.h"
#include "ngx_http_healthcode_reader.h"


/* How a text was given to the reader. */
#define NGX_HTTP_HEALTHCODE_KEYS_SHARED   1
#define NGX_HTTP_HEALTHCODE_KEYS_FETCHED  2


typedef struct ngx_http_healthcode_keys_all_s  ngx_http_healthcode_keys_all_t;


struct ngx_http_healthcode_keys_s {
    ngx_http_healthcode_issuer_t    *issuer;
    ngx_uint_t                       number;
    healthcode_keyring_t            *keyring;    /* NULL: not there yet */
    ngx_uint_t                       owned;      /* or the configuration's */
    time_t                           since;      /* when they were read */

    ngx_atomic_uint_t                version;    /* of the shared text, read */
    ngx_uint_t                       given;      /* texts at the reader */
    ngx_uint_t                       fetching;   /* this worker is */
    ngx_uint_t                       answered;   /* a text of the location is
                                                    among the keys */
    ngx_msec_t                       after;      /* ms to the next fetch, once
                                                    this one is good */

    ngx_queue_t                      waiting;    /* waiters */
    ngx_http_healthcode_keys_all_t  *all;
};


/* The keys of all issuers in this worker. */
struct ngx_http_healthcode_keys_all_s {
    ngx_uint_t                        n;
    ngx_http_healthcode_keys_t       *keys;
    healthcode_known_digest_t        *identities;
    ngx_http_healthcode_main_conf_t  *mcf;
    ngx_http_healthcode_reader_t     *reader;
    ngx_event_t                       look;         /* cancelable */
    ngx_event_t                       tick;         /* while somebody waits */
    ngx_uint_t                        waiting;      /* waiters */
    ngx_uint_t                        waiting_max;
    ngx_log_t                        *log;
};


/* keys_wait.c */

/* Adds waiter to those of keys. */
void ngx_http_healthcode_keys_wait_add(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_keys_waiter_t *waiter);

/* Calls the handlers of all waiters of keys, or of those whose time is over. */
void ngx_http_healthcode_keys_wait_wake(ngx_http_healthcode_keys_t *keys,
    ngx_uint_t all);


/* keys_refresh.c */

/* The handler of all->look: asks the locations that are due. */
void ngx_http_healthcode_keys_refresh_look(ngx_event_t *ev);

/* Gives a new text that another worker has fetched to the reader. */
void ngx_http_healthcode_keys_refresh_take(ngx_http_healthcode_keys_t *keys);

/* Asks the location, unless another worker does or it is too early.  True: a
   fetch has started. */
ngx_uint_t ngx_http_healthcode_keys_refresh_start(
    ngx_http_healthcode_keys_t *keys);

/* Whether other keys are on their way to this worker, from any worker. */
ngx_uint_t ngx_http_healthcode_keys_refresh_is_coming(
    ngx_http_healthcode_keys_t *keys);

/* Ends the fetch that gave result, and shares its text if it is good. */
void ngx_http_healthcode_keys_refresh_done(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_watch_result_t *result);


/* keys_report.c: of all workers, one logs it. */

/* keys has the new set of result. */
void ngx_http_healthcode_keys_report_new(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_watch_result_t *result);

/* This process may not read files that the master has read. */
void ngx_http_healthcode_keys_report_closed(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_watch_result_t *result);

/* A new set cannot be used. */
void ngx_http_healthcode_keys_report_broken(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_watch_result_t *result);

/* The location has given no text; status is its, 0 for none in time. */
void ngx_http_healthcode_keys_report_missed(ngx_http_healthcode_keys_t *keys,
    ngx_uint_t status);

#endif
