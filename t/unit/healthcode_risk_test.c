/*
 * Tests of healthcode_risk.c: what cannot be read counts as set, and each
 * second around an expiry.  Knows no Redis.
 * docs/redis-keys.md; docs/request-path.md, "Risk".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_risk.h"


#define NOW  1700000000


static const struct {
    const char  *until;
    bool         active;
} untils[] = {
    /* cannot be read */
    { "", true }, { " ", true }, { "-1", true }, { "-1700000001", true },
    { "+1", true }, { "1.0", true }, { "1e3", true }, { "0x1", true },
    { "never", true }, { "a", true }, { "1a", true }, { " 1", true },
    { "1 ", true }, { "1\n", true }, { "1,2", true }, { "/", true },
    { ":", true }, { "1600000000:", true }, { "160000000/", true },
    { "1000000000000", true },                 /* 13 digits */
    { "0000000000001", true },
    { "1699999999000", true },                 /* milliseconds */
    { "18446744073709551617", true },
    /* until cleared */
    { "0", true }, { "00", true }, { "000000000000", true },
    /* the boundary */
    { "1699999999", false }, { "1700000000", false }, { "1700000001", true },
    { "01700000000", false }, { "01700000001", true },
    { "1", false }, { "000000000001", false }, { "999999999999", true },
};


static void
test_what_cannot_be_read_is_active(void **state)
{
    for (size_t i = 0; i < test_count(untils); i++) {
        test_row(healthcode_risk_is_active(guard_text(0, untils[i].until), NOW)
                 == untils[i].active, i, untils[i].until);
    }

    assert_true(healthcode_risk_is_active(guard(0, "1\0", 2), NOW));
    assert_true(healthcode_risk_is_active((healthcode_str_t) { NULL, 0 }, NOW));

    (void) state;
}


static void
test_a_denied_flag_flags(void **state)
{
    healthcode_str_t                deny[] = {
        healthcode_str("confirmed"), healthcode_str("contact")
    };
    const healthcode_risk_policy_t  policy = { .deny = deny, .ndeny = 2 };

    static const struct {
        const char  *name;
        bool         denied;
    } rows[] = {
        { "confirmed", true }, { "contact", true }, { "entry", false },
        { "Confirmed", false }, { "confirmed ", false }, { "confirme", false },
        { "", false }, { "confirmedcontact", false },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        for (size_t j = 0; j < test_count(untils); j++) {
            healthcode_risk_t  risk = { .names_len = 0 };

            healthcode_risk_add_flag(&risk, &policy,
                                     guard_text(0, rows[i].name),
                                     guard_text(1, untils[j].until), NOW);
            test_row(risk.flagged == (rows[i].denied && untils[j].active), j,
                     rows[i].name);
            test_row((risk.names_len > 0) == (untils[j].active
                                              && rows[i].name[0]
                                              && i != 4), j, rows[i].name);
        }
    }

    (void) state;
}


static void
test_findings_only_add_up(void **state)
{
    healthcode_str_t                deny[] = { healthcode_str("a") };
    healthcode_risk_t               risk = { .names_len = 0 };
    const healthcode_risk_policy_t  policy = { .deny = deny, .ndeny = 1 };

    healthcode_risk_add_flag(&risk, &policy, healthcode_str("a"),
                             healthcode_str("0"), NOW);
    healthcode_risk_add_flag(&risk, &policy, healthcode_str("b"),
                             healthcode_str("0"), NOW);
    healthcode_risk_add_flag(&risk, &policy, healthcode_str("a"),
                             healthcode_str("1"), NOW);
    assert_true(risk.flagged);
    test_str_equal(healthcode_str_from(risk.names, risk.names_len), "a,b");

    (void) state;
}


