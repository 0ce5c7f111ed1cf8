/*
 * A line of "healthcode flag import" -> holder, flag and until.
 * Knows no connection.  docs/operations.md, "Bulk loads".
 */

#ifndef HEALTHCODE_IMPORT_H
#define HEALTHCODE_IMPORT_H

#include "core/healthcode_revocation.h"
#include "healthcode_flag.h"


/* What all lines share. */
typedef struct {
    const healthcode_flag_options_t  *options;
    healthcode_pepper_t              *pepper;
    int64_t                           until;     /* of a line that has none */
    int64_t                           now;
} healthcode_import_terms_t;

/* One line, copied, for as long as its answer may ask for it again. */
typedef struct {
    unsigned long long         number;
    const char                *field;   /* that is wrong, with a blank */
    bool                       again;   /* the server did not know the script,
                                           or does not have the slot */
    int                        node;    /* of a cluster, to which it went */
    healthcode_keys_holder_t   keys;
    char                       flag[HEALTHCODE_REVOCATION_FIELD + 1];
    char                       until[24];
} healthcode_import_line_t;


/*
 * Reads "SUB FLAG [UNTIL]", parted by blanks, or by single tabs if the line
 * has a tab: then SUB may contain blanks.  NULL: *line is written, except its
 * number; else what is wrong, which never repeats SUB and goes after
 * line->field.
 */
const char *healthcode_import_parse(healthcode_str_t text,
    const healthcode_import_terms_t *terms, healthcode_import_line_t *line);

#endif
