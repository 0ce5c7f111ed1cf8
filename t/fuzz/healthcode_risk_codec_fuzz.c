/*
 * Fuzzes healthcode_risk_codec.c: what a store sends, through hiredis's own
 * reader; the number of regions, and the parts, in the first byte.  No answer
 * without its proof, and no denied flag gets lost.  docs/redis-keys.md, "A live
 * read".
 */

#include "fuzz.h"
#include "mutate.h"
#include "../unit/resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_risk_codec.h"


#define NOW    1700000000
#define CHECK  "39666bb05d87d8254e6b2233776bf348"


static bool
is(const redisReply *reply, const char *text)
{
    return reply->type == REDIS_REPLY_STRING && reply->len == strlen(text)
           && memcmp(reply->str, text, reply->len) == 0;
}


/* Whether a map has this pair; the last of a name counts. */
static bool
has(const redisReply *map, const char *name, const char *value)
{
    bool  found = false;

    for (size_t i = 0; i + 1 < map->elements; i += 2) {
        if (is(map->element[i], name)) {
            found = (value == NULL) ? map->element[i + 1]->len > 0
                                    : is(map->element[i + 1], value);
        }
    }

    return found;
}


/* Each pair in an array of its own, or one after the other. */
static void
check_flags(const redisReply *reply, const healthcode_risk_t *risk)
{
    bool          flagged = false;
    size_t        n = 0;
    redisReply  **pair;

    if (reply->type == REDIS_REPLY_ERROR) {
        /* the key is not a hash, which counts as a flag */
        fuzz_must(strncmp(reply->str, "WRONGTYPE", 9) == 0 && risk->flagged);
        return;
    }

    fuzz_must(reply->type == REDIS_REPLY_ARRAY);

    for (size_t i = 0; i < reply->elements; n++) {
        pair = &reply->element[i];
        i += (pair[0]->type == REDIS_REPLY_ARRAY) ? 1 : 2;
        pair = (pair[0]->type == REDIS_REPLY_ARRAY) ? pair[0]->element : pair;

        if (pair[0]->type == REDIS_REPLY_BIGNUM
            || pair[1]->type == REDIS_REPLY_BIGNUM
            || (is(pair[0], "confirmed")
                && healthcode_risk_is_active(
                       healthcode_str_from(pair[1]->str, pair[1]->len), NOW)))
        {
            flagged = true;
        }
    }

    fuzz_must(risk->flagged == (flagged || n > 64));
    fuzz_must(risk->names_len <= HEALTHCODE_RISK_NAMES_MAX);
}


/* Whether a field has this name, or begins with it if it ends with a colon. */
static bool
has_field(const redisReply *reply, const char *name)
{
    size_t             len = strlen(name);
    const redisReply  *field;

    for (size_t i = 0; i < reply->elements; i++) {
        field = reply->element[i];

        if (field->type == REDIS_REPLY_ARRAY) {
            field = field->element[0];
        } else {
            i++;
        }

        if (field->type == REDIS_REPLY_STRING && field->len >= len
            && memcmp(field->str, name, len) == 0
            && (field->len == len || name[len - 1] == ':'))
        {
            return true;
        }
    }

    return false;
}


/* The reply to part, a content or its proof; NULL: it was not asked for. */
static const redisReply *
reply_of(const healthcode_risk_query_t *query, redisReply **replies,
    unsigned part, bool proof)
{
    unsigned  i = 0, parts = healthcode_risk_parts(query);

    if (!(parts & part)) {
        return NULL;
    }

    for (unsigned before = 1; before < part; before <<= 1) {
        i += (parts & before) ? 2 : 0;
    }

    return replies[i + proof];
}


/* flags is NULL if the holder was not asked for. */
static void
check_control(const redisReply *flags, const redisReply *values,
    const healthcode_risk_t *risk)
{
    fuzz_must(values->type == REDIS_REPLY_ARRAY && values->elements == 3);
    fuzz_must(!is(values->element[0], "0") || risk->issuer_suspended);
    fuzz_must(!is(values->element[0], "") || risk->issuer_suspended);
    fuzz_must(!is(values->element[1], "0") || risk->key_revoked);
    fuzz_must(!is(values->element[1], "x") || risk->key_revoked);
    fuzz_must(!is(values->element[2], "") || risk->issued_before);
    fuzz_must(values->element[0]->type != REDIS_REPLY_BIGNUM
              || risk->issuer_suspended);
    fuzz_must(values->element[1]->type != REDIS_REPLY_BIGNUM
              || risk->key_revoked);
    fuzz_must(values->element[2]->type != REDIS_REPLY_BIGNUM
              || risk->issued_before);
    fuzz_must(values->element[0]->type != REDIS_REPLY_NIL
              || !risk->issuer_suspended);
    fuzz_must(values->element[1]->type != REDIS_REPLY_NIL
              || !risk->key_revoked);
    fuzz_must(values->element[2]->type != REDIS_REPLY_NIL
              || !risk->issued_before || (flags && has_field(flags, "before")));
    fuzz_must(!risk->code_revoked || (flags && has_field(flags, "code:")));
}


