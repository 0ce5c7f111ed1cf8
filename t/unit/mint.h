/*
 * Makes codes for the tests, with OpenSSL alone, so that what is tested never
 * makes its own input.  Knows no part of the module but the slice
 * and the table of algorithms.
 * docs/token-format.md, "Token".
 */

#ifndef HEALTHCODE_MINT_H
#define HEALTHCODE_MINT_H

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ngx_http_healthcode_module/core/healthcode_algorithm.h"


#define MINT_MAX  65536

/* The keys of RFC 7515 A.1 and A.3, and of RFC 8037 A.1 and A.2. */
#define MINT_A1_K                                                             \
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcg"  \
    "UuTwjAzZr1Z9CAow"
#define MINT_A3_X  "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define MINT_A3_Y  "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define MINT_8037_X  "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"

#define MINT_A1_JWK  "{\"kty\":\"oct\",\"k\":\"" MINT_A1_K "\"}"
#define MINT_A3_JWK                                                           \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" MINT_A3_X "\",\"y\":\""      \
    MINT_A3_Y "\"}"
#define MINT_8037_JWK                                                         \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" MINT_8037_X "\"}"

#define MINT_A1_PAYLOAD                                                       \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLm"  \
    "NvbS9pc19yb290Ijp0cnVlfQ"

/* The examples themselves. */
#define MINT_A1_TEXT  "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."             \
    MINT_A1_PAYLOAD
#define MINT_A1_SIGNATURE  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define MINT_A3_TEXT  "eyJhbGciOiJFUzI1NiJ9." MINT_A1_PAYLOAD
#define MINT_A3_SIGNATURE                                                     \
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxf"  \
    "KTUJqPP3-Kg6NU1Q"
#define MINT_8037_TEXT                                                        \
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
#define MINT_8037_SIGNATURE                                                   \
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9"  \
    "g7sVvpAr_MuM0KAg"

/* RFC 7515 A.2 and A.4, and RFC 7520 section 4.2. */
#define MINT_A2_N                                                             \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4"  \
    "qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2j"  \
    "Z47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7W"  \
    "TBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK"  \
    "-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
#define MINT_A2_SIGNATURE                                                     \
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm"  \
    "4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--"  \
    "f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383Lc"  \
    "OLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUi"  \
    "pUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
#define MINT_A4_X                                                             \
    "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSf"  \
    "S9tsz4qUxcWceqwQGk"
#define MINT_A4_Y                                                             \
    "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZM"  \
    "aZmh9ubmf63e3kyMj2"
#define MINT_A4_SIGNATURE                                                     \
    "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI"  \
    "-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO"  \
    "7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"
#define MINT_7520_N                                                           \
    "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJW"  \
    "TDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dAp"  \
    "r5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFH"  \
    "pPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLq"  \
    "KnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw"
#define MINT_7520_SIGNATURE                                                   \
    "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid"  \
    "6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiRe"  \
    "QFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm"  \
    "8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64Q"  \
    "QSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw"
#define MINT_7520_TEXT                                                        \
    "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZS"  \
    "J9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXI"  \
    "gZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwI"  \
    "HlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN"  \
    "3ZXB0IG9mZiB0by4"

#define MINT_RSA_JWK(n)  "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" n "\"}"
#define MINT_A2_JWK    MINT_RSA_JWK(MINT_A2_N)
#define MINT_7520_JWK  MINT_RSA_JWK(MINT_7520_N)
#define MINT_A4_JWK                                                           \
    "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"" MINT_A4_X "\",\"y\":\""      \
    MINT_A4_Y "\"}"
#define MINT_A2_TEXT  "eyJhbGciOiJSUzI1NiJ9." MINT_A1_PAYLOAD
#define MINT_A4_TEXT  "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA"

/*
 * GM/T 0003.5 (GB/T 32918.5) appendix A: the curve that is recommended, the
 * usual signer.  ZA is the hash that stands before the text.
 */
