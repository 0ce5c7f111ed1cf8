/*
 * What is kept of a code whose signature held, so that it need not be verified
 * nor read again: in a table that processes share.  Knows no clock, no key
 * and no subject; judges nothing.  docs/request-path.md, "The cache".
 */

#include "healthcode_code.h"


/* The words of an entry; a checksum is the last one. */
enum {
    HEALTHCODE_CODE_AT_DIGEST = 1,                        /* four words */
    HEALTHCODE_CODE_AT_IDENTITY = HEALTHCODE_CODE_KEY,    /* two words */
    HEALTHCODE_CODE_AT_HOLDER = 7,                        /* two words */
    HEALTHCODE_CODE_AT_IAT = 9,
    HEALTHCODE_CODE_AT_EXP,
    HEALTHCODE_CODE_AT_NBF,
    HEALTHCODE_CODE_AT_AUDIENCE,                          /* 2 x two words */
    HEALTHCODE_CODE_AT_REGIONS = 16,                      /* of three bytes */
    HEALTHCODE_CODE_AT_REST = HEALTHCODE_CODE_WORDS - 2
};

_Static_assert(HEALTHCODE_CODE_WORDS == 24
               && HEALTHCODE_CODE_KEY == 5
               && HEALTHCODE_DIGEST_LEN == 4 * sizeof(uint64_t)
               && sizeof(healthcode_code_digest_t) == 2 * sizeof(uint64_t)
               && HEALTHCODE_HOLDER_LEN == 2 * sizeof(uint64_t)
               && HEALTHCODE_CODE_AT_DIGEST == 1
               && HEALTHCODE_CODE_AT_IDENTITY == 5
               && HEALTHCODE_CODE_AT_HOLDER == 7
               && HEALTHCODE_CODE_AT_IAT == 9
               && HEALTHCODE_CODE_AT_EXP == 10
               && HEALTHCODE_CODE_AT_NBF == 11
               && HEALTHCODE_CODE_AT_AUDIENCE == 12
               && HEALTHCODE_CODE_AUDIENCES_MAX == 2
               && HEALTHCODE_CODE_AT_REGIONS == 16
               && HEALTHCODE_CODE_REGIONS_MAX == 16
               && HEALTHCODE_CODE_AT_REST == 22,
               "an entry is laid out otherwise: see healthcode_table.h");

/* The text and the identity: two entries that agree in these are one. */
#define HEALTHCODE_CODE_SAME  HEALTHCODE_CODE_AT_HOLDER

/*
 * Characters from the end of a code to those that say where it stands: in no
 * algorithm's signature are these fixed (of Ed25519 the very last bits are).
 */
#define HEALTHCODE_CODE_SPOT  32

/* Bytes of a region. */
#define HEALTHCODE_CODE_REGION_LEN  3

/* The last word but one, from the low bits on. */
#define HEALTHCODE_CODE_REST_HOLDER     0x1
#define HEALTHCODE_CODE_REST_WHOLE      0x2
#define HEALTHCODE_CODE_REST_NORMAL     0x4
#define HEALTHCODE_CODE_REST_AUDIENCES  3     /* 2 bits */
#define HEALTHCODE_CODE_REST_REGIONS    5     /* 5 bits */
#define HEALTHCODE_CODE_REST_ISSUER     16    /* 16 bits */
#define HEALTHCODE_CODE_REST_SIGNER     32    /* 24 bits */

_Static_assert(HEALTHCODE_CODE_REGION_LEN == 3
               && HEALTHCODE_CODE_SPOT == 32
               && HEALTHCODE_CODE_REST_HOLDER == 1
               && HEALTHCODE_CODE_REST_WHOLE == 2
               && HEALTHCODE_CODE_REST_NORMAL == 4
               && HEALTHCODE_CODE_REST_AUDIENCES == 3
               && HEALTHCODE_CODE_REST_REGIONS == 5
               && HEALTHCODE_CODE_REST_ISSUER == 16
               && HEALTHCODE_CODE_REST_SIGNER == 32,
               "an entry is laid out otherwise: see healthcode_table.h");


