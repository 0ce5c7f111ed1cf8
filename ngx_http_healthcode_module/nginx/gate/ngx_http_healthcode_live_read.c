/*
 * Asks the store of a location about the holder of a code: its cache first,
 * else a live read, for which the request is suspended.  Judges nothing.
 * Knows no: connection, socket, header, token.  docs/request-path.md, "Risk".
 */

#include "../request/ngx_http_healthcode_suspend.h"
#include "../store/ngx_http_healthcode_ask.h"
#include "../store/ngx_http_healthcode_tally.h"
#include "ngx_http_healthcode_live_read.h"
#include "ngx_http_healthcode_revocation.h"


static ngx_uint_t ngx_http_healthcode_live_read_find(
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);
static void ngx_http_healthcode_live_read_terms(
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record, time_t now,
    healthcode_risk_terms_t *terms);
static void ngx_http_healthcode_live_read_outage(
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, healthcode_reason_e reason);
static void ngx_http_healthcode_live_read_done(void *data,
    healthcode_reason_e reason, const healthcode_risk_reading_t *reading);
static healthcode_reason_e ngx_http_healthcode_live_read_judge(
    ngx_http_healthcode_record_t *record,
    const healthcode_risk_reading_t *reading);
static void ngx_http_healthcode_live_read_count(
    const ngx_http_healthcode_store_t *store, healthcode_reason_e reason);


ngx_int_t
ngx_http_healthcode_live_read_ask(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    healthcode_reason_e                reason;
    ngx_http_healthcode_asked_t        asked;
    ngx_http_healthcode_risk_found_t  *risk = &record->found.risk;

    if (lcf->rules.store->cache
        && ngx_http_healthcode_live_read_find(lcf, record))
    {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "healthcode: holder is known in store \"%V\"",
                       &lcf->rules.store->name);
        return NGX_OK;
    }

    clock_gettime(CLOCK_MONOTONIC, &risk->asked);

    reason = ngx_http_healthcode_ask(lcf->rules.store,
                                     &record->found.code.query,
                                     ngx_http_healthcode_live_read_done,
                                     record, &asked);

    if (reason != HEALTHCODE_REASON_OK) {
        ngx_http_healthcode_live_read_count(lcf->rules.store, reason);
        ngx_http_healthcode_live_read_outage(lcf, record, reason);
        return NGX_OK;
    }

    record->lookup = asked.lookup;
    record->read = asked.read;

    if (asked.lookup
        && (asked.lookup->is_joined || asked.lookup->is_behind))
    {
        ngx_http_healthcode_tally(lcf->rules.store->tally,
                                  asked.lookup->is_joined
                                  ? HEALTHCODE_SERIES_JOINED
                                  : HEALTHCODE_SERIES_STALE,
                                  &lcf->rules.store->name,
                                  healthcode_str_from(NULL, 0));
    }

    ngx_http_healthcode_suspend(r);

    return NGX_AGAIN;
}


/* Whether the cache knows all that would be asked. */
static ngx_uint_t
ngx_http_healthcode_live_read_find(const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    healthcode_risk_terms_t            terms;
    ngx_http_healthcode_risk_found_t  *risk = &record->found.risk;

    risk->sought = 1;

    /* no longer ago than a lease, or nothing is found */
    ngx_http_healthcode_live_read_terms(lcf, record, record->found.code.now,
                                        &terms);

    if (!ngx_http_healthcode_ask_find(lcf->rules.store,
                                      &record->found.code.query, &terms,
                                      &risk->findings, &risk->known_at))
    {
        return 0;
    }

    risk->known = 1;
    risk->store = HEALTHCODE_STORE_READ;
    risk->reason = healthcode_risk_reason(&risk->findings);

    return 1;
}


static void
ngx_http_healthcode_live_read_terms(const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record, time_t now,
    healthcode_risk_terms_t *terms)
{
    terms->policy = &lcf->risk_policy;
    terms->iat = record->found.code.iat;
    terms->now = now;
    terms->code = NULL;
}


