/*
 * The record of one request: found again after an internal redirect, and gone
 * with the request's pool.  Judges nothing.
 * docs/request-path.md, "Once per request".
 */

#include "ngx_http_healthcode_keys.h"


static void ngx_http_healthcode_record_cleanup(void *data);


ngx_http_healthcode_record_t *
ngx_http_healthcode_record_find(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t            *cln;
    ngx_http_healthcode_record_t  *record;

    record = ngx_http_get_module_ctx(r, ngx_http_healthcode_module);

    if (record || (!r->internal && !r->filter_finalize && r == r->main)) {
        return record;
    }

    /* an internal redirect has cleared the context */

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_healthcode_record_cleanup) {
            return cln->data;
        }
    }

    return NULL;
}


ngx_http_healthcode_record_t *
ngx_http_healthcode_record_get(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t            *cln;
    ngx_http_healthcode_record_t  *record;

    record = ngx_http_healthcode_record_find(r);

    if (record == NULL) {
        record = ngx_palloc(r->pool, sizeof(ngx_http_healthcode_record_t));
        cln = ngx_pool_cleanup_add(r->pool, 0);

        if (record == NULL || cln == NULL) {
            return NULL;
        }

        /* the names of flags come last, and have a length */
        ngx_memzero(record, offsetof(ngx_http_healthcode_record_t,
                                     found.risk.names));

        cln->data = record;

        record->request = r->main;
        record->kept.reason = HEALTHCODE_REASON_MISSING;
        record->kept_cookie.reason = HEALTHCODE_REASON_MISSING;
        cln->handler = ngx_http_healthcode_record_cleanup;
    }

    ngx_http_set_ctx(r, record, ngx_http_healthcode_module);

    return record;
}


static void
ngx_http_healthcode_record_cleanup(void *data)
{
    ngx_http_healthcode_risk_cancel(data);
    ngx_http_healthcode_keys_cancel(data);
}
