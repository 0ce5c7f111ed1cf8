/*
 * Where a message about a location points to: its name, its server, its line.
 * Knows no: request, connection.  docs/messages.md, "Where they appear".
 */

#include "ngx_http_healthcode_conf_where.h"


ngx_int_t
ngx_http_healthcode_conf_place(ngx_conf_t *cf, ngx_array_t *places,
    ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_http_healthcode_place_t  *place;

    place = ngx_array_push(places);
    if (place == NULL) {
        return NGX_ERROR;
    }

    place->conf = conf;
    place->location = ngx_http_conf_get_module_loc_conf(cf,
                                                        ngx_http_core_module);
    place->server = ngx_http_conf_get_module_srv_conf(cf,
                                                      ngx_http_core_module);
    return NGX_OK;
}


void
ngx_http_healthcode_conf_where(ngx_http_core_loc_conf_t *clcf, ngx_str_t *name)
{
    if (clcf->name.len) {
        *name = clcf->name;
    } else {
        ngx_str_set(name, "(server)");
    }
}


void
ngx_http_healthcode_conf_at(ngx_conf_t *cf,
    const ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *at)
{
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    ngx_http_healthcode_conf_at_server(cf, cscf, conf, at);
}


void
ngx_http_healthcode_conf_at_server(ngx_conf_t *cf,
    const ngx_http_core_srv_conf_t *cscf,
    const ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *at)
{
    u_char                                 *p;
    size_t                                  size;
    ngx_uint_t                              named;
    const ngx_http_healthcode_reference_t  *block = &conf->block;

    size = sizeof(" in server \"\" in :") + cscf->server_name.len
           + block->file.len + NGX_INT_T_LEN;
    named = (cscf->server_name.len != 0);

    ngx_str_null(at);

    p = ngx_pnalloc(cf->pool, size);
    if (p == NULL) {
        return;
    }

    at->data = p;
    at->len = ngx_snprintf(p, size, "%s%V%s in %V:%ui",
                           named ? " in server \"" : "", &cscf->server_name,
                           named ? "\"" : "", &block->file, block->line)
              - p;
}