static uint64_t healthcode_code_spot(healthcode_str_t text);
static void healthcode_code_pack(const healthcode_code_t *code,
    uint64_t *entry);
static void healthcode_code_unpack(const uint64_t *entry,
    healthcode_code_t *code);
static bool healthcode_code_unpack_lists(const uint64_t *entry,
    healthcode_code_t *code);
static uint64_t healthcode_code_worth(const uint64_t *entry, void *data);
static bool healthcode_code_audiences(healthcode_code_t *code, yyjson_val *aud,
    healthcode_digest_t *digest);
static bool healthcode_code_is_meant(const healthcode_code_t *code,
    const healthcode_claims_policy_t *policy);


bool
healthcode_code_table(healthcode_table_t *table, void *memory, size_t bytes)
{
    return healthcode_table_init(table, memory, bytes, HEALTHCODE_CODE_WORDS,
                                 HEALTHCODE_CODE_KEY);
}


bool
healthcode_code_key(const healthcode_table_t *table, healthcode_str_t text,
    healthcode_digest_t *digest, uint64_t *key)
{
    key[0] = healthcode_code_spot(text);

    healthcode_table_prefetch(table, key);

    return healthcode_digest_text(digest, text,
                                  key + HEALTHCODE_CODE_AT_DIGEST);
}


/*
 * Where a code stands, which can be told before it is hashed: by characters of
 * its signature, which no two codes have in common.  What a stranger writes
 * there leads a search to a place, and stores nothing.
 */
static uint64_t
healthcode_code_spot(healthcode_str_t text)
{
    uint64_t  hash, tail[2] = { 0, 0 };
    size_t    len = sizeof(tail);

    if (text.len >= HEALTHCODE_CODE_SPOT) {
        memcpy(tail, text.data + text.len - HEALTHCODE_CODE_SPOT, len);

    } else {
        memcpy(tail, text.data, (text.len < len) ? text.len : len);
    }

    /* of each character six bits are its own: spread them */

    hash = tail[0] * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ (hash >> 32) ^ tail[1]) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ (hash >> 32)) * UINT64_C(0xc4ceb9fe1a85ec53);

    return hash ^ (hash >> 32);
}


bool
healthcode_code_find(const healthcode_table_t *table, const uint64_t *key,
    const healthcode_code_scope_t *scope, healthcode_code_t *code)
{
    unsigned         issuer, looked = 0;
    const uint64_t  *identity;
    uint64_t         entry[HEALTHCODE_CODE_WORDS];

    while (healthcode_table_next(table, key, &looked, entry)) {

        issuer = (entry[HEALTHCODE_CODE_AT_REST] >> HEALTHCODE_CODE_REST_ISSUER)
                 & HEALTHCODE_CODE_ISSUER_MAX;

        if (issuer >= scope->n || !scope->accepted[issuer]) {
            continue;
        }

        identity = scope->identities[issuer];

        if (entry[HEALTHCODE_CODE_AT_IDENTITY] == identity[0]
            && entry[HEALTHCODE_CODE_AT_IDENTITY + 1] == identity[1])
        {
            healthcode_code_unpack(entry, code);
            return true;
        }
    }

    return false;
}


bool
healthcode_code_store(healthcode_table_t *table, const uint64_t *key,
    const healthcode_code_digest_t identity, const healthcode_code_t *code,
    int64_t now)
{
    uint64_t  entry[HEALTHCODE_CODE_WORDS];

    if ((identity[0] | identity[1]) == 0
        || code->issuer > HEALTHCODE_CODE_ISSUER_MAX
        || code->signer > HEALTHCODE_CODE_SIGNER_MAX)
    {
        return false;
    }

    memset(entry, 0, sizeof(entry));
    memcpy(entry, key, HEALTHCODE_CODE_KEY * sizeof(uint64_t));
    memcpy(entry + HEALTHCODE_CODE_AT_IDENTITY, identity,
           sizeof(healthcode_code_digest_t));

    healthcode_code_pack(code, entry);

    return healthcode_table_put(table, entry, HEALTHCODE_CODE_SAME,
                                healthcode_code_worth, &now);
}


