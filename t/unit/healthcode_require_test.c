/*
 * Tests of healthcode_require.c: claims that fulfil no rule, and each operator
 * against each type of claim.  Knows no signature.
 * docs/token-format.md, "Claim rules".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_require.h"


#define VALUES_MAX  4

static uint8_t  memory[healthcode_json_memory(8192)];


/* A rule out of words, as a line of configuration has them. */
typedef struct {
    healthcode_require_t        rule;
    healthcode_require_value_t  values[VALUES_MAX];
} line_t;


static void
line_create(line_t *line, const char *claim, const char *operator,
    const char *const *values)
{
    char    error[256];
    size_t  n = 0;

    memset(line, 0, sizeof(*line));
    line->rule.claim = healthcode_str_from(claim, strlen(claim));
    line->rule.operator = healthcode_require_operator(
                            healthcode_str_from(operator, strlen(operator)));
    assert_int_not_equal(line->rule.operator, HEALTHCODE_REQUIRE_UNKNOWN);

    if (line->rule.operator == HEALTHCODE_REQUIRE_MATCH) {
        line->rule.pattern = healthcode_pattern_create_search(
            healthcode_str_from(values[0], strlen(values[0])), error,
            sizeof(error));
        assert_non_null(line->rule.pattern);
        return;
    }

    for (; n < VALUES_MAX && values[n]; n++) {
        healthcode_require_value(healthcode_str_from(values[n],
                                                     strlen(values[n])),
                                 &line->values[n]);
    }

    line->rule.values = line->values;
    line->rule.nvalues = n;
}


static yyjson_val *
payload(const char *text)
{
    yyjson_val  *object;

    object = healthcode_json_read(guard_text(0, text), memory, sizeof(memory));
    assert_non_null(object);

    return object;
}


static bool
holds(const char *json, const char *operator, const char *value)
{
    bool         result;
    char         text[8192];
    line_t       line;
    const char  *values[] = { value, NULL };

    snprintf(text, sizeof(text), "{\"a\":1,\"c\":%s,\"z\":\"x\"}", json);
    line_create(&line, "c", operator, values);
    result = healthcode_require_check(&line.rule, 1, payload(text)) == NULL;
    healthcode_pattern_free(line.rule.pattern);

    return result;
}


static void
test_fulfils_no_rule_without_the_claim(void **state)
{
    static const char  *const payloads[] = {
        "{}", "{\"C\":\"x\"}", "{\"c \":\"x\"}", "{\"cc\":\"x\"}",
        "{\"a\":{\"c\":\"x\"}}", "{\"c\":null}", "{\"c\":{}}",
        "{\"c\":{\"c\":\"x\"}}", "{\"c\":[null]}", "{\"c\":[{}]}",
        "{\"c\":[[\"x\"]]}", "{\"c\":[[[[\"x\"]]]]}",
    };
    static const struct {
        const char  *operator, *values[2];
    } rules[] = {
        { "=", { "x" } }, { "!=", { "y" } }, { "in", { "x" } }, { "~", { "" } },
        { "=", { "null" } }, { "=", { "" } }, { "!=", { "" } },
        { "!=", { "null" } }, { "~", { "." } }, { "<", { "1" } },
        { "<=", { "0" } }, { ">", { "-1" } }, { ">=", { "0" } },
    };
    line_t  line;

    for (size_t i = 0; i < test_count(payloads); i++) {
        for (size_t r = 0; r < test_count(rules); r++) {
            line_create(&line, "c", rules[r].operator, rules[r].values);
            test_row(healthcode_require_check(&line.rule, 1,
                                              payload(payloads[i]))
                     == &line.rule, i, payloads[i]);
            healthcode_pattern_free(line.rule.pattern);
        }
    }

    (void) state;
}


