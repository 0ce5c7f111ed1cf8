/*
 * A report as one page of HTML that needs no other file, and prints on one A4
 * sheet: long tables end with the sum of their rest.
 * Knows no file.  docs/monitoring/log.md, "A page to print".
 */

#include <inttypes.h>

#include "healthcode_report.h"


/* Lines of a table that the sheet has room for, by table. */
#define HEALTHCODE_REPORT_ISSUERS  10
#define HEALTHCODE_REPORT_REASONS  20
#define HEALTHCODE_REPORT_GATES    16

/* Columns of a name: on one line, and at most, on two. */
#define HEALTHCODE_REPORT_LINE     18
#define HEALTHCODE_REPORT_SHOWN    32


static void healthcode_report_escaped(healthcode_str_t text);
static void healthcode_report_string(const char *text);
static void healthcode_report_cut(const char *name);
static bool healthcode_report_is_long(const char *name);
static void healthcode_report_fact_row(const char *name, const char *fact);
static void healthcode_report_open(const healthcode_report_t *report,
    healthcode_report_word_e heading);
static void healthcode_report_close(const healthcode_report_t *report,
    const healthcode_summary_counts_t *total);
static void healthcode_report_cells(const healthcode_summary_counts_t *counts);
static void healthcode_report_page_hours(const healthcode_report_t *report);
static void healthcode_report_titles(const healthcode_report_t *report);
static void healthcode_report_page_names(const healthcode_report_t *report,
    const healthcode_report_table_t *table, size_t most);


static const char  healthcode_report_style[] =
"@page { size: A4; margin: 12mm }\n"
"body { font: 9pt/1.3 system-ui, sans-serif; margin: 1em; color: #111;\n"
"       background: #fff }\n"
"h1 { font-size: 15pt; margin: 0 0 .3em }\n"
"dl { display: grid; grid-template-columns: max-content 1fr;\n"
"     gap: 0 1em; margin: 0 0 .8em }\n"
"dd { margin: 0; overflow-wrap: anywhere }\n"
"main { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.2em;\n"
"       align-items: start }\n"
"table { border-collapse: collapse; width: 100%; margin: 0 0 1em;\n"
"        font-size: 7.5pt }\n"
"caption { text-align: left; font-weight: bold; font-size: 10pt }\n"
"th { text-align: right; font-weight: normal; color: #444;\n"
"     padding: 0 0 0 .5em }\n"
"thead th { font-size: 6.5pt; vertical-align: bottom }\n"
"th:first-child { padding: 0 }\n"
"td { text-align: right; padding: 0 0 0 .5em; border-top: 1px solid #ddd;\n"
"     font-variant-numeric: tabular-nums }\n"
"tbody th, tfoot th, thead th:first-child { text-align: left }\n"
"tbody th, tfoot th { color: #111; border-top: 1px solid #ddd;\n"
"                     overflow-wrap: anywhere; min-width: 8em }\n"
".hour th { min-width: 0; white-space: nowrap }\n"
"tfoot td, tfoot th { font-weight: bold; border-top: 1px solid #111 }\n"
"p { margin: 0 0 .5em; color: #444; font-size: 7.5pt }\n"
"p b { font-weight: normal; color: #111 }\n"
"@media screen and (max-width: 60em) { main { display: block } }\n"
"@media print { body { margin: 0 } table { break-inside: avoid } }\n";


void
healthcode_report_html(const healthcode_report_t *report)
{
    char                        gate[HEALTHCODE_REPORT_FACT];
    size_t                      i;
    healthcode_report_table_t   tables[HEALTHCODE_REPORT_TABLES];

    static const size_t  most[HEALTHCODE_REPORT_TABLES] = {
        HEALTHCODE_REPORT_ISSUERS, HEALTHCODE_REPORT_REASONS,
        HEALTHCODE_REPORT_GATES
    };

    printf("<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n"
           "<meta charset=\"utf-8\"/>\n"
           "<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>",
           healthcode_report_word(report, HEALTHCODE_REPORT_LANG));
    healthcode_report_string(healthcode_report_headline(report));

    if (report->gate) {
        putchar(' ');
        healthcode_report_cut(healthcode_report_gate(gate, report));
    }

    printf(" %s</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>",
           report->date, healthcode_report_style);
    healthcode_report_string(healthcode_report_headline(report));
    puts("</h1>");
    puts("<dl>");
    healthcode_report_facts(report, healthcode_report_fact_row);
    puts("</dl>");
    puts("<main>\n<div>");

    if (report->day.n) {
        healthcode_report_page_hours(report);
    }

    healthcode_report_tables(report, tables);

    for (i = 0; i < HEALTHCODE_REPORT_TABLES; i++) {
        healthcode_report_page_names(report, &tables[i], most[i]);

        /* the issuers stand below the hours, the others beside them */
        fputs(i == 0 ? "</div>\n<div>\n" : "", stdout);
    }

    puts("</div>\n</main>");
    healthcode_report_titles(report);
    fputs("<p>", stdout);
    healthcode_report_string(healthcode_report_word(report,
                                                    HEALTHCODE_REPORT_LEGEND));
    puts("</p>\n</body>\n</html>");
}


static void
healthcode_report_escaped(healthcode_str_t text)
{
    for (size_t i = 0; i < text.len; i++) {

        switch (text.data[i]) {
        case '&': fputs("&amp;", stdout); break;
        case '<': fputs("&lt;", stdout); break;
        case '>': fputs("&gt;", stdout); break;
        case '"': fputs("&quot;", stdout); break;
        case '\'': fputs("&#39;", stdout); break;
        default: putchar(text.data[i]);
        }
    }
}


