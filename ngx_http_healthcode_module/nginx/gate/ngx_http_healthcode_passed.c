/*
 * Which policy has let a request in by an allow of its own, and which of its
 * subrequests may therefore enter a gate.  Judges no code.
 * Knows no: header, store, token.  docs/request-path.md, "Once per request".
 */

#include "ngx_http_healthcode_passed.h"
#include "ngx_http_healthcode_values.h"


static ngx_uint_t ngx_http_healthcode_passed_is_allowed(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record);


void
ngx_http_healthcode_passed_note(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    if (ngx_http_healthcode_passed_is_allowed(r, lcf, record)) {
        record->passed.policy = lcf->policy;
        record->passed.values = record->values;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "healthcode: content of policy %ui, passed: %ui",
                   lcf->policy, record->passed.policy);
}


/* Under "satisfy any" another rule may have let it in. */
static ngx_uint_t
ngx_http_healthcode_passed_is_allowed(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record)
{
    return record->gate && record->gate->policy == lcf->policy
           && record->found.judged && record->found.verdict.allow
           && ngx_http_healthcode_values_are_still(r, lcf, record->values);
}


ngx_int_t
ngx_http_healthcode_passed_subrequest(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record)
{
    if (lcf->rules.mode == NGX_HTTP_HEALTHCODE_ON
        && (record == NULL || record->passed.policy != lcf->policy
            || !ngx_http_healthcode_values_are_still(r, lcf,
                                                     record->passed.values)))
    {
        ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                      "healthcode: deny a subrequest to a location that its "
                      "request has not passed");

        /* not a page in its place: auth_request would take it for a pass */
        r->error_page = 1;

        return NGX_HTTP_FORBIDDEN;
    }

    return NGX_DECLINED;
}