/* What a request did not give: neither its text nor its absence counts. */
static void
test_no_rule_about_a_void_value_holds(void **state)
{
    static const struct {
        const char  *claim, *operator, *values[4];
        size_t       given;      /* the one that is not void, from 1; 0: none */
        bool         holds;
    } rows[] = {
        { "\"\"", "=", { "" }, 0, false },
        { "\"x\"", "=", { "x" }, 0, false },
        { "7", "=", { "7" }, 0, false },
        { "true", "=", { "true" }, 0, false },
        { "[\"\",\"x\"]", "=", { "x" }, 0, false },
        { "\"y\"", "!=", { "x" }, 0, false },
        { "\"\"", "!=", { "" }, 0, false },
        { "7", "!=", { "8" }, 0, false },
        { "[]", "!=", { "x" }, 0, false },
        { "[\"y\",7]", "!=", { "x" }, 0, false },
        { "\"x\"", "in", { "x", "x", "x" }, 0, false },
        { "\"x\"", "in", { "y", "x", "z" }, 1, false },
        { "\"x\"", "in", { "y", "x", "z" }, 2, true },
        { "[\"w\",\"z\"]", "in", { "y", "x", "z" }, 3, true },
        { "\"\"", "in", { "x", "", "z" }, 1, false },
        { "7", "<", { "8" }, 0, false }, { "7", "<", { "8" }, 1, true },
        { "7", "<=", { "7" }, 0, false }, { "7", "<=", { "7" }, 1, true },
        { "7", ">", { "6" }, 0, false }, { "7", ">", { "6" }, 1, true },
        { "7", ">=", { "7" }, 0, false }, { "[7,8]", ">=", { "7" }, 0, false },
    };
    char    text[256];
    line_t  line;

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(text, sizeof(text), "{\"c\":%s}", rows[i].claim);
        line_create(&line, "c", rows[i].operator, rows[i].values);

        for (size_t n = 0; n < line.rule.nvalues; n++) {
            assert_false(line.values[n].is_void);
            line.values[n].is_void = (n + 1 != rows[i].given);
        }

        test_row((healthcode_require_check(&line.rule, 1, payload(text))
                  == NULL) == rows[i].holds, i, text);
    }

    (void) state;
}


static void
test_a_rule_of_no_operator_never_holds(void **state)
{
    healthcode_require_t  rule = { .claim = { (const uint8_t *) "c", 1 } };

    assert_ptr_equal(healthcode_require_check(&rule, 1,
                                              payload("{\"c\":\"x\"}")), &rule);
    assert_ptr_equal(healthcode_require_check(&rule, 1, NULL), &rule);
    assert_null(healthcode_require_check(&rule, 0, payload("{\"c\":\"x\"}")));
    assert_null(healthcode_require_check(NULL, 0, NULL));

    (void) state;
}


static void
test_knows_eight_operators(void **state)
{
    static const char  *const none[] = {
        "", "==", "=!", "<>", "~*", "!~", "IN", "In", "i", "inn", "=x", "eq",
        "!", " =", "= ", "=<", "=>", "<<", ">>", "< ", " <", "<==", ">==", "lt",
    };
    static const struct {
        const char            *word;
        healthcode_require_e   operator;
    } rows[] = {
        { "=", HEALTHCODE_REQUIRE_EQUAL }, { "in", HEALTHCODE_REQUIRE_EQUAL },
        { "!=", HEALTHCODE_REQUIRE_NOT_EQUAL },
        { "~", HEALTHCODE_REQUIRE_MATCH },
        { "<", HEALTHCODE_REQUIRE_LESS }, { "<=", HEALTHCODE_REQUIRE_AT_MOST },
        { ">", HEALTHCODE_REQUIRE_GREATER },
        { ">=", HEALTHCODE_REQUIRE_AT_LEAST },
    };

    for (size_t i = 0; i < test_count(none); i++) {
        test_row(healthcode_require_operator(guard_text(0, none[i]))
                 == HEALTHCODE_REQUIRE_UNKNOWN, i, none[i]);
    }

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_require_operator(guard_text(0, rows[i].word))
                 == rows[i].operator, i, rows[i].word);
        test_row(healthcode_require_is_order(rows[i].operator)
                 == (strpbrk(rows[i].word, "<>") != NULL), i, rows[i].word);
    }

    assert_int_equal(HEALTHCODE_REQUIRE_UNKNOWN, 0);
    assert_false(healthcode_require_is_order(HEALTHCODE_REQUIRE_UNKNOWN));

    (void) state;
}


