/*
 * A passage of who passes a gate by its verdict: reserved in the store
 * before the content, once a request.  Then the holder's flags are asked once
 * more, and who has one by now is not let in.
 * Knows no: connection, header, token.  docs/request-path.md, "Passage".
 */

#include "../answer/ngx_http_healthcode_response.h"
#include "../request/ngx_http_healthcode_suspend.h"
#include "../seen/ngx_http_healthcode_counts.h"
#include "../store/ngx_http_healthcode_tally.h"
#include "ngx_http_healthcode_decide.h"
#include "ngx_http_healthcode_live_read.h"
#include "ngx_http_healthcode_passage.h"
#include "ngx_http_healthcode_passage_terms.h"
#include "ngx_http_healthcode_passed.h"
#include "ngx_http_healthcode_verdict_line.h"


static ngx_int_t ngx_http_healthcode_passage_begin(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
static ngx_http_healthcode_passage_t *ngx_http_healthcode_passage_former(
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record);
static ngx_uint_t ngx_http_healthcode_passage_is_of(
    const ngx_http_healthcode_passage_t *passage,
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record);
static ngx_int_t ngx_http_healthcode_passage_reserved(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
static ngx_int_t ngx_http_healthcode_passage_checked(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
static ngx_int_t ngx_http_healthcode_passage_end(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    healthcode_reason_e reason);
static ngx_int_t ngx_http_healthcode_passage_apply(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    healthcode_reason_e reason, ngx_uint_t is_former);
static void ngx_http_healthcode_passage_count(
    const ngx_http_healthcode_store_t *store,
    const ngx_http_healthcode_passage_t *passage);


ngx_int_t
ngx_http_healthcode_passage_reserve(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_passage_t  *passage = record->passage;

    (void) ngx_http_healthcode_suspend_is_over(record);

    if (record->lookup || record->read || record->route) {
        /* nginx has come here without an answer */
        ngx_http_healthcode_suspend(r);
        return NGX_AGAIN;
    }

    if (passage == NULL
        || !ngx_http_healthcode_passage_is_of(passage, lcf, record))
    {
        return ngx_http_healthcode_passage_begin(r, lcf, record);
    }

    switch (passage->state) {

    case NGX_HTTP_HEALTHCODE_PASSAGE_ASKING:
        return ngx_http_healthcode_passage_reserved(r, lcf, record);

    case NGX_HTTP_HEALTHCODE_PASSAGE_CHECKING:
        return ngx_http_healthcode_passage_checked(r, lcf, record);

    case NGX_HTTP_HEALTHCODE_PASSAGE_ANNULLING:
        return ngx_http_healthcode_passage_end(r, lcf, record,
                                               HEALTHCODE_REASON_OK);

    default: /* NGX_HTTP_HEALTHCODE_PASSAGE_OVER */
        return ngx_http_healthcode_passage_apply(r, lcf, record,
                                                 passage->reason, 1);
    }
}


static ngx_int_t
ngx_http_healthcode_passage_begin(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    healthcode_reason_e             reason;
    ngx_http_healthcode_passage_t  *passage;

    passage = ngx_http_healthcode_passage_former(lcf, record);

    if (passage) {
        record->passage = passage;
        return ngx_http_healthcode_passage_apply(r, lcf, record,
                                                 passage->reason, 0);
    }

    passage = ngx_pcalloc(r->pool, sizeof(ngx_http_healthcode_passage_t));
    if (passage == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    record->passage = passage;
    passage->conf = lcf->rules.passage;
    passage->hall = lcf->rules.passage->hall;
    passage->code = record->found.code.text;
    passage->record = record;

    /* until its verdict the request may still be aborted */
    ngx_http_healthcode_counts_open(record);

    reason = ngx_http_healthcode_passage_terms(r, lcf, record,
                                               &passage->terms);

    if (reason != HEALTHCODE_REASON_OK) {
        return ngx_http_healthcode_passage_end(r, lcf, record, reason);
    }

    return (ngx_http_healthcode_passage_call(r, lcf->rules.store, passage,
                                             passage->terms.what)
            == NGX_AGAIN)
           ? NGX_AGAIN : ngx_http_healthcode_passage_reserved(r, lcf, record);
}


/* One that is over, of a request that this one belongs to; or NULL. */
static ngx_http_healthcode_passage_t *
ngx_http_healthcode_passage_former(const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record)
{
    const ngx_http_healthcode_record_t  *other;

    for (other = record->main; other; other = other->next) {

        if (other->passage
            && other->passage->state == NGX_HTTP_HEALTHCODE_PASSAGE_OVER
            && ngx_http_healthcode_passage_is_of(other->passage, lcf, record))
        {
            return other->passage;
        }
    }

    return NULL;
}


/* Whether it is one by the same line, of the same code. */
static ngx_uint_t
ngx_http_healthcode_passage_is_of(const ngx_http_healthcode_passage_t *passage,
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record)
{
    return passage->conf == lcf->rules.passage
           && healthcode_str_equal(ngx_http_healthcode_view(&passage->code),
                        ngx_http_healthcode_view(&record->found.code.text));
}


/* The store has answered, or will not. */
static ngx_int_t
ngx_http_healthcode_passage_reserved(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_passage_t     *passage = record->passage;
    ngx_http_healthcode_risk_found_t  *risk = &record->found.risk;

    passage->first = passage->result;

    if (passage->result.reason != HEALTHCODE_REASON_OK) {
        return ngx_http_healthcode_passage_end(r, lcf, record,
                                               passage->result.reason);
    }

    passage->lookup_us = risk->lookup_us;
    passage->answered = risk->answered;
    passage->sought = risk->sought;
    passage->known = risk->known;

    ngx_http_healthcode_risk_clear(risk);

    passage->state = NGX_HTTP_HEALTHCODE_PASSAGE_CHECKING;

    /*
     * On one connection: what was flagged before the passage is pushed before
     * its answer, so that the cache does not know it any more.  In a cluster
     * it is another one, and the cache as old as a lease lets it be.
     */

    return (ngx_http_healthcode_live_read_ask(r, lcf, record) == NGX_AGAIN)
           ? NGX_AGAIN : ngx_http_healthcode_passage_checked(r, lcf, record);
}


/* The flags of a holder whose passage is reserved were asked once more. */
static ngx_int_t
ngx_http_healthcode_passage_checked(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_passage_t     *passage = record->passage;
    ngx_http_healthcode_risk_found_t  *risk = &record->found.risk;

    ngx_http_healthcode_decide(lcf, record);

    /* what is counted and shown is how the verdict came about */

    risk->lookup_us = passage->lookup_us;
    risk->answered = passage->answered;
    risk->sought = passage->sought;
    risk->known = passage->known;

    if (record->found.verdict.allow) {
        return ngx_http_healthcode_passage_end(r, lcf, record,
                                               HEALTHCODE_REASON_OK);
    }

    /* who asks again after an outage is to pass */

    if (healthcode_reason_is_outage(record->found.verdict.reason)
        && passage->terms.retry)
    {
        return ngx_http_healthcode_passage_end(r, lcf, record,
                                               HEALTHCODE_REASON_OK);
    }

    passage->state = NGX_HTTP_HEALTHCODE_PASSAGE_ANNULLING;

    return (ngx_http_healthcode_passage_call(r, lcf->rules.store, passage,
                                             HEALTHCODE_PASSAGE_ANNUL)
            == NGX_AGAIN)
           ? NGX_AGAIN
           : ngx_http_healthcode_passage_end(r, lcf, record,
                                             HEALTHCODE_REASON_OK);
}


/* reason: why there is no passage; _OK: the verdict stands. */
static ngx_int_t
ngx_http_healthcode_passage_end(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    healthcode_reason_e reason)
{
    ngx_http_healthcode_passage_t  *passage = record->passage;

    passage->state = NGX_HTTP_HEALTHCODE_PASSAGE_OVER;
    passage->reason = (reason != HEALTHCODE_REASON_OK
                       || record->found.verdict.allow)
                      ? reason : record->found.verdict.reason;

    ngx_http_healthcode_passage_count(lcf->rules.store, passage);

    return ngx_http_healthcode_passage_apply(r, lcf, record, reason, 0);
}


/* is_former: another location of the request has asked for it. */
static ngx_int_t
ngx_http_healthcode_passage_apply(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    healthcode_reason_e reason, ngx_uint_t is_former)
{
    record->found.verdict = healthcode_verdict_passage(&record->found.evidence,
                                                       &record->found.verdict,
                                                       reason);

    ngx_http_healthcode_counts_note(lcf, record);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "healthcode: passage, allow: %d, reason: %*s",
                   (int) record->found.verdict.allow,
                   healthcode_reason_word(record->found.verdict.reason).len,
                   healthcode_reason_word(record->found.verdict.reason).data);

    if (!is_former || !record->found.verdict.allow) {
        ngx_http_healthcode_verdict_line(r, lcf, record);
    }

    if (record->found.verdict.allow) {
        return NGX_OK;
    }

    ngx_http_healthcode_passed_clear(record);

    return ngx_http_healthcode_response_refused(r, lcf, record);
}


/* By what the store has said, or why nobody has passed. */
static void
ngx_http_healthcode_passage_count(const ngx_http_healthcode_store_t *store,
    const ngx_http_healthcode_passage_t *passage)
{
    healthcode_str_t  word = healthcode_reason_word(passage->reason);

    if (passage->reason == HEALTHCODE_REASON_OK) {
        word = (passage->first.outcome == HEALTHCODE_PASSAGE_AGAIN)
               ? healthcode_str("again") : healthcode_str("passed");
    }

    ngx_http_healthcode_tally(store->tally, HEALTHCODE_SERIES_PASSAGES,
                              &store->name, word);
}
