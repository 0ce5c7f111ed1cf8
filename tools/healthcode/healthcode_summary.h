/*
 * Requests added up by hour, issuer, reason and gate, in memory of a fixed
 * size.  Knows no file, no clock and no language.
 * docs/monitoring/log.md, "A gate's day".
 */

#ifndef HEALTHCODE_SUMMARY_H
#define HEALTHCODE_SUMMARY_H

#include "core/healthcode_event.h"
#include "healthcode_day.h"


/* Names that a table has rows for; further ones share one row. */
#define HEALTHCODE_SUMMARY_ROWS  200

/* Bytes of a name; one that is longer has no row of its own either. */
#define HEALTHCODE_SUMMARY_NAME  128

/* Requests that are added at once, at most: no sum of such overflows. */
#define HEALTHCODE_SUMMARY_MAX  (INT64_C(1) << 44)


typedef struct {
    uint64_t  of[HEALTHCODE_EVENT_VERDICTS];
} healthcode_summary_counts_t;


typedef struct {
    healthcode_summary_counts_t  counts;
    size_t                       len;
    uint8_t                      name[HEALTHCODE_SUMMARY_NAME];
} healthcode_summary_row_t;


typedef struct {
    size_t                       n;
    healthcode_summary_row_t     rows[HEALTHCODE_SUMMARY_ROWS];
    healthcode_summary_counts_t  other;     /* of names without a row */
} healthcode_summary_table_t;


/* Start with all zero. */
typedef struct {
    healthcode_summary_counts_t  total;
    healthcode_summary_counts_t  hours[HEALTHCODE_DAY_HOURS];
    healthcode_summary_table_t   issuers;
    healthcode_summary_table_t   reasons;
    healthcode_summary_table_t   gates;
} healthcode_summary_t;


/*
 * Adds n requests, HEALTHCODE_SUMMARY_MAX at most, with the labels of event;
 * hour is the number of theirs, or -1 if nobody knows it.  False, and nothing
 * is added, if the verdict is an unknown word.
 */
bool healthcode_summary_add(healthcode_summary_t *summary,
    const healthcode_event_t *event, int hour, uint64_t n);

/* The requests of a row, whatever became of them. */
uint64_t healthcode_summary_all(const healthcode_summary_counts_t *counts);

/* Those of a gate that audits. */
uint64_t healthcode_summary_audited(const healthcode_summary_counts_t *counts);

/* Adds the counts of more to those of counts. */
void healthcode_summary_join(healthcode_summary_counts_t *counts,
    const healthcode_summary_counts_t *more);

/* Orders the rows: most requests first; as many, by name. */
void healthcode_summary_sort(healthcode_summary_table_t *table);

static inline healthcode_str_t
healthcode_summary_name(const healthcode_summary_row_t *row)
{
    return healthcode_str_from(row->name, row->len);
}

#endif
