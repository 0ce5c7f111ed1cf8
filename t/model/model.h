/*
 * The protocol of the cache on trial: workers over one shared memory, stores
 * that push, an adversary who stops, kills, cuts and waits, and an oracle.
 * Knows no nginx and no clock: time is what the model says.
 * CONTRIBUTING.md, "The model".
 */

#ifndef MODEL_H
#define MODEL_H

#include "model_count.h"
#include "model_fiber.h"
#include "model_random.h"

#include "../../ngx_http_healthcode_module/core/healthcode_absence.h"


#define MODEL_WORKERS   4
#define MODEL_STORES    2
#define MODEL_HOLDERS   12

/* What is read and pushed: a key of each holder, and two more. */
#define MODEL_CONTROL   MODEL_HOLDERS      /* of region and control */
#define MODEL_META      (MODEL_HOLDERS + 1)
#define MODEL_FLAGS     (MODEL_HOLDERS + 1)

#define MODEL_SETS      2
#define MODEL_WORDS     (MODEL_SETS * HEALTHCODE_TABLE_WAYS                   \
                         * HEALTHCODE_ABSENCE_WORDS)

#define MODEL_NEVER     UINT64_MAX

/* Time goes in ticks; the code sees milliseconds, of so many ticks. */
#define MODEL_TICKS     4

#define MODEL_QUEUE     64
#define MODEL_LOOKUPS   12
#define MODEL_WAITERS   4
#define MODEL_SERVERS   3


/* What a worker is about, where it may be interrupted. */
typedef enum {
    MODEL_IDLE = 0,
    MODEL_FINDING,
    MODEL_STORING,
    MODEL_WRITING,       /* of storing, where it writes */
    MODEL_FORGETTING,
    MODEL_LEASING,
    MODEL_SENDING,
    MODEL_DOING          /* how many there are */
} model_doing_e;


typedef enum {
    MODEL_COMMAND_TRACKING,
    MODEL_COMMAND_ROLE,
    MODEL_COMMAND_META,
    MODEL_COMMAND_RISK,
    MODEL_COMMAND_CONTROL
} model_command_e;


/* A reply to a command, or a push of a key, or of all. */
typedef struct {
    enum { MODEL_REPLY, MODEL_PUSH, MODEL_PUSH_ALL } type;
    model_command_e   command;
    unsigned          key;
    uint64_t          value;
} model_message_t;


/* Between one worker and one server, in order both ways. */
typedef struct {
    unsigned          worker;
    bool              open;        /* on the worker's side */
    bool              cut;         /* it will see so after what has arrived */
    bool              half;        /* it will not see it */
    bool              tracking;
    unsigned          store, server;
    unsigned          registered;  /* keys, a bit each */
    uint64_t          lags;        /* until then nothing arrives */

    unsigned          ncommands, first_command;
    model_message_t   commands[MODEL_QUEUE];

    unsigned          nmessages, first_message, arrived;
    model_message_t   messages[MODEL_QUEUE];
} model_link_t;


typedef struct {
    enum { MODEL_LOOKUP, MODEL_HEARTBEAT, MODEL_HANDSHAKE } kind;
    unsigned          holder;
    unsigned          expected, received;
    uint64_t          epoch;       /* when it was sent */
    uint64_t          sent;        /* ms, just before */
    bool              flagged, control, master;
    uint64_t          instance;
    bool              changed;     /* something, while it was answered */
    unsigned          nwaiters;
    uint64_t          waiters[MODEL_WAITERS];   /* ticks: when they came */
} model_lookup_t;


typedef struct {
    model_fiber_t         fiber;
    unsigned              number;
    unsigned              store;
    healthcode_owner_t    owner;

    enum { MODEL_DOWN, MODEL_GREETING, MODEL_LIVE } state;
    model_link_t          link;
    unsigned              nlookups, first_lookup;
    model_lookup_t        lookups[MODEL_LOOKUPS];
    uint64_t              instance;      /* that the store has proved */
    uint64_t              heartbeat;     /* ms: the next */
    uint64_t              again;         /* ms: to connect */
    uint64_t              received;      /* ms: anything, last */
    uint64_t              cached;        /* ms: when this turn began */

    bool                  control_known, control;
    uint64_t              control_epoch;

    bool                  dead, killed, late;
    uint64_t              stopped, since;    /* until; at */
    model_doing_e         doing;
    unsigned              asks;              /* for which holder */
    ptrdiff_t             writes;            /* to which word, and on */
    uint64_t              reads;             /* what which owner has read */
} model_worker_t;


