/*
 * The proofs of a store: one for each of its partitions, and all must be those
 * of one store.  Knows no flags.  docs/redis-keys.md, "healthcode:meta".
 */

#include "healthcode_nodes.h"
#include "healthcode_proofs.h"
#include "redis/healthcode_risk_codec.h"


#define HEALTHCODE_PROOFS_NAMED  8      /* tags in a line */


static healthcode_exit_e healthcode_proofs_read_nodes(
    healthcode_connection_t *connection, healthcode_proofs_t *proofs);
static healthcode_proofs_e healthcode_proofs_judge(
    const healthcode_connection_t *connection, const redisReply *reply);
static healthcode_exit_e healthcode_proofs_check_all(
    healthcode_connection_t *connection);


static const char *const  healthcode_proofs_words[HEALTHCODE_PROOFS_STATES] = {
    [HEALTHCODE_PROOFS_MISSING]  = "missing",
    [HEALTHCODE_PROOFS_INVALID]  = "not valid",
    [HEALTHCODE_PROOFS_PEPPER]   = "of another pepper",
    [HEALTHCODE_PROOFS_INSTANCE] =
        "of another store than " HEALTHCODE_KEYS_META,
};


healthcode_exit_e
healthcode_proofs_read(healthcode_connection_t *connection,
    healthcode_proofs_t *proofs)
{
    char                  name[HEALTHCODE_KEYS_MAX];
    redisReply           *reply = NULL;
    healthcode_proofs_e   state;

    memset(proofs, 0, sizeof(healthcode_proofs_t));

    if (connection->cluster) {
        return healthcode_proofs_read_nodes(connection, proofs);
    }

    for (unsigned i = 0; i < HEALTHCODE_KEYS_PROOFS; i++) {
        (void) healthcode_keys_proof(i, name);

        if (redisAppendCommand(connection->redis, "HGETALL %s", name)
            != REDIS_OK)
        {
            return healthcode_output_failed("no memory");
        }
    }

    for (unsigned i = 0; i < HEALTHCODE_KEYS_PROOFS; i++) {

        if (redisGetReply(connection->redis, (void **) &reply) != REDIS_OK) {
            return healthcode_connection_failed(connection, NULL);
        }

        state = healthcode_proofs_judge(connection, reply);
        proofs->states[i] = state;
        proofs->counts[state]++;
        freeReplyObject(reply);
    }

    return HEALTHCODE_EXIT_OK;
}


/* A part that no node has is without a proof. */
static healthcode_exit_e
healthcode_proofs_read_nodes(healthcode_connection_t *connection,
    healthcode_proofs_t *proofs)
{
    char                  name[HEALTHCODE_KEYS_MAX];
    redisReply           *reply;
    const char           *args[] = { "HGETALL", name };
    healthcode_proofs_e   state;

    for (unsigned i = 0; i < HEALTHCODE_KEYS_PROOFS; i++) {
        (void) healthcode_keys_proof(i, name);
        state = HEALTHCODE_PROOFS_MISSING;

        if (healthcode_cluster_map_master(healthcode_nodes_map(connection),
                                          i))
        {
            reply = healthcode_connection_ask(connection, name, 2, args, NULL,
                                              HEALTHCODE_CONNECTION_READS);

            if (reply == NULL || healthcode_nodes_is_elsewhere(reply)) {
                (void) healthcode_connection_failed(connection, reply);
                freeReplyObject(reply);
                return HEALTHCODE_EXIT_FAILED;
            }

            state = healthcode_proofs_judge(connection, reply);
            freeReplyObject(reply);
        }

        proofs->states[i] = state;
        proofs->counts[state]++;
    }

    return HEALTHCODE_EXIT_OK;
}


