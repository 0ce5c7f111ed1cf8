/*
 * The answers of a store about regions and controls, as one worker has read
 * them.  Whoever owns them says how long they are valid.  Knows no: holder,
 * connection, clock.  docs/cache.md.
 */

#ifndef HEALTHCODE_ANSWERS_H
#define HEALTHCODE_ANSWERS_H

#include "healthcode_risk.h"


typedef struct healthcode_answers_s  healthcode_answers_t;


/* The caller owns and frees it; NULL if there is no memory. */
healthcode_answers_t *healthcode_answers_create(void);
void healthcode_answers_free(healthcode_answers_t *answers);

/*
 * Keeps answer, which was read for query, by its parts; the bytes of its iss
 * have to stand where they are for as long as answers lives.  What does not fit
 * any more makes it forget all of that kind first.
 */
void healthcode_answers_keep(healthcode_answers_t *answers,
    const healthcode_risk_query_t *query,
    const healthcode_risk_answer_t *answer);

/*
 * Whether all that query asks for of regions and controls is known; if not,
 * *answer is of no use.
 */
bool healthcode_answers_find(const healthcode_answers_t *answers,
    const healthcode_risk_query_t *query, healthcode_risk_answer_t *answer);

/* A region was changed; a control was: nothing of that kind is known now. */
void healthcode_answers_forget_regions(healthcode_answers_t *answers);
void healthcode_answers_forget_controls(healthcode_answers_t *answers);

#endif
