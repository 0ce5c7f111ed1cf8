/*
 * A Redis Cluster in memory, for tests: nodes that answer the commands of a
 * gate by what they have, migrate and say; and a gate that is asked.  Knows no
 * socket.  docs/connection.md, "Cluster".
 */

#ifndef HEALTHCODE_CITY_H
#define HEALTHCODE_CITY_H

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_route.h"


#define CHECK    "39666bb05d87d8254e6b2233776bf348"
#define THUMB    "0123456789012345678901234567890123456789012"
#define DATE     1700000000
#define NODES    4
#define TIMEOUT  400u
#define LEASE    1000u
#define TAGS     HEALTHCODE_SLOT_TAGS
#define C        HEALTHCODE_SLOT_CONTROLS
#define R        HEALTHCODE_SLOT_REGIONS


/* What a node has, says and is asked. */
typedef struct {
    healthcode_tracker_t           t;
    healthcode_cluster_node_t     *core;
    healthcode_absence_counters_t  counters;
    unsigned                       number;
    bool                           is_open, is_deaf, is_replica, is_down;
    const char                    *instance;
    int                            owners[TAGS];   /* as it believes */
    int                            ask[TAGS];      /* migrates to, or -1 */
    bool                           import[TAGS];
    bool                           proofs[TAGS];
    bool                           flags[256];     /* of a holder xx, xx ... */
    bool                           revoked, high;
    unsigned                       keys[256];      /* of a hall, or a mark */
    bool                           has_script;
    bool                           asking;
    unsigned                       asked, maps, reads, calls, loads;
    char                           out[65536];     /* its answers, unheard */
    size_t                         len;
    redisReply                    *replies[512];
    size_t                         nreplies;
} node_t;

static node_t                 nodes[NODES];
static healthcode_cluster_t   cluster;
static healthcode_reads_t     reads;
static healthcode_absence_t   absence;
static uint64_t               memory[256 * HEALTHCODE_ABSENCE_WORDS];
static uint64_t               leases[NODES];
static healthcode_digest_t   *digest;
static uint64_t               ms;                  /* now */
static bool                   is_changed, is_agreed, is_wanted;
static unsigned               nwaits;

static const healthcode_handshake_t    hello = {
    .tracking = true, .is_gate = true, .is_node = true, .pepper_check = CHECK
};
static const healthcode_risk_policy_t  policy = {
    .deny = (const healthcode_str_t[]) {
        { (const uint8_t *) "confirmed", 9 }
    }, .ndeny = 1, .region_deny = HEALTHCODE_RISK_LEVEL_HIGH
};
static const healthcode_risk_terms_t   terms = { .policy = &policy,
                                                 .iat = DATE, .now = DATE };


/* ---- a node answers ---- */

static inline void
put(node_t *node, const char *text)
{
    size_t  len = strlen(text);

    assert_true(node->len + len < sizeof(node->out));
    memcpy(node->out + node->len, text, len + 1);
    node->len += len;
}


static inline void
put_slots(node_t *node)
{
    char      text[512];
    unsigned  n = 0;

    for (size_t tag = 0; tag < TAGS; tag++) {
        n += node->owners[tag] >= 0;
    }

    snprintf(text, sizeof(text), "*%u\r\n", n);
    put(node, text);

    for (size_t tag = 0; tag < TAGS; tag++) {
        if (node->owners[tag] >= 0) {
            snprintf(text, sizeof(text), "*3\r\n:%u\r\n:%u\r\n*3\r\n"
                     "$9\r\n127.0.0.1\r\n:%d\r\n$40\r\n%040d\r\n",
                     healthcode_slot_tag(tag), healthcode_slot_tag(tag),
                     7000 + node->owners[tag], node->owners[tag]);
            put(node, text);
        }
    }
}


static inline void
put_meta(node_t *node, size_t tag)
{
    char  text[256];

    if (!node->proofs[tag]) {
        put(node, "%0\r\n");
        return;
    }

    snprintf(text, sizeof(text), "%%3\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\n"
             "instance\r\n$3\r\n%s\r\n$12\r\npepper_check\r\n$32\r\n" CHECK
             "\r\n", node->instance);
    put(node, text);
}


