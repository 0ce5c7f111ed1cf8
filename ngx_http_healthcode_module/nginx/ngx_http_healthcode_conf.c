/*
 * Configuration: create, read, check, merge.  The only writer of it, and only
 * before anything is served.  README.md, "Directives".
 */

#include "ngx_http_healthcode_conf.h"


/* A "resolver" without addresses; Angie has a list of them, nginx an array. */
#if (NGX_HTTP_HEALTHCODE_RESOLVER_LIST)
#define ngx_http_healthcode_conf_asks_nobody(resolver)                        \
    ((resolver)->connections == NULL)
#else
#define ngx_http_healthcode_conf_asks_nobody(resolver)                        \
    ((resolver)->connections.nelts == 0)
#endif


static ngx_int_t ngx_http_healthcode_conf_resolve_issuers(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);
static healthcode_index_t *ngx_http_healthcode_conf_index(ngx_conf_t *cf,
    ngx_array_t *issuers);
static void ngx_http_healthcode_conf_free_index(void *data);
static ngx_int_t ngx_http_healthcode_conf_resolve_store(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);
static ngx_int_t ngx_http_healthcode_conf_default_deny(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);
static ngx_int_t ngx_http_healthcode_conf_number(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);
static ngx_uint_t ngx_http_healthcode_conf_is_same_policy(
    ngx_http_healthcode_loc_conf_t *a, ngx_http_healthcode_loc_conf_t *b);
