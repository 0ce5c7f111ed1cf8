/*
 * healthcode_status as a page for people, in the language that they ask for:
 * the files of pages/ with what status_json says in them, as tables for those
 * without script and as data for the script.  Changes nothing.
 * Knows no: store, token, verdict.  docs/monitoring/page.md.
 */

#include "../answer/ngx_http_healthcode_accept.h"
#include "../answer/ngx_http_healthcode_header.h"
#include "ngx_http_healthcode_pages.h"
#include "ngx_http_healthcode_status_format.h"
#include "../../core/healthcode_digest.h"
#include "../../core/healthcode_outline.h"


/* Where the style, the tables, the data and the script stand between them. */
#define NGX_HTTP_HEALTHCODE_PAGE_PIECES  5

/* The page in a language. */
typedef struct {
    healthcode_accept_t  offer;
    ngx_str_t            language;    /* Content-Language */
    ngx_str_t            pieces[NGX_HTTP_HEALTHCODE_PAGE_PIECES];
} ngx_http_healthcode_page_t;


/* The style and the script of this file alone, and data of this server. */
#define NGX_HTTP_HEALTHCODE_PAGE_POLICY                                       \
    "default-src 'none'; style-src 'sha256-%V'; script-src 'sha256-%V'; "     \
    "connect-src 'self'; img-src data:; base-uri 'none'; "                    \
    "form-action 'none'; frame-ancestors 'none'%Z"


static ngx_int_t ngx_http_healthcode_status_page_hash(ngx_conf_t *cf,
    healthcode_digest_t *digest, const ngx_str_t *text, ngx_str_t *hash);
