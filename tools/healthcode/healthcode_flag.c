/*
 * healthcode flag: sets and clears a risk flag of one holder.
 * Knows no codes.  docs/redis-keys.md, "healthcode:risk".
 */

#include <pwd.h>
#include <time.h>
#include <unistd.h>

#include "core/healthcode_risk.h"
#include "healthcode_commands.h"
#include "healthcode_flag.h"
#include "healthcode_time.h"


typedef struct {
    healthcode_flag_options_t   options;
    const char                 *flag;
    int64_t                     until;
    char                        holder[HEALTHCODE_HOLDER_HEX + 1];
    healthcode_flag_keys_t      keys;
    healthcode_connection_t     connection;
} healthcode_flag_t;


static healthcode_exit_e healthcode_flag_set(int argc, char **argv);
static healthcode_exit_e healthcode_flag_clear(int argc, char **argv);
static healthcode_exit_e healthcode_flag_open(healthcode_flag_t *flag,
    const healthcode_list_t *arguments, bool clear);
static healthcode_exit_e healthcode_flag_run_set(healthcode_flag_t *flag);
static healthcode_exit_e healthcode_flag_run_clear(healthcode_flag_t *flag);
static healthcode_exit_e healthcode_flag_run(healthcode_flag_t *flag,
    healthcode_script_t *script, bool *changed);
static bool healthcode_flag_is_national(healthcode_str_t name);
static bool healthcode_flag_is_name(healthcode_str_t name);
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
    const char                 *fault;
    healthcode_exit_e           rc;
    healthcode_flag_options_t  *o = &flag->options;

    flag->flag = arguments->items[1];

    fault = healthcode_flag_fault(healthcode_str_from(flag->flag,
                                                      strlen(flag->flag)),
                                  o->custom);

    /* what someone else wrote must be clearable, whatever its name */
    if (fault && !(clear && o->custom)) {
        return healthcode_output_usage("FLAG: \"%s\" %s", flag->flag, fault);
    }

    rc = healthcode_flag_check(o);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_connection_open_proven(&o->connection,
                                               &flag->connection);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_subject_take(&o->subject, flag->connection.pepper,
                                     arguments->items[0], flag->holder);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        healthcode_flag_keys(flag->holder, &flag->keys);
    }

    return rc;
}


static healthcode_exit_e
healthcode_flag_run_set(healthcode_flag_t *flag)
{
    bool                 is_new;
    char                 until[24], text[HEALTHCODE_OUTPUT_TIME_MAX];
    healthcode_exit_e    rc;
    healthcode_script_t  script;

    snprintf(until, sizeof(until), "%lld", (long long) flag->until);

    healthcode_script_init(&script, "flag-set", 2);
    healthcode_script_add_text(&script, flag->keys.risk);
    healthcode_script_add_text(&script, flag->keys.audit);
    healthcode_script_add_text(&script, flag->flag);
    healthcode_script_add_text(&script, until);

    rc = healthcode_flag_run(flag, &script, &is_new);

    if (rc == HEALTHCODE_EXIT_OK) {
        printf("%s %s %s %s\n", is_new ? "set" : "set anew", flag->holder,
               flag->flag, healthcode_output_until(text, flag->until));

        rc = healthcode_connection_wait(&flag->connection);
    }

    return rc;
}


static healthcode_exit_e
healthcode_flag_run_clear(healthcode_flag_t *flag)
{
    bool                 was_set;
    healthcode_exit_e    rc;
    healthcode_script_t  script;

    healthcode_script_init(&script, "flag-clear", 2);
    healthcode_script_add_text(&script, flag->keys.risk);
    healthcode_script_add_text(&script, flag->keys.audit);
    healthcode_script_add_text(&script, flag->flag);

    rc = healthcode_flag_run(flag, &script, &was_set);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    if (!was_set) {
        return healthcode_output_no("%s has no flag %s, so nothing was "
                                    "cleared; \"healthcode flag show\" lists "
                                    "what there is", flag->holder, flag->flag);
    }

    printf("cleared %s ", flag->holder);
    healthcode_output_string(stdout, flag->flag);
    putchar('\n');

    return healthcode_connection_wait(&flag->connection);
}


/* Adds who and why, and runs; *changed is the script's answer. */
static healthcode_exit_e
healthcode_flag_run(healthcode_flag_t *flag, healthcode_script_t *script,
    bool *changed)
{
    redisReply  *reply;

    healthcode_script_add_text(script, flag->options.by);
    healthcode_script_add_text(script, flag->options.reason);

    reply = healthcode_script_run(script, &flag->connection);
    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    *changed = reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
    freeReplyObject(reply);

    return HEALTHCODE_EXIT_OK;
}


const char *
healthcode_flag_fault(healthcode_str_t name, bool custom)
{
    if (healthcode_flag_is_national(name)) {
        return NULL;
    }

    if (!custom) {
        return "is not of the national set (confirmed suspected contact "
               "cotravel entry quarantine revoked); add --custom for a flag "
               "of this site's own";
    }

    if (!healthcode_flag_is_name(name)) {
        return "is no name of a flag; write a lower-case letter, then "
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


/* The same rule stands in redis-scripts/flag-set.lua. */
static bool
healthcode_flag_is_name(healthcode_str_t name)
{
    uint8_t  c;

    if (name.len == 0 || name.len > HEALTHCODE_FLAG_NAME_MAX
        || name.data[0] < 'a' || name.data[0] > 'z')
    {
        return false;
    }

    for (size_t i = 0; i < name.len; i++) {
        c = name.data[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-'
            && c != '_')
        {
            return false;
        }
    }

    return true;
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


void
healthcode_flag_keys(const char *holder, healthcode_flag_keys_t *keys)
{
    snprintf(keys->risk, sizeof(keys->risk), "healthcode:risk:{%.*s}",
             HEALTHCODE_HOLDER_HEX, holder);
    snprintf(keys->audit, sizeof(keys->audit), "healthcode:audit:{%.*s}",
             HEALTHCODE_HOLDER_HEX, holder);
}
