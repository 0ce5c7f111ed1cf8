/*
 * Tests of healthcode_claims.c and _check.c: malformed payloads, and every
 * boundary of time plus and minus a second.  Knows no signature.
 * docs/token-format.md, "Claims".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_claims.h"


#define IAT   1700000000
#define TIMES "\"iat\":1700000000,\"exp\":1700000900"
#define BASE  "\"iss\":\"https://issuer.example\",\"sub\":\"s-1\"," TIMES


static healthcode_claims_memory_t  memory;
static healthcode_claims_t         claims;
static healthcode_claims_faults_t  faults;

static const healthcode_claims_names_t  *names;    /* NULL: the usual ones */

static const healthcode_claims_policy_t  usual = {
    .lifetime_max = 900, .max_age = 900, .leeway = 5
};


static healthcode_reason_e
parse(const char *payload)
{
    healthcode_claims_t  before;
    healthcode_reason_e  reason;

    if (names == NULL) {
        names = healthcode_claims_usual();
    }

    memset(&claims, 0x5a, sizeof(claims));
    before = claims;

    reason = healthcode_claims_parse(guard_text(0, payload), &memory, names,
                                     &claims, &faults);

    /* written only on success */
    assert_true(reason == HEALTHCODE_REASON_OK
                || memcmp(&claims, &before, sizeof(claims)) == 0);

    return reason;
}


static void
test_refuses_payloads_without_the_claims(void **state)
{
    static const char  *const rows[] = {
        "", "{}", "[]", "null", "\"x\"", "{" BASE, "{" BASE "}}",
        "{" BASE "} {}", "{" BASE ",}",
        "{\"sub\":\"s\"," TIMES "}",
        "{\"iss\":\"i\"," TIMES "}",
        "{\"iss\":\"\",\"sub\":\"s\"," TIMES "}",
        "{\"iss\":\"i\",\"sub\":\"\"," TIMES "}",
        "{\"iss\":1,\"sub\":\"s\"," TIMES "}",
        "{\"iss\":\"i\",\"sub\":1," TIMES "}",
        "{\"iss\":null,\"sub\":\"s\"," TIMES "}",
        "{\"iss\":[\"i\"],\"sub\":\"s\"," TIMES "}",
        "{\"iss\":\"i\",\"sub\":null," TIMES "}",
        "{\"iss\":\"i\",\"sub\":{}," TIMES "}",
        "{\"ISS\":\"i\",\"sub\":\"s\"," TIMES "}",
        "{\"iss\":\"i\",\"sub\":\"s\",\"exp\":1700000900}",
        "{\"iss\":\"i\",\"sub\":\"s\",\"iat\":1700000000}",
        "{\"iss\":\"i\",\"sub\":\"s\"}",
        "{" BASE ",\"sub\":\"s-2\"}",
        "{" BASE ",\"exp\":1700000901}",
        "{" BASE ",\"\\u0065xp\":9}",
        "{" BASE ",\"x\":{\"y\":1,\"y\":2}}",
        "{" BASE ",\"x\":\"\\u0000\"}",
        "{" BASE ",\"x\":\"\xff\"}",
        "{" BASE ",\"x\":1e999}",
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(parse(rows[i]) == HEALTHCODE_REASON_MALFORMED, i, rows[i]);
    }

    assert_int_equal(healthcode_claims_parse((healthcode_str_t) { NULL, 0 },
                                             &memory, names, &claims, &faults),
                     HEALTHCODE_REASON_MALFORMED);
    (void) state;
}


static void
test_refuses_times_that_are_no_whole_seconds(void **state)
{
    static const char  *const values[] = {
        "1700000000.5", "1.5", "0.5", "1e-9", "1e300", "1e999",
        "1700000000000", "1700000000000.0", "1.7e12", "253402300800.0", "-1.0",
        "-1", "-1700000000", "253402300800", "9223372036854775807",
        "9223372036854775808", "18446744073709551615", "18446744075409551616",
        "99999999999999999999", "\"1700000000\"", "true", "[]",
        "[1700000000]", "{}", "0x1", "01", "NaN", "Infinity", "",
    };
    static const char  *const formats[] = {
        "{\"iss\":\"i\",\"sub\":\"s\",\"exp\":1700000900,\"iat\":%s}",
        "{\"iss\":\"i\",\"sub\":\"s\",\"iat\":1700000000,\"exp\":%s}",
        "{" BASE ",\"nbf\":%s}",
    };
    char  payload[256];

    for (size_t f = 0; f < test_count(formats); f++) {
        for (size_t i = 0; i < test_count(values); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(payload, sizeof(payload), formats[f], values[i]);
#pragma GCC diagnostic pop
            test_row(parse(payload) == HEALTHCODE_REASON_MALFORMED, i, payload);
        }
    }

    (void) state;
}


static void
test_reads_a_time_however_it_is_written(void **state)
{
    static const struct {
        const char  *text;
        int64_t      seconds;
    } rows[] = {
        { "1700000000", IAT }, { "1700000000.0", IAT }, { "1.7e9", IAT },
        { "17e8", IAT }, { "1700000000.000", IAT }, { "0.0", 0 }, { "-0.0", 0 },
        { "1.0", 1 }, { "253402300799.0", 253402300799 },
    };
    char  payload[256];

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(payload, sizeof(payload), "{\"iss\":\"i\",\"sub\":\"s\","
                 "\"iat\":%s,\"exp\":%s,\"nbf\":%s}", rows[i].text,
                 rows[i].text, rows[i].text);
        test_row(parse(payload) == HEALTHCODE_REASON_OK, i, payload);
        test_row(claims.iat == rows[i].seconds && claims.exp == claims.iat
                 && claims.nbf == claims.iat, i, payload);
    }

    (void) state;
}


