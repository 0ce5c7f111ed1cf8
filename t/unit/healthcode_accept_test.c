/*
 * Tests of healthcode_accept.c: headers that nobody should send, those that
 * monitors, browsers and curl send, and their cost.
 * docs/directives.md, "healthcode_status".
 */

#include "test.h"

#include <time.h>

#include "../../ngx_http_healthcode_module/core/healthcode_accept.h"


enum { JSON, TEXT, OFFERS };


/* The best offer by these headers, each guarded; one string a header. */
static size_t
best(const char *first, const char *second)
{
    healthcode_accept_t  offers[OFFERS] = {
        healthcode_accept_offer("application", "json"),
        healthcode_accept_offer("text", "plain")
    };

    if (first) {
        healthcode_accept_read(guard_text(0, first), offers, OFFERS);
    }

    if (second) {
        healthcode_accept_read(guard_text(0, second), offers, OFFERS);
    }

    return healthcode_accept_best(offers, OFFERS);
}


static void
test_chooses_by_one_header(void **state)
{
    static const struct {
        const char  *header;
        size_t       best;
    } rows[] = {
        /* nothing of use */
        { "", JSON }, { ",", JSON }, { ";q=1", JSON }, { "/", JSON },
        { "text", JSON }, { "text/", JSON }, { "/plain", JSON },
        { "*/plain", JSON }, { "textplain", JSON }, { "text/plain/x", JSON },
        { "text/plainx", JSON }, { "image/png", JSON }, { "*", JSON },
        { "\"text/plain\"", JSON }, { "x;a=\"text/plain,text/plain", JSON },

        /* a quality that cannot be read refuses the range */
        { "text/plain;q=", JSON }, { "text/plain;q=2", JSON },
        { "text/plain;q=1.5", JSON }, { "text/plain;q=-1", JSON },
        { "text/plain;q=0.1234", JSON }, { "text/plain;q=0,5", JSON },
        { "text/plain;q=x", JSON }, { "text/plain;q=0.x", JSON },
        { "text/plain;q=0", JSON }, { "text/plain;q=0.000", JSON },

        { "*/*", JSON }, { "application/json", JSON }, { "text/plain", TEXT },
        { "TEXT/Plain", TEXT }, { " text/plain ", TEXT },
        { "text/*", TEXT }, { "text/plain;q=0.001", TEXT },
        { "text/plain;q=1.000", TEXT }, { "text/plain; Q=0.5", TEXT },
        { "text/plain;q=0.5,*/*;q=0.4", TEXT },
        { "text/plain;q=0.4,*/*;q=0.5", JSON },
        { "text/plain,application/json", JSON },
        { "text/plain,application/json;q=0.999", TEXT },
        { "application/*;q=0.5,text/*;q=0.6", TEXT },

        /* the closest range counts, and not the one that is liked best */
        { "*/*,text/plain;q=0", JSON }, { "*/*;q=0.2,application/json;q=0.1",
                                          TEXT },
        { "application/*,application/json;q=0.1,*/*;q=0.5", TEXT },
        { "application/json;q=0.1,text/*;q=0.2,*/*", TEXT },

        /* parameters but q */
        { "text/plain;version=0.0.4;q=0.3,application/json;q=0.2", TEXT },
        { "text/plain;q=0.1;x=1,application/json;q=0.2", JSON },
        { "text/plain;a=\"q=0,;q=0\";q=0.5,*/*;q=0.1", TEXT },
        { "text/plain;a=\"\\\",\";q=0.5,*/*;q=0.1", TEXT },

        /* Prometheus 2 and 3, with protobuf; vmagent */
        { "application/openmetrics-text;version=1.0.0;q=0.5,application/"
          "openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,"
          "*/*;q=0.2", TEXT },
        { "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;"
          "q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;"
          "version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;"
          "q=0.3,*/*;q=0.2", TEXT },
        { "application/vnd.google.protobuf;proto=io.prometheus.client."
          "MetricFamily;encoding=delimited;q=0.6,text/plain;version=0.0.4;"
          "q=0.5,*/*;q=0.1", TEXT },
        { "text/plain;version=0.0.4;q=1,*/*;q=0.1", TEXT },

        /* Firefox, Chromium */
        { "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
          JSON },
        { "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
          "image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;"
          "q=0.7", JSON },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(best(rows[i].header, NULL) == rows[i].best, i,
                 rows[i].header);
    }

    (void) state;
}


