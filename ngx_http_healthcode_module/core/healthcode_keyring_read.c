/*
 * JWK sets (RFC 7517) and PEM public keys (RFC 7468) -> keys of a set.
 * Knows no file and no code.  docs/token-format.md, "Keys".
 */

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "healthcode_keyring_private.h"


/* A JWK, and what is said of it. */
typedef struct {
    yyjson_val  *object;
    size_t       offset;    /* in the text */
    const char  *kid;       /* NULL: has none */
    const char  *name;      /* for messages */
} healthcode_keyring_jwk_t;


static healthcode_str_t healthcode_keyring_sm2_id(
    const healthcode_keyring_t *keyring);
static bool healthcode_keyring_sum(healthcode_keyring_t *keyring,
    healthcode_str_t text);
static bool healthcode_keyring_read_jwks(healthcode_keyring_t *keyring);
static bool healthcode_keyring_read_set(healthcode_keyring_t *keyring,
    yyjson_val *root);
static bool healthcode_keyring_read_jwk(healthcode_keyring_t *keyring,
    yyjson_val *root, yyjson_val *object);
static bool healthcode_keyring_load_jwk(healthcode_keyring_t *keyring,
    const healthcode_keyring_jwk_t *jwk);
static bool healthcode_keyring_is_public(healthcode_keyring_t *keyring,
    yyjson_val *root, yyjson_val *object);
static bool healthcode_keyring_has_private(yyjson_val *jwk);
static bool healthcode_keyring_refuse(healthcode_keyring_t *keyring,
    size_t offset, const char *kid, const char *what);
static bool healthcode_keyring_is_printable(const char *text);
static bool healthcode_keyring_is_for_verifying(yyjson_val *jwk);
static bool healthcode_keyring_choose(healthcode_keyring_t *keyring,
    yyjson_val *jwk, const healthcode_algorithm_t **chosen);
static bool healthcode_keyring_fits(const healthcode_keyring_t *keyring,
    const healthcode_algorithm_t *row, yyjson_val *jwk);
static bool healthcode_keyring_read_pem(healthcode_keyring_t *keyring);
static bool healthcode_keyring_read_block(healthcode_keyring_t *keyring,
    size_t offset, const char *name, const uint8_t *data, long len);
static bool healthcode_keyring_load_public(healthcode_keyring_t *keyring,
    size_t offset, EVP_PKEY *pkey);
static size_t healthcode_keyring_fitting(const healthcode_keyring_t *keyring,
    EVP_PKEY *pkey, const healthcode_algorithm_t **fitting);
static size_t healthcode_keyring_next_block(healthcode_str_t text, BIO *bio);
static size_t healthcode_keyring_private_block(healthcode_str_t text);


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
    bool    ok;
    size_t  before = keyring->nkeys;

    keyring->text = text;
    keyring->error = error;
    keyring->error_size = size;

    while (text.len && memchr(" \t\r\n", text.data[0], 4)) {
        text = healthcode_str_from(text.data + 1, text.len - 1);
    }

    if (text.len == 0) {
        ok = healthcode_keyring_fail_whole(keyring, "it is empty");
    } else {
        ok = (text.data[0] == '{') ? healthcode_keyring_read_jwks(keyring)
                                   : healthcode_keyring_read_pem(keyring);
    }

    if (ok && keyring->nkeys == before) {
        ok = healthcode_keyring_fail_whole(keyring, "it has no key for these "
                                           "algorithms");
    }

    if (ok && !healthcode_keyring_sum(keyring, keyring->text)) {
        ok = healthcode_keyring_fail_whole(keyring, "no memory");
    }

    /* A failure left in OpenSSL's queue would be blamed on nginx's own TLS. */
    ERR_clear_error();

    return ok;
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


static healthcode_str_t
healthcode_keyring_sm2_id(const healthcode_keyring_t *keyring)
{
    return keyring->rules->sm2_id.data ? keyring->rules->sm2_id
                                       : healthcode_str(HEALTHCODE_KEY_SM2_ID);
}


