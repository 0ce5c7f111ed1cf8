/*
 * A store that is migrated from schema 1: its keys and proof of before, and
 * scripts that change both in one step.  Knows no options.
 * docs/operations.md, "From schema 1".
 */

#include <stdlib.h>

#include "healthcode_former.h"


#define HEALTHCODE_FORMER_WORDS   (4 + 2 * HEALTHCODE_SCRIPT_ARGS_MAX)
#define HEALTHCODE_FORMER_FIELDS  2
#define HEALTHCODE_FORMER_KNOWN   "known:"

/* As the table of migrate.lua has it. */
typedef struct {
    const char  *former;
    const char  *key;
    bool         has_fields;
} healthcode_former_row_t;

/* A call in the making; the words view it, or the script. */
typedef struct {
    int          n;
    char         nkeys[12];
    char         nfields[12];
    char         names[HEALTHCODE_SCRIPT_ARGS_MAX][HEALTHCODE_KEYS_MAX];
    const char  *words[HEALTHCODE_FORMER_WORDS];
    size_t       lens[HEALTHCODE_FORMER_WORDS];
} healthcode_former_call_t;


static healthcode_former_proof_e healthcode_former_judge(
    const healthcode_connection_t *connection, const redisReply *reply);
static bool healthcode_former_holder(const char *name, size_t len, char *key);
static void healthcode_former_add(healthcode_former_call_t *call,
    healthcode_str_t word);
static void healthcode_former_fields(healthcode_former_call_t *call,
    const healthcode_script_t *script, healthcode_str_t *known);
static healthcode_str_t healthcode_former_known(
    const healthcode_script_t *script);
static char *healthcode_former_source(const healthcode_script_t *script);


static const healthcode_former_row_t  healthcode_former_rows[] = {
    { "healthcode:region", HEALTHCODE_KEYS_REGION, true },
    { "healthcode:control", HEALTHCODE_KEYS_CONTROL, true },
    { "healthcode:data", HEALTHCODE_KEYS_DATA, true },
    { "healthcode:audit:erased", HEALTHCODE_KEYS_ERASED, false },
};

#define HEALTHCODE_FORMER_ROWS                                                \
    (sizeof(healthcode_former_rows) / sizeof(healthcode_former_rows[0]))


healthcode_exit_e
healthcode_former_look(healthcode_connection_t *connection,
    healthcode_former_proof_e *proof)
{
    redisReply  *reply;
    const char  *args[] = { "HGETALL", HEALTHCODE_FORMER_META };

    reply = redisCommandArgv(connection->redis, 2, args, NULL);

    if (reply == NULL) {
        return healthcode_connection_failed(connection, NULL);
    }

    *proof = healthcode_former_judge(connection, reply);
    freeReplyObject(reply);

    return HEALTHCODE_EXIT_OK;
}


static healthcode_former_proof_e
healthcode_former_judge(const healthcode_connection_t *connection,
    const redisReply *reply)
{
    bool         schema = false, instance = false, pepper = false;
    const char  *name, *value;

    if (healthcode_refusal_is_right(reply)) {
        return HEALTHCODE_FORMER_REFUSED;
    }

    if (reply->type == REDIS_REPLY_ERROR
        || !healthcode_connection_is_pairs(reply))
    {
        return HEALTHCODE_FORMER_OTHER;
    }

    for (size_t i = 0; i < reply->elements; i += 2) {
        name = reply->element[i]->str;
        value = reply->element[i + 1]->str;

        schema |= strcmp(name, "schema") == 0
                  && strcmp(value, HEALTHCODE_FORMER_SCHEMA) == 0;
        instance |= strcmp(name, "instance") == 0 && *value;
        pepper |= strcmp(name, "pepper_check") == 0
                  && (connection->pepper == NULL
                      || strcmp(value, connection->check) == 0);
    }

    if (reply->elements == 0) {
        return HEALTHCODE_FORMER_ABSENT;
    }

    return !schema || !instance ? HEALTHCODE_FORMER_OTHER
           : pepper ? HEALTHCODE_FORMER_OURS : HEALTHCODE_FORMER_PEPPER;
}


