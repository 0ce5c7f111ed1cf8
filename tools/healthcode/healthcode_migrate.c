/*
 * healthcode store migrate: takes over what a store of schema 1 holds, while it
 * is read and written.  Knows no flags.
 * docs/operations.md, "From schema 1".
 */

#include <stdlib.h>

#include "healthcode_former.h"
#include "healthcode_migrate.h"
#include "healthcode_scan.h"
#include "healthcode_store_init.h"


/* Names, or fields, at which one command looks: others wait for no more. */
#define HEALTHCODE_MIGRATE_STEP    "100"

#define HEALTHCODE_MIGRATE_FIELDS  8        /* of one script */
#define HEALTHCODE_MIGRATE_PUSH    "healthcode:push"


/* Start with all zero; redis is to be closed, whatever happened. */
typedef struct {
    healthcode_connection_options_t   connection;
    healthcode_connection_t           redis;
    bool                              finish;
    healthcode_script_t               merge;      /* without its words */
    unsigned long long                holders;    /* keys of theirs */
    unsigned long long                values;     /* that were taken over */
    unsigned long long                gone;       /* keys that were deleted */
} healthcode_migrate_t;

/* What is done with the names that one SCAN has found. */
typedef healthcode_exit_e (*healthcode_migrate_page_pt)(
    healthcode_migrate_t *o, const redisReply *names);


static healthcode_exit_e healthcode_migrate_run(healthcode_migrate_t *o);
static healthcode_exit_e healthcode_migrate_may(healthcode_migrate_t *o,
    healthcode_former_proof_e former);
static healthcode_exit_e healthcode_migrate_copy(healthcode_migrate_t *o);
static healthcode_exit_e healthcode_migrate_scan(healthcode_migrate_t *o,
    healthcode_migrate_page_pt page);
static healthcode_exit_e healthcode_migrate_holders(healthcode_migrate_t *o,
    const redisReply *names);
static healthcode_exit_e healthcode_migrate_again(healthcode_migrate_t *o,
    const redisReply *names);
static bool healthcode_migrate_holder(const healthcode_migrate_t *o,
    const redisReply *name, healthcode_script_t *script, char *key);
static healthcode_exit_e healthcode_migrate_fields(healthcode_migrate_t *o,
    const char *name);
static healthcode_exit_e healthcode_migrate_part(healthcode_migrate_t *o,
    const char *name, const redisReply *fields, size_t from);
static healthcode_exit_e healthcode_migrate_take(healthcode_migrate_t *o,
    redisReply *reply);
static healthcode_exit_e healthcode_migrate_proofs(healthcode_migrate_t *o);
static healthcode_exit_e healthcode_migrate_end(healthcode_migrate_t *o);
static healthcode_exit_e healthcode_migrate_sweep(healthcode_migrate_t *o,
    const redisReply *names);


healthcode_exit_e
healthcode_migrate(int argc, char **argv)
{
    healthcode_exit_e        rc;
    healthcode_migrate_t     o = { .connection = { .asks_policy = true } };
    healthcode_arguments_t   arguments = { .n = 0 };

    const healthcode_option_t  options[] = {
        HEALTHCODE_CONNECTION_ROWS(&o.connection, true),
        HEALTHCODE_CONNECTION_WAIT_ROW(&o.connection),
        { .name = "finish", .is_set = &o.finish },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    rc = healthcode_connection_open(&o.connection, &o.redis);

    if (rc == HEALTHCODE_EXIT_OK && o.redis.cluster) {
        rc = healthcode_output_usage("--redis: no cluster has schema 1; name "
                                     "one server");
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_migrate_run(&o);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_connection_wait(&o.redis);
    }

    healthcode_connection_close(&o.redis);

    return rc;
}


/* What is finished is taken over once more before, if it still can be. */
static healthcode_exit_e
healthcode_migrate_run(healthcode_migrate_t *o)
{
    healthcode_exit_e           rc;
    healthcode_former_proof_e   former;

    rc = healthcode_former_look(&o->redis, &former);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_migrate_may(o, former);
    }

    if (rc == HEALTHCODE_EXIT_OK && former == HEALTHCODE_FORMER_OURS) {
        rc = healthcode_migrate_copy(o);
    }

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    return o->finish ? healthcode_migrate_end(o) : healthcode_migrate_proofs(o);
}


