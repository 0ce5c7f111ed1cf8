/*
 * Tests of healthcode_risk_codec.c: replies of a store that errs, lies or is
 * another one, then honest ones, as bytes of RESP2 and RESP3; and the exact
 * bytes of the commands.  docs/redis-keys.md, "A live read".
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_risk_codec.h"


#define NOW     1700000000
#define HOLDER  "47a32820104a14e01f5e15974b5cf3b6"
#define CHECK   "39666bb05d87d8254e6b2233776bf348"
#define OTHER   "49666bb05d87d8254e6b2233776bf348"

#define META_PAIRS                                                            \
    "$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"              \
    "$12\r\npepper_check\r\n$32\r\n" CHECK "\r\n"
#define META    "%3\r\n" META_PAIRS
#define META_2  "*6\r\n" META_PAIRS
#define NONE    "*0\r\n"
#define NILS    "*3\r\n_\r\n_\r\n_\r\n"
#define NILS_2  "*3\r\n$-1\r\n$-1\r\n$-1\r\n"
#define FLAG_A  "*2\r\n$1\r\na\r\n$1\r\n0\r\n"


static healthcode_str_t  deny[] = {
    { (const uint8_t *) "confirmed", 9 }, { (const uint8_t *) "contact", 7 }
};
static const healthcode_risk_policy_t  policy = {
    .deny = deny, .ndeny = 2, .region_deny = HEALTHCODE_RISK_LEVEL_HIGH
};
static const healthcode_risk_terms_t  terms = {
    .policy = &policy, .iat = NOW - 60, .now = NOW
};


static healthcode_risk_query_t
query(const healthcode_region_t *regions, size_t n)
{
    healthcode_risk_query_t  q = {
        .iss = healthcode_str("https://issuer.example"),
        .thumbprint = healthcode_str("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygr"
                                     "S4k"),
        .regions = regions, .nregions = n
    };

    assert_true(healthcode_holder_parse(healthcode_str(HOLDER), q.holder));

    return q;
}


/* Reads and judges by t; risk is written only on success. */
static healthcode_reason_e
judge_replies(const healthcode_risk_query_t *q, redisReply *const *replies,
    const healthcode_risk_terms_t *t, healthcode_risk_t *risk)
{
    healthcode_reason_e        reason;
    healthcode_risk_reading_t  reading;

    memset(&reading, 0x5a, sizeof(reading));
    reason = healthcode_risk_codec_read(q, replies, CHECK, &reading);

    if (reason == HEALTHCODE_REASON_OK) {
        healthcode_risk_clear(risk);
        healthcode_risk_add_reading(risk, q, &reading, t);
    }

    return reason;
}


/* Reads the bytes of all replies; -1 if their number is another one. */
static int
read_replies(const healthcode_risk_query_t *q, const char *bytes, size_t len,
    healthcode_risk_t *risk)
{
    int          result = -1;
    size_t       n;
    redisReply  *replies[HEALTHCODE_RISK_REPLIES_MAX];

    n = resp_read(bytes, len, replies, healthcode_risk_codec_replies(q));

    if (n == healthcode_risk_codec_replies(q)) {
        result = (int) judge_replies(q, replies, &terms, risk);
    }

    while (n) {
        freeReplyObject(replies[--n]);
    }

    return result;
}


/* Of a holder without regions; risk is written only on success. */
static int
read_plain(const char *bytes, healthcode_risk_t *risk)
{
    int                      result;
    healthcode_risk_t        before;
    healthcode_risk_query_t  q = query(NULL, 0);

    memset(risk, 0x5a, sizeof(*risk));
    before = *risk;

    result = read_replies(&q, bytes, strlen(bytes), risk);

    if (result != HEALTHCODE_REASON_OK) {
        assert_memory_equal(risk, &before, sizeof(before));
    }

    return result;
}


