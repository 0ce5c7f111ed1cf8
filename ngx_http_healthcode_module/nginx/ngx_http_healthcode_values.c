/*
 * The rules of a location whose values have variables, for one request: what
 * they come to, whether that is what it was judged by, and the rules with it.
 * Judges nothing.  docs/request-path.md, "Once per request".
 */

#include "ngx_http_healthcode.h"


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

    return (ngx_http_healthcode_values_read_all(r, lcf->audience_values, &text)
            == NGX_OK)
           ? ngx_http_healthcode_values_read_all(r, lcf->require_values, &text)
           : NGX_ERROR;
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
           + (lcf->require_values ? lcf->require_values->nelts : 0);
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


ngx_int_t
ngx_http_healthcode_values_audience(ngx_http_healthcode_record_t *record,
    ngx_uint_t is_known, healthcode_claims_policy_t *policy)
{
    ngx_uint_t                        i, n;
    healthcode_str_t                 *audience;
    ngx_http_request_t               *r = record->request;
    healthcode_code_digest_t         *digests;
    ngx_http_healthcode_main_conf_t  *mcf;

    n = record->gate->audience_values->nelts;
    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    audience = ngx_palloc(r->pool, n * sizeof(healthcode_str_t));
    digests = ngx_palloc(r->pool, n * sizeof(healthcode_code_digest_t));

    if (audience == NULL || digests == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        audience[i] = ngx_http_healthcode_view(&record->values[i]);

        if (is_known
            && !healthcode_code_audience(audience[i], mcf->digest, digests[i]))
        {
            return NGX_ERROR;
        }
    }

    policy->audience = audience;
    policy->naudience = n;
    policy->digests = is_known ? (const uint64_t (*)[2]) digests : NULL;

    return NGX_OK;
}


healthcode_require_t *
ngx_http_healthcode_values_require(ngx_http_healthcode_record_t *record)
{
    ngx_str_t                       *text = record->values;
    ngx_uint_t                       i, k;
    ngx_http_request_t              *r = record->request;
    healthcode_require_t            *rule;
    healthcode_require_value_t      *value;
    ngx_http_healthcode_loc_conf_t  *lcf = record->gate;

    if (lcf->audience_values) {
        text += lcf->audience_values->nelts;
    }

    rule = ngx_palloc(r->pool, lcf->rules.require->nelts
                               * sizeof(healthcode_require_t));
    value = ngx_palloc(r->pool, lcf->require_values->nelts
                                * sizeof(healthcode_require_value_t));

    if (rule == NULL || value == NULL) {
        return NULL;
    }

    ngx_memcpy(rule, lcf->rules.require->elts,
               lcf->rules.require->nelts * sizeof(healthcode_require_t));

    for (i = 0; i < lcf->rules.require->nelts; i++) {

        /* an empty one that is written as such is a value */

        for (k = 0; k < rule[i].nvalues; k++) {
            healthcode_require_value(ngx_http_healthcode_view(&text[k]),
                                     &value[k]);
            value[k].is_void = (text[k].len == 0
                                && rule[i].values[k].text.len != 0);
        }

        rule[i].values = value;

        value += rule[i].nvalues;
        text += rule[i].nvalues;
    }

    return rule;
}
