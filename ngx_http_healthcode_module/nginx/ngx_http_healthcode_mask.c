/*
 * Codes in what is logged as it came, the request line and Referer headers:
 * overwritten.  Looks for no code to judge.  docs/request-path.md, "Source".
 */

#include "ngx_http_healthcode_source.h"


static ngx_uint_t ngx_http_healthcode_mask_query(ngx_str_t *text);
static ngx_uint_t ngx_http_healthcode_mask_is_audited(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf);
static void ngx_http_healthcode_mask_copy_line(ngx_http_request_t *r,
    ngx_array_t *queries);
static void ngx_http_healthcode_mask_copy(ngx_http_request_t *r,
    ngx_array_t *queries, ngx_str_t *text);


/* Where the query of a URI begins, with its '?' or '#'; its length: none. */
static ngx_uint_t
ngx_http_healthcode_mask_query(ngx_str_t *text)
{
    ngx_uint_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] == '?' || text->data[i] == '#') {
            break;
        }
    }

    return i;
}


ngx_uint_t
ngx_http_healthcode_mask_has_query(ngx_str_t *uri)
{
    return ngx_http_healthcode_mask_query(uri) != uri->len;
}


void
ngx_http_healthcode_mask_text(ngx_http_request_t *r, ngx_array_t *queries,
    ngx_str_t *text)
{
    u_char              *scratch;
    ngx_uint_t           start = ngx_http_healthcode_mask_query(text);
    healthcode_query_t   walk;

    if (start == text->len) {
        return;
    }

    scratch = ngx_pnalloc(r->pool, text->len);

    if (scratch == NULL) {
        /* what cannot be looked at is masked as well */
        ngx_memset(text->data + start, '*', text->len - start);
        return;
    }

    healthcode_query_begin_uri(&walk, queries->elts, queries->nelts,
                               ngx_http_healthcode_view(text), scratch);
    (void) healthcode_query_mask(walk, text->data);
}


void
ngx_http_healthcode_mask_line(ngx_http_request_t *r, ngx_array_t *queries)
{
    ngx_str_t   text = r->request_line;
    ngx_uint_t  i = ngx_http_healthcode_mask_query(&text);

    while (i < text.len && text.data[i] != ' ') {
        i++;
    }

    text.len = i;
    ngx_http_healthcode_mask_text(r, queries, &text);
}


/*
 * A page that was opened with its code names it in what it loads, from any
 * location: so the names of all gates count.
 */
void
ngx_http_healthcode_mask_referers(ngx_http_request_t *r)
{
    ngx_uint_t                        i;
    ngx_list_part_t                  *part;
    ngx_table_elt_t                  *header;
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    if (mcf->queries.nelts == 0 || r->headers_in.referer == NULL) {
        return;
    }

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_http_healthcode_mask_is_referer(&header[i])) {
                ngx_http_healthcode_mask_text(r, &mcf->queries,
                                              &header[i].value);
            }
        }
    }

    /* of several lines it may hold a copy */
    ngx_http_healthcode_mask_forget(r, mcf->referer);
}


ngx_uint_t
ngx_http_healthcode_mask_is_referer(const ngx_table_elt_t *header)
{
    return header->key.len == sizeof("referer") - 1
           && ngx_strncasecmp(header->key.data, (u_char *) "referer",
                              sizeof("referer") - 1)
              == 0;
}


ngx_int_t
ngx_http_healthcode_mask_own(ngx_http_request_t *r, ngx_str_t *text)
{
    u_char  *p;

    /* no arguments have no bytes, and are none for $args */

    if (text->len == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, text->len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    *ngx_cpymem(p, text->data, text->len) = '\0';
    text->data = p;

    return NGX_OK;
}


void
ngx_http_healthcode_mask_forget(ngx_http_request_t *r, ngx_uint_t variable)
{
    r->variables[variable].valid = 0;
    r->variables[variable].not_found = 0;
}


/*
 * Where the request goes on as it came, in an audit and where there is no gate,
 * or none is known yet, the line shows a masked copy of what nginx would show.
 */
u_char *
ngx_http_healthcode_mask_error(ngx_http_request_t *r, ngx_http_request_t *sr,
    u_char *buf, size_t len, ngx_uint_t is_early, ngx_http_log_handler_pt next)
{
    u_char                           *p;
    ngx_str_t                         referer, uri, line = r->request_line;
    ngx_table_elt_t                  *header;
    ngx_http_upstream_t              *u;
    ngx_http_healthcode_loc_conf_t   *lcf;
    ngx_http_healthcode_main_conf_t  *mcf;
    static ngx_uint_t                 masking;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);
    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    /* to ask for memory may end in this again */

    if ((lcf->rules.mode == NGX_HTTP_HEALTHCODE_ON && !is_early)
        || mcf->queries.nelts == 0 || r->pool == NULL || masking)
    {
        return next(r, sr, buf, len);
    }

    masking = 1;

    ngx_str_null(&referer);
    ngx_str_null(&uri);

    header = r->headers_in.referer;
    u = ngx_http_healthcode_mask_is_audited(r, lcf) ? sr->upstream : NULL;

    if (header) {
        referer = header->value;
        ngx_http_healthcode_mask_copy(r, &mcf->queries, &header->value);
    }

    if (u) {
        uri = u->uri;
        ngx_http_healthcode_mask_copy(r, &mcf->queries, &u->uri);
    }

    if (is_early) {
        ngx_http_healthcode_mask_copy_line(r, &mcf->queries);
    }

    p = next(r, sr, buf, len);

    r->request_line = line;

    if (header) {
        header->value = referer;
    }

    if (u) {
        u->uri = uri;
    }

    masking = 0;

    return p;
}


/* Whether what came goes on, also in a location that an audit led to. */
static ngx_uint_t
ngx_http_healthcode_mask_is_audited(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf)
{
    ngx_http_healthcode_record_t  *record = ngx_http_healthcode_record_find(r);

    return lcf->rules.mode == NGX_HTTP_HEALTHCODE_AUDIT
           || (record && record->as_came);
}


/* Puts a masked copy in the place of the line; an empty one without memory. */
static void
ngx_http_healthcode_mask_copy_line(ngx_http_request_t *r, ngx_array_t *queries)
{
    if (ngx_http_healthcode_mask_own(r, &r->request_line) != NGX_OK) {
        r->request_line.len = 0;
        return;
    }

    ngx_http_healthcode_mask_line(r, queries);
}


/* Puts a masked copy in the place of text; an empty one without memory. */
static void
ngx_http_healthcode_mask_copy(ngx_http_request_t *r, ngx_array_t *queries,
    ngx_str_t *text)
{
    if (!ngx_http_healthcode_mask_has_query(text)) {
        return;
    }

    if (ngx_http_healthcode_mask_own(r, text) != NGX_OK) {
        text->len = 0;
        return;
    }

    ngx_http_healthcode_mask_text(r, queries, text);
}
