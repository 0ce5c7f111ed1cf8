/*
 * What the parts of the live harness share: holders and what is true of them,
 * the workers of a gate, relays to Redis.  Knows no nginx and no hiredis.
 * docs/benchmarks.md, "Live".
 */

#ifndef HEALTHCODE_LIVE_H
#define HEALTHCODE_LIVE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define LIVE_HOLDERS_MAX  1024
#define LIVE_WORKERS_MAX  1024
#define LIVE_STORES_MAX   4
#define LIVE_RELAYS_MAX   24
#define LIVE_PORTS_MAX    24

#define LIVE_HEX          32        /* letters of a holder */
#define LIVE_MS           1000000   /* nanoseconds */
#define LIVE_S            1000000000


/* What the harness is about to do to a holder, or has done. */
typedef enum {
    LIVE_IDLE,
    LIVE_ARMING,         /* waits for a hit in each worker */
    LIVE_ARMED,
    LIVE_SETTING,        /* the command that sets the flag is started */
    LIVE_SETTLED,        /* each worker refuses */
    LIVE_CLEARING
} live_stage_e;


/* What SWAPDB and the like do to a holder in the moment they are called. */
typedef enum {
    LIVE_STAYS,
    LIVE_BECOMES_FLAGGED,
    LIVE_BECOMES_FREE
} live_turn_e;


/* Of one store, all times by CLOCK_BOOTTIME in nanoseconds, 0: never. */
typedef struct {
    int64_t       flagged;     /* a set was acknowledged */
    int64_t       freed;       /* the clear after it was called */
    int64_t       cleared;     /* and acknowledged */
} live_truth_t;


/* What one worker said of one holder since it was armed last. */
typedef struct {
    int64_t       last_allow;  /* decided */
    int64_t       first_deny;  /* after that */
    int64_t       first_miss;  /* of those: when the cache was asked */
    int64_t       first_allow; /* after a clear was acknowledged */
    unsigned      denies;      /* in a row */
    unsigned      hits;
    unsigned      late;        /* allows that were decided after the set */
} live_seen_t;


typedef struct {
    char          hex[LIVE_HEX + 1];
    char         *request;
    size_t        request_len;
    bool          never;       /* the code is bad: nobody may pass by it */
    bool          touched;     /* a fault is about it: it may cost a 503 */

    /* under live->lock, since the relays write them */
    live_truth_t  truth[LIVE_STORES_MAX];
    live_turn_e   turn;
    bool          sets;        /* the next call sets, or clears */
    int64_t       called;      /* it passed the relay */
    int64_t       acked;

    /* of the prober alone */
    live_stage_e  stage;
    bool          active;      /* in live->active */
    unsigned      asked;       /* answers that are to come */
    bool          hot;         /* the call passed, and is not settled */
    live_seen_t   seen[LIVE_WORKERS_MAX];
} live_holder_t;


typedef struct {
    int           pid;
    int           store;
    unsigned      connections; /* open */
    int64_t       answered;    /* last */
    uint64_t      answers;     /* since "stats" was asked last */
    double        tokens;      /* probes that may be sent now */
} live_worker_t;


/* Since "stats" was asked last. */
typedef struct {
    uint64_t      allows;
    uint64_t      hits;        /* allows that the cache decided */
    uint64_t      code_hits;
    uint64_t      flagged;     /* denied for a flag */
    uint64_t      busy;        /* 503 */
    uint64_t      others;      /* of these, to holders that are not touched */
    uint64_t      bad;         /* 401, of codes that never may pass */
    uint64_t      other;       /* other answers */
    uint64_t      lost;        /* connections that broke in the middle */
    uint64_t      degraded;    /* allows in an outage */
    uint64_t      stale;       /* allows after the set, inside the lease */
    int64_t       stale_max;   /* how long after it, nanoseconds */
    uint64_t      wrong;       /* allows that must not be */
    uint64_t      wrong_deny;  /* flagged, a lease after the clear, or never */
    int64_t       refused;     /* the first answer that was a 503 */
    int64_t       allowed;     /* the first allow after the last 503 */
} live_stats_t;


typedef enum {
    LIVE_PASS,
    LIVE_SWALLOW,        /* reads, and passes nothing on, for ever */
    LIVE_DROP_PUSHES,    /* of Redis: "invalidate" */
    LIVE_DELAY,          /* what Redis says */
    LIVE_LIE,            /* acknowledges a call before Redis has it */
    LIVE_GARBLE,         /* says something else than Redis */
    LIVE_CUT,            /* ends in the middle of what Redis says */
    LIVE_BYTES,          /* each byte that Redis says by itself */
    LIVE_REFUSE          /* closes what is new */
} live_mode_e;