static void
test_chooses_by_all_headers(void **state)
{
    assert_int_equal(best(NULL, NULL), JSON);
    assert_int_equal(best("image/png", "text/plain"), TEXT);
    assert_int_equal(best("text/plain;q=0.5", "application/json;q=0.4"), TEXT);
    assert_int_equal(best("text/plain;q=0.5", "application/json;q=0.6"), JSON);
    assert_int_equal(best("text/plain", "*/*"), JSON);

    (void) state;
}


enum { EN, ZH, LANGUAGES };


static void
test_chooses_a_language(void **state)
{
    static const struct {
        const char  *header;
        size_t       best;
    } rows[] = {
        /* nothing of use */
        { "", EN }, { ",", EN }, { "-", EN }, { "-zh", EN }, { "fr", EN },
        { "zhx", EN }, { "x-zh", EN }, { "z", EN }, { "zh/*", EN },
        { "zh;q=2", EN }, { "zh;q=", EN }, { "zh;q=0", EN },

        { "*", EN }, { "en", EN }, { "zh", ZH }, { "ZH", ZH },
        { "zh-CN", ZH }, { "zh-Hant-TW", ZH }, { "zh-", ZH }, { "en-GB", EN },
        { "zh-CN;q=0.001", ZH }, { "fr,zh;q=0.5", ZH },
        { "en,zh", EN }, { "zh,en", EN }, { "en;q=0.8,zh;q=0.9", ZH },
        { "zh-CN;q=0.2,zh;q=0.9,en;q=0.8", ZH },
        { "en;q=0,*", ZH }, { "*;q=0.1,en;q=0.05", ZH },
        { "zh;q=0,*", EN },

        /* Chromium and Firefox, in China and elsewhere */
        { "zh-CN,zh;q=0.9", ZH }, { "zh-CN,zh;q=0.9,en;q=0.8", ZH },
        { "zh-CN,zh;q=0.8,zh-TW;q=0.7,zh-HK;q=0.5,en-US;q=0.3,en;q=0.2", ZH },
        { "en-US,en;q=0.9,zh-CN;q=0.8,zh;q=0.7", EN },
        { "en-US,en;q=0.5", EN }, { "de-DE,de;q=0.9,zh;q=0.2", ZH },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_accept_t  offers[LANGUAGES] = {
            healthcode_accept_offer("en", ""),
            healthcode_accept_offer("zh", "")
        };

        healthcode_accept_read_language(guard_text(0, rows[i].header), offers,
                                        LANGUAGES);
        test_row(healthcode_accept_best(offers, LANGUAGES) == rows[i].best, i,
                 rows[i].header);
    }

    (void) state;
}


static double
cost(healthcode_str_t text)
{
    struct timespec      from, to;
    healthcode_accept_t  offers[OFFERS] = {
        healthcode_accept_offer("application", "json"),
        healthcode_accept_offer("text", "plain")
    };

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    healthcode_accept_read(text, offers, OFFERS);
    healthcode_accept_read_language(text, offers, OFFERS);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);

    return (double) (to.tv_sec - from.tv_sec) * 1e6
           + (double) (to.tv_nsec - from.tv_nsec) / 1e3;
}


static void
test_costs_as_much_as_there_is_to_read(void **state)
{
    static const char *const  pieces[] = {
        ",", ";", "\"", "\\", "/", "-", "a/b;", "a/b,", "\",", ";q=", ";\"", " "
    };
    static char  room[64 * 1024];

    test_is_linear(pieces, test_count(pieces), "a/b;", room, sizeof(room),
                   cost);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_chooses_by_one_header),
        cmocka_unit_test(test_chooses_by_all_headers),
        cmocka_unit_test(test_chooses_a_language),
        cmocka_unit_test(test_costs_as_much_as_there_is_to_read),
    };

    return cmocka_run_group_tests_name("accept", tests, NULL, NULL);
}
