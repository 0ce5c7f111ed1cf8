/*
 * The index of the house: directives, phases, the start and end of a worker.
 * Does no work of its own.  docs/directives.md.
 */

#include "answer/ngx_http_healthcode_content.h"
#include "answer/ngx_http_healthcode_degraded.h"
#include "conf/ngx_http_healthcode_conf.h"
#include "conf/ngx_http_healthcode_conf_age.h"
#include "conf/ngx_http_healthcode_conf_bound.h"
#include "conf/ngx_http_healthcode_conf_cache.h"
#include "conf/ngx_http_healthcode_conf_contact.h"
#include "conf/ngx_http_healthcode_conf_data.h"
#include "conf/ngx_http_healthcode_conf_dpop.h"
#include "conf/ngx_http_healthcode_conf_folder.h"
#include "conf/ngx_http_healthcode_conf_form_types.h"
#include "conf/ngx_http_healthcode_conf_issuer.h"
#include "conf/ngx_http_healthcode_conf_issuers.h"
#include "conf/ngx_http_healthcode_conf_name.h"
#include "conf/ngx_http_healthcode_conf_outage.h"
#include "conf/ngx_http_healthcode_conf_passage.h"
#include "conf/ngx_http_healthcode_conf_pepper.h"
#include "conf/ngx_http_healthcode_conf_readable.h"
#include "conf/ngx_http_healthcode_conf_reply.h"
#include "conf/ngx_http_healthcode_conf_require.h"
#include "conf/ngx_http_healthcode_conf_risk.h"
#include "conf/ngx_http_healthcode_conf_second.h"
#include "conf/ngx_http_healthcode_conf_source.h"
#include "conf/ngx_http_healthcode_conf_status.h"
#include "conf/ngx_http_healthcode_conf_store.h"
#include "conf/ngx_http_healthcode_conf_temperature.h"
#include "conf/ngx_http_healthcode_conf_values.h"
#include "conf/ngx_http_healthcode_conf_zone.h"
#include "gate/ngx_http_healthcode_handler.h"
#include "gate/ngx_http_healthcode_second.h"
#include "gate/ngx_http_healthcode_sunset.h"
#include "gate/ngx_http_healthcode_variables.h"
#include "keys/ngx_http_healthcode_keys.h"
#include "keys/ngx_http_healthcode_keys_kept.h"
#include "keys/ngx_http_healthcode_keys_slot.h"
#include "seen/ngx_http_healthcode_counts.h"
#include "seen/ngx_http_healthcode_status.h"
#include "source/ngx_http_healthcode_body.h"
#include "store/ngx_http_healthcode_ask.h"
#include "store/ngx_http_healthcode_memory.h"
#include "store/ngx_http_healthcode_minutes.h"
#include "store/ngx_http_healthcode_tally.h"
#include "../core/healthcode_version.h"


static ngx_int_t ngx_http_healthcode_module_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_healthcode_module_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_healthcode_module_push(ngx_conf_t *cf,
    ngx_http_phases phase, ngx_http_handler_pt handler);
static void ngx_http_healthcode_module_move(ngx_conf_t *cf,
    ngx_http_phases phase);
