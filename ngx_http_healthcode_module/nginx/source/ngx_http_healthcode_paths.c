/*
 * Codes in the path of a request: found, and overwritten there and in what
 * came.
 * Knows no: header, connection, store, verdict.
 * docs/request-path.md, "Source".
 */

#include "ngx_http_healthcode_mask.h"
#include "ngx_http_healthcode_paths.h"


static ngx_int_t ngx_http_healthcode_paths_find(ngx_http_request_t *r,
    ngx_array_t *paths, ngx_http_healthcode_record_t *record);
static ngx_int_t ngx_http_healthcode_paths_keep(ngx_http_request_t *r,
    ngx_array_t *paths, ngx_http_healthcode_record_t *record);
static ngx_int_t ngx_http_healthcode_paths_mask(ngx_http_request_t *r,
    ngx_array_t *paths);
static ngx_int_t ngx_http_healthcode_paths_mask_uri(ngx_http_request_t *r,
    ngx_array_t *paths, const ngx_str_t *known);


ngx_int_t
ngx_http_healthcode_paths_take(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    ngx_int_t  rc;

    if (lcf->paths == NULL
        || (record->source.paths == lcf->paths
            && record->source.uri.len == r->uri.len
            && record->source.uri.data == r->uri.data))
    {
        return NGX_OK;
    }

    rc = ngx_http_healthcode_paths_find(r, lcf->paths, record);

    if (rc == NGX_OK) {
        rc = (lcf->rules.mode == NGX_HTTP_HEALTHCODE_AUDIT)
             ? ngx_http_healthcode_paths_keep(r, lcf->paths, record)
             : ngx_http_healthcode_paths_mask(r, lcf->paths);
    }

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    record->source.paths = lcf->paths;
    record->source.uri = r->uri;

    return NGX_OK;
}


/* NGX_OK: some carry codes, which are added to what is kept. */
static ngx_int_t
ngx_http_healthcode_paths_find(ngx_http_request_t *r, ngx_array_t *paths,
    ngx_http_healthcode_record_t *record)
{
    ngx_int_t              rc = NGX_DECLINED;
    ngx_uint_t             i;
    healthcode_str_t       code;
    healthcode_source_t   *source = paths->elts;
    healthcode_pattern_e   found;

    for (i = 0; i < paths->nelts; i++) {
        found = healthcode_source_match(&source[i],
                                        ngx_http_healthcode_view(&r->uri),
                                        &code);

        if (found == HEALTHCODE_PATTERN_NO_MATCH) {
            continue;
        }

        if (ngx_http_healthcode_shown_add(&record->source.kept, r->pool, found,
                                          code)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        rc = NGX_OK;
    }

    return rc;
}


/*
 * An audit masks logs only: what goes on is what came, and shares its bytes
 * with the request line in HTTP/1.  So the line is a masked copy from now on,
 * and another one of the URI waits for the log.
 */
static ngx_int_t
ngx_http_healthcode_paths_keep(ngx_http_request_t *r, ngx_array_t *paths,
    ngx_http_healthcode_record_t *record)
{
    ngx_str_t                         came = r->unparsed_uri;
    ngx_http_healthcode_main_conf_t  *mcf;

    if (ngx_http_healthcode_mask_own(r, &r->request_line) != NGX_OK
        || ngx_http_healthcode_mask_own(r, &came) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_healthcode_mask_line_path(r, paths, &r->uri);
    (void) ngx_http_healthcode_mask_path(r, paths, &r->uri, &came);

    /* an "if" of the server may have read it */

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);
    ngx_http_healthcode_mask_forget(r, mcf->request);

    record->source.came = came;
    record->source.as_came = 1;

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_paths_end(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_entered_t    *entered;
    ngx_http_healthcode_main_conf_t  *mcf;

    if (record == NULL || record->source.came.len == 0) {
        return NGX_OK;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    r->unparsed_uri = record->source.came;
    ngx_http_healthcode_mask_forget(r, mcf->request_uri);

    for (entered = record->traces.entered; entered; entered = entered->before) {

        if (ngx_http_healthcode_paths_omit(r, entered->lcf->paths) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_paths_omit(ngx_http_request_t *r, ngx_array_t *paths)
{
    return paths ? ngx_http_healthcode_paths_mask(r, paths) : NGX_OK;
}


/*
 * Overwrites the bytes that came, to which somebody may point; the path last,
 * since in HTTP/1 they may be the same.
 */
static ngx_int_t
ngx_http_healthcode_paths_mask(ngx_http_request_t *r, ngx_array_t *paths)
{
    ngx_str_t                         known = r->uri;
    ngx_http_healthcode_main_conf_t  *mcf;

    if (ngx_http_healthcode_mask_own(r, &known) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_healthcode_mask_line_path(r, paths, &known);

    if (ngx_http_healthcode_mask_path(r, paths, &known, &r->unparsed_uri)
        == HEALTHCODE_PATH_WHOLE)
    {
        /* proxies make the path of what is decoded */
        r->valid_unparsed_uri = 0;
    }

    /* an "if" of the server may have read it */

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);
    ngx_http_healthcode_mask_forget(r, mcf->request_uri);

    return ngx_http_healthcode_paths_mask_uri(r, paths, &known);
}


/*
 * known is the path with its codes, a copy.  The path of an internal redirect
 * may be the configuration's own bytes, so it is not written.
 */
static ngx_int_t
ngx_http_healthcode_paths_mask_uri(ngx_http_request_t *r, ngx_array_t *paths,
    const ngx_str_t *known)
{
    ngx_str_t  masked = *known;

    if (ngx_http_healthcode_mask_own(r, &masked) != NGX_OK) {
        return NGX_ERROR;
    }

    if (healthcode_path_hide(paths->elts, paths->nelts,
                             ngx_http_healthcode_view(known), masked.data)
        == HEALTHCODE_PATH_NOTHING)
    {
        return NGX_OK;
    }

    if (!r->internal) {
        ngx_memcpy(r->uri.data, masked.data, masked.len);
        return NGX_OK;
    }

#if (NGX_PCRE)

    if (r->captures_data == r->uri.data) {
        r->captures_data = masked.data;
    }

#endif

    r->uri = masked;
    ngx_http_set_exten(r);

    return NGX_OK;
}
