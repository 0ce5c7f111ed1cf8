/*
 * Fuzzes healthcode_dpop.c: whatever is accepted says what RFC 9449 section 4.3
 * asks for, as read by another hand, and its signature holds for OpenSSL.
 * docs/token-format.md, "Proofs of DPoP".
 */

#include "fuzz.h"
#include "mutate.h"
#include "../unit/mint.h"

#include "../../ngx_http_healthcode_module/core/healthcode_dpop.h"


#define NOW   1700000000
#define CODE  "a.code.of-somebody"


static healthcode_digest_t       *digest;
static healthcode_dpop_memory_t   memory;
static char                       key_x[64], jkt[64];

static const healthcode_dpop_request_t  request = {
    .method = { (const uint8_t *) "GET", 3 },
    .origin = { (const uint8_t *) "https://hall.example", 20 },
    .path = { (const uint8_t *) "/gate/7", 7 },
    .code = { (const uint8_t *) CODE, sizeof(CODE) - 1 },
    .jkt = { (const uint8_t *) jkt, 43 },
    .now = NOW
};


/* base64url of SHA-256 of text. */
static void
hash(const char *text, char *out)
{
    uint8_t  bytes[32];

    fuzz_must(EVP_Digest(text, strlen(text), bytes, NULL, EVP_sha256(), NULL)
              == 1);
    mint_base64url(bytes, 32, out);
}


static void
set_up(void)
{
    char  jwk[256], text[256];

    if (digest) {
        return;
    }

    digest = healthcode_digest_create();
    mint_ed25519_jwk(1, "", jwk, sizeof(jwk));
    sscanf(strstr(jwk, "\"x\":\""), "\"x\":\"%63[^\"]", key_x);
    snprintf(text, sizeof(text),
             "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", key_x);
    hash(text, jkt);
}


static bool
is_text(yyjson_val *object, const char *name, const char *text)
{
    return yyjson_equals_str(yyjson_obj_get(object, name), text);
}


/* A part of a proof, decoded and read by yyjson alone; the caller frees it. */
static yyjson_doc *
part(const char *text, int i)
{
    char             copy[8192];
    static uint8_t   bytes[8192];
    yyjson_doc      *doc;
    healthcode_str_t view = mint_part(text, i);

    fuzz_must(view.len < sizeof(copy));
    memcpy(copy, view.data, view.len);
    copy[view.len] = '\0';
    doc = yyjson_read((char *) bytes, mint_decode(copy, bytes), 0);
    fuzz_must(doc != NULL);

    return doc;
}


/* Which key it is need not be asked: OpenSSL says it, and its x. */
static void
check_accepted(const char *text, healthcode_str_t jti)
{
    char         ath[64];
    yyjson_doc  *header = part(text, 0), *payload = part(text, 1);
    yyjson_val  *h = yyjson_doc_get_root(header);
    yyjson_val  *c = yyjson_doc_get_root(payload);
    yyjson_val  *jwk = yyjson_obj_get(h, "jwk"), *iat;

    healthcode_str_t  typ = healthcode_json_text(yyjson_obj_get(h, "typ"));
    healthcode_str_t  htu = healthcode_json_text(yyjson_obj_get(c, "htu"));
    healthcode_str_t  id = healthcode_json_text(yyjson_obj_get(c, "jti"));

    fuzz_must(typ.len && strcasecmp((const char *) typ.data
                                    + (typ.len > 8 ? 12 : 0), "dpop+jwt") == 0);
    fuzz_must(is_text(h, "alg", "EdDSA") || is_text(h, "alg", "Ed25519"));
    fuzz_must(yyjson_obj_get(h, "crit") == NULL);
    fuzz_must(is_text(jwk, "kty", "OKP") && is_text(jwk, "crv", "Ed25519"));
    fuzz_must(yyjson_is_str(yyjson_obj_get(jwk, "x")));
    fuzz_must(yyjson_obj_get(jwk, "d") == NULL
              || yyjson_is_null(yyjson_obj_get(jwk, "d")));

    hash(CODE, ath);
    fuzz_must(is_text(c, "htm", "GET") && is_text(c, "ath", ath));
    fuzz_must(htu.len && strncasecmp((const char *) htu.data,
                                     "https://hall.example", 20) == 0);

    iat = yyjson_obj_get(c, "iat");
    fuzz_must(yyjson_get_num(iat) >= NOW - HEALTHCODE_DPOP_WINDOW
              && yyjson_get_num(iat) <= NOW + HEALTHCODE_DPOP_WINDOW);

    fuzz_must(jti.len && healthcode_str_equal(jti, id));
    fuzz_must(fuzz_lies_in(jti, memory.payload, sizeof(memory.payload)));

    yyjson_doc_free(header);
    yyjson_doc_free(payload);
}


