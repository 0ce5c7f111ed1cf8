/*
 * In which order the addresses of a server are tried: by SRV records (RFC
 * 2782), IPv6 and IPv4 in turn (RFC 8305), what has failed last.  Time and
 * chance are arguments.  Knows no: nginx, clock, socket.
 * docs/connection.md, "Names".
 */

#include "healthcode_turns.h"


/* Of a target that has no rank yet. */
#define HEALTHCODE_TURNS_NONE  SIZE_MAX


typedef int (*healthcode_turns_compare_pt)(const healthcode_turn_t *a,
    const healthcode_turn_t *b);


static void healthcode_turns_shell(healthcode_turn_t *turns, size_t n,
    healthcode_turns_compare_pt compare);
static int healthcode_turns_by_target(const healthcode_turn_t *a,
    const healthcode_turn_t *b);
static int healthcode_turns_by_turn(const healthcode_turn_t *a,
    const healthcode_turn_t *b);
static int healthcode_turns_compare(uint64_t one, uint64_t other);
static size_t healthcode_turns_end(const healthcode_turn_t *turns, size_t n,
    size_t i, bool is_target);
static void healthcode_turns_weigh(healthcode_turn_t *turns, size_t n,
    size_t rank, uint32_t *chance);
static size_t healthcode_turns_pick(const healthcode_turn_t *turns, size_t n,
    uint32_t *chance);
static void healthcode_turns_mix(healthcode_turn_t *turns, size_t n,
    size_t rank);


void
healthcode_turns_sort(healthcode_turn_t *turns, size_t n, uint64_t now,
    uint32_t chance)
{
    size_t  i, end;

    if (n == 0) {
        return;
    }

    for (i = 0; i < n; i++) {
        turns[i].rank = HEALTHCODE_TURNS_NONE;

        if (!healthcode_turns_is_avoided(&turns[i], now)) {
            turns[i].failed = 0;
        }
    }

    healthcode_turns_shell(turns, n, healthcode_turns_by_target);

    for (i = 0; i < n; i = end) {
        end = healthcode_turns_end(turns, n, i, false);
        healthcode_turns_weigh(turns + i, end - i, i, &chance);
    }

    healthcode_turns_shell(turns, n, healthcode_turns_by_turn);
}


bool
healthcode_turns_is_avoided(const healthcode_turn_t *turn, uint64_t now)
{
    return turn->failed && now - turn->failed < HEALTHCODE_TURNS_AVOIDED;
}


/* Shell's, since a name server may list thousands. */
static void
healthcode_turns_shell(healthcode_turn_t *turns, size_t n,
    healthcode_turns_compare_pt compare)
{
    size_t             i, j, gap;
    healthcode_turn_t  turn;

    for (gap = n / 2; gap > 0; gap /= 2) {
        for (i = gap; i < n; i++) {

            turn = turns[i];

            for (j = i;
                 j >= gap && compare(&turns[j - gap], &turn) > 0;
                 j -= gap)
            {
                turns[j] = turns[j - gap];
            }

            turns[j] = turn;
        }
    }
}


static int
healthcode_turns_compare(uint64_t one, uint64_t other)
{
    return (one > other) - (one < other);
}


/* By priority; without weights first; by target; by number. */
static int
healthcode_turns_by_target(const healthcode_turn_t *a,
    const healthcode_turn_t *b)
{
    int  rc;

    rc = healthcode_turns_compare(a->priority, b->priority);

    if (rc == 0) {
        rc = healthcode_turns_compare(a->weight != 0, b->weight != 0);
    }

    if (rc == 0) {
        rc = healthcode_turns_compare(a->target, b->target);
    }

    return rc ? rc : healthcode_turns_compare(a->address, b->address);
}


static int
healthcode_turns_by_turn(const healthcode_turn_t *a,
    const healthcode_turn_t *b)
{
    int  rc;

    rc = healthcode_turns_compare(a->failed != 0, b->failed != 0);

    if (rc == 0 && a->failed) {
        return healthcode_turns_compare(a->failure, b->failure);
    }

    if (rc == 0) {
        rc = healthcode_turns_compare(a->priority, b->priority);
    }

    if (rc == 0) {
        rc = healthcode_turns_compare(b->is_last, a->is_last);
    }

    return rc ? rc : healthcode_turns_compare(a->rank, b->rank);
}


/* Behind those of the priority, or of the target, of number i. */
static size_t
healthcode_turns_end(const healthcode_turn_t *turns, size_t n, size_t i,
    bool is_target)
{
    size_t  end = i + 1;

    while (end < n
           && turns[end].priority == turns[i].priority
           && (!is_target || turns[end].target == turns[i].target))
    {
        end++;
    }

    return end;
}


/*
 * Ranks those of one priority, from rank on.  More targets than are tried in a
 * row are not drawn: they follow as they are.
 */
static void
healthcode_turns_weigh(healthcode_turn_t *turns, size_t n, size_t rank,
    uint32_t *chance)
{
    size_t    i, end;
    unsigned  drawn;

    for (drawn = 0; drawn < HEALTHCODE_TURNS_ROUND; drawn++) {

        i = healthcode_turns_pick(turns, n, chance);
        if (i == n) {
            return;
        }

        end = healthcode_turns_end(turns, n, i, true);
        healthcode_turns_mix(turns + i, end - i, rank);
        rank += end - i;
    }

    for (i = 0; i < n; i++) {
        if (turns[i].rank == HEALTHCODE_TURNS_NONE) {
            turns[i].rank = rank++;
        }
    }
}


/* The first turn of the target that is next, as RFC 2782 draws it; or n. */
static size_t
healthcode_turns_pick(const healthcode_turn_t *turns, size_t n,
    uint32_t *chance)
{
    size_t    i, picked = n;
    uint64_t  sum = 0, at;

    for (i = 0; i < n; i = healthcode_turns_end(turns, n, i, true)) {
        sum += (turns[i].rank == HEALTHCODE_TURNS_NONE) ? turns[i].weight : 0;
    }

    *chance = *chance * 1664525 + 1013904223;
    at = ((uint64_t) *chance * (sum + 1)) >> 32;
    sum = 0;

    for (i = 0; i < n; i = healthcode_turns_end(turns, n, i, true)) {

        if (turns[i].rank != HEALTHCODE_TURNS_NONE) {
            continue;
        }

        picked = i;
        sum += turns[i].weight;

        if (sum >= at) {
            break;
        }
    }

    return picked;
}


/* Ranks the addresses of one target, from rank on: IPv6 first, then in turn. */
static void
healthcode_turns_mix(healthcode_turn_t *turns, size_t n, size_t rank)
{
    bool    is_ipv6 = true;
    size_t  next[2] = { 0, 0 };

    for (size_t i = 0; i < n; i++, is_ipv6 = !is_ipv6) {

        while (next[0] < n && turns[next[0]].is_ipv6) {
            next[0]++;
        }

        while (next[1] < n && !turns[next[1]].is_ipv6) {
            next[1]++;
        }

        if (next[is_ipv6] == n) {
            is_ipv6 = !is_ipv6;
        }

        turns[next[is_ipv6]].rank = rank++;
        next[is_ipv6]++;
    }
}
