/*
 * What the four files of the source stage share: what counts, arguments,
 * headers and cookies, masks.  No other file includes it.
 * docs/request-path.md, "Source".
 */

#ifndef NGX_HTTP_HEALTHCODE_SOURCE_H
#define NGX_HTTP_HEALTHCODE_SOURCE_H

#include "ngx_http_healthcode.h"
#include "../core/healthcode_query.h"


/* source: what counts */

/*
 * Adds what a source carried to what was shown, of which the code is copied:
 * the same bytes twice are one code.  NGX_OK, or NGX_ERROR where there is no
 * memory.
 */
ngx_int_t ngx_http_healthcode_source_add(ngx_http_request_t *r,
    ngx_http_healthcode_shown_t *shown, healthcode_pattern_e found,
    healthcode_str_t code);


/* headers and cookies; NGX_OK, or NGX_ERROR where there is no memory */

/* Adds what they carry to what is shown, and changes none of them. */
ngx_int_t ngx_http_healthcode_headers_find(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);

/*
 * Takes those out that were made for gates.  ours is a code that is known to
 * be, and then r is as _find() has seen it; NULL: none is known.  Of a
 * subrequest, which has its _own() headers, record is not changed.
 */
ngx_int_t ngx_http_healthcode_headers_hide(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    ngx_str_t *ours);

/* Gives a subrequest a list of headers, and Referer values, of its own. */
ngx_int_t ngx_http_healthcode_headers_own(ngx_http_request_t *r);


/* arguments; NGX_OK, or NGX_ERROR where there is no memory */

/*
 * Takes the codes of the location's sources out of the arguments, adds those
 * that count to what is kept, and masks what came with them.  Arguments that
 * were looked at for these sources before are not looked at again.  In an audit
 * all but what is logged stays as it came.
 */
ngx_int_t ngx_http_healthcode_arguments_take(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);

/* The log line is next: an audit leaves codes in the arguments until here. */
ngx_int_t ngx_http_healthcode_arguments_end(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record);

/* Likewise for these sources, which may be NULL; r's bytes are masked. */
ngx_int_t ngx_http_healthcode_arguments_omit(ngx_http_request_t *r,
    ngx_array_t *queries);


/* mask */

/* Whether a query, or a fragment, begins in uri. */
ngx_uint_t ngx_http_healthcode_mask_has_query(ngx_str_t *uri);

/* Overwrites the codes of these sources in a URI; in the request line. */
void ngx_http_healthcode_mask_text(ngx_http_request_t *r,
    ngx_array_t *queries, ngx_str_t *text);
void ngx_http_healthcode_mask_line(ngx_http_request_t *r,
    ngx_array_t *queries);

ngx_uint_t ngx_http_healthcode_mask_is_referer(const ngx_table_elt_t *header);

/* Puts a copy in the place of text; NGX_ERROR where there is no memory. */
ngx_int_t ngx_http_healthcode_mask_own(ngx_http_request_t *r, ngx_str_t *text);

/* Has a variable, by its index, read again from what it is made of. */
void ngx_http_healthcode_mask_forget(ngx_http_request_t *r,
    ngx_uint_t variable);

#endif
