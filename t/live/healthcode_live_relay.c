/*
 * Relays between a client and Redis: they note when a call passed and when it
 * was acknowledged, and play the faults of a network.  In a thread of its own,
 * so that nothing but Redis is waited for.  docs/benchmarks.md, "Live".
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "healthcode_live_relay.h"


static int live_relay_listen(const char *path);
static bool live_relay_is_port(const char *path);
static void live_relay_rename(const live_t *live, char *data, size_t len);
static void live_relay_accept(live_t *live, live_relay_t *relay);
static void live_relay_read(live_t *live, live_end_t *end);
static void live_relay_from_client(live_t *live, live_pair_t *pair,
    const char *data, size_t len, int64_t now);
static void live_relay_from_redis(live_t *live, live_pair_t *pair,
    char *data, size_t len, int64_t now);
static void live_relay_spoil(live_pair_t *pair, live_mode_e mode, char *data,
    size_t len, int64_t now);
static void live_relay_messages(live_t *live, live_pair_t *pair,
    const char *data, size_t len, int64_t now);
static void live_relay_put(live_end_t *end, const char *data, size_t len,
    int64_t due);
static void live_relay_write(live_t *live, live_end_t *end, int64_t now);
static void live_relay_free(live_pair_t *pair);
static int live_relay_sweep(live_t *live, int64_t now);


static live_pair_t  *live_relay_pairs;


bool
live_relay_add(live_t *live, const char *name, const char *path,
    const char *target, int store)
{
    live_relay_t       *relay = &live->relays[live->nrelays];
    struct epoll_event  event = { .events = EPOLLIN, .data.ptr = relay };

    if (live->nrelays == LIVE_RELAYS_MAX || store >= LIVE_STORES_MAX
        || strlen(target) >= sizeof(relay->target)
        || strlen(name) >= sizeof(relay->name))
    {
        return false;
    }

    strcpy(relay->name, name);
    strcpy(relay->target, target);
    relay->store = store;
    relay->renames = live_relay_is_port(path);
    relay->fd = live_relay_listen(path);

    if (relay->fd < 0 || listen(relay->fd, 128) < 0) {
        return false;
    }

    live->nrelays++;

    return epoll_ctl(live->relay_epoll, EPOLL_CTL_ADD, relay->fd, &event) == 0;
}


/* A socket that is bound to path, or to that port of 127.0.0.1; or -1. */
static int
live_relay_listen(const char *path)
{
    int                 fd, on = 1;
    bool                port = live_relay_is_port(path);
    socklen_t           len;
    struct sockaddr    *at;
    struct sockaddr_un  un = { .sun_family = AF_UNIX };
    struct sockaddr_in  in = { .sin_family = AF_INET };

    at = port ? (struct sockaddr *) &in : (struct sockaddr *) &un;
    len = port ? sizeof(in) : sizeof(un);

    if (port) {
        in.sin_port = htons((uint16_t) atoi(path));
        in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    } else if (strlen(path) < sizeof(un.sun_path)) {
        strcpy(un.sun_path, path);
        unlink(path);

    } else {
        return -1;
    }

    fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0
        && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0
            || bind(fd, at, len) < 0))
    {
        close(fd);
        return -1;
    }

    return fd;
}


static bool
live_relay_is_port(const char *path)
{
    return strlen(path) == 5 && strspn(path, "0123456789") == 5;
}


bool
live_relay_port(live_t *live, const char *node, const char *relay)
{
    live_port_t  *port = &live->ports[live->nports];

    if (live->nports == LIVE_PORTS_MAX || !live_relay_is_port(node)
        || !live_relay_is_port(relay))
    {
        return false;
    }

    snprintf(port->node, sizeof(port->node), ":%s\r", node);
    snprintf(port->relay, sizeof(port->relay), ":%s\r", relay);
    live->nports++;

    return true;
}


/*
 * A map, MOVED and ASK name other nodes by ports that end a line, each as long
 * as that of its relay.
 */
static void
live_relay_rename(const live_t *live, char *data, size_t len)
{
    for (size_t i = 0; i + 7 <= len; i++) {
        if (data[i] != ':' || data[i + 6] != '\r') {
            continue;
        }

        for (unsigned n = 0; n < live->nports; n++) {
            if (memcmp(data + i, live->ports[n].node, 7) == 0) {
                memcpy(data + i, live->ports[n].relay, 7);
                break;
            }
        }
    }
}


void *
live_relay_run(void *data)
{
    int                 n, timeout = 100;
    live_t             *live = data;
    struct epoll_event  events[64];

    for ( ;; ) {
        n = epoll_wait(live->relay_epoll, events, 64, timeout);

        for (int i = 0; i < n; i++) {
            live_relay_t  *relay = events[i].data.ptr;
            live_end_t    *end = events[i].data.ptr;

            if (relay >= live->relays
                && relay < live->relays + LIVE_RELAYS_MAX)
            {
                live_relay_accept(live, relay);
                continue;
            }

            if (!end->pair->dead && events[i].events & EPOLLOUT) {
                live_relay_write(live, end, live_now());
            }

            if (!end->pair->dead && events[i].events & ~(unsigned) EPOLLOUT) {
                live_relay_read(live, end);
            }
        }

        timeout = live_relay_sweep(live, live_now());
    }

    return NULL;
}


