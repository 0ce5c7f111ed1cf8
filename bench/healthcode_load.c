/*
 * A load generator that goes on in slices: a closed loop over kept connections
 * to one port of this machine, requests made from files of codes, CPU time of
 * the servers read before and after.  Knows no module; judges only "200".
 * docs/benchmarks.md, "How it is measured".
 *
 * Commands come on standard input, one answer a line goes to standard output:
 *
 *     set NAME FILE               codes, one a line, all of one length
 *     connections N               opens or closes some, so that there are N
 *     row NAME SET COUNT ORDER TEXT   the request; of SET the first COUNT
 *                                 codes, in ORDER "sequence" or "random";
 *                                 \n in TEXT is a line's end, % the code
 *     run NAME REQUESTS MS        a slice: at least one of both is not 0
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


#define LOAD_SETS         64
#define LOAD_ROWS         256
#define LOAD_PIDS         16
#define LOAD_CONNECTIONS  20000
#define LOAD_LINE         8192
#define LOAD_EVENTS       512

/* An answer, or a request, is shorter than that. */
#define LOAD_MESSAGE      8192

/* A slice in which nothing comes for so long has failed. */
#define LOAD_PATIENCE_NS  INT64_C(60000000000)

/* A server that has answered needs that long to go to sleep. */
#define LOAD_SETTLE_US    1500

/* Latencies: 64 steps in each power of two. */
#define LOAD_STEPS_BITS   6
#define LOAD_BUCKETS      (64 << LOAD_STEPS_BITS)


typedef struct {
    char         name[64];
    const char  *text;
    size_t       count;
    size_t       line;           /* bytes of a code, and its newline */
} load_set_t;


typedef struct {
    char         name[64];
    load_set_t  *set;
    size_t       count;
    bool         random;
    uint64_t     next;
    char         before[2048];
    char         after[2048];
    size_t       before_len;
    size_t       after_len;
    size_t       answer_len;     /* of the last good one */
} load_row_t;


typedef struct {
    int          fd;
    int64_t      sent;           /* nanoseconds */
    char        *partial;        /* what came of an answer that is not whole */
    size_t       partial_len;
} load_connection_t;


typedef struct {
    uint64_t     ns;             /* on a CPU, /proc/PID/schedstat */
    uint64_t     user;           /* ticks, /proc/PID/stat */
    uint64_t     system;
} load_cpu_t;


typedef struct {
    load_row_t  *row;
    uint64_t     limit;
    int64_t      until;
    uint64_t     started;
    uint64_t     done;
    uint64_t     bad;
    int          bad_status;
    uint64_t     waiting;
    int64_t      longest;
} load_slice_t;


static int                load_epoll;
static uint16_t           load_port;
static int                load_pids[LOAD_PIDS];
static size_t             load_pids_n;
static load_set_t         load_sets[LOAD_SETS];
static size_t             load_sets_n;
static load_row_t         load_rows[LOAD_ROWS];
static size_t             load_rows_n;
static load_connection_t  load_connections[LOAD_CONNECTIONS];
static size_t             load_connections_n;
static uint32_t           load_buckets[LOAD_BUCKETS];


static void
load_must(bool done, const char *what)
{
    if (!done) {
        printf("error %s: %s\n", what, errno ? strerror(errno) : "no");
        exit(1);
    }
}


static int64_t
load_now(clockid_t of)
{
    struct timespec  now;

    clock_gettime(of, &now);

    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}


/* ---- what the commands set up ---- */

static load_set_t *
load_find_set(const char *name)
{
    for (size_t i = 0; i < load_sets_n; i++) {
        if (strcmp(load_sets[i].name, name) == 0) {
            return &load_sets[i];
        }
    }

    return NULL;
}


static load_row_t *
load_find_row(const char *name)
{
    for (size_t i = 0; i < load_rows_n; i++) {
        if (strcmp(load_rows[i].name, name) == 0) {
            return &load_rows[i];
        }
    }

    return NULL;
}


