/*
 * What happens on a connection, as redis/ notes it -> lines of the log.
 * Decides nothing.  Knows no: request, hiredis, timer.
 * docs/connection.md, "What the log says".
 */

#include "ngx_http_healthcode_clock.h"
#include "ngx_http_healthcode_notes.h"
#include "ngx_http_healthcode_tally.h"


static void ngx_http_healthcode_notes_offline(
    ngx_http_healthcode_connection_t *connection, ngx_uint_t is_offline);
static void ngx_http_healthcode_notes_open(
    ngx_http_healthcode_connection_t *connection);
static void ngx_http_healthcode_notes_call(
    ngx_http_healthcode_connection_t *connection,
    const healthcode_tracker_note_t *note);
static void ngx_http_healthcode_notes_debug(
    ngx_http_healthcode_connection_t *connection,
    const healthcode_tracker_note_t *note);
static void ngx_http_healthcode_notes_clock(
    ngx_http_healthcode_connection_t *connection, uint64_t us);
static void ngx_http_healthcode_notes_beat(
    ngx_http_healthcode_connection_t *connection,
    const healthcode_tracker_note_t *note);
static void ngx_http_healthcode_notes_skew(
    ngx_http_healthcode_connection_t *connection, int64_t ahead);


void
ngx_http_healthcode_notes_write(void *data,
    const healthcode_tracker_note_t *note)
{
    ngx_http_healthcode_connection_t   *connection = data;
    const ngx_http_healthcode_store_t  *store = connection->store;

    switch (note->kind) {

    case HEALTHCODE_TRACKER_NOTE_SPENT:
        ngx_log_error(NGX_LOG_ERR, connection->log, 0,
                      "healthcode: store \"%V\": this worker has used up the "
                      "epochs of its lease and reads every holder live from "
                      "now on; restart nginx, which makes zone \"%V\" anew",
                      &store->name, &store->cache->name);
        break;

    case HEALTHCODE_TRACKER_NOTE_SKEW:
        ngx_http_healthcode_notes_skew(connection, note->ahead);
        break;

    case HEALTHCODE_TRACKER_NOTE_DATA:
        ngx_http_healthcode_data_note(&connection->data_state, store,
                                 healthcode_tracker_data(&connection->tracker),
                                 connection->log);
        break;

    case HEALTHCODE_TRACKER_NOTE_AUTH:
        ngx_http_healthcode_tally(store->tally, HEALTHCODE_SERIES_PASSWORDS,
                                  &store->name, healthcode_str_from(NULL, 0));
        ngx_log_error(NGX_LOG_NOTICE, connection->log, 0,
                      "healthcode: store \"%V\" at %V: its new password is in "
                      "use", &store->name, &store->server.text);
        break;

    case HEALTHCODE_TRACKER_NOTE_LESS:
        ngx_log_error(NGX_LOG_WARN, connection->log, 0,
                      "healthcode: store \"%V\" at %V cannot prove that it "
                      "pushes changes: %s", &store->name, &store->server.text,
                      note->text);
        break;

    case HEALTHCODE_TRACKER_NOTE_OPEN:
        ngx_http_healthcode_notes_open(connection);
        break;

    case HEALTHCODE_TRACKER_NOTE_OFFLINE:
        ngx_http_healthcode_notes_offline(connection, note->number != 0);
        break;

    case HEALTHCODE_TRACKER_NOTE_ERROR:
        ngx_log_error(NGX_LOG_ERR, connection->log, 0,
                      "healthcode: store \"%V\" at %V answers with an error: "
                      "%s", &store->name, &store->server.text, note->text);
        break;

    case HEALTHCODE_TRACKER_NOTE_APART:
        ngx_log_error(NGX_LOG_ERR, connection->log, 0,
                      "healthcode: store \"%V\" at %V cannot answer for a "
                      "partition: %s", &store->name, &store->server.text,
                      note->text);
        break;

    case HEALTHCODE_TRACKER_NOTE_CALL:
        ngx_http_healthcode_notes_call(connection, note);
        break;

    case HEALTHCODE_TRACKER_NOTE_CLOCK:
        ngx_http_healthcode_notes_clock(connection, note->number);
        break;

    default:
        ngx_http_healthcode_notes_debug(connection, note);
        ngx_http_healthcode_notes_beat(connection, note);
    }
}


static void
ngx_http_healthcode_notes_call(ngx_http_healthcode_connection_t *connection,
    const healthcode_tracker_note_t *note)
{
    const ngx_http_healthcode_store_t  *store = connection->store;

    if (note->advice) {
        ngx_log_error(NGX_LOG_ERR, connection->log, 0,
                      "healthcode: store \"%V\" at %V does not let us run a "
                      "script: %s; its user needs %s", &store->name,
                      &store->server.text, note->text, note->advice);
        return;
    }

    ngx_log_error(NGX_LOG_ERR, connection->log, 0,
                  "healthcode: store \"%V\" at %V does not run a script: %s",
                  &store->name, &store->server.text, note->text);
}


/* As every worker notices. */
static void
ngx_http_healthcode_notes_offline(
    ngx_http_healthcode_connection_t *connection, ngx_uint_t is_offline)
{
    const ngx_http_healthcode_store_t  *store = connection->store;

    if (is_offline) {
        ngx_log_error(NGX_LOG_WARN, connection->log, 0,
                      "healthcode: store \"%V\" at %V is cut off from its "
                      "centre; going on with what it has, for %L s (offline)",
                      &store->name, &store->server.text,
                      store->handshake.tick.offline / 1000);
        return;
    }

    ngx_log_error(NGX_LOG_WARN, connection->log, 0,
                  "healthcode: store \"%V\" at %V has what its centre has "
                  "again", &store->name, &store->server.text);
}


