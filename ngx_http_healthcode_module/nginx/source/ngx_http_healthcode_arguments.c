/*
 * Codes in the arguments of a request: found, and taken out of them and of the
 * URI as it came.
 * Knows no: header, connection, store, verdict.
 * docs/request-path.md, "Source".
 */

#include "ngx_http_healthcode_arguments.h"
#include "ngx_http_healthcode_mask.h"
#include "../../core/healthcode_query.h"


static ngx_int_t ngx_http_healthcode_arguments_look(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record,
    ngx_uint_t is_new);
static ngx_int_t ngx_http_healthcode_arguments_find(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_array_t *queries,
    u_char *scratch);
static ngx_uint_t ngx_http_healthcode_arguments_in_uri(ngx_http_request_t *r,
    ngx_array_t *queries, u_char *scratch);
static ngx_int_t ngx_http_healthcode_arguments_replace(ngx_http_request_t *r,
    ngx_array_t *queries, u_char *scratch);
static void ngx_http_healthcode_arguments_mask(ngx_http_request_t *r,
    ngx_array_t *queries, ngx_str_t *uri);


ngx_int_t
ngx_http_healthcode_arguments_take(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    ngx_int_t    rc;
    ngx_uint_t   is_new = (record->source.queries != lcf->queries);

    /* nginx leaves the data of no arguments as it was, or unset */

    if (lcf->queries == NULL
        || (!is_new && record->source.args.len == r->args.len
            && (r->args.len == 0 || record->source.args.data == r->args.data)))
    {
        return NGX_OK;
    }

    rc = ngx_http_healthcode_arguments_look(r, lcf, record, is_new);

    if (rc != NGX_OK) {
        return rc;
    }

    record->source.queries = lcf->queries;
    record->source.args = r->args;

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_arguments_look(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record,
    ngx_uint_t is_new)
{
    u_char     *scratch;
    ngx_int_t   found, rc;
    ngx_str_t   args = r->args, uri = r->unparsed_uri;

    if (args.len == 0
        && (!is_new || !ngx_http_healthcode_mask_has_query(&uri)))
    {
        return NGX_OK;
    }

    scratch = ngx_pnalloc(r->pool, ngx_max(args.len, uri.len) + 1);
    if (scratch == NULL) {
        return NGX_ERROR;
    }

    found = ngx_http_healthcode_arguments_find(r, record, lcf->queries,
                                               scratch);
    if (found == NGX_ERROR) {
        return NGX_ERROR;
    }

    /* a rewrite changes arguments alone */

    if (is_new
        && ngx_http_healthcode_arguments_in_uri(r, lcf->queries, scratch))
    {
        found = NGX_OK;
    }

    if (found != NGX_OK) {
        return NGX_OK;
    }

    /* an audit masks logs only: what goes on is what came */

    if (lcf->rules.mode == NGX_HTTP_HEALTHCODE_AUDIT) {
        record->source.as_came = 1;

        /* in HTTP/1 they share their bytes with the request line */

        rc = (ngx_http_healthcode_mask_own(r, &r->args) == NGX_OK)
             ? ngx_http_healthcode_mask_own(r, &r->unparsed_uri) : NGX_ERROR;

    } else {
        rc = ngx_http_healthcode_arguments_replace(r, lcf->queries, scratch);
    }

    if (rc == NGX_OK) {
        ngx_http_healthcode_arguments_mask(r, lcf->queries, &uri);
    }

    return rc;
}


ngx_int_t
ngx_http_healthcode_arguments_end(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_entered_t  *entered;

    if (!record->source.as_came) {
        return NGX_OK;
    }

    for (entered = record->traces.entered; entered; entered = entered->before) {

        if (ngx_http_healthcode_arguments_omit(r, entered->lcf->queries)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_arguments_omit(ngx_http_request_t *r, ngx_array_t *queries)
{
    u_char     *scratch;
    ngx_str_t   uri = r->unparsed_uri;

    if (queries == NULL) {
        return NGX_OK;
    }

    scratch = ngx_pnalloc(r->pool, ngx_max(r->args.len, uri.len) + 1);

    if (scratch == NULL
        || ngx_http_healthcode_arguments_replace(r, queries, scratch)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_healthcode_arguments_mask(r, queries, &uri);

    return NGX_OK;
}


/* NGX_OK: some carry codes, and those that count are added to what is kept. */
static ngx_int_t
ngx_http_healthcode_arguments_find(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_array_t *queries,
    u_char *scratch)
{
    ngx_int_t                 rc = NGX_DECLINED;
    healthcode_query_t        walk;
    healthcode_query_found_t  found;

    healthcode_query_begin(&walk, queries->elts, queries->nelts,
                           ngx_http_healthcode_view(&r->args), scratch);

    while (healthcode_query_next(&walk, &found)) {

        rc = NGX_OK;

        if (found.counts
            && ngx_http_healthcode_shown_add(&record->source.kept, r->pool,
                                             found.found, found.code)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return rc;
}


static ngx_uint_t
ngx_http_healthcode_arguments_in_uri(ngx_http_request_t *r,
    ngx_array_t *queries, u_char *scratch)
{
    healthcode_query_t        walk;
    healthcode_query_found_t  found;

    healthcode_query_begin_uri(&walk, queries->elts, queries->nelts,
                               ngx_http_healthcode_view(&r->unparsed_uri),
                               scratch);

    return healthcode_query_next(&walk, &found);
}


/*
 * Gives handlers, proxies and $request_uri strings without the arguments.
 * valid_unparsed_uri is as before: the path is the one that came.
 */
static ngx_int_t
ngx_http_healthcode_arguments_replace(ngx_http_request_t *r,
    ngx_array_t *queries, u_char *scratch)
{
    ngx_str_t           args, uri;
    healthcode_query_t  walk;

    healthcode_query_begin(&walk, queries->elts, queries->nelts,
                           ngx_http_healthcode_view(&r->args), scratch);

    args.len = healthcode_query_left(walk, NULL);
    args.data = ngx_pnalloc(r->pool, args.len + 1);
    if (args.data == NULL) {
        return NGX_ERROR;
    }

    (void) healthcode_query_left(walk, args.data);

    uri.len = healthcode_query_uri_left(queries->elts, queries->nelts,
                                   ngx_http_healthcode_view(&r->unparsed_uri),
                                   scratch, NULL);
    uri.data = ngx_pnalloc(r->pool, uri.len + 1);
    if (uri.data == NULL) {
        return NGX_ERROR;
    }

    (void) healthcode_query_uri_left(queries->elts, queries->nelts,
                                   ngx_http_healthcode_view(&r->unparsed_uri),
                                   scratch, uri.data);

    args.data[args.len] = '\0';
    uri.data[uri.len] = '\0';

    r->args = args;
    r->unparsed_uri = uri;

    return NGX_OK;
}


/*
 * Overwrites the bytes that came, which the arguments were part of: somebody
 * may point to them.  Other arguments may be the configuration's own bytes, of
 * "set $args" or an error_page, so none are written.
 */
static void
ngx_http_healthcode_arguments_mask(ngx_http_request_t *r, ngx_array_t *queries,
    ngx_str_t *uri)
{
    ngx_http_healthcode_main_conf_t  *mcf;

    ngx_http_healthcode_mask_line(r, queries);
    ngx_http_healthcode_mask_text(r, queries, uri);

    /* an "if" of the server may have read it */

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);
    ngx_http_healthcode_mask_forget(r, mcf->request_uri);
}
