/*
 * One worker's connection to one store, a machine of states: it goes from one
 * to the next, fails, and tries again.  Which states there are, and who asks,
 * is above it.  Knows no: request, holder.  docs/connection.md, "States".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONNECTION_H
#define NGX_HTTP_HEALTHCODE_CONNECTION_H

#include "ngx_http_healthcode_data.h"
#include "ngx_http_healthcode_outage.h"
#include "ngx_http_healthcode_resolve.h"
#include "ngx_http_healthcode_wire.h"


typedef enum {
    NGX_HTTP_HEALTHCODE_CONNECTION_DOWN = 0,    /* waits to try again */
    NGX_HTTP_HEALTHCODE_CONNECTION_NAMING,      /* sentinels name a master */
    NGX_HTTP_HEALTHCODE_CONNECTION_RESOLVING,
    NGX_HTTP_HEALTHCODE_CONNECTION_CONNECTING,
    NGX_HTTP_HEALTHCODE_CONNECTION_SECURING,    /* TLS */
    NGX_HTTP_HEALTHCODE_CONNECTION_HELLO,       /* the store proves itself */
    NGX_HTTP_HEALTHCODE_CONNECTION_LIVE,
    NGX_HTTP_HEALTHCODE_CONNECTION_LEAVING,     /* for another address */
    NGX_HTTP_HEALTHCODE_CONNECTION_MOVING,      /* there */
    NGX_HTTP_HEALTHCODE_CONNECTION_DESTROYED
} ngx_http_healthcode_connection_state_e;


typedef struct ngx_http_healthcode_connection_s
    ngx_http_healthcode_connection_t;
typedef struct ngx_http_healthcode_lead_s  ngx_http_healthcode_lead_t;

/* A row a state; NULL: that does not happen in it. */
typedef struct {
    /* The step with which it begins, and what follows when that is done. */
    void                                   (*begin)(
        ngx_http_healthcode_connection_t *connection);
    ngx_http_healthcode_connection_state_e   next;

    /* Its timer is over. */
    void                                   (*late)(
        ngx_http_healthcode_connection_t *connection);

    /* The connection broke; err is 0: the server closed it. */
    void                                   (*lost)(
        ngx_http_healthcode_connection_t *connection, ngx_err_t err);

    /* Bytes may arrive. */
    ngx_uint_t                               is_open;
} ngx_http_healthcode_connection_row_t;


/* A password that a file had while nginx serves, from malloc(). */
typedef struct {
    size_t                                   len;
    u_char                                   data[];
} ngx_http_healthcode_password_t;


/* What a connection calls above it; data is that of _init(). */
typedef struct {
    /* The store has proved itself. */
    void  (*live)(void *data);

    /* It is not proven any more; lookups stay, unless failed() follows. */
    void  (*lost)(void *data);

    /* All lookups end for reason. */
    void  (*failed)(void *data, healthcode_reason_e reason);
} ngx_http_healthcode_connection_handlers_t;


struct ngx_http_healthcode_connection_s {
    const ngx_http_healthcode_connection_row_t       *rows;
    const ngx_http_healthcode_connection_handlers_t  *handlers;
    void                                             *data;

    ngx_http_healthcode_connection_state_e            state;
    const ngx_http_healthcode_store_t                *store;
    ngx_log_t                                        *log;

    ngx_http_healthcode_address_list_t                addresses;
    ngx_http_healthcode_address_t                     address;  /* of these */
    ngx_http_healthcode_resolve_t                     resolve;
    ngx_http_healthcode_wire_t                        wire;
    ngx_http_healthcode_outage_t                      outage;
    healthcode_tracker_t                              tracker;
    ngx_http_healthcode_data_t                        data_state;
    ngx_http_healthcode_lead_t                       *lead;     /* or NULL: by
                                                                   no sentinel
                                                                   */

    ngx_http_healthcode_password_t                   *password; /* NULL: that of
                                                                   store */
    ngx_http_healthcode_password_t                   *former;   /* likewise, or
                                                                   none */

    ngx_event_t                                       timer;    /* of a state */
    ngx_connection_t                                  dummy;    /* it logs its
                                                                   fd */
    ngx_msec_t                                        live;     /* since when */
    uint64_t                                          begun;    /* ms: the last
                                                                   attempt */

    /* what heartbeats told */
    uint64_t                                          beat;     /* ms: the last
                                                                   good one */
    int64_t                                           ahead;    /* ms: its
                                                                   clock */
    unsigned                                          is_timed:1;   /* ahead
                                                                   is known */
    unsigned                                          is_unresolved_said:1;
    unsigned                                          is_empty_said:1;
};