static void
test_takes_null_for_absent(void **state)
{
    assert_int_equal(parse("{" BASE ",\"nbf\":null,\"aud\":null,"
                           "\"jti\":null}"), HEALTHCODE_REASON_OK);
    assert_int_equal(claims.nbf, 0);
    assert_null(claims.aud);
    assert_null(claims.jti.data);

    /* what decides is not null */
    assert_int_equal(parse("{\"iss\":\"i\",\"sub\":\"s\",\"iat\":null,"
                           "\"exp\":1700000900}"),
                     HEALTHCODE_REASON_MALFORMED);
    assert_int_equal(parse("{\"iss\":\"i\",\"sub\":\"s\",\"exp\":null,"
                           "\"iat\":1700000000}"),
                     HEALTHCODE_REASON_MALFORMED);

    (void) state;
}


/* Whether payload is an object; its iss is as given. */
static bool
opens(const char *payload, const char *expected)
{
    yyjson_val        *opened;
    healthcode_str_t   iss;

    opened = healthcode_claims_open(guard_text(0, payload), &memory, &iss);
    assert_int_equal(iss.len, strlen(expected));
    assert_true(iss.len == 0 || memcmp(iss.data, expected, iss.len) == 0);

    return opened != NULL;
}


static void
test_says_which_claim_is_wrong(void **state)
{
    static const struct {
        const char  *payload, *claim, *what;
        size_t       n;
    } rows[] = {
        { "{", "payload", "is not a strict JSON", 1 },
        { "[]", "payload", "is not a strict JSON", 1 },
        { "{" BASE ",\"sub\":\"s\"}", "payload", "is not a strict JSON", 1 },
        { "{}", "iss", "is missing", 4 },
        { "{\"sub\":\"s\"," TIMES "}", "iss", "is missing", 1 },
        { "{\"iss\":\"\",\"sub\":\"s\"," TIMES "}", "iss", "is empty", 1 },
        { "{\"iss\":\"i\",\"sub\":1," TIMES "}", "sub", "is not a string", 1 },
        { "{\"iss\":\"i\",\"sub\":\"s\",\"iat\":\"1\",\"exp\":1}", "iat",
          "is a string", 1 },
        { "{\"iss\":\"i\",\"sub\":\"s\",\"iat\":1,\"exp\":null}", "exp",
          "is not a number", 1 },
        { "{\"iss\":\"i\",\"sub\":\"s\",\"iat\":1700000000000,\"exp\":1}",
          "iat", "is out of range", 1 },
        { "{\"iss\":\"i\",\"sub\":\"s\",\"iat\":1.7e12,\"exp\":1}",
          "iat", "is out of range", 1 },
        { "{\"iss\":\"i\",\"sub\":\"s\",\"iat\":1700000000123.5,"
          "\"exp\":1}", "iat", "is out of range", 1 },
        { "{\"iss\":\"i\",\"sub\":\"s\",\"iat\":-1,\"exp\":1}", "iat",
          "is out of range", 1 },
        { "{\"iss\":\"i\",\"sub\":\"s\",\"iat\":-1.5,\"exp\":1}", "iat",
          "is out of range", 1 },
        { "{\"iss\":\"i\",\"sub\":\"s\",\"iat\":1.5,\"exp\":1}", "iat",
          "has a fraction", 1 },
        { "{" BASE ",\"nbf\":0.5}", "nbf", "has a fraction", 1 },
        { "{" BASE ",\"jti\":1}", "jti", "is not a string", 1 },
        { "{" BASE ",\"status\":1}", "status", "is not a string", 1 },
        { "{" BASE ",\"aud\":1}", "aud", "is neither a string", 1 },
        { "{" BASE ",\"aud\":[1]}", "aud", "has a member", 1 },
        { "{" BASE ",\"regions\":1}", "regions", "is not an array", 1 },
        { "{" BASE ",\"regions\":[\"5\"]}", "regions", "has a member", 1 },
        { "{\"iss\":1,\"sub\":1,\"iat\":\"\",\"exp\":\"\",\"nbf\":\"\","
          "\"jti\":1,\"aud\":1,\"status\":1,\"regions\":1}", "iss",
          "is not a string", 9 },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(parse(rows[i].payload) == HEALTHCODE_REASON_MALFORMED, i,
                 rows[i].payload);
        test_row(faults.n == rows[i].n, i, rows[i].payload);
        test_str_equal(faults.faults[0].claim, rows[i].claim);
        test_row(strncmp(faults.faults[0].what, rows[i].what,
                         strlen(rows[i].what)) == 0, i, faults.faults[0].what);
    }

    /* whose code it claims to be, if that can be read */
    test_row(opens("{\"iss\":\"i\",\"sub\":1}", "i"), 0, "a name");
    test_row(opens("{\"iss\":\"\"}", ""), 1, "an empty one");
    test_row(opens("{\"iss\":[]}", ""), 2, "an array");
    test_row(opens("{\"iss\":[1,2]}", ""), 3, "an array of two");
    test_row(opens("{\"ISS\":\"i\"}", ""), 4, "none");
    test_row(!opens("[\"iss\"]", ""), 5, "no object");

    (void) state;
}


static void
test_refuses_claims_of_another_type(void **state)
{
    static const char  *const rows[] = {
        "\"jti\":1", "\"jti\":true", "\"jti\":[\"a\"]", "\"jti\":{}",
        "\"status\":1", "\"status\":true", "\"status\":null",
        "\"status\":[\"normal\"]", "\"status\":[]", "\"status\":false",
        "\"aud\":1", "\"aud\":false", "\"aud\":true", "\"aud\":{\"a\":\"b\"}",
        "\"aud\":[1]", "\"aud\":[\"a\",1]", "\"aud\":[\"a\",null]",
        "\"aud\":[[\"a\"]]",
        "\"regions\":\"51\"", "\"regions\":51", "\"regions\":null",
        "\"regions\":{}", "\"regions\":[51]", "\"regions\":[null]",
        "\"regions\":[[\"51\"]]", "\"regions\":[\"\"]", "\"regions\":[\"5\"]",
        /* as many members as a division code has digits */
        "\"regions\":[[1,2]]", "\"regions\":[[1,2,3,4]]",
        "\"regions\":[\"51\",[1,2,3,4,5,6]]",
        "\"regions\":[{\"a\":1,\"b\":2}]",
        "\"regions\":[{\"a\":1,\"b\":2,\"c\":3,\"d\":4}]",
        "\"regions\":[[[],[]]]",
        "\"regions\":[\"511\"]", "\"regions\":[\"51140\"]",
        "\"regions\":[\"5114022\"]", "\"regions\":[\"51140222\"]",
        "\"regions\":[\"5a\"]", "\"regions\":[\"51 \"]", "\"regions\":[\"-5\"]",
        "\"regions\":[\"51140\\n\"]", "\"regions\":[\"/9\"]",
        "\"regions\":[\":0\"]", "\"regions\":[\"51\",\"5114\",\"x\"]",
        "\"regions\":[\"\\uff15\\uff11\"]",
    };
    char  payload[256];

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(payload, sizeof(payload), "{" BASE ",%s}", rows[i]);
        test_row(parse(payload) == HEALTHCODE_REASON_MALFORMED, i, payload);
    }

    (void) state;
}