typedef struct {
    bool                  used, master;
    unsigned              flags;
    uint64_t              instance;      /* 0: it has no meta */
} model_server_t;


typedef struct {
    model_server_t        servers[MODEL_SERVERS];
    unsigned              current;
    uint64_t              stopped;
    bool                  soon;          /* a flag is set or cleared next */
    unsigned              hot;           /* the holder to be asked for */

    /* the truth: since when a flag has been acknowledged */
    uint64_t              flagged[MODEL_FLAGS];
    uint64_t              stored[MODEL_HOLDERS];    /* last, by anyone */
} model_store_t;


/* Of an episode, drawn anew for each; chances are of 256. */
typedef struct {
    unsigned  workers, stores, holders, turns, burst;
    unsigned  interrupt[MODEL_DOING];
    unsigned  again, longer, kill, focus, gang, second;
    unsigned  stop, pace, lease, max_age;
    unsigned  write, soon, hot, crowd, fault, faults, serve, arrive;
    unsigned  lag, held, read;
} model_terms_t;


typedef struct {
    uint64_t              seed;
    model_random_t        random;
    model_terms_t         terms;
    model_count_t         count;

    uint64_t              tick;
    int64_t               budget;    /* steps until the next interruption */
    model_worker_t       *current;

    healthcode_absence_t  absence;
    uint64_t              memory[MODEL_WORDS];
    uint64_t              leases[MODEL_WORKERS];
    uint8_t               holders[MODEL_HOLDERS][HEALTHCODE_HOLDER_LEN];
    uint64_t              instances;

    model_worker_t        workers[MODEL_WORKERS];
    model_store_t         stores[MODEL_STORES];

    bool                  tracing;
    const char           *wrong;     /* what the oracle found */
} model_t;

extern model_t  model;


static inline unsigned
model_roll(unsigned n)
{
    return model_random_below(&model.random, n);
}


/* Below most, but rather less. */
static inline unsigned
model_roll_less(unsigned most)
{
    return model_roll(1 + model_roll(most));
}


/* So many of 256. */
static inline bool
model_chance(unsigned chance)
{
    return chance && model_random_below(&model.random, 256) < chance;
}


static inline uint64_t
model_lease_ticks(void)
{
    return (uint64_t) model.terms.lease * MODEL_TICKS;
}


/* model_step.c: where others may run */
void model_step(void);
void model_arm(model_doing_e doing);
void model_arm_within(unsigned steps);
uint64_t model_clock(void *data);

/* model_store.c: servers and connections */
void model_store_begin(void);
void model_store_turn(void);
void model_link_connect(model_link_t *link, unsigned worker, unsigned store);
void model_link_close(model_link_t *link);
void model_link_send(model_link_t *link, model_command_e command,
    unsigned key);
bool model_link_receive(model_link_t *link, model_message_t *message);

/* model_fault.c: what an adversary does to them */
void model_fault(unsigned store);
void model_fault_write(unsigned store, unsigned key, bool flag);

/* model_glue.c: what the module does with the core */
void model_glue_start(model_worker_t *worker);
void model_glue_turn(model_worker_t *worker);

/* model_oracle.c */
void model_oracle_hit(model_worker_t *worker, unsigned holder);
void model_oracle_answer(model_worker_t *worker, unsigned holder,
    uint64_t came);

/* model_trace.c */
void model_trace_begin(void);
const char *model_trace_doing(model_doing_e doing);
const char *model_trace_key(unsigned key);
void model_trace_say(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
void model_trace_print(void);

#define model_trace(...)                                                      \
    do {                                                                      \
        if (model.tracing) {                                                  \
            model_trace_say(__VA_ARGS__);                                     \
        }                                                                     \
    } while (0)

#endif
