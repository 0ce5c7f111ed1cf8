/*
 * Two scrapes of healthcode_status, as JSON: what was counted between them.
 * Counters that began anew are said, and never subtracted.
 * Knows no log.  docs/monitoring/log.md, "Between two scrapes".
 */

#include <stdlib.h>

#include "healthcode_file.h"
#include "healthcode_report.h"


/* A scrape, and the memory that it is in. */
typedef struct {
    const char   *option;
    const char   *path;
    void         *memory;
    yyjson_val   *requests;
    size_t        n;
    int64_t       time;         /* 0: unknown */
    int64_t       since;        /* likewise */
} healthcode_report_scrape_t;


/* The labels of a series, as they are compared, and its count. */
typedef struct {
    healthcode_event_t  event;
    int64_t             count;
} healthcode_report_series_t;


static healthcode_exit_e healthcode_report_read(
    healthcode_report_scrape_t *scrape);
static healthcode_exit_e healthcode_report_bad(
    const healthcode_report_scrape_t *scrape);
static bool healthcode_report_series(yyjson_val *object,
    healthcode_report_series_t *series);
static healthcode_report_series_t *healthcode_report_all(
    const healthcode_report_scrape_t *scrape, bool *wrong);
static int healthcode_report_order(const void *a, const void *b);
static bool healthcode_report_is_anew(const healthcode_report_scrape_t *from,
    const healthcode_report_scrape_t *to,
    const healthcode_report_series_t *before,
    const healthcode_report_series_t *after);
static void healthcode_report_subtract(healthcode_report_t *report,
    const healthcode_report_series_t *before, size_t n,
    const healthcode_report_series_t *after, size_t m);
static healthcode_exit_e healthcode_report_between(healthcode_report_t *report,
    healthcode_report_scrape_t *from, healthcode_report_scrape_t *to);


healthcode_exit_e
healthcode_report_scrapes(healthcode_report_t *report, const char *from,
    const char *to)
{
    healthcode_exit_e           rc;
    healthcode_report_scrape_t  first = { .option = "--from", .path = from };
    healthcode_report_scrape_t  second = { .option = "--to", .path = to };

    rc = healthcode_report_read(&first);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_report_read(&second);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_report_between(report, &first, &second);
    }

    free(first.memory);
    free(second.memory);

    return rc;
}


static healthcode_exit_e
healthcode_report_read(healthcode_report_scrape_t *scrape)
{
    size_t             size;
    int64_t            schema;
    yyjson_val        *root;
    healthcode_str_t   text;

    if (!healthcode_file_read(scrape->option, scrape->path, &text)) {
        return HEALTHCODE_EXIT_FAILED;
    }

    size = healthcode_json_memory(text.len);
    scrape->memory = malloc(size);
    root = scrape->memory ? healthcode_json_read(text, scrape->memory, size)
                          : NULL;
    healthcode_file_free(&text);

    scrape->requests = yyjson_obj_get(root, "requests");

    if (!yyjson_is_arr(scrape->requests)
        || healthcode_json_integer(root, "schema", 1, 1, &schema) != 1)
    {
        return healthcode_report_bad(scrape);
    }

    scrape->n = yyjson_arr_size(scrape->requests);

    /* null, or of a gate without these: unknown */
    (void) healthcode_json_integer(root, "time", 0, INT64_MAX, &scrape->time);
    (void) healthcode_json_integer(root, "counting_since", 0, INT64_MAX,
                                   &scrape->since);

    return HEALTHCODE_EXIT_OK;
}


static healthcode_exit_e
healthcode_report_bad(const healthcode_report_scrape_t *scrape)
{
    return healthcode_output_failed("%s: \"%s\" is not an answer of "
                                    "healthcode_status json of schema 1; fetch "
                                    "it with curl", scrape->option,
                                    scrape->path);
}


static bool
healthcode_report_series(yyjson_val *object, healthcode_report_series_t *series)
{
    healthcode_event_t          *event = &series->event;
    healthcode_event_verdict_e   verdict;

    memset(series, 0, sizeof(healthcode_report_series_t));

    if (!yyjson_is_obj(object)
        || healthcode_json_string(object, "gate", &event->gate) != 1
        || healthcode_json_string(object, "server", &event->server) != 1
        || healthcode_json_string(object, "issuer", &event->issuer) != 1
        || healthcode_json_string(object, "verdict", &event->verdict) != 1
        || healthcode_json_string(object, "reason", &event->reason) != 1
        || healthcode_json_integer(object, "count", 0, HEALTHCODE_SUMMARY_MAX,
                                   &series->count) != 1)
    {
        return false;
    }

    /* what has no counter of its own has "other" in place of each label */

    if (!healthcode_event_verdict(event->verdict, &verdict)) {

        if (!healthcode_str_equal(event->verdict, healthcode_str("other"))) {
            return false;
        }

        event->verdict = healthcode_event_word(HEALTHCODE_EVENT_NONE);
    }

    return true;
}


