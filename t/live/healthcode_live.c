/*
 * The live harness: probes a gate while flags change, and tells what was
 * allowed after it should have been refused.  Starts no server and runs no
 * command; util/live.pl does.  docs/benchmarks.md, "Live".
 */

#include <signal.h>
#include <sys/epoll.h>
#include <time.h>

#include "healthcode_live.h"


int64_t
live_now(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_BOOTTIME, &now);

    return (int64_t) now.tv_sec * LIVE_S + now.tv_nsec;
}


live_holder_t *
live_holder_find(live_t *live, const char *hex)
{
    for (unsigned i = 0; i < live->nholders; i++) {
        if (memcmp(live->holders[i].hex, hex, LIVE_HEX) == 0) {
            return &live->holders[i];
        }
    }

    return NULL;
}


int
main(void)
{
    pthread_t      thread;
    static live_t  live = { .lease = LIVE_S, .wanted = 1 };

    signal(SIGPIPE, SIG_IGN);

    live.holders = calloc(LIVE_HOLDERS_MAX, sizeof(live_holder_t));
    live.relay_epoll = epoll_create1(EPOLL_CLOEXEC);

    if (live.holders == NULL || live.relay_epoll < 0
        || pthread_mutex_init(&live.lock, NULL) != 0
        || pthread_create(&thread, NULL, live_relay_run, &live) != 0)
    {
        fprintf(stderr, "live: cannot start\n");
        return 1;
    }

    return live_probe_run(&live);
}
