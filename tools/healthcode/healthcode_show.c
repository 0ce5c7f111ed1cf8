/*
 * healthcode flag show: the flags of one holder, and their history.
 * Changes nothing.  docs/redis-keys.md, "healthcode:audit".
 */

#include <stdlib.h>
#include <time.h>

#include "core/healthcode_risk.h"
#include "healthcode_commands.h"
#include "healthcode_flag.h"
#include "healthcode_former.h"
#include "healthcode_proofs.h"


#define HEALTHCODE_SHOW_AUDIT_MAX  "100"     /* entries, the latest */


static healthcode_exit_e healthcode_show_run(
    healthcode_flag_options_t *options, const healthcode_list_t *arguments,
    bool audit, healthcode_connection_t *connection);
static size_t healthcode_show_flags(const redisReply *reply,
    const char *only);
static bool healthcode_show_revocation(healthcode_str_t name,
    healthcode_str_t value, int64_t now);
static void healthcode_show_until(healthcode_str_t until, bool active);
static healthcode_exit_e healthcode_show_audit(
    healthcode_connection_t *connection, const char *key);
static void healthcode_show_entry(const redisReply *entry);


healthcode_exit_e
healthcode_show(int argc, char **argv)
{
    bool                        audit = false;
    healthcode_exit_e           rc;
    const char                 *names[] = { "SUB", "FLAG" };
    healthcode_arguments_t      arguments = { names, 1, 2, { .n = 0 } };
    healthcode_connection_t     connection;
    healthcode_flag_options_t   o = { .custom = false };

    const healthcode_option_t  options[] = {
        HEALTHCODE_FLAG_ROWS(&o),
        { .name = "audit", .is_set = &audit },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    rc = healthcode_subject_check(&o.subject, o.connection.pepper_file);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_connection_open_proven(&o.connection, &connection);

        if (rc == HEALTHCODE_EXIT_OK) {
            rc = healthcode_show_run(&o, &arguments.list, audit, &connection);
        }

        healthcode_connection_close(&connection);
    }

    return rc;
}


static healthcode_exit_e
healthcode_show_run(healthcode_flag_options_t *options,
    const healthcode_list_t *arguments, bool audit,
    healthcode_connection_t *connection)
{
    size_t                     active;
    uint8_t                    holder[HEALTHCODE_HOLDER_LEN];
    redisReply                *reply;
    healthcode_exit_e          rc;
    healthcode_keys_holder_t   keys;

    rc = healthcode_subject_take(&options->subject, connection->pepper,
                                 arguments->items[0], holder);
    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    healthcode_keys_holder(holder, &keys);
    rc = healthcode_proofs_check(connection, keys.risk);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    reply = healthcode_connection_hash(connection, keys.risk);
    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    printf("holder %s\n", keys.holder);
    active = healthcode_show_flags(reply, (arguments->n > 1)
                                          ? arguments->items[1] : NULL);
    freeReplyObject(reply);

    if (active == 0) {
        puts("no active flag");
    }

    if (audit) {
        rc = healthcode_show_audit(connection, keys.audit);
    }

    if (rc == HEALTHCODE_EXIT_OK && active == 0) {
        rc = HEALTHCODE_EXIT_NO;
    }

    return rc;
}


/*
 * Prints each flag and revocation, or only the one asked for; returns how many
 * of the flags are active, or whether the one is.
 */
static size_t
healthcode_show_flags(const redisReply *reply, const char *only)
{
    bool              active;
    size_t            n = 0;
    int64_t           now = time(NULL);
    healthcode_str_t  name, until;

    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        name = healthcode_str_from(reply->element[i]->str,
                                   reply->element[i]->len);
        until = healthcode_str_from(reply->element[i + 1]->str,
                                    reply->element[i + 1]->len);

        if (only && !healthcode_str_equal(name, healthcode_str_from(only,
                                                          strlen(only))))
        {
            continue;
        }

        if (healthcode_revocation_kind(name) != HEALTHCODE_REVOCATION_IS_FLAG) {
            n += healthcode_show_revocation(name, until, now) && only;
            continue;
        }

        active = healthcode_risk_is_active(until, now);
        n += active;

        printf("%-6s  ", active ? "active" : "over");
        healthcode_output_text(stdout, name);
        healthcode_show_until(until, active);
    }

    return n;
}


