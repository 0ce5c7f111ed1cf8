/*
 * Looks on while the core works, for the counts: the linker puts these in
 * between (--wrap).  They change nothing of what it does; but a write, which
 * is short, can be picked to be interrupted.
 * Knows no rule.  CONTRIBUTING.md, "The model".
 */

#include <string.h>

#include "model.h"


/* Where healthcode_absence.c has them. */
#define MODEL_ENTRY_STORE   2
#define MODEL_ENTRY_OWNER   3
#define MODEL_ENTRY_STORED  4

/* Steps of writing an entry: the checksum is written twice. */
#define MODEL_WRITE_STEPS   (HEALTHCODE_ABSENCE_WORDS + 1)


const uint64_t *__real_healthcode_table_next(const healthcode_table_t *table,
    const uint64_t *key, unsigned *looked, uint64_t *entry);
bool __real_healthcode_table_is_at(const healthcode_table_t *table,
    const uint64_t *place, const uint64_t *entry);
bool __real_healthcode_table_put(healthcode_table_t *table, uint64_t *entry,
    unsigned same, healthcode_table_worth_pt worth, void *data);
bool __real_healthcode_table_delete(healthcode_table_t *table,
    const uint64_t *key);
void __real_healthcode_lease_renounce(uint64_t *lease);
bool __real_healthcode_owner_finds(const healthcode_owner_t *owner,
    const uint8_t *holder, healthcode_clock_pt clock, void *data);
bool __real_healthcode_owner_finds_with(const healthcode_owner_t *owner,
    const uint8_t *holder, const healthcode_owner_t *const *others, size_t n,
    healthcode_clock_pt clock, void *data);

const uint64_t *__wrap_healthcode_table_next(const healthcode_table_t *table,
    const uint64_t *key, unsigned *looked, uint64_t *entry);
bool __wrap_healthcode_table_is_at(const healthcode_table_t *table,
    const uint64_t *place, const uint64_t *entry);
bool __wrap_healthcode_table_put(healthcode_table_t *table, uint64_t *entry,
    unsigned same, healthcode_table_worth_pt worth, void *data);
bool __wrap_healthcode_table_delete(healthcode_table_t *table,
    const uint64_t *key);
void __wrap_healthcode_lease_renounce(uint64_t *lease);
bool __wrap_healthcode_owner_finds(const healthcode_owner_t *owner,
    const uint8_t *holder, healthcode_clock_pt clock, void *data);
bool __wrap_healthcode_owner_finds_with(const healthcode_owner_t *owner,
    const uint8_t *holder, const healthcode_owner_t *const *others, size_t n,
    healthcode_clock_pt clock, void *data);

bool __real_healthcode_owner_store(healthcode_owner_t *owner, uint64_t epoch,
    const uint8_t *holder, uint64_t now);
bool __real_healthcode_owner_forget(healthcode_owner_t *owner,
    const uint8_t *holder);
void __real_healthcode_owner_renew(healthcode_owner_t *owner, uint64_t epoch,
    uint64_t sent, uint64_t until);
void __real_healthcode_pipeline_spoil(healthcode_pipeline_t *pipeline);

void __real_healthcode_answers_keep(healthcode_answers_t *answers,
    const healthcode_risk_query_t *query,
    const healthcode_risk_answer_t *answer);

void __wrap_healthcode_answers_keep(healthcode_answers_t *answers,
    const healthcode_risk_query_t *query,
    const healthcode_risk_answer_t *answer);
bool __wrap_healthcode_owner_store(healthcode_owner_t *owner, uint64_t epoch,
    const uint8_t *holder, uint64_t now);
bool __wrap_healthcode_owner_forget(healthcode_owner_t *owner,
    const uint8_t *holder);
void __wrap_healthcode_owner_renew(healthcode_owner_t *owner, uint64_t epoch,
    uint64_t sent, uint64_t until);
void __wrap_healthcode_pipeline_spoil(healthcode_pipeline_t *pipeline);

static bool model_watch_is_epoch(const healthcode_owner_t *owner,
    uint64_t epoch);
static unsigned model_watch_holder(const uint8_t *holder);
static uint64_t model_watch_put(const healthcode_table_t *table,
    uint64_t *entry, unsigned same, healthcode_table_worth_pt worth,
    void *data);
static unsigned model_watch_torn(const uint64_t *key);
static void model_watch_found(void);

static const healthcode_owner_t  *model_watch_finds;    /* looks something up */