static void
test_refuses_more_than_64_regions(void **state)
{
    char    payload[2048];
    size_t  len;

    for (unsigned n = 0; n < 70; n++) {
        len = (size_t) snprintf(payload, sizeof(payload),
                                "{" BASE ",\"regions\":[");

        for (unsigned i = 0; i < n; i++) {
            len += (size_t) snprintf(payload + len, sizeof(payload) - len,
                                     "%s\"51%02u%02u\"", i ? "," : "", i, i);
        }

        snprintf(payload + len, sizeof(payload) - len, "]}");

        if (n <= 64) {
            assert_int_equal(parse(payload), HEALTHCODE_REASON_OK);
            assert_int_equal(claims.nregions, n);

            for (unsigned i = 0; i < n; i++) {
                assert_int_equal(claims.regions[i], 1510000 + 101 * i);
            }

        } else {
            assert_int_equal(parse(payload), HEALTHCODE_REASON_MALFORMED);
        }
    }

    (void) state;
}


static void
test_reads_as_many_members_as_a_code_has_room_for(void **state)
{
    char    payload[HEALTHCODE_TOKEN_MAX / 4 * 3];
    size_t  len;

    for (unsigned n = 60; n < 720; n += (n < 70) ? 1 : 50) {
        len = (size_t) snprintf(payload, sizeof(payload), "{" BASE);

        for (unsigned i = 4; i < n; i++) {
            len += (size_t) snprintf(payload + len, sizeof(payload) - len,
                                     ",\"%x\":1", i);
        }

        snprintf(payload + len, sizeof(payload) - len, "}");
        assert_int_equal(parse(payload), HEALTHCODE_REASON_OK);

        snprintf(payload + len, sizeof(payload) - len, ",\"4\":1}");
        assert_int_equal(parse(payload), HEALTHCODE_REASON_MALFORMED);
    }

    (void) state;
}


static void
test_reads_the_claims(void **state)
{
    assert_int_equal(parse("{" BASE "}"), HEALTHCODE_REASON_OK);
    test_str_equal(claims.iss, "https://issuer.example");
    test_str_equal(claims.sub, "s-1");
    assert_null(claims.jti.data);
    assert_null(claims.status.data);
    assert_null(claims.aud);
    assert_int_equal(claims.iat, IAT);
    assert_int_equal(claims.exp, IAT + 900);
    assert_int_equal(claims.nbf, 0);
    assert_int_equal(claims.nregions, 0);
    assert_non_null(claims.object);

    assert_int_equal(parse("{\"sub\":\"\\u00e9\",\"iss\":\"i\",\"nbf\":5,"
                           "\"iat\":0,\"exp\":253402300799,\"jti\":\"\","
                           "\"status\":\"normal\",\"aud\":[],\"more\":[{}],"
                           "\"regions\":[\"51\",\"5114\",\"511402\",\"00\"]}"),
                     HEALTHCODE_REASON_OK);
    test_str_equal(claims.sub, "\xc3\xa9");
    test_str_equal(claims.jti, "");
    test_str_equal(claims.status, "normal");
    assert_int_equal(claims.iat, 0);
    assert_true(claims.exp == 253402300799);
    assert_int_equal(claims.nbf, 5);
    assert_non_null(claims.aud);
    assert_int_equal(claims.nregions, 4);
    assert_int_equal(claims.regions[0], 151);
    assert_int_equal(claims.regions[1], 15114);
    assert_int_equal(claims.regions[2], 1511402);
    assert_int_equal(claims.regions[3], 100);

    (void) state;
}