/* Whether it answers a command of a key that is there, or not; else it errs. */
static inline bool
has(node_t *node, size_t tag, bool is_there)
{
    char  text[128];
    int   me = (int) (node - nodes);
    bool  asking = node->asking;

    node->asking = false;

    if (node->is_down) {
        put(node, "-CLUSTERDOWN Hash slot not served\r\n");
        return false;
    }

    if (node->owners[tag] != me && !(asking && node->import[tag])) {
        snprintf(text, sizeof(text), "-MOVED %u 127.0.0.1:%d\r\n",
                 healthcode_slot_tag(tag), 7000 + node->owners[tag]);
        put(node, text);
        return false;
    }

    if (node->owners[tag] == me && node->ask[tag] >= 0 && !is_there) {
        snprintf(text, sizeof(text), "-ASK %u 127.0.0.1:%d\r\n",
                 healthcode_slot_tag(tag), 7000 + node->ask[tag]);
        put(node, text);
        return false;
    }

    return true;
}


static inline void
push(node_t *node, const char *key)
{
    char  text[256];

    snprintf(text, sizeof(text), ">2\r\n$10\r\ninvalidate\r\n*1\r\n$%zu\r\n"
             "%s\r\n", strlen(key), key);
    put(node, text);
}


/*
 * A script of some keys of a tag, which counts once what has none of them: by
 * the rules of a slot that is on its way, and by the proof of the tag.
 */
static inline void
answer_call(node_t *node, const redisReply *command)
{
    bool         is_known, is_proven;
    size_t       tag;
    unsigned     n = (unsigned) atoi(command->element[2]->str);
    const char  *key = command->element[3]->str;
    const char  *instance = command->element[4]->str;

    tag = healthcode_slot_of(healthcode_str_from(key, strlen(key)));
    is_known = node->keys[tag] >= n;

    if (!has(node, tag, is_known)) {
        return;
    }

    if (node->owners[tag] != (int) (node - nodes) && n > 1 && !is_known) {
        put(node, "-TRYAGAIN Multiple keys request during rehashing\r\n");
        return;
    }

    if (!node->has_script) {
        put(node, "-NOSCRIPT No matching script\r\n");
        return;
    }

    node->calls++;
    is_proven = node->proofs[tag] && strcmp(instance, node->instance) == 0;
    put(node, !is_proven ? "*1\r\n$8\r\nunproven\r\n"
              : node->keys[tag] ? "*1\r\n$8\r\nreplayed\r\n"
              : "*1\r\n$6\r\nmarked\r\n");
    node->keys[tag] = is_proven ? n : node->keys[tag];
}


static inline void
answer(node_t *node, const redisReply *command)
{
    size_t       tag;
    uint8_t      xx;
    const char  *word = command->element[0]->str;
    const char  *key = command->elements > 1 ? command->element[1]->str : "";

    node->asked++;
    tag = healthcode_slot_of(healthcode_str_from(key, strlen(key)));
    xx = (uint8_t) tag;

    if (strcmp(word, "ASKING") == 0) {
        node->asking = true;
        put(node, "+OK\r\n");

    } else if (strcmp(word, "HELLO") == 0) {
        put(node, "%1\r\n$4\r\nmode\r\n$7\r\ncluster\r\n");

    } else if (strcmp(word, "CLIENT") == 0) {
        put(node, strcmp(key, "TRACKING") == 0
                  ? "+OK\r\n" : "%1\r\n$5\r\nflags\r\n~1\r\n$2\r\non\r\n");

    } else if (strcmp(word, "ROLE") == 0) {
        put(node, node->is_replica ? "*1\r\n$5\r\nslave\r\n"
                                   : "*1\r\n$6\r\nmaster\r\n");

    } else if (strcmp(word, "INFO") == 0) {
        put(node, "$31\r\n\r\nmaxmemory_policy:noeviction\r\n\r\n");

    } else if (strcmp(word, "TIME") == 0) {
        put(node, "*2\r\n$10\r\n1700000000\r\n$1\r\n0\r\n");

    } else if (strcmp(word, "CLUSTER") == 0) {
        node->maps++;
        put_slots(node);

    } else if (strcmp(word, "HGETALL") == 0) {
        if (has(node, tag, node->proofs[tag])) {
            put_meta(node, tag);
        }

    } else if (strcmp(word, "HRANDFIELD") == 0 && tag != C) {
        node->reads++;

        if (has(node, tag, node->flags[xx])) {
            put(node, node->flags[xx]
                      ? "*1\r\n*2\r\n$9\r\nconfirmed\r\n$1\r\n0\r\n"
                      : "*0\r\n");
        }

    } else if (strcmp(word, "HMGET") == 0) {
        node->reads++;

        if (has(node, tag, tag == C ? node->revoked : node->high)) {
            put(node, tag == C
                      ? (node->revoked ? "*3\r\n_\r\n$1\r\n0\r\n_\r\n"
                                       : "*3\r\n_\r\n_\r\n_\r\n")
                      : (node->high ? "*1\r\n$6\r\nhigh 0\r\n"
                                    : "*1\r\n_\r\n"));
        }

    } else if (strcmp(word, "EVALSHA") == 0) {
        answer_call(node, command);

    } else if (strcmp(word, "SCRIPT") == 0) {
        node->asking = false;
        node->has_script = true;
        node->loads++;
        put(node, "$3\r\nsha\r\n");

    } else if (strcmp(word, "INCR") == 0) {
        if (has(node, tag, true)) {
            push(node, key);
            put(node, ":1\r\n");
        }

    } else if (has(node, tag, strcmp(word, "GET") == 0)) {
        /* data, of controls alone */
        put(node, strcmp(word, "HRANDFIELD") == 0 ? "*0\r\n" : "_\r\n");
    }
}