static void
check_regions(const healthcode_risk_query_t *query, const redisReply *values,
    const healthcode_risk_t *risk)
{
    size_t  prefixes = 0;

    for (size_t i = 0; i < query->nregions; i++) {
        prefixes += query->regions[i] < 1000 ? 1
                    : query->regions[i] < 100000 ? 2 : 3;
    }

    fuzz_must(values->type == REDIS_REPLY_ARRAY
              && values->elements == prefixes);
    fuzz_must(!is(values->element[0], "high 0") || risk->region);
    fuzz_must(!is(values->element[0], "") || risk->region);
    fuzz_must(values->element[0]->type != REDIS_REPLY_BIGNUM || risk->region);
}


static void
check(const healthcode_risk_query_t *query, redisReply **replies, unsigned n)
{
    const redisReply         *flags, *values;
    healthcode_str_t          deny[] = { healthcode_str("confirmed") };
    healthcode_risk_t         risk;
    healthcode_reason_e       reason;
    healthcode_risk_reading_t  reading;
    healthcode_risk_policy_t  policy = {
        .deny = deny, .ndeny = 1, .region_deny = HEALTHCODE_RISK_LEVEL_HIGH
    };
    healthcode_risk_terms_t   terms = {
        .policy = &policy, .iat = NOW - 60, .now = NOW
    };

    memset(&reading, 0x5a, sizeof(reading));
    reason = healthcode_risk_codec_read(query, replies, CHECK, &reading);

    if (reason != HEALTHCODE_REASON_OK) {
        fuzz_must(healthcode_reason_is_outage(reason));
        return;
    }

    fuzz_must(reading.nflags <= HEALTHCODE_RISK_FLAGS_MAX);
    healthcode_risk_clear(&risk);
    healthcode_risk_add_reading(&risk, query, &reading, &terms);

    fuzz_must(reading.parts == healthcode_risk_parts(query));

    for (unsigned i = 1; i < n; i += 2) {
        fuzz_must(has(replies[i], "schema", "2"));
        fuzz_must(has(replies[i], "instance", NULL));
        fuzz_must(has(replies[i], "pepper_check", CHECK));
        fuzz_must(healthcode_risk_codec_instance(replies[i]).len > 0);
    }

    flags = reply_of(query, replies, HEALTHCODE_RISK_HOLDER, false);

    if (flags) {
        fuzz_must(healthcode_risk_codec_is_absent(&reading)
                  == (flags->type == REDIS_REPLY_ARRAY
                      && flags->elements == 0));
        fuzz_must(!healthcode_risk_codec_is_absent(&reading)
                  || (!risk.flagged && risk.names_len == 0));
        check_flags(flags, &risk);

    } else {
        fuzz_must(!healthcode_risk_codec_is_absent(&reading) && !risk.flagged
                  && risk.names_len == 0);
    }

    values = reply_of(query, replies, HEALTHCODE_RISK_REGIONS, false);

    if (values) {
        check_regions(query, values, &risk);
    } else {
        fuzz_must(!risk.region);
    }

    values = reply_of(query, replies, HEALTHCODE_RISK_CONTROLS, false);

    if (values) {
        check_control(flags, values, &risk);
    } else {
        fuzz_must(!risk.issuer_suspended && !risk.key_revoked);
    }
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return mutate_resp(data, 1, size, max, seed);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                   n;
    redisReply              *replies[HEALTHCODE_RISK_REPLIES_MAX];
    healthcode_region_t      regions[] = { 1511402, 133, 14401 };
    healthcode_redis_buf_t   buf = { NULL, 0, 0 };
    healthcode_risk_query_t  query = {
        .iss = healthcode_str("i"), .thumbprint = healthcode_str("t"),
        .regions = regions
    };

    n = fuzz_byte(&data, &size);
    query.nregions = n % 4;
    query.parts = (unsigned) n / 4 % 8;

    if (size > 8192 || healthcode_risk_parts(&query) == 0) {
        return 0;
    }

    n = resp_read(data, size, replies, healthcode_risk_codec_replies(&query));

    if (n == healthcode_risk_codec_replies(&query)) {
        check(&query, replies, (unsigned) n);
    }

    while (n) {
        freeReplyObject(replies[--n]);
    }

    /* what a code can choose of a command: its issuer, its regions */
    query.iss = guard(0, data, size);
    query.parts = 0;

    if (healthcode_risk_codec_format(&query, &buf)) {
        n = resp_read(buf.data, buf.len, replies,
                      HEALTHCODE_RISK_REPLIES_MAX);
        fuzz_must(n == healthcode_risk_codec_replies(&query));
        fuzz_must(replies[n - 2]->elements == 5
                  && replies[n - 2]->element[2]->len == size + 7
                  && (size == 0
                      || memcmp(replies[n - 2]->element[2]->str + 7, data,
                                size) == 0));

        while (n) {
            freeReplyObject(replies[--n]);
        }
    }

    healthcode_redis_buf_free(&buf);

    return 0;
}
