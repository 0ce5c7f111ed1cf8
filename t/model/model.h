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

#include "../../ngx_http_healthcode_module/core/healthcode_verdict.h"
#include "../../ngx_http_healthcode_module/redis/healthcode_read.h"
#include "../../ngx_http_healthcode_module/redis/healthcode_sentinel.h"
#include "../../ngx_http_healthcode_module/redis/healthcode_tracker.h"


#define MODEL_WORKERS   4
#define MODEL_STORES    2
#define MODEL_HOLDERS   12

/* What is read and pushed: a key of each holder, and others. */
#define MODEL_CONTROL   MODEL_HOLDERS
#define MODEL_REGION    (MODEL_HOLDERS + 1)
#define MODEL_FLAGS     (MODEL_HOLDERS + 2)
#define MODEL_META      MODEL_FLAGS           /* the proof of key 0; 1, ... */
#define MODEL_PUSHED    (MODEL_META + MODEL_PARTS)  /* changed for a push */
#define MODEL_DATA      (MODEL_PUSHED + 1)    /* of who feeds the store */
#define MODEL_NOBODY    (MODEL_PUSHED + 2)    /* read by a handshake */
#define MODEL_AGE       (MODEL_PUSHED + 4)    /* before it: nobody's proof */
#define MODEL_KEYS      (MODEL_PUSHED + 5)

/* Partitions, by the first key that may be flagged; and some without any. */
#define MODEL_PARTS     (MODEL_FLAGS + MODEL_MASTERS)

#define MODEL_SETS      2
#define MODEL_WORDS     (MODEL_SETS * HEALTHCODE_TABLE_WAYS                   \
                         * HEALTHCODE_ABSENCE_WORDS)

#define MODEL_NEVER     UINT64_MAX

/* Time goes in ticks; the code sees milliseconds, of so many ticks. */
#define MODEL_TICKS     4

#define MODEL_QUEUE     128
#define MODEL_LOOKUPS   12
#define MODEL_ASKS      64
#define MODEL_SERVERS   3
#define MODEL_SENTINELS 3

/* Servers of a cluster; masters of it at first; maps that it may have. */
#define MODEL_NODES     5
#define MODEL_MASTERS   3
#define MODEL_MAPS      128

/* A worker has a lease for its store, and one for each node. */
#define MODEL_OWNERS    (MODEL_WORKERS * (1 + MODEL_NODES))

/* Seeds from so many on, for each, are of another world. */
#define MODEL_WORLD     UINT64_C(1000000000)

/* What a store of this world says, and when: Unix seconds. */
#define MODEL_PEPPER    "39666bb05d87d8254e6b2233776bf348"
#define MODEL_FLAG      "confirmed"
#define MODEL_DATE      1700000000

/* Passwords have numbers; that of nobody is wrong. */
#define MODEL_PASSWORDS 8
#define MODEL_WRONG     0


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
    MODEL_COMMAND_HELLO,        /* value: the password */
    MODEL_COMMAND_AUTH,         /* likewise */
    MODEL_COMMAND_TRACKING,     /* value: as it should be */
    MODEL_COMMAND_TRACKED,
    MODEL_COMMAND_GET,
    MODEL_COMMAND_INCR,
    MODEL_COMMAND_TIME,
    MODEL_COMMAND_TICK,
    MODEL_COMMAND_SERVER,
    MODEL_COMMAND_DATA,
    MODEL_COMMAND_ROLE,
    MODEL_COMMAND_INFO,
    MODEL_COMMAND_STATS,
    MODEL_COMMAND_RISK,
    MODEL_COMMAND_REGION,
    MODEL_COMMAND_CONTROL,
    MODEL_COMMAND_META,
    MODEL_COMMAND_ASKING,
    MODEL_COMMAND_SLOTS,        /* value: the number of the map */
    MODEL_COMMAND_NONE
} model_command_e;