/* It reads what was written to it. */
static inline void
serve(node_t *node)
{
    size_t                   i, n;
    redisReply              *commands[64];
    healthcode_redis_buf_t  *out = &node->t.pipeline.out;

    if (!node->is_open || node->is_deaf) {
        return;
    }

    if (node->t.state == HEALTHCODE_TRACKER_LIVE) {
        (void) healthcode_tracker_send(&node->t, ms);
    }

    n = resp_read(out->data, out->len, commands, 64);
    healthcode_pipeline_wrote(&node->t.pipeline, out->len, ms);

    for (i = 0; i < n; i++) {
        answer(node, commands[i]);
        freeReplyObject(commands[i]);
    }
}


static inline void
node_closed(node_t *node)
{
    node->is_open = false;
    node->len = 0;
    healthcode_tracker_disconnect(&node->t);
    healthcode_pipeline_fail(&node->t.pipeline,
                             HEALTHCODE_REASON_STORE_UNAVAILABLE);

    while (node->nreplies) {
        freeReplyObject(node->replies[--node->nreplies]);
    }
}


/* The gate reads what it said; whether that was to be closed. */
static inline bool
hear(node_t *node)
{
    size_t                i, n;
    redisReply           *replies[64];
    healthcode_tracker_e  rc;

    if (!node->is_open || node->len == 0) {
        return false;
    }

    n = resp_read(node->out, node->len, replies, 64);
    node->len = 0;
    node->t.pipeline.heard = ms;

    for (i = 0; i < n; i++) {
        assert_true(node->nreplies < 512);
        node->replies[node->nreplies++] = replies[i];
    }

    for (i = 0; i < n; i++) {
        rc = healthcode_tracker_reply(&node->t, replies[i], ms, DATE);

        if (rc == HEALTHCODE_TRACKER_BROKEN) {
            node_closed(node);
            return true;
        }

        if (rc == HEALTHCODE_TRACKER_PROVEN) {
            assert_true(healthcode_tracker_tick(&node->t, ms));
        }
    }

    return false;
}


/* ---- the gate ---- */

static inline uint64_t
now_is(void *data)
{
    (void) data;
    return ms;
}


static inline void
changed(void *data)
{
    (void) data;
    is_changed = true;
}


static inline void
agreed(void *data)
{
    (void) data;
    is_agreed = true;
}


static inline healthcode_reason_e
ask_node(void *data, healthcode_cluster_node_t *core,
    const healthcode_risk_query_t *query, healthcode_lookup_done_pt done,
    void *lookups, healthcode_lookup_t **lookup)
{
    node_t  *node = core->data;

    (void) data;

    return node->is_open
           ? healthcode_tracker_ask(&node->t, query, ms, done, lookups, lookup)
           : HEALTHCODE_REASON_STORE_TIMEOUT;
}


