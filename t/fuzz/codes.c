/*
 * The codes that the target of whole requests knows, and their keys: made up,
 * and the same in each run.  ES256 takes its nonce from the text, so that a
 * run can be repeated.  CONTRIBUTING.md, "Fuzzing".
 */

#include <openssl/ecdsa.h>
#include <openssl/sha.h>

#include "fuzz.h"
#include "codes.h"
#include "../unit/mint.h"


#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))

#define HEADER(kid, alg)                                                      \
    "{\"typ\":\"healthcode+jwt\",\"alg\":\"" alg "\",\"kid\":\"" kid "\"}"

#define CLAIMS(iss, sub, more)                                                \
    "{\"iss\":\"" iss "\",\"sub\":\"" sub "\",\"iat\":1699999900,"            \
    "\"exp\":1700000800" more "}"


static const char *const  secrets[] = {
    "north's secret, of 32 bytes long", NULL,
    "south's secret is another secret",
};

/* They are all signed.  What passes, and what does not. */
static code_t  all[] = {
    { HEADER("n1", "HS256"), CLAIMS("north", "alice", ""),
      CODES_NORTH_SECRET, HEALTHCODE_REASON_OK, HEALTHCODE_REASON_KEY,
      "", 0 },
    { HEADER("n2", "ES256"),
      CLAIMS("north", "alice", ",\"aud\":[\"gate\"],\"regions\":[\"11\"]"),
      CODES_NORTH_POINT, HEALTHCODE_REASON_OK, HEALTHCODE_REASON_OK, "", 0 },
    { "{\"alg\":\"HS256\"}", CLAIMS("south", "carol", ""),
      CODES_SOUTH_SECRET, HEALTHCODE_REASON_OK, HEALTHCODE_REASON_OK, "", 0 },
    { HEADER("n1", "HS256"), CLAIMS("north", "bob", ""),
      CODES_NORTH_SECRET, HEALTHCODE_REASON_FLAGGED, HEALTHCODE_REASON_KEY,
      "", 0 },
    { HEADER("n2", "ES256"),
      CLAIMS("north", "alice", ",\"regions\":[\"511402\"]"),
      CODES_NORTH_POINT, HEALTHCODE_REASON_REGION, HEALTHCODE_REASON_REGION,
      "", 0 },
    { HEADER("n2", "ES256"), CLAIMS("north", "dave", ",\"status\":\"ill\""),
      CODES_NORTH_POINT, HEALTHCODE_REASON_STATUS, HEALTHCODE_REASON_STATUS,
      "", 0 },
    { HEADER("n1", "HS256"),
      "{\"iss\":\"north\",\"sub\":\"alice\",\"iat\":1699998000,"
      "\"exp\":1699998900}",
      CODES_NORTH_SECRET, HEALTHCODE_REASON_EXPIRED, HEALTHCODE_REASON_KEY,
      "", 0 },
    { HEADER("n2", "ES256"),
      CLAIMS("north", "erin", ",\"cnf\":{\"x5t#S256\":"
             "\"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0\"}"),
      CODES_NORTH_POINT, HEALTHCODE_REASON_BOUND, HEALTHCODE_REASON_BOUND,
      "", 0 },
    { "{\"alg\":\"HS256\",\"kid\":\"n1\"}", CLAIMS("north", "alice", ""),
      CODES_NORTH_SECRET, HEALTHCODE_REASON_TYPE, HEALTHCODE_REASON_TYPE,
      "", 0 },

    /* each issuer signs for the other */
    { HEADER("n1", "HS256"), CLAIMS("south", "carol", ""),
      CODES_NORTH_SECRET, HEALTHCODE_REASON_SIGNATURE,
      HEALTHCODE_REASON_SIGNATURE, "", 0 },
    { HEADER("n1", "HS256"), CLAIMS("north", "erin", ""),
      CODES_SOUTH_SECRET, HEALTHCODE_REASON_SIGNATURE, HEALTHCODE_REASON_KEY,
      "", 0 },
    { HEADER("s1", "HS256"), CLAIMS("north", "erin", ""),
      CODES_SOUTH_SECRET, HEALTHCODE_REASON_KEY, HEALTHCODE_REASON_KEY,
      "", 0 },
};

static EC_GROUP  *curve;
static BIGNUM    *scalar;
static BN_CTX    *numbers;
static EVP_PKEY  *public_key;
static char       north[1024], rest[512], south[256];


static BIGNUM *
number_of(const void *text, size_t len)
{
    uint8_t   hash[SHA256_DIGEST_LENGTH];
    BIGNUM   *number;

    SHA256(text, len, hash);
    number = BN_bin2bn(hash, sizeof(hash), NULL);
    fuzz_must(number != NULL);

    return number;
}


/* The affine coordinates of n times the base point. */
static void
multiply(const BIGNUM *n, BIGNUM *x, BIGNUM *y)
{
    EC_POINT  *point = EC_POINT_new(curve);

    fuzz_must(EC_POINT_mul(curve, point, n, NULL, NULL, numbers) == 1);
    fuzz_must(EC_POINT_get_affine_coordinates(curve, point, x, y, numbers)
              == 1);
    EC_POINT_free(point);
}


