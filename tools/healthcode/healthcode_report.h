/*
 * What the files of "healthcode report" share: what was read, and who writes
 * it.  Knows no store.  docs/monitoring/log.md, "A gate's day".
 */

#ifndef HEALTHCODE_REPORT_H
#define HEALTHCODE_REPORT_H

#include "healthcode_options.h"
#include "healthcode_summary.h"


/* Lines of logs, by what became of them. */
typedef struct {
    unsigned long long  counted;
    unsigned long long  other_kind;     /* no request of a gate */
    unsigned long long  too_long;
    unsigned long long  other_day;
    unsigned long long  other_gate;
} healthcode_report_lines_t;


typedef struct {
    healthcode_day_t           day;         /* n is 0: of two scrapes */
    char                       date[HEALTHCODE_DAY_DATE];
    const char                *gate;        /* NULL: all of them */
    bool                       zh;          /* in Chinese */

    healthcode_summary_t       summary;
    healthcode_report_lines_t  lines;
    int64_t                    first;       /* of other days; Unix seconds, */
    int64_t                    last;        /* where lines.other_day is not 0 */

    /* two scrapes; Unix seconds, 0: unknown */
    int64_t                    from;
    int64_t                    to;
    int64_t                    since;
    bool                       anew;        /* counters began anew between */

    int64_t                    made;        /* when the report was; likewise */
} healthcode_report_t;


/*
 * Adds the lines of the logs, "-" being standard input.  The exit code is
 * HEALTHCODE_EXIT_FAILED if one cannot be read, with a message printed.
 */
healthcode_exit_e healthcode_report_logs(healthcode_report_t *report,
    const healthcode_list_t *files);

/* Adds what was counted between the scrapes in two files of JSON, likewise. */
healthcode_exit_e healthcode_report_scrapes(healthcode_report_t *report,
    const char *from, const char *to);

/* Each writes the report to standard output. */
void healthcode_report_text(const healthcode_report_t *report);
void healthcode_report_csv(const healthcode_report_t *report);
void healthcode_report_html(const healthcode_report_t *report);


/* The words of a report, in its language. */
typedef enum {
    HEALTHCODE_REPORT_LANG,
    HEALTHCODE_REPORT_TITLE_DAY,
    HEALTHCODE_REPORT_TITLE_PERIOD,
    HEALTHCODE_REPORT_GATE,
    HEALTHCODE_REPORT_ALL_GATES,
    HEALTHCODE_REPORT_DAY,
    HEALTHCODE_REPORT_PERIOD,
    HEALTHCODE_REPORT_MADE,
    HEALTHCODE_REPORT_SOURCE,
    HEALTHCODE_REPORT_LINES,
    HEALTHCODE_REPORT_SCRAPES,
    HEALTHCODE_REPORT_ANEW,
    HEALTHCODE_REPORT_REQUESTS,
    HEALTHCODE_REPORT_ALLOWED,
    HEALTHCODE_REPORT_REFUSED,
    HEALTHCODE_REPORT_OVERRULED,
    HEALTHCODE_REPORT_UNDECIDED,
    HEALTHCODE_REPORT_AUDITED,
    HEALTHCODE_REPORT_BY_HOUR,
    HEALTHCODE_REPORT_BY_ISSUER,
    HEALTHCODE_REPORT_BY_REASON,
    HEALTHCODE_REPORT_BY_GATE,
    HEALTHCODE_REPORT_TOTAL,
    HEALTHCODE_REPORT_OTHER,
    HEALTHCODE_REPORT_NOBODY,
    HEALTHCODE_REPORT_LEGEND,
    HEALTHCODE_REPORT_ABORTED,
    HEALTHCODE_REPORT_STOP,         /* at the end of a sentence */

    HEALTHCODE_REPORT_WORDS
} healthcode_report_word_e;

const char *healthcode_report_word(const healthcode_report_t *report,
    healthcode_report_word_e word);

/* What the report is of: a day, or the time between two scrapes. */
const char *healthcode_report_headline(const healthcode_report_t *report);

/* The sentence about a reason; len is 0 if the word is not one. */
healthcode_str_t healthcode_report_title(const healthcode_report_t *report,
    healthcode_str_t reason);

/* Columns of people: what became of the requests. */
#define HEALTHCODE_REPORT_COLUMNS  6

void healthcode_report_columns(const healthcode_summary_counts_t *counts,
    uint64_t columns[HEALTHCODE_REPORT_COLUMNS]);


/* Text for people of len bytes at most, with a NUL, always whole. */
#define HEALTHCODE_REPORT_FACT  512

/*
 * Each writes a fact into text of HEALTHCODE_REPORT_FACT bytes, and returns
 * text: the gate; the day or the period; what the sums rest on; a name as it is
 * shown.
 */
const char *healthcode_report_gate(char *text,
    const healthcode_report_t *report);
const char *healthcode_report_when(char *text,
    const healthcode_report_t *report);
const char *healthcode_report_source(char *text,
    const healthcode_report_t *report);
const char *healthcode_report_name(char *text,
    const healthcode_report_t *report, const healthcode_summary_row_t *row);

/* Writes what is above the tables of a report, a name and a fact at a time. */
void healthcode_report_facts(const healthcode_report_t *report,
    void (*add)(const char *name, const char *fact));

/*
 * The columns that the first character of text takes where all letters are as
 * wide, 2 in East Asia; *len is the number of its bytes.
 */
size_t healthcode_report_width(healthcode_str_t text, size_t *len);


/* The three tables of names: their heading, their rows. */
typedef struct {
    healthcode_report_word_e           heading;
    const char                        *section;     /* in CSV */
    const healthcode_summary_table_t  *table;
} healthcode_report_table_t;

#define HEALTHCODE_REPORT_TABLES  3

void healthcode_report_tables(const healthcode_report_t *report,
    healthcode_report_table_t tables[HEALTHCODE_REPORT_TABLES]);

#endif
