/*
 * What the files that read configuration share.
 * Knows no request.  README.md, "Directives".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_H
#define NGX_HTTP_HEALTHCODE_CONF_H

#include "ngx_http_healthcode.h"


/* Seconds that a code lives, by the rules of the service. */
#define NGX_HTTP_HEALTHCODE_MAX_AGE     900

/* Seconds of any age that is asked for, and of clocks that differ. */
#define NGX_HTTP_HEALTHCODE_AGE_MAX     (366 * 86400)
#define NGX_HTTP_HEALTHCODE_LEEWAY_MAX  300


/*
 * Reads a file, named relative to the configuration, into text, which lives
 * in cf->pool and ends in a NUL that is not counted.  NGX_ERROR is logged.
 */
ngx_int_t ngx_http_healthcode_conf_read_file(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text);

/*
 * Reads a block whose lines are those of commands, each NGX_CONF_TAKE* or
 * NGX_CONF_1MORE, into conf.  what names the directive in messages.
 */
char *ngx_http_healthcode_conf_block(ngx_conf_t *cf, ngx_command_t *commands,
    void *conf, const char *what);

/* Whether two names are the same bytes. */
ngx_uint_t ngx_http_healthcode_conf_is_name(ngx_str_t *a, ngx_str_t *b);

#endif
