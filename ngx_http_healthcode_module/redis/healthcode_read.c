/*
 * A live read of a Redis Cluster: holder, regions and controls are parts of it,
 * each asked of the node that has it, and joined.
 * Knows no: nginx, socket, request.  docs/connection.md, "Cluster".
 */

#include <stdlib.h>

#include "healthcode_read.h"


/* Milliseconds between questions for a map that a node may have. */
#define HEALTHCODE_READ_DOUBT  50


static void healthcode_read_start(healthcode_read_t *read,
    const healthcode_risk_query_t *query);
static healthcode_reason_e healthcode_read_go(healthcode_read_t *read);
static healthcode_reason_e healthcode_read_ask(healthcode_read_t *read,
    healthcode_read_part_t *part);
static bool healthcode_read_knows(healthcode_read_t *read,
    const healthcode_read_part_t *part,
    const healthcode_cluster_node_t *node);
static void healthcode_read_question(const healthcode_read_t *read,
    unsigned which, healthcode_risk_query_t *query);
static void healthcode_read_done(void *data, healthcode_reason_e reason,
    const healthcode_risk_reading_t *reading);
static void healthcode_read_asked(void *data, healthcode_reason_e reason,
    const healthcode_risk_reading_t *reading);
static healthcode_reason_e healthcode_read_redirect(
    healthcode_read_part_t *part, const healthcode_tracker_turn_t *turn);
static healthcode_reason_e healthcode_read_again(healthcode_read_part_t *part);
static bool healthcode_read_keep(healthcode_read_t *read, unsigned which,
    const healthcode_risk_reading_t *reading);
static bool healthcode_read_copy(healthcode_read_t *read,
    const healthcode_risk_reading_t *reading);
static healthcode_str_t healthcode_read_text(char **p, healthcode_str_t text);
static void healthcode_read_next(healthcode_read_t *read);
static bool healthcode_read_stands(healthcode_read_t *read);
static bool healthcode_read_is_one(const healthcode_read_t *read);
static void healthcode_read_go_on(healthcode_waiter_t *waiter);
static void healthcode_read_fail(healthcode_waiter_t *waiter,
    healthcode_reason_e reason);
static void healthcode_read_end(healthcode_read_t *read,
    healthcode_reason_e reason);
static void healthcode_read_leave(healthcode_read_t *read);
static bool healthcode_reads_answers(healthcode_reads_t *reads,
    const healthcode_risk_query_t *query, healthcode_risk_query_t *rest,
    healthcode_risk_answer_t *answer, const healthcode_owner_t **rests,
    size_t *n);


static const healthcode_waiter_handlers_t  healthcode_read_waiter_handlers = {
    .go = healthcode_read_go_on,
    .end = healthcode_read_fail
};


/* The read whose waiter has this link. */
static inline healthcode_read_t *
healthcode_read_of(healthcode_list_t *link)
{
    return healthcode_list_entry(link, healthcode_read_t, waiter.link);
}


void
healthcode_reads_init(healthcode_reads_t *reads, healthcode_cluster_t *cluster,
    uint64_t timeout, size_t max_pending,
    const healthcode_reads_handlers_t *handlers, void *data)
{
    memset(reads, 0, sizeof(healthcode_reads_t));

    reads->handlers = handlers;
    reads->data = data;
    reads->cluster = cluster;
    reads->timeout = timeout;

    healthcode_waiters_init(&reads->waiters, max_pending);
    healthcode_list_init(&reads->spare);
}


void
healthcode_reads_free(healthcode_reads_t *reads)
{
    healthcode_list_t  *link;

    while (!healthcode_list_is_empty(&reads->spare)) {
        link = reads->spare.next;
        healthcode_list_remove(link);
        free(healthcode_read_of(link));
    }
}


/* ---- what is known ---- */

