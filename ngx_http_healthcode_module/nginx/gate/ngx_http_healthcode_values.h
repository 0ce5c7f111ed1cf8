/*
 * The rules of a location whose values have variables, for one request.
 * Knows no: header, store, token, verdict.
 * docs/request-path.md, "Once per request".
 */

#ifndef NGX_HTTP_HEALTHCODE_VALUES_H
#define NGX_HTTP_HEALTHCODE_VALUES_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Whether a rule of the location has a variable in its values, so that what it
 * demands depends on the request.
 */
static ngx_inline ngx_uint_t
ngx_http_healthcode_has_values(const ngx_http_healthcode_loc_conf_t *lcf)
{
    return lcf->audience_values != NULL || lcf->require_values != NULL
           || lcf->condition_values != NULL;
}


/* The values of rules about claims, behind those of the audience; */
static ngx_inline ngx_str_t *
ngx_http_healthcode_values_of_require(const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_str_t *values)
{
    return lcf->audience_values ? values + lcf->audience_values->nelts : values;
}


/* and those of conditions, behind both: each has its variable first. */
static ngx_inline ngx_str_t *
ngx_http_healthcode_values_of_conditions(
    const ngx_http_healthcode_loc_conf_t *lcf, ngx_str_t *values)
{
    values = ngx_http_healthcode_values_of_require(lcf, values);

    return lcf->require_values ? values + lcf->require_values->nelts : values;
}


/*
 * Gives rule the values text, rule->nvalues, which it compares with; value
 * holds as many.  One that is empty and not written as such is void.
 */
void ngx_http_healthcode_values_fill(healthcode_require_t *rule,
    const ngx_str_t *text, healthcode_require_value_t *value);


/* Of the next three, what is left to do if a value has a variable. */
ngx_int_t ngx_http_healthcode_values_evaluate(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf, ngx_str_t **values);
ngx_uint_t ngx_http_healthcode_values_compare(
    const ngx_http_healthcode_loc_conf_t *lcf, const ngx_str_t *a,
    const ngx_str_t *b);


/*
 * Writes the values of the location's rules for r, as it is now, into *values,
 * in r->pool; NULL if all are constant.  NGX_OK, or NGX_ERROR: no memory.
 */
static ngx_inline ngx_int_t
ngx_http_healthcode_values_read(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf, ngx_str_t **values)
{
    *values = NULL;

    return ngx_http_healthcode_has_values(lcf)
           ? ngx_http_healthcode_values_evaluate(r, lcf, values) : NGX_OK;
}


/* Whether a and b, two such values of rules that are equal, are the same. */
static ngx_inline ngx_uint_t
ngx_http_healthcode_values_are_same(const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_str_t *a, const ngx_str_t *b)
{
    return (a == NULL || b == NULL)
           ? a == b : ngx_http_healthcode_values_compare(lcf, a, b);
}


/* Likewise, if b are those of r as it is now; no, without memory. */
static ngx_inline ngx_uint_t
ngx_http_healthcode_values_are_still(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf, const ngx_str_t *a)
{
    ngx_str_t  *now;

    return ngx_http_healthcode_values_read(r, lcf, &now) == NGX_OK
           && ngx_http_healthcode_values_are_same(lcf, a, now);
}

#endif
