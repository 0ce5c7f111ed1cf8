/*
 * Fuzzes healthcode_handshake.c: what a store sends first, through hiredis's
 * own reader; the settings in the first byte, and whether it is asked again.
 * No store is believed that has not said all it must.
 * docs/redis-keys.md, "Handshake".
 */

#include "fuzz.h"
#include "mutate.h"
#include "../unit/resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_handshake.h"


#define CHECK       "39666bb05d87d8254e6b2233776bf348"
#define ERROR_SIZE  100

/* The most replies of a handshake, and one too many. */
#define REPLIES_MAX  18


static bool
is(const redisReply *reply, const char *text)
{
    return (reply->type == REDIS_REPLY_STRING
            || reply->type == REDIS_REPLY_STATUS)
           && reply->len == strlen(text)
           && memcmp(reply->str, text, reply->len) == 0;
}


static void
check_role(const redisReply *role)
{
    fuzz_must(role->elements > 0 && is(role->element[0], "master"));
}


static void
check_info(const redisReply *info)
{
    fuzz_must(strstr(info->str, "\nmaxmemory_policy:noeviction") != NULL);
}


/* What a server that is not a store at all would say of itself. */
static void
check_hello(const redisReply *hello)
{
    fuzz_must(hello->type == REDIS_REPLY_MAP);

    for (size_t i = 0; i + 1 < hello->elements; i += 2) {
        if (is(hello->element[i], "mode")) {
            fuzz_must(is(hello->element[i + 1], "standalone"));
            break;
        }
    }
}


/* On, or nobody may say; whatever else would push less. */
static void
check_tracked(const redisReply *tracked)
{
    bool  on = tracked->type == REDIS_REPLY_ERROR
               && strncmp(tracked->str, "NOPERM", 6) == 0;

    for (size_t i = 0; i + 1 < tracked->elements; i += 2) {
        if (is(tracked->element[i], "flags")
            && tracked->element[i + 1]->elements == 1
            && is(tracked->element[i + 1]->element[0], "on"))
        {
            on = true;
        }
    }

    fuzz_must(on);
}


static void
check_meta(const redisReply *meta)
{
    bool  schema = false, pepper = false;

    for (size_t i = 0; i + 1 < meta->elements; i += 2) {
        if (is(meta->element[i], "schema")) {
            schema = is(meta->element[i + 1], "2");
        } else if (is(meta->element[i], "pepper_check")) {
            pepper = is(meta->element[i + 1], CHECK);
        }
    }

    fuzz_must(schema && pepper);
}


/* Called where every reply was found good. */
static void
check_believed(const healthcode_handshake_t *handshake, redisReply **replies,
    unsigned n)
{
    unsigned  i = 1, reads = handshake->reads ? 5 : 0;

    if (handshake->resp2) {
        i = 0;
    } else {
        check_hello(replies[0]);
    }

    /* AUTH, SELECT, CLIENT TRACKING */

    for ( ; i < 1u + (handshake->database != 0) + handshake->tracking; i++) {
        fuzz_must(replies[i]->type == REDIS_REPLY_STATUS
                  && is(replies[i], "OK"));
    }

    if (handshake->tracking) {
        check_tracked(replies[i]);
    }

    if (!handshake->evicting_ok) {
        check_info(replies[n - 2 - reads]);
    }

    if (!handshake->role_unchecked) {
        check_role(replies[n - 3 - reads + handshake->evicting_ok]);
    }

    check_meta(replies[n - 1]);

    if (handshake->reads) {
        check_meta(replies[n - 3]);
        check_meta(replies[n - 5]);
    }
}


static void
check_again(const healthcode_handshake_t *handshake, bool memory,
    redisReply **replies, size_t n)
{
    char                 *error = (char *) guard_room(0, ERROR_SIZE);
    healthcode_reason_e   reason;

    healthcode_handshake_seen_t  seen;

    if (n < healthcode_handshake_again(handshake, memory)) {
        return;
    }

    reason = healthcode_handshake_again_read(handshake, memory, replies, &seen,
                                             error, ERROR_SIZE);

    if (reason != HEALTHCODE_REASON_OK) {
        fuzz_must(healthcode_reason_is_outage(reason));
        fuzz_must(memchr(error, '\0', ERROR_SIZE) != NULL && error[0]);
        return;
    }

    if (!handshake->role_unchecked) {
        check_role(*replies++);
    }

    check_meta(*replies);
    fuzz_must(seen.meta == *replies++);

    if (memory && !handshake->evicting_ok) {
        check_info(*replies++);
    }

    fuzz_must(seen.time == (memory ? replies[0] : NULL));
    fuzz_must(seen.data == (memory ? replies[1] : NULL));
    fuzz_must(seen.stats == (memory && handshake->tracking ? replies[3]
                                                           : NULL));

    if (memory && handshake->tracking) {
        check_tracked(replies[2]);
    }
}


/* Whatever an error is cut to, a log can take it. */
static void
check_words(const redisReply *reply)
{
    const healthcode_str_t  secrets[HEALTHCODE_REFUSAL_SECRETS] = {
        healthcode_str("secret"), healthcode_str("pr10r")
    };
    char    *text;
    size_t   n;

    if (reply->type != REDIS_REPLY_ERROR) {
        return;
    }

    for (size_t size = 0; size < 64; size += 1 + size / 4) {
        text = (char *) guard_room(1, size);
        n = healthcode_refusal_text(reply, secrets, text, size);
        fuzz_must(size ? n < size && strlen(text) == n : n == 0);
        fuzz_must(size == 0 || strstr(text, "secret") == NULL);
        fuzz_must(size == 0 || strstr(text, "pr10r") == NULL);

        for (size_t i = 0; i < n; i++) {
            fuzz_must(text[i] >= ' ' && text[i] < 0x7f);
        }
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
    char                    *error;
    bool                     believed = true;
    size_t                   n;
    uint8_t                  settings = fuzz_byte(&data, &size);
    redisReply              *replies[REPLIES_MAX];
    healthcode_reason_e      reason;
    healthcode_handshake_t   handshake = {
        .database = settings & 1 ? 3 : 0, .evicting_ok = settings & 2,
        .tracking = settings & 4, .is_gate = settings & 8,
        .reads = settings & 16, .role_unchecked = settings & 32,
        .resp2 = settings & 64, .pepper_check = CHECK,
        .password = healthcode_str("secret")
    };

    if (size > 8192) {
        return 0;
    }

    n = resp_read(data, size, replies, REPLIES_MAX);

    if (settings & 0x80) {
        /* HELLO is not asked again: its bit says whether memory is */
        check_again(&handshake, settings & 0x40, replies, n);
    }

    for (unsigned i = 0; i < n; i++) {
        error = (char *) guard_room(0, ERROR_SIZE);
        reason = healthcode_handshake_read(&handshake, i, replies[i], error,
                                           ERROR_SIZE);
        if (reason != HEALTHCODE_REASON_OK) {
            fuzz_must(healthcode_reason_is_outage(reason));
            fuzz_must(memchr(error, '\0', ERROR_SIZE) != NULL && error[0]);
            fuzz_must(strstr(error, "secret") == NULL);
            believed = false;
        }

        check_words(replies[i]);
    }

    fuzz_must(n <= healthcode_handshake_replies(&handshake) || !believed);

    if (believed && n == healthcode_handshake_replies(&handshake)) {
        check_believed(&handshake, replies, (unsigned) n);
    }

    while (n) {
        freeReplyObject(replies[--n]);
    }

    return 0;
}
