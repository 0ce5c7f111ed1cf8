/*
 * Workers of many gates, as a Redis sees them: each is a connection with the
 * protocol of redis/, as it is, over a socket of its own; people stand at some
 * of them, or at none.  Decides nothing about a store.  docs/operations/
 * sizing.md.
 *
 *     healthcode_workers SOCKET CHECK WORKERS READS always|due
 *
 * CHECK: pepper_check of the store; READS: lookups a second of each worker,
 * each of another holder; always: a heartbeat each period, whether somebody
 * stands there or not, due: as the tracker says.  Says "live" when all are, and
 * ends with its input.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "redis/healthcode_reply_reader.h"
#include "redis/healthcode_tracker.h"


#define WORKERS_LEASE    1000      /* ms, as by default */
#define WORKERS_TIMEOUT  100
#define WORKERS_ENTRIES  64        /* holders that the table has room for */
#define WORKERS_TICK     5         /* ms */
#define WORKERS_AT_ONCE  256       /* connections that are being made */


typedef struct {
    int                            fd;
    uint64_t                       due;      /* ms: its heartbeat */
    uint64_t                       asks;     /* ms: its next lookup */
    healthcode_tracker_t           tracker;
    healthcode_reply_reader_t     *reader;
    healthcode_absence_counters_t  counters;
} worker_t;


static worker_t              *workers;
static unsigned               nworkers, nopen, nlive;
static bool                   always;
static int                    epoll;
static struct sockaddr_un     address = { .sun_family = AF_UNIX };
static healthcode_absence_t   absence;
static healthcode_digest_t   *digest;
static uint64_t               holders;     /* asked for so far */


static uint64_t
clock_ms(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_BOOTTIME, &now);

    return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}


static void
fail(const char *what)
{
    fprintf(stderr, "healthcode_workers: %s: %s\n", what,
            errno ? strerror(errno) : "refused");
    exit(1);
}


static void
note(void *data, const healthcode_tracker_note_t *said)
{
    (void) data;
    (void) said;
}


static void
done(void *data, healthcode_reason_e reason,
    const healthcode_risk_reading_t *reading)
{
    (void) data;
    (void) reading;

    if (reason != HEALTHCODE_REASON_OK) {
        errno = 0;
        fail("a lookup");
    }
}


static void
worker_write(worker_t *worker)
{
    ssize_t                 n;
    healthcode_redis_buf_t  *out = &worker->tracker.pipeline.out;

    if (worker->tracker.state == HEALTHCODE_TRACKER_LIVE) {
        (void) healthcode_tracker_send(&worker->tracker, clock_ms());
    }

    if (out->len == 0) {
        return;
    }

    n = send(worker->fd, out->data, out->len, MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN) {
        fail("send()");
    }

    healthcode_pipeline_wrote(&worker->tracker.pipeline,
                              n < 0 ? 0 : (size_t) n, clock_ms());
}


static void
worker_open(worker_t *worker, const char *check)
{
    struct epoll_event       event = { .events = EPOLLIN, .data.ptr = worker };
    healthcode_handshake_t   handshake = {
        .tracking = true, .is_gate = true, .pepper_check = check
    };
    healthcode_memo_terms_t  terms = {
        .absence = &absence, .number = (unsigned) (worker - workers),
        .lease = WORKERS_LEASE, .max_age = 900000, .digest = digest,
        .counters = &worker->counters
    };

    worker->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (worker->fd < 0
        || connect(worker->fd, (struct sockaddr *) &address, sizeof(address)))
    {
        fail("connect()");
    }

    event.data.ptr = worker;

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, worker->fd, &event) != 0) {
        fail("epoll_ctl()");
    }

    worker->reader = healthcode_reply_reader_create();
    healthcode_tracker_init(&worker->tracker, &handshake, WORKERS_TIMEOUT, 64,
                            note, worker);

    if (worker->reader == NULL
        || !healthcode_tracker_own(&worker->tracker, &terms))
    {
        fail("memory");
    }

    healthcode_tracker_connect(&worker->tracker, healthcode_str("peer"));
    (void) healthcode_tracker_greet(&worker->tracker);
    worker_write(worker);
    nopen++;
}