/* A name goes into logs and headers: a strange one still flags. */
static void
test_keeps_only_plain_names(void **state)
{
    static const char  *const rows[] = {
        "", "a,b", "a b", "a\nb", "a\r\nX: y", "a;b", "a\"b", "a\\b",
        "\x7f", "\xc3\xa9", "\x01", "a\tb", "\x80",
    };
    healthcode_str_t                deny[1];
    const healthcode_risk_policy_t  policy = { .deny = deny, .ndeny = 1 };

    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_risk_t  risk = { .names_len = 0 };

        deny[0] = guard_text(0, rows[i]);
        healthcode_risk_add_flag(&risk, &policy, guard_text(1, rows[i]),
                                 healthcode_str("0"), NOW);
        test_row(risk.names_len == 0, i, rows[i]);
        test_row(risk.flagged, i, rows[i]);
    }

    {
        healthcode_risk_t  risk = { .names_len = 0 };

        deny[0] = healthcode_str("a\0b");
        healthcode_risk_add_flag(&risk, &policy, guard(0, "a\0b", 3),
                                 healthcode_str("0"), NOW);
        assert_int_equal(risk.names_len, 0);
        assert_true(risk.flagged);
    }

    (void) state;
}


static void
test_no_flag_has_the_name_of_a_revocation(void **state)
{
    static const char  *const rows[] = { "before", "code:", "code:0" };

    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_str_t                deny[] = { guard_text(0, rows[i]) };
        healthcode_risk_t               risk = { .names_len = 0 };
        const healthcode_risk_policy_t  policy = { .deny = deny, .ndeny = 1 };

        healthcode_risk_add_flag(&risk, &policy, deny[0], healthcode_str("0"),
                                 NOW);
        test_row(!risk.flagged && risk.names_len == 0, i, rows[i]);
    }

    (void) state;
}


static void
test_leaves_out_names_that_do_not_fit(void **state)
{
    char                            name[300];
    healthcode_str_t                deny[1];
    healthcode_risk_t               risk;
    const healthcode_risk_policy_t  policy = { .deny = deny, .ndeny = 1 };

    memset(name, 'x', sizeof(name));

    for (size_t len = 250; len < 262; len++) {
        for (size_t more = 0; more < 8; more++) {
            memset(&risk, 0, sizeof(risk));
            deny[0] = healthcode_str_from(name, more);

            healthcode_risk_add_flag(&risk, &policy, guard(0, name, len),
                                     healthcode_str("0"), NOW);
            assert_int_equal(risk.names_len, len <= 256 ? len : 0);
            assert_false(risk.flagged);

            healthcode_risk_add_flag(&risk, &policy, guard(1, name, more),
                                     healthcode_str("0"), NOW);
            assert_true(risk.names_len <= HEALTHCODE_RISK_NAMES_MAX);
            assert_true(risk.flagged);

            if (len + 1 + more <= 256 && more) {
                assert_int_equal(risk.names_len, len + 1 + more);
                assert_int_equal(risk.names[len], ',');
            }
        }
    }

    (void) state;
}


static void
test_reads_a_region_value(void **state)
{
    enum { LOW = HEALTHCODE_RISK_LEVEL_LOW,
           MEDIUM = HEALTHCODE_RISK_LEVEL_MEDIUM,
           HIGH = HEALTHCODE_RISK_LEVEL_HIGH };

    static const struct {
        const char  *value;
        unsigned     level;
    } rows[] = {
        /* cannot be read */
        { "", HIGH }, { " ", HIGH }, { "low", HIGH }, { "medium", HIGH },
        { "lower 0", HIGH }, { "LOW 0", HIGH }, { "Low 0", HIGH },
        { "none 0", HIGH }, { " low 0", HIGH }, { "lo 0", HIGH },
        { "0", HIGH }, { "0 low", HIGH }, { "low\t0", HIGH }, { "1 1", 0 },
        { " 0", HIGH }, { " 1700000001", HIGH }, { "medium,0", HIGH },
        /* an until that cannot be read */
        { "low ", LOW }, { "medium x", MEDIUM }, { "high -1", HIGH },
        { "low  1", LOW }, { "medium 1 ", MEDIUM }, { "low 1 1", LOW },
        /* runs out */
        { "high 1699999999", 0 }, { "high 1700000000", 0 },
        { "high 1700000001", HIGH }, { "medium 1700000000", 0 },
        { "medium 1700000001", MEDIUM }, { "low 1700000000", 0 },
        { "low 1700000001", LOW }, { "what 1700000000", 0 },
        { "low 0", LOW }, { "medium 0", MEDIUM }, { "high 0", HIGH },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_risk_region_level(guard_text(0, rows[i].value),
                                              NOW) == rows[i].level, i,
                 rows[i].value);
    }

    assert_int_equal(healthcode_risk_region_level((healthcode_str_t) {
                                                      NULL, 0 }, NOW), HIGH);
    (void) state;
}


