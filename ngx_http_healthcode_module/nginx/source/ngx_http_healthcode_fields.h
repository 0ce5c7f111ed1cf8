/*
 * Codes in the body of a request: fields of a form, strings of JSON, and what
 * patterns find.  NGX_ERROR is returned if there is no memory, else NGX_OK.
 * Knows no: connection, store, verdict.
 * docs/request-path.md, "Bodies".
 */

#ifndef NGX_HTTP_HEALTHCODE_FIELDS_H
#define NGX_HTTP_HEALTHCODE_FIELDS_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Takes the codes of the location's sources out of the body, if it is there,
 * and adds them to what is kept.  A body that was looked at for these sources
 * before is not looked at again.  In an audit it stays as it came.
 */
ngx_int_t ngx_http_healthcode_fields_take(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);

/*
 * Drops what came of a body that nobody has looked at, since it did not come
 * whole or is too large; r goes on to another place, or its log line is next.
 */
void ngx_http_healthcode_fields_drop(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record);

/*
 * The log line is next: an audit leaves codes in the body until here.  r may be
 * a subrequest; the body of its request stays as it is.
 */
ngx_int_t ngx_http_healthcode_fields_end(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record);

#endif
