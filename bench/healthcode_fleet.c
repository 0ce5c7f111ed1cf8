/*
 * Many gates as their Redis sees them, one server or the masters of a cluster:
 * each worker has a connection to each, over TCP, and sends what a gate sends,
 * when it does (t/89-fleet.t compares).  People pass at a pace that the driver
 * sets.  Verifies and decides nothing.  docs/operations/sizing.md.
 *
 *     healthcode_fleet GATES WORKERS TAGS WRITERS PORT...
 *
 * WORKERS: of each gate.  TAGS: 257 digits, the number of the server that has
 * the partitions 00 to ff, and c.  WRITERS: as many ports as servers, parted
 * by commas, where flags of each are set; where that is another server, the
 * gates are beside a replica, and ask for its tick.  Says "live" when all are,
 * then does what each line of its input asks for:
 *
 *     pace PASSES COLD      passes a second at each gate, and the part of them
 *                           whose holder is new there
 *     count                 "count connections live beats reads passes hits
 *                           late" so far
 *     flags N WORKERS MS    N flags, so far apart, each of a holder
 *                           whom so many workers of each gate have read before:
 *                           for each "flag US US ARRIVED EXPECTED": from
 *                           sending to the acknowledgement, from that to the
 *                           last push
 */

#include "fleet.h"


#define FLEET_LEASE     1000      /* ms, as by default */
#define FLEET_PERIOD    250       /* a heartbeat, where somebody stands */
#define FLEET_REST      2000      /* after that nobody does */
#define FLEET_IDLE      30000     /* likewise, at rest */
#define FLEET_ALL       1000      /* what else is asked with it */
#define FLEET_ALL_IDLE  120000
#define FLEET_NODES     10
#define FLEET_TAGS      257
#define FLEET_PENDING   16        /* questions on a connection */
#define FLEET_AT_ONCE   256       /* connections that are being made */
#define FLEET_WHEEL     65536     /* ms, more than FLEET_IDLE */


typedef enum {
    FLEET_GREETING = 0,
    FLEET_BEAT,
    FLEET_READ,
    FLEET_KNOW                    /* a read, before a flag */
} fleet_kind_e;

typedef struct {
    fleet_kind_e   kind;
    unsigned       replies;       /* that are still to come */
    uint64_t       sent;          /* ms */
} fleet_question_t;

typedef struct {
    int                fd;
    unsigned           node;
    unsigned           first, npending;
    fleet_question_t   pending[FLEET_PENDING];
    uint64_t           fresh;     /* ms: its lease ends */
    bool               is_writer; /* of flags: not tracked */
    char              *left;      /* of a reply that is not whole */
    size_t             nleft;
} fleet_link_t;

typedef struct fleet_worker_s  fleet_worker_t;

struct fleet_worker_s {
    fleet_link_t    *links;       /* one to each node */
    unsigned         gate;
    uint64_t         stood, beaten, all, due;    /* ms */
    fleet_worker_t  *next, **at;  /* of the wheel */
};

typedef struct {
    unsigned   left;              /* flags to be set */
    unsigned   share;             /* workers of each gate that read before */
    unsigned   gap;               /* ms, between a flag and the next reads */
    unsigned   asked, known;      /* of these reads */
    unsigned   arrived;
    uint64_t   sent, ack, last;   /* us */
    uint64_t   due;               /* us: the reads begin */
    char       holder[FLEET_HOLDER_LEN + 1];
} fleet_flags_t;


static unsigned         ngates, nworkers, nnodes, nopen, nlive;
static unsigned         owner[FLEET_TAGS], own[FLEET_NODES];
static int              ports[FLEET_NODES], writer_ports[FLEET_NODES], epoll;
static fleet_link_t     writers[FLEET_NODES];
static fleet_worker_t  *workers, *wheel[FLEET_WHEEL];
static fleet_flags_t    flags;
static uint64_t         nbeats, nreads, npasses, nhits, nlate, nholders, wound;
static double           passes, cold, owed;


