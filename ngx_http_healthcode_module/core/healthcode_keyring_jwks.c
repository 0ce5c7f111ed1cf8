/*
 * JWK sets (RFC 7517) -> keys of a set.  Knows no: token, claims, file.
 * docs/token-format.md, "Keys".
 */

#include <openssl/crypto.h>
#include <stdlib.h>

#include "healthcode_keyring_private.h"


/* A JWK, and what is said of it. */
typedef struct {
    yyjson_val  *object;
    size_t       offset;    /* in the text */
    const char  *kid;       /* NULL: has none */
    const char  *name;      /* for messages */
} healthcode_keyring_jwk_t;


static bool healthcode_keyring_read_set(healthcode_keyring_t *keyring,
    yyjson_val *root);
static bool healthcode_keyring_is_jwk(yyjson_val *object);
static bool healthcode_keyring_read_jwk(healthcode_keyring_t *keyring,
    yyjson_val *root, yyjson_val *object);
static bool healthcode_keyring_load_jwk(healthcode_keyring_t *keyring,
    const healthcode_keyring_jwk_t *jwk);
static bool healthcode_keyring_load_row(healthcode_keyring_t *keyring,
    const healthcode_keyring_jwk_t *jwk, const healthcode_algorithm_t *row,
    const char **wrong);
static bool healthcode_keyring_load_leaf(healthcode_keyring_t *keyring,
    const healthcode_keyring_jwk_t *jwk);
static bool healthcode_keyring_is_meant(const healthcode_keyring_t *keyring,
    const healthcode_algorithm_t *row, yyjson_val *jwk);
static bool healthcode_keyring_has_good_kid(
    const healthcode_keyring_jwk_t *jwk);
static bool healthcode_keyring_is_for_verifying(yyjson_val *jwk);
static bool healthcode_keyring_fits(const healthcode_keyring_t *keyring,
    const healthcode_algorithm_t *row, yyjson_val *jwk);


bool
healthcode_keyring_read_jwks(healthcode_keyring_t *keyring)
{
    bool         ok;
    void        *memory;
    size_t       offset = 0, size = healthcode_json_memory(keyring->text.len);
    yyjson_val  *root;

    memory = malloc(size);

    if (memory == NULL) {
        return healthcode_keyring_fail_whole(keyring, "no memory");
    }

    root = healthcode_json_read_at(keyring->text, memory, size, &offset);

    if (root) {
        ok = healthcode_keyring_objects_are_public(keyring, root)
             && healthcode_keyring_read_set(keyring, root);
    } else {
        ok = healthcode_keyring_names_are_public(keyring)
             && healthcode_keyring_fail(keyring, offset, NULL,
                                        "it is not strict JSON");
    }

    OPENSSL_cleanse(memory, size);
    free(memory);

    return ok;
}


static bool
healthcode_keyring_read_set(healthcode_keyring_t *keyring, yyjson_val *root)
{
    size_t       i, n;
    yyjson_val  *jwk, *keys = yyjson_obj_get(root, "keys");

    if (keys == NULL && !healthcode_keyring_is_jwk(root)) {
        return healthcode_keyring_object_is_public(keyring, root, root)
               && healthcode_keyring_fail_whole(keyring, "it has neither "
                                                "\"keys\", as a JWK set, nor "
                                                "\"kty\", as a JWK");
    }

    if (keys == NULL) {
        return healthcode_keyring_object_is_public(keyring, root, root)
               && healthcode_keyring_read_jwk(keyring, root, root);
    }

    if (!yyjson_is_arr(keys)) {
        return healthcode_keyring_fail_whole(keyring,
                                             "\"keys\" is not an array");
    }

    /* what else is wrong must not hide that one of them is private */

    yyjson_arr_foreach(keys, i, n, jwk) {
        if (!healthcode_keyring_object_is_public(keyring, root, jwk)) {
            return false;
        }
    }

    yyjson_arr_foreach(keys, i, n, jwk) {
        if (!healthcode_keyring_read_jwk(keyring, root, jwk)) {
            return false;
        }
    }

    return true;
}


static bool
healthcode_keyring_is_jwk(yyjson_val *object)
{
    return yyjson_obj_get(object, "kty") || yyjson_obj_get(object, "x5c");
}


static bool
healthcode_keyring_read_jwk(healthcode_keyring_t *keyring, yyjson_val *root,
    yyjson_val *object)
{
    healthcode_keyring_jwk_t  jwk = { .object = object };

    if (!yyjson_is_obj(object)) {
        return healthcode_keyring_skip(keyring, HEALTHCODE_KEYRING_NOWHERE,
                                       NULL, "a member of \"keys\" is not an "
                                       "object");
    }

    jwk.offset = healthcode_json_offset(keyring->text, root, object);
    jwk.kid = (const char *) healthcode_json_text(
                              healthcode_keyring_member(object, "kid")).data;
    jwk.name = jwk.kid ? jwk.kid : "without kid";

    return !healthcode_keyring_is_for_verifying(object)
           || healthcode_keyring_load_jwk(keyring, &jwk);
}


