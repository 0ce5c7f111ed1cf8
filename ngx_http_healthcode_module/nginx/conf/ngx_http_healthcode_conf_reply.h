/*
 * The directive healthcode_reply: each line is an answer to some verdicts.
 * Knows no: request, connection.
 * docs/directives.md, "healthcode_reply".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_REPLY_H
#define NGX_HTTP_HEALTHCODE_CONF_REPLY_H

#include "../ngx_http_healthcode.h"


/* A level that has a line "allow" itself. */
typedef struct {
    ngx_http_healthcode_loc_conf_t  *conf;
    ngx_str_t                        where;
    ngx_str_t                        at;
} ngx_http_healthcode_conf_reply_t;


char *ngx_http_healthcode_conf_reply(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * While a location is merged, after its mode and its healthcode_gate: its
 * lines, or those that it inherits.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_conf_reply_merge(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf,
    const ngx_http_healthcode_loc_conf_t *prev,
    ngx_http_healthcode_loc_conf_t *conf);

/* Once all locations are merged: warns of answers that nobody gets. */
void ngx_http_healthcode_conf_reply_warn(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);

#endif
