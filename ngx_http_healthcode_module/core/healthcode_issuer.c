/*
 * An issuer: the form of its codes, the keys that sign them, and from when to
 * when they are accepted.  The time is an argument.  Knows no: clock, file,
 * request.  docs/token-format.md, "Issuers and keys".
 */

#include "healthcode_issuer.h"


static bool healthcode_issuer_accepts_type(const healthcode_issuer_t *issuer,
    const healthcode_token_t *token);
static healthcode_str_t healthcode_issuer_bare(healthcode_str_t iss,
    bool scheme);
static bool healthcode_issuer_is_usual(const healthcode_issuer_t *issuer,
    const healthcode_key_t *signer, const healthcode_token_t *token);
static size_t healthcode_issuer_said(const healthcode_issuer_t *issuer,
    healthcode_str_t payload);
static bool healthcode_issuer_claims(const healthcode_issuer_t *issuer,
    healthcode_digest_t *digest, uint8_t *out);
static bool healthcode_issuer_aliases(const healthcode_issuer_t *issuer,
    healthcode_digest_t *digest, uint8_t *out);


healthcode_reason_e
healthcode_issuer_verify(const healthcode_issuer_t *issuer,
    const healthcode_keyring_t *keyring, const healthcode_token_t *token,
    const healthcode_key_t **signer)
{
    size_t                         i, n;
    const healthcode_key_t        *keys[HEALTHCODE_KEYRING_TRIES_MAX];
    const healthcode_algorithm_t  *algorithm;

    if (!healthcode_issuer_accepts_type(issuer, token)) {
        return HEALTHCODE_REASON_TYPE;
    }

    algorithm = healthcode_algorithm_set_find(&issuer->rules.algorithms,
                                              token->alg);

    if (algorithm == NULL) {
        return HEALTHCODE_REASON_ALGORITHM;
    }

    if (keyring == NULL) {
        return HEALTHCODE_REASON_KEYS_UNAVAILABLE;
    }

    n = healthcode_keyring_candidates(keyring, algorithm, token->kid,
                                      keys);

    for (i = 0; i < n; i++) {
        if (healthcode_signature_verify(keys[i], token->signed_text,
                                        token->signature))
        {
            *signer = keys[i];
            return HEALTHCODE_REASON_OK;
        }
    }

    return n ? HEALTHCODE_REASON_SIGNATURE : HEALTHCODE_REASON_KEY;
}


const char *
healthcode_issuer_near(const healthcode_issuer_t *issuer, healthcode_str_t iss)
{
    healthcode_str_t  a, b;

    a = healthcode_issuer_bare(iss, true);
    b = healthcode_issuer_bare(issuer->iss, true);

    if (healthcode_str_equal(a, b)) {
        return "differs from a known one by a slash at its end";
    }

    if (healthcode_str_equal_nocase(a, b)) {
        return "differs from a known one by capital letters";
    }

    a = healthcode_issuer_bare(iss, false);
    b = healthcode_issuer_bare(issuer->iss, false);

    return healthcode_str_equal_nocase(a, b)
           ? "differs from a known one by http, https or neither" : NULL;
}


