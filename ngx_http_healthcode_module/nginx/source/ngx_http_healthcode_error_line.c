/*
 * What nginx writes of a request into its error log: codes are taken out of
 * the request first, or a masked copy is shown.  Writes no line itself.
 * Knows no: connection, store, verdict.  docs/traces.md.
 */

#include "ngx_http_healthcode_error_line.h"
#include "ngx_http_healthcode_mask.h"
#include "ngx_http_healthcode_traces.h"


static u_char *ngx_http_healthcode_error_line_write(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);
static u_char *ngx_http_healthcode_error_line_show_copy(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len, ngx_uint_t is_early);
static ngx_uint_t ngx_http_healthcode_error_line_is_audited(
    ngx_http_request_t *r, const ngx_http_healthcode_loc_conf_t *lcf);
static void ngx_http_healthcode_error_line_copy_line(ngx_http_request_t *r,
    ngx_http_healthcode_main_conf_t *mcf);
static void ngx_http_healthcode_error_line_copy(ngx_http_request_t *r,
    ngx_http_healthcode_main_conf_t *mcf, const ngx_str_t *known,
    ngx_str_t *text);


/*
 * nginx's own handler is the same for every request of this process.  Angie's
 * handlers take a log and its data, nginx's two requests.
 */
#if (NGX_HTTP_HEALTHCODE_LOG_EXT)

static u_char *ngx_http_healthcode_error_line_write_ext(ngx_log_t *log,
    u_char *buf, u_char *last, void *data);
static u_char *ngx_http_healthcode_error_line_next(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);

#define ngx_http_healthcode_error_line_ours                                   \
    ngx_http_healthcode_error_line_write_ext

static ngx_log_ext_handler_pt   ngx_http_healthcode_error_line_theirs;
static ngx_log_t               *ngx_http_healthcode_error_line_log;
static void                    *ngx_http_healthcode_error_line_data;

#else

#define ngx_http_healthcode_error_line_ours                                   \
    ngx_http_healthcode_error_line_write
#define ngx_http_healthcode_error_line_next                                   \
    ngx_http_healthcode_error_line_theirs

static ngx_http_log_handler_pt  ngx_http_healthcode_error_line_theirs;

#endif


void
ngx_http_healthcode_error_line_guard(ngx_http_request_t *r)
{
    if (r->log_handler != ngx_http_healthcode_error_line_ours) {
        ngx_http_healthcode_error_line_theirs = r->log_handler;
        r->log_handler = ngx_http_healthcode_error_line_ours;
    }
}


static u_char *
ngx_http_healthcode_error_line_write(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len)
{
    ngx_uint_t                  is_early;
    ngx_http_core_main_conf_t  *cmcf;

    /* until nginx looks for the location, r has that of the server */

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);
    is_early = (r->phase_handler + 1
                < (ngx_int_t) cmcf->phase_engine.location_rewrite_index);

    if (!is_early) {
        ngx_http_healthcode_traces_before_line(r);
    }

    return ngx_http_healthcode_error_line_show_copy(r, sr, buf, len, is_early);
}


#if (NGX_HTTP_HEALTHCODE_LOG_EXT)

/* A line may be logged while another one is: each has its own log and data. */
static u_char *
ngx_http_healthcode_error_line_write_ext(ngx_log_t *log, u_char *buf,
    u_char *last, void *data)
{
    u_char              *p;
    void                *outer_data = ngx_http_healthcode_error_line_data;
    ngx_log_t           *outer = ngx_http_healthcode_error_line_log;
    ngx_http_log_ctx_t  *ctx = data;

    ngx_http_healthcode_error_line_log = log;
    ngx_http_healthcode_error_line_data = data;

    p = ngx_http_healthcode_error_line_write(ctx->request,
                                             ctx->current_request, buf,
                                             (size_t) (last - buf));

    ngx_http_healthcode_error_line_log = outer;
    ngx_http_healthcode_error_line_data = outer_data;

    return p;
}


static u_char *
ngx_http_healthcode_error_line_next(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len)
{
    return ngx_http_healthcode_error_line_theirs(
                                      ngx_http_healthcode_error_line_log, buf,
                                      buf + len,
                                      ngx_http_healthcode_error_line_data);
}

#endif


/*
 * If the request goes on as it came (in an audit, outside of gates, or while
 * the location is not known yet), the line shows a masked copy.
 */
static u_char *
ngx_http_healthcode_error_line_show_copy(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len, ngx_uint_t is_early)
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
        || (mcf->queries.nelts == 0 && mcf->paths.nelts == 0)
        || r->pool == NULL || masking)
    {
        return ngx_http_healthcode_error_line_next(r, sr, buf, len);
    }

    masking = 1;

    ngx_str_null(&referer);
    ngx_str_null(&uri);

    header = r->headers_in.referer;
    u = ngx_http_healthcode_error_line_is_audited(r, lcf) ? sr->upstream : NULL;

    if (header) {
        referer = header->value;
        ngx_http_healthcode_error_line_copy(r, mcf, NULL, &header->value);
    }

    if (u) {
        uri = u->uri;
        ngx_http_healthcode_error_line_copy(r, mcf, &r->uri, &u->uri);
    }

    if (is_early) {
        ngx_http_healthcode_error_line_copy_line(r, mcf);
    }

    p = ngx_http_healthcode_error_line_next(r, sr, buf, len);

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
ngx_http_healthcode_error_line_is_audited(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf)
{
    ngx_http_healthcode_record_t  *record = ngx_http_healthcode_record_find(r);

    return lcf->rules.mode == NGX_HTTP_HEALTHCODE_AUDIT
           || (record && record->source.as_came);
}


/* Puts a masked copy in the place of the line; an empty one without memory. */
static void
ngx_http_healthcode_error_line_copy_line(ngx_http_request_t *r,
    ngx_http_healthcode_main_conf_t *mcf)
{
    if (ngx_http_healthcode_mask_own(r, &r->request_line) != NGX_OK) {
        r->request_line.len = 0;
        return;
    }

    if (mcf->paths.nelts) {
        ngx_http_healthcode_mask_line_path(r, &mcf->paths, &r->uri);
    }

    if (mcf->queries.nelts) {
        ngx_http_healthcode_mask_line(r, &mcf->queries);
    }
}


/* Puts a masked copy in the place of text; an empty one without memory. */
static void
ngx_http_healthcode_error_line_copy(ngx_http_request_t *r,
    ngx_http_healthcode_main_conf_t *mcf, const ngx_str_t *known,
    ngx_str_t *text)
{
    if (mcf->paths.nelts == 0 && !ngx_http_healthcode_mask_has_query(text)) {
        return;
    }

    if (ngx_http_healthcode_mask_own(r, text) != NGX_OK) {
        text->len = 0;
        return;
    }

    ngx_http_healthcode_mask_uri(r, mcf, known, text);
}
