/*
 * The answers of a store about regions and controls, as one worker has read
 * them.  Whoever owns them says how long they are valid.  Knows no: holder,
 * connection, clock.  docs/cache.md.
 */

#include <stdlib.h>

#include "healthcode_answers.h"


/* Places, a power of two; three quarters of them are used. */
#define HEALTHCODE_ANSWERS_REGIONS   8192
#define HEALTHCODE_ANSWERS_CONTROLS  2048

/* Characters of a thumbprint (RFC 7638), base64url of SHA-256. */
#define HEALTHCODE_ANSWERS_THUMBPRINT  43


/* 16 bytes: none lies in two lines of the processor's cache. */
typedef struct {
    healthcode_region_t         code;     /* 0: free */
    uint32_t                    level;
    int64_t                     until;
} healthcode_answers_region_t;


/* An issuer is known by where its name stands, which does not move. */
typedef struct {
    healthcode_str_t            iss;      /* data is NULL: free */
    char                        thumbprint[HEALTHCODE_ANSWERS_THUMBPRINT];
    healthcode_risk_control_t   value;
} healthcode_answers_control_t;


struct healthcode_answers_s {
    size_t                        nregions;
    size_t                        ncontrols;
    healthcode_answers_region_t   regions[HEALTHCODE_ANSWERS_REGIONS];
    healthcode_answers_control_t  controls[HEALTHCODE_ANSWERS_CONTROLS];
};


static void healthcode_answers_keep_region(healthcode_answers_t *answers,
    healthcode_region_t code, const healthcode_risk_region_t *value);
static void healthcode_answers_keep_control(healthcode_answers_t *answers,
    const healthcode_risk_query_t *query,
    const healthcode_risk_control_t *value);
static bool healthcode_answers_find_control(
    const healthcode_answers_t *answers, const healthcode_risk_query_t *query,
    healthcode_risk_control_t *value);
static bool healthcode_answers_find_regions(
    const healthcode_answers_t *answers, const healthcode_risk_query_t *query,
    healthcode_risk_region_t *value);
static size_t healthcode_answers_region(const healthcode_answers_t *answers,
    healthcode_region_t code);
static size_t healthcode_answers_control(const healthcode_answers_t *answers,
    const healthcode_risk_query_t *query);


healthcode_answers_t *
healthcode_answers_create(void)
{
    return calloc(1, sizeof(healthcode_answers_t));
}


void
healthcode_answers_free(healthcode_answers_t *answers)
{
    free(answers);
}


void
healthcode_answers_keep(healthcode_answers_t *answers,
    const healthcode_risk_query_t *query,
    const healthcode_risk_answer_t *answer)
{
    size_t                           i;
    unsigned                         parts = healthcode_risk_parts(query);
    healthcode_region_t              code;
    const healthcode_risk_region_t  *value = answer->regions;

    /* another length would be cut short, and stand for another key */
    if ((parts & HEALTHCODE_RISK_CONTROLS)
        && query->thumbprint.len == HEALTHCODE_ANSWERS_THUMBPRINT)
    {
        healthcode_answers_keep_control(answers, query, &answer->control);
    }

    if (!(parts & HEALTHCODE_RISK_REGIONS)) {
        return;
    }

    for (i = 0; i < query->nregions; i++) {
        for (code = query->regions[i]; code >= 100; code /= 100) {
            healthcode_answers_keep_region(answers, code, value++);
        }
    }
}


static void
healthcode_answers_keep_region(healthcode_answers_t *answers,
    healthcode_region_t code, const healthcode_risk_region_t *value)
{
    size_t  i = healthcode_answers_region(answers, code);

    if (answers->regions[i].code == 0) {

        if (answers->nregions >= HEALTHCODE_ANSWERS_REGIONS / 4 * 3) {
            healthcode_answers_forget_regions(answers);
            i = healthcode_answers_region(answers, code);
        }

        answers->regions[i].code = code;
        answers->nregions++;
    }

    answers->regions[i].level = value->level;
    answers->regions[i].until = value->until;
}


