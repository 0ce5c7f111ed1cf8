/*
 * Fuzzes healthcode_tracker.c, with its pipeline and memo: whatever a store
 * sends in whatever order, while gates ask, leave and lose it.  Bytes are
 * steps: some are good replies, some any bytes.  docs/connection.md.
 */

#include "fuzz.h"
#include "../unit/resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_tracker.h"


#define CHECK       "39666bb05d87d8254e6b2233776bf348"
#define THUMB       "0123456789012345678901234567890123456789012"
#define LEASE       100
#define MAX_AGE     900
#define STALE       2000
#define DATE        1700000000

#define HOLDERS     3
#define ASKS_MAX    64
#define BEATS_MAX   64
#define REPLIES     8192

#define PUSH(key)   ">2\r\n$10\r\ninvalidate\r\n*1\r\n" key "\r\n"
#define PUSH_OF(h)  PUSH("$53\r\nhealthcode:risk:{" h "}:" h h h h h h h h h h \
                         h h h h h h)
#define META(instance)                                                        \
    "%3\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$1\r\n" instance      \
    "\r\n$12\r\npepper_check\r\n$32\r\n" CHECK "\r\n"


/* What is known apart from the code on trial. */
typedef struct {
    healthcode_lookup_t  *lookup;     /* NULL: free */
    unsigned              holder, parts;
    bool                  cancelled;
} ask_t;

static const char *const  replies[] = {
    "%0\r\n", "+OK\r\n", "%1\r\n$5\r\nflags\r\n~1\r\n$2\r\non\r\n", ":1\r\n",
    "*2\r\n$10\r\n1700000000\r\n$1\r\n0\r\n", "*1\r\n$6\r\nmaster\r\n",
    "$31\r\n\r\nmaxmemory_policy:noeviction\r\n\r\n", META("a"), "*0\r\n",
    "*3\r\n_\r\n_\r\n_\r\n", META("b"), "*1\r\n$5\r\nslave\r\n",
    "*1\r\n*2\r\n$1\r\na\r\n$1\r\n0\r\n", "-WRONGTYPE x\r\n", "-NOPERM x\r\n",
    PUSH("$19\r\nhealthcode:push:{c}"), PUSH("$21\r\nhealthcode:region:{r}"),
    PUSH("$22\r\nhealthcode:control:{c}"), PUSH("$20\r\nhealthcode:meta:{22}"),
    ">2\r\n$10\r\ninvalidate\r\n_\r\n", PUSH_OF("11"), PUSH_OF("22"),
    PUSH_OF("33"), "*1\r\n*2\r\n$1\r\na\r\n$10\r\n1699999990\r\n",
    PUSH("$19\r\nhealthcode:data:{c}"),
    "$25\r\n\r\ntracking_total_keys:3\r\n\r\n"
};

static healthcode_tracker_t           t;
static healthcode_absence_t           absence;
static healthcode_absence_counters_t  counters;
static uint64_t                       memory[16 * HEALTHCODE_ABSENCE_WORDS];
static uint64_t                       lease;
static healthcode_digest_t           *digest;

static uint64_t    now;
static ask_t       asks[ASKS_MAX];
static uint64_t    beats[BEATS_MAX];      /* when sent, in order */
static unsigned    nbeats, nunsent;
static uint64_t    proven;                /* the last good beat: when sent */
static bool        known[HOLDERS];
static uint64_t    stored[HOLDERS];
static bool        spoiled;               /* the lookup that is half read */
static bool        is_proven;             /* the one that is read in full */
static char        instance;              /* 0: none */
static redisReply *current;
static unsigned    finds;
static redisReply *kept[REPLIES];
static size_t      nkept;


static void
note(void *data, const healthcode_tracker_note_t *said)
{
    (void) data;

    if (said->kind == HEALTHCODE_TRACKER_NOTE_AUTH) {
        fuzz_must(t.auths == 0 && !t.is_auth_due && !t.is_auth_unsaid);
    }

    if (said->kind == HEALTHCODE_TRACKER_NOTE_RENEWED) {
        /* only what was sent may be the beginning of a lease */
        fuzz_must(nbeats && said->number == beats[0]);
        proven = (said->number > proven) ? said->number : proven;
    }
}


static uint64_t
clock_of(void *data)
{
    (void) data;
    return now;
}


