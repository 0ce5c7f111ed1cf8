/*
 * The body of a request, read before its code is looked for: the request is
 * suspended until it is there.  What it carries is for fields.c, and for
 * temperature.c.
 * Knows no: connection, store, token, verdict.
 * docs/request-path.md, "Bodies".
 */

#include "ngx_http_healthcode_body.h"


static ngx_uint_t ngx_http_healthcode_body_is_wanted(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf);
static ngx_uint_t ngx_http_healthcode_body_is_large(ngx_http_request_t *r);
static ngx_uint_t ngx_http_healthcode_body_is_bounded(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf);
static ngx_int_t ngx_http_healthcode_body_refuse(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record);
static ngx_int_t ngx_http_healthcode_body_begin(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record);
static void ngx_http_healthcode_body_done(ngx_http_request_t *r);
static void ngx_http_healthcode_body_log_large(ngx_http_request_t *r);
static ngx_int_t ngx_http_healthcode_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);


static ngx_http_request_body_filter_pt  ngx_http_healthcode_body_next;


ngx_int_t
ngx_http_healthcode_body_read_for(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    ngx_int_t   rc;
    ngx_uint_t  bounded;

    if (r != r->main) {
        return NGX_OK;
    }

    bounded = ngx_http_healthcode_body_is_bounded(r, lcf);

    switch (record->body.state) {

    case NGX_HTTP_HEALTHCODE_BODY_UNREAD:
        break;

    case NGX_HTTP_HEALTHCODE_BODY_READ:
        return (bounded && ngx_http_healthcode_body_is_large(r))
               ? ngx_http_healthcode_body_refuse(r, record) : NGX_OK;

    case NGX_HTTP_HEALTHCODE_BODY_READING:
    case NGX_HTTP_HEALTHCODE_BODY_LOST:
        return NGX_OK;
    }

    if (!ngx_http_healthcode_body_is_wanted(r, lcf)) {
        return NGX_OK;
    }

    if (ngx_http_healthcode_body_is_large(r)) {
        return bounded ? ngx_http_healthcode_body_refuse(r, record) : NGX_OK;
    }

    record->body.bounded = bounded;

    if (lcf->rules.mode == NGX_HTTP_HEALTHCODE_ON) {
        /* nothing of a code in a file */
        r->request_body_in_file_only = 0;
    }

    rc = ngx_http_healthcode_body_begin(r, record);

    return (rc == NGX_OK) ? ngx_http_healthcode_body_read(r, lcf, record) : rc;
}


/*
 * RFC 6750 section 2.2: a method whose body means something.  A body of a type
 * that nothing can be in is not waited for.
 */
static ngx_uint_t
ngx_http_healthcode_body_is_wanted(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf)
{
    if ((r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
        || (r->headers_in.content_length_n <= 0 && !r->headers_in.chunked))
    {
        return 0;
    }

    return (lcf->reads_form
            && ngx_http_healthcode_body_may_be(r, lcf, HEALTHCODE_BODY_FORM))
           || (lcf->reads_json
               && ngx_http_healthcode_body_may_be(r, lcf, HEALTHCODE_BODY_JSON))
           || lcf->raws;
}


ngx_uint_t
ngx_http_healthcode_body_may_be(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf, healthcode_body_e type)
{
    ngx_array_t        *types = lcf->rules.form_types;
    healthcode_str_t    header = healthcode_str_from(NULL, 0);
    healthcode_body_e   said;

    if (r->headers_in.content_type) {
        header = ngx_http_healthcode_view(&r->headers_in.content_type->value);
    }

    said = healthcode_body_type(header);

    if (said == type || said == HEALTHCODE_BODY_UNTYPED) {
        return 1;
    }

    return type == HEALTHCODE_BODY_FORM && types
           && healthcode_body_is_one_of(header, types->elts, types->nelts);
}


/* Of one without a length this is known once it was read. */
static ngx_uint_t
ngx_http_healthcode_body_is_large(ngx_http_request_t *r)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    return r->headers_in.content_length_n
           > (off_t) clcf->client_body_buffer_size
           || (r->request_body && r->request_body->temp_file);
}


