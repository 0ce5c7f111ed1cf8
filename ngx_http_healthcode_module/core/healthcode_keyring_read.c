/*
 * A text of keys -> keys of a set: by its form, once no private key is in it.
 * Knows no: token, claims, file.  docs/token-format.md, "Keys".
 */

#include <openssl/err.h>
#include <stdio.h>

#include "healthcode_certificate.h"
#include "healthcode_keyring_private.h"


static bool healthcode_keyring_read(healthcode_keyring_t *keyring,
    bool is_json);
static bool healthcode_keyring_sum(healthcode_keyring_t *keyring,
    healthcode_str_t text);


healthcode_keyring_t *
healthcode_keyring_create(healthcode_str_t text,
    const healthcode_keyring_rules_t *rules, char *error, size_t size)
{
    healthcode_keyring_t  *keyring = healthcode_keyring_new(rules);

    if (keyring == NULL) {
        snprintf(error, size, "no memory");
        return NULL;
    }

    if (!healthcode_keyring_add(keyring, text, error, size)
        || !healthcode_keyring_finish(keyring, error, size))
    {
        healthcode_keyring_free(keyring);
        return NULL;
    }

    return keyring;
}


bool
healthcode_keyring_add(healthcode_keyring_t *keyring, healthcode_str_t text,
    char *error, size_t size)
{
    bool              ok;
    size_t            before = keyring->nkeys, skipped = keyring->nskipped;
    healthcode_str_t  whole = text;

    keyring->text = text;
    keyring->error = error;
    keyring->error_size = size;

    /* RFC 8259 section 8.1 allows to ignore it */

    if (healthcode_str_begins(text, "\xef\xbb\xbf")) {
        text = healthcode_str_from(text.data + 3, text.len - 3);
        keyring->text = text;
        healthcode_keyring_accept(keyring, HEALTHCODE_KEYRING_NOWHERE, NULL,
                                  "it begins with a byte order mark");
    }

    while (text.len && memchr(" \t\r\n", text.data[0], 4)) {
        text = healthcode_str_from(text.data + 1, text.len - 1);
    }

    if (text.len == 0) {
        ok = healthcode_keyring_fail_whole(keyring, "it is empty");
    } else {
        ok = healthcode_keyring_read(keyring, text.data[0] == '{');
    }

    if (ok && keyring->nkeys == before && keyring->nskipped == skipped) {
        ok = healthcode_keyring_skip(keyring, HEALTHCODE_KEYRING_NOWHERE, NULL,
                                     "it has no key for these algorithms");
    }

    if (ok && !healthcode_keyring_sum(keyring, whole)) {
        ok = healthcode_keyring_fail_whole(keyring, "no memory");
    }

    keyring->ntexts++;

    /* A failure left in OpenSSL's queue would be blamed on nginx's own TLS. */
    ERR_clear_error();

    return ok;
}


static bool
healthcode_keyring_read(healthcode_keyring_t *keyring, bool is_json)
{
    if (!healthcode_keyring_blocks_are_public(keyring)) {
        return false;
    }

    if (is_json) {
        return healthcode_keyring_read_jwks(keyring);
    }

    /* it may be anything: that it is private is the worst of it */

    if (!healthcode_keyring_names_are_public(keyring)) {
        return false;
    }

    if (healthcode_certificate_inside(keyring->text)) {
        return healthcode_keyring_der_is_public(keyring)
               && healthcode_keyring_read_der(keyring);
    }

    if (healthcode_str_begins(keyring->text, "\xff\xfe")
        || healthcode_str_begins(keyring->text, "\xfe\xff"))
    {
        return healthcode_keyring_fail_whole(keyring, "it is UTF-16; write it "
                                             "as UTF-8");
    }

    return healthcode_keyring_read_pem(keyring);
}


static bool
healthcode_keyring_sum(healthcode_keyring_t *keyring, healthcode_str_t text)
{
    uint8_t  len[8];

    for (size_t i = 0; i < sizeof(len); i++) {
        len[i] = (uint8_t) ((uint64_t) text.len >> (56 - 8 * i));
    }

    return EVP_DigestUpdate(keyring->sum, len, sizeof(len)) == 1
           && EVP_DigestUpdate(keyring->sum, text.data, text.len) == 1;
}
