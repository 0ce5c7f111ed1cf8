/*
 * Codes in what is logged as it came, the request line and Referer headers:
 * overwritten.  Looks for no code to judge.
 * Knows no: connection, store, verdict.  docs/traces.md.
 */

#include "../request/ngx_http_healthcode_header_list.h"
#include "ngx_http_healthcode_mask.h"
#include "../../core/healthcode_query.h"


static ngx_uint_t ngx_http_healthcode_mask_query(ngx_str_t *text);


/* Where the query of a URI begins, with its '?' or '#'; its length if none. */
static ngx_uint_t
ngx_http_healthcode_mask_query(ngx_str_t *text)
{
    ngx_uint_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] == '?' || text->data[i] == '#') {
            break;
        }
    }

    return i;
}


ngx_uint_t
ngx_http_healthcode_mask_has_query(ngx_str_t *uri)
{
    return ngx_http_healthcode_mask_query(uri) != uri->len;
}


void
ngx_http_healthcode_mask_text(ngx_http_request_t *r, ngx_array_t *queries,
    ngx_str_t *text)
{
    u_char              *scratch;
    ngx_uint_t           start = ngx_http_healthcode_mask_query(text);
    healthcode_query_t   walk;

    if (start == text->len) {
        return;
    }

    scratch = ngx_pnalloc(r->pool, text->len);

    if (scratch == NULL) {
        /* what cannot be looked at is masked as well */
        ngx_memset(text->data + start, '*', text->len - start);
        return;
    }

    healthcode_query_begin_uri(&walk, queries->elts, queries->nelts,
                               ngx_http_healthcode_view(text), scratch);
    (void) healthcode_query_mask(walk, text->data);
}


/* Overwrites the codes of any gate. */
void
ngx_http_healthcode_mask_uri(ngx_http_request_t *r,
    ngx_http_healthcode_main_conf_t *mcf, const ngx_str_t *known,
    ngx_str_t *text)
{
    if (mcf->queries.nelts) {
        ngx_http_healthcode_mask_text(r, &mcf->queries, text);
    }

    if (mcf->paths.nelts) {
        (void) ngx_http_healthcode_mask_path(r, &mcf->paths, known, text);
    }
}


void
ngx_http_healthcode_mask_line(ngx_http_request_t *r, ngx_array_t *queries)
{
    ngx_str_t   text = r->request_line;
    ngx_uint_t  i = ngx_http_healthcode_mask_query(&text);

    while (i < text.len && text.data[i] != ' ') {
        i++;
    }

    text.len = i;
    ngx_http_healthcode_mask_text(r, queries, &text);
}


healthcode_path_e
ngx_http_healthcode_mask_path(ngx_http_request_t *r, ngx_array_t *paths,
    const ngx_str_t *known, ngx_str_t *text)
{
    u_char             *scratch, *masked;
    healthcode_str_t    path = { NULL, 0 };
    healthcode_path_e   result;

    if (text->len == 0) {
        return HEALTHCODE_PATH_NOTHING;
    }

    if (known) {
        path = ngx_http_healthcode_view(known);
    }

    scratch = ngx_pnalloc(r->pool, 2 * text->len);

    if (scratch == NULL) {
        /* what cannot be looked at is masked as well */
        ngx_memset(text->data, '*', text->len);
        return HEALTHCODE_PATH_WHOLE;
    }

    masked = scratch + text->len;
    ngx_memcpy(masked, text->data, text->len);

    result = healthcode_path_mask(paths->elts, paths->nelts, path,
                                  ngx_http_healthcode_view(text), scratch,
                                  masked);

    if (result != HEALTHCODE_PATH_NOTHING) {
        ngx_memcpy(text->data, masked, text->len);
    }

    return result;
}


void
ngx_http_healthcode_mask_line_path(ngx_http_request_t *r, ngx_array_t *paths,
    const ngx_str_t *known)
{
    u_char     *start, *end;
    ngx_str_t   target = r->request_line;

    /* METHOD TARGET VERSION, the last of which HTTP/0.9 does not have */

    start = ngx_strlchr(target.data, target.data + target.len, ' ');

    if (start == NULL) {
        return;
    }

    start++;
    end = target.data + target.len;

    while (end > start && end[-1] != ' ') {
        end--;
    }

    target.len = (end > start) ? (size_t) (end - 1 - start)
                               : (size_t) (target.data + target.len - start);
    target.data = start;

    (void) ngx_http_healthcode_mask_path(r, paths, known, &target);
}


/*
 * A page that was opened with its code in the URI sends that URI as Referer of
 * what it loads, from any location: the names of all gates count.
 */
void
ngx_http_healthcode_mask_referers(ngx_http_request_t *r)
{
    ngx_table_elt_t                    *header;
    ngx_http_healthcode_main_conf_t    *mcf;
    ngx_http_healthcode_header_walk_t   walk;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    if ((mcf->queries.nelts == 0 && mcf->paths.nelts == 0)
        || r->headers_in.referer == NULL)
    {
        return;
    }

    ngx_http_healthcode_header_walk(&walk, &r->headers_in.headers.part);

    while ((header = ngx_http_healthcode_header_walk_find(&walk,
                                    &ngx_http_healthcode_header_list_referer))
           != NULL)
    {
        ngx_http_healthcode_mask_uri(r, mcf, NULL, &header->value);
    }

    /* of several lines it may hold a copy */
    ngx_http_healthcode_mask_forget(r, mcf->referer);
}


ngx_int_t
ngx_http_healthcode_mask_own(ngx_http_request_t *r, ngx_str_t *text)
{
    u_char  *p;

    /* $args is empty if it has no bytes */

    if (text->len == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, text->len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    *ngx_cpymem(p, text->data, text->len) = '\0';
    text->data = p;

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_mask_own_referers(ngx_http_request_t *r)
{
    ngx_table_elt_t                    *header;
    ngx_http_healthcode_header_walk_t   walk;

    ngx_http_healthcode_header_walk(&walk, &r->headers_in.headers.part);

    while ((header = ngx_http_healthcode_header_walk_find(&walk,
                                    &ngx_http_healthcode_header_list_referer))
           != NULL)
    {
        if (ngx_http_healthcode_mask_own(r, &header->value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_http_healthcode_mask_forget(ngx_http_request_t *r, ngx_uint_t variable)
{
    r->variables[variable].valid = 0;
    r->variables[variable].not_found = 0;
}
