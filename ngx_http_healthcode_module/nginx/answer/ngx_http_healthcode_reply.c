/*
 * The answers of healthcode_reply: which one counts, and its bytes.
 * Knows no: connection, header, store, token, verdict.
 * docs/directives.md, "healthcode_reply".
 */

#include "ngx_http_healthcode_reply.h"


static void ngx_http_healthcode_reply_pieces(healthcode_sink_t *sink,
    const ngx_array_t *pieces, const ngx_str_t *values);


const ngx_http_healthcode_answer_t *
ngx_http_healthcode_reply_deny(const ngx_http_healthcode_loc_conf_t *lcf,
    healthcode_reason_e reason)
{
    size_t                         i;
    ngx_http_healthcode_answer_t  *answer;

    if (lcf->replies == NULL) {
        return NULL;
    }

    i = healthcode_reply_deny(lcf->replies->elts, lcf->replies->nelts, reason);
    answer = lcf->answers->elts;

    return (i < lcf->replies->nelts) ? &answer[i] : NULL;
}


const ngx_http_healthcode_answer_t *
ngx_http_healthcode_reply_allow(const ngx_http_healthcode_loc_conf_t *lcf)
{
    size_t                         i;
    ngx_http_healthcode_answer_t  *answer;

    if (lcf->replies == NULL) {
        return NULL;
    }

    i = healthcode_reply_allow(lcf->replies->elts, lcf->replies->nelts);
    answer = lcf->answers->elts;

    return (i < lcf->replies->nelts) ? &answer[i] : NULL;
}


/* Who asks by a subrequest goes by the status. */
ngx_uint_t
ngx_http_healthcode_reply_status(const ngx_http_request_t *r,
    const ngx_http_healthcode_answer_t *answer, healthcode_reason_e reason)
{
    return healthcode_reply_status(answer ? (unsigned) answer->status : 0,
                                   reason, r != r->main);
}


ngx_int_t
ngx_http_healthcode_reply_write(ngx_http_request_t *r,
    const ngx_array_t *pieces, ngx_buf_t **b)
{
    ngx_str_t                    *values;
    ngx_uint_t                    i;
    healthcode_sink_t             sink = { NULL, 0, 0 };
    ngx_http_healthcode_piece_t  *piece;

    *b = NULL;

    if (pieces == NULL || pieces->nelts == 0) {
        return NGX_OK;
    }

    values = ngx_palloc(r->pool, pieces->nelts * sizeof(ngx_str_t));
    if (values == NULL) {
        return NGX_ERROR;
    }

    piece = pieces->elts;

    for (i = 0; i < pieces->nelts; i++) {
        if (ngx_http_complex_value(r, &piece[i].value, &values[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ngx_http_healthcode_reply_pieces(&sink, pieces, values);

    if (sink.len == 0) {
        return NGX_OK;
    }

    *b = ngx_create_temp_buf(r->pool, sink.len);
    if (*b == NULL) {
        return NGX_ERROR;
    }

    sink.data = (*b)->last;
    sink.size = sink.len;
    sink.len = 0;

    ngx_http_healthcode_reply_pieces(&sink, pieces, values);

    (*b)->last += sink.size;

    return NGX_OK;
}


static void
ngx_http_healthcode_reply_pieces(healthcode_sink_t *sink,
    const ngx_array_t *pieces, const ngx_str_t *values)
{
    ngx_uint_t                    i;
    ngx_http_healthcode_piece_t  *piece = pieces->elts;

    for (i = 0; i < pieces->nelts; i++) {

        if (piece[i].is_variable) {
            healthcode_quote(sink, piece[i].escape,
                              ngx_http_healthcode_view(&values[i]));
        } else {
            healthcode_sink_bytes(sink, ngx_http_healthcode_view(&values[i]));
        }
    }
}