/* What a node of a cluster answers in place of a reply. */
typedef enum {
    MODEL_TURN_NONE = 0,
    MODEL_TURN_MOVED,
    MODEL_TURN_ASK,
    MODEL_TURN_DOWN
} model_turn_e;


/* A reply to a command, or a push of a key, or of all. */
typedef struct {
    enum { MODEL_REPLY, MODEL_PUSH, MODEL_PUSH_ALL } type;
    model_command_e   command;
    unsigned          key;
    uint64_t          value;
    bool              refused;     /* a reply: not with this password */
    unsigned          part;        /* of the key; MODEL_PARTS: it has none */
    model_turn_e      turn;        /* a reply: go to server where */
    unsigned          where;
    unsigned          ticked;      /* a reply: in which state of a centre; */
    unsigned          had;         /* which one was there before a restart */
} model_message_t;


/* Between one worker and one server, in order both ways. */
typedef struct {
    unsigned          worker;
    bool              open;        /* on the worker's side */
    bool              cut;         /* it will see so after what has arrived */
    bool              half;        /* it will not see it */
    bool              tracking;
    bool              authed;      /* by the password of HELLO */
    bool              asking;      /* ASKING came just now */
    unsigned          store, server;
    uint64_t          registered;  /* keys, a bit each */
    uint64_t          lags;        /* until then nothing arrives */

    unsigned          ncommands, first_command;
    model_message_t   commands[MODEL_QUEUE];

    unsigned          nmessages, first_message, arrived;
    model_message_t   messages[MODEL_QUEUE];
} model_link_t;


typedef struct model_worker_s  model_worker_t;


/* What a sentinel says of a store, and what it will have learned by a tick. */
typedef struct {
    unsigned          server, later;
    uint64_t          epoch, epoch_later;
    uint64_t          learns;
} model_sentinel_t;


/* A question to one of them, and its answer on the way. */
typedef struct {
    bool                        is_asked, is_answered;
    uint64_t                    arrives;     /* at a tick */
    healthcode_sentinel_word_t  word;
} model_question_t;


/* A request that waits; it came at a tick. */
typedef struct model_ask_s {
    model_worker_t       *worker;
    unsigned              holder;
    uint64_t              came;
    struct model_ask_s   *next;          /* that is free */
} model_ask_t;


struct model_worker_s {
    model_fiber_t                  fiber;
    unsigned                       number;
    unsigned                       store;

    bool                           is_made;
    healthcode_tracker_t           tracker;
    healthcode_absence_counters_t  counters;
    model_link_t                   link;
    unsigned                       peer;          /* an address */
    model_ask_t                    asked[MODEL_ASKS], *free;
    healthcode_sentinel_t          sentinel;
    model_question_t               questions[MODEL_SENTINELS];
    uint64_t                       deaf;          /* to them, until a tick */
    uint64_t                       password;      /* that it has read */
    uint64_t                       authed;        /* tick: by AUTH, since */

    uint64_t              heartbeat;     /* ms: the next */
    uint64_t              again;         /* ms: to connect */
    uint64_t              connected;     /* ms: or began to leave */
    uint64_t              cached;        /* ms: when this turn began */
    uint64_t              rests;         /* tick: nobody asks until then */
    uint64_t              woken;         /* tick: somebody did after that */

    healthcode_reason_e   reason;        /* why it has no connection */
    uint64_t              told;          /* moments: what it knew has ended, */
    uint64_t              kept[MODEL_HOLDERS], controls;   /* it has kept */
    uint64_t              began;         /* and begun to look for something */

    bool                  dead, killed, late;
    uint64_t              stopped, since;    /* until; at */
    model_doing_e         doing;
    unsigned              asks;              /* for which holder */
    ptrdiff_t             writes;            /* to which word, and on */
    uint64_t              reads;             /* what which owner has read */
    bool                  served;            /* since all is calm */

    /* of a site: the tick that has come, and when; which one was shown */
    uint64_t              heard;
    int64_t               time;
    unsigned              ticked, had, shown;
};


