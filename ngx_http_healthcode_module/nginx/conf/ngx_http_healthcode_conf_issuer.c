/*
 * The block healthcode_issuer: its lines, and what they have to be together.
 * Knows no: request, connection, location.
 * docs/directives.md, "healthcode_issuer".
 */

#include "ngx_http_healthcode_conf_age.h"
#include "ngx_http_healthcode_conf_block.h"
#include "ngx_http_healthcode_conf_claims.h"
#include "ngx_http_healthcode_conf_issuer.h"
#include "ngx_http_healthcode_conf_keys.h"
#include "ngx_http_healthcode_conf_keys_location.h"
#include "ngx_http_healthcode_conf_sunset.h"
#include "ngx_http_healthcode_conf_words.h"


static char *ngx_http_healthcode_conf_algorithms(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_healthcode_conf_issuer_finish(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer);
static ngx_int_t ngx_http_healthcode_conf_issuer_types(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer);


static ngx_command_t  ngx_http_healthcode_issuer_commands[] = {

    { ngx_string("iss"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_healthcode_issuer_t, iss),
      NULL },

    { ngx_string("keys"),
      NGX_CONF_1MORE,
      ngx_http_healthcode_conf_keys,
      0,
      0,
      NULL },

    { ngx_string("keys_dir"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_keys_dir,
      0,
      0,
      NULL },

    { ngx_string("keys_location"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_keys_location,
      0,
      0,
      NULL },

    { ngx_string("keys_refresh"),
      NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      0,
      offsetof(ngx_http_healthcode_issuer_t, keys.refresh),
      &ngx_http_healthcode_conf_age_post },

    { ngx_string("keys_min_interval"),
      NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      0,
      offsetof(ngx_http_healthcode_issuer_t, keys.min_interval),
      &ngx_http_healthcode_conf_age_post },

    { ngx_string("algorithms"),
      NGX_CONF_1MORE,
      ngx_http_healthcode_conf_algorithms,
      0,
      0,
      NULL },

    { ngx_string("alg_alias"),
      NGX_CONF_TAKE2,
      ngx_http_healthcode_conf_alg_alias,
      0,
      0,
      NULL },

    { ngx_string("sm2_id"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_healthcode_issuer_t, sm2_id),
      NULL },

    { ngx_string("typ"),
      NGX_CONF_1MORE,
      ngx_http_healthcode_conf_words,
      0,
      offsetof(ngx_http_healthcode_issuer_t, types),
      NULL },

    { ngx_string("subject_space"),
      NGX_CONF_1MORE,
      ngx_http_healthcode_conf_subject_space,
      0,
      0,
      NULL },

    { ngx_string("subject"),
      NGX_CONF_1MORE,
      ngx_http_healthcode_conf_words,
      0,
      offsetof(ngx_http_healthcode_issuer_t, subject),
      NULL },

    { ngx_string("status"),
      NGX_CONF_1MORE,
      ngx_http_healthcode_conf_words,
      0,
      offsetof(ngx_http_healthcode_issuer_t, status),
      NULL },

    { ngx_string("regions"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_healthcode_issuer_t, regions),
      NULL },

    { ngx_string("max_age"),
      NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      0,
      offsetof(ngx_http_healthcode_issuer_t, max_age),
      &ngx_http_healthcode_conf_age_post },

    { ngx_string("not_before"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_sunset_date,
      0,
      offsetof(ngx_http_healthcode_issuer_t, core.not_before),
      NULL },

    { ngx_string("sunset"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_sunset_date,
      0,
      offsetof(ngx_http_healthcode_issuer_t, core.sunset),
      NULL },

      ngx_null_command
};


char *
ngx_http_healthcode_conf_issuer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                              *rv;
    ngx_uint_t                         i;
    ngx_str_t                         *value = cf->args->elts;
    ngx_http_healthcode_issuer_t      *issuer, **issuers, **p;
    ngx_http_healthcode_main_conf_t   *mcf = conf;

    if (!ngx_http_healthcode_conf_is_printable(&value[1])) {
        return "has an invalid name; write one without blanks or control "
               "characters";
    }

    issuers = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {
        if (ngx_http_healthcode_conf_is_name(&issuers[i]->name, &value[1])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate issuer \"%V\"; give this one another "
                               "name", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    issuer = ngx_pcalloc(cf->pool, sizeof(ngx_http_healthcode_issuer_t));
    if (issuer == NULL) {
        return NGX_CONF_ERROR;
    }

    issuer->name = value[1];
    ngx_http_healthcode_conf_refer(cf, &value[1], &issuer->block);
    issuer->types = NGX_CONF_UNSET_PTR;
    issuer->subject = NGX_CONF_UNSET_PTR;
    issuer->status = NGX_CONF_UNSET_PTR;
    issuer->max_age = NGX_CONF_UNSET;
    issuer->keys.refresh = NGX_CONF_UNSET;
    issuer->keys.min_interval = NGX_CONF_UNSET;

    rv = ngx_http_healthcode_conf_block(cf, ngx_http_healthcode_issuer_commands,
                                        issuer, "healthcode_issuer");
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    for (i = 0; i < mcf->issuers.nelts; i++) {
        if (ngx_http_healthcode_conf_is_name(&issuers[i]->iss, &issuer->iss)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "issuers \"%V\" and \"%V\" have the same "
                               "\"iss\"; put their keys into one file of one "
                               "issuer",
                               &issuers[i]->name, &issuer->name);
            return NGX_CONF_ERROR;
        }
    }

    p = ngx_array_push(&mcf->issuers);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = issuer;
    issuer->number = mcf->issuers.nelts - 1;

    return ngx_http_healthcode_conf_finished(cf, "healthcode_issuer",
                                             &issuer->name,
                          ngx_http_healthcode_conf_issuer_finish(cf, issuer));
}


static char *
ngx_http_healthcode_conf_issuer_finish(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer)
{
    char  *rv;

    if (issuer->iss.len == 0) {
        return "has no \"iss\"; write \"iss STRING;\" as its codes have it";
    }

    if (issuer->algorithms == 0) {
        return "has no \"algorithms\"; write \"algorithms ES256;\" or those "
               "that it signs with";
    }

    if (issuer->subject_space.data && issuer->subject_space.len == 0) {
        return "has an empty \"subject_space\"; write a name of its own, or "
               "leave it out for the national one";
    }

    if (issuer->subject_space.len == 0) {
        ngx_str_set(&issuer->subject_space, "national");
    }

    ngx_conf_init_value(issuer->max_age, NGX_HTTP_HEALTHCODE_MAX_AGE);

    if (issuer->max_age > NGX_HTTP_HEALTHCODE_MAX_AGE) {
        ngx_conf_log_error(NGX_LOG_NOTICE, cf, 0,
                           "healthcode: issuer \"%V\" may make codes that live "
                           "longer than 15 minutes (max_age)", &issuer->name);
    }

    issuer->core.name = ngx_http_healthcode_view(&issuer->name);
    issuer->core.iss = ngx_http_healthcode_view(&issuer->iss);
    issuer->core.subject_space =
        ngx_http_healthcode_view(&issuer->subject_space);
    issuer->core.lifetime_max = issuer->max_age;

    if (ngx_http_healthcode_conf_issuer_types(cf, issuer) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    rv = ngx_http_healthcode_conf_claims_finish(issuer);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_http_healthcode_conf_keys_finish(cf, issuer);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_http_healthcode_conf_sunset_finish(cf, issuer);
}


static ngx_int_t
ngx_http_healthcode_conf_issuer_types(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer)
{
    ngx_uint_t         i, n;
    healthcode_str_t  *word;

    if (issuer->types == NGX_CONF_UNSET_PTR) {

        issuer->types = ngx_array_create(cf->pool, 1, sizeof(healthcode_str_t));
        if (issuer->types == NULL) {
            return NGX_ERROR;
        }

        word = ngx_array_push(issuer->types);
        if (word == NULL) {
            return NGX_ERROR;
        }

        *word = healthcode_str("healthcode+jwt");
    }

    word = issuer->types->elts;

    for (i = 0, n = 0; i < issuer->types->nelts; i++) {

        if (healthcode_str_equal(word[i], healthcode_str("any"))) {
            issuer->core.type_any = true;

        } else if (healthcode_str_equal(word[i], healthcode_str("none"))) {
            issuer->core.type_none = true;

        } else {
            word[n++] = word[i];
        }
    }

    issuer->core.types = word;
    issuer->core.ntypes = n;

    return NGX_OK;
}


static char *
ngx_http_healthcode_conf_algorithms(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    size_t                         n;
    u_char                        *p, names[256];
    ngx_uint_t                     i;
    ngx_str_t                     *value = cf->args->elts;
    const healthcode_algorithm_t  *algorithm;
    ngx_http_healthcode_issuer_t  *issuer = conf;

    if (issuer->algorithms) {
        return "is duplicate; write all algorithms in one line";
    }

    for (i = 1; i < cf->args->nelts; i++) {

        algorithm = healthcode_algorithm_find(
                                        ngx_http_healthcode_view(&value[i]));

        if (algorithm == NULL) {
            p = names;

            for (n = 0; (algorithm = healthcode_algorithm_at(n)); n++) {
                p = ngx_slprintf(p, names + sizeof(names), " %s",
                                 algorithm->name);
            }

            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown algorithm \"%V\"; this gate knows:%*s",
                               &value[i], p - names, names);
            return NGX_CONF_ERROR;
        }

        issuer->algorithms |= healthcode_algorithm_bit(algorithm);
    }

    return NGX_CONF_OK;
}
