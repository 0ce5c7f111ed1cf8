/*
 * What sentinels say of a master -> which server it is: the word of a majority
 * of those that are configured.  The time is an argument.
 * Knows no: nginx, socket, clock.  docs/connection.md, "Sentinel".
 */

#ifndef HEALTHCODE_SENTINEL_H
#define HEALTHCODE_SENTINEL_H

#include "../core/healthcode_str.h"


/* Sentinels of one master. */
#define HEALTHCODE_SENTINEL_MAX   15

/* Bytes of an address as text, "[", "]:" and a port, with a NUL. */
#define HEALTHCODE_SENTINEL_TEXT  56


/* All zero: none. */
typedef struct {
    uint8_t   bytes[16];
    uint8_t   len;              /* 4: IPv4, 16: IPv6 */
    uint16_t  port;
} healthcode_sentinel_address_t;


/* What one of them has said last. */
typedef struct {
    healthcode_sentinel_address_t  master;
    uint64_t                       epoch;    /* of its configuration */
    uint64_t                       asked;    /* ms: when that was sent which it
                                                answers */
} healthcode_sentinel_word_t;


/* All of them. */
typedef struct {
    size_t                         n;
    uint64_t                       silence;  /* ms */
    healthcode_sentinel_word_t     words[HEALTHCODE_SENTINEL_MAX];

    healthcode_sentinel_address_t  master;   /* named last */
    uint64_t                       epoch;    /* of it */
    uint64_t                       until;    /* ms: named, if nothing is said */
    bool                           is_named; /* it is, now */
    bool                           was_named;   /* one was, some time */
} healthcode_sentinel_t;


typedef enum {
    HEALTHCODE_SENTINEL_NONE = 0,   /* no majority names one, as before */
    HEALTHCODE_SENTINEL_SAME,
    HEALTHCODE_SENTINEL_NEW,        /* master is named from now on */
    HEALTHCODE_SENTINEL_LOST        /* no majority names it any more */
} healthcode_sentinel_e;


/* Of n sentinels, _MAX at most, none of whom has said anything. */
void healthcode_sentinel_init(healthcode_sentinel_t *sentinel, size_t n,
    uint64_t silence);

/* What number i says now, in place of what it said before. */
void healthcode_sentinel_hear(healthcode_sentinel_t *sentinel, size_t i,
    const healthcode_sentinel_word_t *word);

/*
 * Who is the master now.  Named is one by more than half of all n, who agree on
 * address and epoch, in answer to what was sent less than silence ago; it is so
 * for as long.  The epoch is the highest that any of them has said within that
 * time, and never lower than that of a master that was named before.  *left is
 * ms until this is to be asked again, if nothing is heard; 0: not at all.
 */
healthcode_sentinel_e healthcode_sentinel_judge(healthcode_sentinel_t *sentinel,
    uint64_t now, uint64_t *left);

/* How many say what was named last, in answer to what was sent so lately. */
size_t healthcode_sentinel_votes(const healthcode_sentinel_t *sentinel,
    uint64_t now);

/* How many have answered what was sent so lately, whatever they say. */
size_t healthcode_sentinel_speaking(const healthcode_sentinel_t *sentinel,
    uint64_t now);

/*
 * Why no master is named, and behind a semicolon what to do, into text of size
 * bytes, with a NUL.
 */
void healthcode_sentinel_cause(const healthcode_sentinel_t *sentinel,
    uint64_t now, char *text, size_t size);


static inline size_t
healthcode_sentinel_majority(const healthcode_sentinel_t *sentinel)
{
    return sentinel->n / 2 + 1;
}


/*
 * The address of host, an IPv4 or IPv6 literal, and port, of decimal digits.
 * False: nobody can connect to it.
 */
bool healthcode_sentinel_address(healthcode_str_t host, healthcode_str_t port,
    healthcode_sentinel_address_t *address);

bool healthcode_sentinel_is_address(const healthcode_sentinel_address_t *a,
    const healthcode_sentinel_address_t *b);

/* "127.0.0.1:6379" or "[::1]:6379" into text, and returns it. */
const char *healthcode_sentinel_text(
    const healthcode_sentinel_address_t *address,
    char text[HEALTHCODE_SENTINEL_TEXT]);

#endif
