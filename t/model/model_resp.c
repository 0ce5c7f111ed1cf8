/*
 * What travels: the bytes of commands -> what a store is asked; what it answers
 * and pushes -> replies as hiredis has them, all made beforehand.
 * Knows no worker, no store and no rule.  CONTRIBUTING.md, "The model".
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"


#define MODEL_RESP_ARGS       8
#define MODEL_RESP_INSTANCES  1024

/* The byte of a holder that differs in all of them, see healthcode_model.c. */
#define MODEL_RESP_BYTE       9


typedef struct {
    redisReply   reply, instance;
    redisReply  *elements[6];
    char         text[16];
} model_resp_meta_t;

typedef struct {
    redisReply   reply, keys, key;
    redisReply  *elements[2], *element[1];
    char         text[64];
} model_resp_push_t;


static model_command_e model_resp_command(const char **args,
    const size_t *lens, unsigned n, model_message_t *command);
static redisReply *model_resp_meta(uint64_t instance);


#define MODEL_TEXT(word)                                                      \
    { .type = REDIS_REPLY_STRING, .str = (char *) (word),                     \
      .len = sizeof(word) - 1 }
#define MODEL_LIST(kind, list)                                                \
    { .type = (kind), .element = (list),                                      \
      .elements = sizeof(list) / sizeof((list)[0]) }

static redisReply  model_ok = {
    .type = REDIS_REPLY_STATUS, .str = (char *) "OK", .len = 2
};
static redisReply  model_wrongpass = {
    .type = REDIS_REPLY_ERROR, .str = (char *) "WRONGPASS invalid", .len = 17
};
static redisReply  model_noauth = {
    .type = REDIS_REPLY_ERROR, .str = (char *) "NOAUTH required", .len = 15
};
static redisReply  model_nil = { .type = REDIS_REPLY_NIL };
static redisReply  model_one = { .type = REDIS_REPLY_INTEGER, .integer = 1 };
static redisReply  model_empty = { .type = REDIS_REPLY_MAP };
static redisReply  model_text[] = {
    MODEL_TEXT("master"), MODEL_TEXT("slave"), MODEL_TEXT("0"),
    MODEL_TEXT("1700000000"), MODEL_TEXT("flags"), MODEL_TEXT("on"),
    MODEL_TEXT("off"), MODEL_TEXT("schema"), MODEL_TEXT("1"),
    MODEL_TEXT("instance"), MODEL_TEXT("pepper_check"),
    MODEL_TEXT(MODEL_PEPPER), MODEL_TEXT(MODEL_FLAG), MODEL_TEXT("invalidate"),
    MODEL_TEXT("city")
};

#define MASTER  &model_text[0]
#define SLAVE   &model_text[1]
#define ZERO    &model_text[2]

static redisReply  model_info =
    MODEL_TEXT("# Memory\r\nmaxmemory_policy:noeviction\r\n");

static redisReply  model_stats =
    MODEL_TEXT("# Stats\r\ntracking_total_keys:1\r\n");

static redisReply  *model_master_list[] = { MASTER };
static redisReply  *model_slave_list[] = { SLAVE };
static redisReply  *model_time_list[] = { &model_text[3], ZERO };
static redisReply  *model_on_list[] = { &model_text[5] };
static redisReply  *model_off_list[] = { &model_text[6] };
static redisReply  *model_nils_list[] = { &model_nil, &model_nil, &model_nil };
static redisReply  *model_revoked_list[] = { &model_nil, ZERO, &model_nil };
static redisReply  *model_flag_list[] = { &model_text[12], ZERO };
static redisReply  *model_city_list[] = { &model_text[14], &model_text[3] };

static redisReply  model_lists[] = {
    MODEL_LIST(REDIS_REPLY_SET, model_on_list),
    MODEL_LIST(REDIS_REPLY_SET, model_off_list),
    MODEL_LIST(REDIS_REPLY_ARRAY, model_flag_list),
    MODEL_LIST(REDIS_REPLY_ARRAY, model_city_list)
};

static redisReply  *model_tracked_list[] = { &model_text[4], &model_lists[0] };
static redisReply  *model_tracked_not_list[] = { &model_text[4],
                                                 &model_lists[1] };
static redisReply  *model_flagged_list[] = { &model_lists[2] };
static redisReply  *model_data_list[] = { &model_lists[3] };

