/*
 * nginx's list of request headers: names, and surgery on the list.  The only
 * file of the gate that knows how versions of nginx index headers.
 * Knows no: location, token, verdict.  docs/traces.md.
 */

#include "ngx_http_healthcode_header_list.h"


static void ngx_http_healthcode_header_list_index_referers(
    ngx_http_request_t *r);


const ngx_str_t  ngx_http_healthcode_header_list_cookie = ngx_string("cookie");
const ngx_str_t  ngx_http_healthcode_header_list_referer =
    ngx_string("referer");


/*
 * The list is split around the header: other modules hold pointers to the
 * other headers, so none may move; a hash of 0 would not keep proxy from
 * sending it; and a part without elements, other than the first, would be
 * read past its end by the loops of nginx.
 */
ngx_int_t
ngx_http_healthcode_header_list_unlink(ngx_http_request_t *r,
    ngx_table_elt_t *header)
{
    ngx_uint_t        i;
    ngx_list_t       *headers = &r->headers_in.headers;
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

    /* a subrequest's may be a copy of this one */

    if (r->headers_in.authorization
        && r->headers_in.authorization->value.data == header->value.data)
    {
        r->headers_in.authorization = NULL;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_header_list_copy(ngx_http_request_t *r)
{
    ngx_list_part_t                     first;
    ngx_table_elt_t                    *header, *copy;
    ngx_http_healthcode_header_walk_t   walk;

    first = r->headers_in.headers.part;

    if (ngx_list_init(&r->headers_in.headers, r->pool, 20,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_healthcode_header_walk(&walk, &first);

    while ((header = ngx_http_healthcode_header_walk_next(&walk)) != NULL) {

        copy = ngx_list_push(&r->headers_in.headers);
        if (copy == NULL) {
            return NGX_ERROR;
        }

        *copy = *header;
    }

    ngx_http_healthcode_header_list_index_referers(r);

    return NGX_OK;
}


/* Has nginx find the Referer headers that are there now. */
static void
ngx_http_healthcode_header_list_index_referers(ngx_http_request_t *r)
{
    ngx_table_elt_t                    *header, **next;
    ngx_http_healthcode_header_walk_t   walk;

    next = &r->headers_in.referer;
    *next = NULL;

    ngx_http_healthcode_header_walk(&walk, &r->headers_in.headers.part);

    while ((header = ngx_http_healthcode_header_walk_find(&walk,
                                    &ngx_http_healthcode_header_list_referer))
           != NULL)
    {
#if (nginx_version >= 1023000)

        *next = header;
        next = &header->next;
        *next = NULL;

#else

        if (*next == NULL) {
            *next = header;
        }

#endif
    }
}


ngx_int_t
ngx_http_healthcode_header_list_index_cookies(ngx_http_request_t *r)
{
    ngx_table_elt_t                    *header, **next;
    ngx_http_healthcode_header_walk_t   walk;

#if (nginx_version >= 1023000)

    next = &r->headers_in.cookie;

#else

    if (ngx_array_init(&r->headers_in.cookies, r->pool, 2,
                       sizeof(ngx_table_elt_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

#endif

    ngx_http_healthcode_header_walk(&walk, &r->headers_in.headers.part);

    while ((header = ngx_http_healthcode_header_walk_find(&walk,
                                     &ngx_http_healthcode_header_list_cookie))
           != NULL)
    {
#if (nginx_version >= 1023000)

        *next = header;
        next = &header->next;

#else

        next = ngx_array_push(&r->headers_in.cookies);
        if (next == NULL) {
            return NGX_ERROR;
        }

        *next = header;

#endif
    }

#if (nginx_version >= 1023000)
    *next = NULL;
#endif

    return NGX_OK;
}
