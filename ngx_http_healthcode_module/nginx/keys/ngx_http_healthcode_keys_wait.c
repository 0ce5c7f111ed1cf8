/*
 * Those who wait for keys of an issuer, and are called back.
 * Knows no: request, location, verdict, key.  docs/keys.md, "A location".
 */

#include "ngx_http_healthcode_keys_private.h"


static void ngx_http_healthcode_keys_wait_leave(
    ngx_http_healthcode_keys_waiter_t *waiter);


void
ngx_http_healthcode_keys_wait_add(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_keys_waiter_t *waiter)
{
    waiter->keys = keys;
    ngx_queue_insert_tail(&keys->waiting, &waiter->queue);
    keys->all->waiting++;
}


void
ngx_http_healthcode_keys_wait_wake(ngx_http_healthcode_keys_t *keys,
    ngx_uint_t all)
{
    ngx_queue_t                        *q, *next;
    ngx_http_healthcode_keys_waiter_t  *waiter;

    for (q = ngx_queue_head(&keys->waiting);
         q != ngx_queue_sentinel(&keys->waiting);
         q = next)
    {
        next = ngx_queue_next(q);
        waiter = ngx_queue_data(q, ngx_http_healthcode_keys_waiter_t, queue);

        if (all || (ngx_msec_int_t) (ngx_current_msec - waiter->until) >= 0) {
            ngx_http_healthcode_keys_wait_leave(waiter);
            waiter->handler(waiter->data);
        }
    }
}


static void
ngx_http_healthcode_keys_wait_leave(ngx_http_healthcode_keys_waiter_t *waiter)
{
    waiter->keys->all->waiting--;
    waiter->keys = NULL;
    ngx_queue_remove(&waiter->queue);
}


void
ngx_http_healthcode_keys_cancel(ngx_http_healthcode_keys_waiter_t *waiter)
{
    if (waiter->keys) {
        ngx_http_healthcode_keys_wait_leave(waiter);
    }

    waiter->began = 0;
}
