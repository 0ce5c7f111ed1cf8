/*
 * The last days of an issuer: the note in the log and the header Sunset
 * (RFC 8594).  Judges no code.
 * Knows no: connection, store, token, verdict.
 * docs/operations.md, "Phasing an issuer out".
 */

#include "../request/ngx_http_healthcode_header_list.h"
#include "../request/ngx_http_healthcode_record.h"
#include "ngx_http_healthcode_sunset.h"


/* Milliseconds between two notes of a worker on one issuer. */
#define NGX_HTTP_HEALTHCODE_SUNSET_NOTE  (3600 * 1000)


static ngx_int_t ngx_http_healthcode_sunset_filter(ngx_http_request_t *r);
static ngx_uint_t ngx_http_healthcode_sunset_has_sunset(
    ngx_http_request_t *r);


/* nginx's own, the same for every answer of this worker */
static ngx_http_output_header_filter_pt
    ngx_http_healthcode_sunset_filter_next;


healthcode_reason_e
ngx_http_healthcode_sunset_check(const ngx_http_healthcode_issuer_t *issuer,
    time_t now, ngx_uint_t *ending)
{
    *ending = healthcode_issuer_ends_soon(&issuer->core, now);

    if (*ending) {

        if (*issuer->noted == 0
            || ngx_current_msec - *issuer->noted
               >= NGX_HTTP_HEALTHCODE_SUNSET_NOTE)
        {
            *issuer->noted = ngx_current_msec;

            ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                          NGX_HTTP_HEALTHCODE_ISSUER_ENDS, &issuer->name,
                          &issuer->sunset,
                          (time_t) ((issuer->core.sunset - now) / 86400));
        }
    }

    return healthcode_issuer_check(&issuer->core, now);
}


/*
 * In the worker, when the chain is complete: linked into nginx the module is
 * configured before nginx's last filter, which begins the chain.
 */
void
ngx_http_healthcode_sunset_init_process(
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                      i;
    ngx_http_healthcode_issuer_t  **issuers = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {

        if (issuers[i]->core.sunset == 0) {
            continue;
        }

        ngx_http_healthcode_sunset_filter_next = ngx_http_top_header_filter;
        ngx_http_top_header_filter = ngx_http_healthcode_sunset_filter;

        return;
    }
}


/*
 * Every answer passes here once, also nginx's own pages and those that
 * replace another answer.
 */
static ngx_int_t
ngx_http_healthcode_sunset_filter(ngx_http_request_t *r)
{
    ngx_table_elt_t               *header;
    ngx_http_healthcode_record_t  *record;

    record = (r == r->main) ? ngx_http_healthcode_record_find(r) : NULL;

    if (record && record->found.code.ending
        && !ngx_http_healthcode_sunset_has_sunset(r))
    {
        header = ngx_list_push(&r->headers_out.headers);
        if (header == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(header, sizeof(ngx_table_elt_t));

        header->hash = 1;
        ngx_str_set(&header->key, "Sunset");
        header->value = record->found.code.issuer->sunset;
    }

    return ngx_http_healthcode_sunset_filter_next(r);
}


/* An upstream's own, such as that of a second gate, stays the only one. */
static ngx_uint_t
ngx_http_healthcode_sunset_has_sunset(ngx_http_request_t *r)
{
    ngx_table_elt_t                    *header;
    ngx_http_healthcode_header_walk_t   walk;

    static const ngx_str_t  name = ngx_string("sunset");

    ngx_http_healthcode_header_walk(&walk, &r->headers_out.headers.part);

    while ((header = ngx_http_healthcode_header_walk_find(&walk, &name))
           != NULL)
    {
        if (header->hash) {
            return 1;
        }
    }

    return 0;
}
