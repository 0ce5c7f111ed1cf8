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

/* Where a tag stands in the key of a holder and of its proof; and the holder */
#define MODEL_RESP_TAG        (sizeof("healthcode:risk:{") - 1)
#define MODEL_RESP_HOLDER     (sizeof("healthcode:risk:{xx}:") - 1)


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
static bool model_resp_is(const char *arg, size_t len, const char *word);
static unsigned model_resp_tag(const char *arg);
static void model_resp_key(unsigned key, char *text);
static model_command_e model_resp_risk(const char *arg,
    model_message_t *command);
static unsigned model_resp_of(model_command_e command, const char **args,
    const size_t *lens);
static void model_resp_begin_parts(void);
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
static unsigned    model_parts[MODEL_FLAGS];
static redisReply  model_text[] = {
    MODEL_TEXT("master"), MODEL_TEXT("slave"), MODEL_TEXT("0"),
    MODEL_TEXT("1700000000"), MODEL_TEXT("flags"), MODEL_TEXT("on"),
    MODEL_TEXT("off"), MODEL_TEXT("schema"), MODEL_TEXT("2"),
    MODEL_TEXT("instance"), MODEL_TEXT("pepper_check"),
    MODEL_TEXT(MODEL_PEPPER), MODEL_TEXT(MODEL_FLAG), MODEL_TEXT("invalidate"),
    MODEL_TEXT("city"), MODEL_TEXT("high 0"), MODEL_TEXT("mode"),
    MODEL_TEXT("cluster")
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
static redisReply  *model_nil_list[] = { &model_nil };
static redisReply  *model_high_list[] = { &model_text[15] };
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
static redisReply  *model_node_list[] = { &model_text[16], &model_text[17] };
static redisReply   model_node = MODEL_LIST(REDIS_REPLY_MAP, model_node_list);

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
    [MODEL_COMMAND_REGION] = {
        MODEL_LIST(REDIS_REPLY_ARRAY, model_nil_list),
        MODEL_LIST(REDIS_REPLY_ARRAY, model_high_list) },
    [MODEL_COMMAND_CONTROL] = {
        MODEL_LIST(REDIS_REPLY_ARRAY, model_nils_list),
        MODEL_LIST(REDIS_REPLY_ARRAY, model_revoked_list) },
};

static model_resp_meta_t  model_metas[MODEL_RESP_INSTANCES];
static model_resp_push_t  model_pushes[MODEL_KEYS + 1];      /* the last: all */


unsigned
model_resp_part(unsigned key)
{
    return model_parts[key];
}


bool
model_resp_is_part(unsigned part)
{
    return part >= MODEL_FLAGS || model_parts[part] == part;
}


static void
model_resp_begin_parts(void)
{
    for (unsigned key = 0; key < MODEL_FLAGS; key++) {

        model_parts[key] = key;

        for (unsigned first = 0; key < MODEL_HOLDERS && first < key; first++) {
            if (model.holders[first][0] == model.holders[key][0]) {
                model_parts[key] = first;
                break;
            }
        }
    }
}


/* The text of a push of key. */
static void
model_resp_key(unsigned key, char *text)
{
    char      hex[HEALTHCODE_HOLDER_HEX + 1] = { 0 };
    unsigned  of = (key >= MODEL_META) ? key - MODEL_META : key;

    if (of < MODEL_HOLDERS) {
        healthcode_holder_format(model.holders[of], hex);
    }

    if (key < MODEL_HOLDERS) {
        sprintf(text, "healthcode:risk:{%.2s}:%s", hex, hex);

    } else if (key < MODEL_META) {
        strcpy(text, key == MODEL_CONTROL ? "healthcode:control:{c}"
                                          : "healthcode:region:{r}");

    } else if (key >= MODEL_META + MODEL_FLAGS && key < MODEL_PUSHED) {
        sprintf(text, "healthcode:meta:{%02x}",
                model_redirect_tag(key - MODEL_META));

    } else if (key < MODEL_PUSHED) {
        sprintf(text, "healthcode:meta:{%.2s}",
                of == MODEL_CONTROL ? "c" : of == MODEL_REGION ? "r" : hex);

    } else {
        strcpy(text, key == MODEL_PUSHED ? "healthcode:push:{c}"
                     : key == MODEL_DATA ? "healthcode:data:{c}"
                     : key == MODEL_AGE ? HEALTHCODE_TICK_KEY
                     : key == MODEL_NOBODY ? "" : "healthcode:meta:{00}");
    }
}


