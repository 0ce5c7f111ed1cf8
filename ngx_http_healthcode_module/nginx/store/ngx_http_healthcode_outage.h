/*
 * A store that is down: what the log says of it and what to do about it, and
 * when to try again.  Knows no: connection, request, holder, timer.
 * docs/connection.md, "Outage".
 */

#ifndef NGX_HTTP_HEALTHCODE_OUTAGE_H
#define NGX_HTTP_HEALTHCODE_OUTAGE_H

#include "../ngx_http_healthcode.h"

#include "../../redis/healthcode_outage.h"
#include "../../redis/healthcode_tls.h"


typedef struct {
    const ngx_http_healthcode_store_t  *store;
    ngx_log_t                          *log;
    healthcode_outage_t                 lines;      /* of the log */
    ngx_uint_t                          failures;   /* one after another */
    healthcode_reason_e                 reason;     /* of the last one */
} ngx_http_healthcode_outage_t;


/* A cause, for the log, and behind a semicolon what to do about it. */
typedef struct {
    char  text[HEALTHCODE_REFUSAL_SIZE];    /* with a NUL */
} ngx_http_healthcode_cause_t;


void ngx_http_healthcode_outage_init(ngx_http_healthcode_outage_t *outage,
    const ngx_http_healthcode_store_t *store, ngx_log_t *log);

/*
 * The connection has failed, for reason.  has_lasted: it had served a while,
 * and is made anew as soon as somebody asks.
 */
void ngx_http_healthcode_outage_count(ngx_http_healthcode_outage_t *outage,
    healthcode_reason_e reason, ngx_uint_t has_lasted);

/* Milliseconds until the next attempt. */
ngx_msec_t ngx_http_healthcode_outage_wait(
    const ngx_http_healthcode_outage_t *outage);

/* Says in the log that the store is down, and why, if that is news. */
void ngx_http_healthcode_outage_down(ngx_http_healthcode_outage_t *outage,
    const char *cause);

/* Says in the log that the store is up, if the log says otherwise. */
void ngx_http_healthcode_outage_up(ngx_http_healthcode_outage_t *outage);

/* Says that this address is left out, for cause, while another one is tried. */
void ngx_http_healthcode_outage_address(
    const ngx_http_healthcode_outage_t *outage, struct sockaddr *sockaddr,
    socklen_t socklen, const char *cause);

/* Says that this target of SRV records is left out: the resolver's state. */
void ngx_http_healthcode_outage_target(
    const ngx_http_healthcode_outage_t *outage, const u_char *target,
    ngx_int_t state);


/* ---- causes ---- */

/*
 * The resolver answered with this state for server; NGX_ERROR: no memory.
 * target has no address, of its SRV records, and no other one has; or is NULL.
 */
void ngx_http_healthcode_outage_unresolved(ngx_http_healthcode_cause_t *cause,
    ngx_int_t state, const ngx_http_healthcode_server_t *server,
    const u_char *target);

/* n addresses were tried, the last one failed for this. */
void ngx_http_healthcode_outage_all(ngx_http_healthcode_cause_t *cause,
    ngx_uint_t n, const char *last);

/* connect() failed. */
void ngx_http_healthcode_outage_unreached(ngx_http_healthcode_cause_t *cause,
    ngx_err_t err, ngx_uint_t is_unix);

/*
 * Not proven in "connect_timeout", which is in ms.  advice: how far it came,
 * and what to do.
 */
void ngx_http_healthcode_outage_late(ngx_http_healthcode_cause_t *cause,
    ngx_msec_t connect_timeout, const char *advice);

/* TLS failed; name is the one that the certificate has to be for. */
void ngx_http_healthcode_outage_insecure(ngx_http_healthcode_cause_t *cause,
    const healthcode_tls_failure_t *failure, const ngx_str_t *name);

/*
 * The connection broke; err is 0: the server closed it.  is_mute: it has sent
 * no byte since it was connected.
 */
void ngx_http_healthcode_outage_lost(ngx_http_healthcode_cause_t *cause,
    ngx_err_t err, ngx_uint_t is_mute);

/* A live store answers, but later than in timeout ms. */
void ngx_http_healthcode_outage_slow(ngx_http_healthcode_cause_t *cause,
    ngx_msec_t timeout);

/* A live store has not answered for silence ms. */
void ngx_http_healthcode_outage_silent(ngx_http_healthcode_cause_t *cause,
    ngx_msec_t silence);

#endif