bool
healthcode_reads_find(healthcode_reads_t *reads,
    const healthcode_risk_query_t *query, const healthcode_risk_terms_t *terms,
    healthcode_risk_t *risk, healthcode_clock_pt clock, void *data)
{
    size_t                      n;
    healthcode_memo_t          *memo;
    const healthcode_owner_t   *rests[2];
    healthcode_risk_query_t     rest;
    healthcode_risk_answer_t    answer;
    healthcode_cluster_node_t  *node;

    node = healthcode_cluster_node(reads->cluster, query->holder[0]);

    if (node == NULL || !healthcode_memo_is_on(&node->tracker->memo)) {
        return false;
    }

    memo = &node->tracker->memo;

    if (healthcode_reads_answers(reads, query, &rest, &answer, rests, &n)
        && healthcode_owner_finds_with(&memo->owner, query->holder, rests, n,
                                       clock, data))
    {
        memo->counters->hits++;
        healthcode_risk_add_answer(risk, &rest, &answer, terms);
        return true;
    }

    memo->counters->misses++;

    return false;
}


bool
healthcode_reads_find_stale(healthcode_reads_t *reads,
    const healthcode_risk_query_t *query, const healthcode_risk_terms_t *terms,
    uint64_t over, healthcode_risk_t *risk, healthcode_clock_pt clock,
    void *data)
{
    size_t                      n;
    const healthcode_owner_t   *rests[2];
    healthcode_memo_past_t      past = { clock, data, over };
    healthcode_risk_query_t     rest;
    healthcode_risk_answer_t    answer;
    healthcode_cluster_node_t  *node;

    node = healthcode_cluster_node(reads->cluster, query->holder[0]);

    if (node == NULL || !healthcode_memo_is_on(&node->tracker->memo)
        || !healthcode_reads_answers(reads, query, &rest, &answer, rests, &n)
        || !healthcode_owner_finds_with(&node->tracker->memo.owner,
                                        query->holder, rests, n,
                                        healthcode_memo_past, &past))
    {
        return false;
    }

    healthcode_risk_add_answer(risk, &rest, &answer, terms);

    return true;
}


/*
 * Whether regions and controls of query, which rest then asks for alone, are
 * known; and under whose leases.
 */
static bool
healthcode_reads_answers(healthcode_reads_t *reads,
    const healthcode_risk_query_t *query, healthcode_risk_query_t *rest,
    healthcode_risk_answer_t *answer, const healthcode_owner_t **rests,
    size_t *n)
{
    size_t                      i;
    healthcode_cluster_node_t  *node;

    static const struct {
        unsigned  which;
        size_t    tag;
    } rows[] = {
        { HEALTHCODE_RISK_CONTROLS, HEALTHCODE_SLOT_CONTROLS },
        { HEALTHCODE_RISK_REGIONS, HEALTHCODE_SLOT_REGIONS }
    };

    *rest = *query;
    *n = 0;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {

        if (rows[i].which == HEALTHCODE_RISK_REGIONS && query->nregions == 0) {
            continue;
        }

        node = healthcode_cluster_node(reads->cluster, rows[i].tag);
        rest->parts = rows[i].which;

        if (node == NULL || !healthcode_memo_is_on(&node->tracker->memo)
            || !healthcode_answers_find(node->tracker->memo.answers, rest,
                                        answer))
        {
            return false;
        }

        rests[(*n)++] = &node->tracker->memo.owner;
    }

    rest->parts = HEALTHCODE_RISK_CONTROLS | HEALTHCODE_RISK_REGIONS;

    return true;
}


/* ---- asking ---- */

healthcode_reason_e
healthcode_reads_ask(healthcode_reads_t *reads,
    const healthcode_risk_query_t *query, healthcode_lookup_done_pt done,
    void *data, healthcode_read_t **read)
{
    healthcode_list_t    *link;
    healthcode_read_t    *r;
    healthcode_reason_e   reason;

    if (healthcode_list_is_empty(&reads->spare)) {
        r = malloc(sizeof(healthcode_read_t));
        if (r == NULL) {
            return HEALTHCODE_REASON_FAULT;
        }

    } else {
        link = reads->spare.next;
        healthcode_list_remove(link);
        r = healthcode_read_of(link);
    }

    memset(r, 0, offsetof(healthcode_read_t, question));

    r->reads = reads;
    r->done = done;
    r->data = data;

    healthcode_waiter_init(&r->waiter, &reads->waiters,
                           &healthcode_read_waiter_handlers,
                           reads->handlers->clock(reads->data)
                           + reads->timeout);

    if (!healthcode_question_make(&r->question, query)) {
        healthcode_list_insert(&reads->spare, &r->waiter.link);
        return HEALTHCODE_REASON_FAULT;
    }

    healthcode_read_start(r, query);
    healthcode_reads_stand(reads);

    reason = healthcode_read_go(r);

    if (reason != HEALTHCODE_REASON_OK) {
        healthcode_read_cancel(r);
        return reason;
    }

    *read = r;

    return HEALTHCODE_REASON_OK;
}