const uint64_t *
__wrap_healthcode_table_next(const healthcode_table_t *table,
    const uint64_t *key, unsigned *looked, uint64_t *entry)
{
    bool             first = (*looked == 0);
    const uint64_t  *place;

    place = __real_healthcode_table_next(table, key, looked, entry);

    if (place && !first) {
        model.count.doubles++;
    }

    if (place && model_watch_finds
        && entry[MODEL_ENTRY_STORE] != model_watch_finds->store)
    {
        model.count.foreign++;
    }

    if (place && model.stores[model.current->store].flagged[
                     model.current->asks] != MODEL_NEVER
        && model_chance(model.terms.second))
    {
        model_arm_within(HEALTHCODE_ABSENCE_WORDS + 4);
    }

    if (place == NULL && (model.count.steps & 15) == 0) {
        model.count.torn += model_watch_torn(key);
    }

    return place;
}


bool
__wrap_healthcode_table_is_at(const healthcode_table_t *table,
    const uint64_t *place, const uint64_t *entry)
{
    uint64_t         now, lease;
    model_worker_t  *worker = model.current;

    if (!__real_healthcode_table_is_at(table, place, entry)) {
        model.count.changed++;
        return false;
    }

    now = model.tick / MODEL_TICKS;
    worker->reads = entry[MODEL_ENTRY_OWNER] >> HEALTHCODE_LEASE_EPOCH_BITS;
    lease = model.leases[worker->reads % MODEL_OWNERS];

    if (healthcode_lease_epoch(lease)
        != (entry[MODEL_ENTRY_OWNER] & HEALTHCODE_LEASE_EPOCH_LAST))
    {
        model.count.epochs++;

    } else if (now >= healthcode_lease_until(lease)) {
        model.count.lapsed++;

    } else if (now >= entry[MODEL_ENTRY_STORED] + model.terms.max_age) {
        model.count.aged++;

    } else if (now >= healthcode_lease_until(
                          model.leases[worker->number]))
    {
        model.count.lapsed_own++;
    }

    return true;
}


bool
__wrap_healthcode_owner_finds(const healthcode_owner_t *owner,
    const uint8_t *holder, healthcode_clock_pt clock, void *data)
{
    bool  found;

    model_watch_finds = owner;
    model_arm(MODEL_FINDING);
    found = __real_healthcode_owner_finds(owner, holder, clock, data);
    model_arm(MODEL_IDLE);

    if (found) {
        model_watch_found();
    }

    return found;
}


bool
__wrap_healthcode_owner_finds_with(const healthcode_owner_t *owner,
    const uint8_t *holder, const healthcode_owner_t *const *others, size_t n,
    healthcode_clock_pt clock, void *data)
{
    bool  found;

    model_watch_finds = owner;
    model_arm(MODEL_FINDING);
    found = __real_healthcode_owner_finds_with(owner, holder, others, n, clock,
                                               data);
    model_arm(MODEL_IDLE);

    if (found) {
        model_watch_found();
    }

    return found;
}


static void
model_watch_found(void)
{
    const model_worker_t  *other, *worker = model.current;

    if (worker->reads % MODEL_WORKERS != worker->number) {
        other = &model.workers[worker->reads % MODEL_WORKERS];
        model.count.hits_other++;
        model.count.hits_dead += other->dead;
        model.count.hits_stopped += other->stopped > model.tick;
    }
}


bool
__wrap_healthcode_owner_store(healthcode_owner_t *owner, uint64_t epoch,
    const uint8_t *holder, uint64_t now)
{
    bool             over;
    model_worker_t  *worker = model.current;

    worker->asks = model_watch_holder(holder);
    model_arm(MODEL_STORING);

    if (model_watch_is_epoch(owner, epoch)) {
        model.stores[worker->store].stored[worker->asks] = model.tick;
        worker->kept[worker->asks] = ++model.moment;
        model.count.stored++;
        model_trace("worker %u stores holder %u", worker->number,
                    worker->asks);
    }

    over = __real_healthcode_owner_store(owner, epoch, holder, now);
    model_arm(MODEL_IDLE);
    model.count.stored_over += over;

    return over;
}


void
__wrap_healthcode_answers_keep(healthcode_answers_t *answers,
    const healthcode_risk_query_t *query,
    const healthcode_risk_answer_t *answer)
{
    model.current->controls = ++model.moment;

    __real_healthcode_answers_keep(answers, query, answer);
}


bool
__wrap_healthcode_owner_forget(healthcode_owner_t *owner,
    const uint8_t *holder)
{
    bool  found;

    model_trace("worker %u forgets holder %u", model.current->number,
                model_watch_holder(holder));

    model_arm(MODEL_FORGETTING);
    found = __real_healthcode_owner_forget(owner, holder);
    model_arm(MODEL_IDLE);

    model.count.forgotten += found;
    model.count.forgotten_none += !found;

    return found;
}


