/*
 * Lines of a file of any size, through a buffer of a fixed one.
 * Does not know what is in them.  docs/operations.md, "Bulk loads".
 */

#include <errno.h>
#include <unistd.h>

#include "healthcode_lines.h"


static bool healthcode_lines_fill(healthcode_lines_t *lines);
static bool healthcode_lines_cut(healthcode_lines_t *lines,
    healthcode_str_t *line);


healthcode_lines_e
healthcode_lines_next(healthcode_lines_t *lines, healthcode_str_t *line)
{
    for ( ;; ) {

        while (healthcode_lines_cut(lines, line)) {

            if (!lines->skipping) {
                lines->number++;
                return HEALTHCODE_LINES_LINE;
            }

            lines->skipping = false;
        }

        if (lines->ended) {
            return HEALTHCODE_LINES_END;
        }

        if (lines->end - lines->start == HEALTHCODE_LINES_MAX) {
            lines->start = lines->end = 0;

            if (!lines->skipping) {
                lines->skipping = true;
                lines->number++;
                return HEALTHCODE_LINES_LONG;
            }
        }

        if (!healthcode_lines_fill(lines)) {
            return HEALTHCODE_LINES_FAILED;
        }
    }
}


static bool
healthcode_lines_fill(healthcode_lines_t *lines)
{
    ssize_t  n;

    lines->end -= lines->start;
    memmove(lines->data, lines->data + lines->start, lines->end);
    lines->start = 0;

    do {
        n = read(lines->fd, lines->data + lines->end,
                 HEALTHCODE_LINES_MAX - lines->end);
    } while (n == -1 && errno == EINTR);

    if (n == -1) {
        return false;
    }

    lines->end += (size_t) n;
    lines->ended = (n == 0);

    return true;
}


/* Cuts a line off what is in the buffer; at the end, what is left of it. */
static bool
healthcode_lines_cut(healthcode_lines_t *lines, healthcode_str_t *line)
{
    size_t    len = lines->end - lines->start;
    uint8_t  *newline, *start = lines->data + lines->start;

    newline = len ? memchr(start, '\n', len) : NULL;

    if (newline == NULL) {
        if (!lines->ended || len == 0) {
            return false;
        }

        *line = healthcode_str_from(start, len);
        lines->start = lines->end;

        return true;
    }

    *line = healthcode_str_from(start, (size_t) (newline - start));
    lines->start += line->len + 1;

    return true;
}
