/*
 * Gates that other locations of this nginx ask by subrequests, and that answer
 * a refusal with 2xx: "nginx -t" says that nobody gets that.  Refuses nothing.
 * Knows no: request, connection.  docs/directives.md, "healthcode_reply".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_ASKED_H
#define NGX_HTTP_HEALTHCODE_CONF_ASKED_H

#include "../ngx_http_healthcode.h"


/*
 * Once all locations are merged and nginx can find them: warns of each
 * healthcode_gate that is "internal", or that an auth_request of the same
 * server leads to.
 */
void ngx_http_healthcode_conf_asked_warn(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);

#endif
