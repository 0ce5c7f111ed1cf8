/*
 * Tests of healthcode_bound.c: what a "cnf" may name, and the certificate of
 * RFC 8705 appendix A.  docs/token-format.md, "Bound codes".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_bound.h"


/* RFC 8705, figures 5 and 6. */
#define THUMBPRINT  "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"

/* RFC 9449, section 6.1. */
#define JKT  "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

#define BODY                                                                  \
    "MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx\n"      \
    "ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG\n"      \
    "SM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ\n"      \
    "/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID\n"      \
    "SQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOV\n"      \
    "bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=\n"

#define PEM(kind, body)                                                       \
    "-----BEGIN " kind "-----\n" body "-----END " kind "-----\n"

#define CERTIFICATE  PEM("CERTIFICATE", BODY)


static const healthcode_str_t  none = { NULL, 0 };

static uint8_t  memory[healthcode_json_memory(1024)]
    __attribute__((aligned(16)));


/* The cnf of this text. */
static yyjson_val *
cnf(const char *value)
{
    char         text[512];
    yyjson_val  *object;

    snprintf(text, sizeof(text), "{\"cnf\":%s}", value);
    object = healthcode_json_read(healthcode_str_from(text, strlen(text)),
                                  memory, sizeof(memory));
    assert_non_null(object);

    return yyjson_obj_get(object, "cnf");
}


static void
test_knows_the_certificate_of_the_rfc(void **state)
{
    uint8_t  *named = guard_room(0, HEALTHCODE_BOUND_LEN);

    assert_true(healthcode_bound_thumbprint(guard_text(1, CERTIFICATE), named));
    assert_null(healthcode_bound_fault(cnf("{\"x5t#S256\":\"" THUMBPRINT
                                           "\"}"), named, none));

    /* the first one counts, and what follows does not */
    assert_true(healthcode_bound_thumbprint(
                    guard_text(1, CERTIFICATE PEM("CERTIFICATE", "AAAA\n")),
                    named));
    assert_null(healthcode_bound_fault(cnf("{\"x5t#S256\":\"" THUMBPRINT
                                           "\"}"), named, none));

    (void) state;
}


static void
test_refuses_what_is_no_certificate(void **state)
{
    static const char  *const rows[] = {
        "", " ", "-----BEGIN CERTIFICATE-----\n", BODY,
        "-----BEGIN CERTIFICATE-----\n" BODY,
        PEM("CERTIFICATE", "!!!!\n"),
        PEM("TRUSTED CERTIFICATE", BODY),
        PEM("PUBLIC KEY", BODY), PEM("X509 CRL", BODY),
        PEM("PUBLIC KEY", BODY) CERTIFICATE,
    };
    uint8_t  named[HEALTHCODE_BOUND_LEN], before[HEALTHCODE_BOUND_LEN];

    memset(named, 0x5a, sizeof(named));
    memset(before, 0x5a, sizeof(before));

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(!healthcode_bound_thumbprint(guard_text(0, rows[i]), named)
                 && memcmp(named, before, sizeof(named)) == 0, i, rows[i]);
    }

    assert_false(healthcode_bound_thumbprint((healthcode_str_t) { NULL, 0 },
                                             named));
    (void) state;
}


/* Of the certificate of the RFC, of another one, of none. */
static void
test_takes_one_thumbprint_and_nothing_beside_it(void **state)
{
    static const struct {
        const char  *value, *what;
    } rows[] = {
        { "{}", "binds the code to a key that no gate checks" },
        { "[]", "binds the code to a key that no gate checks" },
        { "true", "binds the code to a key that no gate checks" },
        { "1", "binds the code to a key that no gate checks" },
        { "\"" THUMBPRINT "\"", "binds the code to a key that no gate checks" },
        { "[\"" THUMBPRINT "\"]",
          "binds the code to a key that no gate checks" },
        { "[{\"x5t#S256\":\"" THUMBPRINT "\"}]",
          "binds the code to a key that no gate checks" },
        { "{\"jkt\":\"" THUMBPRINT "\"}", "names a key, and no proof" },
        { "{\"kid\":\"a\"}", "binds the code to a key that no gate checks" },
        { "{\"jwk\":{\"kty\":\"EC\"}}",
          "binds the code to a key that no gate checks" },
        { "{\"x5t\":\"" THUMBPRINT "\"}",
          "binds the code to a key that no gate checks" },
        { "{\"x5t#s256\":\"" THUMBPRINT "\"}",
          "binds the code to a key that no gate checks" },
        { "{\"x5t#S256\":\"" THUMBPRINT "\",\"jkt\":\"a\"}",
          "binds the code to a key that no gate checks" },
        { "{\"kid\":null,\"x5t#S256\":\"" THUMBPRINT "\"}",
          "binds the code to a key that no gate checks" },
        { "{\"x5t#S256\":null}", "has an x5t#S256 that is not" },
        { "{\"x5t#S256\":1}", "has an x5t#S256 that is not" },
        { "{\"x5t#S256\":\"\"}", "has an x5t#S256 that is not" },
        { "{\"x5t#S256\":[\"" THUMBPRINT "\"]}",
          "has an x5t#S256 that is not" },
        { "{\"x5t#S256\":{\"x5t#S256\":\"" THUMBPRINT "\"}}",
          "has an x5t#S256 that is not" },
        { "{\"x5t#S256\":\"" THUMBPRINT "=\"}", "has an x5t#S256 that is not" },
        { "{\"x5t#S256\":\"" THUMBPRINT " \"}", "has an x5t#S256 that is not" },
        { "{\"x5t#S256\":\"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v1\"}",
          "has an x5t#S256 that is not" },
        { "{\"x5t#S256\":\"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v\"}",
          "has an x5t#S256 that is not" },
        { "{\"x5t#S256\":\"+4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0\"}",
          "has an x5t#S256 that is not" },
        { "{\"x5t#S256\":\"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v4\"}",
          "names another client certificate" },
        { "{\"x5t#S256\":\"B4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0\"}",
          "names another client certificate" },
        { "{\"x5t#S256\":\"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v8\"}",
          "names another client certificate" },
        { "{\"x5t#S256\":\"a4dtl2jmumhasvjj5tkyn64sqzmuxbmrja0n761y5v0\"}",
          "names another client certificate" },
        { "{\"x5t#S256\":\"" THUMBPRINT "\"}", NULL },
    };
    uint8_t      named[HEALTHCODE_BOUND_LEN], other[HEALTHCODE_BOUND_LEN];
    const char  *what;

    assert_true(healthcode_bound_thumbprint(guard_text(0, CERTIFICATE),
                                            named));

    for (size_t i = 0; i < test_count(rows); i++) {
        what = healthcode_bound_fault(cnf(rows[i].value),
                                      guard(0, named, sizeof(named)).data,
                                      none);
        test_row(rows[i].what ? what && strncmp(what, rows[i].what,
                                                strlen(rows[i].what)) == 0
                              : what == NULL, i, rows[i].value);

        /* nobody has shown one */
        assert_non_null(healthcode_bound_fault(cnf(rows[i].value), NULL,
                                               none));
    }

    /* each bit of it counts */
    for (size_t bit = 0; bit < 8 * sizeof(named); bit++) {
        memcpy(other, named, sizeof(named));
        other[bit / 8] ^= (uint8_t) (1u << bit % 8);
        what = healthcode_bound_fault(cnf("{\"x5t#S256\":\"" THUMBPRINT "\"}"),
                                      other, none);
        assert_non_null(what);
        assert_string_equal(what, "names another client certificate");
    }

    what = healthcode_bound_fault(cnf("{\"x5t#S256\":\"" THUMBPRINT "\"}"),
                                  NULL, none);
    assert_true(strncmp(what, "names a client certificate, and none", 36)
                == 0);

    (void) state;
}


