/*
 * What the files of one connection to one store share: the connection, its
 * lookups, its heartbeat, and what is known under its lease.  No other file
 * includes it.  docs/request-path.md, "Redis".
 */

#ifndef NGX_HTTP_HEALTHCODE_REDIS_PRIVATE_H
#define NGX_HTTP_HEALTHCODE_REDIS_PRIVATE_H

#include "ngx_http_healthcode_redis.h"
#include "../core/healthcode_answers.h"

#include "../redis/healthcode_outage.h"
#include "../redis/healthcode_skew.h"


/* The most replies that one lookup waits for. */
#define NGX_HTTP_HEALTHCODE_LOOKUP_REPLIES                                    \
    ngx_max(HEALTHCODE_RISK_REPLIES_MAX, HEALTHCODE_HANDSHAKE_AGAIN_MAX)

/* Lookups that may be joined are found by their holder, in so many lists. */
#define NGX_HTTP_HEALTHCODE_LOOKUP_LISTS   256


typedef enum {
    NGX_HTTP_HEALTHCODE_REDIS_DOWN = 0,    /* waiting to try again */
    NGX_HTTP_HEALTHCODE_REDIS_RESOLVING,
    NGX_HTTP_HEALTHCODE_REDIS_CONNECTING,
    NGX_HTTP_HEALTHCODE_REDIS_HANDSHAKE,
    NGX_HTTP_HEALTHCODE_REDIS_LEAVING,     /* for another address */
    NGX_HTTP_HEALTHCODE_REDIS_LIVE,
    NGX_HTTP_HEALTHCODE_REDIS_DESTROYED
} ngx_http_healthcode_redis_state_e;


/*
 * A query of its own, which outlives the one who asked.  Two lookups are one
 * where all of it is the same; bytes before the regions that are not used are
 * zero, and so many regions count as there are.
 */
typedef struct {
    char                 holder[HEALTHCODE_HOLDER_HEX];
    healthcode_str_t     iss;                     /* of the configuration */
    char                 thumbprint[HEALTHCODE_THUMBPRINT_LEN];
    size_t               nregions;
    healthcode_region_t  regions[HEALTHCODE_CLAIMS_REGIONS_MAX];
} ngx_http_healthcode_lookup_key_t;


struct ngx_http_healthcode_lookup_s {
    ngx_queue_t                          queue;
    ngx_http_healthcode_redis_t         *redis;
    ngx_http_healthcode_lookup_done_pt   done;    /* NULL: nobody waits */
    void                                *data;
    ngx_msec_t                           due;     /* of ngx_current_msec */
    ngx_msec_t                           sent;
    ngx_uint_t                           held;    /* until the store is live */
    uint64_t                             end;     /* of its bytes, among all */
    ngx_uint_t                           expected;
    ngx_uint_t                           received;
    redisReply                          *replies[
                                         NGX_HTTP_HEALTHCODE_LOOKUP_REPLIES];

    ngx_queue_t                          peer;    /* those it is found among */
    ngx_queue_t                          joined;  /* who wait for it, too */

    /* of a store with a cache */
    uint64_t                             epoch;   /* when it was sent */
    uint64_t                             clock;   /* likewise, ms */

    unsigned                             is_heartbeat:1;
    unsigned                             is_sent:1;
    unsigned                             asks_memory:1;
    unsigned                             is_joined:1;      /* to another */
    unsigned                             is_joinable:1;
    unsigned                             has_key:1;

    ngx_http_healthcode_lookup_key_t     key;     /* last: is not cleared */
};


struct ngx_http_healthcode_redis_s {
    ngx_http_healthcode_redis_state_e    state;
    ngx_http_healthcode_store_t         *store;
    ngx_log_t                           *log;
    ngx_log_t                            quiet;     /* the gate says it */

    ngx_connection_t                    *connection;
    healthcode_str_t                     peer;      /* its address */
    healthcode_reply_reader_t           *reader;
    healthcode_handshake_t               handshake;
    ngx_uint_t                           handshaken;
    ngx_msec_t                           received;  /* when anything last was */

    healthcode_redis_buf_t               out;       /* to be written */
    uint64_t                             written;   /* bytes, before those */
    ngx_uint_t                           stuck;     /* the socket is full */
    healthcode_redis_buf_t               held;      /* to follow a handshake */
    ngx_queue_t                          lookups;   /* in the order sent */
    ngx_queue_t                          unsent;    /* of them, none written */
    ngx_queue_t                          spare;
    ngx_uint_t                           pending;

