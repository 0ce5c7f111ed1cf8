/*
 * What a relay sees pass: calls that change a holder or a whole store, and
 * their acknowledgements, with the time of each.  Sends nothing.
 * docs/benchmarks.md, "Live".
 */

#include "healthcode_live_relay.h"


#define LIVE_CALLS_RISK  "healthcode:risk:{"
#define LIVE_CALLS_TAG   4             /* "xx}:", which follows */


static void live_calls_add(live_t *live, live_pair_t *pair,
    live_holder_t *holder, bool global, int64_t now);
static void live_calls_note_wait(live_pair_t *pair, const char *from);
static void live_calls_ack(live_t *live, live_pair_t *pair, unsigned i,
    int64_t now);
static void live_calls_ack_wait(live_t *live, live_pair_t *pair, long replicas,
    int64_t now);


/* Notes holders' keys, and commands that change a whole store. */
void
live_calls_note(live_t *live, live_pair_t *pair, const char *data, size_t len,
    int64_t now)
{
    char        *at, *from, hex[LIVE_HEX + 1] = "";
    size_t       n;
    const char  *globals[] = { "\nFLUSHALL\r", "\nSWAPDB\r", "\nREPLICAOF\r" };

    memcpy(pair->keep + pair->kept, data, len);
    n = pair->kept + len;
    pair->keep[n] = '\0';
    from = pair->keep;

    while ((at = memmem(from, n - (size_t) (from - pair->keep), LIVE_CALLS_RISK,
                        sizeof(LIVE_CALLS_RISK) - 1)) != NULL)
    {
        from = at + sizeof(LIVE_CALLS_RISK) - 1 + LIVE_CALLS_TAG;

        if ((size_t) (from - pair->keep) + LIVE_HEX + 1 > n) {
            from = at;
            break;
        }

        memcpy(hex, from, LIVE_HEX);

        if (strspn(hex, "0123456789abcdef") == LIVE_HEX) {
            from += LIVE_HEX;
            live_calls_add(live, pair, live_holder_find(live, hex), false, now);
        }
    }

    for (unsigned i = 0; i < 3; i++) {
        at = strstr(from, globals[i]);

        if (at) {
            from = at + strlen(globals[i]);
            live_calls_add(live, pair, NULL, true, now);
        }
    }

    live_calls_note_wait(pair, from);

    n -= (size_t) (from - pair->keep);

    if (n > LIVE_RELAY_KEEP) {
        from += n - LIVE_RELAY_KEEP;
        n = LIVE_RELAY_KEEP;
    }

    memmove(pair->keep, from, n);
    pair->kept = n;
}


/* Who waits for replicas does so on the connection that has written. */
static void
live_calls_note_wait(live_pair_t *pair, const char *from)
{
    unsigned  i = (pair->first_call + pair->ncalls) % LIVE_RELAY_CALLS;

    if (pair->unsaved == NULL || pair->ncalls
        || strstr(from, "\nWAIT\r") == NULL)
    {
        return;
    }

    pair->ncalls++;
    pair->calls[i].holder = NULL;
    pair->calls[i].global = false;
    pair->calls[i].waits = true;
}


static void
live_calls_add(live_t *live, live_pair_t *pair, live_holder_t *holder,
    bool global, int64_t now)
{
    unsigned  i = (pair->first_call + pair->ncalls) % LIVE_RELAY_CALLS;

    if (pair->ncalls == LIVE_RELAY_CALLS) {
        pair->dead = true;
        return;
    }

    pair->ncalls++;
    pair->calls[i].holder = holder;
    pair->calls[i].global = global;
    pair->calls[i].waits = false;

    if (holder) {
        live_truth_call(live, holder, pair->relay->store, now);
    } else if (global) {
        live_truth_global_call(live, pair->relay->store, now);
    }
}


/*
 * Replies to calls are lines: an integer, OK, or an error, as that of a script
 * that is not known yet.
 */
void
live_calls_replies(live_t *live, live_pair_t *pair, const char *data,
    size_t len, int64_t now)
{
    const char  *line = data, *end;

    while (pair->ncalls && line < data + len) {
        if (*line == ':' && pair->calls[pair->first_call].waits) {
            live_calls_ack_wait(live, pair, strtol(line + 1, NULL, 10), now);

        } else if (*line == ':' || *line == '+') {
            live_calls_ack(live, pair, pair->first_call, now);
        }

        pair->first_call = (pair->first_call + 1) % LIVE_RELAY_CALLS;
        pair->ncalls--;

        end = memchr(line, '\n', len - (size_t) (line - data));
        line = end ? end + 1 : data + len;
    }
}


unsigned
live_calls_lie(live_t *live, live_pair_t *pair, int64_t now)
{
    unsigned  n = pair->ncalls;

    for (unsigned i = 0; i < n; i++) {
        live_calls_ack(live, pair, pair->first_call + i, now);
    }

    pair->first_call = (pair->first_call + n) % LIVE_RELAY_CALLS;
    pair->ncalls = 0;

    return n;
}


static void
live_calls_ack(live_t *live, live_pair_t *pair, unsigned i, int64_t now)
{
    long            waits;
    live_holder_t  *holder;

    i %= LIVE_RELAY_CALLS;
    holder = pair->calls[i].holder;

    pthread_mutex_lock(&live->lock);
    waits = pair->relay->waits;
    pthread_mutex_unlock(&live->lock);

    if (holder && waits) {
        pair->unsaved = holder;
    } else if (holder) {
        live_truth_ack(live, holder, pair->relay->store, now);
    } else if (pair->calls[i].global) {
        live_truth_global_ack(live, pair->relay->store, now);
    }
}


/* Too few replicas acknowledge nothing: the command fails, and comes again. */
static void
live_calls_ack_wait(live_t *live, live_pair_t *pair, long replicas, int64_t now)
{
    bool  enough;

    pthread_mutex_lock(&live->lock);
    enough = replicas >= pair->relay->waits;
    pthread_mutex_unlock(&live->lock);

    if (enough) {
        live_truth_ack(live, pair->unsaved, pair->relay->store, now);
    }

    pair->unsaved = NULL;
}
