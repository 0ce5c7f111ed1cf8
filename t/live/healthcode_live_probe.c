/*
 * Asks the gate, at a steady rate in each worker, over connections that are
 * kept: most of all about the holder whose flag is being set.
 * Sets no flag.  docs/benchmarks.md, "Live".
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "healthcode_live.h"


#define LIVE_PROBE_CONNECTIONS  256
#define LIVE_PROBE_ANSWER       4096
#define LIVE_PROBE_INPUT        65536

#define LIVE_PROBE_TICK         (LIVE_MS / 10)    /* ns between looks */
#define LIVE_PROBE_BURST        4.0               /* probes at once, at most */
#define LIVE_PROBE_NEW          4                 /* whose worker is unknown */

/* About one holder at once, or waiting for Redis would take all of them. */
#define LIVE_PROBE_AT_ONCE      6



typedef struct {
    int             fd;                           /* -1: free */
    int             worker;                       /* -1: not known yet */
    live_holder_t  *holder;                       /* asked about; or NULL */
    int64_t         sent;
    size_t          len;
    char            answer[LIVE_PROBE_ANSWER];
} live_connection_t;


/* Holders that are asked about in turn. */
typedef struct {
    unsigned            n;
    unsigned            next;
    live_holder_t      *holders[LIVE_HOLDERS_MAX];
} live_turn_t;


typedef struct {
    int                 epoll;
    int                 timer;
    char                path[108];
    unsigned            connections;              /* to each worker */
    double              rate;                     /* of each worker, a second */
    int64_t             last;                     /* tick */
    int64_t             last_new;
    unsigned            turn;
    unsigned            next;
    unsigned            next_any;                 /* of all holders */
    live_turn_t         turns[3];                 /* hot, coming, arming */
    live_connection_t   pool[LIVE_PROBE_CONNECTIONS];
    size_t              input_len;
    char                input[LIVE_PROBE_INPUT];
} live_probe_t;


static bool live_probe_start(void);
static bool live_probe_input(live_t *live);
static void live_probe_tick(live_t *live);
static void live_probe_look(live_t *live);
static void live_probe_connect(live_t *live, int64_t now);
static bool live_probe_open(live_connection_t *c);
static void live_probe_close(live_t *live, live_connection_t *c);
static live_holder_t *live_probe_choose(live_t *live);
static void live_probe_send(live_t *live, live_connection_t *c);
static void live_probe_read(live_t *live, live_connection_t *c);
static void live_probe_take(live_t *live, live_connection_t *c);
static int live_probe_worker(live_t *live, int pid);


static live_probe_t  live_probe = { .epoll = -1 };


bool
live_probe_gate(const char *path, unsigned connections, double rate)
{
    if (strlen(path) >= sizeof(live_probe.path)
        || connections * 4 > LIVE_PROBE_CONNECTIONS)
    {
        return false;
    }

    strcpy(live_probe.path, path);
    live_probe.connections = connections;
    live_probe.rate = rate;

    return true;
}


int
live_probe_run(live_t *live)
{
    int                 n;
    uint64_t            ticks;
    struct epoll_event  events[64];

    if (!live_probe_start()) {
        perror("live");
        return 1;
    }

    for ( ;; ) {
        n = epoll_wait(live_probe.epoll, events, 64, 1000);

        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == &live_probe.timer) {
                if (read(live_probe.timer, &ticks, sizeof(ticks)) < 0) {
                    ticks = 0;
                }

            } else if (events[i].data.ptr == &live_probe.input_len) {
                if (!live_probe_input(live)) {
                    return 0;
                }

            } else {
                live_probe_read(live, events[i].data.ptr);
            }
        }

        live_probe_tick(live);
        fflush(stdout);
    }
}


static bool
live_probe_start(void)
{
    live_probe_t       *p = &live_probe;
    struct epoll_event  event = { .events = EPOLLIN };
    struct itimerspec   tick = {
        { 0, LIVE_PROBE_TICK }, { 0, LIVE_PROBE_TICK }
    };

    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    for (unsigned i = 0; i < LIVE_PROBE_CONNECTIONS; i++) {
        p->pool[i].fd = -1;
    }

    if (p->epoll < 0 || p->timer < 0
        || timerfd_settime(p->timer, 0, &tick, NULL) < 0)
    {
        return false;
    }

    event.data.ptr = &p->timer;
    if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, p->timer, &event) < 0) {
        return false;
    }

    event.data.ptr = &p->input_len;
    return epoll_ctl(p->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event) == 0;
}


