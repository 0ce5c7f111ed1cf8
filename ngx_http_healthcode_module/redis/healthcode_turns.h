/*
 * In which order the addresses of a server are tried: by SRV records (RFC
 * 2782), IPv6 and IPv4 in turn (RFC 8305), what has failed last.  Time and
 * chance are arguments.  Knows no: nginx, clock, socket.
 * docs/connection.md, "Names".
 */

#ifndef HEALTHCODE_TURNS_H
#define HEALTHCODE_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


/* Milliseconds for which an address that failed comes after the others. */
#define HEALTHCODE_TURNS_AVOIDED  60000

/* Addresses that are tried one after the other; then the server has failed. */
#define HEALTHCODE_TURNS_ROUND    16


/* What the turn of one address depends on. */
typedef struct {
    size_t    address;      /* its number, the caller's */
    size_t    target;       /* number of its SRV record; without, all 0 */
    unsigned  priority;     /* of that record */
    unsigned  weight;
    bool      is_ipv6;
    bool      is_last;      /* that served */
    uint64_t  failed;       /* ms: when; 0: not since it served */
    uint64_t  failure;      /* a number that is larger, the later it was */
    size_t    rank;         /* of _sort() alone */
} healthcode_turn_t;


/*
 * Puts n turns into their order, at now.  Those of a less priority come first.
 * Of one priority: the one that served last; targets by chance, according to
 * their weights; the addresses of a target as they are numbered, but those of
 * IPv6 and of IPv4 in turn.  What has failed in the last minute comes after all
 * others, the oldest failure first, so that the order is the same while all
 * fail.
 */
void healthcode_turns_sort(healthcode_turn_t *turns, size_t n, uint64_t now,
    uint32_t chance);

/* Whether an address that failed is to come after the others still. */
bool healthcode_turns_is_avoided(const healthcode_turn_t *turn, uint64_t now);

#endif
