/*
 * One key: from a JWK or from a parsed public key to all that verifying takes,
 * checked; its family does the work.  Knows no: token, claims, file.
 * docs/token-format.md, "Keys".
 */

#include <stdlib.h>

#include "healthcode_family.h"


static bool healthcode_key_thumbprint(healthcode_key_t *key);


bool
healthcode_key_scratch_prepare(healthcode_key_scratch_t *scratch,
    const healthcode_algorithm_t *algorithm)
{
    if (scratch->md) {
        return true;
    }

    if (algorithm->digest && scratch->digest == NULL) {
        scratch->digest = EVP_MD_fetch(NULL, algorithm->digest, NULL);
        if (scratch->digest == NULL) {
            return false;
        }
    }

    scratch->md = EVP_MD_CTX_new();

    return scratch->md != NULL;
}


void
healthcode_key_scratch_free(healthcode_key_scratch_t *scratch)
{
    EVP_MD_CTX_free(scratch->md);
    EVP_MD_free(scratch->digest);
}


void
healthcode_key_free(healthcode_key_t *key)
{
    EVP_PKEY_CTX_free(key->verify);
    EVP_MD_CTX_free(key->whole);
    EVP_MAC_CTX_free(key->mac);
    EVP_PKEY_free(key->pkey);
    free((void *) (uintptr_t) key->kid.data);
    free((void *) (uintptr_t) key->alias.data);
}


bool
healthcode_key_is_of(EVP_PKEY *pkey, const healthcode_algorithm_t *algorithm)
{
    char    group[64];
    size_t  len;

    /* a shared secret never counts as a public key, nor the reverse */
    if (algorithm->family->load == NULL
        || !EVP_PKEY_is_a(pkey, algorithm->type))
    {
        return false;
    }

    return algorithm->group == NULL
           || (EVP_PKEY_get_group_name(pkey, group, sizeof(group), &len) == 1
               && strcmp(group, algorithm->group) == 0);
}


const char *
healthcode_key_from_jwk(healthcode_key_t *key, yyjson_val *jwk,
    healthcode_str_t sm2_id)
{
    const char                 *wrong;
    const healthcode_family_t  *family = key->algorithm->family;

    if (family->load_secret) {
        return family->load_secret(key, jwk);
    }

    wrong = family->load(key, jwk);

    return wrong ? wrong : healthcode_key_from_public(key, key->pkey, sm2_id);
}


const char *
healthcode_key_from_public(healthcode_key_t *key, EVP_PKEY *pkey,
    healthcode_str_t sm2_id)
{
    const char                 *wrong;
    const healthcode_family_t  *family = key->algorithm->family;

    key->pkey = pkey;

    wrong = family->check ? family->check(key) : NULL;
    if (wrong) {
        return wrong;
    }

    if (!family->prepare(key, sm2_id) || !healthcode_key_thumbprint(key)) {
        return "OpenSSL refuses it";
    }

    return NULL;
}


static bool
healthcode_key_thumbprint(healthcode_key_t *key)
{
    char  canonical[HEALTHCODE_FAMILY_CANONICAL_MAX];

    return key->algorithm->family->members(key, canonical)
           && healthcode_family_thumbprint(key, canonical);
}
