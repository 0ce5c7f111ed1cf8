/*
 * The directives healthcode_risk, healthcode_deny and healthcode_region_deny:
 * which store a location asks, and what it denies.
 * Knows no: request, connection, holder.
 * docs/directives.md, "healthcode_risk".
 */

#include "ngx_http_healthcode_conf_risk.h"
#include "ngx_http_healthcode_conf_where.h"
#include "ngx_http_healthcode_conf_words.h"


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


ngx_int_t
ngx_http_healthcode_conf_risk_link(ngx_conf_t *cf,
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
                          "STORE;\" beside \"healthcode on\", to say which one "
                          "counts%V", &hint);
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
                  "unknown store \"%V\"; write %V\"healthcode_store %V { "
                  "... }\" in the http block, or \"healthcode_risk off;\" "
                  "in %V:%ui",
                  &reference->name, &hint, &reference->name, &reference->file,
                  reference->line);

    return NGX_ERROR;
}


char *
ngx_http_healthcode_conf_deny(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t   *value = cf->args->elts;
    ngx_uint_t   i;

    for (i = 1; i < cf->args->nelts; i++) {

        if (healthcode_revocation_kind(ngx_http_healthcode_view(&value[i]))
            != HEALTHCODE_REVOCATION_IS_FLAG)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid flag \"%V\": it revokes codes and is "
                               "denied everywhere; leave it out", &value[i]);
            return NGX_CONF_ERROR;
        }

        ngx_http_healthcode_conf_literal(cf, &value[i]);
    }

    return ngx_http_healthcode_conf_words(cf, cmd, conf);
}


ngx_int_t
ngx_http_healthcode_conf_deny_default(ngx_conf_t *cf,
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
                               "invalid level \"%V\"; write \"low\", "
                               "\"medium\" or \"high\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        lcf->rules.region_deny |= level;
    }

    return NGX_CONF_OK;
}
