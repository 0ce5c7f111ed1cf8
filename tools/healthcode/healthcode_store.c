/*
 * healthcode store: writes, and checks, the proofs by which gates believe a
 * store; says what their user may do there.  Knows no flags.
 * docs/redis-keys.md, "healthcode:meta".
 */

#include <openssl/rand.h>
#include <stdlib.h>

#include "healthcode_commands.h"
#include "healthcode_init.h"
#include "healthcode_keys.h"
#include "healthcode_marks.h"
#include "healthcode_nodes.h"
#include "healthcode_proofs.h"
#include "healthcode_script.h"
#include "healthcode_sources.h"
#include "healthcode_stranger.h"
#include "healthcode_ticker.h"


#define HEALTHCODE_STORE_NAMED  8      /* parts in a line */


static healthcode_exit_e healthcode_store_init(int argc, char **argv);
static healthcode_exit_e healthcode_store_write(healthcode_init_t *init,
    healthcode_connection_t *connection);
static void healthcode_store_warn(const healthcode_connection_t *connection,
    size_t i);
static healthcode_exit_e healthcode_store_prove(
    const healthcode_init_t *init, healthcode_connection_t *connection);
static bool healthcode_store_script(const healthcode_init_t *init,
    healthcode_connection_t *connection, bool may_create,
    healthcode_init_done_t *done);
static healthcode_exit_e healthcode_store_has_flags(
    healthcode_connection_t *connection, bool *found);
static healthcode_exit_e healthcode_store_scan(
    healthcode_connection_t *connection, bool *found);
static healthcode_exit_e healthcode_store_say(
    const healthcode_init_done_t *done);
static const char *healthcode_store_in_the_way(const char *done);
static healthcode_exit_e healthcode_store_check(int argc, char **argv);
static healthcode_exit_e healthcode_store_report(
    const healthcode_connection_options_t *options,
    const healthcode_rights_gates_t *gates,
    healthcode_connection_t *connection);
static healthcode_exit_e healthcode_store_report_here(
    const healthcode_connection_options_t *options,
    const healthcode_rights_gates_t *gates,
    healthcode_connection_t *connection, bool *ok, bool *last);
static void healthcode_store_node(const healthcode_connection_t *connection,
    size_t i);
static bool healthcode_store_slots(const healthcode_connection_t *connection);
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
    { "tick", healthcode_ticker, NULL },
    { "touch", healthcode_sources_touch, NULL },
    { "untouch", healthcode_sources_untouch, NULL },
    { "sources", healthcode_sources_list, NULL },
};


healthcode_exit_e
healthcode_store(int argc, char **argv)
{
    return healthcode_options_dispatch(healthcode_store_commands,
                                       sizeof(healthcode_store_commands)
                                       / sizeof(healthcode_store_commands[0]),
                                       argc, argv);
}