static healthcode_risk_query_t
query_of(unsigned holder)
{
    static const healthcode_region_t  region = 111;
    healthcode_risk_query_t           query = {
        .iss = healthcode_str("i"), .thumbprint = healthcode_str(THUMB),
        .regions = &region, .nregions = 1
    };

    memset(query.holder, 0x11 * (int) (holder + 1), sizeof(query.holder));

    return query;
}


/* All that was known is of another connection, or of other data. */
static void
forget_all(void)
{
    memset(known, 0, sizeof(known));
    proven = 0;
}


/* The instance that a proof names, of one byte here; "?": another. */
static char
instance_of(const redisReply *meta)
{
    healthcode_str_t  text = healthcode_risk_codec_instance(meta);

    return (text.len == 1) ? (char) text.data[0] : '?';
}


static void
done(void *data, healthcode_reason_e reason,
    const healthcode_risk_reading_t *reading)
{
    ask_t  *ask = data;

    fuzz_must(ask->lookup && !ask->cancelled);
    ask->lookup = NULL;

    if (reason != HEALTHCODE_REASON_OK) {
        fuzz_must(healthcode_reason_is_outage(reason));
        fuzz_must(reading == NULL);
        return;
    }

    /* each part has its proof, by the store that was greeted */
    fuzz_must(current && is_proven);
    fuzz_must(reading->parts == ask->parts);
    fuzz_must(!(reading->parts & HEALTHCODE_RISK_HOLDER)
              || reading->nflags <= HEALTHCODE_RISK_FLAGS_MAX);
}


/* Whether all parts of lookup are proved; its last reply is meta. */
static bool
proves_all(const healthcode_lookup_t *lookup, const redisReply *meta)
{
    const redisReply  *proof;

    for (unsigned i = 1; i < lookup->expected; i += 2) {
        proof = (i + 1 == lookup->expected) ? meta : lookup->replies[i];

        if (healthcode_risk_codec_meta(proof, CHECK) != HEALTHCODE_REASON_OK
            || instance_of(proof) != instance)
        {
            return false;
        }
    }

    return lookup->expected % 2 == 0;
}


static bool
asks_holder(const healthcode_lookup_t *lookup)
{
    return !lookup->is_heartbeat
           && (lookup->question.parts & HEALTHCODE_RISK_HOLDER);
}


/* Whether lookup, which has all its replies, says that there is no flag. */
static bool
says_none(const healthcode_lookup_t *lookup)
{
    const redisReply  *risk = lookup->replies[0];

    return asks_holder(lookup) && !spoiled && is_proven
           && t.state == HEALTHCODE_TRACKER_LIVE
           && risk->type == REDIS_REPLY_ARRAY && risk->elements == 0;
}


static void
disconnect(void)
{
    healthcode_tracker_disconnect(&t);
    current = NULL;
    healthcode_pipeline_fail(&t.pipeline, HEALTHCODE_REASON_STORE_UNAVAILABLE);
    fuzz_must(t.pipeline.pending == 0);
    instance = 0;
    nbeats = nunsent = 0;
    spoiled = false;
}


/*
 * What was silent for long is tried once more on another connection.  What is
 * known stays good, as after any other end: until a store proves itself.
 */
static void
again(void)
{
    size_t  pending = t.pipeline.pending;

    healthcode_tracker_disconnect(&t);
    current = NULL;
    healthcode_pipeline_again(&t.pipeline, HEALTHCODE_REASON_STORE_UNAVAILABLE);
    fuzz_must(t.pipeline.pending <= pending);
    fuzz_must(healthcode_pipeline_first(&t.pipeline) == NULL);
    instance = 0;
    nbeats = nunsent = 0;
    spoiled = false;

    healthcode_tracker_connect(&t, healthcode_str("peer"));
    fuzz_must(healthcode_tracker_greet(&t));
}


static bool
is_key(const redisReply *key, const char *text)
{
    return key->type == REDIS_REPLY_STRING && key->len == strlen(text)
           && memcmp(key->str, text, key->len) == 0;
}


