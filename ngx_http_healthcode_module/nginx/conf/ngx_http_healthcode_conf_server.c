/*
 * What follows the address of a server: that its name is resolved while nginx
 * serves, and by which SRV records.  Knows no: request, connection,
 * holder.  docs/directives.md, "server".
 */

#include "ngx_http_healthcode_conf_server.h"


char *
ngx_http_healthcode_conf_server_words(ngx_conf_t *cf,
    ngx_http_healthcode_server_t *server, ngx_flag_t *resolve)
{
    ngx_uint_t   i;
    ngx_str_t   *value = cf->args->elts;

    for (i = 2; i < cf->args->nelts; i++) {

        if (!*resolve && ngx_strcmp(value[i].data, "resolve") == 0) {
            *resolve = 1;

        } else if (server->service.len == 0 && value[i].len > 8
                   && ngx_strncmp(value[i].data, "service=", 8) == 0)
        {
            server->service.len = value[i].len - 8;
            server->service.data = value[i].data + 8;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" of \"server\"; write "
                               "\"resolve\", \"service=NAME resolve\" or "
                               "nothing", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_healthcode_conf_server_service(ngx_conf_t *cf, const ngx_url_t *url,
    ngx_flag_t resolve)
{
    if (url->naddrs) {
        return "has a \"service\", but an address, which has no SRV records; "
               "write the name that has them, or leave \"service\" out";
    }

    if (!url->no_port) {
        return "has a \"service\" and a port, which its SRV records have; "
               "leave the port out";
    }

    if (!resolve) {
        return "has a \"service\", which is looked up while nginx serves; "
               "write \"resolve\" behind it";
    }

    return NGX_CONF_OK;
}