static void
healthcode_report_string(const char *text)
{
    healthcode_report_escaped(healthcode_str_from(text, strlen(text)));
}


/* The beginning of a name, which is shown as it is. */
static void
healthcode_report_cut(const char *name)
{
    size_t            len, width = 0;
    healthcode_str_t  all, rest;

    all = rest = healthcode_str_from(name, strlen(name));

    while (rest.len) {
        width += healthcode_report_width(rest, &len);

        if (width > HEALTHCODE_REPORT_SHOWN) {
            break;
        }

        rest.data += len;
        rest.len -= len;
    }

    all.len -= rest.len;
    healthcode_report_escaped(all);

    if (rest.len) {
        fputs("…", stdout);
    }
}


/* Whether a name takes two lines. */
static bool
healthcode_report_is_long(const char *name)
{
    size_t            len, width = 0;
    healthcode_str_t  rest = healthcode_str_from(name, strlen(name));

    while (rest.len && width <= HEALTHCODE_REPORT_LINE) {
        width += healthcode_report_width(rest, &len);
        rest.data += len;
        rest.len -= len;
    }

    return width > HEALTHCODE_REPORT_LINE;
}


static void
healthcode_report_fact_row(const char *name, const char *fact)
{
    printf("<dt>");
    healthcode_report_string(name);
    printf("</dt><dd>");
    healthcode_report_string(fact);
    puts("</dd>");
}


static void
healthcode_report_open(const healthcode_report_t *report,
    healthcode_report_word_e heading)
{
    printf("<table>\n<caption>");
    healthcode_report_string(healthcode_report_word(report, heading));
    printf("</caption>\n<thead><tr><th></th>");

    for (unsigned i = 0; i < HEALTHCODE_REPORT_COLUMNS; i++) {
        printf("<th scope=\"col\">");
        healthcode_report_string(
            healthcode_report_word(report, HEALTHCODE_REPORT_REQUESTS + i));
        printf("</th>");
    }

    puts("</tr></thead>\n<tbody>");
}


static void
healthcode_report_close(const healthcode_report_t *report,
    const healthcode_summary_counts_t *total)
{
    printf("</tbody>\n<tfoot><tr><th scope=\"row\">");
    healthcode_report_string(healthcode_report_word(report,
                                                    HEALTHCODE_REPORT_TOTAL));
    printf("</th>");
    healthcode_report_cells(total);
    puts("</tr></tfoot>\n</table>");
}


static void
healthcode_report_cells(const healthcode_summary_counts_t *counts)
{
    uint64_t  columns[HEALTHCODE_REPORT_COLUMNS];

    healthcode_report_columns(counts, columns);

    for (unsigned i = 0; i < HEALTHCODE_REPORT_COLUMNS; i++) {
        printf("<td>%" PRIu64 "</td>", columns[i]);
    }
}


static void
healthcode_report_page_hours(const healthcode_report_t *report)
{
    char                         label[HEALTHCODE_DAY_LABEL];
    healthcode_summary_counts_t  total = { .of = { 0 } };

    healthcode_report_open(report, HEALTHCODE_REPORT_BY_HOUR);

    for (unsigned i = 0; i < report->day.n; i++) {
        printf("<tr class=\"hour\"><th scope=\"row\">%s</th>",
               healthcode_day_label(label, &report->day, i));
        healthcode_report_cells(&report->summary.hours[i]);
        puts("</tr>");

        healthcode_summary_join(&total, &report->summary.hours[i]);
    }

    healthcode_report_close(report, &total);
}


static void
healthcode_report_page_names(const healthcode_report_t *report,
    const healthcode_report_table_t *table, size_t most)
{
    char                              name[HEALTHCODE_REPORT_FACT];
    size_t                            i, lines = 0, n = table->table->n;
    healthcode_summary_counts_t       total = { .of = { 0 } };
    healthcode_summary_counts_t       rest = table->table->other;
    const healthcode_summary_row_t   *row;

    healthcode_report_open(report, table->heading);

    for (i = 0; i < n; i++) {
        row = &table->table->rows[i];
        healthcode_report_name(name, report, row);

        lines += healthcode_report_is_long(name) ? 2 : 1;

        if (lines > most) {
            healthcode_summary_join(&rest, &row->counts);
            continue;
        }

        printf("<tr><th scope=\"row\">");
        healthcode_report_cut(name);

        printf("</th>");
        healthcode_report_cells(&row->counts);
        puts("</tr>");

        healthcode_summary_join(&total, &row->counts);
    }

    if (healthcode_summary_all(&rest)) {
        printf("<tr><th scope=\"row\">");
        healthcode_report_string(healthcode_report_word(report,
                                                    HEALTHCODE_REPORT_OTHER));
        printf("</th>");
        healthcode_report_cells(&rest);
        puts("</tr>");

        healthcode_summary_join(&total, &rest);
    }

    healthcode_report_close(report, &total);
}


/* What the words of the reasons mean, those that are on the page. */
static void
healthcode_report_titles(const healthcode_report_t *report)
{
    healthcode_str_t                  title;
    const healthcode_summary_row_t   *row;
    const healthcode_summary_table_t *reasons = &report->summary.reasons;

    puts("<p>");

    for (size_t i = 0; i < reasons->n && i < HEALTHCODE_REPORT_REASONS; i++) {
        row = &reasons->rows[i];
        title = healthcode_report_title(report, healthcode_summary_name(row));

        if (title.len) {
            printf("<b>");
            healthcode_report_escaped(healthcode_summary_name(row));
            printf("</b>: ");
            healthcode_report_escaped(title);
            puts(healthcode_report_word(report, HEALTHCODE_REPORT_STOP));
        }
    }

    puts("</p>");
}