static uint64_t
fleet_ms(void)
{
    return fleet_us() / 1000;
}


/* The partition of a holder. */
static unsigned
fleet_tag(const char *holder)
{
    char  digits[] = { holder[0], holder[1], 0 };

    return (unsigned) strtoul(digits, NULL, 16);
}


/* ---- what is asked ---- */

/* The proof that a server is asked for: of {c}, or of a tag of its own. */
static int
fleet_own_proof(char *out, size_t size, unsigned node)
{
    if (own[node] == FLEET_TAGS - 1) {
        return snprintf(out, size, "*2\r\n$7\r\nHGETALL\r\n"
                        "$19\r\nhealthcode:meta:{c}\r\n");
    }

    return snprintf(out, size, "*2\r\n$7\r\nHGETALL\r\n"
                    "$20\r\nhealthcode:meta:{%02x}\r\n", own[node]);
}


#define FLEET_ROLE   "*1\r\n$4\r\nROLE\r\n"
#define FLEET_SLOTS  "*2\r\n$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n"
#define FLEET_INFO   "*2\r\n$4\r\nINFO\r\n$6\r\nmemory\r\n"
#define FLEET_TIME   "*1\r\n$4\r\nTIME\r\n"
#define FLEET_TRACKED  "*2\r\n$6\r\nCLIENT\r\n$12\r\nTRACKINGINFO\r\n"
#define FLEET_STATS  "*2\r\n$4\r\nINFO\r\n$5\r\nstats\r\n"
#define FLEET_DATA   "*4\r\n$10\r\nHRANDFIELD\r\n$19\r\nhealthcode:data:{c}" \
                     "\r\n$2\r\n17\r\n$10\r\nWITHVALUES\r\n"
#define FLEET_PROOF  "*2\r\n$7\r\nHGETALL\r\n$19\r\nhealthcode:meta:{c}\r\n"
#define FLEET_HELLO  "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n" \
                     "*3\r\n$6\r\nCLIENT\r\n$8\r\nTRACKING\r\n$2\r\nON\r\n"
#define FLEET_PUSH   "*2\r\n$3\r\nGET\r\n$19\r\nhealthcode:push:{c}\r\n" \
                     "*2\r\n$4\r\nINCR\r\n$19\r\nhealthcode:push:{c}\r\n"
#define FLEET_TICK   "*2\r\n$3\r\nGET\r\n$19\r\nhealthcode:tick:{c}\r\n"
#define FLEET_CONTROL                                                         \
    "*5\r\n$5\r\nHMGET\r\n$22\r\nhealthcode:control:{c}\r\n"                  \
    "$28\r\nissuer:https://bench.example\r\n"                                 \
    "$47\r\nkey:0123456789012345678901234567890123456789012\r\n"              \
    "$28\r\nbefore:https://bench.example\r\n"


static bool
fleet_is_cluster(void)
{
    return nnodes > 1;
}


/* Beside a replica it stands before all that it bounds. */
static const char *
fleet_tick_of(unsigned node, unsigned *replies)
{
    bool  is_replica = (writer_ports[node] != ports[node]);

    *replies += is_replica;

    return is_replica ? FLEET_TICK : "";
}


static void
fleet_ask(fleet_link_t *link, fleet_kind_e kind, unsigned replies,
    const char *bytes, size_t len, uint64_t now)
{
    fleet_question_t  *question;

    if (link->npending == FLEET_PENDING) {
        nlate++;
        return;
    }

    question = &link->pending[(link->first + link->npending++)
                              % FLEET_PENDING];
    *question = (fleet_question_t) { kind, replies, now };

    fleet_write(link->fd, bytes, len);
}


