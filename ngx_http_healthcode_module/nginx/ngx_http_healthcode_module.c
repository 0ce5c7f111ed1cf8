/*
 * The index of the house: directives, phases, the start and end of a worker.
 * Does no work of its own.  README.md, "Directives".
 */

#include "ngx_http_healthcode_conf.h"
#include "ngx_http_healthcode_keys.h"
#include "ngx_http_healthcode_redis.h"
#include "../core/healthcode_version.h"


static ngx_int_t ngx_http_healthcode_module_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_healthcode_module_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_healthcode_module_push(ngx_conf_t *cf,
    ngx_http_phases phase, ngx_http_handler_pt handler);
static void ngx_http_healthcode_module_log_first(ngx_conf_t *cf);
static ngx_int_t ngx_http_healthcode_module_init(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_healthcode_module_init_process(ngx_cycle_t *cycle);
static void ngx_http_healthcode_module_exit_process(ngx_cycle_t *cycle);


static ngx_conf_enum_t  ngx_http_healthcode_modes[] = {
    { ngx_string("off"), NGX_HTTP_HEALTHCODE_OFF },
    { ngx_string("on"), NGX_HTTP_HEALTHCODE_ON },
    { ngx_string("audit"), NGX_HTTP_HEALTHCODE_AUDIT },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_healthcode_on_outage[] = {
    { ngx_string("deny"), 0 },
    { ngx_string("allow"), 1 },
    { ngx_null_string, 0 }
};


#define NGX_HTTP_HEALTHCODE_ANY_CONF                                          \
    (NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF)


static ngx_command_t  ngx_http_healthcode_commands[] = {

    { ngx_string("healthcode_pepper_file"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_pepper,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_issuer"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_issuer,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_store"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_store,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE2,
      ngx_http_healthcode_conf_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_healthcode_loc_conf_t, rules.mode),
      &ngx_http_healthcode_modes },

    { ngx_string("healthcode_source"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_TAKE23,
      ngx_http_healthcode_conf_source,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_issuers"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_healthcode_conf_issuers,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_audience"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_healthcode_conf_audience,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_healthcode_loc_conf_t, rules.audience),
      NULL },

    { ngx_string("healthcode_require"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_healthcode_conf_require,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_max_age"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_healthcode_loc_conf_t, rules.max_age),
      &ngx_http_healthcode_conf_age_post },

    { ngx_string("healthcode_leeway"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_healthcode_loc_conf_t, rules.leeway),
      &ngx_http_healthcode_conf_leeway_post },

    { ngx_string("healthcode_risk"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_risk,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_deny"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_healthcode_conf_deny,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_healthcode_loc_conf_t, rules.deny),
      NULL },

    { ngx_string("healthcode_region_deny"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_healthcode_conf_region_deny,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_on_outage"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_healthcode_loc_conf_t, rules.on_outage),
      &ngx_http_healthcode_on_outage },

    { ngx_string("healthcode_code_cache"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_code_cache,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_healthcode_status,
      0,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_healthcode_module_ctx = {
    ngx_http_healthcode_module_preconfiguration,
    ngx_http_healthcode_module_postconfiguration,

    ngx_http_healthcode_conf_create_main,
    ngx_http_healthcode_conf_init_main,

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_healthcode_conf_create_loc,
    ngx_http_healthcode_conf_merge_loc
};


ngx_module_t  ngx_http_healthcode_module = {
    NGX_MODULE_V1,
    &ngx_http_healthcode_module_ctx,
    ngx_http_healthcode_commands,
    NGX_HTTP_MODULE,
    NULL,                                  /* init master */
    ngx_http_healthcode_module_init,
    ngx_http_healthcode_module_init_process,
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_healthcode_module_exit_process,
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_healthcode_module_preconfiguration(ngx_conf_t *cf)
{
    return ngx_http_healthcode_variables_add(cf);
}


static ngx_int_t
ngx_http_healthcode_module_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_healthcode_module);

    if (ngx_http_healthcode_conf_keys_check(cf, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_healthcode_conf_idle(cf, mcf);

    if (mcf->policies.nelts == 0) {
        return NGX_OK;
    }

    if (ngx_http_healthcode_conf_pages(cf, mcf) != NGX_OK
        || ngx_http_healthcode_zone_add(cf, &mcf->issuers) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_healthcode_module_push(cf, NGX_HTTP_SERVER_REWRITE_PHASE,
                                 ngx_http_healthcode_handler_server_rewrite)
        != NGX_OK
        || ngx_http_healthcode_module_push(cf, NGX_HTTP_REWRITE_PHASE,
                                 ngx_http_healthcode_handler_rewrite)
           != NGX_OK
        || ngx_http_healthcode_module_push(cf, NGX_HTTP_ACCESS_PHASE,
                                 ngx_http_healthcode_handler_access)
           != NGX_OK
        || ngx_http_healthcode_module_push(cf, NGX_HTTP_PRECONTENT_PHASE,
                                 ngx_http_healthcode_handler_precontent)
           != NGX_OK
        || ngx_http_healthcode_module_push(cf, NGX_HTTP_LOG_PHASE,
                                 ngx_http_healthcode_handler_log)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_healthcode_module_log_first(cf);

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_module_push(ngx_conf_t *cf, ngx_http_phases phase,
    ngx_http_handler_pt handler)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[phase].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = handler;

    return NGX_OK;
}


/*
 * Other phases run the last module first, the log phase runs the first one
 * first: the codes must be out of the request before the access log is in.
 */
static void
ngx_http_healthcode_module_log_first(ngx_conf_t *cf)
{
    ngx_array_t                *handlers;
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    handlers = &cmcf->phases[NGX_HTTP_LOG_PHASE].handlers;
    h = handlers->elts;

    ngx_memmove(h + 1, h,
                (handlers->nelts - 1) * sizeof(ngx_http_handler_pt));
    h[0] = ngx_http_healthcode_handler_log;
}


/*
 * The configuration counts from now on.  Says its version, as nginx says its
 * own at each start and reload.
 */
static ngx_int_t
ngx_http_healthcode_module_init(ngx_cycle_t *cycle)
{
    ngx_http_healthcode_main_conf_t  *mcf;

    if (!ngx_test_config) {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                      "healthcode/" HEALTHCODE_VERSION);
    }

    mcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_http_healthcode_module);

    if (mcf == NULL) {
        return NGX_OK;
    }

    ngx_http_healthcode_conf_readable(cycle, mcf);

    if (mcf->policies.nelts) {
        ngx_http_healthcode_zone_commit(&mcf->issuers);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_module_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                        i;
    ngx_http_healthcode_store_t     **stores;
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_http_healthcode_module);

    if (mcf == NULL || mcf->policies.nelts == 0
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return NGX_OK;
    }

    if (ngx_http_healthcode_keys_create(cycle, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_healthcode_lifecycle_init_process(mcf);

    stores = mcf->stores.elts;

    for (i = 0; i < mcf->stores.nelts; i++) {

        stores[i]->redis = ngx_http_healthcode_redis_create(cycle, stores[i]);

        if (stores[i]->redis == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_http_healthcode_module_exit_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                        i;
    ngx_http_healthcode_store_t     **stores;
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_http_healthcode_module);
    if (mcf == NULL) {
        return;
    }

    ngx_http_healthcode_keys_destroy(mcf);

    stores = mcf->stores.elts;

    for (i = 0; i < mcf->stores.nelts; i++) {
        if (stores[i]->redis) {
            ngx_http_healthcode_redis_destroy(stores[i]->redis);
        }
    }
}
