/*
 * Whether a store remembers who has passed a hall, come what may.
 * Judges no proof.  docs/operations.md, "Passage: once, in, out, and back".
 */

#include <stdlib.h>
#include <time.h>

#include "healthcode_hall_call.h"
#include "healthcode_marks.h"
#include "redis/healthcode_skew.h"


static healthcode_exit_e healthcode_marks_disk(
    healthcode_connection_t *connection, bool *last);
static bool healthcode_marks_sync(const redisReply *reply);
static bool healthcode_marks_is(const redisReply *reply, const char *name,
    const char *value);
static const char *healthcode_marks_setting(const redisReply *reply,
    const char *name);
static healthcode_exit_e healthcode_marks_replicas(
    healthcode_connection_t *connection);
static healthcode_exit_e healthcode_marks_clock(
    healthcode_connection_t *connection);
static healthcode_exit_e healthcode_marks_script(
    healthcode_connection_t *connection, bool *runs);
static redisReply *healthcode_marks_ask(healthcode_connection_t *connection,
    int argc, const char **args, const char **text);


healthcode_exit_e
healthcode_marks_check(healthcode_connection_t *connection,
    const healthcode_rights_gates_t *gates, bool *runs, bool *last)
{
    healthcode_exit_e  rc;

    *last = true;
    rc = healthcode_marks_disk(connection, last);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_marks_replicas(connection);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_marks_clock(connection);
    }

    if (gates->evicting_ok) {
        puts("warn evicted  not looked at: a server that evicts forgets who "
             "has passed; see that its maxmemory-policy is noeviction");
    }

    return rc == HEALTHCODE_EXIT_OK && *runs
           ? healthcode_marks_script(connection, runs) : rc;
}


/* Whether an answer is on the disk before it is given. */
static healthcode_exit_e
healthcode_marks_disk(healthcode_connection_t *connection, bool *last)
{
    bool         off;
    redisReply  *reply;
    const char  *text;
    const char  *info[] = { "INFO", "persistence" };
    const char  *get[] = { "CONFIG", "GET", "*append*" };

    reply = healthcode_marks_ask(connection, 2, info, &text);

    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    off = strstr(text, "\naof_enabled:0") != NULL;
    freeReplyObject(reply);

    reply = healthcode_marks_ask(connection, 3, get, &text);

    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    if (off || healthcode_marks_is(reply, "appendonly", "no")) {
        puts("NO   synced   without an append-only file a crash forgets who "
             "has passed; write \"appendonly yes\" and \"appendfsync "
             "always\" in redis.conf");
        *last = false;

    } else {
        *last &= healthcode_marks_sync(reply);
    }

    freeReplyObject(reply);

    return HEALTHCODE_EXIT_OK;
}


/* A gate may not read settings, and nobody at a server of somebody else. */
static bool
healthcode_marks_sync(const redisReply *reply)
{
    const char  *sync = healthcode_marks_setting(reply, "appendfsync");

    if (sync == NULL) {
        puts("warn synced   not known: CONFIG GET is refused; run this as a "
             "user with +config|get, or see that redis.conf has \"appendfsync "
             "always\"");
        return true;
    }

    if (strcmp(sync, "always") != 0) {
        fputs("NO   synced   with \"appendfsync ", stdout);
        healthcode_output_string(stdout, sync);
        printf("\" a crash may forget who has passed in the last %s; write "
               "\"appendfsync always\" in redis.conf\n",
               strcmp(sync, "everysec") == 0 ? "two seconds" : "half minute");
        return false;
    }

    if (healthcode_marks_is(reply, "no-appendfsync-on-rewrite", "yes")) {
        puts("NO   synced   while its append-only file is rewritten nothing is "
             "synced; write \"no-appendfsync-on-rewrite no\" in redis.conf");
        return false;
    }

    puts("ok   synced   what it has answered is on its disk");

    return true;
}


static bool
healthcode_marks_is(const redisReply *reply, const char *name,
    const char *value)
{
    const char  *setting = healthcode_marks_setting(reply, name);

    return setting && strcmp(setting, value) == 0;
}


/* The reply is an array of names and values, or a map; NULL: it has none. */
static const char *
healthcode_marks_setting(const redisReply *reply, const char *name)
{
    if (!healthcode_connection_is_pairs(reply)) {
        return NULL;
    }

    for (size_t i = 0; i < reply->elements; i += 2) {
        if (strcmp(reply->element[i]->str, name) == 0) {
            return reply->element[i + 1]->str;
        }
    }

    return NULL;
}


