/*
 * healthcode store: writes, and checks, the proofs by which gates believe a
 * store; says what their user may do there.  Knows no flags.
 * docs/redis-keys.md, "healthcode:meta".
 */

#include <openssl/rand.h>
#include <stdlib.h>

#include "healthcode_commands.h"
#include "healthcode_keys.h"
#include "healthcode_marks.h"
#include "healthcode_proofs.h"
#include "healthcode_script.h"
#include "healthcode_sources.h"
#include "healthcode_stranger.h"


#define HEALTHCODE_STORE_SCHEMA    "2"
#define HEALTHCODE_STORE_INSTANCE  16     /* bytes */


/* How proofs are written. */
typedef struct {
    const char  *how;      /* ARGV[4] of store-init.lua */
    bool         empty;    /* a store without flags gets them, too */
    bool         missing;  /* those that are missing are written alone */
    bool         renew;
    char         instance[2 * HEALTHCODE_STORE_INSTANCE + 1];
} healthcode_store_init_t;


static healthcode_exit_e healthcode_store_init(int argc, char **argv);
static healthcode_exit_e healthcode_store_write(healthcode_store_init_t *init,
    healthcode_connection_t *connection);
static healthcode_exit_e healthcode_store_prove(
    const healthcode_store_init_t *init, healthcode_connection_t *connection);
static redisReply *healthcode_store_script(const healthcode_store_init_t *init,
    healthcode_connection_t *connection, bool may_create);
static healthcode_exit_e healthcode_store_has_flags(
    healthcode_connection_t *connection, bool *found);
static healthcode_exit_e healthcode_store_say(const redisReply *reply);
static const char *healthcode_store_in_the_way(const char *done);
static healthcode_exit_e healthcode_store_check(int argc, char **argv);
static healthcode_exit_e healthcode_store_report(
    const healthcode_connection_options_t *options,
    const healthcode_rights_gates_t *gates,
    healthcode_connection_t *connection);
static bool healthcode_store_proof(const char *what,
    const healthcode_connection_proof_t *proof, const char *good);
static healthcode_exit_e healthcode_store_proofs(
    healthcode_connection_t *connection, bool *ok);
static healthcode_exit_e healthcode_store_disk(
    healthcode_connection_t *connection);
static healthcode_exit_e healthcode_store_rights(int argc, char **argv);


static const healthcode_command_t  healthcode_store_commands[] = {
    { "init", healthcode_store_init, NULL },
    { "check", healthcode_store_check, NULL },
    { "rights", healthcode_store_rights, NULL },
    { "touch", healthcode_sources_touch, NULL },
    { "untouch", healthcode_sources_untouch, NULL },
    { "sources", healthcode_sources_list, NULL },
};


healthcode_exit_e
healthcode_store(int argc, char **argv)
{
    return healthcode_options_dispatch(healthcode_store_commands, 6, argc,
                                       argv);
}


static healthcode_exit_e
healthcode_store_init(int argc, char **argv)
{
    bool                              force = false;
    healthcode_exit_e                 rc;
    healthcode_arguments_t            arguments = { .n = 0 };
    healthcode_connection_t           connection;
    healthcode_store_init_t           init = { .how = "keep" };
    healthcode_connection_options_t   o = { .asks_policy = true };

    const healthcode_option_t  options[] = {
        HEALTHCODE_CONNECTION_ROWS(&o, true),
        HEALTHCODE_CONNECTION_WAIT_ROW(&o),
        { .name = "empty", .is_set = &init.empty },
        { .name = "missing", .is_set = &init.missing },
        { .name = "renew", .is_set = &init.renew },
        { .name = "force", .is_set = &force },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    if (force && init.renew) {
        return healthcode_output_usage("--force and --renew exclude each "
                                       "other; --force writes a new instance, "
                                       "too");
    }

    init.how = force ? "force" : init.renew ? "renew" : "keep";

    rc = healthcode_connection_open(&o, &connection);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_store_write(&init, &connection);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_connection_wait(&connection);
    }

    healthcode_connection_close(&connection);

    return rc;
}


