/*
 * Tests of healthcode_sentinel.c: which master is named, by whom, for how long,
 * and which addresses are refused.  docs/connection.md, "Sentinel".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_sentinel.h"


#define SILENCE  10000

enum { NONE = HEALTHCODE_SENTINEL_NONE, SAME = HEALTHCODE_SENTINEL_SAME,
       NEW = HEALTHCODE_SENTINEL_NEW, LOST = HEALTHCODE_SENTINEL_LOST };


static healthcode_sentinel_address_t
at(unsigned port)
{
    char                           text[8];
    healthcode_sentinel_address_t  address;

    snprintf(text, sizeof(text), "%u", port);
    assert_true(healthcode_sentinel_address(healthcode_str("10.0.0.1"),
                                     healthcode_str_from(text, strlen(text)),
                                     &address));

    return address;
}


static void
hear(healthcode_sentinel_t *sentinel, size_t i, unsigned port, uint64_t epoch,
    uint64_t asked)
{
    healthcode_sentinel_word_t  word = {
        .master = at(port), .epoch = epoch, .asked = asked
    };

    healthcode_sentinel_hear(sentinel, i, &word);
}


static int
judge(healthcode_sentinel_t *sentinel, uint64_t now)
{
    uint64_t  left;

    return (int) healthcode_sentinel_judge(sentinel, now, &left);
}


/* What each has said ("PORT/EPOCH", or "-"), and who is named. */
static void
test_a_majority_of_all_names_the_master(void **state)
{
    static const struct {
        const char  *said;
        unsigned     port;      /* 0: nobody */
    } rows[] = {
        { "1/1", 1 },
        { "-", 0 },
        { "1/1 -", 0 },                     /* a half is not enough */
        { "1/1 1/1", 1 },
        { "1/1 - -", 0 },
        { "1/1 - 1/1", 1 },
        { "1/1 2/1 -", 0 },                 /* one epoch, two addresses */
        { "1/1 2/1 2/1", 2 },
        { "2/1 1/1 3/1", 0 },
        { "1/1 1/1 2/2", 0 },               /* the highest epoch counts */
        { "1/1 2/2 2/2", 2 },
        { "1/2 1/1 1/1", 0 },               /* of one address, too */
        { "1/2 1/2 1/1", 1 },
        { "1/1 1/1 1/1 - -", 1 },
        { "1/1 1/1 - - -", 0 },
        { "1/1 1/1 1/1 2/2 2/2", 0 },
        { "1/1 1/1 2/2 2/2 2/2", 2 },
        { "1/0 1/0 -", 1 },
        { "1/999999999999999999 1/1 1/1", 0 },
    };
    size_t                 n;
    unsigned long long     number;
    char                  *p, *save, text[128];
    unsigned               port;
    healthcode_sentinel_t  sentinel;

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(text, sizeof(text), "%s", rows[i].said);

        for (n = 1, p = text; *p; p++) {
            n += (*p == ' ');
        }

        healthcode_sentinel_init(&sentinel, n, SILENCE);

        for (n = 0, p = strtok_r(text, " ", &save); p;
             n++, p = strtok_r(NULL, " ", &save))
        {
            if (sscanf(p, "%u/%llu", &port, &number) == 2) {
                hear(&sentinel, n, port, number, 1000);
            }
        }

        test_row(judge(&sentinel, 1001) == (rows[i].port ? NEW : NONE), i,
                 rows[i].said);
        test_row(sentinel.is_named == (rows[i].port != 0), i, rows[i].said);
        test_row(rows[i].port == 0 || sentinel.master.port == rows[i].port, i,
                 rows[i].said);
    }

    (void) state;
}