/* Nothing once it has expired; else the longer it lives the more. */
static uint64_t
healthcode_code_worth(const uint64_t *entry, void *data)
{
    int64_t  now = *(int64_t *) data;
    int64_t  exp = (int64_t) entry[HEALTHCODE_CODE_AT_EXP];

    return (exp > now) ? (uint64_t) exp : 0;
}


static void
healthcode_code_pack(const healthcode_code_t *code, uint64_t *entry)
{
    uint8_t   *region = (uint8_t *) (entry + HEALTHCODE_CODE_AT_REGIONS);
    uint64_t  *rest = &entry[HEALTHCODE_CODE_AT_REST];

    memcpy(entry + HEALTHCODE_CODE_AT_HOLDER, code->holder,
           HEALTHCODE_HOLDER_LEN);
    memcpy(entry + HEALTHCODE_CODE_AT_AUDIENCE, code->audience,
           code->naudience * sizeof(healthcode_code_digest_t));

    entry[HEALTHCODE_CODE_AT_IAT] = (uint64_t) code->iat;
    entry[HEALTHCODE_CODE_AT_EXP] = (uint64_t) code->exp;
    entry[HEALTHCODE_CODE_AT_NBF] = (uint64_t) code->nbf;

    for (unsigned i = 0; i < code->nregions; i++) {
        *region++ = (uint8_t) (code->regions[i] >> 16);
        *region++ = (uint8_t) (code->regions[i] >> 8);
        *region++ = (uint8_t) code->regions[i];
    }

    *rest = (code->has_holder ? HEALTHCODE_CODE_REST_HOLDER : 0)
            | (code->is_whole ? HEALTHCODE_CODE_REST_WHOLE : 0)
            | (code->is_normal ? HEALTHCODE_CODE_REST_NORMAL : 0)
            | (uint64_t) code->naudience << HEALTHCODE_CODE_REST_AUDIENCES
            | (uint64_t) code->nregions << HEALTHCODE_CODE_REST_REGIONS
            | (uint64_t) code->issuer << HEALTHCODE_CODE_REST_ISSUER
            | (uint64_t) code->signer << HEALTHCODE_CODE_REST_SIGNER;
}


static void
healthcode_code_unpack(const uint64_t *entry, healthcode_code_t *code)
{
    uint64_t  rest = entry[HEALTHCODE_CODE_AT_REST];

    code->has_holder = (rest & HEALTHCODE_CODE_REST_HOLDER) != 0;
    code->is_whole = (rest & HEALTHCODE_CODE_REST_WHOLE) != 0;
    code->is_normal = (rest & HEALTHCODE_CODE_REST_NORMAL) != 0;
    code->issuer = (rest >> HEALTHCODE_CODE_REST_ISSUER)
                   & HEALTHCODE_CODE_ISSUER_MAX;
    code->signer = (rest >> HEALTHCODE_CODE_REST_SIGNER)
                   & HEALTHCODE_CODE_SIGNER_MAX;

    code->iat = (int64_t) entry[HEALTHCODE_CODE_AT_IAT];
    code->exp = (int64_t) entry[HEALTHCODE_CODE_AT_EXP];
    code->nbf = (int64_t) entry[HEALTHCODE_CODE_AT_NBF];

    memcpy(code->holder, entry + HEALTHCODE_CODE_AT_HOLDER,
           HEALTHCODE_HOLDER_LEN);

    if (!healthcode_code_unpack_lists(entry, code)) {
        /* nobody has stored that */
        code->naudience = 0;
        code->nregions = 0;
        code->is_whole = false;
    }
}


