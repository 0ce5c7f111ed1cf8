/*
 * Which master the sentinels of a URL name: each is asked once, and the same
 * majority counts as for a gate.  Knows no flags.
 * docs/operations.md, "Sentinel".
 */

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <time.h>

#include "healthcode_file.h"
#include "healthcode_sentinels.h"
#include "redis/healthcode_sentinel_link.h"


/* For all of them, ms; and for each at most. */
#define HEALTHCODE_SENTINELS_SILENCE  60000
#define HEALTHCODE_SENTINELS_TIMEOUT  1000


static void healthcode_sentinels_ask(const healthcode_secure_options_t *secure,
    const healthcode_sentinel_terms_t *terms, int64_t timeout,
    const healthcode_url_t *url, healthcode_sentinel_t *sentinel, size_t i,
    char *what);
static bool healthcode_sentinels_hear(redisContext *redis,
    healthcode_sentinel_link_t *link, healthcode_sentinel_word_t *word,
    char *what);
static uint64_t healthcode_sentinels_now(void);


healthcode_exit_e
healthcode_sentinels_find(const healthcode_secure_options_t *secure,
    const char *user, const char *password_file, int64_t timeout,
    healthcode_url_t *url)
{
    char                         what[HEALTHCODE_REFUSAL_SIZE] = "";
    char                         text[HEALTHCODE_REFUSAL_SIZE];
    size_t                       i, n;
    uint64_t                     left;
    healthcode_str_t             password = { NULL, 0 };
    healthcode_sentinel_t        sentinel;
    healthcode_sentinel_terms_t  terms = {
        .name = healthcode_str_from(url->master, strlen(url->master)),
        .user_word = "--sentinel-user",
        .file_word = "--sentinel-password-file", .is_once = true
    };

    for (n = 0; healthcode_url_host(url, n); n++) { /* void */ }

    if (n > HEALTHCODE_SENTINEL_MAX) {
        return healthcode_output_usage("--redis: there are more than 15 "
                                       "sentinels; name 3 or 5 of them");
    }

    if (user) {
        terms.user = healthcode_str_from(user, strlen(user));
    }

    if (password_file) {
        if (!healthcode_file_read("--sentinel-password-file", password_file,
                                  &password))
        {
            return HEALTHCODE_EXIT_FAILED;
        }

        terms.password = healthcode_str_chomp(password);

    } else if (user) {
        return healthcode_output_usage("the user \"%s\" of the sentinels has "
                                       "no password; write "
                                       "--sentinel-password-file FILE", user);
    }

    if (timeout > HEALTHCODE_SENTINELS_TIMEOUT) {
        timeout = HEALTHCODE_SENTINELS_TIMEOUT;
    }

    healthcode_sentinel_init(&sentinel, n, HEALTHCODE_SENTINELS_SILENCE);

    for (i = 0; i < n && healthcode_url_host(url, i); i++) {
        healthcode_sentinels_ask(secure, &terms, timeout, url, &sentinel, i,
                                 what);
    }

    healthcode_file_free(&password);

    if (healthcode_sentinel_judge(&sentinel, healthcode_sentinels_now(), &left)
        != HEALTHCODE_SENTINEL_NEW)
    {
        healthcode_sentinel_cause(&sentinel, healthcode_sentinels_now(), text,
                                  sizeof(text));
        return healthcode_output_failed("--redis: %s%s%s", text,
                                        what[0] ? "; the last one of them: "
                                                : "", what);
    }

    (void) inet_ntop(sentinel.master.len == 4 ? AF_INET : AF_INET6,
                     sentinel.master.bytes, url->host, sizeof(url->host));
    url->port = sentinel.master.port;

    return HEALTHCODE_EXIT_OK;
}


/* What it says goes to sentinel, or to what if it is not heard. */
static void
healthcode_sentinels_ask(const healthcode_secure_options_t *secure,
    const healthcode_sentinel_terms_t *terms, int64_t timeout,
    const healthcode_url_t *url, healthcode_sentinel_t *sentinel, size_t i,
    char *what)
{
    redisContext                *redis;
    redisOptions                 options = { .type = REDIS_CONN_TCP };
    struct timeval               patience;
    healthcode_sentinel_link_t   link;
    healthcode_sentinel_word_t   word;

    patience.tv_sec = (time_t) (timeout / 1000);
    patience.tv_usec = (suseconds_t) (timeout % 1000 * 1000);

    options.connect_timeout = &patience;
    options.command_timeout = &patience;
    REDIS_OPTIONS_SET_TCP(&options, url->host, url->port);

    redis = redisConnectWithOptions(&options);

    if (redis == NULL || redis->err) {
        snprintf(what, HEALTHCODE_REFUSAL_SIZE, "cannot connect to %s:%d: %s",
                 url->host, url->port, redis ? redis->errstr : "no memory");
        redisFree(redis);
        return;
    }

    if (url->tls && !healthcode_secure_start(redis, secure, url->host)) {
        snprintf(what, HEALTHCODE_REFUSAL_SIZE, "no TLS with %s:%d", url->host,
                 url->port);
        redisFree(redis);
        return;
    }

    healthcode_sentinel_link_init(&link, terms);

    if (healthcode_sentinel_link_greet(&link, healthcode_sentinels_now())
        && redisAppendFormattedCommand(redis, link.out.data, link.out.len)
           == REDIS_OK
        && healthcode_sentinels_hear(redis, &link, &word, what))
    {
        healthcode_sentinel_hear(sentinel, i, &word);
    }

    if (link.out.data) {
        OPENSSL_cleanse(link.out.data, link.out.len);
    }

    healthcode_sentinel_link_close(&link);
    redisFree(redis);
}


/* False: it has not said who is master, and what says why. */
static bool
healthcode_sentinels_hear(redisContext *redis, healthcode_sentinel_link_t *link,
    healthcode_sentinel_word_t *word, char *what)
{
    redisReply                  *reply;
    healthcode_sentinel_link_e   rc;

    do {
        if (redisGetReply(redis, (void **) &reply) != REDIS_OK) {
            snprintf(what, HEALTHCODE_REFUSAL_SIZE, "%s",
                     healthcode_secure_cause(redis)
                     ? healthcode_secure_cause(redis) : redis->errstr);
            return false;
        }

        rc = healthcode_sentinel_link_reply(link, reply,
                                            healthcode_sentinels_now(), word);
        freeReplyObject(reply);

    } while (rc == HEALTHCODE_SENTINEL_LINK_GOES_ON);

    if (rc != HEALTHCODE_SENTINEL_LINK_WORD) {
        snprintf(what, HEALTHCODE_REFUSAL_SIZE, "%s", link->what);
    }

    return rc == HEALTHCODE_SENTINEL_LINK_WORD;
}


static uint64_t
healthcode_sentinels_now(void)
{
    struct timespec  now;

    (void) clock_gettime(CLOCK_MONOTONIC, &now);

    return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}
