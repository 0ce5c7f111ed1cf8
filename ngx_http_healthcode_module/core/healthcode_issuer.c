/*
 * An issuer: what its codes look like and which keys sign them.  Picks the
 * key and has the signature verified.  Knows no time and no files.
 * docs/token-format.md, "Issuers and keys".
 */

#include "healthcode_issuer.h"


static bool healthcode_issuer_accepts_type(const healthcode_issuer_t *issuer,
    const healthcode_token_t *token);
static bool healthcode_issuer_key_fits(const healthcode_key_t *key,
    const healthcode_token_t *token);


healthcode_reason_e
healthcode_issuer_verify(const healthcode_issuer_t *issuer,
    const healthcode_token_t *token, const healthcode_key_t **signer)
{
    size_t                         i, tries = 0;
    const healthcode_key_t        *key;
    const healthcode_algorithm_t  *algorithm;

    if (!healthcode_issuer_accepts_type(issuer, token)) {
        return HEALTHCODE_REASON_TYPE;
    }

    algorithm = healthcode_algorithm_find(token->alg);

    if (algorithm == NULL
        || !(healthcode_keyring_algorithms(issuer->keyring)
             & healthcode_algorithm_bit(algorithm)))
    {
        return HEALTHCODE_REASON_ALGORITHM;
    }

    for (i = 0; (key = healthcode_keyring_at(issuer->keyring, i)) != NULL; i++)
    {
        if (key->algorithm != algorithm
            || !healthcode_issuer_key_fits(key, token))
        {
            continue;
        }

        if (tries++ == HEALTHCODE_ISSUER_TRIES_MAX) {
            break;
        }

        if (healthcode_signature_verify(key, token->signed_text,
                                        token->signature))
        {
            *signer = key;
            return HEALTHCODE_REASON_OK;
        }
    }

    return tries ? HEALTHCODE_REASON_SIGNATURE : HEALTHCODE_REASON_KEY;
}


static bool
healthcode_issuer_accepts_type(const healthcode_issuer_t *issuer,
    const healthcode_token_t *token)
{
    if (issuer->type_any) {
        return true;
    }

    if (token->typ.data == NULL) {
        return issuer->type_none;
    }

    for (size_t i = 0; i < issuer->ntypes; i++) {
        if (healthcode_token_type_is(token, issuer->types[i])) {
            return true;
        }
    }

    return false;
}


static bool
healthcode_issuer_key_fits(const healthcode_key_t *key,
    const healthcode_token_t *token)
{
    return token->kid.data == NULL || key->kid.data == NULL
           || healthcode_str_equal(key->kid, token->kid);
}
