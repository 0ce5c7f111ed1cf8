/*
 * Codes in the path of a request.  Each function returns NGX_OK, or NGX_ERROR
 * if there is no memory.
 * Knows no: header, connection, store, verdict.
 * docs/request-path.md, "Source".
 */

#ifndef NGX_HTTP_HEALTHCODE_PATHS_H
#define NGX_HTTP_HEALTHCODE_PATHS_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Adds the codes of the location's sources in the path to what is kept, and
 * overwrites them with stars there and in what came.  A path that was looked at
 * for these sources before is not looked at again.  In an audit everything but
 * what is logged stays as it came.
 */
ngx_int_t ngx_http_healthcode_paths_take(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);

/*
 * The log line is next: an audit leaves codes in the path until here.  r may be
 * a subrequest, whose strings are its own.
 */
ngx_int_t ngx_http_healthcode_paths_end(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record);

/* Likewise for these sources, which may be NULL. */
ngx_int_t ngx_http_healthcode_paths_omit(ngx_http_request_t *r,
    ngx_array_t *paths);

#endif