/* Without a pepper at hand no proof can be of another one. */
static healthcode_proofs_e
healthcode_proofs_judge(const healthcode_connection_t *connection,
    const redisReply *reply)
{
    healthcode_str_t     instance;
    healthcode_reason_e  reason;

    if (reply->type != REDIS_REPLY_ERROR && reply->elements == 0) {
        return HEALTHCODE_PROOFS_MISSING;
    }

    reason = healthcode_risk_codec_meta(reply, connection->check);

    if (reason == HEALTHCODE_REASON_STORE_PEPPER) {

        if (connection->pepper) {
            return HEALTHCODE_PROOFS_PEPPER;
        }

    } else if (reason != HEALTHCODE_REASON_OK) {
        return HEALTHCODE_PROOFS_INVALID;
    }

    instance = healthcode_risk_codec_instance(reply);

    return connection->instance.data == NULL
           || healthcode_str_equal(instance, connection->instance)
           ? HEALTHCODE_PROOFS_FINE : HEALTHCODE_PROOFS_INSTANCE;
}


void
healthcode_proofs_print(const healthcode_proofs_t *proofs)
{
    char      name[HEALTHCODE_KEYS_MAX];
    unsigned  n;

    for (int state = HEALTHCODE_PROOFS_FINE + 1;
         state < HEALTHCODE_PROOFS_STATES;
         state++)
    {
        if (proofs->counts[state] == 0) {
            continue;
        }

        printf("NO   meta     %u of %d proofs are %s:", proofs->counts[state],
               HEALTHCODE_KEYS_PROOFS, healthcode_proofs_words[state]);
        n = 0;

        for (unsigned i = 0; i < HEALTHCODE_KEYS_PROOFS; i++) {
            if ((int) proofs->states[i] == state
                && n++ < HEALTHCODE_PROOFS_NAMED)
            {
                printf(" %s", healthcode_keys_proof(i, name));
            }
        }

        if (n > HEALTHCODE_PROOFS_NAMED) {
            printf(" and %u more", n - HEALTHCODE_PROOFS_NAMED);
        }

        puts("; what they prove may be lost, or another store's");
    }
}


healthcode_exit_e
healthcode_proofs_check(healthcode_connection_t *connection, const char *key)
{
    char                  name[HEALTHCODE_KEYS_MAX];
    redisReply           *reply;
    const char           *args[] = { "HGETALL", name };
    healthcode_proofs_e   state;

    if (connection->instance.data == NULL) {
        return HEALTHCODE_EXIT_OK;
    }

    if (key == NULL) {
        return healthcode_proofs_check_all(connection);
    }

    (void) healthcode_keys_proof_of(key, name);

    /* the connection rests on this one */
    if (strcmp(name, HEALTHCODE_KEYS_META) == 0) {
        return HEALTHCODE_EXIT_OK;
    }

    reply = healthcode_connection_ask(connection, name, 2, args, NULL,
                                      HEALTHCODE_CONNECTION_READS);

    if (reply == NULL || healthcode_refusal_is_right(reply)
        || (connection->cluster && healthcode_nodes_is_elsewhere(reply)))
    {
        (void) healthcode_connection_failed(connection, reply);
        freeReplyObject(reply);
        return HEALTHCODE_EXIT_FAILED;
    }

    state = healthcode_proofs_judge(connection, reply);
    freeReplyObject(reply);

    return state == HEALTHCODE_PROOFS_FINE
           ? HEALTHCODE_EXIT_OK
           : healthcode_output_failed("--redis: nothing was done: %s is %s, "
                                      "and what it proves may be lost; see "
                                      "\"healthcode store check\"", name,
                                      healthcode_proofs_words[state]);
}


static healthcode_exit_e
healthcode_proofs_check_all(healthcode_connection_t *connection)
{
    healthcode_exit_e    rc;
    healthcode_proofs_t  proofs;

    rc = healthcode_proofs_read(connection, &proofs);

    if (rc != HEALTHCODE_EXIT_OK
        || proofs.counts[HEALTHCODE_PROOFS_FINE] == HEALTHCODE_KEYS_PROOFS)
    {
        return rc;
    }

    return healthcode_output_failed("--redis: nothing was done: %u of %d "
                                    "proofs are missing or not those of this "
                                    "store; see \"healthcode store check\"",
                                    HEALTHCODE_KEYS_PROOFS
                                    - proofs.counts[HEALTHCODE_PROOFS_FINE],
                                    HEALTHCODE_KEYS_PROOFS);
}
