/*
 * The memory that lasts, divided among what workers count and say in it.
 * Knows no: request, location.
 * docs/monitoring/metrics.md, "How they are kept".
 */

#ifndef NGX_HTTP_HEALTHCODE_MEMORY_H
#define NGX_HTTP_HEALTHCODE_MEMORY_H

#include "../ngx_http_healthcode.h"


/*
 * Maps the memory that all workers share, in the process that starts them, and
 * sets the parts of mcf and of its stores.  Without memory they are NULL, which
 * is logged: nothing is counted, and gates work as ever.
 */
void ngx_http_healthcode_memory_init(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf);

#endif