static void
test_it_is_named_until_they_are_silent(void **state)
{
    uint64_t               left;
    healthcode_sentinel_t  sentinel;

    healthcode_sentinel_init(&sentinel, 3, SILENCE);

    hear(&sentinel, 0, 1, 1, 1000);
    assert_int_equal(judge(&sentinel, 1001), NONE);
    hear(&sentinel, 1, 1, 1, 3000);
    assert_int_equal(healthcode_sentinel_judge(&sentinel, 3001, &left), NEW);

    /* since the older of the two asked for */
    assert_true(left == 1000 + SILENCE - 3001);

    /* a third one: the two that were asked last are a majority */
    hear(&sentinel, 2, 1, 1, 5000);
    assert_int_equal(healthcode_sentinel_judge(&sentinel, 5001, &left), SAME);
    assert_true(left == 3000 + SILENCE - 5001);

    assert_int_equal(judge(&sentinel, 3000 + SILENCE - 1), SAME);
    assert_int_equal(healthcode_sentinel_judge(&sentinel, 3000 + SILENCE,
                                               &left), LOST);
    assert_true(left == 0);
    assert_int_equal(judge(&sentinel, 3001 + SILENCE), NONE);

    /* one is not enough, and two are; it is the same one, and named anew */
    hear(&sentinel, 0, 1, 1, 20000);
    assert_int_equal(judge(&sentinel, 20001), NONE);
    hear(&sentinel, 1, 1, 1, 20000);
    assert_int_equal(judge(&sentinel, 20001), NEW);

    (void) state;
}


/* A half of a failover: what was agreed stays, and no longer than that. */
static void
test_doubt_renews_nothing(void **state)
{
    healthcode_sentinel_t  sentinel;

    healthcode_sentinel_init(&sentinel, 3, SILENCE);

    for (size_t i = 0; i < 3; i++) {
        hear(&sentinel, i, 1, 4, 1000);
    }

    assert_int_equal(judge(&sentinel, 1001), NEW);

    /* the third one knows of a failover; the others go on as before */

    for (uint64_t now = 2000; now < 1000 + SILENCE; now += 1000) {
        hear(&sentinel, 0, 1, 4, now);
        hear(&sentinel, 1, 1, 4, now);
        hear(&sentinel, 2, 2, 5, now);
        assert_int_equal(judge(&sentinel, now), SAME);
        assert_true(sentinel.master.port == 1);
        assert_true(healthcode_sentinel_votes(&sentinel, now) == 2);
        assert_true(healthcode_sentinel_speaking(&sentinel, now) == 3);
    }

    assert_int_equal(judge(&sentinel, 1000 + SILENCE), LOST);

    assert_true(healthcode_sentinel_speaking(&sentinel, 12000 + SILENCE) == 0);

    /* and once another one follows, at once */

    hear(&sentinel, 1, 2, 5, 1000 + SILENCE);
    assert_int_equal(judge(&sentinel, 1001 + SILENCE), NEW);
    assert_true(sentinel.master.port == 2);
    assert_true(sentinel.epoch == 5);

    (void) state;
}


static void
test_a_lower_epoch_never_counts_again(void **state)
{
    char                   text[256];
    healthcode_sentinel_t  sentinel;

    healthcode_sentinel_init(&sentinel, 3, SILENCE);

    for (size_t i = 0; i < 3; i++) {
        hear(&sentinel, i, 2, 5, 1000);
    }

    assert_int_equal(judge(&sentinel, 1001), NEW);

    /* two restart with what they knew before */

    for (uint64_t now = 2000; now < 1000 + SILENCE; now += 1000) {
        hear(&sentinel, 0, 1, 4, now);
        hear(&sentinel, 1, 1, 4, now);
        assert_int_equal(judge(&sentinel, now), SAME);
        assert_true(sentinel.master.port == 2);
    }

    /* nor if nobody knows better any more, nor when nobody was named */

    hear(&sentinel, 0, 1, 4, 1000 + SILENCE);
    hear(&sentinel, 1, 1, 4, 1000 + SILENCE);
    hear(&sentinel, 2, 1, 4, 1000 + SILENCE);
    assert_int_equal(judge(&sentinel, 1000 + SILENCE), LOST);
    assert_int_equal(judge(&sentinel, 1001 + SILENCE), NONE);

    healthcode_sentinel_cause(&sentinel, 1001 + SILENCE, text, sizeof(text));
    assert_non_null(strstr(text, "4, and the master was named in 5"));
    assert_non_null(strstr(text, "reload nginx"));

    /* the same epoch may have another address, if a majority says so */

    hear(&sentinel, 0, 3, 5, 2000 + SILENCE);
    hear(&sentinel, 1, 3, 5, 2000 + SILENCE);
    assert_int_equal(judge(&sentinel, 2000 + SILENCE), NEW);
    assert_true(sentinel.master.port == 3);

    (void) state;
}


