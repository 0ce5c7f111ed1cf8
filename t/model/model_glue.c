/*
 * A worker's event loop: clock, socket and timers of one connection, as those
 * of nginx/store/.  Knows no rule: those are redis/'s and core/'s, linked as
 * they are.  CONTRIBUTING.md, "The model".
 */

#include "model.h"


static void model_glue_read(model_worker_t *worker);
static void model_glue_led(model_worker_t *worker);
static void model_glue_timers(model_worker_t *worker);
static void model_glue_live(model_worker_t *worker, uint64_t now);
static void model_glue_rotate(model_worker_t *worker);
static void model_glue_late(model_worker_t *worker);
static void model_glue_connect(model_worker_t *worker);
static void model_glue_write(model_worker_t *worker);
static void model_glue_fail(model_worker_t *worker,
    healthcode_reason_e reason);
static bool model_glue_again(model_worker_t *worker);
static bool model_glue_is_rest(model_worker_t *worker);


/* Its password is that of a worker. */
static healthcode_handshake_t  model_glue_handshake = {
    .tracking = true, .is_gate = true, .pepper_check = MODEL_PEPPER
};


/* A worker begins; what the one that was killed had is given back. */
void
model_glue_start(model_worker_t *worker)
{
    healthcode_memo_terms_t  terms = {
        .absence = &model.absence, .number = worker->number,
        .lease = model.terms.lease, .max_age = model.terms.max_age,
        .digest = model.digest, .counters = &worker->counters
    };

    if (model.terms.nodes) {
        model_cluster_start(worker);
        return;
    }

    model_glue_end(worker);
    worker->again = 0;
    worker->writes = -1;
    worker->is_made = true;
    worker->shown = 0;
    model_ask_begin(worker);

    worker->password = model.stores[worker->store].password;
    worker->authed = 0;
    model_glue_handshake.password = model_resp_password(worker->password);
    model_glue_handshake.tick.lag = model.terms.lag_ms;
    model_glue_handshake.tick.offline = model.terms.offline;
    healthcode_tracker_init(&worker->tracker, &model_glue_handshake,
                            2 * model.terms.lease, MODEL_LOOKUPS,
                            model_watch_note, worker);
    model_sentinel_start(worker);
    model.wrong = healthcode_tracker_own(&worker->tracker, &terms)
                  ? model.wrong : "there is no memory";
    model_watch_told(worker);
}


void
model_glue_end(model_worker_t *worker)
{
    model_cluster_end(worker);

    if (worker->is_made) {
        worker->is_made = false;
        healthcode_pipeline_fail(&worker->tracker.pipeline,
                                 HEALTHCODE_REASON_STORE_UNAVAILABLE);
        healthcode_tracker_free(&worker->tracker);
    }
}


/* One turn of the event loop: what was asked in it leaves in one write. */
void
model_glue_turn(model_worker_t *worker)
{
    unsigned  n;

    if (model.terms.nodes) {
        model_cluster_turn(worker);
        return;
    }

    model_arm(MODEL_IDLE);
    worker->cached = model_clock(worker);

    if (model_chance(model.terms.read)) {
        model_glue_read(worker);
    }

    if (model.terms.sentinels) {
        model_glue_led(worker);
    }

    model_glue_timers(worker);

    if (model.terms.rotate) {
        model_glue_rotate(worker);
    }

    for (n = model_glue_asks(worker); n; n--) {
        model_ask(worker, model_chance(128)
                          ? model.stores[worker->store].hot
                          : model_roll(model.terms.holders));
    }

    model_arm(MODEL_SENDING);
    model_glue_write(worker);
    model_arm(MODEL_IDLE);
}


