/*
 * As what a request counts, once: by its gate, the issuer of its code, its
 * verdict and the reason.  Decides nothing.
 * Knows no: connection, header, token.
 * docs/monitoring/metrics.md, "Requests".
 */

#include "ngx_http_healthcode_counts.h"
#include "../../core/healthcode_cells.h"


/* This worker's. */
struct ngx_http_healthcode_counts_s {
    healthcode_cells_t  cells;
    unsigned            is_full:1;   /* and it was logged */
};


static ngx_uint_t ngx_http_healthcode_counts_is_replaced(
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record);
static void ngx_http_healthcode_counts_take(
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record,
    ngx_http_healthcode_count_t *count);
static void ngx_http_healthcode_counts_close(
    const ngx_http_healthcode_record_t *record,
    ngx_http_healthcode_count_t *count);
static uint64_t *ngx_http_healthcode_counts_cell(ngx_http_request_t *r,
    ngx_http_healthcode_main_conf_t *mcf,
    const ngx_http_healthcode_count_t *count);
static size_t ngx_http_healthcode_counts_name(
    const ngx_http_healthcode_count_t *count, uint8_t *name);
static healthcode_event_verdict_e ngx_http_healthcode_counts_verdict(
    const ngx_http_healthcode_count_t *count);


ngx_int_t
ngx_http_healthcode_counts_init_process(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf)
{
    mcf->counts = ngx_pcalloc(cycle->pool,
                              sizeof(ngx_http_healthcode_counts_t));

    return mcf->counts ? NGX_OK : NGX_ERROR;
}


void
ngx_http_healthcode_counts_note(const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_count_t  *count = &record->count;

    count->is_open = 0;

    if (ngx_http_healthcode_counts_is_replaced(lcf, record)) {
        ngx_http_healthcode_counts_take(lcf, record, count);

        count->reason = record->found.verdict.reason;
        count->verdict = record->found.verdict.allow
                         ? NGX_HTTP_HEALTHCODE_COUNT_ALLOW
                         : NGX_HTTP_HEALTHCODE_COUNT_DENY;
    }
}


static ngx_uint_t
ngx_http_healthcode_counts_is_replaced(
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record)
{
    const ngx_http_healthcode_count_t  *count = &record->count;

    if (count->gate == NULL
        || count->gate->rules.mode == NGX_HTTP_HEALTHCODE_AUDIT)
    {
        return 1;
    }

    return lcf->rules.mode != NGX_HTTP_HEALTHCODE_AUDIT
           && (record->refusal.status == 0
               || (record->found.judged && record->found.verdict.allow));
}


/* What the judgement by the rules of lcf has found. */
static void
ngx_http_healthcode_counts_take(const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record,
    ngx_http_healthcode_count_t *count)
{
    const ngx_http_healthcode_code_found_t  *code = &record->found.code;
    const ngx_http_healthcode_risk_found_t  *risk = &record->found.risk;

    count->gate = lcf;
    count->issuer = ngx_http_healthcode_claimed_issuer(record);
    count->kid = code->kid;
    count->lookup_us = risk->lookup_us;

    count->is_answered = risk->answered;
    count->code_sought = code->sought;
    count->code_known = code->known;
    count->risk_sought = risk->sought;
    count->risk_known = risk->known;
    count->has_holder = code->has_holder;

    ngx_memcpy(count->holder, code->query.holder, HEALTHCODE_HOLDER_LEN);
}


void
ngx_http_healthcode_counts_fault(const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_count_t  *count = &record->count;

    ngx_memzero(count, sizeof(ngx_http_healthcode_count_t));

    count->gate = lcf;
    count->reason = HEALTHCODE_REASON_FAULT;
    count->verdict = NGX_HTTP_HEALTHCODE_COUNT_DENY;
}


void
ngx_http_healthcode_counts_overrule(ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_count_t  *count = &record->count;

    if (count->gate && count->gate->rules.mode == NGX_HTTP_HEALTHCODE_ON
        && count->verdict == NGX_HTTP_HEALTHCODE_COUNT_DENY)
    {
        count->verdict = NGX_HTTP_HEALTHCODE_COUNT_OVERRULED;
    }
}


void
ngx_http_healthcode_counts_end(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record)
{
    bool                              is_new;
    uint64_t                        **cell;
    ngx_http_healthcode_count_t      *count;
    ngx_http_healthcode_main_conf_t  *mcf;

    count = &record->count;

    if (count->is_over) {
        return;
    }

    ngx_http_healthcode_counts_close(record, count);
    count->is_over = 1;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    if (count->gate == NULL || mcf->counters == NULL || mcf->counts == NULL) {
        return;
    }

    cell = healthcode_cells_find(&mcf->counts->cells, count->gate,
                                 count->issuer,
                                 count->verdict * HEALTHCODE_REASON_COUNT
                                 + count->reason, &is_new);

    if (is_new) {
        *cell = ngx_http_healthcode_counts_cell(r, mcf, count);
    }

    healthcode_counters_count(*cell);
}


