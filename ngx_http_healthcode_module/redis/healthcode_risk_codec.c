/*
 * Holder -> command bytes; replies -> risk.  The commands of one live read, and
 * what a store must answer to count as one.  Knows no: nginx, socket, clock.
 * docs/redis-keys.md, "A live read".
 */

#include <stdio.h>

#include "healthcode_redirect.h"
#include "healthcode_reply_reader.h"
#include "healthcode_risk_codec.h"


/* One more flag than a holder may have tells that there are too many. */
#define HEALTHCODE_RISK_FLAGS_ASKED   "65"

_Static_assert(HEALTHCODE_RISK_FLAGS_MAX == 64, "asks for one more");

/* HRANDFIELD of a key of 53 bytes, up to its tag; its holder; its proof. */
#define HEALTHCODE_RISK_BEFORE_TAG                                            \
    "*4\r\n$10\r\nHRANDFIELD\r\n$53\r\nhealthcode:risk:{"
#define HEALTHCODE_RISK_BEFORE_HOLDER  HEALTHCODE_RISK_BEFORE_TAG "xx}:"
#define HEALTHCODE_RISK_BEFORE_PROOF                                          \
    HEALTHCODE_RISK_BEFORE_HOLDER                                             \
    "0123456789abcdef" "0123456789abcdef\r\n"                                 \
    "$2\r\n" HEALTHCODE_RISK_FLAGS_ASKED "\r\n" "$10\r\nWITHVALUES\r\n"       \
    "*2\r\n$7\r\nHGETALL\r\n$20\r\nhealthcode:meta:{"

_Static_assert(HEALTHCODE_HOLDER_HEX == 32, "of which the key has 53 bytes");

/* The longest "iss" that a control can name; a longer one is not configured. */
#define HEALTHCODE_RISK_FIELD_MAX     (HEALTHCODE_TOKEN_MAX + 8)


static bool healthcode_risk_codec_format_risk(
    const healthcode_risk_query_t *query, healthcode_redis_buf_t *buf);
static bool healthcode_risk_codec_format_region(
    const healthcode_risk_query_t *query, healthcode_redis_buf_t *buf);
static bool healthcode_risk_codec_format_region_meta(
    healthcode_redis_buf_t *buf);
static bool healthcode_risk_codec_format_control(
    const healthcode_risk_query_t *query, healthcode_redis_buf_t *buf);
static size_t healthcode_risk_codec_field(char *dst, const char *prefix,
    healthcode_str_t value);
static bool healthcode_risk_codec_read_part(
    const healthcode_risk_query_t *query, unsigned part,
    const redisReply *reply, healthcode_risk_reading_t *reading);
static bool healthcode_risk_codec_read_risk(const redisReply *reply,
    healthcode_risk_reading_t *reading);
static bool healthcode_risk_codec_read_region(
    const healthcode_risk_query_t *query, const redisReply *reply,
    healthcode_risk_region_t *regions);
static bool healthcode_risk_codec_read_control(const redisReply *reply,
    healthcode_risk_control_t *control);
static bool healthcode_risk_codec_is_pairs(const redisReply *reply);
static bool healthcode_risk_codec_is_values(const redisReply *reply, size_t n);
static bool healthcode_risk_codec_is_text(const redisReply *reply);


unsigned
healthcode_risk_codec_replies(const healthcode_risk_query_t *query)
{
    unsigned  n = 0, parts = healthcode_risk_parts(query);

    while (healthcode_risk_codec_part(parts, n)) {
        n += 2;
    }

    return n;
}


unsigned
healthcode_risk_codec_part(unsigned parts, unsigned i)
{
    for (i /= 2; i && parts; i--) {
        parts &= parts - 1;
    }

    return parts & -parts;
}


