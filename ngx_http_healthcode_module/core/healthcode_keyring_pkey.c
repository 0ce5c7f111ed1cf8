/*
 * Public keys as OpenSSL has them, from PEM, DER or a certificate -> keys of a
 * set.  Knows no: token, claims, file, JSON.  docs/token-format.md, "Keys".
 */

#include "healthcode_keyring_private.h"


static bool healthcode_keyring_load_row(healthcode_keyring_t *keyring,
    const healthcode_keyring_public_t *at, EVP_PKEY *pkey,
    const healthcode_algorithm_t *row, const char **wrong);


/*
 * Such a key has no "alg": it serves each algorithm that it may be for and
 * fits.
 */
bool
healthcode_keyring_load_public(healthcode_keyring_t *keyring,
    const healthcode_keyring_public_t *at, EVP_PKEY *pkey)
{
    bool                           ok = true;
    size_t                         before = keyring->nkeys;
    const char                    *wrong = NULL;
    const healthcode_algorithm_t  *row;

    if (at->kid && !healthcode_keyring_is_printable(at->kid)
        && healthcode_keyring_fits_any(at->bits, pkey))
    {
        EVP_PKEY_free(pkey);
        return healthcode_keyring_skip(keyring, at->offset, NULL,
                                       healthcode_keyring_bad_kid);
    }

    for (size_t i = 0; ok && (row = healthcode_algorithm_at(i)) != NULL; i++) {
        if ((at->bits & healthcode_algorithm_bit(row))
            && healthcode_key_is_of(pkey, row))
        {
            ok = healthcode_keyring_load_row(keyring, at, pkey, row, &wrong);
        }
    }

    EVP_PKEY_free(pkey);

    if (!ok) {
        return healthcode_keyring_fail_whole(keyring, "no memory");
    }

    if (keyring->nkeys > before) {
        keyring->nread++;
        return true;
    }

    return wrong == NULL
           || healthcode_keyring_skip(keyring, at->offset, at->name, wrong);
}


/* As for a JWK: adds pkey as a key of row, or sets *wrong. */
static bool
healthcode_keyring_load_row(healthcode_keyring_t *keyring,
    const healthcode_keyring_public_t *at, EVP_PKEY *pkey,
    const healthcode_algorithm_t *row, const char **wrong)
{
    const char        *why;
    healthcode_key_t  *key = healthcode_keyring_push(keyring, row, at->kid);

    if (key == NULL
        || (at->alias && !healthcode_keyring_alias(keyring, at->alias))
        || EVP_PKEY_up_ref(pkey) != 1)
    {
        return false;
    }

    why = healthcode_key_from_public(key, pkey,
                                     healthcode_keyring_sm2_id(keyring));

    healthcode_keyring_settle(keyring, why, wrong);

    return true;
}


bool
healthcode_keyring_fits_any(unsigned bits, EVP_PKEY *pkey)
{
    const healthcode_algorithm_t  *row;

    for (size_t i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        if ((bits & healthcode_algorithm_bit(row))
            && healthcode_key_is_of(pkey, row))
        {
            return true;
        }
    }

    return false;
}
