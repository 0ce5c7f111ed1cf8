/*
 * Reads so many holders that have no flag on connections that a Redis tracks,
 * as gates do, so that its table of tracked keys grows.  Knows no gate.
 * docs/operations/sizing.md.
 *
 *     healthcode_tracked SOCKET KEYS CLIENTS
 *
 * Each client reads each key.  Says "done" and keeps its connections until its
 * input ends.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>


#define TRACKED_AT_ONCE  1000     /* commands in one write */


static void
fail(const char *what)
{
    fprintf(stderr, "healthcode_tracked: %s: %s\n", what, strerror(errno));
    exit(1);
}


/* The last reply is OK; what HELLO is answered ends otherwise. */
static void
tracked_greet(int fd)
{
    char         buf[65536];
    size_t       len = 0;
    ssize_t      n;
    const char   hello[] = "HELLO 3\r\nCLIENT TRACKING ON\r\n";

    if (write(fd, hello, sizeof(hello) - 1) != sizeof(hello) - 1) {
        fail("write()");
    }

    while (len < 5 || memcmp(buf + len - 5, "+OK\r\n", 5) != 0) {
        n = read(fd, buf + len, sizeof(buf) - len);
        if (n <= 0) {
            fail("read()");
        }

        len += (size_t) n;
    }
}


static int
tracked_open(const char *path)
{
    int                 fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un  to = { .sun_family = AF_UNIX };

    snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);

    if (fd < 0 || connect(fd, (struct sockaddr *) &to, sizeof(to)) != 0) {
        fail(path);
    }

    tracked_greet(fd);

    return fd;
}


/* Writes len bytes, and reads until so many replies, each of one line. */
static void
tracked_ask(int fd, const char *bytes, size_t len, unsigned lines)
{
    char     buf[65536];
    ssize_t  n;

    while (len) {
        n = write(fd, bytes, len);
        if (n <= 0) {
            fail("write()");
        }

        bytes += n;
        len -= (size_t) n;
    }

    while (lines) {
        n = read(fd, buf, sizeof(buf));
        if (n <= 0) {
            fail("read()");
        }

        for (ssize_t i = 0; i < n; i++) {
            lines -= (buf[i] == '\n' && lines);
        }
    }
}


/* Holders are hashes: their bits are spread. */
static uint64_t
tracked_mix(uint64_t n)
{
    n = (n ^ n >> 31) * UINT64_C(0x7fb5d329728ea185);
    n = (n ^ n >> 27) * UINT64_C(0x81dadef4bc2dd44d);

    return n ^ n >> 33;
}


int
main(int argc, char **argv)
{
    int        fd, *clients;
    char       end, holder[33], *at, *buf = malloc(TRACKED_AT_ONCE * 128);
    uint64_t   n, keys = (argc > 2) ? strtoull(argv[2], NULL, 10) : 0;
    unsigned   batch, c, nclients = (argc > 3) ? (unsigned) atoi(argv[3]) : 0;

    clients = calloc(nclients + 1, sizeof(int));

    if (argc != 4 || keys == 0 || nclients == 0 || buf == NULL
        || clients == NULL)
    {
        fprintf(stderr, "usage: healthcode_tracked SOCKET KEYS CLIENTS\n");
        return 2;
    }

    for (c = 0; c < nclients; c++) {
        fd = clients[c] = tracked_open(argv[1]);

        for (n = 0; n < keys; n += batch) {
            at = buf;

            for (batch = 0; batch < TRACKED_AT_ONCE && n + batch < keys;
                 batch++)
            {
                snprintf(holder, sizeof(holder), "%016llx%016llx",
                         (unsigned long long) tracked_mix(n + batch + 1),
                         (unsigned long long) tracked_mix(~(n + batch)));
                at += sprintf(at, "HRANDFIELD healthcode:risk:{%.2s}:%s "
                              "17 WITHVALUES\r\n", holder, holder);
            }

            tracked_ask(fd, buf, (size_t) (at - buf), batch);
        }
    }

    printf("done\n");
    fflush(stdout);

    return read(0, &end, 1) < 0;
}
