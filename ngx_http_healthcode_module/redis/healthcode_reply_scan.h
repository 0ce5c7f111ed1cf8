/*
 * Bytes of RESP -> the bytes that are wanted: a bulk string that is too long is
 * skipped and counted, and a mark takes its place.  Knows no: nginx, socket,
 * hiredis.  docs/connection.md.
 */

#ifndef HEALTHCODE_REPLY_SCAN_H
#define HEALTHCODE_REPLY_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


/* Bytes of one reply that are passed on, and elements of one array or map. */
#define HEALTHCODE_REPLY_BYTES_MAX     65536
#define HEALTHCODE_REPLY_ELEMENTS_MAX  512

/*
 * A longer bulk is skipped; so is every bulk that would make its reply longer
 * than _ROOM, which leaves half of the bytes to marks and headers.  The longest
 * text that is wanted is INFO memory, of 1.5 KB.
 */
#define HEALTHCODE_REPLY_BULK_MAX      8192
#define HEALTHCODE_REPLY_ROOM          (HEALTHCODE_REPLY_BYTES_MAX / 2)

/* A bulk that is longer than this ends the stream. */
#define HEALTHCODE_REPLY_SKIP_MAX      (1024 * 1024)

/* "$", a sign, digits and CRLF; held back until it is whole. */
#define HEALTHCODE_REPLY_DIGITS_MAX    10
#define HEALTHCODE_REPLY_HEADER_MAX    (HEALTHCODE_REPLY_DIGITS_MAX + 4)


/* Between two pieces of one stream.  All zero at its beginning. */
typedef struct {
    enum {
        HEALTHCODE_REPLY_SCAN_TYPE = 0,   /* the first byte of a value */
        HEALTHCODE_REPLY_SCAN_NUMBER,     /* a length that is announced */
        HEALTHCODE_REPLY_SCAN_LINE,
        HEALTHCODE_REPLY_SCAN_BULK,
        HEALTHCODE_REPLY_SCAN_CR,         /* behind a bulk */
        HEALTHCODE_REPLY_SCAN_LF
    }         state;
    bool      after_cr;                   /* the last byte of a line was one */
    uint64_t  values;                     /* that this reply still lacks */
    size_t    passed;                     /* bytes of it */
    size_t    left;                       /* bytes of this bulk */
    size_t    skips;                      /* of so many bytes; 0: it does not */
    size_t    held;                       /* bytes of header, not passed on */
    size_t    header_len;
    char      header[HEALTHCODE_REPLY_HEADER_MAX];
} healthcode_reply_scan_t;


/* Takes wanted bytes, which are copied; false if it cannot. */
typedef bool (*healthcode_reply_scan_pass_pt)(void *data, const char *bytes,
    size_t len);

/*
 * Takes in len bytes, the next of the stream, and passes on those that are
 * wanted.  The mark for a bulk of N bytes is the big number N, "(N\r\n", which
 * Redis answers to no command of a gate; it is passed on once the bulk is over.
 * False, and the stream is of no more use: a reply is too long, a length cannot
 * be read, a bulk does not end with CRLF, or pass() has failed.
 */
bool healthcode_reply_scan(healthcode_reply_scan_t *scan, const char *bytes,
    size_t len, healthcode_reply_scan_pass_pt pass, void *data);

#endif
