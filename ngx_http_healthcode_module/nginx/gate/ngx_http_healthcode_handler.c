/*
 * The conductor: calls the stages of one request in order, and decides.
 * Reads no bytes of a code itself.
 * Knows no: header, socket, token.  docs/request-path.md.
 */

#include "../answer/ngx_http_healthcode_response.h"
#include "../request/ngx_http_healthcode_suspend.h"
#include "../seen/ngx_http_healthcode_counts.h"
#include "../source/ngx_http_healthcode_body.h"
#include "../source/ngx_http_healthcode_error_line.h"
#include "../source/ngx_http_healthcode_source.h"
#include "../source/ngx_http_healthcode_traces.h"
#include "ngx_http_healthcode_condition.h"
#include "ngx_http_healthcode_decide.h"
#include "ngx_http_healthcode_handler.h"
#include "ngx_http_healthcode_key_wait.h"
#include "ngx_http_healthcode_live_read.h"
#include "ngx_http_healthcode_mark.h"
#include "ngx_http_healthcode_passage.h"
#include "ngx_http_healthcode_passed.h"
#include "ngx_http_healthcode_proof.h"
#include "ngx_http_healthcode_second.h"
#include "ngx_http_healthcode_values.h"
#include "ngx_http_healthcode_verdict_line.h"
#include "ngx_http_healthcode_verify.h"


