/*
 * A store that is down: what the log says of it and what to do about it, and
 * when to try again.  Knows no: connection, request, holder, timer.
 * docs/connection.md, "Outage".
 */

#include "ngx_http_healthcode_outage.h"


/* Bytes of what the system says of an error. */
#define NGX_HTTP_HEALTHCODE_OUTAGE_ERROR  (NGX_MAX_ERROR_STR / 8)


void
ngx_http_healthcode_outage_init(ngx_http_healthcode_outage_t *outage,
    const ngx_http_healthcode_store_t *store, ngx_log_t *log)
{
    ngx_memzero(outage, sizeof(ngx_http_healthcode_outage_t));

    outage->store = store;
    outage->log = log;
    outage->reason = HEALTHCODE_REASON_STORE_UNAVAILABLE;
}


void
ngx_http_healthcode_outage_count(ngx_http_healthcode_outage_t *outage,
    healthcode_reason_e reason, ngx_uint_t has_lasted)
{
    outage->failures = has_lasted ? 0 : outage->failures + 1;
    outage->reason = reason;
}


ngx_msec_t
ngx_http_healthcode_outage_wait(const ngx_http_healthcode_outage_t *outage)
{
    return (ngx_msec_t) healthcode_outage_wait(outage->failures,
                                               (uint32_t) ngx_random());
}


void
ngx_http_healthcode_outage_down(ngx_http_healthcode_outage_t *outage,
    const char *cause)
{
    ngx_uint_t                          level;
    const ngx_http_healthcode_store_t  *store = outage->store;

    level = healthcode_outage_down(&outage->lines, ngx_current_msec, cause)
            ? NGX_LOG_ERR : NGX_LOG_INFO;

    ngx_log_error(level, outage->log, 0,
                  "healthcode: store \"%V\" at %V is down: %s", &store->name,
                  &store->server.text, cause);
}


void
ngx_http_healthcode_outage_up(ngx_http_healthcode_outage_t *outage)
{
    uint64_t                            lasted;
    const ngx_http_healthcode_store_t  *store = outage->store;

    if (healthcode_outage_up(&outage->lines, ngx_current_msec, &lasted)) {
        ngx_log_error(NGX_LOG_WARN, outage->log, 0,
                      "healthcode: store \"%V\" at %V is up; it was down for "
                      "%uL s", &store->name, &store->server.text,
                      (lasted + 999) / 1000);
    }
}


void
ngx_http_healthcode_outage_address(const ngx_http_healthcode_outage_t *outage,
    struct sockaddr *sockaddr, socklen_t socklen, const char *cause)
{
    u_char                              text[NGX_SOCKADDR_STRLEN];
    ngx_str_t                           address = { 0, text };
    const ngx_http_healthcode_store_t  *store = outage->store;

    address.len = ngx_sock_ntop(sockaddr, socklen, text, NGX_SOCKADDR_STRLEN,
                                1);

    ngx_log_error(NGX_LOG_INFO, outage->log, 0,
                  "healthcode: store \"%V\" at %V: address %V is left out: %s",
                  &store->name, &store->server.text, &address, cause);
}


void
ngx_http_healthcode_outage_target(const ngx_http_healthcode_outage_t *outage,
    const u_char *target, ngx_int_t state)
{
    const ngx_http_healthcode_store_t  *store = outage->store;

    ngx_log_error(NGX_LOG_WARN, outage->log, 0,
                  "healthcode: store \"%V\" at %V: target \"%s\" of its SRV "
                  "records has no address (%i: %s); it is left out",
                  &store->name, &store->server.text, target, state,
                  ngx_resolver_strerror(state));
}


/* ---- causes ---- */

void
ngx_http_healthcode_outage_unresolved(ngx_http_healthcode_cause_t *cause,
    ngx_int_t state, const ngx_http_healthcode_server_t *server,
    const u_char *target)
{
    const char       *words;
    u_char           *text = (u_char *) cause->text;
    const ngx_str_t  *service = &server->service;

    words = (state == NGX_ERROR) ? "no memory" : ngx_resolver_strerror(state);

    if (target) {
        (void) ngx_snprintf(text, sizeof(cause->text), "no target of its SRV "
                            "records has an address, such as \"%s\" (%i: %s); "
                            "give it a record A or AAAA%Z", target, state,
                            words);

    } else if (service->len) {
        (void) ngx_snprintf(text, sizeof(cause->text), "its SRV records, of "
                            "service \"%V\", could not be resolved (%i: %s); "
                            "check \"service\" and the name in \"server\", "
                            "and \"resolver\"%Z", service, state, words);

    } else {
        (void) ngx_snprintf(text, sizeof(cause->text), "its name could not be "
                            "resolved (%i: %s); check the name in \"server\", "
                            "and \"resolver\"%Z", state, words);
    }
}