static bool
accepts(healthcode_str_t text, const healthcode_dpop_request_t *r,
    healthcode_str_t *jti)
{
    healthcode_str_t  before = healthcode_str("before"), found = before;
    const char       *what;

    what = healthcode_dpop_fault(text, r, digest, &memory, &found);

    fuzz_must(what == NULL || (found.data == before.data && what[0]));
    *jti = found;

    return what == NULL;
}


/* What is accepted is for nothing else, and cannot be changed. */
static void
check_signed(char *text)
{
    healthcode_str_t            jti;
    healthcode_dpop_request_t   other;

    if (!accepts(guard(0, text, strlen(text)), &request, &jti)) {
        return;
    }

    check_accepted(text, jti);

    other = request;
    other.method = healthcode_str("HEAD");
    fuzz_must(!accepts(guard(0, text, strlen(text)), &other, &jti));

    other = request;
    other.origin = healthcode_str("https://other.example");
    fuzz_must(!accepts(guard(0, text, strlen(text)), &other, &jti));

    other = request;
    other.path = healthcode_str("/gate/8");
    fuzz_must(!accepts(guard(0, text, strlen(text)), &other, &jti));

    other = request;
    other.code = healthcode_str(CODE "x");
    fuzz_must(!accepts(guard(0, text, strlen(text)), &other, &jti));

    other = request;
    other.jkt = healthcode_str("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    fuzz_must(!accepts(guard(0, text, strlen(text)), &other, &jti));

    other = request;
    other.now += 2 * HEALTHCODE_DPOP_WINDOW + 1;
    fuzz_must(!accepts(guard(0, text, strlen(text)), &other, &jti));

    text[strlen(text) - 5] ^= 1;
    fuzz_must(!accepts(guard(0, text, strlen(text)), &request, &jti));
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return mutate_json(data, 0, size, max, seed);
}


/*
 * Bytes as they are; and if they are JSON with a "header" and "claims", the
 * proof that the holder of the key can make of these.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char              *header, *claims;
    yyjson_doc        *doc;
    yyjson_val        *root;
    static char        text[3 * HEALTHCODE_DPOP_MAX];
    healthcode_str_t   jti;

    if (size > HEALTHCODE_DPOP_MAX + 100) {
        return 0;
    }

    set_up();
    fuzz_must(!accepts(guard(0, data, size), &request, &jti));

    doc = yyjson_read((char *) (uintptr_t) data, size,
                      YYJSON_READ_NUMBER_AS_RAW);
    root = yyjson_doc_get_root(doc);
    header = yyjson_val_write(yyjson_obj_get(root, "header"), 0, NULL);
    claims = yyjson_val_write(yyjson_obj_get(root, "claims"), 0, NULL);

    if (header && claims
        && strlen(header) + strlen(claims) < HEALTHCODE_DPOP_MAX)
    {
        mint_eddsa(header, claims, 1, text);
        check_signed(text);
    }

    free(header);
    free(claims);
    yyjson_doc_free(doc);

    return 0;
}
