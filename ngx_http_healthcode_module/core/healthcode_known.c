/*
 * A known code: what the cache keeps of a code whose signature held.  It is
 * judged again without its text and its key; the time is an argument.  Knows
 * no: clock, signature, request.  docs/cache.md.
 */

#include "healthcode_known.h"


/* The words of an entry; a checksum is the last one. */
enum {
    HEALTHCODE_KNOWN_AT_DIGEST = 1,                       /* four words */
    HEALTHCODE_KNOWN_AT_IDENTITY = HEALTHCODE_KNOWN_KEY,    /* two words */
    HEALTHCODE_KNOWN_AT_HOLDER = 7,                       /* two words */
    HEALTHCODE_KNOWN_AT_IAT = 9,
    HEALTHCODE_KNOWN_AT_EXP,
    HEALTHCODE_KNOWN_AT_NBF,
    HEALTHCODE_KNOWN_AT_AUDIENCE,                          /* 2 x two words */
    HEALTHCODE_KNOWN_AT_REGIONS = 16,                     /* of three bytes */
    HEALTHCODE_KNOWN_AT_REST = HEALTHCODE_KNOWN_WORDS - 2
};

_Static_assert(HEALTHCODE_KNOWN_WORDS == 24
               && HEALTHCODE_KNOWN_KEY == 5
               && HEALTHCODE_DIGEST_LEN == 4 * sizeof(uint64_t)
               && sizeof(healthcode_known_digest_t) == 2 * sizeof(uint64_t)
               && HEALTHCODE_HOLDER_LEN == 2 * sizeof(uint64_t)
               && HEALTHCODE_KNOWN_AT_DIGEST == 1
               && HEALTHCODE_KNOWN_AT_IDENTITY == 5
               && HEALTHCODE_KNOWN_AT_HOLDER == 7
               && HEALTHCODE_KNOWN_AT_IAT == 9
               && HEALTHCODE_KNOWN_AT_EXP == 10
               && HEALTHCODE_KNOWN_AT_NBF == 11
               && HEALTHCODE_KNOWN_AT_AUDIENCE == 12
               && HEALTHCODE_KNOWN_AUDIENCES_MAX == 2
               && HEALTHCODE_KNOWN_AT_REGIONS == 16
               && HEALTHCODE_KNOWN_REGIONS_MAX == 16
               && HEALTHCODE_KNOWN_AT_REST == 22,
               "an entry is laid out otherwise: see healthcode_table.h");

/* The text and the identity: two entries that agree in these are one. */
#define HEALTHCODE_KNOWN_SAME  HEALTHCODE_KNOWN_AT_HOLDER

/*
 * Characters from the end of a code to those that say where it stands: in no
 * algorithm's signature are these fixed (of Ed25519 the very last bits are).
 */
#define HEALTHCODE_KNOWN_SPOT  32

/* Bytes of a region. */
#define HEALTHCODE_KNOWN_REGION_LEN  3

/* The last word but one, from the low bits on. */
#define HEALTHCODE_KNOWN_REST_HOLDER    0x1
#define HEALTHCODE_KNOWN_REST_WHOLE     0x2
#define HEALTHCODE_KNOWN_REST_NORMAL    0x4
#define HEALTHCODE_KNOWN_REST_AUDIENCES  3     /* 2 bits */
#define HEALTHCODE_KNOWN_REST_REGIONS   5     /* 5 bits */
#define HEALTHCODE_KNOWN_REST_ISSUER    16    /* 16 bits */
#define HEALTHCODE_KNOWN_REST_SIGNER    32    /* 24 bits */

