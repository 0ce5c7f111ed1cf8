/*
 * The conductor: calls the stages of one request in order, and decides.
 * Reads no bytes of a code itself.  docs/request-path.md.
 */

#include "ngx_http_healthcode_keys.h"


static void ngx_http_healthcode_handler_begin(
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
static ngx_int_t ngx_http_healthcode_handler_judge(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
static void ngx_http_healthcode_handler_decide(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
static u_char *ngx_http_healthcode_handler_log_error(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);
static void ngx_http_healthcode_handler_mask(ngx_http_request_t *r);
static ngx_uint_t ngx_http_healthcode_handler_is_allowed(
    ngx_http_request_t *r, const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record);


/*
 * What nginx itself logs a request with is the same for every request of this
 * process.  Angie's handlers take a log and its data, nginx's two requests.
 */
#if (NGX_HTTP_HEALTHCODE_LOG_EXT)

static u_char *ngx_http_healthcode_handler_log_ext(ngx_log_t *log, u_char *buf,
    u_char *last, void *data);
static u_char *ngx_http_healthcode_handler_log_next(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);

#define ngx_http_healthcode_handler_log_ours                                  \
    ngx_http_healthcode_handler_log_ext

static ngx_log_ext_handler_pt   ngx_http_healthcode_handler_log_theirs;
static ngx_log_t               *ngx_http_healthcode_handler_log_of;
static void                    *ngx_http_healthcode_handler_log_data;

#else

#define ngx_http_healthcode_handler_log_ours                                  \
    ngx_http_healthcode_handler_log_error
#define ngx_http_healthcode_handler_log_next                                  \
    ngx_http_healthcode_handler_log_theirs

static ngx_http_log_handler_pt  ngx_http_healthcode_handler_log_theirs;

#endif


/* Every location is judged alike, also an error page of our own refusal. */
ngx_int_t
ngx_http_healthcode_handler_access(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_str_t                       *values;
    ngx_uint_t                       is_other;
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

    is_other = (record->gate == NULL || record->gate->policy != lcf->policy);

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "healthcode: access, policy %ui after %ui, resumed: %d, "
                   "judged: %d", lcf->policy,
                   record->gate ? record->gate->policy : 0,
                   (int) record->resumed, (int) record->found.judged);

    record->passed = 0;

    if (record->resumed && !is_other) {
        record->resumed = 0;

    } else {

        /* a rewrite of the location itself may have changed the arguments */

        rc = ngx_http_healthcode_source_take(r, lcf, record);

        if (rc == NGX_OK) {
            rc = ngx_http_healthcode_source_look(r, lcf, record);
        }

        if (rc == NGX_ERROR
            || ngx_http_healthcode_values_read(r, lcf, &values) != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (is_other || rc == NGX_OK
            || !ngx_http_healthcode_values_are_same(lcf, values,
                                                    record->values))
        {
            /* nothing was judged yet, or by other rules, or another code */
            ngx_http_healthcode_handler_begin(lcf, record);
            record->values = values;
        }
    }

    if (record->lookup || record->is_waiting) {
        /* nginx has come here without an answer, such as by post_action */
        ngx_http_healthcode_suspend(r);
        return NGX_AGAIN;
    }

    if (!record->found.judged) {

        if (!record->found.answered
            && ngx_http_healthcode_handler_judge(r, lcf, record) == NGX_AGAIN)
        {
            return NGX_AGAIN;
        }

        ngx_http_healthcode_handler_decide(r, lcf, record);
    }

    return ngx_http_healthcode_response_send(r, lcf, record);
}


/*
 * What another policy has found is no evidence here, nor is what it waits for:
 * it looked for other things.
 */
static void
ngx_http_healthcode_handler_begin(ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_risk_cancel(record);
    ngx_http_healthcode_keys_cancel(record);

    ngx_http_healthcode_found_clear(&record->found);

    record->waited = 0;
    record->resumed = 0;
    record->gate = lcf;
}


/*
 * NGX_OK: the evidence is complete; NGX_AGAIN: a live read is under way, or a
 * key is, with which all of it is judged again.
 */
static ngx_int_t
ngx_http_healthcode_handler_judge(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    healthcode_evidence_t  *evidence = &record->found.evidence;

    evidence->code = ngx_http_healthcode_verify(r, lcf, record);

    if (lcf->rules.mode == NGX_HTTP_HEALTHCODE_ON
        && ngx_http_healthcode_source_hide(r, lcf, record) != NGX_OK)
    {
        evidence->code = HEALTHCODE_REASON_FAULT;
        return NGX_OK;
    }

    if (record->found.verified.len == 0
        && ngx_http_healthcode_keys_wait(r, record, &evidence->code)
           == NGX_AGAIN)
    {
        return NGX_AGAIN;
    }

    if (evidence->code != HEALTHCODE_REASON_OK) {
        return NGX_OK;
    }

    if (lcf->rules.store == NULL) {
        evidence->live = HEALTHCODE_LIVE_OFF;
        return NGX_OK;
    }

    return ngx_http_healthcode_risk_ask(r, lcf, record);
}


static void
ngx_http_healthcode_handler_decide(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    record->found.evidence.outage_allow = (lcf->rules.on_outage != 0);
    record->found.verdict = healthcode_verdict_decide(&record->found.evidence);

    /* what was found in the cache was true when it was found */
    if (record->found.holder_sought && !record->found.has_decided) {
        record->found.has_decided = 1;
        (void) ngx_http_healthcode_clock_read(&record->found.decided);
    }

    record->found.judged = 1;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "healthcode: verdict, allow: %d, reason: %*s",
                   (int) record->found.verdict.allow,
                   healthcode_reason_word(record->found.verdict.reason).len,
                   healthcode_reason_word(record->found.verdict.reason).data);

    ngx_http_healthcode_response_log(r, lcf, record);
}


/*
 * Before limit_req and others that log the request line: takes the codes out
 * of the arguments.  What headers and cookies of a gate carry is taken out here
 * where the request goes on to another place before that gate has judged it.  A
 * subrequest's access phase is skipped by nginx, so nothing is done for it.
 */
ngx_int_t
ngx_http_healthcode_handler_rewrite(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    if (r != r->main) {
        return NGX_DECLINED;
    }

    record = ngx_http_healthcode_record_find(r);

    if (record && ngx_http_healthcode_source_leave(r, record) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    if (lcf->rules.mode == NGX_HTTP_HEALTHCODE_OFF) {
        return NGX_DECLINED;
    }

    record = ngx_http_healthcode_record_get(r);

    if (record == NULL
        || ngx_http_healthcode_source_enter(r, lcf, record) != NGX_OK
        || ngx_http_healthcode_source_take(r, lcf, record) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
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

    if (r->log_handler != ngx_http_healthcode_handler_log_ours) {
        ngx_http_healthcode_handler_log_theirs = r->log_handler;
        r->log_handler = ngx_http_healthcode_handler_log_ours;
    }

    record = ngx_http_healthcode_record_find(r);

    if (record && ngx_http_healthcode_source_leave(r, record) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


static u_char *
ngx_http_healthcode_handler_log_error(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len)
{
    ngx_uint_t                  is_early;
    ngx_http_core_main_conf_t  *cmcf;

    /* until nginx looks for the location, r has that of the server */

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);
    is_early = (r->phase_handler + 1
                < (ngx_int_t) cmcf->phase_engine.location_rewrite_index);

    if (!is_early) {
        ngx_http_healthcode_handler_mask(r);
    }

    return ngx_http_healthcode_mask_error(r, sr, buf, len, is_early,
                                        ngx_http_healthcode_handler_log_next);
}


#if (NGX_HTTP_HEALTHCODE_LOG_EXT)

/* A line may be logged while another one is: each has its own log and data. */
static u_char *
ngx_http_healthcode_handler_log_ext(ngx_log_t *log, u_char *buf, u_char *last,
    void *data)
{
    u_char              *p;
    void                *outer_data = ngx_http_healthcode_handler_log_data;
    ngx_log_t           *outer = ngx_http_healthcode_handler_log_of;
    ngx_http_log_ctx_t  *ctx = data;

    ngx_http_healthcode_handler_log_of = log;
    ngx_http_healthcode_handler_log_data = data;

    p = ngx_http_healthcode_handler_log_error(ctx->request,
                                              ctx->current_request, buf,
                                              (size_t) (last - buf));

    ngx_http_healthcode_handler_log_of = outer;
    ngx_http_healthcode_handler_log_data = outer_data;

    return p;
}


static u_char *
ngx_http_healthcode_handler_log_next(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len)
{
    return ngx_http_healthcode_handler_log_theirs(
                                     ngx_http_healthcode_handler_log_of, buf,
                                     buf + len,
                                     ngx_http_healthcode_handler_log_data);
}

#endif


ngx_int_t
ngx_http_healthcode_handler_log(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    if (r != r->main) {
        return ngx_http_healthcode_source_end_subrequest(r, lcf,
                                         ngx_http_healthcode_record_find(r));
    }

    ngx_http_healthcode_handler_mask(r);

    if (lcf->rules.mode != NGX_HTTP_HEALTHCODE_ON) {
        ngx_http_healthcode_mask_referers(r);
    }

    record = (lcf->rules.mode == NGX_HTTP_HEALTHCODE_OFF)
             ? ngx_http_healthcode_record_find(r)
             : ngx_http_healthcode_record_get(r);

    return record ? ngx_http_healthcode_source_end(r, lcf, record) : NGX_OK;
}


static void
ngx_http_healthcode_handler_mask(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    if (lcf->rules.mode == NGX_HTTP_HEALTHCODE_OFF || r->pool == NULL) {
        return;
    }

    record = ngx_http_healthcode_record_get(r);

    if (record && !record->masking) {
        /* without memory the line is still logged, but this logs too */
        record->masking = 1;
        (void) ngx_http_healthcode_source_take(r, lcf, record);

        if (record->entered == NULL
            && lcf->rules.mode == NGX_HTTP_HEALTHCODE_ON)
        {
            ngx_http_healthcode_mask_referers(r);
        }

        record->masking = 0;
    }
}


/*
 * A request that comes here was let in, by us or, under "satisfy any", by
 * another rule.  nginx skips the access phase for a subrequest: it may enter a
 * gated location only where its main request was allowed by that very policy.
 */
ngx_int_t
ngx_http_healthcode_handler_precontent(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);
    record = ngx_http_healthcode_record_find(r);

    if (r == r->main) {

        /* under "satisfy any" another rule may have opened before we looked */

        if (record && ngx_http_healthcode_source_leave(r, record) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (record && lcf->rules.mode == NGX_HTTP_HEALTHCODE_ON) {

            record->refusal.status = 0;

            if (record->no_page) {
                record->no_page = 0;
                r->error_page = 0;
            }

            if (ngx_http_healthcode_handler_is_allowed(r, lcf, record)) {
                record->passed = lcf->policy;
                record->passed_by = record->values;
            }

            ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                           "healthcode: content of policy %ui, passed: %ui",
                           lcf->policy, record->passed);
        }

        return NGX_DECLINED;
    }

    if (lcf->rules.mode == NGX_HTTP_HEALTHCODE_ON
        && (record == NULL || record->passed != lcf->policy
            || !ngx_http_healthcode_values_are_still(r, lcf,
                                                     record->passed_by)))
    {
        ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                      "healthcode: deny a subrequest to a location that its "
                      "request has not passed");

        /* not a page in its place: auth_request would take it for a pass */
        r->error_page = 1;

        return NGX_HTTP_FORBIDDEN;
    }

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_http_healthcode_handler_is_allowed(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record)
{
    return record->gate && record->gate->policy == lcf->policy
           && record->found.judged && record->found.verdict.allow
           && ngx_http_healthcode_values_are_still(r, lcf, record->values);
}
