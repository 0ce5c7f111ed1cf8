/*
 * The lines of healthcode_issuer that say from when and until when its codes
 * are accepted.
 * Knows no: request, connection, location, token.
 * docs/operations.md, "Phasing an issuer out".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_SUNSET_H
#define NGX_HTTP_HEALTHCODE_CONF_SUNSET_H

#include "../ngx_http_healthcode.h"


/* The lines not_before and sunset: a date, read into cmd->offset. */
char *ngx_http_healthcode_conf_sunset_date(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Checks the dates of an issuer, once all its lines are known, and writes its
 * sunset as the header Sunset has it.  Warns if the issuer ends soon or has
 * ended.  NGX_CONF_OK, NGX_CONF_ERROR without memory, or what is wrong.
 */
char *ngx_http_healthcode_conf_sunset_finish(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer);

#endif
