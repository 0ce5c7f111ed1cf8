/*
 * Codes in request headers, other than cookies, and in elements of those that
 * are lists: found where they stand, and taken out if they were made for gates.
 * Reads nothing inside a code.
 * Knows no: connection, store, verdict.  docs/request-path.md, "Source".
 */

#include "../request/ngx_http_healthcode_header_list.h"
#include "ngx_http_healthcode_headers.h"
#include "ngx_http_healthcode_mask.h"
#include "ngx_http_healthcode_ours.h"
#include "../../core/healthcode_elements.h"


static ngx_int_t ngx_http_healthcode_headers_look(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source,
    ngx_http_healthcode_record_t *record, ngx_table_elt_t *header);
static ngx_int_t ngx_http_healthcode_headers_add(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source,
    ngx_http_healthcode_record_t *record, ngx_table_elt_t *header,
    healthcode_str_t value);
static ngx_int_t ngx_http_healthcode_headers_hide_in(ngx_http_request_t *r,
    ngx_http_healthcode_ours_t *ours, ngx_http_healthcode_record_t *record,
    ngx_table_elt_t *header);
static ngx_int_t ngx_http_healthcode_headers_take(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source,
    ngx_http_healthcode_record_t *record, ngx_table_elt_t *header);
static ngx_int_t ngx_http_healthcode_headers_take_elements(
    ngx_http_request_t *r, ngx_http_healthcode_ours_t *ours,
    ngx_http_healthcode_record_t *record, ngx_table_elt_t *header);


/* Each counts: a second header of a name does not hide behind the first. */
ngx_int_t
ngx_http_healthcode_headers_find(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source,
    ngx_http_healthcode_record_t *record)
{
    ngx_table_elt_t                    *header;
    ngx_http_healthcode_header_walk_t   walk;

    ngx_http_healthcode_header_walk(&walk, &r->headers_in.headers.part);

    while ((header = ngx_http_healthcode_header_walk_find(&walk, &source->name))
           != NULL)
    {
        if (ngx_http_healthcode_headers_look(r, source, record, header)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_headers_look(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source,
    ngx_http_healthcode_record_t *record, ngx_table_elt_t *header)
{
    healthcode_str_t  rest, element;

    rest = ngx_http_healthcode_view(&header->value);

    if (source->kind == NGX_HTTP_HEALTHCODE_HEADER) {
        return ngx_http_healthcode_headers_add(r, source, record, header, rest);
    }

    while (healthcode_elements_next(&rest, &element)) {

        if (ngx_http_healthcode_headers_add(r, source, record, NULL, element)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* header is NULL if value is only a part of one. */
static ngx_int_t
ngx_http_healthcode_headers_add(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source,
    ngx_http_healthcode_record_t *record, ngx_table_elt_t *header,
    healthcode_str_t value)
{
    healthcode_str_t      code;
    healthcode_pattern_e  found;

    found = healthcode_source_match(&source->core, value, &code);

    if (found == HEALTHCODE_PATTERN_NO_MATCH) {
        return NGX_OK;
    }

    record->source.header = record->source.headers++ ? NULL : header;

    return ngx_http_healthcode_shown_add(&record->source.shown, r->pool, found,
                                         code);
}


ngx_int_t
ngx_http_healthcode_headers_hide(ngx_http_request_t *r,
    ngx_http_healthcode_ours_t *ours, ngx_http_healthcode_record_t *record)
{
    ngx_table_elt_t                    *header;
    ngx_http_healthcode_header_walk_t   walk;

    if (ours->source->kind == NGX_HTTP_HEALTHCODE_HEADER
        && ours->known.data && record->source.header)
    {

        /* it was found a moment ago, is the only one, and carries ours */

        header = record->source.header;

        return ngx_http_healthcode_header_list_is(header, &ours->source->name)
               ? ngx_http_healthcode_headers_take(r, ours->source, record,
                                                  header)
               : NGX_OK;
    }

    ngx_http_healthcode_header_walk(&walk, &r->headers_in.headers.part);

    while ((header = ngx_http_healthcode_header_walk_find(&walk,
                                                          &ours->source->name))
           != NULL)
    {
        if (ngx_http_healthcode_headers_hide_in(r, ours, record, header)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_headers_hide_in(ngx_http_request_t *r,
    ngx_http_healthcode_ours_t *ours, ngx_http_healthcode_record_t *record,
    ngx_table_elt_t *header)
{
    if (ours->source->kind == NGX_HTTP_HEALTHCODE_LIST) {
        return ngx_http_healthcode_headers_take_elements(r, ours, record,
                                                         header);
    }

    return ngx_http_healthcode_ours_is(ours,
                                       ngx_http_healthcode_view(&header->value))
           ? ngx_http_healthcode_headers_take(r, ours->source, record, header)
           : NGX_OK;
}


/* Takes out a header that carries a code of ours for this source. */
static ngx_int_t
ngx_http_healthcode_headers_take(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source,
    ngx_http_healthcode_record_t *record, ngx_table_elt_t *header)
{
    if (r == r->main) {
        record->source.kept = record->source.shown;

        /* nginx, and other modules, may point to the value */
        ngx_memset(header->value.data, '*', header->value.len);
    }

    ngx_http_healthcode_mask_forget(r, source->variable);

    return ngx_http_healthcode_header_list_unlink(r, header);
}


/* Takes the elements of ours out of one header. */
static ngx_int_t
ngx_http_healthcode_headers_take_elements(ngx_http_request_t *r,
    ngx_http_healthcode_ours_t *ours, ngx_http_healthcode_record_t *record,
    ngx_table_elt_t *header)
{
    size_t             len;
    u_char            *left;
    healthcode_str_t   value;

    value = ngx_http_healthcode_view(&header->value);
    len = healthcode_elements_left(value, ngx_http_healthcode_ours_is, ours,
                                   NULL);
    if (len == value.len) {
        return NGX_OK;
    }

    left = ngx_pnalloc(r->pool, len + 1);
    if (left == NULL) {
        return NGX_ERROR;
    }

    (void) healthcode_elements_left(value, ngx_http_healthcode_ours_is, ours,
                                    left);
    left[len] = '\0';

    if (r == r->main) {
        record->source.kept = record->source.shown;

        (void) healthcode_elements_mask(header->value.data, header->value.len,
                                        ngx_http_healthcode_ours_is, ours);
    }

    header->value.data = left;
    header->value.len = len;

    ngx_http_healthcode_mask_forget(r, ours->source->variable);

    return len ? NGX_OK : ngx_http_healthcode_header_list_unlink(r, header);
}