typedef struct {
    bool                  used, master;
    unsigned              flags;
    uint64_t              instance;      /* 0: it has no proof */
    unsigned              lost;          /* partitions without one, */
    unsigned              strange;       /* with one of another store: */
    uint64_t              stranger;      /* its instance */

    /* of a node: which map it knows, and when it learns of the newest */
    unsigned              map;
    uint64_t              learns;
    uint64_t              isolated;      /* from other nodes, since a tick */
    uint64_t              stopped;       /* or dead, until then */
    bool                  dead;
    bool                  empty;         /* it was restarted so */
    unsigned              to[MODEL_PARTS], from[MODEL_PARTS];   /* 1 +, while
                                            a partition is on its way */
} model_server_t;


/* Who sets and clears flags in a cluster, step by step. */
typedef struct {
    enum { MODEL_WRITER_IDLE, MODEL_WRITER_AIMS, MODEL_WRITER_ASKS } state;
    unsigned              key, target;
    bool                  flag;
} model_writer_t;


typedef struct {
    model_server_t        servers[MODEL_NODES];
    unsigned              current;
    uint64_t              stopped;
    bool                  soon;          /* a flag is set or cleared next */
    unsigned              hot;           /* the holder to be asked for */

    model_sentinel_t      sentinels[MODEL_SENTINELS];
    uint64_t              epoch;
    uint64_t              demoted;       /* another master since then */
    uint64_t              password;      /* the newest one */
    bool                  both;          /* the one before it counts, too */

    /* the truth: since when a flag has been acknowledged */
    uint64_t              flagged[MODEL_FLAGS];
    uint64_t              stored[MODEL_HOLDERS];    /* last, by anyone */

    /* of a cluster: who had which partition, and has it now */
    unsigned              nmaps;
    uint8_t               maps[MODEL_MAPS][MODEL_PARTS];
    bool                  unknown[MODEL_PARTS];     /* to most masters */
    bool                  unheard[MODEL_FLAGS];     /* flagged meanwhile */
    uint64_t              since[MODEL_FLAGS];       /* else; or most know */
    bool                  aborted[MODEL_PARTS];     /* once on its way */
    model_writer_t        writer;
    uint64_t              apart[MODEL_WORKERS];     /* with who is cut off,
                                                       until a tick */
} model_store_t;


/* Of an episode, drawn anew for each; chances are of 256. */
typedef struct {
    unsigned  workers, stores, holders, turns, burst;
    unsigned  interrupt[MODEL_DOING];
    unsigned  again, longer, kill, focus, gang, second;
    unsigned  stop, pace, lease, max_age;
    healthcode_stale_t  stale;
    unsigned  write, soon, hot, crowd, fault, faults, serve, arrive;
    unsigned  lag, held, read, rest;
    unsigned  sentinels;     /* that lead the workers, or 0 */
    unsigned  silence;       /* ms */
    unsigned  learn;         /* ticks until all of them know */
    unsigned  deaf;
    unsigned  rotate;
    unsigned  nodes;         /* masters of a cluster, or 0 */
    unsigned  down;          /* ticks until an isolated one says so */
    int64_t   lag_ms;        /* of a site's replica, or 0: there is none; */
    int64_t   offline;       /* ms, likewise */
    int64_t   gate, replica; /* ms: their clocks are ahead */
    unsigned  way, trouble;  /* ticks: to the replica; of a cut, about */
    unsigned  backlog;       /* states */
    unsigned  only;          /* one kind of trouble, or 0: any */
} model_terms_t;


