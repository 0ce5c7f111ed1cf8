/*
 * Tests of healthcode_dpop.c: each rule of RFC 9449 section 4.3 broken by
 * itself, and the proofs of the RFC.  docs/token-format.md, "Proofs of DPoP".
 */

#include <openssl/err.h>

#include "test.h"
#include "mint.h"

#include "../../ngx_http_healthcode_module/core/healthcode_dpop.h"
#include "../../ngx_http_healthcode_module/core/healthcode_revocation.h"


/* RFC 9449, figures 2, 6 and 12; their key is one. */
#define RFC_HEADER                                                            \
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieC"  \
    "I6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5Ijoi"  \
    "OVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6Il"  \
    "AtMjU2In19."
#define RFC_TOKEN_PROOF  RFC_HEADER                                           \
    "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi"  \
    "8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8l"  \
    "P4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37"  \
    "xRZT3Lg"
#define RFC_REFRESH_PROOF  RFC_HEADER                                         \
    "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi"  \
    "8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjY1Mjk2fQ.pAqut2IRD"  \
    "m_De6PR93SYmGBPXpwrAk90e8cP2hjiaG5QsGSuKDYW7_X620BxqhvYC8ynrrvZLTk41mS"  \
    "RroapUA"
#define RFC_RESOURCE_TEXT  RFC_HEADER                                         \
    "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly"  \
    "9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2"  \
    "MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbV"  \
    "FFbyJ9."
#define RFC_RESOURCE_PROOF  RFC_RESOURCE_TEXT                                 \
    "2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd"  \
    "-jfxSYoMxhAJpLjA"
#define RFC_CODE  "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
#define RFC_JKT   "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

#define NOW     1700000000
#define CODE    "a.code.of-somebody"
#define METHOD  "GET"
#define ORIGIN  "https://hall.example"
#define PATH    "/gate/7"

#define HEADER  "{\"typ\":\"dpop+jwt\",\"alg\":\"EdDSA\",\"jwk\":%s}"
#define CLAIMS                                                                \
    "{\"jti\":\"a1\",\"htm\":\"GET\",\"htu\":\"https://hall.example/gate/7\"," \
    "\"iat\":1700000000,\"ath\":\"%s\"}"


static char                       ath[64], jwk[256], jkt[64];
static char                       made[MINT_MAX];
static healthcode_digest_t       *digest;
static healthcode_dpop_memory_t   memory;
static healthcode_dpop_request_t  usual;


/* base64url of SHA-256, by OpenSSL alone. */
static void
hash(const char *text, char *out)
{
    uint8_t  bytes[32];

    assert_int_equal(EVP_Digest(text, strlen(text), bytes, NULL, EVP_sha256(),
                                NULL), 1);
    mint_base64url(bytes, 32, out);
}


/* RFC 7638 section 3, of a JWK with plain members. */
static void
thumbprint(const char *text, char *out)
{
    char                      canonical[4096] = "{", name[8];
    const char               *at;
    static const char *const  names[] = { "crv", "e", "kty", "n", "x", "y" };

    for (size_t i = 0; i < test_count(names); i++) {

        snprintf(name, sizeof(name), "\"%s\":", names[i]);
        at = strstr(text, name);

        if (at) {
            snprintf(canonical + strlen(canonical),
                     sizeof(canonical) - strlen(canonical), "%s%.*s",
                     canonical[1] ? "," : "",
                     (int) (strlen(name) + 1
                            + strcspn(at + strlen(name) + 1, "\"") + 1), at);
        }
    }

    strcat(canonical, "}");
    hash(canonical, out);
}


static int
set_up(void **state)
{
    digest = healthcode_digest_create();
    hash(CODE, ath);

    mint_ed25519_jwk(1, "", jwk, sizeof(jwk));
    thumbprint(jwk, jkt);

    usual.method = healthcode_str(METHOD);
    usual.origin = healthcode_str(ORIGIN);
    usual.path = healthcode_str(PATH);
    usual.code = healthcode_str(CODE);
    usual.jkt = healthcode_str_from(jkt, strlen(jkt));
    usual.now = NOW;
    (void) state;

    return digest == NULL;
}


