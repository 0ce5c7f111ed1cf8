/*
 * A call of the script of passages on a store, for which the request is
 * suspended.  Decides nothing.
 * Knows no: connection, header, token, verdict.
 * docs/request-path.md, "Passage".
 */

#include "../request/ngx_http_healthcode_suspend.h"
#include "../store/ngx_http_healthcode_ask.h"
#include "../store/ngx_http_healthcode_tally.h"
#include "ngx_http_healthcode_passage_call.h"


static bool ngx_http_healthcode_passage_call_format(void *data,
    healthcode_str_t instance, healthcode_redis_buf_t *buf);
static void ngx_http_healthcode_passage_call_done(void *data,
    healthcode_reason_e reason, const redisReply *reply);
static void ngx_http_healthcode_passage_call_note(
    const ngx_http_healthcode_passage_t *passage);


ngx_int_t
ngx_http_healthcode_passage_call(ngx_http_request_t *r,
    const ngx_http_healthcode_store_t *store,
    ngx_http_healthcode_passage_t *passage, healthcode_passage_what_e what)
{
    healthcode_reason_e               reason;
    ngx_http_healthcode_asked_t       asked;
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    passage->terms.what = what;
    passage->store = store;

    /* a request that nginx takes elsewhere may never hear of it */
    passage->result.outcome = HEALTHCODE_PASSAGE_FAILED;
    passage->result.reason = HEALTHCODE_REASON_FAULT;
    passage->result.inside = 0;

    passage->call.script = &mcf->passage_script;
    passage->call.tag = passage->terms.hall[0];
    passage->call.format = ngx_http_healthcode_passage_call_format;
    passage->call.done = ngx_http_healthcode_passage_call_done;
    passage->call.data = passage;

    reason = ngx_http_healthcode_ask_call(store, &passage->call,
                                          &passage->route, &asked);

    if (reason != HEALTHCODE_REASON_OK) {
        passage->result.reason = reason;
        return NGX_OK;
    }

    passage->record->lookup = asked.lookup;
    passage->record->route = asked.route;

    ngx_http_healthcode_suspend(r);

    return NGX_AGAIN;
}


static bool
ngx_http_healthcode_passage_call_format(void *data, healthcode_str_t instance,
    healthcode_redis_buf_t *buf)
{
    ngx_http_healthcode_passage_t  *passage = data;

    passage->terms.instance = instance;

    return healthcode_passage_format(&passage->terms, passage->call.script->sha,
                                     buf);
}


static void
ngx_http_healthcode_passage_call_done(void *data, healthcode_reason_e reason,
    const redisReply *reply)
{
    ngx_http_healthcode_passage_t  *passage = data;

    passage->record->lookup = NULL;
    passage->record->route = NULL;

    if (reason == HEALTHCODE_REASON_OK) {
        healthcode_passage_read(passage->terms.what, reply, &passage->result);
        ngx_http_healthcode_passage_call_note(passage);

    } else {
        passage->result.reason = reason;
    }

    ngx_http_healthcode_resume(passage->record);
}


/* Of halls by variables there may be any number: they have no metric. */
static void
ngx_http_healthcode_passage_call_note(
    const ngx_http_healthcode_passage_t *passage)
{
    const ngx_http_healthcode_store_t  *store = passage->store;

    if (passage->result.outcome >= HEALTHCODE_PASSAGE_REFUSED
        && passage->hall->lengths == NULL)
    {
        ngx_http_healthcode_tally_inside(store->tally, &store->name,
                                         &passage->hall->value,
                                         passage->result.inside);
    }
}
