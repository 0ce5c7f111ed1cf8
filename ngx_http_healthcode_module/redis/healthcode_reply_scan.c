/*
 * Bytes of RESP -> the bytes that are wanted: a bulk string that is too long is
 * skipped and counted, and a mark takes its place.  Knows no: nginx, socket,
 * hiredis.  docs/connection.md.
 */

#include <stdio.h>
#include <string.h>

#include "healthcode_reply_scan.h"


/* Bytes from run to next are wanted and have not been passed on. */
typedef struct {
    healthcode_reply_scan_t        *scan;
    const char                     *run;
    const char                     *next;
    const char                     *end;
    healthcode_reply_scan_pass_pt   pass;
    void                           *data;
} healthcode_reply_scan_piece_t;


static void healthcode_reply_scan_whole(healthcode_reply_scan_piece_t *piece);
static const char *healthcode_reply_scan_plain(const char *p, const char *end,
    size_t *n);
static bool healthcode_reply_scan_step(healthcode_reply_scan_piece_t *piece);
static void healthcode_reply_scan_type(healthcode_reply_scan_piece_t *piece);
static bool healthcode_reply_scan_number(healthcode_reply_scan_piece_t *piece);
static bool healthcode_reply_scan_length(const healthcode_reply_scan_t *scan,
    size_t *n, bool *null);
static bool healthcode_reply_scan_announced(
    healthcode_reply_scan_piece_t *piece, size_t n, bool null);
static bool healthcode_reply_scan_bulk(healthcode_reply_scan_piece_t *piece,
    size_t n);
static bool healthcode_reply_scan_skip(healthcode_reply_scan_piece_t *piece,
    size_t n);
static bool healthcode_reply_scan_mark(healthcode_reply_scan_piece_t *piece);
static bool healthcode_reply_scan_unhold(healthcode_reply_scan_piece_t *piece);
static void healthcode_reply_scan_line(healthcode_reply_scan_piece_t *piece);
static void healthcode_reply_scan_payload(healthcode_reply_scan_piece_t *piece);
static bool healthcode_reply_scan_crlf(healthcode_reply_scan_piece_t *piece);
static void healthcode_reply_scan_take(healthcode_reply_scan_piece_t *piece,
    size_t n);
static void healthcode_reply_scan_value_done(healthcode_reply_scan_t *scan);
static bool healthcode_reply_scan_flush(healthcode_reply_scan_piece_t *piece,
    const char *until);


bool
healthcode_reply_scan(healthcode_reply_scan_t *scan, const char *bytes,
    size_t len, healthcode_reply_scan_pass_pt pass, void *data)
{
    size_t                         held = 0;
    healthcode_reply_scan_piece_t  piece = {
        scan, bytes, bytes, bytes + len, pass, data
    };

    while (piece.next < piece.end) {

        if (scan->state == HEALTHCODE_REPLY_SCAN_TYPE) {
            healthcode_reply_scan_whole(&piece);

            if (piece.next == piece.end) {
                break;
            }
        }

        if (!healthcode_reply_scan_step(&piece)
            || scan->passed > HEALTHCODE_REPLY_BYTES_MAX)
        {
            return false;
        }
    }

    if (scan->state == HEALTHCODE_REPLY_SCAN_NUMBER) {
        held = scan->header_len - scan->held;
        scan->held = scan->header_len;
    }

    return healthcode_reply_scan_flush(&piece, piece.end - held);
}


/*
 * Takes short values that are here as a whole, which nearly all are, as the
 * steps would; it leaves to them whatever is rare or may be wrong.
 */
static void
healthcode_reply_scan_whole(healthcode_reply_scan_piece_t *piece)
{
    char                      type;
    size_t                    n, passed = piece->scan->passed;
    uint64_t                  values = piece->scan->values;
    const char               *p = piece->next, *next, *end = piece->end;

    while (p < end) {
        type = *p;
        next = healthcode_reply_scan_plain(p + 1, end, &n);

        /* only a null has no number */

        if (next == NULL || (type == '_') != (next == p + 3)) {
            break;
        }

        if (values == 0) {
            values = 1;
            passed = 0;
        }

        if (type == '$') {

            if (n + 2 > (size_t) (end - next)
                || next[n] != '\r' || next[n + 1] != '\n')
            {
                break;
            }

            next += n + 2;
            n = 0;

        } else if (type == '%') {
            n *= 2;

        } else if (type != '*' && type != '_') {
            break;
        }

        if (passed + (size_t) (next - p) > HEALTHCODE_REPLY_ROOM) {
            break;
        }

        passed += (size_t) (next - p);
        values += n;
        values--;
        p = next;
    }

    piece->scan->values = values;
    piece->scan->passed = passed;
    piece->next = p;
}