void
__wrap_healthcode_owner_renew(healthcode_owner_t *owner, uint64_t epoch,
    uint64_t sent, uint64_t until)
{
    bool  same = model_watch_is_epoch(owner, epoch);

    model.count.renewed += same;
    model.count.renewed_not += !same;

    model_arm(MODEL_LEASING);
    __real_healthcode_owner_renew(owner, epoch, sent, until);
    model_arm(MODEL_IDLE);
}


void
__wrap_healthcode_pipeline_spoil(healthcode_pipeline_t *pipeline)
{
    model.count.stored_changed += healthcode_pipeline_is_partial(pipeline);

    __real_healthcode_pipeline_spoil(pipeline);
}


static bool
model_watch_is_epoch(const healthcode_owner_t *owner, uint64_t epoch)
{
    return healthcode_lease_epoch(model.leases[owner->number]) == epoch;
}


static unsigned
model_watch_holder(const uint8_t *holder)
{
    unsigned  i = 0;

    while (memcmp(model.holders[i], holder, HEALTHCODE_HOLDER_LEN) != 0) {
        i++;
    }

    return i;
}


/* Who asked: whether with another, and if not, whether one was too old. */
void
model_watch_asked(const healthcode_lookup_t *lookup)
{
    healthcode_list_t            *link;
    const healthcode_lookup_t    *other;
    const healthcode_pipeline_t  *pipeline = lookup->pipeline;

    if (lookup->is_joined) {
        model.count.joined++;
        return;
    }

    for (link = pipeline->sent.next;
         link != &pipeline->sent;
         link = link->next)
    {
        other = healthcode_list_entry(link, healthcode_lookup_t, link);

        if (other->is_joinable
            && memcmp(other->question.holder, lookup->question.holder,
                      HEALTHCODE_HOLDER_LEN) == 0)
        {
            model.count.joined_not++;
        }
    }
}


/* Whether what was asked just now carries the role, last asked at beaten. */
void
model_watch_woken(model_worker_t *worker, uint64_t beaten)
{
    if (worker->tracker.beaten != beaten) {
        worker->woken = model.tick;
        model.count.woken++;
        model_trace("worker %u asks for the role with a read", worker->number);
    }
}


/* From now on nothing counts that it has read before. */
void
model_watch_told(model_worker_t *worker)
{
    worker->told = ++model.moment;
}


/*
 * What arrives next answers what it will be read as: a reply to AUTH is not
 * that to a lookup, nor the other way round, and a holder's is not another's.
 */
void
model_watch_order(const model_link_t *link,
    const healthcode_tracker_t *tracker)
{
    bool                        is_risk;
    const model_message_t      *message = &link->messages[link->first_message];
    const healthcode_lookup_t  *first;

    if (link->arrived == 0 || message->type != MODEL_REPLY
        || tracker->state == HEALTHCODE_TRACKER_GREETING)
    {
        return;
    }

    first = healthcode_pipeline_first(&tracker->pipeline);
    is_risk = message->command == MODEL_COMMAND_RISK
              && message->key != MODEL_NOBODY;

    if (first == NULL
        || first->is_auth != (message->command == MODEL_COMMAND_AUTH)
        || (is_risk && !first->is_heartbeat
            && memcmp(first->question.holder, model.holders[message->key],
                      HEALTHCODE_HOLDER_LEN) != 0))
    {
        model.wrong = "a reply is read as that of another question";
    }
}


/* What reply came to. */
void
model_watch_reply(const healthcode_tracker_t *tracker, const redisReply *reply,
    healthcode_tracker_e rc)
{
    uint64_t           all;
    const redisReply  *keys;

    all = model.count.pushes_all + model.count.pushes_meta;

    if (reply->type == REDIS_REPLY_PUSH) {
        keys = reply->element[1];
        model.count.pushes += (keys->type == REDIS_REPLY_ARRAY);
        model.count.pushes_all += (keys->type == REDIS_REPLY_NIL);
        model.count.pushes_meta +=
            (keys->type == REDIS_REPLY_ARRAY
             && strncmp(keys->element[0]->str, "healthcode:meta", 15) == 0);
    }

    if (rc != HEALTHCODE_TRACKER_GOES_ON
        || model.count.pushes_all + model.count.pushes_meta > all)
    {
        model_watch_told(model.current);
    }

    model.count.left += (rc == HEALTHCODE_TRACKER_LEFT);

    model.count.auths_refused +=
        (rc == HEALTHCODE_TRACKER_BROKEN && tracker->auths != 0);

    if (rc == HEALTHCODE_TRACKER_BROKEN) {
        if (tracker->state == HEALTHCODE_TRACKER_GREETING) {
            model.count.refused++;
        } else {
            model.count.unproven++;
        }

        model_trace("worker %u: %s", model.current->number, tracker->what);
    }
}


/* A connection ends. */
void
model_watch_lost(const model_worker_t *worker)
{
    model_trace("worker %u loses its connection", worker->number);

    model.count.lost += (worker->tracker.state == HEALTHCODE_TRACKER_LIVE);
}