static void
test_finds_levels_by_their_names(void **state)
{
    static const char  *const rows[] = {
        "", "LOW", "lo", "lows", "high ", "none", "1",
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_risk_level_find(guard_text(0, rows[i])) == 0, i,
                 rows[i]);
    }

    assert_int_equal(healthcode_risk_level_find(healthcode_str("low")),
                     HEALTHCODE_RISK_LEVEL_LOW);
    assert_int_equal(healthcode_risk_level_find(healthcode_str("medium")),
                     HEALTHCODE_RISK_LEVEL_MEDIUM);
    assert_int_equal(healthcode_risk_level_find(healthcode_str("high")),
                     HEALTHCODE_RISK_LEVEL_HIGH);
    (void) state;
}


static void
test_refuses_codes_issued_before(void **state)
{
    static const struct {
        const char  *before;
        bool         refused;            /* a code of NOW */
    } rows[] = {
        { "", true }, { "x", true }, { "-1", true }, { "1.5", true },
        { "1000000000000", true }, { "1700000000 ", true },
        { "1700000001", true }, { "1700000000", false },
        { "1699999999", false }, { "0", false }, { "999999999999", true },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_risk_is_before(guard_text(0, rows[i].before), NOW)
                 == rows[i].refused, i, rows[i].before);
    }

    (void) state;
}


static void
test_names_the_gravest_finding(void **state)
{
    static const healthcode_reason_e  order[] = {
        HEALTHCODE_REASON_KEY_REVOKED, HEALTHCODE_REASON_ISSUER_SUSPENDED,
        HEALTHCODE_REASON_CODE_REVOKED, HEALTHCODE_REASON_ISSUED_BEFORE,
        HEALTHCODE_REASON_FLAGGED, HEALTHCODE_REASON_REGION
    };

    for (unsigned set = 0; set < 64; set++) {
        unsigned           first = 0;
        healthcode_risk_t  risk = {
            .key_revoked = set & 1, .issuer_suspended = set & 2,
            .code_revoked = set & 4, .issued_before = set & 8,
            .flagged = set & 16, .region = set & 32
        };

        while (first < 6 && !(set & 1u << first)) {
            first++;
        }

        assert_int_equal(healthcode_risk_reason(&risk),
                         first < 6 ? order[first] : HEALTHCODE_REASON_OK);
    }

    (void) state;
}


/* All seven, so that none gets lost. */
static void
test_lists_the_national_flags(void **state)
{
    static const char  *const flags[] = { HEALTHCODE_RISK_NATIONAL };
    static const char  *const expected[] = {
        "confirmed", "suspected", "contact", "cotravel", "entry", "quarantine",
        "revoked"
    };

    assert_int_equal(test_count(flags), test_count(expected));

    for (size_t i = 0; i < test_count(expected); i++) {
        assert_string_equal(flags[i], expected[i]);
    }

    (void) state;
}


