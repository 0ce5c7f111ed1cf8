/*
 * Tests of healthcode_issuer.c: whole codes against an issuer and its keys;
 * confusion of algorithms, keys and types; from when to when it counts.
 * docs/token-format.md, "Issuers and keys".
 */

#include "test.h"
#include "mint.h"

#include <malloc.h>
#include <openssl/evp.h>

#include "../../ngx_http_healthcode_module/core/healthcode_base64url.h"
#include "../../ngx_http_healthcode_module/core/healthcode_issuer.h"


#define PAYLOAD  "{\"iss\":\"a\"}"
#define LONG_ISS "https://health.issuer.example/of/a/name/as/long"
#define LONG_PAYLOAD  "{\"iss\":\"" LONG_ISS "\"}"
#define SECRET   "an HS256 secret of 32 bytes long"
#define SECRET_K "YW4gSFMyNTYgc2VjcmV0IG9mIDMyIGJ5dGVzIGxvbmc"


/* Bytes of a code's beginning that SHA-256 is kept of, or twice as many. */
#define KEPT  64

#ifdef OPENSSL_NO_DEPRECATED_3_0
#define LEARNS  0
#else
#define LEARNS  1
#endif


static healthcode_token_memory_t   memory;
static healthcode_str_t            types[] = {
    { (const uint8_t *) "healthcode+jwt", 14 }
};
static healthcode_keyring_t       *keyring;
static healthcode_issuer_t         issuer = {
    .types = types, .ntypes = 1
};


/* Gives the issuer these keys. */
static void
use(const char *keys, unsigned algorithms)
{
    char  error[256];

    healthcode_keyring_free(keyring);

    if (algorithms == ~0u) {
        algorithms = mint_algorithms("HS256 ES256 EdDSA");
    }

    issuer.rules.algorithms.bits = algorithms;
    keyring = healthcode_keyring_create(
                         healthcode_str_from(keys, strlen(keys)),
                         &issuer.rules, error, sizeof(error));

    if (keyring == NULL) {
        print_error("%s\n", error);
        fail();
    }
}


static int
tear_down(void **state)
{
    healthcode_keyring_free(keyring);
    keyring = NULL;
    issuer.type_any = false;
    issuer.type_none = false;
    issuer.types = types;
    issuer.ntypes = 1;
    issuer.iss = healthcode_str_from(NULL, 0);

    (void) state;

    return 0;
}


static healthcode_reason_e
verify(const char *code, const healthcode_key_t **signer)
{
    healthcode_token_t       token;
    healthcode_reason_e      reason;
    const healthcode_key_t  *before, *key;

    before = (const healthcode_key_t *) (const void *) &memory;
    key = before;

    reason = healthcode_token_parse(guard_text(0, code), &memory, &token);

    if (reason == HEALTHCODE_REASON_OK) {
        reason = healthcode_issuer_verify(&issuer, keyring, &token, &key);
        assert_true((reason == HEALTHCODE_REASON_OK) == (key != before));
    }

    if (signer && reason == HEALTHCODE_REASON_OK) {
        *signer = key;
    }

    return reason;
}


static unsigned
bit(const char *name)
{
    return healthcode_algorithm_bit(healthcode_algorithm_find(
                                        healthcode_str_from(name,
                                                            strlen(name))));
}


#define TYP  "\"typ\":\"healthcode+jwt\""

static void
test_refuses_algorithms_that_no_key_has(void **state)
{
    static const char  *const rows[] = {
        "none", "None", "NONE", "nOnE", "", "ES256", "HS256", "HS512", "eddsa",
        "ED25519", "RS256", "EdDSA ",
    };
    char  code[1024], header[128], jwk[256];

    mint_ed25519_jwk(1, "", jwk, sizeof(jwk));
    use(jwk, bit("EdDSA"));

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(header, sizeof(header), "{\"alg\":\"%s\"," TYP "}", rows[i]);

        /* signed well, signed with nothing, and with an empty secret */
        mint_eddsa(header, PAYLOAD, 1, code);
        test_row(verify(code, NULL) == HEALTHCODE_REASON_ALGORITHM, i, rows[i]);
        *(strrchr(code, '.') + 1) = '\0';
        test_row(verify(code, NULL) == HEALTHCODE_REASON_ALGORITHM, i, rows[i]);
        mint_hs256(header, PAYLOAD, "", 0, code);
        test_row(verify(code, NULL) == HEALTHCODE_REASON_ALGORITHM, i, rows[i]);
    }

    /* a key the issuer may not use */
    use("{\"keys\":[" MINT_A3_JWK ",{\"kty\":\"oct\",\"k\":\"" SECRET_K "\"}]}",
        bit("ES256"));
    mint_hs256("{\"alg\":\"HS256\"," TYP "}", PAYLOAD, SECRET, 32, code);
    assert_int_equal(verify(code, NULL), HEALTHCODE_REASON_ALGORITHM);

    (void) state;
}