/* One worker says it for all. */
static void
ngx_http_healthcode_notes_open(ngx_http_healthcode_connection_t *connection)
{
    const ngx_http_healthcode_store_t  *store = connection->store;

    if (ngx_worker != 0) {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, connection->log, 0,
                  "healthcode: store \"%V\" at %V lets everybody in without a "
                  "password, who can then clear flags; give its user "
                  "\"default\" a password and the gate a user of its own, in "
                  "\"user\" and \"password_file\"", &store->name,
                  &store->server.text);
}


/* By how much the store's clock is ahead of ours, which is read now. */
static void
ngx_http_healthcode_notes_clock(ngx_http_healthcode_connection_t *connection,
    uint64_t us)
{
    struct timespec  now;

    clock_gettime(CLOCK_REALTIME, &now);

    connection->ahead = (int64_t) (us / 1000)
                        - ((int64_t) now.tv_sec * 1000
                           + now.tv_nsec / 1000000);
    connection->is_timed = 1;
}


/* Of a lease, when it was sent; without one, when it is answered. */
static void
ngx_http_healthcode_notes_beat(ngx_http_healthcode_connection_t *connection,
    const healthcode_tracker_note_t *note)
{
    if (note->kind == HEALTHCODE_TRACKER_NOTE_RENEWED) {
        connection->beat = note->number;
        return;
    }

    if (note->kind == HEALTHCODE_TRACKER_NOTE_LOOKUP
        && note->number == HEALTHCODE_REASON_OK)
    {
        ngx_http_healthcode_connection_say_up(connection);
        return;
    }

    if (note->kind == HEALTHCODE_TRACKER_NOTE_AGAIN) {

        if (connection->store->cache == NULL) {
            connection->beat = ngx_http_healthcode_clock();
        }

        /* if it came up and the line was one too many, or a read was late */
        ngx_http_healthcode_connection_say_up(connection);
    }
}


static void
ngx_http_healthcode_notes_debug(
    ngx_http_healthcode_connection_t *connection,
    const healthcode_tracker_note_t *note)
{
    switch (note->kind) {

    case HEALTHCODE_TRACKER_NOTE_EPOCH:
        ngx_log_debug3(NGX_LOG_DEBUG_HTTP, connection->log, 0,
                       "healthcode: store \"%V\": owner %ui begins epoch %uL",
                       &connection->store->name,
                       (ngx_uint_t) connection->tracker.memo.owner.number,
                       note->epoch);
        break;

    case HEALTHCODE_TRACKER_NOTE_OWNER:
        ngx_log_debug3(NGX_LOG_DEBUG_HTTP, connection->log, 0,
                       "healthcode: store \"%V\": owner %ui is live in epoch "
                       "%uL", &connection->store->name,
                       (ngx_uint_t) connection->tracker.memo.owner.number,
                       note->epoch);
        break;

    case HEALTHCODE_TRACKER_NOTE_RENEWED:
        ngx_log_debug3(NGX_LOG_DEBUG_HTTP, connection->log, 0,
                       "healthcode: store \"%V\": lease of epoch %uL renewed, "
                       "sent at %uL", &connection->store->name, note->epoch,
                       note->number);
        break;

    case HEALTHCODE_TRACKER_NOTE_AGAIN:
        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, connection->log, 0,
                       "healthcode: store \"%V\": proves itself again, memory: "
                       "%uL", &connection->store->name, note->number);
        break;

    case HEALTHCODE_TRACKER_NOTE_PUSH:
        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, connection->log, 0,
                       "healthcode: store \"%V\": %uL changes pushed",
                       &connection->store->name, note->number);
        break;

    default:
        ngx_log_debug3(NGX_LOG_DEBUG_HTTP, connection->log, 0,
                       "healthcode: store \"%V\": lookup ends: %*s",
                       &connection->store->name,
                       healthcode_reason_word(note->number).len,
                       healthcode_reason_word(note->number).data);
    }
}


static void
ngx_http_healthcode_notes_skew(
    ngx_http_healthcode_connection_t *connection, int64_t ahead)
{
    const ngx_http_healthcode_store_t  *store = connection->store;

    switch (connection->tracker.skew) {

    case HEALTHCODE_SKEW_APART:
        ngx_log_error(NGX_LOG_WARN, connection->log, 0,
                      "healthcode: the clock of store \"%V\" at %V is %L s "
                      "%s ours; set both, Redis deletes flags by its own",
                      &store->name, &store->server.text,
                      ahead < 0 ? -ahead : ahead,
                      ahead < 0 ? "behind" : "ahead of");
        break;

    case HEALTHCODE_SKEW_UNKNOWN:
        ngx_log_error(NGX_LOG_WARN, connection->log, 0,
                      "healthcode: the clock of store \"%V\" at %V cannot be "
                      "compared with ours; give the gate's user the right "
                      "\"+time\"", &store->name, &store->server.text);
        break;

    case HEALTHCODE_SKEW_FINE:
        ngx_log_error(NGX_LOG_WARN, connection->log, 0,
                      "healthcode: the clock of store \"%V\" at %V agrees "
                      "with ours again", &store->name, &store->server.text);
        break;
    }
}
