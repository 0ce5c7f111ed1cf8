/*
 * The directive healthcode_bound, and what it needs of nginx's TLS.
 * Knows no: request, connection, token, claims.
 * docs/directives.md, "healthcode_bound".
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#if (NGX_HTTP_SSL)
#include <ngx_http_ssl_module.h>
#endif

#include "ngx_http_healthcode_conf_bound.h"
#include "ngx_http_healthcode_conf_module.h"
#include "ngx_http_healthcode_conf_where.h"


static ngx_uint_t ngx_http_healthcode_conf_bound_asks(ngx_conf_t *cf);


char *
ngx_http_healthcode_conf_bound(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_uint_t                       i;
    ngx_str_t                       *value = cf->args->elts;
    ngx_http_healthcode_loc_conf_t  *lcf = conf;

    static const char *const  words[] = {
        [NGX_HTTP_HEALTHCODE_BOUND_OFF] = "off",
        [NGX_HTTP_HEALTHCODE_BOUND_TLS] = "tls",
        [NGX_HTTP_HEALTHCODE_BOUND_DPOP] = "dpop"
    };

    if (lcf->rules.bound != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    for (i = 0; i < 3 && ngx_strcmp(value[1].data, words[i]) != 0; i++) {
        /* void */
    }

    if (i == 3) {
        return "invalid value; write \"tls\", for codes that name a client "
               "certificate, \"dpop\", for codes that name a key, or \"off\"";
    }

    lcf->rules.bound = i;

    if (i != NGX_HTTP_HEALTHCODE_BOUND_TLS) {
        return NGX_CONF_OK;
    }

    if (ngx_http_healthcode_conf_module(cf->cycle, "ngx_http_ssl_module")
        == NULL)
    {
        return "needs nginx's TLS, which this nginx was built without; take "
               "the line out, or build nginx --with-http_ssl_module";
    }

    return NGX_CONF_OK;
}


void
ngx_http_healthcode_conf_bound_advise(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t                  name, at;
    ngx_http_core_loc_conf_t  *clcf;

    if (conf->rules.bound != NGX_HTTP_HEALTHCODE_BOUND_TLS
        || ngx_http_healthcode_conf_bound_asks(cf))
    {
        return;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    ngx_http_healthcode_conf_where(clcf, &name);
    ngx_http_healthcode_conf_at(cf, conf, &at);

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "healthcode: location \"%V\" checks bound codes by TLS, but "
                  "its server asks no client for a certificate, so that it "
                  "refuses them all; write \"ssl_verify_client "
                  "optional_no_ca;\" in the server%V", &name, &at);
}


/* Whether the server asks for certificates; 1 also if that is not known. */
static ngx_uint_t
ngx_http_healthcode_conf_bound_asks(ngx_conf_t *cf)
{
#if (NGX_HTTP_SSL)

    ngx_module_t             *module;
    ngx_http_conf_ctx_t      *ctx = cf->ctx;
    ngx_http_ssl_srv_conf_t  *sscf;

    module = ngx_http_healthcode_conf_module(cf->cycle, "ngx_http_ssl_module");

    if (module) {
        sscf = ctx->srv_conf[module->ctx_index];
        return sscf->verify != 0;
    }

#endif

    return 1;
}
