/*
 * Which zone a store and a location keep what they know in: the line "cache" of
 * healthcode_store, and healthcode_code_cache.
 * Knows no: request, connection, shared memory, clock.
 * docs/directives.md, "healthcode_code_cache".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_CACHE_H
#define NGX_HTTP_HEALTHCODE_CONF_CACHE_H

#include "../ngx_http_healthcode.h"


/* The line of a store that names its zone. */
char *ngx_http_healthcode_conf_cache(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* The directive healthcode_code_cache. */
char *ngx_http_healthcode_conf_code_cache(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* The configuration's, created when it is first needed; NULL: no memory. */
healthcode_digest_t *ngx_http_healthcode_conf_digest(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);

/*
 * Finds the zone of a store, once all zones are known.  NGX_OK, also if it has
 * none; NGX_ERROR is logged.
 */
ngx_int_t ngx_http_healthcode_conf_cache_link(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_store_t *store);

/*
 * While a location is merged, after its issuers and its audience: finds its
 * zone, and which issuers' codes are looked for there.  NGX_OK, also if it has
 * none; NGX_ERROR is logged.
 */
ngx_int_t ngx_http_healthcode_conf_code_cache_link(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);

#endif
