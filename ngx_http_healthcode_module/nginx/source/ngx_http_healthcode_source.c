/*
 * What the sources of a location carry -> the one code that counts; conducts
 * each kind of source.  Reads nothing inside a code.
 * Knows no: header, connection, store, verdict.
 * docs/request-path.md, "Source".
 */

#include "../request/ngx_http_healthcode_header_list.h"
#include "ngx_http_healthcode_arguments.h"
#include "ngx_http_healthcode_cookies.h"
#include "ngx_http_healthcode_fields.h"
#include "ngx_http_healthcode_headers.h"
#include "ngx_http_healthcode_paths.h"
#include "ngx_http_healthcode_source.h"
#include "ngx_http_healthcode_variable_source.h"


static ngx_int_t ngx_http_healthcode_source_look_at(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source,
    ngx_http_healthcode_record_t *record);
static ngx_int_t ngx_http_healthcode_source_hide_ours(ngx_http_request_t *r,
    ngx_http_healthcode_ours_t *ours, ngx_http_healthcode_record_t *record,
    ngx_uint_t *cookies);


ngx_int_t
ngx_http_healthcode_source_take_out(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_record_t  *main = record->main;

    if (lcf->takes
        && (ngx_http_healthcode_paths_take(r->main, lcf, main) != NGX_OK
            || ngx_http_healthcode_arguments_take(r->main, lcf, main) != NGX_OK
            || ngx_http_healthcode_fields_take(r->main, lcf, main) != NGX_OK))
    {
        return NGX_ERROR;
    }

    if (record != main) {
        record->source.kept = main->source.kept;
        record->source.kept_cookie = main->source.kept_cookie;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_source_look(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    ngx_uint_t                     i;
    ngx_http_healthcode_shown_t    shown, cookie;
    ngx_http_healthcode_source_t  *source = lcf->rules.sources->elts;

    /* a subrequest shows what the client has sent */
    r = r->main;

    shown = record->source.shown;
    cookie = record->source.shown_cookie;

    record->source.shown = record->source.kept;
    record->source.shown_cookie = record->source.kept_cookie;

    record->source.headers = 0;
    record->source.header = NULL;

    for (i = 0; i < lcf->rules.sources->nelts; i++) {

        if (ngx_http_healthcode_source_look_at(r, &source[i], record)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return (ngx_http_healthcode_shown_is_same(&shown, &record->source.shown)
            && ngx_http_healthcode_shown_is_same(&cookie,
                                                 &record->source.shown_cookie))
           ? NGX_DECLINED : NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_source_look_at(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source,
    ngx_http_healthcode_record_t *record)
{
    switch (source->kind) {

    case NGX_HTTP_HEALTHCODE_HEADER:
    case NGX_HTTP_HEALTHCODE_LIST:
        return ngx_http_healthcode_headers_find(r, source, record);

    case NGX_HTTP_HEALTHCODE_COOKIE:
        return ngx_http_healthcode_cookies_find(r, source, record);

    case NGX_HTTP_HEALTHCODE_VARIABLE:
        return ngx_http_healthcode_variable_source_find(r, source, record);

    default: /* they are taken out before */
        return NGX_OK;
    }
}


ngx_int_t
ngx_http_healthcode_source_hide(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, const ngx_str_t *code)
{
    ngx_uint_t                     i, cookies = 0;
    ngx_http_healthcode_ours_t     ours;
    ngx_http_healthcode_source_t  *source = lcf->rules.sources->elts;

    ours = ngx_http_healthcode_ours(lcf, code);

    for (i = 0; i < lcf->rules.sources->nelts; i++) {
        ours.source = &source[i];

        if (ngx_http_healthcode_source_hide_ours(r, &ours, record, &cookies)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    /* once, since a request may have many of these headers */

    return cookies ? ngx_http_healthcode_header_list_index_cookies(r) : NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_source_hide_ours(ngx_http_request_t *r,
    ngx_http_healthcode_ours_t *ours, ngx_http_healthcode_record_t *record,
    ngx_uint_t *cookies)
{
    switch (ours->source->kind) {

    case NGX_HTTP_HEALTHCODE_HEADER:
    case NGX_HTTP_HEALTHCODE_LIST:
        return ngx_http_healthcode_headers_hide(r, ours, record);

    case NGX_HTTP_HEALTHCODE_COOKIE:
        return ngx_http_healthcode_cookies_hide(r, ours, record, cookies);

    default: /* nothing of ours is left in them, or nobody knows where */
        return NGX_OK;
    }
}


healthcode_reason_e
ngx_http_healthcode_source_code(const ngx_http_healthcode_record_t *record,
    ngx_str_t *code)
{
    const ngx_http_healthcode_shown_t  *shown = &record->source.shown;

    /* browsers send stale cookies: one counts only if nothing else does */

    if (shown->reason == HEALTHCODE_REASON_MISSING) {
        shown = &record->source.shown_cookie;
    }

    if (shown->reason == HEALTHCODE_REASON_OK) {
        *code = shown->code;
    }

    return shown->reason;
}