static healthcode_exit_e
healthcode_store_write(healthcode_store_init_t *init,
    healthcode_connection_t *connection)
{
    uint8_t                         random[HEALTHCODE_STORE_INSTANCE];
    healthcode_exit_e               rc;
    healthcode_connection_proof_t  *proofs = connection->proofs;

    if (proofs[HEALTHCODE_CONNECTION_ROLE].reason != HEALTHCODE_REASON_OK) {
        return healthcode_output_failed("--redis: nothing was done: %s",
                                proofs[HEALTHCODE_CONNECTION_ROLE].error);
    }

    if (RAND_bytes(random, sizeof(random)) != 1) {
        return healthcode_output_failed("OpenSSL has no random bytes");
    }

    for (size_t i = 0; i < sizeof(random); i++) {
        snprintf(init->instance + 2 * i, 3, "%02x", random[i]);
    }

    rc = healthcode_store_prove(init, connection);

    if (proofs[HEALTHCODE_CONNECTION_POLICY].reason != HEALTHCODE_REASON_OK) {
        healthcode_output_warn("gates will not use this store yet: %s",
                               proofs[HEALTHCODE_CONNECTION_POLICY].error);
    }

    return rc;
}


/*
 * Flags are looked for only if the proofs would be new: what is there already
 * is kept without reading the names of all keys.
 */
static healthcode_exit_e
healthcode_store_prove(const healthcode_store_init_t *init,
    healthcode_connection_t *connection)
{
    bool                found = false;
    redisReply         *reply;
    healthcode_exit_e   rc;

    reply = healthcode_store_script(init, connection, init->empty);

    if (reply && strcmp(reply->element[0]->str, "empty") == 0) {

        rc = healthcode_store_has_flags(connection, &found);

        if (rc != HEALTHCODE_EXIT_OK) {
            freeReplyObject(reply);
            return rc;
        }

        if (found) {
            freeReplyObject(reply);
            reply = healthcode_store_script(init, connection, true);
        }
    }

    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    rc = healthcode_store_say(reply);
    freeReplyObject(reply);

    return rc;
}


/* The answer, of three texts; NULL: there is none, with a message printed. */
static redisReply *
healthcode_store_script(const healthcode_store_init_t *init,
    healthcode_connection_t *connection, bool may_create)
{
    char                  names[HEALTHCODE_KEYS_PROOFS][HEALTHCODE_KEYS_MAX];
    redisReply           *reply;
    healthcode_str_t      keys[HEALTHCODE_KEYS_PROOFS];
    healthcode_script_t   script;

    for (unsigned i = 0; i < HEALTHCODE_KEYS_PROOFS; i++) {
        (void) healthcode_keys_proof(i, names[i]);
        keys[i] = healthcode_str_from(names[i], strlen(names[i]));
    }

    healthcode_script_init(&script, "store-init", HEALTHCODE_KEYS_PROOFS);
    healthcode_script_keys(&script, keys, HEALTHCODE_KEYS_PROOFS);
    healthcode_script_add_text(&script, HEALTHCODE_STORE_SCHEMA);
    healthcode_script_add_text(&script, connection->check);
    healthcode_script_add_text(&script, init->instance);
    healthcode_script_add_text(&script, init->how);
    healthcode_script_add_text(&script, may_create ? "1" : "0");
    healthcode_script_add_text(&script, init->missing ? "1" : "0");

    reply = healthcode_script_run(&script, connection);

    if (reply && (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3
                  || reply->element[0]->type != REDIS_REPLY_STRING
                  || reply->element[1]->type != REDIS_REPLY_STRING
                  || reply->element[2]->type != REDIS_REPLY_STRING))
    {
        healthcode_output_failed("the store gave an answer of another shape");
        freeReplyObject(reply);
        return NULL;
    }

    return reply;
}


/* Looks at the names of keys until one is of a holder's flags. */
static healthcode_exit_e
healthcode_store_has_flags(healthcode_connection_t *connection, bool *found)
{
    char         cursor[24] = "0";
    redisReply  *reply;
    const char  *args[] = {
        "SCAN", cursor, "MATCH", "healthcode:risk:{??}:*", "COUNT", "1000"
    };

    do {
        reply = healthcode_connection_command(connection, 6, args, NULL);

        if (reply == NULL) {
            return HEALTHCODE_EXIT_FAILED;
        }

        if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
            || reply->element[0]->type != REDIS_REPLY_STRING
            || reply->element[0]->len >= sizeof(cursor)
            || reply->element[1]->type != REDIS_REPLY_ARRAY)
        {
            freeReplyObject(reply);
            return healthcode_output_failed("the store gave an answer of "
                                            "another shape");
        }

        memcpy(cursor, reply->element[0]->str, reply->element[0]->len + 1);
        *found = reply->element[1]->elements > 0;
        freeReplyObject(reply);

    } while (!*found && strcmp(cursor, "0") != 0);

    return HEALTHCODE_EXIT_OK;
}