/*
 * One that is down, all zero before.  rows are its states, by their numbers;
 * notes of its tracker go to note, with the connection as data; these and store
 * outlive it.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_connection_init(
    ngx_http_healthcode_connection_t *connection,
    const ngx_http_healthcode_store_t *store,
    const ngx_http_healthcode_connection_row_t *rows,
    const ngx_http_healthcode_connection_handlers_t *handlers, void *data,
    healthcode_tracker_note_pt note, ngx_log_t *log);

/* Closes it for good; all lookups end. */
void ngx_http_healthcode_connection_destroy(
    ngx_http_healthcode_connection_t *connection);

/* Connects now. */
void ngx_http_healthcode_connection_start(
    ngx_http_healthcode_connection_t *connection);

/*
 * Before a lookup: connects, if it is down but has not failed, or if the lease
 * of its cache lasts: then another worker may have ended what this one knew.
 * HEALTHCODE_REASON_OK: it is live, or on its way; else why it is down.
 */
healthcode_reason_e ngx_http_healthcode_connection_want(
    ngx_http_healthcode_connection_t *connection);


/* ---- for states ---- */

/* Goes to a state, or to the one that follows; its step begins. */
void ngx_http_healthcode_connection_go(
    ngx_http_healthcode_connection_t *connection,
    ngx_http_healthcode_connection_state_e state);
void ngx_http_healthcode_connection_next(
    ngx_http_healthcode_connection_t *connection);

/* The timer of this state: in ms milliseconds from now on. */
void ngx_http_healthcode_connection_wait(
    ngx_http_healthcode_connection_t *connection, ngx_msec_t ms);
void ngx_http_healthcode_connection_stop_timer(
    ngx_http_healthcode_connection_t *connection);

/* connect() failed: closes it, says so, and tries again in a while. */
void ngx_http_healthcode_connection_unreached(
    ngx_http_healthcode_connection_t *connection, ngx_err_t err);

/* Closes it and tries again in a while, without a word; lookups end. */
void ngx_http_healthcode_connection_again(
    ngx_http_healthcode_connection_t *connection, healthcode_reason_e reason);

/* Closes it, and leaves lookups as they are. */
void ngx_http_healthcode_connection_disconnect(
    ngx_http_healthcode_connection_t *connection);

/* Whether it has served a while. */
ngx_uint_t ngx_http_healthcode_connection_has_lasted(
    const ngx_http_healthcode_connection_t *connection);

/*
 * Closes it for reason.  If the server has another address that is to be tried,
 * connects there, and lookups wait on; if not, says so, and tries again in a
 * while.  cause is for the log, and says behind a semicolon what to do.
 */
void ngx_http_healthcode_connection_fail(
    ngx_http_healthcode_connection_t *connection, healthcode_reason_e reason,
    const char *cause);


/* ---- bytes ---- */

/* Reads what has come since the event loop last looked, if it is open. */
void ngx_http_healthcode_connection_drain(
    ngx_http_healthcode_connection_t *connection);


static ngx_inline ngx_uint_t
ngx_http_healthcode_connection_is_live(
    const ngx_http_healthcode_connection_t *connection)
{
    return connection->state == NGX_HTTP_HEALTHCODE_CONNECTION_LIVE;
}


/* Whether an address is being tried. */
static ngx_inline ngx_uint_t
ngx_http_healthcode_connection_is_trying(
    const ngx_http_healthcode_connection_t *connection)
{
    return connection->state >= NGX_HTTP_HEALTHCODE_CONNECTION_CONNECTING
           && connection->state <= NGX_HTTP_HEALTHCODE_CONNECTION_HELLO;
}


/*
 * Whether a lookup may be begun: one that nobody has used for a while is
 * closed, and not down.  Nor is it up while lookups end at once.
 */
static ngx_inline ngx_uint_t
ngx_http_healthcode_connection_is_up(
    const ngx_http_healthcode_connection_t *connection)
{
    return !connection->tracker.pipeline.breaker.is_open
           && (ngx_http_healthcode_connection_is_live(connection)
               || connection->outage.failures == 0);
}


/* Says that it is up, if the log says otherwise and no lookup is late. */
static ngx_inline void
ngx_http_healthcode_connection_say_up(
    ngx_http_healthcode_connection_t *connection)
{
    if (connection->tracker.pipeline.breaker.late == 0) {
        ngx_http_healthcode_outage_up(&connection->outage);
    }
}


/* Writes what is asked, at the end of this turn of the event loop. */
static ngx_inline void
ngx_http_healthcode_connection_flush(
    ngx_http_healthcode_connection_t *connection)
{
    ngx_http_healthcode_wire_flush(&connection->wire);
}


/* Writes it now, on an open one; a failure closes the connection. */
static ngx_inline void
ngx_http_healthcode_connection_write(
    ngx_http_healthcode_connection_t *connection)
{
    ngx_http_healthcode_wire_write(&connection->wire);
}

#endif
