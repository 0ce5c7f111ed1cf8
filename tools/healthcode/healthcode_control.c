/*
 * healthcode control: issuers suspended, keys revoked, older codes refused.
 * Leaves single holders to healthcode_revoke.c.
 * docs/redis-keys.md, "healthcode:control".
 */

#include <stdlib.h>
#include <time.h>

#include "core/healthcode_claims.h"
#include "core/healthcode_keyring.h"
#include "core/healthcode_risk.h"
#include "healthcode_commands.h"
#include "healthcode_fields.h"
#include "healthcode_keys.h"
#include "healthcode_revoke.h"
#include "healthcode_time.h"


#define HEALTHCODE_CONTROL_VALUE_MAX  24

/* Room for "issuer:" and the like. */
#define HEALTHCODE_CONTROL_FIELD_MAX  (HEALTHCODE_TOKEN_MAX + 16)


static healthcode_exit_e healthcode_control_suspend(int argc, char **argv);
static healthcode_exit_e healthcode_control_resume(int argc, char **argv);
static healthcode_exit_e healthcode_control_revoke(int argc, char **argv);
static healthcode_exit_e healthcode_control_restore(int argc, char **argv);
static healthcode_exit_e healthcode_control_before(int argc, char **argv);
static healthcode_exit_e healthcode_control_before_holder(
    healthcode_flag_options_t *options, const char *holder, const char *text);
static healthcode_exit_e healthcode_control_before_issuer(
    const healthcode_flag_options_t *options, const char *iss,
    const char *text, bool is_new);
static healthcode_exit_e healthcode_control_time(const char *text,
    int64_t *before);
static healthcode_exit_e healthcode_control_add(int argc, char **argv);
static healthcode_exit_e healthcode_control_drop(int argc, char **argv);
static healthcode_exit_e healthcode_control_list(int argc, char **argv);
static healthcode_exit_e healthcode_control_set_until(int argc, char **argv,
    const char *kind, const char *argument);
static healthcode_exit_e healthcode_control_undo(int argc, char **argv,
    const char *kind, const char *argument);
static healthcode_exit_e healthcode_control_field(const char *kind,
    const char *argument, const char *name, char *field);
static healthcode_exit_e healthcode_control_seen(const char *argument,
    const char *name, bool exact);
static healthcode_exit_e healthcode_control_set(healthcode_fields_t *o,
    const char *field, int64_t value);
static healthcode_exit_e healthcode_control_clear(healthcode_fields_t *o,
    const char *field);
static void healthcode_control_print(healthcode_str_t field,
    healthcode_str_t value, int64_t now);


static const healthcode_command_t  healthcode_control_commands[] = {
    { "suspend", healthcode_control_suspend, NULL },
    { "resume", healthcode_control_resume, NULL },
    { "revoke-key", healthcode_control_revoke, NULL },
    { "restore-key", healthcode_control_restore, NULL },
    { "revoke-code", healthcode_revoke_code, NULL },
    { "restore-code", healthcode_revoke_restore, NULL },
    { "before", healthcode_control_before, NULL },
    { "add-issuer", healthcode_control_add, NULL },
    { "drop-issuer", healthcode_control_drop, NULL },
    { "list", healthcode_control_list, NULL },
};


healthcode_exit_e
healthcode_control(int argc, char **argv)
{
    return healthcode_options_dispatch(healthcode_control_commands, 10, argc,
                                       argv);
}


static healthcode_exit_e
healthcode_control_suspend(int argc, char **argv)
{
    return healthcode_control_set_until(argc, argv, "issuer", "ISS");
}


static healthcode_exit_e
healthcode_control_resume(int argc, char **argv)
{
    return healthcode_control_undo(argc, argv, "issuer", "ISS");
}


static healthcode_exit_e
healthcode_control_revoke(int argc, char **argv)
{
    return healthcode_control_set_until(argc, argv, "key", "THUMBPRINT");
}


static healthcode_exit_e
healthcode_control_restore(int argc, char **argv)
{
    return healthcode_control_undo(argc, argv, "key", "THUMBPRINT");
}


/* The store knows the issuer from now on; nothing of it is refused. */
static healthcode_exit_e
healthcode_control_add(int argc, char **argv)
{
    bool                        exact = false;
    char                        field[HEALTHCODE_CONTROL_FIELD_MAX];
    const char                 *names[] = { "ISS" };
    healthcode_exit_e           rc;
    healthcode_fields_t         o = { .until = NULL };
    healthcode_arguments_t      arguments = { names, 1, 1, { .n = 0 } };
    const healthcode_option_t   options[] = {
        HEALTHCODE_CONNECTION_ROWS(&o.connection, false),
        HEALTHCODE_CONNECTION_WAIT_ROW(&o.connection),
        { .name = "exact", .is_set = &exact },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    rc = healthcode_control_field("known", "ISS", arguments.list.items[0],
                                  field);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_control_seen("ISS", arguments.list.items[0], exact);
    }

    return (rc == HEALTHCODE_EXIT_OK)
           ? healthcode_control_set(&o, field, time(NULL)) : rc;
}


