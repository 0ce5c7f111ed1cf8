/*
 * What the store of a location says about the holder of a code, its key and
 * its issuer.
 * Knows no: connection, socket, header, token.  docs/request-path.md, "Risk".
 */

#ifndef NGX_HTTP_HEALTHCODE_LIVE_READ_H
#define NGX_HTTP_HEALTHCODE_LIVE_READ_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Asks the store of lcf, which has one, what record->found.code.query says.
 * NGX_OK: the answer, or the outage, is in record->found.risk.  NGX_AGAIN: the
 * request is suspended, and its phases run again when it is there, judged by
 * the policy of record->gate.
 */
ngx_int_t ngx_http_healthcode_live_read_ask(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);

#endif
