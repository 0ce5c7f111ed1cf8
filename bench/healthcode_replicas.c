/*
 * Many replicas as their master sees them: each is a connection over TCP that
 * was given the stream (PSYNC), reads it and acknowledges its offset once a
 * second.  Keeps no data, and has nobody behind it.  docs/operations/sizing.md.
 *
 *     healthcode_replicas PORT REPLICAS
 *
 * Says "live" when all have the stream, then does what each line of its input
 * asks for:
 *
 *     count                 "count live acks bytes" so far
 *     flags N               N flags, one after the other: for each "flag US US
 *                           ARRIVED EXPECTED", from sending to the
 *                           acknowledgement, from that to the last replica that
 *                           has it
 */

#include "fleet.h"


#define REPLICAS_ACK  1000000     /* us */


typedef struct {
    int       fd;
    unsigned  met;                /* bytes of the holder that is waited for */
    bool      is_writer, has_it;
    uint64_t  offset, due;
} replica_t;


static unsigned    nreplicas, nlive, left, arrived;
static int         port, epoll;
static replica_t  *replicas, writer = { .is_writer = true };
static uint64_t    nacks, nbytes, nholders, sent, ack, last;
static char        marker[FLEET_HOLDER_LEN + 8];    /* {xx}:HOLDER */


/* ---- the stream begins ---- */

static char
replica_byte(replica_t *replica)
{
    char  c;

    if (recv(replica->fd, &c, 1, 0) != 1) {
        fleet_fail("recv()");
    }

    return c;
}


/* A line that is not empty: a master that makes a file sends empty ones. */
static void
replica_line(replica_t *replica, char *line, size_t size)
{
    char    c;
    size_t  len = 0;

    while ((c = replica_byte(replica)) != '\n' || len == 0) {
        if (len + 1 < size && c != '\r' && c != '\n') {
            line[len++] = c;
        }
    }

    line[len] = '\0';
}


static void
replica_ask(replica_t *replica, const char *command, char *line, size_t size)
{
    fleet_write(replica->fd, command, strlen(command));
    replica_line(replica, line, size);
}


/* The first one is given a file, which nobody needs. */
static void
replica_skip_file(replica_t *replica)
{
    char    line[128];
    size_t  len;

    replica_line(replica, line, sizeof(line));

    if (line[0] != '$' || line[1] == 'E') {
        errno = 0;
        fleet_fail("a file");
    }

    for (len = strtoul(line + 1, NULL, 10); len; len--) {
        (void) replica_byte(replica);
    }
}


/* All others go on from where the first one is. */
static void
replica_open(unsigned i, char *id)
{
    char        line[256], command[256];
    replica_t  *replica = &replicas[i];

    replica->fd = fleet_connect(port);

    snprintf(command, sizeof(command), "REPLCONF listening-port %u\r\n",
             20000 + i % 40000);
    replica_ask(replica, command, line, sizeof(line));
    replica_ask(replica, "REPLCONF capa psync2\r\n", line, sizeof(line));

    if (i == 0) {
        replica_ask(replica, "PSYNC ? -1\r\n", line, sizeof(line));

        if (sscanf(line, "+FULLRESYNC %63s %lu", id, &replica->offset) != 2) {
            errno = 0;
            fleet_fail(line);
        }

        replica_skip_file(replica);

    } else {
        replica->offset = replicas[0].offset;
        snprintf(command, sizeof(command), "PSYNC %s %lu\r\n", id,
                 replica->offset + 1);
        replica_ask(replica, command, line, sizeof(line));

        if (strncmp(line, "+CONTINUE", 9) != 0) {
            errno = 0;
            fleet_fail(line);
        }
    }

    /* not all in one moment */
    replica->due = fleet_us() + REPLICAS_ACK * (uint64_t) i / nreplicas;
    fleet_watch(epoll, replica->fd, replica);
    nlive++;
}


/* ---- the stream goes on ---- */

static void
replica_acknowledge(replica_t *replica)
{
    int   n;
    char  out[128], offset[32];

    n = snprintf(offset, sizeof(offset), "%lu", replica->offset);
    n = snprintf(out, sizeof(out), "*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n"
                 "$%d\r\n%s\r\n", n, offset);

    fleet_write(replica->fd, out, (size_t) n);
    replica->due += REPLICAS_ACK;
    nacks++;
}