/* All that follows from a text is kept as a time and a level. */
static void
test_keeps_what_cannot_be_read_for_ever(void **state)
{
    static const struct {
        const char  *text;
        int64_t      until, before;
    } rows[] = {
        { "", INT64_MAX, INT64_MAX }, { "-1", INT64_MAX, INT64_MAX },
        { "x", INT64_MAX, INT64_MAX }, { "1.5", INT64_MAX, INT64_MAX },
        { "1 ", INT64_MAX, INT64_MAX },
        { "1000000000000", INT64_MAX, INT64_MAX },
        /* until cleared; but before the epoch there was no code */
        { "0", INT64_MAX, 0 }, { "000000000000", INT64_MAX, 0 },
        { "1", 1, 1 }, { "1700000000", 1700000000, 1700000000 },
        { "999999999999", 999999999999, 999999999999 },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_risk_until(guard_text(0, rows[i].text))
                 == rows[i].until, i, rows[i].text);
        test_row(healthcode_risk_before(guard_text(0, rows[i].text))
                 == rows[i].before, i, rows[i].text);
    }

    assert_true(healthcode_risk_until((healthcode_str_t) { NULL, 0 })
                == INT64_MAX);
    assert_true(healthcode_risk_before((healthcode_str_t) { NULL, 0 })
                == INT64_MAX);
    (void) state;
}


static void
test_keeps_the_level_and_the_time_of_a_region(void **state)
{
    enum { LOW = HEALTHCODE_RISK_LEVEL_LOW,
           MEDIUM = HEALTHCODE_RISK_LEVEL_MEDIUM,
           HIGH = HEALTHCODE_RISK_LEVEL_HIGH };

    static const struct {
        const char  *value;
        unsigned     level;
        int64_t      until;
    } rows[] = {
        { "", HIGH, INT64_MAX }, { "low", HIGH, INT64_MAX },
        { "low\t5", HIGH, INT64_MAX }, { " 5", HIGH, 5 }, { "LOW 5", HIGH, 5 },
        { "what 5", HIGH, 5 }, { "what x", HIGH, INT64_MAX },
        { "low ", LOW, INT64_MAX }, { "low x", LOW, INT64_MAX },
        { "medium -5", MEDIUM, INT64_MAX }, { "low 5 5", LOW, INT64_MAX },
        { "low 0", LOW, INT64_MAX }, { "low 5", LOW, 5 },
        { "medium 1700000000", MEDIUM, 1700000000 }, { "high 1", HIGH, 1 },
    };
    healthcode_risk_region_t  region;

    for (size_t i = 0; i < test_count(rows); i++) {
        region = healthcode_risk_region(guard_text(0, rows[i].value));
        test_row(region.level == rows[i].level, i, rows[i].value);
        test_row(region.until == rows[i].until, i, rows[i].value);
    }

    region = healthcode_risk_region((healthcode_str_t) { NULL, 0 });
    assert_int_equal(region.level, HIGH);
    assert_true(region.until == INT64_MAX);

    (void) state;
}


