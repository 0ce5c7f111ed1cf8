/*
 * $healthcode_json: a request, as it is counted, as one line of JSON.
 * Decides nothing.
 * Knows no: connection, header, token.  docs/monitoring/log.md.
 */

#include "ngx_http_healthcode_counts.h"
#include "ngx_http_healthcode_event.h"


/* Most lines are shorter; a longer one is written twice. */
#define NGX_HTTP_HEALTHCODE_EVENT_SIZE  512


static void ngx_http_healthcode_event_fill(
    const ngx_http_healthcode_count_t *count,
    const ngx_http_healthcode_counts_labels_t *labels,
    healthcode_event_t *event);
static healthcode_event_cache_e ngx_http_healthcode_event_cache(
    unsigned sought, unsigned known);


ngx_int_t
ngx_http_healthcode_event_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    size_t                                len;
    uint8_t                               line[NGX_HTTP_HEALTHCODE_EVENT_SIZE];
    char                                  holder[HEALTHCODE_HOLDER_HEX];
    ngx_time_t                           *now;
    healthcode_event_t                    event;
    ngx_http_healthcode_count_t           count;
    ngx_http_healthcode_record_t         *record;
    ngx_http_healthcode_counts_labels_t   labels;

    record = ngx_http_healthcode_record_find(r);

    /* a subrequest that no gate was asked about is not counted */

    if (record == NULL || record->request != r
        || !ngx_http_healthcode_counts_now(record, &count))
    {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_http_healthcode_counts_labels(&count, &labels);
    ngx_http_healthcode_event_fill(&count, &labels, &event);

    if (event.has_pseudonym && count.has_holder) {
        healthcode_holder_format(count.holder, holder);
        event.pseudonym = healthcode_str_from(holder, HEALTHCODE_HOLDER_HEX);
    }

    /* as $msec has it */
    now = ngx_timeofday();
    event.time = (int64_t) now->sec * 1000 + now->msec;

    len = healthcode_event_write(&event, line, sizeof(line));

    v->data = ngx_pnalloc(r->pool, len);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    if (len <= sizeof(line)) {
        ngx_memcpy(v->data, line, len);
    } else {
        (void) healthcode_event_write(&event, v->data, len);
    }

    v->len = len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static void
ngx_http_healthcode_event_fill(const ngx_http_healthcode_count_t *count,
    const ngx_http_healthcode_counts_labels_t *labels,
    healthcode_event_t *event)
{
    ngx_memzero(event, sizeof(healthcode_event_t));

    event->gate = labels->series.values[0];
    event->server = labels->series.values[1];
    event->issuer = labels->series.values[2];
    event->verdict = labels->series.values[3];
    event->reason = labels->series.values[4];

    if (count->kid.len) {
        event->kid = ngx_http_healthcode_view(&count->kid);
    }

    event->was_asked = count->is_answered;
    event->lookup = count->lookup_us;
    event->code = ngx_http_healthcode_event_cache(count->code_sought,
                                                  count->code_known);
    event->holder = ngx_http_healthcode_event_cache(count->risk_sought,
                                                    count->risk_known);
    event->has_pseudonym = (count->gate->log_holder != 0);
}


static healthcode_event_cache_e
ngx_http_healthcode_event_cache(unsigned sought, unsigned known)
{
    if (!sought) {
        return HEALTHCODE_EVENT_NOT_SOUGHT;
    }

    return known ? HEALTHCODE_EVENT_HIT : HEALTHCODE_EVENT_MISS;
}
