/*
 * The directive healthcode_pepper_file.
 * Knows no: request, connection, location.
 * docs/directives.md, "healthcode_pepper_file".
 */

#include "ngx_http_healthcode_conf_file.h"
#include "ngx_http_healthcode_conf_pepper.h"
#include "ngx_http_healthcode_conf_words.h"


static void ngx_http_healthcode_conf_free_pepper(void *data);


char *
ngx_http_healthcode_conf_pepper_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                        *value, text;
    ngx_file_info_t                   info;
    ngx_pool_cleanup_t               *cln;
    ngx_http_healthcode_main_conf_t  *mcf = conf;

    value = cf->args->elts;

    if (mcf->pepper) {
        return "is duplicate";
    }

    ngx_http_healthcode_conf_literal(cf, &value[1]);

    if (ngx_http_healthcode_conf_file_read(cf, &value[1], &text, &info)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_http_healthcode_conf_file_secret(cf, &value[1], ngx_file_access(&info));

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    mcf->pepper = healthcode_pepper_create(
                      healthcode_str_chomp(ngx_http_healthcode_view(&text)));

    ngx_explicit_memzero(text.data, text.len);

    if (mcf->pepper == NULL
        || !healthcode_pepper_check(mcf->pepper, mcf->pepper_check))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "pepper file \"%V\" holds fewer than %d bytes; make "
                           "one with \"openssl rand -hex 32\"",
                           &value[1], HEALTHCODE_PEPPER_MIN);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_healthcode_conf_free_pepper;
    cln->data = mcf->pepper;

    return NGX_CONF_OK;
}


static void
ngx_http_healthcode_conf_free_pepper(void *data)
{
    healthcode_pepper_free(data);
}
