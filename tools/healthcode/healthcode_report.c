/*
 * healthcode report: a gate's day, from its log or from two scrapes.
 * Does not know how a report is read or written.
 * docs/monitoring/log.md, "A gate's day".
 */

#include <stdlib.h>
#include <time.h>

#include "healthcode_commands.h"
#include "healthcode_report.h"


typedef struct {
    const char  *day;
    const char  *gate;
    const char  *from;
    const char  *to;
    const char  *lang;
    bool         csv;
    bool         html;
} healthcode_report_options_t;


static healthcode_exit_e healthcode_report_run(
    const healthcode_report_options_t *options, const healthcode_list_t *files,
    healthcode_report_t *report);
static bool healthcode_report_terms(const healthcode_report_options_t *options,
    const healthcode_list_t *files, healthcode_report_t *report);
static bool healthcode_report_choose_day(const char *day,
    healthcode_report_t *report);
static bool healthcode_report_language(const char *lang,
    healthcode_report_t *report);
static healthcode_exit_e healthcode_report_nothing(
    const healthcode_report_t *report);
static void healthcode_report_warn(const healthcode_report_t *report);


healthcode_exit_e
healthcode_report(int argc, char **argv)
{
    const char                   *names[HEALTHCODE_LIST_MAX];
    healthcode_exit_e             rc;
    healthcode_report_t          *report;
    healthcode_arguments_t        arguments = { names, 0, HEALTHCODE_LIST_MAX,
                                                { .n = 0 } };
    healthcode_report_options_t   o = { .day = NULL };

    const healthcode_option_t  options[] = {
        { .name = "day", .hint = "YYYY-MM-DD", .value = &o.day },
        { .name = "gate", .hint = "NAME", .value = &o.gate },
        { .name = "from", .hint = "FILE", .value = &o.from },
        { .name = "to", .hint = "FILE", .value = &o.to },
        { .name = "lang", .hint = "zh", .value = &o.lang },
        { .name = "csv", .is_set = &o.csv },
        { .name = "html", .is_set = &o.html },
    };

    for (size_t i = 0; i < HEALTHCODE_LIST_MAX; i++) {
        names[i] = "FILE";
    }

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    report = calloc(1, sizeof(healthcode_report_t));
    if (report == NULL) {
        return healthcode_output_failed("no memory");
    }

    rc = healthcode_report_run(&o, &arguments.list, report);
    free(report);

    return rc;
}


static healthcode_exit_e
healthcode_report_run(const healthcode_report_options_t *options,
    const healthcode_list_t *files, healthcode_report_t *report)
{
    healthcode_exit_e  rc;

    if (!healthcode_report_terms(options, files, report)) {
        return HEALTHCODE_EXIT_USAGE;
    }

    rc = options->from ? healthcode_report_scrapes(report, options->from,
                                                   options->to)
                       : healthcode_report_logs(report, files);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    if (healthcode_summary_all(&report->summary.total) == 0) {
        return healthcode_report_nothing(report);
    }

    healthcode_summary_sort(&report->summary.issuers);
    healthcode_summary_sort(&report->summary.reasons);
    healthcode_summary_sort(&report->summary.gates);
    healthcode_report_warn(report);

    if (options->csv) {
        healthcode_report_csv(report);
    } else if (options->html) {
        healthcode_report_html(report);
    } else {
        healthcode_report_text(report);
    }

    return HEALTHCODE_EXIT_OK;
}


static bool
healthcode_report_terms(const healthcode_report_options_t *options,
    const healthcode_list_t *files, healthcode_report_t *report)
{
    report->gate = options->gate;
    report->made = time(NULL);

    if (options->csv && options->html) {
        healthcode_output_usage("--csv and --html are two reports; write one "
                                "of them");
        return false;
    }

    if ((options->from == NULL) != (options->to == NULL)) {
        healthcode_output_usage("--from and --to belong together; write both, "
                                "each with a file of healthcode_status json");
        return false;
    }

    if (options->from && (options->day || files->n)) {
        healthcode_output_usage("%s is for logs; leave it out, or --from and "
                                "--to", options->day ? "--day" : "FILE");
        return false;
    }

    return healthcode_report_language(options->lang, report)
           && (options->from
               || healthcode_report_choose_day(options->day, report));
}


static bool
healthcode_report_choose_day(const char *day, healthcode_report_t *report)
{
    char  today[HEALTHCODE_DAY_DATE];

    healthcode_day_date(today, report->made);

    if (day == NULL) {
        day = today;
    }

    if (!healthcode_day_read(day, &report->day)) {
        healthcode_output_usage("--day: invalid day \"%s\"; write it as "
                                "2026-03-01, a day of the local time zone",
                                day);
        return false;
    }

    healthcode_day_date(report->date, report->day.start);

    return true;
}


/* By the words of the environment that POSIX asks first. */
static bool
healthcode_report_language(const char *lang, healthcode_report_t *report)
{
    static const char *const  names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    if (lang) {
        if (strcmp(lang, "zh") != 0 && strcmp(lang, "en") != 0) {
            healthcode_output_usage("--lang: unknown language \"%s\"; write en "
                                    "or zh", lang);
            return false;
        }

        report->zh = (lang[0] == 'z');
        return true;
    }

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        lang = getenv(names[i]);

        if (lang && lang[0]) {
            report->zh = (strncmp(lang, "zh", 2) == 0);
            break;
        }
    }

    return true;
}


/* No report is of no request: the day or the gate is another one. */
static healthcode_exit_e
healthcode_report_nothing(const healthcode_report_t *report)
{
    char  first[HEALTHCODE_DAY_DATE], last[HEALTHCODE_DAY_DATE];

    if (report->lines.other_gate) {
        return healthcode_output_no("no request came to gate \"%s\"; %llu came "
                                    "to other gates", report->gate,
                                    report->lines.other_gate);
    }

    if (report->day.n == 0) {
        return healthcode_output_no("no request was counted in between");
    }

    if (report->lines.other_day) {
        return healthcode_output_no("no line is of %s; lines of other days: "
                                    "%llu, from %s to %s; choose one by --day",
                                    report->date, report->lines.other_day,
                                    healthcode_day_date(first, report->first),
                                    healthcode_day_date(last, report->last));
    }

    return healthcode_output_no("no line is a request of a gate; a log of "
                                "$healthcode_json is needed (lines of another "
                                "kind: %llu)", report->lines.other_kind);
}


static void
healthcode_report_warn(const healthcode_report_t *report)
{
    if (report->lines.other_kind || report->lines.too_long) {
        healthcode_output_warn("lines that were passed over: %llu of another "
                               "kind, %llu too long", report->lines.other_kind,
                               report->lines.too_long);
    }

    if (report->anew) {
        healthcode_output_warn("counters began anew between --from and --to; "
                               "what was counted before that is missing");
    }
}
