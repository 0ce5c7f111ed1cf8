/*
 * A live read of a Redis Cluster: holder, regions and controls are parts of it,
 * each asked of the node that has it, and joined.  It ends once.
 * Knows no: nginx, socket, request.  docs/connection.md, "Cluster".
 */

#ifndef HEALTHCODE_READ_H
#define HEALTHCODE_READ_H

#include "healthcode_cluster.h"
#include "healthcode_waiter.h"


/* Parts of a read: holder, regions, controls. */
#define HEALTHCODE_READ_PARTS  3


typedef struct healthcode_reads_s  healthcode_reads_t;
typedef struct healthcode_read_s   healthcode_read_t;


typedef enum {
    HEALTHCODE_READ_NOTHING = 0,    /* it is not asked for */
    HEALTHCODE_READ_DUE,            /* to be asked */
    HEALTHCODE_READ_ASKED,
    HEALTHCODE_READ_KNOWN,          /* by the node's memo, for as long as its
                                       lease lasts */
    HEALTHCODE_READ_ANSWERED
} healthcode_read_state_e;


typedef struct {
    healthcode_read_t           *read;
    unsigned                     which;     /* HEALTHCODE_RISK_* */
    size_t                       tag;
    healthcode_read_state_e      state;
    uint64_t                     serial;    /* of the node of the tag */
    uint64_t                     instance;  /* a hash of what has answered */
    healthcode_lookup_t         *lookup;    /* or NULL */
    const healthcode_tracker_t  *target;    /* that is asked in its place */
    bool                         is_proven; /* where it was asked first */
} healthcode_read_part_t;


struct healthcode_read_s {
    healthcode_waiter_t          waiter;    /* its link: spare, too */
    healthcode_reads_t          *reads;
    healthcode_lookup_done_pt    done;
    void                        *data;
    bool                         is_moved;  /* it went once more already */
    char                        *texts;     /* of flags; or NULL */
    healthcode_read_part_t       parts[HEALTHCODE_READ_PARTS];
    healthcode_question_t        question;
    healthcode_risk_reading_t    reading;
};


/* What reads call above them; data is that of _init(). */
typedef struct {
    /* As healthcode_tracker_ask(), of the node's connection. */
    healthcode_reason_e  (*ask)(void *data, healthcode_cluster_node_t *node,
                                const healthcode_risk_query_t *query,
                                healthcode_lookup_done_pt done, void *lookups,
                                healthcode_lookup_t **lookup);

    /* As healthcode_tracker_asking(), likewise. */
    healthcode_reason_e  (*asking)(void *data,
                                   healthcode_cluster_node_t *node,
                                   const healthcode_risk_query_t *query,
                                   healthcode_lookup_done_pt done,
                                   void *lookups,
                                   healthcode_lookup_t **lookup);

    /* Something is to be sent to the node, a heartbeat. */
    void                 (*flush)(void *data,
                                  healthcode_cluster_node_t *node);

    /* There is no map; OK: somebody is asked for one, or why not. */
    healthcode_reason_e  (*want)(void *data);

    /* One more waits: _doubt(), _wake() and _expire() are to be called soon. */
    void                 (*waits)(void *data);

    uint64_t             (*clock)(void *data);
} healthcode_reads_handlers_t;


struct healthcode_reads_s {
    const healthcode_reads_handlers_t  *handlers;
    void                               *data;
    healthcode_cluster_t               *cluster;
    uint64_t                            timeout;    /* ms */
    healthcode_waiters_t                waiters;    /* for a map */
    healthcode_list_t                   spare;
};


/* None is under way; _free() when all have ended.  cluster outlives it. */
void healthcode_reads_init(healthcode_reads_t *reads,
    healthcode_cluster_t *cluster, uint64_t timeout, size_t max_pending,
    const healthcode_reads_handlers_t *handlers, void *data);
void healthcode_reads_free(healthcode_reads_t *reads);

/*
 * Whether this worker knows the answer to query in full: the holder has no
 * flag, and regions and controls are known, each under the lease of its node.
 * Then they are added to risk by terms.  clock is read last.
 */
bool healthcode_reads_find(healthcode_reads_t *reads,
    const healthcode_risk_query_t *query,
    const healthcode_risk_terms_t *terms, healthcode_risk_t *risk,
    healthcode_clock_pt clock, void *data);

/* Likewise for an outage, as healthcode_memo_find_stale(). */
bool healthcode_reads_find_stale(healthcode_reads_t *reads,
    const healthcode_risk_query_t *query,
    const healthcode_risk_terms_t *terms, uint64_t over,
    healthcode_risk_t *risk, healthcode_clock_pt clock, void *data);

/*
 * Asks query.  HEALTHCODE_REASON_OK: *read is under way and done will be
 * called, never from within this call, and not if it is cancelled; the bytes of
 * the iss stand until then.  Otherwise an outage, or _FAULT: no memory.
 */
healthcode_reason_e healthcode_reads_ask(healthcode_reads_t *reads,
    const healthcode_risk_query_t *query, healthcode_lookup_done_pt done,
    void *data, healthcode_read_t **read);
void healthcode_read_cancel(healthcode_read_t *read);

/* As healthcode_waiter_wait(), and who asks the nodes once more hears of it. */
healthcode_reason_e healthcode_reads_wait(healthcode_reads_t *reads,
    healthcode_waiter_t *waiter, uint64_t changes);

/* The map is settled, or counts again. */
void healthcode_reads_wake(healthcode_reads_t *reads);

/* Asks each node for its map, except those that were asked just now. */
void healthcode_reads_doubt(healthcode_reads_t *reads);

/* One node, which may have another map; likewise. */
void healthcode_reads_doubt_node(healthcode_reads_t *reads,
    healthcode_cluster_node_t *node);

/* Whoever stands here stands at all nodes: only together they say the map. */
void healthcode_reads_stand(healthcode_reads_t *reads);

#endif
