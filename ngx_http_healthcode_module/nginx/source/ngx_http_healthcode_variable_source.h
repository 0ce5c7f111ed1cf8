/*
 * Codes in variables of nginx.
 * Knows no: header, connection, store, verdict.
 * docs/request-path.md, "Source".
 */

#ifndef NGX_HTTP_HEALTHCODE_VARIABLE_SOURCE_H
#define NGX_HTTP_HEALTHCODE_VARIABLE_SOURCE_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Adds what the variable that source names carries to what record shows.  What
 * it is made of stays as it is.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_variable_source_find(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source,
    ngx_http_healthcode_record_t *record);

#endif
