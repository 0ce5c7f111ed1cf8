/*
 * Somebody who waits for keys of an issuer, and is called back.
 * Knows no: request, location, verdict, key.  docs/keys.md, "A location".
 */

#ifndef NGX_HTTP_HEALTHCODE_KEYS_WAIT_H
#define NGX_HTTP_HEALTHCODE_KEYS_WAIT_H

#include <ngx_config.h>
#include <ngx_core.h>


/*
 * The caller's; all zero at first.  It sets handler and data.  The handler is
 * called once, from the event loop, when the waiter waits no longer: keys have
 * come, none will come, or it has waited long enough.
 */
typedef struct {
    void                              (*handler)(void *data);
    void                               *data;

    /* of keys/ alone */
    ngx_queue_t                         queue;
    struct ngx_http_healthcode_keys_s  *keys;     /* it waits for; or NULL */
    ngx_msec_t                          until;
    ngx_uint_t                          began;    /* until is set */
} ngx_http_healthcode_keys_waiter_t;


static ngx_inline ngx_uint_t
ngx_http_healthcode_keys_waits(const ngx_http_healthcode_keys_waiter_t *waiter)
{
    return waiter->keys != NULL;
}


/* Ends the wait, if there is one, without a call of the handler. */
void ngx_http_healthcode_keys_cancel(
    ngx_http_healthcode_keys_waiter_t *waiter);

#endif
