/*
 * Why no key of a set verifies a code: what the code asks for, what the set
 * has, and by which slip of the issuer the signature would hold.
 * Judges nothing.  docs/token-format.md, "Inspecting a code".
 */

#include <stdlib.h>

#include "healthcode_explain.h"
#include "healthcode_jwk.h"


/* So many keys are named. */
#define HEALTHCODE_EXPLAIN_KEYS_MAX  8


/* What is looked at. */
typedef struct {
    const healthcode_keyset_t     *keyset;
    const healthcode_token_t      *token;
    const healthcode_algorithm_t  *algorithm;   /* NULL: it is not known */
    size_t                         ntried;
    const healthcode_key_t        *tried[HEALTHCODE_KEYRING_TRIES_MAX];
    bool                           solved;      /* the slip has been found */
} healthcode_explain_t;


static void healthcode_explain_algorithm(const healthcode_explain_t *explain);
static void healthcode_explain_unknown(const healthcode_explain_t *explain);
static void healthcode_explain_set(const healthcode_explain_t *explain);
static void healthcode_explain_skipped(const healthcode_explain_t *explain);
static const char *healthcode_explain_why_skipped(
    const healthcode_keyset_t *keyset, healthcode_str_t kid);
static void healthcode_explain_kid(const healthcode_explain_t *explain);
static void healthcode_explain_name(const healthcode_key_t *key);
static void healthcode_explain_signature(healthcode_explain_t *explain);
static bool healthcode_explain_has_length(const healthcode_explain_t *explain);
static void healthcode_explain_length(healthcode_explain_t *explain);
static void healthcode_explain_der(healthcode_explain_t *explain);
static void healthcode_explain_zeros(healthcode_explain_t *explain);
static void healthcode_explain_holds(healthcode_explain_t *explain);
static void healthcode_explain_other_key(const healthcode_explain_t *explain,
    const healthcode_key_t *key);
static void healthcode_explain_sm2_id(healthcode_explain_t *explain,
    healthcode_str_t id);
static const healthcode_key_t *healthcode_explain_find(
    const healthcode_keyset_t *keyset, const healthcode_algorithm_t *algorithm,
    healthcode_str_t text, healthcode_str_t signature);


void
healthcode_explain_key(const healthcode_keyset_t *keyset,
    const healthcode_keyring_t *keyring, const healthcode_token_t *token,
    healthcode_reason_e reason)
{
    healthcode_explain_t  explain = { .keyset = keyset, .token = token };

    explain.algorithm = healthcode_algorithm_set_find(
                                          &keyset->rules.algorithms,
                                          token->alg);

    if (reason == HEALTHCODE_REASON_SIGNATURE) {
        explain.ntried = healthcode_keyring_candidates(keyring,
                                                       explain.algorithm,
                                                       token->kid,
                                                       explain.tried);
        healthcode_explain_signature(&explain);

    } else if (reason == HEALTHCODE_REASON_KEY) {
        healthcode_explain_kid(&explain);

    } else {
        healthcode_explain_algorithm(&explain);
    }

    healthcode_explain_skipped(&explain);
    healthcode_explain_holds(&explain);
}


static void
healthcode_explain_algorithm(const healthcode_explain_t *explain)
{
    healthcode_str_t  alg = explain->token->alg;

    if (explain->algorithm) {
        healthcode_explain_quoted("the code says ", alg, ", and there is no "
                                  "key for that");

    } else if (healthcode_str_equal_nocase(alg, healthcode_str("none"))) {
        healthcode_explain_quoted("the code says ", alg, ": it is not signed "
                                  "at all, so anybody can have written it");

    } else {
        healthcode_explain_unknown(explain);
    }

    healthcode_explain_set(explain);
}


static void
healthcode_explain_unknown(const healthcode_explain_t *explain)
{
    healthcode_str_t               name, alg = explain->token->alg;
    const healthcode_algorithm_t  *row;

    healthcode_explain_quoted("the code says ", alg, ", which is not an "
                              "algorithm here");

    for (size_t i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        name = healthcode_str_from(row->name, strlen(row->name));

        if (healthcode_str_equal_nocase(alg, name)) {
            healthcode_explain("it is written \"%s\"", row->name);
            return;
        }
    }

    healthcode_explain_quoted("an issuer's own name for one goes into "
                              "\"alg_alias\" of the gate, here into "
                              "--alg-alias ", alg, "=ALG");
}


/* The algorithms of the keys, and how many there are of each. */
static void
healthcode_explain_set(const healthcode_explain_t *explain)
{
    bool                           first = true;
    size_t                         n;
    const healthcode_algorithm_t  *row;

    fputs("why        there are keys for", stdout);

    for (size_t i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        n = 0;

        while (healthcode_keyset_at(explain->keyset, row, n)) {
            n++;
        }

        if (n) {
            printf("%s %s (%zu)", first ? "" : ",", row->name, n);
            first = false;
        }
    }

    putchar('\n');
}