/* One row is one claim and one value: whether they are equal. */
static void
test_compares_a_claim_with_a_value(void **state)
{
    static const struct {
        const char  *json, *value;
        bool         equal;
    } rows[] = {
        /* strings: the same bytes */
        { "\"yes\"", "yes", true }, { "\"yes\"", "Yes", false },
        { "\"yes\"", "ye", false }, { "\"ye\"", "yes", false },
        { "\"yes\"", "yes ", false }, { "\"\"", "", true },
        { "\"\"", "x", false }, { "\"x\"", "", false },
        { "\"\\u0079es\"", "yes", true }, { "\"a\\nb\"", "a\nb", true },
        { "\"\\u00fc\"", "\xc3\xbc", true }, { "\"\\u00fc\"", "u", false },
        { "\"true\"", "true", true }, { "\"null\"", "null", true },
        { "\"1\"", "1", true }, { "\"1\"", "1.0", false },
        { "\"01\"", "01", true },

        /* integers: exactly */
        { "0", "0", true }, { "0", "-0", true }, { "-0", "0", true },
        { "0", "0.0", true }, { "0", "", false }, { "0", "00", false },
        { "0", "false", false }, { "0", "zero", false },
        { "3", "3", true }, { "3", "4", false }, { "3", "3.0", true },
        { "3", "30e-1", true }, { "3", "+3", false }, { "3", " 3", false },
        { "3", "3 ", false }, { "3", "03", false }, { "3", "0x3", false },
        { "3", "3,3", false }, { "3", "3]", false }, { "3", "\"3\"", false },
        { "3", "-3", false }, { "-3", "-3", true }, { "-3", "3", false },
        { "3", "Infinity", false }, { "3", "NaN", false },
        { "9007199254740993", "9007199254740993", true },
        { "9007199254740993", "9007199254740992", false },
        { "9223372036854775807", "9223372036854775807", true },
        { "9223372036854775807", "9223372036854775808", false },
        { "9223372036854775808", "-9223372036854775808", false },
        { "-9223372036854775808", "9223372036854775808", false },
        { "-9223372036854775808", "-9223372036854775808", true },
        { "18446744073709551615", "18446744073709551615", true },
        { "18446744073709551615", "-1", false },
        { "-1", "18446744073709551615", false },
        { "18446744073709551615", "18446744073709551614", false },

        /* others: the double that is nearest to what is written, exactly */
        { "18446744073709551616", "18446744073709551616", true },
        { "18446744073709551616", "18446744073709551617", true },
        { "18446744073709551615", "18446744073709551616", false },
        { "18446744073709551615", "18446744073709551615.0", false },
        { "9007199254740993", "9007199254740992.0", false },
        { "9007199254740992", "9007199254740992.0", true },
        { "-9007199254740993", "-9007199254740992.0", false },
        { "-9223372036854775808", "-9223372036854775808.0", true },
        { "0", "-0.0", true }, { "0", "5e-324", false },
        { "1.5", "1.5", true }, { "1.5", "15e-1", true },
        { "1.5", "1.50", true }, { "1.5", "1", false }, { "1.5", "2", false },
        { "1e2", "100", true }, { "0.1", "0.1", true },
        { "0.1", "0.10000000000000001", true }, { "0.1", "0.11", false },
        { "-1.5", "1.5", false }, { "1e308", "1e309", false },

        /* booleans: as words */
        { "true", "true", true }, { "true", "True", false },
        { "true", "1", false }, { "true", "false", false },
        { "false", "false", true }, { "false", "0", false },
        { "false", "", false }, { "true", "tru", false },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(holds(rows[i].json, "=", rows[i].value) == rows[i].equal, i,
                 rows[i].json);
        test_row(holds(rows[i].json, "in", rows[i].value) == rows[i].equal, i,
                 rows[i].json);
        test_row(holds(rows[i].json, "!=", rows[i].value) == !rows[i].equal, i,
                 rows[i].json);
    }

    (void) state;
}


