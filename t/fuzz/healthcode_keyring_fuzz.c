/*
 * Fuzzes healthcode_keyring.c, with the set of algorithms in the first byte:
 * no key of another algorithm gets in, and none believes a made-up signature.
 * docs/token-format.md, "Keys".
 */

#include "fuzz.h"
#include "mutate.h"

#include <openssl/err.h>

#include "../../ngx_http_healthcode_module/core/healthcode_signature.h"


#define ERROR_SIZE  96


static void
check_key(const healthcode_key_t *key, unsigned allowed)
{
    static const uint8_t  zeros[64];
    healthcode_str_t      text = healthcode_str("text");

    fuzz_must(healthcode_algorithm_bit(key->algorithm) & allowed);
    fuzz_must(strlen(key->thumbprint) == HEALTHCODE_THUMBPRINT_LEN);
    fuzz_must(strspn(key->thumbprint, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
                                      "mnopqrstuvwxyz0123456789-_")
              == HEALTHCODE_THUMBPRINT_LEN);
    fuzz_must(key->kid.data != NULL || key->kid.len == 0);

    fuzz_must(!healthcode_signature_verify(key, text,
                                           healthcode_str_from(zeros, 0)));
    fuzz_must(!healthcode_signature_verify(key, text,
                                           healthcode_str_from(zeros, 32)));

    /* an operator's weak Ed25519 point may hold for all of zero */
    if (key->algorithm->family != HEALTHCODE_ALGORITHM_EDDSA) {
        fuzz_must(!healthcode_signature_verify(key, text,
                                               healthcode_str_from(zeros, 64)));
    }
}


/* A bit of byte stands for some of the algorithms. */
static unsigned
algorithms(uint8_t byte)
{
    unsigned                  set = 0;
    static const char *const  names[8][3] = {
        { "HS256" }, { "ES256" }, { "EdDSA" }, { "RS256" }, { "PS256" },
        { "ES384", "HS384" }, { "SGD_SM3_SM2" }, { "ES512", "HS512", "RS512" },
    };

    for (size_t i = 0; i < 8; i++) {
        for (size_t n = 0; (byte >> i & 1) && n < 3 && names[i][n]; n++) {
            set |= healthcode_algorithm_bit(healthcode_algorithm_find(
                                 healthcode_str_from(names[i][n],
                                                     strlen(names[i][n]))));
        }
    }

    return set;
}


/* Behind the set of algorithms. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return mutate_json(data, 1, size, max, seed);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                    *error;
    size_t                   i;
    unsigned                 seen = 0, allowed;
    const healthcode_key_t  *key;
    healthcode_keyring_t    *keyring;
    healthcode_keyring_rules_t  rules = { .algorithms.bits = 0 };

    allowed = algorithms(fuzz_byte(&data, &size));
    rules.algorithms.bits = allowed;

    if (size > 16384) {
        return 0;
    }

    error = (char *) guard_room(1, ERROR_SIZE);
    keyring = healthcode_keyring_create(guard(0, data, size), &rules, error,
                                        ERROR_SIZE);
    fuzz_must(ERR_peek_error() == 0);

    if (keyring == NULL) {
        fuzz_must(memchr(error, '\0', ERROR_SIZE) != NULL && error[0]);
        return 0;
    }

    for (i = 0; (key = healthcode_keyring_at(keyring, i)) != NULL; i++) {
        seen |= healthcode_algorithm_bit(key->algorithm);

        /* crypto is slow: the first will do */
        if (i < 2) {
            check_key(key, allowed);
        }
    }

    fuzz_must(i > 0 && healthcode_keyring_algorithms(keyring) == seen
              && (seen & ~allowed) == 0);
    fuzz_must(ERR_peek_error() == 0);
    healthcode_keyring_free(keyring);

    return 0;
}
