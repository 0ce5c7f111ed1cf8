/*
 * What the four files of the source stage share: what counts, arguments,
 * headers and cookies, masks.  No other file includes it.
 * docs/request-path.md, "Source".
 */

#ifndef NGX_HTTP_HEALTHCODE_SOURCE_H
#define NGX_HTTP_HEALTHCODE_SOURCE_H

#include "ngx_http_healthcode.h"


/* One argument of a query string: views into it. */
typedef struct {
    ngx_str_t  name;
    ngx_str_t  value;
} ngx_http_healthcode_argument_t;


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
 * be, and then r is as _find() has seen it; NULL: none is known.
 */
ngx_int_t ngx_http_healthcode_headers_hide(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    ngx_str_t *ours);


/* arguments */

/* Takes the codes of the location's sources out of the arguments. */
ngx_int_t ngx_http_healthcode_arguments_take(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_array_t *sources);

/*
 * NGX_OK: the argument carries a code, which is added to record, unless that
 * is NULL; NGX_DECLINED: it does not; NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_arguments_match(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_array_t *sources,
    ngx_http_healthcode_argument_t *argument);

/* The first query source behind source, or of all for NULL; NULL: none. */
ngx_http_healthcode_source_t *ngx_http_healthcode_arguments_next_source(
    ngx_array_t *sources, ngx_http_healthcode_source_t *source);

/* Takes the next argument off query; 0 where there is none left. */
ngx_uint_t ngx_http_healthcode_arguments_next(ngx_str_t *query,
    ngx_http_healthcode_argument_t *argument);


/* mask */

/* Overwrites the codes in the query of a URI, or of a line that holds one. */
void ngx_http_healthcode_mask_text(ngx_http_request_t *r,
    ngx_array_t *sources, ngx_str_t *text);

/* A page that was opened with its code names it in what it loads. */
void ngx_http_healthcode_mask_referers(ngx_http_request_t *r,
    ngx_array_t *sources);

#endif
