/*
 * The lines of a gate's log, $healthcode_json, read as a stream: those of the
 * day and the gate are added up, others are counted.
 * Knows no scrape.  docs/monitoring/log.md, "A gate's day".
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "healthcode_lines.h"
#include "healthcode_report.h"


/* What reads a log. */
typedef struct {
    healthcode_lines_t  lines;
    uint64_t            memory[healthcode_json_memory(HEALTHCODE_LINES_MAX)
                               / sizeof(uint64_t) + 1];
} healthcode_report_reader_t;


static healthcode_exit_e healthcode_report_file(healthcode_report_t *report,
    healthcode_report_reader_t *reader, const char *path);
static void healthcode_report_line(healthcode_report_t *report,
    healthcode_report_reader_t *reader, healthcode_str_t line);


healthcode_exit_e
healthcode_report_logs(healthcode_report_t *report,
    const healthcode_list_t *files)
{
    healthcode_exit_e           rc = HEALTHCODE_EXIT_OK;
    healthcode_report_reader_t  *reader;

    reader = malloc(sizeof(healthcode_report_reader_t));
    if (reader == NULL) {
        return healthcode_output_failed("no memory");
    }

    for (size_t i = 0; i < files->n && rc == HEALTHCODE_EXIT_OK; i++) {
        rc = healthcode_report_file(report, reader, files->items[i]);
    }

    if (files->n == 0) {
        rc = healthcode_report_file(report, reader, "-");
    }

    free(reader);

    return rc;
}


static healthcode_exit_e
healthcode_report_file(healthcode_report_t *report,
    healthcode_report_reader_t *reader, const char *path)
{
    bool                 is_input = strcmp(path, "-") == 0;
    healthcode_str_t     line;
    healthcode_exit_e    rc = HEALTHCODE_EXIT_OK;
    healthcode_lines_t  *lines = &reader->lines;

    memset(lines, 0, offsetof(healthcode_lines_t, data));
    lines->fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    if (lines->fd == -1) {
        return healthcode_output_failed("FILE: cannot open \"%s\": %s", path,
                                        strerror(errno));
    }

    for ( ;; ) {

        switch (healthcode_lines_next(lines, &line)) {

        case HEALTHCODE_LINES_LINE:
            healthcode_report_line(report, reader, line);
            continue;

        case HEALTHCODE_LINES_LONG:
            report->lines.too_long++;
            continue;

        case HEALTHCODE_LINES_FAILED:
            rc = healthcode_output_failed("FILE: cannot read \"%s\": %s", path,
                                          strerror(errno));
            break;

        case HEALTHCODE_LINES_END:
            break;
        }

        break;
    }

    if (!is_input) {
        close(lines->fd);
    }

    return rc;
}


static void
healthcode_report_line(healthcode_report_t *report,
    healthcode_report_reader_t *reader, healthcode_str_t line)
{
    int                         hour;
    int64_t                     seconds;
    healthcode_event_t          event;
    healthcode_report_lines_t  *lines = &report->lines;

    if (line.len == 0 || line.data[0] != '{'
        || !healthcode_event_read(line, reader->memory, sizeof(reader->memory),
                                  &event))
    {
        lines->other_kind++;
        return;
    }

    seconds = event.time / 1000;
    hour = healthcode_day_hour(&report->day, seconds);

    if (hour == -1) {
        if (lines->other_day++ == 0) {
            report->first = report->last = seconds;
        }

        report->first = (seconds < report->first) ? seconds : report->first;
        report->last = (seconds > report->last) ? seconds : report->last;
        return;
    }

    if (report->gate
        && !healthcode_str_equal(event.gate,
                                 healthcode_str_from(report->gate,
                                                     strlen(report->gate))))
    {
        lines->other_gate++;
        return;
    }

    if (healthcode_summary_add(&report->summary, &event, hour, 1)) {
        lines->counted++;
    }
}