static void
test_judges_each_second_at_the_boundaries(void **state)
{
    enum { OK = HEALTHCODE_REASON_OK, LIFETIME = HEALTHCODE_REASON_LIFETIME,
           EARLY = HEALTHCODE_REASON_NOT_YET_VALID,
           EXPIRED = HEALTHCODE_REASON_EXPIRED,
           OLD = HEALTHCODE_REASON_TOO_OLD };

    static const struct {
        int64_t  iat, exp, nbf, lifetime_max, max_age, leeway, now;
        int      reason;
    } rows[] = {
        /* exp - iat <= lifetime_max */
        { 1000, 1899, 0, 900, 900, 5, 1000, OK },
        { 1000, 1900, 0, 900, 900, 5, 1000, OK },
        { 1000, 1901, 0, 900, 900, 5, 1000, LIFETIME },
        { 1000, 1000, 0, 900, 900, 5, 1000, OK },
        { 1000, 999, 0, 900, 900, 5, 1000, LIFETIME },
        { 1000, 0, 0, 900, 900, 5, 1000, LIFETIME },
        { 0, 253402300799, 0, 900, 900, 5, 100, LIFETIME },
        { 253402300799, 0, 0, 900, 900, 5, 100, LIFETIME },
        /* the lifetime goes before everything else */
        { 1000, 1901, 0, 900, 900, 5, 9000, LIFETIME },
        { 1000, 1901, 0, 900, 900, 5, 1, LIFETIME },

        /* iat <= now + leeway */
        { 1000, 1900, 0, 900, 900, 5, 994, EARLY },
        { 1000, 1900, 0, 900, 900, 5, 995, OK },
        { 1000, 1900, 0, 900, 900, 5, 996, OK },
        { 1000, 1900, 0, 900, 900, 0, 999, EARLY },
        { 1000, 1900, 0, 900, 900, 0, 1000, OK },

        /* nbf likewise */
        { 1000, 1900, 1500, 900, 900, 5, 1494, EARLY },
        { 1000, 1900, 1500, 900, 900, 5, 1495, OK },
        { 1000, 1900, 1500, 900, 900, 5, 1496, OK },
        { 1000, 1900, 1500, 900, 900, 0, 1499, EARLY },
        { 1000, 1900, 1500, 900, 900, 0, 1500, OK },
        { 1000, 1900, 1901, 900, 900, 0, 1900, EARLY },
        { 1000, 1900, 253402300799, 900, 900, 5, 1000, EARLY },

        /* now < exp + leeway; expired wins over too old */
        { 1000, 1900, 0, 900, 900, 5, 1904, OK },
        { 1000, 1900, 0, 900, 900, 5, 1905, EXPIRED },
        { 1000, 1900, 0, 900, 900, 5, 1906, EXPIRED },
        { 1000, 1900, 0, 900, 900, 0, 1899, OK },
        { 1000, 1900, 0, 900, 900, 0, 1900, EXPIRED },
        { 1000, 1900, 0, 900, 900, 0, 1901, EXPIRED },
        { 1000, 1900, 0, 900, 600, 5, 1905, EXPIRED },
        { 1000, 1000, 0, 900, 900, 0, 1000, EXPIRED },
        { 1000, 1900, 0, 900, 900, 5, 253402300799, EXPIRED },

        /* now - iat <= max_age + leeway */
        { 1000, 1900, 0, 900, 600, 5, 1604, OK },
        { 1000, 1900, 0, 900, 600, 5, 1605, OK },
        { 1000, 1900, 0, 900, 600, 5, 1606, OLD },
        { 1000, 1900, 0, 900, 600, 0, 1600, OK },
        { 1000, 1900, 0, 900, 600, 0, 1601, OLD },
        { 1000, 1900, 0, 900, 0, 0, 1000, OK },
        { 1000, 1900, 0, 900, 0, 0, 1001, OLD },

        /* an issuer with longer codes, a location with the usual age */
        { 1000, 4600, 0, 3600, 900, 5, 1905, OK },
        { 1000, 4600, 0, 3600, 900, 5, 1906, OLD },
        { 1000, 4600, 0, 3600, 3600, 5, 4604, OK },
        { 1000, 4600, 0, 3600, 3600, 5, 4605, EXPIRED },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_claims_t         c = { .iat = rows[i].iat,
                                          .exp = rows[i].exp,
                                          .nbf = rows[i].nbf,
                                          .is_normal = true };
        healthcode_claims_policy_t  policy = {
            .lifetime_max = rows[i].lifetime_max,
            .max_age = rows[i].max_age, .leeway = rows[i].leeway
        };

        test_row((int) healthcode_claims_check(&c, &policy, rows[i].now)
                 == rows[i].reason, i, "of the times");
    }

    (void) state;
}


/* Parses a payload of the usual times, and judges it within them. */
static healthcode_reason_e
judge(const char *members, const char *a, const char *b)
{
    char                        payload[512];
    healthcode_str_t            audience[2];
    healthcode_claims_policy_t  policy = usual;

    snprintf(payload, sizeof(payload), "{" BASE "%s}", members);
    assert_int_equal(parse(payload), HEALTHCODE_REASON_OK);

    if (a) {
        audience[policy.naudience++] = guard_text(1, a);
    }

    if (b) {
        audience[policy.naudience++] = guard_text(2, b);
    }

    policy.audience = audience;

    return healthcode_claims_check(&claims, &policy, IAT + 1);
}


static void
test_refuses_another_audience(void **state)
{
    enum { OK = HEALTHCODE_REASON_OK, NO = HEALTHCODE_REASON_AUDIENCE };

    static const struct {
        const char  *members, *a, *b;
        int          reason;
    } rows[] = {
        { "", "gate", NULL, NO },
        { "", "", NULL, NO },
        { ",\"aud\":\"\"", "gate", NULL, NO },
        { ",\"aud\":[]", "gate", NULL, NO },
        { ",\"aud\":[]", "", NULL, NO },
        { ",\"aud\":\"\"", "", NULL, NO },
        { ",\"aud\":[\"\"]", "desk", "", NO },
        { ",\"aud\":[\"\",\"desk\"]", "", "desk", OK },
        { ",\"aud\":\"Gate\"", "gate", NULL, NO },
        { ",\"aud\":\"gate2\"", "gate", NULL, NO },
        { ",\"aud\":\"gat\"", "gate", NULL, NO },
        { ",\"aud\":\"gate other\"", "gate", NULL, NO },
        { ",\"aud\":[\"x\",\"y\"]", "gate", "desk", NO },
        { ",\"aud\":\"gate\"", "gate", NULL, OK },
        { ",\"aud\":\"desk\"", "gate", "desk", OK },
        { ",\"aud\":[\"gate\"]", "gate", NULL, OK },
        { ",\"aud\":[\"x\",\"desk\"]", "gate", "desk", OK },
        { ",\"aud\":[\"x\",\"y\"]", NULL, NULL, OK },
        { "", NULL, NULL, OK },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row((int) judge(rows[i].members, rows[i].a, rows[i].b)
                 == rows[i].reason, i, rows[i].members);
    }

    (void) state;
}


static void
test_refuses_another_status(void **state)
{
    enum { OK = HEALTHCODE_REASON_OK, NO = HEALTHCODE_REASON_STATUS };

    static const struct {
        const char  *members;
        int          reason;
    } rows[] = {
        { ",\"status\":\"\"", NO },
        { ",\"status\":\"red\"", NO },
        { ",\"status\":\"Normal\"", NO },
        { ",\"status\":\"normal \"", NO },
        { ",\"status\":\"norma\"", NO },
        { ",\"status\":\"abnormal\"", NO },
        { ",\"status\":\"normal\"", OK },
        { "", OK },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row((int) judge(rows[i].members, NULL, NULL) == rows[i].reason, i,
                 rows[i].members);
    }

    (void) state;
}