bool
healthcode_former_is_named(const redisReply *meta)
{
    if (!healthcode_connection_is_pairs(meta)) {
        return false;
    }

    for (size_t i = 0; i < meta->elements; i += 2) {
        if (strcmp(meta->element[i]->str, HEALTHCODE_FORMER_FIELD) == 0) {
            return true;
        }
    }

    return false;
}


bool
healthcode_former_name(const char *key, char *name)
{
    char         place[HEALTHCODE_KEYS_MAX];
    bool         has_fields;
    const char  *holder = strstr(key, "}:");

    for (size_t i = 0; i < HEALTHCODE_FORMER_ROWS; i++) {
        if (strcmp(key, healthcode_former_rows[i].key) == 0) {
            snprintf(name, HEALTHCODE_KEYS_MAX, "%s",
                     healthcode_former_rows[i].former);
            return true;
        }
    }

    if (holder == NULL || strchr(key, '{') == NULL) {
        return false;
    }

    snprintf(name, HEALTHCODE_KEYS_MAX, "%.*s{%s}",
             (int) (strchr(key, '{') - key), key, holder + 2);

    return healthcode_former_place(name, strlen(name), place, &has_fields)
           && strcmp(place, key) == 0;
}


bool
healthcode_former_place(const char *name, size_t len, char *key,
    bool *has_fields)
{
    const healthcode_former_row_t  *row;

    for (size_t i = 0; i < HEALTHCODE_FORMER_ROWS; i++) {
        row = &healthcode_former_rows[i];

        if (strlen(row->former) == len && memcmp(row->former, name, len) == 0) {
            snprintf(key, HEALTHCODE_KEYS_MAX, "%s", row->key);
            *has_fields = row->has_fields;
            return true;
        }
    }

    *has_fields = false;

    return healthcode_former_holder(name, len, key);
}


/* healthcode:risk:{HOLDER}, and likewise of its history. */
static bool
healthcode_former_holder(const char *name, size_t len, char *key)
{
    size_t                     n;
    uint8_t                    bytes[HEALTHCODE_HOLDER_LEN];
    const char                *hex;
    healthcode_keys_holder_t   keys;
    static const char *const   kinds[] = {
        "healthcode:risk:{", "healthcode:audit:{"
    };

    for (size_t i = 0; i < 2; i++) {
        n = strlen(kinds[i]);
        hex = name + n;

        if (len == n + HEALTHCODE_HOLDER_HEX + 1
            && memcmp(name, kinds[i], n) == 0
            && hex[HEALTHCODE_HOLDER_HEX] == '}'
            && healthcode_holder_parse(healthcode_str_from(hex,
                                                       HEALTHCODE_HOLDER_HEX),
                                       bytes))
        {
            healthcode_keys_holder(bytes, &keys);
            snprintf(key, HEALTHCODE_KEYS_MAX, "%s",
                     i == 0 ? keys.risk : keys.audit);
            return true;
        }
    }

    return false;
}


const char *
healthcode_former_read(const healthcode_connection_t *connection,
    const char *key, char *name)
{
    return connection->former == HEALTHCODE_FORMER_ALONE
           && healthcode_former_name(key, name) ? name : key;
}


/* ---- scripts ---- */

bool
healthcode_former_has(const healthcode_script_t *script)
{
    char  name[HEALTHCODE_KEYS_MAX];

    return script->nfirst == 0 && script->nkeys
           && healthcode_former_name((const char *) script->args[0].data, name);
}


