/*
 * The configuration of each level: created, merged, checked when all of it is
 * known.  The files conf_* read its lines.
 * Knows no: request, connection, file.  docs/directives.md.
 */

#include "ngx_http_healthcode_conf.h"
#include "ngx_http_healthcode_conf_advice.h"
#include "ngx_http_healthcode_conf_age.h"
#include "ngx_http_healthcode_conf_asked.h"
#include "ngx_http_healthcode_conf_bound.h"
#include "ngx_http_healthcode_conf_cache.h"
#include "ngx_http_healthcode_conf_claims.h"
#include "ngx_http_healthcode_conf_contact.h"
#include "ngx_http_healthcode_conf_data.h"
#include "ngx_http_healthcode_conf_dpop.h"
#include "ngx_http_healthcode_conf_folder.h"
#include "ngx_http_healthcode_conf_gate.h"
#include "ngx_http_healthcode_conf_idle.h"
#include "ngx_http_healthcode_conf_issuers.h"
#include "ngx_http_healthcode_conf_keys.h"
#include "ngx_http_healthcode_conf_keys_advice.h"
#include "ngx_http_healthcode_conf_keys_location.h"
#include "ngx_http_healthcode_conf_name.h"
#include "ngx_http_healthcode_conf_open.h"
#include "ngx_http_healthcode_conf_outage.h"
#include "ngx_http_healthcode_conf_pages.h"
#include "ngx_http_healthcode_conf_passage.h"
#include "ngx_http_healthcode_conf_reply.h"
#include "ngx_http_healthcode_conf_risk.h"
#include "ngx_http_healthcode_conf_second.h"
#include "ngx_http_healthcode_conf_source.h"
#include "ngx_http_healthcode_conf_status.h"
#include "ngx_http_healthcode_conf_store.h"
#include "ngx_http_healthcode_conf_values.h"
#include "ngx_http_healthcode_conf_where.h"


static ngx_int_t ngx_http_healthcode_conf_check(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);
static ngx_int_t ngx_http_healthcode_conf_number(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);
static ngx_uint_t ngx_http_healthcode_conf_is_same_policy(
    ngx_http_healthcode_loc_conf_t *a, ngx_http_healthcode_loc_conf_t *b);


void *
ngx_http_healthcode_conf_create_main(ngx_conf_t *cf)
{
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_healthcode_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&mcf->issuers, cf->pool, 4, sizeof(void *)) != NGX_OK
        || ngx_array_init(&mcf->stores, cf->pool, 1, sizeof(void *)) != NGX_OK
        || ngx_array_init(&mcf->credentials, cf->pool, 1, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&mcf->caches, cf->pool, 1, sizeof(void *)) != NGX_OK
        || ngx_array_init(&mcf->policies, cf->pool, 4, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&mcf->places, cf->pool, 4,
                          sizeof(ngx_http_healthcode_place_t))
           != NGX_OK
        || ngx_array_init(&mcf->idle, cf->pool, 4,
                          sizeof(ngx_http_healthcode_idle_t))
           != NGX_OK
        || ngx_array_init(&mcf->unheard, cf->pool, 4,
                          sizeof(ngx_http_healthcode_conf_reply_t))
           != NGX_OK
        || ngx_array_init(&mcf->locations, cf->pool, 16,
                          sizeof(ngx_http_healthcode_place_t))
           != NGX_OK
        || ngx_array_init(&mcf->statuses, cf->pool, 1,
                          sizeof(ngx_http_healthcode_place_t))
           != NGX_OK
        || ngx_array_init(&mcf->open, cf->pool, 1,
                          sizeof(ngx_http_healthcode_open_t))
           != NGX_OK
        || ngx_array_init(&mcf->open_nonces, cf->pool, 1,
                          sizeof(ngx_http_healthcode_open_t))
           != NGX_OK
        || ngx_array_init(&mcf->seconds, cf->pool, 1,
                          sizeof(ngx_http_healthcode_place_t))
           != NGX_OK
        || ngx_array_init(&mcf->open_seconds, cf->pool, 1,
                          sizeof(ngx_http_healthcode_open_t))
           != NGX_OK
        || ngx_array_init(&mcf->queries, cf->pool, 4,
                          sizeof(healthcode_source_t))
           != NGX_OK
        || ngx_array_init(&mcf->paths, cf->pool, 1,
                          sizeof(healthcode_source_t))
           != NGX_OK)
    {
        return NULL;
    }

    return mcf;
}