static void
test_names_the_reasons_in_their_order(void **state)
{
    healthcode_str_t            gate = healthcode_str("gate");
    healthcode_claims_policy_t  policy = usual;

    policy.audience = &gate;
    policy.naudience = 1;

    assert_int_equal(parse("{" BASE ",\"status\":\"red\",\"aud\":\"x\"}"),
                     HEALTHCODE_REASON_OK);

    assert_int_equal(healthcode_claims_check(&claims, &policy, IAT - 6),
                     HEALTHCODE_REASON_NOT_YET_VALID);
    assert_int_equal(healthcode_claims_check(&claims, &policy, IAT + 905),
                     HEALTHCODE_REASON_EXPIRED);
    assert_int_equal(healthcode_claims_check(&claims, &policy, IAT),
                     HEALTHCODE_REASON_AUDIENCE);
    gate = healthcode_str("x");
    assert_int_equal(healthcode_claims_check(&claims, &policy, IAT),
                     HEALTHCODE_REASON_STATUS);

    (void) state;
}


/* Of several rules that are broken the first one of the order is named. */
static void
test_judges_facts_in_the_order_of_the_reasons(void **state)
{
    enum { OLD = 1, EXPIRED = 2, EARLY = 4, LONG = 8 };

    static const struct {
        unsigned             broken;
        int64_t              iat, exp, nbf;
        healthcode_reason_e  reason;
    } rows[] = {
        /* judged at 10000: lifetime_max 900, max_age 600, no leeway */
        { LONG | EARLY, 10001, 10902, 0, HEALTHCODE_REASON_LIFETIME },
        { LONG | EXPIRED | OLD, 9000, 9901, 0, HEALTHCODE_REASON_LIFETIME },
        { LONG | EXPIRED | OLD, 9000, 8999, 0, HEALTHCODE_REASON_LIFETIME },
        { LONG | OLD, 9300, 10201, 0, HEALTHCODE_REASON_LIFETIME },
        { LONG | EARLY | EXPIRED | OLD, 9000, 9901, 10001,
          HEALTHCODE_REASON_LIFETIME },
        { EARLY, 10001, 10901, 0, HEALTHCODE_REASON_NOT_YET_VALID },
        { EARLY, 9900, 10800, 10001, HEALTHCODE_REASON_NOT_YET_VALID },
        { EARLY | EXPIRED | OLD, 9000, 9900, 10001,
          HEALTHCODE_REASON_NOT_YET_VALID },
        { EARLY | OLD, 9300, 10200, 10001, HEALTHCODE_REASON_NOT_YET_VALID },
        { EXPIRED | OLD, 9000, 9900, 0, HEALTHCODE_REASON_EXPIRED },
        { EXPIRED, 9900, 10000, 0, HEALTHCODE_REASON_EXPIRED },
        { OLD, 9399, 10200, 0, HEALTHCODE_REASON_TOO_OLD },
        { 0, 9900, 10800, 0, HEALTHCODE_REASON_OK },
    };
    healthcode_reason_e         expected;
    healthcode_claims_facts_t   facts;
    healthcode_claims_policy_t  policy = {
        .lifetime_max = 900, .max_age = 600
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        for (unsigned set = 0; set < 16; set++) {
            facts = (healthcode_claims_facts_t) {
                .iat = rows[i].iat, .exp = rows[i].exp, .nbf = rows[i].nbf,
                .audience = set & 1, .normal = set & 2, .foreign = set & 4,
                .bound = set & 8
            };

            expected = rows[i].broken ? rows[i].reason
                       : !facts.audience ? HEALTHCODE_REASON_AUDIENCE
                       : facts.bound ? HEALTHCODE_REASON_BOUND
                       : !facts.normal && facts.foreign
                         ? HEALTHCODE_REASON_STATUS_UNSUPPORTED
                       : !facts.normal ? HEALTHCODE_REASON_STATUS
                       : HEALTHCODE_REASON_OK;
            test_row(healthcode_claims_judge(&facts, &policy, 10000)
                     == expected, i, "of the facts");
        }
    }

    /* a missing claim is neither an audience nor a normal status */
    facts = (healthcode_claims_facts_t) { .iat = 9900, .exp = 10800 };
    assert_int_equal(healthcode_claims_judge(&facts, &policy, 10000),
                     HEALTHCODE_REASON_AUDIENCE);

    (void) state;
}


static void
test_takes_normal_or_nothing_for_normal(void **state)
{
    static const struct {
        const char  *members;
        bool         normal;
    } rows[] = {
        { ",\"status\":\"\"", false }, { ",\"status\":\"red\"", false },
        { ",\"status\":\"Normal\"", false },
        { ",\"status\":\" normal\"", false },
        { ",\"status\":\"normal \"", false },
        { ",\"status\":\"norma\"", false },
        { ",\"status\":\"normal2\"", false },
        { ",\"status\":\"normal\"", true }, { ",\"Status\":\"red\"", true },
        { "", true },
    };
    char  payload[256];

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(payload, sizeof(payload), "{" BASE "%s}", rows[i].members);
        assert_int_equal(parse(payload), HEALTHCODE_REASON_OK);
        test_row(claims.is_normal == rows[i].normal && !claims.is_foreign, i,
                 payload);
    }

    (void) state;
}


#define JKT  "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

/*
 * A certificate, the key of RFC 9449, or neither; healthcode_bound_test.c has
 * more.
 */
