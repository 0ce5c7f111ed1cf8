/*
 * The values of a location's rules that have variables, evaluated for one
 * request and compared.  Judges nothing.
 * Knows no: connection, header, store, token, verdict.
 * docs/request-path.md, "Once per request".
 */

#include "ngx_http_healthcode_values.h"


static ngx_int_t ngx_http_healthcode_values_read_all(ngx_http_request_t *r,
    const ngx_array_t *values, ngx_str_t **text);
static ngx_uint_t ngx_http_healthcode_values_count(
    const ngx_http_healthcode_loc_conf_t *lcf);


ngx_int_t
ngx_http_healthcode_values_evaluate(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf, ngx_str_t **values)
{
    ngx_str_t  *text;

    text = ngx_palloc(r->pool, ngx_http_healthcode_values_count(lcf)
                               * sizeof(ngx_str_t));
    if (text == NULL) {
        return NGX_ERROR;
    }

    *values = text;

    if (ngx_http_healthcode_values_read_all(r, lcf->audience_values, &text)
        != NGX_OK
        || ngx_http_healthcode_values_read_all(r, lcf->require_values, &text)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_healthcode_values_read_all(r, lcf->condition_values, &text);
}


/* A value that is one variable views its memory, which may be changed. */
static ngx_int_t
ngx_http_healthcode_values_read_all(ngx_http_request_t *r,
    const ngx_array_t *values, ngx_str_t **text)
{
    ngx_str_t                  found;
    ngx_uint_t                 i;
    ngx_http_complex_value_t  *value;

    if (values == NULL) {
        return NGX_OK;
    }

    value = values->elts;

    for (i = 0; i < values->nelts; i++, (*text)++) {

        if (ngx_http_complex_value(r, &value[i], &found) != NGX_OK) {
            return NGX_ERROR;
        }

        (*text)->len = found.len;
        (*text)->data = ngx_pstrdup(r->pool, &found);

        if ((*text)->data == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_healthcode_values_count(const ngx_http_healthcode_loc_conf_t *lcf)
{
    return (lcf->audience_values ? lcf->audience_values->nelts : 0)
           + (lcf->require_values ? lcf->require_values->nelts : 0)
           + (lcf->condition_values ? lcf->condition_values->nelts : 0);
}


void
ngx_http_healthcode_values_fill(healthcode_require_t *rule,
    const ngx_str_t *text, healthcode_require_value_t *value)
{
    ngx_uint_t  i;

    for (i = 0; i < rule->nvalues; i++) {
        healthcode_require_value(ngx_http_healthcode_view(&text[i]), &value[i]);
        value[i].is_void = (text[i].len == 0
                            && rule->values[i].text.len != 0);
    }

    rule->values = value;
}


ngx_uint_t
ngx_http_healthcode_values_compare(const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_str_t *a, const ngx_str_t *b)
{
    ngx_uint_t  i, n;

    n = ngx_http_healthcode_values_count(lcf);

    for (i = 0; i < n; i++) {
        if (a[i].len != b[i].len
            || ngx_memcmp(a[i].data, b[i].data, a[i].len) != 0)
        {
            return 0;
        }
    }

    return 1;
}