/* What a push that was taken must have changed. */
static void
pushed(const redisReply *push)
{
    char               text[64];
    const redisReply  *keys = push->element[1];

    spoiled |= healthcode_pipeline_is_partial(&t.pipeline);

    if (keys->type != REDIS_REPLY_ARRAY) {
        forget_all();
        return;
    }

    for (size_t i = 0; i < keys->elements; i++) {

        if (keys->element[i]->type == REDIS_REPLY_STRING
            && strncmp(keys->element[i]->str, "healthcode:meta:", 16) == 0)
        {
            forget_all();
        }

        for (unsigned h = 0; h < HOLDERS; h++) {
            snprintf(text, sizeof(text), "healthcode:risk:{%s",
                     h == 0 ? "11}:11111111111111111111111111111111"
                     : h == 1 ? "22}:22222222222222222222222222222222"
                              : "33}:33333333333333333333333333333333");
            known[h] &= !is_key(keys->element[i], text);
        }
    }
}


/* Whether reply, the last one to a heartbeat, says how many keys there are. */
static bool
says_keys(const redisReply *reply, uint64_t keys)
{
    char         digits[19], end;
    const char  *at;

    if (reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_VERB) {
        return false;
    }

    at = strstr(reply->str, "\ntracking_total_keys:");

    return at && sscanf(at + 1, "tracking_total_keys:%18[0-9]%c", digits, &end)
                 == 2
           && (end == '\r' || end == '\n')
           && strtoull(digits, NULL, 10) == keys;
}


static void
come(redisReply *reply)
{
    bool                   beat, last, none, some, counts, had, has;
    unsigned               holder;
    uint64_t               before = 0, keys = 0;
    healthcode_data_t      data = *healthcode_tracker_data(&t);
    healthcode_lookup_t   *first = healthcode_pipeline_first(&t.pipeline);
    healthcode_tracker_e   rc;

    kept[nkept++] = reply;

    if (t.state == HEALTHCODE_TRACKER_DOWN) {
        return;
    }

    beat = first && first->is_heartbeat && !first->is_auth
           && t.state != HEALTHCODE_TRACKER_GREETING
           && reply->type != REDIS_REPLY_PUSH;
    last = first && t.state != HEALTHCODE_TRACKER_GREETING
           && reply->type != REDIS_REPLY_PUSH
           && first->received + 1 == first->expected;

    is_proven = last && proves_all(first, reply);
    none = last && says_none(first);
    some = last && asks_holder(first)
           && (first->replies[0]->type != REDIS_REPLY_ARRAY
               || first->replies[0]->elements);
    counts = beat && last && first->asks_memory;
    had = healthcode_tracker_keys(&t, &before);
    holder = first && asks_holder(first)
             ? first->question.holder[0] / 0x11 - 1u : 0;

    current = reply;
    t.pipeline.heard = now;
    rc = healthcode_tracker_reply(&t, reply, now, DATE);
    current = NULL;

    if (beat && last && nbeats) {
        memmove(beats, beats + 1, --nbeats * sizeof(beats[0]));
    }

    spoiled = last ? false : spoiled;

    /* what no proof follows is not believed */
    fuzz_must(memcmp(&data, healthcode_tracker_data(&t), sizeof(data)) == 0
              || rc == HEALTHCODE_TRACKER_PROVEN
              || (beat && last && rc == HEALTHCODE_TRACKER_GOES_ON));

    has = healthcode_tracker_keys(&t, &keys);
    fuzz_must(!has || t.state == HEALTHCODE_TRACKER_LIVE);

    if (counts && rc == HEALTHCODE_TRACKER_GOES_ON
        && t.state == HEALTHCODE_TRACKER_LIVE)
    {
        fuzz_must(has == says_keys(reply, keys));
    } else {
        fuzz_must(!has || (had && keys == before));
    }

    if (rc == HEALTHCODE_TRACKER_BROKEN || rc == HEALTHCODE_TRACKER_LEFT) {
        fuzz_must(rc == HEALTHCODE_TRACKER_LEFT
                  || (healthcode_reason_is_outage(t.reason) && t.what[0]));
        forget_all();
        disconnect();
        return;
    }

    if (some) {
        known[holder] = false;
    }

    if (none) {
        known[holder] = true;
        stored[holder] = now;
    }

    if (rc == HEALTHCODE_TRACKER_PROVEN) {
        fuzz_must(healthcode_risk_codec_meta(reply, CHECK)
                  == HEALTHCODE_REASON_OK);
        instance = instance_of(reply);
        forget_all();
    }

    if (reply->type == REDIS_REPLY_PUSH
        && t.state != HEALTHCODE_TRACKER_LEAVING)
    {
        pushed(reply);
    }
}


