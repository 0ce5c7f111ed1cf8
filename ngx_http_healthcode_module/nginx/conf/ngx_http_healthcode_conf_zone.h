/*
 * The directive healthcode_zone, and the zones that other lines name.
 * Knows no: request, connection, location, shared memory.
 * docs/directives.md, "healthcode_zone".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_ZONE_H
#define NGX_HTTP_HEALTHCODE_CONF_ZONE_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * The zone that reference names, once all zones are known.  NULL is logged,
 * with its line and with the zone whose name is nearest.
 */
ngx_http_healthcode_cache_t *ngx_http_healthcode_conf_zone_link(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf,
    ngx_http_healthcode_reference_t *reference);

#endif
