/*
 * The directives healthcode_passage_confirm and healthcode_passage_annul.
 * Knows no: request, connection.
 * docs/directives.md, "healthcode_passage_confirm".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_SECOND_H
#define NGX_HTTP_HEALTHCODE_CONF_SECOND_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_second(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Of a location that is merged: it has a store, no gate, and nothing else that
 * answers.  NGX_OK, or NGX_ERROR after a message.
 */
ngx_int_t ngx_http_healthcode_conf_second_link(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);

/*
 * Once all are known: some gate reserves passages; notes locations that
 * everybody may ask, and warns of them.  NGX_OK, or NGX_ERROR after a message.
 */
ngx_int_t ngx_http_healthcode_conf_second_check(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);
void ngx_http_healthcode_conf_second_warn(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf);

#endif