#define MINT_SM2_TEXT       "message digest"
#define MINT_SM2_SIGNATURE                                                    \
    "9aA7BkjSxGMO6sUT4buBoVlE2jgn1bdBQ6x-rO7nILOxtqop3yEv2HYxgrwNQhyhu5A4_R"  \
    "9_QtSEC2nEhbvBqg"
#define MINT_SM2_JWK                                                          \
    "{\"kty\":\"EC\",\"crv\":\"SM2-P-256\","                                  \
    "\"x\":\"CfnfMR5UIaFQ3X0WHkvFxnIXn60YM_wHa7CP81bzUCA\","                  \
    "\"y\":\"zOpJDOJndaUtxupxjMGqYArtBfvzXghKZjL2By2prRM\"}"
#define MINT_SM2_ZA                                                           \
    "\xb2\xe1\x4c\x5c\x79\xc6\xdf\x5b\x85\xf4\xfe\x7e\xd8\xdb\x7a\x26"        \
    "\x2b\x9d\xa7\xe0\x7c\xcb\x0e\xa9\xf4\x74\x7b\x8c\xcd\xa8\xa4\xf3"


/* The set of the algorithms that are named, with blanks between. */
static inline unsigned
mint_algorithms(const char *names)
{
    size_t                         len;
    unsigned                       bits = 0;
    const healthcode_algorithm_t  *row;

    for ( /* void */ ; *names; names += len + (names[len] == ' ')) {
        len = strcspn(names, " ");
        row = healthcode_algorithm_find(healthcode_str_from(names, len));

        if (row == NULL) {
            abort();
        }

        bits |= healthcode_algorithm_bit(row);
    }

    return bits;
}


/* base64url of data into out, with a NUL; returns the length. */
static inline size_t
mint_base64url(const void *data, size_t len, char *out)
{
    size_t  n = (size_t) EVP_EncodeBlock((uint8_t *) out, data, (int) len);

    while (n && out[n - 1] == '=') {
        n--;
    }

    out[n] = '\0';

    for (size_t i = 0; i < n; i++) {
        out[i] = (out[i] == '+') ? '-' : (out[i] == '/') ? '_' : out[i];
    }

    return n;
}


/* Decodes what is known to be base64url; returns the length. */
static inline size_t
mint_decode(const char *text, uint8_t *out)
{
    char     block[4];
    size_t   left, n = 0, len = strlen(text);
    uint8_t  bytes[3];                            /* always that many come */

    for (size_t i = 0; i < len; i += 4) {
        left = (len - i < 4) ? len - i : 4;

        for (size_t j = 0; j < 4; j++) {
            block[j] = (j < left) ? text[i + j] : '=';
            block[j] = (block[j] == '-') ? '+' : block[j];
            block[j] = (block[j] == '_') ? '/' : block[j];
        }

        if (EVP_DecodeBlock(bytes, (uint8_t *) block, 4) != 3) {
            abort();
        }

        memcpy(out + n, bytes, left - 1);
        n += left - 1;
    }

    return n;
}


/* header "." payload, encoded, with a NUL; returns the length. */
static inline size_t
mint_text(const char *header, const char *payload, char *out)
{
    size_t  n = mint_base64url(header, strlen(header), out);

    out[n++] = '.';

    return n + mint_base64url(payload, strlen(payload), out + n);
}


static inline void
mint_append(char *code, const uint8_t *signature, size_t len)
{
    size_t  n = strlen(code);

    code[n++] = '.';
    mint_base64url(signature, len, code + n);
}


static inline void
mint_hs256(const char *header, const char *payload, const void *secret,
    size_t secret_len, char *code)
{
    size_t    n = mint_text(header, payload, code);
    uint8_t   mac[32];

    if (HMAC(EVP_sha256(), secret, (int) secret_len, (uint8_t *) code, n, mac,
             NULL) == NULL)
    {
        abort();
    }

    mint_append(code, mac, 32);
}


/* The Ed25519 key whose seed is 32 times n. */
static inline EVP_PKEY *
mint_ed25519_key(uint8_t n)
{
    uint8_t    seed[32];
    EVP_PKEY  *key;

    memset(seed, n, sizeof(seed));

    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    if (key == NULL) {
        abort();
    }

    return key;
}