    ngx_event_t                          flush;
    ngx_event_t                          timer;     /* connect; silence; try
                                                       again */
    ngx_event_t                          heartbeat;
    ngx_event_t                          late;      /* the oldest who waits */
    ngx_uint_t                           failures;  /* one after another */
    ngx_msec_t                           live;      /* since when */
    ngx_msec_t                           memory;    /* when last asked for */
    healthcode_reason_e                  reason;    /* why it is down */
    healthcode_reason_e                  judgement; /* of what was read */
    char                                 what[HEALTHCODE_REFUSAL_SIZE];
    healthcode_outage_t                  outage;    /* as the log knows it */
    healthcode_skew_e                    skew;      /* likewise */
    time_t                               complained;   /* of an error reply */
    ngx_uint_t                           address;   /* the next to try */

    ngx_resolver_ctx_t                  *resolving;
    ngx_event_t                          renew;     /* asks for it again */
    time_t                               valid;     /* the answer, until then */
    ngx_sockaddr_t                       sockaddr;
    socklen_t                            socklen;

    ngx_connection_t                     dummy;     /* timers log its fd */

    unsigned                             is_heard:1;     /* a byte came */
    unsigned                             is_push_due:1;
    unsigned                             is_pushed:1;
    unsigned                             is_less_told:1;
    unsigned                             is_spent_told:1;
    unsigned                             is_unresolved_told:1;

    ngx_queue_t                          lists[     /* of those to be joined */
                                         NGX_HTTP_HEALTHCODE_LOOKUP_LISTS];

    /* of a store with a cache */
    ngx_http_healthcode_counters_t      *counters;  /* NULL: it has none */
    healthcode_owner_t                   owner;
    healthcode_answers_t                *answers;
    ngx_str_t                            instance;  /* from ngx_alloc() */
};


/* connection */

/*
 * Closes it, and tries again in a while.  what is the cause, for the log, and
 * behind a semicolon what to do about it.
 */
void ngx_http_healthcode_redis_fail(ngx_http_healthcode_redis_t *redis,
    healthcode_reason_e reason, const char *what);

/* Says in the log that it is up, if the log says otherwise. */
void ngx_http_healthcode_redis_say_up(ngx_http_healthcode_redis_t *redis);

/* Connects to this address; name, for the log, lives as long as redis. */
void ngx_http_healthcode_redis_connect(ngx_http_healthcode_redis_t *redis,
    struct sockaddr *sockaddr, socklen_t socklen, ngx_str_t *name);

/* Closes the connection, and leaves its lookups as they are. */
void ngx_http_healthcode_redis_disconnect(ngx_http_healthcode_redis_t *redis);

/* Connects anew at once. */
void ngx_http_healthcode_redis_start(ngx_http_healthcode_redis_t *redis);

/* Writes what is to be written; a failure closes the connection. */
void ngx_http_healthcode_redis_write(ngx_http_healthcode_redis_t *redis);

/* Reads what has come since the event loop last looked. */
void ngx_http_healthcode_redis_drain(ngx_http_healthcode_redis_t *redis);

/* lookups */
void ngx_http_healthcode_lookup_init(ngx_http_healthcode_redis_t *redis);
void ngx_http_healthcode_lookup_free(ngx_http_healthcode_redis_t *redis);

/* A lookup at the end of those to be sent; NULL: no memory. */
ngx_http_healthcode_lookup_t *ngx_http_healthcode_lookup_push(
    ngx_http_healthcode_redis_t *redis);

/* All that are to be sent are being written now. */
void ngx_http_healthcode_lookup_sent(ngx_http_healthcode_redis_t *redis);

/* The bytes of lookup are all in the buffer now. */
void ngx_http_healthcode_lookup_appended(ngx_http_healthcode_lookup_t *lookup);

/* Those whose bytes were held are to be written now, behind what was. */
void ngx_http_healthcode_lookup_released(ngx_http_healthcode_redis_t *redis);

/*
 * Bytes were written that the socket had no room for; of those whose bytes end
 * behind before, the time begins only now.
 */
void ngx_http_healthcode_lookup_unstuck(ngx_http_healthcode_redis_t *redis,
    uint64_t before);