static healthcode_exit_e
healthcode_control_drop(int argc, char **argv)
{
    return healthcode_control_undo(argc, argv, "known", "ISS");
}


static healthcode_exit_e
healthcode_control_list(int argc, char **argv)
{
    return healthcode_fields_list(argc, argv, HEALTHCODE_KEYS_CONTROL,
                                  healthcode_control_print);
}


static healthcode_exit_e
healthcode_control_set_until(int argc, char **argv, const char *kind,
    const char *argument)
{
    bool                        exact = false, is_new = false;
    char                        field[HEALTHCODE_CONTROL_FIELD_MAX];
    int64_t                     until;
    healthcode_exit_e           rc;
    healthcode_fields_t         o = { .until = NULL };
    healthcode_arguments_t      arguments = { &argument, 1, 1, { .n = 0 } };
    const healthcode_option_t   options[] = {
        HEALTHCODE_CONNECTION_ROWS(&o.connection, false),
        HEALTHCODE_CONNECTION_WAIT_ROW(&o.connection),
        { .name = "until", .hint = "TIME", .value = &o.until },
        { .name = "exact", .is_set = &exact },
        { .name = "new", .is_set = &is_new },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0])
                                  - (strcmp(kind, "key") == 0), &arguments)
        || !healthcode_time_until("--until", o.until, time(NULL), &until))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    rc = healthcode_control_field(kind, argument, arguments.list.items[0],
                                  field);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_control_seen(argument, arguments.list.items[0], exact);
    }

    if (strcmp(kind, "issuer") == 0 && !is_new) {
        o.iss = arguments.list.items[0];
    }

    return (rc == HEALTHCODE_EXIT_OK)
           ? healthcode_control_set(&o, field, until) : rc;
}


static healthcode_exit_e
healthcode_control_undo(int argc, char **argv, const char *kind,
    const char *argument)
{
    char                        field[HEALTHCODE_CONTROL_FIELD_MAX];
    healthcode_exit_e           rc;
    healthcode_fields_t         o = { .until = NULL };
    healthcode_arguments_t      arguments = { &argument, 1, 1, { .n = 0 } };
    const healthcode_option_t   options[] = {
        HEALTHCODE_CONNECTION_ROWS(&o.connection, false),
        HEALTHCODE_CONNECTION_WAIT_ROW(&o.connection),
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    rc = healthcode_control_field(kind, argument, arguments.list.items[0],
                                  field);

    return (rc == HEALTHCODE_EXIT_OK)
           ? healthcode_control_clear(&o, field) : rc;
}


/* Of an issuer, or of one holder. */
static healthcode_exit_e
healthcode_control_before(int argc, char **argv)
{
    bool                        is_new = false;
    const char                 *holder = NULL, *names[] = { "ISS", "TIME" };
    healthcode_arguments_t      arguments = { names, 1, 2, { .n = 0 } };
    healthcode_flag_options_t   o = { .custom = false };
    const healthcode_option_t   options[] = {
        HEALTHCODE_FLAG_ROWS(&o),
        HEALTHCODE_CONNECTION_WAIT_ROW(&o.connection),
        { .name = "holder", .hint = "SUB", .value = &holder },
        { .name = "by", .hint = "WHO", .value = &o.by },
        { .name = "reason", .hint = "TEXT", .value = &o.reason },
        { .name = "new", .is_set = &is_new },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    if (holder && arguments.list.n == 2) {
        return healthcode_output_usage("\"%s\": --holder has no ISS; write "
                                       "TIME alone", arguments.list.items[0]);
    }

    if (holder) {
        return healthcode_control_before_holder(&o, holder,
                                                arguments.list.items[0]);
    }

    if (arguments.list.n == 1) {
        return healthcode_output_usage("TIME is missing; write ISS TIME, or "
                                       "--holder SUB TIME");
    }

    if (o.subject.space || o.subject.hashed || o.by || o.reason) {
        return healthcode_output_usage("--space, --hashed, --by and --reason "
                                       "are of --holder; leave them out");
    }

    return healthcode_control_before_issuer(&o, arguments.list.items[0],
                                            arguments.list.items[1], is_new);
}


static healthcode_exit_e
healthcode_control_before_holder(healthcode_flag_options_t *options,
    const char *holder, const char *text)
{
    int64_t            before;
    healthcode_exit_e  rc;

    if (strcmp(text, "none") == 0) {
        return healthcode_revoke_before(options, holder, NULL);
    }

    rc = healthcode_control_time(text, &before);

    return (rc == HEALTHCODE_EXIT_OK)
           ? healthcode_revoke_before(options, holder, &before) : rc;
}


static healthcode_exit_e
healthcode_control_before_issuer(const healthcode_flag_options_t *options,
    const char *iss, const char *text, bool is_new)
{
    char                  field[HEALTHCODE_CONTROL_FIELD_MAX];
    int64_t               before;
    healthcode_exit_e     rc;
    healthcode_fields_t   o = { .connection = options->connection };

    rc = healthcode_control_field("before", "ISS", iss, field);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    if (strcmp(text, "none") == 0) {
        return healthcode_control_clear(&o, field);
    }

    o.iss = is_new ? NULL : iss;
    rc = healthcode_control_seen("ISS", iss, options->subject.exact);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_control_time(text, &before);
    }

    return (rc == HEALTHCODE_EXIT_OK)
           ? healthcode_control_set(&o, field, before) : rc;
}


/* The TIME before which codes are refused. */
static healthcode_exit_e
healthcode_control_time(const char *text, int64_t *before)
{
    int64_t  now = time(NULL);

    if (!healthcode_time_option("TIME", text, now, before)) {
        return HEALTHCODE_EXIT_USAGE;
    }

    if (*before > now) {
        return healthcode_output_usage("TIME: \"%s\" lies in the future; to "
                                       "refuse all codes for a while write "
                                       "healthcode control suspend --until",
                                       text);
    }

    return *before ? HEALTHCODE_EXIT_OK
                   : healthcode_output_usage("TIME: \"%s\" refuses no code; "
                                             "write none to undo", text);
}


static healthcode_exit_e
healthcode_control_field(const char *kind, const char *argument,
    const char *name, char *field)
{
    size_t  len = strlen(name);

    if (strcmp(kind, "key") == 0) {

        if (len != HEALTHCODE_THUMBPRINT_LEN
            || strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "abcdefghijklmnopqrstuvwxyz0123456789-_") != len)
        {
            return healthcode_output_usage("%s: invalid thumbprint \"%s\"; "
                                    "write the %d characters that healthcode "
                                    "keygen and inspect print", argument, name,
                                    HEALTHCODE_THUMBPRINT_LEN);
        }

    } else if (len == 0 || len > HEALTHCODE_TOKEN_MAX) {
        return healthcode_output_usage("%s: write the issuer's \"iss\", byte "
                                       "for byte", argument);
    }

    snprintf(field, HEALTHCODE_CONTROL_FIELD_MAX, "%s:%s", kind, name);

    return HEALTHCODE_EXIT_OK;
}


