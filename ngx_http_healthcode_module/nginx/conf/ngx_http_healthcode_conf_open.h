/*
 * Whether a location is open to all: no rule of nginx's own says who may ask
 * for it.
 * Knows no: request, connection.  docs/directives.md, "healthcode_status".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_OPEN_H
#define NGX_HTTP_HEALTHCODE_CONF_OPEN_H

#include "ngx_http_healthcode_conf_where.h"


/* One that is open, as the message names it. */
typedef struct {
    ngx_str_t                      where;
    ngx_str_t                      at;
} ngx_http_healthcode_open_t;


/*
 * Whether everybody who reaches this machine may GET what place answers: it has
 * an address that is not a loopback's and needs no client certificate, it is
 * not "internal" or named, and neither a gate, nor a line of nginx's modules
 * that could refuse anybody, counts there.  Call it once all locations are
 * merged, while the configuration is read: addresses end with cf->temp_pool.
 * 1: it is open, unless ..._has_others() knows of another module; 0: it is not,
 * or that cannot be known.
 */
ngx_uint_t ngx_http_healthcode_conf_open(ngx_conf_t *cf,
    const ngx_http_healthcode_place_t *place);

/* Likewise, of a gate: its own rules do not count. */
ngx_uint_t ngx_http_healthcode_conf_open_beside(ngx_conf_t *cf,
    const ngx_http_healthcode_place_t *place);

/*
 * Adds how a message names place to the array, of ngx_http_healthcode_open_t.
 * NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_conf_open_note(ngx_conf_t *cf,
    const ngx_http_healthcode_place_t *place, ngx_array_t *array);

/*
 * Whether a module that is not nginx's own has a part in requests before they
 * are answered, so that any location may be guarded in a way that is unknown
 * here.  Call it once all modules have added theirs: when they are initialized.
 */
ngx_uint_t ngx_http_healthcode_conf_open_has_others(ngx_cycle_t *cycle,
    const ngx_http_healthcode_main_conf_t *mcf);

#endif
