/*
 * Where the error_page of a gate leads to a gate again, which nobody would
 * see who was refused: "nginx -t" says so.  Refuses nothing.
 * docs/request-path.md, "Once per request".
 */

#include "ngx_http_healthcode_conf.h"


/* Angie finds a location that has a configuration, nginx the configuration. */
#if (NGX_HTTP_HEALTHCODE_LOCATION)
typedef ngx_http_core_loc_t       ngx_http_healthcode_location_t;
#define ngx_http_healthcode_conf_location(location)  ((location)->conf)
#else
typedef ngx_http_core_loc_conf_t  ngx_http_healthcode_location_t;
#define ngx_http_healthcode_conf_location(location)  (location)
#endif


/* A value of error_page that was named already, and where it leads. */
typedef struct {
    u_char                          *value;
    ngx_http_healthcode_loc_conf_t  *target;
} ngx_http_healthcode_page_t;


static ngx_int_t ngx_http_healthcode_conf_pages_of(ngx_conf_t *cf,
    ngx_http_healthcode_place_t *place, ngx_array_t *seen);
static ngx_uint_t ngx_http_healthcode_conf_is_ours(ngx_uint_t any,
    ngx_int_t status);
static ngx_http_healthcode_loc_conf_t *ngx_http_healthcode_conf_of(
    ngx_http_healthcode_place_t *place, ngx_http_core_loc_conf_t *location);
static ngx_http_core_loc_conf_t *ngx_http_healthcode_conf_find_page(
    ngx_http_healthcode_place_t *place, ngx_http_complex_value_t *page);
static ngx_int_t ngx_http_healthcode_conf_find_location(
    ngx_http_core_loc_conf_t *outer, ngx_str_t *uri,
    ngx_http_core_loc_conf_t **found);
static ngx_int_t ngx_http_healthcode_conf_find_static(
    ngx_http_location_tree_node_t *node, ngx_str_t *uri,
    ngx_http_healthcode_location_t **found);
static ngx_int_t ngx_http_healthcode_conf_is_seen(ngx_array_t *seen,
    u_char *value, ngx_http_healthcode_loc_conf_t *target);
static void ngx_http_healthcode_conf_page_warn(ngx_conf_t *cf,
    ngx_http_healthcode_place_t *place, ngx_http_err_page_t *page,
    ngx_http_core_loc_conf_t *target);


static ngx_str_t  ngx_http_healthcode_conf_nothing = ngx_null_string;