bool
healthcode_risk_codec_format(const healthcode_risk_query_t *query,
    healthcode_redis_buf_t *buf)
{
    size_t    len = buf->len;
    unsigned  parts = healthcode_risk_parts(query);

    if (parts
        && (!(parts & HEALTHCODE_RISK_HOLDER)
            || healthcode_risk_codec_format_risk(query, buf))
        && (!(parts & HEALTHCODE_RISK_REGIONS)
            || (healthcode_risk_codec_format_region(query, buf)
                && healthcode_risk_codec_format_region_meta(buf)))
        && (!(parts & HEALTHCODE_RISK_CONTROLS)
            || (healthcode_risk_codec_format_control(query, buf)
                && healthcode_risk_codec_format_meta(buf))))
    {
        return true;
    }

    buf->len = len;

    return false;
}


/*
 * Bounded here: what a holder has too much of would be in everybody's way.  All
 * but the holder is the same in every read, so it is not formatted again.
 */
static bool
healthcode_risk_codec_format_risk(const healthcode_risk_query_t *query,
    healthcode_redis_buf_t *buf)
{
    char  commands[] = HEALTHCODE_RISK_BEFORE_PROOF "xx}\r\n";
    char  *holder = commands + sizeof(HEALTHCODE_RISK_BEFORE_HOLDER) - 1;

    healthcode_holder_format(query->holder, holder);

    memcpy(commands + sizeof(HEALTHCODE_RISK_BEFORE_TAG) - 1, holder, 2);
    memcpy(commands + sizeof(HEALTHCODE_RISK_BEFORE_PROOF) - 1, holder, 2);

    return healthcode_redis_buf_append(buf, commands, sizeof(commands) - 1);
}


static bool
healthcode_risk_codec_format_region(const healthcode_risk_query_t *query,
    healthcode_redis_buf_t *buf)
{
    char         text[HEALTHCODE_CLAIMS_REGIONS_MAX][HEALTHCODE_REGION_LEN];
    size_t       len, n = 2;
    size_t       lens[2 + HEALTHCODE_RISK_PREFIXES_MAX] = { 5, 21 };
    const char  *args[2 + HEALTHCODE_RISK_PREFIXES_MAX] = {
        "HMGET", "healthcode:region:{r}"
    };

    for (size_t i = 0; i < query->nregions; i++) {

        len = healthcode_region_format(query->regions[i], text[i]);

        for ( /* void */ ; len >= 2; len -= 2) {
            args[n] = text[i];
            lens[n++] = len;
        }
    }

    return healthcode_redis_buf_command(buf, n, args, lens);
}


static bool
healthcode_risk_codec_format_control(const healthcode_risk_query_t *query,
    healthcode_redis_buf_t *buf)
{
    char         issuer[HEALTHCODE_RISK_FIELD_MAX];
    char         before[HEALTHCODE_RISK_FIELD_MAX];
    char         key[64];
    size_t       lens[] = { 5, 22, 0, 0, 0 };
    const char  *args[] = {
        "HMGET", "healthcode:control:{c}", issuer, key, before
    };

    if (query->iss.len > HEALTHCODE_TOKEN_MAX || query->thumbprint.len > 48) {
        return false;
    }

    lens[2] = healthcode_risk_codec_field(issuer, "issuer:", query->iss);
    lens[3] = healthcode_risk_codec_field(key, "key:", query->thumbprint);
    lens[4] = healthcode_risk_codec_field(before, "before:", query->iss);

    return healthcode_redis_buf_command(buf, 5, args, lens);
}


static size_t
healthcode_risk_codec_field(char *dst, const char *prefix,
    healthcode_str_t value)
{
    size_t  len = strlen(prefix);

    memcpy(dst, prefix, len);
    memcpy(dst + len, value.data, value.len);

    return len + value.len;
}


/* The same in every read, so it is not formatted again for each. */
static bool
healthcode_risk_codec_format_region_meta(healthcode_redis_buf_t *buf)
{
    static const char  command[] = "*2\r\n$7\r\nHGETALL\r\n"
                                   "$19\r\nhealthcode:meta:{r}\r\n";

    return healthcode_redis_buf_append(buf, command, sizeof(command) - 1);
}


