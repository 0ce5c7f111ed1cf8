/*
 * Which of several offers a client likes best, by all headers in which it says
 * so.
 * Knows no: connection, location, store, token, verdict.
 * docs/request-path.md, "Response"; RFC 9110 section 12.5.
 */

#include "../ngx_http_healthcode.h"
#include "../request/ngx_http_healthcode_header_list.h"
#include "ngx_http_healthcode_accept.h"


typedef void (*ngx_http_healthcode_accept_pt)(healthcode_str_t value,
    healthcode_accept_t *offers, size_t n);


static ngx_uint_t ngx_http_healthcode_accept(ngx_http_request_t *r,
    const ngx_str_t *name, ngx_http_healthcode_accept_pt read,
    healthcode_accept_t *offers, ngx_uint_t n);


ngx_uint_t
ngx_http_healthcode_accept_type(ngx_http_request_t *r,
    healthcode_accept_t *offers, ngx_uint_t n)
{
    static const ngx_str_t  name = ngx_string("accept");

    return ngx_http_healthcode_accept(r, &name, healthcode_accept_read, offers,
                                      n);
}


ngx_uint_t
ngx_http_healthcode_accept_language(ngx_http_request_t *r,
    healthcode_accept_t *offers, ngx_uint_t n)
{
    static const ngx_str_t  name = ngx_string("accept-language");

    return ngx_http_healthcode_accept(r, &name, healthcode_accept_read_language,
                                      offers, n);
}


static ngx_uint_t
ngx_http_healthcode_accept(ngx_http_request_t *r, const ngx_str_t *name,
    ngx_http_healthcode_accept_pt read, healthcode_accept_t *offers,
    ngx_uint_t n)
{
    ngx_table_elt_t                    *header;
    ngx_http_healthcode_header_walk_t   walk;

    ngx_http_healthcode_header_walk(&walk, &r->headers_in.headers.part);

    while ((header = ngx_http_healthcode_header_walk_find(&walk, name))
           != NULL)
    {
        read(ngx_http_healthcode_view(&header->value), offers, n);
    }

    return healthcode_accept_best(offers, n);
}