static int
tear_down(void **state)
{
    healthcode_digest_free(digest);
    (void) state;

    return 0;
}


/* What is wrong with a proof at the wall; NULL and the jti, or neither. */
static const char *
fault(const char *text, const healthcode_dpop_request_t *request,
    const char *jti)
{
    const char        *what;
    healthcode_str_t   found = healthcode_str("untouched");

    what = healthcode_dpop_fault(guard_text(0, text), request, digest, &memory,
                                 &found);
    test_str_equal(found, what ? "untouched" : jti);
    assert_int_equal(ERR_peek_error(), 0);

    return what;
}


/* header has a %s for the key, claims one for the hash of the code. */
static const char *
proof(const char *header, const char *claims)
{
    static char  h[8192], c[8192];

    snprintf(h, sizeof(h), header, jwk);
    snprintf(c, sizeof(c), claims, ath);
    mint_eddsa(h, c, 1, made);

    return made;
}


/* want is the beginning of what is wrong; NULL: nothing. */
static bool
is(const char *what, const char *want)
{
    if (what && (want == NULL || strncmp(what, want, strlen(want)) != 0)) {
        print_error("it %s\n", what);
    }

    return want ? what && strncmp(what, want, strlen(want)) == 0
                : what == NULL;
}


static void
test_takes_the_proof_of_the_rfc(void **state)
{
    char                       other[1024];
    size_t                     len = strlen(RFC_RESOURCE_TEXT);
    healthcode_dpop_request_t  r = usual;

    r.method = healthcode_str("GET");
    r.origin = healthcode_str("https://resource.example.org");
    r.path = healthcode_str("/protectedresource");
    r.code = healthcode_str(RFC_CODE);
    r.jkt = healthcode_str(RFC_JKT);
    r.now = 1562262618;

    assert_null(fault(RFC_RESOURCE_PROOF, &r, "e1j3V_bKic8-LAEB"));

    /* each character of the signature counts, and of what is signed */

    for (size_t i = 0; i < strlen(RFC_RESOURCE_PROOF); i++) {
        strcpy(other, RFC_RESOURCE_PROOF);
        other[i] = (other[i] == 'A') ? 'B' : 'A';
        test_row(fault(other, &r, "") != NULL, i, other);
    }

    strcpy(other, RFC_RESOURCE_PROOF);
    other[len] = '3';
    assert_true(is(fault(other, &r, ""), "has a signature that does not hold"));

    /* the others are for an endpoint that takes no code */

    r.method = healthcode_str("POST");
    r.origin = healthcode_str("https://server.example.com");
    r.path = healthcode_str("/token");
    r.now = 1562262616;
    assert_true(is(fault(RFC_TOKEN_PROOF, &r, ""), "has an \"ath\""));

    r.now = 1562265296;
    assert_true(is(fault(RFC_REFRESH_PROOF, &r, ""), "has an \"ath\""));
    assert_true(is(fault(RFC_TOKEN_PROOF, &r, ""), "has an \"iat\" that is "
                   "too long ago"));
    (void) state;
}


/* The proof with this header and these claims, signed with key. */
static const char *
signed_by(EVP_PKEY *key, const healthcode_algorithm_t *row, const char *header,
    const char *claims)
{
    size_t   len;
    uint8_t  signature[1024];

    len = mint_text(header, claims, made);
    len = mint_sign(key, row, -1, NULL, made, len, signature);
    mint_append(made, signature, len);

    return made;
}


