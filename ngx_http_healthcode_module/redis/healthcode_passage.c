/*
 * A passage -> the call of passage.lua; its reply -> what became of it.
 * Knows no: nginx, socket, clock, request.  docs/redis-keys.md,
 * "healthcode:hall".
 */

#include <stdio.h>
#include <string.h>

#include "healthcode_passage.h"
#include "healthcode_refusal.h"


#define HEALTHCODE_PASSAGE_META      "healthcode:meta:{xx}"
#define HEALTHCODE_PASSAGE_HALL      "healthcode:hall:{xx}:"

/* Where the tag stands in both. */
#define HEALTHCODE_PASSAGE_TAG       (sizeof("healthcode:hall:{") - 1)

/* Bytes of a key with the longest name, and of a number. */
#define HEALTHCODE_PASSAGE_KEY       (sizeof(HEALTHCODE_PASSAGE_HALL)         \
                                      + HEALTHCODE_HOLDER_HEX                 \
                                      + sizeof(":passages"))
#define HEALTHCODE_PASSAGE_NUMBER    24

#define HEALTHCODE_PASSAGE_KEYS      7      /* of the hall */

/* EVALSHA, SHA-1, how many keys, the keys, arguments. */
#define HEALTHCODE_PASSAGE_ARGS_MAX  (3 + HEALTHCODE_PASSAGE_KEYS + 12)


typedef struct {
    size_t       n;
    const char  *text[HEALTHCODE_PASSAGE_ARGS_MAX];
    size_t       len[HEALTHCODE_PASSAGE_ARGS_MAX];
} healthcode_passage_args_t;


static void healthcode_passage_add(healthcode_passage_args_t *args,
    const char *text, size_t len);
static void healthcode_passage_add_text(healthcode_passage_args_t *args,
    const char *text);
static void healthcode_passage_add_number(healthcode_passage_args_t *args,
    int64_t number, int64_t most, char *text);
static int64_t healthcode_passage_life(const healthcode_passage_t *passage);
static void healthcode_passage_fail(const redisReply *reply,
    healthcode_passage_result_t *result);
static bool healthcode_passage_is(const redisReply *reply, const char *word);
static bool healthcode_passage_begins(const redisReply *reply,
    const char *word);


static const char *const  healthcode_passage_words[] = {
    "enter", "leave", "confirm", "annul"
};

static const char *const  healthcode_passage_keys[] = {
    "codes", "inside", "left", "held", "holders", "passages", "ended"
};

_Static_assert(sizeof(healthcode_passage_keys) / sizeof(char *)
               == HEALTHCODE_PASSAGE_KEYS, "the keys of a hall");


bool
healthcode_passage_format(const healthcode_passage_t *passage, const char *sha,
    healthcode_redis_buf_t *buf)
{
    char                       holder[HEALTHCODE_HOLDER_HEX];
    char                       code[HEALTHCODE_HOLDER_HEX];
    char                       id[HEALTHCODE_HOLDER_HEX];
    char                       keys[HEALTHCODE_PASSAGE_KEYS]
                                   [HEALTHCODE_PASSAGE_KEY];
    char                       hall[HEALTHCODE_HOLDER_HEX];
    char                       meta[] = HEALTHCODE_PASSAGE_META;
    char                       number[4][HEALTHCODE_PASSAGE_NUMBER];
    healthcode_passage_args_t  args;

    args.n = 0;

    healthcode_passage_add_text(&args, "EVALSHA");
    healthcode_passage_add(&args, sha, HEALTHCODE_SCRIPT_SHA);
    healthcode_passage_add_text(&args, "7");

    healthcode_holder_format(passage->hall, hall);

    for (size_t i = 0; i < HEALTHCODE_PASSAGE_KEYS; i++) {
        (void) snprintf(keys[i], sizeof(keys[i]),
                        HEALTHCODE_PASSAGE_HALL "%.*s:%s",
                        HEALTHCODE_HOLDER_HEX, hall,
                        healthcode_passage_keys[i]);
        memcpy(keys[i] + HEALTHCODE_PASSAGE_TAG, hall, 2);
        healthcode_passage_add_text(&args, keys[i]);
    }

    healthcode_passage_add_text(&args, healthcode_passage_words[passage->what]);
    healthcode_passage_add(&args, (const char *) passage->instance.data,
                           passage->instance.len);

    healthcode_holder_format(passage->passage, id);

    if (passage->what == HEALTHCODE_PASSAGE_ENTER
        || passage->what == HEALTHCODE_PASSAGE_LEAVE)
    {
        healthcode_holder_format(passage->holder, holder);
        healthcode_holder_format(passage->code, code);

        healthcode_passage_add_text(&args, passage->once_holder ? "holder"
                                                                : "code");
        healthcode_passage_add(&args, holder, sizeof(holder));
        healthcode_passage_add(&args, code, sizeof(code));
        healthcode_passage_add(&args, id, sizeof(id));
        healthcode_passage_add_number(&args, passage->retry,
                                      HEALTHCODE_PASSAGE_RETRY_MAX, number[0]);
        healthcode_passage_add_number(&args, passage->hold,
                                      HEALTHCODE_PASSAGE_HOLD_MAX, number[1]);
        healthcode_passage_add_text(&args, passage->annuls ? "annul"
                                                           : "confirm");
        healthcode_passage_add_number(&args, passage->again,
                                      HEALTHCODE_PASSAGE_RETURN_MAX, number[2]);
        healthcode_passage_add_number(&args, healthcode_passage_life(passage),
                                      HEALTHCODE_PASSAGE_LIFE_MAX, number[3]);

    } else {
        healthcode_passage_add(&args, id, sizeof(id));
    }

    memcpy(meta + HEALTHCODE_PASSAGE_TAG, hall, 2);
    healthcode_passage_add_text(&args, meta);

    return healthcode_redis_buf_command(buf, args.n, args.text, args.len);
}


