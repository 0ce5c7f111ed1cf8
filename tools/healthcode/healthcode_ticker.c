/*
 * healthcode store tick: writes the time into the master once a second, by
 * which gates beside a replica judge the age of their copy; and what such a
 * time says.  Knows no flags.  docs/operations.md, "A site with its own
 * replica".
 */

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "healthcode_script.h"
#include "healthcode_ticker.h"


/* Milliseconds between two ticks, and between tries while there is none. */
#define HEALTHCODE_TICKER_PERIOD   1000
#define HEALTHCODE_TICKER_BACKOFF  2000


typedef struct {
    healthcode_connection_options_t  o;
    bool                             once;
    bool                             force;
} healthcode_ticker_t;


static healthcode_exit_e healthcode_ticker_once(const healthcode_ticker_t *t);
static healthcode_exit_e healthcode_ticker_write(const healthcode_ticker_t *t,
    healthcode_connection_t *connection);
static healthcode_exit_e healthcode_ticker_run(const healthcode_ticker_t *t,
    bool is_down);
static healthcode_exit_e healthcode_ticker_quietly(
    const healthcode_ticker_t *t);
static bool healthcode_ticker_may_run(void);
static void healthcode_ticker_end(int signo);
static int64_t healthcode_ticker_now(void);


static volatile sig_atomic_t  healthcode_ticker_ended;


healthcode_exit_e
healthcode_ticker(int argc, char **argv)
{
    healthcode_exit_e        rc;
    healthcode_ticker_t      t = { .once = false };
    healthcode_arguments_t   arguments = { .n = 0 };

    const healthcode_option_t  options[] = {
        HEALTHCODE_CONNECTION_ROWS(&t.o, false),
        { .name = "once", .is_set = &t.once },
        { .name = "force", .is_set = &t.force },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    if (t.once) {
        return healthcode_ticker_once(&t);
    }

    if (t.force) {
        return healthcode_output_usage("--force is for one time that was "
                                       "wrong; add --once");
    }

    if (t.o.timeout == NULL) {
        t.o.timeout = "1s";
    }

    rc = healthcode_ticker_once(&t);

    /* what the command line has wrong stays wrong */

    return (rc == HEALTHCODE_EXIT_USAGE)
           ? rc : healthcode_ticker_run(&t, rc != HEALTHCODE_EXIT_OK);
}


/*
 * On a connection of its own: whether the server is still the master is asked
 * each time, of it and of the sentinels, or ticks would go on beside a master
 * that another one has replaced.
 */
static healthcode_exit_e
healthcode_ticker_once(const healthcode_ticker_t *t)
{
    healthcode_exit_e        rc;
    healthcode_connection_t  connection;

    rc = healthcode_connection_open_proven(&t->o, &connection);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_ticker_write(t, &connection);
    }

    healthcode_connection_close(&connection);

    return rc;
}


/* The time is of before it is sent: all that is acknowledged then is there. */
static healthcode_exit_e
healthcode_ticker_write(const healthcode_ticker_t *t,
    healthcode_connection_t *connection)
{
    char                  time_at[24];
    redisReply           *reply;
    healthcode_script_t   script;

    snprintf(time_at, sizeof(time_at), "%lld",
             (long long) healthcode_ticker_now());

    healthcode_script_init(&script, "tick", 1);
    healthcode_script_add_text(&script, HEALTHCODE_TICK_KEY);
    healthcode_script_add_text(&script, time_at);
    healthcode_script_add_text(&script, t->force ? "force" : "later");

    reply = healthcode_script_run(&script, connection);

    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    if (reply->elements != 2 || !healthcode_connection_is_pairs(reply)) {
        freeReplyObject(reply);
        return healthcode_output_failed("the store gave an answer of another "
                                        "shape");
    }

    if (t->once) {
        printf("%s ", strcmp(reply->element[0]->str, "kept") == 0
                      ? "kept a later tick:" : "tick");
        healthcode_output_string(stdout, reply->element[1]->str);
        putchar('\n');
    }

    freeReplyObject(reply);

    return HEALTHCODE_EXIT_OK;
}


