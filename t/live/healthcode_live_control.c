/*
 * The lines that util/live.pl writes to the harness, one command each.
 * Does what they say and nothing by itself.  docs/benchmarks.md, "Live".
 */

#include "healthcode_live.h"


#define LIVE_CONTROL_WORDS  8


typedef struct {
    const char  *name;
    int          words;
    bool       (*run)(live_t *live, char **words);
} live_control_t;


static bool live_control_gate(live_t *live, char **words);
static bool live_control_relay(live_t *live, char **words);
static bool live_control_mode(live_t *live, char **words);
static bool live_control_port(live_t *live, char **words);
static bool live_control_waits(live_t *live, char **words);
static bool live_control_holder(live_t *live, char **words);
static bool live_control_never(live_t *live, char **words);
static bool live_control_touch(live_t *live, char **words);
static bool live_control_lease(live_t *live, char **words);
static bool live_control_over(live_t *live, char **words);
static bool live_control_blind(live_t *live, char **words);
static bool live_control_workers(live_t *live, char **words);
static bool live_control_store(live_t *live, char **words);
static bool live_control_shut(live_t *live, char **words);
static bool live_control_turn(live_t *live, char **words);
static bool live_control_arm(live_t *live, char **words);
static bool live_control_set(live_t *live, char **words);
static bool live_control_clear(live_t *live, char **words);
static bool live_control_stats(live_t *live, char **words);
static bool live_control_sync(live_t *live, char **words);


static const live_control_t  live_controls[] = {
    { "gate", 4, live_control_gate },       /* PATH CONNECTIONS RATE */
    { "relay", 5, live_control_relay },     /* NAME PATH TARGET STORE|-1 */
    { "mode", 4, live_control_mode },       /* NAME MODE MILLISECONDS */
    { "port", 3, live_control_port },       /* OF_A_NODE OF_ITS_RELAY */
    { "waits", 3, live_control_waits },     /* NAME REPLICAS */
    { "holder", 3, live_control_holder },   /* HOLDER CODE */
    { "never", 2, live_control_never },     /* HOLDER, whose code is bad */
    { "touch", 3, live_control_touch },     /* HOLDER 1|0: by a fault */
    { "lease", 2, live_control_lease },     /* MILLISECONDS */
    { "over", 2, live_control_over },       /* MILLISECONDS: in an outage */
    { "blind", 2, live_control_blind },     /* MILLISECONDS: clears wait */
    { "workers", 2, live_control_workers }, /* that have to answer */
    { "store", 2, live_control_store },     /* of workers from now on */
    { "shut", 3, live_control_shut },       /* STORE now|then|open */
    { "turn", 3, live_control_turn },       /* HOLDER flagged|free|stays */
    { "arm", 2, live_control_arm },         /* HOLDER */
    { "set", 2, live_control_set },         /* HOLDER */
    { "clear", 2, live_control_clear },     /* HOLDER */
    { "stats", 1, live_control_stats },
    { "sync", 2, live_control_sync },       /* ANYTHING, which is echoed */
};


bool
live_control_line(live_t *live, char *line)
{
    int    n = 0;
    char  *words[LIVE_CONTROL_WORDS], *save = NULL, *word;

    for (word = strtok_r(line, " ", &save); word && n < LIVE_CONTROL_WORDS;
         word = strtok_r(NULL, " ", &save))
    {
        words[n++] = word;
    }

    for (size_t i = 0; n && i < sizeof(live_controls) / sizeof(*live_controls);
         i++)
    {
        if (strcmp(words[0], live_controls[i].name) == 0) {
            if (n != live_controls[i].words
                || !live_controls[i].run(live, words))
            {
                break;
            }

            return true;
        }
    }

    printf("failed %s\n", n ? words[0] : "an empty line");

    return false;
}


static bool
live_control_gate(live_t *live, char **words)
{
    (void) live;

    return live_probe_gate(words[1], (unsigned) atoi(words[2]),
                           strtod(words[3], NULL));
}


static bool
live_control_relay(live_t *live, char **words)
{
    return live_relay_add(live, words[1], words[2], words[3], atoi(words[4]));
}


static bool
live_control_mode(live_t *live, char **words)
{
    int                 found = -1;
    static const char  *modes[] = { "pass", "swallow", "drop-pushes", "delay",
                                    "lie", "garble", "cut", "bytes",
                                    "refuse" };

    for (int i = 0; i < (int) (sizeof(modes) / sizeof(*modes)); i++) {
        if (strcmp(words[2], modes[i]) == 0) {
            found = i;
        }
    }

    for (unsigned i = 0; found >= 0 && i < live->nrelays; i++) {
        if (strcmp(live->relays[i].name, words[1]) == 0) {
            pthread_mutex_lock(&live->lock);
            live->relays[i].mode = (live_mode_e) found;
            live->relays[i].delay = strtoll(words[3], NULL, 10) * LIVE_MS;
            pthread_mutex_unlock(&live->lock);
            return true;
        }
    }

    return false;
}


static bool
live_control_port(live_t *live, char **words)
{
    return live_relay_port(live, words[1], words[2]);
}


static bool
live_control_waits(live_t *live, char **words)
{
    for (unsigned i = 0; i < live->nrelays; i++) {
        if (strcmp(live->relays[i].name, words[1]) == 0) {
            pthread_mutex_lock(&live->lock);
            live->relays[i].waits = strtol(words[2], NULL, 10);
            pthread_mutex_unlock(&live->lock);
            return true;
        }
    }

    return false;
}


