/*
 * Whether the workers, which are not root, may read the key files that the
 * master reads: "nginx -t" says so before a key has to change in a hurry.
 * Knows no: request, connection, location.  docs/directives.md, "keys".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_READABLE_H
#define NGX_HTTP_HEALTHCODE_CONF_READABLE_H

#include "../ngx_http_healthcode.h"


/*
 * Warns, if nginx is started as root, of key files that the user of the workers
 * may not read: workers could not see them change.  After all of the
 * configuration is read, since "user" may stand after the http block.
 */
void ngx_http_healthcode_conf_readable_warn(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf);

#endif
