/*
 * Blocks of the http level: reads their lines, each by its own command.
 * Knows no: request, connection, location, issuer, store.
 * docs/directives.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_BLOCK_H
#define NGX_HTTP_HEALTHCODE_CONF_BLOCK_H

#include "../ngx_http_healthcode.h"


/*
 * Reads a block whose lines are those of commands, each NGX_CONF_TAKE* or
 * NGX_CONF_1MORE, into conf.  what names the directive in messages.
 * NGX_CONF_OK; NGX_CONF_ERROR is logged.
 */
char *ngx_http_healthcode_conf_block(ngx_conf_t *cf, ngx_command_t *commands,
    void *conf, const char *what);

/*
 * Logs rv, what is wrong with the whole block, with the block's name instead of
 * its last line, which nginx would name.  NGX_CONF_OK or NGX_CONF_ERROR.
 */
char *ngx_http_healthcode_conf_finished(ngx_conf_t *cf, const char *what,
    ngx_str_t *name, char *rv);

#endif