/* One row is one claim and one value: -1, 0, 1, or 2 if no order holds. */
static void
test_orders_numbers_and_nothing_else(void **state)
{
    static const struct {
        const char  *json, *value;
        int          order;
    } rows[] = {
        { "2", "3", -1 }, { "3", "3", 0 }, { "4", "3", 1 },
        { "-4", "-3", -1 }, { "-3", "-3", 0 }, { "-2", "-3", 1 },
        { "-1", "0", -1 }, { "0", "-1", 1 }, { "-0", "0", 0 },
        { "10", "9", 1 }, { "9", "10", -1 },
        { "3", "3.0", 0 }, { "3", "3.5", -1 }, { "4", "3.5", 1 },
        { "-3", "-3.5", 1 }, { "-4", "-3.5", -1 }, { "3.5", "3", 1 },
        { "3.25", "3.5", -1 }, { "-3.25", "-3.5", 1 }, { "1e2", "100", 0 },
        { "0", "5e-324", -1 }, { "0", "-5e-324", 1 }, { "-0.0", "0", 0 },

        /* where a double would round */
        { "9007199254740993", "9007199254740992", 1 },
        { "9007199254740992", "9007199254740993", -1 },
        { "9007199254740993", "9007199254740992.0", 1 },
        { "9007199254740991", "9007199254740992.0", -1 },
        { "-9007199254740993", "-9007199254740992.0", -1 },
        { "9223372036854775807", "9223372036854775808", -1 },
        { "9223372036854775807", "9223372036854775808.0", -1 },
        { "9223372036854775808", "9223372036854775808.0", 0 },
        { "18446744073709551615", "18446744073709551616", -1 },
        { "18446744073709551616", "18446744073709551615", 1 },
        { "18446744073709551615", "18446744073709551615.0", -1 },
        { "18446744073709551615", "18446744073709549568.0", 1 },
        { "-9223372036854775808", "-9223372036854775808.0", 0 },
        { "-9223372036854775808", "-9223372036854777856.0", 1 },
        { "-1", "18446744073709551615", -1 },
        { "18446744073709551615", "-1", 1 },
        { "1e300", "18446744073709551615", 1 }, { "1e300", "1e299", 1 },
        { "-1e300", "-9223372036854775808", -1 }, { "-1e300", "-1e299", -1 },
        { "1e308", "1e308", 0 },

        /* no numbers: neither a text of digits, nor a word */
        { "\"3\"", "3", 2 }, { "\"\"", "0", 2 }, { "\"a\"", "3", 2 },
        { "true", "1", 2 }, { "false", "0", 2 }, { "null", "0", 2 },
        { "{}", "0", 2 }, { "[]", "0", 2 }, { "[[3]]", "3", 2 },
        { "[\"3\",true,null,{}]", "3", 2 },
        { "3", "x", 2 }, { "3", "", 2 }, { "3", "03", 2 }, { "3", " 3", 2 },
        { "3", "+3", 2 }, { "3", "3 4", 2 }, { "3", "0x3", 2 },
        { "3", "true", 2 }, { "3", "null", 2 }, { "3", "NaN", 2 },
        { "3", "-Infinity", 2 }, { "3", "Infinity", 2 }, { "3", "1e999", 2 },
        { "\"a\"", "a", 2 },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        int  order = rows[i].order;

        test_row(holds(rows[i].json, "<", rows[i].value) == (order == -1), i,
                 rows[i].json);
        test_row(holds(rows[i].json, "<=", rows[i].value)
                 == (order == -1 || order == 0), i, rows[i].json);
        test_row(holds(rows[i].json, ">", rows[i].value) == (order == 1), i,
                 rows[i].json);
        test_row(holds(rows[i].json, ">=", rows[i].value)
                 == (order == 1 || order == 0), i, rows[i].json);
        test_row(order == 2
                 || holds(rows[i].json, "=", rows[i].value) == (order == 0), i,
                 rows[i].json);
    }

    (void) state;
}