static inline healthcode_reason_e
ask_target(void *data, healthcode_cluster_node_t *core,
    const healthcode_risk_query_t *query, healthcode_lookup_done_pt done,
    void *lookups, healthcode_lookup_t **lookup)
{
    node_t  *node = core->data;

    (void) data;

    return healthcode_tracker_asking(&node->t, query, ms, done, lookups,
                                     lookup);
}


static inline void
flush_node(void *data, healthcode_cluster_node_t *core)
{
    (void) data;
    (void) core;
}


static inline healthcode_reason_e
want(void *data)
{
    (void) data;
    return is_wanted ? HEALTHCODE_REASON_OK
                     : HEALTHCODE_REASON_STORE_UNAVAILABLE;
}


static inline void
waits(void *data)
{
    (void) data;
    nwaits++;
}


static const healthcode_cluster_handlers_t  cluster_handlers = {
    .changed = changed, .agreed = agreed
};

static const healthcode_reads_handlers_t  reads_handlers = {
    .ask = ask_node, .asking = ask_target, .flush = flush_node, .want = want,
    .waits = waits, .clock = now_is
};


static inline void
note_nothing(void *data, const healthcode_tracker_note_t *note)
{
    (void) data;
    (void) note;
}


/* Connections to the nodes that the map names, and no others. */
static inline void
settle(void)
{
    size_t                              from = 0;
    node_t                             *node;
    healthcode_cluster_node_t          *core;
    const healthcode_cluster_master_t  *master;

    is_changed = false;

    while ((core = healthcode_cluster_extra(&cluster))) {
        node = core->data;
        healthcode_cluster_drop(core);
        node->core = NULL;
        node_closed(node);
    }

    while ((master = healthcode_cluster_missing(&cluster, &from))) {
        node = &nodes[master->address.port - 7000];
        node->core = healthcode_cluster_add(&cluster, master, &node->t, node);
    }

    healthcode_cluster_settled(&cluster);
    healthcode_reads_doubt(&reads);
}


/* Those that are closed and not deaf greet. */
static inline void
connect_all(void)
{
    node_t  *node;

    for (size_t i = 0; i < NODES; i++) {

        node = &nodes[i];

        if (node->core && !node->is_open && !node->is_deaf) {
            node->is_open = true;
            healthcode_tracker_connect(&node->t,
                                healthcode_str_from(&node->core->master.address,
                                    sizeof(healthcode_cluster_address_t)));
            assert_true(healthcode_tracker_greet(&node->t));
        }
    }
}


/* Everything that can happen at this moment does. */
static inline void
run(void)
{
    size_t  n = 0;

    do {
        if (is_changed) {
            settle();
        }

        connect_all();
        is_agreed = false;

        for (size_t i = 0; i < NODES; i++) {
            serve(&nodes[i]);
        }

        for (size_t i = 0; i < NODES; i++) {
            (void) hear(&nodes[i]);
        }

        healthcode_reads_wake(&reads);

    } while (++n < 12);
}


/* Heartbeats are due. */
static inline void
tick(uint64_t to)
{
    ms = to;

    for (size_t i = 0; i < NODES; i++) {
        if (nodes[i].t.state == HEALTHCODE_TRACKER_LIVE) {
            assert_true(healthcode_tracker_beat(&nodes[i].t, ms));
        }
    }

    run();
}


static inline void
own_all(size_t tag, int owner)
{
    for (size_t i = 0; i < NODES; i++) {
        nodes[i].owners[tag] = owner;
    }
}


/* Its keys are on their way. */
static inline void
migrate(size_t tag, int from, int to)
{
    nodes[from].ask[tag] = to;
    nodes[to].import[tag] = true;
}


/* Three masters with a third of the tags each, and one that has none. */
static inline int
city_begin(void **state)
{
    (void) state;

    memset(nodes, 0, sizeof(nodes));
    memset(memory, 0, sizeof(memory));
    memset(leases, 0, sizeof(leases));
    assert_true(healthcode_absence_table(&absence, memory, sizeof(memory)));
    absence.leases = leases;
    absence.nleases = NODES;
    digest = healthcode_digest_create();
    ms = 100000;
    is_wanted = true;
    nwaits = 0;

    for (size_t i = 0; i < NODES; i++) {

        healthcode_memo_terms_t  own = {
            .absence = &absence, .number = (unsigned) i, .lease = LEASE,
            .max_age = 100 * LEASE, .digest = digest,
            .counters = &nodes[i].counters
        };

        nodes[i].instance = "abc";
        healthcode_tracker_init(&nodes[i].t, &hello, TIMEOUT, 8, note_nothing,
                                NULL);
        assert_true(healthcode_tracker_own(&nodes[i].t, &own));
        memset(nodes[i].ask, 0xff, sizeof(nodes[i].ask));
    }

    for (size_t tag = 0; tag < TAGS; tag++) {
        own_all(tag, tag == C ? 1 : tag == R ? 2 : (int) tag % 3);
        nodes[nodes[0].owners[tag]].proofs[tag] = true;
    }

    healthcode_cluster_init(&cluster, LEASE, &cluster_handlers, NULL);
    healthcode_reads_init(&reads, &cluster, TIMEOUT, 8, &reads_handlers, NULL);

    return 0;
}


