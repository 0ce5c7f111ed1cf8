/*
 * Codes in the arguments of a request.  Each function returns NGX_OK, or
 * NGX_ERROR if there is no memory.
 * Knows no: header, connection, store, verdict.
 * docs/request-path.md, "Source".
 */

#ifndef NGX_HTTP_HEALTHCODE_ARGUMENTS_H
#define NGX_HTTP_HEALTHCODE_ARGUMENTS_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Takes the codes of the location's sources out of the arguments, adds those
 * that count to what is kept, and masks what came with them.  Arguments that
 * were looked at for these sources before are not looked at again.  In an audit
 * all but what is logged stays as it came.
 */
ngx_int_t ngx_http_healthcode_arguments_take(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);

/* The log line is next: an audit leaves codes in the arguments until here. */
ngx_int_t ngx_http_healthcode_arguments_end(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record);

/* Likewise for these sources, which may be NULL; r's bytes are masked. */
ngx_int_t ngx_http_healthcode_arguments_omit(ngx_http_request_t *r,
    ngx_array_t *queries);

#endif
