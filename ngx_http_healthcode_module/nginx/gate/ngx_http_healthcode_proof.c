/*
 * The proof of DPoP in a request, for codes that are bound to a key: found,
 * judged and taken out.
 * Knows no: connection, store, verdict.  docs/request-path.md, "Proof".
 */

#include "../request/ngx_http_healthcode_header_list.h"
#include "ngx_http_healthcode_proof.h"
#include "../../core/healthcode_dpop.h"


static ngx_http_healthcode_proof_t *ngx_http_healthcode_proof_find(
    ngx_http_healthcode_record_t *record);
static void ngx_http_healthcode_proof_path(ngx_http_request_t *r,
    healthcode_str_t *path);


static const ngx_str_t  ngx_http_healthcode_proof_name = ngx_string("dpop");


const char *
ngx_http_healthcode_proof_fault(const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, healthcode_str_t jkt, time_t now)
{
    const char                       *what;
    healthcode_str_t                  jti;
    ngx_http_request_t               *r = record->request->main;
    healthcode_dpop_memory_t          memory;
    healthcode_dpop_request_t         request;
    ngx_http_healthcode_proof_t      *proof;
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);
    proof = ngx_http_healthcode_proof_find(record);

    if (proof->headers != 1) {
        return proof->headers ? "stands in two headers" : "is missing";
    }

    request.method = ngx_http_healthcode_view(&r->method_name);
    request.origin = *lcf->rules.dpop_origin;
    request.code = ngx_http_healthcode_view(&record->found.code.text);
    request.jkt = jkt;
    request.now = now;
    ngx_http_healthcode_proof_path(r, &request.path);

    what = healthcode_dpop_fault(ngx_http_healthcode_view(&proof->text),
                                 &request, mcf->digest, &memory, &jti);

    if (what == NULL
        && !healthcode_dpop_mark(mcf->pepper, jkt, jti,
                                 record->found.code.mark))
    {
        what = "cannot be checked: no memory";
    }

    record->found.code.has_mark = (what == NULL);

    return what;
}


/* As it came: it is sought once, before it is taken out. */
static ngx_http_healthcode_proof_t *
ngx_http_healthcode_proof_find(ngx_http_healthcode_record_t *record)
{
    ngx_table_elt_t                    *header;
    ngx_http_healthcode_proof_t        *proof = &record->main->proof;
    ngx_http_healthcode_header_walk_t   walk;

    if (proof->sought) {
        return proof;
    }

    proof->sought = 1;

    ngx_http_healthcode_header_walk(&walk,
                           &record->request->main->headers_in.headers.part);

    while ((header = ngx_http_healthcode_header_walk_find(&walk,
                                             &ngx_http_healthcode_proof_name))
           != NULL)
    {
        proof->headers++;
        proof->text = header->value;
    }

    return proof;
}


/* Never that of a rewrite: the client has signed what it asked for. */
static void
ngx_http_healthcode_proof_path(ngx_http_request_t *r, healthcode_str_t *path)
{
    *path = ngx_http_healthcode_view(&r->unparsed_uri);

    for (path->len = 0; path->len < r->unparsed_uri.len; path->len++) {
        if (path->data[path->len] == '?' || path->data[path->len] == '#') {
            break;
        }
    }
}


ngx_int_t
ngx_http_healthcode_proof_hide(ngx_http_healthcode_record_t *record)
{
    ngx_table_elt_t                    *header;
    ngx_http_request_t                 *r = record->request->main;
    ngx_http_healthcode_header_walk_t   walk;

    if (!record->main->proof.sought) {
        return NGX_OK;
    }

    ngx_http_healthcode_header_walk(&walk, &r->headers_in.headers.part);

    while ((header = ngx_http_healthcode_header_walk_find(&walk,
                                             &ngx_http_healthcode_proof_name))
           != NULL)
    {
        if (ngx_http_healthcode_header_list_unlink(r, header) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
