/*
 * GET facts, POST said and last: what the pages may choose from, and what the
 * gate has said last.  Knows no HTTP and no store.  docs/demo.md, "The helper".
 */

#include <time.h>

#include "core/healthcode_risk.h"
#include "core/healthcode_token.h"
#include "healthcode_demo.h"


static void healthcode_demo_facts_list(healthcode_json_writer_t *json,
    const char *name, const char *const *items, size_t n);
static void healthcode_demo_facts_issuers(healthcode_json_writer_t *json,
    const healthcode_list_t *issuers);
static healthcode_demo_status_e healthcode_demo_facts_code(
    healthcode_demo_t *demo, yyjson_val *json,
    healthcode_demo_person_t **person);
static healthcode_demo_status_e healthcode_demo_facts_member(
    healthcode_demo_t *demo, yyjson_val *json, const char *name, size_t max,
    const char **text);
static void healthcode_demo_facts_string(healthcode_json_writer_t *json,
    const char *name, const char *text);


healthcode_demo_status_e
healthcode_demo_facts(healthcode_demo_t *demo,
    const healthcode_demo_ask_t *ask, healthcode_json_writer_t *json)
{
    static const char  *const kinds[] = { HEALTHCODE_RISK_NATIONAL };

    (void) ask;

    healthcode_demo_facts_list(json, "holders", demo->holders.items,
                               demo->holders.n);
    healthcode_demo_facts_issuers(json, &demo->issuers);
    healthcode_demo_facts_list(json, "kinds", kinds,
                               sizeof(kinds) / sizeof(kinds[0]));
    healthcode_demo_facts_list(json, "regions", demo->regions.items,
                               demo->regions.n);

    return HEALTHCODE_DEMO_OK;
}


static void
healthcode_demo_facts_list(healthcode_json_writer_t *json, const char *name,
    const char *const *items, size_t n)
{
    healthcode_json_writer_name(json, name);
    healthcode_json_writer_open(json, '[');

    for (size_t i = 0; i < n; i++) {
        healthcode_json_writer_string(json, healthcode_str_from(items[i],
                                                          strlen(items[i])));
    }

    healthcode_json_writer_close(json, ']');
}


/* Without their files. */
static void
healthcode_demo_facts_issuers(healthcode_json_writer_t *json,
    const healthcode_list_t *issuers)
{
    const char  *option;

    healthcode_json_writer_name(json, "issuers");
    healthcode_json_writer_open(json, '[');

    for (size_t i = 0; i < issuers->n; i++) {
        option = issuers->items[i];
        healthcode_json_writer_string(json, healthcode_str_from(option,
                                   (size_t) (strrchr(option, '=') - option)));
    }

    healthcode_json_writer_close(json, ']');
}


/* A code that was not issued here is nobody's, and nothing is noted of it. */
healthcode_demo_status_e
healthcode_demo_say(healthcode_demo_t *demo, const healthcode_demo_ask_t *ask,
    healthcode_json_writer_t *json)
{
    const char                *text[4] = { "", "", "", "" };
    healthcode_demo_status_e   status;
    healthcode_demo_person_t  *person;

    static const struct {
        const char  *name;
        size_t       max;
    } members[] = {
        { "verdict", HEALTHCODE_DEMO_WORD_MAX },
        { "reason", HEALTHCODE_DEMO_WORD_MAX },
        { "title", HEALTHCODE_DEMO_TITLE_MAX },
        { "colour", HEALTHCODE_DEMO_WORD_MAX },
    };

    (void) json;

    status = healthcode_demo_facts_code(demo, ask->json, &person);

    for (size_t i = 0; status == HEALTHCODE_DEMO_OK && i < 4; i++) {
        status = healthcode_demo_facts_member(demo, ask->json, members[i].name,
                                              members[i].max, &text[i]);
    }

    if (status == HEALTHCODE_DEMO_OK && strcmp(text[0], "allow") != 0
        && strcmp(text[0], "deny") != 0)
    {
        return healthcode_demo_error(demo, HEALTHCODE_DEMO_WRONG,
                                     "\"verdict\" must be allow or deny");
    }

    if (status == HEALTHCODE_DEMO_OK && person) {
        strcpy(person->word.verdict, text[0]);
        strcpy(person->word.reason, text[1]);
        strcpy(person->word.title, text[2]);
        strcpy(person->word.colour, text[3]);
        person->word.at = time(NULL);
    }

    return status;
}


/* A member that may be empty, or absent. */
static healthcode_demo_status_e
healthcode_demo_facts_member(healthcode_demo_t *demo, yyjson_val *json,
    const char *name, size_t max, const char **text)
{
    healthcode_str_t  value = { NULL, 0 };

    if (healthcode_json_string(json, name, &value) >= 0 && value.len == 0) {
        return HEALTHCODE_DEMO_OK;
    }

    return healthcode_demo_string(demo, json, name, max, text);
}


healthcode_demo_status_e
healthcode_demo_last(healthcode_demo_t *demo, const healthcode_demo_ask_t *ask,
    healthcode_json_writer_t *json)
{
    healthcode_demo_status_e       status;
    healthcode_demo_person_t      *person;
    const healthcode_demo_word_t  *word;

    status = healthcode_demo_facts_code(demo, ask->json, &person);

    if (status == HEALTHCODE_DEMO_OK && person && person->word.verdict[0]) {
        word = &person->word;
        healthcode_demo_facts_string(json, "verdict", word->verdict);
        healthcode_demo_facts_string(json, "reason", word->reason);
        healthcode_demo_facts_string(json, "title", word->title);
        healthcode_demo_facts_string(json, "colour", word->colour);
        healthcode_json_writer_member(json, "at", (uint64_t) word->at);
    }

    return status;
}


/* Whose code it is; *person is NULL if it was not issued here. */
static healthcode_demo_status_e
healthcode_demo_facts_code(healthcode_demo_t *demo, yyjson_val *json,
    healthcode_demo_person_t **person)
{
    const char                *code;
    healthcode_demo_status_e   status;

    status = healthcode_demo_string(demo, json, "code", HEALTHCODE_TOKEN_MAX,
                                    &code);

    if (status == HEALTHCODE_DEMO_OK) {
        *person = healthcode_demo_said_find(&demo->said,
                                    healthcode_str_from(code, strlen(code)));
    }

    return status;
}


static void
healthcode_demo_facts_string(healthcode_json_writer_t *json, const char *name,
    const char *text)
{
    healthcode_json_writer_name(json, name);
    healthcode_json_writer_string(json, healthcode_str_from(text,
                                                            strlen(text)));
}
