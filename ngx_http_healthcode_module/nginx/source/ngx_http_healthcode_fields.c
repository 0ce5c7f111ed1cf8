/*
 * Codes in the body of a request: fields of a form, strings of JSON, and what
 * patterns find in any body.  Reads nothing inside a code.
 * Knows no: connection, store, verdict.
 * docs/request-path.md, "Bodies".
 */

#include "ngx_http_healthcode_body.h"
#include "ngx_http_healthcode_fields.h"
#include "ngx_http_healthcode_mask.h"
#include "../../core/healthcode_member.h"
#include "../../core/healthcode_query.h"
#include "../../core/healthcode_raw.h"


static ngx_int_t ngx_http_healthcode_fields_cut(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_shown_t *shown, ngx_str_t *text);
static ngx_int_t ngx_http_healthcode_fields_cut_form(ngx_http_request_t *r,
    ngx_array_t *forms, ngx_http_healthcode_shown_t *shown, ngx_str_t *text);
static ngx_int_t ngx_http_healthcode_fields_cut_json(ngx_http_request_t *r,
    ngx_array_t *jsons, ngx_http_healthcode_shown_t *shown, ngx_str_t *text);
static ngx_int_t ngx_http_healthcode_fields_cut_raw(ngx_http_request_t *r,
    ngx_array_t *raws, ngx_http_healthcode_shown_t *shown, ngx_str_t *text);
static ngx_int_t ngx_http_healthcode_fields_cut_found(ngx_http_request_t *r,
    const healthcode_cut_t *found, size_t n,
    ngx_http_healthcode_shown_t *shown, ngx_str_t *text);
static ngx_int_t ngx_http_healthcode_fields_replace(ngx_http_request_t *r,
    const ngx_str_t *text);
static ngx_int_t ngx_http_healthcode_fields_set_length(ngx_http_request_t *r,
    size_t len);


