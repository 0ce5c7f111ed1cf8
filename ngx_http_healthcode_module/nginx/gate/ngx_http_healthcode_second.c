/*
 * The second message about a passage: whether it took place.  The ID that a
 * reader got with the first one names it, so no code is shown or judged.
 * Knows no: connection, header, token, verdict.
 * docs/directives.md, "healthcode_passage_confirm".
 */

#include "../answer/ngx_http_healthcode_header.h"
#include "../answer/ngx_http_healthcode_response.h"
#include "../request/ngx_http_healthcode_suspend.h"
#include "ngx_http_healthcode_passage_call.h"
#include "ngx_http_healthcode_passage_terms.h"
#include "ngx_http_healthcode_second.h"


static ngx_int_t ngx_http_healthcode_second_begin(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);
static ngx_int_t ngx_http_healthcode_second_read(ngx_http_request_t *r,
    const ngx_http_healthcode_second_conf_t *conf,
    healthcode_passage_t *terms);
static ngx_uint_t ngx_http_healthcode_second_status(ngx_http_request_t *r,
    const healthcode_passage_result_t *result);


ngx_int_t
ngx_http_healthcode_second_ask(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    record = ngx_http_healthcode_record_get(r);
    if (record == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_healthcode_suspend_is_over(record)) {
        record->passage->state = NGX_HTTP_HEALTHCODE_PASSAGE_OVER;
        return NGX_DECLINED;
    }

    return ngx_http_healthcode_second_begin(r, lcf, record);
}


static ngx_int_t
ngx_http_healthcode_second_begin(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    ngx_int_t                       rc;
    ngx_http_healthcode_passage_t  *passage;

    ngx_http_healthcode_record_cancel(record);

    passage = ngx_pcalloc(r->pool, sizeof(ngx_http_healthcode_passage_t));
    if (passage == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    record->passage = passage;
    passage->record = record;
    passage->hall = lcf->second->hall;

    rc = ngx_http_healthcode_second_read(r, lcf->second, &passage->terms);

    if (rc == NGX_OK) {
        rc = ngx_http_healthcode_passage_call(r, lcf->rules.store, passage,
                                              lcf->second->annuls
                                              ? HEALTHCODE_PASSAGE_ANNUL
                                              : HEALTHCODE_PASSAGE_CONFIRM);

        if (rc == NGX_AGAIN) {
            return NGX_AGAIN;
        }

    } else if (rc == NGX_DECLINED) {
        passage->result.outcome = HEALTHCODE_PASSAGE_UNKNOWN;
    }

    passage->state = NGX_HTTP_HEALTHCODE_PASSAGE_OVER;

    return NGX_DECLINED;
}


/* NGX_OK; NGX_DECLINED: no passage has this name; NGX_ERROR. */
static ngx_int_t
ngx_http_healthcode_second_read(ngx_http_request_t *r,
    const ngx_http_healthcode_second_conf_t *conf, healthcode_passage_t *terms)
{
    ngx_str_t  hall, id;

    if (ngx_http_complex_value(r, conf->hall, &hall) != NGX_OK
        || ngx_http_complex_value(r, conf->id, &id) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (hall.len == 0
        || !healthcode_holder_parse(ngx_http_healthcode_view(&id),
                                    terms->passage))
    {
        return NGX_DECLINED;
    }

    return ngx_http_healthcode_passage_hall(r, &hall, terms->hall);
}


ngx_int_t
ngx_http_healthcode_second_handler(ngx_http_request_t *r)
{
    ngx_int_t                      rc;
    ngx_uint_t                     status;
    ngx_http_healthcode_record_t  *record;

    /* nobody is to send a body that nobody reads */
    r->expect_tested = 1;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    record = ngx_http_healthcode_record_find(r);

    if (record == NULL || record->passage == NULL
        || record->passage->conf != NULL
        || record->passage->state != NGX_HTTP_HEALTHCODE_PASSAGE_OVER)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    status = ngx_http_healthcode_second_status(r, &record->passage->result);

    if (ngx_http_healthcode_header_set(r, "Cache-Control", "no-store") == NULL
        || (status == NGX_HTTP_SERVICE_UNAVAILABLE
            && ngx_http_healthcode_header_set(r, "Retry-After", "1") == NULL))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_healthcode_response_text(r, NULL, status);
}


static ngx_uint_t
ngx_http_healthcode_second_status(ngx_http_request_t *r,
    const healthcode_passage_result_t *result)
{
    healthcode_str_t  word;

    switch (result->outcome) {

    case HEALTHCODE_PASSAGE_DONE:
        return NGX_HTTP_NO_CONTENT;

    case HEALTHCODE_PASSAGE_FINAL:
        return NGX_HTTP_CONFLICT;

    case HEALTHCODE_PASSAGE_UNKNOWN:
        return NGX_HTTP_NOT_FOUND;

    default:
        break;
    }

    word = healthcode_reason_word(result->reason);

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "healthcode: the second message of a passage is lost, "
                  "reason=%*s", word.len, word.data);

    return healthcode_reason_status(result->reason);
}