/* SEC 1 section 4.1.3: r = x(k G), s = (z + r d) / k. */
static void
sign_es256(const void *text, size_t len, uint8_t *raw)
{
    BIGNUM        *z = number_of(text, len), *k = BN_dup(z);
    BIGNUM        *r = BN_new(), *s = BN_new();
    const BIGNUM  *order = EC_GROUP_get0_order(curve);

    fuzz_must(BN_add_word(k, 12345) == 1);
    multiply(k, r, NULL);
    fuzz_must(BN_nnmod(r, r, order, numbers) == 1);
    fuzz_must(BN_mod_mul(s, r, scalar, order, numbers) == 1);
    fuzz_must(BN_mod_add(s, s, z, order, numbers) == 1);
    fuzz_must(BN_mod_inverse(k, k, order, numbers) != NULL);
    fuzz_must(BN_mod_mul(s, s, k, order, numbers) == 1);
    fuzz_must(BN_bn2binpad(r, raw, 32) == 32);
    fuzz_must(BN_bn2binpad(s, raw + 32, 32) == 32);

    BN_free(z);
    BN_free(k);
    BN_free(r);
    BN_free(s);
}


static void
make_point(void)
{
    char           x64[64], y64[64], k64[64];
    BIGNUM        *x = BN_new(), *y = BN_new();
    uint8_t        point[65] = { POINT_CONVERSION_UNCOMPRESSED };
    OSSL_PARAM     params[3];
    EVP_PKEY_CTX  *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

    numbers = BN_CTX_new();
    curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    scalar = number_of("north's scalar", 14);
    multiply(scalar, x, y);
    fuzz_must(BN_bn2binpad(x, point + 1, 32) == 32);
    fuzz_must(BN_bn2binpad(y, point + 33, 32) == 32);
    BN_free(x);
    BN_free(y);

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                 (char[]) { "prime256v1" }, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                  point, sizeof(point));
    params[2] = OSSL_PARAM_construct_end();
    fuzz_must(EVP_PKEY_fromdata_init(ctx) == 1);
    fuzz_must(EVP_PKEY_fromdata(ctx, &public_key, EVP_PKEY_PUBLIC_KEY, params)
              == 1);
    EVP_PKEY_CTX_free(ctx);

    mint_base64url(secrets[CODES_NORTH_SECRET], 32, k64);
    mint_base64url(point + 1, 32, x64);
    mint_base64url(point + 33, 32, y64);
    snprintf(rest, sizeof(rest),
             "{\"kid\":\"n2\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\","
             "\"y\":\"%s\"}", x64, y64);
    snprintf(north, sizeof(north),
             "{\"keys\":[{\"kid\":\"n1\",\"kty\":\"oct\",\"k\":\"%s\"},%s]}",
             k64, rest);

    mint_base64url(secrets[CODES_SOUTH_SECRET], 32, k64);
    snprintf(south, sizeof(south), "{\"kty\":\"oct\",\"k\":\"%s\"}", k64);
}


static void
make(code_t *code)
{
    uint8_t      raw[64];
    const char  *secret = secrets[code->key];

    if (secret) {
        mint_hs256(code->header, code->payload, secret, 32, code->text);
        code->signed_len = (size_t) (strrchr(code->text, '.') - code->text);
        return;
    }

    code->signed_len = mint_text(code->header, code->payload, code->text);
    sign_es256(code->text, code->signed_len, raw);
    mint_append(code->text, raw, sizeof(raw));
}


const code_t *
codes(size_t *n)
{
    *n = COUNT(all);

    if (curve == NULL) {
        make_point();

        for (size_t i = 0; i < *n; i++) {
            make(&all[i]);
        }
    }

    return all;
}


const char *
codes_jwks_north(void)
{
    return north;
}


const char *
codes_jwks_rest(void)
{
    return rest;
}


const char *
codes_jwks_south(void)
{
    return south;
}


static bool
holds_es256(healthcode_str_t text, const uint8_t *raw)
{
    int          len;
    bool         holds;
    uint8_t     *der = NULL;
    ECDSA_SIG   *pair = ECDSA_SIG_new();
    EVP_MD_CTX  *ctx = EVP_MD_CTX_new();

    fuzz_must(ECDSA_SIG_set0(pair, BN_bin2bn(raw, 32, NULL),
                             BN_bin2bn(raw + 32, 32, NULL)) == 1);
    len = i2d_ECDSA_SIG(pair, &der);
    fuzz_must(len > 0);
    fuzz_must(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, public_key)
              == 1);
    holds = EVP_DigestVerify(ctx, der, (size_t) len, text.data, text.len) == 1;

    ECDSA_SIG_free(pair);
    EVP_MD_CTX_free(ctx);
    OPENSSL_free(der);

    return holds;
}


/* Of a code with these signed bytes: whether what follows them signs them. */
static bool
holds(const code_t *code, healthcode_str_t text)
{
    char             tail[96], again[128];
    size_t           len = text.len - code->signed_len - 1;
    uint8_t          raw[96], mac[32];
    const char      *secret = secrets[code->key];
    const uint8_t   *start = text.data + code->signed_len + 1;

    /* what no base64url of 32 or 64 bytes is */
    if (len != (secret ? 43 : 86)) {
        return false;
    }

    memcpy(tail, start, len);
    tail[len] = '\0';

    if (strspn(tail, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                     "0123456789-_") != len)
    {
        return false;
    }

    /* nor with other bits behind the last byte */
    mint_base64url(raw, mint_decode(tail, raw), again);

    if (strcmp(again, tail) != 0) {
        return false;
    }

    if (secret == NULL) {
        return holds_es256(healthcode_str_from(text.data, code->signed_len),
                           raw);
    }

    fuzz_must(HMAC(EVP_sha256(), secret, 32, text.data, code->signed_len, mac,
                   NULL) != NULL);

    return memcmp(mac, raw, 32) == 0;
}


const code_t *
codes_find(healthcode_str_t text)
{
    for (size_t i = 0; i < COUNT(all); i++) {

        if (text.len > all[i].signed_len
            && memcmp(text.data, all[i].text, all[i].signed_len) == 0
            && text.data[all[i].signed_len] == '.')
        {
            return holds(&all[i], text) ? &all[i] : NULL;
        }
    }

    return NULL;
}
