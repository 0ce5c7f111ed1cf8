/*
 * A report as text, for a terminal.
 * Knows no file and adds nothing up.
 * docs/monitoring/log.md, "A gate's day".
 */

#include "healthcode_report.h"


#define HEALTHCODE_REPORT_NAME    24     /* columns of a name, */
#define HEALTHCODE_REPORT_NUMBER  12     /* and of a number */


static void healthcode_report_fact(const char *name, const char *fact);
static void healthcode_report_heading(const healthcode_report_t *report,
    healthcode_report_word_e heading);
static void healthcode_report_row(const char *name,
    const healthcode_summary_counts_t *counts);
static void healthcode_report_pad(const char *text, size_t width, bool right);
static void healthcode_report_hours(const healthcode_report_t *report);
static void healthcode_report_names(const healthcode_report_t *report,
    const healthcode_report_table_t *table);
static void healthcode_report_titles(const healthcode_report_t *report);


void
healthcode_report_text(const healthcode_report_t *report)
{
    healthcode_report_table_t  tables[HEALTHCODE_REPORT_TABLES];

    puts(healthcode_report_headline(report));
    putchar('\n');

    healthcode_report_facts(report, healthcode_report_fact);

    if (report->day.n) {
        healthcode_report_hours(report);
    }

    healthcode_report_tables(report, tables);

    for (size_t i = 0; i < HEALTHCODE_REPORT_TABLES; i++) {
        healthcode_report_names(report, &tables[i]);
    }

    healthcode_report_titles(report);
    putchar('\n');
    puts(healthcode_report_word(report, HEALTHCODE_REPORT_LEGEND));
}


static void
healthcode_report_fact(const char *name, const char *fact)
{
    healthcode_report_pad(name, 10, false);
    puts(fact);
}


static void
healthcode_report_heading(const healthcode_report_t *report,
    healthcode_report_word_e heading)
{
    putchar('\n');
    healthcode_report_pad(healthcode_report_word(report, heading),
                          HEALTHCODE_REPORT_NAME, false);

    for (unsigned i = 0; i < HEALTHCODE_REPORT_COLUMNS; i++) {
        healthcode_report_pad(
            healthcode_report_word(report, HEALTHCODE_REPORT_REQUESTS + i),
            HEALTHCODE_REPORT_NUMBER, true);
    }

    putchar('\n');
}


static void
healthcode_report_row(const char *name,
    const healthcode_summary_counts_t *counts)
{
    uint64_t  columns[HEALTHCODE_REPORT_COLUMNS];

    healthcode_report_columns(counts, columns);
    healthcode_report_pad(name, HEALTHCODE_REPORT_NAME, false);

    for (unsigned i = 0; i < HEALTHCODE_REPORT_COLUMNS; i++) {
        printf("%*llu", HEALTHCODE_REPORT_NUMBER,
               (unsigned long long) columns[i]);
    }

    putchar('\n');
}


/* A name that is longer than its columns has the line for itself. */
static void
healthcode_report_pad(const char *text, size_t width, bool right)
{
    size_t            len, is = 0;
    healthcode_str_t  rest = healthcode_str_from(text, strlen(text));

    for ( ; rest.len; rest.data += len, rest.len -= len) {
        is += healthcode_report_width(rest, &len);
    }

    if (is >= width && !right) {
        printf("%s\n%*s", text, (int) width, "");
        return;
    }

    is = (is < width) ? width - is : 0;
    printf("%*s%s%*s", right ? (int) is : 0, "", text, right ? 0 : (int) is,
           "");
}


static void
healthcode_report_hours(const healthcode_report_t *report)
{
    char                         label[HEALTHCODE_DAY_LABEL];
    healthcode_summary_counts_t  total = { .of = { 0 } };

    healthcode_report_heading(report, HEALTHCODE_REPORT_BY_HOUR);

    for (unsigned i = 0; i < report->day.n; i++) {
        healthcode_report_row(healthcode_day_label(label, &report->day, i),
                              &report->summary.hours[i]);
        healthcode_summary_join(&total, &report->summary.hours[i]);
    }

    healthcode_report_row(healthcode_report_word(report,
                                                 HEALTHCODE_REPORT_TOTAL),
                          &total);
}


static void
healthcode_report_names(const healthcode_report_t *report,
    const healthcode_report_table_t *table)
{
    char                              name[HEALTHCODE_REPORT_FACT];
    healthcode_summary_counts_t       total = table->table->other;
    const healthcode_summary_row_t   *row;

    healthcode_report_heading(report, table->heading);

    for (size_t i = 0; i < table->table->n; i++) {
        row = &table->table->rows[i];
        healthcode_report_row(healthcode_report_name(name, report, row),
                              &row->counts);
        healthcode_summary_join(&total, &row->counts);
    }

    if (healthcode_summary_all(&table->table->other)) {
        healthcode_report_row(healthcode_report_word(report,
                                                     HEALTHCODE_REPORT_OTHER),
                              &table->table->other);
    }

    healthcode_report_row(healthcode_report_word(report,
                                                 HEALTHCODE_REPORT_TOTAL),
                          &total);
}


/* What the words of the reasons mean. */
static void
healthcode_report_titles(const healthcode_report_t *report)
{
    healthcode_str_t                  title;
    const healthcode_summary_row_t   *row;
    const healthcode_summary_table_t *reasons = &report->summary.reasons;

    putchar('\n');

    for (size_t i = 0; i < reasons->n; i++) {
        row = &reasons->rows[i];
        title = healthcode_report_title(report, healthcode_summary_name(row));

        if (title.len) {
            printf("%.*s: %.*s\n", (int) row->len, (const char *) row->name,
                   (int) title.len, (const char *) title.data);
        }
    }
}
