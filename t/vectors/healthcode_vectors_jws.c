/*
 * Test vectors of whole codes, JWS compact with a JWK (RFC 7515): judged as an
 * issuer's with this one key, of any type.  Knows no claims and no clock.
 * CONTRIBUTING.md, "Test vectors"; docs/token-format.md, "Token".
 */

#include "healthcode_vectors.h"

#include "../../ngx_http_healthcode_module/core/healthcode_issuer.h"


/* The key of a group as a gate has it, and a code that it has judged. */
typedef struct {
    yyjson_val            *jwk;
    healthcode_keyring_t  *keyring;       /* NULL: refused */
    char                   error[256];
    healthcode_issuer_t    issuer;
    healthcode_str_t       text;
    healthcode_token_t     token;
    healthcode_reason_e    reason;
} vectors_jws_t;


/* Why a gate refuses even what is valid, and whether that is so here. */
typedef struct {
    const char  *text;
    bool       (*applies)(const vectors_jws_t *jws);
} vectors_jws_rule_t;


static bool
vectors_jws_is_long(const vectors_jws_t *jws)
{
    return jws->reason == HEALTHCODE_REASON_MALFORMED
           && jws->text.len > HEALTHCODE_TOKEN_MAX;
}


static bool
vectors_jws_is_foreign(const vectors_jws_t *jws)
{
    static const char  alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                                    "qrstuvwxyz0123456789-_.";

    for (size_t i = 0; i < jws->text.len; i++) {
        if (!memchr(alphabet, jws->text.data[i], sizeof(alphabet) - 1)) {
            return jws->reason == HEALTHCODE_REASON_MALFORMED;
        }
    }

    return false;
}


static bool
vectors_jws_is_of_another(const vectors_jws_t *jws)
{
    const char  *alg = vectors_text(jws->jwk, "alg");

    return (jws->reason == HEALTHCODE_REASON_ALGORITHM
            || jws->reason == HEALTHCODE_REASON_KEY
            || jws->reason == HEALTHCODE_REASON_KEYS_UNAVAILABLE)
           && *alg && jws->token.alg.data
           && !healthcode_str_equal(jws->token.alg,
                                    healthcode_str_from(alg, strlen(alg)));
}


/* A letter has six bits, so that this is never less than the modulus has. */
static bool
vectors_jws_is_weak(const vectors_jws_t *jws)
{
    return strstr(jws->error, "fewer than 2048 bits") != NULL
           && strlen(vectors_text(jws->jwk, "n")) * 6 < 2048;
}


static const vectors_jws_rule_t  vectors_jws_rules[] = {
    { "longer than a code may be (docs/token-format.md)", vectors_jws_is_long },
    { "a byte that base64url does not have (RFC 7515 section 2)",
      vectors_jws_is_foreign },
    { "its \"alg\" is not that of its key (RFC 8725 section 3.1)",
      vectors_jws_is_of_another },
    { "RSA of fewer than 2048 bits (RFC 7518 section 3.3)",
      vectors_jws_is_weak },
};


/* NULL: no rule. */
static const char *
vectors_jws_rule(const vectors_jws_t *jws)
{
    size_t  n = sizeof(vectors_jws_rules) / sizeof(vectors_jws_rules[0]);

    for (size_t i = 0; i < n; i++) {
        if (vectors_jws_rules[i].applies(jws)) {
            return vectors_jws_rules[i].text;
        }
    }

    return NULL;
}


/* The same text among these tests as a valid one: somebody has lost a byte. */
static bool
vectors_jws_is_valid_too(yyjson_val *tests, yyjson_val *test)
{
    size_t       i, n;
    yyjson_val  *other;

    yyjson_arr_foreach(tests, i, n, other) {
        if (vectors_is_valid(other)
            && yyjson_equals(yyjson_obj_get(other, "jws"),
                             yyjson_obj_get(test, "jws")))
        {
            return true;
        }
    }

    return false;
}


static void
vectors_jws_judge(vectors_jws_t *jws, healthcode_token_memory_t *memory)
{
    const healthcode_key_t  *signer;

    jws->token = (healthcode_token_t) { .alg = { NULL, 0 } };
    jws->reason = healthcode_token_parse(jws->text, memory, &jws->token);

    if (jws->reason == HEALTHCODE_REASON_OK) {
        jws->reason = healthcode_issuer_verify(&jws->issuer, jws->keyring,
                                               &jws->token, &signer);
    }
}


static void
vectors_jws_run_test(vectors_file_t *file, vectors_jws_t *jws,
    yyjson_val *tests, yyjson_val *test)
{
    bool                       valid = vectors_is_valid(test);
    const char                *rule, *result = vectors_text(test, "result");
    healthcode_str_t           text, word;
    healthcode_token_memory_t  memory;

    text = healthcode_json_text(yyjson_obj_get(test, "jws"));

    if (!vectors_has_label(file, test)) {
        return;
    }

    if (text.data == NULL || text.len > GUARD_ROOM) {
        vectors_fail(file, test, "its text cannot be read");
        return;
    }

    jws->text = guard(1, text.data, text.len);
    vectors_jws_judge(jws, &memory);

    rule = vectors_jws_rule(jws);
    word = healthcode_reason_word(jws->reason);

    if ((jws->reason == HEALTHCODE_REASON_OK) == valid) {
        file->passed++;

        if (strcmp(result, "acceptable") == 0) {
            vectors_note(file, 1, "acceptable, and held to be %s: %s",
                         valid ? "valid" : "invalid",
                         vectors_text(test, "comment"));
        }

    } else if (valid && rule) {
        vectors_skip(file, 1, rule);

    } else if (valid) {
        vectors_fail(file, test, "%s, but refused: %.*s%s%s", result,
                     (int) word.len, (const char *) word.data,
                     jws->error[0] ? ", with its key: " : "", jws->error);

    } else if (vectors_jws_is_valid_too(tests, test)) {
        vectors_skip(file, 1, "the same text is a valid one of the group, too");

    } else {
        vectors_fail(file, test, "%s, but accepted", result);
    }
}


/* A gate has the public half, and of a shared secret all. */
static bool
vectors_jws_read_key(vectors_jws_t *jws, yyjson_val *group)
{
    char    *text;
    size_t   len;

    jws->jwk = yyjson_obj_get(group, "public");

    if (jws->jwk == NULL) {
        jws->jwk = yyjson_obj_get(group, "private");
    }

    text = yyjson_is_obj(jws->jwk) ? yyjson_val_write(jws->jwk, 0, &len) : NULL;

    if (text == NULL) {
        return false;
    }

    jws->keyring = healthcode_keyring_create(guard(0, text, len),
                                             &jws->issuer.rules, jws->error,
                                             sizeof(jws->error));
    free(text);

    return true;
}


void
vectors_run_jws(vectors_file_t *file, yyjson_val *group, yyjson_val *tests)
{
    size_t          i, n;
    yyjson_val     *test;
    vectors_jws_t   jws = { .issuer = { .type_any = true, .type_none = true } };

    jws.issuer.rules.algorithms.bits = (1u << HEALTHCODE_ALGORITHM_COUNT) - 1;

    if (!vectors_jws_read_key(&jws, group)) {
        vectors_fail(file, NULL, "a group without a key");
        return;
    }

    yyjson_arr_foreach(tests, i, n, test) {
        vectors_jws_run_test(file, &jws, tests, test);
    }

    healthcode_keyring_free(jws.keyring);
}
