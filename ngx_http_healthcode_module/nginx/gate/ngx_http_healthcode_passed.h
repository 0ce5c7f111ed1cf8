/*
 * Which policy has let a request in by an allow of its own.
 * Knows no: header, store, token.
 * docs/request-path.md, "Once per request".
 */

#ifndef NGX_HTTP_HEALTHCODE_PASSED_H
#define NGX_HTTP_HEALTHCODE_PASSED_H

#include "../request/ngx_http_healthcode_record.h"


/* The request comes to a gate: what it has passed before counts no longer. */
static ngx_inline void
ngx_http_healthcode_passed_clear(ngx_http_healthcode_record_t *record)
{
    record->passed.policy = 0;
}


/*
 * The request is let in, by the gate lcf or by another access rule: notes the
 * policy if it is the gate's verdict that allows it.
 */
void ngx_http_healthcode_passed_note(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);

/*
 * nginx skips the access phase for a subrequest: it may enter a gate only if
 * its main request has passed that very policy, with the same values.  record
 * may be NULL.  NGX_DECLINED: r goes on; NGX_HTTP_FORBIDDEN.
 */
ngx_int_t ngx_http_healthcode_passed_subrequest(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record);

#endif