static void
healthcode_answers_keep_control(healthcode_answers_t *answers,
    const healthcode_risk_query_t *query,
    const healthcode_risk_control_t *value)
{
    size_t  i = healthcode_answers_control(answers, query);

    if (answers->controls[i].iss.data == NULL) {

        if (answers->ncontrols >= HEALTHCODE_ANSWERS_CONTROLS / 4 * 3) {
            healthcode_answers_forget_controls(answers);
            i = healthcode_answers_control(answers, query);
        }

        answers->controls[i].iss = query->iss;
        memcpy(answers->controls[i].thumbprint, query->thumbprint.data,
               HEALTHCODE_ANSWERS_THUMBPRINT);
        answers->ncontrols++;
    }

    answers->controls[i].value = *value;
}


bool
healthcode_answers_find(const healthcode_answers_t *answers,
    const healthcode_risk_query_t *query, healthcode_risk_answer_t *answer)
{
    unsigned  parts = healthcode_risk_parts(query);

    return (!(parts & HEALTHCODE_RISK_CONTROLS)
            || healthcode_answers_find_control(answers, query,
                                               &answer->control))
           && (!(parts & HEALTHCODE_RISK_REGIONS)
               || healthcode_answers_find_regions(answers, query,
                                                  answer->regions));
}


static bool
healthcode_answers_find_control(const healthcode_answers_t *answers,
    const healthcode_risk_query_t *query, healthcode_risk_control_t *value)
{
    size_t  n;

    if (query->thumbprint.len != HEALTHCODE_ANSWERS_THUMBPRINT) {
        return false;
    }

    n = healthcode_answers_control(answers, query);

    if (answers->controls[n].iss.data == NULL) {
        return false;
    }

    *value = answers->controls[n].value;

    return true;
}


static bool
healthcode_answers_find_regions(const healthcode_answers_t *answers,
    const healthcode_risk_query_t *query, healthcode_risk_region_t *value)
{
    size_t               i, n;
    healthcode_region_t  code;

    for (i = 0; i < query->nregions; i++) {
        for (code = query->regions[i]; code >= 100; code /= 100, value++) {

            n = healthcode_answers_region(answers, code);

            if (answers->regions[n].code == 0) {
                return false;
            }

            value->level = answers->regions[n].level;
            value->until = answers->regions[n].until;
        }
    }

    return true;
}


void
healthcode_answers_forget_regions(healthcode_answers_t *answers)
{
    if (answers->nregions) {
        memset(answers->regions, 0, sizeof(answers->regions));
        answers->nregions = 0;
    }
}


void
healthcode_answers_forget_controls(healthcode_answers_t *answers)
{
    if (answers->ncontrols) {
        memset(answers->controls, 0, sizeof(answers->controls));
        answers->ncontrols = 0;
    }
}


/* Where code stands, or else the free place where it would. */
static size_t
healthcode_answers_region(const healthcode_answers_t *answers,
    healthcode_region_t code)
{
    size_t  i = (code * UINT32_C(0x9e3779b1)) >> 19;

    while (answers->regions[i].code && answers->regions[i].code != code) {
        i = (i + 1) % HEALTHCODE_ANSWERS_REGIONS;
    }

    return i;
}


/* Likewise; a thumbprint is a hash, and its characters as good as one. */
static size_t
healthcode_answers_control(const healthcode_answers_t *answers,
    const healthcode_risk_query_t *query)
{
    size_t                               i;
    uint64_t                             hash;
    const healthcode_answers_control_t  *control;

    memcpy(&hash, query->thumbprint.data, sizeof(hash));
    hash = (hash ^ (uintptr_t) query->iss.data) * UINT64_C(0x9e3779b97f4a7c15);

    i = (size_t) (hash >> 53);

    for ( /* void */ ; ; i = (i + 1) % HEALTHCODE_ANSWERS_CONTROLS) {
        control = &answers->controls[i];

        if (control->iss.data == NULL
            || (control->iss.data == query->iss.data
                && control->iss.len == query->iss.len
                && memcmp(control->thumbprint, query->thumbprint.data,
                          HEALTHCODE_ANSWERS_THUMBPRINT) == 0))
        {
            return i;
        }
    }
}
