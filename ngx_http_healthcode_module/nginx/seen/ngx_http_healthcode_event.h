/*
 * $healthcode_json: a request, as it is counted, as one line of JSON.
 * Decides nothing.
 * Knows no: connection, header, token.  docs/monitoring/log.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_EVENT_H
#define NGX_HTTP_HEALTHCODE_EVENT_H

#include "../request/ngx_http_healthcode_record.h"


/* The handler of the variable; data is not used. */
ngx_int_t ngx_http_healthcode_event_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

#endif
