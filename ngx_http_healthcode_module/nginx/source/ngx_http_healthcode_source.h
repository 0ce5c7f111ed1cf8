/*
 * The code that a request carries for a location.
 * Knows no: connection, store, verdict.  docs/request-path.md, "Source".
 */

#ifndef NGX_HTTP_HEALTHCODE_SOURCE_H
#define NGX_HTTP_HEALTHCODE_SOURCE_H

#include "../request/ngx_http_healthcode_record.h"


/* Of _take(), what is left to do if something may be there, or be kept. */
ngx_int_t ngx_http_healthcode_source_take_out(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);

/*
 * Finds the codes of the location's sources in the path, in the arguments and,
 * if it is there, in the body, and takes them out of the request, which shows
 * no trace of them.  NGX_OK, or NGX_ERROR: no memory.
 */
static ngx_inline ngx_int_t
ngx_http_healthcode_source_take(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    return (lcf->takes || record != record->main)
           ? ngx_http_healthcode_source_take_out(r, lcf, record) : NGX_OK;
}

/*
 * Finds the codes of the location's headers, cookies and variables, which stay
 * as they are, and adds them to those.  NGX_OK: another code
 * counts than before, or none does; NGX_DECLINED: the same one; NGX_ERROR: no
 * memory.
 */
ngx_int_t ngx_http_healthcode_source_look(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);

/*
 * Takes what headers and cookies carry out of r if it was made for gates.  code
 * is one that is known to be, and then r is as _look() has seen it; NULL: none
 * is known.  Of a subrequest, which has a list of headers of its own
 * (ngx_http_healthcode_header_list_copy()), the bytes of its request and
 * record, which may be NULL, stay as they are.  NGX_OK, or NGX_ERROR: no
 * memory.
 */
ngx_int_t ngx_http_healthcode_source_hide(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, const ngx_str_t *code);

/*
 * After _take() and _look(): HEALTHCODE_REASON_OK, and *code is the one that
 * counts, valid until record is gone; or why there is none.
 */
healthcode_reason_e ngx_http_healthcode_source_code(
    const ngx_http_healthcode_record_t *record, ngx_str_t *code);

#endif