ngx_int_t
ngx_http_healthcode_conf_place(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_http_healthcode_place_t  *place;

    place = ngx_array_push(&mcf->places);
    if (place == NULL) {
        return NGX_ERROR;
    }

    place->conf = conf;
    place->location = ngx_http_conf_get_module_loc_conf(cf,
                                                        ngx_http_core_module);
    place->server = ngx_http_conf_get_module_srv_conf(cf,
                                                      ngx_http_core_module);
    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_conf_pages(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                    i;
    ngx_array_t                   seen;
    ngx_http_healthcode_place_t  *place = mcf->places.elts;

    if (ngx_array_init(&seen, cf->temp_pool, 4,
                       sizeof(ngx_http_healthcode_page_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < mcf->places.nelts; i++) {

        if (place[i].conf->rules.mode == NGX_HTTP_HEALTHCODE_ON
            && place[i].location->error_pages
            && ngx_http_healthcode_conf_pages_of(cf, &place[i], &seen)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_conf_pages_of(ngx_conf_t *cf,
    ngx_http_healthcode_place_t *place, ngx_array_t *seen)
{
    ngx_int_t                        rc;
    ngx_uint_t                       i, any;
    ngx_http_err_page_t             *page;
    ngx_http_core_loc_conf_t        *target;
    ngx_http_healthcode_loc_conf_t  *conf;

    any = (place->location->satisfy == NGX_HTTP_SATISFY_ANY);
    page = place->location->error_pages->elts;

    for (i = 0; i < place->location->error_pages->nelts; i++) {

        if (!ngx_http_healthcode_conf_is_ours(any, page[i].status)) {
            continue;
        }

        target = ngx_http_healthcode_conf_find_page(place, &page[i].value);
        if (target == NULL) {
            continue;
        }

        conf = ngx_http_healthcode_conf_of(place, target);

        if (conf->rules.mode != NGX_HTTP_HEALTHCODE_ON) {
            continue;
        }

        rc = ngx_http_healthcode_conf_is_seen(seen, page[i].value.value.data,
                                              conf);
        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {
            ngx_http_healthcode_conf_page_warn(cf, place, &page[i], target);
        }
    }

    return NGX_OK;
}


/* Whether a refusal of ours can have that status; any: with "satisfy any". */
static ngx_uint_t
ngx_http_healthcode_conf_is_ours(ngx_uint_t any, ngx_int_t status)
{
    ngx_uint_t  reason;

    if (any) {
        return status == NGX_HTTP_UNAUTHORIZED || status == NGX_HTTP_FORBIDDEN;
    }

    for (reason = 0; reason < HEALTHCODE_REASON_COUNT; reason++) {
        if (reason != HEALTHCODE_REASON_OK
            && (ngx_int_t) healthcode_reason_status(reason) == status)
        {
            return 1;
        }
    }

    return 0;
}


/* What a location has is in it; what a server has is not. */
static ngx_http_healthcode_loc_conf_t *
ngx_http_healthcode_conf_of(ngx_http_healthcode_place_t *place,
    ngx_http_core_loc_conf_t *location)
{
    void  **confs;

    confs = location->loc_conf ? location->loc_conf
                               : place->server->ctx->loc_conf;

    return confs[ngx_http_healthcode_module.ctx_index];
}


/* NULL: none, or only a request can tell, by a variable in the page's name. */
static ngx_http_core_loc_conf_t *
ngx_http_healthcode_conf_find_page(ngx_http_healthcode_place_t *place,
    ngx_http_complex_value_t *page)
{
    ngx_http_core_loc_conf_t         *found;
    ngx_http_healthcode_location_t  **named;

    if (page->lengths || page->value.len == 0) {
        return NULL;
    }

    if (page->value.data[0] == '/') {
        found = place->server->ctx->loc_conf[ngx_http_core_module.ctx_index];

        return (ngx_http_healthcode_conf_find_location(found, &page->value,
                                                       &found)
                == NGX_DONE)
               ? NULL : found;
    }

    for (named = place->server->named_locations; named && *named; named++) {
        if (ngx_http_healthcode_conf_is_name(&(*named)->name, &page->value)) {
            return ngx_http_healthcode_conf_location(*named);
        }
    }

    return NULL;
}


/*
 * As ngx_http_core_find_location() does: NGX_OK: *found is all; NGX_AGAIN: a
 * regular expression may be better; NGX_DECLINED: *found is as it was;
 * NGX_DONE: a redirect that adds a slash.
 */
static ngx_int_t
ngx_http_healthcode_conf_find_location(ngx_http_core_loc_conf_t *outer,
    ngx_str_t *uri, ngx_http_core_loc_conf_t **found)
{
    ngx_int_t                         rc;
    ngx_http_healthcode_location_t   *at = NULL;
#if (NGX_PCRE)
    ngx_uint_t                        noregex = 0;
    ngx_http_healthcode_location_t  **regex;
#endif

    rc = ngx_http_healthcode_conf_find_static(outer->static_locations, uri,
                                              &at);
    if (at) {
        *found = ngx_http_healthcode_conf_location(at);
    }

    if (rc == NGX_AGAIN) {
#if (NGX_PCRE)
        noregex = at->noregex;
#endif
        rc = ngx_http_healthcode_conf_find_location(*found, uri, found);
    }

    if (rc == NGX_OK || rc == NGX_DONE) {
        return rc;
    }

#if (NGX_PCRE)

    for (regex = noregex ? NULL : outer->regex_locations;
         regex && *regex;
         regex++)
    {
        if (ngx_regex_exec((*regex)->regex->regex, uri, NULL, 0) >= 0) {
            *found = ngx_http_healthcode_conf_location(*regex);
            (void) ngx_http_healthcode_conf_find_location(*found, uri, found);

            return NGX_OK;
        }
    }

#endif

    return rc;
}


/* As ngx_http_core_find_static_location() does, in a tree of the names. */
static ngx_int_t
ngx_http_healthcode_conf_find_static(ngx_http_location_tree_node_t *node,
    ngx_str_t *uri, ngx_http_healthcode_location_t **found)
{
    u_char     *p = uri->data;
    size_t      n, len = uri->len;
    ngx_int_t   rc, rv = NGX_DECLINED;

    while (node) {

        n = ngx_min(len, (size_t) node->len);
        rc = ngx_filename_cmp(p, node->name, n);

        if (rc != 0) {
            node = (rc < 0) ? node->left : node->right;
            continue;
        }

        if (len > (size_t) node->len) {

            if (node->inclusive == NULL) {
                node = node->right;
                continue;
            }

            *found = node->inclusive;
            rv = NGX_AGAIN;

            node = node->tree;
            p += n;
            len -= n;

            continue;
        }

        if (len == (size_t) node->len) {
            *found = node->exact ? node->exact : node->inclusive;
            return node->exact ? NGX_OK : NGX_AGAIN;
        }

        if (len + 1 == (size_t) node->len && node->auto_redirect) {
            rv = NGX_DONE;
        }

        node = node->left;
    }

    return rv;
}


/* NGX_OK: it was named before; NGX_DECLINED: it was not, but is noted now. */
static ngx_int_t
ngx_http_healthcode_conf_is_seen(ngx_array_t *seen, u_char *value,
    ngx_http_healthcode_loc_conf_t *target)
{
    ngx_uint_t                   i;
    ngx_http_healthcode_page_t  *page = seen->elts;

    for (i = 0; i < seen->nelts; i++) {
        if (page[i].value == value && page[i].target == target) {
            return NGX_OK;
        }
    }

    page = ngx_array_push(seen);
    if (page == NULL) {
        return NGX_ERROR;
    }

    page->value = value;
    page->target = target;

    return NGX_DECLINED;
}


/*
 * "healthcode off" in a location of more than this page would open more than
 * this page, the gate itself perhaps.
 */
static void
ngx_http_healthcode_conf_page_warn(ngx_conf_t *cf,
    ngx_http_healthcode_place_t *place, ngx_http_err_page_t *page,
    ngx_http_core_loc_conf_t *target)
{
    ngx_str_t                         name, gate;
    ngx_uint_t                        alone;
    ngx_http_healthcode_loc_conf_t   *conf;
    ngx_http_healthcode_reference_t  *from, *to;

    conf = ngx_http_healthcode_conf_of(place, target);

    from = &place->conf->block;
    to = &conf->block;

    ngx_http_healthcode_conf_where(place->location, &name);
    ngx_http_healthcode_conf_where(target, &gate);

    alone = (target->named || target->exact_match);

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "healthcode: error_page %i of location \"%V\" in %V:%ui "
                  "leads to \"%V\", which location \"%V\" in %V:%ui gates, so "
                  "that who is refused does not see it; write \"%s%V%s",
                  page->status, &name, &from->file, from->line,
                  &page->value.value, &gate, &to->file, to->line,
                  alone ? "" : "location = ",
                  alone ? &ngx_http_healthcode_conf_nothing
                        : &page->value.value,
                  alone ? "healthcode off;\" there" : " { healthcode off; }\"");
}
