/*
 * The record of one request: found again after an internal redirect, and gone
 * with the request's pool.  Judges nothing.
 * Knows no: header, store, token, verdict.
 * docs/request-path.md, "Once per request".
 */

#include "../keys/ngx_http_healthcode_keys.h"
#include "ngx_http_healthcode_record.h"
#include "../../redis/healthcode_route.h"


static ngx_http_healthcode_record_t *ngx_http_healthcode_record_create(
    ngx_http_request_t *r);
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
            break;
        }
    }

    if (cln == NULL) {
        return NULL;
    }

    for (record = cln->data; record; record = record->next) {
        if (record->request == r) {
            return record;
        }
    }

    return cln->data;
}


ngx_http_healthcode_record_t *
ngx_http_healthcode_record_get(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t            *cln;
    ngx_http_healthcode_record_t  *record, *main;

    record = ngx_http_healthcode_record_find(r);

    if (record && record->request == r) {
        ngx_http_set_ctx(r, record, ngx_http_healthcode_module);
        return record;
    }

    main = (r == r->main) ? NULL : ngx_http_healthcode_record_get(r->main);

    if (r != r->main && main == NULL) {
        return NULL;
    }

    record = ngx_http_healthcode_record_create(r);
    if (record == NULL) {
        return NULL;
    }

    if (main) {
        record->main = main;
        record->next = main->next;
        main->next = record;

    } else {
        cln = ngx_pool_cleanup_add(r->pool, 0);
        if (cln == NULL) {
            return NULL;
        }

        record->main = record;
        cln->data = record;
        cln->handler = ngx_http_healthcode_record_cleanup;
    }

    ngx_http_set_ctx(r, record, ngx_http_healthcode_module);

    return record;
}


static ngx_http_healthcode_record_t *
ngx_http_healthcode_record_create(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t  *record;

    record = ngx_palloc(r->pool, sizeof(ngx_http_healthcode_record_t));
    if (record == NULL) {
        return NULL;
    }

    /* the names of flags come last, and have a length */
    ngx_memzero(record, offsetof(ngx_http_healthcode_record_t,
                                 found.risk.findings.names));

    record->request = r;
    record->source.kept.reason = HEALTHCODE_REASON_MISSING;
    record->source.kept_cookie.reason = HEALTHCODE_REASON_MISSING;

    return record;
}


static void
ngx_http_healthcode_record_cleanup(void *data)
{
    ngx_http_healthcode_record_t  *record;

    for (record = data; record; record = record->next) {
        ngx_http_healthcode_record_cancel(record);
    }
}


/* What each stage that may suspend a request waits for. */
void
ngx_http_healthcode_record_cancel(ngx_http_healthcode_record_t *record)
{
    if (record->lookup) {
        healthcode_pipeline_cancel(record->lookup);
        record->lookup = NULL;
    }

    if (record->read) {
        healthcode_read_cancel(record->read);
        record->read = NULL;
    }

    if (record->route) {
        healthcode_route_cancel(record->route);
        record->route = NULL;
    }

    ngx_http_healthcode_keys_cancel(&record->key);
}