static void
test_a_dead_one_is_forgotten(void **state)
{
    healthcode_sentinel_t  sentinel;

    healthcode_sentinel_init(&sentinel, 3, SILENCE);

    /* the highest epoch of one that has not been heard since */

    hear(&sentinel, 2, 9, 99, 1000);
    hear(&sentinel, 0, 1, 1, 1000 + SILENCE - 1);
    hear(&sentinel, 1, 1, 1, 1000 + SILENCE - 1);
    assert_int_equal(judge(&sentinel, 1000 + SILENCE - 1), NONE);
    assert_int_equal(judge(&sentinel, 1000 + SILENCE), NEW);

    (void) state;
}


static void
test_says_why_nobody_is_named(void **state)
{
    char                   text[256];
    healthcode_sentinel_t  sentinel;

    healthcode_sentinel_init(&sentinel, 3, SILENCE);
    hear(&sentinel, 0, 1, 1, 1000);

    healthcode_sentinel_cause(&sentinel, 1000, text, sizeof(text));
    assert_non_null(strstr(text, "1 of 3, and it takes 2; see to them"));

    hear(&sentinel, 1, 2, 1, 1000);
    hear(&sentinel, 2, 3, 1, 1000);
    healthcode_sentinel_cause(&sentinel, 1000, text, sizeof(text));
    assert_non_null(strstr(text, "no 2 of 3 sentinels name one master"));

    healthcode_sentinel_cause(&sentinel, 1000 + SILENCE, text, sizeof(text));
    assert_non_null(strstr(text, "0 of 3"));

    healthcode_sentinel_cause(&sentinel, 1000, text, 8);
    assert_true(strlen(text) == 7);

    (void) state;
}


static void
test_reads_addresses(void **state)
{
    static const struct {
        const char  *host, *port, *text;     /* text is NULL: refused */
    } rows[] = {
        { "127.0.0.1", "6379", "127.0.0.1:6379" },
        { "10.1.2.3", "1", "10.1.2.3:1" },
        { "::1", "65535", "[::1]:65535" },
        { "2001:DB8::7", "6379", "[2001:db8::7]:6379" },
        { "10.1.2.3", "0", NULL }, { "10.1.2.3", "65536", NULL },
        { "10.1.2.3", "", NULL }, { "10.1.2.3", "-1", NULL },
        { "10.1.2.3", "06379x", NULL }, { "10.1.2.3", "000001", NULL },
        { "10.1.2.3", "6 79", NULL }, { "", "6379", NULL },
        { "redis.example", "6379", NULL }, { "localhost", "6379", NULL },
        { "10.1.2", "6379", NULL }, { "10.1.2.3.4", "6379", NULL },
        { "10.1.2.999", "6379", NULL }, { "0.0.0.0", "6379", NULL },
        { "::", "6379", NULL }, { "fe80::1%eth0", "6379", NULL },
        { "[::1]", "6379", NULL }, { " 10.1.2.3", "6379", NULL },
        { "1111:2222:3333:4444:5555:6666:255.255.255.2555", "6379", NULL },
    };
    bool                           found;
    char                           text[HEALTHCODE_SENTINEL_TEXT];
    healthcode_sentinel_address_t  address;

    for (size_t i = 0; i < test_count(rows); i++) {
        found = healthcode_sentinel_address(
                    healthcode_str_from(rows[i].host, strlen(rows[i].host)),
                    healthcode_str_from(rows[i].port, strlen(rows[i].port)),
                    &address);
        test_row(found == (rows[i].text != NULL), i, rows[i].host);
        test_row(!found || strcmp(healthcode_sentinel_text(&address, text),
                                  rows[i].text) == 0, i, rows[i].host);
    }

    assert_false(healthcode_sentinel_address(healthcode_str("10.1.2.3\0x"),
                                             healthcode_str("1"), &address));

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_a_majority_of_all_names_the_master),
        cmocka_unit_test(test_it_is_named_until_they_are_silent),
        cmocka_unit_test(test_doubt_renews_nothing),
        cmocka_unit_test(test_a_lower_epoch_never_counts_again),
        cmocka_unit_test(test_a_dead_one_is_forgotten),
        cmocka_unit_test(test_says_why_nobody_is_named),
        cmocka_unit_test(test_reads_addresses),
    };

    return cmocka_run_group_tests_name("sentinel", tests, NULL, NULL);
}
