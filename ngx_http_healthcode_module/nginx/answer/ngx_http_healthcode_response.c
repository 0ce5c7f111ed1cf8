/*
 * Verdict -> status, headers, body.  Decides nothing.
 * Knows no: store, token.  docs/request-path.md, "Response".
 */

#include "../request/ngx_http_healthcode_header_list.h"
#include "ngx_http_healthcode_header.h"
#include "ngx_http_healthcode_page.h"
#include "ngx_http_healthcode_reply.h"
#include "ngx_http_healthcode_response.h"
#include "../../core/healthcode_dpop.h"


static ngx_int_t ngx_http_healthcode_response_deny(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    ngx_uint_t any);
static ngx_uint_t ngx_http_healthcode_response_note(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf, ngx_uint_t any,
    ngx_http_healthcode_record_t *record);
static ngx_int_t ngx_http_healthcode_response_offer(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_uint_t again);
static ngx_int_t ngx_http_healthcode_response_refuse(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record);
static ngx_uint_t ngx_http_healthcode_response_has_page(ngx_http_request_t *r,
    ngx_uint_t status);
static ngx_int_t ngx_http_healthcode_response_headers(ngx_http_request_t *r,
    const ngx_http_healthcode_refusal_t *refusal);
static ngx_int_t ngx_http_healthcode_response_challenge(ngx_http_request_t *r,
    const ngx_http_healthcode_refusal_t *refusal);
static ngx_int_t ngx_http_healthcode_response_challenge_dpop(
    ngx_http_request_t *r, healthcode_reason_e reason);
static ngx_int_t ngx_http_healthcode_response_reply(ngx_http_request_t *r,
    const ngx_http_healthcode_answer_t *answer, ngx_uint_t status);
static ngx_int_t ngx_http_healthcode_response_body(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record);