redisReply *
healthcode_former_call(const healthcode_script_t *script,
    healthcode_connection_t *connection)
{
    char                       *source = healthcode_former_source(script);
    redisReply                 *reply;
    healthcode_str_t            known = { NULL, 0 };
    healthcode_former_call_t    call = { .n = 0 };

    if (source == NULL) {
        return NULL;
    }

    snprintf(call.nkeys, sizeof(call.nkeys), "%u", 2 * script->nkeys);
    healthcode_former_add(&call, healthcode_str("EVAL"));
    healthcode_former_add(&call, healthcode_str_from(source, strlen(source)));
    healthcode_former_add(&call, healthcode_str_from(call.nkeys,
                                                     strlen(call.nkeys)));

    for (unsigned i = 0; i < script->nkeys; i++) {
        healthcode_former_add(&call, script->args[i]);
    }

    for (unsigned i = 0; i < script->nkeys; i++) {
        (void) healthcode_former_name((const char *) script->args[i].data,
                                      call.names[i]);
        healthcode_former_add(&call, healthcode_str_from(call.names[i],
                                                  strlen(call.names[i])));
    }

    healthcode_former_fields(&call, script, &known);

    for (unsigned i = script->nkeys; i < script->n; i++) {
        healthcode_former_add(&call, script->args[i]);
    }

    reply = redisCommandArgv(connection->redis, call.n, call.words, call.lens);
    free(source);
    free((void *) known.data);

    return reply;
}


static void
healthcode_former_add(healthcode_former_call_t *call, healthcode_str_t word)
{
    if (call->n == HEALTHCODE_FORMER_WORDS) {
        abort();
    }

    call->words[call->n] = (const char *) word.data;
    call->lens[call->n++] = word.len;
}


/* The fields that the script changes, unless it is about the whole key. */
static void
healthcode_former_fields(healthcode_former_call_t *call,
    const healthcode_script_t *script, healthcode_str_t *known)
{
    bool               has_fields;
    char               key[HEALTHCODE_KEYS_MAX];
    unsigned           n = 0;
    healthcode_str_t   fields[HEALTHCODE_FORMER_FIELDS];

    (void) healthcode_former_place(call->names[0], strlen(call->names[0]), key,
                                   &has_fields);

    if (has_fields) {
        fields[n++] = script->args[script->nkeys];
        *known = healthcode_former_known(script);

        if (known->data) {
            fields[n++] = *known;
        }
    }

    snprintf(call->nfields, sizeof(call->nfields), "%u", n);
    healthcode_former_add(call, healthcode_str_from(call->nfields,
                                                    strlen(call->nfields)));

    for (unsigned i = 0; i < n; i++) {
        healthcode_former_add(call, fields[i]);
    }
}


/* control-set.lua also writes that the issuer is known; the caller frees it. */
static healthcode_str_t
healthcode_former_known(const healthcode_script_t *script)
{
    char              *text;
    size_t             len;
    const uint8_t     *name;
    healthcode_str_t   field = script->args[script->nkeys];

    name = memchr(field.data, ':', field.len);

    if (strcmp((const char *) script->args[0].data, HEALTHCODE_KEYS_CONTROL)
        != 0 || name == NULL)
    {
        return healthcode_str_from(NULL, 0);
    }

    name++;
    len = field.len - (size_t) (name - field.data);
    text = malloc(sizeof(HEALTHCODE_FORMER_KNOWN) + len);

    if (text == NULL) {
        abort();
    }

    memcpy(text, HEALTHCODE_FORMER_KNOWN, sizeof(HEALTHCODE_FORMER_KNOWN) - 1);
    memcpy(text + sizeof(HEALTHCODE_FORMER_KNOWN) - 1, name, len);

    return healthcode_str_from(text,
                               sizeof(HEALTHCODE_FORMER_KNOWN) - 1 + len);
}


/*
 * One script, since an error must not leave half of it done: what follows in a
 * MULTI would go on.  NULL: there is no memory.
 */
static char *
healthcode_former_source(const healthcode_script_t *script)
{
    int                   n;
    char                 *source;
    healthcode_script_t   former, write;

    healthcode_script_init(&former, "migrate", 0);
    healthcode_script_init(&write, "migrate-write", 0);

    n = asprintf(&source, "local function former(KEYS, ARGV)\n%s\nend\n"
                 "local function write(KEYS, ARGV)\n%s\nend\n%s",
                 former.source, script->source, write.source);

    return n == -1 ? NULL : source;
}
