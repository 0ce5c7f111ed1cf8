/*
 * A request that waits in its access phase, or a subrequest before its content.
 * Knows no: header, store, token, verdict.
 * docs/architecture.md, "Suspension".
 */

#ifndef NGX_HTTP_HEALTHCODE_SUSPEND_H
#define NGX_HTTP_HEALTHCODE_SUSPEND_H

#include "ngx_http_healthcode_record.h"


/*
 * Suspends a request whose phase handler then returns NGX_AGAIN, until
 * _resume() has its phases run again.  _resume() does nothing if nginx has gone
 * on with the request meanwhile.
 */
void ngx_http_healthcode_suspend(ngx_http_request_t *r);
void ngx_http_healthcode_resume(ngx_http_healthcode_record_t *record);


/* Whether the phases run again because of _resume(); true once each time. */
static ngx_inline ngx_uint_t
ngx_http_healthcode_suspend_is_over(ngx_http_healthcode_record_t *record)
{
    ngx_uint_t  resumed = record->resumed;

    record->resumed = 0;

    return resumed;
}

#endif
