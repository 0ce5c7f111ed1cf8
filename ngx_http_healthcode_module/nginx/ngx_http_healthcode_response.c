/*
 * Verdict -> status, headers, body, one log line.
 * Decides nothing.  docs/request-path.md, "Response".
 */

#include "ngx_http_healthcode.h"
#include "../core/healthcode_text.h"


/* Of a kid, as much as a line of the log shows. */
#define NGX_HTTP_HEALTHCODE_RESPONSE_KID  512


static ngx_uint_t ngx_http_healthcode_response_note(ngx_uint_t any,
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
    healthcode_reason_e reason);
static ngx_table_elt_t *ngx_http_healthcode_response_header(
    ngx_http_request_t *r, const char *name, const char *value);
static ngx_table_elt_t *ngx_http_healthcode_response_find(
    ngx_http_request_t *r, ngx_str_t *key, ngx_str_t *value);
static ngx_int_t ngx_http_healthcode_response_body(ngx_http_request_t *r,
    const ngx_http_healthcode_refusal_t *refusal);
static ngx_int_t ngx_http_healthcode_response_claim(ngx_http_request_t *r,
    const ngx_http_healthcode_refusal_t *refusal, ngx_str_t *member);


ngx_int_t
ngx_http_healthcode_response_send(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_uint_t                 any, again, status;
    ngx_http_core_loc_conf_t  *clcf;

    if (lcf->rules.mode == NGX_HTTP_HEALTHCODE_AUDIT) {
        /* no opinion: under "satisfy any" an OK would open the location */
        return NGX_DECLINED;
    }

    if (record->found.verdict.allow) {
        return NGX_OK;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    any = (clcf->satisfy == NGX_HTTP_SATISFY_ANY);
    again = ngx_http_healthcode_response_note(any, record);

    if (any) {
        return ngx_http_healthcode_response_offer(r, record, again);
    }

    if (ngx_http_healthcode_response_headers(r, &record->refusal) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    status = record->refusal.status;

    if (!again
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
 * first refusal is the one that is told.
 */
static ngx_uint_t
ngx_http_healthcode_response_note(ngx_uint_t any,
    ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_refusal_t  *refusal = &record->refusal;

    if (refusal->status) {
        record->found.verdict.reason = refusal->reason;
        record->found.unmet = refusal->unmet;

        return 1;
    }

    refusal->reason = record->found.verdict.reason;
    refusal->unmet = record->found.unmet;
    refusal->status = healthcode_reason_status(refusal->reason);

    if (any && refusal->status != NGX_HTTP_UNAUTHORIZED) {
        refusal->status = NGX_HTTP_FORBIDDEN;
    }

    return 0;
}


/* Under "satisfy any": only these two statuses let another rule speak. */
static ngx_int_t
ngx_http_healthcode_response_offer(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_uint_t again)
{
    if (again && !r->error_page) {
        /* with "recursive_error_pages on" a page would lead here for ever */
        record->no_page = 1;
        r->error_page = 1;
    }

    if (record->refusal.status != NGX_HTTP_UNAUTHORIZED) {
        return NGX_HTTP_FORBIDDEN;
    }

    return (ngx_http_healthcode_response_challenge(r, record->refusal.reason)
            == NGX_OK)
           ? NGX_HTTP_UNAUTHORIZED : NGX_HTTP_INTERNAL_SERVER_ERROR;
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
    if (refusal->status == NGX_HTTP_UNAUTHORIZED
        && ngx_http_healthcode_response_challenge(r, refusal->reason)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (refusal->status == NGX_HTTP_SERVICE_UNAVAILABLE
        && ngx_http_healthcode_response_header(r, "Retry-After", "1") == NULL)
    {
        return NGX_ERROR;
    }

    if (ngx_http_healthcode_response_header(r, "Cache-Control", "no-store")
        == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* RFC 6750 section 3: no error code where nothing was shown. */
static ngx_int_t
ngx_http_healthcode_response_challenge(ngx_http_request_t *r,
    healthcode_reason_e reason)
{
    u_char            *p;
    size_t             len;
    ngx_table_elt_t   *header;
    healthcode_str_t   word;

    header = ngx_http_healthcode_response_header(r, "WWW-Authenticate",
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

    return NGX_OK;
}


/*
 * name and value are literals.  A header of this name whose value begins so is
 * ours already, of an earlier refusal.
 */
static ngx_table_elt_t *
ngx_http_healthcode_response_header(ngx_http_request_t *r, const char *name,
    const char *value)
{
    ngx_str_t         key, text;
    ngx_table_elt_t  *header;

    key.data = (u_char *) name;
    key.len = ngx_strlen(name);
    text.data = (u_char *) value;
    text.len = ngx_strlen(value);

    header = ngx_http_healthcode_response_find(r, &key, &text);

    if (header == NULL) {
        header = ngx_list_push(&r->headers_out.headers);
        if (header == NULL) {
            return NULL;
        }

        ngx_memzero(header, sizeof(ngx_table_elt_t));
    }

    header->hash = 1;
    header->key = key;
    header->value = text;

    return header;
}


static ngx_table_elt_t *
ngx_http_healthcode_response_find(ngx_http_request_t *r, ngx_str_t *key,
    ngx_str_t *value)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    for (part = &r->headers_out.headers.part; part; part = part->next) {

        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (header[i].key.len == key->len
                && ngx_strncmp(header[i].key.data, key->data, key->len) == 0
                && header[i].value.len >= value->len
                && ngx_strncmp(header[i].value.data, value->data, value->len)
                   == 0)
            {
                return &header[i];
            }
        }
    }

    return NULL;
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

    ngx_http_finalize_request(r, ngx_http_healthcode_response_body(r,
                                                            &record->refusal));
    return NGX_DONE;
}


/* RFC 9457 section 3. */
static ngx_int_t
ngx_http_healthcode_response_body(ngx_http_request_t *r,
    const ngx_http_healthcode_refusal_t *refusal)
{
    size_t             len;
    ngx_str_t          claim;
    ngx_buf_t         *b;
    healthcode_str_t   word, title;

    if (ngx_http_healthcode_response_claim(r, refusal, &claim) != NGX_OK) {
        return NGX_ERROR;
    }

    word = healthcode_reason_word(refusal->reason);
    title = healthcode_reason_title(refusal->reason);

    len = sizeof("{\"type\":\"urn:healthcode:problem:\",\"title\":\"\","
                 "\"status\":000,\"reason\":\"\"}" CRLF)
          + 2 * word.len + title.len + claim.len;

    b = ngx_create_temp_buf(r->pool, len);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->last = ngx_sprintf(b->last, "{\"type\":\"urn:healthcode:problem:%*s\","
                          "\"title\":\"%*s\",\"status\":%ui,"
                          "\"reason\":\"%*s\"%V}" CRLF,
                          word.len, word.data, title.len, title.data,
                          refusal->status, word.len, word.data, &claim);

    ngx_str_set(&r->headers_out.content_type, "application/problem+json");

    return ngx_http_healthcode_response_json(r, b, refusal->status);
}


ngx_int_t
ngx_http_healthcode_response_json(ngx_http_request_t *r, ngx_buf_t *b,
    ngx_uint_t status)
{
    ngx_int_t    rc;
    ngx_chain_t  out;

    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    r->headers_out.status = status;
    r->headers_out.content_length_n = b->last - b->pos;
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


/* The name of the claim that failed; never what the code says there. */
static ngx_int_t
ngx_http_healthcode_response_claim(ngx_http_request_t *r,
    const ngx_http_healthcode_refusal_t *refusal, ngx_str_t *member)
{
    u_char            *p, *name;
    healthcode_str_t   claim;

    ngx_str_null(member);

    if (refusal->unmet == NULL) {
        return NGX_OK;
    }

    claim = refusal->unmet->claim;
    name = (u_char *) claim.data;

    p = ngx_pnalloc(r->pool, sizeof(",\"claim\":\"\"") - 1 + claim.len
                             + ngx_escape_json(NULL, name, claim.len));
    if (p == NULL) {
        return NGX_ERROR;
    }

    member->data = p;

    p = ngx_cpymem(p, ",\"claim\":\"", sizeof(",\"claim\":\"") - 1);
    p = (u_char *) ngx_escape_json(p, name, claim.len);
    *p++ = '"';

    member->len = p - member->data;

    return NGX_OK;
}


/* One line a decision; never a byte of the code, nor what it says of itself. */
void
ngx_http_healthcode_response_log(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    char              kid[NGX_HTTP_HEALTHCODE_RESPONSE_KID];
    ngx_str_t         issuer, word, claim;
    ngx_uint_t        level;
    healthcode_str_t  view;

    if (record->found.verdict.reason == HEALTHCODE_REASON_FAULT) {
        level = NGX_LOG_ERR;
    } else {
        level = record->found.verdict.allow ? NGX_LOG_INFO : NGX_LOG_NOTICE;
    }

    if (r->connection->log->log_level < level) {
        return;
    }

    view = healthcode_reason_word(record->found.verdict.reason);
    word.data = (u_char *) view.data;
    word.len = view.len;

    if (record->found.issuer) {
        issuer = record->found.issuer->name;
    } else {
        ngx_str_set(&issuer, "-");
    }

    view = healthcode_str("-");

    if (record->found.verified.len && record->found.kid.len) {
        view = healthcode_str_from(record->found.kid.data,
                                   record->found.kid.len);
    }

    (void) healthcode_text_escape(view, kid, sizeof(kid));

    ngx_str_null(&claim);

    if (record->found.unmet) {
        claim.data = (u_char *) record->found.unmet->claim.data;
        claim.len = record->found.unmet->claim.len;
    }

    ngx_log_error(level, r->connection->log, 0,
                  "healthcode: %s%s reason=%V%s%V issuer=%V kid=%s",
                  (lcf->rules.mode == NGX_HTTP_HEALTHCODE_AUDIT) ? "audit "
                                                                 : "",
                  record->found.verdict.allow ? "allow" : "deny", &word,
                  claim.len ? " claim=" : "", &claim, &issuer, kid);
}
