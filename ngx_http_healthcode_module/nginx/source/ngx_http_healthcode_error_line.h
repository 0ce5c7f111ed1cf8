/*
 * What nginx writes of a request into its error log, without codes.
 * Knows no: connection, store, verdict.  docs/traces.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_ERROR_LINE_H
#define NGX_HTTP_HEALTHCODE_ERROR_LINE_H

#include "../ngx_http_healthcode.h"


/*
 * From now on the lines about r show no code: before a line is written, codes
 * are taken out of r, or a masked copy is shown if they are to go on.
 */
void ngx_http_healthcode_error_line_guard(ngx_http_request_t *r);

#endif