/* Returns whether it is in force. */
static bool
healthcode_show_revocation(healthcode_str_t name, healthcode_str_t value,
    int64_t now)
{
    bool     active = healthcode_risk_is_active(value, now);
    char     text[HEALTHCODE_OUTPUT_TIME_MAX];
    uint8_t  digest[HEALTHCODE_HOLDER_LEN];
    int64_t  before = healthcode_risk_holder_before(value);

    if (healthcode_revocation_kind(name) == HEALTHCODE_REVOCATION_IS_BEFORE) {
        fputs("before  ", stdout);

        if (before == INT64_MAX) {
            fputs("\"", stdout);
            healthcode_output_text(stdout, value);
            puts("\", which is not a time: all codes of the holder are "
                 "refused");
        } else {
            printf("codes issued before %s are refused\n",
                   healthcode_output_time(text, before));
        }

        return true;
    }

    fputs(active ? "revoked " : "over    ", stdout);
    healthcode_output_text(stdout, name);

    if (!healthcode_revocation_parse(name, digest)) {
        fputs(", which is not a digest: all codes of the holder are refused",
              stdout);
    }

    healthcode_show_until(value, active);

    return active;
}


/* What a gate cannot read counts as active for it, and is shown as it is. */
static void
healthcode_show_until(healthcode_str_t until, bool active)
{
    char     text[HEALTHCODE_OUTPUT_TIME_MAX];
    size_t   digits = 0;

    while (digits < until.len && until.data[digits] >= '0'
           && until.data[digits] <= '9')
    {
        digits++;
    }

    if (until.len == 0 || digits != until.len || digits > 12) {
        fputs("  until \"", stdout);
        healthcode_output_text(stdout, until);
        puts("\", which cannot be read: gates take it as set");
        return;
    }

    printf("  %s%s\n",
           healthcode_output_until(text, atoll((const char *) until.data)),
           active ? "" : ", which is over");
}


static healthcode_exit_e
healthcode_show_audit(healthcode_connection_t *connection, const char *key)
{
    char         name[HEALTHCODE_KEYS_MAX];
    redisReply  *reply;
    const char  *args[] = {
        "XREVRANGE", healthcode_former_read(connection, key, name), "+", "-",
        "COUNT", HEALTHCODE_SHOW_AUDIT_MAX
    };

    reply = healthcode_connection_key(connection, 6, args);
    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    printf("history, latest first: %zu entries\n", reply->elements);

    for (size_t i = 0; i < reply->elements; i++) {
        healthcode_show_entry(reply->element[i]);
    }

    freeReplyObject(reply);

    return HEALTHCODE_EXIT_OK;
}


/* An entry is its id, whose first part is milliseconds, and its fields. */
static void
healthcode_show_entry(const redisReply *entry)
{
    char               text[HEALTHCODE_OUTPUT_TIME_MAX];
    const redisReply  *fields;

    if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2
        || entry->element[0]->type != REDIS_REPLY_STRING)
    {
        return;
    }

    fields = entry->element[1];

    if (!healthcode_connection_is_pairs(fields)) {
        return;
    }

    fputs(healthcode_output_time(text, atoll(entry->element[0]->str) / 1000),
          stdout);

    for (size_t i = 0; i < fields->elements; i++) {
        putchar(i % 2 ? '=' : ' ');
        healthcode_output_text(stdout,
                               healthcode_str_from(fields->element[i]->str,
                                                   fields->element[i]->len));
    }

    putchar('\n');
}