static void
model_glue_read(model_worker_t *worker)
{
    redisReply            *reply;
    healthcode_tracker_e   rc;
    healthcode_tracker_t  *tracker = &worker->tracker;

    while (worker->link.open) {

        model_watch_order(&worker->link, tracker);
        reply = model_link_receive(&worker->link);

        if (reply == NULL) {
            if (worker->link.cut && worker->link.nmessages == 0
                && !model_glue_again(worker))
            {
                model_glue_fail(worker, HEALTHCODE_REASON_STORE_UNAVAILABLE);
            }

            return;
        }

        tracker->pipeline.heard = model_clock(worker);

        if (model.terms.lag_ms) {
            model_tick_clock(worker, tracker->pipeline.heard);
        }

        rc = healthcode_tracker_reply(tracker, reply, tracker->pipeline.heard,
                                      MODEL_DATE);
        model_arm(MODEL_IDLE);

        model_watch_reply(tracker, reply, rc);

        if (rc == HEALTHCODE_TRACKER_PROVEN) {
            worker->heartbeat = worker->cached;

        } else if (rc != HEALTHCODE_TRACKER_GOES_ON) {
            model_glue_fail(worker, (rc == HEALTHCODE_TRACKER_BROKEN)
                                    ? tracker->reason
                                    : HEALTHCODE_REASON_STORE_TIMEOUT);
        }
    }
}


/* Goes where sentinels lead it; what was asked elsewhere is not answered. */
static void
model_glue_led(model_worker_t *worker)
{
    healthcode_tracker_t  *tracker = &worker->tracker;

    switch (model_sentinel_turn(worker)) {

    case HEALTHCODE_SENTINEL_NEW:
        healthcode_tracker_lose(tracker);
        model_watch_told(worker);

        if (worker->link.open) {
            model_watch_lost(worker);
            model_link_close(&worker->link);
            healthcode_tracker_disconnect(tracker);
            healthcode_pipeline_abandon(&tracker->pipeline,
                                        HEALTHCODE_REASON_STORE_TIMEOUT);
        }

        worker->again = 0;
        break;

    case HEALTHCODE_SENTINEL_LOST:
        if (worker->link.open) {
            model_glue_fail(worker, HEALTHCODE_REASON_STORE_TIMEOUT);
        }

        return;

    default:
        break;
    }

    if (worker->sentinel.is_named) {
        healthcode_tracker_believe(tracker, worker->sentinel.until);
    }
}


static void
model_glue_timers(model_worker_t *worker)
{
    if (!worker->link.open) {
        if (worker->cached >= worker->again
            && (model.terms.sentinels == 0 || worker->sentinel.is_named))
        {
            model_glue_connect(worker);
        }

    } else if (worker->tracker.state == HEALTHCODE_TRACKER_LIVE) {
        model_glue_live(worker, worker->cached);

    } else if (worker->cached >= worker->connected + 2 * model.terms.lease) {
        model_glue_read(worker);

        if (worker->link.open
            && worker->tracker.state != HEALTHCODE_TRACKER_LIVE)
        {
            model_glue_fail(worker, HEALTHCODE_REASON_STORE_TIMEOUT);
        }
    }

    if (worker->link.open && model_chance(32)) {
        model_glue_late(worker);
    }
}


static void
model_glue_live(model_worker_t *worker, uint64_t now)
{
    uint64_t               left;
    healthcode_tracker_t  *tracker = &worker->tracker;

    if (now >= worker->heartbeat) {
        (void) healthcode_tracker_tick(tracker, model_clock(worker));
        worker->heartbeat = now + healthcode_tracker_wait(tracker,
                                                          model_clock(worker));
    }

    if (healthcode_tracker_is_silent(tracker, now, &left)) {
        model_glue_read(worker);

        if (tracker->state == HEALTHCODE_TRACKER_LIVE
            && healthcode_tracker_is_silent(tracker, model_clock(worker),
                                            &left))
        {
            model.count.silent++;

            if (!model_glue_again(worker)) {
                model_glue_fail(worker, HEALTHCODE_REASON_STORE_TIMEOUT);
            }
        }

    } else if (model_chance(1)
               && model_chance(model.terms.only ? 255 : 64))
    {
        model_glue_write(worker);
        worker->connected = now;
        healthcode_tracker_leave(tracker);
        model_watch_told(worker);
    }
}


