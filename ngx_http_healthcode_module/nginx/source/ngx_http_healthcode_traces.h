/*
 * What goes on of a request, and what is logged of it, has no code in it.
 * Knows no: connection, store.  docs/traces.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_TRACES_H
#define NGX_HTTP_HEALTHCODE_TRACES_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * The places of a request.  Each returns NGX_OK, or NGX_ERROR: no memory.
 *
 * _enter(): r comes to a location whose mode is not off.
 * _hide(): its code was judged there; what headers and cookies carry of ours
 * is taken out.
 * _leave(): r goes on to another place; if it was not judged here, headers and
 * cookies are looked at, since what they carry counts in the next gate, and
 * what is ours is taken out.
 * _end(): the line of r in the access log is next, which must show no code of
 * any place.  r may be a subrequest: then its request stays as it is.
 */
ngx_int_t ngx_http_healthcode_traces_enter(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
ngx_int_t ngx_http_healthcode_traces_hide(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
ngx_int_t ngx_http_healthcode_traces_leave(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record);
ngx_int_t ngx_http_healthcode_traces_end(ngx_http_request_t *r);

/*
 * A line about r is written next: takes codes out of the arguments, if a gate
 * has them in its sources.  Without memory they stay.
 */
void ngx_http_healthcode_traces_before_line(ngx_http_request_t *r);

#endif