static void
test_refuses_a_store_that_proves_nothing(void **state)
{
    enum { UNPROVEN = HEALTHCODE_REASON_STORE_UNPROVEN,
           PEPPER = HEALTHCODE_REASON_STORE_PEPPER,
           UNAVAILABLE = HEALTHCODE_REASON_STORE_UNAVAILABLE };

    static const struct {
        const char  *meta;
        int          reason;
    } rows[] = {
        { "%0\r\n", UNPROVEN },
        { "*0\r\n", UNPROVEN },
        { "%1\r\n$6\r\nschema\r\n$1\r\n2\r\n", UNPROVEN },
        { "%2\r\n$6\r\nschema\r\n$1\r\n2\r\n$12\r\npepper_check\r\n$32\r\n"
          CHECK "\r\n", UNPROVEN },                       /* no instance */
        { "%3\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$0\r\n\r\n"
          "$12\r\npepper_check\r\n$32\r\n" CHECK "\r\n", UNPROVEN },
        { "%2\r\n$8\r\ninstance\r\n$3\r\nabc\r\n$12\r\npepper_check\r\n$32\r\n"
          CHECK "\r\n", UNPROVEN },                       /* no schema */
        { "%3\r\n$6\r\nschema\r\n$1\r\n1\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"
          "$12\r\npepper_check\r\n$32\r\n" CHECK "\r\n", UNPROVEN },
        { "%3\r\n$6\r\nschema\r\n$2\r\n10\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"
          "$12\r\npepper_check\r\n$32\r\n" CHECK "\r\n", UNPROVEN },
        { "%3\r\n$6\r\nSchema\r\n$1\r\n1\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"
          "$12\r\npepper_check\r\n$32\r\n" CHECK "\r\n", UNPROVEN },

        { "%2\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$3\r\nabc\r\n",
          PEPPER },
        { "%3\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"
          "$12\r\npepper_check\r\n$32\r\n" OTHER "\r\n", PEPPER },
        { "%3\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"
          "$12\r\npepper_check\r\n$31\r\n9666bb05d87d8254e6b2233776bf348\r\n",
          PEPPER },
        { "%3\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"
          "$12\r\npepper_check\r\n$0\r\n\r\n", PEPPER },
        { "%3\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"
          "$12\r\npepper_check\r\n$32\r\n39666BB05D87D8254E6B2233776BF348\r\n",
          PEPPER },

        /* of a proof that stands twice the last one counts */
        { "%4\r\n" META_PAIRS "$12\r\npepper_check\r\n$32\r\n" OTHER "\r\n",
          PEPPER },
        { "%4\r\n" META_PAIRS "$6\r\nschema\r\n$1\r\n1\r\n", UNPROVEN },
        { "%4\r\n" META_PAIRS "$8\r\ninstance\r\n$0\r\n\r\n", UNPROVEN },

        { "-NOPERM no\r\n", UNAVAILABLE },
        { "-WRONGTYPE x\r\n", UNPROVEN },
        { "_\r\n", UNAVAILABLE },
        { "*-1\r\n", UNAVAILABLE },
        { "$-1\r\n", UNAVAILABLE },
        { "+OK\r\n", UNAVAILABLE },
        { ":1\r\n", UNAVAILABLE },
        { "#t\r\n", UNAVAILABLE },
        { "$2\r\nok\r\n", UNAVAILABLE },
        { "~6\r\n" META_PAIRS, UNAVAILABLE },             /* a set */
        { ">6\r\n" META_PAIRS, UNAVAILABLE },             /* a push */
        { "*5\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"
          "$12\r\npepper_check\r\n", UNAVAILABLE },
        { "%3\r\n$6\r\nschema\r\n:1\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"
          "$12\r\npepper_check\r\n$32\r\n" CHECK "\r\n", UNAVAILABLE },
        { "%3\r\n+schema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"
          "$12\r\npepper_check\r\n$32\r\n" CHECK "\r\n", UNAVAILABLE },
        { "%4\r\n" META_PAIRS "$1\r\nx\r\n_\r\n", UNAVAILABLE },
        { "*2\r\n" META META, UNAVAILABLE },
    };
    static const healthcode_region_t  region = 151;
    char                              bytes[2048];
    redisReply                       *reply = NULL;
    healthcode_risk_t                 risk;
    healthcode_risk_query_t           q = query(&region, 1);

    for (size_t i = 0; i < test_count(rows); i++) {

        /* each part by itself, even if the rest is broken or grave */

        for (int bad = 0; bad < 3; bad++) {
            for (int grave = 0; grave < 2; grave++) {
                snprintf(bytes, sizeof(bytes), "%s%s%s%s%s%s",
                         grave ? "-ERR x\r\n" : NONE,
                         bad == 0 ? rows[i].meta : META,
                         grave ? "-ERR y\r\n" : "*1\r\n_\r\n",
                         bad == 1 ? rows[i].meta : META,
                         grave ? "-ERR z\r\n" : NILS,
                         bad == 2 ? rows[i].meta : META);
                memset(&risk, 0x5a, sizeof(risk));
                test_row(read_replies(&q, bytes, strlen(bytes), &risk)
                         == rows[i].reason, i, bytes);
            }
        }

        assert_int_equal(resp_read(rows[i].meta, strlen(rows[i].meta), &reply,
                                   1), 1);
        test_row((int) healthcode_risk_codec_meta(reply, CHECK)
                 == rows[i].reason, i, rows[i].meta);
        freeReplyObject(reply);
    }

    (void) state;
}


static void
test_refuses_replies_of_another_shape(void **state)
{
    static const char  *const rows[] = {
        /* risk */
        "-ERR x\r\n" META NILS META,
        "-WRONG Operation against a key\r\n" META NILS META,
        NONE META "-WRONGTYPE Operation against a key\r\n" META,
        "-LOADING x\r\n" META NILS META,
        "-MOVED 1 a:1\r\n" META NILS META,
        "_\r\n" META NILS META,
        "$-1\r\n" META NILS META,
        "*-1\r\n" META NILS META,
        "+OK\r\n" META NILS META,
        ":0\r\n" META NILS META,
        "$0\r\n\r\n" META NILS META,
        "*1\r\n$9\r\nconfirmed\r\n" META NILS META,
        "*3\r\n$1\r\na\r\n$1\r\n0\r\n$1\r\nb\r\n" META NILS META,
        "*2\r\n$9\r\nconfirmed\r\n_\r\n" META NILS META,
        "*2\r\n$9\r\nconfirmed\r\n:0\r\n" META NILS META,
        "*2\r\n$9\r\nconfirmed\r\n*0\r\n" META NILS META,
        "*2\r\n$9\r\nconfirmed\r\n*2\r\n$1\r\na\r\n$1\r\n0\r\n" META NILS META,
        "*2\r\n$9\r\nconfirmed\r\n-ERR\r\n" META NILS META,
        "*2\r\n+confirmed\r\n$1\r\n0\r\n" META NILS META,
        "*2\r\n%0\r\n$1\r\n0\r\n" META NILS META,
        "*1\r\n*0\r\n" META NILS META,
        "*1\r\n*1\r\n$9\r\nconfirmed\r\n" META NILS META,
        "*1\r\n*3\r\n$1\r\na\r\n$1\r\n0\r\n$1\r\nb\r\n" META NILS META,
        "*1\r\n*2\r\n$9\r\nconfirmed\r\n:0\r\n" META NILS META,
        "*1\r\n*2\r\n_\r\n$1\r\n0\r\n" META NILS META,
        "*1\r\n%1\r\n$9\r\nconfirmed\r\n$1\r\n0\r\n" META NILS META,
        "*2\r\n" FLAG_A "$1\r\nb\r\n" META NILS META,
        "%0\r\n" META NILS META,                /* as HGETALL would answer */
        "%1\r\n$9\r\nconfirmed\r\n$1\r\n0\r\n" META NILS META,
        "~0\r\n" META NILS META,
        ">0\r\n" META NILS META,
        /* control */
        NONE META "-ERR x\r\n" META,
        NONE META "_\r\n" META,
        NONE META "*-1\r\n" META,
        NONE META "*0\r\n" META,
        NONE META "*2\r\n_\r\n_\r\n" META,
        NONE META "*4\r\n_\r\n_\r\n_\r\n_\r\n" META,
        NONE META "%1\r\n_\r\n_\r\n" META,
        NONE META "*3\r\n_\r\n:1\r\n_\r\n" META,
        NONE META "*3\r\n_\r\n_\r\n*0\r\n" META,
        NONE META "*3\r\n-ERR\r\n_\r\n_\r\n" META,
        NONE META "*3\r\n#f\r\n_\r\n_\r\n" META,
        NONE META "~3\r\n_\r\n_\r\n_\r\n" META,
        NONE META ">3\r\n_\r\n_\r\n_\r\n" META,
        /* in another order */
        NILS META NONE META,
    };
    healthcode_risk_t  risk;

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(read_plain(rows[i], &risk)
                 == HEALTHCODE_REASON_STORE_UNAVAILABLE, i, rows[i]);
    }

    (void) state;
}


