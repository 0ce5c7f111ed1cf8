/*
 * Fuzzes healthcode_token.c: a code that is accepted is made of its parts
 * again, byte for byte, and its views lie where they belong.
 * docs/token-format.md, "Token".
 */

#include "fuzz.h"
#include "mutate.h"

#include "../../ngx_http_healthcode_module/core/healthcode_token.h"


static healthcode_token_memory_t  memory;


/* The part of text that encodes bytes and ends at *end; moves *end past it. */
static void
check_part(healthcode_str_t text, size_t *end, healthcode_str_t bytes)
{
    static char  part[HEALTHCODE_TOKEN_MAX + 4];
    size_t       n = healthcode_base64url_encode(bytes, part);

    fuzz_must(n < *end);
    fuzz_must(memcmp(text.data + *end - n, part, n) == 0);
    fuzz_must(text.data[*end - n - 1] == '.');
    *end -= n + 1;
}


static void
check_token(healthcode_str_t text, const healthcode_token_t *token)
{
    size_t  end = text.len, dots = 0;

    for (size_t i = 0; i < text.len; i++) {
        dots += text.data[i] == '.';
    }

    fuzz_must(dots == 2 && text.len <= HEALTHCODE_TOKEN_MAX);

    fuzz_must(fuzz_lies_in(token->payload, memory.parts,
                           sizeof(memory.parts)));
    fuzz_must(fuzz_lies_in(token->signature, memory.parts,
                           sizeof(memory.parts)));
    fuzz_must(token->payload.data + token->payload.len
              == token->signature.data);
    fuzz_must(fuzz_lies_in(token->alg, memory.header, sizeof(memory.header)));
    fuzz_must(token->kid.data == NULL
              || fuzz_lies_in(token->kid, memory.header,
                              sizeof(memory.header)));
    fuzz_must(token->typ.data == NULL
              || fuzz_lies_in(token->typ, memory.header,
                              sizeof(memory.header)));

    check_part(text, &end, token->signature);
    fuzz_must(token->signed_text.data == text.data
              && token->signed_text.len == end);
    check_part(text, &end, token->payload);
    fuzz_must(memchr(text.data, '.', end) == NULL);

    fuzz_must(memchr(token->alg.data, '\0', token->alg.len) == NULL);
    fuzz_must(token->typ.data == NULL
              || healthcode_token_type_is(token, token->typ));
    fuzz_must(token->typ.data != NULL
              || !healthcode_token_type_is(token, healthcode_str("")));
}


/* Of what can be taken apart, "ours" follows from its type and its issuer. */
static void
check_ours(healthcode_str_t text, const healthcode_token_t *token)
{
    bool                        ours;
    yyjson_val                 *payload;
    healthcode_str_t            iss;
    static healthcode_str_t     name = healthcode_str("a");
    static healthcode_index_t  *issuers;
    static alignas(16) uint8_t  json[sizeof(memory.header)];

    if (issuers == NULL) {
        issuers = healthcode_index_create(&name, 1);
        fuzz_must(issuers != NULL);
    }

    if (token == NULL) {
        (void) healthcode_token_is_ours(text, issuers, &memory);
        return;
    }

    ours = healthcode_token_type_is(token, healthcode_str("healthcode+jwt"));
    payload = healthcode_json_read(token->payload, json, sizeof(json));

    if (payload && healthcode_json_string(payload, "iss", &iss) == 1
        && healthcode_str_equal(iss, name))
    {
        ours = true;
    }

    fuzz_must(healthcode_token_is_ours(text, issuers, &memory) == ours);
}


/* What must not be there, read by another hand out of the header itself. */
static void
check_header(healthcode_str_t text)
{
    size_t       len;
    uint8_t     *header;
    yyjson_doc  *doc;
    yyjson_val  *root;

    len = (size_t) ((const uint8_t *) memchr(text.data, '.', text.len)
                    - text.data);
    header = guard_room(1, healthcode_base64url_decoded_len(len));
    fuzz_must(healthcode_base64url_decode(
                  healthcode_str_from(text.data, len), header, &len));

    doc = yyjson_read((char *) header, len, 0);
    root = yyjson_doc_get_root(doc);
    fuzz_must(yyjson_is_obj(root));
    fuzz_must(yyjson_is_str(yyjson_obj_get(root, "alg")));
    fuzz_must(yyjson_obj_get(root, "crit") == NULL);
    fuzz_must(yyjson_obj_get(root, "zip") == NULL);
    fuzz_must(yyjson_obj_get(root, "b64") == NULL
              || yyjson_is_true(yyjson_obj_get(root, "b64")));
    yyjson_doc_free(doc);
}


/* As it stands; and with a header made of it, which takes fewer tries. */
static void
parse(healthcode_str_t text)
{
    healthcode_token_t   token, before;
    healthcode_reason_e  reason;

    memset(&token, 0x5a, sizeof(token));
    before = token;
    reason = healthcode_token_parse(text, &memory, &token);

    if (reason == HEALTHCODE_REASON_OK) {
        check_token(text, &token);
        check_header(text);
        check_ours(text, &token);

    } else {
        fuzz_must(memcmp(&token, &before, sizeof(token)) == 0);
        fuzz_must(reason == HEALTHCODE_REASON_MALFORMED
                  || reason == HEALTHCODE_REASON_UNSUPPORTED);
        fuzz_must(healthcode_token_fault(text, &memory) != NULL);
        check_ours(text, NULL);
    }
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return mutate_json(data, 0, size, max, seed);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t       n;
    static char  text[2 * HEALTHCODE_TOKEN_MAX + 16];

    if (size > HEALTHCODE_TOKEN_MAX + 100) {
        return 0;
    }

    parse(guard(0, data, size));

    n = healthcode_base64url_encode(healthcode_str_from(data, size), text);
    memcpy(text + n, ".e30.AAAA", 9);
    parse(guard(0, text, n + 9));

    return 0;
}