static void
healthcode_read_start(healthcode_read_t *read,
    const healthcode_risk_query_t *query)
{
    unsigned  parts = healthcode_risk_parts(query);

    static const unsigned  which[HEALTHCODE_READ_PARTS] = {
        HEALTHCODE_RISK_HOLDER, HEALTHCODE_RISK_REGIONS,
        HEALTHCODE_RISK_CONTROLS
    };

    const size_t  tags[HEALTHCODE_READ_PARTS] = {
        query->holder[0], HEALTHCODE_SLOT_REGIONS, HEALTHCODE_SLOT_CONTROLS
    };

    read->reading.parts = parts;
    read->reading.nflags = 0;
    read->reading.unreadable = true;
    read->reading.is_offline = false;       /* no node is a replica */

    for (size_t i = 0; i < HEALTHCODE_READ_PARTS; i++) {
        read->parts[i].read = read;
        read->parts[i].which = which[i];
        read->parts[i].tag = tags[i];
        read->parts[i].state = (parts & which[i]) ? HEALTHCODE_READ_DUE
                                                  : HEALTHCODE_READ_NOTHING;
    }
}


void
healthcode_reads_stand(healthcode_reads_t *reads)
{
    uint64_t                    now = reads->handlers->clock(reads->data);
    healthcode_cluster_node_t  *node;

    for (size_t i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {

        node = healthcode_cluster_at(reads->cluster, i);

        if (node && healthcode_tracker_stand(node->tracker, now)
            && healthcode_cluster_is_live(node)
            && healthcode_pipeline_has_unsent(&node->tracker->pipeline))
        {
            reads->handlers->flush(reads->data, node);
        }
    }
}


/*
 * Asks all parts that are due, or has the read wait for a map.  Not OK: it
 * cannot be read.
 */
static healthcode_reason_e
healthcode_read_go(healthcode_read_t *read)
{
    healthcode_reason_e  reason = HEALTHCODE_REASON_OK;
    healthcode_reads_t  *reads = read->reads;

    if (!reads->cluster->has_map) {

        reason = reads->handlers->want(reads->data);

        return (reason == HEALTHCODE_REASON_OK)
               ? healthcode_reads_wait(reads, &read->waiter, UINT64_MAX)
               : reason;
    }

    if (!reads->cluster->is_settled) {
        return healthcode_reads_wait(reads, &read->waiter, UINT64_MAX);
    }

    for (size_t i = 0;
         i < HEALTHCODE_READ_PARTS && reason == HEALTHCODE_REASON_OK;
         i++)
    {
        if (read->parts[i].state == HEALTHCODE_READ_DUE) {
            reason = healthcode_read_ask(read, &read->parts[i]);
        }
    }

    return reason;
}


static healthcode_reason_e
healthcode_read_ask(healthcode_read_t *read, healthcode_read_part_t *part)
{
    healthcode_reads_t         *reads = read->reads;
    healthcode_reason_e         reason;
    healthcode_risk_query_t     query;
    healthcode_cluster_node_t  *node;

    node = healthcode_cluster_node(reads->cluster, part->tag);

    if (node == NULL) {
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    part->serial = node->serial;

    if (part->which != HEALTHCODE_RISK_HOLDER
        && healthcode_read_knows(read, part, node))
    {
        part->state = HEALTHCODE_READ_KNOWN;
        part->instance = healthcode_cluster_instance_of(node->tracker);
        return HEALTHCODE_REASON_OK;
    }

    healthcode_read_question(read, part->which, &query);

    reason = reads->handlers->ask(reads->data, node, &query,
                                  healthcode_read_done, part, &part->lookup);

    if (reason == HEALTHCODE_REASON_OK) {
        part->state = HEALTHCODE_READ_ASKED;
    }

    return reason;
}


/* Whether its node's memo answers part now; the clock is read last. */
static bool
healthcode_read_knows(healthcode_read_t *read,
    const healthcode_read_part_t *part, const healthcode_cluster_node_t *node)
{
    healthcode_reads_t       *reads = read->reads;
    healthcode_risk_query_t   query;

    healthcode_read_question(read, part->which, &query);

    return healthcode_memo_is_on(&node->tracker->memo)
           && healthcode_answers_find(node->tracker->memo.answers, &query,
                                      &read->reading.answer)
           && healthcode_tracker_is_fresh(node->tracker,
                                      reads->handlers->clock(reads->data));
}


/* The query of one part. */
static void
healthcode_read_question(const healthcode_read_t *read, unsigned which,
    healthcode_risk_query_t *query)
{
    healthcode_question_query(&read->question, query);

    query->parts = which;
}


/* ---- answers ---- */

/* A part has ended where it was asked first. */
static void
healthcode_read_done(void *data, healthcode_reason_e reason,
    const healthcode_risk_reading_t *reading)
{
    healthcode_read_part_t     *part = data;
    healthcode_read_t          *read = part->read;
    healthcode_cluster_node_t  *node;

    part->lookup = NULL;

    node = healthcode_cluster_node(read->reads->cluster, part->tag);

    if (node == NULL || node->serial != part->serial) {
        /* the tag has moved meanwhile, whatever the one before says */
        reason = healthcode_read_again(part);

    } else if (reason == HEALTHCODE_REASON_OK) {
        reason = healthcode_read_keep(read, part->which, reading)
                 ? HEALTHCODE_REASON_OK : HEALTHCODE_REASON_FAULT;
        part->state = HEALTHCODE_READ_ANSWERED;
        part->instance = healthcode_cluster_instance_of(node->tracker);

    } else if (node->tracker->turn.kind != HEALTHCODE_REDIRECT_NONE) {
        reason = healthcode_read_redirect(part, &node->tracker->turn);
    }

    if (reason != HEALTHCODE_REASON_OK) {
        healthcode_read_end(read, reason);
        return;
    }

    healthcode_read_next(read);
}


/* The node says that another one has the tag. */
static healthcode_reason_e
healthcode_read_redirect(healthcode_read_part_t *part,
    const healthcode_tracker_turn_t *turn)
{
    healthcode_reads_t         *reads = part->read->reads;
    healthcode_reason_e         reason;
    healthcode_risk_query_t     query;
    healthcode_cluster_node_t  *node;

    if (turn->kind == HEALTHCODE_REDIRECT_MOVED) {
        node = healthcode_cluster_node(reads->cluster, part->tag);
        healthcode_reads_doubt_node(reads, node);
        return healthcode_read_again(part);
    }

    if (turn->kind != HEALTHCODE_REDIRECT_ASK || !turn->is_read) {
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    node = healthcode_cluster_find(reads->cluster, &turn->to.address);

    if (node == NULL || !healthcode_cluster_is_live(node)) {
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    part->target = node->tracker;
    part->is_proven = turn->is_proven;
    healthcode_read_question(part->read, part->which, &query);

    reason = reads->handlers->asking(reads->data, node, &query,
                                     healthcode_read_asked, part,
                                     &part->lookup);

    return reason;
}


/*
 * A part has ended at the node to which its tag is moving.  The proof of the
 * tag has to stand on one of both, since it moves as well.
 */
static void
healthcode_read_asked(void *data, healthcode_reason_e reason,
    const healthcode_risk_reading_t *reading)
{
    healthcode_read_part_t     *part = data;
    healthcode_read_t          *read = part->read;
    healthcode_cluster_node_t  *node;

    part->lookup = NULL;

    node = healthcode_cluster_node(read->reads->cluster, part->tag);

    if (node == NULL || node->serial != part->serial) {
        reason = healthcode_read_again(part);

    } else if (reason == HEALTHCODE_REASON_OK) {

        if (!part->is_proven && !part->target->turn.is_proven) {
            reason = HEALTHCODE_REASON_STORE_UNPROVEN;

        } else if (!healthcode_read_keep(read, part->which, reading)) {
            reason = HEALTHCODE_REASON_FAULT;
        }

        part->state = HEALTHCODE_READ_ANSWERED;
        part->instance = healthcode_cluster_instance_of(part->target);
    }

    if (reason != HEALTHCODE_REASON_OK) {
        healthcode_read_end(read, reason);
        return;
    }

    healthcode_read_next(read);
}


void
healthcode_reads_doubt_node(healthcode_reads_t *reads,
    healthcode_cluster_node_t *node)
{
    uint64_t  now = reads->handlers->clock(reads->data);

    if (healthcode_cluster_is_live(node)
        && now - node->tracker->beaten >= HEALTHCODE_READ_DOUBT
        && healthcode_tracker_beat(node->tracker, now))
    {
        reads->handlers->flush(reads->data, node);
    }
}


/* Asks part once more, when the map has changed; not OK: it was. */
static healthcode_reason_e
healthcode_read_again(healthcode_read_part_t *part)
{
    healthcode_read_t          *read = part->read;
    healthcode_cluster_t       *cluster = read->reads->cluster;
    healthcode_cluster_node_t  *node;

    part->state = HEALTHCODE_READ_DUE;

    if (read->is_moved) {
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    read->is_moved = true;

    node = healthcode_cluster_node(cluster, part->tag);

    /* of the map that is, the same node would say the same */

    return (node && node->serial == part->serial)
           ? healthcode_reads_wait(read->reads, &read->waiter,
                                   cluster->changes)
           : HEALTHCODE_REASON_OK;
}


/* False: no memory. */
static bool
healthcode_read_keep(healthcode_read_t *read, unsigned which,
    const healthcode_risk_reading_t *reading)
{
    switch (which) {

    case HEALTHCODE_RISK_HOLDER:
        return healthcode_read_copy(read, reading);

    case HEALTHCODE_RISK_REGIONS:
        memcpy(read->reading.answer.regions, reading->answer.regions,
               sizeof(reading->answer.regions));
        return true;

    default:
        read->reading.answer.control = reading->answer.control;
        return true;
    }
}


/* Flags are views of replies that are gone when the other parts come. */
static bool
healthcode_read_copy(healthcode_read_t *read,
    const healthcode_risk_reading_t *reading)
{
    char                       *p;
    size_t                      i, size = 1;
    healthcode_risk_reading_t  *copy = &read->reading;

    for (i = 0; i < reading->nflags; i++) {
        size += reading->flags[i].name.len + reading->flags[i].until.len;
    }

    if (reading->nflags) {

        free(read->texts);
        read->texts = malloc(size);

        if (read->texts == NULL) {
            return false;
        }
    }

    p = read->texts;

    for (i = 0; i < reading->nflags; i++) {
        copy->flags[i].name = healthcode_read_text(&p, reading->flags[i].name);
        copy->flags[i].until = healthcode_read_text(&p,
                                                    reading->flags[i].until);
    }

    copy->nflags = reading->nflags;
    copy->unreadable = reading->unreadable;

    return true;
}


static healthcode_str_t
healthcode_read_text(char **p, healthcode_str_t text)
{
    healthcode_str_t  copy = healthcode_str_from(*p, text.len);

    if (text.len) {
        memcpy(*p, text.data, text.len);
        *p += text.len;
    }

    return copy;
}


/* ---- the end ---- */

/*
 * What is due is asked; if nothing is under way, the read ends.  A part that
 * was known is looked at once more: its lease may have ended meanwhile.
 */
static void
healthcode_read_next(healthcode_read_t *read)
{
    healthcode_reason_e  reason;
    healthcode_reads_t  *reads = read->reads;

    if (read->waiter.is_waiting) {
        return;
    }

    reason = healthcode_read_stands(read) ? healthcode_read_go(read)
                                          : HEALTHCODE_REASON_STORE_UNAVAILABLE;

    if (reason != HEALTHCODE_REASON_OK) {
        healthcode_read_end(read, reason);
        return;
    }

    if (read->waiter.is_waiting) {
        return;
    }

    for (size_t i = 0; i < HEALTHCODE_READ_PARTS; i++) {
        if (read->parts[i].lookup) {
            return;
        }
    }

    if (!healthcode_cluster_is_agreed(reads->cluster,
                                      reads->handlers->clock(reads->data)))
    {
        reason = healthcode_reads_wait(reads, &read->waiter, UINT64_MAX);

        if (reason != HEALTHCODE_REASON_OK) {
            healthcode_read_end(read, reason);
        }

        return;
    }

    healthcode_read_end(read, healthcode_read_is_one(read)
                              ? HEALTHCODE_REASON_OK
                              : HEALTHCODE_REASON_STORE_UNPROVEN);
}


/*
 * All parts are of the instance that the live nodes have.  A node that was the
 * first to be live may have answered as another store, and be refused since.
 */
static bool
healthcode_read_is_one(const healthcode_read_t *read)
{
    uint64_t                       instance;
    const healthcode_read_part_t  *part;

    instance = healthcode_cluster_instance(read->reads->cluster);

    for (part = read->parts;
         part < read->parts + HEALTHCODE_READ_PARTS;
         part++)
    {
        if (part->state != HEALTHCODE_READ_NOTHING
            && part->instance != instance)
        {
            return false;
        }
    }

    return true;
}


/*
 * What has been answered, or was known, is of nodes that still have the tags;
 * otherwise it is due.  False: it was moved once before.
 */
static bool
healthcode_read_stands(healthcode_read_t *read)
{
    bool                        has_moved = false;
    healthcode_read_part_t     *part;
    healthcode_cluster_node_t  *node;

    for (part = read->parts;
         part < read->parts + HEALTHCODE_READ_PARTS;
         part++)
    {
        if (part->state != HEALTHCODE_READ_ANSWERED
            && part->state != HEALTHCODE_READ_KNOWN)
        {
            continue;
        }

        node = healthcode_cluster_node(read->reads->cluster, part->tag);

        if (node == NULL || node->serial != part->serial) {
            has_moved = true;
            part->state = HEALTHCODE_READ_DUE;

        } else if (part->state == HEALTHCODE_READ_KNOWN
                   && !healthcode_read_knows(read, part, node))
        {
            part->state = HEALTHCODE_READ_DUE;
        }
    }

    if (has_moved && read->is_moved) {
        return false;
    }

    read->is_moved = read->is_moved || has_moved;

    return true;
}


healthcode_reason_e
healthcode_reads_wait(healthcode_reads_t *reads, healthcode_waiter_t *waiter,
    uint64_t changes)
{
    healthcode_reason_e  reason = healthcode_waiter_wait(waiter, changes);

    if (reason == HEALTHCODE_REASON_OK) {
        reads->handlers->waits(reads->data);
    }

    return reason;
}


static void
healthcode_read_go_on(healthcode_waiter_t *waiter)
{
    healthcode_read_next(healthcode_read_of(&waiter->link));
}


static void
healthcode_read_fail(healthcode_waiter_t *waiter, healthcode_reason_e reason)
{
    healthcode_read_end(healthcode_read_of(&waiter->link), reason);
}


void
healthcode_reads_wake(healthcode_reads_t *reads)
{
    healthcode_waiters_wake(&reads->waiters, reads->cluster->changes);
}


void
healthcode_reads_doubt(healthcode_reads_t *reads)
{
    healthcode_cluster_node_t  *node;

    for (size_t i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {

        node = healthcode_cluster_at(reads->cluster, i);

        if (node) {
            healthcode_reads_doubt_node(reads, node);
        }
    }
}


static void
healthcode_read_end(healthcode_read_t *read, healthcode_reason_e reason)
{
    void                       *data = read->data;
    char                       *texts = read->texts;
    healthcode_lookup_done_pt   done = read->done;

    read->texts = NULL;

    healthcode_read_leave(read);

    done(data, reason,
         reason == HEALTHCODE_REASON_OK ? &read->reading : NULL);

    free(texts);
    healthcode_list_insert(&read->reads->spare, &read->waiter.link);
}


void
healthcode_read_cancel(healthcode_read_t *read)
{
    free(read->texts);
    read->texts = NULL;

    healthcode_read_leave(read);
    healthcode_list_insert(&read->reads->spare, &read->waiter.link);
}


/* Nothing of it is under way any more, and it is in no list. */
static void
healthcode_read_leave(healthcode_read_t *read)
{
    for (size_t i = 0; i < HEALTHCODE_READ_PARTS; i++) {
        if (read->parts[i].lookup) {
            healthcode_pipeline_cancel(read->parts[i].lookup);
            read->parts[i].lookup = NULL;
        }
    }

    healthcode_waiter_leave(&read->waiter);
}
