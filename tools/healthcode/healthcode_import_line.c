/*
 * A line of "healthcode flag import" -> holder, flag and until.
 * Knows no connection.  docs/operations.md, "Bulk loads".
 */

#include "healthcode_import.h"
#include "healthcode_time.h"


#define HEALTHCODE_IMPORT_FIELDS_MAX  3


static size_t healthcode_import_split(healthcode_str_t text,
    healthcode_str_t *fields);
static const char *healthcode_import_revocation(healthcode_str_t name,
    healthcode_str_t value, const healthcode_import_terms_t *terms,
    int64_t *until);
static bool healthcode_import_until(healthcode_str_t text,
    const healthcode_import_terms_t *terms, int64_t *until);


const char *
healthcode_import_parse(healthcode_str_t text,
    const healthcode_import_terms_t *terms, healthcode_import_line_t *line)
{
    size_t             n;
    uint8_t            holder[HEALTHCODE_HOLDER_LEN];
    const char        *fault;
    int64_t            until = terms->until;
    healthcode_str_t   fields[HEALTHCODE_IMPORT_FIELDS_MAX] = { { NULL, 0 } };

    line->field = "";
    n = healthcode_import_split(text, fields);

    if (n < 2 || n > HEALTHCODE_IMPORT_FIELDS_MAX) {
        return "it needs two or three fields; write SUB FLAG [UNTIL]";
    }

    fault = healthcode_subject_fault(fields[0], terms->options->subject.exact);

    if (fault) {
        line->field = "SUB ";
        return fault;
    }

    if (healthcode_revocation_kind(fields[1])
        != HEALTHCODE_REVOCATION_IS_FLAG)
    {
        fault = healthcode_import_revocation(fields[1], fields[2], terms,
                                             &until);
        if (fault) {
            return fault;
        }

    } else if (healthcode_flag_fault(fields[1], terms->options->custom)) {
        return terms->options->custom
               ? "FLAG is not a flag name"
               : "FLAG is not of the national set; add --custom if it is this "
                 "site's own";

    } else if (n == 3 && !healthcode_import_until(fields[2], terms, &until)) {
        return "UNTIL is not a time, or lies in the past";
    }

    if (!healthcode_subject_holder(&terms->options->subject, terms->pepper,
                                   fields[0], holder))
    {
        return "SUB is not a holder of 32 digits, as --hashed says";
    }

    healthcode_keys_holder(holder, &line->keys);
    memcpy(line->flag, fields[1].data, fields[1].len);
    line->flag[fields[1].len] = '\0';
    snprintf(line->until, sizeof(line->until), "%lld", (long long) until);

    return NULL;
}


/* Returns the number of fields; one past the maximum if there are more. */
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


/* What a store had of revoked codes, so that another one gets it, too. */
static const char *
healthcode_import_revocation(healthcode_str_t name, healthcode_str_t value,
    const healthcode_import_terms_t *terms, int64_t *until)
{
    uint8_t  digest[HEALTHCODE_HOLDER_LEN];

    if (healthcode_revocation_kind(name) == HEALTHCODE_REVOCATION_IS_CODE) {

        if (!healthcode_revocation_parse(name, digest)) {
            return "FLAG is not code: and 32 hexadecimal digits";
        }

        return value.len == 0 || healthcode_import_until(value, terms, until)
               ? NULL : "UNTIL is not a time, or lies in the past";
    }

    if (!healthcode_time_parse(value, terms->now, until) || *until == 0
        || *until > terms->now)
    {
        return "before needs a time that does not lie in the future";
    }

    return NULL;
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