/* Of each command, by whether its value is 0. */
static redisReply  model_replies[MODEL_COMMAND_NONE][2] = {
    [MODEL_COMMAND_TRACKED] = {
        MODEL_LIST(REDIS_REPLY_MAP, model_tracked_not_list),
        MODEL_LIST(REDIS_REPLY_MAP, model_tracked_list) },
    [MODEL_COMMAND_TIME] = {
        MODEL_LIST(REDIS_REPLY_ARRAY, model_time_list) },
    [MODEL_COMMAND_DATA] = {
        MODEL_LIST(REDIS_REPLY_ARRAY, model_data_list) },
    [MODEL_COMMAND_ROLE] = {
        MODEL_LIST(REDIS_REPLY_ARRAY, model_slave_list),
        MODEL_LIST(REDIS_REPLY_ARRAY, model_master_list) },
    [MODEL_COMMAND_RISK] = {
        { .type = REDIS_REPLY_ARRAY },
        MODEL_LIST(REDIS_REPLY_ARRAY, model_flagged_list) },
    [MODEL_COMMAND_CONTROL] = {
        MODEL_LIST(REDIS_REPLY_ARRAY, model_nils_list),
        MODEL_LIST(REDIS_REPLY_ARRAY, model_revoked_list) },
};

static model_resp_meta_t  model_metas[MODEL_RESP_INSTANCES];
static model_resp_push_t  model_pushes[MODEL_DATA + 2];      /* the last: all */


/* Holders have other names in each episode, and so have their keys. */
void
model_resp_begin(void)
{
    model_resp_push_t  *push;

    for (unsigned key = 0; key < MODEL_DATA + 2; key++) {

        push = &model_pushes[key];

        push->reply = (redisReply) MODEL_LIST(REDIS_REPLY_PUSH,
                                              push->elements);
        push->elements[0] = &model_text[13];
        push->elements[1] = &push->keys;
        push->keys = (redisReply) MODEL_LIST(REDIS_REPLY_ARRAY, push->element);
        push->element[0] = &push->key;

        if (key < MODEL_HOLDERS) {
            strcpy(push->text, "healthcode:risk:{");
            healthcode_holder_format(model.holders[key], push->text + 17);
            push->text[17 + HEALTHCODE_HOLDER_HEX] = '}';

        } else if (key > MODEL_DATA) {
            push->keys = model_nil;

        } else {
            strcpy(push->text, key == MODEL_CONTROL ? "healthcode:control"
                               : key == MODEL_META ? "healthcode:meta"
                               : key == MODEL_DATA ? "healthcode:data"
                                                   : "healthcode:push");
        }

        push->key = (redisReply) { .type = REDIS_REPLY_STRING,
                                   .str = push->text,
                                   .len = strlen(push->text) };
    }
}


healthcode_str_t
model_resp_password(uint64_t number)
{
    static const char  words[] = "pw0pw1pw2pw3pw4pw5pw6pw7pw8";

    return healthcode_str_from(words + 3 * number, 3);
}


healthcode_risk_query_t
model_resp_query(unsigned holder)
{
    healthcode_risk_query_t  query = {
        .iss = healthcode_str("i"),
        .thumbprint =
            healthcode_str("0123456789012345678901234567890123456789012")
    };

    memcpy(query.holder, model.holders[holder], sizeof(query.holder));

    return query;
}


/*
 * Reads the first command of bytes; its length.  What no gate sends ends the
 * model.
 */
size_t
model_resp_read(const char *bytes, size_t len, model_message_t *command)
{
    char        *p = (char *) bytes;
    size_t       lens[MODEL_RESP_ARGS];
    unsigned     n = 0, args;
    const char  *arg[MODEL_RESP_ARGS];

    args = (unsigned) strtoul(p + 1, &p, 10);
    p += 2;

    while (n < args && args <= MODEL_RESP_ARGS) {
        lens[n] = strtoul(p + 1, &p, 10);
        arg[n] = p + 2;
        p += 2 + lens[n++] + 2;
    }

    command->type = MODEL_REPLY;
    command->key = 0;
    command->value = 0;
    command->refused = false;
    command->command = model_resp_command(arg, lens, n, command);

    if (command->command == MODEL_COMMAND_NONE || p > bytes + len) {
        fprintf(stderr, "a command that no gate sends: %.*s\n", (int) len,
                bytes);
        abort();
    }

    return (size_t) (p - bytes);
}


static bool
model_resp_is(const char *arg, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(arg, word, len) == 0;
}