static healthcode_exit_e
healthcode_store_init(int argc, char **argv)
{
    bool                              force = false;
    healthcode_exit_e                 rc;
    healthcode_arguments_t            arguments = { .n = 0 };
    healthcode_connection_t           connection;
    healthcode_init_t           init = { .how = "keep" };
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
healthcode_store_write(healthcode_init_t *init,
    healthcode_connection_t *connection)
{
    uint8_t                         random[HEALTHCODE_INIT_INSTANCE];
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

    for (size_t i = 0; (rc == HEALTHCODE_EXIT_OK || !connection->cluster)
                       && i < healthcode_connection_nodes(connection); i++)
    {
        if (connection->cluster) {
            rc = healthcode_connection_use(connection, i);
        }

        if ((rc == HEALTHCODE_EXIT_OK || !connection->cluster)
            && proofs[HEALTHCODE_CONNECTION_POLICY].reason
               != HEALTHCODE_REASON_OK)
        {
            healthcode_store_warn(connection, i);
        }
    }

    return rc;
}


static void
healthcode_store_warn(const healthcode_connection_t *connection, size_t i)
{
    char                             text[HEALTHCODE_CLUSTER_TEXT] = "";
    const char                      *what;
    const healthcode_cluster_map_t  *map;

    what = connection->proofs[HEALTHCODE_CONNECTION_POLICY].error;

    if (connection->cluster) {
        map = healthcode_nodes_map(connection);
        (void) healthcode_cluster_address_text(&map->masters[i].address, text);
    }

    healthcode_output_warn("gates will not use this store yet: %s%s%s", text,
                           text[0] ? ": " : "", what);
}


/*
 * Flags are looked for only if the proofs would be new: what is there already
 * is kept without reading the names of all keys.
 */
static healthcode_exit_e
healthcode_store_prove(const healthcode_init_t *init,
    healthcode_connection_t *connection)
{
    bool                     found = false;
    healthcode_exit_e        rc;
    healthcode_init_done_t   done;

    if (!healthcode_store_script(init, connection, init->empty, &done)) {
        return HEALTHCODE_EXIT_FAILED;
    }

    if (strcmp(done.word, "empty") == 0) {

        rc = healthcode_store_has_flags(connection, &found);

        if (rc != HEALTHCODE_EXIT_OK) {
            return rc;
        }

        if (found
            && !healthcode_store_script(init, connection, true, &done))
        {
            return HEALTHCODE_EXIT_FAILED;
        }
    }

    return healthcode_store_say(&done);
}


/* False: there is no answer, with a message printed. */
static bool
healthcode_store_script(const healthcode_init_t *init,
    healthcode_connection_t *connection, bool may_create,
    healthcode_init_done_t *done)
{
    char                  names[HEALTHCODE_KEYS_PROOFS][HEALTHCODE_KEYS_MAX];
    redisReply           *reply;
    healthcode_str_t      keys[HEALTHCODE_KEYS_PROOFS];
    healthcode_script_t   script;

    if (connection->cluster) {
        return healthcode_init_nodes(init, connection, may_create, done);
    }

    for (unsigned i = 0; i < HEALTHCODE_KEYS_PROOFS; i++) {
        (void) healthcode_keys_proof(i, names[i]);
        keys[i] = healthcode_str_from(names[i], strlen(names[i]));
    }

    healthcode_script_init(&script, "store-init", HEALTHCODE_KEYS_PROOFS);
    healthcode_script_keys(&script, keys, HEALTHCODE_KEYS_PROOFS);
    healthcode_script_add_text(&script, HEALTHCODE_INIT_SCHEMA);
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
        return false;
    }

    if (reply) {
        snprintf(done->word, sizeof(done->word), "%s", reply->element[0]->str);
        snprintf(done->instance, sizeof(done->instance), "%s",
                 reply->element[1]->str);
        done->n = strtoul(reply->element[2]->str, NULL, 10);
    }

    freeReplyObject(reply);

    return reply != NULL;
}


static healthcode_exit_e
healthcode_store_has_flags(healthcode_connection_t *connection, bool *found)
{
    size_t             i;
    healthcode_exit_e  rc = HEALTHCODE_EXIT_OK;

    for (i = 0; rc == HEALTHCODE_EXIT_OK && !*found
                && i < healthcode_connection_nodes(connection); i++)
    {
        rc = healthcode_connection_use(connection, i);

        if (rc == HEALTHCODE_EXIT_OK) {
            rc = healthcode_store_scan(connection, found);
        }
    }

    return rc;
}