static void
test_takes_a_proof_of_each_algorithm(void **state)
{
    char                           h[4096], c[1024], of[64], text[2048];
    char                          *names, *name;
    size_t                         count = 0;
    EVP_PKEY                      *key;
    healthcode_dpop_request_t      r = usual;
    const healthcode_algorithm_t  *row;

    for (size_t i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        if (row->family != &healthcode_family_hmac) {
            count += row->also ? 2 : 1;
        }
    }

    names = strdup(healthcode_dpop_algorithms());
    snprintf(c, sizeof(c), CLAIMS, ath);

    for (name = strtok(names, " "); name; name = strtok(NULL, " ")) {

        row = mint_row(name);
        count--;
        key = mint_key(row);
        mint_jwk(key, row, "", text, sizeof(text));
        thumbprint(text, of);
        snprintf(h, sizeof(h),
                 "{\"typ\":\"dpop+jwt\",\"alg\":\"%s\",\"jwk\":%s}", name,
                 text);
        signed_by(key, row, h, c);

        r.jkt = healthcode_str_from(of, strlen(of));
        test_row(is(fault(made, &r, "a1"), NULL), count, name);

        /* the code names another one */
        test_row(is(fault(made, &usual, ""), "is signed with another key"),
                 count, name);

        EVP_PKEY_free(key);
    }

    /* the list is all of the table */
    assert_int_equal(count, 0);
    free(names);
    (void) state;
}


#define WITH(more)                                                            \
    "{\"typ\":\"dpop+jwt\",\"alg\":\"EdDSA\",\"jwk\":%s" more "}"
#define SHARED                                                                \
    "{\"typ\":\"dpop+jwt\",\"alg\":\"%s\",\"jwk\":{\"kty\":\"oct\",\"k\":\""  \
    MINT_A1_K "\"}}"

static void
test_refuses_another_header(void **state)
{
    static const struct {
        const char  *header, *what;
    } rows[] = {
        { HEADER, NULL },
        { "{\"typ\":\"application/dpop+jwt\",\"alg\":\"EdDSA\",\"jwk\":%s}",
          NULL },
        { "{\"typ\":\"DPoP+JWT\",\"alg\":\"Ed25519\",\"jwk\":%s}", NULL },
        { WITH(",\"kid\":\"a\",\"x\":[1]"), NULL },
        { "{\"alg\":\"EdDSA\",\"jwk\":%s}", "has another \"typ\"" },
        { "{\"typ\":\"JWT\",\"alg\":\"EdDSA\",\"jwk\":%s}",
          "has another \"typ\"" },
        { "{\"typ\":\"healthcode+jwt\",\"alg\":\"EdDSA\",\"jwk\":%s}",
          "has another \"typ\"" },
        { "{\"typ\":\"dpop+jwt \",\"alg\":\"EdDSA\",\"jwk\":%s}",
          "has another \"typ\"" },
        { "{\"typ\":[\"dpop+jwt\"],\"alg\":\"EdDSA\",\"jwk\":%s}",
          "has a header without" },
        { "{\"typ\":\"dpop+jwt\",\"jwk\":%s}", "has a header without" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"none\",\"jwk\":%s}",
          "is signed with an algorithm" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"None\",\"jwk\":%s}",
          "is signed with an algorithm" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"\",\"jwk\":%s}",
          "is signed with an algorithm" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"HS256\",\"jwk\":%s}",
          "is signed with an algorithm" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"HS512\",\"jwk\":%s}",
          "is signed with an algorithm" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256K\",\"jwk\":%s}",
          "is signed with an algorithm" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"eddsa\",\"jwk\":%s}",
          "is signed with an algorithm" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%s}",
          "has a \"jwk\" that is not" },
        { WITH(",\"crit\":[\"b64\"]"), "asks for an extension" },
        { WITH(",\"zip\":\"DEF\""), "asks for an extension" },
        { WITH(",\"b64\":false"), "asks for an extension" },
        { WITH(",\"jwk\":null"), "has a header that is not a strict JSON" },
        { WITH(",\"alg\":\"EdDSA\""), "has a header that is not a strict" },
        { "[%s]", "has a header that is not a strict JSON" },
    };
    char  header[1024], claims[1024];

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(is(fault(proof(rows[i].header, CLAIMS), &usual, "a1"),
                    rows[i].what), i, rows[i].header);
    }

    /* with a shared secret that it brings itself */

    snprintf(header, sizeof(header), SHARED, "HS256");
    snprintf(claims, sizeof(claims), CLAIMS, ath);
    mint_hs256(header, claims, "secret", 6, made);
    assert_true(is(fault(made, &usual, ""), "is signed with an algorithm"));
    (void) state;
}