static ngx_int_t ngx_http_healthcode_handler_run(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
static ngx_int_t ngx_http_healthcode_handler_look(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
static void ngx_http_healthcode_handler_begin(
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    ngx_str_t *values);
static ngx_int_t ngx_http_healthcode_handler_judge(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
static ngx_int_t ngx_http_healthcode_handler_judge_code(
    ngx_http_request_t *r, ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);
static void ngx_http_healthcode_handler_decide(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
static ngx_int_t ngx_http_healthcode_handler_enter(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf);
static ngx_int_t ngx_http_healthcode_handler_subrequest(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf);


/* Every location is judged alike, also an error page of our own refusal. */
ngx_int_t
ngx_http_healthcode_handler_access(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    if (lcf->rules.mode == NGX_HTTP_HEALTHCODE_OFF) {
        return NGX_DECLINED;
    }

    record = ngx_http_healthcode_record_get(r);
    if (record == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_healthcode_passed_clear(record);

    rc = ngx_http_healthcode_body_read(r, lcf, record);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_healthcode_handler_run(r, lcf, record);
}


/* Judges, and answers as a handler of the access phase does. */
static ngx_int_t
ngx_http_healthcode_handler_run(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    if (ngx_http_healthcode_handler_look(r, lcf, record) != NGX_OK) {
        ngx_http_healthcode_counts_fault(lcf, record);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (record->lookup || record->read || record->route
        || ngx_http_healthcode_keys_waits(&record->key))
    {
        /* nginx has come here without an answer, such as by post_action */
        ngx_http_healthcode_suspend(r);
        return NGX_AGAIN;
    }

    if (!record->found.judged) {

        if (!record->found.risk.answered
            && ngx_http_healthcode_handler_judge(r, lcf, record) == NGX_AGAIN)
        {
            return NGX_AGAIN;
        }

        ngx_http_healthcode_handler_decide(r, lcf, record);
    }

    return ngx_http_healthcode_response_send(r, lcf, record);
}


/*
 * Runs after the access rules of all modules: none of them has let in who comes
 * here under "satisfy any" with a status.
 */
ngx_int_t
ngx_http_healthcode_handler_access_last(ngx_http_request_t *r)
{
    ngx_http_core_loc_conf_t        *clcf;
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    if (r->access_code == 0 || lcf->rules.mode != NGX_HTTP_HEALTHCODE_ON)
    {
        return NGX_DECLINED;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    record = ngx_http_healthcode_record_find(r);

    return (clcf->satisfy == NGX_HTTP_SATISFY_ANY && record)
           ? ngx_http_healthcode_response_last(r, record) : NGX_DECLINED;
}


/*
 * Finds the code, and begins a new judgement unless the same code was judged
 * by the same policy, or is about to be.  NGX_OK, or NGX_ERROR: no memory.
 */
static ngx_int_t
ngx_http_healthcode_handler_look(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_int_t    rc, temperature;
    ngx_str_t   *values;
    ngx_uint_t   is_other, is_resumed;

    is_other = (record->gate == NULL || record->gate->policy != lcf->policy);
    is_resumed = ngx_http_healthcode_suspend_is_over(record);

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "healthcode: access, policy %ui after %ui, resumed: %ui, "
                   "judged: %d", lcf->policy,
                   record->gate ? record->gate->policy : 0, is_resumed,
                   (int) record->found.judged);

    if (is_resumed && !is_other) {
        return NGX_OK;
    }

    /* a rewrite of the location itself may have changed the arguments */

    rc = ngx_http_healthcode_source_take(r, lcf, record);

    if (rc == NGX_OK) {
        rc = ngx_http_healthcode_source_look(r, lcf, record);
    }

    temperature = ngx_http_healthcode_temperature_look(r->main, lcf, record);

    if (rc == NGX_ERROR || temperature == NGX_ERROR
        || ngx_http_healthcode_values_read(r, lcf, &values) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (is_other || rc == NGX_OK || temperature == NGX_OK
        || !ngx_http_healthcode_values_are_same(lcf, values, record->values))
    {
        ngx_http_healthcode_handler_begin(lcf, record, values);
    }

    /* one policy may have other answers elsewhere */

    record->gate = lcf;

    return NGX_OK;
}


/*
 * Drops what another policy has found or waits for: it asked other questions,
 * so its answers are not evidence here.
 */
static void
ngx_http_healthcode_handler_begin(ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, ngx_str_t *values)
{
    ngx_http_healthcode_record_cancel(record);
    ngx_http_healthcode_found_clear(&record->found);

    record->gate = lcf;
    record->values = values;

    ngx_http_healthcode_counts_open(record);
}


/*
 * NGX_OK: the evidence is complete.  NGX_AGAIN: waiting for the store, or for a
 * key; after a key arrives the code is judged again from the start.
 */
static ngx_int_t
ngx_http_healthcode_handler_judge(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    healthcode_evidence_t  *evidence = &record->found.evidence;

    if (record->found.mark.answered) {
        evidence->code = record->found.mark.reason;

    } else if (ngx_http_healthcode_handler_judge_code(r, lcf, record)
               == NGX_AGAIN)
    {
        return NGX_AGAIN;
    }

    if (evidence->code != HEALTHCODE_REASON_OK) {
        return NGX_OK;
    }

    if (lcf->rules.store == NULL) {
        evidence->store = HEALTHCODE_STORE_OFF;
        return NGX_OK;
    }

    return ngx_http_healthcode_live_read_ask(r, lcf, record);
}


/*
 * All that is judged before the risk.  NGX_OK: evidence.code is known.
 * NGX_AGAIN: waiting for a key, or for the store, which is asked whether a
 * proof was shown before; then that is the rest of it.
 */
static ngx_int_t
ngx_http_healthcode_handler_judge_code(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    healthcode_evidence_t  *evidence = &record->found.evidence;

    evidence->code = ngx_http_healthcode_verify(r, lcf, record);

    if (lcf->rules.mode == NGX_HTTP_HEALTHCODE_ON
        && (ngx_http_healthcode_traces_hide(r, lcf, record) != NGX_OK
            || ngx_http_healthcode_proof_hide(record) != NGX_OK))
    {
        evidence->code = HEALTHCODE_REASON_FAULT;
        return NGX_OK;
    }

    if (record->found.code.text.len == 0
        && ngx_http_healthcode_key_wait(r, record, &evidence->code)
           == NGX_AGAIN)
    {
        return NGX_AGAIN;
    }

    /* a lookup is only for who would pass without a flag */

    if (evidence->code == HEALTHCODE_REASON_OK) {
        evidence->code = ngx_http_healthcode_condition_check(lcf, record);
    }

    /* an audit claims nothing */

    if (evidence->code != HEALTHCODE_REASON_OK || !record->found.code.has_mark
        || lcf->rules.mode != NGX_HTTP_HEALTHCODE_ON)
    {
        return NGX_OK;
    }

    if (ngx_http_healthcode_mark_ask(r, lcf, record) == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    evidence->code = record->found.mark.reason;

    return NGX_OK;
}


static void
ngx_http_healthcode_handler_decide(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_decide(lcf, record);
    ngx_http_healthcode_counts_note(lcf, record);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "healthcode: verdict, allow: %d, reason: %*s",
                   (int) record->found.verdict.allow,
                   healthcode_reason_word(record->found.verdict.reason).len,
                   healthcode_reason_word(record->found.verdict.reason).data);

    /* one that has to pass a hall as well has its line then */

    if (!ngx_http_healthcode_passage_is_due(lcf, record)) {
        ngx_http_healthcode_verdict_line(r, lcf, record);
    }
}


/*
 * Takes the codes out of the arguments before limit_req and others log the
 * request line.  If the request has left a gate that did not judge it, takes
 * out what headers and cookies carried for that gate.  Of subrequests, whose
 * access phase nginx skips, only those to a healthcode_gate are judged.
 */
ngx_int_t
ngx_http_healthcode_handler_rewrite(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    if (lcf->content) {
        /* no page instead of an answer: who asks would take it for a pass */
        r->error_page = 1;
    }

    if (r != r->main) {
        return lcf->content ? ngx_http_healthcode_handler_enter(r, lcf)
                            : NGX_DECLINED;
    }

    record = ngx_http_healthcode_record_find(r);

    if (record && ngx_http_healthcode_traces_leave(r, record) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (lcf->rules.mode == NGX_HTTP_HEALTHCODE_OFF) {
        return NGX_DECLINED;
    }

    record = ngx_http_healthcode_record_get(r);

    if (record == NULL
        || ngx_http_healthcode_traces_enter(r, lcf, record) != NGX_OK
        || ngx_http_healthcode_source_take(r, lcf, record) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


/*
 * A subrequest comes to a gate that answers for others: what it shows are the
 * bytes of its main request, which goes on without the code.
 */
static ngx_int_t
ngx_http_healthcode_handler_enter(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf)
{
    ngx_http_healthcode_record_t  *record;

    record = ngx_http_healthcode_record_get(r);

    if (record == NULL
        || ngx_http_healthcode_traces_enter(r->main, lcf, record->main)
           != NGX_OK
        || ngx_http_healthcode_source_take(r, lcf, record) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* rules and answers may name them, and auth_request hands none on */

    if (r->args.len == 0) {
        r->args = r->main->args;
    }

    return NGX_DECLINED;
}


/*
 * nginx refuses a body that is too large before the rewrite phase, and logs
 * the request line with it: let the log take the codes out first.
 */
ngx_int_t
ngx_http_healthcode_handler_server_rewrite(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t  *record;

    if (r != r->main) {
        return NGX_DECLINED;
    }

    ngx_http_healthcode_error_line_guard(r);

    record = ngx_http_healthcode_record_find(r);

    if (record && ngx_http_healthcode_traces_leave(r, record) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


/* A request that comes here was let in, by us or by another access rule. */
ngx_int_t
ngx_http_healthcode_handler_precontent(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    if (lcf->second) {
        return ngx_http_healthcode_second_ask(r);
    }

    record = ngx_http_healthcode_record_find(r);

    if (r != r->main) {
        return lcf->content
               ? ngx_http_healthcode_handler_subrequest(r, lcf)
               : ngx_http_healthcode_passed_subrequest(r, lcf, record);
    }

    /* under "satisfy any" another rule may have opened before we looked */

    if (record && ngx_http_healthcode_traces_leave(r, record) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (record && lcf->rules.mode == NGX_HTTP_HEALTHCODE_ON) {
        ngx_http_healthcode_counts_overrule(record);
        ngx_http_healthcode_response_withdraw(r, record);
        ngx_http_healthcode_passed_note(r, lcf, record);

        if (record->passed.policy == lcf->policy
            && ngx_http_healthcode_passage_is_due(lcf, record))
        {
            rc = ngx_http_healthcode_passage_reserve(r, lcf, record);

            return (rc == NGX_OK) ? NGX_DECLINED : rc;
        }
    }

    return NGX_DECLINED;
}


/*
 * Judges a subrequest as the access phase would.  A passage is reserved, too,
 * if it has one: a rule of its main request may still refuse, but nobody passes
 * twice.
 */
static ngx_int_t
ngx_http_healthcode_handler_subrequest(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf)
{
    ngx_int_t                      rc;
    ngx_http_healthcode_record_t  *record;

    r->error_page = 1;

    record = ngx_http_healthcode_record_get(r);
    if (record == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_healthcode_passage_is_pending(record)
         ? NGX_OK : ngx_http_healthcode_handler_run(r, lcf, record);

    if (rc == NGX_OK && ngx_http_healthcode_passage_is_due(lcf, record)) {
        rc = ngx_http_healthcode_passage_reserve(r, lcf, record);
    }

    /* NGX_OK would skip the other handlers of this phase */

    return (rc == NGX_OK) ? NGX_DECLINED : rc;
}


ngx_int_t
ngx_http_healthcode_handler_log(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t  *record;

    if (r == r->main) {
        record = ngx_http_healthcode_record_find(r);

        for ( /* void */ ; record; record = record->next) {
            ngx_http_healthcode_counts_end(r, record);
        }
    }

    return ngx_http_healthcode_traces_end(r);
}