static void
load_set(const char *name, const char *file)
{
    int           fd = open(file, O_RDONLY);
    const char   *end;
    load_set_t   *set = &load_sets[load_sets_n++];
    struct stat   info;

    load_must(load_sets_n < LOAD_SETS && fd != -1 && fstat(fd, &info) == 0
              && info.st_size > 0, file);

    set->text = mmap(NULL, (size_t) info.st_size, PROT_READ, MAP_SHARED, fd, 0);
    load_must(set->text != MAP_FAILED, file);
    close(fd);

    end = memchr(set->text, '\n', (size_t) info.st_size);
    errno = 0;
    load_must(end != NULL, "a set without a line");

    set->line = (size_t) (end - set->text) + 1;
    set->count = (size_t) info.st_size / set->line;
    load_must((size_t) info.st_size == set->count * set->line,
              "a set with lines of several lengths");

    snprintf(set->name, sizeof(set->name), "%s", name);
    printf("set %s %zu %zu\n", name, set->count, set->line - 1);
}


/* Copies up to the "%", or to the end; returns what follows it. */
static const char *
load_unescape(const char *text, char *to, size_t size, size_t *len)
{
    size_t  n = 0;

    while (*text && *text != '%') {
        load_must(n + 2 < size, "a request that is too long");

        if (text[0] == '\\' && text[1] == 'n') {
            to[n++] = '\r';
            to[n++] = '\n';
            text += 2;
            continue;
        }

        to[n++] = *text++;
    }

    *len = n;

    return *text ? text + 1 : text;
}


static void
load_row(const char *name, const char *set, size_t count, const char *order,
    const char *text)
{
    load_row_t  *row = &load_rows[load_rows_n++];

    errno = 0;
    load_must(load_rows_n < LOAD_ROWS, "too many rows");

    row->set = load_find_set(set);
    load_must(row->set && count && count <= row->set->count, set);

    row->count = count;
    row->random = (strcmp(order, "random") == 0);
    row->next = row->random ? 88172645463325252u : 0;

    text = load_unescape(text, row->before, sizeof(row->before),
                         &row->before_len);
    load_unescape(text, row->after, sizeof(row->after), &row->after_len);
    load_must(row->before_len + row->set->line + row->after_len < LOAD_MESSAGE,
              "a request that is too long");

    snprintf(row->name, sizeof(row->name), "%s", name);
    printf("row %s %zu\n", name,
           row->before_len + row->set->line - 1 + row->after_len);
}


static void
load_connect(load_connection_t *connection)
{
    int                 one = 1;
    struct epoll_event  event = { .events = EPOLLIN,
                                  .data.ptr = connection };
    struct sockaddr_in  to = { .sin_family = AF_INET,
                               .sin_port = htons(load_port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    load_must(connection->fd != -1, "socket");
    load_must(connect(connection->fd, (struct sockaddr *) &to, sizeof(to))
              == 0, "connect");
    load_must(setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one,
                         sizeof(one)) == 0
              && fcntl(connection->fd, F_SETFL, O_NONBLOCK) == 0
              && epoll_ctl(load_epoll, EPOLL_CTL_ADD, connection->fd, &event)
                 == 0, "a connection");
}


static void
load_set_connections(size_t n)
{
    errno = 0;
    load_must(n && n <= LOAD_CONNECTIONS, "so many connections");

    while (load_connections_n < n) {
        load_connect(&load_connections[load_connections_n++]);
    }

    while (load_connections_n > n) {
        close(load_connections[--load_connections_n].fd);
    }

    printf("connections %zu\n", n);
}


/* ---- a slice ---- */

static void
load_read_cpu(int pid, load_cpu_t *cpu)
{
    int          n;
    FILE        *file;
    char         name[64], text[1024], *at;
    const char  *files[] = { "schedstat", "stat" };

    memset(cpu, 0, sizeof(*cpu));

    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof(name), "/proc/%d/%s", pid, files[i]);
        file = fopen(name, "r");
        load_must(file && fgets(text, sizeof(text), file), name);
        fclose(file);
        errno = 0;

        if (i == 0) {
            n = sscanf(text, "%lu", &cpu->ns) == 1;
        } else {
            at = strrchr(text, ')');
            n = at && sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u "
                             "%*u %*u %lu %lu", &cpu->user, &cpu->system) == 2;
        }

        load_must(n, name);
    }
}


static size_t
load_bucket(int64_t ns)
{
    int       shift;
    uint64_t  v = (ns > 0) ? (uint64_t) ns : 1;

    shift = 63 - __builtin_clzll(v) - LOAD_STEPS_BITS;

    if (shift <= 0) {
        return (size_t) v;
    }

    return ((size_t) shift << LOAD_STEPS_BITS) + (size_t) (v >> shift);
}