/* Without slashes at its end; without scheme, also without "https://". */
static healthcode_str_t
healthcode_issuer_bare(healthcode_str_t iss, bool scheme)
{
    healthcode_str_t  schemes[2] = { healthcode_str("https://"),
                                     healthcode_str("http://") };

    while (iss.len && iss.data[iss.len - 1] == '/') {
        iss.len--;
    }

    for (size_t i = 0; !scheme && i < 2; i++) {

        if (iss.len > schemes[i].len
            && healthcode_str_equal_nocase(
                   healthcode_str_from(iss.data, schemes[i].len), schemes[i]))
        {
            return healthcode_str_from(iss.data + schemes[i].len,
                                       iss.len - schemes[i].len);
        }
    }

    return iss;
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


void
healthcode_issuer_learn(const healthcode_issuer_t *issuer,
    const healthcode_key_t *signer, const healthcode_token_t *token,
    healthcode_digest_t *digest)
{
    size_t                   len;
    const uint8_t           *dot;
    const healthcode_str_t   text = token->signed_text;

    len = healthcode_issuer_said(issuer, token->payload);
    dot = memchr(text.data, '.', text.len);

    if (len == 0 || dot == NULL
        || !healthcode_issuer_is_usual(issuer, signer, token))
    {
        return;
    }

    /* the characters that say these bytes, and no bit of the next one */
    len = (size_t) (dot - text.data) + 1 + len * 4 / 3;

    healthcode_digest_keep(digest, healthcode_str_from(text.data, len));
}


/* Whether a header says nothing but what all codes of its key may say. */
static bool
healthcode_issuer_is_usual(const healthcode_issuer_t *issuer,
    const healthcode_key_t *signer, const healthcode_token_t *token)
{
    return token->plain
           && (token->kid.data == NULL
               || healthcode_str_equal(token->kid, signer->kid))
           && (token->typ.data == NULL || !issuer->type_any);
}


/*
 * Length of {"iss":"..." if payload starts with exactly this issuer, else 0.
 */
static size_t
healthcode_issuer_said(const healthcode_issuer_t *issuer,
    healthcode_str_t payload)
{
    const healthcode_str_t  before = healthcode_str("{\"iss\":\"");
    const healthcode_str_t  iss = issuer->iss;
    const size_t            len = before.len + iss.len;

    if (payload.len <= len
        || memcmp(payload.data, before.data, before.len) != 0
        || memcmp(payload.data + before.len, iss.data, iss.len) != 0
        || payload.data[len] != '"')
    {
        return 0;
    }

    return len + 1;
}


bool
healthcode_issuer_identity(const healthcode_issuer_t *issuer,
    const healthcode_keyring_t *keyring, healthcode_str_t pepper,
    healthcode_digest_t *digest, uint8_t *out)
{
    uint8_t           types[HEALTHCODE_DIGEST_LEN];
    uint8_t           aliases[HEALTHCODE_DIGEST_LEN];
    uint8_t           claims[HEALTHCODE_DIGEST_LEN];
    uint8_t           flags[3];
    uint8_t           generation[HEALTHCODE_KEYRING_GENERATION_LEN];
    healthcode_str_t  parts[] = {
        issuer->iss,
        issuer->subject_space,
        pepper,
        issuer->rules.sm2_id,
        healthcode_str_from(&issuer->rules.algorithms.bits,
                            sizeof(issuer->rules.algorithms.bits)),
        healthcode_str_from(flags, sizeof(flags)),
        healthcode_str_from(types, sizeof(types)),
        healthcode_str_from(aliases, sizeof(aliases)),
        healthcode_str_from(claims, sizeof(claims)),
        healthcode_str_from(generation, sizeof(generation))
    };

    if (keyring == NULL) {
        return false;
    }

    memcpy(generation, healthcode_keyring_generation(keyring),
           sizeof(generation));

    flags[0] = issuer->type_any;
    flags[1] = issuer->type_none;
    flags[2] = (issuer->rules.sm2_id.data == NULL);

    return healthcode_digest_parts(digest, issuer->types, issuer->ntypes,
                                   types)
           && healthcode_issuer_aliases(issuer, digest, aliases)
           && healthcode_issuer_claims(issuer, digest, claims)
           && healthcode_digest_parts(digest, parts,
                                      sizeof(parts) / sizeof(parts[0]), out);
}


/* What a known code keeps was read from these claims. */
static bool
healthcode_issuer_claims(const healthcode_issuer_t *issuer,
    healthcode_digest_t *digest, uint8_t *out)
{
    uint8_t                           flags[2];
    uint8_t                           subjects[HEALTHCODE_DIGEST_LEN];
    uint8_t                           normal[HEALTHCODE_DIGEST_LEN];
    const healthcode_claims_names_t  *claims = &issuer->claims;
    healthcode_str_t                  parts[] = {
        claims->kind,
        claims->status,
        claims->regions,
        healthcode_str_from(subjects, sizeof(subjects)),
        healthcode_str_from(normal, sizeof(normal)),
        healthcode_str_from(flags, sizeof(flags))
    };

    flags[0] = claims->subject_digits;
    flags[1] = (claims->status.data == NULL);

    return healthcode_digest_parts(digest, claims->subjects, claims->nsubjects,
                                   subjects)
           && healthcode_digest_parts(digest, claims->normal, claims->nnormal,
                                      normal)
           && healthcode_digest_parts(digest, parts,
                                      sizeof(parts) / sizeof(parts[0]), out);
}


/* Each alias with what came before it. */
static bool
healthcode_issuer_aliases(const healthcode_issuer_t *issuer,
    healthcode_digest_t *digest, uint8_t *out)
{
    healthcode_str_t                     parts[3];
    const healthcode_algorithm_alias_t  *alias;

    memset(out, 0, HEALTHCODE_DIGEST_LEN);

    for (size_t i = 0; i < issuer->rules.algorithms.naliases; i++) {

        alias = &issuer->rules.algorithms.aliases[i];

        parts[0] = healthcode_str_from(out, HEALTHCODE_DIGEST_LEN);
        parts[1] = alias->name;
        parts[2] = healthcode_str_from(alias->algorithm->name,
                                       strlen(alias->algorithm->name));

        if (!healthcode_digest_parts(digest, parts, 3, out)) {
            return false;
        }
    }

    return true;
}


healthcode_reason_e
healthcode_issuer_check(const healthcode_issuer_t *issuer, int64_t now)
{
    if (issuer->not_before && now < issuer->not_before) {
        return HEALTHCODE_REASON_ISSUER_NOT_YET;
    }

    if (issuer->sunset && now >= issuer->sunset) {
        return HEALTHCODE_REASON_ISSUER_SUNSET;
    }

    return HEALTHCODE_REASON_OK;
}


bool
healthcode_issuer_ends_soon(const healthcode_issuer_t *issuer, int64_t now)
{
    return issuer->sunset && now < issuer->sunset
           && now >= issuer->sunset - HEALTHCODE_ISSUER_NOTICE;
}
