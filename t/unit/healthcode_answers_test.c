/*
 * Tests of healthcode_answers.c: what must not be taken for another region,
 * key or issuer; then that what is found is what was kept last.
 * docs/cache.md.
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_answers.h"


#define THUMBPRINT  "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

/* How many of each are kept before one has to make room. */
#define REGIONS_MAX   6144
#define CONTROLS_MAX  1536


static const char             iss[] = "https://issuer.example";
static healthcode_answers_t  *answers;


static int
start(void **state)
{
    answers = healthcode_answers_create();
    (void) state;

    return answers ? 0 : -1;
}


static int
end(void **state)
{
    healthcode_answers_free(answers);
    (void) state;

    return 0;
}


#define test_of(f)  cmocka_unit_test_setup_teardown(f, start, end)


/* Of these regions, with blanks between; they live until the next one. */
static healthcode_risk_query_t
query_of(const char *names)
{
    size_t                   n = 0, len;
    healthcode_region_t      regions[HEALTHCODE_CLAIMS_REGIONS_MAX];
    healthcode_risk_query_t  query = {
        .iss = healthcode_str_from(iss, sizeof(iss) - 1),
        .thumbprint = guard_text(1, THUMBPRINT)
    };

    for (size_t at = 0; at < strlen(names); at += len + 1) {
        len = strcspn(names + at, " ");
        regions[n] = healthcode_region_parse(healthcode_str_from(names + at,
                                                                 len));
        assert_true(regions[n++] != 0);
    }

    query.regions = (const void *) guard(0, regions,
                                         n * sizeof(regions[0])).data;
    query.nregions = n;

    return query;
}


/* Keeps values that are counted from value on, in the order of the answer. */
static void
keep(const healthcode_risk_query_t *query, int64_t value)
{
    size_t                    n = 0;
    healthcode_risk_answer_t  answer;

    memset(&answer, 0x77, sizeof(answer));
    answer.control = (healthcode_risk_control_t) {
        value, value + 1, value + 2
    };

    for (size_t i = 0; i < query->nregions; i++) {
        n += query->regions[i] < 1000 ? 1 : query->regions[i] < 100000 ? 2 : 3;
    }

    for (size_t i = 0; i < n; i++) {
        answer.regions[i].level = (unsigned) i;
        answer.regions[i].until = value + (int64_t) i;
    }

    healthcode_answers_keep(answers, query, &answer);
}


static void
keep_names(const char *names, int64_t value)
{
    healthcode_risk_query_t  query = query_of(names);

    keep(&query, value);
}


static healthcode_risk_answer_t  found;

static bool
find_names(const char *names)
{
    healthcode_risk_query_t  query = query_of(names);

    memset(&found, 0x5a, sizeof(found));

    return healthcode_answers_find(answers, &query, &found);
}


static void
test_knows_nothing_at_first(void **state)
{
    assert_false(find_names(""));
    assert_false(find_names("51"));
    healthcode_answers_forget_regions(answers);
    healthcode_answers_forget_controls(answers);
    assert_false(find_names(""));
    healthcode_answers_free(NULL);

    (void) state;
}


static void
test_knows_no_other_key(void **state)
{
    char                     thumbprint[] = THUMBPRINT;
    healthcode_risk_query_t  query = query_of("");

    keep(&query, 100);

    for (size_t i = 0; i < sizeof(thumbprint) - 1; i++) {
        thumbprint[i] ^= 1;
        query.thumbprint = guard_text(1, thumbprint);
        test_row(!healthcode_answers_find(answers, &query, &found), i,
                 "character of the thumbprint");
        thumbprint[i] ^= 1;
    }

    query.thumbprint = guard_text(1, thumbprint);
    assert_true(healthcode_answers_find(answers, &query, &found));

    (void) state;
}