void
ngx_http_healthcode_outage_all(ngx_http_healthcode_cause_t *cause, ngx_uint_t n,
    const char *last)
{
    u_char  *p;

    p = ngx_snprintf((u_char *) cause->text, sizeof(cause->text) - 1,
                     "of its %ui addresses none serves, the last one: %s", n,
                     last);
    *p = '\0';
}


void
ngx_http_healthcode_outage_unreached(ngx_http_healthcode_cause_t *cause,
    ngx_err_t err, ngx_uint_t is_unix)
{
    u_char  text[NGX_HTTP_HEALTHCODE_OUTAGE_ERROR], *p;

    p = ngx_strerror(err, text, sizeof(text) - 1);
    *p = '\0';

    (void) ngx_snprintf((u_char *) cause->text, sizeof(cause->text),
                        "connect() failed (%d: %s); %s%Z", err, text,
                        healthcode_refusal_connect(err, is_unix));
}


void
ngx_http_healthcode_outage_late(ngx_http_healthcode_cause_t *cause,
    ngx_msec_t connect_timeout, const char *advice)
{
    (void) ngx_snprintf((u_char *) cause->text, sizeof(cause->text),
                        "it does not answer in \"connect_timeout\" (%M ms); "
                        "%s%Z", connect_timeout, advice);
}


void
ngx_http_healthcode_outage_insecure(ngx_http_healthcode_cause_t *cause,
    const healthcode_tls_failure_t *failure, const ngx_str_t *name)
{
    static const char *const  words[HEALTHCODE_TLS_WORDS] = {
        [HEALTHCODE_TLS_ON] = "ssl on",
        [HEALTHCODE_TLS_NAME] = "ssl_name",
        [HEALTHCODE_TLS_TRUSTED] = "ssl_trusted_certificate",
        [HEALTHCODE_TLS_CERTIFICATE] = "ssl_certificate",
        [HEALTHCODE_TLS_DEPTH] = "ssl_verify_depth"
    };

    healthcode_tls_cause(failure, words, (const char *) name->data, cause->text,
                         sizeof(cause->text));
}


void
ngx_http_healthcode_outage_lost(ngx_http_healthcode_cause_t *cause,
    ngx_err_t err, ngx_uint_t is_mute)
{
    u_char       text[NGX_HTTP_HEALTHCODE_OUTAGE_ERROR], *p;
    const char  *advice = "look into its log";

    if (is_mute) {
        advice = "it has not said a word, as a port with TLS does, or a proxy "
                 "without a Redis; if it speaks TLS, write \"ssl on\"";
    }

    /* a server that closes and leaves bytes unread resets, now and then */

    if (err && err != NGX_ECONNRESET && err != NGX_EPIPE) {
        p = ngx_strerror(err, text, sizeof(text) - 1);
        *p = '\0';

        (void) ngx_snprintf((u_char *) cause->text, sizeof(cause->text),
                            "the connection broke (%d: %s); %s%Z", err, text,
                            advice);

    } else {
        (void) ngx_snprintf((u_char *) cause->text, sizeof(cause->text),
                            "it closed the connection; %s%Z", advice);
    }
}


void
ngx_http_healthcode_outage_silent(ngx_http_healthcode_cause_t *cause,
    ngx_msec_t silence)
{
    (void) ngx_snprintf((u_char *) cause->text, sizeof(cause->text),
                        "it does not answer in \"timeout\" (%M ms); is Redis "
                        "stopped or busy, or the way to it?%Z", silence);
}


void
ngx_http_healthcode_outage_slow(ngx_http_healthcode_cause_t *cause,
    ngx_msec_t timeout)
{
    (void) ngx_snprintf((u_char *) cause->text, sizeof(cause->text),
                        "it answers, but not in \"timeout\" (%M ms); is Redis "
                        "busy, or the way to it slow?%Z", timeout);
}
