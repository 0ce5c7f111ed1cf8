/*
 * healthcode region: risk levels of regions.
 * Knows no holders.  docs/redis-keys.md, "healthcode:region".
 */

#include <stdlib.h>
#include <time.h>

#include "core/healthcode_region.h"
#include "core/healthcode_risk.h"
#include "healthcode_commands.h"
#include "healthcode_fields.h"
#include "healthcode_keys.h"
#include "healthcode_time.h"


static healthcode_exit_e healthcode_region_set(int argc, char **argv);
static healthcode_exit_e healthcode_region_write(healthcode_fields_t *o,
    const char *code, const char *level, int64_t seconds);
static healthcode_exit_e healthcode_region_clear(int argc, char **argv);
static healthcode_exit_e healthcode_region_list(int argc, char **argv);
static bool healthcode_region_is_code(const char *code);
static healthcode_exit_e healthcode_region_bad_code(const char *code);
static void healthcode_region_print(healthcode_str_t code,
    healthcode_str_t value, int64_t now);


static const healthcode_command_t  healthcode_region_commands[] = {
    { "set", healthcode_region_set, NULL },
    { "clear", healthcode_region_clear, NULL },
    { "list", healthcode_region_list, NULL },
};

static const char  *healthcode_region_names[] = { "CODE", "LEVEL" };


healthcode_exit_e
healthcode_region(int argc, char **argv)
{
    return healthcode_options_dispatch(healthcode_region_commands, 3, argc,
                                       argv);
}


static healthcode_exit_e
healthcode_region_set(int argc, char **argv)
{
    int64_t                     seconds;
    const char                 *code, *level;
    healthcode_fields_t         o = { .until = NULL };
    healthcode_arguments_t      arguments = {
        healthcode_region_names, 2, 2, { .n = 0 }
    };
    const healthcode_option_t   options[] = {
        HEALTHCODE_CONNECTION_ROWS(&o.connection, false),
        HEALTHCODE_CONNECTION_WAIT_ROW(&o.connection),
        { .name = "until", .hint = "TIME", .value = &o.until },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments)
        || !healthcode_time_until("--until", o.until, time(NULL), &seconds))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    code = arguments.list.items[0];
    level = arguments.list.items[1];

    if (!healthcode_region_is_code(code)) {
        return healthcode_region_bad_code(code);
    }

    if (!healthcode_risk_level_find(healthcode_str_from(level, strlen(level))))
    {
        return healthcode_output_usage("LEVEL: invalid level \"%s\"; write "
                                       "low, medium or high", level);
    }

    return healthcode_region_write(&o, code, level, seconds);
}


static healthcode_exit_e
healthcode_region_write(healthcode_fields_t *o, const char *code,
    const char *level, int64_t seconds)
{
    char                 until[24], text[HEALTHCODE_OUTPUT_TIME_MAX];
    healthcode_exit_e    rc;
    healthcode_script_t  script;

    snprintf(until, sizeof(until), "%lld", (long long) seconds);

    healthcode_script_init(&script, "region-set", 1);
    healthcode_script_add_text(&script, HEALTHCODE_KEYS_REGION);
    healthcode_script_add_text(&script, code);
    healthcode_script_add_text(&script, level);
    healthcode_script_add_text(&script, until);

    rc = healthcode_fields_write(o, &script, NULL);

    if (rc == HEALTHCODE_EXIT_OK) {
        printf("set %s %s %s\n", code, level,
               healthcode_output_until(text, seconds));
        rc = healthcode_fields_finish(o);
    }

    healthcode_connection_close(&o->redis);

    return rc;
}


static healthcode_exit_e
healthcode_region_clear(int argc, char **argv)
{
    bool                        was_set = false;
    const char                 *code;
    healthcode_exit_e           rc;
    healthcode_fields_t         o = { .until = NULL };
    healthcode_script_t         script;
    healthcode_arguments_t      arguments = {
        healthcode_region_names, 1, 1, { .n = 0 }
    };
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

    code = arguments.list.items[0];

    if (!healthcode_region_is_code(code)) {
        return healthcode_region_bad_code(code);
    }

    healthcode_script_init(&script, "region-clear", 1);
    healthcode_script_add_text(&script, HEALTHCODE_KEYS_REGION);
    healthcode_script_add_text(&script, code);

    rc = healthcode_fields_write(&o, &script, &was_set);

    if (rc == HEALTHCODE_EXIT_OK && !was_set) {
        rc = healthcode_output_no("%s has no level, so nothing was cleared; "
                                  "\"healthcode region list\" shows what there "
                                  "is", code);

    } else if (rc == HEALTHCODE_EXIT_OK) {
        printf("cleared %s\n", code);
        rc = healthcode_fields_finish(&o);
    }

    healthcode_connection_close(&o.redis);

    return rc;
}


static healthcode_exit_e
healthcode_region_list(int argc, char **argv)
{
    return healthcode_fields_list(argc, argv, HEALTHCODE_KEYS_REGION,
                                  healthcode_region_print);
}


static bool
healthcode_region_is_code(const char *code)
{
    return healthcode_region_parse(healthcode_str_from(code, strlen(code)))
           != 0;
}


static healthcode_exit_e
healthcode_region_bad_code(const char *code)
{
    return healthcode_output_usage("CODE: invalid division code \"%s\"; write "
                                   "2, 4 or 6 digits", code);
}


/* As gates read it: what they cannot read is high. */
static void
healthcode_region_print(healthcode_str_t code, healthcode_str_t value,
    int64_t now)
{
    unsigned     level = healthcode_risk_region_level(value, now);
    const char  *name = "over";

    switch (level) {
    case HEALTHCODE_RISK_LEVEL_LOW: name = "low"; break;
    case HEALTHCODE_RISK_LEVEL_MEDIUM: name = "medium"; break;
    case HEALTHCODE_RISK_LEVEL_HIGH: name = "high"; break;
    }

    healthcode_output_text(stdout, code);
    printf("  %-6s  ", name);
    healthcode_fields_print_last(value);
}