static void
test_refuses_a_code_that_is_bound_to_a_key_that_nobody_proved(void **state)
{
    static const struct {
        const char           *members;
        healthcode_reason_e   without, with;
    } rows[] = {
        { "", HEALTHCODE_REASON_OK, HEALTHCODE_REASON_OK },
        { ",\"cnf\":null", HEALTHCODE_REASON_OK, HEALTHCODE_REASON_OK },
        { ",\"CNF\":{}", HEALTHCODE_REASON_OK, HEALTHCODE_REASON_OK },
        { ",\"cnf\":{}", HEALTHCODE_REASON_BOUND, HEALTHCODE_REASON_BOUND },
        { ",\"cnf\":false", HEALTHCODE_REASON_BOUND,
          HEALTHCODE_REASON_BOUND },
        { ",\"cnf\":\"\"", HEALTHCODE_REASON_BOUND,
          HEALTHCODE_REASON_BOUND },
        { ",\"cnf\":{\"jkt\":\"x\"}", HEALTHCODE_REASON_BOUND,
          HEALTHCODE_REASON_BOUND },
        { ",\"cnf\":{\"x5t#S256\":"
          "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}",
          HEALTHCODE_REASON_BOUND, HEALTHCODE_REASON_OK },
        { ",\"cnf\":{\"x5t#S256\":"
          "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh4\"}",
          HEALTHCODE_REASON_BOUND, HEALTHCODE_REASON_BOUND },
        { ",\"cnf\":{\"jkt\":\"" JKT "\"}",
          HEALTHCODE_REASON_BOUND, HEALTHCODE_REASON_OK },
        { ",\"cnf\":{\"jkt\":"
          "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}",
          HEALTHCODE_REASON_BOUND, HEALTHCODE_REASON_BOUND },
        { ",\"status\":\"red\",\"cnf\":{}", HEALTHCODE_REASON_BOUND,
          HEALTHCODE_REASON_BOUND },
        { ",\"nbf\":1700000100,\"cnf\":{}",
          HEALTHCODE_REASON_NOT_YET_VALID, HEALTHCODE_REASON_NOT_YET_VALID },
    };
    char                        payload[256];
    uint8_t                     certificate[HEALTHCODE_BOUND_LEN];
    healthcode_claims_policy_t  policy = usual;

    for (size_t i = 0; i < sizeof(certificate); i++) {
        certificate[i] = (uint8_t) i;
    }

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(payload, sizeof(payload), "{" BASE "%s}", rows[i].members);
        assert_int_equal(parse(payload), HEALTHCODE_REASON_OK);
        policy = usual;
        test_row(healthcode_claims_check(&claims, &policy, IAT + 1)
                 == rows[i].without, i, payload);
        policy.certificate = certificate;
        policy.jkt = healthcode_str(JKT);
        test_row(healthcode_claims_check(&claims, &policy, IAT + 1)
                 == rows[i].with, i, payload);
    }

    (void) state;
}


static const healthcode_str_t  subjects[] = {
    { (const uint8_t *) "oid", 3 }, { (const uint8_t *) "sub", 3 }
};
static const healthcode_str_t  normal[] = {
    { (const uint8_t *) "ok", 2 }, { (const uint8_t *) "green", 5 }
};
static const healthcode_claims_names_t  others = {
    .subjects = subjects, .nsubjects = 2, .subject_digits = true,
    .status = { (const uint8_t *) "https://a/state", 15 },
    .normal = normal, .nnormal = 2,
    .regions = { (const uint8_t *) "places", 6 }
};


static void
test_takes_the_first_subject_that_is_there(void **state)
{
    static const struct {
        const char  *members, *sub;      /* NULL: malformed */
        const char  *claim;
    } rows[] = {
        { "\"oid\":\"a\",\"sub\":\"b\"", "a", NULL },
        { "\"sub\":\"b\",\"oid\":\"a\"", "a", NULL },
        { "\"sub\":\"b\"", "b", NULL }, { "\"oid\":\"a\"", "a", NULL },
        { "\"oid\":1001", "1001", NULL }, { "\"oid\":0", "0", NULL },
        { "\"sub\":9223372036854775807", "9223372036854775807", NULL },
        { "\"oid\":\"001\"", "001", NULL },
        { "\"x\":1", NULL, "oid" }, { "\"OID\":\"a\"", NULL, "oid" },
        /* what is there counts, or it would be another holder's */
        { "\"oid\":null,\"sub\":\"b\"", NULL, "oid" },
        { "\"oid\":\"\",\"sub\":\"b\"", NULL, "oid" },
        { "\"oid\":[],\"sub\":\"b\"", NULL, "oid" },
        { "\"oid\":1.0,\"sub\":\"b\"", NULL, "oid" },
        { "\"oid\":1e3,\"sub\":\"b\"", NULL, "oid" },
        { "\"oid\":-1,\"sub\":\"b\"", NULL, "oid" },
        { "\"oid\":true,\"sub\":\"b\"", NULL, "oid" },
        { "\"oid\":9223372036854775808,\"sub\":\"b\"", NULL, "oid" },
        { "\"sub\":{}", NULL, "sub" },
    };
    char  payload[256];

    names = &others;

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(payload, sizeof(payload), "{\"iss\":\"i\"," TIMES ",%s}",
                 rows[i].members);
        test_row((parse(payload) == HEALTHCODE_REASON_OK)
                 == (rows[i].sub != NULL), i, payload);

        if (rows[i].sub) {
            test_str_equal(claims.sub, rows[i].sub);
        } else {
            test_str_equal(faults.faults[0].claim, rows[i].claim);
        }
    }

    names = NULL;

    /* without a line of its own an issuer has texts alone */
    assert_int_equal(parse("{\"iss\":\"i\"," TIMES ",\"sub\":1001}"),
                     HEALTHCODE_REASON_MALFORMED);
    assert_int_equal(parse("{\"iss\":\"i\"," TIMES ",\"oid\":\"a\"}"),
                     HEALTHCODE_REASON_MALFORMED);

    (void) state;
}


#define K16  "kkkkkkkkkkkkkkkk"
#define K64  K16 K16 K16 K16

