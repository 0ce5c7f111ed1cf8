/*
 * The wait of one request for the key of its code.
 * Knows no: connection, file, shared memory.  docs/keys.md, "A location".
 */

#ifndef NGX_HTTP_HEALTHCODE_KEY_WAIT_H
#define NGX_HTTP_HEALTHCODE_KEY_WAIT_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Whether a key that is on its way, or that may be asked for now, could change
 * *reason, by which the code was refused.  NGX_AGAIN: the request is suspended;
 * its phases run again once the key may be there, or after 2 seconds a policy
 * in all.  NGX_OK: it could not; if a key cannot be looked for now, *reason is
 * HEALTHCODE_REASON_KEYS_UNAVAILABLE.
 */
ngx_int_t ngx_http_healthcode_key_wait(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, healthcode_reason_e *reason);

#endif