static healthcode_exit_e
healthcode_migrate_may(healthcode_migrate_t *o,
    healthcode_former_proof_e former)
{
    const healthcode_connection_proof_t  *role, *meta;

    role = &o->redis.proofs[HEALTHCODE_CONNECTION_ROLE];
    meta = &o->redis.proofs[HEALTHCODE_CONNECTION_META];

    if (role->reason != HEALTHCODE_REASON_OK) {
        return healthcode_output_failed("--redis: nothing was done: %s",
                                        role->error);
    }

    if (meta->reason == HEALTHCODE_REASON_STORE_PEPPER
        || former == HEALTHCODE_FORMER_PEPPER)
    {
        return healthcode_output_failed("--pepper-file: nothing was done: the "
                                "store was initialised with another pepper; "
                                "name the file that the gates use");
    }

    if (former == HEALTHCODE_FORMER_REFUSED) {
        return healthcode_output_failed("nothing was done: the user may not "
                                        "read " HEALTHCODE_FORMER_META "; give "
                                        "the right ~" HEALTHCODE_FORMER_META);
    }

    if (former == HEALTHCODE_FORMER_OTHER
        || (meta->reason != HEALTHCODE_REASON_OK
            && former != HEALTHCODE_FORMER_OURS))
    {
        return healthcode_output_failed("--redis: nothing was done: there is "
                                        "no store of schema 1; check the "
                                        "address and the database number");
    }

    if (meta->reason != HEALTHCODE_REASON_OK
        && meta->reason != HEALTHCODE_REASON_STORE_UNPROVEN)
    {
        return healthcode_output_failed("--redis: nothing was done: %s",
                                        meta->error);
    }

    if (o->finish && meta->reason != HEALTHCODE_REASON_OK) {
        return healthcode_output_failed("nothing was done: the store has no "
                                        "proofs of schema 2 yet; run this "
                                        "without --finish, and change the "
                                        "gates over");
    }

    return o->finish || former == HEALTHCODE_FORMER_OURS
           ? HEALTHCODE_EXIT_OK
           : healthcode_output_no("nothing was done: the store is of schema 2 "
                                  "and has nothing of schema 1");
}


/* ---- what is taken over ---- */

static healthcode_exit_e
healthcode_migrate_copy(healthcode_migrate_t *o)
{
    healthcode_exit_e  rc;

    healthcode_script_init(&o->merge, "migrate", 2);
    rc = healthcode_migrate_scan(o, healthcode_migrate_holders);

    for (size_t i = 0; rc == HEALTHCODE_EXIT_OK && i < 3; i++) {
        rc = healthcode_migrate_fields(o, (const char *[]) {
            "healthcode:region", "healthcode:control", "healthcode:data"
        }[i]);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        printf("taken over: %llu values; %llu keys of holders looked at\n",
               o->values, o->holders);
    }

    return rc;
}


/* Every name that is there all the time comes at least once. */
static healthcode_exit_e
healthcode_migrate_scan(healthcode_migrate_t *o,
    healthcode_migrate_page_pt page)
{
    char                cursor[HEALTHCODE_SCAN_SIZE] = HEALTHCODE_SCAN_START;
    redisReply         *reply;
    healthcode_exit_e   rc;
    const char         *args[] = {
        "SCAN", cursor, "MATCH", "healthcode:*", "COUNT",
        HEALTHCODE_MIGRATE_STEP
    };

    do {
        reply = healthcode_scan_page(&o->redis, 6, args, cursor);

        if (reply == NULL) {
            return HEALTHCODE_EXIT_FAILED;
        }

        rc = page(o, reply->element[1]);
        freeReplyObject(reply);

    } while (rc == HEALTHCODE_EXIT_OK && !healthcode_scan_is_over(cursor));

    return rc;
}


