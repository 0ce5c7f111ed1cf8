/*
 * Error pages of a gate that are gated themselves, so that nobody who is
 * refused would see them: "nginx -t" says so.  Refuses nothing.
 * Knows no: request, connection.  docs/request-path.md, "Once per request".
 */

#include "ngx_http_healthcode_conf_find.h"
#include "ngx_http_healthcode_conf_pages.h"


/* A value of error_page that was warned of, and the gate it leads to. */
typedef struct {
    u_char                          *value;
    ngx_http_healthcode_loc_conf_t  *target;
} ngx_http_healthcode_page_t;


static ngx_int_t ngx_http_healthcode_conf_pages_of(ngx_conf_t *cf,
    ngx_http_healthcode_place_t *place, ngx_array_t *seen);
static ngx_uint_t ngx_http_healthcode_conf_is_ours(ngx_uint_t any,
    ngx_int_t status);
static ngx_http_core_loc_conf_t *ngx_http_healthcode_conf_find_page(
    ngx_http_healthcode_place_t *place, ngx_http_complex_value_t *page);
static ngx_int_t ngx_http_healthcode_conf_is_seen(ngx_array_t *seen,
    u_char *value, ngx_http_healthcode_loc_conf_t *target);
static void ngx_http_healthcode_conf_page_warn(ngx_conf_t *cf,
    ngx_http_healthcode_place_t *place, ngx_http_err_page_t *page,
    ngx_http_core_loc_conf_t *target);


static ngx_str_t  ngx_http_healthcode_conf_nothing = ngx_null_string;


ngx_int_t
ngx_http_healthcode_conf_pages_note(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    return ngx_http_healthcode_conf_place(cf, &mcf->places, conf);
}


ngx_int_t
ngx_http_healthcode_conf_pages_warn(ngx_conf_t *cf,
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

        conf = ngx_http_healthcode_conf_of(place->server, target);

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


/* Whether a refusal can have that status; any: under "satisfy any". */
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


/* NULL: none, or the name has a variable, which only a request can tell. */
static ngx_http_core_loc_conf_t *
ngx_http_healthcode_conf_find_page(ngx_http_healthcode_place_t *place,
    ngx_http_complex_value_t *page)
{
    return page->lengths ? NULL
                         : ngx_http_healthcode_conf_find(place->server,
                                                         &page->value);
}


/* NGX_OK: was warned of before; NGX_DECLINED: was not, and is noted now. */
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
 * Proposes a location of the page alone: "healthcode off" in a location of more
 * than this page would open more, perhaps the gate itself.
 */
static void
ngx_http_healthcode_conf_page_warn(ngx_conf_t *cf,
    ngx_http_healthcode_place_t *place, ngx_http_err_page_t *page,
    ngx_http_core_loc_conf_t *target)
{
    ngx_str_t                         name, gate, at;
    ngx_uint_t                        alone;
    ngx_http_healthcode_reference_t  *from = &place->conf->block;

    ngx_http_healthcode_conf_where(place->location, &name);
    ngx_http_healthcode_conf_where(target, &gate);
    ngx_http_healthcode_conf_at_server(cf, place->server,
                                       ngx_http_healthcode_conf_of(
                                                   place->server, target),
                                       &at);

    alone = (target->named || target->exact_match);

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "healthcode: error_page %i of location \"%V\" in %V:%ui "
                  "leads to \"%V\", which location \"%V\" gates, so that who "
                  "is refused does not see it; write \"%s%V%s%V",
                  page->status, &name, &from->file, from->line,
                  &page->value.value, &gate,
                  alone ? "" : "location = ",
                  alone ? &ngx_http_healthcode_conf_nothing
                        : &page->value.value,
                  alone ? "healthcode off;\" there" : " { healthcode off; }\"",
                  &at);
}
