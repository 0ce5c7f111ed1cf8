/*
 * The clock of leases, which all workers share and nobody sets.
 * Knows no: store, request, timer.
 * docs/cache.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_CLOCK_H
#define NGX_HTTP_HEALTHCODE_CLOCK_H

#include <ngx_config.h>
#include <ngx_core.h>


/* If the system has no clock that goes on while the machine sleeps. */
#ifndef CLOCK_BOOTTIME
#define CLOCK_BOOTTIME  CLOCK_MONOTONIC
#endif


/*
 * Milliseconds, read now: nginx's own clock is that of the last event, and this
 * worker may have been stopped since.  *now is the same time.
 */
static ngx_inline uint64_t
ngx_http_healthcode_clock_read(struct timespec *now)
{
    (void) clock_gettime(CLOCK_BOOTTIME, now);

    return (uint64_t) now->tv_sec * 1000 + (uint64_t) now->tv_nsec / 1000000;
}


static ngx_inline uint64_t
ngx_http_healthcode_clock(void)
{
    struct timespec  now;

    return ngx_http_healthcode_clock_read(&now);
}

#endif