/* A key of another type is a holder of whom something is known. */
static void
test_counts_flags_of_a_wrong_type_as_set(void **state)
{
    healthcode_risk_t  risk;

    assert_int_equal(read_plain("-WRONGTYPE Operation against a key\r\n" META
                                NILS META, &risk),
                     HEALTHCODE_REASON_OK);
    assert_true(risk.flagged);
    assert_int_equal(read_plain("-WRONGTYPE Operation against a key\r\n" META
                                NILS "%0\r\n", &risk),
                     HEALTHCODE_REASON_STORE_UNPROVEN);

    (void) state;
}


static void
test_reads_flags(void **state)
{
    static const struct {
        const char  *bytes, *names;
        bool         flagged;
    } rows[] = {
        { "*1\r\n*2\r\n$9\r\nconfirmed\r\n$1\r\n0\r\n", "confirmed", true },
        { "*2\r\n$9\r\nconfirmed\r\n$1\r\n0\r\n", "confirmed", true },
        { "*1\r\n*2\r\n$7\r\ncontact\r\n$0\r\n\r\n", "contact", true },
        { "*1\r\n*2\r\n$7\r\ncontact\r\n$10\r\n1700000001\r\n", "contact",
          true },
        { "*1\r\n*2\r\n$7\r\ncontact\r\n$10\r\n1700000000\r\n", "", false },
        { "*1\r\n*2\r\n$5\r\nentry\r\n$1\r\n0\r\n", "entry", false },
        { "*2\r\n*2\r\n$5\r\nentry\r\n$1\r\n0\r\n"
          "*2\r\n$7\r\ncontact\r\n$1\r\nx\r\n", "entry,contact", true },
        { "*2\r\n*2\r\n$7\r\ncontact\r\n$1\r\n0\r\n"
          "*2\r\n$5\r\nentry\r\n$1\r\n0\r\n", "contact,entry", true },
        { "*4\r\n$7\r\ncontact\r\n$1\r\n1\r\n$9\r\nconfirmed\r\n$2\r\n-1\r\n",
          "confirmed", true },
        { "*0\r\n", "", false },
    };
    char               bytes[1024];
    healthcode_risk_t  risk;

    for (size_t i = 0; i < test_count(rows); i++) {
        for (int resp3 = 0; resp3 < 2; resp3++) {
            snprintf(bytes, sizeof(bytes), "%s%s", rows[i].bytes,
                     resp3 ? META NILS META : META_2 NILS_2 META_2);
            test_row(read_plain(bytes, &risk) == HEALTHCODE_REASON_OK, i,
                     rows[i].bytes);
            test_row(risk.flagged == rows[i].flagged, i, rows[i].bytes);
            test_str_equal(healthcode_str_from(risk.names, risk.names_len),
                           rows[i].names);
            assert_false(risk.region || risk.key_revoked
                         || risk.issuer_suspended || risk.issued_before);
            test_row(healthcode_risk_reason(&risk)
                     == (rows[i].flagged ? HEALTHCODE_REASON_FLAGGED
                                         : HEALTHCODE_REASON_OK), i,
                     rows[i].bytes);
        }
    }

    (void) state;
}


/* count flags that nobody denies, as RESP3 or RESP2 has them. */
static size_t
many_flags(char *bytes, size_t size, unsigned count, bool flat)
{
    size_t  n = (size_t) snprintf(bytes, size, "*%u\r\n",
                                  flat ? 2 * count : count);

    for (unsigned i = 0; i < count; i++) {
        n += (size_t) snprintf(bytes + n, size - n, "%s$4\r\nx%03u\r\n"
                               "$1\r\n1\r\n", flat ? "" : "*2\r\n", i);
    }

    return n;
}


/* All over, and none denied; but one more may be behind them. */
static void
test_flags_a_holder_with_more_flags_than_are_read(void **state)
{
    char               bytes[8192];
    size_t             n;
    healthcode_risk_t  risk;

    for (unsigned count = 60; count < 70; count++) {
        for (int flat = 0; flat < 2; flat++) {
            n = many_flags(bytes, sizeof(bytes), count, flat);
            snprintf(bytes + n, sizeof(bytes) - n, "%s", META NILS META);
            assert_int_equal(read_plain(bytes, &risk), HEALTHCODE_REASON_OK);
            assert_int_equal(risk.flagged, count > 64);
            assert_int_equal(risk.names_len, 0);
        }
    }

    (void) state;
}


/* A big number is what the reader puts in the place of a bulk too long. */
static void
test_counts_what_was_skipped_as_set(void **state)
{
    static const struct {
        const char           *bytes;
        int                   reason;        /* of the reply, then of risk */
        healthcode_reason_e   found;
    } rows[] = {
        { "*1\r\n*2\r\n(9000\r\n$1\r\n1\r\n" META NILS META,
          HEALTHCODE_REASON_OK, HEALTHCODE_REASON_FLAGGED },
        { "*1\r\n*2\r\n$1\r\na\r\n(9000\r\n" META NILS META,
          HEALTHCODE_REASON_OK, HEALTHCODE_REASON_FLAGGED },
        { "*2\r\n(9000\r\n$1\r\n1\r\n" META NILS META,
          HEALTHCODE_REASON_OK, HEALTHCODE_REASON_FLAGGED },
        { "*2\r\n(9000\r\n(9000\r\n" META NILS META,
          HEALTHCODE_REASON_OK, HEALTHCODE_REASON_FLAGGED },
        { NONE META "*3\r\n(9000\r\n_\r\n_\r\n" META,
          HEALTHCODE_REASON_OK, HEALTHCODE_REASON_ISSUER_SUSPENDED },
        { NONE META "*3\r\n_\r\n(9000\r\n_\r\n" META,
          HEALTHCODE_REASON_OK, HEALTHCODE_REASON_KEY_REVOKED },
        { NONE META "*3\r\n_\r\n_\r\n(9000\r\n" META,
          HEALTHCODE_REASON_OK, HEALTHCODE_REASON_ISSUED_BEFORE },
        { NONE META NILS "%4\r\n" META_PAIRS "$1\r\nx\r\n(9000\r\n",
          HEALTHCODE_REASON_STORE_UNPROVEN, HEALTHCODE_REASON_FAULT },
        { NONE META NILS "%4\r\n" META_PAIRS "(9000\r\n$1\r\nx\r\n",
          HEALTHCODE_REASON_STORE_UNPROVEN, HEALTHCODE_REASON_FAULT },
        { "(9000\r\n" META NILS META,
          HEALTHCODE_REASON_STORE_UNAVAILABLE, HEALTHCODE_REASON_FAULT },
        { NONE META "(9000\r\n" META,
          HEALTHCODE_REASON_STORE_UNAVAILABLE, HEALTHCODE_REASON_FAULT },
        { NONE META NILS "(9000\r\n",
          HEALTHCODE_REASON_STORE_UNAVAILABLE, HEALTHCODE_REASON_FAULT },
    };
    static const healthcode_region_t  region = 151;
    const char               *bytes;
    healthcode_risk_t         risk;
    healthcode_risk_query_t   q = query(&region, 1);

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(read_plain(rows[i].bytes, &risk) == rows[i].reason, i,
                 rows[i].bytes);

        if (rows[i].reason == HEALTHCODE_REASON_OK) {
            test_row(healthcode_risk_reason(&risk) == rows[i].found, i,
                     rows[i].bytes);
        }
    }

    bytes = NONE META "*1\r\n(9000\r\n" META NILS META;
    assert_int_equal(read_replies(&q, bytes, strlen(bytes), &risk),
                     HEALTHCODE_REASON_OK);
    assert_int_equal(healthcode_risk_reason(&risk), HEALTHCODE_REASON_REGION);

    (void) state;
}