/* All series of a scrape, sorted; NULL: no memory, or *wrong: one is, or two
   are the same. */
static healthcode_report_series_t *
healthcode_report_all(const healthcode_report_scrape_t *scrape, bool *wrong)
{
    size_t                       i, n;
    yyjson_val                  *object;
    healthcode_report_series_t  *all;

    *wrong = false;

    all = calloc(scrape->n + 1, sizeof(healthcode_report_series_t));
    if (all == NULL) {
        return NULL;
    }

    yyjson_arr_foreach(scrape->requests, i, n, object) {
        if (!healthcode_report_series(object, &all[i])) {
            *wrong = true;
            free(all);
            return NULL;
        }
    }

    qsort(all, scrape->n, sizeof(healthcode_report_series_t),
          healthcode_report_order);

    for (i = 1; i < scrape->n; i++) {
        if (healthcode_report_order(&all[i - 1], &all[i]) == 0) {
            *wrong = true;
            free(all);
            return NULL;
        }
    }

    return all;
}


static int
healthcode_report_order(const void *a, const void *b)
{
    int                        order;
    size_t                     len;
    const healthcode_event_t  *x, *y;

    x = &((const healthcode_report_series_t *) a)->event;
    y = &((const healthcode_report_series_t *) b)->event;

    const healthcode_str_t  left[] = { x->gate, x->server, x->issuer,
                                       x->verdict, x->reason };
    const healthcode_str_t  right[] = { y->gate, y->server, y->issuer,
                                        y->verdict, y->reason };

    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        len = (left[i].len < right[i].len) ? left[i].len : right[i].len;
        order = memcmp(left[i].data, right[i].data, len);

        if (order || left[i].len != right[i].len) {
            return order ? order : (left[i].len > right[i].len) ? 1 : -1;
        }
    }

    return 0;
}


static healthcode_exit_e
healthcode_report_between(healthcode_report_t *report,
    healthcode_report_scrape_t *from, healthcode_report_scrape_t *to)
{
    bool                         wrong;
    healthcode_exit_e            rc = HEALTHCODE_EXIT_OK;
    healthcode_report_series_t  *before, *after = NULL;

    if (from->time && to->time && from->time > to->time) {
        return healthcode_output_usage("--from is later than --to; write the "
                                       "older scrape as --from");
    }

    before = healthcode_report_all(from, &wrong);

    if (before == NULL) {
        return wrong ? healthcode_report_bad(from)
                     : healthcode_output_failed("no memory");
    }

    after = healthcode_report_all(to, &wrong);

    if (after == NULL) {
        rc = wrong ? healthcode_report_bad(to)
                   : healthcode_output_failed("no memory");

    } else {
        report->from = from->time;
        report->to = to->time;
        report->anew = healthcode_report_is_anew(from, to, before, after);
        report->since = report->anew ? to->since : 0;

        healthcode_report_subtract(report, before, report->anew ? 0 : from->n,
                                   after, to->n);
    }

    free(before);
    free(after);

    return rc;
}


/* All counters begin at once: if one has less than before, they did. */
static bool
healthcode_report_is_anew(const healthcode_report_scrape_t *from,
    const healthcode_report_scrape_t *to,
    const healthcode_report_series_t *before,
    const healthcode_report_series_t *after)
{
    int     order;
    size_t  i, k = 0;

    if (from->since != to->since) {
        return true;
    }

    for (i = 0; i < from->n; i++) {

        for (order = -1; k < to->n; k++) {
            order = healthcode_report_order(&after[k], &before[i]);

            if (order >= 0) {
                break;
            }
        }

        if (before[i].count && (k == to->n || order != 0
                                || after[k].count < before[i].count))
        {
            return true;
        }
    }

    return false;
}


/* Both are sorted by the same order. */
static void
healthcode_report_subtract(healthcode_report_t *report,
    const healthcode_report_series_t *before, size_t n,
    const healthcode_report_series_t *after, size_t m)
{
    size_t    i = 0, k;
    int64_t   count;

    for (k = 0; k < m; k++) {
        count = after[k].count;

        while (i < n && healthcode_report_order(&before[i], &after[k]) < 0) {
            i++;
        }

        if (i < n && healthcode_report_order(&before[i], &after[k]) == 0) {
            count -= before[i].count;
        }

        if (report->gate
            && !healthcode_str_equal(after[k].event.gate,
                                     healthcode_str_from(report->gate,
                                                     strlen(report->gate))))
        {
            report->lines.other_gate += (unsigned long long) count;
            continue;
        }

        if (count) {
            (void) healthcode_summary_add(&report->summary, &after[k].event, -1,
                                          (uint64_t) count);
        }
    }
}