/* A part that was not read is not known after, whatever stood there. */
static void
test_keeps_and_finds_the_parts_that_are_asked(void **state)
{
    enum { R = HEALTHCODE_RISK_REGIONS, C = HEALTHCODE_RISK_CONTROLS };

    healthcode_risk_query_t  query = query_of("51");

    for (unsigned kept = 1; kept < 8; kept++) {
        healthcode_answers_forget_regions(answers);
        healthcode_answers_forget_controls(answers);
        query.parts = kept;
        keep(&query, 100);

        for (unsigned parts = 0; parts < 8; parts++) {
            unsigned  asked = parts ? parts & (R | C) : R | C;

            query.parts = parts;
            memset(&found, 0x5a, sizeof(found));
            test_row(healthcode_answers_find(answers, &query, &found)
                     == ((asked & kept) == asked), kept, "are kept");

            if ((asked & kept) == asked && asked & C) {
                assert_true(found.control.revoked == 101);
            }

            if ((asked & kept) == asked && asked & R) {
                assert_true(found.regions[0].until == 100);
            }
        }
    }

    (void) state;
}


/* What begins alike would stand for another key. */
static void
test_keeps_nothing_of_a_thumbprint_of_another_length(void **state)
{
    char                     text[128];
    healthcode_risk_query_t  query;

    memset(text, 'k', sizeof(text));

    for (size_t len = 0; len < sizeof(text); len++) {
        query = query_of("");
        query.thumbprint = guard(1, text, len);
        keep(&query, (int64_t) len);
        test_row(healthcode_answers_find(answers, &query, &found)
                 == (len == 43), len, "bytes");

        query.thumbprint = guard(1, text, 43);
        test_row(healthcode_answers_find(answers, &query, &found)
                 == (len >= 43), len, "bytes");
        test_row(len < 43 || found.control.suspended == 43, len, "bytes");
    }

    (void) state;
}


/* By where its name stands, which two of one text do not share. */
static void
test_knows_no_other_issuer(void **state)
{
    static const char        twin[] = "https://issuer.example.";
    healthcode_risk_query_t  query = query_of("");

    keep(&query, 100);

    query.iss = healthcode_str_from(twin, sizeof(iss) - 1);
    assert_false(healthcode_answers_find(answers, &query, &found));
    query.iss = healthcode_str_from(iss, sizeof(iss) - 2);
    assert_false(healthcode_answers_find(answers, &query, &found));
    query.iss = healthcode_str_from(iss + 1, sizeof(iss) - 2);
    assert_false(healthcode_answers_find(answers, &query, &found));
    query.iss = healthcode_str_from(NULL, 0);
    assert_false(healthcode_answers_find(answers, &query, &found));

    /* each has its own */
    query.iss = healthcode_str_from(twin, sizeof(iss) - 1);
    keep(&query, 500);
    assert_true(healthcode_answers_find(answers, &query, &found));
    assert_true(found.control.suspended == 500);
    assert_true(find_names(""));
    assert_true(found.control.suspended == 100);

    (void) state;
}


/* As many as there is room for, all with one name and one key. */
static void
test_tells_issuers_apart_in_a_crowd(void **state)
{
    static char              names[2 * CONTROLS_MAX + 8];
    healthcode_risk_query_t  query = query_of("");

    memset(names, 'i', sizeof(names));

    for (unsigned i = 0; i < CONTROLS_MAX; i++) {
        query.iss = healthcode_str_from(names + i, 8);
        keep(&query, i);
    }

    for (unsigned i = 0; i < 2 * CONTROLS_MAX; i++) {
        query.iss = healthcode_str_from(names + i, 8);
        test_row(healthcode_answers_find(answers, &query, &found)
                 == (i < CONTROLS_MAX), i, "of the issuers");
        test_row(i >= CONTROLS_MAX || found.control.suspended == i, i,
                 "of the issuers");
    }

    (void) state;
}


