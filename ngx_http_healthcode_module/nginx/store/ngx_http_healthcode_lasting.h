/*
 * Memory that all workers share and that outlives a reload, killed workers and,
 * on Linux, an upgrade of nginx while it runs.  Knows no: request, location.
 * docs/monitoring/metrics.md, "How they are kept".
 */

#ifndef NGX_HTTP_HEALTHCODE_LASTING_H
#define NGX_HTTP_HEALTHCODE_LASTING_H

#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Returns size bytes of shared memory, aligned to a page: those that an earlier
 * cycle, or the nginx that has executed this one, had by this name and size; or
 * new ones, all zero.  Called by the process that starts the workers.  They are
 * mapped for as long as cycle->pool lives.  NULL, logged: there are none.
 */
void *ngx_http_healthcode_lasting_map(ngx_cycle_t *cycle, const char *name,
    size_t size);

#endif