/* iat is NOW - 60. */
static void
test_reads_controls(void **state)
{
    static const struct {
        const char  *control;
        bool         suspended, revoked, before;
    } rows[] = {
        { "*3\r\n$1\r\n0\r\n_\r\n_\r\n", true, false, false },
        { "*3\r\n$0\r\n\r\n_\r\n_\r\n", true, false, false },
        { "*3\r\n$4\r\nwhat\r\n_\r\n_\r\n", true, false, false },
        { "*3\r\n$10\r\n1700000001\r\n_\r\n_\r\n", true, false, false },
        { "*3\r\n$10\r\n1700000000\r\n_\r\n_\r\n", false, false, false },
        { "*3\r\n_\r\n$1\r\n0\r\n_\r\n", false, true, false },
        { "*3\r\n_\r\n$1\r\nx\r\n_\r\n", false, true, false },
        { "*3\r\n_\r\n$10\r\n1700000001\r\n_\r\n", false, true, false },
        { "*3\r\n_\r\n$10\r\n1700000000\r\n_\r\n", false, false, false },
        { "*3\r\n_\r\n_\r\n$10\r\n1699999941\r\n", false, false, true },
        { "*3\r\n_\r\n_\r\n$10\r\n1699999940\r\n", false, false, false },
        { "*3\r\n_\r\n_\r\n$0\r\n\r\n", false, false, true },
        { "*3\r\n_\r\n_\r\n$1\r\n?\r\n", false, false, true },
        { "*3\r\n_\r\n_\r\n$1\r\n0\r\n", false, false, false },
        { "*3\r\n$1\r\n0\r\n$1\r\n0\r\n$10\r\n1700000000\r\n", true, true,
          true },
        { "*3\r\n$-1\r\n$-1\r\n$-1\r\n", false, false, false },
    };
    char               bytes[1024];
    healthcode_risk_t  risk;

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(bytes, sizeof(bytes), "%s%s%s", NONE META, rows[i].control,
                 META);
        test_row(read_plain(bytes, &risk) == HEALTHCODE_REASON_OK, i,
                 rows[i].control);
        test_row(risk.issuer_suspended == rows[i].suspended, i,
                 rows[i].control);
        test_row(risk.key_revoked == rows[i].revoked, i, rows[i].control);
        test_row(risk.issued_before == rows[i].before, i, rows[i].control);
        assert_false(risk.flagged || risk.region);
    }

    (void) state;
}


/* Regions 511402 and 33: the values of 511402, 5114, 51, 33. */
static void
test_lets_the_longest_prefix_in_force_rule(void **state)
{
    static const struct {
        const char  *values;
        int          region;             /* -1: another shape */
    } rows[] = {
        { "*0\r\n", -1 },
        { "*3\r\n_\r\n_\r\n_\r\n", -1 },
        { "*5\r\n_\r\n_\r\n_\r\n_\r\n_\r\n", -1 },
        { "_\r\n", -1 },
        { "-ERR x\r\n", -1 },
        { "%2\r\n_\r\n_\r\n_\r\n_\r\n", -1 },
        { "*4\r\n_\r\n_\r\n_\r\n:1\r\n", -1 },

        { "*4\r\n$6\r\nhigh 0\r\n_\r\n_\r\n_\r\n", 1 },
        { "*4\r\n_\r\n$6\r\nhigh 0\r\n_\r\n_\r\n", 1 },
        { "*4\r\n_\r\n_\r\n$6\r\nhigh 0\r\n_\r\n", 1 },
        { "*4\r\n_\r\n_\r\n_\r\n$6\r\nhigh 0\r\n", 1 },
        { "*4\r\n$0\r\n\r\n_\r\n_\r\n_\r\n", 1 },
        { "*4\r\n_\r\n_\r\n_\r\n$3\r\nlow\r\n", 1 },
        { "*4\r\n_\r\n$1\r\n?\r\n_\r\n_\r\n", 1 },
        /* a longer one in force rules */
        { "*4\r\n$5\r\nlow 0\r\n$6\r\nhigh 0\r\n$6\r\nhigh 0\r\n_\r\n", 0 },
        { "*4\r\n_\r\n$5\r\nlow 0\r\n$6\r\nhigh 0\r\n_\r\n", 0 },
        { "*4\r\n$8\r\nmedium 0\r\n_\r\n$6\r\nhigh 0\r\n_\r\n", 0 },
        { "*4\r\n$6\r\nhigh 0\r\n$5\r\nlow 0\r\n$5\r\nlow 0\r\n_\r\n", 1 },
        /* one that has run out does not */
        { "*4\r\n$14\r\nlow 1700000000\r\n$6\r\nhigh 0\r\n_\r\n_\r\n", 1 },
        { "*4\r\n$14\r\nlow 1700000001\r\n$6\r\nhigh 0\r\n_\r\n_\r\n", 0 },
        { "*4\r\n$15\r\nhigh 1700000000\r\n$5\r\nlow 0\r\n_\r\n_\r\n", 0 },
        { "*4\r\n$15\r\nhigh 1700000000\r\n_\r\n_\r\n_\r\n", 0 },
        { "*4\r\n$15\r\nhigh 1700000001\r\n_\r\n_\r\n_\r\n", 1 },
        { "*4\r\n$5\r\nlow 1\r\n$5\r\nlow 1\r\n$6\r\nhigh 0\r\n_\r\n", 1 },
        /* one region's low says nothing about another */
        { "*4\r\n$5\r\nlow 0\r\n_\r\n_\r\n$6\r\nhigh 0\r\n", 1 },
        { "*4\r\n_\r\n_\r\n$6\r\nhigh 0\r\n$5\r\nlow 0\r\n", 1 },
        { "*4\r\n_\r\n_\r\n_\r\n$8\r\nmedium 0\r\n", 0 },
        { "*4\r\n_\r\n_\r\n_\r\n_\r\n", 0 },
    };
    static const healthcode_region_t  regions[] = { 1511402, 133 };
    int                      result;
    char                     bytes[1024];
    healthcode_risk_t        risk;
    healthcode_risk_query_t  q = query(regions, 2);

    assert_int_equal(healthcode_risk_codec_replies(&q), 6);

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(bytes, sizeof(bytes), "%s%s%s", NONE META, rows[i].values,
                 META NILS META);
        result = read_replies(&q, bytes, strlen(bytes), &risk);

        if (rows[i].region < 0) {
            test_row(result == HEALTHCODE_REASON_STORE_UNAVAILABLE, i,
                     rows[i].values);
            continue;
        }

        test_row(result == HEALTHCODE_REASON_OK, i, rows[i].values);
        test_row(risk.region == rows[i].region, i, rows[i].values);
        assert_false(risk.flagged);
    }

    (void) state;
}


