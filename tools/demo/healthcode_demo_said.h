/*
 * What the gate has said last of each holder, by the codes that the demo has
 * issued.  In memory, bounded.  Knows no: clock, JSON, store.
 * docs/demo.md, "The helper".
 */

#ifndef HEALTHCODE_DEMO_SAID_H
#define HEALTHCODE_DEMO_SAID_H

#include "core/healthcode_str.h"


#define HEALTHCODE_DEMO_HOLDERS     256
#define HEALTHCODE_DEMO_HOLDER_MAX  64      /* bytes */
#define HEALTHCODE_DEMO_CODES       4       /* the latest of each holder */
#define HEALTHCODE_DEMO_DIGEST      32      /* SHA-256 */
#define HEALTHCODE_DEMO_WORD_MAX    64
#define HEALTHCODE_DEMO_TITLE_MAX   512


/* Strings end with a NUL; verdict is empty until something was said. */
typedef struct {
    char     verdict[HEALTHCODE_DEMO_WORD_MAX + 1];
    char     reason[HEALTHCODE_DEMO_WORD_MAX + 1];
    char     title[HEALTHCODE_DEMO_TITLE_MAX + 1];
    char     colour[HEALTHCODE_DEMO_WORD_MAX + 1];
    int64_t  at;                            /* Unix seconds */
} healthcode_demo_word_t;

typedef struct {
    char                     holder[HEALTHCODE_DEMO_HOLDER_MAX + 1];
    uint8_t                  codes[HEALTHCODE_DEMO_CODES]
                                  [HEALTHCODE_DEMO_DIGEST];
    uint64_t                 ncodes;        /* issued at all */
    uint64_t                 used;          /* when, counted in codes */
    healthcode_demo_word_t   word;
} healthcode_demo_person_t;

/* Start with all zero. */
typedef struct {
    healthcode_demo_person_t  people[HEALTHCODE_DEMO_HOLDERS];
    size_t                    n;
    uint64_t                  issued;
} healthcode_demo_said_t;


/*
 * Notes that code was issued to holder, of HEALTHCODE_DEMO_HOLDER_MAX bytes at
 * most.  Where all places are taken, the holder whose last code is the oldest
 * goes.  False if OpenSSL fails.
 */
bool healthcode_demo_said_issued(healthcode_demo_said_t *said,
    const char *holder, healthcode_str_t code);

/*
 * Whose code it is, among the latest codes; NULL: it was not issued here, or
 * long ago.  A view, until the next code is issued.
 */
healthcode_demo_person_t *healthcode_demo_said_find(
    healthcode_demo_said_t *said, healthcode_str_t code);

#endif
