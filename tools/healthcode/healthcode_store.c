/*
 * healthcode store: writes, and checks, the proof by which gates believe a
 * store.  Knows no flags.  docs/redis-keys.md, "healthcode:meta".
 */

#include <openssl/rand.h>

#include "healthcode_commands.h"
#include "healthcode_script.h"


#define HEALTHCODE_STORE_SCHEMA    "1"
#define HEALTHCODE_STORE_INSTANCE  16     /* bytes */


static healthcode_exit_e healthcode_store_init(int argc, char **argv);
static healthcode_exit_e healthcode_store_write(
    healthcode_connection_t *connection, bool force);
static healthcode_exit_e healthcode_store_say(const redisReply *reply);
static healthcode_exit_e healthcode_store_check(int argc, char **argv);
static bool healthcode_store_proof(const char *what,
    const healthcode_connection_proof_t *proof, const char *good);


static const healthcode_command_t  healthcode_store_commands[] = {
    { "init", healthcode_store_init, NULL },
    { "check", healthcode_store_check, NULL },
};


healthcode_exit_e
healthcode_store(int argc, char **argv)
{
    return healthcode_options_dispatch(healthcode_store_commands, 2, argc,
                                       argv);
}


static healthcode_exit_e
healthcode_store_init(int argc, char **argv)
{
    bool                              force = false;
    healthcode_exit_e                 rc;
    healthcode_arguments_t            arguments = { .n = 0 };
    healthcode_connection_t           connection;
    healthcode_connection_options_t   o = { .redis = NULL };

    const healthcode_option_t  options[] = {
        HEALTHCODE_CONNECTION_ROWS(&o, true),
        HEALTHCODE_CONNECTION_WAIT_ROW(&o),
        { .name = "force", .is_set = &force },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    rc = healthcode_connection_open(&o, &connection);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_store_write(&connection, force);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_connection_wait(&connection);
    }

    healthcode_connection_close(&connection);

    return rc;
}


static healthcode_exit_e
healthcode_store_write(healthcode_connection_t *connection, bool force)
{
    char                            instance[2 * HEALTHCODE_STORE_INSTANCE + 1];
    uint8_t                         random[HEALTHCODE_STORE_INSTANCE];
    redisReply                     *reply;
    healthcode_exit_e               rc;
    healthcode_script_t             script;
    healthcode_connection_proof_t  *proofs = connection->proofs;

    if (proofs[HEALTHCODE_CONNECTION_ROLE].reason != HEALTHCODE_REASON_OK) {
        return healthcode_output_failed("--redis: nothing was done: %s",
                                proofs[HEALTHCODE_CONNECTION_ROLE].error);
    }

    if (RAND_bytes(random, sizeof(random)) != 1) {
        return healthcode_output_failed("OpenSSL has no random bytes");
    }

    for (size_t i = 0; i < sizeof(random); i++) {
        snprintf(instance + 2 * i, 3, "%02x", random[i]);
    }

    healthcode_script_init(&script, "store-init", 1);
    healthcode_script_add_text(&script, "healthcode:meta");
    healthcode_script_add_text(&script, HEALTHCODE_STORE_SCHEMA);
    healthcode_script_add_text(&script, connection->check);
    healthcode_script_add_text(&script, instance);
    healthcode_script_add_text(&script, force ? "1" : "0");

    reply = healthcode_script_run(&script, connection);
    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    rc = healthcode_store_say(reply);
    freeReplyObject(reply);

    if (proofs[HEALTHCODE_CONNECTION_POLICY].reason != HEALTHCODE_REASON_OK) {
        healthcode_output_warn("gates will not use this store yet: %s",
                               proofs[HEALTHCODE_CONNECTION_POLICY].error);
    }

    return rc;
}


static healthcode_exit_e
healthcode_store_say(const redisReply *reply)
{
    const char  *done, *instance;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || reply->element[0]->type != REDIS_REPLY_STRING
        || reply->element[1]->type != REDIS_REPLY_STRING)
    {
        return healthcode_output_failed("the store gave an answer of another "
                                        "shape");
    }

    done = reply->element[0]->str;
    instance = reply->element[1]->str;

    if (strcmp(done, "pepper") == 0) {
        return healthcode_output_failed("--pepper-file: nothing was done: the "
                                "store was initialised with another pepper; "
                                "name the file that its gates use, or add "
                                "--force: then no gate finds its flags again");
    }

    if (strcmp(done, "schema") == 0) {
        return healthcode_output_failed("nothing was done: healthcode:meta is "
                                "there but of another schema; check the "
                                "address and the database number, or add "
                                "--force to replace it");
    }

    if (strcmp(done, "kept") == 0) {
        fputs("kept: the store was initialised with this pepper before, "
              "instance ", stdout);
    } else {
        healthcode_output_string(stdout, done);
        fputs(": instance ", stdout);
    }

    healthcode_output_string(stdout, instance);
    putchar('\n');

    return HEALTHCODE_EXIT_OK;
}


static healthcode_exit_e
healthcode_store_check(int argc, char **argv)
{
    bool                              ok, evicting_ok = false;
    healthcode_exit_e                 rc;
    healthcode_arguments_t            arguments = { .n = 0 };
    healthcode_connection_t           connection;
    healthcode_connection_proof_t    *proofs = connection.proofs;
    healthcode_connection_options_t   o = { .redis = NULL };

    const healthcode_option_t  options[] = {
        HEALTHCODE_CONNECTION_ROWS(&o, true),
        { .name = "evicting-ok", .is_set = &evicting_ok },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    rc = healthcode_connection_open(&o, &connection);

    if (rc == HEALTHCODE_EXIT_OK) {

        if (evicting_ok) {
            proofs[HEALTHCODE_CONNECTION_POLICY].reason = HEALTHCODE_REASON_OK;
        }

        ok = healthcode_store_proof("role",
                                    &proofs[HEALTHCODE_CONNECTION_ROLE],
                                    "it is a master");
        ok &= healthcode_store_proof("memory",
                                     &proofs[HEALTHCODE_CONNECTION_POLICY],
                                     evicting_ok ? "not looked at"
                                                 : "it evicts nothing");
        ok &= healthcode_store_proof("meta",
                                     &proofs[HEALTHCODE_CONNECTION_META],
                                     "it was initialised with this pepper");
        puts(ok ? "a gate can use this store" : "no gate uses this store");

        rc = ok ? HEALTHCODE_EXIT_OK : HEALTHCODE_EXIT_NO;
    }

    healthcode_connection_close(&connection);

    return rc;
}


static bool
healthcode_store_proof(const char *what,
    const healthcode_connection_proof_t *proof, const char *good)
{
    bool  ok = proof->reason == HEALTHCODE_REASON_OK;

    printf("%-4s %-8s %s\n", ok ? "ok" : "NO", what, ok ? good : proof->error);

    return ok;
}
