/*
 * Locations with nothing behind them but the gate: healthcode_gate.
 * Knows no: request, connection.
 * docs/directives.md, "healthcode_gate".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_GATE_H
#define NGX_HTTP_HEALTHCODE_CONF_GATE_H

#include "../ngx_http_healthcode.h"


/*
 * While a location is merged, after its mode: what an "if" or "limit_except" in
 * a healthcode_gate is.  NGX_OK; or NGX_ERROR, which is logged: it has
 * something behind it, or does not judge.
 */
ngx_int_t ngx_http_healthcode_conf_gate_merge(ngx_conf_t *cf,
    const ngx_http_healthcode_loc_conf_t *prev,
    ngx_http_healthcode_loc_conf_t *conf);

#endif
