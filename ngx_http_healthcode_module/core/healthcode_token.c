/*
 * The text of a code taken apart: JWS compact serialisation (RFC 7515 sections
 * 3.1 and 7.1), judged by RFC 8725.  Knows no: key, claims, request.
 * docs/token-format.md, "Token".
 */

#include "healthcode_token.h"


static bool healthcode_token_split(healthcode_str_t text,
    healthcode_str_t parts[3]);
static bool healthcode_token_decode(healthcode_str_t part, uint8_t **memory,
    healthcode_str_t *decoded);
static bool healthcode_token_member(healthcode_str_t part, const char *name,
    healthcode_token_memory_t *memory, healthcode_str_t *value);
static healthcode_reason_e healthcode_token_header(healthcode_str_t header,
    healthcode_token_memory_t *memory, healthcode_token_t *token);


healthcode_reason_e
healthcode_token_parse(healthcode_str_t text,
    healthcode_token_memory_t *memory, healthcode_token_t *token)
{
    uint8_t              *p = memory->parts;
    healthcode_str_t      parts[3], header;
    healthcode_token_t    t = { .alg = { NULL, 0 } };
    healthcode_reason_e   reason;

    if (text.len > HEALTHCODE_TOKEN_MAX || !healthcode_token_split(text, parts))
    {
        return HEALTHCODE_REASON_MALFORMED;
    }

    if (!healthcode_token_decode(parts[0], &p, &header)
        || !healthcode_token_decode(parts[1], &p, &t.payload)
        || !healthcode_token_decode(parts[2], &p, &t.signature))
    {
        return HEALTHCODE_REASON_MALFORMED;
    }

    t.signed_text = healthcode_str_from(text.data,
                                        parts[0].len + 1 + parts[1].len);

    reason = healthcode_token_header(header, memory, &t);

    if (reason == HEALTHCODE_REASON_OK) {
        *token = t;
    }

    return reason;
}


static bool
healthcode_token_split(healthcode_str_t text, healthcode_str_t parts[3])
{
    const uint8_t  *dot, *p = text.data, *end = text.data + text.len;

    for (int i = 0; i < 2; i++) {
        dot = (p < end) ? memchr(p, '.', (size_t) (end - p)) : NULL;

        if (dot == NULL) {
            return false;
        }

        parts[i] = healthcode_str_from(p, (size_t) (dot - p));
        p = dot + 1;
    }

    parts[2] = healthcode_str_from(p, (size_t) (end - p));

    /* the decoder refuses a third dot, which is not a byte of base64url */
    return true;
}


static bool
healthcode_token_decode(healthcode_str_t part, uint8_t **memory,
    healthcode_str_t *decoded)
{
    if (!healthcode_base64url_decode(part, *memory, &decoded->len)) {
        return false;
    }

    decoded->data = *memory;
    *memory += decoded->len;

    return true;
}


const char *
healthcode_token_fault(healthcode_str_t text, healthcode_token_memory_t *memory)
{
    size_t             dots = 0;
    uint8_t           *p = memory->parts;
    healthcode_str_t   parts[3], decoded[3];

    if (text.len > HEALTHCODE_TOKEN_MAX) {
        return "is longer than 8192 bytes";
    }

    for (size_t i = 0; i < text.len; i++) {
        dots += text.data[i] == '.';
    }

    if (dots && memchr(text.data, '~', text.len)) {
        return "has a \"~\": it is an SD-JWT, which a gate does not take";
    }

    if (dots == 0) {
        return "has no dot: it is not a JWT";
    }

    if (dots == 1) {
        return "has one dot: the signature is missing";
    }

    if (dots == 4) {
        return "has five parts: it is encrypted (JWE)";
    }

    if (dots != 2 || !healthcode_token_split(text, parts)) {
        return "does not have three parts";
    }

    for (int i = 0; i < 3; i++) {
        if (!healthcode_token_decode(parts[i], &p, &decoded[i])) {
            return "is not strict base64url";
        }
    }

    if (healthcode_json_read(decoded[0], memory->header,
                             sizeof(memory->header)) == NULL)
    {
        return "has a header that is not a strict JSON object";
    }

    return "has a header without \"alg\", or whose \"alg\", \"kid\" or "
           "\"typ\" is not a string";
}