ngx_uint_t
ngx_http_healthcode_counts_now(const ngx_http_healthcode_record_t *record,
    ngx_http_healthcode_count_t *count)
{
    *count = record->count;
    ngx_http_healthcode_counts_close(record, count);

    return count->gate != NULL;
}


/* The request ends: a judgement that is under way has been aborted. */
static void
ngx_http_healthcode_counts_close(const ngx_http_healthcode_record_t *record,
    ngx_http_healthcode_count_t *count)
{
    /* what was refused at first stays refused while a page is on its way */

    if (count->is_open
        && ngx_http_healthcode_counts_is_replaced(record->gate, record))
    {
        ngx_http_healthcode_counts_take(record->gate, record, count);

        count->verdict = NGX_HTTP_HEALTHCODE_COUNT_ABORTED;
        count->reason = HEALTHCODE_REASON_OK;
    }

    count->is_open = 0;
}


/* The word of this worker for a series; it is made if there is none yet. */
static uint64_t *
ngx_http_healthcode_counts_cell(ngx_http_request_t *r,
    ngx_http_healthcode_main_conf_t *mcf,
    const ngx_http_healthcode_count_t *count)
{
    bool       fits;
    uint8_t    name[HEALTHCODE_COUNTERS_NAME];
    uint64_t  *cell;

    cell = healthcode_counters_cell(mcf->counters,
               healthcode_str_from(name,
                                ngx_http_healthcode_counts_name(count, name)),
               (unsigned) ngx_worker, &fits);

    if (!fits && !mcf->counts->is_full) {
        mcf->counts->is_full = 1;

        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "healthcode: there are too many gates, issuers and "
                      "reasons to count each of them; requests of the rest are "
                      "counted as \"other\"");
    }

    return cell;
}


static size_t
ngx_http_healthcode_counts_name(const ngx_http_healthcode_count_t *count,
    uint8_t *name)
{
    ngx_http_healthcode_counts_labels_t  labels;

    ngx_http_healthcode_counts_labels(count, &labels);

    return healthcode_series_write(&labels.series, name);
}


void
ngx_http_healthcode_counts_labels(const ngx_http_healthcode_count_t *count,
    ngx_http_healthcode_counts_labels_t *labels)
{
    healthcode_str_t   none = { NULL, 0 };
    healthcode_str_t  *values = labels->series.values;

    labels->series.what = HEALTHCODE_SERIES_REQUESTS;
    labels->series.n = 5;

    values[0] = healthcode_str_from(labels->gate,
        healthcode_series_value(ngx_http_healthcode_view(&count->gate->gate),
                                labels->gate, sizeof(labels->gate)));
    values[1] = healthcode_str_from(labels->server,
        healthcode_series_value(ngx_http_healthcode_view(&count->gate->server),
                                labels->server, sizeof(labels->server)));
    values[2] = healthcode_str_from(labels->issuer,
        healthcode_series_value(count->issuer ? count->issuer->core.name
                                              : none,
                                labels->issuer, sizeof(labels->issuer)));
    values[3] = healthcode_event_word(
                    ngx_http_healthcode_counts_verdict(count));
    values[4] = (count->verdict == NGX_HTTP_HEALTHCODE_COUNT_ABORTED)
                ? healthcode_str("aborted")
                : healthcode_reason_word(count->reason);
}


static healthcode_event_verdict_e
ngx_http_healthcode_counts_verdict(const ngx_http_healthcode_count_t *count)
{
    ngx_uint_t  audit;

    audit = (count->gate->rules.mode == NGX_HTTP_HEALTHCODE_AUDIT);

    switch (count->verdict) {

    case NGX_HTTP_HEALTHCODE_COUNT_ALLOW:
        return audit ? HEALTHCODE_EVENT_AUDIT_ALLOW : HEALTHCODE_EVENT_ALLOW;

    case NGX_HTTP_HEALTHCODE_COUNT_DENY:
        return audit ? HEALTHCODE_EVENT_AUDIT_DENY : HEALTHCODE_EVENT_DENY;

    case NGX_HTTP_HEALTHCODE_COUNT_OVERRULED:
        return HEALTHCODE_EVENT_OVERRULED;

    default: /* NGX_HTTP_HEALTHCODE_COUNT_ABORTED */
        return audit ? HEALTHCODE_EVENT_AUDIT_NONE : HEALTHCODE_EVENT_NONE;
    }
}
