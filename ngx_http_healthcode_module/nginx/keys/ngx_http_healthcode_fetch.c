/*
 * Asks an internal location of this nginx by a request that no client sent, and
 * hands over what it answers.
 * Knows no: location, verdict, key, issuer.  docs/keys.md, "A location".
 */

#include "ngx_http_healthcode_fetch.h"


typedef struct {
    ngx_connection_t                    *connection;
    ngx_http_request_t                  *request;
    ngx_event_t                          timer;
    int                                  peer;     /* the other end */
    ngx_log_t                            log;
    ngx_http_log_ctx_t                   log_ctx;
    ngx_http_connection_t                http;
    ngx_http_post_subrequest_t           post;
    struct sockaddr                      sockaddr;
    ngx_uint_t                           asked;
    ngx_uint_t                           answered;
    ngx_http_healthcode_fetch_answer_t   answer;
    ngx_http_healthcode_fetch_pt         handler;
    void                                *data;
} ngx_http_healthcode_fetch_t;


static ngx_http_healthcode_fetch_t *ngx_http_healthcode_fetch_connect(
    ngx_http_conf_ctx_t *ctx);
static ngx_int_t ngx_http_healthcode_fetch_request(
    ngx_http_healthcode_fetch_t *fetch);
static void ngx_http_healthcode_fetch_abandon(
    ngx_http_healthcode_fetch_t *fetch);
static ngx_int_t ngx_http_healthcode_fetch_answer(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);
static ngx_uint_t ngx_http_healthcode_fetch_is_whole(ngx_http_request_t *sr);
static time_t ngx_http_healthcode_fetch_max_age(ngx_http_request_t *sr);
static void ngx_http_healthcode_fetch_end(ngx_http_request_t *r);
static void ngx_http_healthcode_fetch_late(ngx_event_t *ev);
static void ngx_http_healthcode_fetch_cleanup(void *data);
static void ngx_http_healthcode_fetch_event(ngx_event_t *ev);


ngx_int_t
ngx_http_healthcode_fetch(ngx_http_conf_ctx_t *ctx, ngx_str_t *uri,
    ngx_str_t *args, ngx_msec_t timeout, ngx_http_healthcode_fetch_pt handler,
    void *data)
{
    ngx_connection_t             *c;
    ngx_http_request_t           *sr;
    ngx_http_healthcode_fetch_t  *fetch;

    fetch = ngx_http_healthcode_fetch_connect(ctx);
    if (fetch == NULL) {
        return NGX_ERROR;
    }

    c = fetch->connection;

    if (ngx_http_healthcode_fetch_request(fetch) != NGX_OK
        || ngx_http_subrequest(fetch->request, uri, args, &sr, &fetch->post,
                               NGX_HTTP_SUBREQUEST_IN_MEMORY)
           != NGX_OK)
    {
        ngx_http_healthcode_fetch_abandon(fetch);
        return NGX_ERROR;
    }

    /* a cache would answer with a stale set and renew it by a subrequest of its
       own, which nginx refuses to a subrequest in memory */
    sr->background = 1;

    fetch->handler = handler;
    fetch->data = data;
    fetch->asked = 1;

    ngx_add_timer(&fetch->timer, timeout);

    ngx_http_run_posted_requests(c);

    return NGX_OK;
}


/*
 * nginx's code for a request and its end needs a connection with a descriptor:
 * one end of a socket pair that nobody writes to.
 */