bool
healthcode_token_payload(healthcode_str_t text, uint8_t *dst,
    healthcode_str_t *payload)
{
    healthcode_str_t  parts[3], decoded;

    if (!healthcode_token_split(text, parts)
        || !healthcode_token_decode(parts[1], &dst, &decoded))
    {
        return false;
    }

    *payload = decoded;

    return true;
}


static healthcode_reason_e
healthcode_token_header(healthcode_str_t text,
    healthcode_token_memory_t *memory, healthcode_token_t *token)
{
    yyjson_val  *b64, *header;

    header = healthcode_json_read(text, memory->header,
                                  sizeof(memory->header));
    if (header == NULL) {
        return HEALTHCODE_REASON_MALFORMED;
    }

    b64 = yyjson_obj_get(header, "b64");

    if (yyjson_obj_get(header, "crit") || yyjson_obj_get(header, "zip")
        || (b64 && !yyjson_is_true(b64)))
    {
        return HEALTHCODE_REASON_UNSUPPORTED;
    }

    if (healthcode_json_string(header, "alg", &token->alg) != 1
        || healthcode_json_string(header, "kid", &token->kid) < 0
        || healthcode_json_string(header, "typ", &token->typ) < 0)
    {
        return HEALTHCODE_REASON_MALFORMED;
    }

    token->header = header;

    /* "alg" is there */
    token->plain = yyjson_obj_size(header)
                   == 1u + (token->kid.data != NULL)
                      + (token->typ.data != NULL);

    return HEALTHCODE_REASON_OK;
}


healthcode_str_t
healthcode_token_signed(healthcode_str_t text)
{
    for (size_t len = text.len; len > 0; len--) {
        if (text.data[len - 1] == '.') {
            return healthcode_str_from(text.data, len - 1);
        }
    }

    return text;
}


static healthcode_str_t
healthcode_token_type_name(healthcode_str_t type)
{
    healthcode_str_t  prefix = healthcode_str("application/");
    healthcode_str_t  rest, head;

    if (type.len <= prefix.len) {
        return type;
    }

    head = healthcode_str_from(type.data, prefix.len);
    rest = healthcode_str_from(type.data + prefix.len, type.len - prefix.len);

    if (!healthcode_str_equal_nocase(head, prefix)
        || memchr(rest.data, '/', rest.len))
    {
        return type;
    }

    return rest;
}


bool
healthcode_token_type_is(const healthcode_token_t *token, healthcode_str_t type)
{
    if (token->typ.data == NULL) {
        return false;
    }

    return healthcode_str_equal_nocase(healthcode_token_type_name(token->typ),
                                       healthcode_token_type_name(type));
}


const char *
healthcode_token_type_fault(const healthcode_token_t *token)
{
    return token->typ.data
           ? "is not a TYPE of the issuer's \"typ\""
           : "is missing; \"typ none;\" in the issuer accepts that";
}


bool
healthcode_token_is_ours(healthcode_str_t text,
    const healthcode_index_t *issuers, healthcode_token_memory_t *memory)
{
    const uint8_t       *dot;
    healthcode_str_t     header, payload, iss;
    healthcode_token_t   token;

    dot = text.len ? memchr(text.data, '.', text.len) : NULL;

    if (dot == NULL) {
        return false;
    }

    header = healthcode_str_from(text.data, (size_t) (dot - text.data));

    if (healthcode_token_member(header, "typ", memory, &token.typ)
        && healthcode_token_type_is(&token, healthcode_str("healthcode+jwt")))
    {
        return true;
    }

    payload = healthcode_str_from(dot + 1, text.len - header.len - 1);
    dot = payload.len ? memchr(payload.data, '.', payload.len) : NULL;

    if (dot) {
        payload.len = (size_t) (dot - payload.data);
    }

    return healthcode_token_member(payload, "iss", memory, &iss)
           && healthcode_index_first(issuers, iss) != HEALTHCODE_INDEX_NONE;
}


/* A string member of a part that is a JSON object; memory is overwritten. */
static bool
healthcode_token_member(healthcode_str_t part, const char *name,
    healthcode_token_memory_t *memory, healthcode_str_t *value)
{
    uint8_t           *p = memory->parts;
    yyjson_val        *object;
    healthcode_str_t   text;

    if (part.len > HEALTHCODE_TOKEN_MAX
        || !healthcode_token_decode(part, &p, &text))
    {
        return false;
    }

    object = healthcode_json_read(text, memory->header,
                                  sizeof(memory->header));

    return object && healthcode_json_string(object, name, value) == 1;
}
