/*
 * The header of an answer to a request that passed in an outage.
 * Knows no: connection, store, token.
 * docs/directives.md, "healthcode_degraded_header".
 */

#include "../request/ngx_http_healthcode_record.h"
#include "ngx_http_healthcode_degraded.h"
#include "ngx_http_healthcode_header.h"


static ngx_int_t ngx_http_healthcode_degraded_filter(ngx_http_request_t *r);


/* nginx's own, the same for every answer of this worker */
static ngx_http_output_header_filter_pt
    ngx_http_healthcode_degraded_filter_next;


/*
 * In the worker, as the module may be configured before nginx's last filter,
 * which begins the chain.
 */
void
ngx_http_healthcode_degraded_init_process(
    const ngx_http_healthcode_main_conf_t *mcf)
{
    if (mcf->has_degraded_header) {
        ngx_http_healthcode_degraded_filter_next = ngx_http_top_header_filter;
        ngx_http_top_header_filter = ngx_http_healthcode_degraded_filter;
    }
}


static ngx_int_t
ngx_http_healthcode_degraded_filter(ngx_http_request_t *r)
{
    healthcode_str_t               word = { NULL, 0 };
    ngx_http_healthcode_record_t  *record;

    record = (r == r->main) ? ngx_http_healthcode_record_find(r) : NULL;

    if (record && record->found.judged && record->gate->degraded_header) {
        /* a constant string, so a NUL ends it */
        word = healthcode_verdict_degraded(&record->found.verdict);
    }

    if (word.len
        && ngx_http_healthcode_header_set(r, "Healthcode-Degraded",
                                          (const char *) word.data)
           == NULL)
    {
        return NGX_ERROR;
    }

    return ngx_http_healthcode_degraded_filter_next(r);
}