/* RFC 8725 section 2.1: an asymmetric key's public bytes as an HMAC secret. */
static void
test_refuses_a_public_key_as_a_secret(void **state)
{
    static const char  *const pem =
        "-----BEGIN PUBLIC KEY-----\n"
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
        "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
        "-----END PUBLIC KEY-----\n";
    char     code[2048];
    uint8_t  point[80];
    size_t   i, n;

    struct {
        const void  *secret;
        size_t       len;
    } rows[] = {
        { pem, strlen(pem) }, { pem, strlen(pem) - 1 },
        { MINT_A3_JWK, strlen(MINT_A3_JWK) }, { point, 0 }, { point, 0 },
    };

    point[0] = 4;
    n = mint_decode(MINT_A3_X, point + 1);
    n += mint_decode(MINT_A3_Y, point + 1 + n);
    assert_int_equal(n, 64);
    rows[3].len = 65;
    rows[4].secret = point + 1;
    rows[4].len = 64;

    for (i = 0; i < test_count(rows); i++) {
        mint_hs256("{\"alg\":\"HS256\"," TYP "}", PAYLOAD, rows[i].secret,
                   rows[i].len, code);

        use(MINT_A3_JWK, ~0u);
        assert_int_equal(verify(code, NULL), HEALTHCODE_REASON_KEY);
        use(pem, ~0u);
        assert_int_equal(verify(code, NULL), HEALTHCODE_REASON_KEY);
        use(pem, bit("ES256"));
        assert_int_equal(verify(code, NULL), HEALTHCODE_REASON_ALGORITHM);

        /* even where the issuer has a secret too */
        use("{\"keys\":[" MINT_A3_JWK ",{\"kty\":\"oct\",\"k\":\"" SECRET_K
            "\"}]}", ~0u);
        assert_int_equal(verify(code, NULL), HEALTHCODE_REASON_SIGNATURE);
    }

    /* and one family's signature under another family's name */
    mint_hs256("{\"alg\":\"ES256\"," TYP "}", PAYLOAD, SECRET, 32, code);
    assert_int_equal(verify(code, NULL), HEALTHCODE_REASON_SIGNATURE);
    mint_eddsa("{\"alg\":\"ES256\"," TYP "}", PAYLOAD, 1, code);
    assert_int_equal(verify(code, NULL), HEALTHCODE_REASON_SIGNATURE);

    (void) state;
}


static void
test_refuses_keys_by_their_id(void **state)
{
    static const struct {
        const char  *header;
        uint8_t      seed;
        int          reason;
    } rows[] = {
        { "{\"alg\":\"EdDSA\",\"kid\":\"c\"," TYP "}", 1,
          HEALTHCODE_REASON_KEY },
        { "{\"alg\":\"EdDSA\",\"kid\":\"A\"," TYP "}", 1,
          HEALTHCODE_REASON_KEY },
        { "{\"alg\":\"EdDSA\",\"kid\":\"\"," TYP "}", 1,
          HEALTHCODE_REASON_KEY },
        { "{\"alg\":\"EdDSA\",\"kid\":\"a \"," TYP "}", 1,
          HEALTHCODE_REASON_KEY },
        { "{\"alg\":\"ES256\",\"kid\":\"a\"," TYP "}", 1,
          HEALTHCODE_REASON_KEY },
        { "{\"alg\":\"EdDSA\",\"kid\":\"b\"," TYP "}", 1,
          HEALTHCODE_REASON_SIGNATURE },
        { "{\"alg\":\"EdDSA\",\"kid\":\"a\"," TYP "}", 2,
          HEALTHCODE_REASON_SIGNATURE },
        { "{\"alg\":\"EdDSA\",\"kid\":\"a\"," TYP "}", 3,
          HEALTHCODE_REASON_SIGNATURE },
        { "{\"alg\":\"EdDSA\"," TYP "}", 3, HEALTHCODE_REASON_SIGNATURE },
        { "{\"alg\":\"EdDSA\",\"kid\":\"a\"," TYP "}", 1,
          HEALTHCODE_REASON_OK },
        { "{\"alg\":\"EdDSA\",\"kid\":\"b\"," TYP "}", 2,
          HEALTHCODE_REASON_OK },
        { "{\"alg\":\"EdDSA\"," TYP "}", 2, HEALTHCODE_REASON_OK },
    };
    char                     a[256], b[256], keys[1024], code[1024];
    const healthcode_key_t  *signer;

    mint_ed25519_jwk(1, "\"kid\":\"a\",", a, sizeof(a));
    mint_ed25519_jwk(2, "\"kid\":\"b\",", b, sizeof(b));
    snprintf(keys, sizeof(keys), "{\"keys\":[%s,%s,{\"kid\":\"z\",%s]}", a, b,
             MINT_A3_JWK + 1);
    use(keys, ~0u);

    for (size_t i = 0; i < test_count(rows); i++) {
        mint_eddsa(rows[i].header, PAYLOAD, rows[i].seed, code);
        test_row((int) verify(code, &signer) == rows[i].reason, i,
                 rows[i].header);

        if (rows[i].reason == HEALTHCODE_REASON_OK) {
            assert_int_equal(signer->kid.data[0], rows[i].seed == 1 ? 'a'
                                                                    : 'b');
        }
    }

    /* a key without a kid fits any */
    mint_ed25519_jwk(1, "", a, sizeof(a));
    use(a, ~0u);
    mint_eddsa("{\"alg\":\"EdDSA\",\"kid\":\"any\"," TYP "}", PAYLOAD, 1, code);
    assert_int_equal(verify(code, NULL), HEALTHCODE_REASON_OK);
    mint_eddsa("{\"alg\":\"EdDSA\",\"kid\":\"any\"," TYP "}", PAYLOAD, 2, code);
    assert_int_equal(verify(code, NULL), HEALTHCODE_REASON_SIGNATURE);

    (void) state;
}


/* Keys of the seeds 1 to n; with is 1 where they have ids. */
static void
use_many(unsigned n, bool with)
{
    char    keys[8192], jwk[256], members[64];
    size_t  len = (size_t) snprintf(keys, sizeof(keys), "{\"keys\":[");

    for (unsigned i = 1; i <= n; i++) {
        snprintf(members, sizeof(members), "\"kid\":\"k%u\",", i);
        mint_ed25519_jwk((uint8_t) i, with ? members : "", jwk, sizeof(jwk));

        /* keys of another algorithm between them do not count */
        len += (size_t) snprintf(keys + len, sizeof(keys) - len,
                                 "%s%s,{\"kty\":\"oct\",\"k\":\"" SECRET_K
                                 "\"}", i > 1 ? "," : "", jwk);
    }

    snprintf(keys + len, sizeof(keys) - len, "]}");
    use(keys, ~0u);
}


