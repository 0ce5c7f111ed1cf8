/*
 * How the store of a location may name the code of a request: to revoke it, and
 * to know that it has passed.
 * Knows no: connection, header, location, store, verdict.
 * docs/redis-keys.md, "Revoked codes".
 */

#include "ngx_http_healthcode_revocation.h"
#include "../../core/healthcode_hall.h"


/* What names are made of; the views end with it. */
typedef struct {
    healthcode_pepper_t         *pepper;
    healthcode_str_t             signed_text;
    healthcode_str_t             iss;
    healthcode_str_t             jti;          /* data is NULL: it has none */

    healthcode_claims_memory_t   memory;
    uint8_t                      bytes[HEALTHCODE_TOKEN_MAX];
} ngx_http_healthcode_revocation_code_t;


static ngx_int_t ngx_http_healthcode_revocation_read(
    const ngx_http_healthcode_record_t *record,
    ngx_http_healthcode_revocation_code_t *code);


ngx_int_t
ngx_http_healthcode_revocation_names(const ngx_http_healthcode_record_t *record,
    healthcode_revocation_names_t *names)
{
    ngx_http_healthcode_revocation_code_t  code;

    return ngx_http_healthcode_revocation_read(record, &code) == NGX_OK
           && healthcode_revocation_names(code.pepper, code.signed_text,
                                          code.iss, code.jti, names)
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_healthcode_revocation_once(const ngx_http_healthcode_record_t *record,
    uint8_t *out)
{
    ngx_http_healthcode_revocation_code_t  code;

    return ngx_http_healthcode_revocation_read(record, &code) == NGX_OK
           && healthcode_hall_code(code.pepper, code.signed_text, code.iss,
                                   code.jti, out)
           ? NGX_OK : NGX_ERROR;
}


/* Reads the payload once more. */
static ngx_int_t
ngx_http_healthcode_revocation_read(const ngx_http_healthcode_record_t *record,
    ngx_http_healthcode_revocation_code_t *code)
{
    healthcode_str_t                  text, payload;
    healthcode_claims_t               claims;
    healthcode_claims_faults_t        faults;
    const healthcode_issuer_t        *issuer;
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(record->request,
                                        ngx_http_healthcode_module);

    text = ngx_http_healthcode_view(&record->found.code.text);
    issuer = &record->found.code.issuer->core;

    if (mcf->pepper == NULL || text.len > HEALTHCODE_TOKEN_MAX
        || !healthcode_token_payload(text, code->bytes, &payload)
        || healthcode_claims_parse(payload, &code->memory, &issuer->claims,
                                   &claims, &faults)
           != HEALTHCODE_REASON_OK)
    {
        return NGX_ERROR;
    }

    code->pepper = mcf->pepper;
    code->signed_text = healthcode_token_signed(text);
    code->iss = issuer->iss;
    code->jti = claims.jti;

    return NGX_OK;
}
