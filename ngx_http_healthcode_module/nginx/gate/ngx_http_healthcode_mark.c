/*
 * Asks the store of a location whether a proof is shown for the first time.
 * Decides nothing.
 * Knows no: connection, header, token, verdict.
 * docs/request-path.md, "Proof".
 */

#include "../request/ngx_http_healthcode_suspend.h"
#include "../store/ngx_http_healthcode_ask.h"
#include "ngx_http_healthcode_mark.h"
#include "../../core/healthcode_dpop.h"
#include "../../redis/healthcode_mark.h"


typedef struct {
    ngx_http_healthcode_record_t  *record;
    healthcode_mark_t              mark;
    healthcode_call_t              call;
    healthcode_route_t             route;     /* of a cluster */
} ngx_http_healthcode_mark_t;


static ngx_int_t ngx_http_healthcode_mark_owner(
    ngx_http_healthcode_record_t *record, healthcode_str_t *owner);
static bool ngx_http_healthcode_mark_format(void *data,
    healthcode_str_t instance, healthcode_redis_buf_t *buf);
static void ngx_http_healthcode_mark_done(void *data,
    healthcode_reason_e reason, const redisReply *reply);


ngx_int_t
ngx_http_healthcode_mark_ask(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    healthcode_reason_e               reason;
    ngx_http_healthcode_mark_t       *ctx;
    ngx_http_healthcode_asked_t       asked;
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    record->found.mark.answered = 1;
    record->found.mark.reason = HEALTHCODE_REASON_FAULT;

    ctx = ngx_palloc(r->pool, sizeof(ngx_http_healthcode_mark_t));

    if (ctx == NULL
        || ngx_http_healthcode_mark_owner(record, &ctx->mark.owner) != NGX_OK)
    {
        return NGX_OK;
    }

    ngx_memcpy(ctx->mark.digest, record->found.code.mark,
               HEALTHCODE_HOLDER_LEN);
    ctx->mark.life = HEALTHCODE_DPOP_MARK;

    ctx->record = record;
    ctx->call.script = &mcf->mark_script;
    ctx->call.tag = ctx->mark.digest[0];
    ctx->call.format = ngx_http_healthcode_mark_format;
    ctx->call.done = ngx_http_healthcode_mark_done;
    ctx->call.data = ctx;

    reason = ngx_http_healthcode_ask_call(lcf->rules.store, &ctx->call,
                                          &ctx->route, &asked);

    if (reason != HEALTHCODE_REASON_OK) {
        record->found.mark.reason = reason;
        return NGX_OK;
    }

    record->lookup = asked.lookup;
    record->route = asked.route;

    ngx_http_healthcode_suspend(r);

    return NGX_AGAIN;
}


/* The client's request, by 32 digits that no other one has. */
static ngx_int_t
ngx_http_healthcode_mark_owner(ngx_http_healthcode_record_t *record,
    healthcode_str_t *owner)
{
    ngx_str_t                     name = ngx_string("request_id");
    ngx_str_t                    *id = &record->main->proof.owner;
    ngx_http_request_t           *r = record->request->main;
    ngx_http_variable_value_t    *value;

    if (id->len == 0) {

        value = ngx_http_get_variable(r, &name,
                                      ngx_hash_key(name.data, name.len));

        if (value == NULL || value->not_found
            || value->len != HEALTHCODE_MARK_OWNER)
        {
            return NGX_ERROR;
        }

        id->data = value->data;
        id->len = value->len;
    }

    *owner = ngx_http_healthcode_view(id);

    return NGX_OK;
}


static bool
ngx_http_healthcode_mark_format(void *data, healthcode_str_t instance,
    healthcode_redis_buf_t *buf)
{
    ngx_http_healthcode_mark_t  *ctx = data;

    ctx->mark.instance = instance;

    return healthcode_mark_format(&ctx->mark, ctx->call.script->sha, buf);
}


static void
ngx_http_healthcode_mark_done(void *data, healthcode_reason_e reason,
    const redisReply *reply)
{
    ngx_http_healthcode_mark_t    *ctx = data;
    ngx_http_healthcode_record_t  *record = ctx->record;

    record->lookup = NULL;
    record->route = NULL;

    if (reason == HEALTHCODE_REASON_OK) {
        reason = healthcode_mark_read(reply);
    }

    record->found.mark.reason = reason;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, record->request->connection->log, 0,
                   "healthcode: proof is marked: %*s",
                   healthcode_reason_word(reason).len,
                   healthcode_reason_word(reason).data);

    ngx_http_healthcode_resume(record);
}
