/*
 * Private keys made, and read from and written as a JWK (RFC 7517).
 * Knows no type of key from inside, and no files.
 * docs/token-format.md, "Keys".
 */

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/healthcode_base64url.h"
#include "healthcode_jwk_private.h"


static const healthcode_jwk_type_t  *const healthcode_jwk_types[] = {
    &healthcode_jwk_oct, &healthcode_jwk_rsa, &healthcode_jwk_ec,
    &healthcode_jwk_okp
};


static const healthcode_jwk_type_t *healthcode_jwk_type(
    const healthcode_algorithm_t *algorithm);
static const char *healthcode_jwk_read_object(yyjson_val *object,
    const healthcode_algorithm_t *algorithm, healthcode_jwk_t *jwk);
static const char *healthcode_jwk_choose(yyjson_val *object,
    const healthcode_algorithm_t *algorithm, healthcode_jwk_t *jwk);
static const char *healthcode_jwk_name(const healthcode_algorithm_t *algorithm,
    healthcode_str_t name);
static bool healthcode_jwk_read_kid(healthcode_jwk_t *jwk, yyjson_val *object);
static bool healthcode_jwk_add(const healthcode_jwk_t *jwk, bool secret,
    yyjson_mut_doc *doc, yyjson_mut_val *object);
static bool healthcode_jwk_add_member(const healthcode_jwk_member_t *member,
    yyjson_mut_doc *doc, yyjson_mut_val *object);


static const healthcode_jwk_type_t *
healthcode_jwk_type(const healthcode_algorithm_t *algorithm)
{
    size_t  i, last = sizeof(healthcode_jwk_types)
                      / sizeof(healthcode_jwk_types[0]) - 1;

    for (i = 0; i < last; i++) {
        if (strcmp(algorithm->kty, healthcode_jwk_types[i]->kty) == 0) {
            break;
        }
    }

    return healthcode_jwk_types[i];
}


bool
healthcode_jwk_generate(healthcode_str_t alg, size_t bits,
    healthcode_jwk_t *jwk)
{
    EVP_PKEY                      *pkey = NULL;
    const healthcode_algorithm_t  *algorithm;

    algorithm = healthcode_algorithm_find(alg);

    if (algorithm) {
        pkey = healthcode_jwk_type(algorithm)->generate(algorithm, bits);
    }

    if (pkey == NULL) {
        return false;
    }

    jwk->algorithm = algorithm;
    jwk->alg = healthcode_jwk_name(algorithm, alg);
    jwk->kid = NULL;
    jwk->pkey = pkey;

    return true;
}


void
healthcode_jwk_free(healthcode_jwk_t *jwk)
{
    EVP_PKEY_free(jwk->pkey);
    free(jwk->kid);
    memset(jwk, 0, sizeof(healthcode_jwk_t));
}


bool
healthcode_jwk_read(healthcode_str_t text,
    const healthcode_algorithm_t *algorithm, healthcode_jwk_t *jwk, char *error,
    size_t size)
{
    void              *memory;
    size_t             len = healthcode_json_memory(text.len);
    yyjson_val        *object;
    const char        *wrong = "it is neither a JWK nor PEM; \"healthcode "
                               "keygen\" makes a JWK";
    healthcode_jwk_t   new = { .kid = NULL };

    memory = malloc(len);
    object = memory ? healthcode_json_read(text, memory, len) : NULL;

    if (object) {
        wrong = healthcode_jwk_read_object(object, algorithm, &new);
    }

    if (memory) {
        OPENSSL_cleanse(memory, len);
        free(memory);
    }

    ERR_clear_error();

    if (wrong) {
        healthcode_jwk_free(&new);
        snprintf(error, size, "%s", wrong);
        return false;
    }

    *jwk = new;

    return true;
}


/* NULL: *jwk is written; else what is wrong. */
static const char *
healthcode_jwk_read_object(yyjson_val *object,
    const healthcode_algorithm_t *algorithm, healthcode_jwk_t *jwk)
{
    const char                   *wrong;
    const healthcode_jwk_type_t  *type;

    if (yyjson_obj_get(object, "keys")) {
        return "it is a JWK set, not one private JWK";
    }

    wrong = healthcode_jwk_choose(object, algorithm, jwk);
    if (wrong) {
        return wrong;
    }

    type = healthcode_jwk_type(jwk->algorithm);

    if (yyjson_obj_get(object, type->secret) == NULL) {
        return "it has no private member; name the file that --private wrote";
    }

    if (!healthcode_jwk_read_kid(jwk, object)) {
        return "its \"kid\" is not a string";
    }

    wrong = type->load(jwk->algorithm, object, &jwk->pkey);

    /* a shared secret has no public half; its length is looked at above */
    return (wrong || jwk->algorithm->secret_min)
           ? wrong : healthcode_jwk_refused(jwk);
}


/* Sets the algorithm, by the members that name it, or says what is wrong. */
static const char *
healthcode_jwk_choose(yyjson_val *object,
    const healthcode_algorithm_t *algorithm, healthcode_jwk_t *jwk)
{
    size_t                         i, n = 0;
    yyjson_val                    *alg = yyjson_obj_get(object, "alg");
    yyjson_val                    *crv = yyjson_obj_get(object, "crv");
    yyjson_val                    *kty = yyjson_obj_get(object, "kty");
    healthcode_str_t               name = healthcode_json_text(alg);
    const healthcode_algorithm_t  *row;

    for (i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        if (yyjson_equals_str(kty, row->kty)
            && healthcode_algorithm_has_curve(row, healthcode_json_text(crv))
            && (alg ? healthcode_algorithm_find(name) == row
                    : algorithm == NULL || algorithm == row))
        {
            jwk->algorithm = row;
            jwk->alg = healthcode_jwk_name(row, name);
            n++;
        }
    }

    if (n > 1) {
        return "it has no \"alg\", and several algorithms fit it; add --alg";
    }

    return n ? NULL : "its \"kty\", \"crv\" and \"alg\" name no algorithm "
                      "known here, or not that of --alg";
}


