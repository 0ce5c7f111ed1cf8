/*
 * A report as CSV (RFC 4180), for a spreadsheet or a program: no cell of it is
 * taken for a formula.  Knows no file and adds nothing up.
 * docs/monitoring/log.md, "CSV".
 */

#include "healthcode_report.h"


static void healthcode_report_cell(healthcode_str_t text);
static void healthcode_report_record(const char *section, healthcode_str_t name,
    const healthcode_summary_counts_t *counts);
static void healthcode_report_about(const char *name, unsigned long long n);


void
healthcode_report_csv(const healthcode_report_t *report)
{
    char                             time[HEALTHCODE_DAY_TIME];
    healthcode_str_t                 name;
    const healthcode_report_lines_t  *lines = &report->lines;
    healthcode_report_table_t        tables[HEALTHCODE_REPORT_TABLES];

    fputs("section,name,requests", stdout);

    for (unsigned i = 0; i < HEALTHCODE_EVENT_VERDICTS; i++) {
        name = healthcode_event_word(i);
        printf(",%.*s", (int) name.len, (const char *) name.data);
    }

    fputs("\r\n", stdout);

    healthcode_report_record("total", healthcode_str(""),
                             &report->summary.total);

    for (unsigned i = 0; i < report->day.n; i++) {
        healthcode_day_time(time, report->day.hours[i].start);
        healthcode_report_record("hour", healthcode_str_from(time,
                                                             strlen(time)),
                                 &report->summary.hours[i]);
    }

    healthcode_report_tables(report, tables);

    for (size_t i = 0; i < HEALTHCODE_REPORT_TABLES; i++) {

        for (size_t k = 0; k < tables[i].table->n; k++) {
            name = healthcode_summary_name(&tables[i].table->rows[k]);

            if (healthcode_str_equal(name, healthcode_str("-"))) {
                name = healthcode_str("(none)");
            }

            healthcode_report_record(tables[i].section, name,
                                     &tables[i].table->rows[k].counts);
        }

        if (healthcode_summary_all(&tables[i].table->other)) {
            healthcode_report_record(tables[i].section,
                                     healthcode_str("(others)"),
                                     &tables[i].table->other);
        }
    }

    if (report->day.n) {
        healthcode_report_about("counted", lines->counted);
        healthcode_report_about("other gates", lines->other_gate);
        healthcode_report_about("other days", lines->other_day);
        healthcode_report_about("another kind", lines->other_kind);
        healthcode_report_about("too long", lines->too_long);
    }
}


/*
 * A spreadsheet computes what begins with one of = + - @, or with a tab or a
 * newline: a quote before it makes it text.
 */
static void
healthcode_report_cell(healthcode_str_t text)
{
    putchar('"');

    if (text.len && text.data[0] && strchr("=+-@\t\r\n", text.data[0])) {
        putchar('\'');
    }

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"') {
            putchar('"');
        }

        putchar(text.data[i]);
    }

    putchar('"');
}


static void
healthcode_report_record(const char *section, healthcode_str_t name,
    const healthcode_summary_counts_t *counts)
{
    printf("%s,", section);
    healthcode_report_cell(name);
    printf(",%llu", (unsigned long long) healthcode_summary_all(counts));

    for (unsigned i = 0; i < HEALTHCODE_EVENT_VERDICTS; i++) {
        printf(",%llu", (unsigned long long) counts->of[i]);
    }

    fputs("\r\n", stdout);
}


/* Lines of the logs. */
static void
healthcode_report_about(const char *name, unsigned long long n)
{
    printf("lines,\"%s\",%llu", name, n);

    for (unsigned i = 0; i < HEALTHCODE_EVENT_VERDICTS; i++) {
        putchar(',');
    }

    fputs("\r\n", stdout);
}
