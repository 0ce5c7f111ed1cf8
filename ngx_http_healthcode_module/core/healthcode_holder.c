/*
 * Space, subject and pepper -> the pseudonym by which the store knows a holder.
 * Knows no: token, claims, hiredis.  docs/redis-keys.md, "Holder".
 */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "healthcode_holder.h"


struct healthcode_pepper_s {
    EVP_MAC_CTX  *mac;
};


static int healthcode_holder_digit(uint8_t digit);


healthcode_pepper_t *
healthcode_pepper_create(healthcode_str_t bytes)
{
    EVP_MAC              *hmac;
    OSSL_PARAM            params[2];
    healthcode_pepper_t  *pepper;

    if (bytes.len < HEALTHCODE_PEPPER_MIN) {
        return NULL;
    }

    pepper = calloc(1, sizeof(healthcode_pepper_t));
    if (pepper == NULL) {
        return NULL;
    }

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                 (char *) "SHA256", 0);
    params[1] = OSSL_PARAM_construct_end();

    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    pepper->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);

    if (pepper->mac == NULL
        || EVP_MAC_init(pepper->mac, bytes.data, bytes.len, params) != 1)
    {
        ERR_clear_error();
        healthcode_pepper_free(pepper);
        return NULL;
    }

    return pepper;
}


void
healthcode_pepper_free(healthcode_pepper_t *pepper)
{
    if (pepper) {
        EVP_MAC_CTX_free(pepper->mac);
        free(pepper);
    }
}


bool
healthcode_holder_derive(healthcode_pepper_t *pepper, healthcode_str_t space,
    healthcode_str_t kind, healthcode_str_t sub, uint8_t *holder)
{
    size_t                  n = 0;
    healthcode_str_t        parts[5];
    const healthcode_str_t  colon = healthcode_str(":");
    const healthcode_str_t  nul = healthcode_str_from("\0", 1);

    parts[n++] = space;

    if (kind.data) {
        parts[n++] = colon;
        parts[n++] = kind;
    }

    parts[n++] = nul;
    parts[n++] = sub;

    return healthcode_pepper_digest(pepper, parts, n, holder);
}


bool
healthcode_pepper_check(healthcode_pepper_t *pepper, char *hex)
{
    uint8_t           hash[HEALTHCODE_HOLDER_LEN];
    healthcode_str_t  text = healthcode_str("healthcode check");

    if (!healthcode_pepper_digest(pepper, &text, 1, hash)) {
        return false;
    }

    healthcode_holder_format(hash, hex);

    return true;
}


bool
healthcode_pepper_digest(healthcode_pepper_t *pepper,
    const healthcode_str_t *parts, size_t nparts, uint8_t *out)
{
    size_t   i, len;
    uint8_t  mac[EVP_MAX_MD_SIZE];

    if (EVP_MAC_init(pepper->mac, NULL, 0, NULL) != 1) {
        goto failed;
    }

    for (i = 0; i < nparts; i++) {
        if (EVP_MAC_update(pepper->mac, parts[i].data, parts[i].len) != 1) {
            goto failed;
        }
    }

    if (EVP_MAC_final(pepper->mac, mac, &len, sizeof(mac)) != 1
        || len < HEALTHCODE_HOLDER_LEN)
    {
        goto failed;
    }

    memcpy(out, mac, HEALTHCODE_HOLDER_LEN);

    return true;

failed:

    ERR_clear_error();

    return false;
}


bool
healthcode_holder_parse(healthcode_str_t hex, uint8_t *bytes)
{
    int  high, low;

    if (hex.len != HEALTHCODE_HOLDER_HEX) {
        return false;
    }

    for (size_t i = 0; i < HEALTHCODE_HOLDER_LEN; i++) {

        high = healthcode_holder_digit(hex.data[2 * i]);
        low = healthcode_holder_digit(hex.data[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }

        bytes[i] = (uint8_t) (high << 4 | low);
    }

    return true;
}


static int
healthcode_holder_digit(uint8_t digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }

    return (digit >= 'a' && digit <= 'f') ? digit - 'a' + 10 : -1;
}


void
healthcode_holder_format(const uint8_t *bytes, char *hex)
{
    static const char  digits[] = "0123456789abcdef";

    for (size_t i = 0; i < HEALTHCODE_HOLDER_LEN; i++) {
        *hex++ = digits[bytes[i] >> 4];
        *hex++ = digits[bytes[i] & 0x0f];
    }
}
