/*
 * The directive healthcode_form_types: which other types of bodies are forms.
 * Knows no: request, connection, token.
 * docs/directives.md, "healthcode_form_types".
 */

#include "ngx_http_healthcode_conf_form_types.h"
#include "../../core/healthcode_body.h"


char *
ngx_http_healthcode_conf_form_types(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                       *value = cf->args->elts;
    ngx_uint_t                       i;
    ngx_array_t                     *types;
    healthcode_str_t                *type;
    ngx_http_healthcode_loc_conf_t  *lcf = conf;

    if (lcf->rules.form_types != NGX_CONF_UNSET_PTR) {
        return "is duplicate; write all types in one line";
    }

    types = ngx_array_create(cf->pool, cf->args->nelts - 1,
                             sizeof(healthcode_str_t));
    if (types == NULL) {
        return NGX_CONF_ERROR;
    }

    lcf->rules.form_types = types;

    for (i = 1; i < cf->args->nelts; i++) {
        type = ngx_array_push(types);
        *type = ngx_http_healthcode_view(&value[i]);

        if (!healthcode_body_is_type(*type)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid type \"%V\" of "
                               "\"healthcode_form_types\"; write a media type "
                               "without parameters, such as \"text/html\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}