/* Until a signal ends it.  What failed was said; that it works again is. */
static healthcode_exit_e
healthcode_ticker_run(const healthcode_ticker_t *t, bool is_down)
{
    int64_t  due = healthcode_ticker_now(), since = is_down ? due : 0, left;
    int64_t  wait = HEALTHCODE_TICKER_PERIOD;

    if (!healthcode_ticker_may_run()) {
        return HEALTHCODE_EXIT_FAILED;
    }

    while (!healthcode_ticker_ended) {

        due += wait;
        left = due - healthcode_ticker_now();

        /* late, or a clock that was set: from now on */

        if (left < 1 || left > wait) {
            left = wait;
            due = healthcode_ticker_now() + left;
        }

        (void) nanosleep(&(struct timespec) {
                             .tv_sec = (time_t) (left / 1000),
                             .tv_nsec = (long) (left % 1000 * 1000000)
                         }, NULL);

        if (healthcode_ticker_ended) {
            break;
        }

        if ((since ? healthcode_ticker_quietly(t) : healthcode_ticker_once(t))
            != HEALTHCODE_EXIT_OK)
        {
            since = since ? since : healthcode_ticker_now();
            wait = (wait * 2 < HEALTHCODE_TICKER_BACKOFF)
                   ? wait * 2 : HEALTHCODE_TICKER_BACKOFF;
            continue;
        }

        if (since) {
            healthcode_output_warn("the tick is written again, after %lld s",
                                   (long long) (healthcode_ticker_now() - since)
                                   / 1000);
        }

        since = 0;
        wait = HEALTHCODE_TICKER_PERIOD;
    }

    return HEALTHCODE_EXIT_OK;
}


/* An outage has one line: why it goes on is not said again. */
static healthcode_exit_e
healthcode_ticker_quietly(const healthcode_ticker_t *t)
{
    char               *text = NULL;
    size_t              len;
    FILE               *file = open_memstream(&text, &len);
    healthcode_exit_e   rc;

    healthcode_output_to(file);
    rc = healthcode_ticker_once(t);
    healthcode_output_to(NULL);

    if (file) {
        fclose(file);
    }

    free(text);

    return rc;
}


/* False, with a message: signals cannot be caught. */
static bool
healthcode_ticker_may_run(void)
{
    struct sigaction  action = { .sa_handler = healthcode_ticker_end };

    if (sigaction(SIGTERM, &action, NULL) == 0
        && sigaction(SIGINT, &action, NULL) == 0)
    {
        return true;
    }

    healthcode_output_failed("sigaction() failed");

    return false;
}


static void
healthcode_ticker_end(int signo)
{
    (void) signo;

    healthcode_ticker_ended = 1;
}


/* Unix milliseconds. */
static int64_t
healthcode_ticker_now(void)
{
    struct timespec  now;

    (void) clock_gettime(CLOCK_REALTIME, &now);

    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}


healthcode_exit_e
healthcode_ticker_check(healthcode_connection_t *connection)
{
    int64_t      tick, age;
    redisReply  *reply;
    const char  *args[] = { "GET", HEALTHCODE_TICK_KEY };

    reply = redisCommandArgv(connection->redis, 2, args, NULL);

    if (reply == NULL) {
        return healthcode_connection_failed(connection, NULL);
    }

    /* no site has a replica, or this user does not see it */

    if (reply->type == REDIS_REPLY_ERROR || reply->type == REDIS_REPLY_NIL) {
        freeReplyObject(reply);
        return HEALTHCODE_EXIT_OK;
    }

    if (!healthcode_tick_read(reply, &tick)) {
        puts("warn tick     it cannot be read; run \"healthcode store tick "
             "--once --force\"");

    } else {
        age = healthcode_ticker_now() - tick;
        printf("%-4s tick     %lld.%lld s %s\n",
               age < 2 * HEALTHCODE_TICKER_PERIOD
               && age > -HEALTHCODE_TICK_AHEAD ? "ok" : "warn",
               (long long) llabs(age) / 1000,
               (long long) llabs(age) % 1000 / 100,
               age < 0 ? "ahead of our clock" : "old");
    }

    freeReplyObject(reply);

    return HEALTHCODE_EXIT_OK;
}