/* If the location says so, the cache is asked for what it knew. */
static void
ngx_http_healthcode_live_read_outage(const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, healthcode_reason_e reason)
{
    uint64_t                           over;
    healthcode_risk_t                  findings;
    healthcode_risk_terms_t            terms;
    ngx_http_healthcode_risk_found_t  *risk = &record->found.risk;

    risk->store = HEALTHCODE_STORE_OUTAGE;
    risk->reason = reason;

    over = healthcode_verdict_stale(&lcf->rules.stale, reason);

    if (over == 0) {
        return;
    }

    healthcode_risk_clear(&findings);
    ngx_http_healthcode_live_read_terms(lcf, record, ngx_time(), &terms);

    if (ngx_http_healthcode_ask_find_stale(lcf->rules.store,
                                           &record->found.code.query, &terms,
                                           over, &findings, &risk->known_at)
        && healthcode_risk_reason(&findings) == HEALTHCODE_REASON_OK)
    {
        risk->was_known = 1;
        risk->findings = findings;
    }
}


static void
ngx_http_healthcode_live_read_done(void *data, healthcode_reason_e reason,
    const healthcode_risk_reading_t *reading)
{
    ngx_http_healthcode_record_t       *record = data;
    ngx_http_healthcode_risk_found_t   *risk = &record->found.risk;
    const ngx_http_healthcode_store_t  *store = record->gate->rules.store;

    record->lookup = NULL;
    record->read = NULL;
    risk->lookup_us = ngx_http_healthcode_tally_elapsed(&risk->asked);

    ngx_http_healthcode_live_read_count(store, reason);

    if (reason == HEALTHCODE_REASON_OK && reading->is_offline) {
        ngx_http_healthcode_tally(store->tally, HEALTHCODE_SERIES_OFFLINE,
                                  &store->name, healthcode_str_from(NULL, 0));
    }

    ngx_http_healthcode_tally_time(store->tally,
                                   HEALTHCODE_SERIES_LOOKUP_TIME,
                                   &store->name, risk->lookup_us);

    if (reason == HEALTHCODE_REASON_OK) {
        risk->store = HEALTHCODE_STORE_READ;
        risk->offline = reading->is_offline;
        risk->reason = ngx_http_healthcode_live_read_judge(record, reading);

    } else {
        ngx_http_healthcode_live_read_outage(record->gate, record, reason);
    }

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, record->request->connection->log, 0,
                   "healthcode: live read took %ui us: %*s", risk->lookup_us,
                   healthcode_reason_word(risk->reason).len,
                   healthcode_reason_word(risk->reason).data);

    risk->answered = 1;

    ngx_http_healthcode_resume(record);
}


/*
 * One reading serves all who asked the same, of a holder's several codes among
 * them: each request is judged by its own code.
 */
static healthcode_reason_e
ngx_http_healthcode_live_read_judge(ngx_http_healthcode_record_t *record,
    const healthcode_risk_reading_t *reading)
{
    healthcode_risk_terms_t            terms;
    healthcode_revocation_names_t      names;
    ngx_http_healthcode_risk_found_t  *risk = &record->found.risk;

    /* the request may be in another location by now */
    ngx_http_healthcode_live_read_terms(record->gate, record, time(NULL),
                                        &terms);

    healthcode_risk_clear(&risk->findings);

    if (healthcode_risk_asks_code(reading)) {

        if (ngx_http_healthcode_revocation_names(record, &names) != NGX_OK) {
            return HEALTHCODE_REASON_FAULT;
        }

        terms.code = &names;
    }

    healthcode_risk_add_reading(&risk->findings, &record->found.code.query,
                                reading, &terms);

    return healthcode_risk_reason(&risk->findings);
}


/* A lookup has ended, or was not begun. */
static void
ngx_http_healthcode_live_read_count(const ngx_http_healthcode_store_t *store,
    healthcode_reason_e reason)
{
    ngx_http_healthcode_tally(store->tally, HEALTHCODE_SERIES_LOOKUPS,
                              &store->name,
                              (reason == HEALTHCODE_REASON_OK)
                              ? healthcode_str("answered")
                              : healthcode_reason_word(reason));
}