_Static_assert(HEALTHCODE_KNOWN_REGION_LEN == 3
               && HEALTHCODE_KNOWN_SPOT == 32
               && HEALTHCODE_KNOWN_REST_HOLDER == 1
               && HEALTHCODE_KNOWN_REST_WHOLE == 2
               && HEALTHCODE_KNOWN_REST_NORMAL == 4
               && HEALTHCODE_KNOWN_REST_AUDIENCES == 3
               && HEALTHCODE_KNOWN_REST_REGIONS == 5
               && HEALTHCODE_KNOWN_REST_ISSUER == 16
               && HEALTHCODE_KNOWN_REST_SIGNER == 32,
               "an entry is laid out otherwise: see healthcode_table.h");


static uint64_t healthcode_known_spot(healthcode_str_t text);
static void healthcode_known_pack(const healthcode_known_t *code,
    uint64_t *entry);
static void healthcode_known_unpack(const uint64_t *entry,
    healthcode_known_t *code);
static bool healthcode_known_unpack_lists(const uint64_t *entry,
    healthcode_known_t *code);
static uint64_t healthcode_known_worth(const uint64_t *entry, void *data);
static bool healthcode_known_audiences(healthcode_known_t *code,
    yyjson_val *aud, healthcode_digest_t *digest);
static bool healthcode_known_is_meant(const healthcode_known_t *code,
    const healthcode_claims_policy_t *policy);


bool
healthcode_known_table(healthcode_table_t *table, void *memory, size_t bytes)
{
    return healthcode_table_init(table, memory, bytes, HEALTHCODE_KNOWN_WORDS,
                                 HEALTHCODE_KNOWN_KEY);
}


bool
healthcode_known_key(const healthcode_table_t *table, healthcode_str_t text,
    healthcode_digest_t *digest, uint64_t *key)
{
    key[0] = healthcode_known_spot(text);

    healthcode_table_prefetch(table, key);

    return healthcode_digest_text(digest, text,
                                  key + HEALTHCODE_KNOWN_AT_DIGEST);
}


/*
 * The place of a code in the table.  It depends on characters of the signature,
 * which differ between codes, so it is known before the code is hashed.  A
 * stranger's signature leads a search to some place, but stores nothing.
 */
