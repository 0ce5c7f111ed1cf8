/*
 * The directive healthcode_contact: each line says whom a refused person can
 * turn to.
 * Knows no: request, connection.
 * docs/directives.md, "healthcode_contact".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_CONTACT_H
#define NGX_HTTP_HEALTHCODE_CONF_CONTACT_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_contact(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* While a level is created and merged: each contact is inherited by itself. */
void ngx_http_healthcode_conf_contact_create(
    ngx_http_healthcode_loc_conf_t *conf);
void ngx_http_healthcode_conf_contact_merge(
    const ngx_http_healthcode_loc_conf_t *prev,
    ngx_http_healthcode_loc_conf_t *conf);

#endif