static void
test_denies_the_levels_of_the_policy(void **state)
{
    static const char *const  values[] = { "low 0", "medium 0", "high 0" };
    char                      bytes[512];
    redisReply               *replies[HEALTHCODE_RISK_REPLIES_MAX];
    healthcode_risk_t         risk;
    healthcode_region_t       region = 151;
    healthcode_risk_query_t   q = query(&region, 1);

    for (unsigned set = 0; set < 8; set++) {
        for (unsigned level = 0; level < 3; level++) {
            healthcode_risk_policy_t  p = policy;
            healthcode_risk_terms_t   t = terms;

            p.region_deny = set;
            t.policy = &p;
            snprintf(bytes, sizeof(bytes), "%s*1\r\n$%zu\r\n%s\r\n%s",
                     NONE META, strlen(values[level]), values[level],
                     META NILS META);
            assert_int_equal(resp_read(bytes, strlen(bytes), replies, 6), 6);
            assert_int_equal(judge_replies(&q, replies, &t, &risk),
                             HEALTHCODE_REASON_OK);
            assert_int_equal(risk.region, set >> level & 1);

            for (int i = 0; i < 6; i++) {
                freeReplyObject(replies[i]);
            }
        }
    }

    (void) state;
}


static void
test_reads_nothing_out_of_a_part_of_the_bytes(void **state)
{
    const char              *bytes = "*1\r\n*2\r\n$9\r\nconfirmed\r\n$1\r\n0"
                                     "\r\n" META NILS META;
    healthcode_risk_t        risk;
    healthcode_risk_query_t  q = query(NULL, 0);

    for (size_t len = 0; len < strlen(bytes); len++) {
        assert_int_equal(read_replies(&q, bytes, len, &risk), -1);
    }

    assert_int_equal(read_replies(&q, bytes, strlen(bytes), &risk),
                     HEALTHCODE_REASON_OK);
    assert_true(risk.flagged);

    (void) state;
}


/*
 * As deep as 64 KiB, the most that the gate reads of one reply, can nest; or as
 * hiredis lets it, which since 1.4 refuses more than 1024 itself.
 */
static void
test_survives_deep_nesting(void **state)
{
    char        *bytes = (char *) guard_room(0, 65536);
    redisReply  *reply = NULL;

    for (size_t i = 0; i < 65532; i += 4) {
        memcpy(bytes + i, "*1\r\n", 4);
    }

    memcpy(bytes + 65532, "*0\r\n", 4);

    if (resp_read(bytes, 65536, &reply, 1) == 0) {
        memcpy(bytes + 4000, "*0\r\n", 4);
        assert_int_equal(resp_read(bytes, 4004, &reply, 1), 1);
    }

    assert_int_equal(healthcode_risk_codec_meta(reply, CHECK),
                     HEALTHCODE_REASON_STORE_UNAVAILABLE);
    freeReplyObject(reply);

    (void) state;
}


#define COMMAND_RISK                                                          \
    "*4\r\n$10\r\nHRANDFIELD\r\n$53\r\nhealthcode:risk:{47}:" HOLDER "\r\n"   \
    "$2\r\n65\r\n$10\r\nWITHVALUES\r\n"                                       \
    "*2\r\n$7\r\nHGETALL\r\n$20\r\nhealthcode:meta:{47}\r\n"
#define COMMAND_REGION_META                                                   \
    "*2\r\n$7\r\nHGETALL\r\n$19\r\nhealthcode:meta:{r}\r\n"
#define COMMAND_CONTROL                                                       \
    "*5\r\n$5\r\nHMGET\r\n$22\r\nhealthcode:control:{c}\r\n"                  \
    "$29\r\nissuer:https://issuer.example\r\n"                                \
    "$47\r\nkey:kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\r\n"              \
    "$29\r\nbefore:https://issuer.example\r\n"
#define COMMAND_META                                                          \
    "*2\r\n$7\r\nHGETALL\r\n$19\r\nhealthcode:meta:{c}\r\n"

