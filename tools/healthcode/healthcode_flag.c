/*
 * healthcode flag: sets and clears a risk flag of one holder.
 * Knows no codes.  docs/redis-keys.md, "healthcode:risk".
 */

#include <pwd.h>
#include <time.h>
#include <unistd.h>

#include "core/healthcode_data.h"
#include "core/healthcode_risk.h"
#include "healthcode_commands.h"
#include "healthcode_flag.h"
#include "healthcode_parts.h"
#include "healthcode_proofs.h"
#include "healthcode_time.h"


typedef struct {
    healthcode_flag_options_t   options;
    const char                 *flag;
    int64_t                     until;
    healthcode_keys_holder_t    keys;
    healthcode_connection_t     connection;
} healthcode_flag_t;


static healthcode_exit_e healthcode_flag_set(int argc, char **argv);
static healthcode_exit_e healthcode_flag_clear(int argc, char **argv);
static healthcode_exit_e healthcode_flag_open(healthcode_flag_t *flag,
    const healthcode_list_t *arguments, bool clear);
static healthcode_exit_e healthcode_flag_run_set(healthcode_flag_t *flag);
static healthcode_exit_e healthcode_flag_run_clear(healthcode_flag_t *flag);
static bool healthcode_flag_is_national(healthcode_str_t name);
static bool healthcode_flag_is_text(const char *text);


static const healthcode_command_t  healthcode_flag_commands[] = {
    { "set", healthcode_flag_set, NULL },
    { "clear", healthcode_flag_clear, NULL },
    { "show", healthcode_show, NULL },
    { "import", healthcode_import, NULL },
};

static const char  *healthcode_flag_names[] = { "SUB", "FLAG" };


healthcode_exit_e
healthcode_flag(int argc, char **argv)
{
    return healthcode_options_dispatch(healthcode_flag_commands, 4, argc, argv);
}


static healthcode_exit_e
healthcode_flag_set(int argc, char **argv)
{
    healthcode_flag_t           flag = { .flag = NULL };
    healthcode_exit_e           rc;
    healthcode_arguments_t      arguments = {
        healthcode_flag_names, 2, 2, { .n = 0 }
    };
    healthcode_flag_options_t  *o = &flag.options;

    const healthcode_option_t  options[] = {
        HEALTHCODE_FLAG_ROWS(o),
        HEALTHCODE_FLAG_WRITE_ROWS(o),
        { .name = "until", .hint = "TIME", .value = &o->until },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments)
        || !healthcode_time_until("--until", o->until, time(NULL), &flag.until))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    rc = healthcode_flag_open(&flag, &arguments.list, false);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_flag_run_set(&flag);
    }

    healthcode_connection_close(&flag.connection);

    return rc;
}


static healthcode_exit_e
healthcode_flag_clear(int argc, char **argv)
{
    healthcode_flag_t           flag = { .flag = NULL };
    healthcode_exit_e           rc;
    healthcode_arguments_t      arguments = {
        healthcode_flag_names, 2, 2, { .n = 0 }
    };
    healthcode_flag_options_t  *o = &flag.options;

    const healthcode_option_t  options[] = {
        HEALTHCODE_FLAG_ROWS(o),
        HEALTHCODE_FLAG_WRITE_ROWS(o),
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    rc = healthcode_flag_open(&flag, &arguments.list, true);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_flag_run_clear(&flag);
    }

    healthcode_connection_close(&flag.connection);

    return rc;
}


static healthcode_exit_e
healthcode_flag_open(healthcode_flag_t *flag,
    const healthcode_list_t *arguments, bool clear)
{
    uint8_t                     holder[HEALTHCODE_HOLDER_LEN];
    const char                 *fault;
    healthcode_exit_e           rc;
    healthcode_flag_options_t  *o = &flag->options;

    flag->flag = arguments->items[1];

    fault = healthcode_flag_fault(healthcode_str_from(flag->flag,
                                                      strlen(flag->flag)),
                                  o->custom);

    /* what someone else wrote must be clearable, whatever its name */
    if (fault && !(clear && (o->custom
                             || healthcode_flag_is_revocation(flag->flag))))
    {
        return healthcode_output_usage("FLAG: \"%s\" %s", flag->flag, fault);
    }

    rc = healthcode_flag_check(o);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_connection_open_proven(&o->connection,
                                               &flag->connection);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_subject_take(&o->subject, flag->connection.pepper,
                                     arguments->items[0], holder);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        healthcode_keys_holder(holder, &flag->keys);
    }

    return rc;
}