/* The calls of one page leave together; each is a step of its own in Redis. */
static healthcode_exit_e
healthcode_migrate_holders(healthcode_migrate_t *o, const redisReply *names)
{
    bool                  again = false;
    char                  key[HEALTHCODE_KEYS_MAX];
    redisReply           *reply = NULL;
    healthcode_exit_e     rc = HEALTHCODE_EXIT_OK;
    healthcode_script_t   script;

    for (size_t i = 0; i < names->elements; i++) {
        if (healthcode_migrate_holder(o, names->element[i], &script, key)
            && !healthcode_script_append(&script, &o->redis, false))
        {
            return healthcode_output_failed("no memory");
        }
    }

    for (size_t i = 0; i < names->elements; i++) {

        if (!healthcode_migrate_holder(o, names->element[i], &script, key)) {
            continue;
        }

        if (redisGetReply(o->redis.redis, (void **) &reply) != REDIS_OK) {
            return healthcode_connection_failed(&o->redis, NULL);
        }

        o->holders++;

        if (healthcode_script_is_unknown(reply)) {
            freeReplyObject(reply);
            again = true;

        } else if (healthcode_migrate_take(o, reply) != HEALTHCODE_EXIT_OK) {
            rc = HEALTHCODE_EXIT_FAILED;
        }
    }

    return rc == HEALTHCODE_EXIT_OK && again
           ? healthcode_migrate_again(o, names) : rc;
}


/* The server did not know the script; what is done already changes nothing. */
static healthcode_exit_e
healthcode_migrate_again(healthcode_migrate_t *o, const redisReply *names)
{
    char                  key[HEALTHCODE_KEYS_MAX];
    healthcode_exit_e     rc = HEALTHCODE_EXIT_OK;
    healthcode_script_t   script;

    for (size_t i = 0; rc == HEALTHCODE_EXIT_OK && i < names->elements; i++) {
        if (healthcode_migrate_holder(o, names->element[i], &script, key)) {
            rc = healthcode_migrate_take(o,
                                         healthcode_script_call(&script,
                                                                &o->redis));
        }
    }

    return rc;
}


/* The call for a name of schema 1 that has no fields of its own; key is its. */
static bool
healthcode_migrate_holder(const healthcode_migrate_t *o,
    const redisReply *name, healthcode_script_t *script, char *key)
{
    bool  has_fields;

    if (name->type != REDIS_REPLY_STRING
        || !healthcode_former_place(name->str, name->len, key, &has_fields)
        || has_fields)
    {
        return false;
    }

    *script = o->merge;
    healthcode_script_add(script, healthcode_str_from(name->str, name->len));
    healthcode_script_add_text(script, key);
    healthcode_script_add_text(script, "merge");

    return true;
}


static healthcode_exit_e
healthcode_migrate_fields(healthcode_migrate_t *o, const char *name)
{
    char                cursor[HEALTHCODE_SCAN_SIZE] = HEALTHCODE_SCAN_START;
    size_t              i;
    redisReply         *reply;
    healthcode_exit_e   rc = HEALTHCODE_EXIT_OK;
    const char         *args[] = {
        "HSCAN", name, cursor, "COUNT", HEALTHCODE_MIGRATE_STEP
    };

    do {
        reply = healthcode_scan_page(&o->redis, 5, args, cursor);

        if (reply == NULL) {
            return HEALTHCODE_EXIT_FAILED;
        }

        for (i = 0; rc == HEALTHCODE_EXIT_OK && i < reply->element[1]->elements;
             i += 2 * HEALTHCODE_MIGRATE_FIELDS)
        {
            rc = healthcode_migrate_part(o, name, reply->element[1], i);
        }

        freeReplyObject(reply);

    } while (rc == HEALTHCODE_EXIT_OK && !healthcode_scan_is_over(cursor));

    return rc;
}


