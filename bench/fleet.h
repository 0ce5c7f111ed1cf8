/*
 * What healthcode_fleet and healthcode_replicas have in common: connections
 * over TCP to 127.0.0.1, the clock, and one line of input at a time.  Knows no
 * gate.  docs/operations/sizing.md.
 */

#ifndef FLEET_H
#define FLEET_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


#define FLEET_HOLDER_LEN  32      /* hex digits */
#define FLEET_PATIENCE    5000000 /* us for which a flag is waited for */


static inline uint64_t
fleet_us(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (uint64_t) now.tv_sec * 1000000 + (uint64_t) now.tv_nsec / 1000;
}


_Noreturn static inline void
fleet_fail(const char *what)
{
    fprintf(stderr, "fleet: %s: %s\n", what, errno ? strerror(errno)
                                                   : "refused");
    exit(1);
}


static inline int
fleet_connect(int port)
{
    int                 on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC,
                                            0);
    struct sockaddr_in  to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t) port),
        .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) }
    };

    if (fd < 0 || connect(fd, (struct sockaddr *) &to, sizeof(to)) != 0
        || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
    {
        fleet_fail("connect()");
    }

    return fd;
}


/* epoll gives data when there is something to read. */
static inline void
fleet_watch(int epoll, int fd, void *data)
{
    struct epoll_event  event = { .events = EPOLLIN };

    event.data.ptr = data;

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        fleet_fail("epoll_ctl()");
    }
}


/* All of it at once: what is asked is short, and the socket has room. */
static inline void
fleet_write(int fd, const char *bytes, size_t len)
{
    if (send(fd, bytes, len, MSG_NOSIGNAL) != (ssize_t) len) {
        fleet_fail("send()");
    }
}


/* A line of what the driver asks for.  False: its end is closed. */
static inline bool
fleet_line(char *line, size_t size)
{
    size_t  len = 0;

    while (len + 1 < size && read(0, line + len, 1) == 1) {
        if (line[len++] == '\n') {
            line[len - 1] = '\0';
            return true;
        }
    }

    return false;
}


/* Holders are hashes: their bits are spread. */
static inline uint64_t
fleet_mix(uint64_t n)
{
    n = (n ^ n >> 31) * UINT64_C(0x7fb5d329728ea185);
    n = (n ^ n >> 27) * UINT64_C(0x81dadef4bc2dd44d);

    return n ^ n >> 33;
}


static inline void
fleet_holder(char *holder, uint64_t n)
{
    snprintf(holder, FLEET_HOLDER_LEN + 1, "%016llx%016llx",
             (unsigned long long) fleet_mix(n + 1),
             (unsigned long long) fleet_mix(~n));
}


/* The command by which a flag is set, without its audit entry. */
static inline size_t
fleet_flag(char *out, size_t size, const char *holder)
{
    return (size_t) snprintf(out, size,
                             "*4\r\n$4\r\nHSET\r\n$53\r\nhealthcode:risk:"
                             "{%.2s}:%s\r\n$1\r\nx\r\n$1\r\n0\r\n",
                             holder, holder);
}

#endif
