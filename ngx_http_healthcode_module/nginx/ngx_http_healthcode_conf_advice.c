/*
 * What "nginx -t" says about a configuration that is valid: where it was
 * chosen, what a site should know that it chose.  Refuses nothing.
 * README.md, "Directives".
 */

#include "ngx_http_healthcode_conf.h"


static void ngx_http_healthcode_conf_where(ngx_conf_t *cf, ngx_str_t *name);
static ngx_uint_t ngx_http_healthcode_conf_is_national(ngx_array_t *deny);


void
ngx_http_healthcode_conf_notice(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t  name;

    ngx_http_healthcode_conf_where(cf, &name);

    if (conf->max_age > NGX_HTTP_HEALTHCODE_MAX_AGE) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" accepts codes that are "
                      "older than 15 minutes (healthcode_max_age)", &name);
    }

    if (conf->on_outage) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" lets holders pass while "
                      "their flags cannot be read (healthcode_on_outage "
                      "allow)", &name);
    }

    if (conf->store == NULL) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" reads no risk flags: %s",
                      &name, conf->store_reference
                             ? "healthcode_risk is off"
                             : "there is no healthcode_store");
        return;
    }

    if (!ngx_http_healthcode_conf_is_national(conf->deny)) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" denies on other flags than "
                      "the national set (healthcode_deny)", &name);
    }

    if (conf->region_deny != HEALTHCODE_RISK_LEVEL_HIGH) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" denies on other region "
                      "levels than \"high\" (healthcode_region_deny)", &name);
    }
}


void
ngx_http_healthcode_conf_warn(ngx_conf_t *cf)
{
    ngx_str_t                  name;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->satisfy == NGX_HTTP_SATISFY_ANY) {
        ngx_http_healthcode_conf_where(cf, &name);
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "healthcode: location \"%V\" says \"satisfy any\": any "
                      "other access rule that passes, such as \"allow all\", "
                      "opens this gate", &name);
    }
}


static void
ngx_http_healthcode_conf_where(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->name.len) {
        *name = clcf->name;
    } else {
        ngx_str_set(name, "(server)");
    }
}


static ngx_uint_t
ngx_http_healthcode_conf_is_national(ngx_array_t *deny)
{
    size_t                    i, n, count;
    ngx_uint_t                found = 0;
    healthcode_str_t         *flags = deny->elts;
    static const char *const  national[] = { HEALTHCODE_RISK_NATIONAL };

    count = sizeof(national) / sizeof(national[0]);

    for (i = 0; i < count; i++) {
        for (n = 0; n < deny->nelts; n++) {
            if (healthcode_str_equal(flags[n],
                                     healthcode_str_from(national[i],
                                                  ngx_strlen(national[i]))))
            {
                found++;
                break;
            }
        }
    }

    return found == count && deny->nelts == count;
}