/* False where a list is longer than it can be, or a region is none. */
static bool
healthcode_code_unpack_lists(const uint64_t *entry, healthcode_code_t *code)
{
    uint64_t        rest = entry[HEALTHCODE_CODE_AT_REST];
    const uint8_t  *region;

    code->naudience = (rest >> HEALTHCODE_CODE_REST_AUDIENCES) & 0x3;
    code->nregions = (rest >> HEALTHCODE_CODE_REST_REGIONS) & 0x1f;

    if (code->naudience > HEALTHCODE_CODE_AUDIENCES_MAX
        || code->nregions > HEALTHCODE_CODE_REGIONS_MAX)
    {
        return false;
    }

    memcpy(code->audience, entry + HEALTHCODE_CODE_AT_AUDIENCE,
           code->naudience * sizeof(healthcode_code_digest_t));

    region = (const uint8_t *) (entry + HEALTHCODE_CODE_AT_REGIONS);

    for (unsigned i = 0; i < code->nregions; i++) {
        code->regions[i] = (uint32_t) region[0] << 16
                           | (uint32_t) region[1] << 8 | region[2];
        region += HEALTHCODE_CODE_REGION_LEN;

        if (!healthcode_region_is_sound(code->regions[i])) {
            return false;
        }
    }

    return true;
}


bool
healthcode_code_from_claims(healthcode_code_t *code,
    const healthcode_claims_t *claims, healthcode_digest_t *digest)
{
    code->iat = claims->iat;
    code->exp = claims->exp;
    code->nbf = claims->nbf;
    code->is_normal = healthcode_claims_is_normal(claims);
    code->is_whole = (claims->nregions <= HEALTHCODE_CODE_REGIONS_MAX);
    code->nregions = 0;

    for (size_t i = 0; code->is_whole && i < claims->nregions; i++) {
        code->regions[code->nregions++] = claims->regions[i];
    }

    return healthcode_code_audiences(code, claims->aud, digest);
}


static bool
healthcode_code_audiences(healthcode_code_t *code, yyjson_val *aud,
    healthcode_digest_t *digest)
{
    size_t       i, n;
    yyjson_val  *item;

    code->naudience = 0;

    if (yyjson_is_str(aud)) {
        return healthcode_code_audience(healthcode_json_text(aud), digest,
                                        code->audience[code->naudience++]);
    }

    if (yyjson_arr_size(aud) > HEALTHCODE_CODE_AUDIENCES_MAX) {
        code->is_whole = false;
        return true;
    }

    yyjson_arr_foreach(aud, i, n, item) {
        if (!healthcode_code_audience(healthcode_json_text(item), digest,
                                      code->audience[code->naudience++]))
        {
            return false;
        }
    }

    return true;
}


bool
healthcode_code_audience(healthcode_str_t audience, healthcode_digest_t *digest,
    healthcode_code_digest_t out)
{
    uint8_t  hash[HEALTHCODE_DIGEST_LEN];

    if (!healthcode_digest_text(digest, audience, hash)) {
        return false;
    }

    memcpy(out, hash, sizeof(healthcode_code_digest_t));

    return true;
}


healthcode_reason_e
healthcode_code_check(const healthcode_code_t *code,
    const healthcode_claims_policy_t *policy, int64_t now)
{
    healthcode_claims_facts_t  facts = {
        .iat = code->iat,
        .exp = code->exp,
        .nbf = code->nbf,
        .audience = healthcode_code_is_meant(code, policy),
        .normal = code->is_normal
    };

    return healthcode_claims_judge(&facts, policy, now);
}


static bool
healthcode_code_is_meant(const healthcode_code_t *code,
    const healthcode_claims_policy_t *policy)
{
    if (policy->naudience == 0) {
        return true;
    }

    if (policy->digests == NULL) {
        return false;
    }

    for (unsigned i = 0; i < code->naudience; i++) {
        for (size_t n = 0; n < policy->naudience; n++) {
            if (policy->audience[n].len > 0
                && code->audience[i][0] == policy->digests[n][0]
                && code->audience[i][1] == policy->digests[n][1])
            {
                return true;
            }
        }
    }

    return false;
}