/* %s is the x of the key. */
static void
test_refuses_another_jwk(void **state)
{
    static const struct {
        const char  *jwk, *what;
    } rows[] = {
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"}", NULL },
        { "{\"x\":\"%s\",\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"kid\":\"a\","
          "\"use\":\"sig\",\"key_ops\":[\"verify\"],\"alg\":\"EdDSA\"}", NULL },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\",\"d\":null}",
          NULL },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\","
          "\"d\":\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"}",
          "has a private key" },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\",\"d\":\"\"}",
          "has a private key" },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\",\"d\":1}",
          "has a private key" },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\",\"p\":\"AQ\"}",
          "has a private key" },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\",\"of\":"
          "{\"kty\":\"EC\",\"d\":\"AQ\"}}", "has a private key" },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\",\"of\":"
          "\"-----BEGIN PRIVATE KEY-----\"}", "has a private key" },
        { "null", "has a \"jwk\" that is not" },
        { "\"%s\"", "has a \"jwk\" that is not" },
        { "[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"}]",
          "has a \"jwk\" that is not" },
        { "{\"crv\":\"Ed25519\",\"x\":\"%s\"}", "has a \"jwk\" that is not" },
        { "{\"kty\":null,\"crv\":\"Ed25519\",\"x\":\"%s\"}",
          "has a \"jwk\" that is not" },
        { "{\"kty\":\"EC\",\"crv\":\"Ed25519\",\"x\":\"%s\"}",
          "has a \"jwk\" that is not" },
        { "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"%s\"}",
          "has a \"jwk\" that is not" },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\",\"use\":\"enc\"}",
          "has a \"jwk\" that is not" },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\","
          "\"alg\":\"ES256\"}", "has a \"jwk\" that is not" },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA%s\"}",
          "has a \"jwk\" that is not" },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"y\":\"%s\"}",
          "has a \"jwk\" that is not" },
        { "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"}]}",
          "has a \"jwk\" that is not" },
        { "{\"kty\":\"OKP\",\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
          "\"x\":\"%s\"}]}", "has a \"jwk\" that is not" },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\",\"x5c\":[]}",
          "has a \"jwk\" that is not" },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\",\"kid\":1}",
          "has a \"jwk\" that is not" },
    };
    char  header[1024], text[512], x[64];

    sscanf(strstr(jwk, "\"x\":\""), "\"x\":\"%63[^\"]", x);

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(text, sizeof(text), rows[i].jwk, x);
        snprintf(header, sizeof(header), "{\"typ\":\"dpop+jwt\","
                 "\"alg\":\"EdDSA\",\"jwk\":%s}", text);
        test_row(is(fault(proof(header, CLAIMS), &usual, "a1"), rows[i].what),
                 i, rows[i].jwk);
    }

    assert_true(is(fault(proof("{\"typ\":\"dpop+jwt\",\"alg\":\"EdDSA\"}",
                               CLAIMS), &usual, ""), "has no \"jwk\""));
    (void) state;
}


#define SAYS(jti, htm, htu, iat, ath)                                         \
    "{\"jti\":" jti ",\"htm\":" htm ",\"htu\":" htu ",\"iat\":" iat           \
    ",\"ath\":" ath "}"
#define HTU  "\"https://hall.example/gate/7\""
#define A    "\"%s\""

