/*
 * healthcode_status: what this machine has done with the keys of each issuer
 * and what its caches did, as JSON, for an inspector to read.  Changes nothing.
 * README.md, "healthcode_status".
 */

#include "ngx_http_healthcode_keys.h"
#include "../core/healthcode_version.h"


#define NGX_HTTP_HEALTHCODE_STATUS_HEAD                                       \
    "{\"version\":\"" HEALTHCODE_VERSION "\",\"keys\":["

/* Bytes of one issuer, and of one zone, besides its name. */
#define NGX_HTTP_HEALTHCODE_STATUS_ROW    (512 + 6 * NGX_INT64_LEN)
#define NGX_HTTP_HEALTHCODE_STATUS_CACHE  (512 + 12 * NGX_INT64_LEN)


static ngx_int_t ngx_http_healthcode_status_handler(ngx_http_request_t *r);
static ngx_buf_t *ngx_http_healthcode_status_body(ngx_http_request_t *r);
static u_char *ngx_http_healthcode_status_row(u_char *p,
    ngx_http_healthcode_issuer_t *issuer);
static u_char *ngx_http_healthcode_status_cache(u_char *p,
    ngx_http_healthcode_cache_t *cache);


char *
ngx_http_healthcode_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_healthcode_status_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_healthcode_status_handler(ngx_http_request_t *r)
{
    ngx_int_t   rc;
    ngx_buf_t  *b;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    b = ngx_http_healthcode_status_body(r);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_str_set(&r->headers_out.content_type, "application/json");

    return ngx_http_healthcode_response_json(r, b, NGX_HTTP_OK);
}


static ngx_buf_t *
ngx_http_healthcode_status_body(ngx_http_request_t *r)
{
    size_t                            len;
    ngx_buf_t                        *b;
    ngx_uint_t                        i;
    ngx_http_healthcode_cache_t     **cache;
    ngx_http_healthcode_issuer_t    **issuer;
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);
    issuer = mcf->issuers.elts;
    cache = mcf->caches.elts;

    len = sizeof(NGX_HTTP_HEALTHCODE_STATUS_HEAD "],\"caches\":[]}\n");

    for (i = 0; i < mcf->issuers.nelts; i++) {
        len += NGX_HTTP_HEALTHCODE_STATUS_ROW + issuer[i]->name.len
               + ngx_escape_json(NULL, issuer[i]->name.data,
                                 issuer[i]->name.len);
    }

    for (i = 0; i < mcf->caches.nelts; i++) {
        len += NGX_HTTP_HEALTHCODE_STATUS_CACHE + cache[i]->name.len
               + ngx_escape_json(NULL, cache[i]->name.data,
                                 cache[i]->name.len);
    }

    b = ngx_create_temp_buf(r->pool, len);
    if (b == NULL) {
        return NULL;
    }

    b->last = ngx_cpymem(b->last, NGX_HTTP_HEALTHCODE_STATUS_HEAD,
                         sizeof(NGX_HTTP_HEALTHCODE_STATUS_HEAD) - 1);

    for (i = 0; i < mcf->issuers.nelts; i++) {

        if (i) {
            *b->last++ = ',';
        }

        b->last = ngx_http_healthcode_status_row(b->last, issuer[i]);
    }

    b->last = ngx_cpymem(b->last, "],\"caches\":[",
                         sizeof("],\"caches\":[") - 1);

    for (i = 0; i < mcf->caches.nelts; i++) {

        if (i) {
            *b->last++ = ',';
        }

        b->last = ngx_http_healthcode_status_cache(b->last, cache[i]);
    }

    b->last = ngx_cpymem(b->last, "]}\n", sizeof("]}\n") - 1);

    return b;
}


/* The keys are those of this worker, the counters those of the machine. */
static u_char *
ngx_http_healthcode_status_row(u_char *p, ngx_http_healthcode_issuer_t *issuer)
{
    const healthcode_keyring_t       *keyring;
    ngx_http_healthcode_zone_slot_t  *slot = issuer->slot;

    p = ngx_sprintf(p, "\n{\"issuer\":\"");
    p = (u_char *) ngx_escape_json(p, issuer->name.data, issuer->name.len);

    keyring = ngx_http_healthcode_keys_now(issuer);

    p = ngx_sprintf(p, "\",\"keys\":%uz,\"generation\":",
                    keyring ? healthcode_keyring_count(keyring) : 0);

    if (keyring) {
        *p++ = '"';
        p = ngx_hex_dump(p,
                         (u_char *) healthcode_keyring_generation(keyring),
                         NGX_HTTP_HEALTHCODE_KEYS_GENERATION_SHOWN);
        p = ngx_sprintf(p, "\",\"since\":%T", issuer->live->since);

    } else {
        p = ngx_sprintf(p, "null,\"since\":null");
    }

    return ngx_sprintf(p, ",\"loads\":%uA,\"failures\":%uA,\"fetches\":%uA,"
                       "\"fetch_failures\":%uA}",
                       slot ? slot->loads : 0, slot ? slot->failures : 0,
                       slot ? slot->fetches : 0, slot ? slot->misses : 0);
}


/* Of the machine, since the zone was made. */
static u_char *
ngx_http_healthcode_status_cache(u_char *p, ngx_http_healthcode_cache_t *cache)
{
    ngx_http_healthcode_counters_t  sum;

    ngx_http_healthcode_cache_sum(cache, &sum);

    p = ngx_sprintf(p, "\n{\"zone\":\"");
    p = (u_char *) ngx_escape_json(p, cache->name.data, cache->name.len);

    p = ngx_sprintf(p, "\",\"holders\":{\"places\":%uz,\"hits\":%uL,"
                    "\"misses\":%uL,\"stored\":%uL,\"evicted\":%uL,"
                    "\"forgotten\":%uL,\"epochs\":%uL},",
                    healthcode_table_size(&cache->absence.table),
                    sum.holders_hits, sum.holders_misses, sum.holders_stored,
                    sum.holders_evicted, sum.holders_forgotten, sum.epochs);

    return ngx_sprintf(p, "\"codes\":{\"places\":%uz,\"hits\":%uL,"
                       "\"misses\":%uL,\"stored\":%uL,\"evicted\":%uL}}",
                       healthcode_table_size(&cache->codes), sum.codes_hits,
                       sum.codes_misses, sum.codes_stored, sum.codes_evicted);
}
