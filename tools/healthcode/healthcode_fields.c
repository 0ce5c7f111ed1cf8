/*
 * What "healthcode region" and "healthcode control" share: one hash, whose
 * fields scripts write.  Does not know what they mean.  docs/redis-keys.md.
 */

#include <stdlib.h>
#include <time.h>

#include "healthcode_fields.h"
#include "healthcode_issuers.h"
#include "healthcode_proofs.h"


static void healthcode_fields_print(const redisReply *reply,
    healthcode_fields_print_pt print);
static int healthcode_fields_compare(const void *a, const void *b);


healthcode_exit_e
healthcode_fields_write(healthcode_fields_t *fields,
    const healthcode_script_t *script, bool *was_set)
{
    redisReply         *reply;
    healthcode_exit_e   rc;

    rc = healthcode_connection_open_proven(&fields->connection,
                                           &fields->redis);

    if (rc == HEALTHCODE_EXIT_OK && fields->iss) {
        rc = healthcode_issuers_check(&fields->redis, "ISS", fields->iss);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_proofs_check(&fields->redis,
                                     (const char *) script->args[0].data);
    }

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    reply = healthcode_script_run(script, &fields->redis);
    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    if (was_set) {
        *was_set = reply->type == REDIS_REPLY_STRING && reply->len > 0;
    }

    freeReplyObject(reply);

    return HEALTHCODE_EXIT_OK;
}


healthcode_exit_e
healthcode_fields_finish(healthcode_fields_t *fields)
{
    return healthcode_connection_wait(&fields->redis);
}


healthcode_exit_e
healthcode_fields_list(int argc, char **argv, const char *key,
    healthcode_fields_print_pt print)
{
    redisReply                *reply;
    healthcode_exit_e          rc;
    healthcode_fields_t        o = { .until = NULL };
    healthcode_arguments_t     arguments = { .n = 0 };
    const healthcode_option_t  options[] = {
        HEALTHCODE_CONNECTION_ROWS(&o.connection, false),
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    rc = healthcode_connection_open_proven(&o.connection, &o.redis);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_proofs_check(&o.redis, key);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        reply = healthcode_connection_hash(&o.redis, key);

        if (reply) {
            healthcode_fields_print(reply, print);
            freeReplyObject(reply);
        } else {
            rc = HEALTHCODE_EXIT_FAILED;
        }
    }

    healthcode_connection_close(&o.redis);

    return rc;
}


/* The reply's elements are pairs, so sorting pairs sorts by field. */
static void
healthcode_fields_print(const redisReply *reply,
    healthcode_fields_print_pt print)
{
    int64_t       now = time(NULL);
    redisReply  **pair = reply->element;

    qsort(pair, reply->elements / 2, 2 * sizeof(redisReply *),
          healthcode_fields_compare);

    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        print(healthcode_str_from(pair[i]->str, pair[i]->len),
              healthcode_str_from(pair[i + 1]->str, pair[i + 1]->len), now);
    }
}


static int
healthcode_fields_compare(const void *a, const void *b)
{
    const redisReply  *const *x = a, *const *y = b;

    return strcmp((*x)->str, (*y)->str);
}


void
healthcode_fields_print_last(healthcode_str_t value)
{
    char            text[HEALTHCODE_OUTPUT_TIME_MAX], word[16] = "";
    size_t          n = value.len;
    const uint8_t  *last = value.data;

    while (n && value.data[n - 1] != ' ') {
        n--;
    }

    last += n;
    n = value.len - n;

    if (n && n <= 12) {
        memcpy(word, last, n);
    }

    if (word[0] == '\0' || strspn(word, "0123456789") != n) {
        fputs("cannot be read, so gates take it as set: \"", stdout);
        healthcode_output_text(stdout, value);
        puts("\"");
        return;
    }

    puts(healthcode_output_until(text, atoll(word)));
}
