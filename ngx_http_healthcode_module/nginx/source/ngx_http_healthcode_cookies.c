/*
 * Codes in cookies of a request: found where they stand, and taken out if they
 * were made for gates.  Reads nothing inside a code.
 * Knows no: connection, store, verdict.  docs/request-path.md, "Source".
 */

#include "../request/ngx_http_healthcode_header_list.h"
#include "ngx_http_healthcode_cookies.h"
#include "ngx_http_healthcode_mask.h"
#include "ngx_http_healthcode_ours.h"
#include "../../core/healthcode_cookie.h"


static ngx_int_t ngx_http_healthcode_cookies_take(ngx_http_request_t *r,
    ngx_http_healthcode_ours_t *ours, ngx_http_healthcode_record_t *record,
    ngx_table_elt_t *header, ngx_uint_t *changed);


/* The first of the name counts, as with $cookie_: RFC 6265 section 5.4. */
ngx_int_t
ngx_http_healthcode_cookies_find(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source,
    ngx_http_healthcode_record_t *record)
{
    ngx_table_elt_t                    *header;
    healthcode_str_t                    code;
    healthcode_pattern_e                found;
    ngx_http_healthcode_header_walk_t   walk;

    ngx_http_healthcode_header_walk(&walk, &r->headers_in.headers.part);

    while ((header = ngx_http_healthcode_header_walk_find(&walk,
                                     &ngx_http_healthcode_header_list_cookie))
           != NULL)
    {
        found = healthcode_cookie_find(ngx_http_healthcode_view(&header->value),
                                       &source->core, &code);

        if (found != HEALTHCODE_PATTERN_NO_MATCH) {
            return ngx_http_healthcode_shown_add(&record->source.shown_cookie,
                                                 r->pool, found, code);
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_cookies_hide(ngx_http_request_t *r,
    ngx_http_healthcode_ours_t *ours, ngx_http_healthcode_record_t *record,
    ngx_uint_t *changed)
{
    ngx_table_elt_t                    *header;
    ngx_http_healthcode_header_walk_t   walk;

    ngx_http_healthcode_header_walk(&walk, &r->headers_in.headers.part);

    while ((header = ngx_http_healthcode_header_walk_find(&walk,
                                     &ngx_http_healthcode_header_list_cookie))
           != NULL)
    {
        if (ngx_http_healthcode_cookies_take(r, ours, record, header, changed)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Takes the cookies of ours out of one header; *changed: there were some. */
static ngx_int_t
ngx_http_healthcode_cookies_take(ngx_http_request_t *r,
    ngx_http_healthcode_ours_t *ours, ngx_http_healthcode_record_t *record,
    ngx_table_elt_t *header, ngx_uint_t *changed)
{
    size_t             len;
    u_char            *left;
    healthcode_str_t   value, name;

    name = ours->source->core.name;
    value = ngx_http_healthcode_view(&header->value);
    len = healthcode_cookie_left(value, name, ngx_http_healthcode_ours_is,
                                 ours, NULL);
    if (len == value.len) {
        return NGX_OK;
    }

    left = ngx_pnalloc(r->pool, len + 1);
    if (left == NULL) {
        return NGX_ERROR;
    }

    (void) healthcode_cookie_left(value, name, ngx_http_healthcode_ours_is,
                                  ours, left);
    left[len] = '\0';

    if (r == r->main) {
        record->source.kept_cookie = record->source.shown_cookie;

        (void) healthcode_cookie_mask(header->value.data, header->value.len,
                                      name, ngx_http_healthcode_ours_is, ours);
    }

    header->value.data = left;
    header->value.len = len;

    ngx_http_healthcode_mask_forget(r, ours->source->variable);
    ngx_http_healthcode_mask_forget(r, ours->source->cookies);

    *changed = 1;

    return len ? NGX_OK : ngx_http_healthcode_header_list_unlink(r, header);
}
