/*
 * Fuzzes healthcode_sentinel_link.c and healthcode_sentinel.c: what sentinels
 * say, through hiredis's own reader; which of them says it, and when, is in the
 * first bytes.  Nobody is named whom no majority names, in the highest epoch.
 * docs/connection.md, "Sentinel".
 */

#include "fuzz.h"
#include "mutate.h"
#include "../unit/resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_sentinel_link.h"


#define SILENCE      1000
#define SENTINELS    3
#define REPLIES_MAX  24

/* Bytes before those of Redis. */
#define SETTINGS     3


static const healthcode_sentinel_terms_t  terms = {
    .name = { (const uint8_t *) "city", 4 },
    .password = { (const uint8_t *) "secret", 6 },
    .user_word = "sentinel_user", .file_word = "sentinel_password_file"
};


static const redisReply *
value(const redisReply *map, const char *name)
{
    for (size_t i = 0; i + 1 < map->elements; i += 2) {
        if ((map->element[i]->type == REDIS_REPLY_STRING
             || map->element[i]->type == REDIS_REPLY_STATUS)
            && map->element[i]->len == strlen(name)
            && memcmp(map->element[i]->str, name, strlen(name)) == 0)
        {
            return map->element[i + 1];
        }
    }

    return NULL;
}


/* A word is that of the last two replies. */
static void
check_word(const healthcode_sentinel_word_t *word, const redisReply *master,
    const redisReply *address)
{
    char               text[HEALTHCODE_SENTINEL_TEXT], number[32];
    const redisReply  *epoch = value(master, "config-epoch");
    const redisReply  *name = value(master, "name");

    fuzz_must(epoch && name && name->len == 4
              && memcmp(name->str, "city", 4) == 0);
    fuzz_must(strtoull(epoch->str, NULL, 10) == word->epoch);
    fuzz_must(word->master.len == 4 || word->master.len == 16);
    fuzz_must(word->master.port != 0);

    (void) healthcode_sentinel_text(&word->master, text);
    fuzz_must(strlen(text) < sizeof(text));

    snprintf(number, sizeof(number), ":%u", (unsigned) word->master.port);
    fuzz_must(strcmp(strrchr(text, ':'), number) == 0);
    fuzz_must((unsigned) atoi(address->element[1]->str) == word->master.port);
}


static void
check_broken(const healthcode_sentinel_link_t *link)
{
    fuzz_must(memchr(link->what, '\0', sizeof(link->what)) && link->what[0]);
    fuzz_must(strstr(link->what, "secret") == NULL);

    for (const char *p = link->what; *p; p++) {
        fuzz_must(*p >= ' ' && *p < 0x7f);
    }
}


/* Where a password came meanwhile, this one is taken, and once. */
static void
check_taken(healthcode_sentinel_link_e rc, unsigned *taken, size_t i,
    size_t changed)
{
    if (rc == HEALTHCODE_SENTINEL_LINK_TAKEN) {
        fuzz_must(i > changed && ++*taken == 1);
    }
}


/* By another way than the unit's: each of the names is counted. */
static void
check_named(const healthcode_sentinel_t *sentinel, healthcode_sentinel_e rc,
    uint64_t before, uint64_t now, uint64_t left)
{
    char    text[64];
    size_t  votes = 0;

    fuzz_must(sentinel->epoch >= before);
    fuzz_must(left <= SILENCE);
    fuzz_must((left != 0) == sentinel->is_named);

    if (rc == HEALTHCODE_SENTINEL_NEW) {
        for (size_t i = 0; i < sentinel->n; i++) {

            const healthcode_sentinel_word_t  *word = &sentinel->words[i];

            if (word->master.len == 0 || now >= word->asked + SILENCE) {
                continue;
            }

            fuzz_must(word->epoch <= sentinel->epoch);

            votes += word->epoch == sentinel->epoch
                     && healthcode_sentinel_is_address(&word->master,
                                                       &sentinel->master);
        }

        fuzz_must(2 * votes > sentinel->n);
    }

    if (!sentinel->is_named) {
        healthcode_sentinel_cause(sentinel, now, text, sizeof(text));
        fuzz_must(memchr(text, '\0', sizeof(text)) && text[0]);
    }
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return mutate_resp(data, SETTINGS, size, max, seed);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                       n, changed;
    uint8_t                      who, pace, count;
    unsigned                     taken = 0;
    uint64_t                     left, before, now = 5000;
    redisReply                  *replies[REPLIES_MAX];
    const redisReply            *last = NULL;
    healthcode_sentinel_e        named;
    healthcode_sentinel_t        sentinel;
    healthcode_sentinel_link_t   link;
    healthcode_sentinel_link_e   rc;
    healthcode_sentinel_word_t   word;

    who = fuzz_byte(&data, &size);
    pace = fuzz_byte(&data, &size);
    count = fuzz_byte(&data, &size);

    if (size > 8192) {
        return 0;
    }

    n = resp_read(data, size, replies, REPLIES_MAX);

    /* the password changes behind this reply */

    changed = (count & 0x40) ? who % REPLIES_MAX : SIZE_MAX;

    healthcode_sentinel_init(&sentinel, 1 + count % SENTINELS, SILENCE);
    healthcode_sentinel_link_init(&link, &terms);
    fuzz_must(healthcode_sentinel_link_greet(&link, now));

    for (size_t i = 0; i < n; i++) {

        now += (pace >> (i % 8) & 1) ? 400 : 1;
        memset(&word, 0, sizeof(word));
        rc = healthcode_sentinel_link_reply(&link, replies[i], now, &word);

        check_taken(rc, &taken, i, changed);

        if (rc == HEALTHCODE_SENTINEL_LINK_BROKEN) {
            check_broken(&link);
            break;
        }

        if (rc == HEALTHCODE_SENTINEL_LINK_WORD) {
            check_word(&word, last, replies[i]);

            healthcode_sentinel_hear(&sentinel,
                                     (who + i) % sentinel.n, &word);
            before = sentinel.epoch;
            named = healthcode_sentinel_judge(&sentinel, now, &left);
            check_named(&sentinel, named, before, now, left);

            if (!healthcode_sentinel_link_is_due(&link)) {
                fuzz_must(healthcode_sentinel_link_ask(&link, now));
            }

        } else {
            fuzz_must(word.master.len == 0);
        }

        if (i == changed) {
            fuzz_must(healthcode_sentinel_link_auth(&link));
        }

        if (replies[i]->type != REDIS_REPLY_PUSH) {
            last = replies[i];
        }
    }

    healthcode_sentinel_link_close(&link);

    while (n) {
        freeReplyObject(replies[--n]);
    }

    return 0;
}
