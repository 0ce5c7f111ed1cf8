/*
 * Values of rules that may have variables: the directive healthcode_audience,
 * and what healthcode_require compares with.
 * Knows no: request, connection, token, claims.
 * docs/directives.md, "healthcode_audience".
 */

#include "ngx_http_healthcode_conf_values.h"
#include "ngx_http_healthcode_conf_words.h"


static ngx_array_t *ngx_http_healthcode_conf_values_settle(
    ngx_array_t *values);


char *
ngx_http_healthcode_conf_audience(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    char                            *rv;
    ngx_str_t                       *value = cf->args->elts;
    ngx_uint_t                       i;
    ngx_http_healthcode_loc_conf_t  *lcf = conf;

    rv = ngx_http_healthcode_conf_words(cf, cmd, conf);

    for (i = 1; rv == NGX_CONF_OK && i < cf->args->nelts; i++) {
        if (ngx_http_healthcode_conf_values_add(cf, &lcf->audience_values,
                                                &value[i])
            != NGX_OK)
        {
            rv = NGX_CONF_ERROR;
        }
    }

    return rv;
}


ngx_int_t
ngx_http_healthcode_conf_values_add(ngx_conf_t *cf, ngx_array_t **values,
    ngx_str_t *text)
{
    ngx_http_complex_value_t          *value;
    ngx_http_compile_complex_value_t   ccv;

    if (*values == NULL) {
        *values = ngx_array_create(cf->pool, 2,
                                   sizeof(ngx_http_complex_value_t));
        if (*values == NULL) {
            return NGX_ERROR;
        }
    }

    value = ngx_array_push(*values);
    if (value == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(value, sizeof(ngx_http_complex_value_t));
    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = text;
    ccv.complex_value = value;

    return ngx_http_compile_complex_value(&ccv);
}


void
ngx_http_healthcode_conf_values_merge(
    const ngx_http_healthcode_loc_conf_t *prev,
    ngx_http_healthcode_loc_conf_t *conf)
{
    conf->audience_values = ngx_http_healthcode_conf_values_settle(
        (conf->rules.audience == NGX_CONF_UNSET_PTR) ? prev->audience_values
                                                     : conf->audience_values);

    conf->require_values = ngx_http_healthcode_conf_values_settle(
        (conf->rules.require == NGX_CONF_UNSET_PTR) ? prev->require_values
                                                    : conf->require_values);

    conf->condition_values = ngx_http_healthcode_conf_values_settle(
        (conf->rules.conditions == NGX_CONF_UNSET_PTR)
        ? prev->condition_values : conf->condition_values);
}


/* NULL: all values are constant, so the rules themselves are enough. */
static ngx_array_t *
ngx_http_healthcode_conf_values_settle(ngx_array_t *values)
{
    ngx_uint_t                 i;
    ngx_http_complex_value_t  *value = values ? values->elts : NULL;

    for (i = 0; value && i < values->nelts; i++) {
        if (value[i].lengths) {
            return values;
        }
    }

    return NULL;
}
