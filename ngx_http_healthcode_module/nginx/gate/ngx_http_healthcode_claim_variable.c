/*
 * $healthcode_claim_NAME: what a code says of itself, once its signature held.
 * Judges nothing, and never looks into a code that did not hold.
 * Knows no: header, store, verdict.
 * docs/variables.md, "$healthcode_claim_NAME".
 */

#include "../request/ngx_http_healthcode_record.h"
#include "ngx_http_healthcode_claim_variable.h"


#define NGX_HTTP_HEALTHCODE_PAYLOAD_MAX                                       \
    healthcode_base64url_decoded_len(HEALTHCODE_TOKEN_MAX)


static ngx_int_t ngx_http_healthcode_claim_variable_read(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record);
static ngx_int_t ngx_http_healthcode_claim_variable_text(ngx_http_request_t *r,
    yyjson_val *value, ngx_http_variable_value_t *v);


/* data is the whole name of the variable, in lower case. */
ngx_int_t
ngx_http_healthcode_claim_variable_get(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    size_t                         prefix = sizeof("healthcode_claim_") - 1;
    ngx_str_t                     *name = (ngx_str_t *) data;
    yyjson_val                    *value;
    ngx_http_healthcode_record_t  *record;

    v->not_found = 1;

    record = ngx_http_healthcode_record_find(r);

    if (record == NULL || !ngx_http_healthcode_is_signed(record)) {
        return NGX_OK;
    }

    if (record->claims.of != record->found.code.text.data
        && ngx_http_healthcode_claim_variable_read(r, record) != NGX_OK)
    {
        return NGX_ERROR;
    }

    value = healthcode_claims_find(record->claims.object,
                                   healthcode_str_from(name->data + prefix,
                                                       name->len - prefix));

    return ngx_http_healthcode_claim_variable_text(r, value, v);
}


/* Once a request and code; the claims were dropped when it was judged. */
static ngx_int_t
ngx_http_healthcode_claim_variable_read(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record)
{
    void              *memory;
    size_t             size;
    yyjson_val        *claims;
    healthcode_str_t   payload;
    uint8_t            bytes[NGX_HTTP_HEALTHCODE_PAYLOAD_MAX];

    if (record->found.code.text.len > HEALTHCODE_TOKEN_MAX
        || !healthcode_token_payload(ngx_http_healthcode_view(
                                         &record->found.code.text),
                                     bytes, &payload))
    {
        return NGX_ERROR;
    }

    size = healthcode_json_memory(payload.len);

    memory = ngx_pmemalign(r->pool, size, 16);
    if (memory == NULL) {
        return NGX_ERROR;
    }

    claims = healthcode_json_read(payload, memory, size);

    if (claims == NULL) {
        return NGX_ERROR;
    }

    record->claims.object = claims;
    record->claims.of = record->found.code.text.data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_claim_variable_text(ngx_http_request_t *r,
    yyjson_val *value, ngx_http_variable_value_t *v)
{
    u_char               *p;
    healthcode_str_t      text;
    alignas(16) uint8_t   memory[healthcode_json_write_memory(
                                     NGX_HTTP_HEALTHCODE_PAYLOAD_MAX)];

    if (!healthcode_claims_text(value, memory, sizeof(memory), &text)) {
        return NGX_OK;
    }

    p = (u_char *) text.data;

    if (!yyjson_is_str(value)) {
        /* memory ends with this call */
        p = ngx_pnalloc(r->pool, text.len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(p, text.data, text.len);
    }

    v->data = p;
    v->len = text.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}