static void
test_knows_no_other_region(void **state)
{
    static const struct {
        const char  *kept, *asked;
        bool         known;
    } rows[] = {
        { "51", "5101", false }, { "51", "510000", false },
        { "51", "15", false }, { "51", "05", false }, { "51", "52", false },
        { "01", "0001", false }, { "01", "000001", false },
        { "0001", "000001", false }, { "0001", "0000", false },
        { "0051", "51", false }, { "000051", "0051", false },
        { "1151", "51", false }, { "115151", "5151", false },
        { "511402", "511401", false }, { "511402", "5115", false },
        { "511402 33", "34", false }, { "511402", "511402 33", false },
        { "511402", "33 511402", false }, { "", "51", false },
        { "511402", "511402 511403", false },
        { "51", "51", true }, { "5114", "5114", true },
        { "511402", "511402", true },
        /* the prefixes were asked for as well */
        { "511402", "5114", true }, { "511402", "51", true },
        { "5114", "51", true }, { "0001", "00", true },
        { "511402 33", "33 5114 51", true }, { "511402", "", true },
        { "51 51 51", "51", true },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_answers_forget_regions(answers);
        keep_names(rows[i].kept, 1000);
        test_row(find_names(rows[i].asked) == rows[i].known, i,
                 rows[i].asked);
    }

    (void) state;
}


/* A part of what is asked does not count as an answer. */
static void
test_needs_both_the_control_and_every_region(void **state)
{
    keep_names("511402", 1000);

    healthcode_answers_forget_controls(answers);
    assert_false(find_names("511402"));
    assert_false(find_names(""));

    /* the control alone again: the regions are still known */
    keep_names("", 2000);
    assert_true(find_names("511402"));
    assert_true(found.control.suspended == 2000);
    assert_true(found.regions[0].until == 1000);

    healthcode_answers_forget_regions(answers);
    assert_false(find_names("511402"));
    assert_false(find_names("51"));
    assert_true(find_names(""));

    (void) state;
}


static void
test_answers_in_the_order_of_the_question(void **state)
{
    keep_names("511402 3301 44", 1000);

    assert_true(find_names("44 511402 33"));
    assert_true(found.control.suspended == 1000);
    assert_true(found.control.revoked == 1001);
    assert_true(found.control.before == 1002);
    assert_true(found.regions[0].until == 1005);
    assert_true(found.regions[1].until == 1000);
    assert_true(found.regions[2].until == 1001);
    assert_true(found.regions[3].until == 1002);
    assert_true(found.regions[4].until == 1004);
    assert_int_equal(found.regions[0].level, 5);
    assert_int_equal(found.regions[4].level, 4);

    (void) state;
}


/* That nothing is there is an answer as well. */
static void
test_says_what_was_kept_last(void **state)
{
    healthcode_risk_answer_t  nothing;
    healthcode_risk_query_t   query;

    keep_names("511402", 1000);
    keep_names("5114", 2000);

    assert_true(find_names("511402"));
    assert_true(found.control.suspended == 2000);
    assert_true(found.regions[0].until == 1000);
    assert_true(found.regions[1].until == 2000);
    assert_true(found.regions[2].until == 2001);

    memset(&nothing, 0, sizeof(nothing));
    query = query_of("511402");
    healthcode_answers_keep(answers, &query, &nothing);
    assert_true(find_names("511402"));
    assert_memory_equal(&found.control, &nothing.control,
                        sizeof(nothing.control));

    for (int i = 0; i < 3; i++) {
        assert_int_equal(found.regions[i].level, 0);
        assert_true(found.regions[i].until == 0);
    }

    (void) state;
}


/* Of one region number i, what the test keeps of it. */
static void
keep_region(unsigned i, int64_t value)
{
    char  name[8];

    snprintf(name, sizeof(name), i < 100 ? "%02u" : "%04u",
             i < 100 ? i : i - 100);
    keep_names(name, value);
}


static bool
find_region(unsigned i)
{
    char  name[8];

    snprintf(name, sizeof(name), i < 100 ? "%02u" : "%04u",
             i < 100 ? i : i - 100);

    return find_names(name);
}


