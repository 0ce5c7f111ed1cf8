/*
 * The directive healthcode_on_outage: in which outages of its store a location
 * lets codes pass.
 * Knows no: request, connection.
 * docs/directives.md, "healthcode_on_outage".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_OUTAGE_H
#define NGX_HTTP_HEALTHCODE_CONF_OUTAGE_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_on_outage(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * While a location is merged: it has the lines of its own, or else all of those
 * that it inherits.
 */
void ngx_http_healthcode_conf_outage_merge(
    const ngx_http_healthcode_loc_conf_t *prev,
    ngx_http_healthcode_loc_conf_t *conf);

/*
 * Once a location, which messages name so, is merged: says in which outages it
 * lets holders pass, and warns of lines that can do nothing: a header that no
 * answer of it can have, "stale" without a cache.
 */
void ngx_http_healthcode_conf_outage_advise(ngx_conf_t *cf,
    const ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *name,
    ngx_str_t *at);

#endif