bool
healthcode_risk_codec_format_meta(healthcode_redis_buf_t *buf)
{
    static const char  command[] = "*2\r\n$7\r\nHGETALL\r\n"
                                   "$19\r\nhealthcode:meta:{c}\r\n";

    return healthcode_redis_buf_append(buf, command, sizeof(command) - 1);
}


bool
healthcode_risk_codec_format_proof(size_t tag, healthcode_redis_buf_t *buf)
{
    int     n;
    char    name[HEALTHCODE_SLOT_NAME];
    char    key[sizeof("healthcode:meta:{xx}")];
    size_t  lens[] = { 7, 0 };

    const char  *args[] = { "HGETALL", key };

    n = snprintf(key, sizeof(key), "healthcode:meta:{%s}",
                 healthcode_slot_name(tag, name));

    lens[1] = (size_t) n;

    return healthcode_redis_buf_command(buf, 2, args, lens);
}


size_t
healthcode_risk_codec_tag(const healthcode_risk_query_t *query)
{
    switch (healthcode_risk_parts(query)) {

    case HEALTHCODE_RISK_HOLDER:
        return query->holder[0];

    case HEALTHCODE_RISK_REGIONS:
        return HEALTHCODE_SLOT_REGIONS;

    default:
        return HEALTHCODE_SLOT_CONTROLS;
    }
}


bool
healthcode_risk_codec_format_asking(const healthcode_risk_query_t *query,
    size_t own, healthcode_redis_buf_t *buf)
{
    size_t  all, len = buf->len;
    size_t  tag = healthcode_risk_codec_tag(query);

    if (healthcode_redirect_format_asking(buf)
        && healthcode_risk_codec_format(query, buf))
    {
        /* the proof is the last command: as long as it is by itself */

        all = buf->len;

        if (healthcode_risk_codec_format_proof(tag, buf)) {

            buf->len = all - (buf->len - all);

            if (healthcode_redirect_format_asking(buf)
                && healthcode_risk_codec_format_proof(tag, buf)
                && healthcode_risk_codec_format_proof(own, buf))
            {
                return true;
            }
        }
    }

    buf->len = len;

    return false;
}


