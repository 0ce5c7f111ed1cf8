/*
 * healthcode store init, in a cluster: proofs one by one, by the rules of
 * store-init.lua.  Knows no flags.  docs/operations.md, "Cluster".
 */

#include "healthcode_init.h"
#include "healthcode_proofs.h"
#include "healthcode_script.h"


static const char *healthcode_init_in_the_way(const healthcode_init_t *init,
    const healthcode_proofs_t *proofs, unsigned long *n);
static bool healthcode_init_write(healthcode_connection_t *connection,
    const healthcode_proofs_t *proofs, const char *instance, bool all);
static bool healthcode_init_one(healthcode_connection_t *connection,
    unsigned i, const char *instance, bool any);


bool
healthcode_init_nodes(const healthcode_init_t *init,
    healthcode_connection_t *connection, bool may_create,
    healthcode_init_done_t *done)
{
    bool                  differs, is_new;
    unsigned              missing;
    const char           *word;
    healthcode_proofs_t   proofs;

    memset(done, 0, sizeof(healthcode_init_done_t));

    if (healthcode_proofs_read(connection, &proofs) != HEALTHCODE_EXIT_OK) {
        return false;
    }

    missing = proofs.counts[HEALTHCODE_PROOFS_MISSING];
    is_new = (missing == HEALTHCODE_KEYS_PROOFS);
    differs = proofs.counts[HEALTHCODE_PROOFS_INVALID]
              || proofs.counts[HEALTHCODE_PROOFS_PEPPER];

    word = healthcode_init_in_the_way(init, &proofs, &done->n);
    snprintf(done->instance, sizeof(done->instance), "%.*s",
             (int) connection->instance.len,
             connection->instance.data
             ? (const char *) connection->instance.data : "");

    if (word == NULL && !is_new && !differs
        && proofs.counts[HEALTHCODE_PROOFS_INSTANCE] == 0
        && strcmp(init->how, "renew") != 0)
    {
        word = missing ? "completed" : "kept";
        done->n = missing;

        if (!healthcode_init_write(connection, &proofs, done->instance, false))
        {
            return false;
        }

    } else if (word == NULL && !may_create) {
        word = "empty";

    } else if (word == NULL) {
        word = is_new ? "created" : differs ? "replaced" : "renewed";
        done->n = HEALTHCODE_KEYS_PROOFS;
        snprintf(done->instance, sizeof(done->instance), "%s", init->instance);

        if (!healthcode_init_write(connection, &proofs, init->instance, true))
        {
            return false;
        }
    }

    snprintf(done->word, sizeof(done->word), "%s", word);

    return true;
}


/* What lost its proof may have lost more.  NULL: nothing is. */
static const char *
healthcode_init_in_the_way(const healthcode_init_t *init,
    const healthcode_proofs_t *proofs, unsigned long *n)
{
    size_t  i;

    static const struct {
        healthcode_proofs_e   state;
        const char           *word;
    } rows[] = {
        { HEALTHCODE_PROOFS_MISSING, "missing" },
        { HEALTHCODE_PROOFS_INVALID, "schema" },
        { HEALTHCODE_PROOFS_PEPPER, "pepper" },
        { HEALTHCODE_PROOFS_INSTANCE, "instance" },
    };

    const bool  passes[] = {
        init->missing
        || proofs->counts[HEALTHCODE_PROOFS_MISSING] == HEALTHCODE_KEYS_PROOFS,
        strcmp(init->how, "force") == 0,
        strcmp(init->how, "force") == 0,
        strcmp(init->how, "keep") != 0,
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!passes[i] && proofs->counts[rows[i].state]) {
            *n = proofs->counts[rows[i].state];
            return rows[i].word;
        }
    }

    return NULL;
}


/* Those that are missing, or all. */
static bool
healthcode_init_write(healthcode_connection_t *connection,
    const healthcode_proofs_t *proofs, const char *instance, bool all)
{
    bool  is_missing;

    for (unsigned i = 0; i < HEALTHCODE_KEYS_PROOFS; i++) {
        is_missing = proofs->states[i] == HEALTHCODE_PROOFS_MISSING;

        if ((all || is_missing)
            && !healthcode_init_one(connection, i, instance, !is_missing))
        {
            return false;
        }
    }

    return true;
}


static bool
healthcode_init_one(healthcode_connection_t *connection, unsigned i,
    const char *instance, bool any)
{
    bool                  is_written;
    char                  name[HEALTHCODE_KEYS_MAX];
    redisReply           *reply;
    healthcode_script_t   script;

    (void) healthcode_keys_proof(i, name);

    healthcode_script_init(&script, "proof-set", 1);
    healthcode_script_add_text(&script, name);
    healthcode_script_add_text(&script, HEALTHCODE_INIT_SCHEMA);
    healthcode_script_add_text(&script, connection->check);
    healthcode_script_add_text(&script, instance);
    healthcode_script_add_text(&script, any ? "any" : "new");

    reply = healthcode_script_run(&script, connection);

    if (reply == NULL) {
        return false;
    }

    is_written = reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
    freeReplyObject(reply);

    if (!is_written) {
        (void) healthcode_output_failed("somebody else has written %s "
                                        "meanwhile; run it again", name);
    }

    return is_written;
}
