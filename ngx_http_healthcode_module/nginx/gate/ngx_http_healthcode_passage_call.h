/*
 * A passage of one request, and a call of its script on the store.
 * Knows no: connection, header, token, verdict.
 * docs/request-path.md, "Passage".
 */

#ifndef NGX_HTTP_HEALTHCODE_PASSAGE_CALL_H
#define NGX_HTTP_HEALTHCODE_PASSAGE_CALL_H

#include "../request/ngx_http_healthcode_record.h"
#include "../../redis/healthcode_passage.h"
#include "../../redis/healthcode_route.h"


/* What of a passage is under way; or it is over. */
typedef enum {
    NGX_HTTP_HEALTHCODE_PASSAGE_ASKING = 0,
    NGX_HTTP_HEALTHCODE_PASSAGE_CHECKING,  /* it is reserved: the flags */
    NGX_HTTP_HEALTHCODE_PASSAGE_ANNULLING,
    NGX_HTTP_HEALTHCODE_PASSAGE_OVER
} ngx_http_healthcode_passage_state_e;


struct ngx_http_healthcode_passage_s {
    const ngx_http_healthcode_passage_conf_t  *conf;      /* NULL: it is a
                                                             second message */
    const ngx_http_complex_value_t            *hall;      /* its name */
    const ngx_http_healthcode_store_t         *store;     /* of the last call */
    ngx_http_healthcode_record_t              *record;    /* that asks */
    ngx_str_t                                  code;      /* whose it is */
    ngx_http_healthcode_passage_state_e        state;
    healthcode_passage_t                       terms;
    healthcode_call_t                          call;
    healthcode_route_t                         route;     /* of a cluster */
    healthcode_passage_result_t                result;    /* of the last call */
    healthcode_passage_result_t                first;     /* of the first */
    healthcode_reason_e                        reason;    /* _OVER: it counts
                                                             if _OK */

    /* how the store was asked for the verdict, before the passage */
    ngx_uint_t                                 lookup_us;
    unsigned                                   answered:1;
    unsigned                                   sought:1;
    unsigned                                   known:1;
};


/*
 * Calls the script for what, on this store; the rest is passage->terms.
 * NGX_AGAIN: the request is suspended, its phases run again when
 * passage->result is there.  NGX_OK: it says why nothing was asked.
 */
ngx_int_t ngx_http_healthcode_passage_call(ngx_http_request_t *r,
    const ngx_http_healthcode_store_t *store,
    ngx_http_healthcode_passage_t *passage, healthcode_passage_what_e what);

#endif