static void
test_tries_eight_keys_and_not_the_ninth(void **state)
{
    char  code[1024], header[128];

    use_many(12, true);

    for (uint8_t seed = 1; seed <= 13; seed++) {
        mint_eddsa("{\"alg\":\"EdDSA\"," TYP "}", PAYLOAD, seed, code);
        test_row(verify(code, NULL) == (seed <= 8
                                        ? HEALTHCODE_REASON_OK
                                        : HEALTHCODE_REASON_SIGNATURE), seed,
                 "seed, no kid");

        snprintf(header, sizeof(header), "{\"alg\":\"EdDSA\",\"kid\":\"k%u\","
                 TYP "}", seed);
        mint_eddsa(header, PAYLOAD, seed, code);
        test_row(verify(code, NULL) == (seed <= 12
                                        ? HEALTHCODE_REASON_OK
                                        : HEALTHCODE_REASON_KEY), seed,
                 "seed, with kid");
    }

    use_many(12, false);

    for (uint8_t seed = 1; seed <= 12; seed++) {
        mint_eddsa("{\"alg\":\"EdDSA\",\"kid\":\"x\"," TYP "}", PAYLOAD, seed,
                   code);
        test_row(verify(code, NULL) == (seed <= 8
                                        ? HEALTHCODE_REASON_OK
                                        : HEALTHCODE_REASON_SIGNATURE), seed,
                 "seed, keys without kid");
    }

    (void) state;
}


static void
test_refuses_the_key_of_another_issuer(void **state)
{
    char  jwk[256], code[1024];

    mint_ed25519_jwk(1, "\"kid\":\"same\",", jwk, sizeof(jwk));
    use(jwk, ~0u);

    mint_eddsa("{\"alg\":\"EdDSA\",\"kid\":\"same\"," TYP "}", PAYLOAD, 2,
               code);
    assert_int_equal(verify(code, NULL), HEALTHCODE_REASON_SIGNATURE);

    /* nor does a code bring its own */
    mint_ed25519_jwk(2, "", jwk, sizeof(jwk));
    {
        char  header[512];

        snprintf(header, sizeof(header), "{\"alg\":\"EdDSA\"," TYP ",\"jwk\":"
                 "%s,\"jku\":\"https://issuer.example/keys\"}", jwk);
        mint_eddsa(header, PAYLOAD, 2, code);
    }
    assert_int_equal(verify(code, NULL), HEALTHCODE_REASON_SIGNATURE);

    (void) state;
}


static void
test_refuses_other_types(void **state)
{
    enum { OK = HEALTHCODE_REASON_OK, NO = HEALTHCODE_REASON_TYPE };

    static healthcode_str_t  both[] = {
        { (const uint8_t *) "healthcode+jwt", 14 },
        { (const uint8_t *) "JWT", 3 }
    };

    static const struct {
        const char  *member;
        int          usual, none, two, two_none, none_only, any;
    } rows[] = {
        { "",                                  NO, OK, NO, OK, OK, OK },
        { ",\"typ\":\"\"",                     NO, NO, NO, NO, NO, OK },
        { ",\"typ\":\"at+jwt\"",               NO, NO, NO, NO, NO, OK },
        { ",\"typ\":\"JWT\"",                  NO, NO, OK, OK, NO, OK },
        { ",\"typ\":\"application/jwt\"",      NO, NO, OK, OK, NO, OK },
        { ",\"typ\":\"none\"",                 NO, NO, NO, NO, NO, OK },
        { ",\"typ\":\"any\"",                  NO, NO, NO, NO, NO, OK },
        { ",\"typ\":\"healthcode+jwt\"",       OK, OK, OK, OK, NO, OK },
        { ",\"typ\":\"HealthCode+JWT\"",       OK, OK, OK, OK, NO, OK },
        { ",\"typ\":\"application/healthcode+jwt\"", OK, OK, OK, OK, NO, OK },
    };
    char  header[256], code[1024], jwk[256];

    mint_ed25519_jwk(1, "", jwk, sizeof(jwk));
    use(jwk, ~0u);

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(header, sizeof(header), "{\"alg\":\"EdDSA\"%s}",
                 rows[i].member);
        mint_eddsa(header, PAYLOAD, 1, code);

        issuer.types = both;
        issuer.ntypes = 1;
        issuer.type_none = issuer.type_any = false;
        test_row((int) verify(code, NULL) == rows[i].usual, i, header);
        issuer.type_none = true;
        test_row((int) verify(code, NULL) == rows[i].none, i, header);
        issuer.type_none = false;
        issuer.ntypes = 2;
        test_row((int) verify(code, NULL) == rows[i].two, i, header);
        issuer.type_none = true;
        test_row((int) verify(code, NULL) == rows[i].two_none, i, header);
        issuer.ntypes = 0;
        test_row((int) verify(code, NULL) == rows[i].none_only, i, header);
        issuer.type_none = false;
        issuer.type_any = true;
        test_row((int) verify(code, NULL) == rows[i].any, i, header);
    }

    (void) state;
}


/* How many bytes of a code with so long a header are kept, for issuer. */
static size_t
learnt(size_t header, const char *payload, const char *iss)
{
    char                  text[500];
    size_t                n, kept = 0;
    healthcode_key_t      key = { 0 };
    healthcode_token_t    token = { .plain = true };
    healthcode_digest_t  *fresh = healthcode_digest_create();

    assert_non_null(fresh);

    for (n = 0; n < header; n++) {
        text[n] = (char) ('A' + n % 61 % 26);
    }

    text[n++] = '.';
    token.payload = guard_text(0, payload);
    n += healthcode_base64url_encode(token.payload, text + n);
    token.signed_text = guard(1, text, n);

    issuer.iss = guard_text(2, iss);
    healthcode_issuer_learn(&issuer, &key, &token, fresh);

    while (kept < n && memmem(fresh, malloc_usable_size(fresh), text, kept + 1))
    {
        kept++;
    }

    healthcode_digest_free(fresh);

    /* a letter is found by chance */
    return (kept < 8) ? 0 : kept;
}