/* At NOW, of a code of NOW - 60. */
static void
test_adds_what_an_answer_says_of_issuer_and_key(void **state)
{
    static const struct {
        int64_t  suspended, revoked, before;
        bool     is_suspended, is_revoked, is_before;
    } rows[] = {
        { INT64_MAX, 0, 0, true, false, false },
        { NOW + 1, 0, 0, true, false, false },
        { NOW, 0, 0, false, false, false },
        { 0, INT64_MAX, 0, false, true, false },
        { 0, NOW + 1, 0, false, true, false },
        { 0, NOW, 0, false, false, false },
        { 0, 0, INT64_MAX, false, false, true },
        { 0, 0, NOW, false, false, true },
        { 0, 0, NOW - 59, false, false, true },
        { 0, 0, NOW - 60, false, false, false },
        { NOW + 1, NOW + 1, NOW, true, true, true },
        { 0, 0, 0, false, false, false },
    };
    healthcode_risk_t               risk;
    const healthcode_risk_query_t   query = { .nregions = 0 };
    const healthcode_risk_policy_t  policy = { .region_deny = 7 };
    const healthcode_risk_terms_t   terms = {
        .policy = &policy, .iat = NOW - 60, .now = NOW
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        const healthcode_risk_answer_t  answer = {
            .control = {
                rows[i].suspended, rows[i].revoked, rows[i].before
            }
        };

        healthcode_risk_clear(&risk);
        healthcode_risk_add_answer(&risk, &query, &answer, &terms);
        test_row(risk.issuer_suspended == rows[i].is_suspended, i, "suspended");
        test_row(risk.key_revoked == rows[i].is_revoked, i, "revoked");
        test_row(risk.issued_before == rows[i].is_before, i, "before");
        assert_false(risk.flagged || risk.region);

        /* findings only add up */
        risk.issuer_suspended = risk.key_revoked = risk.issued_before = true;
        risk.flagged = risk.region = true;
        healthcode_risk_add_answer(&risk, &query, &answer, &terms);
        assert_true(risk.issuer_suspended && risk.key_revoked
                    && risk.issued_before && risk.flagged && risk.region);
    }

    (void) state;
}


/* Regions 511402 and 33: the values of 511402, 5114, 51, 33. */
static void
test_adds_the_longest_prefix_in_force(void **state)
{
    static const struct {
        const char  *levels;     /* a letter each; upper case: it is over */
        bool         region;
    } rows[] = {
        { "h---", true }, { "-h--", true }, { "--h-", true }, { "---h", true },
        { "lh--", false }, { "l-h-", false }, { "-lh-", false },
        { "mh--", false }, { "mmh-", false }, { "hll-", true },
        { "Lh--", true }, { "LLh-", true }, { "LMh-", true }, { "Hl--", false },
        { "H---", false }, { "-H--", false }, { "--H-", false },
        { "---H", false }, { "HHH-", false }, { "HHHH", false },
        /* one region's low says nothing about another */
        { "l--h", true }, { "--hl", true }, { "lllh", true }, { "hlll", true },
        { "lhhl", false }, { "---m", false }, { "----", false },
    };
    const healthcode_region_t       regions[] = { 1511402, 133 };
    healthcode_risk_t               risk;
    healthcode_risk_answer_t        answer;
    const healthcode_risk_query_t   query = {
        .regions = regions, .nregions = 2
    };
    const healthcode_risk_policy_t  policy = {
        .region_deny = HEALTHCODE_RISK_LEVEL_HIGH
    };
    const healthcode_risk_terms_t   terms = { .policy = &policy, .now = NOW };

    for (size_t i = 0; i < test_count(rows); i++) {
        memset(&answer, 0, sizeof(answer));

        for (size_t j = 0; j < 4; j++) {
            char  letter = rows[i].levels[j] | 0x20;

            answer.regions[j].level = letter == 'l' ? HEALTHCODE_RISK_LEVEL_LOW
                                      : letter == 'm'
                                      ? HEALTHCODE_RISK_LEVEL_MEDIUM
                                      : letter == 'h'
                                      ? HEALTHCODE_RISK_LEVEL_HIGH : 0;
            answer.regions[j].until = rows[i].levels[j] == '-' ? 0
                                      : rows[i].levels[j] < 'a' ? NOW
                                      : NOW + 1;
        }

        healthcode_risk_clear(&risk);
        healthcode_risk_add_answer(&risk, &query, &answer, &terms);
        test_row(risk.region == rows[i].region, i, rows[i].levels);
        assert_false(risk.issuer_suspended || risk.key_revoked
                     || risk.issued_before || risk.flagged);

        risk.region = true;
        healthcode_risk_add_answer(&risk, &query, &answer, &terms);
        assert_true(risk.region);
    }

    (void) state;
}