static inline int
city_end(void **state)
{
    (void) state;

    healthcode_waiters_fail(&reads.waiters,
                            HEALTHCODE_REASON_STORE_UNAVAILABLE);

    for (size_t i = 0; i < NODES; i++) {
        node_closed(&nodes[i]);
        healthcode_tracker_free(&nodes[i].t);
    }

    healthcode_reads_free(&reads);
    healthcode_digest_free(digest);

    return 0;
}


/* A server that is not a node yet has said the map of this one. */
static inline void
scout(size_t from)
{
    redisReply                *reply = NULL;
    healthcode_cluster_map_t   map;

    put_slots(&nodes[from]);
    assert_int_equal(resp_read(nodes[from].out, nodes[from].len, &reply, 1),
                     1);
    nodes[from].len = 0;
    assert_null(healthcode_cluster_map_read(&map, reply, healthcode_str("")));
    freeReplyObject(reply);
    (void) healthcode_cluster_scouted(&cluster, &map);
    run();
}


/* ---- questions ---- */

typedef struct {
    healthcode_read_t    *read;
    healthcode_reason_e   reason;    /* of the store */
    healthcode_reason_e   verdict;   /* OK, or what was found */
    unsigned              times;
    healthcode_risk_query_t  query;
} person_t;


static inline void
told(void *data, healthcode_reason_e reason,
    const healthcode_risk_reading_t *reading)
{
    person_t           *person = data;
    healthcode_risk_t   risk;

    person->times++;
    person->reason = reason;
    person->read = NULL;
    person->verdict = HEALTHCODE_REASON_FAULT;

    if (reading) {
        healthcode_risk_clear(&risk);
        healthcode_risk_add_reading(&risk, &person->query, reading, &terms);
        person->verdict = healthcode_risk_reason(&risk);
    }
}


static inline void
query_of(healthcode_risk_query_t *query, size_t holder, bool has_region)
{
    static healthcode_region_t  region;

    memset(query, 0, sizeof(*query));
    memset(query->holder, (int) holder, sizeof(query->holder));
    query->iss = healthcode_str("https://a.test");
    query->thumbprint = healthcode_str(THUMB);

    if (has_region) {
        region = healthcode_region_parse(healthcode_str("51"));
        query->regions = &region;
        query->nregions = 1;
    }
}


/* Asks of the holder whose bytes are all this one. */
static inline healthcode_reason_e
ask(person_t *person, size_t holder, bool has_region)
{
    memset(person, 0, sizeof(*person));
    query_of(&person->query, holder, has_region);

    person->reason = HEALTHCODE_REASON_COUNT;

    return healthcode_reads_ask(&reads, &person->query, told, person,
                                &person->read);
}


/* And what comes of it at this moment. */
static inline healthcode_reason_e
passes(size_t holder)
{
    static person_t      person;
    healthcode_reason_e  reason = ask(&person, holder, true);

    if (reason == HEALTHCODE_REASON_OK) {
        run();

        if (person.read) {
            healthcode_read_cancel(person.read);
            return HEALTHCODE_REASON_COUNT;
        }

        reason = (person.reason == HEALTHCODE_REASON_OK) ? person.verdict
                                                         : person.reason;
    }

    return reason;
}


static inline bool
knows(size_t holder)
{
    healthcode_risk_t        risk;
    healthcode_risk_query_t  query;

    query_of(&query, holder, true);
    healthcode_risk_clear(&risk);

    return healthcode_reads_find(&reads, &query, &terms, &risk, now_is, NULL);
}

#endif