ngx_int_t
ngx_http_healthcode_response_send(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_http_core_loc_conf_t  *clcf;

    if (lcf->rules.mode == NGX_HTTP_HEALTHCODE_AUDIT) {
        /* no opinion: under "satisfy any" an OK would open the location */
        return NGX_DECLINED;
    }

    if (record->found.verdict.allow) {
        return NGX_OK;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    /* no other rule is asked about a subrequest */

    return ngx_http_healthcode_response_deny(r, lcf, record, r == r->main
                                   && clcf->satisfy == NGX_HTTP_SATISFY_ANY);
}


ngx_int_t
ngx_http_healthcode_response_refused(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    return ngx_http_healthcode_response_deny(r, lcf, record, 0);
}


/* any: another rule may let it in. */
static ngx_int_t
ngx_http_healthcode_response_deny(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    ngx_uint_t any)
{
    ngx_uint_t                 again, status;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    again = ngx_http_healthcode_response_note(r, lcf, any, record);

    if (any) {
        return ngx_http_healthcode_response_offer(r, record, again);
    }

    if (ngx_http_healthcode_response_headers(r, &record->refusal) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    status = record->refusal.status;

    if (!again && r == r->main && record->refusal.answer == NULL
        && (status == NGX_HTTP_INTERNAL_SERVER_ERROR
            || ngx_http_healthcode_response_has_page(r, status)
            || (status == NGX_HTTP_UNAUTHORIZED && clcf->auth_delay)))
    {
        return status;
    }

    return ngx_http_healthcode_response_refuse(r, record);
}


/*
 * Whether the request was refused before, by another gate or by this one: the
 * client sees the first refusal again.
 */
static ngx_uint_t
ngx_http_healthcode_response_note(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf, ngx_uint_t any,
    ngx_http_healthcode_record_t *record)
{
    ngx_uint_t                      again, answered;
    ngx_http_healthcode_refusal_t  *refusal = &record->refusal;

    again = (refusal->status != 0);
    answered = (again && refusal->answer);

    if (again) {
        record->found.again = 1;

    } else {
        refusal->reason = record->found.verdict.reason;
        refusal->told = ngx_http_healthcode_response_disclosed(lcf, record);
        refusal->unmet = record->found.code.unmet;
        refusal->dpop = (lcf->rules.bound == NGX_HTTP_HEALTHCODE_BOUND_DPOP);
    }

    refusal->answer = ngx_http_healthcode_reply_deny(lcf, refusal->told);

    /* the status of an answer goes with it, and not with another body */

    if (again && refusal->answer == NULL && !answered) {
        return 1;
    }

    refusal->status = ngx_http_healthcode_reply_status(r, refusal->answer,
                                                       refusal->told);

    if (any && refusal->answer == NULL
        && refusal->status != NGX_HTTP_UNAUTHORIZED)
    {
        refusal->status = NGX_HTTP_FORBIDDEN;
    }

    return again;
}


ngx_uint_t
ngx_http_healthcode_response_status(const ngx_http_healthcode_record_t *record)
{
    healthcode_reason_e                  reason;
    const ngx_http_healthcode_answer_t  *answer;

    if (record->found.verdict.allow) {

        if (record->gate->content == NULL) {
            return NGX_HTTP_OK;
        }

        answer = ngx_http_healthcode_reply_allow(record->gate);

        return answer ? answer->status : NGX_HTTP_NO_CONTENT;
    }

    if (record->refusal.status) {
        return record->refusal.status;
    }

    reason = ngx_http_healthcode_response_disclosed(record->gate, record);

    return ngx_http_healthcode_reply_status(record->request,
                      ngx_http_healthcode_reply_deny(record->gate, reason),
                      reason);
}


void
ngx_http_healthcode_response_withdraw(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record)
{
    record->refusal.status = 0;

    if (record->refusal.no_page) {
        record->refusal.no_page = 0;
        r->error_page = 0;
    }
}


/* Under "satisfy any": only these two statuses let another rule speak. */
static ngx_int_t
ngx_http_healthcode_response_offer(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_uint_t again)
{
    if (again && !r->error_page) {
        /* with "recursive_error_pages on" a page would lead here for ever */
        record->refusal.no_page = 1;
        r->error_page = 1;
    }

    if (healthcode_reason_status(record->refusal.told)
        != NGX_HTTP_UNAUTHORIZED)
    {
        return NGX_HTTP_FORBIDDEN;
    }

    return (ngx_http_healthcode_response_challenge(r, &record->refusal)
            == NGX_OK)
           ? NGX_HTTP_UNAUTHORIZED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/*
 * Under "satisfy any", when every rule has refused: nginx would answer now.  A
 * 401 that it delays, since passwords are tried, it answers itself, and what
 * has an error_page of the site.
 */
ngx_int_t
ngx_http_healthcode_response_last(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record)
{
    ngx_table_elt_t                    *header;
    ngx_http_core_loc_conf_t           *clcf;
    ngx_http_healthcode_refusal_t      *refusal = &record->refusal;
    ngx_http_healthcode_header_walk_t   walk;

    static const ngx_str_t  name = ngx_string("www-authenticate");

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if ((clcf->auth_delay && r->access_code == NGX_HTTP_UNAUTHORIZED)
        || (refusal->answer == NULL
            && ngx_http_healthcode_response_has_page(r, r->access_code)))
    {
        return NGX_DECLINED;
    }

    /* who may open by a password is asked for it, as nginx would do */

    if (refusal->answer == NULL
        && (!record->found.again || r->access_code == NGX_HTTP_UNAUTHORIZED))
    {
        refusal->status = r->access_code;
    }

    r->access_code = 0;

    if (refusal->status != NGX_HTTP_UNAUTHORIZED) {

        /* a browser would ask for a password */

        ngx_http_healthcode_header_walk(&walk, &r->headers_out.headers.part);

        while ((header = ngx_http_healthcode_header_walk_find(&walk, &name))
               != NULL)
        {
            header->hash = 0;
        }

        r->headers_out.www_authenticate = NULL;
    }

    if (ngx_http_healthcode_response_headers(r, refusal) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_healthcode_response_refuse(r, record);
}


/* As ngx_http_special_response_handler() will look for it. */
static ngx_uint_t
ngx_http_healthcode_response_has_page(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_uint_t                 i;
    ngx_http_err_page_t       *page;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (r->error_page || clcf->error_pages == NULL || r->uri_changes == 0) {
        return 0;
    }

    page = clcf->error_pages->elts;

    for (i = 0; i < clcf->error_pages->nelts; i++) {
        if ((ngx_uint_t) page[i].status == status) {
            return 1;
        }
    }

    return 0;
}


/* A request that is refused again has them from the first time. */
static ngx_int_t
ngx_http_healthcode_response_headers(ngx_http_request_t *r,
    const ngx_http_healthcode_refusal_t *refusal)
{
    /* a 401 may be that of another rule */

    if (refusal->status == NGX_HTTP_UNAUTHORIZED
        && (refusal->answer
            || healthcode_reason_status(refusal->told)
               == NGX_HTTP_UNAUTHORIZED)
        && ngx_http_healthcode_response_challenge(r, refusal) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if ((refusal->status == NGX_HTTP_SERVICE_UNAVAILABLE
         || (refusal->answer == NULL
             && healthcode_reason_is_busy(refusal->told)))
        && ngx_http_healthcode_header_set(r, "Retry-After", "1") == NULL)
    {
        return NGX_ERROR;
    }

    if (ngx_http_healthcode_header_set(r, "Cache-Control", "no-store")
        == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* RFC 6750 section 3: no error code if nothing was shown. */
static ngx_int_t
ngx_http_healthcode_response_challenge(ngx_http_request_t *r,
    const ngx_http_healthcode_refusal_t *refusal)
{
    u_char               *p;
    size_t                len;
    ngx_table_elt_t      *header;
    healthcode_str_t      word;
    healthcode_reason_e   reason = refusal->told;

    header = ngx_http_healthcode_header_set(r, "WWW-Authenticate",
                                             "Bearer realm=\"healthcode\"");
    if (header == NULL) {
        return NGX_ERROR;
    }

    if (healthcode_reason_is_invalid_token(reason)) {

        word = healthcode_reason_word(reason);
        len = header->value.len + word.len
              + sizeof(", error=\"invalid_token\", error_description=\"\"") - 1;

        p = ngx_pnalloc(r->pool, len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        header->value.len = ngx_sprintf(p, "%V, error=\"invalid_token\", "
                                        "error_description=\"%*s\"",
                                        &header->value, word.len, word.data)
                            - p;
        header->value.data = p;
    }

    r->headers_out.www_authenticate = header;

    return refusal->dpop
           ? ngx_http_healthcode_response_challenge_dpop(r, reason) : NGX_OK;
}


/* RFC 9449 section 7.1: a challenge beside the other one. */
static ngx_int_t
ngx_http_healthcode_response_challenge_dpop(ngx_http_request_t *r,
    healthcode_reason_e reason)
{
    u_char           *p;
    const char       *error, *algorithms = healthcode_dpop_algorithms();
    ngx_table_elt_t  *header;

    error = (reason == HEALTHCODE_REASON_BOUND)
            ? "error=\"invalid_dpop_proof\", " : "";

    p = ngx_pnalloc(r->pool, sizeof("DPoP algs=\"\"") - 1 + ngx_strlen(error)
                             + ngx_strlen(algorithms));
    if (p == NULL) {
        return NGX_ERROR;
    }

    header = ngx_http_healthcode_header_set(r, "WWW-Authenticate", "DPoP ");
    if (header == NULL) {
        return NGX_ERROR;
    }

    header->value.len = ngx_sprintf(p, "DPoP %salgs=\"%s\"", error, algorithms)
                        - p;
    header->value.data = p;

    return NGX_OK;
}


/* What a request that was let in gets if nobody else answers it. */
ngx_int_t
ngx_http_healthcode_response_admit(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf)
{
    const ngx_http_healthcode_answer_t  *answer;

    if (ngx_http_healthcode_header_set(r, "Cache-Control", "no-store")
        == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    answer = ngx_http_healthcode_reply_allow(lcf);

    if (answer) {
        return ngx_http_healthcode_response_reply(r, answer, answer->status);
    }

    return ngx_http_healthcode_response_text(r, NULL, NGX_HTTP_NO_CONTENT);
}


/* Sends an answer of healthcode_reply, with this status. */
static ngx_int_t
ngx_http_healthcode_response_reply(ngx_http_request_t *r,
    const ngx_http_healthcode_answer_t *answer, ngx_uint_t status)
{
    ngx_buf_t  *b;

    if (ngx_http_healthcode_reply_write(r, answer->body, &b) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (b) {
        r->headers_out.content_type = answer->type;
    }

    return ngx_http_healthcode_response_text(r, b, status);
}


/*
 * Answers by itself and finishes the request: an access handler that returns
 * a status would get nginx's own page.
 */
static ngx_int_t
ngx_http_healthcode_response_refuse(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record)
{
    ngx_int_t  rc;

    r->expect_tested = 1;

    /* of an error page that led here, whose status would go out in its place */
    r->err_status = 0;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return (rc >= NGX_HTTP_SPECIAL_RESPONSE)
               ? rc : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_finalize_request(r, ngx_http_healthcode_response_body(r, record));
    return NGX_DONE;
}


static ngx_int_t
ngx_http_healthcode_response_body(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record)
{
    ngx_buf_t                            *b;
    const ngx_http_healthcode_refusal_t  *refusal = &record->refusal;

    if (refusal->answer) {
        return ngx_http_healthcode_response_reply(r, refusal->answer,
                                                  refusal->status);
    }

    if (ngx_http_healthcode_page_write(r, record, &b) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_healthcode_response_text(r, b, refusal->status);
}


ngx_int_t
ngx_http_healthcode_response_text(ngx_http_request_t *r, ngx_buf_t *b,
    ngx_uint_t status)
{
    ngx_int_t    rc;
    ngx_chain_t  out;

    r->headers_out.status = status;
    r->headers_out.content_length_n = b ? b->last - b->pos : 0;
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    /* made for this request: "If-Match" and its like ask for something else */
    r->disable_not_modified = 1;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    if (b == NULL) {
        return (r == r->main) ? ngx_http_send_special(r, NGX_HTTP_LAST)
                              : NGX_OK;
    }

    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}
