/*
 * The language in which a client reads.
 * Knows no: connection, location, store, token, verdict.
 * docs/variables.md, "$healthcode_title"; RFC 9110 section 12.5.4.
 */

#ifndef NGX_HTTP_HEALTHCODE_LANGUAGE_H
#define NGX_HTTP_HEALTHCODE_LANGUAGE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "../../core/healthcode_reason.h"


/* By the Accept-Language headers of r; English if they name no other. */
healthcode_language_e ngx_http_healthcode_language(ngx_http_request_t *r);

#endif