static void
test_refuses_other_claims(void **state)
{
    static const struct {
        const char  *claims, *what;
    } rows[] = {
        { SAYS("\"a1\"", "\"GET\"", HTU, "1700000000", A), NULL },
        { "{\"nonce\":\"n\",\"exp\":1,\"nbf\":9999999999,\"jti\":\"a1\","
          "\"htm\":\"GET\",\"htu\":" HTU ",\"iat\":1700000000,\"ath\":" A "}",
          NULL },

        { SAYS("\"\"", "\"GET\"", HTU, "1700000000", A), "has no \"jti\"" },
        { SAYS("null", "\"GET\"", HTU, "1700000000", A), "has no \"jti\"" },
        { SAYS("1", "\"GET\"", HTU, "1700000000", A), "has no \"jti\"" },
        { SAYS("[\"a1\"]", "\"GET\"", HTU, "1700000000", A),
          "has no \"jti\"" },
        { "{\"htm\":\"GET\",\"htu\":" HTU ",\"iat\":1700000000,\"ath\":" A "}",
          "has no \"jti\"" },
        { SAYS("\"a1\",\"jti\":\"a2\"", "\"GET\"", HTU, "1700000000", A),
          "has a payload that is not" },
        { SAYS("\"a\\u0000\"", "\"GET\"", HTU, "1700000000", A),
          "has a payload that is not" },

        { SAYS("\"a1\"", "\"get\"", HTU, "1700000000", A), "has an \"htm\"" },
        { SAYS("\"a1\"", "\"POST\"", HTU, "1700000000", A), "has an \"htm\"" },
        { SAYS("\"a1\"", "\"HEAD\"", HTU, "1700000000", A), "has an \"htm\"" },
        { SAYS("\"a1\"", "\"\"", HTU, "1700000000", A), "has an \"htm\"" },
        { SAYS("\"a1\"", "\"GET \"", HTU, "1700000000", A), "has an \"htm\"" },
        { SAYS("\"a1\"", "[\"GET\"]", HTU, "1700000000", A),
          "has an \"htm\"" },
        { "{\"jti\":\"a1\",\"htu\":" HTU ",\"iat\":1700000000,\"ath\":" A "}",
          "has an \"htm\"" },

        { SAYS("\"a1\"", "\"GET\"", "[" HTU "]", "1700000000", A),
          "has an \"htu\"" },
        { "{\"jti\":\"a1\",\"htm\":\"GET\",\"iat\":1700000000,\"ath\":" A "}",
          "has an \"htu\"" },

        { SAYS("\"a1\"", "\"GET\"", HTU, "1700000000.0", A), NULL },
        { SAYS("\"a1\"", "\"GET\"", HTU, "1700000000.5", A),
          "has no \"iat\"" },
        { SAYS("\"a1\"", "\"GET\"", HTU, "\"1700000000\"", A),
          "has no \"iat\"" },
        { SAYS("\"a1\"", "\"GET\"", HTU, "null", A), "has no \"iat\"" },
        { SAYS("\"a1\"", "\"GET\"", HTU, "-1", A), "has no \"iat\"" },
        { SAYS("\"a1\"", "\"GET\"", HTU, "9223372036854775807", A),
          "has no \"iat\"" },
        { SAYS("\"a1\"", "\"GET\"", HTU, "1e400", A),
          "has a payload that is not" },
        { "{\"jti\":\"a1\",\"htm\":\"GET\",\"htu\":" HTU ",\"ath\":" A "}",
          "has no \"iat\"" },
        { SAYS("\"a1\"", "\"GET\"", HTU, "1699999940", A), NULL },
        { SAYS("\"a1\"", "\"GET\"", HTU, "1700000060", A), NULL },
        { SAYS("\"a1\"", "\"GET\"", HTU, "1699999939", A),
          "has an \"iat\" that is too long ago" },
        { SAYS("\"a1\"", "\"GET\"", HTU, "1700000061", A),
          "has an \"iat\" that lies ahead" },
        { SAYS("\"a1\"", "\"GET\"", HTU, "0", A),
          "has an \"iat\" that is too long ago" },
        { SAYS("\"a1\"", "\"GET\"", HTU, "253402300799", A),
          "has an \"iat\" that lies ahead" },

        { "{\"jti\":\"a1\",\"htm\":\"GET\",\"htu\":" HTU
          ",\"iat\":1700000000}", "has an \"ath\"" },
        { SAYS("\"a1\"", "\"GET\"", HTU, "1700000000", "\"\""),
          "has an \"ath\"" },
        { SAYS("\"a1\"", "\"GET\"", HTU, "1700000000", "null"),
          "has an \"ath\"" },
        { SAYS("\"a1\"", "\"GET\"", HTU, "1700000000", "\"%s=\""),
          "has an \"ath\"" },
        { SAYS("\"a1\"", "\"GET\"", HTU, "1700000000", "[" A "]"),
          "has an \"ath\"" },
        { SAYS("\"a1\"", "\"GET\"", HTU, "1700000000",
               "\"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo\""),
          "has an \"ath\"" },

        { "[%s]", "has a payload that is not" },
        { "", "has a payload that is not" },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(is(fault(proof(HEADER, rows[i].claims), &usual, "a1"),
                    rows[i].what), i, rows[i].claims);
    }

    (void) state;
}