static void
test_writes_these_bytes(void **state)
{
    static const healthcode_region_t  regions[] = {
        1511402, 13301, 144, 1000000, 10001, 199
    };
    healthcode_redis_buf_t   buf = { NULL, 0, 0 };
    healthcode_risk_query_t  q = query(NULL, 0);

    assert_int_equal(healthcode_risk_codec_replies(&q), 4);
    assert_true(healthcode_risk_codec_format(&q, &buf));
    test_str_equal(healthcode_str_from(buf.data, buf.len),
                   COMMAND_RISK COMMAND_CONTROL COMMAND_META);
    healthcode_redis_buf_consume(&buf, buf.len);

    q = query(regions, 3);
    assert_true(healthcode_risk_codec_format(&q, &buf));
    test_str_equal(healthcode_str_from(buf.data, buf.len), COMMAND_RISK
                   "*8\r\n$5\r\nHMGET\r\n$21\r\nhealthcode:region:{r}\r\n"
                   "$6\r\n511402\r\n$4\r\n5114\r\n$2\r\n51\r\n"
                   "$4\r\n3301\r\n$2\r\n33\r\n$2\r\n44\r\n"
                   COMMAND_REGION_META
                   COMMAND_CONTROL COMMAND_META);
    healthcode_redis_buf_consume(&buf, buf.len);

    /* nor are zeros left out */
    q = query(regions + 3, 3);
    assert_true(healthcode_risk_codec_format(&q, &buf));
    test_str_equal(healthcode_str_from(buf.data, buf.len), COMMAND_RISK
                   "*8\r\n$5\r\nHMGET\r\n$21\r\nhealthcode:region:{r}\r\n"
                   "$6\r\n000000\r\n$4\r\n0000\r\n$2\r\n00\r\n"
                   "$4\r\n0001\r\n$2\r\n00\r\n$2\r\n99\r\n"
                   COMMAND_REGION_META
                   COMMAND_CONTROL COMMAND_META);
    healthcode_redis_buf_consume(&buf, buf.len);

    assert_true(healthcode_risk_codec_format_meta(&buf));
    test_str_equal(healthcode_str_from(buf.data, buf.len), COMMAND_META);
    healthcode_redis_buf_free(&buf);

    (void) state;
}


/* A part by itself, or some of them; what is not named is not asked. */
static void
test_asks_for_parts(void **state)
{
    enum { H = HEALTHCODE_RISK_HOLDER, R = HEALTHCODE_RISK_REGIONS,
           C = HEALTHCODE_RISK_CONTROLS };

    static const char                 region[] =
        "*3\r\n$5\r\nHMGET\r\n$21\r\nhealthcode:region:{r}\r\n"
        "$2\r\n51\r\n" COMMAND_REGION_META;
    static const healthcode_region_t  regions[] = { 151 };
    char                              want[2048];
    unsigned                          asked, replies, part;
    healthcode_redis_buf_t            buf = { NULL, 0, 0 };
    healthcode_risk_query_t           q;

    for (unsigned parts = 0; parts < 16; parts++) {
        for (unsigned n = 0; n < 2; n++) {
            q = query(regions, n);
            q.parts = parts;
            asked = (parts ? parts : H | R | C) & (n ? H | R | C : H | C);

            snprintf(want, sizeof(want), "%s%s%s",
                     asked & H ? COMMAND_RISK : "", asked & R ? region : "",
                     asked & C ? COMMAND_CONTROL COMMAND_META : "");

            assert_int_equal(healthcode_risk_parts(&q), asked);
            assert_true(healthcode_risk_codec_format(&q, &buf)
                        == (asked != 0));
            test_str_equal(healthcode_str_from(buf.data, buf.len), want);
            healthcode_redis_buf_consume(&buf, buf.len);

            replies = 0;

            for (part = H; part <= C; part <<= 1) {
                if (asked & part) {
                    assert_int_equal(healthcode_risk_codec_part(asked, replies),
                                     part);
                    assert_false(healthcode_risk_codec_is_proof(replies++));
                    assert_int_equal(healthcode_risk_codec_part(asked, replies),
                                     part);
                    assert_true(healthcode_risk_codec_is_proof(replies++));
                }
            }

            assert_int_equal(healthcode_risk_codec_part(asked, replies), 0);
            assert_int_equal(healthcode_risk_codec_replies(&q), replies);
        }
    }

    healthcode_redis_buf_free(&buf);

    (void) state;
}


/* Each with a finding, which nobody makes out of another part. */
static void
test_reads_the_parts_that_were_asked(void **state)
{
    static const char *const          replies_of[] = {
        "*1\r\n*2\r\n$9\r\nconfirmed\r\n$1\r\n0\r\n" META,
        "*1\r\n$6\r\nhigh 0\r\n" META, "*3\r\n_\r\n$1\r\n0\r\n_\r\n" META
    };
    static const healthcode_region_t  region = 151;
    char                              bytes[1024];
    size_t                            n;
    redisReply                       *replies[HEALTHCODE_RISK_REPLIES_MAX];
    healthcode_risk_t                 risk;
    healthcode_risk_query_t           q = query(&region, 1);
    healthcode_risk_reading_t         reading;

    for (q.parts = 1; q.parts < 8; q.parts++) {
        bytes[0] = '\0';

        for (unsigned i = 0; i < 3; i++) {
            strcat(bytes, q.parts & 1u << i ? replies_of[i] : "");
        }

        n = resp_read(bytes, strlen(bytes), replies, 6);
        assert_int_equal(n, healthcode_risk_codec_replies(&q));

        memset(&reading, 0x5a, sizeof(reading));
        assert_int_equal(healthcode_risk_codec_read(&q, replies, CHECK,
                                                    &reading),
                         HEALTHCODE_REASON_OK);
        assert_int_equal(reading.parts, q.parts);

        memset(&risk, 0, sizeof(risk));
        healthcode_risk_add_reading(&risk, &q, &reading, &terms);
        assert_int_equal(risk.flagged, (q.parts & HEALTHCODE_RISK_HOLDER) != 0);
        assert_int_equal(risk.region, (q.parts & HEALTHCODE_RISK_REGIONS) != 0);
        assert_int_equal(risk.key_revoked,
                         (q.parts & HEALTHCODE_RISK_CONTROLS) != 0);
        assert_false(risk.issuer_suspended || risk.issued_before
                     || risk.code_revoked);

        /* who was not asked for is not known to have no flag */
        reading.nflags = 0;
        reading.unreadable = false;
        assert_int_equal(healthcode_risk_codec_is_absent(&reading),
                         (q.parts & HEALTHCODE_RISK_HOLDER) != 0);

        while (n) {
            freeReplyObject(replies[--n]);
        }
    }

    (void) state;
}