static void
fleet_greet(fleet_link_t *link)
{
    int          n;
    char         out[1024];
    unsigned     ticks = 0, replies = fleet_is_cluster() ? 11 : 10;
    const char  *tick = fleet_tick_of(link->node, &ticks);

    /* no gate can write to a replica: the tick is what is pushed first */

    n = snprintf(out, sizeof(out), "%s%s%s%s%s", FLEET_HELLO FLEET_TRACKED,
                 ticks ? tick : FLEET_PUSH, FLEET_TIME FLEET_DATA FLEET_ROLE,
                 fleet_is_cluster() ? FLEET_SLOTS : "", FLEET_INFO);
    n += fleet_own_proof(out + n, sizeof(out) - (size_t) n, link->node);

    fleet_ask(link, FLEET_GREETING, replies - ticks, out, (size_t) n,
              fleet_ms());
}


/*
 * A heartbeat into out.  What a cluster's node does not have, it says so: no
 * gate minds.
 */
static int
fleet_beat_format(char *out, size_t size, unsigned node, bool all,
    unsigned *replies)
{
    int  n;

    *replies = fleet_is_cluster() ? 3 : 2;
    n = snprintf(out, size, "%s%s%s", fleet_tick_of(node, replies),
                 FLEET_ROLE, fleet_is_cluster() ? FLEET_SLOTS : "");
    n += fleet_own_proof(out + n, size - (size_t) n, node);

    if (all) {
        n += snprintf(out + n, size - (size_t) n, "%s", FLEET_INFO FLEET_TIME
                      FLEET_DATA FLEET_TRACKED FLEET_STATS);
        *replies += 5;
    }

    return n;
}


/* All nodes of a worker beat together. */
static void
fleet_beat(fleet_worker_t *worker, uint64_t now, uint64_t every)
{
    int       n;
    bool      all = (now - worker->all >= every);
    char      out[1024];
    unsigned  replies;

    for (unsigned i = 0; i < nnodes; i++) {
        n = fleet_beat_format(out, sizeof(out), i, all, &replies);
        fleet_ask(&worker->links[i], FLEET_BEAT, replies, out, (size_t) n,
                  now);
        nbeats++;
    }

    worker->beaten = now;
    worker->all = all ? now : worker->all;
}


/*
 * A live read.  A cluster's node answers for the holder; controls are known,
 * or asked of the node that has them.
 */
static void
fleet_read(fleet_worker_t *worker, const char *holder, fleet_kind_e kind,
    uint64_t now)
{
    int            n;
    char           out[1024];
    unsigned       replies = 2;
    fleet_link_t  *link = &worker->links[owner[fleet_tag(holder)]];
    fleet_link_t  *rest = &worker->links[owner[FLEET_TAGS - 1]];

    n = snprintf(out, sizeof(out), "%s*4\r\n$10\r\nHRANDFIELD\r\n$53\r\n"
                 "healthcode:risk:{%.2s}:%s\r\n$2\r\n65\r\n$10\r\nWITHVALUES"
                 "\r\n*2\r\n$7\r\nHGETALL\r\n$20\r\nhealthcode:meta:{%.2s}\r\n",
                 fleet_tick_of(link->node, &replies), holder, holder, holder);
    nreads++;

    if (!fleet_is_cluster()) {
        n += snprintf(out + n, sizeof(out) - (size_t) n, "%s%s",
                      FLEET_CONTROL, FLEET_PROOF);
        fleet_ask(link, kind, replies + 2, out, (size_t) n, now);
        return;
    }

    fleet_ask(link, kind, replies, out, (size_t) n, now);

    if (rest->fresh <= now) {
        fleet_ask(rest, FLEET_BEAT, 2, FLEET_CONTROL FLEET_PROOF,
                  sizeof(FLEET_CONTROL FLEET_PROOF) - 1, now);
    }
}


/* ---- when ---- */

static void
fleet_wind(fleet_worker_t *worker, uint64_t due)
{
    fleet_worker_t  **at;

    if (worker->at) {
        *worker->at = worker->next;
        if (worker->next) {
            worker->next->at = worker->at;
        }
    }

    due = due > wound ? due : wound + 1;
    at = &wheel[due % FLEET_WHEEL];

    worker->due = due;
    worker->at = at;
    worker->next = *at;

    if (*at) {
        (*at)->at = &worker->next;
    }

    *at = worker;
}


