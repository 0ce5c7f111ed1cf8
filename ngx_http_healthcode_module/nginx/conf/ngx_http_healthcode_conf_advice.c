/*
 * What "nginx -t" says about a location that is valid: what is unusual about
 * its policy, what opens its gate.  Refuses nothing.
 * Knows no: request, connection.
 * docs/messages.md, "nginx -t succeeds and says".
 */

#include "ngx_http_healthcode_conf_advice.h"
#include "ngx_http_healthcode_conf_age.h"
#include "ngx_http_healthcode_conf_outage.h"
#include "ngx_http_healthcode_conf_where.h"


static void ngx_http_healthcode_conf_underscore(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *name, ngx_str_t *at);
static void ngx_http_healthcode_conf_dropped(ngx_conf_t *cf,
    const ngx_http_healthcode_source_t *source, const char *what,
    ngx_str_t *name, ngx_str_t *at);
static void ngx_http_healthcode_conf_stays(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *name, ngx_str_t *at);
static void ngx_http_healthcode_conf_flags(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *name, ngx_str_t *at);
static ngx_uint_t ngx_http_healthcode_conf_is_national(ngx_array_t *deny);


void
ngx_http_healthcode_conf_advice_policy(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t                  name, at;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    ngx_http_healthcode_conf_where(clcf, &name);
    ngx_http_healthcode_conf_at(cf, conf, &at);

    if (conf->rules.mode == NGX_HTTP_HEALTHCODE_AUDIT) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" lets every request go on "
                      "and only logs what it would do (healthcode audit)%V",
                      &name, &at);
    }

    if (conf->rules.max_age > NGX_HTTP_HEALTHCODE_MAX_AGE) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" accepts codes that are "
                      "older than 15 minutes (healthcode_max_age)%V", &name,
                      &at);
    }

    ngx_http_healthcode_conf_age_advise(cf, conf, &name, &at);

    if (conf->rules.require) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" asks for claims that the "
                      "national rule does not ask for (healthcode_require)%V",
                      &name, &at);
    }

    if (conf->rules.conditions) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" has a condition that the "
                      "national rule does not have (healthcode_require)%V",
                      &name, &at);
    }

    ngx_http_healthcode_conf_outage_advise(cf, conf, &name, &at);

    ngx_http_healthcode_conf_underscore(cf, conf, &name, &at);
    ngx_http_healthcode_conf_stays(cf, conf, &name, &at);
    ngx_http_healthcode_conf_flags(cf, conf, &name, &at);
}


/* Warns of headers that nginx drops before the gate can read them. */
static void
ngx_http_healthcode_conf_underscore(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *name, ngx_str_t *at)
{
    ngx_uint_t                     i;
    ngx_http_core_srv_conf_t      *cscf;
    ngx_http_healthcode_source_t  *source = conf->rules.sources->elts;

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    if (cscf->underscores_in_headers || !cscf->ignore_invalid_headers) {
        return;
    }

    for (i = 0; i < conf->rules.sources->nelts; i++) {
        ngx_http_healthcode_conf_dropped(cf, &source[i], "code", name, at);
    }

    if (conf->rules.temperature) {
        ngx_http_healthcode_conf_dropped(cf, &conf->rules.temperature->source,
                                         "temperature", name, at);
    }
}


static void
ngx_http_healthcode_conf_dropped(ngx_conf_t *cf,
    const ngx_http_healthcode_source_t *source, const char *what,
    ngx_str_t *name, ngx_str_t *at)
{
    if ((source->kind == NGX_HTTP_HEALTHCODE_HEADER
         || source->kind == NGX_HTTP_HEALTHCODE_LIST)
        && ngx_strlchr(source->name.data, source->name.data + source->name.len,
                       '_'))
    {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "healthcode: location \"%V\" looks for the %s in the "
                      "header \"%V\", but nginx drops headers with \"_\" in "
                      "their name; write \"-\" instead, or "
                      "\"underscores_in_headers on;\" in the http block%V",
                      name, what, &source->name, at);
    }
}


/* Names a code that is not taken out of the request. */
static void
ngx_http_healthcode_conf_stays(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *name, ngx_str_t *at)
{
    ngx_uint_t                     i;
    ngx_http_healthcode_source_t  *source = conf->rules.sources->elts;

    for (i = 0; i < conf->rules.sources->nelts; i++) {

        if (source[i].kind == NGX_HTTP_HEALTHCODE_VARIABLE) {
            ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                          "healthcode: location \"%V\" takes the code from "
                          "the variable \"%V\"; what that is made of goes on "
                          "with the code in it (healthcode_source)%V", name,
                          &source[i].name, at);
        }
    }
}


static void
ngx_http_healthcode_conf_flags(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *name, ngx_str_t *at)
{
    if (conf->rules.store == NULL) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" reads no risk flags: %s%V",
                      name, conf->store_reference
                            ? "healthcode_risk is off"
                            : "there is no healthcode_store", at);

        if (conf->rules.data_max_age) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "healthcode: location \"%V\" reads no risk flags, so "
                          "that \"healthcode_data_max_age\" has no effect; "
                          "write \"healthcode_data_max_age off;\" there, or a "
                          "\"healthcode_risk STORE;\"%V", name, at);
        }

        return;
    }

    if (!ngx_http_healthcode_conf_is_national(conf->rules.deny)) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" denies on other flags than "
                      "the national set (healthcode_deny)%V", name, at);
    }

    if (conf->rules.region_deny != HEALTHCODE_RISK_LEVEL_HIGH) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" denies on other region "
                      "levels than \"high\" (healthcode_region_deny)%V", name,
                      at);
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


void
ngx_http_healthcode_conf_advice_location(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t                  name, at;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->satisfy == NGX_HTTP_SATISFY_ANY) {
        ngx_http_healthcode_conf_where(clcf, &name);
        ngx_http_healthcode_conf_at(cf, conf, &at);
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "healthcode: location \"%V\" says \"satisfy any\": any "
                      "other access rule that passes, such as \"allow all\", "
                      "opens this gate%V", &name, &at);
    }
}


void
ngx_http_healthcode_conf_advice_holder(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t                  name, at;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    ngx_http_healthcode_conf_where(clcf, &name);
    ngx_http_healthcode_conf_at(cf, conf, &at);

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "healthcode: location \"%V\" has \"healthcode_log_holder "
                  "on\", but no holder has a pseudonym; write "
                  "\"healthcode_pepper_file FILE;\" in the http block, or take "
                  "the line out%V", &name, &at);
}