/* Two codes of one holder, at NOW: alice's of NOW - 60, and the one before. */
static void
test_revokes_codes_of_a_holder(void **state)
{
    static const struct {
        const char  *field, *until;
        bool         first, second;      /* of the codes: revoked */
        bool         old, older;         /* or issued before */
    } rows[] = {
#define FIRST   "code:01010101010101010101010101010101"
#define NUMBER  "code:02020202020202020202020202020202"
#define SECOND  "code:03030303030303030303030303030303"
        { FIRST, "0", true, false, false, false },
        { NUMBER, "0", true, false, false, false },
        { SECOND, "0", false, true, false, false },
        { FIRST, "1700000001", true, false, false, false },
        { FIRST, "1700000000", false, false, false, false },
        { FIRST, "1699999999", false, false, false, false },
        { FIRST, "", true, false, false, false },
        { FIRST, "never", true, false, false, false },
        { "code:", "0", true, true, false, false },
        { "code:0101", "1700000001", true, true, false, false },
        { "code:0101", "1700000000", false, false, false, false },
        { "code:04040404040404040404040404040404", "0", false, false, false,
          false },
        /* a second around the iat of either code */
        { "before", "1699999939", false, false, false, false },
        { "before", "1699999940", false, false, false, true },
        { "before", "1699999941", false, false, true, true },
        { "before", "1700000000", false, false, true, true },
        { "before", "999999999999", false, false, true, true },
        { "before", "1", false, false, false, false },
        /* nobody has written such a time */
        { "before", "0", false, false, true, true },
        { "before", "000", false, false, true, true },
        { "before", "", false, false, true, true },
        { "before", "x", false, false, true, true },
        { "before", "-1", false, false, true, true },
        { "before:https://i.example", "1700000001", false, false, false,
          false },
    };
    const healthcode_str_t          deny[] = {
        healthcode_str("before"), healthcode_str(FIRST),
        healthcode_str("code:"), healthcode_str("code:0101")
    };
    const healthcode_risk_query_t   query = { .nregions = 0 };
    const healthcode_risk_policy_t  policy = { .deny = deny, .ndeny = 4 };
    healthcode_revocation_names_t   names[2] = {
        { .has_jti = true }, { .has_jti = false }
    };

    memset(names[0].text, 1, HEALTHCODE_HOLDER_LEN);
    memset(names[0].jti, 2, HEALTHCODE_HOLDER_LEN);
    memset(names[1].text, 3, HEALTHCODE_HOLDER_LEN);

    for (size_t i = 0; i < test_count(rows); i++) {
        bool                       is_code = rows[i].field[0] == 'c';
        bool                       is_flag = strchr(rows[i].field, '/');
        healthcode_risk_t          risks[3];
        healthcode_risk_reading_t  reading = {
            .parts = HEALTHCODE_RISK_HOLDER | HEALTHCODE_RISK_CONTROLS,
            .nflags = 1
        };

        reading.flags[0].name = guard_text(0, rows[i].field);
        reading.flags[0].until = guard_text(1, rows[i].until);

        test_row(healthcode_risk_asks_code(&reading) == is_code, i,
                 rows[i].field);

        /* one that was not asked for names none */
        reading.parts = HEALTHCODE_RISK_CONTROLS;
        test_row(!healthcode_risk_asks_code(&reading), i, rows[i].field);
        reading.parts |= HEALTHCODE_RISK_HOLDER;

        for (unsigned k = 0; k < 3; k++) {
            const healthcode_risk_terms_t  terms = {
                .policy = &policy, .iat = NOW - 60 - (k == 1), .now = NOW,
                .code = (k < 2) ? &names[k] : NULL
            };

            healthcode_risk_clear(&risks[k]);
            healthcode_risk_add_reading(&risks[k], &query, &reading, &terms);

            /* a flag of a site's own is shown, these are not */
            test_row((risks[k].names_len != 0) == is_flag, i, rows[i].field);
            test_row(!risks[k].flagged, i, rows[i].field);
        }

        test_row(risks[0].code_revoked == rows[i].first, i, rows[i].field);
        test_row(risks[1].code_revoked == rows[i].second, i, rows[i].field);
        test_row(risks[0].issued_before == rows[i].old, i, rows[i].until);
        test_row(risks[1].issued_before == rows[i].older, i, rows[i].until);

        /* nobody knows which code it is: any revoked one counts */
        test_row(risks[2].code_revoked
                 == (is_code && healthcode_risk_is_active(
                                    guard_text(1, rows[i].until), NOW)), i,
                 rows[i].field);
    }

    (void) state;
}


