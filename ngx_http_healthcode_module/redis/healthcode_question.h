/*
 * A copy of what one lookup asks, which outlives the caller that asked.  Two
 * lookups with one question are one.  Knows no: clock, socket, request.
 * docs/connection.md, "Live reads".
 */

#ifndef HEALTHCODE_QUESTION_H
#define HEALTHCODE_QUESTION_H

#include "../core/healthcode_key.h"
#include "../core/healthcode_risk.h"


/*
 * Padding before the regions is zero, and so is what its parts do not ask for;
 * of the regions the first nregions count.
 */
typedef struct {
    unsigned             parts;                   /* set, never 0 */
    uint8_t              holder[HEALTHCODE_HOLDER_LEN];
    healthcode_str_t     iss;                     /* of the configuration */
    char                 thumbprint[HEALTHCODE_THUMBPRINT_LEN];
    size_t               nregions;
    healthcode_region_t  regions[HEALTHCODE_CLAIMS_REGIONS_MAX];
} healthcode_question_t;


/*
 * The question of query; iss is a view still.  False: it can be asked, but is
 * the same as no other, and what it reads is not kept, since its thumbprint,
 * of another length, could stand for another key; or nothing is asked.
 */
bool healthcode_question_make(healthcode_question_t *question,
    const healthcode_risk_query_t *query);

/* The regions that count are copied, and no more. */
void healthcode_question_copy(healthcode_question_t *to,
    const healthcode_question_t *from);

bool healthcode_question_is_same(const healthcode_question_t *a,
    const healthcode_question_t *b);

/* The query of question, with views of it. */
void healthcode_question_query(const healthcode_question_t *question,
    healthcode_risk_query_t *query);

#endif