static model_command_e
model_resp_command(const char **args, const size_t *lens, unsigned n,
    model_message_t *command)
{
    static const struct {
        const char       *name, *second;
        model_command_e   command;
        unsigned          key;
    } commands[] = {
        { "HMGET", "healthcode:control", MODEL_COMMAND_CONTROL,
          MODEL_CONTROL },
        { "HMGET", "healthcode:region", MODEL_COMMAND_REGION, MODEL_NOBODY },
        { "HGETALL", "healthcode:meta", MODEL_COMMAND_META, MODEL_META },
        { "ROLE", NULL, MODEL_COMMAND_ROLE, 0 },
        { "INFO", "memory", MODEL_COMMAND_INFO, 0 },
        { "INFO", "stats", MODEL_COMMAND_STATS, 0 },
        { "HRANDFIELD", "healthcode:data", MODEL_COMMAND_DATA, MODEL_DATA },
        { "TIME", NULL, MODEL_COMMAND_TIME, 0 },
        { "HELLO", "3", MODEL_COMMAND_HELLO, 0 },
        { "AUTH", NULL, MODEL_COMMAND_AUTH, 0 },
        { "CLIENT", "TRACKING", MODEL_COMMAND_TRACKING, 0 },
        { "CLIENT", "TRACKINGINFO", MODEL_COMMAND_TRACKED, 0 },
        { "GET", "healthcode:push", MODEL_COMMAND_GET, MODEL_PUSHED },
        { "INCR", "healthcode:push", MODEL_COMMAND_INCR, MODEL_PUSHED },
    };

    if (model_resp_is(args[0], lens[0], "HRANDFIELD")
        && !model_resp_is(args[1], lens[1], "healthcode:data"))
    {
        char  hex[] = { args[1][17 + 2 * MODEL_RESP_BYTE],
                        args[1][18 + 2 * MODEL_RESP_BYTE], '\0' };

        command->key = (unsigned) strtoul(hex, NULL, 16) - 1;
        command->key = (command->key < MODEL_HOLDERS) ? command->key
                                                      : MODEL_NOBODY;
        return MODEL_COMMAND_RISK;
    }

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (model_resp_is(args[0], lens[0], commands[i].name)
            && (commands[i].second == NULL
                || model_resp_is(args[1], lens[1], commands[i].second)))
        {
            command->key = commands[i].key;
            command->value = (n == 3 && model_resp_is(args[2], lens[2], "ON"));

            if (commands[i].command <= MODEL_COMMAND_AUTH) {
                command->value = (uint64_t) (args[n - 1][2] - '0');
            }

            return commands[i].command;
        }
    }

    return MODEL_COMMAND_NONE;
}


redisReply *
model_resp_reply(const model_message_t *message)
{
    if (message->type == MODEL_PUSH) {
        return &model_pushes[message->key].reply;
    }

    if (message->type == MODEL_PUSH_ALL) {
        return &model_pushes[MODEL_DATA + 1].reply;
    }

    if (message->refused) {
        return (message->command <= MODEL_COMMAND_AUTH) ? &model_wrongpass
                                                        : &model_noauth;
    }

    switch (message->command) {
    case MODEL_COMMAND_HELLO:     return &model_empty;
    case MODEL_COMMAND_AUTH:
    case MODEL_COMMAND_TRACKING:  return &model_ok;
    case MODEL_COMMAND_GET:
    case MODEL_COMMAND_INCR:      return &model_one;
    case MODEL_COMMAND_INFO:      return &model_info;
    case MODEL_COMMAND_STATS:     return &model_stats;
    case MODEL_COMMAND_META:      return model_resp_meta(message->value);
    default:
        return &model_replies[message->command][message->value != 0];
    }
}


static redisReply *
model_resp_meta(uint64_t instance)
{
    model_resp_meta_t  *meta = &model_metas[instance % MODEL_RESP_INSTANCES];

    if (instance == 0) {
        return &model_empty;
    }

    if (meta->reply.elements == 0) {
        snprintf(meta->text, sizeof(meta->text), "%u", (unsigned) instance);
        meta->instance = (redisReply) { .type = REDIS_REPLY_STRING,
                                        .str = meta->text,
                                        .len = strlen(meta->text) };

        meta->elements[0] = &model_text[7];
        meta->elements[1] = &model_text[8];
        meta->elements[2] = &model_text[9];
        meta->elements[3] = &meta->instance;
        meta->elements[4] = &model_text[10];
        meta->elements[5] = &model_text[11];
        meta->reply = (redisReply) MODEL_LIST(REDIS_REPLY_MAP, meta->elements);
    }

    return &meta->reply;
}