/* Its file has another password, which may be wrong. */
static void
model_glue_rotate(model_worker_t *worker)
{
    uint64_t  newest = model.stores[worker->store].password;

    if (worker->password == newest || !model_chance(32)) {
        return;
    }

    worker->password = model_chance(32) ? MODEL_WRONG : newest;
    model_trace("worker %u has password %u", worker->number,
                (unsigned) worker->password);
    (void) healthcode_tracker_auth(&worker->tracker,
                                   model_resp_password(worker->password));
}


static void
model_glue_late(model_worker_t *worker)
{
    uint64_t                left;
    healthcode_pipeline_t  *pipeline = &worker->tracker.pipeline;

    model_glue_read(worker);
    healthcode_pipeline_unhold(pipeline);
    model_glue_write(worker);
    (void) healthcode_pipeline_expire(pipeline, model_clock(worker), &left);
}


static void
model_glue_connect(model_worker_t *worker)
{
    model.count.connects++;
    model_link_connect(&worker->link, worker->number, worker->store);

    worker->connected = worker->cached;
    worker->authed = 0;
    worker->peer = worker->store * MODEL_SERVERS + worker->link.server;

    healthcode_tracker_connect(&worker->tracker,
                               healthcode_str_from(&worker->peer,
                                                   sizeof(worker->peer)));

    if (model.terms.lag_ms) {
        model_tick_clock(worker, model_clock(worker));
    }

    (void) healthcode_tracker_greet(&worker->tracker);
}


static void
model_glue_write(model_worker_t *worker)
{
    size_t                  n;
    healthcode_pipeline_t  *pipeline = &worker->tracker.pipeline;

    if (!worker->link.open) {
        return;
    }

    if (worker->tracker.state == HEALTHCODE_TRACKER_LIVE) {
        (void) healthcode_tracker_send(&worker->tracker, model_clock(worker));
        model_step();
    }

    n = model_link_send(&worker->link, pipeline->out.data, pipeline->out.len);
    healthcode_pipeline_wrote(pipeline, n, model_clock(worker));
}


/* Whether it had been silent before: then what was asked is asked again. */
static bool
model_glue_again(model_worker_t *worker)
{
    healthcode_tracker_t  *tracker = &worker->tracker;

    if (!healthcode_tracker_was_idle(tracker, model_clock(worker))) {
        return false;
    }

    model_watch_lost(worker);
    model.count.quiet++;
    model.count.again += tracker->pipeline.pending;

    model_link_close(&worker->link);
    healthcode_tracker_disconnect(tracker);
    healthcode_pipeline_again(&tracker->pipeline,
                              HEALTHCODE_REASON_STORE_UNAVAILABLE);
    model_arm(MODEL_IDLE);
    model_glue_connect(worker);

    return true;
}


/* Now and then nobody asks a worker for leases. */
static bool
model_glue_is_rest(model_worker_t *worker)
{
    if (model.calm) {
        return false;
    }

    if (worker->rests <= model.tick && model_chance(model.terms.rest)
        && model_chance(32))
    {
        worker->rests = model.tick + (2 + model_roll(4)) * model_lease_ticks();
        model.count.rests++;
    }

    return model.tick < worker->rests;
}


/* How many ask in this turn. */
unsigned
model_glue_asks(model_worker_t *worker)
{
    return model_glue_is_rest(worker) ? 0 : model_roll(2 * model.terms.burst);
}


/* Who asks an address that is left goes on to the next one. */
static void
model_glue_fail(model_worker_t *worker, healthcode_reason_e reason)
{
    healthcode_tracker_t        *tracker = &worker->tracker;
    healthcode_tracker_state_e   state = tracker->state;

    model_watch_lost(worker);

    model_link_close(&worker->link);
    worker->reason = reason;
    worker->again = worker->cached + model_roll(model.terms.lease);
    healthcode_tracker_disconnect(tracker);

    if (state == HEALTHCODE_TRACKER_LEAVING) {
        healthcode_pipeline_abandon(&tracker->pipeline,
                                    HEALTHCODE_REASON_STORE_TIMEOUT);
    } else {
        healthcode_pipeline_fail(&tracker->pipeline, reason);
    }

    model_arm(MODEL_IDLE);
}
