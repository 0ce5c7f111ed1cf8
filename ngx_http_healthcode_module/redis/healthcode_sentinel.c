/*
 * What sentinels say of a master -> which server it is: the word of a majority
 * of those that are configured.  The time is an argument.
 * Knows no: nginx, socket, clock.  docs/connection.md, "Sentinel".
 */

#include <arpa/inet.h>
#include <stdio.h>

#include "healthcode_sentinel.h"


#define HEALTHCODE_SENTINEL_PORT_DIGITS  5


static bool healthcode_sentinel_is_fresh(const healthcode_sentinel_t *sentinel,
    size_t i, uint64_t now);
static uint64_t healthcode_sentinel_highest(
    const healthcode_sentinel_t *sentinel, uint64_t now);
static bool healthcode_sentinel_agrees(const healthcode_sentinel_t *sentinel,
    size_t i, const healthcode_sentinel_address_t *master, uint64_t epoch,
    uint64_t now);
static bool healthcode_sentinel_agreed(const healthcode_sentinel_t *sentinel,
    const healthcode_sentinel_word_t *word, uint64_t now, uint64_t *since);


void
healthcode_sentinel_init(healthcode_sentinel_t *sentinel, size_t n,
    uint64_t silence)
{
    memset(sentinel, 0, sizeof(healthcode_sentinel_t));

    sentinel->n = n;
    sentinel->silence = silence;
}


void
healthcode_sentinel_hear(healthcode_sentinel_t *sentinel, size_t i,
    const healthcode_sentinel_word_t *word)
{
    sentinel->words[i] = *word;
}


/* ---- the majority ---- */

healthcode_sentinel_e
healthcode_sentinel_judge(healthcode_sentinel_t *sentinel, uint64_t now,
    uint64_t *left)
{
    bool                               same;
    size_t                             i;
    uint64_t                           since = 0, highest;
    const healthcode_sentinel_word_t  *word = NULL;

    highest = healthcode_sentinel_highest(sentinel, now);

    for (i = 0; i < sentinel->n && word == NULL; i++) {
        if (sentinel->words[i].epoch == highest
            && healthcode_sentinel_agreed(sentinel, &sentinel->words[i], now,
                                          &since))
        {
            word = &sentinel->words[i];
        }
    }

    if (word == NULL) {

        /* for as long as they may be silent what they agreed on stays */

        if (sentinel->is_named && now < sentinel->until) {
            *left = sentinel->until - now;
            return HEALTHCODE_SENTINEL_SAME;
        }

        *left = 0;
        same = !sentinel->is_named;
        sentinel->is_named = false;

        return same ? HEALTHCODE_SENTINEL_NONE : HEALTHCODE_SENTINEL_LOST;
    }

    same = sentinel->is_named
           && healthcode_sentinel_is_address(&sentinel->master, &word->master);

    if (!same || since + sentinel->silence > sentinel->until) {
        sentinel->until = since + sentinel->silence;
    }

    sentinel->master = word->master;
    sentinel->epoch = word->epoch;
    sentinel->is_named = true;
    sentinel->was_named = true;

    *left = sentinel->until - now;

    return same ? HEALTHCODE_SENTINEL_SAME : HEALTHCODE_SENTINEL_NEW;
}


/* An answer is as old as its question. */
static bool
healthcode_sentinel_is_fresh(const healthcode_sentinel_t *sentinel, size_t i,
    uint64_t now)
{
    const healthcode_sentinel_word_t  *word = &sentinel->words[i];

    return word->master.len && now < word->asked + sentinel->silence;
}


/* The epoch that counts: one sentinel is enough to know that it has begun. */
static uint64_t
healthcode_sentinel_highest(const healthcode_sentinel_t *sentinel,
    uint64_t now)
{
    uint64_t  highest = sentinel->epoch;

    for (size_t i = 0; i < sentinel->n; i++) {
        if (healthcode_sentinel_is_fresh(sentinel, i, now)
            && sentinel->words[i].epoch > highest)
        {
            highest = sentinel->words[i].epoch;
        }
    }

    return highest;
}


static bool
healthcode_sentinel_agrees(const healthcode_sentinel_t *sentinel, size_t i,
    const healthcode_sentinel_address_t *master, uint64_t epoch, uint64_t now)
{
    return healthcode_sentinel_is_fresh(sentinel, i, now)
           && sentinel->words[i].epoch == epoch
           && healthcode_sentinel_is_address(&sentinel->words[i].master,
                                             master);
}


