/*
 * A line of "healthcode flag import" -> holder, flag and until.
 * Knows no connection.  docs/operations.md, "Bulk loads".
 */

#include "healthcode_import.h"
#include "healthcode_time.h"


#define HEALTHCODE_IMPORT_FIELDS_MAX  3


static size_t healthcode_import_split(healthcode_str_t text,
    healthcode_str_t *fields);
static bool healthcode_import_until(healthcode_str_t text,
    const healthcode_import_terms_t *terms, int64_t *until);


const char *
healthcode_import_parse(healthcode_str_t text,
    const healthcode_import_terms_t *terms, healthcode_import_line_t *line)
{
    char               holder[HEALTHCODE_HOLDER_HEX];
    size_t             n;
    const char        *fault;
    int64_t            until = terms->until;
    healthcode_str_t   fields[HEALTHCODE_IMPORT_FIELDS_MAX];

    line->field = "";
    n = healthcode_import_split(text, fields);

    if (n < 2 || n > HEALTHCODE_IMPORT_FIELDS_MAX) {
        return "it has not two or three fields; write SUB FLAG [UNTIL]";
    }

    fault = healthcode_subject_fault(fields[0], terms->options->subject.exact);

    if (fault) {
        line->field = "SUB ";
        return fault;
    }

    if (healthcode_flag_fault(fields[1], terms->options->custom)) {
        return terms->options->custom
               ? "FLAG is no name of a flag"
               : "FLAG is not of the national set; add --custom if it is this "
                 "site's own";
    }

    if (n == 3 && !healthcode_import_until(fields[2], terms, &until)) {
        return "UNTIL is no time, or lies in the past";
    }

    if (!healthcode_subject_holder(&terms->options->subject, terms->pepper,
                                   fields[0], holder))
    {
        return "SUB is no holder of 32 digits, as --hashed says";
    }

    healthcode_flag_keys(holder, &line->keys);
    memcpy(line->flag, fields[1].data, fields[1].len);
    line->flag[fields[1].len] = '\0';
    snprintf(line->until, sizeof(line->until), "%lld", (long long) until);

    return NULL;
}


/* Returns the number of fields; one past the maximum where there are more. */
static size_t
healthcode_import_split(healthcode_str_t text, healthcode_str_t *fields)
{
    bool            tabs;
    size_t          n = 0;
    const uint8_t  *p = text.data, *end = text.data + text.len, *start;

    tabs = memchr(p, '\t', text.len) != NULL;

    for ( ;; ) {

        while (!tabs && p < end && *p == ' ') {
            p++;
        }

        if (!tabs && p == end) {
            return n;
        }

        if (n == HEALTHCODE_IMPORT_FIELDS_MAX) {
            return n + 1;
        }

        for (start = p; p < end && *p != (tabs ? '\t' : ' '); p++) {
            /* to the end of the field */
        }

        fields[n++] = healthcode_str_from(start, (size_t) (p - start));

        if (p == end) {
            return n;
        }

        p++;
    }
}


static bool
healthcode_import_until(healthcode_str_t text,
    const healthcode_import_terms_t *terms, int64_t *until)
{
    int64_t  seconds;

    if (!healthcode_time_parse(text, terms->now, &seconds)
        || (seconds != 0 && seconds <= terms->now))
    {
        return false;
    }

    *until = seconds;

    return true;
}