/* A key without "alg" serves each algorithm of the rules that it fits. */
static bool
healthcode_keyring_load_jwk(healthcode_keyring_t *keyring,
    const healthcode_keyring_jwk_t *jwk)
{
    size_t                         before = keyring->nkeys;
    const char                    *wrong = NULL, *note;
    const healthcode_algorithm_t  *row;

    if (healthcode_keyring_has_x5c_alone(jwk->object)) {
        return healthcode_keyring_load_leaf(keyring, jwk);
    }

    for (size_t i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {

        if (!healthcode_keyring_fits(keyring, row, jwk->object)) {
            continue;
        }

        if (!healthcode_keyring_has_good_kid(jwk)) {
            return healthcode_keyring_skip(keyring, jwk->offset, NULL,
                                           healthcode_keyring_bad_kid);
        }

        if (!healthcode_keyring_load_row(keyring, jwk, row, &wrong)) {
            return healthcode_keyring_fail_whole(keyring, "no memory");
        }
    }

    if (keyring->nkeys > before) {
        keyring->nread++;
        note = keyring->keys[before].note;

        if (note) {
            healthcode_keyring_accept(keyring, jwk->offset, jwk->name, note);
        }

        return true;
    }

    return wrong == NULL
           || healthcode_keyring_skip(keyring, jwk->offset, jwk->name, wrong);
}


/*
 * Adds jwk as a key of row, or sets *wrong, unless it is set already, to why it
 * is not one.  False: there is no memory.
 */
static bool
healthcode_keyring_load_row(healthcode_keyring_t *keyring,
    const healthcode_keyring_jwk_t *jwk, const healthcode_algorithm_t *row,
    const char **wrong)
{
    const char        *why;
    healthcode_key_t  *key = healthcode_keyring_push(keyring, row, jwk->kid);

    if (key == NULL) {
        return false;
    }

    why = healthcode_key_from_jwk(key, jwk->object,
                                  healthcode_keyring_sm2_id(keyring));

    if (why == NULL) {
        why = healthcode_keyring_check_x5c(key, jwk->object);
    }

    healthcode_keyring_settle(keyring, why, wrong);

    return true;
}


/* The key of the certificate in a JWK that has no members of its own. */
static bool
healthcode_keyring_load_leaf(healthcode_keyring_t *keyring,
    const healthcode_keyring_jwk_t *jwk)
{
    size_t                         i;
    const healthcode_algorithm_t  *row;
    healthcode_keyring_public_t    at = { .offset = jwk->offset };

    at.name = jwk->name;
    at.kid = jwk->kid;

    for (i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        if (healthcode_keyring_is_meant(keyring, row, jwk->object)) {
            at.bits |= healthcode_algorithm_bit(row);
        }
    }

    if (!healthcode_keyring_has_good_kid(jwk)) {
        return healthcode_keyring_skip(keyring, jwk->offset, NULL,
                                       healthcode_keyring_bad_kid);
    }

    return healthcode_keyring_load_x5c(keyring, &at, jwk->object);
}


static bool
healthcode_keyring_has_good_kid(const healthcode_keyring_jwk_t *jwk)
{
    return healthcode_keyring_member(jwk->object, "kid") == NULL
           || (jwk->kid && healthcode_keyring_is_printable(jwk->kid));
}


static bool
healthcode_keyring_is_for_verifying(yyjson_val *jwk)
{
    size_t       i, n;
    yyjson_val  *op, *ops, *use;

    use = healthcode_keyring_member(jwk, "use");

    if (use && !yyjson_equals_str(use, "sig")) {
        return false;
    }

    ops = healthcode_keyring_member(jwk, "key_ops");

    if (ops == NULL) {
        return true;
    }

    yyjson_arr_foreach(ops, i, n, op) {
        if (yyjson_equals_str(op, "verify")) {
            return true;
        }
    }

    return false;
}


static bool
healthcode_keyring_fits(const healthcode_keyring_t *keyring,
    const healthcode_algorithm_t *row, yyjson_val *jwk)
{
    return healthcode_keyring_member(jwk, "kty")
           && healthcode_keyring_is_meant(keyring, row, jwk)
           && healthcode_algorithm_has_curve(row,
                          healthcode_json_text(yyjson_obj_get(jwk, "crv")));
}


/* Whether the rules, "kty" if there is one, and "alg" permit row. */
static bool
healthcode_keyring_is_meant(const healthcode_keyring_t *keyring,
    const healthcode_algorithm_t *row, yyjson_val *jwk)
{
    yyjson_val                        *alg, *kty;
    const healthcode_algorithm_set_t  *set = &keyring->rules->algorithms;

    alg = healthcode_keyring_member(jwk, "alg");
    kty = healthcode_keyring_member(jwk, "kty");

    if (!(set->bits & healthcode_algorithm_bit(row))
        || (kty && !yyjson_equals_str(kty, row->kty)))
    {
        return false;
    }

    return alg == NULL
           || healthcode_algorithm_set_find(set, healthcode_json_text(alg))
              == row;
}
