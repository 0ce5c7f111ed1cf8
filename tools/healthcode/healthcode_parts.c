/*
 * A flag of a holder and its audit entry: in one step, or one after the other
 * while their slot of a cluster is on its way.
 * Knows no options.  docs/operations.md, "Cluster".
 */

#include "healthcode_nodes.h"
#include "healthcode_parts.h"


static healthcode_exit_e healthcode_parts_set(const healthcode_parts_t *parts,
    healthcode_connection_t *connection, redisReply **reply);
static healthcode_exit_e healthcode_parts_clear(
    const healthcode_parts_t *parts, healthcode_connection_t *connection,
    redisReply **reply);
static redisReply *healthcode_parts_flag(const healthcode_parts_t *parts,
    healthcode_connection_t *connection);
static redisReply *healthcode_parts_note(const healthcode_parts_t *parts,
    const char *until, healthcode_connection_t *connection);


healthcode_exit_e
healthcode_parts_write(const healthcode_parts_t *parts,
    healthcode_connection_t *connection, redisReply **reply)
{
    healthcode_script_t  script;

    healthcode_parts_script(parts, &script);
    *reply = healthcode_script_call(&script, connection);

    if (*reply == NULL || connection->cluster == NULL
        || !healthcode_nodes_is_parted(*reply))
    {
        return HEALTHCODE_EXIT_OK;
    }

    freeReplyObject(*reply);

    return healthcode_parts_write_alone(parts, connection, reply);
}


void
healthcode_parts_script(const healthcode_parts_t *parts,
    healthcode_script_t *script)
{
    healthcode_script_init(script, parts->until ? "flag-set" : "flag-clear",
                           parts->by ? 2 : 1);
    healthcode_parts_add(parts, script);
}


void
healthcode_parts_add(const healthcode_parts_t *parts,
    healthcode_script_t *script)
{
    healthcode_script_add_text(script, parts->keys->risk);

    if (parts->by) {
        healthcode_script_add_text(script, parts->keys->audit);
        script->has_parts = true;
    }

    healthcode_script_add_text(script, parts->field);

    if (parts->until) {
        healthcode_script_add_text(script, parts->until);
    }

    if (parts->by) {
        healthcode_script_add_text(script, parts->by);
        healthcode_script_add_text(script, parts->reason);
    }
}


healthcode_exit_e
healthcode_parts_write_alone(const healthcode_parts_t *parts,
    healthcode_connection_t *connection, redisReply **reply)
{
    return parts->until ? healthcode_parts_set(parts, connection, reply)
                        : healthcode_parts_clear(parts, connection, reply);
}


/* The flag first: without the entry it is set all the same. */
static healthcode_exit_e
healthcode_parts_set(const healthcode_parts_t *parts,
    healthcode_connection_t *connection, redisReply **reply)
{
    redisReply  *note;

    *reply = healthcode_parts_flag(parts, connection);

    if (parts->by == NULL || *reply == NULL
        || (*reply)->type != REDIS_REPLY_INTEGER)
    {
        return HEALTHCODE_EXIT_OK;
    }

    note = healthcode_parts_note(parts, parts->until, connection);

    if (note == NULL || note->type == REDIS_REPLY_ERROR) {
        (void) healthcode_connection_failed(connection, note);
        freeReplyObject(note);
        return healthcode_output_failed("the flag is set, and there is no "
                                        "audit entry of it; run it again");
    }

    freeReplyObject(note);

    return HEALTHCODE_EXIT_OK;
}


/* The entry first: without it the flag stays set. */
static healthcode_exit_e
healthcode_parts_clear(const healthcode_parts_t *parts,
    healthcode_connection_t *connection, redisReply **reply)
{
    const char  *args[] = { "HGET", parts->keys->risk, parts->field };
    redisReply  *until, *note;

    until = healthcode_connection_ask(connection, parts->keys->risk, 3, args,
                                      NULL, HEALTHCODE_CONNECTION_READS);

    if (parts->by && until && until->type == REDIS_REPLY_STRING) {
        note = healthcode_parts_note(parts, until->str, connection);

        if (note == NULL || note->type == REDIS_REPLY_ERROR) {
            freeReplyObject(until);
            *reply = note;
            return HEALTHCODE_EXIT_OK;
        }

        freeReplyObject(note);
    }

    freeReplyObject(until);
    *reply = until ? healthcode_parts_flag(parts, connection) : NULL;

    return HEALTHCODE_EXIT_OK;
}


static redisReply *
healthcode_parts_flag(const healthcode_parts_t *parts,
    healthcode_connection_t *connection)
{
    healthcode_parts_t   alone = *parts;
    healthcode_script_t  script;

    alone.by = NULL;
    healthcode_parts_script(&alone, &script);

    return healthcode_script_call(&script, connection);
}


static redisReply *
healthcode_parts_note(const healthcode_parts_t *parts, const char *until,
    healthcode_connection_t *connection)
{
    healthcode_script_t  script;

    healthcode_script_init(&script, "audit-note", 1);
    healthcode_script_add_text(&script, parts->keys->audit);
    healthcode_script_add_text(&script, parts->until ? "set" : "clear");
    healthcode_script_add_text(&script, parts->field);
    healthcode_script_add_text(&script, until);
    healthcode_script_add_text(&script, parts->by);
    healthcode_script_add_text(&script, parts->reason);

    return healthcode_script_call(&script, connection);
}