/* A reply, which belongs to the first that waits for one: there is one. */
void ngx_http_healthcode_lookup_reply(ngx_http_healthcode_redis_t *redis,
    redisReply *reply);

/* Whether a part of the replies to one lookup is here. */
ngx_uint_t ngx_http_healthcode_lookup_is_partial(
    ngx_http_healthcode_redis_t *redis);

/* What that one has read may be over: it is neither kept nor joined. */
void ngx_http_healthcode_lookup_spoil(ngx_http_healthcode_redis_t *redis);

/* What was sent is neither kept nor joined: its connection is to be left. */
void ngx_http_healthcode_lookup_leave(ngx_http_healthcode_redis_t *redis);

/* What was sent ends for reason; what is to be sent stays. */
void ngx_http_healthcode_lookup_abandon(ngx_http_healthcode_redis_t *redis,
    healthcode_reason_e reason);

/* All lookups end for reason. */
void ngx_http_healthcode_lookup_fail(ngx_http_healthcode_redis_t *redis,
    healthcode_reason_e reason);

/* names, of a store that says "resolve" */
void ngx_http_healthcode_resolve_init(ngx_http_healthcode_redis_t *redis);

/* Asks for the address, and connects to it. */
void ngx_http_healthcode_resolve_start(ngx_http_healthcode_redis_t *redis);

/* Asks no more. */
void ngx_http_healthcode_resolve_stop(ngx_http_healthcode_redis_t *redis);

/* The store is live: asks again once the answer is old. */
void ngx_http_healthcode_resolve_live(ngx_http_healthcode_redis_t *redis);

/*
 * A reply came from an address that is to be left.  NGX_OK: more are due;
 * NGX_ERROR: that was the last one, and the connection is another one.
 */
ngx_int_t ngx_http_healthcode_resolve_left(ngx_http_healthcode_redis_t *redis);

/* Goes to the other address now. */
void ngx_http_healthcode_resolve_move(ngx_http_healthcode_redis_t *redis);

/* heartbeat */
void ngx_http_healthcode_heartbeat_init(ngx_http_healthcode_redis_t *redis);
void ngx_http_healthcode_heartbeat_start(ngx_http_healthcode_redis_t *redis);

/* Judges the replies to lookup, a heartbeat. */
void ngx_http_healthcode_heartbeat_done(ngx_http_healthcode_lookup_t *lookup);

/*
 * Judges reply, the next one to lookup, a live read: an error may be one
 * holder's, or mean that the store is out, which redis->judgement then says.
 */
void ngx_http_healthcode_heartbeat_judge(ngx_http_healthcode_lookup_t *lookup,
    const redisReply *reply);

/* Compares the clock of the store, by this reply to TIME, with our own. */
void ngx_http_healthcode_heartbeat_skew(ngx_http_healthcode_redis_t *redis,
    const redisReply *reply);

/* Milliseconds for which an unanswered store may be silent. */
ngx_msec_t ngx_http_healthcode_heartbeat_silence(
    const ngx_http_healthcode_redis_t *redis);

/*
 * Whether the store still answers, which the timers of lookups do not tell:
 * whoever asked may have left, and a tombstone has no timer.
 */
void ngx_http_healthcode_heartbeat_watch(ngx_http_healthcode_redis_t *redis);

/* absence: each does nothing where the store has no cache */

/* Makes it an owner; NGX_ERROR: no memory. */
ngx_int_t ngx_http_healthcode_absence_init(ngx_http_healthcode_redis_t *redis);
void ngx_http_healthcode_absence_free(ngx_http_healthcode_redis_t *redis);

/* The connection is tracked, and its store, by this meta, has proved itself. */
ngx_int_t ngx_http_healthcode_absence_live(ngx_http_healthcode_redis_t *redis,
    const redisReply *meta);

/* It is neither any more, or not yet. */
void ngx_http_healthcode_absence_lose(ngx_http_healthcode_redis_t *redis);

/* Lookup, a heartbeat, was answered well, by meta. */
void ngx_http_healthcode_absence_renew(ngx_http_healthcode_lookup_t *lookup,
    const redisReply *meta);

/* Lookup has all its replies: what may be kept of them is kept. */
void ngx_http_healthcode_absence_keep(ngx_http_healthcode_lookup_t *lookup);

/* Something has changed.  NULL, or what is wrong with the push. */
const char *ngx_http_healthcode_absence_push(ngx_http_healthcode_redis_t *redis,
    const redisReply *push);

#endif
