/*
 * One line of the error log a verdict.
 * Knows no: header, store.  docs/request-path.md, "Verdict".
 */

#ifndef NGX_HTTP_HEALTHCODE_VERDICT_LINE_H
#define NGX_HTTP_HEALTHCODE_VERDICT_LINE_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Logs the verdict on r: "info" if it allows, "notice" if it denies, "error"
 * if the fault is ours.  Never a byte of the code, and of what the code says
 * of itself only the kid of a key that verified it, escaped.
 */
void ngx_http_healthcode_verdict_line(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record);

#endif
