/*
 * Lines of a file of any size, through a buffer of a fixed one.
 * Does not know what is in them.  docs/operations.md, "Bulk loads".
 */

#ifndef HEALTHCODE_LINES_H
#define HEALTHCODE_LINES_H

#include "core/healthcode_str.h"


/* A longer line comes out as HEALTHCODE_LINES_LONG. */
#define HEALTHCODE_LINES_MAX  65536


typedef enum {
    HEALTHCODE_LINES_END,
    HEALTHCODE_LINES_FAILED,    /* errno says why */
    HEALTHCODE_LINES_LONG,      /* it is passed over */
    HEALTHCODE_LINES_LINE
} healthcode_lines_e;

/* Start with all zero but the descriptor. */
typedef struct {
    int                  fd;
    bool                 ended;       /* nothing more to read */
    bool                 skipping;    /* the rest of a long line */
    size_t               start;
    size_t               end;
    unsigned long long   number;      /* of the last line, from 1 */
    uint8_t              data[HEALTHCODE_LINES_MAX];
} healthcode_lines_t;


/*
 * Takes the next line, without its newline; *line views the buffer until the
 * next call.  A last line need not end with one.
 */
healthcode_lines_e healthcode_lines_next(healthcode_lines_t *lines,
    healthcode_str_t *line);

#endif
