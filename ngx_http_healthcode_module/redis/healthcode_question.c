/*
 * A copy of what one lookup asks, which outlives the caller that asked.  Knows
 * no: clock, socket, request.  docs/connection.md, "Live reads".
 */

#include "healthcode_question.h"


static bool healthcode_question_control(healthcode_question_t *question,
    const healthcode_risk_query_t *query);


bool
healthcode_question_make(healthcode_question_t *question,
    const healthcode_risk_query_t *query)
{
    memset(question, 0, offsetof(healthcode_question_t, regions));

    question->parts = healthcode_risk_parts(query);

    if (question->parts & HEALTHCODE_RISK_HOLDER) {
        memcpy(question->holder, query->holder, HEALTHCODE_HOLDER_LEN);
    }

    if (question->parts & HEALTHCODE_RISK_REGIONS) {
        question->nregions = query->nregions;

        for (size_t i = 0; i < query->nregions; i++) {
            question->regions[i] = query->regions[i];
        }
    }

    return (question->parts & HEALTHCODE_RISK_CONTROLS)
           ? healthcode_question_control(question, query)
           : question->parts != 0;
}


static bool
healthcode_question_control(healthcode_question_t *question,
    const healthcode_risk_query_t *query)
{
    bool  is_whole = (query->thumbprint.len == HEALTHCODE_THUMBPRINT_LEN);

    if (is_whole) {
        memcpy(question->thumbprint, query->thumbprint.data,
               HEALTHCODE_THUMBPRINT_LEN);
    }

    question->iss = query->iss;

    return is_whole;
}


void
healthcode_question_copy(healthcode_question_t *to,
    const healthcode_question_t *from)
{
    memcpy(to, from, offsetof(healthcode_question_t, regions)
                     + from->nregions * sizeof(healthcode_region_t));
}


bool
healthcode_question_is_same(const healthcode_question_t *a,
    const healthcode_question_t *b)
{
    /* the number of regions is among what is compared first */

    return memcmp(a, b, offsetof(healthcode_question_t, regions)) == 0
           && memcmp(a->regions, b->regions,
                     a->nregions * sizeof(healthcode_region_t)) == 0;
}


void
healthcode_question_query(const healthcode_question_t *question,
    healthcode_risk_query_t *query)
{
    query->parts = question->parts;

    memcpy(query->holder, question->holder, sizeof(query->holder));

    query->iss = question->iss;
    query->thumbprint = healthcode_str_from(question->thumbprint,
                                            HEALTHCODE_THUMBPRINT_LEN);
    query->regions = question->regions;
    query->nregions = question->nregions;
}
