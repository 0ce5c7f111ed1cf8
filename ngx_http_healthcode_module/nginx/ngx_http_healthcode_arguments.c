/*
 * Codes in the arguments of a request: found, and taken out of them.
 * Knows no header.  docs/request-path.md, "Source".
 */

#include "ngx_http_healthcode_source.h"


static ngx_int_t ngx_http_healthcode_arguments_unescape(ngx_http_request_t *r,
    ngx_str_t *src, ngx_str_t *dst);


ngx_int_t
ngx_http_healthcode_arguments_take(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_array_t *sources)
{
    u_char                          *p, *start;
    ngx_int_t                        rc;
    ngx_str_t                        query;
    ngx_http_healthcode_argument_t   argument;

    query = r->args;
    start = NULL;
    p = NULL;

    while (ngx_http_healthcode_arguments_next(&query, &argument)) {

        rc = ngx_http_healthcode_arguments_match(r, record, sources, &argument);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_OK && start == NULL) {
            start = ngx_pnalloc(r->pool, r->args.len + 1);
            if (start == NULL) {
                return NGX_ERROR;
            }

            p = ngx_cpymem(start, r->args.data,
                           argument.name.data - r->args.data);

        } else if (rc == NGX_DECLINED && start) {
            p = ngx_cpymem(p, argument.name.data,
                           argument.value.data + argument.value.len
                           - argument.name.data);
            *p++ = '&';
        }
    }

    /* for logs, in place; in HTTP/1 the line and the URI share their bytes */

    ngx_http_healthcode_mask_text(r, sources, &r->request_line);
    ngx_http_healthcode_mask_text(r, sources, &r->unparsed_uri);
    ngx_http_healthcode_mask_referers(r, sources);

    if (start == NULL) {
        return NGX_OK;
    }

    /* for handlers, without the argument */

    if (p > start && p[-1] == '&') {
        p--;
    }

    r->args.data = start;
    r->args.len = p - start;
    r->valid_unparsed_uri = 0;

    return NGX_OK;
}


/* NGX_OK: the argument carries a code; NGX_DECLINED: it does not. */
ngx_int_t
ngx_http_healthcode_arguments_match(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_array_t *sources,
    ngx_http_healthcode_argument_t *argument)
{
    ngx_int_t                      rc = NGX_DECLINED;
    ngx_str_t                      value;
    healthcode_str_t               code;
    healthcode_pattern_e           found;
    ngx_http_healthcode_source_t  *source = NULL;

    while ((source = ngx_http_healthcode_arguments_next_source(sources, source))
           != NULL)
    {
        if (argument->name.len != source->name.len
            || ngx_memcmp(argument->name.data, source->name.data,
                          source->name.len)
               != 0)
        {
            continue;
        }

        if (ngx_http_healthcode_arguments_unescape(r, &argument->value, &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        found = healthcode_source_match(&source->core,
                                        ngx_http_healthcode_view(&value),
                                        &code);

        if (found == HEALTHCODE_PATTERN_NO_MATCH) {
            continue;
        }

        if (record && ngx_http_healthcode_source_add(r, &record->kept, found,
                                                     code)
                      != NGX_OK)
        {
            return NGX_ERROR;
        }

        rc = NGX_OK;
    }

    return rc;
}


ngx_http_healthcode_source_t *
ngx_http_healthcode_arguments_next_source(ngx_array_t *sources,
    ngx_http_healthcode_source_t *source)
{
    ngx_http_healthcode_source_t  *first = sources->elts;
    ngx_http_healthcode_source_t  *end = first + sources->nelts;

    for (source = source ? source + 1 : first; source < end; source++) {
        if (source->kind == NGX_HTTP_HEALTHCODE_QUERY) {
            return source;
        }
    }

    return NULL;
}


/* Takes the next argument off query; 0 where there is none left. */
ngx_uint_t
ngx_http_healthcode_arguments_next(ngx_str_t *query,
    ngx_http_healthcode_argument_t *argument)
{
    u_char  *p = query->data, *end = query->data + query->len;
    u_char  *amp, *equal;

    if (query->len == 0) {
        return 0;
    }

    amp = ngx_strlchr(p, end, '&');
    amp = amp ? amp : end;
    equal = ngx_strlchr(p, amp, '=');
    equal = equal ? equal : amp;

    argument->name.data = p;
    argument->name.len = equal - p;
    argument->value.data = (equal < amp) ? equal + 1 : amp;
    argument->value.len = amp - argument->value.data;

    query->data = (amp < end) ? amp + 1 : end;
    query->len = end - query->data;

    return 1;
}


/*
 * Decodes %XX once (RFC 3986 section 2.1).  An escape that is none stays as it
 * is, so that it makes a code malformed: ngx_unescape_uri() would drop it.
 */
static ngx_int_t
ngx_http_healthcode_arguments_unescape(ngx_http_request_t *r, ngx_str_t *src,
    ngx_str_t *dst)
{
    u_char     *p, *s, *end;
    ngx_int_t   byte;

    *dst = *src;

    s = src->data;
    end = s + src->len;

    if (src->len == 0 || ngx_strlchr(s, end, '%') == NULL) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, src->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    dst->data = p;

    while (s < end) {

        byte = (*s == '%' && end - s > 2) ? ngx_hextoi(s + 1, 2) : NGX_ERROR;

        if (byte == NGX_ERROR) {
            *p++ = *s++;

        } else {
            *p++ = (u_char) byte;
            s += 3;
        }
    }

    dst->len = p - dst->data;

    return NGX_OK;
}