/* Keys that the warnings name may be what is missing. */
static void
healthcode_explain_skipped(const healthcode_explain_t *explain)
{
    size_t  n = 0;

    for (size_t i = 0; i < explain->keyset->nfiles; i++) {
        n += healthcode_keyring_skipped(explain->keyset->files[i].all);
    }

    if (n) {
        healthcode_explain("%zu key%s skipped, as the warning%s; gates skip "
                           "them, too", n, n > 1 ? "s are" : " is",
                           n > 1 ? "s say" : " says");
    }
}


/* Why the key of this name is skipped; NULL: none that is kept is. */
static const char *
healthcode_explain_why_skipped(const healthcode_keyset_t *keyset,
    healthcode_str_t kid)
{
    size_t                              i, n;
    const healthcode_keyring_remark_t  *remark;

    for (i = 0; i < keyset->nfiles; i++) {
        for (n = 0; (remark = healthcode_keyring_remark_at(keyset->files[i].all,
                                                           n)); n++)
        {
            if (remark->is_skipped
                && healthcode_str_equal(kid, healthcode_str_from(remark->kid,
                                                    strlen(remark->kid))))
            {
                return remark->why;
            }
        }
    }

    return NULL;
}


static void
healthcode_explain_kid(const healthcode_explain_t *explain)
{
    size_t                   n = 0;
    const char              *skipped;
    const healthcode_key_t  *key;

    skipped = healthcode_explain_why_skipped(explain->keyset,
                                             explain->token->kid);

    healthcode_explain_quoted("the code names the key ", explain->token->kid,
                              skipped ? ", which gates skip:"
                                      : ", and there is none of that name");
    if (skipped) {
        healthcode_explain("%s", skipped);
    }

    printf("why        the keys for %s are", explain->algorithm->name);

    while ((key = healthcode_keyset_at(explain->keyset, explain->algorithm, n)))
    {
        if (n < HEALTHCODE_EXPLAIN_KEYS_MAX) {
            fputs(n ? ", " : " ", stdout);
            healthcode_explain_name(key);
        }

        n++;
    }

    if (n > HEALTHCODE_EXPLAIN_KEYS_MAX) {
        printf(", and %zu more", n - HEALTHCODE_EXPLAIN_KEYS_MAX);
    }

    putchar('\n');
    healthcode_explain_set(explain);
}


static void
healthcode_explain_name(const healthcode_key_t *key)
{
    if (key->kid.data) {
        putchar('"');
        healthcode_output_text(stdout, key->kid);
        putchar('"');
    } else {
        printf("one without kid (%s)", key->thumbprint);
    }
}


static void
healthcode_explain_signature(healthcode_explain_t *explain)
{
    const char  *alg = explain->algorithm->name;

    printf("why        tried with the %s key%s", alg,
           explain->ntried > 1 ? "s" : "");

    for (size_t i = 0; i < explain->ntried; i++) {
        fputs(i ? ", " : " ", stdout);
        healthcode_explain_name(explain->tried[i]);
    }

    putchar('\n');

    if (!healthcode_explain_has_length(explain)) {
        healthcode_explain_length(explain);
    }

    if (explain->algorithm->family == &healthcode_family_sm2) {
        healthcode_explain_sm2_id(explain, healthcode_str(""));
        healthcode_explain_sm2_id(explain,
                                  healthcode_str(HEALTHCODE_KEY_SM2_ID));
    }
}


static bool
healthcode_explain_has_length(const healthcode_explain_t *explain)
{
    for (size_t i = 0; i < explain->ntried; i++) {
        if (explain->tried[i]->signature_len == explain->token->signature.len) {
            return true;
        }
    }

    return false;
}


static void
healthcode_explain_length(healthcode_explain_t *explain)
{
    healthcode_explain("the signature has %zu bytes; with this key it has "
                       "exactly %zu", explain->token->signature.len,
                       explain->tried[0]->signature_len);

    if (strcmp(explain->algorithm->kty, "EC") == 0) {
        healthcode_explain_der(explain);

    } else if (strcmp(explain->algorithm->kty, "RSA") == 0) {
        healthcode_explain_zeros(explain);
    }
}


/* OpenSSL and Java sign so, and many an issuer forgets to convert it. */
static void
healthcode_explain_der(healthcode_explain_t *explain)
{
    size_t                         len;
    uint8_t                        raw[HEALTHCODE_JWK_SIGNATURE_MAX];
    const healthcode_key_t        *key;
    const healthcode_token_t      *token = explain->token;
    const healthcode_algorithm_t  *row = explain->algorithm;

    len = healthcode_jwk_from_der(token->signature, row->part_len, raw);

    if (len == 0) {
        return;
    }

    healthcode_explain("it is in DER, as OpenSSL writes it; a code has r and s "
                       "one after the other, %zu bytes each (RFC 7518 section "
                       "3.4)", row->part_len);

    key = healthcode_explain_find(explain->keyset, row, token->signed_text,
                                  healthcode_str_from(raw, len));
    if (key) {
        fputs("why        written like that it would hold under the key ",
              stdout);
        healthcode_explain_name(key);
        putchar('\n');
        explain->solved = true;
    }
}