/* One of them in force is enough, whichever of them are over. */
static void
test_revocations_only_add_up(void **state)
{
    const healthcode_risk_flag_t    flags[] = {
        { healthcode_str("code:04040404040404040404040404040404"),
          healthcode_str("0") },
        { healthcode_str("before"), healthcode_str("1700000000") },
        { healthcode_str(FIRST), healthcode_str("0") },
        { healthcode_str("before"), healthcode_str("1") },
        { healthcode_str(FIRST), healthcode_str("1") },
        { healthcode_str("contact"), healthcode_str("0") },
    };
    const healthcode_str_t          deny[] = { healthcode_str("contact") };
    const healthcode_risk_query_t   query = { .nregions = 0 };
    const healthcode_risk_policy_t  policy = { .deny = deny, .ndeny = 1 };
    healthcode_revocation_names_t   names = { .has_jti = false };
    healthcode_risk_t               risk;
    healthcode_risk_reading_t       reading = {
        .parts = HEALTHCODE_RISK_HOLDER, .nflags = 6
    };
    const healthcode_risk_terms_t   terms = {
        .policy = &policy, .iat = NOW - 60, .now = NOW, .code = &names
    };

    memset(names.text, 1, HEALTHCODE_HOLDER_LEN);
    memcpy(reading.flags, flags, sizeof(flags));

    assert_true(healthcode_risk_asks_code(&reading));
    healthcode_risk_clear(&risk);
    healthcode_risk_add_reading(&risk, &query, &reading, &terms);
    assert_true(risk.code_revoked && risk.issued_before && risk.flagged);
    test_str_equal(healthcode_str_from(risk.names, risk.names_len), "contact");

    reading.nflags = 0;
    assert_false(healthcode_risk_asks_code(&reading));
    healthcode_risk_add_reading(&risk, &query, &reading, &terms);
    assert_true(risk.code_revoked && risk.issued_before && risk.flagged);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_what_cannot_be_read_is_active),
        cmocka_unit_test(test_a_denied_flag_flags),
        cmocka_unit_test(test_findings_only_add_up),
        cmocka_unit_test(test_keeps_only_plain_names),
        cmocka_unit_test(test_no_flag_has_the_name_of_a_revocation),
        cmocka_unit_test(test_leaves_out_names_that_do_not_fit),
        cmocka_unit_test(test_reads_a_region_value),
        cmocka_unit_test(test_finds_levels_by_their_names),
        cmocka_unit_test(test_refuses_codes_issued_before),
        cmocka_unit_test(test_names_the_gravest_finding),
        cmocka_unit_test(test_lists_the_national_flags),
        cmocka_unit_test(test_keeps_what_cannot_be_read_for_ever),
        cmocka_unit_test(test_keeps_the_level_and_the_time_of_a_region),
        cmocka_unit_test(test_adds_what_an_answer_says_of_issuer_and_key),
        cmocka_unit_test(test_adds_the_longest_prefix_in_force),
        cmocka_unit_test(test_revokes_codes_of_a_holder),
        cmocka_unit_test(test_revocations_only_add_up),
    };

    return cmocka_run_group_tests_name("risk", tests, NULL, NULL);
}