healthcode_reason_e
healthcode_risk_codec_read_asking(const healthcode_risk_query_t *query,
    redisReply *const *replies, healthcode_risk_reading_t *reading,
    const redisReply **meta, const redisReply **own)
{
    unsigned  part = healthcode_risk_parts(query);

    for (unsigned i = 0; i < 4; i += 2) {
        if (replies[i]->type != REDIS_REPLY_STATUS) {
            return HEALTHCODE_REASON_STORE_UNAVAILABLE;
        }
    }

    if (!healthcode_risk_codec_read_part(query, part, replies[1], reading)) {
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    reading->parts = part;
    *meta = replies[3];
    *own = replies[4];

    return HEALTHCODE_REASON_OK;
}


healthcode_reason_e
healthcode_risk_codec_read(const healthcode_risk_query_t *query,
    redisReply *const *replies, const char *pepper_check,
    healthcode_risk_reading_t *reading)
{
    unsigned             i, n, parts = healthcode_risk_parts(query);
    healthcode_reason_e  reason;

    n = healthcode_risk_codec_replies(query);

    for (i = 0; i < n; i++) {

        if (!healthcode_risk_codec_is_proof(i)) {
            continue;
        }

        reason = healthcode_risk_codec_meta(replies[i], pepper_check);

        if (reason != HEALTHCODE_REASON_OK) {
            return reason;
        }
    }

    for (i = 0; i < n; i++) {

        if (!healthcode_risk_codec_is_proof(i)
            && !healthcode_risk_codec_read_part(query,
                                         healthcode_risk_codec_part(parts, i),
                                         replies[i], reading))
        {
            return HEALTHCODE_REASON_STORE_UNAVAILABLE;
        }
    }

    reading->parts = parts;

    return HEALTHCODE_REASON_OK;
}


static bool
healthcode_risk_codec_read_part(const healthcode_risk_query_t *query,
    unsigned part, const redisReply *reply, healthcode_risk_reading_t *reading)
{
    switch (part) {

    case HEALTHCODE_RISK_HOLDER:
        return healthcode_risk_codec_read_risk(reply, reading);

    case HEALTHCODE_RISK_REGIONS:
        return healthcode_risk_codec_read_region(query, reply,
                                                 reading->answer.regions);

    default:
        return healthcode_risk_codec_read_control(reply,
                                                  &reading->answer.control);
    }
}


static bool
healthcode_risk_codec_read_risk(const redisReply *reply,
    healthcode_risk_reading_t *reading)
{
    size_t             i, n = 0;
    const redisReply  *name, *until;

    reading->nflags = 0;
    reading->unreadable = false;

    if (healthcode_risk_codec_is_wrong_type(reply)) {
        /* not a hash: whatever it says of the holder, it is set */
        reading->unreadable = true;
        return true;
    }

    if (reply->type != REDIS_REPLY_ARRAY) {
        return false;
    }

    for (i = 0; i < reply->elements; n++) {

        if (!healthcode_risk_codec_pair(reply, &i, &name, &until)) {
            return false;
        }

        /* whatever the policy denies: it may be among what was not read */
        reading->unreadable |= healthcode_reply_reader_is_skipped(name)
                               || healthcode_reply_reader_is_skipped(until);

        if (n < HEALTHCODE_RISK_FLAGS_MAX) {
            reading->flags[n].name = healthcode_risk_codec_str(name);
            reading->flags[n].until = healthcode_risk_codec_str(until);
            reading->nflags = n + 1;
        }
    }

    reading->unreadable |= (n > HEALTHCODE_RISK_FLAGS_MAX);

    return true;
}


/* RESP3 has an array for each, RESP2 its name and its value in turn. */
bool
healthcode_risk_codec_pair(const redisReply *reply, size_t *i,
    const redisReply **name, const redisReply **value)
{
    redisReply  **pair = &reply->element[*i];

    if (pair[0]->type == REDIS_REPLY_ARRAY) {
        *i += 1;

        if (pair[0]->elements != 2) {
            return false;
        }

        pair = pair[0]->element;

    } else {
        *i += 2;

        if (*i > reply->elements) {
            return false;
        }
    }

    *name = pair[0];
    *value = pair[1];

    return healthcode_risk_codec_is_text(*name)
           && healthcode_risk_codec_is_text(*value);
}


static bool
healthcode_risk_codec_read_region(const healthcode_risk_query_t *query,
    const redisReply *reply, healthcode_risk_region_t *regions)
{
    size_t                i, n = 0;
    redisReply           *value;
    healthcode_region_t   code;

    for (i = 0; i < query->nregions; i++) {
        for (code = query->regions[i]; code >= 100; code /= 100) {
            n++;
        }
    }

    if (!healthcode_risk_codec_is_values(reply, n)) {
        return false;
    }

    for (i = 0; i < n; i++) {
        value = reply->element[i];

        if (value->type == REDIS_REPLY_NIL) {
            memset(&regions[i], 0, sizeof(healthcode_risk_region_t));
        } else {
            regions[i] = healthcode_risk_region(
                             healthcode_risk_codec_str(value));
        }
    }

    return true;
}


static bool
healthcode_risk_codec_read_control(const redisReply *reply,
    healthcode_risk_control_t *control)
{
    redisReply  *issuer, *key, *before;

    if (!healthcode_risk_codec_is_values(reply, 3)) {
        return false;
    }

    issuer = reply->element[0];
    key = reply->element[1];
    before = reply->element[2];

    memset(control, 0, sizeof(healthcode_risk_control_t));

    if (issuer->type != REDIS_REPLY_NIL) {
        control->suspended =
            healthcode_risk_until(healthcode_risk_codec_str(issuer));
    }

    if (key->type != REDIS_REPLY_NIL) {
        control->revoked =
            healthcode_risk_until(healthcode_risk_codec_str(key));
    }

    if (before->type != REDIS_REPLY_NIL) {
        control->before =
            healthcode_risk_before(healthcode_risk_codec_str(before));
    }

    return true;
}


healthcode_reason_e
healthcode_risk_codec_meta(const redisReply *reply, const char *pepper_check)
{
    bool              schema = false, instance = false, pepper = false;
    bool              whole = true;
    healthcode_str_t  name, value, check;

    if (healthcode_risk_codec_is_wrong_type(reply)) {
        return HEALTHCODE_REASON_STORE_UNPROVEN;
    }

    if (!healthcode_risk_codec_is_pairs(reply)) {
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    check = healthcode_str_from(pepper_check, HEALTHCODE_PEPPER_CHECK);

    for (size_t i = 0; i < reply->elements; i += 2) {
        name = healthcode_risk_codec_str(reply->element[i]);
        value = healthcode_risk_codec_str(reply->element[i + 1]);

        if (healthcode_reply_reader_is_skipped(reply->element[i])
            || healthcode_reply_reader_is_skipped(reply->element[i + 1]))
        {
            whole = false;
        }

        if (healthcode_str_equal(name, healthcode_str("schema"))) {
            schema = healthcode_str_equal(value, healthcode_str("2"));

        } else if (healthcode_str_equal(name, healthcode_str("instance"))) {
            instance = value.len > 0;

        } else if (healthcode_str_equal(name, healthcode_str("pepper_check"))) {
            pepper = healthcode_str_equal(value, check);
        }
    }

    if (!whole || !schema || !instance) {
        return HEALTHCODE_REASON_STORE_UNPROVEN;
    }

    return pepper ? HEALTHCODE_REASON_OK : HEALTHCODE_REASON_STORE_PEPPER;
}


healthcode_str_t
healthcode_risk_codec_instance(const redisReply *reply)
{
    healthcode_str_t  instance = { NULL, 0 };

    if (!healthcode_risk_codec_is_pairs(reply)) {
        return instance;
    }

    for (size_t i = 0; i < reply->elements; i += 2) {
        if (healthcode_str_equal(healthcode_risk_codec_str(reply->element[i]),
                                 healthcode_str("instance")))
        {
            instance = healthcode_risk_codec_str(reply->element[i + 1]);
        }
    }

    return instance;
}


bool
healthcode_risk_codec_is_wrong_type(const redisReply *reply)
{
    static const char  word[] = "WRONGTYPE";

    return reply->type == REDIS_REPLY_ERROR && reply->len >= sizeof(word) - 1
           && memcmp(reply->str, word, sizeof(word) - 1) == 0;
}


/* A map of RESP3, or the flat array that RESP2 has for it, of strings. */
static bool
healthcode_risk_codec_is_pairs(const redisReply *reply)
{
    if ((reply->type != REDIS_REPLY_MAP && reply->type != REDIS_REPLY_ARRAY)
        || reply->elements % 2)
    {
        return false;
    }

    for (size_t i = 0; i < reply->elements; i++) {
        if (!healthcode_risk_codec_is_text(reply->element[i])) {
            return false;
        }
    }

    return true;
}


static bool
healthcode_risk_codec_is_values(const redisReply *reply, size_t n)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != n) {
        return false;
    }

    for (size_t i = 0; i < n; i++) {
        if (!healthcode_risk_codec_is_text(reply->element[i])
            && reply->element[i]->type != REDIS_REPLY_NIL)
        {
            return false;
        }
    }

    return true;
}


static bool
healthcode_risk_codec_is_text(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING
           || healthcode_reply_reader_is_skipped(reply);
}


/* Empty where it was skipped, which no value may be: it counts as set. */
healthcode_str_t
healthcode_risk_codec_str(const redisReply *reply)
{
    if (healthcode_reply_reader_is_skipped(reply)) {
        return healthcode_str_from(NULL, 0);
    }

    return healthcode_str_from(reply->str, reply->len);
}
