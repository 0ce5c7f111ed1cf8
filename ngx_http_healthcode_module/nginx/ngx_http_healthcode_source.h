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
 * HEALTHCODE_PATTERN_MATCH: value carries *code, which is not empty.  _ERROR:
 * no pattern could look at it, which is no reason to let it through.
 */
healthcode_pattern_e ngx_http_healthcode_source_match(
    ngx_http_healthcode_source_t *source, ngx_str_t *value, ngx_str_t *code);

/*
 * Adds what a source carried: the same bytes twice are one code.  NGX_OK, or
 * NGX_ERROR where there is no memory.
 */
ngx_int_t ngx_http_healthcode_source_add(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_http_healthcode_source_e kind,
    healthcode_pattern_e found, ngx_str_t *code);


/* headers; NGX_OK, or NGX_ERROR where there is no memory */

ngx_int_t ngx_http_healthcode_headers_take(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record,
    ngx_http_healthcode_source_t *source);
ngx_int_t ngx_http_healthcode_headers_take_cookies(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record,
    ngx_http_healthcode_source_t *source);


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