/* A number as long as it needs, where RFC 8017 wants it as long as the key. */
static void
healthcode_explain_zeros(healthcode_explain_t *explain)
{
    size_t                     len, zeros;
    uint8_t                    whole[HEALTHCODE_JWK_SIGNATURE_MAX] = { 0 };
    const healthcode_token_t  *token = explain->token;

    len = explain->tried[0]->signature_len;

    if (token->signature.len > len) {
        return;
    }

    zeros = len - token->signature.len;
    memcpy(whole + zeros, token->signature.data, token->signature.len);

    if (healthcode_explain_find(explain->keyset, explain->algorithm,
                                token->signed_text,
                                healthcode_str_from(whole, len)))
    {
        healthcode_explain("with its leading zero bytes (%zu), which the "
                           "issuer left out, it would hold", zeros);
        explain->solved = true;
    }
}


/* Whether any other key verifies it, and what that says of the issuer. */
static void
healthcode_explain_holds(healthcode_explain_t *explain)
{
    const healthcode_key_t        *key;
    const healthcode_algorithm_t  *row;

    if (explain->token->signature.len == 0) {
        healthcode_explain("there is no signature after the last dot");
        return;
    }

    for (size_t i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        key = healthcode_explain_find(explain->keyset, row,
                                      explain->token->signed_text,
                                      explain->token->signature);
        if (key) {
            healthcode_explain_other_key(explain, key);
            return;
        }
    }

    if (!explain->solved) {
        healthcode_explain("it holds under no key that was given");
    }
}


static void
healthcode_explain_other_key(const healthcode_explain_t *explain,
    const healthcode_key_t *key)
{
    printf("why        it DOES hold under the %s key ", key->algorithm->name);
    healthcode_explain_name(key);
    fputs(": ", stdout);

    if (explain->algorithm == NULL) {
        fputs("that is what the issuer seems to call \"", stdout);
        healthcode_output_text(stdout, explain->token->alg);
        puts("\"");

    } else if (key->algorithm != explain->algorithm) {
        fputs("the header should say this algorithm, not \"", stdout);
        healthcode_output_text(stdout, explain->token->alg);
        puts("\"");

    } else if (explain->token->kid.data == NULL) {
        printf("the header should name it, since only %d keys are tried\n",
               HEALTHCODE_KEYRING_TRIES_MAX);

    } else {
        fputs("the header should name it, and not \"", stdout);
        healthcode_output_text(stdout, explain->token->kid);
        puts("\"");
    }
}


/* GM/T 0009 has a usual signer, OpenSSL an empty one: a slip easily made. */
static void
healthcode_explain_sm2_id(healthcode_explain_t *explain,
    healthcode_str_t id)
{
    char                    error[256];
    size_t                  i, row;
    healthcode_keyset_t    *other;
    healthcode_keyring_t  **ring;

    other = calloc(1, sizeof(healthcode_keyset_t));

    if (other == NULL) {
        return;
    }

    other->rules = explain->keyset->rules;
    other->rules.sm2_id = id;
    other->rules.algorithms.bits = healthcode_algorithm_bit(explain->algorithm);
    other->nfiles = 1;

    row = healthcode_algorithm_index(explain->algorithm);
    ring = &other->files[0].rings[row];

    for (i = 0; i < explain->keyset->nfiles; i++) {
        *ring = healthcode_keyring_create(explain->keyset->files[i].text,
                                          &other->rules, error, sizeof(error));

        if (healthcode_explain_find(other, explain->algorithm,
                                    explain->token->signed_text,
                                    explain->token->signature))
        {
            healthcode_explain_quoted("it DOES hold where the signer's id is ",
                                      id, "; gates need that as sm2_id, and "
                                      "this command as --sm2-id");
            explain->solved = true;
        }

        healthcode_keyring_free(*ring);
        *ring = NULL;
    }

    free(other);
}


static const healthcode_key_t *
healthcode_explain_find(const healthcode_keyset_t *keyset,
    const healthcode_algorithm_t *algorithm, healthcode_str_t text,
    healthcode_str_t signature)
{
    const healthcode_key_t  *key;

    for (size_t i = 0; (key = healthcode_keyset_at(keyset, algorithm, i)); i++)
    {
        if (healthcode_signature_verify(key, text, signature)) {
            return key;
        }
    }

    return NULL;
}