/* Its heartbeat is due. */
static void
fleet_tick(fleet_worker_t *worker, uint64_t now)
{
    bool  idle = (now - worker->stood >= FLEET_REST);

    if (now - worker->beaten >= (idle ? FLEET_IDLE : FLEET_PERIOD)) {
        fleet_beat(worker, now, idle ? FLEET_ALL_IDLE : FLEET_ALL);
    }

    fleet_wind(worker, worker->beaten + (idle ? FLEET_IDLE : FLEET_PERIOD));
}


static void
fleet_turn_wheel(uint64_t now)
{
    fleet_worker_t  *worker;

    while (wound < now) {
        wound++;

        while ((worker = wheel[wound % FLEET_WHEEL]) != NULL) {
            fleet_tick(worker, now);
        }
    }
}


/* Somebody stands there: known and fresh is a hit, anything else a read. */
static void
fleet_pass(fleet_worker_t *worker, uint64_t now)
{
    char      holder[FLEET_HOLDER_LEN + 1];
    bool      is_new = (drand48() < cold), is_fresh;

    fleet_holder(holder, is_new ? ++nholders << 20 : worker->gate);
    is_fresh = worker->links[owner[fleet_tag(holder)]].fresh > now
               && worker->links[owner[FLEET_TAGS - 1]].fresh > now;

    npasses++;
    worker->stood = now;

    if (is_fresh && !is_new) {
        nhits++;

    } else {
        if (now - worker->beaten >= FLEET_PERIOD) {
            fleet_beat(worker, now, FLEET_ALL);
        }

        fleet_read(worker, holder, FLEET_READ, now);
    }

    if (worker->due > worker->beaten + FLEET_PERIOD) {
        fleet_wind(worker, worker->beaten + FLEET_PERIOD);
    }
}


/* People come by chance, to any gate and any of its workers. */
static void
fleet_pass_some(uint64_t now)
{
    static uint64_t  last;

    owed += passes * ngates * (double) (now - (last ? last : now)) / 1000;
    last = now;

    for ( /* void */ ; owed >= 1; owed--) {
        fleet_pass(&workers[(unsigned) (drand48() * ngates * nworkers)], now);
    }
}


/* ---- what is answered ---- */

/* Behind a whole value that begins at p; NULL: more has to come. */
static const char *
fleet_skip(const char *p, const char *end)
{
    long         n;
    char         type;
    const char  *line = memchr(p, '\n', (size_t) (end - p));

    if (line == NULL) {
        return NULL;
    }

    type = *p;
    n = strtol(p + 1, NULL, 10);
    p = line + 1;

    if (type == '$' || type == '=' || type == '!') {
        return n < 0 ? p : end - p < n + 2 ? NULL : p + n + 2;
    }

    if (type == '*' || type == '~' || type == '>' || type == '%') {

        for (n *= (type == '%') ? 2 : 1; n > 0 && p; n--) {
            p = fleet_skip(p, end);
        }
    }

    return p;
}


static void
fleet_push(const char *p, size_t len)
{
    if (flags.left && memmem(p, len, flags.holder, FLEET_HOLDER_LEN)) {
        flags.arrived++;
        flags.last = fleet_us();
    }
}


static void
fleet_answered(fleet_link_t *link)
{
    fleet_question_t  *question = &link->pending[link->first];
    fleet_kind_e       kind = question->kind;

    if (--question->replies) {
        return;
    }

    if (kind == FLEET_BEAT && question->sent + FLEET_LEASE > link->fresh) {
        link->fresh = question->sent + FLEET_LEASE;
    }

    link->first = (link->first + 1) % FLEET_PENDING;
    link->npending--;

    if (kind == FLEET_GREETING) {
        nlive++;

    } else if (kind == FLEET_KNOW) {
        flags.known++;
    }
}


