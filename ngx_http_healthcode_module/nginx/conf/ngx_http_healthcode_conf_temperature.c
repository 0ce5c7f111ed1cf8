/*
 * The directive healthcode_temperature: where the reading is, and its limit.
 * Knows no: request, connection, token.
 * docs/directives.md, "healthcode_temperature".
 */

#include "ngx_http_healthcode_conf_source.h"
#include "ngx_http_healthcode_conf_temperature.h"


static char *ngx_http_healthcode_conf_temperature_off(ngx_conf_t *cf,
    ngx_str_t *word);
static ngx_int_t ngx_http_healthcode_conf_temperature_max(ngx_conf_t *cf,
    ngx_str_t *word, unsigned *max);


char *
ngx_http_healthcode_conf_temperature(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    char                               *rv;
    ngx_str_t                          *value = cf->args->elts;
    ngx_http_healthcode_loc_conf_t     *lcf = conf;
    ngx_http_healthcode_temperature_t  *temperature;

    if (lcf->rules.temperature != NGX_CONF_UNSET_PTR) {
        return "is duplicate; a location has one place of the temperature";
    }

    lcf->rules.temperature = NULL;

    if (cf->args->nelts != 4) {
        return ngx_http_healthcode_conf_temperature_off(cf, &value[1]);
    }

    temperature = ngx_palloc(cf->pool,
                             sizeof(ngx_http_healthcode_temperature_t));
    if (temperature == NULL) {
        return NGX_CONF_ERROR;
    }

    lcf->rules.temperature = temperature;

    rv = ngx_http_healthcode_conf_source_read(cf, &temperature->source);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    switch (temperature->source.kind) {

    case NGX_HTTP_HEALTHCODE_HEADER:
    case NGX_HTTP_HEALTHCODE_QUERY:
    case NGX_HTTP_HEALTHCODE_FORM:
    case NGX_HTTP_HEALTHCODE_JSON:
        break;

    default:
        return "takes the temperature from no such source; write "
               "\"header NAME\", \"query NAME\", \"form NAME\" or "
               "\"json POINTER\"";
    }

    if (ngx_http_healthcode_conf_source_finish(cf, &temperature->source)
        != NGX_OK
        || ngx_http_healthcode_conf_temperature_max(cf, &value[3],
                                                    &temperature->max)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_healthcode_conf_temperature_off(ngx_conf_t *cf, ngx_str_t *word)
{
    if (cf->args->nelts == 2 && ngx_strcmp(word->data, "off") == 0) {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid number of arguments in "
                       "\"healthcode_temperature %V\"; write "
                       "\"healthcode_temperature header NAME max=37.3;\" or "
                       "\"healthcode_temperature off;\"", word);

    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_healthcode_conf_temperature_max(ngx_conf_t *cf, ngx_str_t *word,
    unsigned *max)
{
    ngx_str_t  text = *word;

    if (ngx_strncmp(text.data, "max=", 4) == 0) {
        text.data += 4;
        text.len -= 4;

        if (healthcode_temperature_read(ngx_http_healthcode_view(&text), max)) {
            return NGX_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid limit \"%V\" of \"healthcode_temperature\"; "
                       "write degrees Celsius from 30 to 45 with at most one "
                       "decimal, such as \"max=37.3\"", word);

    return NGX_ERROR;
}
