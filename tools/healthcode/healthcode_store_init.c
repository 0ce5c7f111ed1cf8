/*
 * healthcode store init: writes the proofs by which gates believe a store.
 * Knows no flags but whether there are any.
 * docs/redis-keys.md, "Preparing a store".
 */

#include <openssl/rand.h>
#include <stdlib.h>

#include "healthcode_former.h"
#include "healthcode_keys.h"
#include "healthcode_nodes.h"
#include "healthcode_options.h"
#include "healthcode_scan.h"
#include "healthcode_script.h"
#include "healthcode_store_init.h"


static healthcode_exit_e healthcode_store_init_look(healthcode_init_t *init,
    healthcode_connection_t *connection);
static void healthcode_store_init_warn(
    const healthcode_connection_t *connection, size_t i);
static healthcode_exit_e healthcode_store_init_prove(
    const healthcode_init_t *init, healthcode_connection_t *connection);
static bool healthcode_store_init_script(const healthcode_init_t *init,
    healthcode_connection_t *connection, bool may_create,
    healthcode_init_done_t *done);
static healthcode_exit_e healthcode_store_init_has_flags(
    healthcode_connection_t *connection, bool *found);
static healthcode_exit_e healthcode_store_init_scan(
    healthcode_connection_t *connection, bool *found);
static healthcode_exit_e healthcode_store_init_say(
    const healthcode_init_done_t *done);
static const char *healthcode_store_init_in_the_way(const char *done);


healthcode_exit_e
healthcode_store_init(int argc, char **argv)
{
    bool                              force = false;
    healthcode_exit_e                 rc;
    healthcode_arguments_t            arguments = { .n = 0 };
    healthcode_connection_t           connection;
    healthcode_init_t                 init = { .how = "keep" };
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
        rc = healthcode_store_init_look(&init, &connection);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_store_init_write(&init, &connection);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_connection_wait(&connection);
    }

    healthcode_connection_close(&connection);

    return rc;
}


/* Proofs of schema 2 say that everything of schema 1 has been taken over. */
static healthcode_exit_e
healthcode_store_init_look(healthcode_init_t *init,
    healthcode_connection_t *connection)
{
    healthcode_exit_e           rc;
    healthcode_former_proof_e   former;

    if (connection->cluster
        || connection->proofs[HEALTHCODE_CONNECTION_META].reason
           != HEALTHCODE_REASON_STORE_UNPROVEN)
    {
        return HEALTHCODE_EXIT_OK;
    }

    rc = healthcode_former_look(connection, &former);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    switch (former) {

    case HEALTHCODE_FORMER_REFUSED:
        return healthcode_output_failed("nothing was done: the user may not "
                                        "read " HEALTHCODE_FORMER_META ", by "
                                        "which a store of schema 1 is known; "
                                        "give the right %%R~"
                                        HEALTHCODE_FORMER_META);

    case HEALTHCODE_FORMER_OURS:
    case HEALTHCODE_FORMER_PEPPER:
        init->fills = true;
        return init->missing
               ? HEALTHCODE_EXIT_OK
               : healthcode_output_failed("nothing was done: the store is of "
                                          "schema 1; \"healthcode store "
                                          "migrate\" takes it over");

    default:
        return HEALTHCODE_EXIT_OK;
    }
}


healthcode_exit_e
healthcode_store_init_write(healthcode_init_t *init,
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

    rc = healthcode_store_init_prove(init, connection);

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
            healthcode_store_init_warn(connection, i);
        }
    }

    return rc;
}


static void
healthcode_store_init_warn(const healthcode_connection_t *connection, size_t i)
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
healthcode_store_init_prove(const healthcode_init_t *init,
    healthcode_connection_t *connection)
{
    bool                     found = false;
    healthcode_exit_e        rc;
    healthcode_init_done_t   done;

    if (!healthcode_store_init_script(init, connection,
                                      init->empty && !init->fills, &done))
    {
        return HEALTHCODE_EXIT_FAILED;
    }

    if (strcmp(done.word, "empty") == 0 && !init->fills) {

        rc = healthcode_store_init_has_flags(connection, &found);

        if (rc != HEALTHCODE_EXIT_OK) {
            return rc;
        }

        if (found
            && !healthcode_store_init_script(init, connection, true, &done))
        {
            return HEALTHCODE_EXIT_FAILED;
        }
    }

    return healthcode_store_init_say(&done);
}


/* False: there is no answer, with a message printed. */
static bool
healthcode_store_init_script(const healthcode_init_t *init,
    healthcode_connection_t *connection, bool may_create,
    healthcode_init_done_t *done)
{
    redisReply                *reply;
    healthcode_script_t        script;
    healthcode_keys_proofs_t   proofs;

    if (connection->cluster) {
        return healthcode_init_nodes(init, connection, may_create, done);
    }

    healthcode_keys_proofs(&proofs);
    healthcode_script_init(&script, "store-init", HEALTHCODE_KEYS_PROOFS);
    healthcode_script_keys(&script, proofs.keys, HEALTHCODE_KEYS_PROOFS);
    healthcode_script_add_text(&script, HEALTHCODE_INIT_SCHEMA);
    healthcode_script_add_text(&script, connection->check);
    healthcode_script_add_text(&script, init->instance);
    healthcode_script_add_text(&script, init->how);
    healthcode_script_add_text(&script, may_create ? "1" : "0");
    healthcode_script_add_text(&script, init->missing ? "1" : "0");
    healthcode_script_add_text(&script, init->former ? "1" : "");

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
healthcode_store_init_has_flags(healthcode_connection_t *connection,
    bool *found)
{
    size_t             i;
    healthcode_exit_e  rc = HEALTHCODE_EXIT_OK;

    for (i = 0; rc == HEALTHCODE_EXIT_OK && !*found
                && i < healthcode_connection_nodes(connection); i++)
    {
        rc = healthcode_connection_use(connection, i);

        if (rc == HEALTHCODE_EXIT_OK) {
            rc = healthcode_store_init_scan(connection, found);
        }
    }

    return rc;
}


/* Looks at the names of keys until one is of a holder's flags. */
static healthcode_exit_e
healthcode_store_init_scan(healthcode_connection_t *connection, bool *found)
{
    char         cursor[HEALTHCODE_SCAN_SIZE] = HEALTHCODE_SCAN_START;
    redisReply  *reply;
    const char  *args[] = {
        "SCAN", cursor, "MATCH", "healthcode:risk:{??}:*", "COUNT", "1000"
    };

    do {
        reply = healthcode_scan_page(connection, 6, args, cursor);

        if (reply == NULL) {
            return HEALTHCODE_EXIT_FAILED;
        }

        *found = reply->element[1]->elements > 0;
        freeReplyObject(reply);

    } while (!*found && !healthcode_scan_is_over(cursor));

    return HEALTHCODE_EXIT_OK;
}


static healthcode_exit_e
healthcode_store_init_say(const healthcode_init_done_t *done)
{
    const char  *fault = healthcode_store_init_in_the_way(done->word);

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
healthcode_store_init_in_the_way(const char *done)
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