static void
test_an_order_has_one_value(void **state)
{
    line_t       line;
    const char  *values[] = { "1", "9", NULL };

    line_create(&line, "c", ">", values);
    assert_int_equal(line.rule.nvalues, 2);
    assert_ptr_equal(healthcode_require_check(&line.rule, 1,
                                              payload("{\"c\":10}")),
                     &line.rule);
    line.rule.nvalues = 0;
    assert_ptr_equal(healthcode_require_check(&line.rule, 1,
                                              payload("{\"c\":10}")),
                     &line.rule);
    line.rule.nvalues = 1;
    assert_null(healthcode_require_check(&line.rule, 1,
                                         payload("{\"c\":10}")));

    (void) state;
}


static void
test_says_which_value_is_a_number(void **state)
{
    static const char  *const numbers[] = {
        "0", "-0", "17", "-17", "1.5", "1e3", "18446744073709551616",
    };
    static const char  *const others[] = {
        "", "x", "true", "null", "01", "+1", ".5", "1.", "1 ", "0x1", "1e999",
        "-", "NaN", "1,5",
    };
    healthcode_require_value_t  value;

    for (size_t i = 0; i < test_count(numbers); i++) {
        healthcode_require_value(guard_text(0, numbers[i]), &value);
        test_row(healthcode_require_is_number(&value), i, numbers[i]);
    }

    for (size_t i = 0; i < test_count(others); i++) {
        healthcode_require_value(guard_text(0, others[i]), &value);
        test_row(!healthcode_require_is_number(&value), i, others[i]);
    }

    (void) state;
}


static void
test_takes_any_value_of_in(void **state)
{
    static const char  *const values[] = { "a", "2", "true", NULL };
    static const struct {
        const char  *json;
        bool         holds;
    } rows[] = {
        { "{\"c\":\"a\"}", true }, { "{\"c\":2}", true },
        { "{\"c\":\"2\"}", true }, { "{\"c\":true}", true },
        { "{\"c\":\"true\"}", true }, { "{\"c\":2.0}", true },
        { "{\"c\":\"b\"}", false }, { "{\"c\":1}", false },
        { "{\"c\":false}", false }, { "{\"c\":\"\"}", false },
        { "{\"c\":[]}", false }, { "{\"c\":[\"b\",1,false]}", false },
        { "{\"c\":[\"b\",2]}", true },
    };
    line_t  line;

    line_create(&line, "c", "in", values);
    assert_int_equal(line.rule.nvalues, 3);

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row((healthcode_require_check(&line.rule, 1, payload(rows[i].json))
                  == NULL) == rows[i].holds, i, rows[i].json);
    }

    (void) state;
}


static void
test_looks_into_arrays(void **state)
{
    static const struct {
        const char  *json, *operator, *value;
        bool         holds;
    } rows[] = {
        { "[]", "=", "x", false }, { "[]", "~", "", false },
        { "[]", "!=", "x", true },
        { "[\"x\"]", "=", "x", true }, { "[\"y\",\"x\"]", "=", "x", true },
        { "[\"x\",\"y\"]", "=", "x", true }, { "[\"y\"]", "=", "x", false },
        { "[1,\"y\",true]", "=", "true", true }, { "[1,2]", "=", "2", true },
        { "[null,{},[],\"x\"]", "=", "x", true },
        { "[[\"x\"]]", "=", "x", false },
        { "[{\"x\":\"x\"}]", "=", "x", false },
        { "[\"y\",\"z\"]", "!=", "x", true },
        { "[\"y\",\"x\"]", "!=", "x", false },
        { "[\"x\",\"y\"]", "!=", "x", false },
        { "[\"y\",[\"z\"]]", "!=", "x", false },
        { "[{},\"y\"]", "!=", "x", false },
        { "[\"y\",null]", "!=", "x", false },
        { "[1,true,\"y\"]", "!=", "x", true }, { "[1,2]", "!=", "2.0", false },
        { "[\"ab\",\"cd\"]", "~", "^c", true },
        { "[\"ab\",\"cd\"]", "~", "^b", false },
        { "[[\"ab\"],{\"ab\":1}]", "~", "", false }, { "[7]", "~", "7", true },
        { "[1,5]", "<", "3", true }, { "[1,5]", ">", "3", true },
        { "[4,5]", "<", "3", false }, { "[\"x\",null,5]", ">=", "5", true },
        { "[[5]]", ">=", "5", false },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(holds(rows[i].json, rows[i].operator, rows[i].value)
                 == rows[i].holds, i, rows[i].json);
    }

    (void) state;
}