/*
 * Header and issuer of a code stay in memory if the code begins with them, and
 * nothing of their neighbours does.
 */
static void
test_says_what_is_nearly_its_name(void **state)
{
    healthcode_issuer_t  near = {
        .iss = healthcode_str("https://a.example/b")
    };

    static const struct {
        const char  *iss;
        const char  *what;    /* NULL: it is another name */
    } rows[] = {
        { "https://a.example/b/", "a slash at its end" },
        { "https://a.example/b//", "a slash at its end" },
        { "https://A.example/b", "capital letters" },
        { "HTTPS://a.example/b/", "capital letters" },
        { "http://a.example/b", "http, https or neither" },
        { "a.example/b/", "http, https or neither" },
        { "https://a.example", NULL }, { "https://a.example/bc", NULL },
        { "https://b.example/b", NULL }, { "ftp://a.example/b", NULL },
        { "https://", NULL }, { "/", NULL }, { "", NULL }, { "b", NULL },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        size_t       len = strlen(rows[i].iss);
        const char  *what = healthcode_issuer_near(&near,
                                                   guard(0, rows[i].iss, len));

        test_row(rows[i].what ? what && strstr(what, rows[i].what)
                              : what == NULL, i, rows[i].iss);
    }

    near.iss = healthcode_str("b/");
    assert_non_null(healthcode_issuer_near(&near, healthcode_str("b")));

    (void) state;
}


static void
test_learns_nobodys_name(void **state)
{
    static const char  iss[] = "https://health.issuer.test/of/a/longer/name";
    static const char  other[] = "https://health.issuer.test/of/another/names";
    static const struct {
        bool         says;
        const char  *before, *after;    /* the issuer */
    } rows[] = {
        { true, "{\"iss\":\"", "\",\"sub\":\"person\"}" },
        { true, "{\"iss\":\"", "\"}" },
        { false, "{\"iss\":\"", "" },
        { false, "{\"iss\":\"", "/person\",\"sub\":\"person\"}" },
        { false, "{\"sub\":\"person\",\"iss\":\"", "\"}" },
        { false, "{ \"iss\":\"", "\",\"sub\":\"person\"}" },
        { false, "{\"isu\":\"", "\",\"sub\":\"person\"}" },
    };
    char      payload[200];
    size_t    common, kept;
    uint64_t  n;

    for (size_t i = 0; i < test_count(rows); i++) {

        snprintf(payload, sizeof(payload), "%s%s%s", rows[i].before, iss,
                 rows[i].after);

        /* a header that leaves the first bytes to others, or does not */
        for (size_t header = 1; header < 2 * KEPT; header++) {

            /* a character says six bits */
            common = header + 1
                     + (strlen("{\"iss\":\"\"") + strlen(iss)) * 8 / 6;
            n = common / KEPT < 2 ? common / KEPT : 2;
            kept = learnt(header, payload, iss);

            test_row(kept == (LEARNS && rows[i].says ? n * KEPT : 0),
                     header, payload);
            test_row(learnt(header, payload, other) == 0, header, payload);
        }
    }

    (void) state;
}


/* Nor of a header that says more than all of its key. */
static void
test_learns_a_usual_header(void **state)
{
    static const struct {
        const char  *key;      /* its kid */
        const char  *header;   /* behind "alg" */
        bool         kept, any;    /* if the issuer takes any type */
    } rows[] = {
        { "\"kid\":\"a\",", ",\"kid\":\"a\"," TYP, true, false },
        { "\"kid\":\"a\",", ",\"kid\":\"a\"", true, true },
        { "\"kid\":\"a\",", "," TYP, true, false },
        { "\"kid\":\"a\",", "", true, true },
        { "", "," TYP, true, false },
        { "", "", true, true },
        { "", ",\"kid\":\"person\"", false, false },
        { "\"kid\":\"a\",", ",\"sub\":\"person\"", false, false },
        { "\"kid\":\"a\",", ",\"kid\":\"a\"," TYP ",\"sub\":\"person\"",
          false, false },
        { "", "," TYP ",\"sub\":\"person\"", false, false },
        { "", ",\"b64\":true", false, false },
    };
    char                     header[256], code[1024], jwk[256];
    bool                     is_kept;
    healthcode_digest_t     *fresh;
    healthcode_token_t       token;
    const healthcode_key_t  *signer;

    for (size_t i = 0; i < test_count(rows); i++) {
        mint_ed25519_jwk(1, rows[i].key, jwk, sizeof(jwk));
        use(jwk, ~0u);
        snprintf(header, sizeof(header), "{\"alg\":\"EdDSA\"%s}",
                 rows[i].header);
        mint_eddsa(header, LONG_PAYLOAD, 1, code);
        issuer.iss = healthcode_str(LONG_ISS);
        issuer.type_none = true;

        for (unsigned any = 0; any < 2; any++) {
            issuer.type_any = any;
            assert_int_equal(healthcode_token_parse(guard_text(0, code),
                                                    &memory, &token),
                             HEALTHCODE_REASON_OK);
            test_row(healthcode_issuer_verify(&issuer, keyring, &token, &signer)
                     == HEALTHCODE_REASON_OK, i, header);
            fresh = healthcode_digest_create();
            assert_non_null(fresh);
            healthcode_issuer_learn(&issuer, signer, &token, fresh);
            is_kept = memmem(fresh, malloc_usable_size(fresh), code, KEPT);
            healthcode_digest_free(fresh);

            test_row(is_kept == (LEARNS && (any ? rows[i].any : rows[i].kept)),
                     i, header);
        }
    }

    (void) state;
}


