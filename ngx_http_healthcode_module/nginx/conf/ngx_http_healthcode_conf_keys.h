/*
 * The lines of healthcode_issuer that say where its keys come from and what
 * they may be, and the keys as they are when the configuration is read.
 * Knows no: request, connection, location.  docs/directives.md, "keys".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_KEYS_H
#define NGX_HTTP_HEALTHCODE_CONF_KEYS_H

#include "../ngx_http_healthcode.h"


/* The lines keys, keys_dir and alg_alias of an issuer. */
char *ngx_http_healthcode_conf_keys(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_keys_dir(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_alg_alias(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Checks the lines about keys, once all lines of the issuer are known, and
 * reads its keys.  An issuer whose files are broken has none (keys.broken).
 * NGX_CONF_OK, or NGX_CONF_ERROR, which is logged, or what is wrong.
 */
char *ngx_http_healthcode_conf_keys_finish(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer);

/* NGX_ERROR, which is logged: the keys of all issuers are broken. */
ngx_int_t ngx_http_healthcode_conf_keys_check(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);

#endif