static healthcode_exit_e
healthcode_flag_run_set(healthcode_flag_t *flag)
{
    bool               is_new;
    char               text[HEALTHCODE_OUTPUT_TIME_MAX];
    healthcode_exit_e  rc;

    rc = healthcode_flag_write(&flag->connection, &flag->options, &flag->keys,
                               flag->flag, &flag->until, &is_new);

    if (rc == HEALTHCODE_EXIT_OK) {
        printf("%s %s %s %s\n", is_new ? "set" : "set anew",
               flag->keys.holder, flag->flag,
               healthcode_output_until(text, flag->until));

        rc = healthcode_connection_wait(&flag->connection);
    }

    return rc;
}


static healthcode_exit_e
healthcode_flag_run_clear(healthcode_flag_t *flag)
{
    bool               was_set;
    healthcode_exit_e  rc;

    rc = healthcode_flag_write(&flag->connection, &flag->options, &flag->keys,
                               flag->flag, NULL, &was_set);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    if (!was_set) {
        return healthcode_output_no("%s has no flag %s, so nothing was "
                                    "cleared; \"healthcode flag show\" lists "
                                    "what there is", flag->keys.holder,
                                    flag->flag);
    }

    printf("cleared %s ", flag->keys.holder);
    healthcode_output_string(stdout, flag->flag);
    putchar('\n');

    return healthcode_connection_wait(&flag->connection);
}


healthcode_exit_e
healthcode_flag_write(healthcode_connection_t *connection,
    const healthcode_flag_options_t *options,
    const healthcode_keys_holder_t *keys, const char *field,
    const int64_t *until, bool *changed)
{
    char                 text[24];
    redisReply          *reply;
    healthcode_exit_e    rc;
    healthcode_parts_t   parts = {
        keys, field, NULL, options->by, options->reason
    };

    rc = healthcode_proofs_check(connection, keys->risk);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    if (until) {
        snprintf(text, sizeof(text), "%lld", (long long) *until);
        parts.until = text;
    }

    rc = healthcode_parts_write(&parts, connection, &reply);

    if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
        healthcode_connection_failed(connection, reply);
        freeReplyObject(reply);
        return HEALTHCODE_EXIT_FAILED;
    }

    *changed = reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
    freeReplyObject(reply);

    return rc;
}


bool
healthcode_flag_is_revocation(const char *name)
{
    return healthcode_revocation_kind(healthcode_str_from(name, strlen(name)))
           != HEALTHCODE_REVOCATION_IS_FLAG;
}


const char *
healthcode_flag_fault(healthcode_str_t name, bool custom)
{
    if (healthcode_flag_is_national(name)) {
        return NULL;
    }

    if (healthcode_revocation_kind(name) != HEALTHCODE_REVOCATION_IS_FLAG) {
        return "is not a flag but revokes codes; write healthcode control "
               "revoke-code, or healthcode control before --holder";
    }

    if (!custom) {
        return "is not of the national set (confirmed suspected contact "
               "cotravel entry quarantine revoked); add --custom for a flag "
               "of this site's own";
    }

    if (!healthcode_data_is_name(name)) {
        return "is not a flag name; write a lower-case letter, then "
               "lower-case letters, digits, - or _, 32 at most";
    }

    return NULL;
}


static bool
healthcode_flag_is_national(healthcode_str_t name)
{
    static const char  *const national[] = { HEALTHCODE_RISK_NATIONAL };

    for (size_t i = 0; i < sizeof(national) / sizeof(national[0]); i++) {
        if (strlen(national[i]) == name.len
            && memcmp(national[i], name.data, name.len) == 0)
        {
            return true;
        }
    }

    return false;
}


healthcode_exit_e
healthcode_flag_check(healthcode_flag_options_t *options)
{
    struct passwd  *user;

    if (options->by == NULL) {
        user = getpwuid(getuid());
        options->by = user ? user->pw_name : "unknown";
    }

    if (options->reason == NULL) {
        options->reason = "";
    }

    if (!healthcode_flag_is_text(options->by)) {
        return healthcode_output_usage("--by: write at most %d bytes without "
                                       "control characters",
                                       HEALTHCODE_FLAG_TEXT_MAX);
    }

    if (!healthcode_flag_is_text(options->reason)) {
        return healthcode_output_usage("--reason: write at most %d bytes "
                                       "without control characters",
                                       HEALTHCODE_FLAG_TEXT_MAX);
    }

    return healthcode_subject_check(&options->subject,
                                    options->connection.pepper_file);
}


static bool
healthcode_flag_is_text(const char *text)
{
    size_t  len = strlen(text);

    for (size_t i = 0; i < len; i++) {
        if ((uint8_t) text[i] < 0x20 || text[i] == 0x7f) {
            return false;
        }
    }

    return len <= HEALTHCODE_FLAG_TEXT_MAX;
}