static void
feed(const void *bytes, size_t len)
{
    size_t       n;
    redisReply  *read[16];

    n = resp_read(bytes, len, read, 16);

    for (size_t i = 0; i < n; i++) {
        if (nkept < REPLIES) {
            come(read[i]);
        } else {
            freeReplyObject(read[i]);
        }
    }
}


/* A good reply to what is asked next. */
static void
feed_good(void)
{
    static const unsigned  greeting[] = { 0, 1, 2, 3, 3, 4, 23, 5, 6, 7 };
    static const unsigned  beat[] = { 5, 7, 6, 4, 23, 2, 25 };
    static const char      region[] = "*1\r\n_\r\n";
    unsigned               i = 7;
    healthcode_lookup_t   *first = healthcode_pipeline_first(&t.pipeline);

    if (t.state == HEALTHCODE_TRACKER_GREETING) {
        i = (t.handshake.reads && t.greeted > 8)
            ? (t.greeted % 2 ? 9 : 7) : greeting[t.greeted % 10];

        if (t.greeted == 5 && !t.is_pushed) {
            feed(replies[15], strlen(replies[15]));
        }

    } else if (first) {
        i = first->is_auth ? 1
            : first->is_heartbeat ? beat[first->received % 7]
            : healthcode_risk_codec_is_proof(first->received) ? 7
            : healthcode_risk_codec_part(first->question.parts,
                                         first->received)
              == HEALTHCODE_RISK_HOLDER ? 8 : 9;
        i = (i == 7 && instance == 'b') ? 10 : i;

        if (i == 9 && healthcode_risk_codec_part(first->question.parts,
                                                 first->received)
                      == HEALTHCODE_RISK_REGIONS)
        {
            feed(region, sizeof(region) - 1);
            return;
        }
    }

    feed(replies[i], strlen(replies[i]));
}


static void
ask(unsigned holder, unsigned parts)
{
    unsigned                 i = 0;
    uint64_t                 beaten = t.beaten;
    healthcode_reason_e      reason;
    healthcode_risk_query_t  query = query_of(holder);

    while (i < ASKS_MAX && asks[i].lookup) {
        i++;
    }

    if (i == ASKS_MAX || nbeats + nunsent == BEATS_MAX) {
        return;
    }

    query.parts = parts;
    asks[i] = (ask_t) {
        .holder = holder, .parts = healthcode_risk_parts(&query)
    };
    reason = healthcode_tracker_ask(&t, &query, now, done, &asks[i],
                                    &asks[i].lookup);
    fuzz_must(reason == HEALTHCODE_REASON_OK
              || reason == HEALTHCODE_REASON_STORE_BUSY
              || (reason == HEALTHCODE_REASON_STORE_TIMEOUT
                  && t.pipeline.breaker.is_open));

    /* the role was last asked for long ago: then with this one */
    nunsent += (t.beaten != beaten);
}


static void
cancel(unsigned i)
{
    if (asks[i].lookup) {
        healthcode_pipeline_cancel(asks[i].lookup);
        asks[i].lookup = NULL;
    }
}


static void
find(unsigned holder)
{
    healthcode_risk_t               risk;
    healthcode_risk_query_t         query = query_of(holder);
    static const healthcode_risk_policy_t  policy = { .ndeny = 0 };
    const healthcode_risk_terms_t   terms = {
        .policy = &policy, .iat = DATE, .now = DATE
    };

    healthcode_risk_clear(&risk);
    finds++;

    if (healthcode_tracker_find(&t, &query, &terms, &risk, clock_of, NULL)) {
        fuzz_must(known[holder]);
        fuzz_must(proven && now < proven + LEASE);
        fuzz_must(now < stored[holder] + MAX_AGE);
    }

    if (healthcode_tracker_find_stale(&t, &query, &terms, STALE, &risk,
                                      clock_of, NULL))
    {
        fuzz_must(known[holder]);
        fuzz_must(proven && now < proven + LEASE + STALE);
        fuzz_must(now < stored[holder] + MAX_AGE + STALE);
    }

    fuzz_must(counters.hits + counters.misses == finds);
}