/* Its first byte is nowhere else in it, so a byte that differs begins anew. */
static void
replica_look(replica_t *replica, const char *p, const char *end)
{
    for ( /* void */ ; p < end && left && !replica->has_it; p++) {

        replica->met = (*p == marker[replica->met]) ? replica->met + 1
                       : (*p == marker[0]);

        if (marker[replica->met] == '\0') {
            replica->met = 0;
            replica->has_it = true;
            arrived++;
            last = fleet_us();
        }
    }
}


static void
replica_receive(replica_t *replica)
{
    ssize_t      n;
    static char  bytes[65536];

    n = recv(replica->fd, bytes, sizeof(bytes), 0);
    if (n <= 0) {
        fleet_fail("recv()");
    }

    if (replica->is_writer) {
        ack = fleet_us();
        return;
    }

    replica->offset += (uint64_t) n;
    nbytes += (uint64_t) n;
    replica_look(replica, bytes, bytes + n);
}


/* ---- flags ---- */

static void
replicas_flag(void)
{
    char    out[256], holder[FLEET_HOLDER_LEN + 1];
    size_t  len;

    fleet_holder(holder, (++nholders << 20) + 2);
    len = fleet_flag(out, sizeof(out), holder);
    snprintf(marker, sizeof(marker), "{%.2s}:%s", holder, holder);

    if (writer.fd == 0) {
        writer.fd = fleet_connect(port);
        fleet_watch(epoll, writer.fd, &writer);
    }

    for (unsigned i = 0; i < nreplicas; i++) {
        replicas[i].met = 0;
        replicas[i].has_it = false;
    }

    arrived = 0;
    ack = last = 0;
    sent = fleet_us();
    fleet_write(writer.fd, out, len);
}


static void
replicas_flags_step(void)
{
    if (left == 0 || ((arrived < nreplicas || ack == 0)
                      && fleet_us() - sent < FLEET_PATIENCE))
    {
        return;
    }

    printf("flag %llu %lld %u %u\n", (unsigned long long) (ack - sent),
           (long long) (last - ack), arrived, nreplicas);

    if (--left) {
        replicas_flag();
    } else {
        printf("done\n");
    }

    fflush(stdout);
}


/* ---- the whole ---- */

static bool
replicas_obey(void)
{
    char  line[128];

    if (!fleet_line(line, sizeof(line))) {
        return false;
    }

    if (sscanf(line, "flags %u", &left) == 1 && left) {
        replicas_flag();

    } else {
        printf("count %u %llu %llu\n", nlive, (unsigned long long) nacks,
               (unsigned long long) nbytes);
        fflush(stdout);
    }

    return true;
}


static void
replicas_run(void)
{
    int                 n;
    bool                is_up = true;
    uint64_t            now;
    struct epoll_event  events[256];

    while (is_up) {
        n = epoll_wait(epoll, events, 256, 5);

        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr) {
                replica_receive(events[i].data.ptr);
            } else {
                is_up = replicas_obey();
            }
        }

        now = fleet_us();

        for (unsigned i = 0; i < nreplicas; i++) {
            if (replicas[i].due <= now) {
                replica_acknowledge(&replicas[i]);
            }
        }

        replicas_flags_step();
    }
}


int
main(int argc, char **argv)
{
    char  id[64];

    if (argc != 3 || atoi(argv[2]) <= 0) {
        fprintf(stderr, "usage: healthcode_replicas PORT REPLICAS\n");
        return 2;
    }

    port = atoi(argv[1]);
    nreplicas = (unsigned) atoi(argv[2]);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    replicas = calloc(nreplicas, sizeof(replica_t));

    if (epoll < 0 || replicas == NULL) {
        fleet_fail("memory");
    }

    for (unsigned i = 0; i < nreplicas; i++) {
        replica_open(i, id);
    }

    fleet_watch(epoll, 0, NULL);
    printf("live\n");
    fflush(stdout);
    replicas_run();

    return 0;
}
