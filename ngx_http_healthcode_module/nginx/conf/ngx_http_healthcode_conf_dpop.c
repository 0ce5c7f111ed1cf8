/*
 * The directive healthcode_dpop_origin, and what a location needs that checks
 * proofs of DPoP.  Knows no: request, connection, token, claims.
 * docs/directives.md, "healthcode_dpop_origin".
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_sha1.h>

#include "ngx_http_healthcode_conf_cache.h"
#include "ngx_http_healthcode_conf_dpop.h"
#include "ngx_http_healthcode_conf_replica.h"
#include "ngx_http_healthcode_conf_where.h"
#include "ngx_http_healthcode_mark_script.h"

#include "../../core/healthcode_uri.h"


/* The rights that the script needs: docs/redis-keys.md has the same. */
static const char  ngx_http_healthcode_conf_dpop_rights[] =
    "~healthcode:mark:* +evalsha +script|load +hget +set +get";


static void ngx_http_healthcode_conf_dpop_script(
    ngx_http_healthcode_main_conf_t *mcf);


char *
ngx_http_healthcode_conf_dpop_origin(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    size_t                           len;
    u_char                          *bytes;
    ngx_str_t                       *value = cf->args->elts;
    healthcode_str_t                 rest, *origin;
    ngx_http_healthcode_loc_conf_t  *lcf = conf;

    if (lcf->rules.dpop_origin != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    origin = ngx_palloc(cf->pool, sizeof(healthcode_str_t));
    bytes = ngx_pnalloc(cf->pool, healthcode_uri_memory(value[1].len));

    if (origin == NULL || bytes == NULL) {
        return NGX_CONF_ERROR;
    }

    if (!healthcode_uri_origin(ngx_http_healthcode_view(&value[1]), bytes,
                               &len, &rest)
        || rest.len)
    {
        return "invalid value; write the scheme and the host that holders ask, "
               "without a path, such as \"https://hall.example\"";
    }

    *origin = healthcode_str_from(bytes, len);
    lcf->rules.dpop_origin = origin;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_healthcode_conf_dpop_check(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t  at;

    if (conf->rules.bound != NGX_HTTP_HEALTHCODE_BOUND_DPOP) {
        return NGX_OK;
    }

    ngx_http_healthcode_conf_at(cf, conf, &at);

    if (conf->rules.dpop_origin == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"healthcode_bound dpop\" needs to know for whom proofs "
                      "are; write \"healthcode_dpop_origin https://HOST;\", "
                      "the host that holders ask, beside it%V", &at);
        return NGX_ERROR;
    }

    if (conf->rules.store == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"healthcode_bound dpop\" needs a store, which "
                      "remembers proofs; write \"healthcode_risk STORE;\" "
                      "beside it, or \"healthcode_bound off;\"%V", &at);
        return NGX_ERROR;
    }

    if (ngx_http_healthcode_conf_replica_check(cf, conf,
                                               "healthcode_bound dpop")
            != NGX_OK
        || ngx_http_healthcode_conf_digest(cf, mcf) == NULL)
    {
        return NGX_ERROR;
    }

    ngx_http_healthcode_conf_dpop_script(mcf);

    return NGX_OK;
}


static void
ngx_http_healthcode_conf_dpop_script(ngx_http_healthcode_main_conf_t *mcf)
{
    u_char                     digest[20];
    ngx_sha1_t                 sha1;
    healthcode_call_script_t  *script = &mcf->mark_script;

    script->text = healthcode_str(NGX_HTTP_HEALTHCODE_SCRIPT_MARK);
    script->rights = ngx_http_healthcode_conf_dpop_rights;

    ngx_sha1_init(&sha1);
    ngx_sha1_update(&sha1, script->text.data, script->text.len);
    ngx_sha1_final(digest, &sha1);
    *ngx_hex_dump((u_char *) script->sha, digest, sizeof(digest)) = '\0';
}