static void
test_reads_the_kind_of_a_subject_and_guesses_none(void **state)
{
    static const struct {
        const char  *value, *kind;       /* NULL: malformed */
        const char  *what;
    } rows[] = {
        { "\"passport\"", "passport", NULL },
        { "\"p\"", "p", NULL },
        { "\"P. 1/2-x_y\"", NULL, "has a \":\", a blank" },
        { "\"P.1/2-x_y\"", "P.1/2-x_y", NULL },
        { "\"护照\"", "护照", NULL },
        { "1", "1", NULL }, { "\"01\"", "01", NULL }, { "0", "0", NULL },
        { "9223372036854775807", "9223372036854775807", NULL },
        { "\"" K64 "\"", K64, NULL },
        { "\"" K64 "k\"", NULL, "has more than 64 bytes" },
        { "\"\"", NULL, "is empty" },
        { "\"a:b\"", NULL, "has a \":\", a blank" },
        { "\":\"", NULL, "has a \":\", a blank" },
        { "\" \"", NULL, "has a \":\", a blank" },
        { "\"a b\"", NULL, "has a \":\", a blank" },
        { "\"a\\n\"", NULL, "has a \":\", a blank" },
        { "\"a\\u007f\"", NULL, "has a \":\", a blank" },
        { "\"\\u00a0a\"", NULL, "has a \":\", a blank" },
        { "\"a\\u200b\"", NULL, "has a \":\", a blank" },
        { "null", NULL, "is not a string" },
        { "true", NULL, "is not a string" },
        { "1.0", NULL, "is not a string" },
        { "-1", NULL, "is not a string" },
        { "9223372036854775808", NULL, "is not a string" },
        { "[]", NULL, "is not a string" },
        { "[\"passport\"]", NULL, "is not a string" },
        { "{}", NULL, "is not a string" },
    };
    char                        payload[512];
    healthcode_claims_names_t   kinds = *healthcode_claims_usual();

    kinds.kind = healthcode_str("id_type");
    names = &kinds;

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(payload, sizeof(payload), "{" BASE ",\"id_type\":%s}",
                 rows[i].value);
        test_row((parse(payload) == HEALTHCODE_REASON_OK)
                 == (rows[i].kind != NULL), i, payload);

        if (rows[i].kind) {
            test_str_equal(claims.kind, rows[i].kind);
            test_str_equal(claims.sub, "s-1");

        } else {
            test_row(faults.n == 1
                     && strncmp(faults.faults[0].what, rows[i].what,
                                strlen(rows[i].what)) == 0, i, payload);
            test_str_equal(faults.faults[0].claim, "id_type");
        }
    }

    assert_int_equal(parse("{" BASE "}"), HEALTHCODE_REASON_MALFORMED);
    test_str_equal(faults.faults[0].claim, "id_type");
    assert_string_equal(faults.faults[0].what, "is missing");
    assert_int_equal(parse("{" BASE ",\"ID_TYPE\":\"passport\"}"),
                     HEALTHCODE_REASON_MALFORMED);

    /* the digits of both are their own */
    kinds.subject_digits = true;
    assert_int_equal(parse("{\"iss\":\"i\"," TIMES ",\"sub\":1001,"
                           "\"id_type\":2}"), HEALTHCODE_REASON_OK);
    test_str_equal(claims.sub, "1001");
    test_str_equal(claims.kind, "2");

    /* an issuer without a kind does not look at it */
    names = NULL;
    assert_int_equal(parse("{" BASE ",\"id_type\":[]}"),
                     HEALTHCODE_REASON_OK);
    assert_null(claims.kind.data);

    (void) state;
}


static void
test_looks_for_status_and_regions_where_the_issuer_has_them(void **state)
{
    enum { OK = HEALTHCODE_REASON_OK, NO = HEALTHCODE_REASON_STATUS,
           FOREIGN = HEALTHCODE_REASON_STATUS_UNSUPPORTED };

    static const struct {
        const char  *members;
        int          usual, other, off;
        size_t       regions, places;
    } rows[] = {
        { "", OK, OK, OK, 0, 0 },
        { ",\"status\":\"normal\"", OK, OK, OK, 0, 0 },
        { ",\"status\":\"red\"", NO, OK, OK, 0, 0 },
        { ",\"status\":{}", FOREIGN, OK, OK, 0, 0 },
        { ",\"status\":{\"status_list\":{\"idx\":3,\"uri\":\"https://a\"}}",
          FOREIGN, OK, OK, 0, 0 },
        { ",\"https://a/state\":\"ok\"", OK, OK, OK, 0, 0 },
        { ",\"https://a/state\":\"green\"", OK, OK, OK, 0, 0 },
        { ",\"https://a/state\":\"normal\"", OK, NO, OK, 0, 0 },
        { ",\"https://a/state\":\"\"", OK, NO, OK, 0, 0 },
        { ",\"https://a/state\":\"o\"", OK, NO, OK, 0, 0 },
        { ",\"https://a/state\":{}", OK, FOREIGN, OK, 0, 0 },
        { ",\"regions\":[\"51\"]", OK, OK, OK, 1, 0 },
        { ",\"places\":[\"51\",\"52\"]", OK, OK, OK, 0, 2 },
    };
    char                       payload[256];
    healthcode_claims_names_t  off = *healthcode_claims_usual();

    off.status = healthcode_str_from(NULL, 0);
    off.normal = NULL;
    off.nnormal = 0;

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(payload, sizeof(payload), "{" BASE "%s}", rows[i].members);

        for (int which = 0; which < 3; which++) {
            names = (which == 0) ? NULL : (which == 1) ? &others : &off;
            test_row(parse(payload) == HEALTHCODE_REASON_OK, i, payload);
            test_row((int) healthcode_claims_check(&claims, &usual, IAT + 1)
                     == (which == 0 ? rows[i].usual
                         : which == 1 ? rows[i].other : rows[i].off), i,
                     payload);
            test_row(claims.nregions == (which == 1 ? rows[i].places
                                                    : rows[i].regions), i,
                     payload);
        }
    }

    names = &others;
    assert_int_equal(parse("{" BASE ",\"https://a/state\":1}"),
                     HEALTHCODE_REASON_MALFORMED);
    test_str_equal(faults.faults[0].claim, "https://a/state");
    assert_int_equal(parse("{" BASE ",\"places\":1}"),
                     HEALTHCODE_REASON_MALFORMED);
    test_str_equal(faults.faults[0].claim, "places");
    names = &off;
    assert_int_equal(parse("{" BASE ",\"status\":1}"), HEALTHCODE_REASON_OK);
    names = NULL;

    (void) state;
}


static yyjson_val *
object(const char *payload)
{
    yyjson_val  *found;

    found = healthcode_json_read(guard_text(0, payload), memory.json,
                                 sizeof(memory.json));
    assert_non_null(found);

    return found;
}