void
model_watch_note(void *data, const healthcode_tracker_note_t *note)
{
    model_worker_t  *worker = data;

    if (note->kind == HEALTHCODE_TRACKER_NOTE_OWNER) {
        model_trace("worker %u is live", worker->number);

    } else if (note->kind == HEALTHCODE_TRACKER_NOTE_AUTH
               && worker->tracker.state == HEALTHCODE_TRACKER_LIVE)
    {
        worker->authed = model.tick;
        model.count.auths++;
        model_trace("worker %u has another password in use", worker->number);

    } else if (note->kind == HEALTHCODE_TRACKER_NOTE_RENEWED) {
        model_trace("worker %u renews its lease from %u on", worker->number,
                    (unsigned) note->number * MODEL_TICKS);
    }
}


bool
__wrap_healthcode_table_put(healthcode_table_t *table, uint64_t *entry,
    unsigned same, healthcode_table_worth_pt worth, void *data)
{
    bool             worthy;
    uint64_t         steps, others = model.count.overtaken;
    model_worker_t  *worker = model.current;

    steps = model_watch_put(table, entry, same, worth, data);

    if (model_chance(model.terms.focus)
        || (model.count.overtaken > others && model_chance(model.terms.gang)))
    {
        worker->doing = MODEL_WRITING;
        model.budget = (int64_t) steps - MODEL_WRITE_STEPS + 1
                       + model_roll_less(MODEL_WRITE_STEPS);
    }

    worthy = __real_healthcode_table_put(table, entry, same, worth, data);
    worker->writes = -1;

    return worthy;
}


/*
 * How many steps it would be, if nobody came between; and where.  Who writes
 * where others do is worth a look.
 */
static uint64_t
model_watch_put(const healthcode_table_t *table, uint64_t *entry,
    unsigned same, healthcode_table_worth_pt worth, void *data)
{
    int64_t             budget = model.budget;
    ptrdiff_t           at = 0;
    uint64_t            before = model.count.steps, steps;
    uint64_t            memory[MODEL_WORDS];
    healthcode_table_t  copy = *table;

    memcpy(memory, model.memory, sizeof(memory));
    copy.memory = memory;

    model.budget = INT64_MAX;
    __real_healthcode_table_put(&copy, entry, same, worth, data);

    steps = model.count.steps - before;
    model.count.steps = before;
    model.budget = budget;

    while (at < MODEL_WORDS && memory[at] == model.memory[at]) {
        at++;
    }

    at -= at % HEALTHCODE_ABSENCE_WORDS;
    model.current->writes = at;

    for (unsigned i = 0; i < model.terms.workers; i++) {
        if (&model.workers[i] != model.current
            && model.workers[i].writes == at)
        {
            model.count.overtaken++;
            model.stores[model.current->store].hot = model.current->asks;
        }
    }

    return steps;
}


bool
__wrap_healthcode_table_delete(healthcode_table_t *table, const uint64_t *key)
{
    model.count.forgotten_torn += model_watch_torn(key);

    return __real_healthcode_table_delete(table, key);
}


void
__wrap_healthcode_lease_renounce(uint64_t *lease)
{
    model_arm(MODEL_LEASING);
    __real_healthcode_lease_renounce(lease);
    model_arm(MODEL_IDLE);

    model.count.last += healthcode_lease_epoch(*lease)
                        == HEALTHCODE_LEASE_EPOCH_LAST;
}


/* Entries of key that have a checksum, but not theirs. */
static unsigned
model_watch_torn(const uint64_t *key)
{
    int64_t             budget = model.budget;
    unsigned            looked, n = 0;
    uint64_t            steps = model.count.steps;
    uint64_t            one[HEALTHCODE_TABLE_WAYS * HEALTHCODE_ABSENCE_WORDS];
    uint64_t            entry[HEALTHCODE_ABSENCE_WORDS];
    const uint64_t     *place;
    healthcode_table_t  table;

    model.budget = INT64_MAX;
    healthcode_table_init(&table, one, sizeof(one), HEALTHCODE_ABSENCE_WORDS,
                          2);

    for (unsigned i = 0; i < MODEL_WORDS; i += HEALTHCODE_ABSENCE_WORDS) {
        place = &model.memory[i];

        if (place[0] != key[0] || place[HEALTHCODE_ABSENCE_WORDS - 1] == 0) {
            continue;
        }

        looked = 0;
        memset(one, 0, sizeof(one));
        memcpy(one, place, HEALTHCODE_ABSENCE_WORDS * sizeof(uint64_t));

        n += __real_healthcode_table_next(&table, place, &looked, entry)
             == NULL;
    }

    model.count.steps = steps;
    model.budget = budget;

    return n;
}