/* Whether a majority says word; *since is how long ago it was enough for it. */
static bool
healthcode_sentinel_agreed(const healthcode_sentinel_t *sentinel,
    const healthcode_sentinel_word_t *word, uint64_t now, uint64_t *since)
{
    size_t    i, j, later, n = 0;
    uint64_t  asked;

    for (i = 0; i < sentinel->n; i++) {

        if (!healthcode_sentinel_agrees(sentinel, i, &word->master,
                                        word->epoch, now))
        {
            continue;
        }

        n++;
        asked = sentinel->words[i].asked;
        later = 0;

        for (j = 0; j < sentinel->n; j++) {
            later += healthcode_sentinel_agrees(sentinel, j, &word->master,
                                                word->epoch, now)
                     && sentinel->words[j].asked >= asked;
        }

        if (later >= healthcode_sentinel_majority(sentinel)
            && (asked > *since || *since == 0))
        {
            *since = asked;
        }
    }

    return n >= healthcode_sentinel_majority(sentinel);
}


size_t
healthcode_sentinel_votes(const healthcode_sentinel_t *sentinel, uint64_t now)
{
    size_t  n = 0;

    for (size_t i = 0; i < sentinel->n; i++) {
        n += healthcode_sentinel_agrees(sentinel, i, &sentinel->master,
                                        sentinel->epoch, now);
    }

    return n;
}


size_t
healthcode_sentinel_speaking(const healthcode_sentinel_t *sentinel,
    uint64_t now)
{
    size_t  n = 0;

    for (size_t i = 0; i < sentinel->n; i++) {
        n += healthcode_sentinel_is_fresh(sentinel, i, now);
    }

    return n;
}


void
healthcode_sentinel_cause(const healthcode_sentinel_t *sentinel, uint64_t now,
    char *text, size_t size)
{
    size_t    fresh, majority = healthcode_sentinel_majority(sentinel);
    uint64_t  highest = 0;

    fresh = healthcode_sentinel_speaking(sentinel, now);

    for (size_t i = 0; i < sentinel->n; i++) {
        if (healthcode_sentinel_is_fresh(sentinel, i, now)
            && sentinel->words[i].epoch > highest)
        {
            highest = sentinel->words[i].epoch;
        }
    }

    if (fresh < majority) {
        snprintf(text, size, "too few sentinels say who the master is: %zu of "
                 "%zu, and it takes %zu; see to them, and to the way there",
                 fresh, sentinel->n, majority);

    } else if (highest < sentinel->epoch) {
        snprintf(text, size, "the sentinels are back in a configuration epoch "
                 "of before, %llu, and the master was named in %llu; if they "
                 "were set up anew, reload nginx",
                 (unsigned long long) highest,
                 (unsigned long long) sentinel->epoch);

    } else {
        snprintf(text, size, "no %zu of %zu sentinels name one master in one "
                 "configuration epoch; wait for the end of their failover, or "
                 "see that each watches the same one", majority, sentinel->n);
    }
}


/* ---- addresses ---- */

bool
healthcode_sentinel_address(healthcode_str_t host, healthcode_str_t port,
    healthcode_sentinel_address_t *address)
{
    char                           text[INET6_ADDRSTRLEN];
    unsigned                       number = 0;
    healthcode_sentinel_address_t  found, none;

    memset(&found, 0, sizeof(found));
    memset(&none, 0, sizeof(none));

    if (host.len == 0 || host.len >= sizeof(text)
        || memchr(host.data, '\0', host.len)
        || port.len == 0 || port.len > HEALTHCODE_SENTINEL_PORT_DIGITS)
    {
        return false;
    }

    memcpy(text, host.data, host.len);
    text[host.len] = '\0';

    for (size_t i = 0; i < port.len; i++) {
        if (port.data[i] < '0' || port.data[i] > '9') {
            return false;
        }

        number = number * 10 + (port.data[i] - '0');
    }

    if (number == 0 || number > UINT16_MAX) {
        return false;
    }

    found.port = (uint16_t) number;

    if (inet_pton(AF_INET, text, found.bytes) == 1) {
        found.len = 4;

    } else if (inet_pton(AF_INET6, text, found.bytes) == 1) {
        found.len = 16;

    } else {
        return false;
    }

    if (memcmp(found.bytes, none.bytes, found.len) == 0) {
        return false;
    }

    *address = found;

    return true;
}


bool
healthcode_sentinel_is_address(const healthcode_sentinel_address_t *a,
    const healthcode_sentinel_address_t *b)
{
    return a->len == b->len && a->port == b->port
           && memcmp(a->bytes, b->bytes, a->len) == 0;
}


const char *
healthcode_sentinel_text(const healthcode_sentinel_address_t *address,
    char text[HEALTHCODE_SENTINEL_TEXT])
{
    char  host[INET6_ADDRSTRLEN] = "";

    (void) inet_ntop(address->len == 4 ? AF_INET : AF_INET6, address->bytes,
                     host, sizeof(host));

    snprintf(text, HEALTHCODE_SENTINEL_TEXT,
             address->len == 4 ? "%s:%u" : "[%s]:%u", host,
             (unsigned) address->port);

    return text;
}
