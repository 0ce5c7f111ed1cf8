/*
 * $healthcode_*: the request's verdict and what it rests on.
 * Decides nothing.
 * Knows no: header, store, token.  docs/variables.md.
 */

#include "../answer/ngx_http_healthcode_language.h"
#include "../answer/ngx_http_healthcode_response.h"
#include "../seen/ngx_http_healthcode_event.h"
#include "ngx_http_healthcode_claim_variable.h"
#include "ngx_http_healthcode_contact_variable.h"
#include "ngx_http_healthcode_data_age.h"
#include "ngx_http_healthcode_passage_variable.h"
#include "ngx_http_healthcode_variables.h"


typedef enum {
    NGX_HTTP_HEALTHCODE_VERDICT,
    NGX_HTTP_HEALTHCODE_REASON,
    NGX_HTTP_HEALTHCODE_TITLE,
    NGX_HTTP_HEALTHCODE_CLASS,
    NGX_HTTP_HEALTHCODE_COLOUR,
    NGX_HTTP_HEALTHCODE_DEGRADED,
    NGX_HTTP_HEALTHCODE_STATUS,
    NGX_HTTP_HEALTHCODE_ISSUER,
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
static ngx_int_t ngx_http_healthcode_variable_holder(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_healthcode_variable_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_healthcode_variable_decided(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static healthcode_str_t ngx_http_healthcode_variable_colour(
    const ngx_http_healthcode_record_t *record);
static healthcode_str_t ngx_http_healthcode_variable_cache(unsigned sought,
    unsigned found);


static ngx_http_variable_t  ngx_http_healthcode_variables[] = {

    { ngx_string("healthcode_verdict"), NULL,
      ngx_http_healthcode_variable_text, NGX_HTTP_HEALTHCODE_VERDICT,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_reason"), NULL,
      ngx_http_healthcode_variable_text, NGX_HTTP_HEALTHCODE_REASON,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_title"), NULL,
      ngx_http_healthcode_variable_text, NGX_HTTP_HEALTHCODE_TITLE,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_class"), NULL,
      ngx_http_healthcode_variable_text, NGX_HTTP_HEALTHCODE_CLASS,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_colour"), NULL,
      ngx_http_healthcode_variable_text, NGX_HTTP_HEALTHCODE_COLOUR,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_degraded"), NULL,
      ngx_http_healthcode_variable_text, NGX_HTTP_HEALTHCODE_DEGRADED,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_status"), NULL,
      ngx_http_healthcode_variable_number, NGX_HTTP_HEALTHCODE_STATUS,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_issuer"), NULL,
      ngx_http_healthcode_variable_text, NGX_HTTP_HEALTHCODE_ISSUER,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_holder"), NULL,
      ngx_http_healthcode_variable_holder, 0,
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

    { ngx_string("healthcode_data_age"), NULL,
      ngx_http_healthcode_data_age_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_data_time"), NULL,
      ngx_http_healthcode_data_age_time, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_passed"), NULL,
      ngx_http_healthcode_passage_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_passage_id"), NULL,
      ngx_http_healthcode_passage_variable_id, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_inside"), NULL,
      ngx_http_healthcode_passage_variable_inside, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_decided"), NULL,
      ngx_http_healthcode_variable_decided, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_json"), NULL,
      ngx_http_healthcode_event_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_claim_"), NULL,
      ngx_http_healthcode_claim_variable_get, 0,
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

    return ngx_http_healthcode_contact_variables_add(cf);
}


static ngx_int_t
ngx_http_healthcode_variable_text(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    healthcode_str_t               text = { NULL, 0 };
    const healthcode_require_t    *unmet;
    ngx_http_healthcode_record_t  *record;

    record = ngx_http_healthcode_record_find(r);

    if (record && record->found.judged) {

        switch (data) {

        case NGX_HTTP_HEALTHCODE_VERDICT:
            text = record->found.verdict.allow ? healthcode_str("allow")
                                         : healthcode_str("deny");
            break;

        case NGX_HTTP_HEALTHCODE_REASON:
            text = healthcode_reason_word(
                              ngx_http_healthcode_response_reason(record));
            break;

        case NGX_HTTP_HEALTHCODE_TITLE:
            text = healthcode_reason_title_in(
                              ngx_http_healthcode_response_told(record),
                              ngx_http_healthcode_language(r));
            break;

        case NGX_HTTP_HEALTHCODE_CLASS:
            text = healthcode_class_word(healthcode_reason_class(
                              ngx_http_healthcode_response_told(record)));
            break;

        case NGX_HTTP_HEALTHCODE_COLOUR:
            text = ngx_http_healthcode_variable_colour(record);
            break;

        case NGX_HTTP_HEALTHCODE_DEGRADED:
            text = healthcode_verdict_degraded(&record->found.verdict);
            break;

        case NGX_HTTP_HEALTHCODE_ISSUER:
            if (record->found.code.issuer) {
                text = record->found.code.issuer->core.name;
            }
            break;

        case NGX_HTTP_HEALTHCODE_FLAGS:
            text = healthcode_str_from(record->found.risk.findings.names,
                                       record->found.risk.findings.names_len);
            break;

        case NGX_HTTP_HEALTHCODE_FAILED_CLAIM:
            unmet = ngx_http_healthcode_response_unmet(record);

            if (unmet) {
                text = unmet->claim;
            }
            break;

        case NGX_HTTP_HEALTHCODE_CODE_CACHE:
            text = ngx_http_healthcode_variable_cache(record->found.code.sought,
                                                      record->found.code.known);
            break;

        case NGX_HTTP_HEALTHCODE_RISK_CACHE:
            text = ngx_http_healthcode_variable_cache(
                                                 record->found.risk.sought,
                                                 record->found.risk.known);
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


/* Of the refusal that is shown, if it is an earlier one, as the answer says. */
static healthcode_str_t
ngx_http_healthcode_variable_colour(const ngx_http_healthcode_record_t *record)
{
    healthcode_verdict_t  verdict = record->found.verdict;

    verdict.reason = ngx_http_healthcode_response_told(record);

    return healthcode_colour_word(healthcode_verdict_colour(&verdict));
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


/* In digits, as Redis and the command have it. */
static ngx_int_t
ngx_http_healthcode_variable_holder(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_healthcode_record_t  *record;

    record = ngx_http_healthcode_record_find(r);

    if (record == NULL || !record->found.judged
        || !record->found.code.has_holder)
    {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = ngx_pnalloc(r->pool, HEALTHCODE_HOLDER_HEX);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    healthcode_holder_format(record->found.code.query.holder, (char *) v->data);

    v->len = HEALTHCODE_HOLDER_HEX;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


/* Seconds since the machine has started. */
static ngx_int_t
ngx_http_healthcode_variable_decided(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_healthcode_record_t  *record;

    record = ngx_http_healthcode_record_find(r);

    if (record == NULL || !record->found.judged || !record->found.risk.sought) {
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
            number = time(NULL) - record->found.code.iat;
            break;

        case NGX_HTTP_HEALTHCODE_EXPIRES_IN:
            known = ngx_http_healthcode_is_signed(record);
            number = record->found.code.exp - time(NULL);
            break;

        case NGX_HTTP_HEALTHCODE_STATUS:
            known = 1;
            number = ngx_http_healthcode_response_status(record);
            break;

        case NGX_HTTP_HEALTHCODE_LOOKUP_US:
            known = record->found.risk.answered;
            number = record->found.risk.lookup_us;
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
