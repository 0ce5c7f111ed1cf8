/*
 * The line keys_location of healthcode_issuer, and the location that it names:
 * internal, never gated, and there.
 * Knows no: request, connection.  docs/directives.md, "keys_location".
 */

#include "ngx_http_healthcode_conf_keys_location.h"
#include "ngx_http_healthcode_conf_where.h"
#include "ngx_http_healthcode_conf_words.h"


static ngx_uint_t ngx_http_healthcode_conf_keys_location_is_here(
    ngx_http_core_loc_conf_t *clcf, ngx_http_healthcode_keys_conf_t *keys);


char *
ngx_http_healthcode_conf_keys_location(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    u_char                        *p, *end;
    ngx_str_t                     *value = cf->args->elts;
    ngx_http_healthcode_issuer_t  *issuer = conf;

    if (issuer->keys.location.data) {
        return "is duplicate; an issuer has one location of keys: leave "
               "the other out";
    }

    if (value[1].len == 0 || value[1].data[0] != '/') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid location \"%V\"; write the name of one of "
                           "this nginx, such as \"/keys/national\", and there "
                           "\"internal; proxy_pass https://...;\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    issuer->keys.location = value[1];
    ngx_http_healthcode_conf_refer(cf, &value[1], &issuer->keys.reference);

    end = value[1].data + value[1].len;
    p = ngx_strlchr(value[1].data, end, '?');

    if (p) {
        issuer->keys.location.len = p - value[1].data;
        issuer->keys.args.data = p + 1;
        issuer->keys.args.len = end - p - 1;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_healthcode_conf_keys_location_merge(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t                         at;
    ngx_uint_t                        i;
    ngx_http_core_loc_conf_t         *clcf;
    ngx_http_core_srv_conf_t         *cscf;
    ngx_http_healthcode_issuer_t    **issuers = mcf->issuers.elts;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    for (i = 0; i < mcf->issuers.nelts; i++) {

        if (!ngx_http_healthcode_conf_keys_location_is_here(clcf,
                                                       &issuers[i]->keys))
        {
            continue;
        }

        ngx_http_healthcode_conf_at(cf, conf, &at);

        if (!clcf->internal) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "location \"%V\" has the keys of issuer \"%V\" "
                          "(keys_location) and is never gated, but anybody "
                          "could ask for it; write \"internal;\" there%V",
                          &clcf->name, &issuers[i]->name, &at);
            return NGX_ERROR;
        }

        if (conf->rules.mode != NGX_CONF_UNSET_UINT
            && conf->rules.mode != NGX_HTTP_HEALTHCODE_OFF)
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "location \"%V\" has the keys of issuer \"%V\" "
                          "(keys_location), without which no code could pass "
                          "its gate; leave \"healthcode\" out there%V",
                          &clcf->name, &issuers[i]->name, &at);
            return NGX_ERROR;
        }

        conf->rules.mode = NGX_HTTP_HEALTHCODE_OFF;

        if (issuers[i]->keys.ctx == NULL) {
            issuers[i]->keys.ctx = cscf->ctx;
        }
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_healthcode_conf_keys_location_is_here(ngx_http_core_loc_conf_t *clcf,
    ngx_http_healthcode_keys_conf_t *keys)
{
#if (NGX_PCRE)
    if (clcf->regex) {
        return 0;
    }
#endif

    return keys->location.len && !clcf->noname
           && ngx_http_healthcode_conf_is_name(&clcf->name, &keys->location);
}


ngx_int_t
ngx_http_healthcode_conf_keys_location_check(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                      i;
    ngx_http_healthcode_issuer_t  **issuers = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {

        if (issuers[i]->keys.location.len == 0 || issuers[i]->keys.ctx) {
            continue;
        }

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "issuer \"%V\" has \"keys_location %V\", but no server "
                      "has this location; write \"location = %V { internal; "
                      "proxy_pass https://...; }\" in the server that is gated "
                      "in %V:%ui",
                      &issuers[i]->name, &issuers[i]->keys.location,
                      &issuers[i]->keys.location,
                      &issuers[i]->keys.reference.file,
                      issuers[i]->keys.reference.line);
        return NGX_ERROR;
    }

    return NGX_OK;
}
