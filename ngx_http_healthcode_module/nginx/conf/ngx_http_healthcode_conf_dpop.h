/*
 * The directive healthcode_dpop_origin, and what a location needs that checks
 * proofs of DPoP.  Knows no: request, connection, token, claims.
 * docs/directives.md, "healthcode_dpop_origin".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_DPOP_H
#define NGX_HTTP_HEALTHCODE_CONF_DPOP_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_dpop_origin(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * When a location is merged and its store is known: prepares what is needed to
 * check proofs if it does.  NGX_OK, or NGX_ERROR: it lacks an origin or a
 * store, which is said, or there is no memory.
 */
ngx_int_t ngx_http_healthcode_conf_dpop_check(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf,
    ngx_http_healthcode_loc_conf_t *conf);

#endif