static void
live_relay_accept(live_t *live, live_relay_t *relay)
{
    int                 on = 1;
    bool                refuses;
    live_pair_t        *pair;
    struct sockaddr_un  to = { .sun_family = AF_UNIX };
    struct epoll_event  event = { .events = EPOLLIN };

    pair = calloc(1, sizeof(live_pair_t));
    if (pair == NULL) {
        return;
    }

    pair->relay = relay;
    pair->client.pair = pair;
    pair->redis.pair = pair;
    pair->client.fd = accept4(relay->fd, NULL, NULL,
                              SOCK_CLOEXEC | SOCK_NONBLOCK);
    pair->redis.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                            0);
    strcpy(to.sun_path, relay->target);

    pthread_mutex_lock(&live->lock);
    refuses = relay->mode == LIVE_REFUSE;
    pthread_mutex_unlock(&live->lock);

    pair->next = live_relay_pairs;
    live_relay_pairs = pair;
    pair->dead = refuses || pair->client.fd < 0 || pair->redis.fd < 0
                 || connect(pair->redis.fd, (struct sockaddr *) &to, sizeof(to))
                    < 0;

    if (pair->dead) {
        return;
    }

    if (relay->renames) {
        setsockopt(pair->client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }

    event.data.ptr = &pair->client;
    epoll_ctl(live->relay_epoll, EPOLL_CTL_ADD, pair->client.fd, &event);
    event.data.ptr = &pair->redis;
    epoll_ctl(live->relay_epoll, EPOLL_CTL_ADD, pair->redis.fd, &event);
}


static void
live_relay_read(live_t *live, live_end_t *end)
{
    ssize_t        n;
    int64_t        now;
    live_pair_t   *pair = end->pair;
    static char    buf[LIVE_RELAY_READ];

    n = recv(end->fd, buf, sizeof(buf), 0);
    now = live_now();

    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }

    if (n <= 0) {
        end->ended = true;
        epoll_ctl(live->relay_epoll, EPOLL_CTL_DEL, end->fd, NULL);
        return;
    }

    if (end == &pair->client) {
        live_relay_from_client(live, pair, buf, (size_t) n, now);
    } else {
        live_relay_from_redis(live, pair, buf, (size_t) n, now);
    }
}


static void
live_relay_from_client(live_t *live, live_pair_t *pair, const char *data,
    size_t len, int64_t now)
{
    int64_t       due = now;
    unsigned      n;
    live_mode_e   mode;

    pthread_mutex_lock(&live->lock);
    mode = pair->relay->mode;
    pair->swallows = pair->swallows || mode == LIVE_SWALLOW;
    pair->relay->dropped += pair->swallows;
    due += (mode == LIVE_LIE) ? pair->relay->delay : 0;
    pthread_mutex_unlock(&live->lock);

    if (pair->swallows) {
        return;
    }

    if (pair->relay->store >= 0) {
        live_calls_note(live, pair, data, len, now);
    }

    /* what is announced before it is true */
    if (mode == LIVE_LIE && pair->ncalls) {
        for (n = live_calls_lie(live, pair, now); n; n--) {
            live_relay_put(&pair->client, ":1\r\n", 4, now);
        }

        pair->mute = true;
        live_relay_write(live, &pair->client, now);

    } else if (mode == LIVE_LIE) {
        due = now;
    }

    live_relay_put(&pair->redis, data, len, due);
    live_relay_write(live, &pair->redis, now);
}


static void
live_relay_from_redis(live_t *live, live_pair_t *pair, char *data, size_t len,
    int64_t now)
{
    int64_t       due = now;
    live_mode_e   mode;

    pthread_mutex_lock(&live->lock);
    mode = pair->relay->mode;
    pair->swallows = pair->swallows || mode == LIVE_SWALLOW;
    pair->relay->dropped += pair->swallows;
    due += (mode == LIVE_DELAY) ? pair->relay->delay : 0;
    pthread_mutex_unlock(&live->lock);

    if (pair->swallows || pair->mute || pair->redis.ended) {
        return;
    }

    if (pair->relay->renames) {
        live_relay_rename(live, data, len);
    }

    if (pair->relay->store >= 0) {
        live_calls_replies(live, pair, data, len, now);
    }

    if (mode == LIVE_DROP_PUSHES || pair->partial) {
        live_relay_messages(live, pair, data, len, now);

    } else if (mode >= LIVE_GARBLE) {
        live_relay_spoil(pair, mode, data, len, now);

    } else {
        live_relay_put(&pair->client, data, len, due);
    }

    live_relay_write(live, &pair->client, now);
}


