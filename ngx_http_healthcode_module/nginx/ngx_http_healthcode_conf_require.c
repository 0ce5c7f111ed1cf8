/*
 * The lines "healthcode_require": one rule about a claim each.
 * Judges no code.  README.md, "healthcode_require".
 */

#include "ngx_http_healthcode_conf.h"


static ngx_int_t ngx_http_healthcode_conf_require_check(ngx_conf_t *cf,
    ngx_str_t *value, ngx_uint_t n);
static ngx_int_t ngx_http_healthcode_conf_require_text(ngx_conf_t *cf,
    ngx_str_t *text, const char *what);
static ngx_int_t ngx_http_healthcode_conf_require_values(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *lcf, healthcode_require_t *rule,
    ngx_str_t *value, ngx_uint_t n);


char *
ngx_http_healthcode_conf_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                       *value = cf->args->elts;
    ngx_uint_t                       n = cf->args->nelts;
    healthcode_require_t            *rule;
    ngx_http_healthcode_loc_conf_t  *lcf = conf;

    if (ngx_http_healthcode_conf_require_check(cf, value, n) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_http_healthcode_conf_literal(cf, &value[1]);

    if (lcf->rules.require == NGX_CONF_UNSET_PTR) {
        lcf->rules.require = ngx_array_create(cf->pool, 2,
                                        sizeof(healthcode_require_t));
        if (lcf->rules.require == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    rule = ngx_array_push(lcf->rules.require);
    if (rule == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(rule, sizeof(healthcode_require_t));

    rule->claim = ngx_http_healthcode_view(&value[1]);
    rule->operator = healthcode_require_operator(
                                        ngx_http_healthcode_view(&value[2]));

    if (rule->operator == HEALTHCODE_REQUIRE_MATCH) {
        rule->pattern = ngx_http_healthcode_conf_pattern(cf, &value[3],
                                            healthcode_pattern_create_search);

        return rule->pattern ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    return (ngx_http_healthcode_conf_require_values(cf, lcf, rule, &value[3],
                                                    n - 3)
            == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* n words from value on, the name of the directive being the first. */
static ngx_int_t
ngx_http_healthcode_conf_require_check(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n)
{
    ngx_uint_t  i;

    if (value[1].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"healthcode_require\" has an empty name of a "
                           "claim; write \"healthcode_require CLAIM = "
                           "VALUE;\"");
        return NGX_ERROR;
    }

    if (n > 2
        && healthcode_require_operator(ngx_http_healthcode_view(&value[2]))
           == HEALTHCODE_REQUIRE_UNKNOWN)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no operator of \"healthcode_require\"; "
                           "write \"=\", \"!=\", \"~\" or \"in\" between the "
                           "claim and the VALUE", &value[2]);
        return NGX_ERROR;
    }

    if (n < 4) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"healthcode_require %V\" has no VALUE; write "
                           "\"healthcode_require CLAIM = VALUE;\", with blanks "
                           "between them", &value[1]);
        return NGX_ERROR;
    }

    if (n > 4 && ngx_strcmp(value[2].data, "in") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"healthcode_require %V %V\" takes one VALUE; "
                           "write \"in\" where any of several will do, or a "
                           "line for each where all must hold",
                           &value[1], &value[2]);
        return NGX_ERROR;
    }

    for (i = 1; i < n; i++) {
        if (ngx_http_healthcode_conf_require_text(cf, &value[i],
                                                  (i == 1) ? "claim" : "VALUE")
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * JSON is UTF-8, so in another encoding a rule could never hold.  The name of
 * a claim also goes into logs, as one line.
 */
static ngx_int_t
ngx_http_healthcode_conf_require_text(ngx_conf_t *cf, ngx_str_t *text,
    const char *what)
{
    u_char    *p = text->data, *last = text->data + text->len;
    uint32_t   code;

    while (p < last) {

        if (*p < 0x20 || *p == 0x7f) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"healthcode_require\" has a %s with a control "
                               "character; write it without", what);
            return NGX_ERROR;
        }

        if (*p < 0x80) {
            p++;
            continue;
        }

        code = ngx_utf8_decode(&p, last - p);

        if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"healthcode_require\" has a %s that is no "
                               "UTF-8, as codes are; write this file in UTF-8",
                               what);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_conf_require_values(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *lcf, healthcode_require_t *rule,
    ngx_str_t *value, ngx_uint_t n)
{
    ngx_uint_t  i;

    rule->values = ngx_palloc(cf->pool,
                              n * sizeof(healthcode_require_value_t));
    if (rule->values == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        healthcode_require_value(ngx_http_healthcode_view(&value[i]),
                                 &rule->values[i]);

        if (ngx_http_healthcode_conf_values_add(cf, &lcf->require_values,
                                                &value[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    rule->nvalues = n;

    return NGX_OK;
}
