/*
 * Sums of the last hour by minute: a worker writes the totals of all counters
 * down when a minute ends.  Knows no: request, location, socket.
 * docs/monitoring/metrics.md, "The last hour".
 */

#include "ngx_http_healthcode_minutes.h"


/*
 * Milliseconds after the beginning of a minute: whether somebody was killed
 * while he wrote the last one down.
 */
#define NGX_HTTP_HEALTHCODE_MINUTES_AGAIN                                     \
    (1000 * (HEALTHCODE_HISTORY_AGAIN + 2))


typedef struct {
    const ngx_http_healthcode_main_conf_t  *mcf;
    ngx_event_t                             timer;
    ngx_connection_t                        dummy;    /* timer logs its fd */
} ngx_http_healthcode_minutes_t;


static void ngx_http_healthcode_minutes_handler(ngx_event_t *ev);
static void ngx_http_healthcode_minutes_note(
    const ngx_http_healthcode_main_conf_t *mcf,
    const healthcode_minute_t *totals);
static void ngx_http_healthcode_minutes_totals(
    const healthcode_counters_t *counters, healthcode_minute_t *totals);


ngx_int_t
ngx_http_healthcode_minutes_init_process(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_http_healthcode_minutes_t  *minutes;

    if (mcf->history == NULL) {
        return NGX_OK;
    }

    minutes = ngx_pcalloc(cycle->pool, sizeof(ngx_http_healthcode_minutes_t));
    if (minutes == NULL) {
        return NGX_ERROR;
    }

    minutes->mcf = mcf;
    minutes->dummy.fd = (ngx_socket_t) -1;
    minutes->dummy.data = minutes;

    minutes->timer.handler = ngx_http_healthcode_minutes_handler;
    minutes->timer.data = &minutes->dummy;
    minutes->timer.log = cycle->log;
    minutes->timer.cancelable = 1;

    /* the first worker begins the first minute */
    ngx_http_healthcode_minutes_handler(&minutes->timer);

    return NGX_OK;
}


static void
ngx_http_healthcode_minutes_handler(ngx_event_t *ev)
{
    ngx_msec_t                      at;
    ngx_time_t                     *tp;
    ngx_connection_t               *dummy = ev->data;
    healthcode_minute_t             totals;
    ngx_http_healthcode_minutes_t  *minutes = dummy->data;

    /* one worker of all does so; for the others it costs two words */

    if (healthcode_history_is_due(minutes->mcf->history,
                                  (uint64_t) ngx_time()))
    {
        ngx_http_healthcode_minutes_totals(minutes->mcf->counters, &totals);
        ngx_http_healthcode_minutes_note(minutes->mcf, &totals);
    }

    tp = ngx_timeofday();
    at = (ngx_msec_t) (tp->sec % 60) * 1000 + tp->msec;

    ngx_add_timer(ev, (at < NGX_HTTP_HEALTHCODE_MINUTES_AGAIN)
                      ? NGX_HTTP_HEALTHCODE_MINUTES_AGAIN - at
                      : 60 * 1000 - at + 1);
}


static void
ngx_http_healthcode_minutes_note(const ngx_http_healthcode_main_conf_t *mcf,
    const healthcode_minute_t *totals)
{
    if (ngx_exiting) {
        /* after an upgrade what it writes may mean nothing to the new ones */
        return;
    }

    healthcode_history_note(mcf->history, healthcode_minute_meaning(),
                            (const uint64_t *) totals, HEALTHCODE_MINUTE_WORDS,
                            (uint64_t) ngx_time());
}


static void
ngx_http_healthcode_minutes_totals(const healthcode_counters_t *counters,
    healthcode_minute_t *totals)
{
    size_t               place, len;
    uint8_t              name[HEALTHCODE_COUNTERS_NAME];
    uint64_t             sum;
    healthcode_series_t  series;

    ngx_memzero(totals, sizeof(healthcode_minute_t));

    for (place = 0; place < counters->places; place++) {
        if (healthcode_counters_read(counters, place, name, &len, &sum)
            && healthcode_series_read(healthcode_str_from(name, len), &series))
        {
            healthcode_minute_add(totals, &series, sum);
        }
    }

    totals->other += healthcode_counters_overflow(counters);
}


ngx_uint_t
ngx_http_healthcode_minutes_read(const ngx_http_healthcode_main_conf_t *mcf,
    const healthcode_minute_t *totals,
    healthcode_history_minute_t out[HEALTHCODE_HISTORY_MINUTES])
{
    if (mcf->history == NULL) {
        return 0;
    }

    /* no timer may have seen yet that a minute has ended */
    ngx_http_healthcode_minutes_note(mcf, totals);

    return healthcode_history_read(mcf->history, healthcode_minute_meaning(),
                                   (const uint64_t *) totals,
                                   HEALTHCODE_MINUTE_WORDS,
                                   (uint64_t) ngx_time(), out);
}
