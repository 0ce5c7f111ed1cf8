/*
 * Locations with nothing behind them but the gate: healthcode_gate.
 * Knows no: request, connection.
 * docs/directives.md, "healthcode_gate".
 */

#include "ngx_http_healthcode_conf_gate.h"
#include "ngx_http_healthcode_conf_where.h"


ngx_int_t
ngx_http_healthcode_conf_gate_merge(ngx_conf_t *cf,
    const ngx_http_healthcode_loc_conf_t *prev,
    ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t                  at;
    ngx_uint_t                 is_inner;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /* nginx gives a "limit_except" no handler */

    is_inner = (prev->content != NULL && (clcf->noname || clcf->lmt_excpt));

    if (is_inner) {
        conf->content = prev->content;

        if (clcf->handler == NULL) {
            clcf->handler = conf->content;
        }
    }

    if (conf->content == NULL) {
        return NGX_OK;
    }

    if (clcf->handler != conf->content) {
        ngx_http_healthcode_conf_at(cf, conf, &at);
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"healthcode_gate\" answers by itself, but its location "
                      "has something else that answers; take one of them out%V",
                      &at);
        return NGX_ERROR;
    }

    if (conf->rules.mode == NGX_HTTP_HEALTHCODE_OFF && !is_inner) {
        ngx_http_healthcode_conf_at(cf, conf, &at);
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"healthcode_gate\" judges nobody, since its gate is "
                      "off; write \"healthcode on;\" beside it%V", &at);
        return NGX_ERROR;
    }

    return NGX_OK;
}
