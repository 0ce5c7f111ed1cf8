/*
 * healthcode hall: who is inside a hall, and that they are forgotten.
 * Knows no flags.  docs/redis-keys.md, "healthcode:hall".
 */

#include <stdlib.h>
#include <string.h>

#include "healthcode_commands.h"
#include "healthcode_hall_call.h"


#define HEALTHCODE_HALL_LISTED  1000


/* Start with all zero; it is to be closed, whatever happened. */
typedef struct {
    healthcode_connection_options_t  connection;
    healthcode_connection_t          redis;
    healthcode_hall_call_t           call;
} healthcode_hall_t;


static healthcode_exit_e healthcode_hall_show(int argc, char **argv);
static healthcode_exit_e healthcode_hall_list(int argc, char **argv);
static healthcode_exit_e healthcode_hall_list_part(healthcode_hall_t *o,
    size_t from, size_t *listed);
static healthcode_exit_e healthcode_hall_forget(int argc, char **argv);
static healthcode_exit_e healthcode_hall_begin(int argc, char **argv,
    healthcode_hall_t *o);
static bool healthcode_hall_parse(int argc, char **argv,
    const healthcode_option_t *options, size_t noptions, const char **name);
static healthcode_exit_e healthcode_hall_open(healthcode_hall_t *o,
    const char *name);
static void healthcode_hall_close(healthcode_hall_t *o);


static const healthcode_command_t  healthcode_hall_commands[] = {
    { "show", healthcode_hall_show, NULL },
    { "list", healthcode_hall_list, NULL },
    { "forget", healthcode_hall_forget, NULL },
};


healthcode_exit_e
healthcode_hall(int argc, char **argv)
{
    return healthcode_options_dispatch(healthcode_hall_commands, 3, argc, argv);
}


static healthcode_exit_e
healthcode_hall_show(int argc, char **argv)
{
    redisReply         *reply;
    healthcode_exit_e   rc;
    healthcode_hall_t   o = { .redis = { .redis = NULL } };

    rc = healthcode_hall_begin(argc, argv, &o);
    reply = rc == HEALTHCODE_EXIT_OK
            ? healthcode_hall_call_ask(&o.call, "show", NULL, NULL) : NULL;

    if (rc == HEALTHCODE_EXIT_OK && (reply == NULL || reply->elements != 4)) {
        rc = HEALTHCODE_EXIT_FAILED;

    } else if (rc == HEALTHCODE_EXIT_OK) {
        printf("inside  %lld\nheld    %lld\ncodes   %lld\n",
               reply->element[1]->integer, reply->element[2]->integer,
               reply->element[3]->integer);
    }

    freeReplyObject(reply);
    healthcode_hall_close(&o);

    return rc;
}


static healthcode_exit_e
healthcode_hall_list(int argc, char **argv)
{
    size_t             from = 0, listed = HEALTHCODE_HALL_LISTED;
    healthcode_exit_e  rc;
    healthcode_hall_t  o = { .redis = { .redis = NULL } };

    rc = healthcode_hall_begin(argc, argv, &o);

    while (rc == HEALTHCODE_EXIT_OK && listed == HEALTHCODE_HALL_LISTED) {
        rc = healthcode_hall_list_part(&o, from, &listed);
        from += listed;
    }

    healthcode_hall_close(&o);

    return rc;
}


static healthcode_exit_e
healthcode_hall_list_part(healthcode_hall_t *o, size_t from, size_t *listed)
{
    char         first[24], most[24], text[HEALTHCODE_OUTPUT_TIME_MAX];
    redisReply  *reply;

    snprintf(first, sizeof(first), "%zu", from);
    snprintf(most, sizeof(most), "%d", HEALTHCODE_HALL_LISTED);

    reply = healthcode_hall_call_ask(&o->call, "list", first, most);

    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    *listed = (reply->elements - 2) / 2;

    for (size_t i = 2; i + 1 < reply->elements; i += 2) {
        healthcode_output_string(stdout, reply->element[i]->str);
        printf("  since %s\n",
               healthcode_output_time(text, strtoll(reply->element[i + 1]->str,
                                                    NULL, 10)));
    }

    freeReplyObject(reply);

    return HEALTHCODE_EXIT_OK;
}