/* The latency, in microseconds, that so great a share stayed below. */
static double
load_percentile(uint64_t total, double share)
{
    size_t    i, shift;
    uint64_t  sum = 0, wanted = (uint64_t) ((double) total * share);

    for (i = 0; i < LOAD_BUCKETS - 1; i++) {
        sum += load_buckets[i];

        if (sum > wanted) {
            break;
        }
    }

    if (i < 2u << LOAD_STEPS_BITS) {
        return (double) i / 1000;
    }

    shift = (i >> LOAD_STEPS_BITS) - 1;
    i -= shift << LOAD_STEPS_BITS;

    return (double) (i << shift) / 1000;
}


static const char *
load_code(load_row_t *row)
{
    uint64_t  i;

    if (row->random) {
        row->next ^= row->next << 13;
        row->next ^= row->next >> 7;
        row->next ^= row->next << 17;
        i = row->next % row->count;

    } else {
        i = row->next;
        row->next = (i + 1 == row->count) ? 0 : i + 1;
    }

    return row->set->text + i * row->set->line;
}


static void
load_send(load_slice_t *slice, load_connection_t *connection, int64_t now)
{
    char         text[LOAD_MESSAGE];
    size_t       len;
    ssize_t      n;
    load_row_t  *row = slice->row;

    memcpy(text, row->before, row->before_len);
    len = row->before_len;
    memcpy(text + len, load_code(row), row->set->line - 1);
    len += row->set->line - 1;
    memcpy(text + len, row->after, row->after_len);
    len += row->after_len;

    connection->sent = now;
    n = send(connection->fd, text, len, MSG_NOSIGNAL);
    load_must(n == (ssize_t) len, "sending a request");

    slice->started++;
    slice->waiting++;
}


/* The length of the answer at text; 0 if it is not complete yet. */
static size_t
load_answer(load_row_t *row, char *text, size_t len, int *status)
{
    char    *at, *end;
    size_t   whole;

    if (len == row->answer_len && memcmp(text, "HTTP/1.1 200 ", 13) == 0) {
        *status = 200;
        return len;
    }

    text[len] = '\0';
    end = strstr(text, "\r\n\r\n");

    if (end == NULL) {
        return 0;
    }

    errno = 0;
    load_must(sscanf(text, "HTTP/1.1 %d ", status) == 1, "no HTTP");

    at = strcasestr(text, "\r\nContent-Length:");
    whole = (size_t) (end - text) + 4;
    whole += (at && at < end) ? strtoul(at + 17, NULL, 10) : 0;

    if (*status == 200 && whole == len) {
        row->answer_len = whole;
    }

    return whole <= len ? whole : 0;
}


static void
load_done(load_slice_t *slice, load_connection_t *connection, int status)
{
    int64_t  now = load_now(CLOCK_MONOTONIC), took = now - connection->sent;

    load_buckets[load_bucket(took)]++;
    slice->longest = (took > slice->longest) ? took : slice->longest;
    slice->done++;
    slice->waiting--;

    if (status != 200) {
        slice->bad++;
        slice->bad_status = status;
    }

    if (slice->started < slice->limit && now < slice->until) {
        load_send(slice, connection, now);
    }
}


static void
load_receive(load_slice_t *slice, load_connection_t *connection)
{
    int      status = 0;
    char     text[LOAD_MESSAGE + 1];
    size_t   len = connection->partial_len, whole;
    ssize_t  n;

    if (len) {
        memcpy(text, connection->partial, len);
    }

    errno = 0;
    n = recv(connection->fd, text + len, LOAD_MESSAGE - len, 0);

    if (n == -1 && errno == EAGAIN) {
        return;
    }

    load_must(n > 0, "a connection was closed, or an answer is too long");
    len += (size_t) n;
    whole = load_answer(slice->row, text, len, &status);

    if (whole) {
        errno = 0;
        load_must(whole == len, "more came than was asked for");
        connection->partial_len = 0;
        load_done(slice, connection, status);
        return;
    }

    if (connection->partial == NULL) {
        connection->partial = malloc(LOAD_MESSAGE);
        load_must(connection->partial != NULL, "malloc");
    }

    memcpy(connection->partial, text, len);
    connection->partial_len = len;
}


/*
 * Never sleeps: who answers a sleeper pays for waking it, and the more so the
 * slower it is itself, as it would pay nobody on another machine.  Who else
 * wants this processor gets it at once.
 */
