/*
 * A client's connection to Redis that goes through a relay.  For the relays
 * alone.  docs/benchmarks.md, "Live".
 */

#ifndef HEALTHCODE_LIVE_RELAY_H
#define HEALTHCODE_LIVE_RELAY_H

#include "healthcode_live.h"


#define LIVE_RELAY_READ   65536
#define LIVE_RELAY_CALLS  2048          /* under way on one connection */
#define LIVE_RELAY_KEEP   64            /* bytes of the last read, looked at */
#define LIVE_RELAY_KEPT   (8 << 20)     /* bytes that may wait, at most */


typedef struct live_chunk_s  live_chunk_t;
typedef struct live_pair_s   live_pair_t;

struct live_chunk_s {
    live_chunk_t   *next;
    int64_t         due;
    size_t          len;
    size_t          done;
    char            data[];
};


/* One of two sockets, and the bytes that wait to be written to it. */
typedef struct {
    live_pair_t    *pair;
    int             fd;
    bool            ended;              /* it has nothing more to say */
    bool            polled;             /* for writing */
    size_t          waiting;
    live_chunk_t   *first;
    live_chunk_t   *last;
} live_end_t;


struct live_pair_s {
    live_pair_t    *next;
    live_relay_t   *relay;
    live_end_t      client;
    live_end_t      redis;
    bool            swallows;
    bool            mute;               /* the client has its answer already */
    bool            dead;

    /* calls whose replies are to come; NULL: one to all holders, or none */
    struct {
        live_holder_t  *holder;
        bool            global;
        bool            waits;          /* WAIT: for what was called before */
    }               calls[LIVE_RELAY_CALLS];
    unsigned        first_call;
    unsigned        ncalls;
    live_holder_t  *unsaved;            /* done, and replicas may not have it */

    size_t          kept;               /* of what the client said */
    char            keep[LIVE_RELAY_KEEP + LIVE_RELAY_READ + 1];
    size_t          partial;            /* a message that is not whole */
    char           *message;
};


/*
 * healthcode_live_calls.c: what passes, as it passes.  The first notes calls,
 * the second acknowledgements, the third acknowledges all calls under way now.
 */
void live_calls_note(live_t *live, live_pair_t *pair, const char *data,
    size_t len, int64_t now);
void live_calls_replies(live_t *live, live_pair_t *pair, const char *data,
    size_t len, int64_t now);
unsigned live_calls_lie(live_t *live, live_pair_t *pair, int64_t now);


#endif