static void
test_refuses_a_code_cut_at_any_byte(void **state)
{
    char    code[1024], cut[1024], jwk[256];
    size_t  len;

    mint_ed25519_jwk(1, "", jwk, sizeof(jwk));
    use(jwk, ~0u);
    mint_eddsa("{\"alg\":\"EdDSA\"," TYP "}", PAYLOAD, 1, code);
    len = strlen(code);

    for (size_t n = 0; n < len; n++) {
        memcpy(cut, code, n);
        cut[n] = '\0';
        test_row(verify(cut, NULL) != HEALTHCODE_REASON_OK, n, code);
    }

    assert_int_equal(verify(code, NULL), HEALTHCODE_REASON_OK);

    /* nor with any other character in place of one, trailing bits included */
    for (size_t at = 0; at < len; at++) {
        strcpy(cut, code);
        cut[at] = (code[at] == 'A') ? 'B' : 'A';
        test_row(verify(cut, NULL) != HEALTHCODE_REASON_OK, at, code);
        cut[at] = (char) (code[at] + 1);
        test_row(verify(cut, NULL) != HEALTHCODE_REASON_OK, at, code);
        cut[at] = (char) (code[at] - 1);
        test_row(verify(cut, NULL) != HEALTHCODE_REASON_OK, at, code);
    }

    (void) state;
}


/* RFC 8725 section 3.1: what a key is called elsewhere changes nothing. */
static void
test_accepts_names_of_an_issuers_own_alone(void **state)
{
    static const struct {
        const char  *alg;
        size_t       naliases;
        int          reason;
    } rows[] = {
        { "Ed", 0, HEALTHCODE_REASON_ALGORITHM },
        { "ed", 1, HEALTHCODE_REASON_ALGORITHM },
        { "Ed ", 1, HEALTHCODE_REASON_ALGORITHM },
        { "E", 1, HEALTHCODE_REASON_ALGORITHM },
        { "none", 1, HEALTHCODE_REASON_ALGORITHM },
        { "X", 2, HEALTHCODE_REASON_ALGORITHM },
        { "HS256", 2, HEALTHCODE_REASON_ALGORITHM },
        { "Ed", 1, HEALTHCODE_REASON_OK },
        { "EdDSA", 1, HEALTHCODE_REASON_OK },
        { "Ed25519", 0, HEALTHCODE_REASON_OK },
    };
    char                          header[128], code[1024], jwk[256];
    healthcode_algorithm_alias_t  aliases[] = {
        { healthcode_str("Ed"), mint_row("EdDSA") },
        { healthcode_str("X"), mint_row("HS256") },
    };

    mint_ed25519_jwk(1, "", jwk, sizeof(jwk));
    use(jwk, ~0u);
    issuer.rules.algorithms.bits = bit("EdDSA");
    issuer.rules.algorithms.aliases = aliases;

    for (size_t i = 0; i < test_count(rows); i++) {
        issuer.rules.algorithms.naliases = rows[i].naliases;
        snprintf(header, sizeof(header), "{\"alg\":\"%s\"," TYP "}",
                 rows[i].alg);
        mint_eddsa(header, PAYLOAD, 1, code);
        test_row((int) verify(code, NULL) == rows[i].reason, i, rows[i].alg);
        mint_eddsa(header, PAYLOAD, 2, code);
        test_row(verify(code, NULL) != HEALTHCODE_REASON_OK, i, rows[i].alg);
    }

    issuer.rules.algorithms.naliases = 0;
    issuer.rules.algorithms.aliases = NULL;

    (void) state;
}


/* Two keys of one kid, as while an issuer changes one: either will do. */
static void
test_tries_all_keys_of_one_kid(void **state)
{
    char                     jwk[2][256], keys[1024], code[1024];
    const healthcode_key_t  *signer;

    for (int first = 1; first <= 2; first++) {
        mint_ed25519_jwk((uint8_t) first, "\"kid\":\"a\",", jwk[0],
                         sizeof(jwk[0]));
        mint_ed25519_jwk((uint8_t) (3 - first), "\"kid\":\"a\",", jwk[1],
                         sizeof(jwk[1]));
        snprintf(keys, sizeof(keys), "{\"keys\":[%s,%s]}", jwk[0], jwk[1]);
        use(keys, ~0u);

        for (uint8_t seed = 1; seed <= 3; seed++) {
            mint_eddsa("{\"alg\":\"EdDSA\",\"kid\":\"a\"," TYP "}", PAYLOAD,
                       seed, code);
            assert_int_equal(verify(code, &signer),
                             seed < 3 ? HEALTHCODE_REASON_OK
                                      : HEALTHCODE_REASON_SIGNATURE);

            if (seed < 3) {
                assert_ptr_equal(signer, healthcode_keyring_at(keyring,
                                                         seed != first));
            }
        }
    }

    (void) state;
}


/* An outage of the issuer's keys is not the holder's doing. */
static void
test_says_where_there_are_no_keys_yet(void **state)
{
    char  code[1024];

    use(MINT_8037_JWK, ~0u);
    healthcode_keyring_free(keyring);
    keyring = NULL;

    mint_eddsa("{\"alg\":\"EdDSA\"," TYP "}", PAYLOAD, 1, code);
    assert_int_equal(verify(code, NULL), HEALTHCODE_REASON_KEYS_UNAVAILABLE);

    /* what no key could change */
    mint_eddsa("{\"alg\":\"none\"," TYP "}", PAYLOAD, 1, code);
    assert_int_equal(verify(code, NULL), HEALTHCODE_REASON_ALGORITHM);
    mint_eddsa("{\"alg\":\"RS256\"," TYP "}", PAYLOAD, 1, code);
    assert_int_equal(verify(code, NULL), HEALTHCODE_REASON_ALGORITHM);
    mint_eddsa("{\"alg\":\"EdDSA\"}", PAYLOAD, 1, code);
    assert_int_equal(verify(code, NULL), HEALTHCODE_REASON_TYPE);

    (void) state;
}