/* Behind CRLF: n is up to two digits before it, 0 if none.  NULL: else. */
static const char *
healthcode_reply_scan_plain(const char *p, const char *end, size_t *n)
{
    *n = 0;

    if (p < end && *p >= '1' && *p <= '9') {
        *n = (size_t) (*p++ - '0');

        if (p < end && *p >= '0' && *p <= '9') {
            *n = *n * 10 + (size_t) (*p++ - '0');
        }

    } else if (p < end && *p == '0') {
        p++;
    }

    return (end - p >= 2 && p[0] == '\r' && p[1] == '\n') ? p + 2 : NULL;
}


static bool
healthcode_reply_scan_step(healthcode_reply_scan_piece_t *piece)
{
    switch (piece->scan->state) {

    case HEALTHCODE_REPLY_SCAN_TYPE:
        healthcode_reply_scan_type(piece);
        return true;

    case HEALTHCODE_REPLY_SCAN_NUMBER:
        return healthcode_reply_scan_number(piece);

    case HEALTHCODE_REPLY_SCAN_LINE:
        healthcode_reply_scan_line(piece);
        return true;

    case HEALTHCODE_REPLY_SCAN_BULK:
        healthcode_reply_scan_payload(piece);
        return true;

    case HEALTHCODE_REPLY_SCAN_CR:
    case HEALTHCODE_REPLY_SCAN_LF:
        break;
    }

    return healthcode_reply_scan_crlf(piece);
}


/* Looks at the first byte of a value, and takes none. */
static void
healthcode_reply_scan_type(healthcode_reply_scan_piece_t *piece)
{
    healthcode_reply_scan_t  *scan = piece->scan;

    if (scan->values == 0) {
        scan->values = 1;
        scan->passed = 0;
    }

    scan->held = 0;
    scan->header_len = 0;
    scan->after_cr = false;
    scan->state = memchr("$=*%~>", *piece->next, 6)
                  ? HEALTHCODE_REPLY_SCAN_NUMBER : HEALTHCODE_REPLY_SCAN_LINE;
}


static bool
healthcode_reply_scan_number(healthcode_reply_scan_piece_t *piece)
{
    bool                      null;
    size_t                    n;
    healthcode_reply_scan_t  *scan = piece->scan;

    if (scan->header_len == HEALTHCODE_REPLY_HEADER_MAX) {
        return false;
    }

    scan->header[scan->header_len++] = *piece->next;
    healthcode_reply_scan_take(piece, 1);

    if (scan->header[scan->header_len - 1] != '\n') {
        return true;
    }

    return healthcode_reply_scan_length(scan, &n, &null)
           && healthcode_reply_scan_announced(piece, n, null);
}


/* Reads the header; null: a negative length, which hiredis judges. */
static bool
healthcode_reply_scan_length(const healthcode_reply_scan_t *scan, size_t *n,
    bool *null)
{
    size_t  i = 1, len = scan->header_len - 2;

    if (len < 2 || scan->header[len] != '\r') {
        return false;
    }

    *null = (scan->header[1] == '-');
    i += *null;
    *n = 0;

    if (len - i == 0 || len - i > HEALTHCODE_REPLY_DIGITS_MAX
        || (scan->header[i] == '0' && len - i > 1))
    {
        return false;
    }

    for ( /* void */ ; i < len; i++) {

        if (scan->header[i] < '0' || scan->header[i] > '9') {
            return false;
        }

        *n = *n * 10 + (size_t) (scan->header[i] - '0');
    }

    return true;
}


static bool
healthcode_reply_scan_announced(healthcode_reply_scan_piece_t *piece, size_t n,
    bool null)
{
    healthcode_reply_scan_t  *scan = piece->scan;

    if (!null && (scan->header[0] == '$' || scan->header[0] == '=')) {
        return healthcode_reply_scan_bulk(piece, n);
    }

    if (!null) {
        if (n > HEALTHCODE_REPLY_ELEMENTS_MAX) {
            return false;
        }

        scan->values += (scan->header[0] == '%') ? 2 * n : n;
    }

    healthcode_reply_scan_value_done(scan);

    return healthcode_reply_scan_unhold(piece);
}