/* Its timer is over, or it is live. */
static void
worker_tick(worker_t *worker)
{
    uint64_t               now = clock_ms();
    healthcode_tracker_t  *tracker = &worker->tracker;

    if (always) {
        (void) healthcode_tracker_beat(tracker, now);
        worker->due = now + healthcode_tracker_period(tracker);

    } else {
        (void) healthcode_tracker_tick(tracker, now);
        worker->due = now + healthcode_tracker_wait(tracker, now);
    }

    worker_write(worker);
}


static void
worker_read(worker_t *worker)
{
    ssize_t                n;
    redisReply            *reply;
    static uint8_t         bytes[65536];
    healthcode_tracker_e   rc;
    healthcode_tracker_t  *tracker = &worker->tracker;

    n = recv(worker->fd, bytes, sizeof(bytes), 0);

    if (n <= 0 || !healthcode_reply_reader_feed(worker->reader, bytes,
                                                (size_t) n))
    {
        fail("recv()");
    }

    tracker->pipeline.heard = clock_ms();

    while (healthcode_reply_reader_next(worker->reader, &reply)
           == HEALTHCODE_REPLY_READER_REPLY)
    {
        rc = healthcode_tracker_reply(tracker, reply, tracker->pipeline.heard,
                                      time(NULL));

        if (rc == HEALTHCODE_TRACKER_BROKEN) {
            errno = 0;
            fail(tracker->what);
        }

        if (!healthcode_pipeline_is_partial(&tracker->pipeline)) {
            healthcode_reply_reader_reset(worker->reader);
        }

        if (rc == HEALTHCODE_TRACKER_PROVEN) {
            nlive++;
            worker_tick(worker);
        }
    }
}


static void
worker_ask(worker_t *worker)
{
    healthcode_lookup_t     *lookup;
    healthcode_risk_query_t  query = {
        .iss = healthcode_str("https://bench.example"), .thumbprint =
            healthcode_str("0123456789012345678901234567890123456789012")
    };

    holders++;
    memcpy(query.holder, &holders, sizeof(holders));
    (void) healthcode_tracker_ask(&worker->tracker, &query, clock_ms(), done,
                                  worker, &lookup);
    worker_write(worker);
}


/* Spread over time, as gates are. */
static void
workers_turn(double reads)
{
    uint64_t   now = clock_ms();
    worker_t  *worker;

    for (unsigned i = 0; i < nlive && nlive == nworkers; i++) {
        worker = &workers[i];

        if (worker->due <= now) {
            worker_tick(worker);
        }

        if (reads > 0 && worker->asks <= now) {
            worker->asks = (worker->asks ? worker->asks
                            : now + (uint64_t) (1000 * i / reads / nworkers))
                           + (uint64_t) (1000 / reads);
            worker_ask(worker);
        }
    }
}


int
main(int argc, char **argv)
{
    int                 n;
    bool                said = false;
    double              reads;
    struct pollfd       input = { .fd = 0, .events = POLLIN };
    struct epoll_event  events[256];

    if (argc != 6) {
        fprintf(stderr, "usage: healthcode_workers SOCKET CHECK WORKERS READS "
                "always|due\n");
        return 2;
    }

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
    nworkers = (unsigned) atoi(argv[3]);
    reads = strtod(argv[4], NULL);
    always = strcmp(argv[5], "always") == 0;

    epoll = epoll_create1(EPOLL_CLOEXEC);
    workers = calloc(nworkers, sizeof(worker_t));
    digest = healthcode_digest_create();
    absence.leases = calloc(nworkers, sizeof(uint64_t));
    absence.nleases = nworkers;

    if (workers == NULL || digest == NULL || absence.leases == NULL
        || !healthcode_absence_table(&absence, calloc(WORKERS_ENTRIES, 48),
                                     WORKERS_ENTRIES * 48))
    {
        fail("memory");
    }

    while (poll(&input, 1, 0) == 0) {

        if (nopen < nworkers && nopen - nlive < WORKERS_AT_ONCE) {
            worker_open(&workers[nopen], argv[2]);
            continue;
        }

        n = epoll_wait(epoll, events, 256, WORKERS_TICK);

        for (int i = 0; i < n; i++) {
            worker_read(events[i].data.ptr);
        }

        workers_turn(reads);

        if (nlive == nworkers && !said) {
            said = true;
            printf("live\n");
            fflush(stdout);
        }
    }

    return 0;
}
