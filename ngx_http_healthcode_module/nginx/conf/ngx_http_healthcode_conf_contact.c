/*
 * The directive healthcode_contact: each line says whom a refused person can
 * turn to.
 * Knows no: request, connection.
 * docs/directives.md, "healthcode_contact".
 */

#include "ngx_http_healthcode_conf_contact.h"


static ngx_uint_t ngx_http_healthcode_conf_contact_is_line(
    const ngx_str_t *text);


char *
ngx_http_healthcode_conf_contact(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                          *value = cf->args->elts;
    healthcode_contact_e                contact;
    ngx_http_complex_value_t          **place;
    ngx_http_healthcode_loc_conf_t     *lcf = conf;
    ngx_http_compile_complex_value_t    ccv;

    if (!healthcode_contact_find(ngx_http_healthcode_view(&value[1]),
                                 &contact))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown contact \"%V\"; write \"renew\", "
                           "\"correction\", \"hotline\" or \"lane\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    place = &lcf->contacts[contact];

    if (*place != NGX_CONF_UNSET_PTR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate \"healthcode_contact %V\"; leave one of "
                           "them out", &value[1]);
        return NGX_CONF_ERROR;
    }

    /* what a variable says is asked again for each request */

    if (healthcode_contact_kind(ngx_http_healthcode_view(&value[2]))
        == HEALTHCODE_CONTACT_REFUSED
        || !ngx_http_healthcode_conf_contact_is_line(&value[2]))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid contact \"%V\"; write a link that begins "
                           "with \"https://\", \"http://\", \"tel:\" or "
                           "\"mailto:\" and has no blank, or a line of text, "
                           "with a blank behind its colon", &value[2]);
        return NGX_CONF_ERROR;
    }

    *place = NULL;

    if (value[2].len == 0) {
        return NGX_CONF_OK;
    }

    *place = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (*place == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[2];
    ccv.complex_value = *place;

    return (ngx_http_compile_complex_value(&ccv) == NGX_OK) ? NGX_CONF_OK
                                                            : NGX_CONF_ERROR;
}


static ngx_uint_t
ngx_http_healthcode_conf_contact_is_line(const ngx_str_t *text)
{
    ngx_uint_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] < ' ' || text->data[i] == 0x7f) {
            return 0;
        }
    }

    return 1;
}


void
ngx_http_healthcode_conf_contact_create(ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_uint_t  i;

    for (i = 0; i < HEALTHCODE_CONTACT_COUNT; i++) {
        conf->contacts[i] = NGX_CONF_UNSET_PTR;
    }
}


void
ngx_http_healthcode_conf_contact_merge(
    const ngx_http_healthcode_loc_conf_t *prev,
    ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_uint_t  i;

    for (i = 0; i < HEALTHCODE_CONTACT_COUNT; i++) {
        ngx_conf_merge_ptr_value(conf->contacts[i], prev->contacts[i], NULL);
    }
}