/* False at the end of the input. */
static bool
live_probe_input(live_t *live)
{
    char          *line, *end;
    ssize_t        n;
    live_probe_t  *p = &live_probe;

    n = read(STDIN_FILENO, p->input + p->input_len,
             sizeof(p->input) - 1 - p->input_len);

    if (n <= 0) {
        return n < 0 && errno == EINTR;
    }

    p->input_len += (size_t) n;
    p->input[p->input_len] = '\0';
    line = p->input;

    while ((end = strchr(line, '\n')) != NULL) {
        *end = '\0';

        if (!live_control_line(live, line)) {
            return false;
        }

        line = end + 1;
    }

    p->input_len -= (size_t) (line - p->input);
    memmove(p->input, line, p->input_len);

    return p->input_len < sizeof(p->input) - 1;
}


static void
live_probe_tick(live_t *live)
{
    double              add;
    int64_t             now = live_now();
    live_probe_t       *p = &live_probe;
    live_worker_t      *worker;
    live_connection_t  *c;

    add = p->rate * (double) (now - p->last) / LIVE_S;
    p->last = now;

    for (unsigned i = 0; i < live->nworkers; i++) {
        worker = &live->workers[i];
        worker->tokens += add;

        if (worker->tokens > LIVE_PROBE_BURST) {
            worker->tokens = LIVE_PROBE_BURST;
        }
    }

    live_probe_look(live);

    if (p->path[0] == '\0' || live->nholders == 0) {
        return;
    }

    live_probe_connect(live, now);

    /* each time another connection is the first */
    p->turn++;

    for (unsigned i = 0; i < LIVE_PROBE_CONNECTIONS; i++) {
        c = &p->pool[(i + p->turn) % LIVE_PROBE_CONNECTIONS];

        if (c->fd < 0 || c->holder) {
            continue;
        }

        if (c->worker < 0) {
            live_probe_send(live, c);

        } else if (live->workers[c->worker].tokens >= 1) {
            live->workers[c->worker].tokens--;
            live_probe_send(live, c);
        }
    }
}


static void
live_probe_look(live_t *live)
{
    live_turn_t    *turn;
    live_probe_t   *p = &live_probe;
    live_holder_t  *holder;

    for (unsigned i = 0; i < 3; i++) {
        p->turns[i].n = 0;
    }

    for (unsigned i = 0; i < live->nactive; i++) {
        holder = live->active[i];
        live_change_look(live, holder);

        if (!live_change_waits(holder)) {
            holder->active = false;
            live->active[i--] = live->active[--live->nactive];
            continue;
        }

        turn = &p->turns[holder->hot ? 0
                         : holder->stage == LIVE_ARMING ? 2 : 1];
        turn->holders[turn->n++] = holder;
    }
}


/* Opens connections until each worker has enough, and closes what is over. */
static void
live_probe_connect(live_t *live, int64_t now)
{
    bool                few;
    unsigned            known = 0, unknown = 0;
    live_probe_t       *p = &live_probe;
    live_connection_t  *c;

    if (now - p->last_new < 5 * LIVE_MS) {
        return;
    }

    p->last_new = now;
    few = false;

    for (unsigned i = 0; i < live->nworkers; i++) {
        known += live->workers[i].connections > 0;
        few = few || (live->workers[i].connections
                      && live->workers[i].connections < p->connections);
    }

    few = few || known < live->wanted;

    for (unsigned i = 0; i < LIVE_PROBE_CONNECTIONS; i++) {
        c = &p->pool[i];

        if (c->fd >= 0 && c->worker < 0) {
            unknown++;

        } else if (c->fd >= 0 && c->holder == NULL
                   && live->workers[c->worker].connections > p->connections)
        {
            live_probe_close(live, c);
        }
    }

    for (unsigned i = 0; few && i < LIVE_PROBE_CONNECTIONS; i++) {
        if (unknown >= LIVE_PROBE_NEW) {
            break;
        }

        if (p->pool[i].fd < 0) {
            unknown++;
            few = live_probe_open(&p->pool[i]);
        }
    }
}