static void
test_compares_the_uri_as_the_rfc_says(void **state)
{
    static const struct {
        const char  *htu, *origin, *path;
        bool         is;
    } rows[] = {
        { "https://hall.example/gate/7", ORIGIN, PATH, true },
        { "HTTPS://HALL.example:443/gate/7", ORIGIN, PATH, true },
        { "https://hall.example/gate/7?a=1#b", ORIGIN, PATH, true },
        { "https://hall.example/gate/%37", ORIGIN, PATH, true },
        { "https://hall.example/x/../gate/./7", ORIGIN, PATH, true },
        { "https://hall.example", ORIGIN, "/", true },
        { "https://hall.example/", ORIGIN, "/", true },
        { "https://hall.example?a", ORIGIN, "", true },
        { "https://hall.example/a%2fb", ORIGIN, "/a%2Fb", true },
        { "https://hall.example/", ORIGIN, "/a/..", true },
        { "http://127.0.0.1:8080/gate/7", "http://127.0.0.1:8080", PATH, true },

        { "https://hall.example/gate/8", ORIGIN, PATH, false },
        { "https://hall.example/Gate/7", ORIGIN, PATH, false },
        { "https://hall.example/gate/7/", ORIGIN, PATH, false },
        { "https://hall.example/gate", ORIGIN, PATH, false },
        { "https://hall.example//gate/7", ORIGIN, PATH, false },
        { "https://hall.example/gate%2f7", ORIGIN, PATH, false },
        { "https://hall.example/a/b", ORIGIN, "/a%2fb", false },
        { "https://hall.example", ORIGIN, PATH, false },
        { "http://hall.example/gate/7", ORIGIN, PATH, false },
        { "https://hall.example:8443/gate/7", ORIGIN, PATH, false },
        { "https://hall.example.evil.example/gate/7", ORIGIN, PATH, false },
        { "https://hall.example@evil.example/gate/7", ORIGIN, PATH, false },
        { "https://evil.example/gate/7", ORIGIN, PATH, false },
        { "https://hall.exampl", ORIGIN, "e", false },
        { "https://hall.example/", ORIGIN, "*", false },
        { "*", ORIGIN, "*", false },
        { "/gate/7", ORIGIN, PATH, false },
        { "gate/7", ORIGIN, PATH, false },
        { "", ORIGIN, PATH, false },
        { " https://hall.example/gate/7", ORIGIN, PATH, false },
        { "https://hall.example/gate/7 ", ORIGIN, PATH, false },
        { "https://hall.example/gate/7", "", PATH, false },
    };
    char                        claims[1024];
    healthcode_dpop_request_t   r = usual;
    static char                 path[HEALTHCODE_DPOP_PATH + 8];

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(claims, sizeof(claims), "{\"jti\":\"a1\",\"htm\":\"GET\","
                 "\"htu\":\"%s\",\"iat\":1700000000,\"ath\":\"%%s\"}",
                 rows[i].htu);

        for (char *p = strstr(claims, "%2"); p; p = strstr(p + 2, "%2")) {
            memmove(p + 1, p, strlen(p) + 1);      /* for the next printf */
        }

        for (char *p = strstr(claims, "%3"); p; p = strstr(p + 2, "%3")) {
            memmove(p + 1, p, strlen(p) + 1);
        }

        r.origin = healthcode_str_from(rows[i].origin, strlen(rows[i].origin));
        r.path = guard_text(1, rows[i].path);
        test_row(is(fault(proof(HEADER, claims), &r, "a1"), rows[i].is
                    ? NULL : "has an \"htu\""), i, rows[i].htu);
    }

    /* as long as it may be, and one byte longer */

    for (size_t i = 0; i < sizeof(path); i++) {
        path[i] = (i % 2) ? '.' : '/';
    }

    snprintf(claims, sizeof(claims), "%s", "{\"jti\":\"a1\",\"htm\":\"GET\","
             "\"htu\":\"https://hall.example/\",\"iat\":1700000000,"
             "\"ath\":\"%s\"}");
    r = usual;
    r.path = guard(1, path, HEALTHCODE_DPOP_PATH);
    assert_null(fault(proof(HEADER, claims), &r, "a1"));

    r.path = guard(1, path, HEALTHCODE_DPOP_PATH + 2);
    assert_true(is(fault(made, &r, ""), "has an \"htu\""));
    (void) state;
}


