/*
 * The answers of healthcode_reply: which one counts, and its bytes.
 * Knows no: connection, header, store, token, verdict.
 * docs/directives.md, "healthcode_reply".
 */

#ifndef NGX_HTTP_HEALTHCODE_REPLY_H
#define NGX_HTTP_HEALTHCODE_REPLY_H

#include "../ngx_http_healthcode.h"


/*
 * The answer of a location to a deny for this reason, and to an allow; NULL: it
 * has none of its own.
 */
const ngx_http_healthcode_answer_t *ngx_http_healthcode_reply_deny(
    const ngx_http_healthcode_loc_conf_t *lcf, healthcode_reason_e reason);
const ngx_http_healthcode_answer_t *ngx_http_healthcode_reply_allow(
    const ngx_http_healthcode_loc_conf_t *lcf);

/* The HTTP status of a refusal of r, which has this answer, or none. */
ngx_uint_t ngx_http_healthcode_reply_status(const ngx_http_request_t *r,
    const ngx_http_healthcode_answer_t *answer, healthcode_reason_e reason);

/*
 * Writes the pieces of a text, whose variables are those of r now, into *b, in
 * the pool of r; NULL if they are empty.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_reply_write(ngx_http_request_t *r,
    const ngx_array_t *pieces, ngx_buf_t **b);

#endif