static healthcode_exit_e
healthcode_hall_forget(int argc, char **argv)
{
    bool                        codes = false;
    uint8_t                     bytes[HEALTHCODE_HOLDER_LEN];
    const char                 *name, *only = NULL;
    redisReply                 *reply;
    healthcode_exit_e           rc;
    healthcode_hall_t           o = { .redis = { .redis = NULL } };
    const healthcode_option_t   options[] = {
        HEALTHCODE_CONNECTION_ROWS(&o.connection, true),
        { .name = "only", .hint = "HOLDER", .value = &only },
        { .name = "codes", .is_set = &codes },
    };

    if (!healthcode_hall_parse(argc, argv, options,
                               sizeof(options) / sizeof(options[0]), &name))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    if (codes && only) {
        return healthcode_output_usage("--codes is for the whole hall; leave "
                                       "out --only");
    }

    if (only && !healthcode_holder_parse(healthcode_str_from(only,
                                                             strlen(only)),
                                         bytes))
    {
        return healthcode_output_usage("--only: invalid holder \"%s\"; write "
                                       "32 digits, as \"healthcode hall list\" "
                                       "does", only);
    }

    rc = healthcode_hall_open(&o, name);
    reply = rc == HEALTHCODE_EXIT_OK
            ? healthcode_hall_call_ask(&o.call, "forget",
                                       only ? only : codes ? "all" : "people",
                                       NULL)
            : NULL;

    if (rc == HEALTHCODE_EXIT_OK && reply == NULL) {
        rc = HEALTHCODE_EXIT_FAILED;

    } else if (rc == HEALTHCODE_EXIT_OK
               && strcmp(reply->element[0]->str, "forgotten") != 0)
    {
        rc = healthcode_output_no("nothing is kept of that, so nothing was "
                                  "forgotten");

    } else if (rc == HEALTHCODE_EXIT_OK) {
        printf("forgotten; %lld inside\n", reply->element[1]->integer);
    }

    freeReplyObject(reply);
    healthcode_hall_close(&o);

    return rc;
}


/* Opens the hall of a verb that has no option of its own. */
static healthcode_exit_e
healthcode_hall_begin(int argc, char **argv, healthcode_hall_t *o)
{
    const char                 *name;
    const healthcode_option_t   options[] = {
        HEALTHCODE_CONNECTION_ROWS(&o->connection, true),
    };

    return healthcode_hall_parse(argc, argv, options,
                                 sizeof(options) / sizeof(options[0]), &name)
           ? healthcode_hall_open(o, name) : HEALTHCODE_EXIT_USAGE;
}


/* Each verb takes the name of one hall. */
static bool
healthcode_hall_parse(int argc, char **argv, const healthcode_option_t *options,
    size_t noptions, const char **name)
{
    const char              *names[] = { "HALL" };
    healthcode_arguments_t   arguments = { names, 1, 1, { .n = 0 } };

    if (!healthcode_options_parse(argc, argv, options, noptions, &arguments)) {
        return false;
    }

    *name = arguments.list.items[0];

    return true;
}


/* Connects, and names the keys of the hall. */
static healthcode_exit_e
healthcode_hall_open(healthcode_hall_t *o, const char *name)
{
    healthcode_exit_e  rc;

    rc = healthcode_connection_open_proven(&o->connection, &o->redis);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_hall_call_open(&o->call, &o->redis);
    }

    return rc == HEALTHCODE_EXIT_OK ? healthcode_hall_call_name(&o->call, name)
                                    : rc;
}


static void
healthcode_hall_close(healthcode_hall_t *o)
{
    healthcode_connection_close(&o->redis);
}
