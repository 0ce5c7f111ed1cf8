/*
 * Files of a store that workers read again: lines name them, here they are
 * noted.  Knows no: request, connection, location.
 * docs/connection.md, "Credentials".
 */

#include "../keys/ngx_http_healthcode_credential.h"
#include "ngx_http_healthcode_conf_credential.h"


ngx_int_t
ngx_http_healthcode_conf_credential_add(ngx_conf_t *cf,
    const ngx_http_healthcode_store_t *store,
    const ngx_http_healthcode_credential_kind_t *kind, const ngx_str_t *names,
    ngx_http_healthcode_credential_t **credential)
{
    ngx_uint_t                          i;
    ngx_http_healthcode_main_conf_t    *mcf;
    ngx_http_healthcode_credential_t   *c, **p;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_healthcode_module);

    c = ngx_pcalloc(cf->pool, sizeof(ngx_http_healthcode_credential_t));
    p = ngx_array_push(&mcf->credentials);

    if (c == NULL || p == NULL) {
        return NGX_ERROR;
    }

    *p = c;
    *credential = c;

    c->kind = kind;
    c->store = store->name;
    c->block = store->block;

    for (i = 0; i < NGX_HTTP_HEALTHCODE_CREDENTIAL_FILES; i++) {

        c->files[i] = names[i];

        if (names[i].len
            && ngx_conf_full_name(cf->cycle, &c->files[i], 1) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_http_healthcode_credential_note(c);

    return NGX_OK;
}
