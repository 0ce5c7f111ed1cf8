/*
 * What counts of the codes that the sources of one kind carry.
 * Knows no: request, header, location, verdict.
 * docs/request-path.md, "Source".
 */

#ifndef NGX_HTTP_HEALTHCODE_SHOWN_H
#define NGX_HTTP_HEALTHCODE_SHOWN_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "../../core/healthcode_pattern.h"
#include "../../core/healthcode_reason.h"


/* What sources carried together. */
typedef struct {
    ngx_str_t            code;       /* a copy; set if reason is _OK */
    healthcode_reason_e  reason;     /* _OK, _MISSING, or what is wrong */
} ngx_http_healthcode_shown_t;


/*
 * Adds what one more source carried, found and code as the pattern of that
 * source has found them.  The same bytes twice are one code, and different
 * ones are ambiguous; the first thing that is wrong stays.  The code is copied
 * into pool.  NGX_OK, or NGX_ERROR: no memory, and shown is as it was.
 */
ngx_int_t ngx_http_healthcode_shown_add(ngx_http_healthcode_shown_t *shown,
    ngx_pool_t *pool, healthcode_pattern_e found, healthcode_str_t code);

/* Whether both have one reason, and one code if they have any. */
ngx_uint_t ngx_http_healthcode_shown_is_same(
    const ngx_http_healthcode_shown_t *a,
    const ngx_http_healthcode_shown_t *b);

#endif
