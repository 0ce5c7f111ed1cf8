/*
 * Locations of healthcode_status: "nginx -t" names those that are open to all.
 * Refuses nothing.
 * Knows no: request, connection.  docs/directives.md, "healthcode_status".
 */

#include "ngx_http_healthcode_conf_open.h"
#include "ngx_http_healthcode_conf_status.h"


ngx_int_t
ngx_http_healthcode_conf_status_note(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    if (conf->status == NGX_CONF_UNSET_UINT) {
        return NGX_OK;
    }

    return ngx_http_healthcode_conf_place(cf, &mcf->statuses, conf);
}


ngx_int_t
ngx_http_healthcode_conf_status_find(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                    i;
    ngx_http_healthcode_place_t  *place = mcf->statuses.elts;

    for (i = 0; i < mcf->statuses.nelts; i++) {

        if (!ngx_http_healthcode_conf_open(cf, &place[i])) {
            continue;
        }

        if (ngx_http_healthcode_conf_open_note(cf, &place[i], &mcf->open)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_http_healthcode_conf_status_warn(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                   i;
    ngx_http_healthcode_open_t  *open = mcf->open.elts;

    if (mcf->open.nelts == 0
        || ngx_http_healthcode_conf_open_has_others(cycle, mcf))
    {
        return;
    }

    for (i = 0; i < mcf->open.nelts; i++) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "healthcode: location \"%V\" shows everybody what "
                      "\"healthcode_status\" has; write \"allow 127.0.0.1; "
                      "deny all;\" there, or \"allow all;\" if that is meant%V",
                      &open[i].where, &open[i].at);
    }
}