char *
ngx_http_healthcode_conf_init_main(ngx_conf_t *cf, void *conf)
{
    ngx_http_healthcode_main_conf_t  *mcf = conf;

    /* also if no location is gated: a broken key file is always an error */

    if (ngx_http_healthcode_conf_source_variables(cf, mcf) != NGX_OK
        || ngx_http_healthcode_conf_store_link(cf, mcf) != NGX_OK
        || ngx_http_healthcode_conf_keys_advise(cf, &mcf->issuers) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_http_healthcode_conf_claims_advise(cf, &mcf->issuers);

    return NGX_CONF_OK;
}


void *
ngx_http_healthcode_conf_create_loc(ngx_conf_t *cf)
{
    ngx_http_healthcode_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_healthcode_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->block.file = cf->conf_file->file.name;
    conf->block.line = cf->conf_file->line;

    conf->rules.mode = NGX_CONF_UNSET_UINT;
    conf->rules.sources = NGX_CONF_UNSET_PTR;
    conf->rules.form_types = NGX_CONF_UNSET_PTR;
    conf->rules.issuer_references = NGX_CONF_UNSET_PTR;
    conf->rules.audience = NGX_CONF_UNSET_PTR;
    conf->rules.require = NGX_CONF_UNSET_PTR;
    conf->rules.conditions = NGX_CONF_UNSET_PTR;
    conf->rules.temperature = NGX_CONF_UNSET_PTR;
    conf->rules.max_age = NGX_CONF_UNSET;
    conf->rules.leeway = NGX_CONF_UNSET;
    conf->rules.data_max_age = NGX_CONF_UNSET;
    conf->store_reference = NGX_CONF_UNSET_PTR;
    conf->rules.deny = NGX_CONF_UNSET_PTR;
    conf->rules.region_deny = NGX_CONF_UNSET_UINT;
    conf->rules.on_outage = NGX_CONF_UNSET_UINT;
    conf->rules.bound = NGX_CONF_UNSET_UINT;
    conf->rules.passage = NGX_CONF_UNSET_PTR;
    conf->rules.dpop_origin = NGX_CONF_UNSET_PTR;
    conf->codes_reference = NGX_CONF_UNSET_PTR;
    conf->status = NGX_CONF_UNSET_UINT;
    conf->disclose = NGX_CONF_UNSET_UINT;
    conf->degraded_header = NGX_CONF_UNSET;
    conf->log_holder = NGX_CONF_UNSET;
    conf->editions = NGX_CONF_UNSET_PTR;
    ngx_http_healthcode_conf_contact_create(conf);

    return conf;
}


char *
ngx_http_healthcode_conf_merge_loc(ngx_conf_t *cf, void *parent, void *child)
{
    const char                       *line;
    ngx_http_healthcode_loc_conf_t   *prev = parent;
    ngx_http_healthcode_loc_conf_t   *conf = child;
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_healthcode_module);

    conf->outer = prev;
    line = conf->second ? NULL : ngx_http_healthcode_conf_idle_line(conf);

    if (ngx_http_healthcode_conf_keys_location_merge(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_place(cf, &mcf->locations, conf) != NGX_OK
        || ngx_http_healthcode_conf_status_note(cf, mcf, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_http_healthcode_conf_values_merge(prev, conf);

    ngx_conf_merge_uint_value(conf->rules.mode, prev->rules.mode,
                              NGX_HTTP_HEALTHCODE_OFF);
    ngx_conf_merge_ptr_value(conf->rules.sources, prev->rules.sources, NULL);
    ngx_conf_merge_ptr_value(conf->rules.form_types, prev->rules.form_types,
                             NULL);
    ngx_conf_merge_ptr_value(conf->rules.issuer_references,
                             prev->rules.issuer_references, NULL);
    ngx_conf_merge_ptr_value(conf->rules.audience, prev->rules.audience, NULL);
    ngx_conf_merge_ptr_value(conf->rules.require, prev->rules.require, NULL);
    ngx_conf_merge_ptr_value(conf->rules.conditions, prev->rules.conditions,
                             NULL);
    ngx_conf_merge_ptr_value(conf->rules.temperature, prev->rules.temperature,
                             NULL);
    ngx_http_healthcode_conf_age_merge(prev, conf);
    ngx_conf_merge_sec_value(conf->rules.leeway, prev->rules.leeway, 5);
    ngx_conf_merge_sec_value(conf->rules.data_max_age,
                             prev->rules.data_max_age, 0);
    ngx_conf_merge_ptr_value(conf->store_reference, prev->store_reference,
                             NULL);
    ngx_conf_merge_ptr_value(conf->rules.deny, prev->rules.deny, NULL);
    ngx_conf_merge_uint_value(conf->rules.region_deny, prev->rules.region_deny,
                              HEALTHCODE_RISK_LEVEL_HIGH);
    ngx_http_healthcode_conf_outage_merge(prev, conf);
    ngx_conf_merge_uint_value(conf->rules.bound, prev->rules.bound, 0);
    ngx_conf_merge_ptr_value(conf->rules.passage, prev->rules.passage, NULL);
    ngx_conf_merge_ptr_value(conf->rules.dpop_origin, prev->rules.dpop_origin,
                             NULL);
    ngx_conf_merge_ptr_value(conf->codes_reference, prev->codes_reference,
                             NULL);

    ngx_http_healthcode_conf_name_merge(cf, prev, conf);
    ngx_conf_merge_uint_value(conf->status, prev->status, 0);
    ngx_conf_merge_uint_value(conf->disclose, prev->disclose, 0);
    ngx_conf_merge_value(conf->degraded_header, prev->degraded_header, 0);
    ngx_conf_merge_value(conf->log_holder, prev->log_holder, 0);
    ngx_conf_merge_ptr_value(conf->editions, prev->editions, NULL);
    ngx_http_healthcode_conf_contact_merge(prev, conf);

    if (ngx_http_healthcode_conf_gate_merge(cf, prev, conf) != NGX_OK
        || ngx_http_healthcode_conf_reply_merge(cf, mcf, prev, conf) != NGX_OK
        || ngx_http_healthcode_conf_idle_note(cf, mcf, conf, line) != NGX_OK
        || ngx_http_healthcode_conf_second_link(cf, mcf, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->rules.mode == NGX_HTTP_HEALTHCODE_OFF) {
        return NGX_CONF_OK;
    }

    if (ngx_http_healthcode_conf_folder_default(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_source_default(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_source_gather(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_deny_default(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_issuers_link(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_risk_link(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_data_link(cf, conf) != NGX_OK
        || ngx_http_healthcode_conf_check(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_passage_check(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_dpop_check(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_code_cache_link(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_pages_note(cf, mcf, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    mcf->has_degraded_header |= (ngx_uint_t) conf->degraded_header;

    conf->claims_policy.max_age = conf->rules.max_age;
    conf->claims_policy.leeway = conf->rules.leeway;

    if (conf->rules.audience) {
        conf->claims_policy.audience = conf->rules.audience->elts;
        conf->claims_policy.naudience = conf->rules.audience->nelts;
    }

    conf->risk_policy.deny = conf->rules.deny->elts;
    conf->risk_policy.ndeny = conf->rules.deny->nelts;
    conf->risk_policy.region_deny = (unsigned) conf->rules.region_deny;

    if (ngx_http_healthcode_conf_number(cf, mcf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->policy != prev->policy) {
        ngx_http_healthcode_conf_advice_policy(cf, conf);
        ngx_http_healthcode_conf_bound_advise(cf, conf);
    }

    ngx_http_healthcode_conf_advice_location(cf, conf);

    if (conf->log_holder && mcf->pepper == NULL
        && (!prev->log_holder || prev->rules.mode == NGX_HTTP_HEALTHCODE_OFF))
    {
        ngx_http_healthcode_conf_advice_holder(cf, conf);
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_healthcode_conf_check(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t                  at;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->satisfy == NGX_HTTP_SATISFY_ANY) {
        mcf->has_any = 1;
    }

    if (mcf->issuers.nelts == 0) {
        ngx_http_healthcode_conf_at(cf, conf, &at);
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"healthcode\" is on, but no issuer is known; write "
                      "\"healthcode_issuer NAME { iss STRING; keys FILE; "
                      "algorithms ALG; }\" in the http block; it is on%V", &at);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * Gives equal policies one number, which tells a redirected request that it was
 * judged by the same policy.  Arrays are equal if they are the same array.
 */
static ngx_int_t
ngx_http_healthcode_conf_number(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_uint_t                        i;
    ngx_http_healthcode_loc_conf_t  **policies = mcf->policies.elts, **policy;

    for (i = 0; i < mcf->policies.nelts; i++) {
        if (ngx_http_healthcode_conf_is_same_policy(policies[i], conf)) {
            conf->policy = policies[i]->policy;
            return NGX_OK;
        }
    }

    policy = ngx_array_push(&mcf->policies);
    if (policy == NULL) {
        return NGX_ERROR;
    }

    *policy = conf;
    conf->policy = mcf->policies.nelts;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_healthcode_conf_is_same_policy(ngx_http_healthcode_loc_conf_t *a,
    ngx_http_healthcode_loc_conf_t *b)
{
    return ngx_memcmp(&a->rules, &b->rules,
                      sizeof(ngx_http_healthcode_rules_t))
           == 0;
}


ngx_int_t
ngx_http_healthcode_conf_complete(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf)
{
    if (ngx_http_healthcode_conf_keys_location_check(cf, mcf) != NGX_OK
        || ngx_http_healthcode_conf_keys_check(cf, mcf) != NGX_OK
        || ngx_http_healthcode_conf_status_find(cf, mcf) != NGX_OK
        || ngx_http_healthcode_conf_passage_find(cf, mcf) != NGX_OK
        || ngx_http_healthcode_conf_second_check(cf, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_healthcode_conf_idle_warn(cf, mcf);
    ngx_http_healthcode_conf_reply_warn(cf, mcf);
    ngx_http_healthcode_conf_asked_warn(cf, mcf);

    return ngx_http_healthcode_conf_pages_warn(cf, mcf);
}
