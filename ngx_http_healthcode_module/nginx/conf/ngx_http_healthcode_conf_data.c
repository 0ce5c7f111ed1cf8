/*
 * The directive healthcode_data_max_age: how old the data of a store may be.
 * Knows no: request, connection, clock.
 * docs/directives.md, "healthcode_data_max_age".
 */

#include "ngx_http_healthcode_conf_age.h"
#include "ngx_http_healthcode_conf_data.h"


char *
ngx_http_healthcode_conf_data_max_age(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    time_t                           seconds;
    ngx_str_t                       *value = cf->args->elts;
    ngx_http_healthcode_loc_conf_t  *lcf = conf;

    if (lcf->rules.data_max_age != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->rules.data_max_age = 0;
        return NGX_CONF_OK;
    }

    seconds = ngx_parse_time(&value[1], 1);

    if (seconds == (time_t) NGX_ERROR || seconds == 0
        || seconds > NGX_HTTP_HEALTHCODE_AGE_MAX)
    {
        return "invalid value; write a time of 1s to 366d, such as \"1h\", or "
               "\"off\"";
    }

    lcf->rules.data_max_age = seconds;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_healthcode_conf_data_link(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf)
{
    time_t                       *limit, max_age = conf->rules.data_max_age;
    ngx_uint_t                    i;
    ngx_http_healthcode_store_t  *store = conf->rules.store;

    if (store == NULL || max_age == 0) {
        return NGX_OK;
    }

    if (store->data_limits.elts == NULL
        && ngx_array_init(&store->data_limits, cf->pool, 2, sizeof(time_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    limit = store->data_limits.elts;

    for (i = 0; i < store->data_limits.nelts; i++) {
        if (limit[i] == max_age) {
            return NGX_OK;
        }
    }

    limit = ngx_array_push(&store->data_limits);
    if (limit == NULL) {
        return NGX_ERROR;
    }

    *limit = max_age;

    return NGX_OK;
}