static void
test_accepts_the_examples(void **state)
{
    static const struct {
        const char  *jwk, *code;
    } rows[] = {
        { MINT_A1_JWK, MINT_A1_TEXT "." MINT_A1_SIGNATURE },
        { MINT_A3_JWK, MINT_A3_TEXT "." MINT_A3_SIGNATURE },
        { MINT_8037_JWK, MINT_8037_TEXT "." MINT_8037_SIGNATURE },
        { MINT_A2_JWK, MINT_A2_TEXT "." MINT_A2_SIGNATURE },
        { MINT_A4_JWK, MINT_A4_TEXT "." MINT_A4_SIGNATURE },
    };

    issuer.type_any = true;

    for (size_t i = 0; i < test_count(rows); i++) {
        for (size_t j = 0; j < test_count(rows); j++) {
            use(rows[j].jwk, mint_algorithms("HS256 ES256 EdDSA RS256 ES512"));
            test_row(verify(rows[i].code, NULL)
                     == (i == j ? HEALTHCODE_REASON_OK
                                : HEALTHCODE_REASON_KEY), i, rows[j].jwk);
        }
    }

    (void) state;
}


/* Identities that were made, none of which may be another one. */
static struct {
    const char  *what;
    uint8_t      identity[HEALTHCODE_DIGEST_LEN];
} made[64];

static size_t                nmade;
static healthcode_digest_t  *digest;


static void
identity_of(const healthcode_issuer_t *of, const char *pepper, uint8_t *out)
{
    assert_true(healthcode_issuer_identity(of, keyring, guard_text(3, pepper),
                                           digest, out));
}


/* Makes one, twice; it is the same, and not one of those before. */
static void
make(const char *what, const healthcode_issuer_t *of, const char *pepper)
{
    uint8_t  *identity = guard_room(2, HEALTHCODE_DIGEST_LEN);

    assert_true(nmade < test_count(made));
    made[nmade].what = what;
    identity_of(of, pepper, made[nmade].identity);
    identity_of(of, pepper, identity);
    assert_memory_equal(identity, made[nmade].identity, HEALTHCODE_DIGEST_LEN);

    for (size_t i = 0; i < nmade; i++) {
        if (memcmp(identity, made[i].identity, HEALTHCODE_DIGEST_LEN) == 0) {
            print_error("%s is the same as %s\n", what, made[i].what);
            fail();
        }
    }

    nmade++;
}


#define CHECK  "39666bb05d87d8254e6b2233776bf348"

static healthcode_issuer_t
plain(void)
{
    healthcode_issuer_t  of = {
        .iss = healthcode_str("ab"), .subject_space = healthcode_str("cd"),
        .types = types, .ntypes = 1, .rules = {
            .algorithms = { .bits = bit("EdDSA") },
            .sm2_id = healthcode_str("id")
        }
    };

    return of;
}


/* Which verifies nothing, and must not be the same for two. */
static void
test_has_no_identity_without_keys(void **state)
{
    uint8_t              out[HEALTHCODE_DIGEST_LEN];
    healthcode_issuer_t  of = plain();

    digest = healthcode_digest_create();
    assert_non_null(digest);
    assert_false(healthcode_issuer_identity(&of, NULL, healthcode_str(CHECK),
                                            digest, out));
    healthcode_digest_free(digest);

    (void) state;
}


/* What changes which codes an issuer accepts, or whose they are. */
static void
test_is_another_one_by_each_of_its_names_and_rules(void **state)
{
    char                    pepper[] = CHECK;
    healthcode_issuer_t     of;
    const healthcode_str_t  words[] = { healthcode_str("a"),
                                        healthcode_str("b") };

    digest = healthcode_digest_create();
    nmade = 0;
    use(MINT_8037_JWK, ~0u);

    of = plain();
    make("a plain one", &of, CHECK);
    of.iss = guard_text(0, "aB");
    make("another iss", &of, CHECK);
    of.iss = guard_text(0, "ab ");
    make("a longer iss", &of, CHECK);
    of.iss = guard_text(0, "abc");
    of.subject_space = guard_text(1, "d");
    make("another border of iss and space", &of, CHECK);

    of = plain();
    of.subject_space = guard_text(0, "CD");
    make("another space", &of, CHECK);
    of.subject_space = guard_text(0, "");
    make("an empty space", &of, CHECK);
    of.subject_space = guard_text(0, "ab");
    of.iss = guard_text(1, "cd");
    make("iss and space in the other order", &of, CHECK);

    of = plain();
    pepper[31] = '9';
    make("another pepper", &of, pepper);
    pepper[31] = '8';
    pepper[0] = '4';
    make("one more pepper", &of, pepper);
    make("no pepper", &of, "");
    of.subject_space = guard_text(0, "cd3");
    make("another border of space and pepper", &of, CHECK + 1);

    of = plain();
    of.claims.subjects = words;
    of.claims.nsubjects = 1;
    make("a subject", &of, CHECK);
    of.claims.nsubjects = 2;
    make("two subjects", &of, CHECK);
    of.claims.subjects = words + 1;
    of.claims.nsubjects = 1;
    make("another subject", &of, CHECK);
    of.claims.subject_digits = true;
    make("a subject of digits", &of, CHECK);

    of = plain();
    of.claims.kind = guard_text(0, "a");
    make("a kind", &of, CHECK);
    of.claims.kind = guard_text(0, "b");
    make("another kind", &of, CHECK);

    of = plain();
    of.claims.status = guard_text(0, "a");
    make("a status", &of, CHECK);
    of.claims.normal = words;
    of.claims.nnormal = 1;
    make("a status that passes", &of, CHECK);
    of.claims.nnormal = 2;
    make("two that pass", &of, CHECK);
    of.claims.status = guard_text(0, "b");
    make("another status", &of, CHECK);
    of.claims.status = guard_text(0, "");
    make("an empty name of a status", &of, CHECK);

    of = plain();
    of.claims.regions = guard_text(0, "a");
    make("regions", &of, CHECK);
    of.claims.regions = guard_text(0, "b");
    make("other regions", &of, CHECK);

    of = plain();
    of.rules.sm2_id = guard_text(0, "ID");
    make("another signer of SM2", &of, CHECK);
    of.rules.sm2_id = healthcode_str_from(NULL, 0);
    make("the usual signer of SM2", &of, CHECK);
    of.rules.sm2_id = guard_text(0, "");
    make("the empty signer of SM2", &of, CHECK);

    of = plain();
    of.rules.algorithms.bits = 0;
    make("no algorithm", &of, CHECK);

    for (size_t i = 0; i < HEALTHCODE_ALGORITHM_COUNT; i++) {
        if (bit("EdDSA") != 1u << i) {
            of.rules.algorithms.bits = bit("EdDSA") | 1u << i;
            make(healthcode_algorithm_at(i)->name, &of, CHECK);
        }
    }

    of = plain();
    use("{\"keys\":[" MINT_8037_JWK "]}", ~0u);
    make("the same key in another text", &of, CHECK);
    use(MINT_A3_JWK, ~0u);
    make("another key", &of, CHECK);

    healthcode_digest_free(digest);

    (void) state;
}


