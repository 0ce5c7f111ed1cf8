/*
 * A push of Redis -> what has changed (CLIENT TRACKING in its default mode);
 * and how many keys it tracks.  Nothing is kept.
 * Knows no: nginx, socket, clock.  docs/cache.md.
 */

#include "../core/healthcode_str.h"
#include "healthcode_slot.h"
#include "healthcode_tick.h"
#include "healthcode_tracking.h"


/* Digits of a number of keys; no server has memory for more. */
#define HEALTHCODE_TRACKING_DIGITS  18


static bool healthcode_tracking_is(const redisReply *key, const char *name);
static bool healthcode_tracking_begins(const redisReply *key,
    const char *name);
static bool healthcode_tracking_is_meta(const redisReply *key);
static bool healthcode_tracking_is_push(const redisReply *key);
static bool healthcode_tracking_holder(const redisReply *key, uint8_t *holder);
static bool healthcode_tracking_is_digit(char c);


/* ["invalidate", [key, ...]], or null in place of the keys. */
size_t
healthcode_tracking_changes(const redisReply *push)
{
    const redisReply  *keys;

    if (push->type != REDIS_REPLY_PUSH || push->elements != 2
        || !healthcode_tracking_is(push->element[0], "invalidate"))
    {
        return 0;
    }

    keys = push->element[1];

    if (keys->type == REDIS_REPLY_NIL) {
        return 1;
    }

    return (keys->type == REDIS_REPLY_ARRAY) ? keys->elements : 0;
}


healthcode_tracking_e
healthcode_tracking_change(const redisReply *push, size_t i, uint8_t *holder)
{
    const redisReply  *key, *keys = push->element[1];

    if (keys->type == REDIS_REPLY_NIL) {
        return HEALTHCODE_TRACKING_ALL;
    }

    key = keys->element[i];

    if (healthcode_tracking_holder(key, holder)) {
        return HEALTHCODE_TRACKING_HOLDER;
    }

    if (healthcode_tracking_is(key, "healthcode:region:{r}")) {
        return HEALTHCODE_TRACKING_REGIONS;
    }

    if (healthcode_tracking_is(key, "healthcode:control:{c}")) {
        return HEALTHCODE_TRACKING_CONTROLS;
    }

    if (healthcode_tracking_is_meta(key)) {
        return HEALTHCODE_TRACKING_META;
    }

    if (healthcode_tracking_is_push(key)) {
        return HEALTHCODE_TRACKING_PUSH;
    }

    if (healthcode_tracking_is(key, HEALTHCODE_TICK_KEY)) {
        return HEALTHCODE_TRACKING_TICK;
    }

    if (healthcode_tracking_is(key, "healthcode:data:{c}")) {
        return HEALTHCODE_TRACKING_DATA;
    }

    if (healthcode_tracking_begins(key, "healthcode:hall:")
        || healthcode_tracking_begins(key, "healthcode:mark:"))
    {
        return HEALTHCODE_TRACKING_HALL;
    }

    return HEALTHCODE_TRACKING_BROKEN;
}


static bool
healthcode_tracking_is(const redisReply *key, const char *name)
{
    return key->type == REDIS_REPLY_STRING && key->len == strlen(name)
           && memcmp(key->str, name, key->len) == 0;
}


static bool
healthcode_tracking_begins(const redisReply *key, const char *name)
{
    return key->type == REDIS_REPLY_STRING && key->len > strlen(name)
           && memcmp(key->str, name, strlen(name)) == 0;
}


/* A proof: of regions, of controls, or of holders, by their first digits. */
static bool
healthcode_tracking_is_meta(const redisReply *key)
{
    static const char  name[] = "healthcode:meta:{xx}";
    size_t             tag = sizeof("healthcode:meta:{") - 1;

    return healthcode_tracking_is(key, "healthcode:meta:{r}")
           || healthcode_tracking_is(key, "healthcode:meta:{c}")
           || (key->type == REDIS_REPLY_STRING
               && key->len == sizeof(name) - 1
               && memcmp(key->str, name, tag) == 0
               && healthcode_tracking_is_digit(key->str[tag])
               && healthcode_tracking_is_digit(key->str[tag + 1])
               && key->str[tag + 2] == '}');
}


/* By which a connection proves that changes are pushed: of any partition. */
static bool
healthcode_tracking_is_push(const redisReply *key)
{
    size_t  len = sizeof("healthcode:push:{") - 1;
    size_t  tag;

    if (!healthcode_tracking_begins(key, "healthcode:push:{")) {
        return false;
    }

    tag = healthcode_slot_of(healthcode_str_from(key->str, key->len));
    len += (tag < HEALTHCODE_SLOT_REGIONS) ? sizeof("xx}") - 1
                                           : sizeof("c}") - 1;

    return tag < HEALTHCODE_SLOT_TAGS && key->len == len;
}


/* Whose tag is not that of its holder was not read by any gate. */
static bool
healthcode_tracking_holder(const redisReply *key, uint8_t *holder)
{
    static const char  prefix[] = "healthcode:risk:{xx}:";
    size_t             len = sizeof(prefix) - 1;
    size_t             tag = sizeof("healthcode:risk:{") - 1;

    return key->type == REDIS_REPLY_STRING
           && key->len == len + HEALTHCODE_HOLDER_HEX
           && memcmp(key->str, prefix, tag) == 0
           && memcmp(key->str + tag, key->str + len, 2) == 0
           && memcmp(key->str + tag + 2, "}:", 2) == 0
           && healthcode_holder_parse(healthcode_str_from(key->str + len,
                                                     HEALTHCODE_HOLDER_HEX),
                                      holder);
}


static bool
healthcode_tracking_is_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}


bool
healthcode_tracking_keys(const redisReply *info, uint64_t *keys)
{
    size_t       n;
    uint64_t     value = 0;
    const char  *field = "\ntracking_total_keys:", *p;

    if (info->type != REDIS_REPLY_STRING && info->type != REDIS_REPLY_VERB) {
        return false;
    }

    p = strstr(info->str, field);
    if (p == NULL) {
        return false;
    }

    p += strlen(field);
    n = strspn(p, "0123456789");

    if (n == 0 || n > HEALTHCODE_TRACKING_DIGITS
        || (p[n] != '\r' && p[n] != '\n'))
    {
        return false;
    }

    for (size_t i = 0; i < n; i++) {
        value = value * 10 + (uint64_t) (p[i] - '0');
    }

    *keys = value;

    return true;
}