static bool
healthcode_reply_scan_bulk(healthcode_reply_scan_piece_t *piece, size_t n)
{
    healthcode_reply_scan_t  *scan = piece->scan;

    if (n > HEALTHCODE_REPLY_SKIP_MAX) {
        return false;
    }

    scan->left = n;
    scan->state = n ? HEALTHCODE_REPLY_SCAN_BULK : HEALTHCODE_REPLY_SCAN_CR;

    if (n && scan->header[0] == '$'
        && (n > HEALTHCODE_REPLY_BULK_MAX
            || scan->passed + n > HEALTHCODE_REPLY_ROOM))
    {
        return healthcode_reply_scan_skip(piece, n);
    }

    return healthcode_reply_scan_unhold(piece);
}


/* What is passed on ends before the header, and goes on behind the bulk. */
static bool
healthcode_reply_scan_skip(healthcode_reply_scan_piece_t *piece, size_t n)
{
    healthcode_reply_scan_t  *scan = piece->scan;

    if (!healthcode_reply_scan_flush(piece, piece->next
                                            - (scan->header_len - scan->held)))
    {
        return false;
    }

    piece->run = piece->next;
    scan->skips = n;

    return true;
}


static bool
healthcode_reply_scan_mark(healthcode_reply_scan_piece_t *piece)
{
    int   len;
    char  mark[HEALTHCODE_REPLY_HEADER_MAX];

    len = snprintf(mark, sizeof(mark), "(%zu\r\n", piece->scan->skips);
    piece->scan->skips = 0;

    return piece->pass(piece->data, mark, (size_t) len);
}


/* A line ends with CRLF; a CR or an LF alone belongs to it. */
static void
healthcode_reply_scan_line(healthcode_reply_scan_piece_t *piece)
{
    size_t                    n = (size_t) (piece->end - piece->next);
    const char               *lf = memchr(piece->next, '\n', n);
    bool                      ends = lf && (lf == piece->next
                                            ? piece->scan->after_cr
                                            : lf[-1] == '\r');

    if (lf) {
        n = (size_t) (lf + 1 - piece->next);
    }

    piece->scan->after_cr = (piece->next[n - 1] == '\r');
    healthcode_reply_scan_take(piece, n);

    if (ends) {
        healthcode_reply_scan_value_done(piece->scan);
    }
}


static void
healthcode_reply_scan_payload(healthcode_reply_scan_piece_t *piece)
{
    size_t                    n = (size_t) (piece->end - piece->next);
    healthcode_reply_scan_t  *scan = piece->scan;

    if (n > scan->left) {
        n = scan->left;
    }

    scan->left -= n;
    healthcode_reply_scan_take(piece, n);

    if (scan->left == 0) {
        scan->state = HEALTHCODE_REPLY_SCAN_CR;
    }
}


static bool
healthcode_reply_scan_crlf(healthcode_reply_scan_piece_t *piece)
{
    char                      c = *piece->next;
    healthcode_reply_scan_t  *scan = piece->scan;

    healthcode_reply_scan_take(piece, 1);

    if (scan->state == HEALTHCODE_REPLY_SCAN_CR) {
        scan->state = HEALTHCODE_REPLY_SCAN_LF;
        return c == '\r';
    }

    healthcode_reply_scan_value_done(scan);

    return c == '\n'
           && (scan->skips == 0 || healthcode_reply_scan_mark(piece));
}


static void
healthcode_reply_scan_take(healthcode_reply_scan_piece_t *piece, size_t n)
{
    piece->next += n;

    if (piece->scan->skips) {
        piece->run = piece->next;
    } else {
        piece->scan->passed += n;
    }
}


/* Passes on what of a header came in earlier pieces. */
static bool
healthcode_reply_scan_unhold(healthcode_reply_scan_piece_t *piece)
{
    healthcode_reply_scan_t  *scan = piece->scan;

    return scan->held == 0
           || piece->pass(piece->data, scan->header, scan->held);
}


static void
healthcode_reply_scan_value_done(healthcode_reply_scan_t *scan)
{
    scan->values--;
    scan->state = HEALTHCODE_REPLY_SCAN_TYPE;
}


static bool
healthcode_reply_scan_flush(healthcode_reply_scan_piece_t *piece,
    const char *until)
{
    return until == piece->run
           || piece->pass(piece->data, piece->run,
                          (size_t) (until - piece->run));
}
