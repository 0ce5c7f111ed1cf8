/*
 * Headers of an answer that are ours: each stands there once.
 * Knows no: connection, location, store, token, verdict.
 * docs/request-path.md, "Response".
 */

#ifndef NGX_HTTP_HEALTHCODE_HEADER_H
#define NGX_HTTP_HEALTHCODE_HEADER_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * A header of the answer, once: one of this name whose value begins so is ours
 * already, of an earlier refusal.  name and value end with a NUL and must be
 * valid until the request ends.  NULL: no memory.
 */
ngx_table_elt_t *ngx_http_healthcode_header_set(ngx_http_request_t *r,
    const char *name, const char *value);

#endif