/* A holder that is known gets another code. */
static bool
live_control_holder(live_t *live, char **words)
{
    int             n;
    size_t          size = strlen(words[2]) + 128;
    live_holder_t  *holder = live_holder_find(live, words[1]);

    if (strlen(words[1]) != LIVE_HEX
        || (holder == NULL && live->nholders == LIVE_HOLDERS_MAX))
    {
        return false;
    }

    pthread_mutex_lock(&live->lock);

    if (holder == NULL) {
        holder = &live->holders[live->nholders++];
        strcpy(holder->hex, words[1]);
    }

    pthread_mutex_unlock(&live->lock);

    free(holder->request);
    holder->request = malloc(size);

    if (holder->request == NULL) {
        return false;
    }

    n = snprintf(holder->request, size, "GET /t HTTP/1.1\r\nHost: live\r\n"
                 "Authorization: Bearer %s\r\n\r\n", words[2]);
    holder->request_len = (size_t) n;

    return n > 0 && (size_t) n < size;
}


static bool
live_control_never(live_t *live, char **words)
{
    live_holder_t  *holder = live_holder_find(live, words[1]);

    if (holder) {
        holder->never = true;
    }

    return holder != NULL;
}


static bool
live_control_touch(live_t *live, char **words)
{
    live_holder_t  *holder = live_holder_find(live, words[1]);

    if (holder) {
        holder->touched = words[2][0] == '1';
    }

    return holder != NULL;
}


static bool
live_control_lease(live_t *live, char **words)
{
    live->lease = strtoll(words[1], NULL, 10) * LIVE_MS;

    return live->lease > 0;
}


static bool
live_control_over(live_t *live, char **words)
{
    live->over = strtoll(words[1], NULL, 10) * LIVE_MS;

    return live->over > 0;
}


static bool
live_control_blind(live_t *live, char **words)
{
    live->blind = strtoll(words[1], NULL, 10) * LIVE_MS;

    return live->blind > 0;
}


static bool
live_control_workers(live_t *live, char **words)
{
    live->wanted = (unsigned) atoi(words[1]);

    return live->wanted > 0;
}


static bool
live_control_store(live_t *live, char **words)
{
    live->store = atoi(words[1]);

    return live->store >= 0 && live->store < LIVE_STORES_MAX;
}


/* "then": when a relay sees the command for it acknowledged. */
static bool
live_control_shut(live_t *live, char **words)
{
    int64_t  when;
    int      store = atoi(words[1]);

    when = strcmp(words[2], "now") == 0 ? live_now()
           : strcmp(words[2], "then") == 0 ? -1 : 0;

    if (store < 0 || store >= LIVE_STORES_MAX) {
        return false;
    }

    pthread_mutex_lock(&live->lock);
    live->shut[store] = when;
    pthread_mutex_unlock(&live->lock);

    return true;
}


static bool
live_control_turn(live_t *live, char **words)
{
    live_holder_t  *holder = live_holder_find(live, words[1]);

    if (holder == NULL) {
        return false;
    }

    pthread_mutex_lock(&live->lock);
    holder->turn = strcmp(words[2], "flagged") == 0 ? LIVE_BECOMES_FLAGGED
                   : strcmp(words[2], "free") == 0 ? LIVE_BECOMES_FREE
                   : LIVE_STAYS;
    pthread_mutex_unlock(&live->lock);

    return true;
}


static bool
live_control_arm(live_t *live, char **words)
{
    live_holder_t  *holder = live_holder_find(live, words[1]);

    if (holder) {
        live_change_arm(live, holder);
    }

    return holder != NULL;
}


static bool
live_control_set(live_t *live, char **words)
{
    live_holder_t  *holder = live_holder_find(live, words[1]);

    if (holder) {
        live_change_next(live, holder, true);
    }

    return holder != NULL;
}


static bool
live_control_clear(live_t *live, char **words)
{
    live_holder_t  *holder = live_holder_find(live, words[1]);

    if (holder) {
        live_change_next(live, holder, false);
    }

    return holder != NULL;
}


static bool
live_control_stats(live_t *live, char **words)
{
    const live_stats_t  *s = &live->stats;

    (void) words;

    printf("stats time=%lld allows=%llu hits=%llu code_hits=%llu flagged=%llu "
           "busy=%llu others=%llu bad=%llu other=%llu lost=%llu "
           "degraded=%llu stale=%llu stale_max=%lld "
           "wrong=%llu wrong_deny=%llu refused=%lld allowed=%lld",
           (long long) live_now(), (unsigned long long) s->allows,
           (unsigned long long) s->hits, (unsigned long long) s->code_hits,
           (unsigned long long) s->flagged, (unsigned long long) s->busy,
           (unsigned long long) s->others, (unsigned long long) s->bad,
           (unsigned long long) s->other, (unsigned long long) s->lost,
           (unsigned long long) s->degraded, (unsigned long long) s->stale,
           (long long) s->stale_max, (unsigned long long) s->wrong,
           (unsigned long long) s->wrong_deny, (long long) s->refused,
           (long long) s->allowed);

    pthread_mutex_lock(&live->lock);

    for (unsigned i = 0; i < live->nrelays; i++) {
        printf(" %s=%llu", live->relays[i].name,
               (unsigned long long) live->relays[i].dropped);
        live->relays[i].dropped = 0;
    }

    pthread_mutex_unlock(&live->lock);

    for (unsigned i = 0; i < live->nworkers; i++) {
        printf(" %d=%llu", live->workers[i].pid,
               (unsigned long long) live->workers[i].answers);
        live->workers[i].answers = 0;
    }

    printf("\n");
    memset(&live->stats, 0, sizeof(live_stats_t));

    return true;
}


static bool
live_control_sync(live_t *live, char **words)
{
    (void) live;
    printf("sync %s\n", words[1]);

    return true;
}
