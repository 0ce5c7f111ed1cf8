/*
 * Codes in what is logged as it came are overwritten.
 * Knows no: connection, store, verdict.  docs/traces.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_MASK_H
#define NGX_HTTP_HEALTHCODE_MASK_H

#include "../ngx_http_healthcode.h"
#include "../../core/healthcode_path.h"


/* Whether a query, or a fragment, begins in uri. */
ngx_uint_t ngx_http_healthcode_mask_has_query(ngx_str_t *uri);

/* Overwrites the codes of these sources in a URI; in the request line. */
void ngx_http_healthcode_mask_text(ngx_http_request_t *r,
    ngx_array_t *queries, ngx_str_t *text);
void ngx_http_healthcode_mask_line(ngx_http_request_t *r,
    ngx_array_t *queries);

/*
 * Likewise the codes of sources of the path, in a URI and in the request line.
 * known is what nginx has made of this path, or NULL.  The result is that of
 * healthcode_path_mask().
 */
healthcode_path_e ngx_http_healthcode_mask_path(ngx_http_request_t *r,
    ngx_array_t *paths, const ngx_str_t *known, ngx_str_t *text);
void ngx_http_healthcode_mask_line_path(ngx_http_request_t *r,
    ngx_array_t *paths, const ngx_str_t *known);

/*
 * Puts a copy, in r->pool, in the place of text, or of the values of all
 * Referer headers.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_mask_own(ngx_http_request_t *r, ngx_str_t *text);
ngx_int_t ngx_http_healthcode_mask_own_referers(ngx_http_request_t *r);

/* Overwrites in a URI the codes of all gates, in its path and its query. */
void ngx_http_healthcode_mask_uri(ngx_http_request_t *r,
    ngx_http_healthcode_main_conf_t *mcf, const ngx_str_t *known,
    ngx_str_t *text);

/* Has a variable, by its index, read again from what it is made of. */
void ngx_http_healthcode_mask_forget(ngx_http_request_t *r,
    ngx_uint_t variable);

/* Overwrites codes of any gate in Referer headers. */
void ngx_http_healthcode_mask_referers(ngx_http_request_t *r);

#endif
