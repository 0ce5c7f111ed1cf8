/*
 * Codes in request headers, other than cookies, and in elements of those that
 * are lists, such as the protocols of WebSocket.
 * Knows no: connection, store, verdict.  docs/request-path.md, "Source".
 */

#ifndef NGX_HTTP_HEALTHCODE_HEADERS_H
#define NGX_HTTP_HEALTHCODE_HEADERS_H

#include "../request/ngx_http_healthcode_record.h"
#include "ngx_http_healthcode_ours.h"


/*
 * Adds what the headers that source names, or their elements, carry to what
 * record shows, and changes none of them.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_headers_find(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source,
    ngx_http_healthcode_record_t *record);

/*
 * Takes those that ours->source names out, if they were made for gates; other
 * elements of a header stay.  Where a code is known, r is as _find() has seen
 * it for all sources.  Of a subrequest, which has a list of its own
 * (ngx_http_healthcode_header_list_copy()), the values and record, which may be
 * NULL, stay as they are.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_headers_hide(ngx_http_request_t *r,
    ngx_http_healthcode_ours_t *ours, ngx_http_healthcode_record_t *record);

#endif
