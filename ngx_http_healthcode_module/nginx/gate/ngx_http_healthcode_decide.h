/*
 * What the stages have found of a request -> its verdict.
 * Knows no: header, connection, token.  docs/request-path.md, "Verdict".
 */

#ifndef NGX_HTTP_HEALTHCODE_DECIDE_H
#define NGX_HTTP_HEALTHCODE_DECIDE_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Decides by the evidence, and by what the store has said, if lcf has one.
 * Neither counts nor logs it.
 */
void ngx_http_healthcode_decide(const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);

#endif
