/*
 * The directive healthcode_require: each line is one rule about a claim, or
 * about a variable of nginx.
 * Knows no: request, connection, token, claims.
 * docs/directives.md, "healthcode_require".
 */

#include "ngx_http_healthcode_conf_pattern.h"
#include "ngx_http_healthcode_conf_require.h"
#include "ngx_http_healthcode_conf_values.h"
#include "ngx_http_healthcode_conf_words.h"


static ngx_int_t ngx_http_healthcode_conf_require_check(ngx_conf_t *cf,
    ngx_str_t *value, ngx_uint_t n);
static ngx_int_t ngx_http_healthcode_conf_require_text(ngx_conf_t *cf,
    ngx_str_t *text, const char *what);
static healthcode_require_t *ngx_http_healthcode_conf_require_push(
    ngx_conf_t *cf, ngx_array_t **rules);
static ngx_int_t ngx_http_healthcode_conf_require_variable(ngx_conf_t *cf,
    ngx_str_t *variable, ngx_array_t **values);
static ngx_int_t ngx_http_healthcode_conf_require_values(ngx_conf_t *cf,
    ngx_array_t **values, healthcode_require_t *rule, ngx_str_t *value,
    ngx_uint_t n);
static ngx_int_t ngx_http_healthcode_conf_require_number(ngx_conf_t *cf,
    const ngx_array_t *values, const healthcode_require_t *rule,
    ngx_str_t *value);


char *
ngx_http_healthcode_conf_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                       *value = cf->args->elts;
    ngx_uint_t                       n = cf->args->nelts, is_variable;
    ngx_array_t                    **values;
    healthcode_require_t            *rule;
    ngx_http_healthcode_loc_conf_t  *lcf = conf;

    if (ngx_http_healthcode_conf_require_check(cf, value, n) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* one line is enough not to inherit any */

    if (lcf->rules.require == NGX_CONF_UNSET_PTR) {
        lcf->rules.require = NULL;
        lcf->rules.conditions = NULL;
    }

    is_variable = (value[1].data[0] == '$');

    rule = ngx_http_healthcode_conf_require_push(cf,
                                           is_variable ? &lcf->rules.conditions
                                                       : &lcf->rules.require);
    if (rule == NULL) {
        return NGX_CONF_ERROR;
    }

    if (is_variable) {
        values = &lcf->condition_values;

        if (ngx_http_healthcode_conf_require_variable(cf, &value[1], values)
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

    } else {
        values = &lcf->require_values;
        ngx_http_healthcode_conf_literal(cf, &value[1]);
    }

    rule->claim = ngx_http_healthcode_view(&value[1]);
    rule->operator = healthcode_require_operator(
                                        ngx_http_healthcode_view(&value[2]));

    if (rule->operator == HEALTHCODE_REQUIRE_MATCH) {
        rule->pattern = ngx_http_healthcode_conf_pattern(cf, &value[3],
                                            healthcode_pattern_create_search);

        return rule->pattern ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    if (ngx_http_healthcode_conf_require_values(cf, values, rule, &value[3],
                                                n - 3)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return (ngx_http_healthcode_conf_require_number(cf, *values, rule,
                                                    &value[3])
            == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* A new rule of *rules, all zero; NULL: no memory. */
static healthcode_require_t *
ngx_http_healthcode_conf_require_push(ngx_conf_t *cf, ngx_array_t **rules)
{
    healthcode_require_t  *rule;

    if (*rules == NULL) {
        *rules = ngx_array_create(cf->pool, 2, sizeof(healthcode_require_t));
        if (*rules == NULL) {
            return NULL;
        }
    }

    rule = ngx_array_push(*rules);

    if (rule) {
        ngx_memzero(rule, sizeof(healthcode_require_t));
    }

    return rule;
}


/* The variables of the verdict are not known before it. */
static ngx_int_t
ngx_http_healthcode_conf_require_variable(ngx_conf_t *cf, ngx_str_t *variable,
    ngx_array_t **values)
{
    if (ngx_strnstr(variable->data, "healthcode_", variable->len)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid variable \"%V\" of "
                           "\"healthcode_require\": the verdict sets it; "
                           "write the name of the claim that is asked for, or "
                           "another variable", variable);
        return NGX_ERROR;
    }

    return ngx_http_healthcode_conf_values_add(cf, values, variable);
}


/* Checks the n words of the line; value[0] is the directive. */
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
                           "invalid operator \"%V\" of "
                           "\"healthcode_require\"; write \"=\", "
                           "\"!=\", \"~\", \"in\", \"<\", \"<=\", \">\" or "
                           "\">=\" between the claim and the VALUE",
                           &value[2]);
        return NGX_ERROR;
    }

    if (n < 4) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of arguments in "
                           "\"healthcode_require %V\"; write "
                           "\"healthcode_require CLAIM = VALUE;\", with blanks "
                           "between them", &value[1]);
        return NGX_ERROR;
    }

    if (n > 4 && ngx_strcmp(value[2].data, "in") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of arguments in "
                           "\"healthcode_require %V %V\"; write \"in\" if any "
                           "of several VALUEs will do, or a line for each if "
                           "all must hold",
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

    if (!healthcode_require_is_claim(ngx_http_healthcode_view(&value[1]))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid JSON pointer \"%V\" of "
                           "\"healthcode_require\": a \"~\" in it is followed "
                           "by \"0\" or \"1\"; write \"~0\" for \"~\" in a "
                           "name, \"~1\" for \"/\"", &value[1]);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * JSON is UTF-8 (RFC 8259, 8.1): a rule in another encoding could never hold.
 * The name of a claim is also written into logs, one line each.
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
                               "\"healthcode_require\" has a %s that is "
                               "not UTF-8, as codes are; write this file in "
                               "UTF-8", what);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_conf_require_values(ngx_conf_t *cf, ngx_array_t **values,
    healthcode_require_t *rule, ngx_str_t *value, ngx_uint_t n)
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

        if (ngx_http_healthcode_conf_values_add(cf, values, &value[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    rule->nvalues = n;

    return NGX_OK;
}


/* "<" and its like compare numbers: a VALUE without variables is one. */
static ngx_int_t
ngx_http_healthcode_conf_require_number(ngx_conf_t *cf,
    const ngx_array_t *values, const healthcode_require_t *rule,
    ngx_str_t *value)
{
    ngx_http_complex_value_t  *last = values->elts;

    last += values->nelts - 1;

    if (!healthcode_require_is_order(rule->operator)
        || last->lengths != NULL
        || healthcode_require_is_number(&rule->values[0]))
    {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid number \"%V\" of \"healthcode_require\"; "
                       "write one as JSON has it, such as \"3\" or \"-1.5\"",
                       value);
    return NGX_ERROR;
}