static void
test_forgets_all_regions_for_one_that_does_not_fit(void **state)
{
    /* the 100 of two digits first, which are the prefixes of the others */
    for (unsigned i = 0; i < REGIONS_MAX; i++) {
        keep_region(i, 10 * i);
    }

    for (unsigned i = 0; i < REGIONS_MAX; i++) {
        test_row(find_region(i), i, "of what fits");

        if (i >= 100) {
            assert_true(found.regions[0].until == 10 * i);
        }
    }

    /* what is known needs no room */
    keep_region(REGIONS_MAX - 1, 7);
    assert_true(find_region(0));
    assert_true(find_region(REGIONS_MAX - 1));
    assert_true(found.regions[0].until == 7);

    keep_region(REGIONS_MAX, 9);
    assert_true(find_region(REGIONS_MAX));
    assert_true(found.regions[0].until == 9);

    for (unsigned i = 100; i < REGIONS_MAX; i++) {
        test_row(!find_region(i), i, "of what was there");
    }

    /* the controls are of another kind */
    assert_true(find_names(""));
    assert_true(found.control.suspended == 9);

    (void) state;
}


static void
test_forgets_all_controls_for_one_that_does_not_fit(void **state)
{
    char                     thumbprint[] = THUMBPRINT;
    healthcode_risk_query_t  query;

    keep_names("51", 1);

    for (unsigned i = 1; i <= CONTROLS_MAX; i++) {

        /* the last characters alone tell them apart */
        snprintf(thumbprint + 37, 7, "%06u", i);
        query = query_of("");
        query.thumbprint = guard_text(1, thumbprint);
        keep(&query, 10 * i);

        test_row(healthcode_answers_find(answers, &query, &found), i, "kept");
        assert_true(found.control.suspended == 10 * i);
        test_row(find_names("") == (i < CONTROLS_MAX), i, "the first one");
    }

    snprintf(thumbprint + 37, 7, "%06u", CONTROLS_MAX - 1);
    query = query_of("");
    query.thumbprint = guard_text(1, thumbprint);
    assert_false(healthcode_answers_find(answers, &query, &found));

    /* the regions are of another kind */
    keep_names("", 5);
    assert_true(find_names("51"));
    assert_true(found.regions[0].until == 1);

    (void) state;
}


/* Of every region there is, what is found is what was kept last. */
static void
test_never_says_what_was_not_kept(void **state)
{
    char              name[8];
    uint32_t          region, seed = 1;
    static uint32_t   kept[10000];
    unsigned          hits = 0;

    for (uint32_t i = 1; i < 60000; i++) {
        seed = seed * 1664525 + 1013904223;
        region = (seed >> 8) % 10000;
        snprintf(name, sizeof(name), "%04u", region);

        if (seed & 0x80000000) {
            keep_names(name, i);
            kept[region] = i;

        } else if (find_names(name)) {
            hits++;
            test_row(found.regions[0].until == kept[region], region, name);
            test_row(found.regions[0].level == 0, region, name);
        }

        if (i % 20000 == 0) {
            healthcode_answers_forget_regions(answers);
            memset(kept, 0, sizeof(kept));
        }
    }

    assert_true(hits > 1000);

    (void) state;
}


static void
test_keeps_64_regions_at_once(void **state)
{
    char    names[64 * 7 + 1] = "";
    size_t  n = 0;

    for (unsigned i = 0; i < 64; i++) {
        n += (size_t) sprintf(names + n, "%s%02u%02u%02u", i ? " " : "", i, i,
                              i);
    }

    keep_names(names, 1000);
    assert_true(find_names(names));

    for (unsigned i = 0; i < 192; i++) {
        assert_true(found.regions[i].until == 1000 + i);
        assert_int_equal(found.regions[i].level, i);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test_of(test_knows_nothing_at_first),
        test_of(test_knows_no_other_key),
        test_of(test_keeps_and_finds_the_parts_that_are_asked),
        test_of(test_keeps_nothing_of_a_thumbprint_of_another_length),
        test_of(test_knows_no_other_issuer),
        test_of(test_tells_issuers_apart_in_a_crowd),
        test_of(test_knows_no_other_region),
        test_of(test_needs_both_the_control_and_every_region),
        test_of(test_answers_in_the_order_of_the_question),
        test_of(test_says_what_was_kept_last),
        test_of(test_forgets_all_regions_for_one_that_does_not_fit),
        test_of(test_forgets_all_controls_for_one_that_does_not_fit),
        test_of(test_never_says_what_was_not_kept),
        test_of(test_keeps_64_regions_at_once),
    };

    return cmocka_run_group_tests_name("answers", tests, NULL, NULL);
}
