/*
 * A passage of who passes a gate by its verdict: reserved in the store
 * before the content, once a request.
 * Knows no: connection, header, token.
 * docs/request-path.md, "Passage".
 */

#ifndef NGX_HTTP_HEALTHCODE_PASSAGE_H
#define NGX_HTTP_HEALTHCODE_PASSAGE_H

#include "ngx_http_healthcode_passage_call.h"


/*
 * The request comes to the content of lcf, which has a passage, by the verdict
 * of that gate.  NGX_OK: it goes on.  NGX_AGAIN: it is suspended, and its
 * phases run again.  Anything else: it is refused, and that is what a handler
 * returns.
 */
ngx_int_t ngx_http_healthcode_passage_reserve(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);

/* Whether one is under way. */
static ngx_inline ngx_uint_t
ngx_http_healthcode_passage_is_pending(
    const ngx_http_healthcode_record_t *record)
{
    return record->passage
           && record->passage->state != NGX_HTTP_HEALTHCODE_PASSAGE_OVER;
}


/* Whether it has to: while one is under way, whatever the verdict is by now. */
static ngx_inline ngx_uint_t
ngx_http_healthcode_passage_is_due(const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record)
{
    return lcf->rules.passage && lcf->rules.mode == NGX_HTTP_HEALTHCODE_ON
           && record->found.judged
           && (record->found.verdict.allow
               || ngx_http_healthcode_passage_is_pending(record));
}

#endif