/* Its JWK; members is put in front, as "\"kid\":\"a\",". */
static inline void
mint_ed25519_jwk(uint8_t n, const char *members, char *out, size_t size)
{
    char       x[64];
    size_t     len = 32;
    uint8_t    raw[32];
    EVP_PKEY  *key = mint_ed25519_key(n);

    if (EVP_PKEY_get_raw_public_key(key, raw, &len) != 1) {
        abort();
    }

    mint_base64url(raw, 32, x);
    snprintf(out, size, "{%s\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"}",
             members, x);
    EVP_PKEY_free(key);
}


static inline void
mint_eddsa(const char *header, const char *payload, uint8_t n, char *code)
{
    size_t       len = mint_text(header, payload, code), sig_len = 64;
    uint8_t      sig[64];
    EVP_PKEY    *key = mint_ed25519_key(n);
    EVP_MD_CTX  *ctx = EVP_MD_CTX_new();

    if (EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1
        || EVP_DigestSign(ctx, sig, &sig_len, (uint8_t *) code, len) != 1)
    {
        abort();
    }

    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    mint_append(code, sig, 64);
}


/* Signs text with a P-256 key as r || s; der, if not NULL, gets the DER too. */
static inline void
mint_es256_sign(EVP_PKEY *key, const void *text, size_t len, uint8_t *raw,
    uint8_t *der, size_t *der_len)
{
    size_t          n = 80;
    uint8_t         sig[80];
    EVP_MD_CTX     *ctx = EVP_MD_CTX_new();
    const uint8_t  *p = sig;
    ECDSA_SIG      *parts;

    if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1
        || EVP_DigestSign(ctx, sig, &n, text, len) != 1)
    {
        abort();
    }

    EVP_MD_CTX_free(ctx);
    parts = d2i_ECDSA_SIG(NULL, &p, (long) n);

    if (BN_bn2binpad(ECDSA_SIG_get0_r(parts), raw, 32) != 32
        || BN_bn2binpad(ECDSA_SIG_get0_s(parts), raw + 32, 32) != 32)
    {
        abort();
    }

    ECDSA_SIG_free(parts);

    if (der) {
        memcpy(der, sig, n);
        *der_len = n;
    }
}


static inline const healthcode_algorithm_t *
mint_row(const char *name)
{
    const healthcode_algorithm_t  *row;

    row = healthcode_algorithm_find(healthcode_str_from(name, strlen(name)));
    if (row == NULL) {
        abort();
    }

    return row;
}


/* A new key for the algorithm. */
static inline EVP_PKEY *
mint_key(const healthcode_algorithm_t *row)
{
    uint8_t    secret[64];
    EVP_PKEY  *key;

    if (row->family == &healthcode_family_hmac) {
        memset(secret, 's', sizeof(secret));
        key = EVP_PKEY_new_raw_private_key_ex(NULL, "HMAC", NULL, secret,
                                              row->secret_min);

    } else if (strcmp(row->kty, "RSA") == 0) {
        key = EVP_RSA_gen(2048);

    } else if (row->family == &healthcode_family_ecdsa) {
        key = EVP_EC_gen(row->group);

    } else {
        key = EVP_PKEY_Q_keygen(NULL, NULL, row->type);
    }

    if (key == NULL) {
        abort();
    }

    return key;
}


/* A public RSA key of any numbers, which need not be those of a key. */
static inline EVP_PKEY *
mint_rsa(const uint8_t *n, size_t nlen, const uint8_t *e, size_t elen)
{
    BIGNUM          *bn = BN_bin2bn(n, (int) nlen, NULL);
    BIGNUM          *be = BN_bin2bn(e, (int) elen, NULL);
    EVP_PKEY        *key = NULL;
    OSSL_PARAM      *params;
    EVP_PKEY_CTX    *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM_BLD  *bld = OSSL_PARAM_BLD_new();

    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn);
    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, be);
    params = OSSL_PARAM_BLD_to_param(bld);

    if (EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
    {
        abort();
    }

    BN_free(bn);
    BN_free(be);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    EVP_PKEY_CTX_free(ctx);

    return key;
}