static void
test_is_another_one_by_each_of_its_aliases(void **state)
{
    const healthcode_algorithm_t  *es = mint_row("ES256");
    const healthcode_algorithm_t  *ed = mint_row("EdDSA");
    healthcode_issuer_t            of = plain();

    const struct {
        const char                    *what;
        healthcode_algorithm_alias_t   aliases[3];
        size_t                         n;
    } rows[] = {
        { "none", { { { NULL, 0 }, NULL } }, 0 },
        { "one", { { healthcode_str("ab"), es } }, 1 },
        { "another name", { { healthcode_str("aB"), es } }, 1 },
        { "an empty name", { { healthcode_str(""), es } }, 1 },
        { "another target", { { healthcode_str("ab"), ed } }, 1 },
        { "another border", { { healthcode_str("abES"), es } }, 1 },
        { "twice", { { healthcode_str("ab"), es },
                     { healthcode_str("ab"), es } }, 2 },
        { "two", { { healthcode_str("ab"), es },
                   { healthcode_str("c"), es } }, 2 },
        { "in the other order", { { healthcode_str("c"), es },
                                  { healthcode_str("ab"), es } }, 2 },
        { "another border of two", { { healthcode_str("a"), es },
                                     { healthcode_str("bc"), es } }, 2 },
        { "one name for two", { { healthcode_str("ab"), es },
                                { healthcode_str("ab"), ed } }, 2 },
        { "for them in the other order", { { healthcode_str("ab"), ed },
                                           { healthcode_str("ab"), es } }, 2 },
        { "the first of three", { { healthcode_str("x"), es },
                                  { healthcode_str("ab"), es },
                                  { healthcode_str("c"), es } }, 3 },
    };

    digest = healthcode_digest_create();
    nmade = 0;
    use(MINT_8037_JWK, ~0u);

    for (size_t i = 0; i < test_count(rows); i++) {
        of.rules.algorithms.aliases = rows[i].aliases;
        of.rules.algorithms.naliases = rows[i].n;
        make(rows[i].what, &of, CHECK);
    }

    healthcode_digest_free(digest);

    (void) state;
}


static void
test_is_another_one_by_each_of_its_types(void **state)
{
    static const struct {
        const char  *what;
        const char  *types[3];
    } rows[] = {
        { "none", { NULL } }, { "one", { "ab" } }, { "an empty one", { "" } },
        { "another case", { "aB" } }, { "two", { "ab", "c" } },
        { "another border", { "a", "bc" } }, { "one of both", { "abc" } },
        { "in the other order", { "c", "ab" } },
        { "an empty one after two", { "ab", "c", "" } },
        { "an empty one before two", { "", "ab", "c" } },
        { "twice", { "ab", "ab" } },
    };
    healthcode_str_t     list[3];
    healthcode_issuer_t  of = plain();

    digest = healthcode_digest_create();
    nmade = 0;
    use(MINT_8037_JWK, ~0u);
    of.types = list;

    for (size_t i = 0; i < test_count(rows); i++) {
        for (of.ntypes = 0; of.ntypes < 3 && rows[i].types[of.ntypes];
             of.ntypes++)
        {
            list[of.ntypes] = guard_text((unsigned) of.ntypes,
                                         rows[i].types[of.ntypes]);
        }

        for (unsigned flags = 0; flags < 4; flags++) {
            of.type_any = flags & 1;
            of.type_none = flags & 2;
            make(rows[i].what, &of, CHECK);
        }
    }

    healthcode_digest_free(digest);

    (void) state;
}