static const ngx_http_healthcode_page_t *ngx_http_healthcode_status_page_choose(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_healthcode_status_page_headers(ngx_http_request_t *r,
    const ngx_http_healthcode_page_t *page);


/* Of ngx_http_healthcode_pages.h, which the build makes of pages/. */
static const ngx_str_t  ngx_http_healthcode_page_style =
    NGX_HTTP_HEALTHCODE_PAGE_STYLE;
static const ngx_str_t  ngx_http_healthcode_page_script =
    NGX_HTTP_HEALTHCODE_PAGE_SCRIPT;
static const ngx_http_healthcode_page_t  ngx_http_healthcode_pages[] = {
    NGX_HTTP_HEALTHCODE_PAGES
};

#define NGX_HTTP_HEALTHCODE_PAGE_LANGUAGES                                    \
    (sizeof(ngx_http_healthcode_pages) / sizeof(ngx_http_healthcode_pages[0]))


ngx_int_t
ngx_http_healthcode_status_page_init(ngx_conf_t *cf)
{
    size_t                            len;
    ngx_int_t                         rc;
    ngx_str_t                         style, script;
    healthcode_digest_t              *digest;
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_healthcode_module);

    if (mcf->page_policy.len) {
        return NGX_OK;
    }

    digest = healthcode_digest_create();
    if (digest == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_healthcode_status_page_hash(cf, digest,
                                     &ngx_http_healthcode_page_style, &style);

    if (rc == NGX_OK) {
        rc = ngx_http_healthcode_status_page_hash(cf, digest,
                                   &ngx_http_healthcode_page_script, &script);
    }

    healthcode_digest_free(digest);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    len = sizeof(NGX_HTTP_HEALTHCODE_PAGE_POLICY) + style.len + script.len;

    mcf->page_policy.data = ngx_pnalloc(cf->pool, len);
    if (mcf->page_policy.data == NULL) {
        return NGX_ERROR;
    }

    mcf->page_policy.len = ngx_sprintf(mcf->page_policy.data,
                                       NGX_HTTP_HEALTHCODE_PAGE_POLICY,
                                       &style, &script)
                           - mcf->page_policy.data - 1;

    return NGX_OK;
}


/* The SHA-256 of text, in base64. */
static ngx_int_t
ngx_http_healthcode_status_page_hash(ngx_conf_t *cf,
    healthcode_digest_t *digest, const ngx_str_t *text, ngx_str_t *hash)
{
    u_char     sum[HEALTHCODE_DIGEST_LEN];
    ngx_str_t  bytes = { sizeof(sum), sum };

    if (!healthcode_digest_text(digest, ngx_http_healthcode_view(text), sum)) {
        return NGX_ERROR;
    }

    hash->data = ngx_pnalloc(cf->pool, ngx_base64_encoded_length(sizeof(sum)));
    if (hash->data == NULL) {
        return NGX_ERROR;
    }

    ngx_encode_base64(hash, &bytes);

    return NGX_OK;
}


ngx_buf_t *
ngx_http_healthcode_status_page(ngx_http_request_t *r)
{
    size_t                             len, tables, data;
    ngx_buf_t                         *b, *json;
    ngx_uint_t                         i;
    healthcode_str_t                   text;
    const ngx_http_healthcode_page_t  *page;

    json = ngx_http_healthcode_status_json(r);
    if (json == NULL) {
        return NULL;
    }

    page = ngx_http_healthcode_status_page_choose(r);

    if (ngx_http_healthcode_status_page_headers(r, page) != NGX_OK) {
        return NULL;
    }

    text = healthcode_str_from(json->pos, json->last - json->pos);
    tables = healthcode_outline_html(text, NULL, 0);
    data = healthcode_outline_data(text, NULL, 0);

    len = ngx_http_healthcode_page_style.len + tables + data
          + ngx_http_healthcode_page_script.len;

    for (i = 0; i < NGX_HTTP_HEALTHCODE_PAGE_PIECES; i++) {
        len += page->pieces[i].len;
    }

    b = ngx_create_temp_buf(r->pool, len);
    if (b == NULL) {
        return NULL;
    }

    b->last = ngx_cpymem(b->last, page->pieces[0].data, page->pieces[0].len);
    b->last = ngx_cpymem(b->last, ngx_http_healthcode_page_style.data,
                         ngx_http_healthcode_page_style.len);
    b->last = ngx_cpymem(b->last, page->pieces[1].data, page->pieces[1].len);
    b->last += healthcode_outline_html(text, b->last, tables);
    b->last = ngx_cpymem(b->last, page->pieces[2].data, page->pieces[2].len);
    b->last += healthcode_outline_data(text, b->last, data);
    b->last = ngx_cpymem(b->last, page->pieces[3].data, page->pieces[3].len);
    b->last = ngx_cpymem(b->last, ngx_http_healthcode_page_script.data,
                         ngx_http_healthcode_page_script.len);
    b->last = ngx_cpymem(b->last, page->pieces[4].data, page->pieces[4].len);

    return b;
}


/* In the language that the client likes best. */
static const ngx_http_healthcode_page_t *
ngx_http_healthcode_status_page_choose(ngx_http_request_t *r)
{
    ngx_uint_t           i;
    healthcode_accept_t  offers[NGX_HTTP_HEALTHCODE_PAGE_LANGUAGES];

    for (i = 0; i < NGX_HTTP_HEALTHCODE_PAGE_LANGUAGES; i++) {
        offers[i] = ngx_http_healthcode_pages[i].offer;
    }

    return &ngx_http_healthcode_pages[
                ngx_http_healthcode_accept_language(r, offers,
                                          NGX_HTTP_HEALTHCODE_PAGE_LANGUAGES)];
}


static ngx_int_t
ngx_http_healthcode_status_page_headers(ngx_http_request_t *r,
    const ngx_http_healthcode_page_t *page)
{
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    ngx_str_set(&r->headers_out.charset, "utf-8");

    if (ngx_http_healthcode_header_set(r, "Content-Security-Policy",
                                      (const char *) mcf->page_policy.data)
        == NULL
        || ngx_http_healthcode_header_set(r, "Content-Language",
                                          (const char *) page->language.data)
           == NULL
        || ngx_http_healthcode_header_set(r, "X-Content-Type-Options",
                                               "nosniff")
           == NULL
        || ngx_http_healthcode_header_set(r, "Referrer-Policy",
                                               "no-referrer")
           == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}
