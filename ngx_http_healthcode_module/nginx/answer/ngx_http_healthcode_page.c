/*
 * A refusal as who is refused reads it best: JSON, text, or a page in a
 * language.
 * Knows no: connection, store, token.
 * docs/pages.md; RFC 9110 section 12.
 */

#include "ngx_http_healthcode_accept.h"
#include "ngx_http_healthcode_header.h"
#include "ngx_http_healthcode_language.h"
#include "ngx_http_healthcode_page.h"
#include "ngx_http_healthcode_problem.h"
#include "ngx_http_healthcode_reply.h"
#include "../../core/healthcode_page.h"


/* The first one is for who says nothing of any. */
typedef enum {
    NGX_HTTP_HEALTHCODE_PAGE_PROBLEM = 0,
    NGX_HTTP_HEALTHCODE_PAGE_JSON,
    NGX_HTTP_HEALTHCODE_PAGE_HTML,
    NGX_HTTP_HEALTHCODE_PAGE_TEXT,
    NGX_HTTP_HEALTHCODE_PAGE_FORMATS
} ngx_http_healthcode_page_e;


#define ngx_http_healthcode_page_number_(n)  #n
#define ngx_http_healthcode_page_number(n)                                    \
    ngx_http_healthcode_page_number_(n)


static ngx_http_healthcode_page_e ngx_http_healthcode_page_format(
    ngx_http_request_t *r);
static const ngx_http_healthcode_edition_t *ngx_http_healthcode_page_edition(
    ngx_http_request_t *r, const ngx_array_t *editions);
static ngx_int_t ngx_http_healthcode_page_html(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record, ngx_buf_t **b);
static ngx_int_t ngx_http_healthcode_page_html_headers(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record,
    const ngx_http_healthcode_edition_t *edition);


ngx_int_t
ngx_http_healthcode_page_write(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record, ngx_buf_t **b)
{
    healthcode_language_e        language;
    ngx_http_healthcode_page_e   format;

    if (r != r->main) {
        /* the client reads another answer, with this one in it at most */
        ngx_str_set(&r->headers_out.content_type, "application/problem+json");

        return ngx_http_healthcode_problem_json(r, record,
                                                HEALTHCODE_LANGUAGE_EN, b);
    }

    if (ngx_http_healthcode_header_set(r, "Vary", "Accept, Accept-Language")
        == NULL)
    {
        return NGX_ERROR;
    }

    format = ngx_http_healthcode_page_format(r);

    if (format == NGX_HTTP_HEALTHCODE_PAGE_HTML) {
        return ngx_http_healthcode_page_html(r, record, b);
    }

    language = ngx_http_healthcode_language(r);

    if (ngx_http_healthcode_header_set(r, "Content-Language",
                        language == HEALTHCODE_LANGUAGE_ZH ? "zh" : "en")
        == NULL)
    {
        return NGX_ERROR;
    }

    if (format == NGX_HTTP_HEALTHCODE_PAGE_TEXT) {
        ngx_str_set(&r->headers_out.content_type, "text/plain");
        ngx_str_set(&r->headers_out.charset, "utf-8");

        return ngx_http_healthcode_problem_text(r, record, language, b);
    }

    ngx_str_set(&r->headers_out.content_type, "application/problem+json");

    return ngx_http_healthcode_problem_json(r, record, language, b);
}


static ngx_http_healthcode_page_e
ngx_http_healthcode_page_format(ngx_http_request_t *r)
{
    /* in the order of ngx_http_healthcode_page_e */
    healthcode_accept_t  offers[NGX_HTTP_HEALTHCODE_PAGE_FORMATS] = {
        healthcode_accept_offer("application", "problem+json"),
        healthcode_accept_offer("application", "json"),
        healthcode_accept_offer("text", "html"),
        healthcode_accept_offer("text", "plain")
    };

    return (ngx_http_healthcode_page_e)
           ngx_http_healthcode_accept_type(r, offers,
                                           NGX_HTTP_HEALTHCODE_PAGE_FORMATS);
}


/* The pages of the language that the client likes best; NULL: no memory. */
static const ngx_http_healthcode_edition_t *
ngx_http_healthcode_page_edition(ngx_http_request_t *r,
    const ngx_array_t *editions)
{
    ngx_uint_t                      i;
    healthcode_accept_t            *offers;
    ngx_http_healthcode_edition_t  *edition = editions->elts;

    offers = ngx_pcalloc(r->pool, editions->nelts * sizeof(*offers));
    if (offers == NULL) {
        return NULL;
    }

    for (i = 0; i < editions->nelts; i++) {
        offers[i].type = ngx_http_healthcode_view(&edition[i].language);
    }

    return &edition[ngx_http_healthcode_accept_language(r, offers,
                                                       editions->nelts)];
}


static ngx_int_t
ngx_http_healthcode_page_html(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record, ngx_buf_t **b)
{
    healthcode_page_e                     kind;
    const ngx_http_healthcode_edition_t  *edition;

    edition = ngx_http_healthcode_page_edition(r, record->gate->editions);

    if (edition == NULL
        || ngx_http_healthcode_page_html_headers(r, record, edition) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_str_set(&r->headers_out.content_type, "text/html");
    ngx_str_set(&r->headers_out.charset, "utf-8");

    kind = healthcode_page_of(record->refusal.told);

    return ngx_http_healthcode_reply_write(r, edition->pages[kind], b);
}


static ngx_int_t
ngx_http_healthcode_page_html_headers(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record,
    const ngx_http_healthcode_edition_t *edition)
{
    ngx_table_elt_t  *retry;

    if (ngx_http_healthcode_header_set(r, "Content-Language",
                                       (const char *) edition->language.data)
        == NULL
        || ngx_http_healthcode_header_set(r, "Content-Security-Policy",
                                          (const char *) edition->policy.data)
           == NULL
        || ngx_http_healthcode_header_set(r, "Referrer-Policy", "no-referrer")
           == NULL
        || ngx_http_healthcode_header_set(r, "X-Content-Type-Options",
                                          "nosniff")
           == NULL)
    {
        return NGX_ERROR;
    }

    if (!healthcode_reason_is_busy(record->refusal.told)) {
        return NGX_OK;
    }

    /* people are more than readers, and read slower */

    retry = ngx_http_healthcode_header_set(r, "Retry-After",
                       ngx_http_healthcode_page_number(HEALTHCODE_PAGE_RETRY));
    if (retry == NULL) {
        return NGX_ERROR;
    }

    ngx_str_set(&retry->value,
                ngx_http_healthcode_page_number(HEALTHCODE_PAGE_REFRESH));

    return (ngx_http_healthcode_page_refresh(r, record) == 0
            || ngx_http_healthcode_header_set(r, "Refresh",
                     ngx_http_healthcode_page_number(HEALTHCODE_PAGE_REFRESH)))
           ? NGX_OK : NGX_ERROR;
}


/* By the request line: an error_page has made GET of the method. */
ngx_uint_t
ngx_http_healthcode_page_refresh(const ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record)
{
    const ngx_str_t  *line = &r->main->request_line;

    if (!healthcode_reason_is_busy(record->refusal.told)
        || line->len < sizeof("HEAD ")
        || (ngx_strncmp(line->data, "GET ", sizeof("GET ") - 1) != 0
            && ngx_strncmp(line->data, "HEAD ", sizeof("HEAD ") - 1) != 0))
    {
        return 0;
    }

    return HEALTHCODE_PAGE_REFRESH;
}
