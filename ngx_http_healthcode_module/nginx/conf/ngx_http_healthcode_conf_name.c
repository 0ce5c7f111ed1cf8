/*
 * healthcode_name, and by what names the requests of a gate are counted.
 * Knows no: request, connection, file.
 * docs/directives.md, "healthcode_name".
 */

#include "ngx_http_healthcode_conf_name.h"
#include "ngx_http_healthcode_conf_where.h"
#include "ngx_http_healthcode_conf_words.h"
#include "../../core/healthcode_series.h"


char *
ngx_http_healthcode_conf_name(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    u_char                           label[HEALTHCODE_SERIES_GATE];
    size_t                           len;
    ngx_str_t                       *value = cf->args->elts;
    ngx_http_healthcode_loc_conf_t  *lcf = conf;

    if (lcf->name.data) {
        return "is duplicate";
    }

    len = healthcode_series_value(ngx_http_healthcode_view(&value[1]), label,
                                  sizeof(label));

    if (value[1].len == 0 || len != value[1].len
        || ngx_memcmp(label, value[1].data, len) != 0)
    {
        return "has an invalid name; write one of at most 72 bytes, UTF-8 "
               "without control characters: \"healthcode_name main-door;\"";
    }

    ngx_http_healthcode_conf_literal(cf, &value[1]);

    lcf->name = value[1];

    return NGX_CONF_OK;
}


void
ngx_http_healthcode_conf_name_merge(ngx_conf_t *cf,
    const ngx_http_healthcode_loc_conf_t *prev,
    ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_http_core_srv_conf_t  *cscf;

    if (conf->name.data == NULL) {
        conf->name = prev->name;
    }

    conf->gate = conf->name;

    if (conf->name.data == NULL) {
        ngx_http_healthcode_conf_where(
            ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module),
            &conf->gate);
    }

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    conf->server = cscf->server_name;
}