static void
test_searches_strings_and_integers(void **state)
{
    static const struct {
        const char  *json, *pattern;
        bool         holds;
    } rows[] = {
        { "\"xabcx\"", "b", true }, { "\"xabcx\"", "^a", false },
        { "\"xabcx\"", "", true }, { "\"\"", "", true }, { "\"\"", ".", false },
        { "\"ABC\"", "abc", false }, { "\"ABC\"", "(?i)abc", true },
        { "\"a\\nb\"", "^b", false }, { "\"a\\nb\"", "(?m)^b", true },
        { "\"abc\"", "(?=b)\\Kb", true }, { "\"\\u5317\"", "^.{3}$", true },
        { "\"\\u5317\"", "(*UTF)^.$", true },
        { "12", "^12$", true }, { "-12", "^-12$", true }, { "-0", "^0$", true },
        { "18446744073709551615", "^18446744073709551615$", true },
        { "-9223372036854775808", "^-9223372036854775808$", true },
        { "12.0", "12", false }, { "1.5", ".", false }, { "1e2", "", false },
        { "18446744073709551616", "", false },
        { "true", "true", false }, { "false", "", false },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(holds(rows[i].json, "~", rows[i].pattern) == rows[i].holds, i,
                 rows[i].json);
    }

    (void) state;
}


static void
test_a_pattern_that_runs_into_a_limit_does_not_fit(void **state)
{
    char  json[4096];

    memset(json, 'a', sizeof(json));
    json[0] = '"';
    memcpy(json + 4000, "!\"", 3);

    assert_false(holds(json, "~", "^(a+)+$"));
    assert_true(holds(json, "~", "^a+!$"));

    (void) state;
}


static void
test_compares_names_exactly(void **state)
{
    static const char  *const names[] = {
        "c", "C", "", "a.b", "a/b", "https://x.example/#y", "\xe5\x8c\x97",
        "$x", "a b",
    };
    char         text[256];
    line_t       line;
    const char  *values[] = { "x", NULL };

    for (size_t i = 0; i < test_count(names); i++) {
        for (size_t j = 0; j < test_count(names); j++) {
            snprintf(text, sizeof(text), "{\"%s\":\"x\"}", names[j]);
            line_create(&line, names[i], "=", values);
            test_row((healthcode_require_check(&line.rule, 1, payload(text))
                      == NULL) == (i == j), i, text);
        }
    }

    (void) state;
}


