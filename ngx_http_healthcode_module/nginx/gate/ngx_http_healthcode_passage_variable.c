/*
 * $healthcode_passed, $healthcode_passage_id, $healthcode_inside.
 * Decides nothing.
 * Knows no: connection, header, token.  docs/variables.md.
 */

#include "ngx_http_healthcode_passage_call.h"
#include "ngx_http_healthcode_passage_variable.h"


static const ngx_http_healthcode_passage_t *
    ngx_http_healthcode_passage_variable_find(ngx_http_request_t *r);


/* The passage of r that is over; NULL: there is none. */
static const ngx_http_healthcode_passage_t *
ngx_http_healthcode_passage_variable_find(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t  *record;

    record = ngx_http_healthcode_record_find(r);

    return (record && record->passage
            && record->passage->state == NGX_HTTP_HEALTHCODE_PASSAGE_OVER)
           ? record->passage : NULL;
}


/* Whether it is reserved and was not given back. */
static ngx_uint_t
ngx_http_healthcode_passage_variable_counts(
    const ngx_http_healthcode_passage_t *passage)
{
    return passage->reason == HEALTHCODE_REASON_OK
           && passage->first.outcome >= HEALTHCODE_PASSAGE_PASSED;
}


ngx_int_t
ngx_http_healthcode_passage_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    healthcode_str_t                      text;
    const ngx_http_healthcode_passage_t  *passage;
    ngx_http_healthcode_record_t         *record;

    record = ngx_http_healthcode_record_find(r);
    passage = ngx_http_healthcode_passage_variable_find(r);

    if (passage == NULL || passage->conf == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    if (!ngx_http_healthcode_passage_variable_counts(passage)) {
        text = record->found.verdict.allow ? healthcode_str("unrecorded")
                                           : healthcode_str("refused");

    } else if (passage->first.outcome == HEALTHCODE_PASSAGE_AGAIN) {
        text = healthcode_str("again");

    } else {
        text = healthcode_str("passed");
    }

    v->data = (u_char *) text.data;
    v->len = text.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


/* By what the second message names the passage; in digits. */
ngx_int_t
ngx_http_healthcode_passage_variable_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    const ngx_http_healthcode_passage_t  *passage;

    passage = ngx_http_healthcode_passage_variable_find(r);

    if (passage == NULL || passage->conf == NULL
        || !ngx_http_healthcode_passage_variable_counts(passage))
    {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = ngx_pnalloc(r->pool, HEALTHCODE_HOLDER_HEX);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    healthcode_holder_format(passage->terms.passage, (char *) v->data);

    v->len = HEALTHCODE_HOLDER_HEX;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


/* As the store said last. */
ngx_int_t
ngx_http_healthcode_passage_variable_inside(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    const ngx_http_healthcode_passage_t  *passage;

    passage = ngx_http_healthcode_passage_variable_find(r);

    /* a second message that names nothing is not asked about */

    if (passage == NULL || passage->result.reason == HEALTHCODE_REASON_FAULT
        || passage->result.outcome < HEALTHCODE_PASSAGE_REFUSED)
    {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(v->data, "%uD", passage->result.inside) - v->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}