static healthcode_exit_e
healthcode_store_say(const redisReply *reply)
{
    char        *end;
    const char  *done = reply->element[0]->str;
    const char  *fault = healthcode_store_in_the_way(done);

    if (fault && strcmp(done, "empty") == 0) {
        return healthcode_output_failed("nothing was done: %s", fault);
    }

    if (fault) {
        return healthcode_output_failed("nothing was done: %lu of %d proofs "
                                        "%s",
                                        strtoul(reply->element[2]->str, &end,
                                                10),
                                        HEALTHCODE_KEYS_PROOFS, fault);
    }

    if (strcmp(done, "kept") == 0) {
        fputs("kept: the store was initialised with this pepper before, "
              "instance ", stdout);

    } else if (strcmp(done, "completed") == 0) {
        fputs("completed: proofs that were missing: ", stdout);
        healthcode_output_string(stdout, reply->element[2]->str);
        fputs(", instance ", stdout);

    } else {
        healthcode_output_string(stdout, done);
        fputs(": instance ", stdout);
    }

    healthcode_output_string(stdout, reply->element[1]->str);
    putchar('\n');

    return HEALTHCODE_EXIT_OK;
}


/* What to do about it; NULL: it is done. */
static const char *
healthcode_store_in_the_way(const char *done)
{
    if (strcmp(done, "missing") == 0) {
        return "are missing, and what they prove may be lost with them; load "
               "all flags again (\"healthcode flag import --before-init\"), "
               "unless you know that none is lost, then add --missing, which "
               "writes them";
    }

    if (strcmp(done, "instance") == 0) {
        return "are of another instance than healthcode:meta:{c}, so what they "
               "prove may be another store's, or another day's; see that all "
               "flags are there, then add --renew";
    }

    if (strcmp(done, "pepper") == 0) {
        return "are of another pepper than that of --pepper-file; name the "
               "file that the gates use, or add --force: then no gate finds "
               "its flags again";
    }

    if (strcmp(done, "schema") == 0) {
        return "are there but of another schema; check the address and the "
               "database number, or add --force to replace them";
    }

    if (strcmp(done, "empty") == 0) {
        return "the store has no flags, and with proofs everybody would pass; "
               "if it lost them, load the flags first (\"healthcode flag "
               "import --before-init\"), then run this again; if nobody is "
               "flagged yet, add --empty";
    }

    return NULL;
}


static healthcode_exit_e
healthcode_store_check(int argc, char **argv)
{
    healthcode_exit_e                 rc;
    healthcode_arguments_t            arguments = { .n = 0 };
    healthcode_connection_t           connection;
    healthcode_rights_gates_t         gates = { .no_cache = false };
    healthcode_connection_options_t   o = { .may_refuse = true };

    const healthcode_option_t  options[] = {
        HEALTHCODE_CONNECTION_ROWS(&o, true),
        { .name = "evicting-ok", .is_set = &gates.evicting_ok },
        { .name = "no-cache", .is_set = &gates.no_cache },
        { .name = "passage", .is_set = &gates.passage },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    o.asks_policy = !gates.evicting_ok;
    rc = healthcode_connection_open(&o, &connection);

    if (rc == HEALTHCODE_EXIT_OK) {
        /* no cache goes with either */
        (void) healthcode_connection_role(o.role, &gates.role_unchecked);
        gates.no_cache |= gates.role_unchecked || connection.is_resp2;
        rc = healthcode_store_report(&o, &gates, &connection);
    }

    healthcode_connection_close(&connection);

    return rc;
}


static healthcode_exit_e
healthcode_store_report(const healthcode_connection_options_t *options,
    const healthcode_rights_gates_t *gates,
    healthcode_connection_t *connection)
{
    bool                            ok, may, last = true;
    healthcode_exit_e               rc;
    healthcode_connection_proof_t  *proofs = connection->proofs;

    ok = healthcode_store_proof("role", &proofs[HEALTHCODE_CONNECTION_ROLE],
                                gates->role_unchecked ? "not looked at"
                                                      : "it is a master");
    ok &= healthcode_store_proof("memory",
                                 &proofs[HEALTHCODE_CONNECTION_POLICY],
                                 gates->evicting_ok ? "not looked at"
                                                    : "it evicts nothing");
    rc = healthcode_store_proofs(connection, &ok);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_store_disk(connection);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_stranger_check(options, connection);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_rights_check(connection, gates, &may);
    }

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    ok &= may;

    if (gates->passage) {
        rc = healthcode_marks_check(connection, gates, &ok, &last);
    }

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    puts(!ok ? "no gate uses this store"
         : last ? "a gate can use this store"
         : "a gate can use this store, but after a crash who has passed may "
           "pass again");

    return ok && last ? HEALTHCODE_EXIT_OK : HEALTHCODE_EXIT_NO;
}