/* A modulus of so many bits, all ones except the last one; exponent in hex. */
static inline EVP_PKEY *
mint_rsa_ones(size_t bits, bool even, const char *exponent)
{
    long       elen;
    size_t     len = (bits + 7) / 8;
    uint8_t   *e, n[2048];
    EVP_PKEY  *key;

    memset(n, 0xff, sizeof(n));
    n[0] = (uint8_t) (0xff >> (len * 8 - bits));
    n[len - 1] = even ? 0xfe : 0xff;
    e = OPENSSL_hexstr2buf(exponent, &elen);
    key = mint_rsa(n, len, e, (size_t) elen);
    OPENSSL_free(e);

    return key;
}


/* A number of the key as a JWK has it. */
static inline void
mint_number(EVP_PKEY *key, const char *name, size_t len, char *out)
{
    BIGNUM   *number = NULL;
    uint8_t   bytes[2048];

    if (EVP_PKEY_get_bn_param(key, name, &number) != 1) {
        abort();
    }

    len = len ? len : (size_t) BN_num_bytes(number);

    if (BN_bn2binpad(number, bytes, (int) len) != (int) len) {
        abort();
    }

    BN_free(number);
    mint_base64url(bytes, len, out);
}


/* The JWK for verifying; members is put in front, as "\"kid\":\"a\",". */
static inline void
mint_jwk(EVP_PKEY *key, const healthcode_algorithm_t *row, const char *members,
    char *out, size_t size)
{
    int      n;
    char     a[3000], b[3000];
    size_t   len = 64;
    uint8_t  raw[64];

    if (row->family == &healthcode_family_hmac) {

        if (EVP_PKEY_get_raw_private_key(key, raw, &len) != 1) {
            abort();
        }

        mint_base64url(raw, len, a);
        n = snprintf(out, size, "{%s\"kty\":\"oct\",\"k\":\"%s\"}", members,
                     a);

    } else if (strcmp(row->kty, "RSA") == 0) {
        mint_number(key, OSSL_PKEY_PARAM_RSA_N, 0, a);
        mint_number(key, OSSL_PKEY_PARAM_RSA_E, 0, b);
        n = snprintf(out, size, "{%s\"kty\":\"RSA\",\"n\":\"%s\",\"e\":"
                     "\"%s\"}", members, a, b);

    } else if (row->family == &healthcode_family_eddsa) {

        if (EVP_PKEY_get_raw_public_key(key, raw, &len) != 1) {
            abort();
        }

        mint_base64url(raw, len, a);
        n = snprintf(out, size, "{%s\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
                     "\"%s\"}", members, a);

    } else {
        mint_number(key, OSSL_PKEY_PARAM_EC_PUB_X, row->part_len, a);
        mint_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, row->part_len, b);
        n = snprintf(out, size, "{%s\"kty\":\"EC\",\"crv\":\"%s\",\"x\":"
                     "\"%s\",\"y\":\"%s\"}", members, row->crv, a, b);
    }

    if (n < 0 || (size_t) n >= size) {
        abort();
    }
}


/* A PEM block of der, with a NUL. */
static inline void
mint_block(const uint8_t *der, size_t len, const char *name, char *out,
    size_t size)
{
    char    *text = malloc(len * 2 + 4);
    size_t   n, at;

    n = (size_t) EVP_EncodeBlock((uint8_t *) text, der, (int) len);
    at = (size_t) snprintf(out, size, "-----BEGIN %s-----\n", name);

    for (size_t i = 0; i < n; i += 64) {
        at += (size_t) snprintf(out + at, size - at, "%.64s\n", text + i);
    }

    snprintf(out + at, size - at, "-----END %s-----\n", name);
    free(text);
}


/* The PEM of a public key: "PUBLIC KEY" or "RSA PUBLIC KEY". */
static inline void
mint_pem(EVP_PKEY *key, const char *name, char *out, size_t size)
{
    int       len;
    uint8_t  *der = NULL;

    len = (name[0] == 'R') ? i2d_PublicKey(key, &der) : i2d_PUBKEY(key, &der);
    if (len <= 0) {
        abort();
    }

    mint_block(der, (size_t) len, name, out, size);
    OPENSSL_free(der);
}


