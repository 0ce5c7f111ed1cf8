/*
 * POST flag, clear, region and issuer: what the command of these names does,
 * with its own words.  Knows no HTTP and no codes.  docs/demo.md, "The helper".
 */

#include <stdlib.h>

#include "core/healthcode_risk.h"
#include "healthcode_commands.h"
#include "healthcode_demo.h"


#define HEALTHCODE_DEMO_WORDS_MAX  24


/* The words of a command line, and how many there are. */
typedef struct {
    char  *words[HEALTHCODE_DEMO_WORDS_MAX];
    int    n;
} healthcode_demo_line_t;


static void healthcode_demo_store_begin(const healthcode_demo_t *demo,
    healthcode_demo_line_t *line, const char *verb);
static void healthcode_demo_store_add(healthcode_demo_line_t *line,
    const char *name, const char *value);
static healthcode_demo_status_e healthcode_demo_store_run(
    healthcode_demo_t *demo, healthcode_command_pt command,
    healthcode_demo_line_t *line, const char *first, const char *second);
static healthcode_demo_status_e healthcode_demo_store_switch(
    healthcode_demo_t *demo, yyjson_val *json, const char *name, bool *on);


static const char  *const healthcode_demo_kinds[] = {
    HEALTHCODE_RISK_NATIONAL
};


healthcode_demo_status_e
healthcode_demo_flag(healthcode_demo_t *demo, const healthcode_demo_ask_t *ask,
    healthcode_json_writer_t *json)
{
    const char                *holder, *kind;
    healthcode_demo_line_t     line;
    healthcode_demo_status_e   status;

    (void) json;

    status = healthcode_demo_holder(demo, ask->json, &holder);

    if (status == HEALTHCODE_DEMO_OK) {
        status = healthcode_demo_string(demo, ask->json, "kind",
                                        HEALTHCODE_DEMO_WORD_MAX, &kind);
    }

    if (status != HEALTHCODE_DEMO_OK) {
        return status;
    }

    healthcode_demo_store_begin(demo, &line, "set");
    healthcode_demo_store_add(&line, "--by", "demo");
    healthcode_demo_store_add(&line, "--reason", "demo");

    return healthcode_demo_store_run(demo, healthcode_flag, &line, holder,
                                     kind);
}


/* Every flag of the national set, since a page sets no other. */
healthcode_demo_status_e
healthcode_demo_clear(healthcode_demo_t *demo,
    const healthcode_demo_ask_t *ask, healthcode_json_writer_t *json)
{
    const char                *holder;
    healthcode_demo_line_t     line;
    healthcode_demo_status_e   status;

    (void) json;

    status = healthcode_demo_holder(demo, ask->json, &holder);

    for (size_t i = 0; status == HEALTHCODE_DEMO_OK
                       && i < sizeof(healthcode_demo_kinds)
                              / sizeof(healthcode_demo_kinds[0]); i++)
    {
        healthcode_demo_store_begin(demo, &line, "clear");
        healthcode_demo_store_add(&line, "--by", "demo");
        healthcode_demo_store_add(&line, "--reason", "demo");

        status = healthcode_demo_store_run(demo, healthcode_flag, &line,
                                           holder, healthcode_demo_kinds[i]);
    }

    return status;
}


healthcode_demo_status_e
healthcode_demo_region(healthcode_demo_t *demo,
    const healthcode_demo_ask_t *ask, healthcode_json_writer_t *json)
{
    bool                       on = false;
    const char                *region;
    healthcode_demo_line_t     line;
    healthcode_demo_status_e   status;

    (void) json;

    status = healthcode_demo_string(demo, ask->json, "region",
                                    HEALTHCODE_DEMO_WORD_MAX, &region);

    if (status == HEALTHCODE_DEMO_OK) {
        status = healthcode_demo_store_switch(demo, ask->json, "set", &on);
    }

    if (status != HEALTHCODE_DEMO_OK) {
        return status;
    }

    healthcode_demo_store_begin(demo, &line, on ? "set" : "clear");

    return healthcode_demo_store_run(demo, healthcode_region, &line, region,
                                     on ? "high" : NULL);
}


healthcode_demo_status_e
healthcode_demo_issuer(healthcode_demo_t *demo,
    const healthcode_demo_ask_t *ask, healthcode_json_writer_t *json)
{
    bool                       on = false;
    char                      *iss;
    const char                *issuer, *key;
    healthcode_demo_line_t     line;
    healthcode_demo_status_e   status;

    (void) json;

    status = healthcode_demo_string(demo, ask->json, "issuer",
                                    HEALTHCODE_DEMO_BODY_MAX, &issuer);

    if (status == HEALTHCODE_DEMO_OK) {
        status = healthcode_demo_store_switch(demo, ask->json, "suspended",
                                              &on);
    }

    if (status == HEALTHCODE_DEMO_OK) {
        status = healthcode_demo_find_issuer(demo, issuer, &iss, &key);
    }

    if (status != HEALTHCODE_DEMO_OK) {
        return status;
    }

    healthcode_demo_store_begin(demo, &line, on ? "suspend" : "resume");

    /* no gate may have told the store of it yet */
    if (on) {
        healthcode_demo_store_add(&line, "--new", NULL);
    }

    status = healthcode_demo_store_run(demo, healthcode_control, &line, iss,
                                       NULL);
    free(iss);

    return status;
}


static void
healthcode_demo_store_begin(const healthcode_demo_t *demo,
    healthcode_demo_line_t *line, const char *verb)
{
    const healthcode_connection_options_t  *o = &demo->connection;

    line->n = 0;
    healthcode_demo_store_add(line, verb, NULL);
    healthcode_demo_store_add(line, "--redis", o->redis);
    healthcode_demo_store_add(line, "--pepper-file", o->pepper_file);

    if (o->user) {
        healthcode_demo_store_add(line, "--user", o->user);
    }

    if (o->password_file) {
        healthcode_demo_store_add(line, "--password-file", o->password_file);
    }

    if (o->timeout) {
        healthcode_demo_store_add(line, "--timeout", o->timeout);
    }
}


/* The command does not write into its words. */
static void
healthcode_demo_store_add(healthcode_demo_line_t *line, const char *name,
    const char *value)
{
    line->words[line->n++] = (char *) name;

    if (value) {
        line->words[line->n++] = (char *) value;
    }
}


/* A stranger's words come after "--", so that none of them is an option. */
static healthcode_demo_status_e
healthcode_demo_store_run(healthcode_demo_t *demo,
    healthcode_command_pt command, healthcode_demo_line_t *line,
    const char *first, const char *second)
{
    FILE  *file;

    healthcode_demo_store_add(line, "--", first);

    if (second) {
        healthcode_demo_store_add(line, second, NULL);
    }

    file = healthcode_demo_listen(demo);

    return healthcode_demo_heard(demo, file, command(line->n, line->words));
}


static healthcode_demo_status_e
healthcode_demo_store_switch(healthcode_demo_t *demo, yyjson_val *json,
    const char *name, bool *on)
{
    yyjson_val  *value;

    value = yyjson_obj_get(json, name);

    if (!yyjson_is_bool(value)) {
        return healthcode_demo_error(demo, HEALTHCODE_DEMO_WRONG,
                                     "\"%s\" must be true or false", name);
    }

    *on = yyjson_get_bool(value);

    return HEALTHCODE_DEMO_OK;
}