static void
test_is_for_one_code_and_one_key(void **state)
{
    size_t                      n;
    healthcode_dpop_request_t   r = usual;
    static const char           other[] = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV"
                                          "3uiguA4I";

    assert_null(fault(proof(HEADER, CLAIMS), &r, "a1"));

    r.code = healthcode_str(CODE "x");
    assert_true(is(fault(made, &r, ""), "has an \"ath\""));
    r.code = healthcode_str("");
    assert_true(is(fault(made, &r, ""), "has an \"ath\""));

    r = usual;
    r.jkt = healthcode_str_from(other, sizeof(other) - 1);
    assert_true(is(fault(made, &r, ""), "is signed with another key"));
    r.jkt = healthcode_str("");
    assert_true(is(fault(made, &r, ""), "is signed with another key"));
    r.jkt = healthcode_str_from(jkt, 42);
    assert_true(is(fault(made, &r, ""), "is signed with another key"));

    /* another key has signed what this one should have */

    n = strlen(made);
    mint_eddsa("{}", "{}", 2, made + n + 1);
    strcpy(strrchr(made, '.') + 1, strrchr(made + n + 1, '.') + 1);
    assert_true(is(fault(made, &usual, ""), "has a signature that does not "
                   "hold"));

    /* no signature at all */
    strrchr(made, '.')[1] = '\0';
    assert_true(is(fault(made, &usual, ""), "has a signature that does not "
                   "hold"));
    (void) state;
}


/* A key that costs too much computes nothing. */
static void
test_bounds_what_a_proof_costs(void **state)
{
    char                            c[1024], of[64];
    EVP_PKEY                       *key;
    healthcode_dpop_request_t       r = usual;
    const healthcode_algorithm_t   *row = mint_row("RS256");
    static char                     text[4096], h[8192];
    static const struct {
        size_t       bits;
        const char  *what;
    } rows[] = {
        { 2047, "has a \"jwk\" that is not" },
        { 2048, "has a signature that does not hold" },
        { 4096, "has a signature that does not hold" },
        { 4097, "is signed with an RSA key of more than 4096 bits" },
        { 8192, "is signed with an RSA key of more than 4096 bits" },
        { 8200, "has a \"jwk\" that is not" },
    };

    snprintf(c, sizeof(c), CLAIMS, ath);

    for (size_t i = 0; i < test_count(rows); i++) {
        key = mint_rsa_ones(rows[i].bits, false, "010001");
        mint_jwk(key, row, "", text, sizeof(text));
        thumbprint(text, of);
        r.jkt = healthcode_str_from(of, strlen(of));
        snprintf(h, sizeof(h), "{\"typ\":\"dpop+jwt\",\"alg\":\"RS256\","
                 "\"jwk\":%s}", text);
        mint_text(h, c, made);
        strcat(made, ".AAAA");
        test_row(is(fault(made, &r, ""), rows[i].what), rows[i].bits, h);
        EVP_PKEY_free(key);
    }

    /* of 4096 bytes, and of more */

    memset(text, 'a', sizeof(text));

    for (size_t more = 2700; more < 3000; more++) {
        snprintf(h, sizeof(h), "{\"typ\":\"dpop+jwt\",\"alg\":\"EdDSA\","
                 "\"a\":\"%.*s\",\"jwk\":%s}", (int) more, text, jwk);
        snprintf(c, sizeof(c), CLAIMS, ath);
        mint_eddsa(h, c, 1, made);
        test_row(is(fault(made, &usual, "a1"), strlen(made) > 4096
                    ? "is longer than 4096 bytes" : NULL), more, "bytes");
    }

    (void) state;
}


