/*
 * The location that nginx takes for a URI, before there is a request, and what
 * is configured there.
 * Knows no: request, connection.  docs/request-path.md, "Once per request".
 */

#include "ngx_http_healthcode_conf_find.h"
#include "ngx_http_healthcode_conf_words.h"


/* Angie's trees hold locations with a configuration, nginx's the latter. */
#if (NGX_HTTP_HEALTHCODE_LOCATION)
typedef ngx_http_core_loc_t       ngx_http_healthcode_location_t;
#define ngx_http_healthcode_conf_location(location)  ((location)->conf)
#else
typedef ngx_http_core_loc_conf_t  ngx_http_healthcode_location_t;
#define ngx_http_healthcode_conf_location(location)  (location)
#endif


static ngx_int_t ngx_http_healthcode_conf_find_location(
    ngx_http_core_loc_conf_t *outer, ngx_str_t *uri,
    ngx_http_core_loc_conf_t **found);
static ngx_int_t ngx_http_healthcode_conf_find_static(
    ngx_http_location_tree_node_t *node, ngx_str_t *uri,
    ngx_http_healthcode_location_t **found);


ngx_http_core_loc_conf_t *
ngx_http_healthcode_conf_find(const ngx_http_core_srv_conf_t *server,
    ngx_str_t *uri)
{
    ngx_http_core_loc_conf_t         *found;
    ngx_http_healthcode_location_t  **named;

    if (uri->len && uri->data[0] == '/') {
        found = server->ctx->loc_conf[ngx_http_core_module.ctx_index];

        return (ngx_http_healthcode_conf_find_location(found, uri, &found)
                == NGX_DONE)
               ? NULL : found;
    }

    for (named = server->named_locations; named && *named; named++) {
        if (ngx_http_healthcode_conf_is_name(&(*named)->name, uri)) {
            return ngx_http_healthcode_conf_location(*named);
        }
    }

    return NULL;
}


ngx_http_healthcode_loc_conf_t *
ngx_http_healthcode_conf_of(const ngx_http_core_srv_conf_t *server,
    const ngx_http_core_loc_conf_t *location)
{
    void  **confs;

    confs = location->loc_conf ? location->loc_conf
                               : server->ctx->loc_conf;

    return confs[ngx_http_healthcode_module.ctx_index];
}


/*
 * Works like ngx_http_core_find_location().  NGX_OK: *found is final;
 * NGX_AGAIN: a regular expression may match better; NGX_DECLINED: *found is
 * unchanged; NGX_DONE: nginx redirects to add a slash.
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


/* Works like ngx_http_core_find_static_location(), in the tree of names. */
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