/* RFC 9449 section 6.1; a certificate with the same thumbprint is not it. */
static void
test_takes_one_key_and_nothing_beside_it(void **state)
{
    static const struct {
        const char  *value, *what;
    } rows[] = {
        { "{\"jkt\":\"" JKT "\"}", NULL },
        { "{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4M\"}",
          "names another key" },
        { "{\"jkt\":\"" THUMBPRINT "\"}", "names another key" },
        { "{\"jkt\":\"0zcocorznyy-dwpqq30jzyjghtn0d2hglbv3uigua4I\"}",
          "names another key" },
        { "{\"jkt\":\"\"}", "has a jkt that is not" },
        { "{\"jkt\":null}", "has a jkt that is not" },
        { "{\"jkt\":[\"" JKT "\"]}", "has a jkt that is not" },
        { "{\"jkt\":\"" JKT "=\"}", "has a jkt that is not" },
        { "{\"jkt\":\"" JKT "A\"}", "has a jkt that is not" },
        { "{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J\"}",
          "has a jkt that is not" },
        { "{\"jkt\":\"" JKT "\",\"x5t#S256\":\"" JKT "\"}",
          "binds the code to a key that no gate checks" },
        { "{\"jkt\":\"" JKT "\",\"kid\":null}",
          "binds the code to a key that no gate checks" },
        { "{\"x5t#S256\":\"" JKT "\"}", "names a client certificate, and" },
        { "{\"Jkt\":\"" JKT "\"}",
          "binds the code to a key that no gate checks" },
        { "\"" JKT "\"", "binds the code to a key that no gate checks" },
        { "{}", "binds the code to a key that no gate checks" },
    };
    uint8_t            certificate[HEALTHCODE_BOUND_LEN];
    const char        *what;
    yyjson_val        *value;
    healthcode_str_t   jkt, jti = none;

    assert_true(healthcode_bound_thumbprint(guard_text(0, CERTIFICATE),
                                            certificate));

    for (size_t i = 0; i < test_count(rows); i++) {
        value = cnf(rows[i].value);
        jkt = guard_text(0, JKT);
        what = healthcode_bound_fault(value, NULL, jkt);
        test_row(rows[i].what ? what && strncmp(what, rows[i].what,
                                                strlen(rows[i].what)) == 0
                              : what == NULL, i, rows[i].value);

        /* nobody has proved it, or a certificate only */
        assert_non_null(healthcode_bound_fault(value, NULL, none));
        assert_non_null(healthcode_bound_fault(value, certificate, none));

        test_row(healthcode_bound_jkt(value, &jti)
                 == (rows[i].what == NULL
                     || strcmp(rows[i].what, "names another key") == 0), i,
                 rows[i].value);
    }

    assert_true(healthcode_bound_jkt(cnf("{\"jkt\":\"" JKT "\"}"), &jti));
    test_str_equal(jti, JKT);
    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_knows_the_certificate_of_the_rfc),
        cmocka_unit_test(test_refuses_what_is_no_certificate),
        cmocka_unit_test(test_takes_one_thumbprint_and_nothing_beside_it),
        cmocka_unit_test(test_takes_one_key_and_nothing_beside_it),
    };

    return cmocka_run_group_tests_name("bound", tests, NULL, NULL);
}