static ngx_int_t ngx_http_healthcode_conf_check(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);
static char *ngx_http_healthcode_conf_check_age(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_http_healthcode_conf_check_leeway(ngx_conf_t *cf, void *post,
    void *data);
static void ngx_http_healthcode_conf_free_pepper(void *data);


ngx_conf_post_t  ngx_http_healthcode_conf_age_post = {
    ngx_http_healthcode_conf_check_age
};

ngx_conf_post_t  ngx_http_healthcode_conf_leeway_post = {
    ngx_http_healthcode_conf_check_leeway
};


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
        || ngx_array_init(&mcf->caches, cf->pool, 1, sizeof(void *)) != NGX_OK
        || ngx_array_init(&mcf->policies, cf->pool, 4, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&mcf->places, cf->pool, 4,
                          sizeof(ngx_http_healthcode_place_t))
           != NGX_OK
        || ngx_array_init(&mcf->idle, cf->pool, 4,
                          sizeof(ngx_http_healthcode_idle_t))
           != NGX_OK
        || ngx_array_init(&mcf->queries, cf->pool, 4,
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
    ngx_uint_t                        i;
    ngx_http_core_loc_conf_t         *clcf;
    ngx_http_healthcode_store_t     **stores;
    ngx_http_healthcode_main_conf_t  *mcf = conf;

    if (ngx_http_healthcode_conf_source_variables(cf, mcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    stores = mcf->stores.elts;

    if (mcf->stores.nelts && mcf->pepper == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"healthcode_store\" needs the pepper that the store "
                      "was made with; write \"healthcode_pepper_file "
                      "FILE;\" in the http block in %V:%ui",
                      &stores[0]->block.file, stores[0]->block.line);
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    for (i = 0; i < mcf->stores.nelts; i++) {

        stores[i]->handshake.pepper_check = mcf->pepper_check;

        if (ngx_http_healthcode_conf_cache_store(cf, mcf, stores[i])
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        if (!stores[i]->resolve) {
            continue;
        }

        if (clcf->resolver == NULL
            || ngx_http_healthcode_conf_asks_nobody(clcf->resolver))
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "store \"%V\" says \"resolve\", but there is no "
                          "resolver; write \"resolver ADDRESS;\" in the http "
                          "block in %V:%ui", &stores[i]->name,
                          &stores[i]->block.file, stores[i]->block.line);
            return NGX_CONF_ERROR;
        }

        stores[i]->resolver = clcf->resolver;
        stores[i]->resolver_timeout =
            (clcf->resolver_timeout == NGX_CONF_UNSET_MSEC)
            ? 30000 : clcf->resolver_timeout;
    }

    /* also where no location is gated: a key file is wrong all the same */
    return (ngx_http_healthcode_conf_audit(cf, &mcf->issuers) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
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
    conf->rules.issuer_references = NGX_CONF_UNSET_PTR;
    conf->rules.audience = NGX_CONF_UNSET_PTR;
    conf->rules.require = NGX_CONF_UNSET_PTR;
    conf->rules.max_age = NGX_CONF_UNSET;
    conf->rules.leeway = NGX_CONF_UNSET;
    conf->store_reference = NGX_CONF_UNSET_PTR;
    conf->rules.deny = NGX_CONF_UNSET_PTR;
    conf->rules.region_deny = NGX_CONF_UNSET_UINT;
    conf->rules.on_outage = NGX_CONF_UNSET_UINT;
    conf->codes_reference = NGX_CONF_UNSET_PTR;

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
    line = ngx_http_healthcode_conf_own_line(conf);

    if (ngx_http_healthcode_conf_keys_place(cf, mcf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_http_healthcode_conf_values_merge(prev, conf);

    ngx_conf_merge_uint_value(conf->rules.mode, prev->rules.mode,
                              NGX_HTTP_HEALTHCODE_OFF);
    ngx_conf_merge_ptr_value(conf->rules.sources, prev->rules.sources, NULL);
    ngx_conf_merge_ptr_value(conf->rules.issuer_references,
                             prev->rules.issuer_references, NULL);
    ngx_conf_merge_ptr_value(conf->rules.audience, prev->rules.audience, NULL);
    ngx_conf_merge_ptr_value(conf->rules.require, prev->rules.require, NULL);
    ngx_conf_merge_sec_value(conf->rules.max_age, prev->rules.max_age,
                             NGX_HTTP_HEALTHCODE_MAX_AGE);
    ngx_conf_merge_sec_value(conf->rules.leeway, prev->rules.leeway, 5);
    ngx_conf_merge_ptr_value(conf->store_reference, prev->store_reference,
                             NULL);
    ngx_conf_merge_ptr_value(conf->rules.deny, prev->rules.deny, NULL);
    ngx_conf_merge_uint_value(conf->rules.region_deny, prev->rules.region_deny,
                              HEALTHCODE_RISK_LEVEL_HIGH);
    ngx_conf_merge_uint_value(conf->rules.on_outage, prev->rules.on_outage, 0);
    ngx_conf_merge_ptr_value(conf->codes_reference, prev->codes_reference,
                             NULL);

    if (ngx_http_healthcode_conf_note_idle(cf, mcf, conf, line) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->rules.mode == NGX_HTTP_HEALTHCODE_OFF) {
        return NGX_CONF_OK;
    }

    if (ngx_http_healthcode_conf_default_sources(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_queries(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_default_deny(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_resolve_issuers(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_resolve_store(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_check(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_cache_codes(cf, mcf, conf) != NGX_OK
        || ngx_http_healthcode_conf_place(cf, mcf, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

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
        ngx_http_healthcode_conf_notice(cf, conf);
    }

    ngx_http_healthcode_conf_warn(cf, conf);

    return NGX_CONF_OK;
}


/*
 * Equal policies get one number, by which a redirected request knows that it
 * was judged by the same one.  Arrays are equal where they are one array.
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


static ngx_int_t
ngx_http_healthcode_conf_default_deny(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    size_t                    i;
    healthcode_str_t         *flag;
    static const char *const  national[] = { HEALTHCODE_RISK_NATIONAL };

    if (conf->rules.deny) {
        return NGX_OK;
    }

    if (mcf->deny) {
        conf->rules.deny = mcf->deny;
        return NGX_OK;
    }

    conf->rules.deny = ngx_array_create(cf->pool, 8, sizeof(healthcode_str_t));
    if (conf->rules.deny == NULL) {
        return NGX_ERROR;
    }

    mcf->deny = conf->rules.deny;

    for (i = 0; i < sizeof(national) / sizeof(national[0]); i++) {

        flag = ngx_array_push(conf->rules.deny);
        if (flag == NULL) {
            return NGX_ERROR;
        }

        *flag = healthcode_str_from(national[i], ngx_strlen(national[i]));
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_conf_resolve_issuers(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t                         hint;
    ngx_uint_t                        i, n;
    ngx_http_healthcode_issuer_t    **issuers, **issuer;
    ngx_http_healthcode_reference_t  *reference;

    if (conf->rules.issuer_references == NULL) {
        conf->issuers = &mcf->issuers;

        if (mcf->issuer_index == NULL) {
            mcf->issuer_index = ngx_http_healthcode_conf_index(cf,
                                                             conf->issuers);
        }

        conf->issuer_index = mcf->issuer_index;

        return conf->issuer_index ? NGX_OK : NGX_ERROR;
    }

    conf->issuers = ngx_array_create(cf->pool,
                                     conf->rules.issuer_references->nelts,
                                     sizeof(void *));
    if (conf->issuers == NULL) {
        return NGX_ERROR;
    }

    issuers = mcf->issuers.elts;
    reference = conf->rules.issuer_references->elts;

    for (i = 0; i < conf->rules.issuer_references->nelts; i++) {

        for (n = 0; n < mcf->issuers.nelts; n++) {
            if (ngx_http_healthcode_conf_is_name(&issuers[n]->name,
                                                 &reference[i].name))
            {
                break;
            }
        }

        if (n == mcf->issuers.nelts) {
            ngx_http_healthcode_conf_nearest(cf, &mcf->issuers,
                             offsetof(ngx_http_healthcode_issuer_t, name),
                             &reference[i].name, &hint);

            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "issuer \"%V\" is not known; write "
                          "%V\"healthcode_issuer %V { ... }\" in the http "
                          "block in %V:%ui",
                          &reference[i].name, &hint, &reference[i].name,
                          &reference[i].file, reference[i].line);
            return NGX_ERROR;
        }

        issuer = ngx_array_push(conf->issuers);
        if (issuer == NULL) {
            return NGX_ERROR;
        }

        *issuer = issuers[n];
    }

    conf->issuer_index = ngx_http_healthcode_conf_index(cf, conf->issuers);

    return conf->issuer_index ? NGX_OK : NGX_ERROR;
}


/* Issuers by "iss", so that a code finds its own among many in one step. */
static healthcode_index_t *
ngx_http_healthcode_conf_index(ngx_conf_t *cf, ngx_array_t *issuers)
{
    ngx_uint_t                      i;
    healthcode_str_t               *names;
    healthcode_index_t             *index;
    ngx_pool_cleanup_t             *cln;
    ngx_http_healthcode_issuer_t  **issuer = issuers->elts;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    names = ngx_palloc(cf->pool, (issuers->nelts + 1)
                                 * sizeof(healthcode_str_t));

    if (cln == NULL || names == NULL) {
        return NULL;
    }

    for (i = 0; i < issuers->nelts; i++) {
        names[i] = issuer[i]->core.iss;
    }

    index = healthcode_index_create(names, issuers->nelts);

    cln->handler = ngx_http_healthcode_conf_free_index;
    cln->data = index;

    return index;
}


static void
ngx_http_healthcode_conf_free_index(void *data)
{
    healthcode_index_free(data);
}


static ngx_int_t
ngx_http_healthcode_conf_resolve_store(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t                         hint;
    ngx_uint_t                        i;
    ngx_http_healthcode_store_t     **stores = mcf->stores.elts;
    ngx_http_healthcode_reference_t  *reference = conf->store_reference;

    conf->rules.store = NULL;

    if (reference == NULL) {

        if (mcf->stores.nelts > 1) {
            ngx_http_healthcode_conf_at(cf, conf, &hint);
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "there are several stores; write \"healthcode_risk "
                          "STORE;\" where \"healthcode on\" is, to say which "
                          "one counts%V", &hint);
            return NGX_ERROR;
        }

        if (mcf->stores.nelts == 1) {
            conf->rules.store = stores[0];
        }

        return NGX_OK;
    }

    if (ngx_strcmp(reference->name.data, "off") == 0) {
        return NGX_OK;
    }

    for (i = 0; i < mcf->stores.nelts; i++) {
        if (ngx_http_healthcode_conf_is_name(&stores[i]->name,
                                             &reference->name))
        {
            conf->rules.store = stores[i];
            return NGX_OK;
        }
    }

    ngx_http_healthcode_conf_nearest(cf, &mcf->stores,
                                 offsetof(ngx_http_healthcode_store_t, name),
                                 &reference->name, &hint);

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "store \"%V\" is not known; write %V\"healthcode_store %V { "
                  "... }\" in the http block, or \"healthcode_risk off;\" "
                  "in %V:%ui",
                  &reference->name, &hint, &reference->name, &reference->file,
                  reference->line);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_healthcode_conf_check(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t  at;

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


static char *
ngx_http_healthcode_conf_check_age(ngx_conf_t *cf, void *post, void *data)
{
    time_t  *seconds = data;

    if (*seconds == 0 || *seconds > NGX_HTTP_HEALTHCODE_AGE_MAX) {
        return "is of no use; write a time of 1s to 366d, such as \"15m\"";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_healthcode_conf_check_leeway(ngx_conf_t *cf, void *post, void *data)
{
    time_t  *seconds = data;

    if (*seconds > NGX_HTTP_HEALTHCODE_LEEWAY_MAX) {
        return "is for clocks that differ; write a time of at most 5m, and "
               "\"healthcode_max_age\" to accept older codes";
    }

    return NGX_CONF_OK;
}


char *
ngx_http_healthcode_conf_pepper(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                        *value, text;
    ngx_file_info_t                   info;
    ngx_pool_cleanup_t               *cln;
    ngx_http_healthcode_main_conf_t  *mcf = conf;

    value = cf->args->elts;

    if (mcf->pepper) {
        return "is duplicate";
    }

    ngx_http_healthcode_conf_literal(cf, &value[1]);

    if (ngx_http_healthcode_conf_read_file(cf, &value[1], &text, &info)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_http_healthcode_conf_secret(cf, &value[1], ngx_file_access(&info));

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    mcf->pepper = healthcode_pepper_create(
                      healthcode_pepper_trim(ngx_http_healthcode_view(&text)));

    ngx_explicit_memzero(text.data, text.len);

    if (mcf->pepper == NULL
        || !healthcode_pepper_check(mcf->pepper, mcf->pepper_check))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "pepper file \"%V\" holds fewer than %d bytes; make "
                           "one with \"openssl rand -hex 32\"",
                           &value[1], HEALTHCODE_PEPPER_MIN);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_healthcode_conf_free_pepper;
    cln->data = mcf->pepper;

    return NGX_CONF_OK;
}


static void
ngx_http_healthcode_conf_free_pepper(void *data)
{
    healthcode_pepper_free(data);
}


void
ngx_http_healthcode_conf_refer(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_healthcode_reference_t *reference)
{
    reference->name = *name;
    reference->file = cf->conf_file->file.name;
    reference->line = cf->conf_file->line;
}


char *
ngx_http_healthcode_conf_issuers(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_uint_t                        i;
    ngx_str_t                        *value = cf->args->elts;
    ngx_http_healthcode_loc_conf_t   *lcf = conf;
    ngx_http_healthcode_reference_t  *reference;

    if (lcf->rules.issuer_references != NGX_CONF_UNSET_PTR) {
        return "is duplicate; name all issuers in one line";
    }

    lcf->rules.issuer_references = ngx_array_create(cf->pool, cf->args->nelts,
                                      sizeof(ngx_http_healthcode_reference_t));
    if (lcf->rules.issuer_references == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        reference = ngx_array_push(lcf->rules.issuer_references);
        if (reference == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_http_healthcode_conf_refer(cf, &value[i], reference);
    }

    return NGX_CONF_OK;
}


char *
ngx_http_healthcode_conf_words(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char               *p = conf;
    ngx_str_t          *value = cf->args->elts;
    ngx_uint_t          i;
    ngx_array_t       **words;
    healthcode_str_t   *word;

    words = (ngx_array_t **) (p + cmd->offset);

    if (*words != NGX_CONF_UNSET_PTR) {
        return "is duplicate; write all words in one line";
    }

    *words = ngx_array_create(cf->pool, cf->args->nelts,
                              sizeof(healthcode_str_t));
    if (*words == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 0) {
            return "has an empty word; leave it out";
        }

        word = ngx_array_push(*words);
        if (word == NULL) {
            return NGX_CONF_ERROR;
        }

        *word = ngx_http_healthcode_view(&value[i]);
    }

    return NGX_CONF_OK;
}


char *
ngx_http_healthcode_conf_deny(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t   *value = cf->args->elts;
    ngx_uint_t   i;

    for (i = 1; i < cf->args->nelts; i++) {
        ngx_http_healthcode_conf_literal(cf, &value[i]);
    }

    return ngx_http_healthcode_conf_words(cf, cmd, conf);
}


char *
ngx_http_healthcode_conf_risk(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                       *value = cf->args->elts;
    ngx_http_healthcode_loc_conf_t  *lcf = conf;

    if (lcf->store_reference != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    lcf->store_reference = ngx_palloc(cf->pool,
                                      sizeof(ngx_http_healthcode_reference_t));
    if (lcf->store_reference == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_http_healthcode_conf_refer(cf, &value[1], lcf->store_reference);

    return NGX_CONF_OK;
}


char *
ngx_http_healthcode_conf_region_deny(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    unsigned                         level;
    ngx_str_t                       *value = cf->args->elts;
    ngx_uint_t                       i;
    ngx_http_healthcode_loc_conf_t  *lcf = conf;

    if (lcf->rules.region_deny != NGX_CONF_UNSET_UINT) {
        return "is duplicate; write all levels in one line";
    }

    lcf->rules.region_deny = 0;

    for (i = 1; i < cf->args->nelts; i++) {

        level = healthcode_risk_level_find(
                                        ngx_http_healthcode_view(&value[i]));

        if (level == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is no level of risk; write \"low\", "
                               "\"medium\" or \"high\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        lcf->rules.region_deny |= level;
    }

    return NGX_CONF_OK;
}