static void
test_refuses_what_is_no_proof(void **state)
{
    static const struct {
        const char  *text, *what;
    } rows[] = {
        { "", "has no dot" }, { "a", "has no dot" }, { "a.b", "has one dot" },
        { "a.b.c.d.e", "has five parts" }, { "a.b.c.d", "does not have three" },
        { "..", "has a header that is not" },
        { "e30.e30.", "has a header without" },
        { "e30=.e30.", "is not strict base64url" },
        { RFC_RESOURCE_PROOF "=", "is not strict base64url" },
        { RFC_RESOURCE_PROOF "," RFC_RESOURCE_PROOF, "has five parts" },
        { " " RFC_RESOURCE_PROOF, "is not strict base64url" },
        { RFC_RESOURCE_PROOF " ", "is not strict base64url" },
        { "null", "has no dot" },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(is(fault(rows[i].text, &usual, ""), rows[i].what), i,
                 rows[i].text);
    }

    (void) state;
}


/* The first digits of what openssl dgst -sha256 -hmac says. */
static void
test_marks_a_key_and_a_jti(void **state)
{
    char                  hex[HEALTHCODE_HOLDER_HEX + 1] = "";
    uint8_t               of[5][HEALTHCODE_HOLDER_LEN];
    healthcode_str_t      rfc = healthcode_str(RFC_JKT);
    healthcode_str_t      a = healthcode_str("a1"), b = healthcode_str("a2");
    healthcode_pepper_t  *pepper;

    pepper = healthcode_pepper_create(guard_text(0, "a pepper for this "
                                                 "example"));
    assert_non_null(pepper);

    assert_true(healthcode_dpop_mark(pepper, rfc, a, of[0]));
    healthcode_holder_format(of[0], hex);
    assert_string_equal(hex, "ac4e1705478dc78343a471f3cf5e2dca");

    assert_true(healthcode_dpop_mark(pepper, rfc, b, of[1]));
    assert_true(healthcode_dpop_mark(pepper, usual.jkt, a, of[2]));
    assert_true(healthcode_revocation_text(pepper, a, of[3]));
    assert_true(healthcode_revocation_jti(pepper, rfc, a, of[4]));

    for (size_t i = 0; i < 5; i++) {
        for (size_t k = 0; k < i; k++) {
            test_row(memcmp(of[i], of[k], sizeof(of[i])) != 0, i, "alike");
        }
    }

    healthcode_pepper_free(pepper);
    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_takes_the_proof_of_the_rfc),
        cmocka_unit_test(test_takes_a_proof_of_each_algorithm),
        cmocka_unit_test(test_refuses_another_header),
        cmocka_unit_test(test_refuses_another_jwk),
        cmocka_unit_test(test_refuses_other_claims),
        cmocka_unit_test(test_compares_the_uri_as_the_rfc_says),
        cmocka_unit_test(test_is_for_one_code_and_one_key),
        cmocka_unit_test(test_bounds_what_a_proof_costs),
        cmocka_unit_test(test_refuses_what_is_no_proof),
        cmocka_unit_test(test_marks_a_key_and_a_jti),
    };

    return cmocka_run_group_tests_name("dpop", tests, set_up, tear_down);
}
