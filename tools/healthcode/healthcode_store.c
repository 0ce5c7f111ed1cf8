/*
 * healthcode store: checks what gates ask of a store, and says what their user
 * may do there; its other verbs have files of their own.  Knows no flags.
 * docs/redis-keys.md, "healthcode:meta".
 */

#include "healthcode_commands.h"
#include "healthcode_former.h"
#include "healthcode_marks.h"
#include "healthcode_migrate.h"
#include "healthcode_nodes.h"
#include "healthcode_proofs.h"
#include "healthcode_sources.h"
#include "healthcode_store_init.h"
#include "healthcode_stranger.h"
#include "healthcode_ticker.h"


#define HEALTHCODE_STORE_NAMED  8      /* parts in a line */


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
static healthcode_exit_e healthcode_store_former(
    healthcode_connection_t *connection);
static healthcode_exit_e healthcode_store_disk(
    healthcode_connection_t *connection);
static healthcode_exit_e healthcode_store_rights(int argc, char **argv);


static const healthcode_command_t  healthcode_store_commands[] = {
    { "init", healthcode_store_init, NULL },
    { "check", healthcode_store_check, NULL },
    { "rights", healthcode_store_rights, NULL },
    { "migrate", healthcode_migrate, NULL },
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

    return connection->cluster ? HEALTHCODE_EXIT_OK
                               : healthcode_store_former(connection);
}


/* Whether it is of schema 1, or both are written. */
static healthcode_exit_e
healthcode_store_former(healthcode_connection_t *connection)
{
    healthcode_exit_e           rc = HEALTHCODE_EXIT_OK;
    healthcode_former_proof_e   former = HEALTHCODE_FORMER_ABSENT;

    if (connection->former == HEALTHCODE_FORMER_ALSO) {
        puts("warn former   keys of schema 1 are written, too, until "
             "\"healthcode store migrate --finish\"");
    }

    if (connection->proofs[HEALTHCODE_CONNECTION_META].reason
        == HEALTHCODE_REASON_STORE_UNPROVEN)
    {
        rc = healthcode_former_look(connection, &former);
    }

    if (former == HEALTHCODE_FORMER_OURS) {
        puts("NO   meta     the store is of schema 1; \"healthcode store "
             "migrate\" takes it over");
    }

    return rc;
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