typedef struct {
    char          name[32];
    char          target[108];
    int           fd;          /* listens */
    int           store;       /* whose acknowledgements are noted; -1: none */
    bool          renames;     /* nodes, in what the client reads */

    /* under live->lock */
    live_mode_e   mode;
    long          waits;       /* acknowledged is what so many replicas have */
    int64_t       delay;       /* nanoseconds */
    uint64_t      dropped;     /* pushes, or chunks that were swallowed */
} live_relay_t;


/* A node of a cluster says the first, a client reads the second. */
typedef struct {
    char          node[8];     /* ":PORT\r", five digits */
    char          relay[8];
} live_port_t;


typedef struct {
    pthread_mutex_t  lock;
    int64_t          lease;
    int64_t          over;                   /* it, in an outage */
    int64_t          blind;                  /* and a clear is heard later */
    live_holder_t   *holders;
    unsigned         nholders;
    int64_t          shut[LIVE_STORES_MAX];  /* nobody may pass since */
    live_relay_t     relays[LIVE_RELAYS_MAX];
    unsigned         nrelays;
    int              relay_epoll;
    live_port_t      ports[LIVE_PORTS_MAX];  /* of nodes; before any client */
    unsigned         nports;

    live_holder_t   *active[LIVE_HOLDERS_MAX];   /* whose stage waits */
    unsigned         nactive;
    live_worker_t    workers[LIVE_WORKERS_MAX];
    unsigned         nworkers;
    unsigned         wanted;                 /* workers that have to answer */
    int              store;                  /* of workers that are new */
    live_stats_t     stats;
} live_t;


/* An answer of the gate, as its header X-Live tells it. */
typedef struct {
    int            status;
    int            pid;
    bool           allow;
    bool           flagged;    /* the reason is "flagged" */
    bool           degraded;   /* an allow in an outage, or offline */
    bool           risk_hit;
    bool           code_hit;
    int64_t        sent;       /* the request */
    int64_t        decided;    /* by the worker */
    int64_t        lookup;     /* nanoseconds that a live read took; or 0 */
} live_answer_t;


int64_t live_now(void);

/* NULL if none has this name. */
live_holder_t *live_holder_find(live_t *live, const char *hex);

/*
 * healthcode_live_truth.c: the relays say what passed them, and when; the
 * prober asks.  All of them take the lock.
 */
void live_truth_call(live_t *live, live_holder_t *holder, int store,
    int64_t now);
void live_truth_ack(live_t *live, live_holder_t *holder, int store,
    int64_t now);
void live_truth_global_call(live_t *live, int store, int64_t now);
void live_truth_global_ack(live_t *live, int store, int64_t now);

/* Judges one answer, counts it, and notes it with the holder. */
void live_truth_judge(live_t *live, live_holder_t *holder, unsigned worker,
    const live_answer_t *answer);

/* healthcode_live_change.c: the stages of a holder, told on stdout. */
void live_change_arm(live_t *live, live_holder_t *holder);
void live_change_next(live_t *live, live_holder_t *holder, bool sets);
void live_change_look(live_t *live, live_holder_t *holder);
bool live_change_waits(const live_holder_t *holder);
bool live_change_is_live(const live_worker_t *worker, int64_t now);

/* healthcode_live_answer.c; an answer is text that ends with a NUL. */
bool live_answer_is_whole(const char *text, size_t len);
bool live_answer_parse(char *text, live_answer_t *answer);

/* healthcode_live_probe.c; runs until its input ends, returns 0 or 1. */
int live_probe_run(live_t *live);
bool live_probe_gate(const char *path, unsigned connections, double rate);

/*
 * healthcode_live_control.c: one line of the input.  False ends the harness.
 */
bool live_control_line(live_t *live, char *line);

/*
 * healthcode_live_relay.c: path is of a unix socket, or a port of 127.0.0.1;
 * clients of a port read the ports of other relays where nodes name each other.
 * Ports have five digits.
 */
bool live_relay_add(live_t *live, const char *name, const char *path,
    const char *target, int store);
bool live_relay_port(live_t *live, const char *node, const char *relay);
void *live_relay_run(void *live);

/*
 * healthcode_live_resp.c: the length of the first message of RESP3 in len
 * bytes; 0 if it is not complete yet, -1 if it is malformed.
 */
long live_resp_length(const char *data, size_t len);
bool live_resp_is_invalidation(const char *data, size_t len);


#endif