static bool
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

    ok = root ? healthcode_keyring_read_set(keyring, root)
              : healthcode_keyring_fail(keyring, offset, NULL,
                                        "it is no strict JSON");

    OPENSSL_cleanse(memory, size);
    free(memory);

    return ok;
}


static bool
healthcode_keyring_read_set(healthcode_keyring_t *keyring, yyjson_val *root)
{
    size_t       i, n;
    yyjson_val  *jwk, *keys = yyjson_obj_get(root, "keys");

    if (keys == NULL) {
        return healthcode_keyring_is_public(keyring, root, root)
               && healthcode_keyring_read_jwk(keyring, root, root);
    }

    if (!yyjson_is_arr(keys)) {
        return healthcode_keyring_fail_whole(keyring, "\"keys\" is no array");
    }

    /* what else is wrong must not hide that one of them is private */

    yyjson_arr_foreach(keys, i, n, jwk) {
        if (!healthcode_keyring_is_public(keyring, root, jwk)) {
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
healthcode_keyring_read_jwk(healthcode_keyring_t *keyring, yyjson_val *root,
    yyjson_val *object)
{
    yyjson_val                *member = yyjson_obj_get(object, "kid");
    healthcode_keyring_jwk_t   jwk = { .object = object };

    if (!yyjson_is_obj(object)) {
        return healthcode_keyring_fail_whole(keyring, "a member of \"keys\" is "
                                             "no object");
    }

    jwk.offset = healthcode_json_offset(keyring->text, root, object);
    jwk.kid = (const char *) healthcode_json_text(member).data;
    jwk.name = jwk.kid ? jwk.kid : "without kid";

    if (member
        && (jwk.kid == NULL || !healthcode_keyring_is_printable(jwk.kid)))
    {
        return healthcode_keyring_fail(keyring, jwk.offset, NULL,
                                       "a \"kid\" is no string, or has control "
                                       "characters");
    }

    return !healthcode_keyring_is_for_verifying(object)
           || healthcode_keyring_load_jwk(keyring, &jwk);
}


static bool
healthcode_keyring_load_jwk(healthcode_keyring_t *keyring,
    const healthcode_keyring_jwk_t *jwk)
{
    const char                    *wrong;
    healthcode_key_t              *key;
    const healthcode_algorithm_t  *algorithm;

    if (!healthcode_keyring_choose(keyring, jwk->object, &algorithm)) {
        return healthcode_keyring_fail(keyring, jwk->offset, jwk->name,
                                       "several algorithms fit it; add an "
                                       "\"alg\" member");
    }

    if (algorithm == NULL) {
        return true;
    }

    key = healthcode_keyring_push(keyring, algorithm, jwk->kid);

    wrong = key ? healthcode_key_from_jwk(key, jwk->object,
                                          healthcode_keyring_sm2_id(keyring))
                : "no memory";

    return wrong == NULL
           || healthcode_keyring_fail(keyring, jwk->offset, jwk->name, wrong);
}


static bool
healthcode_keyring_is_public(healthcode_keyring_t *keyring, yyjson_val *root,
    yyjson_val *object)
{
    const char  *kid;

    if (!healthcode_keyring_has_private(object)) {
        return true;
    }

    kid = (const char *) healthcode_json_text(yyjson_obj_get(object,
                                                             "kid")).data;

    if (kid == NULL || !healthcode_keyring_is_printable(kid)) {
        kid = "without kid";
    }

    return healthcode_keyring_refuse(keyring,
                                     healthcode_json_offset(keyring->text,
                                                            root, object),
                                     kid, "it is a private key; write only "
                                     "its public members here");
}


/* RFC 7518 section 6.3.2: who has one of these of an RSA key has all of it. */
static bool
healthcode_keyring_has_private(yyjson_val *jwk)
{
    static const char  *const names[] = { "d", "p", "q", "dp", "dq", "qi" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (yyjson_obj_get(jwk, names[i])) {
            return true;
        }
    }

    return false;
}


static bool
healthcode_keyring_refuse(healthcode_keyring_t *keyring, size_t offset,
    const char *kid, const char *what)
{
    keyring->is_private = true;

    return healthcode_keyring_fail(keyring, offset, kid, what);
}


/* A kid goes into logs, where a new line would be a line of its own. */
static bool
healthcode_keyring_is_printable(const char *text)
{
    for ( /* void */ ; *text; text++) {
        if ((unsigned char) *text < ' ' || *text == 0x7f) {
            return false;
        }
    }

    return true;
}


static bool
healthcode_keyring_is_for_verifying(yyjson_val *jwk)
{
    size_t       i, n;
    yyjson_val  *op, *ops, *use;

    use = yyjson_obj_get(jwk, "use");

    if (use && !yyjson_equals_str(use, "sig")) {
        return false;
    }

    ops = yyjson_obj_get(jwk, "key_ops");

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


/*
 * Sets *chosen to the row that jwk belongs to, or to NULL where there is none;
 * false where several rows fit and nothing says which.
 */
static bool
healthcode_keyring_choose(healthcode_keyring_t *keyring, yyjson_val *jwk,
    const healthcode_algorithm_t **chosen)
{
    size_t                         i;
    const healthcode_algorithm_t  *row;

    *chosen = NULL;

    for (i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {

        if (!healthcode_keyring_fits(keyring, row, jwk)) {
            continue;
        }

        if (*chosen) {
            return false;
        }

        *chosen = row;
    }

    return true;
}


static bool
healthcode_keyring_fits(const healthcode_keyring_t *keyring,
    const healthcode_algorithm_t *row, yyjson_val *jwk)
{
    yyjson_val                        *alg = yyjson_obj_get(jwk, "alg");
    const healthcode_algorithm_set_t  *set = &keyring->rules->algorithms;

    if (!(set->bits & healthcode_algorithm_bit(row))
        || !yyjson_equals_str(yyjson_obj_get(jwk, "kty"), row->kty)
        || (row->crv
            && !yyjson_equals_str(yyjson_obj_get(jwk, "crv"), row->crv)))
    {
        return false;
    }

    return alg == NULL
           || healthcode_algorithm_set_find(set, healthcode_json_text(alg))
              == row;
}


static bool
healthcode_keyring_read_pem(healthcode_keyring_t *keyring)
{
    BIO               *bio;
    bool               ok = true;
    char              *name, *header;
    long               len;
    size_t             offset, before = keyring->nkeys;
    uint8_t           *data;
    healthcode_str_t   text = keyring->text;

    if (text.len > INT32_MAX) {
        return healthcode_keyring_fail_whole(keyring, "it is too large");
    }

    offset = healthcode_keyring_private_block(text);

    if (offset != HEALTHCODE_KEYRING_NOWHERE) {
        return healthcode_keyring_refuse(keyring, offset, NULL, "it is a "
                                         "private key; write only its public "
                                         "half here");
    }

    bio = BIO_new_mem_buf(text.data, (int) text.len);
    offset = healthcode_keyring_next_block(text, bio);

    while (ok && PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
        ok = healthcode_keyring_read_block(keyring, offset, name, data, len);

        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t) len);

        offset = healthcode_keyring_next_block(text, bio);
    }

    BIO_free(bio);

    if (ok && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        return healthcode_keyring_fail(keyring, offset, NULL,
                                       "a PEM block in it is broken");
    }

    if (ok && keyring->nkeys == before) {
        return healthcode_keyring_fail_whole(keyring, "it is neither a JWK "
                                             "set nor a PEM \"PUBLIC KEY\" "
                                             "for these algorithms");
    }

    return ok;
}


/* Where the next block begins; HEALTHCODE_KEYRING_NOWHERE: there is none. */
static size_t
healthcode_keyring_next_block(healthcode_str_t text, BIO *bio)
{
    size_t       offset, left = BIO_ctrl_pending(bio);
    const char   begin[] = "-----BEGIN";

    for (offset = text.len - left; offset + sizeof(begin) <= text.len; offset++)
    {
        if (memcmp(text.data + offset, begin, sizeof(begin) - 1) == 0) {
            return offset;
        }
    }

    return HEALTHCODE_KEYRING_NOWHERE;
}


/*
 * Where a block of a private key begins, whole or not, by its first line alone;
 * HEALTHCODE_KEYRING_NOWHERE: there is none.
 */
static size_t
healthcode_keyring_private_block(healthcode_str_t text)
{
    size_t       begun = HEALTHCODE_KEYRING_NOWHERE;
    const char   begin[] = "-----BEGIN", name[] = "PRIVATE KEY";

    for (size_t i = 0; i + sizeof(name) <= text.len; i++) {

        if (text.data[i] == '\n') {
            begun = HEALTHCODE_KEYRING_NOWHERE;

        } else if (begun == HEALTHCODE_KEYRING_NOWHERE) {

            if (memcmp(text.data + i, begin, sizeof(begin) - 1) == 0) {
                begun = i;
            }

        } else if (memcmp(text.data + i, name, sizeof(name) - 1) == 0) {
            return begun;
        }
    }

    return HEALTHCODE_KEYRING_NOWHERE;
}


static bool
healthcode_keyring_read_block(healthcode_keyring_t *keyring, size_t offset,
    const char *name, const uint8_t *data, long len)
{
    EVP_PKEY  *pkey;

    if (strcmp(name, PEM_STRING_PUBLIC) == 0) {
        pkey = d2i_PUBKEY(NULL, &data, len);

    } else if (strcmp(name, PEM_STRING_RSA_PUBLIC) == 0) {
        pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &data, len);

    } else {
        return true;
    }

    if (pkey == NULL) {
        return healthcode_keyring_fail(keyring, offset, NULL,
                                       "a PEM block in it is broken");
    }

    return healthcode_keyring_load_public(keyring, offset, pkey);
}


static bool
healthcode_keyring_load_public(healthcode_keyring_t *keyring, size_t offset,
    EVP_PKEY *pkey)
{
    size_t                         n;
    const char                    *wrong;
    healthcode_key_t              *key;
    const healthcode_algorithm_t  *algorithm;

    n = healthcode_keyring_fitting(keyring, pkey, &algorithm);

    if (n != 1) {
        EVP_PKEY_free(pkey);

        return n == 0
               || healthcode_keyring_fail(keyring, offset, NULL, "several "
                              "algorithms fit a PEM key in it; write it as a "
                              "JWK with an \"alg\" member, or name one "
                              "algorithm");
    }

    key = healthcode_keyring_push(keyring, algorithm, NULL);

    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return healthcode_keyring_fail(keyring, offset, NULL, "no memory");
    }

    wrong = healthcode_key_from_public(key, pkey,
                                       healthcode_keyring_sm2_id(keyring));

    return wrong == NULL
           || healthcode_keyring_fail(keyring, offset, NULL, wrong);
}


/* How many rows of the rules fit; *fitting is the last of them. */
static size_t
healthcode_keyring_fitting(const healthcode_keyring_t *keyring, EVP_PKEY *pkey,
    const healthcode_algorithm_t **fitting)
{
    size_t                         i, n = 0;
    unsigned                       bits = keyring->rules->algorithms.bits;
    const healthcode_algorithm_t  *row;

    for (i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        if ((bits & healthcode_algorithm_bit(row))
            && row->family != HEALTHCODE_ALGORITHM_HMAC
            && healthcode_key_is_of(pkey, row))
        {
            *fitting = row;
            n++;
        }
    }

    return n;
}
