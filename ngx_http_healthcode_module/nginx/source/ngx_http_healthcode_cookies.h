/*
 * Codes in cookies of a request.
 * Knows no: connection, store, verdict.  docs/request-path.md, "Source".
 */

#ifndef NGX_HTTP_HEALTHCODE_COOKIES_H
#define NGX_HTTP_HEALTHCODE_COOKIES_H

#include "../request/ngx_http_healthcode_record.h"
#include "ngx_http_healthcode_ours.h"


/*
 * Adds what the cookie that source names carries to what record shows, and
 * changes none.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_cookies_find(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source,
    ngx_http_healthcode_record_t *record);

/*
 * Takes those that ours->source names out, if they were made for gates, and
 * sets *changed if there were some: nginx does not find the headers that are
 * left before ngx_http_healthcode_header_list_index_cookies().  Of a
 * subrequest, which has a list of headers of its own, the bytes of its request
 * and record, which may be NULL, stay as they are.  NGX_OK, or NGX_ERROR: no
 * memory.
 */
ngx_int_t ngx_http_healthcode_cookies_hide(ngx_http_request_t *r,
    ngx_http_healthcode_ours_t *ours, ngx_http_healthcode_record_t *record,
    ngx_uint_t *changed);

#endif
