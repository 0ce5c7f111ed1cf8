/*
 * Codes in request headers and cookies: found, and taken out of the list that
 * is proxied.  Knows no query string; it knows versions of nginx.
 * docs/request-path.md, "Source".
 */

#include "ngx_http_healthcode_source.h"


static ngx_int_t ngx_http_healthcode_headers_take_cookie(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_http_healthcode_source_t *source,
    ngx_table_elt_t *header);


ngx_int_t
ngx_http_healthcode_headers_take(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_http_healthcode_source_t *source)
{
    ngx_str_t             code;
    ngx_uint_t            i;
    ngx_list_part_t      *part, *next;
    ngx_table_elt_t      *header;
    healthcode_pattern_e  found;

    for (part = &r->headers_in.headers.part; part; part = next) {

        next = part->next;
        header = part->elts;

        /* from the end: what is unlinked then moves nothing yet to be seen */

        for (i = part->nelts; i-- > 0; /* void */) {

            if (header[i].hash != source->hash
                || header[i].key.len != source->name.len
                || ngx_strncmp(header[i].lowcase_key, source->name.data,
                               source->name.len)
                   != 0)
            {
                continue;
            }

            found = ngx_http_healthcode_source_match(source, &header[i].value,
                                                     &code);

            if (found == HEALTHCODE_PATTERN_NO_MATCH) {
                continue;
            }

            if (ngx_http_healthcode_source_add(r, record, source->kind, found,
                                               &code)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            /* variables read before, and nginx, may point to the value */
            ngx_memset(header[i].value.data, '*', header[i].value.len);

            if (ngx_http_healthcode_headers_unlink(r, &r->headers_in.headers,
                                                     &header[i])
                   != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/*
 * The list is split around the header: other modules hold pointers to the
 * other headers, so none may move; a hash of 0 would not keep proxy from
 * sending it; and a part without elements, other than the first, would be
 * read past its end by the loops of nginx.
 */
ngx_int_t
ngx_http_healthcode_headers_unlink(ngx_http_request_t *r, ngx_list_t *headers,
    ngx_table_elt_t *header)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part, *previous = NULL, *tail;

    for (part = &headers->part; part; previous = part, part = part->next) {

        if (header >= (ngx_table_elt_t *) part->elts
            && header < (ngx_table_elt_t *) part->elts + part->nelts)
        {
            break;
        }
    }

    if (part == NULL) {
        return NGX_OK;
    }

    i = header - (ngx_table_elt_t *) part->elts;

    if (i == part->nelts - 1) {
        part->nelts--;

        if (part->nelts == 0 && previous) {
            previous->next = part->next;

            if (headers->last == part) {
                headers->last = previous;
            }
        }

    } else if (i == 0) {
        part->elts = header + 1;
        part->nelts--;

    } else {
        tail = ngx_palloc(r->pool, sizeof(ngx_list_part_t));
        if (tail == NULL) {
            return NGX_ERROR;
        }

        tail->elts = header + 1;
        tail->nelts = part->nelts - i - 1;
        tail->next = part->next;

        part->nelts = i;
        part->next = tail;

        if (headers->last == part) {
            headers->last = tail;
        }
    }

    /* the room behind the last part is no longer known: call it full */

    if (headers->last->nelts) {
        headers->nalloc = headers->last->nelts;
    }

    if (r->headers_in.authorization == header) {
        r->headers_in.authorization = NULL;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_headers_take_cookies(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_http_healthcode_source_t *source)
{
    ngx_uint_t         i;
    ngx_list_part_t   *part, *next;
    ngx_table_elt_t   *header;

    for (part = &r->headers_in.headers.part; part; part = next) {

        next = part->next;
        header = part->elts;

        for (i = part->nelts; i-- > 0; /* void */) {

            if (header[i].key.len != sizeof("cookie") - 1
                || ngx_strncmp(header[i].lowcase_key, "cookie",
                               sizeof("cookie") - 1)
                   != 0)
            {
                continue;
            }

            if (ngx_http_healthcode_headers_take_cookie(r, record, source,
                                                  &header[i])
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            if (header[i].value.len == 0
                && ngx_http_healthcode_headers_unlink(r, &r->headers_in.headers,
                                                     &header[i])
                   != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* Rewrites one Cookie header (RFC 6265 section 4.2.1) without the code. */
static ngx_int_t
ngx_http_healthcode_headers_take_cookie(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_http_healthcode_source_t *source,
    ngx_table_elt_t *header)
{
    u_char                *p, *end, *start, *last, *copy, *w;
    ngx_str_t              value, code;
    healthcode_pattern_e   found;

    copy = NULL;
    w = NULL;
    p = header->value.data;
    end = p + header->value.len;

    while (p < end) {

        while (p < end && (*p == ' ' || *p == '\t' || *p == ';')) {
            p++;
        }

        start = p;
        last = ngx_strlchr(p, end, ';');
        last = last ? last : end;
        p = last;

        while (last > start && (last[-1] == ' ' || last[-1] == '\t')) {
            last--;
        }

        found = HEALTHCODE_PATTERN_NO_MATCH;

        if ((size_t) (last - start) > source->name.len
            && start[source->name.len] == '='
            && ngx_memcmp(start, source->name.data, source->name.len) == 0)
        {
            value.data = start + source->name.len + 1;
            value.len = last - value.data;
            found = ngx_http_healthcode_source_match(source, &value, &code);
        }

        if (found != HEALTHCODE_PATTERN_NO_MATCH) {

            if (ngx_http_healthcode_source_add(r, record, source->kind, found,
                                               &code)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            ngx_memset(value.data, '*', value.len);

            if (copy == NULL) {
                /* each item gets "; " behind it, where one byte stood */
                copy = ngx_pnalloc(r->pool, 2 * header->value.len + 2);
                if (copy == NULL) {
                    return NGX_ERROR;
                }

                /* what stood before, which ends in "; " or is empty */
                w = ngx_cpymem(copy, header->value.data,
                               start - header->value.data);
            }

        } else if (copy && last > start) {
            w = ngx_cpymem(w, start, last - start);
            w = ngx_cpymem(w, "; ", 2);
        }
    }

    if (copy) {

        while (w > copy && (w[-1] == ' ' || w[-1] == ';')) {
            w--;
        }

        *w = '\0';

        header->value.data = copy;
        header->value.len = w - copy;
    }

    return NGX_OK;
}
