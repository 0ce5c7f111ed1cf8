/*
 * Whether what a header or cookie carries was made for gates.
 * Knows no: request, store, verdict.  docs/traces.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_OURS_H
#define NGX_HTTP_HEALTHCODE_OURS_H

#include "../ngx_http_healthcode.h"


/* What tells our codes from others, for the sources of one location. */
typedef struct {
    const ngx_http_healthcode_loc_conf_t  *lcf;
    const ngx_http_healthcode_source_t    *source;
    healthcode_str_t                       known;   /* a code that is ours;
                                                       data is NULL: none */
} ngx_http_healthcode_ours_t;


/* Of the sources of lcf; code is one that is ours, or NULL. */
static ngx_inline ngx_http_healthcode_ours_t
ngx_http_healthcode_ours(const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_str_t *code)
{
    return (ngx_http_healthcode_ours_t) {
        .lcf = lcf,
        .known = code ? ngx_http_healthcode_view(code)
                      : healthcode_str_from(NULL, 0)
    };
}


/*
 * Whether value, of a header or cookie that ours->source names, carries a code
 * that was made for gates: the known one, or a token with our type or with an
 * issuer of the location, whether or not its signature holds.  data is a
 * ngx_http_healthcode_ours_t.
 */
bool ngx_http_healthcode_ours_is(void *data, healthcode_str_t value);

#endif
