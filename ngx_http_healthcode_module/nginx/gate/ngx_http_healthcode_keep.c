/*
 * What is kept of a code whose signature held, after its memory and its key
 * are gone.  Never the subject: the holder stands for it.
 * Knows no: connection, header, location, verdict.
 * docs/request-path.md, "Token, Signature, Claims".
 */

#include "ngx_http_healthcode_keep.h"


healthcode_reason_e
ngx_http_healthcode_keep_claims(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, const healthcode_key_t *key,
    const healthcode_claims_t *claims)
{
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    record->found.code.iat = claims->iat;
    record->found.code.exp = claims->exp;

    if (ngx_http_healthcode_keep_key(r, record, key) != NGX_OK
        || ngx_http_healthcode_keep_regions(r, record, claims->regions,
                                                   claims->nregions)
           != NGX_OK)
    {
        return HEALTHCODE_REASON_FAULT;
    }

    if (mcf->pepper == NULL) {
        return HEALTHCODE_REASON_OK;
    }

    if (!healthcode_holder_derive(mcf->pepper,
                                  record->found.code.issuer->core.subject_space,
                                  claims->kind, claims->sub,
                                  record->found.code.query.holder))
    {
        return HEALTHCODE_REASON_FAULT;
    }

    record->found.code.has_holder = 1;

    return HEALTHCODE_REASON_OK;
}


ngx_int_t
ngx_http_healthcode_keep_key(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, const healthcode_key_t *key)
{
    ngx_memcpy(record->found.code.thumbprint, key->thumbprint,
               HEALTHCODE_THUMBPRINT_LEN);

    record->found.code.query.iss = record->found.code.issuer->core.iss;
    record->found.code.query.thumbprint =
        healthcode_str_from(record->found.code.thumbprint,
                            HEALTHCODE_THUMBPRINT_LEN);

    record->found.code.kid.len = key->kid.len;

    if (key->kid.len == 0) {
        return NGX_OK;
    }

    record->found.code.kid.data = ngx_pnalloc(r->pool, key->kid.len);
    if (record->found.code.kid.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(record->found.code.kid.data, key->kid.data, key->kid.len);

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_keep_regions(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, const healthcode_region_t *regions,
    size_t n)
{
    healthcode_region_t  *copy;

    record->found.code.query.nregions = 0;

    if (n == 0) {
        return NGX_OK;
    }

    copy = ngx_palloc(r->pool, n * sizeof(healthcode_region_t));
    if (copy == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(copy, regions, n * sizeof(healthcode_region_t));

    record->found.code.query.regions = copy;
    record->found.code.query.nregions = n;

    return NGX_OK;
}