static void
live_relay_spoil(live_pair_t *pair, live_mode_e mode, char *data, size_t len,
    int64_t now)
{
    size_t           step = (mode == LIVE_BYTES) ? 1 : len;
    static uint32_t  chance = 2463534242;

    for (size_t i = 0; mode == LIVE_GARBLE && i < len; i++) {
        chance ^= chance << 13;
        chance ^= chance >> 17;
        chance ^= chance << 5;
        data[i] = (char) (chance >> 11);
    }

    /* which begins nothing in RESP */
    if (mode == LIVE_GARBLE) {
        data[0] = '?';
    }

    if (mode == LIVE_CUT) {
        len /= 2;
        pair->redis.ended = true;
    }

    for (size_t i = 0; i < len; i += step) {
        live_relay_put(&pair->client, data + i, (step > len) ? len : step, now);
    }
}


/* Passes on whole messages, and no invalidation. */
static void
live_relay_messages(live_t *live, live_pair_t *pair, const char *data,
    size_t len, int64_t now)
{
    bool    drops;
    char   *whole;
    long    n;
    size_t  used = 0;

    pthread_mutex_lock(&live->lock);
    drops = pair->relay->mode == LIVE_DROP_PUSHES;
    pthread_mutex_unlock(&live->lock);

    whole = realloc(pair->message, pair->partial + len);
    if (whole == NULL) {
        pair->dead = true;
        return;
    }

    memcpy(whole + pair->partial, data, len);
    len += pair->partial;
    pair->message = whole;

    while ((n = live_resp_length(whole + used, len - used)) > 0) {
        if (drops && live_resp_is_invalidation(whole + used, (size_t) n)) {
            pthread_mutex_lock(&live->lock);
            pair->relay->dropped++;
            pthread_mutex_unlock(&live->lock);

        } else {
            live_relay_put(&pair->client, whole + used, (size_t) n, now);
        }

        used += (size_t) n;
    }

    pair->dead = pair->dead || n < 0;
    pair->partial = len - used;
    memmove(whole, whole + used, pair->partial);
}


static void
live_relay_put(live_end_t *end, const char *data, size_t len, int64_t due)
{
    live_chunk_t  *chunk;

    chunk = malloc(sizeof(live_chunk_t) + len);

    if (chunk == NULL || end->waiting + len > LIVE_RELAY_KEPT) {
        free(chunk);
        end->pair->dead = true;
        return;
    }

    memcpy(chunk->data, data, len);
    chunk->len = len;
    chunk->done = 0;
    chunk->due = due;
    chunk->next = NULL;

    if (end->first) {
        end->last->next = chunk;
    } else {
        end->first = chunk;
    }

    end->last = chunk;
    end->waiting += len;
}


static void
live_relay_write(live_t *live, live_end_t *end, int64_t now)
{
    bool                blocked = false;
    ssize_t             n;
    live_chunk_t       *chunk;
    struct epoll_event  event = { .data.ptr = end };

    while ((chunk = end->first) != NULL && chunk->due <= now) {
        n = send(end->fd, chunk->data + chunk->done, chunk->len - chunk->done,
                 MSG_NOSIGNAL);

        blocked = n < 0 && errno == EAGAIN;

        if (blocked) {
            break;
        }

        /* who has left is not told */
        chunk->done = (n < 0) ? chunk->len : chunk->done + (size_t) n;

        if (chunk->done == chunk->len) {
            end->first = chunk->next;
            end->waiting -= chunk->len;
            free(chunk);
        }
    }

    if (blocked != end->polled && !end->ended) {
        end->polled = blocked;
        event.events = EPOLLIN | (blocked ? EPOLLOUT : 0);
        epoll_ctl(live->relay_epoll, EPOLL_CTL_MOD, end->fd, &event);
    }
}


static void
live_relay_free(live_pair_t *pair)
{
    live_end_t    *ends[] = { &pair->client, &pair->redis };
    live_chunk_t  *chunk;

    for (unsigned i = 0; i < 2; i++) {
        while ((chunk = ends[i]->first) != NULL) {
            ends[i]->first = chunk->next;
            free(chunk);
        }

        if (ends[i]->fd >= 0) {
            close(ends[i]->fd);
        }
    }

    free(pair->message);
    free(pair);
}


/*
 * Writes what has become due and frees what is over: a pair one of whose ends
 * has said all, once the other has it.  Returns how long to sleep, in ms.
 */
static int
live_relay_sweep(live_t *live, int64_t now)
{
    int           timeout = 100;
    live_pair_t  *pair, **at = &live_relay_pairs;

    while ((pair = *at) != NULL) {

        if (!pair->dead) {
            live_relay_write(live, &pair->client, now);
            live_relay_write(live, &pair->redis, now);
        }

        if (pair->dead || (pair->client.ended && pair->redis.first == NULL)
            || (pair->redis.ended && pair->client.first == NULL))
        {
            *at = pair->next;
            live_relay_free(pair);
            continue;
        }

        if (pair->client.first || pair->redis.first) {
            timeout = 1;
        }

        at = &pair->next;
    }

    return timeout;
}
