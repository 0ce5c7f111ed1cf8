/*
 * Requests added up by hour, issuer, reason and gate, in memory of a fixed
 * size.  Knows no file, no clock and no language.
 * docs/monitoring/log.md, "A gate's day".
 */

#include <stdlib.h>

#include "healthcode_summary.h"


static healthcode_summary_counts_t *healthcode_summary_find(
    healthcode_summary_table_t *table, healthcode_str_t name);
static int healthcode_summary_compare(const void *a, const void *b);


bool
healthcode_summary_add(healthcode_summary_t *summary,
    const healthcode_event_t *event, int hour, uint64_t n)
{
    healthcode_event_verdict_e  verdict;

    if (!healthcode_event_verdict(event->verdict, &verdict)) {
        return false;
    }

    summary->total.of[verdict] += n;

    healthcode_summary_find(&summary->issuers, event->issuer)->of[verdict] += n;
    healthcode_summary_find(&summary->reasons, event->reason)->of[verdict] += n;
    healthcode_summary_find(&summary->gates, event->gate)->of[verdict] += n;

    if (hour >= 0) {
        summary->hours[hour].of[verdict] += n;
    }

    return true;
}


/* The row of a name, which is made if there is room for it. */
static healthcode_summary_counts_t *
healthcode_summary_find(healthcode_summary_table_t *table,
    healthcode_str_t name)
{
    healthcode_summary_row_t  *row;

    for (size_t i = 0; i < table->n; i++) {
        row = &table->rows[i];

        if (healthcode_str_equal(healthcode_summary_name(row), name)) {
            return &row->counts;
        }
    }

    if (table->n == HEALTHCODE_SUMMARY_ROWS
        || name.len > HEALTHCODE_SUMMARY_NAME)
    {
        return &table->other;
    }

    row = &table->rows[table->n++];
    row->len = name.len;

    if (name.len) {
        memcpy(row->name, name.data, name.len);
    }

    return &row->counts;
}


uint64_t
healthcode_summary_all(const healthcode_summary_counts_t *counts)
{
    uint64_t  sum = 0;

    for (unsigned i = 0; i < HEALTHCODE_EVENT_VERDICTS; i++) {
        sum += counts->of[i];
    }

    return sum;
}


uint64_t
healthcode_summary_audited(const healthcode_summary_counts_t *counts)
{
    return counts->of[HEALTHCODE_EVENT_AUDIT_ALLOW]
           + counts->of[HEALTHCODE_EVENT_AUDIT_DENY]
           + counts->of[HEALTHCODE_EVENT_AUDIT_NONE];
}


void
healthcode_summary_join(healthcode_summary_counts_t *counts,
    const healthcode_summary_counts_t *more)
{
    for (unsigned i = 0; i < HEALTHCODE_EVENT_VERDICTS; i++) {
        counts->of[i] += more->of[i];
    }
}


void
healthcode_summary_sort(healthcode_summary_table_t *table)
{
    qsort(table->rows, table->n, sizeof(healthcode_summary_row_t),
          healthcode_summary_compare);
}


static int
healthcode_summary_compare(const void *a, const void *b)
{
    int                              order;
    size_t                           len;
    uint64_t                         more, less;
    const healthcode_summary_row_t  *x = a, *y = b;

    more = healthcode_summary_all(&x->counts);
    less = healthcode_summary_all(&y->counts);

    if (more != less) {
        return (more > less) ? -1 : 1;
    }

    len = (x->len < y->len) ? x->len : y->len;
    order = memcmp(x->name, y->name, len);

    return order ? order : (x->len > y->len) - (x->len < y->len);
}
