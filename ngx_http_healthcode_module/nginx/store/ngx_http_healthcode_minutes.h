/*
 * Sums of the last hour by minute: a worker writes the totals of all counters
 * down when a minute ends.  Knows no: request, location, socket.
 * docs/monitoring/metrics.md, "The last hour".
 */

#ifndef NGX_HTTP_HEALTHCODE_MINUTES_H
#define NGX_HTTP_HEALTHCODE_MINUTES_H

#include "../ngx_http_healthcode.h"
#include "../../core/healthcode_minute.h"


/* In a worker; NGX_OK, or NGX_ERROR: no memory. */
ngx_int_t ngx_http_healthcode_minutes_init_process(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf);

/*
 * Writes the minutes of the last hour, the running one last, to out, by the
 * totals of now.  Returns how many; 0: there is no shared memory.
 */
ngx_uint_t ngx_http_healthcode_minutes_read(
    const ngx_http_healthcode_main_conf_t *mcf,
    const healthcode_minute_t *totals,
    healthcode_history_minute_t out[HEALTHCODE_HISTORY_MINUTES]);

#endif
