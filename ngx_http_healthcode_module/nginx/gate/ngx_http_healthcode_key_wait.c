/*
 * Suspends a request while the key of its code may be on its way.
 * Knows no: connection, file, shared memory.  docs/keys.md, "A location".
 */

#include "../keys/ngx_http_healthcode_keys.h"
#include "../request/ngx_http_healthcode_suspend.h"
#include "ngx_http_healthcode_key_wait.h"


static ngx_uint_t ngx_http_healthcode_key_wait_helps(
    const ngx_http_healthcode_issuer_t *issuer, healthcode_reason_e reason);
static void ngx_http_healthcode_key_wait_done(void *data);


ngx_int_t
ngx_http_healthcode_key_wait(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, healthcode_reason_e *reason)
{
    ngx_http_healthcode_issuer_t  *issuer = record->found.code.issuer;

    if (issuer == NULL || !ngx_http_healthcode_key_wait_helps(issuer, *reason))
    {
        return NGX_OK;
    }

    record->key.handler = ngx_http_healthcode_key_wait_done;
    record->key.data = record;

    switch (ngx_http_healthcode_keys_wait(issuer, &record->key)) {

    case NGX_AGAIN:
        ngx_http_healthcode_suspend(r);

        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "healthcode: waits for keys of issuer \"%V\"",
                       &issuer->name);

        return NGX_AGAIN;

    case NGX_DECLINED:
        *reason = HEALTHCODE_REASON_KEYS_UNAVAILABLE;
        return NGX_OK;

    default:
        return NGX_OK;
    }
}


/*
 * A key for the algorithm, or one with this kid, may be new at the issuer.  A
 * key of a file, without a kid, fits any: until the location has answered, a
 * signature that does not hold may be of a key that is still to come.
 */
static ngx_uint_t
ngx_http_healthcode_key_wait_helps(const ngx_http_healthcode_issuer_t *issuer,
    healthcode_reason_e reason)
{
    return reason == HEALTHCODE_REASON_KEY
           || reason == HEALTHCODE_REASON_KEYS_UNAVAILABLE
           || (reason == HEALTHCODE_REASON_SIGNATURE
               && !ngx_http_healthcode_keys_are_complete(issuer));
}


/* The code is judged again from the start, with the keys of now. */
static void
ngx_http_healthcode_key_wait_done(void *data)
{
    ngx_http_healthcode_record_t  *record = data;

    ngx_http_healthcode_found_clear(&record->found);
    ngx_http_healthcode_resume(record);
}