/*
 * An audit refuses nobody, and under "satisfy any" another rule may let the
 * request in: there a body that is too large carries no code.
 */
static ngx_uint_t
ngx_http_healthcode_body_is_bounded(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    return lcf->rules.mode == NGX_HTTP_HEALTHCODE_ON
           && clcf->satisfy == NGX_HTTP_SATISFY_ALL;
}


/*
 * As nginx refuses one that is larger than client_max_body_size; but a page is
 * not asked for with the length of what it does not get, or on a connection
 * that stays the next request would be taken for that.
 */
static ngx_int_t
ngx_http_healthcode_body_refuse(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_body_log_large(r);

    record->body.state = NGX_HTTP_HEALTHCODE_BODY_LOST;

    r->expect_tested = 1;
    r->lingering_close = 1;
    r->headers_in.content_length_n = 0;
    (void) ngx_http_discard_request_body(r);

    return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
}


static void
ngx_http_healthcode_body_log_large(ngx_http_request_t *r)
{
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "healthcode: a body that the gate has to read is larger than "
                  "client_body_buffer_size");
}


/* NGX_OK: it is there; NGX_AGAIN: it is on its way; else a status. */
static ngx_int_t
ngx_http_healthcode_body_begin(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record)
{
    ngx_int_t  rc;

    record->body.state = NGX_HTTP_HEALTHCODE_BODY_READING;

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_healthcode_body_done);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE || rc == NGX_ERROR) {
        return rc;
    }

    /* gives up the reference that the reading has taken: while it goes on, the
       request ends with it */
    ngx_http_finalize_request(r, NGX_DONE);

    if (record->body.state == NGX_HTTP_HEALTHCODE_BODY_READ) {
        return NGX_OK;
    }

    record->body.waits = 1;

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "healthcode: waits for the body");

    return NGX_AGAIN;
}


static void
ngx_http_healthcode_body_done(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t  *record;

    record = ngx_http_get_module_ctx(r, ngx_http_healthcode_module);
    record->body.state = NGX_HTTP_HEALTHCODE_BODY_READ;

    if (record->body.waits) {
        record->body.waits = 0;

        r->write_event_handler = ngx_http_core_run_phases;
        ngx_http_core_run_phases(r);
    }
}


ngx_uint_t
ngx_http_healthcode_body_is_there(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record)
{
    return record->body.state == NGX_HTTP_HEALTHCODE_BODY_READ
           && r->request_body && !ngx_http_healthcode_body_is_large(r);
}


ngx_int_t
ngx_http_healthcode_body_text(ngx_http_request_t *r, ngx_str_t *text)
{
    u_char       *p;
    size_t        len = 0;
    ngx_buf_t    *b, *only = NULL;
    ngx_uint_t    n = 0;
    ngx_chain_t  *cl;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (ngx_buf_in_memory(b) && b->last > b->pos) {
            len += b->last - b->pos;
            only = b;
            n++;
        }
    }

    text->len = len;
    text->data = only ? only->pos : NULL;

    if (n < 2) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (ngx_buf_in_memory(b)) {
            p = ngx_cpymem(p, b->pos, b->last - b->pos);
        }
    }

    return NGX_OK;
}


void
ngx_http_healthcode_body_init(void)
{
    ngx_http_healthcode_body_next = ngx_http_top_request_body_filter;
    ngx_http_top_request_body_filter = ngx_http_healthcode_body_filter;
}


/*
 * A body without a length (chunked, or of HTTP/2) grows until its buffer is
 * full; nginx would then write a file, in this worker.
 */
static ngx_int_t
ngx_http_healthcode_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_http_request_body_t       *rb = r->request_body;
    ngx_http_healthcode_record_t  *record;

    record = ngx_http_get_module_ctx(r, ngx_http_healthcode_module);

    if (record && record->body.state == NGX_HTTP_HEALTHCODE_BODY_READING
        && record->body.bounded
        && (ngx_http_healthcode_body_is_large(r)
            || (rb->rest > 0 && rb->buf && rb->buf->last == rb->buf->end)))
    {
        ngx_http_healthcode_body_log_large(r);
        r->lingering_close = 1;

        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    return ngx_http_healthcode_body_next(r, in);
}