/* What a stranger chose cannot end a command or start another. */
static void
test_counts_bytes_and_does_not_trust_them(void **state)
{
    healthcode_redis_buf_t   buf = { NULL, 0, 0 };
    healthcode_risk_query_t  q = query(NULL, 0);

    q.iss = guard_text(0, "a\r\n*1\r\n$8\r\nFLUSHALL\r\n");
    q.thumbprint = guard_text(1, "t");
    assert_true(healthcode_risk_codec_format(&q, &buf));
    test_str_equal(healthcode_str_from(buf.data, buf.len), COMMAND_RISK
                   "*5\r\n$5\r\nHMGET\r\n$22\r\nhealthcode:control:{c}\r\n"
                   "$28\r\nissuer:a\r\n*1\r\n$8\r\nFLUSHALL\r\n\r\n"
                   "$5\r\nkey:t\r\n"
                   "$28\r\nbefore:a\r\n*1\r\n$8\r\nFLUSHALL\r\n\r\n"
                   COMMAND_META);
    healthcode_redis_buf_free(&buf);

    (void) state;
}


static void
test_leaves_the_buffer_alone_on_failure(void **state)
{
    static char              iss[8200];
    char                     thumbprint[64];
    healthcode_redis_buf_t   buf = { NULL, 0, 0 };
    healthcode_risk_query_t  q = query(NULL, 0);

    memset(iss, 'i', sizeof(iss));
    memset(thumbprint, 't', sizeof(thumbprint));
    assert_true(healthcode_risk_codec_format_meta(&buf));

    for (size_t len = 8189; len < 8198; len++) {
        size_t  before = buf.len;

        q.iss = guard(0, iss, len);
        assert_true(healthcode_risk_codec_format(&q, &buf) == (len <= 8192));
        buf.len = (len <= 8192) ? before : buf.len;
        assert_int_equal(buf.len, before);
    }

    q = query(NULL, 0);
    q.thumbprint = guard(0, thumbprint, 49);
    assert_false(healthcode_risk_codec_format(&q, &buf));
    test_str_equal(healthcode_str_from(buf.data, buf.len), COMMAND_META);
    healthcode_redis_buf_free(&buf);

    (void) state;
}


static void
test_asks_for_64_regions(void **state)
{
    char                     text[64];
    size_t                   n = 0;
    healthcode_risk_t        risk;
    healthcode_region_t      regions[64];
    healthcode_redis_buf_t   buf = { NULL, 0, 0 };
    healthcode_risk_query_t  q;

    for (unsigned i = 0; i < 64; i++) {
        regions[i] = 1510000 + 101 * i;
    }

    q = query(regions, 64);
    assert_true(healthcode_risk_codec_format(&q, &buf));
    assert_non_null(strstr(buf.data, "*194\r\n$5\r\nHMGET\r\n"));

    for (unsigned i = 0; i < 64; i++) {
        snprintf(text, sizeof(text), "$6\r\n51%02u%02u\r\n$4\r\n51%02u\r\n"
                 "$2\r\n51\r\n", i, i, i);
        assert_non_null(strstr(buf.data, text));
    }

    healthcode_redis_buf_free(&buf);

    {
        char  bytes[4096] = NONE META "*192\r\n";

        n = strlen(bytes);

        for (int i = 0; i < 191; i++) {
            n += (size_t) snprintf(bytes + n, sizeof(bytes) - n, "_\r\n");
        }

        strcpy(bytes + n, "$6\r\nhigh 0\r\n" META NILS META);
        assert_int_equal(read_replies(&q, bytes, strlen(bytes), &risk),
                         HEALTHCODE_REASON_OK);
        assert_true(risk.region);
    }

    (void) state;
}


/* Regions 511402 and 33; -1: another shape. */
static void
test_reads_an_answer_to_be_judged_later(void **state)
{
    static const struct {
        const char  *regions, *control;
        bool         read;
    } rows[] = {
        { "_\r\n", NILS, false }, { "-ERR x\r\n", NILS, false },
        { "*3\r\n_\r\n_\r\n_\r\n", NILS, false },
        { "*5\r\n_\r\n_\r\n_\r\n_\r\n_\r\n", NILS, false },
        { "*4\r\n_\r\n:1\r\n_\r\n_\r\n", NILS, false },
        { "%2\r\n_\r\n_\r\n_\r\n_\r\n", NILS, false },
        { "*4\r\n_\r\n_\r\n_\r\n_\r\n", "_\r\n", false },
        { "*4\r\n_\r\n_\r\n_\r\n_\r\n", "-ERR x\r\n", false },
        { "*4\r\n_\r\n_\r\n_\r\n_\r\n", "*2\r\n_\r\n_\r\n", false },
        { "*4\r\n_\r\n_\r\n_\r\n_\r\n", "*3\r\n_\r\n_\r\n:1\r\n", false },
        { "*4\r\n_\r\n_\r\n_\r\n_\r\n", "*4\r\n_\r\n_\r\n_\r\n_\r\n",
          false },
        { "*4\r\n$6\r\nhigh 0\r\n$0\r\n\r\n_\r\n$8\r\nmedium 5\r\n",
          "*3\r\n$1\r\n5\r\n$1\r\n0\r\n$1\r\n7\r\n", true },
    };
    static const healthcode_region_t  regions[] = { 1511402, 133 };
    size_t                    n;
    char                      bytes[1024];
    redisReply               *replies[HEALTHCODE_RISK_REPLIES_MAX];
    healthcode_risk_query_t   q = query(regions, 2);
    healthcode_risk_answer_t  answer;
    healthcode_risk_reading_t  reading;

    for (size_t i = 0; i < test_count(rows); i++) {
        memset(&reading, 0x5a, sizeof(reading));
        snprintf(bytes, sizeof(bytes), "%s%s%s%s%s", NONE META,
                 rows[i].regions, META, rows[i].control, META);
        n = resp_read(bytes, strlen(bytes), replies, 6);
        test_row(n == 6, i, bytes);
        test_row((healthcode_risk_codec_read(&q, replies, CHECK, &reading)
                  == HEALTHCODE_REASON_OK) == rows[i].read, i, bytes);

        while (n) {
            freeReplyObject(replies[--n]);
        }
    }

    answer = reading.answer;
    assert_true(answer.control.suspended == 5);
    assert_true(answer.control.revoked == INT64_MAX);
    assert_true(answer.control.before == 7);
    assert_int_equal(answer.regions[0].level, HEALTHCODE_RISK_LEVEL_HIGH);
    assert_true(answer.regions[0].until == INT64_MAX);
    assert_int_equal(answer.regions[1].level, HEALTHCODE_RISK_LEVEL_HIGH);
    assert_true(answer.regions[1].until == INT64_MAX);
    assert_int_equal(answer.regions[2].level, 0);
    assert_true(answer.regions[2].until == 0);
    assert_int_equal(answer.regions[3].level, HEALTHCODE_RISK_LEVEL_MEDIUM);
    assert_true(answer.regions[3].until == 5);

    /* without regions the control is the third reply */
    q = query(NULL, 0);
    memset(&reading, 0x5a, sizeof(reading));
    n = resp_read(NONE META NILS META, strlen(NONE META NILS META), replies, 6);
    assert_int_equal(n, 4);
    assert_int_equal(healthcode_risk_codec_read(&q, replies, CHECK, &reading),
                     HEALTHCODE_REASON_OK);
    answer = reading.answer;
    assert_true(answer.control.suspended == 0 && answer.control.revoked == 0
                && answer.control.before == 0);

    while (n) {
        freeReplyObject(replies[--n]);
    }

    (void) state;
}


