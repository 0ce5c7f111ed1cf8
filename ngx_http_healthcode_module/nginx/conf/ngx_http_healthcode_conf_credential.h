/*
 * Files of a store that workers read again: lines name them, here they are
 * noted.  Knows no: request, connection, location.
 * docs/connection.md, "Credentials".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_CREDENTIAL_H
#define NGX_HTTP_HEALTHCODE_CONF_CREDENTIAL_H

#include "../ngx_http_healthcode.h"


/*
 * Notes the files of a credential of store, as they are before they are read:
 * names, NGX_HTTP_HEALTHCODE_CREDENTIAL_FILES of them, in kind's order; those
 * that a line does not name are empty.  *credential is for those who take it.
 * NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_conf_credential_add(ngx_conf_t *cf,
    const ngx_http_healthcode_store_t *store,
    const ngx_http_healthcode_credential_kind_t *kind, const ngx_str_t *names,
    ngx_http_healthcode_credential_t **credential);

#endif
