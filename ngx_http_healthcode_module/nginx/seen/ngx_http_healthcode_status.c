/*
 * healthcode_status: what this machine has counted, for an inspector or a
 * monitor to read, in the format that the line or the request names.  Changes
 * nothing.
 * Knows no: token, verdict.  docs/directives.md, "healthcode_status".
 */

#include "../answer/ngx_http_healthcode_accept.h"
#include "../answer/ngx_http_healthcode_header.h"
#include "../answer/ngx_http_healthcode_response.h"
#include "ngx_http_healthcode_status.h"
#include "ngx_http_healthcode_status_format.h"


/* Of lcf->status: the client chooses. */
#define NGX_HTTP_HEALTHCODE_STATUS_ANY  0


/* A format: lcf->status is its number, from 1 on. */
typedef struct {
    ngx_str_t             word;
    healthcode_accept_t   offer;    /* what a client asks for to get it */
    ngx_str_t             type;     /* Content-Type */
    const char           *vary;     /* by what a client gets it */
    ngx_buf_t          *(*write)(ngx_http_request_t *r);
} ngx_http_healthcode_status_format_t;


static ngx_int_t ngx_http_healthcode_status_handler(ngx_http_request_t *r);
static const ngx_http_healthcode_status_format_t *
    ngx_http_healthcode_status_choose(ngx_http_request_t *r,
    const ngx_uint_t *formats, ngx_uint_t n);


enum {
    NGX_HTTP_HEALTHCODE_STATUS_JSON,
    NGX_HTTP_HEALTHCODE_STATUS_PROMETHEUS,
    NGX_HTTP_HEALTHCODE_STATUS_HTML,
    NGX_HTTP_HEALTHCODE_STATUS_FORMATS
};

static const ngx_http_healthcode_status_format_t
    ngx_http_healthcode_status_formats[NGX_HTTP_HEALTHCODE_STATUS_FORMATS] =
{
    { ngx_string("json"), healthcode_accept_offer("application", "json"),
      ngx_string("application/json"), "Accept",
      ngx_http_healthcode_status_json },

    { ngx_string("prometheus"), healthcode_accept_offer("text", "plain"),
      ngx_string("text/plain; version=0.0.4; charset=utf-8"), "Accept",
      ngx_http_healthcode_status_prometheus },

    { ngx_string("html"), healthcode_accept_offer("text", "html"),
      ngx_string("text/html"), "Accept, Accept-Language",
      ngx_http_healthcode_status_page }
};

/* Of which a client chooses, the first one if it does not. */
static const ngx_uint_t  ngx_http_healthcode_status_any[] = {
    NGX_HTTP_HEALTHCODE_STATUS_JSON, NGX_HTTP_HEALTHCODE_STATUS_PROMETHEUS,
    NGX_HTTP_HEALTHCODE_STATUS_HTML
};

/* The page itself asks for JSON where it stands. */
static const ngx_uint_t  ngx_http_healthcode_status_html[] = {
    NGX_HTTP_HEALTHCODE_STATUS_HTML, NGX_HTTP_HEALTHCODE_STATUS_JSON
};

#define ngx_http_healthcode_status_choose_of(r, formats)                      \
    ngx_http_healthcode_status_choose(r, formats,                             \
                                      sizeof(formats) / sizeof(formats[0]))


char *
ngx_http_healthcode_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                       *value = cf->args->elts;
    ngx_uint_t                       i;
    ngx_http_core_loc_conf_t        *clcf;
    ngx_http_healthcode_loc_conf_t  *lcf = conf;

    if (lcf->status != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    lcf->status = NGX_HTTP_HEALTHCODE_STATUS_ANY;

    for (i = 0; i < NGX_HTTP_HEALTHCODE_STATUS_FORMATS; i++) {
        if (cf->args->nelts == 2
            && ngx_strcmp(value[1].data,
                          ngx_http_healthcode_status_formats[i].word.data)
               == 0)
        {
            lcf->status = 1 + i;
        }
    }

    if (cf->args->nelts == 2 && lcf->status == NGX_HTTP_HEALTHCODE_STATUS_ANY) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid format \"%V\"; write \"healthcode_status "
                           "json;\", \"healthcode_status prometheus;\" or "
                           "\"healthcode_status html;\", or leave the word out "
                           "and let each client choose", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_healthcode_status_page_init(cf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_healthcode_status_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_healthcode_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                                   rc;
    ngx_buf_t                                  *b;
    ngx_uint_t                                  fixed = 0;
    ngx_http_healthcode_loc_conf_t             *lcf;
    const ngx_http_healthcode_status_format_t  *format;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    switch (lcf->status) {

    case NGX_HTTP_HEALTHCODE_STATUS_ANY:
        format = ngx_http_healthcode_status_choose_of(r,
                                               ngx_http_healthcode_status_any);
        break;

    case 1 + NGX_HTTP_HEALTHCODE_STATUS_HTML:
        format = ngx_http_healthcode_status_choose_of(r,
                                              ngx_http_healthcode_status_html);
        break;

    default:
        format = &ngx_http_healthcode_status_formats[lcf->status - 1];
        fixed = 1;
    }

    /* RFC 9110 section 12.5.5: a cache must not give one for another */
    if (!fixed
        && ngx_http_healthcode_header_set(r, "Vary", format->vary) == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_healthcode_header_set(r, "Cache-Control", "no-store")
        == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b = format->write(r);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.content_type = format->type;

    return ngx_http_healthcode_response_text(r, b, NGX_HTTP_OK);
}


/* Of n formats, by their numbers, the one that the client likes best. */
static const ngx_http_healthcode_status_format_t *
ngx_http_healthcode_status_choose(ngx_http_request_t *r,
    const ngx_uint_t *formats, ngx_uint_t n)
{
    ngx_uint_t           i;
    healthcode_accept_t  offers[NGX_HTTP_HEALTHCODE_STATUS_FORMATS];

    for (i = 0; i < n; i++) {
        offers[i] = ngx_http_healthcode_status_formats[formats[i]].offer;
    }

    return &ngx_http_healthcode_status_formats[
                      formats[ngx_http_healthcode_accept_type(r, offers, n)]];
}