static bool
live_probe_open(live_connection_t *c)
{
    struct sockaddr_un  to = { .sun_family = AF_UNIX };
    struct epoll_event  event = { .events = EPOLLIN, .data.ptr = c };

    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->fd < 0) {
        return false;
    }

    strcpy(to.sun_path, live_probe.path);
    c->worker = -1;
    c->holder = NULL;

    if (connect(c->fd, (struct sockaddr *) &to, sizeof(to)) < 0
        || epoll_ctl(live_probe.epoll, EPOLL_CTL_ADD, c->fd, &event) < 0)
    {
        close(c->fd);
        c->fd = -1;
        return false;
    }

    return true;
}


static void
live_probe_close(live_t *live, live_connection_t *c)
{
    if (c->worker >= 0) {
        live->workers[c->worker].connections--;
    }

    if (c->holder) {
        c->holder->asked--;
        live->stats.lost++;
    }

    close(c->fd);
    c->fd = -1;
    c->holder = NULL;
}


/*
 * Of eight probes four go to holders whose flags Redis is changing, two to
 * those of whom it will hear soon, one to those of whom a hit is awaited, and
 * one to any; what one of these has no use for goes to the next.
 */
static live_holder_t *
live_probe_choose(live_t *live)
{
    unsigned        first;
    live_turn_t    *turn;
    live_probe_t   *p = &live_probe;
    live_holder_t  *holder;

    static const unsigned char  order[8] = { 0, 0, 0, 0, 1, 1, 2, 3 };

    first = order[p->next++ % 8];

    for (unsigned i = 0; first < 3 && i < 3; i++) {
        turn = &p->turns[(first + i) % 3];

        for (unsigned n = 0; n < turn->n; n++) {
            holder = turn->holders[turn->next++ % turn->n];

            if (holder->asked < LIVE_PROBE_AT_ONCE) {
                return holder;
            }
        }
    }

    return &live->holders[p->next_any++ % live->nholders];
}


static void
live_probe_send(live_t *live, live_connection_t *c)
{
    ssize_t         n;
    live_holder_t  *holder = live_probe_choose(live);

    c->len = 0;
    c->holder = holder;
    holder->asked++;
    c->sent = live_now();

    n = send(c->fd, holder->request, holder->request_len, MSG_NOSIGNAL);

    if (n != (ssize_t) holder->request_len) {
        live_probe_close(live, c);
    }
}


static void
live_probe_read(live_t *live, live_connection_t *c)
{
    ssize_t  n;

    /* closed since the events were taken */
    if (c->fd < 0) {
        return;
    }

    n = recv(c->fd, c->answer + c->len, sizeof(c->answer) - 1 - c->len, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }

    /* a connection at rest may be closed by a worker that ends */
    if (n <= 0 || c->holder == NULL) {
        live_probe_close(live, c);
        return;
    }

    c->len += (size_t) n;
    c->answer[c->len] = '\0';

    if (live_answer_is_whole(c->answer, c->len)) {
        live_probe_take(live, c);
    }
}


static void
live_probe_take(live_t *live, live_connection_t *c)
{
    bool            closes;
    live_answer_t   answer;
    live_holder_t  *holder = c->holder;

    closes = strstr(c->answer, "\r\nConnection: close\r\n") != NULL;

    if (!live_answer_parse(c->answer, &answer)) {
        live->stats.other++;
        live_probe_close(live, c);
        return;
    }

    answer.sent = c->sent;
    c->holder = NULL;
    holder->asked--;

    if (c->worker < 0) {
        c->worker = live_probe_worker(live, answer.pid);

        if (c->worker < 0) {
            live_probe_close(live, c);
            return;
        }

        live->workers[c->worker].connections++;
    }

    live_truth_judge(live, holder, (unsigned) c->worker, &answer);

    if (closes) {
        live_probe_close(live, c);
    }
}


static int
live_probe_worker(live_t *live, int pid)
{
    unsigned  i;

    for (i = 0; i < live->nworkers; i++) {
        if (live->workers[i].pid == pid) {
            return (int) i;
        }
    }

    if (i == LIVE_WORKERS_MAX) {
        return -1;
    }

    live->workers[i] = (live_worker_t) { .pid = pid, .store = live->store };
    live->nworkers++;
    printf("worker %d store %d\n", pid, live->store);

    return (int) i;
}
