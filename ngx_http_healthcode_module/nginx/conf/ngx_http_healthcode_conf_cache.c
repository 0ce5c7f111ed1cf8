/*
 * Which zone a store and a location keep what they know in: the line "cache" of
 * healthcode_store, and healthcode_code_cache.
 * Knows no: request, connection, shared memory, clock.
 * docs/directives.md, "healthcode_code_cache".
 */

#include "ngx_http_healthcode_conf_cache.h"
#include "ngx_http_healthcode_conf_words.h"
#include "ngx_http_healthcode_conf_zone.h"


/* Milliseconds of a lease; seconds of an entry. */
#define NGX_HTTP_HEALTHCODE_LEASE_MIN  100
#define NGX_HTTP_HEALTHCODE_LEASE_MAX  10000
#define NGX_HTTP_HEALTHCODE_CACHE_AGE  900

/* What Redis has where its "tracking-table-max-keys" is not set. */
#define NGX_HTTP_HEALTHCODE_CACHE_KEYS  1000000


static char *ngx_http_healthcode_conf_cache_parameter(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store, ngx_str_t *value);
static char *ngx_http_healthcode_conf_cache_keys(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store, ngx_str_t *value);
static void ngx_http_healthcode_conf_free_digest(void *data);


char *
ngx_http_healthcode_conf_cache(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                         *rv;
    ngx_str_t                    *value = cf->args->elts;
    ngx_uint_t                    i;
    ngx_http_healthcode_store_t  *store = conf;

    if (store->cache_reference.name.data) {
        return "is duplicate";
    }

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return "is off by default; take the line out";
    }

    if (!ngx_http_healthcode_conf_is_printable(&value[1])) {
        return "needs the name of a \"healthcode_zone\"; write \"cache gate;\"";
    }

    ngx_http_healthcode_conf_refer(cf, &value[1], &store->cache_reference);

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_http_healthcode_conf_cache_parameter(cf, store, &value[i]);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (store->lease == 0) {
        store->lease = 1000;
    }

    if (store->cache_max_age == 0) {
        store->cache_max_age = NGX_HTTP_HEALTHCODE_CACHE_AGE * 1000;
    }

    ngx_conf_init_value(store->max_tracked, NGX_HTTP_HEALTHCODE_CACHE_KEYS);

    return NGX_CONF_OK;
}


static char *
ngx_http_healthcode_conf_cache_parameter(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store, ngx_str_t *value)
{
    ngx_int_t   ms;
    ngx_str_t   time;
    ngx_uint_t  is_lease;

    if (ngx_strncmp(value->data, "max_tracked=", 12) == 0) {
        return ngx_http_healthcode_conf_cache_keys(cf, store, value);
    }

    is_lease = (ngx_strncmp(value->data, "lease=", 6) == 0);

    if (!is_lease && ngx_strncmp(value->data, "max_age=", 8) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" of \"cache\"; write "
                           "\"lease=1s\", \"max_age=15m\", "
                           "\"max_tracked=1000000\" or nothing", value);
        return NGX_CONF_ERROR;
    }

    if (is_lease ? store->lease : store->cache_max_age) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate parameter \"%V\"; leave one of them "
                           "out", value);
        return NGX_CONF_ERROR;
    }

    time.data = value->data + (is_lease ? 6 : 8);
    time.len = value->len - (is_lease ? 6 : 8);

    ms = ngx_parse_time(&time, 0);

    if (is_lease) {

        if (ms < NGX_HTTP_HEALTHCODE_LEASE_MIN
            || ms > NGX_HTTP_HEALTHCODE_LEASE_MAX)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"; write a time of "
                               "100ms to 10s, such as \"lease=1s\"", value);
            return NGX_CONF_ERROR;
        }

        store->lease = ms;

        return NGX_CONF_OK;
    }

    if (ms < 1000 || ms > NGX_HTTP_HEALTHCODE_CACHE_AGE * 1000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\"; write a time of 1s to "
                           "15m, such as \"max_age=15m\"", value);
        return NGX_CONF_ERROR;
    }

    store->cache_max_age = ms;

    return NGX_CONF_OK;
}