/* A claim that begins with "/" is a JSON pointer (RFC 6901). */
static void
test_follows_pointers(void **state)
{
    static const char  json[] =
        "{\"foo\":[\"bar\",\"baz\"],\"\":\"x\",\"a/b\":\"x\",\"c%d\":\"x\","
        "\"e^f\":\"x\",\"g|h\":\"x\",\"i\\\\j\":\"x\",\"k\\\"l\":\"x\","
        "\" \":\"x\",\"m~n\":\"x\",\"/p\":\"x\",\"~1\":\"x\","
        "\"realm\":{\"roles\":[\"y\",\"x\"],\"\":{\"\":\"x\"}},"
        "\"list\":[[\"y\",\"x\"],{\"0\":\"x\",\"-\":\"x\",\"00\":\"x\"}],"
        "\"no\":null,\"s\":\"text\",\"realm/roles\":\"z\"}";
    static const struct {
        const char  *claim;
        bool         holds;
    } rows[] = {
        /* of RFC 6901, section 5 */
        { "/", true }, { "/a~1b", true }, { "/c%d", true }, { "/e^f", true },
        { "/g|h", true }, { "/i\\j", true }, { "/k\"l", true }, { "/ ", true },
        { "/m~0n", true },

        /* to a member that has a slash or a tilde itself */
        { "/~1p", true }, { "/~01", true }, { "/p", false }, { "//p", false },
        { "/~1", false }, { "/a/b", false }, { "a/b", true }, { "/m~n", false },
        { "m~n", true }, { "/c%25d", false }, { "/g%7Ch", false },

        /* nested */
        { "/realm/roles", true }, { "/realm/roles/1", true },
        { "/realm/roles/0", false }, { "/realm/roles/2", false },
        { "/realm/roles/-", false }, { "/realm/roles/01", false },
        { "/realm/roles/+1", false }, { "/realm/roles/1/", false },
        { "/realm/roles/", false }, { "/realm/roles/x", false },
        { "/realm//", true }, { "/realm/", false }, { "/realm", false },
        { "/realm/roles/18446744073709551617", false },
        { "/realm/roles/4294967297", false },
        { "/realm/roles/0x1", false }, { "/realm/roles/ 1", false },
        { "/Realm/roles", false }, { "/roles", false },
        { "/list/0", true }, { "/list/0/1", true }, { "/list/1/0", true },
        { "/list/1/-", true }, { "/list/1/00", true }, { "/list/1/1", false },
        { "/list", false }, { "/list/-", false }, { "/list/2", false },

        /* through what has no parts */
        { "/no", false }, { "/no/0", false }, { "/s/0", false },
        { "/s/len", false }, { "/s", false }, { "/none/x", false },

        /* malformed */
        { "/m~", false }, { "/m~2n", false }, { "/~", false },
    };
    line_t       line;
    const char  *values[] = { "x", NULL };

    for (size_t i = 0; i < test_count(rows); i++) {
        line_create(&line, rows[i].claim, "=", values);
        line.rule.claim = guard_text(1, rows[i].claim);
        test_row((healthcode_require_check(&line.rule, 1, payload(json))
                  == NULL) == rows[i].holds, i, rows[i].claim);
    }

    line_create(&line, "/foo", "in", (const char *[]) { "baz", NULL });
    assert_null(healthcode_require_check(&line.rule, 1, payload(json)));
    line_create(&line, "/foo", "!=", (const char *[]) { "baz", NULL });
    assert_non_null(healthcode_require_check(&line.rule, 1, payload(json)));
    line_create(&line, "/nowhere/x", "!=", (const char *[]) { "x", NULL });
    assert_non_null(healthcode_require_check(&line.rule, 1, payload(json)));

    (void) state;
}


static void
test_says_what_can_name_a_claim(void **state)
{
    static const char  *const names[] = {
        "a", "a~b", "~", "a/~", "https://x.example/~y", "/", "//", "/a~0~1b",
        "/~0", "/~1/~1",
    };
    static const char  *const others[] = {
        "", "/~", "/a~", "/a~b", "/a~2", "/~0~", "/a/~/b", "/~~0",
    };

    for (size_t i = 0; i < test_count(names); i++) {
        test_row(healthcode_require_is_claim(guard_text(0, names[i])), i,
                 names[i]);
    }

    for (size_t i = 0; i < test_count(others); i++) {
        test_row(!healthcode_require_is_claim(guard_text(0, others[i])), i,
                 others[i]);
    }

    (void) state;
}


static void
test_names_the_first_rule_that_does_not_hold(void **state)
{
    line_t                lines[3];
    const char           *x[] = { "x", NULL };
    healthcode_require_t  rules[3];

    line_create(&lines[0], "a", "=", x);
    line_create(&lines[1], "b", "!=", x);
    line_create(&lines[2], "c", "=", x);

    for (size_t i = 0; i < 3; i++) {
        rules[i] = lines[i].rule;
    }

    assert_null(healthcode_require_check(rules, 3,
                            payload("{\"c\":\"x\",\"b\":\"y\",\"a\":\"x\"}")));
    assert_ptr_equal(healthcode_require_check(rules, 3, payload("{}")),
                     &rules[0]);
    assert_ptr_equal(healthcode_require_check(rules, 3,
                                       payload("{\"a\":\"x\",\"c\":\"y\"}")),
                     &rules[1]);
    assert_ptr_equal(healthcode_require_check(rules, 3,
                            payload("{\"c\":\"y\",\"b\":\"y\",\"a\":\"x\"}")),
                     &rules[2]);
    assert_ptr_equal(healthcode_require_check(rules, 3,
                            payload("{\"c\":\"x\",\"b\":\"x\",\"a\":\"x\"}")),
                     &rules[1]);

    (void) state;
}