typedef struct {
    uint64_t              seed;
    model_random_t        random;
    model_terms_t         terms;
    model_count_t         count;

    uint64_t              tick;
    uint64_t              moment;    /* each event has another one */
    int64_t               budget;    /* steps until the next interruption */
    model_worker_t       *current;

    healthcode_digest_t  *digest;
    healthcode_absence_t  absence;
    uint64_t              memory[MODEL_WORDS];
    uint64_t              leases[MODEL_OWNERS];
    uint8_t               holders[MODEL_HOLDERS][HEALTHCODE_HOLDER_LEN];
    uint64_t              instances;

    model_worker_t        workers[MODEL_WORKERS];
    model_store_t         stores[MODEL_STORES];

    bool                  calm;      /* faults have ended */
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

/* A push; who does not read what is sent to it is cut off. */
void model_link_push(model_link_t *link, unsigned type, unsigned key);

/* How many bytes of these, commands as they are sent, there is room for. */
size_t model_link_send(model_link_t *link, const char *bytes, size_t len);

/* The next reply or push that has arrived; NULL: none. */
redisReply *model_link_receive(model_link_t *link);

/* model_resp.c: commands and replies, as bytes and as hiredis has them */
void model_resp_begin(void);
size_t model_resp_read(const char *bytes, size_t len,
    model_message_t *command);
redisReply *model_resp_reply(const model_message_t *message);

/* One with this number. */
healthcode_str_t model_resp_password(uint64_t number);

/* The partition of a key that may be flagged: the first one that is in it. */
unsigned model_resp_part(unsigned key);

/* Whether there is a partition of this number. */
bool model_resp_is_part(unsigned part);

/* model_redirect.c: likewise what nodes of a cluster say of each other */
void model_redirect_begin(void);
unsigned model_redirect_tag(unsigned part);
redisReply *model_redirect_reply(const model_message_t *message);
redisReply *model_redirect_map(uint64_t number);
void model_redirect_address(healthcode_cluster_address_t *address,
    unsigned server);
unsigned model_redirect_server(const healthcode_cluster_address_t *address);

/* What asks for holder. */
healthcode_risk_query_t model_resp_query(unsigned holder);

/* model_fault.c: what an adversary does to them */
void model_fault(unsigned store);
void model_fault_touch(unsigned store);
void model_fault_rotate(unsigned store);
void model_fault_write(unsigned store, unsigned key, bool flag);
void model_fault_push(unsigned store, unsigned key);
void model_fault_push_all(unsigned store);
void model_fault_links(unsigned store, bool half);

/* model_glue.c: the event loop of a worker */
void model_glue_start(model_worker_t *worker);
void model_glue_end(model_worker_t *worker);
void model_glue_turn(model_worker_t *worker);
unsigned model_glue_asks(model_worker_t *worker);

/* model_sentinel.c: who says which server is the master, and who hears it */
void model_sentinel_begin(model_store_t *store);
void model_sentinel_failover(model_store_t *store);
uint64_t model_sentinel_bound(const model_store_t *store, uint64_t at);
void model_sentinel_start(model_worker_t *worker);
healthcode_sentinel_e model_sentinel_turn(model_worker_t *worker);
unsigned model_sentinel_named(const model_worker_t *worker);

/* model_ask.c: its requests */
void model_ask_begin(model_worker_t *worker);
void model_ask(model_worker_t *worker, unsigned holder);

/* model_watch.c: what is counted */
void model_watch_asked(const healthcode_lookup_t *lookup);
void model_watch_woken(model_worker_t *worker, uint64_t beaten);
void model_watch_reply(const healthcode_tracker_t *tracker,
    const redisReply *reply, healthcode_tracker_e rc);
void model_watch_lost(const model_worker_t *worker);
void model_watch_told(model_worker_t *worker);
void model_watch_order(const model_link_t *link,
    const healthcode_tracker_t *tracker);
void model_watch_note(void *data, const healthcode_tracker_note_t *note);

/* model_oracle.c */
void model_oracle_hit(model_worker_t *worker, unsigned holder);
void model_oracle_stale(const model_worker_t *worker, unsigned holder,
    uint64_t over);
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

#include "model_node.h"
#include "model_site.h"

#endif
