/*
 * What counts of the codes that the sources of one kind carry: one code, none,
 * or what is wrong with them.  Reads nothing inside a code.
 * Knows no: request, header, location, verdict.
 * docs/request-path.md, "Source".
 */

#include "ngx_http_healthcode_shown.h"


ngx_int_t
ngx_http_healthcode_shown_add(ngx_http_healthcode_shown_t *shown,
    ngx_pool_t *pool, healthcode_pattern_e found, healthcode_str_t code)
{
    u_char  *copy;

    switch (shown->reason) {

    case HEALTHCODE_REASON_MISSING:
        break;

    case HEALTHCODE_REASON_OK:
        if (found == HEALTHCODE_PATTERN_ERROR) {
            break;
        }

        if (!healthcode_str_equal(healthcode_str_from(shown->code.data,
                                                      shown->code.len),
                                  code))
        {
            shown->reason = HEALTHCODE_REASON_AMBIGUOUS;
        }

        return NGX_OK;

    default:
        return NGX_OK;
    }

    if (found == HEALTHCODE_PATTERN_ERROR) {
        shown->reason = HEALTHCODE_REASON_MALFORMED;
        return NGX_OK;
    }

    /* a copy, since the bytes in the request are about to be masked */

    copy = ngx_pnalloc(pool, code.len);
    if (copy == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(copy, code.data, code.len);

    shown->code.data = copy;
    shown->code.len = code.len;
    shown->reason = HEALTHCODE_REASON_OK;

    return NGX_OK;
}


ngx_uint_t
ngx_http_healthcode_shown_is_same(const ngx_http_healthcode_shown_t *a,
    const ngx_http_healthcode_shown_t *b)
{
    return a->reason == b->reason && a->code.len == b->code.len
           && (a->code.data == b->code.data
               || ngx_memcmp(a->code.data, b->code.data, a->code.len) == 0);
}