static void
test_judges_a_text_that_is_not_a_claim(void **state)
{
    static const struct {
        const char  *text, *operator, *values[3];
        bool         holds;
    } rows[] = {
        { "", "=", { "" }, false },
        { "", "!=", { "x" }, false },
        { "", "~", { "^" }, false },
        { "", "<", { "5" }, false },
        { "open", "=", { "open" }, true },
        { "Open", "=", { "open" }, false },
        { "open ", "=", { "open" }, false },
        { "1.0", "=", { "1" }, false },
        { "true", "=", { "true" }, true },
        { "open", "!=", { "open" }, false },
        { "shut", "!=", { "open" }, true },
        { "open", "!=", { "" }, true },
        { "b", "in", { "a", "b" }, true },
        { "c", "in", { "a", "b" }, false },
        { "lane-7", "~", { "^lane-[0-9]$" }, true },
        { "lane-77", "~", { "^lane-[0-9]$" }, false },
        { "7", "<", { "8" }, true },
        { "8", "<", { "8" }, false },
        { "8", "<=", { "8" }, true },
        { "8.5", ">", { "8" }, true },
        { "8", ">", { "8" }, false },
        { "8", ">=", { "8" }, true },
        { "7.9", ">=", { "8" }, false },
        { "1e1", ">=", { "10" }, true },
        { "eight", "<", { "9" }, false },
        { "08", "<", { "9" }, false },
        { " 8", "<", { "9" }, false },
        { "8,5", "<", { "9" }, false },
        { "8", "<", { "nine" }, false },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        line_t  line;

        line_create(&line, "$x", rows[i].operator, rows[i].values);
        test_row(healthcode_require_holds_for(&line.rule,
                                              guard_text(0, rows[i].text))
                 == rows[i].holds, i, rows[i].text);
        healthcode_pattern_free(line.rule.pattern);
    }

    (void) state;
}


static void
test_no_text_fulfils_a_rule_about_a_void_value(void **state)
{
    line_t       line;
    const char  *operators[] = { "=", "!=", "in", "<", "<=", ">", ">=" };
    const char  *values[] = { "7", NULL };

    for (size_t i = 0; i < test_count(operators); i++) {
        line_create(&line, "$x", operators[i], values);
        line.values[0].is_void = true;
        test_row(!healthcode_require_holds_for(&line.rule, guard_text(0, "7")),
                 i, operators[i]);
        test_row(!healthcode_require_holds_for(&line.rule, guard_text(0, "8")),
                 i, operators[i]);
    }

    line.rule.operator = HEALTHCODE_REQUIRE_UNKNOWN;
    line.values[0].is_void = false;
    assert_false(healthcode_require_holds_for(&line.rule, guard_text(0, "7")));

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_fulfils_no_rule_without_the_claim),
        cmocka_unit_test(test_no_rule_about_a_void_value_holds),
        cmocka_unit_test(test_a_rule_of_no_operator_never_holds),
        cmocka_unit_test(test_knows_eight_operators),
        cmocka_unit_test(test_compares_a_claim_with_a_value),
        cmocka_unit_test(test_orders_numbers_and_nothing_else),
        cmocka_unit_test(test_an_order_has_one_value),
        cmocka_unit_test(test_says_which_value_is_a_number),
        cmocka_unit_test(test_takes_any_value_of_in),
        cmocka_unit_test(test_looks_into_arrays),
        cmocka_unit_test(test_searches_strings_and_integers),
        cmocka_unit_test(test_a_pattern_that_runs_into_a_limit_does_not_fit),
        cmocka_unit_test(test_compares_names_exactly),
        cmocka_unit_test(test_follows_pointers),
        cmocka_unit_test(test_says_what_can_name_a_claim),
        cmocka_unit_test(test_names_the_first_rule_that_does_not_hold),
        cmocka_unit_test(test_judges_a_text_that_is_not_a_claim),
        cmocka_unit_test(test_no_text_fulfils_a_rule_about_a_void_value),
    };

    return cmocka_run_group_tests_name("require", tests, NULL, NULL);
}