static uint64_t
healthcode_known_spot(healthcode_str_t text)
{
    uint64_t  hash, tail[2] = { 0, 0 };
    size_t    len = sizeof(tail);

    if (text.len >= HEALTHCODE_KNOWN_SPOT) {
        memcpy(tail, text.data + text.len - HEALTHCODE_KNOWN_SPOT, len);

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
healthcode_known_find(const healthcode_table_t *table, const uint64_t *key,
    const healthcode_known_scope_t *scope, healthcode_known_t *code)
{
    unsigned         issuer, looked = 0;
    const uint64_t  *identity;
    uint64_t         entry[HEALTHCODE_KNOWN_WORDS];

    while (healthcode_table_next(table, key, &looked, entry)) {

        issuer = (entry[HEALTHCODE_KNOWN_AT_REST]
                  >> HEALTHCODE_KNOWN_REST_ISSUER)
                 & HEALTHCODE_KNOWN_ISSUER_MAX;

        if (issuer >= scope->n || !scope->accepted[issuer]) {
            continue;
        }

        identity = scope->identities[issuer];

        if (entry[HEALTHCODE_KNOWN_AT_IDENTITY] == identity[0]
            && entry[HEALTHCODE_KNOWN_AT_IDENTITY + 1] == identity[1])
        {
            healthcode_known_unpack(entry, code);
            return true;
        }
    }

    return false;
}


bool
healthcode_known_store(healthcode_table_t *table, const uint64_t *key,
    const healthcode_known_digest_t identity, const healthcode_known_t *code,
    int64_t now)
{
    uint64_t  entry[HEALTHCODE_KNOWN_WORDS];

    if ((identity[0] | identity[1]) == 0
        || code->issuer > HEALTHCODE_KNOWN_ISSUER_MAX
        || code->signer > HEALTHCODE_KNOWN_SIGNER_MAX)
    {
        return false;
    }

    memset(entry, 0, sizeof(entry));
    memcpy(entry, key, HEALTHCODE_KNOWN_KEY * sizeof(uint64_t));
    memcpy(entry + HEALTHCODE_KNOWN_AT_IDENTITY, identity,
           sizeof(healthcode_known_digest_t));

    healthcode_known_pack(code, entry);

    return healthcode_table_put(table, entry, HEALTHCODE_KNOWN_SAME,
                                healthcode_known_worth, &now);
}


/* Nothing once it has expired; else the longer it lives the more. */
static uint64_t
healthcode_known_worth(const uint64_t *entry, void *data)
{
    int64_t  now = *(int64_t *) data;
    int64_t  exp = (int64_t) entry[HEALTHCODE_KNOWN_AT_EXP];

    return (exp > now) ? (uint64_t) exp : 0;
}


static void
healthcode_known_pack(const healthcode_known_t *code, uint64_t *entry)
{
    uint8_t   *region = (uint8_t *) (entry + HEALTHCODE_KNOWN_AT_REGIONS);
    uint64_t  *rest = &entry[HEALTHCODE_KNOWN_AT_REST];

    memcpy(entry + HEALTHCODE_KNOWN_AT_HOLDER, code->holder,
           HEALTHCODE_HOLDER_LEN);
    memcpy(entry + HEALTHCODE_KNOWN_AT_AUDIENCE, code->audience,
           code->naudience * sizeof(healthcode_known_digest_t));

    entry[HEALTHCODE_KNOWN_AT_IAT] = (uint64_t) code->iat;
    entry[HEALTHCODE_KNOWN_AT_EXP] = (uint64_t) code->exp;
    entry[HEALTHCODE_KNOWN_AT_NBF] = (uint64_t) code->nbf;

    for (unsigned i = 0; i < code->nregions; i++) {
        *region++ = (uint8_t) (code->regions[i] >> 16);
        *region++ = (uint8_t) (code->regions[i] >> 8);
        *region++ = (uint8_t) code->regions[i];
    }

    *rest = (code->has_holder ? HEALTHCODE_KNOWN_REST_HOLDER : 0)
            | (code->is_whole ? HEALTHCODE_KNOWN_REST_WHOLE : 0)
            | (code->is_normal ? HEALTHCODE_KNOWN_REST_NORMAL : 0)
            | (uint64_t) code->naudience << HEALTHCODE_KNOWN_REST_AUDIENCES
            | (uint64_t) code->nregions << HEALTHCODE_KNOWN_REST_REGIONS
            | (uint64_t) code->issuer << HEALTHCODE_KNOWN_REST_ISSUER
            | (uint64_t) code->signer << HEALTHCODE_KNOWN_REST_SIGNER;
}


static void
healthcode_known_unpack(const uint64_t *entry, healthcode_known_t *code)
{
    uint64_t  rest = entry[HEALTHCODE_KNOWN_AT_REST];

    code->has_holder = (rest & HEALTHCODE_KNOWN_REST_HOLDER) != 0;
    code->is_whole = (rest & HEALTHCODE_KNOWN_REST_WHOLE) != 0;
    code->is_normal = (rest & HEALTHCODE_KNOWN_REST_NORMAL) != 0;
    code->issuer = (rest >> HEALTHCODE_KNOWN_REST_ISSUER)
                   & HEALTHCODE_KNOWN_ISSUER_MAX;
    code->signer = (rest >> HEALTHCODE_KNOWN_REST_SIGNER)
                   & HEALTHCODE_KNOWN_SIGNER_MAX;

    code->iat = (int64_t) entry[HEALTHCODE_KNOWN_AT_IAT];
    code->exp = (int64_t) entry[HEALTHCODE_KNOWN_AT_EXP];
    code->nbf = (int64_t) entry[HEALTHCODE_KNOWN_AT_NBF];

    memcpy(code->holder, entry + HEALTHCODE_KNOWN_AT_HOLDER,
           HEALTHCODE_HOLDER_LEN);

    if (!healthcode_known_unpack_lists(entry, code)) {
        /* nobody has stored that */
        code->naudience = 0;
        code->nregions = 0;
        code->is_whole = false;
    }
}


/* False if a list is longer than allowed, or a region is not a code. */
static bool
healthcode_known_unpack_lists(const uint64_t *entry, healthcode_known_t *code)
{
    uint64_t        rest = entry[HEALTHCODE_KNOWN_AT_REST];
    const uint8_t  *region;

    code->naudience = (rest >> HEALTHCODE_KNOWN_REST_AUDIENCES) & 0x3;
    code->nregions = (rest >> HEALTHCODE_KNOWN_REST_REGIONS) & 0x1f;

    if (code->naudience > HEALTHCODE_KNOWN_AUDIENCES_MAX
        || code->nregions > HEALTHCODE_KNOWN_REGIONS_MAX)
    {
        return false;
    }

    memcpy(code->audience, entry + HEALTHCODE_KNOWN_AT_AUDIENCE,
           code->naudience * sizeof(healthcode_known_digest_t));

    region = (const uint8_t *) (entry + HEALTHCODE_KNOWN_AT_REGIONS);

    for (unsigned i = 0; i < code->nregions; i++) {
        code->regions[i] = (uint32_t) region[0] << 16
                           | (uint32_t) region[1] << 8 | region[2];
        region += HEALTHCODE_KNOWN_REGION_LEN;

        if (!healthcode_region_is_sound(code->regions[i])) {
            return false;
        }
    }

    return true;
}


bool
healthcode_known_from_claims(healthcode_known_t *code,
    const healthcode_claims_t *claims, healthcode_digest_t *digest)
{
    if (claims->cnf) {
        return false;
    }

    code->iat = claims->iat;
    code->exp = claims->exp;
    code->nbf = claims->nbf;
    code->is_normal = claims->is_normal;
    code->is_whole = (claims->nregions <= HEALTHCODE_KNOWN_REGIONS_MAX);
    code->nregions = 0;

    for (size_t i = 0; code->is_whole && i < claims->nregions; i++) {
        code->regions[code->nregions++] = claims->regions[i];
    }

    return healthcode_known_audiences(code, claims->aud, digest);
}


static bool
healthcode_known_audiences(healthcode_known_t *code, yyjson_val *aud,
    healthcode_digest_t *digest)
{
    size_t       i, n;
    yyjson_val  *item;

    code->naudience = 0;

    if (yyjson_is_str(aud)) {
        return healthcode_known_audience(healthcode_json_text(aud), digest,
                                         code->audience[code->naudience++]);
    }

    if (yyjson_arr_size(aud) > HEALTHCODE_KNOWN_AUDIENCES_MAX) {
        code->is_whole = false;
        return true;
    }

    yyjson_arr_foreach(aud, i, n, item) {
        if (!healthcode_known_audience(healthcode_json_text(item), digest,
                                       code->audience[code->naudience++]))
        {
            return false;
        }
    }

    return true;
}


bool
healthcode_known_audience(healthcode_str_t audience,
    healthcode_digest_t *digest, healthcode_known_digest_t out)
{
    uint8_t  hash[HEALTHCODE_DIGEST_LEN];

    if (!healthcode_digest_text(digest, audience, hash)) {
        return false;
    }

    memcpy(out, hash, sizeof(healthcode_known_digest_t));

    return true;
}


healthcode_reason_e
healthcode_known_check(const healthcode_known_t *code,
    const healthcode_claims_policy_t *policy, int64_t now)
{
    healthcode_claims_facts_t  facts = {
        .iat = code->iat,
        .exp = code->exp,
        .nbf = code->nbf,
        .audience = healthcode_known_is_meant(code, policy),
        .normal = code->is_normal
    };

    return healthcode_claims_judge(&facts, policy, now);
}


static bool
healthcode_known_is_meant(const healthcode_known_t *code,
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