/* Days and seconds apart: a time_t of 32 bits ends in 2038. */
static inline void
mint_time(ASN1_TIME *time, int64_t seconds)
{
    if (ASN1_TIME_adj(time, 0, (int) (seconds / 86400),
                      (long) (seconds % 86400))
        == NULL)
    {
        abort();
    }
}


/*
 * The DER of a certificate of key that key itself signs, valid from one second
 * to another, with this key usage (NULL: none) as openssl.cnf has it, into out
 * of MINT_MAX bytes; returns the length.
 */
static inline size_t
mint_certificate(EVP_PKEY *key, int64_t from, int64_t to, const char *usage,
    uint8_t *out)
{
    int              len;
    X509            *x509 = X509_new();
    X509_NAME       *name = X509_get_subject_name(x509);
    const EVP_MD    *md = EVP_sha256();
    X509_EXTENSION  *extension;

    if (EVP_PKEY_is_a(key, "SM2")) {
        md = EVP_sm3();

    } else if (EVP_PKEY_is_a(key, "ED25519")) {
        md = NULL;
    }

    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    mint_time(X509_getm_notBefore(x509), from);
    mint_time(X509_getm_notAfter(x509), to);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               (const uint8_t *) "issuer", -1, -1, 0);
    X509_set_issuer_name(x509, name);
    X509_set_pubkey(x509, key);

    if (usage) {
        extension = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, usage);

        if (X509_add_ext(x509, extension, -1) != 1) {
            abort();
        }

        X509_EXTENSION_free(extension);
    }

    if (X509_sign(x509, key, md) == 0
        || (len = i2d_X509(x509, NULL)) > MINT_MAX
        || (len = i2d_X509(x509, &out)) <= 0)
    {
        abort();
    }

    X509_free(x509);

    return (size_t) len;
}


/*
 * Signs text as a code is signed; salt is that of PSS (-1: as the hash), id
 * the signer of SM2 (NULL: the usual one).  Returns the length.
 */
static inline size_t
mint_sign(EVP_PKEY *key, const healthcode_algorithm_t *row, int salt,
    const char *id, const void *text, size_t len, uint8_t *out)
{
    int             part = (int) row->part_len;
    size_t          n = 1024;
    uint8_t         made[1024];
    ECDSA_SIG      *pair;
    EVP_MD_CTX     *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX   *pctx;
    const uint8_t  *p = made;

    if (EVP_DigestSignInit_ex(ctx, &pctx, row->digest, NULL, NULL, key, NULL)
        != 1)
    {
        abort();
    }

    if (row->family == &healthcode_family_pss
        && (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1
            || EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) != 1))
    {
        abort();
    }

    if (row->family == &healthcode_family_sm2) {
        id = id ? id : "1234567812345678";

        if (EVP_PKEY_CTX_set1_id(pctx, id, (int) strlen(id)) != 1) {
            abort();
        }
    }

    if (EVP_DigestSign(ctx, made, &n, text, len) != 1) {
        abort();
    }

    EVP_MD_CTX_free(ctx);

    if (row->family != &healthcode_family_ecdsa
        && row->family != &healthcode_family_sm2)
    {
        memcpy(out, made, n);
        return n;
    }

    pair = d2i_ECDSA_SIG(NULL, &p, (long) n);

    if (BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, part) != part
        || BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + part, part) != part)
    {
        abort();
    }

    ECDSA_SIG_free(pair);

    return 2 * row->part_len;
}


/* A view of a code's part i (0, 1, 2). */
static inline healthcode_str_t
mint_part(const char *code, int i)
{
    const char  *end;

    while (i-- > 0) {
        code = strchr(code, '.') + 1;
    }

    end = strchr(code, '.');

    return healthcode_str_from(code, end ? (size_t) (end - code)
                                         : strlen(code));
}

#endif
