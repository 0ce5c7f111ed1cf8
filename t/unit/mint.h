/*
 * Makes codes for the tests, with OpenSSL alone, so that what is tested never
 * makes its own input.  Knows no part of the module but the slice
 * and the table of algorithms.
 * docs/token-format.md, "Token".
 */

#ifndef HEALTHCODE_MINT_H
#define HEALTHCODE_MINT_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
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
    char    block[4];
    size_t  left, n = 0, len = strlen(text);

    for (size_t i = 0; i < len; i += 4) {
        left = (len - i < 4) ? len - i : 4;

        for (size_t j = 0; j < 4; j++) {
            block[j] = (j < left) ? text[i + j] : '=';
            block[j] = (block[j] == '-') ? '+' : block[j];
            block[j] = (block[j] == '_') ? '/' : block[j];
        }

        if (EVP_DecodeBlock(out + n, (uint8_t *) block, 4) != 3) {
            abort();
        }

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