static ngx_http_healthcode_fetch_t *
ngx_http_healthcode_fetch_connect(ngx_http_conf_ctx_t *ctx)
{
    int                           fds[2];
    ngx_log_t                    *log = ngx_cycle->log;
    ngx_pool_t                   *pool;
    ngx_connection_t             *c;
    ngx_pool_cleanup_t           *cln;
    ngx_http_healthcode_fetch_t  *fetch;

    pool = ngx_create_pool(2048, log);
    if (pool == NULL) {
        return NULL;
    }

    fetch = ngx_pcalloc(pool, sizeof(ngx_http_healthcode_fetch_t));
    cln = fetch ? ngx_pool_cleanup_add(pool, 0) : NULL;

    if (cln == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    c = (ngx_nonblocking(fds[0]) == -1) ? NULL : ngx_get_connection(fds[0],
                                                                    log);
    if (c == NULL) {
        close(fds[0]);
        close(fds[1]);
        ngx_destroy_pool(pool);
        return NULL;
    }

    fetch->connection = c;
    fetch->peer = fds[1];
    fetch->http.conf_ctx = ctx;
    fetch->sockaddr.sa_family = AF_UNIX;
    fetch->post.handler = ngx_http_healthcode_fetch_answer;
    fetch->post.data = fetch;

    fetch->log = *log;
    fetch->log.data = &fetch->log_ctx;
    fetch->log.handler = NULL;
    fetch->log.action = "fetching keys";
    fetch->log_ctx.connection = c;

    fetch->timer.handler = ngx_http_healthcode_fetch_late;
    fetch->timer.data = fetch;
    fetch->timer.log = &fetch->log;

    cln->handler = ngx_http_healthcode_fetch_cleanup;
    cln->data = fetch;

    c->data = &fetch->http;
    c->pool = pool;
    c->log = &fetch->log;
    c->pool->log = c->log;
    c->log_error = NGX_ERROR_INFO;
    c->recv = ngx_recv;
    c->send = ngx_send;
    c->recv_chain = ngx_recv_chain;
    c->send_chain = ngx_send_chain;
    c->sockaddr = &fetch->sockaddr;
    c->socklen = sizeof(fetch->sockaddr.sa_family);
    ngx_str_set(&c->addr_text, "unix:");
    c->listening = ngx_cycle->listening.elts;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->start_time = ngx_current_msec;

    /* as nginx does for a unix socket: setting them there logs an alert */
    c->tcp_nodelay = NGX_TCP_NODELAY_DISABLED;
    c->tcp_nopush = NGX_TCP_NOPUSH_DISABLED;

    c->read->log = c->log;
    c->write->log = c->log;
    c->read->handler = ngx_http_healthcode_fetch_event;
    c->write->handler = ngx_http_healthcode_fetch_event;
    c->write->ready = 1;

#if (NGX_STAT_STUB)
    /* nginx subtracts it at the end */
    (void) ngx_atomic_fetch_add(ngx_stat_active, 1);
#endif

    return fetch;
}


static ngx_int_t
ngx_http_healthcode_fetch_request(ngx_http_healthcode_fetch_t *fetch)
{
    ngx_connection_t    *c = fetch->connection;
    ngx_http_request_t  *r;

    c->buffer = ngx_create_temp_buf(c->pool, 1);
    if (c->buffer == NULL) {
        return NGX_ERROR;
    }

    r = ngx_http_create_request(c);
    if (r == NULL) {
        return NGX_ERROR;
    }

    fetch->request = r;
    c->data = r;

    if (ngx_list_init(&r->headers_in.headers, r->pool, 1,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    r->internal = 1;
    r->logged = 1;

    /* this request has no post_action */
    r->post_action = 1;
    r->uri_changes = 0;

    r->method = NGX_HTTP_GET;
    ngx_str_set(&r->method_name, "GET");
    ngx_str_set(&r->uri, "/");
    ngx_str_set(&r->unparsed_uri, "/");
    ngx_str_set(&r->request_line, "GET / HTTP/1.1");
    ngx_str_set(&r->http_protocol, "HTTP/1.1");
    ngx_str_set(&r->schema, "http");
    r->http_version = NGX_HTTP_VERSION_11;
    r->http_state = NGX_HTTP_PROCESS_REQUEST_STATE;

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_healthcode_fetch_end;

    return NGX_OK;
}


static void
ngx_http_healthcode_fetch_abandon(ngx_http_healthcode_fetch_t *fetch)
{
    ngx_pool_t        *pool;
    ngx_connection_t  *c = fetch->connection;

    if (fetch->request) {
        ngx_http_healthcode_fetch_end(fetch->request);
        ngx_http_run_posted_requests(c);
        return;
    }

#if (NGX_STAT_STUB)
    (void) ngx_atomic_fetch_add(ngx_stat_active, -1);
#endif

    pool = c->pool;
    ngx_close_connection(c);
    ngx_destroy_pool(pool);
}


/*
 * nginx may call this before the text is whole, while a thread reads a file,
 * and again for the page of an error: the first answer counts.
 */
static ngx_int_t
ngx_http_healthcode_fetch_answer(ngx_http_request_t *sr, void *data,
    ngx_int_t rc)
{
    ngx_buf_t                           *b;
    ngx_http_healthcode_fetch_t         *fetch = data;
    ngx_http_healthcode_fetch_answer_t  *answer = &fetch->answer;

    if (fetch->answered || rc == NGX_AGAIN || (rc == NGX_OK && sr->buffered)) {
        return rc;
    }

    fetch->answered = 1;

    /* nginx does not wake the parent of a background subrequest */
    (void) ngx_http_post_request(fetch->request, NULL);

    answer->status = (rc >= NGX_HTTP_SPECIAL_RESPONSE)
                     ? (ngx_uint_t) rc : sr->headers_out.status;

    if (answer->status == 0) {
        /* the subrequest ended without an answer */
        answer->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (answer->status != NGX_HTTP_OK || sr->out == NULL
        || (rc != NGX_OK && rc != NGX_HTTP_OK)
        || !ngx_http_healthcode_fetch_is_whole(sr))
    {
        return rc;
    }

    answer->max_age = ngx_http_healthcode_fetch_max_age(sr);

    b = sr->out->buf;
    answer->text = malloc(b->last - b->pos + 1);

    if (answer->text) {
        answer->len = b->last - b->pos;
        ngx_memcpy(answer->text, b->pos, answer->len);
    }

    return rc;
}


/*
 * nginx reports success also if a cache read on when the memory was full, and
 * if an upstream closed the connection after its headers.
 */
static ngx_uint_t
ngx_http_healthcode_fetch_is_whole(ngx_http_request_t *sr)
{
    ngx_event_pipe_t     *p;
    ngx_http_upstream_t  *u = sr->upstream;

    if (sr->connection->error) {
        return 0;
    }

    if (u == NULL) {
        return 1;
    }

    if (!u->buffering || u->pipe == NULL) {
        return u->length <= 0;
    }

    p = u->pipe;

    return p->upstream_done || (p->upstream_eof && p->length == -1)
           || (!p->upstream_eof && !p->upstream_error);
}


/* RFC 9111 section 5.2.2.1. */
static time_t
ngx_http_healthcode_fetch_max_age(ngx_http_request_t *sr)
{
    u_char           *p, *last, *start;
    ngx_int_t         n;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    for (part = &sr->headers_out.headers.part; part; part = part->next) {

        header = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (header[i].hash == 0
                || header[i].key.len != sizeof("Cache-Control") - 1
                || ngx_strcasecmp(header[i].key.data,
                                  (u_char *) "Cache-Control")
                   != 0)
            {
                continue;
            }

            last = header[i].value.data + header[i].value.len;
            p = ngx_strlcasestrn(header[i].value.data, last,
                                 (u_char *) "max-age=", 8 - 1);
            if (p == NULL) {
                continue;
            }

            p += sizeof("max-age=") - 1;

            for (start = p; p < last && *p >= '0' && *p <= '9'; p++) {
                /* void */
            }

            n = ngx_atoi(start, p - start);

            if (n > 0) {
                return n;
            }
        }
    }

    return 0;
}


/* Closes the request, its pool and its connection, as nginx does. */
static void
ngx_http_healthcode_fetch_end(ngx_http_request_t *r)
{
    r->connection->data = r;
    ngx_http_finalize_request(r, NGX_ERROR);
}


static void
ngx_http_healthcode_fetch_late(ngx_event_t *ev)
{
    ngx_connection_t             *c;
    ngx_http_healthcode_fetch_t  *fetch = ev->data;

    c = fetch->connection;

    ngx_http_healthcode_fetch_end(fetch->request);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_healthcode_fetch_cleanup(void *data)
{
    ngx_http_healthcode_fetch_t  *fetch = data;

    if (fetch->timer.timer_set) {
        ngx_del_timer(&fetch->timer);
    }

    close(fetch->peer);

    if (fetch->asked) {
        fetch->handler(fetch->data, &fetch->answer);
    } else {
        free(fetch->answer.text);
    }
}


/*
 * As nginx's own handler.  Nobody writes to this connection, but limit_req uses
 * its timers, and worker_shutdown_timeout closes it.
 */
static void
ngx_http_healthcode_fetch_event(ngx_event_t *ev)
{
    ngx_connection_t    *c = ev->data;
    ngx_http_request_t  *r = c->data;

    if (c->close) {
        ngx_http_healthcode_fetch_end(r->main);
        ngx_http_run_posted_requests(c);
        return;
    }

    if (ev->delayed && ev->timedout) {
        ev->delayed = 0;
        ev->timedout = 0;
    }

    if (ev->write) {
        r->write_event_handler(r);

    } else {
        r->read_event_handler(r);
    }

    ngx_http_run_posted_requests(c);
}
