/*
 * A connection of a worker to a node of a cluster, or of its scout: clock,
 * socket and timers, as nginx/store/ has them.  Knows no rule: those are
 * redis/'s.  CONTRIBUTING.md, "The model".
 */

#include <string.h>

#include "model_cluster.h"


static void model_client_live(model_client_t *client, uint64_t now);
static void model_client_late(model_client_t *client);
static bool model_client_again(model_client_t *client);
static void model_client_fail(model_client_t *client,
    healthcode_reason_e reason);


void
model_client_init(model_client_t *client, unsigned server)
{
    healthcode_handshake_t  handshake = {
        .tracking = true, .is_gate = true, .pepper_check = MODEL_PEPPER,
        .password = model_resp_password(1), .is_node = true
    };

    if (model_client_is_scout(client)) {
        handshake.is_node = false;
        handshake.is_scout = true;
        handshake.tracking = false;
    }

    client->is_used = true;
    client->server = server;
    client->reason = HEALTHCODE_REASON_OK;
    memset(&client->link, 0, sizeof(model_link_t));
    healthcode_tracker_init(&client->tracker, &handshake,
                            2 * model.terms.lease, MODEL_LOOKUPS,
                            model_watch_note, client->cluster->worker);
}


void
model_client_connect(model_client_t *client)
{
    model_worker_t  *worker = client->cluster->worker;

    model.count.connects++;
    model_link_connect(&client->link, worker->number, worker->store);

    if (model_client_is_scout(client)) {
        client->cluster->seed = (client->cluster->seed + 1)
                                % model.terms.nodes;
        client->server = client->cluster->seed;
    }

    client->link.server = client->server;
    model_trace("worker %u connects to node %u", worker->number,
                client->server);
    client->link.cut = model.stores[worker->store].servers[client->server].dead;
    client->is_moving = false;
    client->connected = worker->cached;
    client->again = MODEL_NEVER;
    client->peer = client->server;

    healthcode_tracker_connect(&client->tracker,
                               healthcode_str_from(&client->peer,
                                                   sizeof(client->peer)));
    (void) healthcode_tracker_greet(&client->tracker);
}


void
model_client_read(model_client_t *client)
{
    redisReply            *reply;
    healthcode_tracker_e   rc;
    healthcode_tracker_t  *tracker = &client->tracker;

    while (client->link.open) {

        model_watch_order(&client->link, tracker);
        reply = model_link_receive(&client->link);

        if (reply == NULL) {
            if (client->link.cut && client->link.nmessages == 0
                && !model_client_again(client))
            {
                model_client_fail(client, HEALTHCODE_REASON_STORE_UNAVAILABLE);
            }

            return;
        }

        tracker->pipeline.heard = model_clock(NULL);
        rc = healthcode_tracker_reply(tracker, reply, tracker->pipeline.heard,
                                      MODEL_DATE);
        model_arm(MODEL_IDLE);

        model_watch_reply(tracker, reply, rc);

        if (rc == HEALTHCODE_TRACKER_PROVEN) {
            client->heartbeat = client->cluster->worker->cached;
            client->cluster->is_due = true;
            client->reason = HEALTHCODE_REASON_OK;

            if (model_client_is_scout(client)) {
                /* it has said all */
                client->reason = HEALTHCODE_REASON_FAULT;
                return;
            }

        } else if (rc != HEALTHCODE_TRACKER_GOES_ON) {
            model_client_fail(client, (rc == HEALTHCODE_TRACKER_BROKEN)
                                      ? tracker->reason
                                      : HEALTHCODE_REASON_STORE_TIMEOUT);
        }
    }
}


void
model_client_timers(model_client_t *client)
{
    uint64_t  now = client->cluster->worker->cached;

    if (!client->link.open) {
        if (now >= client->again) {
            model_client_connect(client);
        }

    } else if (client->tracker.state == HEALTHCODE_TRACKER_LIVE) {
        model_client_live(client, now);

    } else if (now >= client->connected + 2 * model.terms.lease) {
        model_client_read(client);

        if (client->link.open
            && client->tracker.state != HEALTHCODE_TRACKER_LIVE)
        {
            model_client_fail(client, HEALTHCODE_REASON_STORE_TIMEOUT);
        }
    }

    if (client->link.open && model_chance(32)) {
        model_client_late(client);
    }
}


static void
model_client_live(model_client_t *client, uint64_t now)
{
    uint64_t               left;
    healthcode_tracker_t  *tracker = &client->tracker;

    if (now >= client->heartbeat) {
        (void) healthcode_tracker_tick(tracker, model_clock(NULL));
        client->heartbeat = now + healthcode_tracker_wait(tracker,
                                                          model_clock(NULL));
    }

    if (!healthcode_tracker_is_silent(tracker, now, &left)) {
        return;
    }

    model_client_read(client);

    if (tracker->state == HEALTHCODE_TRACKER_LIVE
        && healthcode_tracker_is_silent(tracker, model_clock(NULL), &left))
    {
        model.count.silent++;

        if (!model_client_again(client)) {
            model_client_fail(client, HEALTHCODE_REASON_STORE_TIMEOUT);
        }
    }
}


static void
model_client_late(model_client_t *client)
{
    uint64_t                left;
    healthcode_pipeline_t  *pipeline = &client->tracker.pipeline;

    model_client_read(client);
    healthcode_pipeline_unhold(pipeline);
    model_client_write(client);
    (void) healthcode_pipeline_expire(pipeline, model_clock(NULL), &left);
}


void
model_client_write(model_client_t *client)
{
    size_t                  n;
    healthcode_pipeline_t  *pipeline = &client->tracker.pipeline;

    if (!client->link.open) {
        return;
    }

    if (client->tracker.state == HEALTHCODE_TRACKER_LIVE) {
        (void) healthcode_tracker_send(&client->tracker, model_clock(NULL));
        model_step();
    }

    n = model_link_send(&client->link, pipeline->out.data, pipeline->out.len);
    healthcode_pipeline_wrote(pipeline, n, model_clock(NULL));
}


static bool
model_client_again(model_client_t *client)
{
    healthcode_tracker_t  *tracker = &client->tracker;

    if (!healthcode_tracker_was_idle(tracker, model_clock(NULL))) {
        return false;
    }

    model.count.quiet++;
    model_link_close(&client->link);
    healthcode_tracker_disconnect(tracker);
    client->is_moving = true;
    healthcode_pipeline_again(&tracker->pipeline,
                              HEALTHCODE_REASON_STORE_UNAVAILABLE);
    model_arm(MODEL_IDLE);
    model_client_connect(client);

    return true;
}


/* The heartbeat may be due sooner. */
void
model_client_wake(model_client_t *client)
{
    uint64_t  next = client->cluster->worker->cached
                     + healthcode_tracker_wait(&client->tracker,
                                               model_clock(NULL));

    client->heartbeat = (next < client->heartbeat) ? next : client->heartbeat;
}


static void
model_client_fail(model_client_t *client, healthcode_reason_e reason)
{
    healthcode_tracker_t  *tracker = &client->tracker;

    model_trace("worker %u loses its connection to node %u",
                client->cluster->worker->number, client->server);

    model_link_close(&client->link);
    client->reason = reason;
    client->again = client->cluster->worker->cached
                    + model_roll(model.terms.lease);
    client->cluster->is_due = true;

    healthcode_tracker_disconnect(tracker);
    healthcode_pipeline_fail(&tracker->pipeline, reason);

    if (model_client_is_scout(client) && !client->cluster->core.has_map) {
        healthcode_waiters_fail(&client->cluster->reads.waiters, reason);
    }

    model_arm(MODEL_IDLE);
}