static bool
healthcode_store_proof(const char *what,
    const healthcode_connection_proof_t *proof, const char *good)
{
    bool  ok = proof->reason == HEALTHCODE_REASON_OK;

    printf("%-4s %-8s ", ok ? "ok" : "NO", what);
    healthcode_output_string(stdout, ok ? good : proof->error);
    putchar('\n');

    return ok;
}


/* The others are of interest only if that of the handshake says so. */
static healthcode_exit_e
healthcode_store_proofs(healthcode_connection_t *connection, bool *ok)
{
    unsigned                        fine, missing;
    healthcode_exit_e               rc;
    healthcode_proofs_t             proofs;
    healthcode_connection_proof_t  *meta;

    meta = &connection->proofs[HEALTHCODE_CONNECTION_META];

    if (meta->reason == HEALTHCODE_REASON_OK
        || meta->reason == HEALTHCODE_REASON_STORE_UNPROVEN)
    {
        rc = healthcode_proofs_read(connection, &proofs);

        if (rc != HEALTHCODE_EXIT_OK) {
            return rc;
        }

        fine = proofs.counts[HEALTHCODE_PROOFS_FINE];
        missing = proofs.counts[HEALTHCODE_PROOFS_MISSING];

        if (fine < HEALTHCODE_KEYS_PROOFS && missing < HEALTHCODE_KEYS_PROOFS) {
            healthcode_proofs_print(&proofs);
            *ok = false;
            return HEALTHCODE_EXIT_OK;
        }
    }

    *ok &= healthcode_store_proof("meta", meta,
                                  "it was initialised with this pepper");

    return HEALTHCODE_EXIT_OK;
}


/*
 * Whether what was acknowledged is still there after a crash.  Gates do not
 * ask that, so it is only a warning.
 */
static healthcode_exit_e
healthcode_store_disk(healthcode_connection_t *connection)
{
    redisReply  *reply;
    const char  *text, *args[] = { "INFO", "persistence" };

    reply = redisCommandArgv(connection->redis, 2, args, NULL);

    if (reply == NULL) {
        return healthcode_connection_failed(connection, NULL);
    }

    text = (reply->type == REDIS_REPLY_STRING
            || reply->type == REDIS_REPLY_VERB) ? reply->str : "";

    if (strstr(text, "\naof_enabled:0")) {
        puts("warn disk     it has no append-only file: a crash loses what was "
             "set since its last snapshot; write \"appendonly yes\" in "
             "redis.conf");

    } else if (strstr(text, "\naof_enabled:1") == NULL) {
        puts("warn disk     not known: INFO persistence is refused");

    } else if (strstr(text, "\naof_last_write_status:err")) {
        puts("warn disk     it cannot write its append-only file; see its log");

    } else {
        puts("ok   disk     it has an append-only file");
    }

    freeReplyObject(reply);

    return HEALTHCODE_EXIT_OK;
}


static healthcode_exit_e
healthcode_store_rights(int argc, char **argv)
{
    const char                 *role = NULL;
    healthcode_arguments_t      arguments = { .n = 0 };
    healthcode_rights_gates_t   gates = { .no_cache = false };

    const healthcode_option_t  options[] = {
        { .name = "evicting-ok", .is_set = &gates.evicting_ok },
        { .name = "no-cache", .is_set = &gates.no_cache },
        { .name = "passage", .is_set = &gates.passage },
        { .name = "role", .hint = "ROLE", .value = &role },
    };

    if (!healthcode_options_parse(argc, argv, options, 4, &arguments)
        || !healthcode_connection_role(role, &gates.role_unchecked))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    gates.no_cache |= gates.role_unchecked;
    healthcode_rights_print(&gates);

    return HEALTHCODE_EXIT_OK;
}
