/*
 * How the store of a location may name the code of a request, to revoke it.
 * Knows no: connection, header, location, store, verdict.
 * docs/redis-keys.md, "Revoked codes".
 */

#include "ngx_http_healthcode_revocation.h"


ngx_int_t
ngx_http_healthcode_revocation_names(const ngx_http_healthcode_record_t *record,
    healthcode_revocation_names_t *names)
{
    healthcode_str_t                  text, payload;
    healthcode_claims_t               claims;
    healthcode_claims_faults_t        faults;
    healthcode_claims_memory_t        memory;
    const healthcode_issuer_t        *issuer;
    ngx_http_healthcode_main_conf_t  *mcf;
    uint8_t                           bytes[HEALTHCODE_TOKEN_MAX];

    mcf = ngx_http_get_module_main_conf(record->request,
                                        ngx_http_healthcode_module);

    text = ngx_http_healthcode_view(&record->found.code.text);
    issuer = &record->found.code.issuer->core;

    if (mcf->pepper == NULL || text.len > HEALTHCODE_TOKEN_MAX
        || !healthcode_token_payload(text, bytes, &payload)
        || healthcode_claims_parse(payload, &memory, &issuer->claims, &claims,
                                   &faults)
           != HEALTHCODE_REASON_OK)
    {
        return NGX_ERROR;
    }

    return healthcode_revocation_names(mcf->pepper,
                                       healthcode_token_signed(text),
                                       issuer->iss, claims.jti, names)
           ? NGX_OK : NGX_ERROR;
}