static void
fleet_reply(fleet_link_t *link, const char *p, size_t len)
{
    bool  is_elsewhere = fleet_is_cluster() && len > 6
                         && memcmp(p, "-MOVED", 6) == 0 && link->npending
                         && link->pending[link->first].kind < FLEET_READ;

    if (*p == '>') {
        fleet_push(p, len);
        return;
    }

    if ((*p == '-' && !is_elsewhere) || link->npending == 0) {
        fprintf(stderr, "fleet: %.*s\n", (int) (len > 80 ? 80 : len), p);
        errno = 0;
        fleet_fail("a reply");
    }

    fleet_answered(link);
}


static void
fleet_receive(fleet_link_t *link)
{
    size_t        len = link->nleft;
    ssize_t       n;
    const char   *p, *next, *end;
    static char   bytes[262144];

    if (len) {
        memcpy(bytes, link->left, len);
    }

    n = recv(link->fd, bytes + len, sizeof(bytes) - len, 0);
    if (n <= 0) {
        fleet_fail("recv()");
    }

    if (link->is_writer) {
        flags.ack = fleet_us();
        return;
    }

    end = bytes + len + n;

    for (p = bytes; p < end && (next = fleet_skip(p, end)) != NULL; p = next) {
        fleet_reply(link, p, (size_t) (next - p));
    }

    link->nleft = (size_t) (end - p);
    free(link->left);
    link->left = link->nleft ? malloc(link->nleft) : NULL;

    if (link->nleft) {
        memcpy(link->left, p, link->nleft);
    }
}


/* ---- flags ---- */

static unsigned
fleet_flags_expected(void)
{
    return flags.share * ngates;
}


static void
fleet_flags_begin(void)
{
    flags.asked = flags.known = flags.arrived = 0;
    flags.sent = flags.ack = flags.last = 0;
    flags.due = fleet_us() + 1000 * (uint64_t) flags.gap;
    fleet_holder(flags.holder, (++nholders << 20) + 1);
}


/* Reads go out in portions, or the first ones would wait for the last. */
static void
fleet_flags_ask(void)
{
    unsigned  w;
    uint64_t  now = fleet_ms();

    while (flags.asked < fleet_flags_expected()
           && flags.asked - flags.known < FLEET_AT_ONCE)
    {
        w = flags.asked / flags.share * nworkers + flags.asked % flags.share;
        flags.asked++;
        fleet_read(&workers[w], flags.holder, FLEET_KNOW, now);
    }
}


static void
fleet_flags_set(void)
{
    char           out[256];
    size_t         len = fleet_flag(out, sizeof(out), flags.holder);
    fleet_link_t  *writer = &writers[owner[fleet_tag(flags.holder)]];

    if (writer->fd == 0) {
        writer->fd = fleet_connect(writer_ports[writer - writers]);
        writer->is_writer = true;
        fleet_watch(epoll, writer->fd, writer);
    }

    flags.sent = fleet_us();
    fleet_write(writer->fd, out, len);
}


static void
fleet_flags_step(void)
{
    if (flags.left == 0 || fleet_us() < flags.due) {
        return;
    }

    if (flags.sent == 0) {
        fleet_flags_ask();

        if (flags.known >= fleet_flags_expected()) {
            fleet_flags_set();
        }

        return;
    }

    if ((flags.arrived < fleet_flags_expected() || flags.ack == 0)
        && fleet_us() - flags.sent < FLEET_PATIENCE)
    {
        return;
    }

    printf("flag %llu %lld %u %u\n",
           (unsigned long long) (flags.ack - flags.sent),
           (long long) (flags.last - flags.ack), flags.arrived,
           fleet_flags_expected());

    if (--flags.left == 0) {
        printf("done\n");
    }

    fflush(stdout);
    fleet_flags_begin();
}


/* ---- the whole ---- */

static void
fleet_open(unsigned i)
{
    fleet_worker_t  *worker = &workers[i / nnodes];
    fleet_link_t    *link = &worker->links[i % nnodes];

    link->node = i % nnodes;
    link->fd = fleet_connect(ports[link->node]);
    fleet_watch(epoll, link->fd, link);
    fleet_greet(link);
    nopen++;
}


