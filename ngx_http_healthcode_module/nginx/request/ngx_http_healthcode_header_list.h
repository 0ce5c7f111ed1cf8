/*
 * nginx's list of request headers: names, and surgery on the list.
 * Knows no: location, token, verdict.  docs/traces.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_HEADER_LIST_H
#define NGX_HTTP_HEALTHCODE_HEADER_LIST_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


extern const ngx_str_t  ngx_http_healthcode_header_list_cookie;
extern const ngx_str_t  ngx_http_healthcode_header_list_referer;


/*
 * Where a walk over a list of headers is.  The header that it has returned last
 * may be unlinked.  No member is for other files.
 */
typedef struct {
    ngx_list_part_t  *next;     /* the part after this one */
    ngx_table_elt_t  *header;   /* the next in this part, or its end */
    ngx_table_elt_t  *end;
} ngx_http_healthcode_header_walk_t;


/* Whether a header has this name, which is in lower case. */
static ngx_inline ngx_uint_t
ngx_http_healthcode_header_list_is(const ngx_table_elt_t *header,
    const ngx_str_t *name)
{
    size_t   i;
    u_char  *key = header->key.data;

    if (header->key.len != name->len) {
        return 0;
    }

    for (i = 0; i < name->len; i++) {
        if (key[i] != name->data[i] && ngx_tolower(key[i]) != name->data[i]) {
            return 0;
        }
    }

    return 1;
}


/* Begins a walk at a part, which goes on to the end of its list. */
static ngx_inline void
ngx_http_healthcode_header_walk(ngx_http_healthcode_header_walk_t *walk,
    ngx_list_part_t *part)
{
    walk->next = part->next;
    walk->header = part->elts;
    walk->end = walk->header + part->nelts;
}


/* The next header, or NULL past the last. */
static ngx_inline ngx_table_elt_t *
ngx_http_healthcode_header_walk_next(ngx_http_healthcode_header_walk_t *walk)
{
    while (walk->header == walk->end) {

        if (walk->next == NULL) {
            return NULL;
        }

        ngx_http_healthcode_header_walk(walk, walk->next);
    }

    return walk->header++;
}


/* The next header of this name, likewise. */
static ngx_inline ngx_table_elt_t *
ngx_http_healthcode_header_walk_find(ngx_http_healthcode_header_walk_t *walk,
    const ngx_str_t *name)
{
    ngx_table_elt_t  *header;

    do {
        header = ngx_http_healthcode_header_walk_next(walk);
    } while (header && !ngx_http_healthcode_header_list_is(header, name));

    return header;
}


/*
 * Takes a header out of the list of r; its bytes stay.  NGX_OK, also if it is
 * not in the list, or NGX_ERROR: no memory, and the list is as it was.
 */
ngx_int_t ngx_http_healthcode_header_list_unlink(ngx_http_request_t *r,
    ngx_table_elt_t *header);

/*
 * Gives r, a subrequest, a list of its own, which it else shares with its
 * request; the values are the same bytes.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_header_list_copy(ngx_http_request_t *r);

/*
 * Has nginx find the Cookie headers that are in the list now.  NGX_OK, or
 * NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_header_list_index_cookies(
    ngx_http_request_t *r);

#endif
