/*
 * $healthcode_*: what is known of the request's verdict.
 * Decides nothing.  README.md, "Variables".
 */

#include "ngx_http_healthcode.h"


typedef enum {
    NGX_HTTP_HEALTHCODE_VERDICT,
    NGX_HTTP_HEALTHCODE_REASON,
    NGX_HTTP_HEALTHCODE_ISSUER,
    NGX_HTTP_HEALTHCODE_HOLDER,
    NGX_HTTP_HEALTHCODE_FLAGS,
    NGX_HTTP_HEALTHCODE_FAILED_CLAIM,
    NGX_HTTP_HEALTHCODE_AGE,
    NGX_HTTP_HEALTHCODE_EXPIRES_IN,
    NGX_HTTP_HEALTHCODE_LOOKUP_US,
    NGX_HTTP_HEALTHCODE_CODE_CACHE,
    NGX_HTTP_HEALTHCODE_RISK_CACHE
} ngx_http_healthcode_variable_e;


static ngx_int_t ngx_http_healthcode_variable_text(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_healthcode_variable_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_healthcode_variable_decided(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static healthcode_str_t ngx_http_healthcode_variable_cache(unsigned sought,
    unsigned found);


static ngx_http_variable_t  ngx_http_healthcode_variables[] = {

    { ngx_string("healthcode_verdict"), NULL,
      ngx_http_healthcode_variable_text, NGX_HTTP_HEALTHCODE_VERDICT,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_reason"), NULL,
      ngx_http_healthcode_variable_text, NGX_HTTP_HEALTHCODE_REASON,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_issuer"), NULL,
      ngx_http_healthcode_variable_text, NGX_HTTP_HEALTHCODE_ISSUER,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_holder"), NULL,
      ngx_http_healthcode_variable_text, NGX_HTTP_HEALTHCODE_HOLDER,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_flags"), NULL,
      ngx_http_healthcode_variable_text, NGX_HTTP_HEALTHCODE_FLAGS,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_age"), NULL,
      ngx_http_healthcode_variable_number, NGX_HTTP_HEALTHCODE_AGE,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_expires_in"), NULL,
      ngx_http_healthcode_variable_number, NGX_HTTP_HEALTHCODE_EXPIRES_IN,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_lookup_us"), NULL,
      ngx_http_healthcode_variable_number, NGX_HTTP_HEALTHCODE_LOOKUP_US,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_failed_claim"), NULL,
      ngx_http_healthcode_variable_text, NGX_HTTP_HEALTHCODE_FAILED_CLAIM,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_code_cache"), NULL,
      ngx_http_healthcode_variable_text, NGX_HTTP_HEALTHCODE_CODE_CACHE,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_risk_cache"), NULL,
      ngx_http_healthcode_variable_text, NGX_HTTP_HEALTHCODE_RISK_CACHE,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_decided"), NULL,
      ngx_http_healthcode_variable_decided, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_claim_"), NULL,
      ngx_http_healthcode_claim_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_healthcode_variables_add(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_healthcode_variables; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_variable_text(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    healthcode_str_t               text = { NULL, 0 };
    ngx_http_healthcode_record_t  *record;

    record = ngx_http_healthcode_record_find(r);

    if (record && record->found.judged) {

        switch (data) {

        case NGX_HTTP_HEALTHCODE_VERDICT:
            text = record->found.verdict.allow ? healthcode_str("allow")
                                         : healthcode_str("deny");
            break;

        case NGX_HTTP_HEALTHCODE_REASON:
            text = healthcode_reason_word(record->found.verdict.reason);
            break;

        case NGX_HTTP_HEALTHCODE_ISSUER:
            if (record->found.issuer) {
                text = record->found.issuer->core.name;
            }
            break;

        case NGX_HTTP_HEALTHCODE_HOLDER:
            if (record->found.has_holder) {
                healthcode_holder_format(record->found.holder,
                                         record->found.query.holder);
                text = healthcode_str_from(record->found.query.holder,
                                           HEALTHCODE_HOLDER_HEX);
            }
            break;

        case NGX_HTTP_HEALTHCODE_FLAGS:
            text = healthcode_str_from(record->found.risk.names,
                                       record->found.risk.names_len);
            break;

        case NGX_HTTP_HEALTHCODE_FAILED_CLAIM:
            if (record->found.unmet) {
                text = record->found.unmet->claim;
            }
            break;

        case NGX_HTTP_HEALTHCODE_CODE_CACHE:
            text = ngx_http_healthcode_variable_cache(record->found.code_sought,
                                                      record->found.code_found);
            break;

        case NGX_HTTP_HEALTHCODE_RISK_CACHE:
            text = ngx_http_healthcode_variable_cache(
                                                 record->found.holder_sought,
                                                 record->found.holder_found);
            break;
        }
    }

    if (text.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = (u_char *) text.data;
    v->len = text.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


/* In nginx's own words for a cache. */
static healthcode_str_t
ngx_http_healthcode_variable_cache(unsigned sought, unsigned found)
{
    healthcode_str_t  none = { NULL, 0 };

    if (!sought) {
        return none;
    }

    return found ? healthcode_str("HIT") : healthcode_str("MISS");
}


/* Seconds since the machine has started. */
static ngx_int_t
ngx_http_healthcode_variable_decided(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_healthcode_record_t  *record;

    record = ngx_http_healthcode_record_find(r);

    if (record == NULL || !record->found.judged || !record->found.has_decided) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN + sizeof(".000000") - 1);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(v->data, "%T.%06L", record->found.decided.tv_sec,
                         (int64_t) record->found.decided.tv_nsec / 1000)
             - v->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_variable_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    int64_t                        number = 0;
    ngx_uint_t                     known = 0;
    ngx_http_healthcode_record_t  *record;

    record = ngx_http_healthcode_record_find(r);

    if (record && record->found.judged) {

        switch (data) {

        case NGX_HTTP_HEALTHCODE_AGE:
            known = ngx_http_healthcode_is_signed(record);
            number = time(NULL) - record->found.iat;
            break;

        case NGX_HTTP_HEALTHCODE_EXPIRES_IN:
            known = ngx_http_healthcode_is_signed(record);
            number = record->found.exp - time(NULL);
            break;

        case NGX_HTTP_HEALTHCODE_LOOKUP_US:
            known = record->found.looked_up;
            number = record->found.lookup_us;
            break;
        }
    }

    if (!known) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(v->data, "%L", number) - v->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}
