/*
 * TLS of a store: the lines of healthcode_store that begin with "ssl", and the
 * context of OpenSSL that they make.  Knows no: request, connection, location.
 * docs/directives.md, "ssl".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_SSL_H
#define NGX_HTTP_HEALTHCODE_CONF_SSL_H

#include "../ngx_http_healthcode.h"


/* Handlers of lines; conf is the store. */
char *ngx_http_healthcode_conf_ssl(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_ssl_text(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_ssl_protocols(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);

/*
 * When all lines of the store are read: makes what they say, or says what is
 * wrong with it, behind the name of the block.
 */
char *ngx_http_healthcode_conf_ssl_finish(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);

/* Warns of a password that goes over a network without TLS. */
void ngx_http_healthcode_conf_ssl_advise(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);

#endif