/* All are live: heartbeats begin, spread as those of gates are. */
static void
fleet_begin(void)
{
    uint64_t  now = fleet_ms();

    wound = now;

    for (unsigned i = 0; i < ngates * nworkers; i++) {
        workers[i].all = now;
        workers[i].beaten = now - FLEET_PERIOD
                            - (uint64_t) (drand48() * (FLEET_IDLE
                                                       - FLEET_PERIOD));
        workers[i].stood = now - FLEET_REST;
        fleet_wind(&workers[i], workers[i].beaten + FLEET_IDLE);
    }

    printf("live\n");
    fflush(stdout);
}


static bool
fleet_obey(void)
{
    char  line[128];

    if (!fleet_line(line, sizeof(line))) {
        return false;
    }

    if (sscanf(line, "pace %lf %lf", &passes, &cold) == 2) {
        printf("pace\n");

    } else if (sscanf(line, "flags %u %u %u", &flags.left, &flags.share,
                      &flags.gap) == 3
               && flags.share > 0 && flags.share <= nworkers)
    {
        fleet_flags_begin();

    } else {
        printf("count %u %u %llu %llu %llu %llu %llu\n", nopen, nlive,
               (unsigned long long) nbeats, (unsigned long long) nreads,
               (unsigned long long) npasses, (unsigned long long) nhits,
               (unsigned long long) nlate);
    }

    fflush(stdout);

    return true;
}


static void
fleet_run(void)
{
    int                 n;
    bool                is_up = true, has_begun = false;
    struct epoll_event  events[256];

    while (is_up) {

        if (nopen < ngates * nworkers * nnodes
            && nopen - nlive < FLEET_AT_ONCE)
        {
            fleet_open(nopen);
            continue;
        }

        n = epoll_wait(epoll, events, 256, 1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr) {
                fleet_receive(events[i].data.ptr);
            } else {
                is_up = fleet_obey();
            }
        }

        if (has_begun) {
            fleet_turn_wheel(fleet_ms());
            fleet_pass_some(fleet_ms());
            fleet_flags_step();

        } else if (nlive == ngates * nworkers * nnodes) {
            has_begun = true;
            fleet_begin();
        }
    }
}


static void
fleet_arguments(int argc, char **argv)
{
    char  *writer = argv[4];

    ngates = (unsigned) atoi(argv[1]);
    nworkers = (unsigned) atoi(argv[2]);
    nnodes = (unsigned) (argc - 5);

    for (unsigned i = 0; i < nnodes; i++) {
        ports[i] = atoi(argv[5 + i]);
        writer_ports[i] = (int) strtol(writer, &writer, 10);
        writer += (*writer == ',');
        own[i] = FLEET_TAGS;
    }

    /* the last tag, {c}, is what one server is asked for */

    for (unsigned i = FLEET_TAGS; i-- > 0; /* void */ ) {
        owner[i] = (unsigned) (argv[3][i] - '0') % nnodes;
        if (own[owner[i]] == FLEET_TAGS || fleet_is_cluster()) {
            own[owner[i]] = i;
        }
    }
}


int
main(int argc, char **argv)
{
    fleet_link_t  *links;

    if (argc < 6 || argc - 5 > FLEET_NODES || strlen(argv[3]) != FLEET_TAGS) {
        fprintf(stderr, "usage: healthcode_fleet GATES WORKERS TAGS WRITERS "
                "PORT...\n");
        return 2;
    }

    fleet_arguments(argc, argv);

    epoll = epoll_create1(EPOLL_CLOEXEC);
    workers = calloc(ngates * nworkers, sizeof(fleet_worker_t));
    links = calloc((size_t) ngates * nworkers * nnodes, sizeof(fleet_link_t));

    if (epoll < 0 || workers == NULL || links == NULL) {
        fleet_fail("memory");
    }

    for (unsigned i = 0; i < ngates * nworkers; i++) {
        workers[i].links = links + (size_t) i * nnodes;
        workers[i].gate = i / nworkers;
    }

    fleet_watch(epoll, 0, NULL);
    fleet_run();

    return 0;
}
