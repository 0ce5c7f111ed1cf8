/*
 * How old the data of a store are, for a verdict and for $healthcode_data_age.
 * Knows no: connection, header, token, claims.
 * docs/directives.md, "healthcode_data_max_age".
 */

#include "../store/ngx_http_healthcode_ask.h"
#include "ngx_http_healthcode_data_age.h"


static ngx_uint_t ngx_http_healthcode_data_age_is_known(
    ngx_http_request_t *r, int64_t *age);
static const ngx_http_healthcode_store_t *ngx_http_healthcode_data_age_store(
    ngx_http_request_t *r);


ngx_uint_t
ngx_http_healthcode_data_age_is_old(const ngx_http_healthcode_loc_conf_t *lcf)
{
    const healthcode_data_t  *data;

    if (lcf->rules.data_max_age == 0) {
        return 0;
    }

    data = ngx_http_healthcode_ask_data(lcf->rules.store);

    return data == NULL
           || healthcode_data_is_old(data,
                                     lcf->rules.data_max_age, ngx_time());
}


ngx_int_t
ngx_http_healthcode_data_age_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    int64_t  age;

    if (!ngx_http_healthcode_data_age_is_known(r, &age)) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(v->data, "%L", age) - v->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_data_age_time(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    int64_t   age;
    ngx_tm_t  tm;

    if (!ngx_http_healthcode_data_age_is_known(r, &age)) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = ngx_pnalloc(r->pool, 5 * NGX_INT_T_LEN);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    ngx_localtime((time_t) (ngx_time() - age), &tm);

    v->len = ngx_sprintf(v->data, "%4d-%02d-%02d %02d:%02d", tm.ngx_tm_year,
                         tm.ngx_tm_mon, tm.ngx_tm_mday, tm.ngx_tm_hour,
                         tm.ngx_tm_min)
             - v->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_healthcode_data_age_is_known(ngx_http_request_t *r, int64_t *age)
{
    const healthcode_data_t            *data;
    const ngx_http_healthcode_store_t  *store;

    store = ngx_http_healthcode_data_age_store(r);
    data = store ? ngx_http_healthcode_ask_data(store) : NULL;

    return data && healthcode_data_age(data, ngx_time(), age)
                   == HEALTHCODE_DATA_AT;
}


/* That of the gate that judges, or else of the location; NULL: none. */
static const ngx_http_healthcode_store_t *
ngx_http_healthcode_data_age_store(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    record = ngx_http_healthcode_record_find(r);

    if (record && record->gate) {
        return record->gate->rules.store;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    return lcf->rules.store;
}
