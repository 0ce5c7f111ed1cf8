/*
 * Fuzzes healthcode_keyring.c, with the set of algorithms in the first byte:
 * no key of another algorithm gets in, none believes a made-up signature, and
 * what is said of skipped keys fits into a line.
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
    if (key->algorithm->family != &healthcode_family_eddsa) {
        fuzz_must(!healthcode_signature_verify(key, text,
                                               healthcode_str_from(zeros, 64)));
    }
}


/* What is said of skipped keys goes into a log: one line, and never empty. */
static void
check_remarks(const healthcode_keyring_t *keyring, size_t size)
{
    char                                text[96];
    size_t                              i, skipped = 0;
    const healthcode_keyring_remark_t  *remark;

    for (i = 0; (remark = healthcode_keyring_remark_at(keyring, i)); i++) {
        skipped += remark->is_skipped;
        fuzz_must(remark->why && remark->why[0] && remark->text == 0);
        fuzz_must(remark->line <= size + 1);
        fuzz_must(memchr(remark->kid, '\0', sizeof(remark->kid)) != NULL);

        for (const char *p = remark->kid; *p; p++) {
            fuzz_must((unsigned char) *p >= ' ' && *p != 0x7f);
        }

        healthcode_keyring_remark_text(remark, text, sizeof(text));
        fuzz_must(text[0] && memchr(text, '\0', sizeof(text)) != NULL);
    }

    fuzz_must(skipped <= healthcode_keyring_skipped(keyring));
    fuzz_must(healthcode_keyring_skipped(keyring)
              <= healthcode_keyring_remarks(keyring));
    fuzz_must(i == HEALTHCODE_KEYRING_REMARKS_MAX
              || (i == healthcode_keyring_remarks(keyring)
                  && skipped == healthcode_keyring_skipped(keyring)));
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
    healthcode_keyring_rules_t  rules = { .now = 1 };

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
    fuzz_must(healthcode_keyring_count(keyring) > 0
              && healthcode_keyring_count(keyring) <= i);
    check_remarks(keyring, size);
    fuzz_must(ERR_peek_error() == 0);
    healthcode_keyring_free(keyring);

    return 0;
}