static ngx_int_t ngx_http_healthcode_module_init(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_healthcode_module_init_process(ngx_cycle_t *cycle);
static void ngx_http_healthcode_module_exit_process(ngx_cycle_t *cycle);


static ngx_conf_enum_t  ngx_http_healthcode_modes[] = {
    { ngx_string("off"), NGX_HTTP_HEALTHCODE_OFF },
    { ngx_string("on"), NGX_HTTP_HEALTHCODE_ON },
    { ngx_string("audit"), NGX_HTTP_HEALTHCODE_AUDIT },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_healthcode_disclose[] = {
    { ngx_string("reason"), 0 },
    { ngx_string("class"), 1 },
    { ngx_null_string, 0 }
};


#define NGX_HTTP_HEALTHCODE_ANY_CONF                                          \
    (NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF)


static ngx_command_t  ngx_http_healthcode_commands[] = {

    { ngx_string("healthcode_pepper_file"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_pepper_file,
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

    { ngx_string("healthcode_form_types"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_healthcode_conf_form_types,
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

    { ngx_string("healthcode_temperature"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_healthcode_conf_temperature,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_bound"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_bound,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_dpop_origin"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_dpop_origin,
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
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_healthcode_conf_on_outage,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_degraded_header"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_healthcode_loc_conf_t, degraded_header),
      NULL },

    { ngx_string("healthcode_data_max_age"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_data_max_age,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_passage"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_healthcode_conf_passage,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_code_cache"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_code_cache,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_disclose"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_healthcode_loc_conf_t, disclose),
      &ngx_http_healthcode_disclose },

    { ngx_string("healthcode_name"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_name,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_log_holder"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_healthcode_loc_conf_t, log_holder),
      NULL },

    { ngx_string("healthcode_reply"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_TAKE23|NGX_CONF_TAKE4,
      ngx_http_healthcode_conf_reply,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_page"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_folder,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_contact"),
      NGX_HTTP_HEALTHCODE_ANY_CONF|NGX_CONF_TAKE2,
      ngx_http_healthcode_conf_contact,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_gate"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_healthcode_content_gate,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("healthcode_passage_confirm"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_healthcode_conf_second,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      ngx_http_healthcode_second_handler },

    { ngx_string("healthcode_passage_annul"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_healthcode_conf_second,
      NGX_HTTP_LOC_CONF_OFFSET,
      1,
      ngx_http_healthcode_second_handler },

    { ngx_string("healthcode_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_healthcode_status,
      NGX_HTTP_LOC_CONF_OFFSET,
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

    if (ngx_http_healthcode_conf_complete(cf, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (mcf->policies.nelts == 0) {
        return NGX_OK;
    }

    if (ngx_http_healthcode_keys_slots_add(cf, &mcf->issuers) != NGX_OK) {
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

    if (mcf->has_any
        && ngx_http_healthcode_module_push(cf, NGX_HTTP_ACCESS_PHASE,
                                 ngx_http_healthcode_handler_access_last)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* the first one of a phase runs last, of the log phase first */

    if (mcf->has_any) {
        ngx_http_healthcode_module_move(cf, NGX_HTTP_ACCESS_PHASE);
    }

    ngx_http_healthcode_module_move(cf, NGX_HTTP_LOG_PHASE);
    ngx_http_healthcode_body_init();

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
 * Moves the handler that was pushed last before all others of its phase.  The
 * log phase runs it first: the codes must be out of the request before the
 * access log is in.  Other phases run it last.
 */
static void
ngx_http_healthcode_module_move(ngx_conf_t *cf, ngx_http_phases phase)
{
    ngx_array_t                *handlers;
    ngx_http_handler_pt        *h, last;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    handlers = &cmcf->phases[phase].handlers;
    h = handlers->elts;
    last = h[handlers->nelts - 1];

    ngx_memmove(h + 1, h,
                (handlers->nelts - 1) * sizeof(ngx_http_handler_pt));
    h[0] = last;
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

    ngx_http_healthcode_conf_readable_warn(cycle, mcf);
    ngx_http_healthcode_conf_status_warn(cycle, mcf);
    ngx_http_healthcode_conf_passage_warn(cycle, mcf);
    ngx_http_healthcode_conf_second_warn(cycle, mcf);

    if (mcf->policies.nelts) {
        ngx_http_healthcode_keys_kept_commit(&mcf->issuers);

        if (!ngx_test_config) {
            ngx_http_healthcode_memory_init(cycle, mcf);
        }
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

    if (ngx_http_healthcode_keys_create(cycle, mcf) != NGX_OK
        || ngx_http_healthcode_counts_init_process(cycle, mcf) != NGX_OK
        || ngx_http_healthcode_tally_init_process(cycle, mcf) != NGX_OK
        || ngx_http_healthcode_minutes_init_process(cycle, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_healthcode_sunset_init_process(mcf);
    ngx_http_healthcode_degraded_init_process(mcf);

    stores = mcf->stores.elts;

    for (i = 0; i < mcf->stores.nelts; i++) {

        if (ngx_http_healthcode_ask_open(cycle, stores[i]) != NGX_OK) {
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
        ngx_http_healthcode_ask_close(stores[i]);
    }
}