static int
load_poll(struct epoll_event *events)
{
    int      n;
    int64_t  until = load_now(CLOCK_MONOTONIC) + LOAD_PATIENCE_NS;

    for ( ;; ) {
        n = epoll_wait(load_epoll, events, LOAD_EVENTS, 0);

        if (n > 0) {
            return n;
        }

        load_must(n == 0 && load_now(CLOCK_MONOTONIC) < until,
                  "no answer in time");
        sched_yield();
    }
}


static void
load_loop(load_slice_t *slice)
{
    int                 n;
    struct epoll_event  events[LOAD_EVENTS];

    for (size_t i = 0; i < load_connections_n && slice->started < slice->limit;
         i++)
    {
        load_send(slice, &load_connections[i], load_now(CLOCK_MONOTONIC));
    }

    while (slice->waiting) {
        n = load_poll(events);

        for (int i = 0; i < n; i++) {
            load_receive(slice, events[i].data.ptr);
        }
    }
}


/*
 * Prints: requests, those not answered by 200, a status of such, nanoseconds
 * on the clock and of its own CPU time, microseconds of latency that half, 99
 * of 100 and all stayed below; then of each PID nanoseconds of CPU time, ticks
 * of user and of system.
 */
static void
load_run(const char *name, uint64_t requests, int64_t ms)
{
    int64_t       start, took, own;
    load_cpu_t    before[LOAD_PIDS], after;
    load_slice_t  slice = { .row = load_find_row(name),
                            .limit = requests ? requests : UINT64_MAX };

    errno = 0;
    load_must(slice.row != NULL && (requests || ms > 0) && load_connections_n,
              name);

    memset(load_buckets, 0, sizeof(load_buckets));
    usleep(LOAD_SETTLE_US);

    for (size_t i = 0; i < load_pids_n; i++) {
        load_read_cpu(load_pids[i], &before[i]);
    }

    own = load_now(CLOCK_PROCESS_CPUTIME_ID);
    start = load_now(CLOCK_MONOTONIC);
    slice.until = ms ? start + ms * 1000000 : INT64_MAX;

    load_loop(&slice);

    took = load_now(CLOCK_MONOTONIC) - start;
    own = load_now(CLOCK_PROCESS_CPUTIME_ID) - own;
    usleep(LOAD_SETTLE_US);

    printf("ran %lu %lu %d %ld %ld %.3f %.3f %.3f", slice.done, slice.bad,
           slice.bad_status, took, own, load_percentile(slice.done, 0.5),
           load_percentile(slice.done, 0.99), (double) slice.longest / 1000);

    for (size_t i = 0; i < load_pids_n; i++) {
        load_read_cpu(load_pids[i], &after);
        printf(" %lu %lu %lu", after.ns - before[i].ns,
               after.user - before[i].user, after.system - before[i].system);
    }

    putchar('\n');
}


/* ---- commands ---- */

static void
load_command(char *line)
{
    int       at = 0;
    char      a[64], b[64], order[16], file[4096];
    long      ms;
    size_t    n;
    uint64_t  requests;

    line[strcspn(line, "\n")] = '\0';
    errno = 0;

    if (sscanf(line, "set %63s %4095s", a, file) == 2) {
        load_set(a, file);

    } else if (sscanf(line, "connections %zu", &n) == 1) {
        load_set_connections(n);

    } else if (sscanf(line, "row %63s %63s %zu %15s %n", a, b, &n, order, &at)
               == 4 && at)
    {
        load_row(a, b, n, order, line + at);

    } else if (sscanf(line, "run %63s %lu %ld", a, &requests, &ms) == 3) {
        load_run(a, requests, ms);

    } else {
        load_must(false, "no such command");
    }

    fflush(stdout);
}


int
main(int argc, char **argv)
{
    char           line[LOAD_LINE];
    struct rlimit  files;

    if (argc < 2 || argc > LOAD_PIDS + 2) {
        fprintf(stderr, "usage: healthcode_load PORT [PID]...\n");
        return 2;
    }

    load_port = (uint16_t) atoi(argv[1]);
    load_pids_n = (size_t) argc - 2;

    for (size_t i = 0; i < load_pids_n; i++) {
        load_pids[i] = atoi(argv[i + 2]);
    }

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &files);
    }

    load_epoll = epoll_create1(EPOLL_CLOEXEC);
    load_must(load_epoll != -1, "epoll");

    while (fgets(line, sizeof(line), stdin)) {
        load_command(line);
    }

    return 0;
}