static void
write_all(void)
{
    if (t.state == HEALTHCODE_TRACKER_LIVE) {
        (void) healthcode_tracker_send(&t, now);

        for ( /* void */ ; nunsent; nunsent--) {
            beats[nbeats++] = now;
        }
    }

    healthcode_pipeline_wrote(&t.pipeline, t.pipeline.out.len, now);
}


/* A heartbeat, or one if it is due. */
static void
beat(bool ticks)
{
    bool      first = t.is_first_due;
    uint64_t  beaten = t.beaten;

    if (!ticks) {
        fuzz_must(healthcode_tracker_beat(&t, now));
        nunsent++;
        return;
    }

    fuzz_must(healthcode_tracker_tick(&t, now));
    nunsent += (first || t.beaten != beaten);
    fuzz_must(healthcode_tracker_wait(&t, now) > 0);
}


static void
step(uint8_t op, const uint8_t **data, size_t *size)
{
    size_t    n;
    uint64_t  left;
    uint8_t   arg;

    switch (op % 16) {

    case 0:
        n = fuzz_byte(data, size);
        n = (n < *size) ? n : *size;
        feed(*data, n);
        *data += n;
        *size -= n;
        break;

    case 1:
    case 2:
    case 3:
        feed_good();
        break;

    case 4:
        arg = fuzz_byte(data, size) % (sizeof(replies) / sizeof(replies[0]));
        feed(replies[arg], strlen(replies[arg]));
        break;

    case 5:
    case 6:
        ask(op / 16 % HOLDERS, op % 16 == 5 ? 0 : op / 16 / HOLDERS);
        break;

    case 7:
        if (t.state == HEALTHCODE_TRACKER_LIVE
            && nbeats + nunsent < BEATS_MAX)
        {
            beat(op > 128);
        }

        break;

    case 8:
    case 9:
        write_all();
        break;

    case 10:
        now += fuzz_byte(data, size);
        break;

    case 11:
        cancel(op / 16 * 4 % ASKS_MAX);
        break;

    case 12:
        (void) healthcode_pipeline_expire(&t.pipeline, now, &left);
        break;

    case 13:
        if (t.state == HEALTHCODE_TRACKER_LIVE && op > 200) {
            write_all();
            healthcode_tracker_leave(&t);
            forget_all();

        } else if (op < 48) {
            /* nothing that is known is forgotten, whenever it comes */
            fuzz_must(healthcode_tracker_auth(&t, op < 24
                                              ? healthcode_str("one")
                                              : healthcode_str("two")));
        }

        break;

    case 14:
        if (t.state == HEALTHCODE_TRACKER_DOWN || op > 240) {
            disconnect();
            healthcode_tracker_connect(&t, healthcode_str("peer"));
            fuzz_must(healthcode_tracker_greet(&t));
        }

        break;

    case 15:
        if (op > 200 && healthcode_tracker_was_idle(&t, now)) {
            again();

        } else if (healthcode_tracker_is_silent(&t, now, &left)) {
            disconnect();
        }

        break;
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t                        op;
    static const healthcode_handshake_t  handshake = {
        .tracking = true, .is_gate = true, .pepper_check = CHECK
    };
    healthcode_memo_terms_t        terms = {
        .absence = &absence, .lease = LEASE, .max_age = MAX_AGE,
        .counters = &counters
    };

    if (size > 8192) {
        return 0;
    }

    if (digest == NULL) {
        digest = healthcode_digest_create();
    }

    terms.digest = digest;
    now = 1000;
    lease = 0;
    finds = 0;
    memset(&counters, 0, sizeof(counters));
    memset(memory, 0, sizeof(memory));
    memset(asks, 0, sizeof(asks));
    fuzz_must(healthcode_absence_table(&absence, memory, sizeof(memory)));
    absence.leases = &lease;
    absence.nleases = 1;

    healthcode_tracker_init(&t, &handshake, 2 * LEASE, 16, note, NULL);
    fuzz_must(healthcode_tracker_own(&t, &terms));

    while (size) {
        op = fuzz_byte(&data, &size);
        step(op, &data, &size);

        for (unsigned holder = 0; holder < HOLDERS; holder++) {
            find(holder);
        }
    }

    disconnect();

    for (unsigned i = 0; i < ASKS_MAX; i++) {
        fuzz_must(asks[i].lookup == NULL);
    }

    healthcode_tracker_free(&t);

    while (nkept) {
        freeReplyObject(kept[--nkept]);
    }

    return 0;
}