/* Looks at the names of keys until one is of a holder's flags. */
static healthcode_exit_e
healthcode_store_scan(healthcode_connection_t *connection, bool *found)
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
healthcode_store_say(const healthcode_init_done_t *done)
{
    const char  *fault = healthcode_store_in_the_way(done->word);

    if (fault && strcmp(done->word, "empty") == 0) {
        return healthcode_output_failed("nothing was done: %s", fault);
    }

    if (fault) {
        return healthcode_output_failed("nothing was done: %lu of %d proofs "
                                        "%s", done->n, HEALTHCODE_KEYS_PROOFS,
                                        fault);
    }

    if (strcmp(done->word, "kept") == 0) {
        fputs("kept: the store was initialised with this pepper before, "
              "instance ", stdout);

    } else if (strcmp(done->word, "completed") == 0) {
        printf("completed: proofs that were missing: %lu, instance ", done->n);

    } else {
        healthcode_output_string(stdout, done->word);
        fputs(": instance ", stdout);
    }

    healthcode_output_string(stdout, done->instance);
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
        gates.cluster = (connection.cluster != NULL);
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
    bool               ok = true, last = true;
    healthcode_exit_e  rc = HEALTHCODE_EXIT_OK;

    for (size_t i = 0; rc == HEALTHCODE_EXIT_OK
                       && i < healthcode_connection_nodes(connection); i++)
    {
        rc = healthcode_connection_use(connection, i);

        if (rc == HEALTHCODE_EXIT_OK && connection->cluster) {
            healthcode_store_node(connection, i);
        }

        if (rc == HEALTHCODE_EXIT_OK) {
            rc = healthcode_store_report_here(options, gates, connection, &ok,
                                              &last);
        }
    }

    if (rc == HEALTHCODE_EXIT_OK && connection->cluster) {
        ok &= healthcode_store_slots(connection);
        rc = healthcode_store_proofs(connection, &ok);
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


/* One server, or one node. */
static healthcode_exit_e
healthcode_store_report_here(const healthcode_connection_options_t *options,
    const healthcode_rights_gates_t *gates,
    healthcode_connection_t *connection, bool *ok, bool *last)
{
    bool                            may, runs, is_last = true;
    healthcode_exit_e               rc = HEALTHCODE_EXIT_OK;
    healthcode_connection_proof_t  *proofs = connection->proofs;

    *ok &= healthcode_store_proof("role", &proofs[HEALTHCODE_CONNECTION_ROLE],
                                  gates->role_unchecked ? "not looked at"
                                                        : "it is a master");
    *ok &= healthcode_store_proof("memory",
                                  &proofs[HEALTHCODE_CONNECTION_POLICY],
                                  gates->evicting_ok ? "not looked at"
                                                     : "it evicts nothing");
    if (connection->cluster == NULL) {
        rc = healthcode_store_proofs(connection, ok);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_store_disk(connection);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_ticker_check(connection);
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

    *ok &= may;
    runs = *ok;

    if (gates->passage) {
        rc = healthcode_marks_check(connection, gates, &runs, &is_last);
    }

    *ok &= runs;
    *last &= is_last;

    return rc;
}


static void
healthcode_store_node(const healthcode_connection_t *connection, size_t i)
{
    char                             text[HEALTHCODE_CLUSTER_TEXT];
    size_t                           n = 0;
    const healthcode_cluster_map_t  *map = healthcode_nodes_map(connection);

    for (size_t tag = 0; tag < HEALTHCODE_SLOT_TAGS; tag++) {
        n += (map->tags[tag] == i);
    }

    printf("node %s, which has %zu of %d parts\n",
           healthcode_cluster_address_text(&map->masters[i].address, text), n,
           HEALTHCODE_SLOT_TAGS);
}


/* Holders of a part that nobody has are refused; all others pass. */
static bool
healthcode_store_slots(const healthcode_connection_t *connection)
{
    char                             name[HEALTHCODE_SLOT_NAME];
    size_t                           said = 0;
    const healthcode_cluster_map_t  *map = healthcode_nodes_map(connection);

    if (map->out == 0) {
        puts("ok   slots    each part has a master");
        return true;
    }

    printf("NO   slots    no node has %zu of %d parts:", map->out,
           HEALTHCODE_SLOT_TAGS);

    for (size_t tag = 0; tag < HEALTHCODE_SLOT_TAGS; tag++) {
        if (map->tags[tag] == HEALTHCODE_CLUSTER_MAP_NONE
            && said++ < HEALTHCODE_STORE_NAMED)
        {
            printf(" {%s}", healthcode_slot_name(tag, name));
        }
    }

    puts(said > HEALTHCODE_STORE_NAMED ? " and more; nobody of them is let in"
                                       : "; nobody of them is let in");

    return false;
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
    bool                        ticks = false;
    const char                 *role = NULL;
    healthcode_arguments_t      arguments = { .n = 0 };
    healthcode_rights_gates_t   gates = { .no_cache = false };

    const healthcode_option_t  options[] = {
        { .name = "evicting-ok", .is_set = &gates.evicting_ok },
        { .name = "no-cache", .is_set = &gates.no_cache },
        { .name = "passage", .is_set = &gates.passage },
        { .name = "cluster", .is_set = &gates.cluster },
        { .name = "role", .hint = "ROLE", .value = &role },
        { .name = "tick", .is_set = &ticks },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments)
        || !healthcode_connection_role(role, &gates.role_unchecked))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    if (ticks) {
        puts(HEALTHCODE_TICKER_RIGHTS);
        return HEALTHCODE_EXIT_OK;
    }

    gates.no_cache |= gates.role_unchecked;
    healthcode_rights_print(&gates);

    return HEALTHCODE_EXIT_OK;
}