/* Holders have other names in each episode, and so have their keys. */
void
model_resp_begin(void)
{
    model_resp_push_t  *push;

    model_resp_begin_parts();

    for (unsigned key = 0; key < MODEL_KEYS + 1; key++) {

        push = &model_pushes[key];

        push->reply = (redisReply) MODEL_LIST(REDIS_REPLY_PUSH,
                                              push->elements);
        push->elements[0] = &model_text[13];
        push->elements[1] = &push->keys;
        push->keys = (redisReply) MODEL_LIST(REDIS_REPLY_ARRAY, push->element);
        push->element[0] = &push->key;

        if (key == MODEL_KEYS) {
            push->keys = model_nil;
        } else {
            model_resp_key(key, push->text);
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
    static const healthcode_region_t  region = 111;
    healthcode_risk_query_t           query = {
        .iss = healthcode_str("i"),
        .thumbprint =
            healthcode_str("0123456789012345678901234567890123456789012"),
        .regions = &region, .nregions = 1
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
    command->part = MODEL_PARTS;
    command->turn = MODEL_TURN_NONE;
    command->ticked = 0;
    command->had = 0;
    command->command = model_resp_command(arg, lens, n, command);

    if (command->command == MODEL_COMMAND_NONE || p > bytes + len) {
        fprintf(stderr, "a command that no gate sends: %.*s\n", (int) len,
                bytes);
        abort();
    }

    return (size_t) (p - bytes);
}


/* The partition of what a command with a key, if it is one, asks for. */
static unsigned
model_resp_of(model_command_e command, const char **args, const size_t *lens)
{
    unsigned  key;

    switch (command) {

    case MODEL_COMMAND_GET:
    case MODEL_COMMAND_INCR:
        if (lens[1] == sizeof("healthcode:push:{xx}") - 1) {
            key = model_resp_tag(args[1]);
            return (key < MODEL_PUSHED) ? key - MODEL_META : MODEL_PARTS;
        }

        return (args[1][MODEL_RESP_TAG] == 'c') ? MODEL_CONTROL : MODEL_REGION;

    case MODEL_COMMAND_REGION:
        return MODEL_REGION;

    case MODEL_COMMAND_CONTROL:
    case MODEL_COMMAND_DATA:
        return MODEL_CONTROL;

    case MODEL_COMMAND_META:
        return (args[1][MODEL_RESP_TAG] == 'c') ? MODEL_CONTROL : MODEL_REGION;

    default:
        return MODEL_PARTS;
    }
}


static bool
model_resp_is(const char *arg, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(arg, word, len) == 0;
}


/* The key of the proof that has this tag; MODEL_KEYS: no proof has it. */
static unsigned
model_resp_tag(const char *arg)
{
    char      hex[] = { arg[MODEL_RESP_TAG], arg[MODEL_RESP_TAG + 1], '\0' };
    unsigned  tag = (unsigned) strtoul(hex, NULL, 16);

    if (tag == 0) {
        return MODEL_NOBODY + 1;
    }

    for (unsigned part = MODEL_FLAGS; part < MODEL_PARTS; part++) {
        if (model_redirect_tag(part) == tag) {
            return MODEL_META + part;
        }
    }

    for (unsigned i = 0; i < MODEL_HOLDERS; i++) {
        if (model.holders[i][0] == tag) {
            return MODEL_META + model_parts[i];
        }
    }

    return MODEL_KEYS;
}


/* A holder is in its own partition, or no gate sends this. */
static model_command_e
model_resp_risk(const char *arg, model_message_t *command)
{
    char      hex[] = { arg[MODEL_RESP_HOLDER + 2 * MODEL_RESP_BYTE],
                        arg[MODEL_RESP_HOLDER + 2 * MODEL_RESP_BYTE + 1],
                        '\0' };
    unsigned  holder = (unsigned) strtoul(hex, NULL, 16) - 1;

    command->key = (holder < MODEL_HOLDERS) ? holder : MODEL_NOBODY;
    command->part = (holder < MODEL_HOLDERS) ? model_parts[holder]
                                             : MODEL_PARTS;

    return memcmp(arg + MODEL_RESP_TAG, arg + MODEL_RESP_HOLDER, 2) == 0
           ? MODEL_COMMAND_RISK : MODEL_COMMAND_NONE;
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
        { "HMGET", "healthcode:control:{c}", MODEL_COMMAND_CONTROL,
          MODEL_CONTROL },
        { "HMGET", "healthcode:region:{r}", MODEL_COMMAND_REGION,
          MODEL_REGION },
        { "HGETALL", "healthcode:meta:{c}", MODEL_COMMAND_META,
          MODEL_META + MODEL_CONTROL },
        { "HGETALL", "healthcode:meta:{r}", MODEL_COMMAND_META,
          MODEL_META + MODEL_REGION },
        { "ROLE", NULL, MODEL_COMMAND_ROLE, 0 },
        { "INFO", "memory", MODEL_COMMAND_INFO, 0 },
        { "INFO", "stats", MODEL_COMMAND_STATS, 0 },
        { "INFO", "server", MODEL_COMMAND_SERVER, 0 },
        { "HRANDFIELD", "healthcode:data:{c}", MODEL_COMMAND_DATA, MODEL_DATA },
        { "TIME", NULL, MODEL_COMMAND_TIME, 0 },
        { "HELLO", "3", MODEL_COMMAND_HELLO, 0 },
        { "AUTH", NULL, MODEL_COMMAND_AUTH, 0 },
        { "ASKING", NULL, MODEL_COMMAND_ASKING, 0 },
        { "CLUSTER", "SLOTS", MODEL_COMMAND_SLOTS, 0 },
        { "CLIENT", "TRACKING", MODEL_COMMAND_TRACKING, 0 },
        { "CLIENT", "TRACKINGINFO", MODEL_COMMAND_TRACKED, 0 },
        { "GET", HEALTHCODE_TICK_KEY, MODEL_COMMAND_TICK, MODEL_AGE },
        { "GET", NULL, MODEL_COMMAND_GET, MODEL_PUSHED },
        { "INCR", NULL, MODEL_COMMAND_INCR, MODEL_PUSHED },
    };

    if (model_resp_is(args[0], lens[0], "HRANDFIELD")
        && lens[1] == MODEL_RESP_HOLDER + HEALTHCODE_HOLDER_HEX)
    {
        return model_resp_risk(args[1], command);
    }

    if (model_resp_is(args[0], lens[0], "HGETALL")
        && lens[1] == sizeof("healthcode:meta:{xx}") - 1)
    {
        command->key = model_resp_tag(args[1]);
        command->part = (command->key < MODEL_PUSHED)
                        ? command->key - MODEL_META : MODEL_PARTS;
        return (command->key < MODEL_KEYS) ? MODEL_COMMAND_META
                                           : MODEL_COMMAND_NONE;
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

            if (model.terms.nodes) {
                command->part = model_resp_of(commands[i].command, args, lens);
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
        return &model_pushes[MODEL_KEYS].reply;
    }

    if (message->refused) {
        return (message->command <= MODEL_COMMAND_AUTH) ? &model_wrongpass
                                                        : &model_noauth;
    }

    if (message->turn != MODEL_TURN_NONE) {
        return model_redirect_reply(message);
    }

    if (model.terms.lag_ms
        && (message->command == MODEL_COMMAND_TICK
            || message->command == MODEL_COMMAND_TIME
            || message->command == MODEL_COMMAND_SERVER
            || message->command == MODEL_COMMAND_ROLE))
    {
        return model_tick_reply(message);
    }

    switch (message->command) {
    case MODEL_COMMAND_SLOTS:     return model_redirect_map(message->value);
    case MODEL_COMMAND_HELLO:     return model.terms.nodes ? &model_node
                                                           : &model_empty;
    case MODEL_COMMAND_ASKING:
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
