/*
 * Verdict -> status, headers, body.
 * Knows no: store, token.
 * docs/request-path.md, "Response".
 */

#ifndef NGX_HTTP_HEALTHCODE_RESPONSE_H
#define NGX_HTTP_HEALTHCODE_RESPONSE_H

#include "../request/ngx_http_healthcode_record.h"


ngx_int_t ngx_http_healthcode_response_send(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);

/*
 * Answers a request that a verdict behind the access phase denies: no other
 * rule is asked.  Returns what a handler of the next phase does.
 */
ngx_int_t ngx_http_healthcode_response_refused(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);

/*
 * Why the request is denied, as it is shown, and the rule about a claim that
 * the code does not meet, or NULL: if it was refused before, those of the
 * first refusal.
 */
static ngx_inline healthcode_reason_e
ngx_http_healthcode_response_reason(const ngx_http_healthcode_record_t *record)
{
    return record->found.again ? record->refusal.reason
                               : record->found.verdict.reason;
}


static ngx_inline const healthcode_require_t *
ngx_http_healthcode_response_unmet(const ngx_http_healthcode_record_t *record)
{
    return record->found.again ? record->refusal.unmet
                               : record->found.code.unmet;
}


/*
 * What answers of lcf say of it: less, if they are not to tell a stranger why
 * the code does not pass.
 */
static ngx_inline healthcode_reason_e
ngx_http_healthcode_response_disclosed(
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record)
{
    return lcf->disclose
           ? healthcode_reason_disclosed(record->found.verdict.reason,
                                      ngx_http_healthcode_is_signed(record))
           : record->found.verdict.reason;
}


/* Likewise, as it is shown to the person. */
static ngx_inline healthcode_reason_e
ngx_http_healthcode_response_told(const ngx_http_healthcode_record_t *record)
{
    return record->found.again
           ? record->refusal.told
           : ngx_http_healthcode_response_disclosed(record->gate, record);
}


/*
 * The HTTP status with which the gate answers, or would in an audit; 200 if it
 * lets the request go on.
 */
ngx_uint_t ngx_http_healthcode_response_status(
    const ngx_http_healthcode_record_t *record);

/* Another access rule has let the request in: its refusal is void. */
void ngx_http_healthcode_response_withdraw(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record);

/*
 * Answers a request that was let in, if its location has nobody else who does.
 * Returns what a content handler would.
 */
ngx_int_t ngx_http_healthcode_response_admit(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf);

/*
 * After every other access rule of a location that says "satisfy any": answers
 * a request that all have refused.  Returns what an access handler would.
 */
ngx_int_t ngx_http_healthcode_response_last(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record);

/*
 * Sends b as the whole answer, NULL for none; its content type is in
 * headers_out.  Returns what a content handler would.
 */
ngx_int_t ngx_http_healthcode_response_text(ngx_http_request_t *r,
    ngx_buf_t *b, ngx_uint_t status);

#endif
