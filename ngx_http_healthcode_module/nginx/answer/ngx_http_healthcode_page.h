/*
 * A refusal as who is refused reads it best: JSON, text, or a page in a
 * language.
 * Knows no: connection, store, token.
 * docs/pages.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_PAGE_H
#define NGX_HTTP_HEALTHCODE_PAGE_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Writes the refusal of record into *b, in the pool of r, with the headers that
 * belong to its format.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_page_write(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record, ngx_buf_t **b);

/*
 * After how many seconds the page of a refusal asks again by itself; 0: never,
 * since another try is of no use, or would not be the same request.
 */
ngx_uint_t ngx_http_healthcode_page_refresh(const ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record);

#endif