/* Of the one or two names of algorithm the one that is name. */
static const char *
healthcode_jwk_name(const healthcode_algorithm_t *algorithm,
    healthcode_str_t name)
{
    const char  *also = algorithm->also;

    return (also && healthcode_str_equal(name, healthcode_str_from(also,
                                                            strlen(also))))
           ? also : algorithm->name;
}


static bool
healthcode_jwk_read_kid(healthcode_jwk_t *jwk, yyjson_val *object)
{
    healthcode_str_t  kid;

    switch (healthcode_json_string(object, "kid", &kid)) {

    case 0:
        return true;

    case 1:
        jwk->kid = strdup((const char *) kid.data);
        return jwk->kid != NULL;

    default:
        return false;
    }
}


bool
healthcode_jwk_member(yyjson_val *object, const char *name, uint8_t *dst,
    size_t *len)
{
    healthcode_str_t  text;

    return healthcode_json_string(object, name, &text) == 1
           && healthcode_base64url_decoded_len(text.len)
              <= HEALTHCODE_JWK_MEMBER_MAX
           && healthcode_base64url_decode(text, dst, len);
}


EVP_PKEY *
healthcode_jwk_from_params(const char *type, OSSL_PARAM *params)
{
    bool           ok;
    EVP_PKEY      *pkey = NULL;
    EVP_PKEY_CTX  *ctx;

    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    ok = ctx && params && EVP_PKEY_fromdata_init(ctx) == 1
         && EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) == 1
         && healthcode_jwk_is_pair(pkey);

    EVP_PKEY_CTX_free(ctx);

    if (!ok) {
        EVP_PKEY_free(pkey);
        return NULL;
    }

    return pkey;
}


bool
healthcode_jwk_is_pair(EVP_PKEY *pkey)
{
    bool           ok;
    EVP_PKEY_CTX  *check = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

    ok = check && EVP_PKEY_check(check) == 1;
    EVP_PKEY_CTX_free(check);

    return ok;
}


const char *
healthcode_jwk_refused(const healthcode_jwk_t *jwk)
{
    const char                *wrong = "OpenSSL refuses it";
    healthcode_key_t           key = { .algorithm = jwk->algorithm };
    healthcode_key_scratch_t   scratch = { NULL, NULL };

    key.scratch = &scratch;

    if (healthcode_key_scratch_prepare(&scratch, jwk->algorithm)
        && EVP_PKEY_up_ref(jwk->pkey) == 1)
    {
        wrong = healthcode_key_from_public(&key, jwk->pkey,
                                       healthcode_str(HEALTHCODE_KEY_SM2_ID));
    }

    healthcode_key_free(&key);
    healthcode_key_scratch_free(&scratch);

    return wrong;
}


char *
healthcode_jwk_write(const healthcode_jwk_t *jwk, bool secret)
{
    bool             ok;
    char            *text;
    yyjson_mut_doc  *doc;
    yyjson_mut_val  *root, *object, *keys;

    doc = yyjson_mut_doc_new(NULL);
    object = yyjson_mut_obj(doc);
    root = object;

    if (!secret) {
        root = yyjson_mut_obj(doc);
        keys = yyjson_mut_arr(doc);
        yyjson_mut_obj_add_val(doc, root, "keys", keys);
        yyjson_mut_arr_append(keys, object);
    }

    yyjson_mut_doc_set_root(doc, root);

    ok = healthcode_jwk_add(jwk, secret, doc, object);

    text = ok ? yyjson_mut_write(doc, YYJSON_WRITE_PRETTY
                                      | YYJSON_WRITE_NEWLINE_AT_END, NULL)
              : NULL;
    yyjson_mut_doc_free(doc);

    return text;
}


static bool
healthcode_jwk_add(const healthcode_jwk_t *jwk, bool secret,
    yyjson_mut_doc *doc, yyjson_mut_val *object)
{
    bool                           ok;
    size_t                         i, n;
    healthcode_jwk_member_t        members[HEALTHCODE_JWK_MEMBERS_MAX];
    const healthcode_algorithm_t  *row = jwk->algorithm;

    n = healthcode_jwk_type(row)->members(jwk, members);
    ok = n > 0 && yyjson_mut_obj_add_str(doc, object, "kty", row->kty);

    if (row->crv) {
        yyjson_mut_obj_add_str(doc, object, "crv", row->crv);
    }

    if (jwk->kid) {
        yyjson_mut_obj_add_str(doc, object, "kid", jwk->kid);
    }

    yyjson_mut_obj_add_str(doc, object, "alg", jwk->alg);
    yyjson_mut_obj_add_str(doc, object, "use", "sig");

    for (i = 0; ok && i < n; i++) {
        if (secret || !members[i].secret) {
            ok = healthcode_jwk_add_member(&members[i], doc, object);
        }
    }

    OPENSSL_cleanse(members, sizeof(members));

    return ok;
}


static bool
healthcode_jwk_add_member(const healthcode_jwk_member_t *member,
    yyjson_mut_doc *doc, yyjson_mut_val *object)
{
    bool    ok;
    char    text[2 * HEALTHCODE_JWK_MEMBER_MAX];
    size_t  len;

    len = healthcode_base64url_encode(
                          healthcode_str_from(member->data, member->len), text);
    ok = yyjson_mut_obj_add_strncpy(doc, object, member->name, text, len);
    OPENSSL_cleanse(text, sizeof(text));

    return ok;
}
