/*
 * The verbs of "healthcode store" about who feeds it, and when: says that the
 * flags of a source are up to date, takes a source out, lists them.
 * Knows no flags.  docs/redis-keys.md, "healthcode:data".
 */

#include <stdlib.h>
#include <time.h>

#include "core/healthcode_data.h"
#include "healthcode_fields.h"
#include "healthcode_keys.h"
#include "healthcode_sources.h"
#include "healthcode_time.h"


static healthcode_exit_e healthcode_sources_write(healthcode_fields_t *o,
    const char *source, const char *at, bool force);
static healthcode_exit_e healthcode_sources_say(const char *source,
    const redisReply *reply);
static bool healthcode_sources_name(const char *source);
static void healthcode_sources_print(healthcode_str_t source,
    healthcode_str_t value, int64_t now);


healthcode_exit_e
healthcode_sources_touch(int argc, char **argv)
{
    char                        seconds[24] = "now";
    bool                        force = false;
    int64_t                     time_at;
    const char                 *source = NULL, *at = NULL;
    healthcode_exit_e           rc;
    healthcode_fields_t         o = { .until = NULL };
    healthcode_arguments_t      arguments = { .n = 0 };
    const healthcode_option_t   options[] = {
        HEALTHCODE_CONNECTION_ROWS(&o.connection, false),
        HEALTHCODE_CONNECTION_WAIT_ROW(&o.connection),
        { .name = "source", .hint = "NAME", .value = &source,
          .required = true },
        { .name = "at", .hint = "TIME", .value = &at },
        { .name = "force", .is_set = &force },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments)
        || !healthcode_sources_name(source)
        || (at && !healthcode_time_option("--at", at, time(NULL), &time_at)))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    if (force && at == NULL) {
        return healthcode_output_usage("--force is for an earlier time; add "
                                       "--at TIME");
    }

    if (at) {
        snprintf(seconds, sizeof(seconds), "%lld", (long long) time_at);
    }

    rc = healthcode_connection_open_proven(&o.connection, &o.redis);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_sources_write(&o, source, seconds, force);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_fields_finish(&o);
    }

    healthcode_connection_close(&o.redis);

    return rc;
}


static healthcode_exit_e
healthcode_sources_write(healthcode_fields_t *o, const char *source,
    const char *at, bool force)
{
    redisReply           *reply;
    healthcode_exit_e     rc;
    healthcode_script_t   script;

    healthcode_script_init(&script, "data-set", 1);
    healthcode_script_add_text(&script, HEALTHCODE_KEYS_DATA);
    healthcode_script_add_text(&script, source);
    healthcode_script_add_text(&script, at);
    healthcode_script_add_text(&script, force ? "force" : "later");

    reply = healthcode_script_run(&script, &o->redis);

    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    rc = healthcode_sources_say(source, reply);
    freeReplyObject(reply);

    return rc;
}


static healthcode_exit_e
healthcode_sources_say(const char *source, const redisReply *reply)
{
    char  text[HEALTHCODE_OUTPUT_TIME_MAX];

    if (reply->elements != 2 || !healthcode_connection_is_pairs(reply)) {
        return healthcode_output_failed("the store gave an answer of another "
                                        "shape");
    }

    healthcode_output_time(text, atoll(reply->element[1]->str));

    if (strcmp(reply->element[0]->str, "kept") == 0) {
        return healthcode_output_no("%s was touched at %s, which is later, so "
                                    "nothing was changed; add --force if that "
                                    "was wrong", source, text);
    }

    printf("touched %s %s\n", source, text);

    return HEALTHCODE_EXIT_OK;
}


/* What someone else wrote must go, whatever its name. */
healthcode_exit_e
healthcode_sources_untouch(int argc, char **argv)
{
    bool                        was_set = false;
    const char                 *source = NULL;
    healthcode_exit_e           rc;
    healthcode_fields_t         o = { .until = NULL };
    healthcode_script_t         script;
    healthcode_arguments_t      arguments = { .n = 0 };
    const healthcode_option_t   options[] = {
        HEALTHCODE_CONNECTION_ROWS(&o.connection, false),
        HEALTHCODE_CONNECTION_WAIT_ROW(&o.connection),
        { .name = "source", .hint = "NAME", .value = &source,
          .required = true },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    healthcode_script_init(&script, "data-clear", 1);
    healthcode_script_add_text(&script, HEALTHCODE_KEYS_DATA);
    healthcode_script_add_text(&script, source);

    rc = healthcode_fields_write(&o, &script, &was_set);

    if (rc == HEALTHCODE_EXIT_OK && !was_set) {
        rc = healthcode_output_no("there is no source %s, so nothing was "
                                  "changed; \"healthcode store sources\" shows "
                                  "what there is", source);

    } else if (rc == HEALTHCODE_EXIT_OK) {
        fputs("untouched ", stdout);
        healthcode_output_string(stdout, source);
        putchar('\n');
        rc = healthcode_fields_finish(&o);
    }

    healthcode_connection_close(&o.redis);

    return rc;
}


healthcode_exit_e
healthcode_sources_list(int argc, char **argv)
{
    return healthcode_fields_list(argc, argv, HEALTHCODE_KEYS_DATA,
                                  healthcode_sources_print);
}


static bool
healthcode_sources_name(const char *source)
{
    if (healthcode_data_is_name(healthcode_str_from(source, strlen(source)))) {
        return true;
    }

    healthcode_output_usage("--source: invalid name \"%s\"; write a lower-case "
                            "letter, then lower-case letters, digits, - or _, "
                            "32 at most", source);

    return false;
}


/* As gates read it. */
static void
healthcode_sources_print(healthcode_str_t source, healthcode_str_t value,
    int64_t now)
{
    char               text[HEALTHCODE_OUTPUT_TIME_MAX];
    int64_t            age = 0;
    healthcode_data_t  data;

    healthcode_data_begin(&data);
    healthcode_data_add(&data, source, value);

    healthcode_output_text(stdout, source);

    if (healthcode_data_age(&data, now, &age) != HEALTHCODE_DATA_AT) {
        fputs("  cannot be read, so gates take it for never: \"", stdout);
        healthcode_output_text(stdout, value);
        puts("\"");
        return;
    }

    printf("  %s  %lld s ago\n",
           healthcode_output_time(text, data.sources[0].time),
           (long long) age);
}