static char *
ngx_http_healthcode_conf_cache_keys(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store, ngx_str_t *value)
{
    if (store->max_tracked != NGX_CONF_UNSET) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate parameter \"%V\"; leave one of them "
                           "out", value);
        return NGX_CONF_ERROR;
    }

    store->max_tracked = ngx_atoi(value->data + 12, value->len - 12);

    if (store->max_tracked == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\"; write what "
                           "\"tracking-table-max-keys\" of Redis is, such as "
                           "\"max_tracked=1000000\"", value);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_healthcode_conf_cache_link(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_store_t *store)
{
    if (store->cache_reference.name.data == NULL) {
        return NGX_OK;
    }

    if (store->number >= NGX_HTTP_HEALTHCODE_CACHE_STORES) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "store \"%V\" cannot have a \"cache\": it is not among "
                      "the first %d stores; put it before others or take the "
                      "line out in %V:%ui", &store->name,
                      NGX_HTTP_HEALTHCODE_CACHE_STORES,
                      &store->cache_reference.file,
                      store->cache_reference.line);
        return NGX_ERROR;
    }

    store->digest = ngx_http_healthcode_conf_digest(cf, mcf);
    store->handshake.tracking = true;
    store->cache = ngx_http_healthcode_conf_zone_link(cf, mcf,
                                                     &store->cache_reference);

    return (store->cache && store->digest) ? NGX_OK : NGX_ERROR;
}


char *
ngx_http_healthcode_conf_code_cache(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                       *value = cf->args->elts;
    ngx_http_healthcode_loc_conf_t  *lcf = conf;

    if (lcf->codes_reference != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->codes_reference = NULL;
        return NGX_CONF_OK;
    }

    if (!ngx_http_healthcode_conf_is_printable(&value[1])) {
        return "needs the name of a \"healthcode_zone\", or \"off\"";
    }

    lcf->codes_reference = ngx_palloc(cf->pool,
                                      sizeof(ngx_http_healthcode_reference_t));
    if (lcf->codes_reference == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_http_healthcode_conf_refer(cf, &value[1], lcf->codes_reference);

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_healthcode_conf_code_cache_link(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    size_t                          n;
    uint8_t                        *accepted;
    ngx_uint_t                      i;
    healthcode_str_t               *audience;
    healthcode_digest_t            *digest;
    healthcode_known_digest_t      *digests;
    ngx_http_healthcode_issuer_t  **issuers = conf->issuers->elts;

    conf->rules.codes = NULL;

    if (conf->codes_reference == NULL) {
        return NGX_OK;
    }

    conf->rules.codes = ngx_http_healthcode_conf_zone_link(cf, mcf,
                                                    conf->codes_reference);
    if (conf->rules.codes == NULL) {
        return NGX_ERROR;
    }

    /* the issuers that a code would find if it was verified here */

    accepted = ngx_pcalloc(cf->pool, mcf->issuers.nelts);
    if (accepted == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < conf->issuers->nelts; i++) {
        n = healthcode_index_first(conf->issuer_index, issuers[i]->core.iss);
        accepted[issuers[n]->number] = 1;
    }

    conf->accepted = accepted;

    digest = ngx_http_healthcode_conf_digest(cf, mcf);

    if (digest == NULL || conf->rules.audience == NULL) {
        return digest ? NGX_OK : NGX_ERROR;
    }

    audience = conf->rules.audience->elts;
    digests = ngx_palloc(cf->pool, conf->rules.audience->nelts
                                   * sizeof(healthcode_known_digest_t));
    if (digests == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < conf->rules.audience->nelts; i++) {
        if (!healthcode_known_audience(audience[i], digest, digests[i])) {
            return NGX_ERROR;
        }
    }

    conf->claims_policy.digests = (const uint64_t (*)[2]) digests;

    return NGX_OK;
}


healthcode_digest_t *
ngx_http_healthcode_conf_digest(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_pool_cleanup_t  *cln;

    if (mcf->digest) {
        return mcf->digest;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    mcf->digest = healthcode_digest_create();

    cln->handler = ngx_http_healthcode_conf_free_digest;
    cln->data = mcf->digest;

    return mcf->digest;
}


static void
ngx_http_healthcode_conf_free_digest(void *data)
{
    healthcode_digest_free(data);
}