/* A failover forgets what no replica has yet, whatever is on a disk. */
static healthcode_exit_e
healthcode_marks_replicas(healthcode_connection_t *connection)
{
    long         n;
    redisReply  *reply;
    const char  *text, *found, *args[] = { "INFO", "replication" };
    const char  *field = "\nconnected_slaves:";

    reply = healthcode_marks_ask(connection, 2, args, &text);

    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    found = strstr(text, field);
    n = found ? strtol(found + strlen(field), NULL, 10) : -1;

    if (n < 0) {
        puts("warn replicas not known: INFO replication is refused");

    } else if (n == 0) {
        puts("ok   replicas it has none that could replace it, and forget");

    } else if (strstr(text, "\nmin_slaves_good_slaves:")) {
        printf("warn replicas it has %ld: after a failover who passed in the "
               "last moment may pass again\n", n);

    } else {
        printf("warn replicas it has %ld: after a failover who passed in the "
               "last moment may pass again, and while a master that was "
               "replaced goes on; write \"min-replicas-to-write 1\" in "
               "redis.conf against the latter\n", n);
    }

    freeReplyObject(reply);

    return HEALTHCODE_EXIT_OK;
}


/* Times of passages are those of Redis; what is missing here is a right. */
static healthcode_exit_e
healthcode_marks_clock(healthcode_connection_t *connection)
{
    int64_t            ahead;
    redisReply        *reply;
    const char        *text, *args[] = { "TIME" };
    healthcode_skew_e  skew;

    reply = healthcode_marks_ask(connection, 1, args, &text);

    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    skew = healthcode_skew_read(HEALTHCODE_SKEW_FINE, reply, time(NULL),
                                &ahead);
    freeReplyObject(reply);

    if (skew == HEALTHCODE_SKEW_FINE) {
        puts("ok   clock    it agrees with ours");

    } else if (skew == HEALTHCODE_SKEW_APART) {
        printf("warn clock    it is %lld s %s ours; set both, marks go by its "
               "own\n", (long long) (ahead < 0 ? -ahead : ahead),
               ahead < 0 ? "behind" : "ahead of");

    } else {
        puts("warn clock    not known: TIME is refused");
    }

    return HEALTHCODE_EXIT_OK;
}


/* Asks for a hall that nobody has, as a gate does. */
static healthcode_exit_e
healthcode_marks_script(healthcode_connection_t *connection, bool *runs)
{
    const uint8_t            nobody[HEALTHCODE_HOLDER_LEN] = { 0 };
    redisReply              *reply;
    const redisReply        *word;
    healthcode_exit_e        rc;
    healthcode_hall_call_t   call = { .redis = NULL };

    rc = healthcode_hall_call_open(&call, connection);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    healthcode_hall_call_digest(&call, nobody);
    reply = healthcode_hall_call_try(&call, "show");

    if (reply == NULL) {
        return healthcode_connection_failed(connection, NULL);
    }

    word = reply->type == REDIS_REPLY_ARRAY && reply->elements ?
           reply->element[0] : reply;
    *runs = word != reply && word->type == REDIS_REPLY_STRING
            && strcmp(word->str, "show") == 0;

    if (*runs) {
        puts("ok   script   it runs passage.lua");

    } else {
        printf("NO   script   passage.lua does not run: ");
        healthcode_output_string(stdout, word->str ? word->str
                                                   : "another answer");
        putchar('\n');
    }

    freeReplyObject(reply);

    return HEALTHCODE_EXIT_OK;
}


/*
 * The reply, which may be an error; *text is its bytes if it is a text, else
 * empty.  NULL, with a message printed, if the connection broke.
 */
static redisReply *
healthcode_marks_ask(healthcode_connection_t *connection, int argc,
    const char **args, const char **text)
{
    redisReply  *reply = redisCommandArgv(connection->redis, argc, args, NULL);

    if (reply == NULL) {
        healthcode_connection_failed(connection, NULL);
        return NULL;
    }

    *text = (reply->type == REDIS_REPLY_STRING
             || reply->type == REDIS_REPLY_VERB) ? reply->str : "";

    return reply;
}
