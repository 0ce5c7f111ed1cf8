/*
 * What the files of a pipeline share; no other file includes it.  Knows
 * no: clock, socket, request.  docs/connection.md.
 */

#ifndef HEALTHCODE_PIPELINE_PRIVATE_H
#define HEALTHCODE_PIPELINE_PRIVATE_H

#include "healthcode_pipeline.h"


/* The lookup that stands in a list by link. */
static inline healthcode_lookup_t *
healthcode_pipeline_lookup(healthcode_list_t *link)
{
    return healthcode_list_entry(link, healthcode_lookup_t, link);
}


/* One that is in no list; NULL: no memory. */
healthcode_lookup_t *healthcode_pipeline_take(healthcode_pipeline_t *pipeline);

/* Takes it out of its list, and keeps its memory. */
void healthcode_pipeline_give(healthcode_lookup_t *lookup);

/*
 * Appends the commands of query to buf, behind that of the tick if there is
 * one.  False, and the buffer as it was: no memory.
 */
bool healthcode_pipeline_format(healthcode_lookup_t *lookup,
    const healthcode_risk_query_t *query, healthcode_redis_buf_t *buf);

/* Nobody joins it any more. */
void healthcode_pipeline_withdraw(healthcode_lookup_t *lookup);

/* Takes a lookup that is done or failed out of the order. */
void healthcode_pipeline_end(healthcode_lookup_t *lookup,
    healthcode_reason_e reason, const healthcode_risk_reading_t *reading);

#endif
