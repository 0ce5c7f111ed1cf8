/*
 * The body of a request, read before its code is looked for.
 * Knows no: connection, store, token, verdict.
 * docs/request-path.md, "Bodies".
 */

#ifndef NGX_HTTP_HEALTHCODE_BODY_H
#define NGX_HTTP_HEALTHCODE_BODY_H

#include "../request/ngx_http_healthcode_record.h"
#include "../../core/healthcode_body.h"


/* Sees to it that a body which is read for a gate is bounded while it comes. */
void ngx_http_healthcode_body_init(void);

/* Of _read(), what is left to do if the location looks into bodies. */
ngx_int_t ngx_http_healthcode_body_read_for(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);

/*
 * Reads the body if a code for the location, or the temperature, may be in it.
 * NGX_OK: it is there, or none is needed; NGX_AGAIN: the phases run again when
 * it is; else a status, such as 413 of a body that is too large.
 */
static ngx_inline ngx_int_t
ngx_http_healthcode_body_read(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    return (lcf->reads_form || lcf->reads_json || lcf->raws)
           ? ngx_http_healthcode_body_read_for(r, lcf, record) : NGX_OK;
}

/* Whether the body is there, whole, and of a size that is looked at. */
ngx_uint_t ngx_http_healthcode_body_is_there(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record);

/*
 * Views the whole body, which is there, in one piece; what is in a file alone
 * is not part of it.  NGX_OK, or NGX_ERROR without memory.
 */
ngx_int_t ngx_http_healthcode_body_text(ngx_http_request_t *r,
    ngx_str_t *text);

/*
 * Whether the body may be of this type: it says so, or says nothing, or lcf
 * takes what it says for a form.
 */
ngx_uint_t ngx_http_healthcode_body_may_be(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf, healthcode_body_e type);

#endif