/* Other rules are looked at each time; the address of a text does not count. */
static void
test_is_the_same_one_whatever_else_is_said_of_it(void **state)
{
    uint8_t              first[HEALTHCODE_DIGEST_LEN];
    uint8_t              other[HEALTHCODE_DIGEST_LEN];
    healthcode_str_t     type;
    healthcode_issuer_t  of = plain();

    digest = healthcode_digest_create();
    use(MINT_8037_JWK, ~0u);
    identity_of(&of, CHECK, first);

    of.name = healthcode_str("another");
    of.lifetime_max = 900;
    of.not_before = 1;
    of.sunset = 2;
    identity_of(&of, CHECK, other);
    assert_memory_equal(first, other, sizeof(first));

    type = guard_text(0, "healthcode+jwt");
    of.types = &type;
    of.iss = guard_text(1, "ab");
    of.subject_space = guard_text(2, "cd");
    identity_of(&of, CHECK, other);
    assert_memory_equal(first, other, sizeof(first));

    /* read again */
    use(MINT_8037_JWK, ~0u);
    healthcode_digest_free(digest);
    digest = healthcode_digest_create();
    identity_of(&of, CHECK, other);
    assert_memory_equal(first, other, sizeof(first));
    healthcode_digest_free(digest);

    (void) state;
}


#define test_of(f)  cmocka_unit_test_setup_teardown(f, NULL, tear_down)

#define SUNSET  1798761600   /* 2027-01-01 */
#define BEFORE  1796083200   /* 2026-12-01 */

static const healthcode_issuer_t  without = { .not_before = 0, .sunset = 0 };
static const healthcode_issuer_t  ending = { .sunset = SUNSET };
static const healthcode_issuer_t  coming = { .not_before = BEFORE };
static const healthcode_issuer_t  both = {
    .not_before = BEFORE, .sunset = SUNSET
};
static const healthcode_issuer_t  first = { .not_before = 1, .sunset = 2 };


static void
test_accepts_codes_from_not_before_to_the_sunset(void **state)
{
    static const struct {
        const healthcode_issuer_t  *issuer;
        int64_t                     now;
        healthcode_reason_e         reason;
    } rows[] = {
        { &ending, INT64_MAX, HEALTHCODE_REASON_ISSUER_SUNSET },
        { &ending, SUNSET + 1, HEALTHCODE_REASON_ISSUER_SUNSET },
        { &ending, SUNSET, HEALTHCODE_REASON_ISSUER_SUNSET },
        { &ending, SUNSET - 1, HEALTHCODE_REASON_OK },
        { &ending, 0, HEALTHCODE_REASON_OK },
        { &coming, INT64_MIN, HEALTHCODE_REASON_ISSUER_NOT_YET },
        { &coming, 0, HEALTHCODE_REASON_ISSUER_NOT_YET },
        { &coming, BEFORE - 1, HEALTHCODE_REASON_ISSUER_NOT_YET },
        { &coming, BEFORE, HEALTHCODE_REASON_OK },
        { &coming, INT64_MAX, HEALTHCODE_REASON_OK },
        { &both, BEFORE - 1, HEALTHCODE_REASON_ISSUER_NOT_YET },
        { &both, BEFORE, HEALTHCODE_REASON_OK },
        { &both, SUNSET - 1, HEALTHCODE_REASON_OK },
        { &both, SUNSET, HEALTHCODE_REASON_ISSUER_SUNSET },
        { &first, 0, HEALTHCODE_REASON_ISSUER_NOT_YET },
        { &first, 1, HEALTHCODE_REASON_OK },
        { &first, 2, HEALTHCODE_REASON_ISSUER_SUNSET },
        { &without, INT64_MIN, HEALTHCODE_REASON_OK },
        { &without, 0, HEALTHCODE_REASON_OK },
        { &without, INT64_MAX, HEALTHCODE_REASON_OK },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_issuer_check(rows[i].issuer, rows[i].now)
                 == rows[i].reason, i, "check");
    }

    (void) state;
}


static void
test_ends_soon_in_the_thirty_days_before_its_sunset(void **state)
{
    static const struct {
        const healthcode_issuer_t  *issuer;
        int64_t                     now;
        bool                        soon;
    } rows[] = {
        { &ending, INT64_MIN, false },
        { &ending, 0, false },
        { &ending, SUNSET - 30 * 86400 - 1, false },
        { &ending, SUNSET - 30 * 86400, true },
        { &ending, SUNSET - 1, true },
        { &ending, SUNSET, false },
        { &ending, INT64_MAX, false },
        { &both, SUNSET - 30 * 86400 - 1, false },
        { &both, SUNSET - 1, true },
        { &first, 0, true },
        { &first, 1, true },
        { &first, 2, false },
        { &coming, BEFORE - 1, false },
        { &coming, BEFORE + 1, false },
        { &without, -1, false },
        { &without, 0, false },
        { &without, SUNSET, false },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_issuer_ends_soon(rows[i].issuer, rows[i].now)
                 == rows[i].soon, i, "ends soon");
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test_of(test_refuses_algorithms_that_no_key_has),
        test_of(test_refuses_a_public_key_as_a_secret),
        test_of(test_refuses_keys_by_their_id),
        test_of(test_tries_eight_keys_and_not_the_ninth),
        test_of(test_refuses_the_key_of_another_issuer),
        test_of(test_refuses_other_types),
        test_of(test_says_what_is_nearly_its_name),
        test_of(test_learns_nobodys_name),
        test_of(test_learns_a_usual_header),
        test_of(test_refuses_a_code_cut_at_any_byte),
        test_of(test_accepts_names_of_an_issuers_own_alone),
        test_of(test_tries_all_keys_of_one_kid),
        test_of(test_says_where_there_are_no_keys_yet),
        test_of(test_accepts_the_examples),
        test_of(test_accepts_codes_from_not_before_to_the_sunset),
        test_of(test_ends_soon_in_the_thirty_days_before_its_sunset),
        test_of(test_has_no_identity_without_keys),
        test_of(test_is_another_one_by_each_of_its_names_and_rules),
        test_of(test_is_another_one_by_each_of_its_aliases),
        test_of(test_is_another_one_by_each_of_its_types),
        test_of(test_is_the_same_one_whatever_else_is_said_of_it),
    };

    return cmocka_run_group_tests_name("issuer", tests, NULL, NULL);
}