/* Some of the fields; the script reads what they hold by then. */
static healthcode_exit_e
healthcode_migrate_part(healthcode_migrate_t *o, const char *name,
    const redisReply *fields, size_t from)
{
    bool                  has_fields;
    char                  key[HEALTHCODE_KEYS_MAX];
    size_t                i, end = from + 2 * HEALTHCODE_MIGRATE_FIELDS;
    healthcode_script_t   script;

    if (!healthcode_former_place(name, strlen(name), key, &has_fields)) {
        return HEALTHCODE_EXIT_FAILED;
    }

    script = o->merge;
    healthcode_script_add_text(&script, name);
    healthcode_script_add_text(&script, key);
    healthcode_script_add_text(&script, "merge");

    for (i = from; i < fields->elements && i < end; i += 2) {
        healthcode_script_add(&script,
                              healthcode_str_from(fields->element[i]->str,
                                                  fields->element[i]->len));
    }

    return healthcode_migrate_take(o, healthcode_script_call(&script,
                                                             &o->redis));
}


/* Takes the reply of migrate.lua, which may be NULL. */
static healthcode_exit_e
healthcode_migrate_take(healthcode_migrate_t *o, redisReply *reply)
{
    long long  n;

    if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
        (void) healthcode_connection_failed(&o->redis, reply);
        freeReplyObject(reply);
        return HEALTHCODE_EXIT_FAILED;
    }

    n = reply->type == REDIS_REPLY_INTEGER ? reply->integer : -1;
    freeReplyObject(reply);

    if (n < 0) {
        return healthcode_output_failed("the proof of schema 1 is gone; is "
                                        "somebody else about to finish?");
    }

    o->values += (unsigned long long) n;

    return HEALTHCODE_EXIT_OK;
}


/* ---- proofs, last ---- */

static healthcode_exit_e
healthcode_migrate_proofs(healthcode_migrate_t *o)
{
    healthcode_exit_e   rc;
    healthcode_init_t   init = { .how = "keep", .empty = true, .former = true };

    rc = healthcode_store_init_write(&init, &o->redis);

    if (rc == HEALTHCODE_EXIT_OK) {
        puts("now change all gates over, then run this again with --finish");
    }

    return rc;
}


static healthcode_exit_e
healthcode_migrate_end(healthcode_migrate_t *o)
{
    redisReply                *reply;
    healthcode_exit_e          rc;
    healthcode_script_t        script;
    healthcode_keys_proofs_t   proofs;

    healthcode_keys_proofs(&proofs);
    healthcode_script_init(&script, "migrate-finish",
                           HEALTHCODE_KEYS_PROOFS + 1);
    healthcode_script_keys(&script, proofs.keys, HEALTHCODE_KEYS_PROOFS);
    healthcode_script_add_text(&script, HEALTHCODE_FORMER_META);

    reply = healthcode_script_run(&script, &o->redis);

    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    freeReplyObject(reply);
    rc = healthcode_migrate_scan(o, healthcode_migrate_sweep);

    if (rc == HEALTHCODE_EXIT_OK) {
        printf("finished: the proof of schema 1 is deleted, and %llu of its "
               "keys\n", o->gone);
    }

    return rc;
}


/* Redis frees what is large beside its other work. */
static healthcode_exit_e
healthcode_migrate_sweep(healthcode_migrate_t *o, const redisReply *names)
{
    int           n = 0;
    bool          has_fields;
    char          key[HEALTHCODE_KEYS_MAX];
    redisReply   *name, *reply;
    const char  **args = calloc(names->elements + 1, sizeof(args[0]));

    if (args == NULL) {
        return healthcode_output_failed("no memory");
    }

    args[n++] = "UNLINK";

    for (size_t i = 0; i < names->elements; i++) {
        name = names->element[i];

        if (name->type == REDIS_REPLY_STRING
            && (healthcode_former_place(name->str, name->len, key, &has_fields)
                || strcmp(name->str, HEALTHCODE_MIGRATE_PUSH) == 0))
        {
            args[n++] = name->str;
        }
    }

    reply = n > 1 ? healthcode_connection_command(&o->redis, n, args, NULL)
                  : NULL;
    free(args);

    if (n > 1 && reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    o->gone += reply ? (unsigned long long) reply->integer : 0;
    freeReplyObject(reply);

    return HEALTHCODE_EXIT_OK;
}
