/*
 * The header of an answer to a request that passed in an outage.
 * Knows no: connection, store, token.
 * docs/directives.md, "healthcode_degraded_header".
 */

#ifndef NGX_HTTP_HEALTHCODE_DEGRADED_H
#define NGX_HTTP_HEALTHCODE_DEGRADED_H

#include "../ngx_http_healthcode.h"


/*
 * Has this worker's answers pass here, if a location of mcf wants the header;
 * once, when nginx's chain of filters is complete.
 */
void ngx_http_healthcode_degraded_init_process(
    const ngx_http_healthcode_main_conf_t *mcf);

#endif