static void
healthcode_passage_add(healthcode_passage_args_t *args, const char *text,
    size_t len)
{
    args->text[args->n] = text;
    args->len[args->n++] = len;
}


static void
healthcode_passage_add_text(healthcode_passage_args_t *args, const char *text)
{
    healthcode_passage_add(args, text, strlen(text));
}


static void
healthcode_passage_add_number(healthcode_passage_args_t *args, int64_t number,
    int64_t most, char *text)
{
    (void) snprintf(text, HEALTHCODE_PASSAGE_NUMBER, "%lld",
                    (long long) (number < most ? number : most));
    healthcode_passage_add_text(args, text);
}


/* A mark that goes too soon would let a code pass twice: it never is short. */
static int64_t
healthcode_passage_life(const healthcode_passage_t *passage)
{
    int64_t  life;

    if (__builtin_sub_overflow(passage->until, passage->now, &life)) {
        return passage->until > passage->now ? HEALTHCODE_PASSAGE_LIFE_MAX : 1;
    }

    return life > 1 ? life : 1;
}


void
healthcode_passage_read(healthcode_passage_what_e what, const redisReply *reply,
    healthcode_passage_result_t *result)
{
    static const struct {
        bool                          is_first;    /* else the second message */
        const char                   *word;
        healthcode_passage_outcome_e  outcome;
        healthcode_reason_e           reason;
    } rows[] = {
        { true, "passed", HEALTHCODE_PASSAGE_PASSED, HEALTHCODE_REASON_OK },
        { true, "again", HEALTHCODE_PASSAGE_AGAIN, HEALTHCODE_REASON_OK },
        { true, "replayed", HEALTHCODE_PASSAGE_REFUSED,
          HEALTHCODE_REASON_REPLAYED },
        { true, "inside", HEALTHCODE_PASSAGE_REFUSED,
          HEALTHCODE_REASON_INSIDE },
        { true, "outside", HEALTHCODE_PASSAGE_REFUSED,
          HEALTHCODE_REASON_OUTSIDE },
        { false, "done", HEALTHCODE_PASSAGE_DONE, HEALTHCODE_REASON_OK },
        { false, "final", HEALTHCODE_PASSAGE_FINAL, HEALTHCODE_REASON_OK },
        { false, "unknown", HEALTHCODE_PASSAGE_UNKNOWN, HEALTHCODE_REASON_OK },
    };
    bool               is_first;
    const redisReply  *word, *inside;

    result->outcome = HEALTHCODE_PASSAGE_FAILED;
    result->reason = HEALTHCODE_REASON_STORE_UNAVAILABLE;
    result->inside = 0;

    if (reply->type == REDIS_REPLY_ERROR) {
        healthcode_passage_fail(reply, result);
        return;
    }

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0) {
        return;
    }

    word = reply->element[0];

    if (reply->elements == 1) {
        if (healthcode_passage_is(word, "unproven")) {
            result->reason = HEALTHCODE_REASON_STORE_UNPROVEN;
        }

        return;
    }

    inside = reply->element[1];

    if (reply->elements != 2 || inside->type != REDIS_REPLY_INTEGER
        || inside->integer < 0 || inside->integer > UINT32_MAX)
    {
        return;
    }

    is_first = what == HEALTHCODE_PASSAGE_ENTER
               || what == HEALTHCODE_PASSAGE_LEAVE;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {

        if (rows[i].is_first == is_first
            && healthcode_passage_is(word, rows[i].word))
        {
            result->outcome = rows[i].outcome;
            result->reason = rows[i].reason;
            result->inside = (uint32_t) inside->integer;
            return;
        }
    }
}


static void
healthcode_passage_fail(const redisReply *reply,
    healthcode_passage_result_t *result)
{
    if (healthcode_call_is_unknown(reply)) {
        result->outcome = HEALTHCODE_PASSAGE_NO_SCRIPT;

    } else if (healthcode_passage_begins(reply, "READONLY")) {
        result->reason = HEALTHCODE_REASON_STORE_NOT_MASTER;

    } else if (healthcode_refusal_is_auth(reply)) {
        result->reason = HEALTHCODE_REASON_STORE_AUTH;
    }
}


static bool
healthcode_passage_is(const redisReply *reply, const char *word)
{
    return (reply->type == REDIS_REPLY_STRING
            || reply->type == REDIS_REPLY_STATUS)
           && reply->len == strlen(word)
           && memcmp(reply->str, word, reply->len) == 0;
}


static bool
healthcode_passage_begins(const redisReply *reply, const char *word)
{
    size_t  len = strlen(word);

    return reply->len >= len && memcmp(reply->str, word, len) == 0;
}