static void
test_finds_a_claim_by_the_name_of_a_variable(void **state)
{
    static const struct {
        const char  *payload, *name;
        int64_t      found;              /* 0: none */
    } rows[] = {
        { "{}", "a", 0 }, { "{\"b\":1}", "a", 0 }, { "{\"aa\":1}", "a", 0 },
        { "{\"a\":1}", "aa", 0 }, { "{\"a\":1}", "", 0 },
        { "{\"a\":1}", "a", 1 }, { "{\"A\":1}", "a", 1 },
        { "{\"a\":1,\"A\":2}", "a", 1 }, { "{\"A\":2,\"a\":1}", "a", 1 },
        { "{\"aB\":1}", "ab", 1 }, { "{\"aB\":1,\"Ab\":2}", "ab", 0 },
        { "{\"aB\":1,\"Ab\":2,\"AB\":3}", "ab", 0 },
        { "{\"aB\":1,\"Ab\":2,\"ab\":3}", "ab", 3 },
        { "{\"x-y\":1}", "x_y", 1 }, { "{\"x.y\":1}", "x_y", 1 },
        { "{\"X/y\":1}", "x_y", 1 }, { "{\"x y\":1}", "x_y", 1 },
        { "{\"x-y\":1,\"x.y\":2}", "x_y", 0 },
        { "{\"x-y\":1,\"x_y\":2}", "x_y", 2 },
        { "{\"xy\":1}", "x_y", 0 }, { "{\"x--y\":1}", "x_y", 0 },
        { "{\"\u00fc\":1}", "__", 1 }, { "{\"\u00fc\":1}", "_", 0 },
        { "{\"@[`{\":1}", "____", 1 }, { "{\"/:\":1}", "__", 1 },
        { "{\"aZ09\":1}", "az09", 1 }, { "{\"Xz\":1}", "xz", 1 },
        { "{\"a\\nb\":1}", "a_b", 1 },
        { "{\"b\":{\"a\":1}}", "a", 0 },
    };
    int64_t      number;
    yyjson_val  *found;

    for (size_t i = 0; i < test_count(rows); i++) {
        found = healthcode_claims_find(object(rows[i].payload),
                                       guard_text(1, rows[i].name));
        number = 0;
        (void) healthcode_json_whole(found, &number);
        test_row(number == rows[i].found, i, rows[i].payload);
        test_row((found == NULL) == (rows[i].found == 0), i, rows[i].payload);
    }

    assert_null(healthcode_claims_find(NULL, healthcode_str("a")));

    (void) state;
}


static void
test_makes_one_line_of_a_claim(void **state)
{
    static const struct {
        const char  *json, *text;        /* NULL: none */
    } rows[] = {
        { "null", NULL }, { "\"a\\nb\"", NULL }, { "\"\\r\"", NULL },
        { "\"\\r\\nX-Evil: 1\"", NULL }, { "\"\\t\"", NULL },
        { "\"\\u0001\"", NULL }, { "\"\\u001f\"", NULL },
        { "\"\x7f\"", NULL }, { "[\"\x7f\"]", NULL },
        { "{\"\x7f\":1}", NULL },
        { "\"\"", "" }, { "\"x\"", "x" }, { "\" \"", " " },
        { "\"\\\"\"", "\"" }, { "\"\\\\\"", "\\" },
        { "\"\\u5317\"", "\xe5\x8c\x97" }, { "\"\\u0080\"", "\xc2\x80" },
        { "true", "true" }, { "false", "false" },
        { "0", "0" }, { "-1", "-1" }, { "18446744073709551615",
                                        "18446744073709551615" },
        { "-9223372036854775808", "-9223372036854775808" },
        { "1.5", "1.5" }, { "1e2", "100.0" },
        { "[]", "[]" }, { "{}", "{}" }, { "[ 1 , \"x\" ]", "[1,\"x\"]" },
        { "{ \"a\" : [null] }", "{\"a\":[null]}" },
        { "[\"a\\nb\"]", "[\"a\\nb\"]" },
    };
    bool                         made;
    char                         payload[256];
    healthcode_str_t             text;
    static alignas(16) uint8_t   room[healthcode_json_write_memory(256)];

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(payload, sizeof(payload), "{\"c\":%s}", rows[i].json);
        text = healthcode_str("before");
        made = healthcode_claims_text(yyjson_obj_get(object(payload), "c"),
                                      room, sizeof(room), &text);
        test_row(made == (rows[i].text != NULL), i, payload);
        test_str_equal(text, made ? rows[i].text : "before");
    }

    text = healthcode_str("before");
    assert_false(healthcode_claims_text(NULL, room, sizeof(room), &text));
    test_str_equal(text, "before");

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_payloads_without_the_claims),
        cmocka_unit_test(test_refuses_times_that_are_no_whole_seconds),
        cmocka_unit_test(test_reads_a_time_however_it_is_written),
        cmocka_unit_test(test_takes_null_for_absent),
        cmocka_unit_test(test_says_which_claim_is_wrong),
        cmocka_unit_test(test_refuses_claims_of_another_type),
        cmocka_unit_test(test_refuses_more_than_64_regions),
        cmocka_unit_test(test_reads_as_many_members_as_a_code_has_room_for),
        cmocka_unit_test(test_reads_the_claims),
        cmocka_unit_test(test_judges_each_second_at_the_boundaries),
        cmocka_unit_test(test_refuses_another_audience),
        cmocka_unit_test(test_refuses_another_status),
        cmocka_unit_test(test_names_the_reasons_in_their_order),
        cmocka_unit_test(test_judges_facts_in_the_order_of_the_reasons),
        cmocka_unit_test(test_takes_normal_or_nothing_for_normal),
        cmocka_unit_test(
            test_refuses_a_code_that_is_bound_to_a_key_that_nobody_proved),
        cmocka_unit_test(test_takes_the_first_subject_that_is_there),
        cmocka_unit_test(test_reads_the_kind_of_a_subject_and_guesses_none),
        cmocka_unit_test(
            test_looks_for_status_and_regions_where_the_issuer_has_them),
        cmocka_unit_test(test_finds_a_claim_by_the_name_of_a_variable),
        cmocka_unit_test(test_makes_one_line_of_a_claim),
    };

    return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