ngx_int_t
ngx_http_healthcode_fields_take(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    ngx_int_t   rc;
    ngx_str_t   text;

    if (lcf->forms == NULL && lcf->jsons == NULL && lcf->raws == NULL) {
        return NGX_OK;
    }

    if (record->body.state == NGX_HTTP_HEALTHCODE_BODY_LOST) {
        return ngx_http_healthcode_shown_add(&record->source.kept, r->pool,
                                             HEALTHCODE_PATTERN_ERROR,
                                             healthcode_str_from(NULL, 0));
    }

    if ((record->body.forms == lcf->forms && record->body.jsons == lcf->jsons
         && record->body.raws == lcf->raws)
        || !ngx_http_healthcode_body_is_there(r, record))
    {
        return NGX_OK;
    }

    if (ngx_http_healthcode_body_text(r, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_healthcode_fields_cut(r, lcf, &record->source.kept, &text);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    record->body.forms = lcf->forms;
    record->body.jsons = lcf->jsons;
    record->body.raws = lcf->raws;

    if (rc == NGX_DECLINED) {
        return NGX_OK;
    }

    if (lcf->rules.mode == NGX_HTTP_HEALTHCODE_AUDIT) {
        record->body.as_came = 1;
        return NGX_OK;
    }

    return (ngx_http_healthcode_fields_replace(r, &text) == NGX_OK)
           ? ngx_http_healthcode_fields_set_length(r, text.len) : NGX_ERROR;
}


void
ngx_http_healthcode_fields_drop(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_main_conf_t  *mcf;

    if (record->body.state != NGX_HTTP_HEALTHCODE_BODY_READING
        && record->body.state != NGX_HTTP_HEALTHCODE_BODY_LOST)
    {
        return;
    }

    if (record->body.state == NGX_HTTP_HEALTHCODE_BODY_READING) {
        /* while a page is made for it nginx would read on, and end twice */
        r->read_event_handler = ngx_http_block_reading;
    }

    record->body.state = NGX_HTTP_HEALTHCODE_BODY_LOST;

    if (r->request_body) {
        r->request_body->bufs = NULL;
        r->headers_in.content_length_n = 0;

        mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);
        ngx_http_healthcode_mask_forget(r, mcf->request_body);
    }
}


ngx_int_t
ngx_http_healthcode_fields_end(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record)
{
    ngx_str_t                       text;
    ngx_http_request_body_t        *rb;
    ngx_http_healthcode_entered_t  *entered;

    if (record == NULL || !record->body.as_came || r->request_body == NULL) {
        return NGX_OK;
    }

    if (r != r->main) {
        rb = ngx_palloc(r->pool, sizeof(ngx_http_request_body_t));
        if (rb == NULL) {
            return NGX_ERROR;
        }

        *rb = *r->request_body;
        r->request_body = rb;
    }

    if (ngx_http_healthcode_body_text(r, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    for (entered = record->traces.entered; entered; entered = entered->before) {

        if (ngx_http_healthcode_fields_cut(r, entered->lcf, NULL, &text)
            == NGX_ERROR)
        {
            return NGX_ERROR;
        }
    }

    return ngx_http_healthcode_fields_replace(r, &text);
}


/*
 * NGX_OK: text carries codes, which are added to shown unless that is NULL; it
 * is the text without them now.  NGX_DECLINED: none; NGX_ERROR: no memory.
 */
static ngx_int_t
ngx_http_healthcode_fields_cut(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_shown_t *shown, ngx_str_t *text)
{
    ngx_int_t  form = NGX_DECLINED, json = NGX_DECLINED, raw = NGX_DECLINED;

    if (lcf->forms && text->len
        && ngx_http_healthcode_body_may_be(r, lcf, HEALTHCODE_BODY_FORM))
    {
        form = ngx_http_healthcode_fields_cut_form(r, lcf->forms, shown, text);
    }

    if (lcf->jsons && text->len
        && ngx_http_healthcode_body_may_be(r, lcf, HEALTHCODE_BODY_JSON))
    {
        json = ngx_http_healthcode_fields_cut_json(r, lcf->jsons, shown, text);
    }

    if (lcf->raws && text->len) {
        raw = ngx_http_healthcode_fields_cut_raw(r, lcf->raws, shown, text);
    }

    if (form == NGX_ERROR || json == NGX_ERROR || raw == NGX_ERROR) {
        return NGX_ERROR;
    }

    return (form == NGX_OK || json == NGX_OK) ? NGX_OK : raw;
}


static ngx_int_t
ngx_http_healthcode_fields_cut_form(ngx_http_request_t *r, ngx_array_t *forms,
    ngx_http_healthcode_shown_t *shown, ngx_str_t *text)
{
    u_char                    *scratch, *left;
    size_t                     len;
    healthcode_query_t         walk, again;
    healthcode_query_found_t   found;

    scratch = ngx_pnalloc(r->pool, text->len);
    if (scratch == NULL) {
        return NGX_ERROR;
    }

    healthcode_query_begin_form(&walk, forms->elts, forms->nelts,
                                ngx_http_healthcode_view(text), scratch);
    again = walk;

    while (healthcode_query_next(&walk, &found)) {

        if (shown
            && ngx_http_healthcode_shown_add(shown, r->pool, found.found,
                                             found.code)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    len = healthcode_query_left(again, NULL);

    if (len == text->len) {
        return NGX_DECLINED;
    }

    left = ngx_pnalloc(r->pool, len + 1);
    if (left == NULL) {
        return NGX_ERROR;
    }

    (void) healthcode_query_left(again, left);

    text->data = left;
    text->len = len;

    return NGX_OK;
}


/* The memory is large, so it is given back at once. */
static ngx_int_t
ngx_http_healthcode_fields_cut_json(ngx_http_request_t *r, ngx_array_t *jsons,
    ngx_http_healthcode_shown_t *shown, ngx_str_t *text)
{
    void              *memory;
    size_t             n, size = healthcode_json_memory(text->len);
    ngx_int_t          rc;
    healthcode_cut_t  *found;

    found = ngx_palloc(r->pool, jsons->nelts * sizeof(healthcode_cut_t));
    memory = ngx_palloc(r->pool, size);

    if (found == NULL || memory == NULL) {
        return NGX_ERROR;
    }

    n = healthcode_member_find(jsons->elts, jsons->nelts,
                               ngx_http_healthcode_view(text), memory, size,
                               found);

    rc = ngx_http_healthcode_fields_cut_found(r, found, n, shown, text);

    (void) ngx_pfree(r->pool, memory);

    return rc;
}


static ngx_int_t
ngx_http_healthcode_fields_cut_raw(ngx_http_request_t *r, ngx_array_t *raws,
    ngx_http_healthcode_shown_t *shown, ngx_str_t *text)
{
    size_t             n;
    healthcode_cut_t  *found;

    found = ngx_palloc(r->pool, raws->nelts * HEALTHCODE_RAW_PLACES
                                * sizeof(healthcode_cut_t));
    if (found == NULL) {
        return NGX_ERROR;
    }

    n = healthcode_raw_find(raws->elts, raws->nelts,
                            ngx_http_healthcode_view(text), found);

    return ngx_http_healthcode_fields_cut_found(r, found, n, shown, text);
}


static ngx_int_t
ngx_http_healthcode_fields_cut_found(ngx_http_request_t *r,
    const healthcode_cut_t *found, size_t n,
    ngx_http_healthcode_shown_t *shown, ngx_str_t *text)
{
    u_char   *left;
    size_t    i, len;

    for (i = 0; shown && i < n; i++) {
        if (ngx_http_healthcode_shown_add(shown, r->pool, found[i].found,
                                          found[i].code)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    len = healthcode_cut_left(ngx_http_healthcode_view(text), found, n, NULL);

    if (len == text->len) {
        return NGX_DECLINED;
    }

    left = ngx_pnalloc(r->pool, len + 1);
    if (left == NULL) {
        return NGX_ERROR;
    }

    (void) healthcode_cut_left(ngx_http_healthcode_view(text), found, n, left);

    text->data = left;
    text->len = len;

    return NGX_OK;
}


/* The old bytes stay where they are: nothing shows them any more. */
static ngx_int_t
ngx_http_healthcode_fields_replace(ngx_http_request_t *r, const ngx_str_t *text)
{
    ngx_buf_t                        *b;
    ngx_chain_t                      *cl;
    ngx_http_healthcode_main_conf_t  *mcf;

    b = ngx_calloc_buf(r->pool);
    cl = ngx_alloc_chain_link(r->pool);

    if (b == NULL || cl == NULL) {
        return NGX_ERROR;
    }

    b->temporary = 1;
    b->start = b->pos = text->data;
    b->end = b->last = text->data + text->len;

    cl->buf = b;
    cl->next = NULL;

    r->request_body->bufs = text->len ? cl : NULL;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);
    ngx_http_healthcode_mask_forget(r, mcf->request_body);

    return NGX_OK;
}


/* Of a chunked body nginx knows the length by now, and goes on with that. */
static ngx_int_t
ngx_http_healthcode_fields_set_length(ngx_http_request_t *r, size_t len)
{
    u_char                           *p;
    ngx_table_elt_t                  *header = r->headers_in.content_length;
    ngx_http_healthcode_main_conf_t  *mcf;

    r->headers_in.content_length_n = len;

    /* an "if" may have read them */

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);
    ngx_http_healthcode_mask_forget(r, mcf->content_length);
    ngx_http_healthcode_mask_forget(r, mcf->http_content_length);

    if (header == NULL) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_SIZE_T_LEN + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    header->value.data = p;
    header->value.len = ngx_sprintf(p, "%uz%Z", len) - p - 1;

    return NGX_OK;
}
