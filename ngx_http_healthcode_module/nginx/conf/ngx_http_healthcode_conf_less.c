/*
 * The lines of a store whose server lets a gate do less: "role", "protocol";
 * what is lost with them.  Knows no: request, connection, holder.
 * docs/redis-keys.md, "Less than all rights".
 */

#include "ngx_http_healthcode_conf_less.h"


char *
ngx_http_healthcode_conf_role(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                    *value = cf->args->elts;
    ngx_http_healthcode_store_t  *store = conf;

    if (store->role_unchecked != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    store->role_unchecked = (ngx_strcmp(value[1].data, "unchecked") == 0);

    if (store->role_unchecked || ngx_strcmp(value[1].data, "master") == 0) {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid role \"%V\"; write \"role master;\", or "
                       "\"role unchecked;\" if the server refuses ROLE",
                       &value[1]);

    return NGX_CONF_ERROR;
}


char *
ngx_http_healthcode_conf_protocol(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                    *value = cf->args->elts;
    ngx_http_healthcode_store_t  *store = conf;

    if (store->resp2 != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    store->resp2 = (ngx_strcmp(value[1].data, "resp2") == 0);

    if (store->resp2 || ngx_strcmp(value[1].data, "resp3") == 0) {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid protocol \"%V\"; write \"protocol resp3;\", "
                       "or \"protocol resp2;\" if the server refuses HELLO",
                       &value[1]);

    return NGX_CONF_ERROR;
}


/* A lease rests on the role; changes are pushed in RESP3 alone. */
char *
ngx_http_healthcode_conf_less_finish(ngx_http_healthcode_store_t *store)
{
    ngx_uint_t  has_cache = (store->cache_reference.name.data != NULL);

    ngx_conf_init_value(store->role_unchecked, 0);
    ngx_conf_init_value(store->resp2, 0);

    if (store->role_unchecked && has_cache) {
        return "has a \"cache\", whose lease takes the word of a master, and "
               "\"role unchecked\"; leave one of them out";
    }

    if (store->resp2 && has_cache) {
        return "has a \"cache\", whose changes come in RESP3 alone, and "
               "\"protocol resp2\"; leave one of them out";
    }

    store->handshake.role_unchecked = (store->role_unchecked != 0);
    store->handshake.resp2 = (store->resp2 != 0);

    return NGX_CONF_OK;
}


void
ngx_http_healthcode_conf_less_advise(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    if (!store->role_unchecked) {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "healthcode: store \"%V\" at %V is believed if it is a "
                  "replica, too, or a master that another one has replaced, "
                  "with flags that may be old (role unchecked); leave the line "
                  "out, if the server answers ROLE, in %V:%ui", &store->name,
                  &store->server.text, &store->block.file, store->block.line);
}