/* Anything but an empty hash is read live each time. */
static void
test_tells_a_holder_without_flags(void **state)
{
    static const struct {
        const char  *flags;
        bool         absent;
    } rows[] = {
        { "_\r\n", false }, { "*-1\r\n", false }, { "$-1\r\n", false },
        { "$0\r\n\r\n", false }, { "+OK\r\n", false }, { ":0\r\n", false },
        { "#f\r\n", false }, { "~0\r\n", false }, { ">0\r\n", false },
        { "-ERR x\r\n", false },
        { "-WRONGTYPE Operation against a key\r\n", false },
        { "-MOVED 1 127.0.0.1:1\r\n", false },
        { "*1\r\n$1\r\na\r\n", false },
        { "*1\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n", false },   /* it is over */
        { "*1\r\n*2\r\n$0\r\n\r\n$0\r\n\r\n", false },
        { "*1\r\n*2\r\n$9\r\nconfirmed\r\n$1\r\n0\r\n", false },
        { "*2\r\n(9000\r\n(9000\r\n", false }, { "(9000\r\n", false },
        { "%0\r\n", false },
        { "*2\r\n$9\r\nconfirmed\r\n$1\r\n0\r\n", false },
        { "*2\r\n_\r\n_\r\n", false }, { "*1\r\n*0\r\n", false },
        { "*0\r\n", true },
    };
    size_t                     n;
    char                       bytes[512];
    redisReply                *replies[4];
    healthcode_risk_query_t    q = query(NULL, 0);
    healthcode_risk_reading_t  reading;

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(bytes, sizeof(bytes), "%s%s", rows[i].flags,
                 META NILS META);
        n = resp_read(bytes, strlen(bytes), replies, 4);
        assert_int_equal(n, 4);
        memset(&reading, 0x5a, sizeof(reading));
        test_row((healthcode_risk_codec_read(&q, replies, CHECK, &reading)
                  == HEALTHCODE_REASON_OK
                  && healthcode_risk_codec_is_absent(&reading))
                 == rows[i].absent, i, rows[i].flags);

        while (n) {
            freeReplyObject(replies[--n]);
        }
    }

    (void) state;
}


static void
test_reads_the_instance(void **state)
{
    static const struct {
        const char  *meta;
        const char  *instance;               /* NULL: none */
    } rows[] = {
        { "_\r\n", NULL }, { "-ERR x\r\n", NULL }, { "%0\r\n", NULL },
        { "*1\r\n$8\r\ninstance\r\n", NULL }, { "$8\r\ninstance\r\n", NULL },
        { "%1\r\n$8\r\ninstance\r\n:1\r\n", NULL },
        { "%1\r\n+instance\r\n$3\r\nabc\r\n", NULL },
        { "%1\r\n$8\r\nInstance\r\n$3\r\nabc\r\n", NULL },
        { "%1\r\n$9\r\ninstances\r\n$3\r\nabc\r\n", NULL },
        { "%1\r\n$3\r\nabc\r\n$8\r\ninstance\r\n", NULL },
        { "~2\r\n$8\r\ninstance\r\n$3\r\nabc\r\n", NULL },
        { "%1\r\n(9000\r\n$3\r\nabc\r\n", NULL },
        { "%1\r\n$8\r\ninstance\r\n$0\r\n\r\n", "" },
        { "%1\r\n$8\r\ninstance\r\n$3\r\nabc\r\n", "abc" },
        { "*4\r\n$1\r\na\r\n$1\r\nb\r\n$8\r\ninstance\r\n$3\r\nabc\r\n",
          "abc" },
        { "%2\r\n$8\r\ninstance\r\n$0\r\n\r\n$8\r\ninstance\r\n$3\r\nabc\r\n",
          "abc" },                           /* as it is judged */
        { META, "abc" }, { META_2, "abc" },
    };
    redisReply        *reply = NULL;
    healthcode_str_t   instance;

    for (size_t i = 0; i < test_count(rows); i++) {
        assert_int_equal(resp_read(rows[i].meta, strlen(rows[i].meta), &reply,
                                   1), 1);
        instance = healthcode_risk_codec_instance(reply);

        if (rows[i].instance) {
            test_str_equal(instance, rows[i].instance);
        } else {
            test_row(instance.data == NULL && instance.len == 0, i,
                     rows[i].meta);
        }

        freeReplyObject(reply);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_a_store_that_proves_nothing),
        cmocka_unit_test(test_refuses_replies_of_another_shape),
        cmocka_unit_test(test_counts_flags_of_a_wrong_type_as_set),
        cmocka_unit_test(test_reads_flags),
        cmocka_unit_test(test_flags_a_holder_with_more_flags_than_are_read),
        cmocka_unit_test(test_counts_what_was_skipped_as_set),
        cmocka_unit_test(test_reads_controls),
        cmocka_unit_test(test_lets_the_longest_prefix_in_force_rule),
        cmocka_unit_test(test_denies_the_levels_of_the_policy),
        cmocka_unit_test(test_reads_nothing_out_of_a_part_of_the_bytes),
        cmocka_unit_test(test_survives_deep_nesting),
        cmocka_unit_test(test_writes_these_bytes),
        cmocka_unit_test(test_asks_for_parts),
        cmocka_unit_test(test_reads_the_parts_that_were_asked),
        cmocka_unit_test(test_counts_bytes_and_does_not_trust_them),
        cmocka_unit_test(test_leaves_the_buffer_alone_on_failure),
        cmocka_unit_test(test_asks_for_64_regions),
        cmocka_unit_test(test_reads_an_answer_to_be_judged_later),
        cmocka_unit_test(test_tells_a_holder_without_flags),
        cmocka_unit_test(test_reads_the_instance),
    };

    return cmocka_run_group_tests_name("risk_codec", tests, NULL, NULL);
}
