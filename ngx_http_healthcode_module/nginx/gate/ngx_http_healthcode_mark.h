/*
 * Asks the store of a location whether a proof is shown for the first time.
 * Knows no: connection, header, token, verdict.
 * docs/request-path.md, "Proof".
 */

#ifndef NGX_HTTP_HEALTHCODE_MARK_H
#define NGX_HTTP_HEALTHCODE_MARK_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Asks about the mark of found.code.  NGX_AGAIN: the request is suspended; its
 * phases run again when found.mark is answered.  NGX_OK: it is, with the reason
 * of an outage.  A proof that its own request asks about once more is not
 * shown again.
 */
ngx_int_t ngx_http_healthcode_mark_ask(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);

#endif
