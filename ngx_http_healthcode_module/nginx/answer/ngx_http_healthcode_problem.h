/*
 * A refusal in words for programs, and in lines of text.
 * Knows no: connection, header, store, token.
 * docs/request-path.md, "Response"; RFC 9457.
 */

#ifndef NGX_HTTP_HEALTHCODE_PROBLEM_H
#define NGX_HTTP_HEALTHCODE_PROBLEM_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Each writes the refusal of record into *b, in the pool of r: JSON, or text
 * with the contacts of its gate.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_problem_json(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record, healthcode_language_e language,
    ngx_buf_t **b);
ngx_int_t ngx_http_healthcode_problem_text(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record, healthcode_language_e language,
    ngx_buf_t **b);

#endif