/* As a subject: what codes do not have is not suspended by what looks so. */
static healthcode_exit_e
healthcode_control_seen(const char *argument, const char *name, bool exact)
{
    const char  *fault;

    fault = healthcode_subject_fault(healthcode_str_from(name, strlen(name)),
                                     exact);

    return fault ? healthcode_output_usage("%s: it %s", argument, fault)
                 : HEALTHCODE_EXIT_OK;
}


static healthcode_exit_e
healthcode_control_set(healthcode_fields_t *o, const char *field,
    int64_t value)
{
    char                 text[HEALTHCODE_CONTROL_VALUE_MAX];
    healthcode_exit_e    rc;
    healthcode_script_t  script;

    snprintf(text, sizeof(text), "%lld", (long long) value);

    healthcode_script_init(&script, "control-set", 1);
    healthcode_script_add_text(&script, HEALTHCODE_KEYS_CONTROL);
    healthcode_script_add_text(&script, field);
    healthcode_script_add_text(&script, text);

    rc = healthcode_fields_write(o, &script, NULL);

    if (rc == HEALTHCODE_EXIT_OK) {
        fputs("set ", stdout);
        healthcode_control_print(healthcode_str_from(field, strlen(field)),
                                 healthcode_str_from(text, strlen(text)),
                                 time(NULL));
        rc = healthcode_fields_finish(o);
    }

    healthcode_connection_close(&o->redis);

    return rc;
}


static healthcode_exit_e
healthcode_control_clear(healthcode_fields_t *o, const char *field)
{
    bool                 was_set = false;
    healthcode_exit_e    rc;
    healthcode_script_t  script;

    healthcode_script_init(&script, "control-clear", 1);
    healthcode_script_add_text(&script, HEALTHCODE_KEYS_CONTROL);
    healthcode_script_add_text(&script, field);

    rc = healthcode_fields_write(o, &script, &was_set);

    if (rc == HEALTHCODE_EXIT_OK && !was_set) {
        rc = healthcode_output_no("%s is not set, so nothing was undone; "
                                  "\"healthcode control list\" shows what "
                                  "there is", field);

    } else if (rc == HEALTHCODE_EXIT_OK) {
        fputs("cleared ", stdout);
        healthcode_output_string(stdout, field);
        putchar('\n');
        rc = healthcode_fields_finish(o);
    }

    healthcode_connection_close(&o->redis);

    return rc;
}


static void
healthcode_control_print(healthcode_str_t field, healthcode_str_t value,
    int64_t now)
{
    char   text[HEALTHCODE_OUTPUT_TIME_MAX];
    bool   before = field.len > 7 && memcmp(field.data, "before:", 7) == 0;

    healthcode_output_text(stdout, field);

    if (field.len > 6 && memcmp(field.data, "known:", 6) == 0) {
        puts("  an issuer of this store");
        return;
    }

    if (before && value.len && value.len <= 12
        && strspn((const char *) value.data, "0123456789") == value.len)
    {
        printf("  codes issued before %s are refused\n",
               healthcode_output_time(text, atoll((const char *) value.data)));
        return;
    }

    fputs(!before && !healthcode_risk_is_active(value, now) ? "  over  "
                                                            : "  active  ",
          stdout);
    healthcode_fields_print_last(value);
}
