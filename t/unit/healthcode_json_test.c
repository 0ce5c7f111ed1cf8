/*
 * Tests of healthcode_json.c: what strict reading refuses, however deep it is
 * hidden, and that the promised memory is enough.  Knows no token.
 * docs/token-format.md, "JSON".
 */

#include <stdalign.h>

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_json.h"


/* Reads text at the wall, in exactly the memory that the header promises. */
static yyjson_val *
read_json(const void *text, size_t len)
{
    static void  *memory;
    size_t        size = healthcode_json_memory(len);

    free(memory);
    memory = malloc(size);
    assert_non_null(memory);

    return healthcode_json_read(guard(0, text, len), memory, size);
}


static yyjson_val *
read_text(const char *text)
{
    return read_json(text, strlen(text));
}


static void
test_refuses_what_is_no_strict_object(void **state)
{
    static const char  *const rows[] = {
        "", " ", "{", "}", "[]", "[{}]", "null", "true", "1", "\"a\"", "{}{}",
        "{} x", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
        "{'a':1}", "{\"a\":1 \"b\":2}", "{\"a\":01}", "{\"a\":+1}",
        "{\"a\":.5}", "{\"a\":1.}", "{\"a\":0x10}", "{\"a\":NaN}",
        "{\"a\":Infinity}", "{\"a\":-}", "{\"a\":1e}", "{\"a\":tru}",
        "{\"a\":True}", "{\"a\":1}//c", "{/*c*/}", "\xef\xbb\xbf{}",
        "{\"a\":\"\t\"}", "{\"a\":\"\n\"}", "{\"a\":\"\x01\"}",
        "{\"a\":\"\\x41\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"b}", "{\"a\":[}",
        "{\"a\":[1}", "{\"a\":{]}", "{1:2}", "{null:1}",
        /* a number that no double holds */
        "{\"a\":1e999}", "{\"a\":-1e999}", "{\"a\":[{\"b\":1e309}]}",
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(read_text(rows[i]) == NULL, i, rows[i]);
    }

    assert_null(read_json("{}\0", 3));
    assert_null(read_json("{\"a\0\":1}", 8));
    assert_null(read_json(NULL, 0));

    (void) state;
}


static void
test_refuses_a_name_twice(void **state)
{
    static const char  *const rows[] = {
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,\"b\":2,\"a\":3}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"\\u0061\":1,\"a\":2}",
        "{\"\\u00e9\":1,\"\xc3\xa9\":2}",
        "{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}",
        "{\"a/b\":1,\"a\\/b\":2}",
        "{\"\":1,\"\":2}",
        "{\"x\":{\"a\":1,\"a\":1}}",
        "{\"x\":[{\"a\":1,\"a\":1}]}",
        "{\"x\":[[[{\"y\":{\"a\":1,\"\\u0061\":1}}]]]}",
        "{\"x\":[1,{\"a\":1},{\"b\":1,\"b\":2}],\"z\":1}",
        "{\"x\":{},\"y\":{\"z\":{\"a\":{},\"a\":{}}}}",
        "{\"a\":{\"b\":1},\"c\":{\"b\":1},\"a\":1}",
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(read_text(rows[i]) == NULL, i, rows[i]);
    }

    (void) state;
}


static void
test_refuses_a_nul_in_any_string(void **state)
{
    static const char  *const rows[] = {
        "{\"a\":\"\\u0000\"}",
        "{\"a\":\"x\\u0000y\"}",
        "{\"a\\u0000\":1}",
        "{\"\\u0000\":1}",
        "{\"a\":[[\"\\u0000\"]]}",
        "{\"a\":{\"b\\u0000\":{}}}",
        "{\"a\":[{\"b\":\"c\"},{\"d\":\"e\\u0000\"}]}",
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(read_text(rows[i]) == NULL, i, rows[i]);
    }

    (void) state;
}


static void
test_refuses_invalid_utf8(void **state)
{
    static const char  *const rows[] = {
        "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(",
        "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xe2\x82", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80",
        "\xfe", "\xff", "\\ud800", "\\udc00", "\\ud800\\u0041",
        "\\udc00\\ud800",
    };
    char  text[64];

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(text, sizeof(text), "{\"a\":\"%s\"}", rows[i]);
        test_row(read_text(text) == NULL, i, rows[i]);
        snprintf(text, sizeof(text), "{\"%s\":1}", rows[i]);
        test_row(read_text(text) == NULL, i, rows[i]);
        snprintf(text, sizeof(text), "{\"a\":[\"b%s\"]}", rows[i]);
        test_row(read_text(text) == NULL, i, rows[i]);
    }

    (void) state;
}


/* An object of n members, inside prefix and suffix. */
static yyjson_val *
read_members(const char *prefix, unsigned n, const char *suffix)
{
    char    text[16384];
    size_t  len = (size_t) snprintf(text, sizeof(text), "%s{", prefix);

    for (unsigned i = 0; i < n; i++) {
        len += (size_t) snprintf(text + len, sizeof(text) - len, "%s\"m%u\":1",
                                 i ? "," : "", i);
    }

    len += (size_t) snprintf(text + len, sizeof(text) - len, "}%s", suffix);

    return read_json(text, len);
}


static void
test_refuses_more_than_1024_members(void **state)
{
    assert_non_null(read_members("", 1023, ""));
    assert_non_null(read_members("", 1024, ""));
    assert_null(read_members("", 1025, ""));
    assert_null(read_members("", 1300, ""));
    assert_non_null(read_members("{\"a\":[", 1024, "]}"));
    assert_null(read_members("{\"a\":[", 1025, "]}"));
    assert_null(read_members("{\"a\":{\"b\":", 1025, "}}"));

    (void) state;
}


/* Of n members, the names at a and b are equal; returns whether it is read. */
static bool
reads_names(unsigned n, unsigned a, unsigned b)
{
    char    text[16384];
    size_t  len = (size_t) snprintf(text, sizeof(text), "{");

    /* in no order, and of several lengths */

    for (unsigned i = 0; i < n; i++) {
        len += (size_t) snprintf(text + len, sizeof(text) - len,
                                 "%s\"%u\":1", i ? "," : "",
                                 ((i == b) ? a : i) * 7919 % 104729);
    }

    snprintf(text + len, sizeof(text) - len, "}");

    return read_text(text) != NULL;
}


static void
test_finds_a_name_twice_wherever_it_stands(void **state)
{
    static const unsigned  sizes[] = { 2, 3, 16, 23, 24, 25, 26, 33, 64, 65 };

    for (size_t i = 0; i < test_count(sizes); i++) {
        test_row(reads_names(sizes[i], 0, 0), i, "different names");

        for (unsigned a = 0; a < sizes[i]; a++) {
            for (unsigned b = a + 1; b < sizes[i]; b++) {
                test_row(!reads_names(sizes[i], a, b), i, "a name twice");
            }
        }
    }

    assert_true(reads_names(1024, 0, 0));
    assert_false(reads_names(1024, 0, 1023));
    assert_false(reads_names(1024, 511, 512));

    (void) state;
}


static void
test_refuses_too_little_memory(void **state)
{
    static char  memory[healthcode_json_memory(64)];
    const char  *text = "{\"a\":1}";
    size_t       need = healthcode_json_memory(strlen(text));

    assert_null(healthcode_json_read(guard_text(0, text), memory, need - 1));
    assert_null(healthcode_json_read(guard_text(0, text), memory, 0));
    assert_non_null(healthcode_json_read(guard_text(0, text), memory, need));

    (void) state;
}


static void
test_survives_deep_nesting(void **state)
{
    char    text[16384];
    size_t  n = 6;

    strcpy(text, "{\"a\":");

    while (n < 3000) {
        text[n++ - 1] = '[';
    }

    assert_null(read_json(text, n - 1));

    for (size_t i = 0; i < 2994; i++) {
        text[n++ - 1] = ']';
    }

    text[n++ - 1] = '}';
    assert_non_null(read_json(text, n - 1));

    /* objects, the innermost with a name twice */
    n = 0;

    for (size_t i = 0; i < 1000; i++) {
        memcpy(text + n, "{\"a\":", 5);
        n += 5;
    }

    memcpy(text + n, "{\"b\":1,\"b\":1}", 13);
    memset(text + n + 13, '}', 1000);
    assert_null(read_json(text, n + 13 + 1000));

    memcpy(text + n, "{\"b\":1,\"c\":1}", 13);
    assert_non_null(read_json(text, n + 13 + 1000));

    (void) state;
}


/* The texts that take the most values, and growing strings, at many lengths. */
static void
test_needs_no_more_memory_than_promised(void **state)
{
    static const struct {
        const char  *head, *more, *tail;
    } rows[] = {
        { "{\"a\":[1", ",1", "]}" },
        { "{\"a\":[[]", ",[]", "]}" },
        { "{\"a\":[{}", ",{}", "]}" },
        { "{\"a\":[\"\"", ",\"\"", "]}" },
        { "{\"a\":[{\"\":1}", ",{\"\":1}", "]}" },
        { "{\"a\":[\"\\n", "\\u00e9", "\"]}" },
        { "{\"a\":\"", "x", "\"}" },
        { "{\"a\":1", " ", "}" },
    };
    char    text[8192];
    size_t  len;

    for (size_t i = 0; i < test_count(rows); i++) {
        for (size_t n = 0; n < 6200; n += (n < 300) ? 1 : 97) {

            len = strlen(strcpy(text, rows[i].head));

            while (len + strlen(rows[i].more) < n) {
                len += strlen(strcpy(text + len, rows[i].more));
            }

            len += strlen(strcpy(text + len, rows[i].tail));
            test_row(read_json(text, len) != NULL, n, rows[i].head);
        }
    }

    (void) state;
}


static void
test_reads_a_string_member(void **state)
{
    yyjson_val        *object;
    healthcode_str_t   value = healthcode_str("before");

    object = read_text("{\"s\":\"x\",\"e\":\"\",\"n\":1,\"z\":null,\"t\":true,"
                       "\"a\":[\"x\"],\"o\":{\"s\":\"y\"},\"u\":\"\\u00e9\"}");
    assert_non_null(object);

    assert_int_equal(healthcode_json_string(object, "absent", &value), 0);
    assert_int_equal(healthcode_json_string(object, "S", &value), 0);
    assert_int_equal(healthcode_json_string(object, "n", &value), -1);
    assert_int_equal(healthcode_json_string(object, "z", &value), -1);
    assert_int_equal(healthcode_json_string(object, "t", &value), -1);
    assert_int_equal(healthcode_json_string(object, "a", &value), -1);
    assert_int_equal(healthcode_json_string(object, "o", &value), -1);
    test_str_equal(value, "before");

    assert_int_equal(healthcode_json_string(object, "s", &value), 1);
    test_str_equal(value, "x");
    assert_int_equal(healthcode_json_string(object, "e", &value), 1);
    test_str_equal(value, "");
    assert_int_equal(healthcode_json_string(object, "u", &value), 1);
    test_str_equal(value, "\xc3\xa9");

    (void) state;
}


static void
test_reads_an_integer_member(void **state)
{
    static const struct {
        const char  *text;
        int          result;
        int64_t      value;
    } rows[] = {
        { "1.0", 1, 1 }, { "1e3", -1, 0 }, { "1E0", 1, 1 },
        { "1e2", 1, 100 }, { "100.0", 1, 100 }, { "100.1", -1, 0 },
        { "1010e-1", -1, 0 }, { "0.5e1", 1, 5 }, { "-1.0", -1, 0 },
        { "1e300", -1, 0 }, { "1e-300", -1, 0 }, { "\"1.0\"", -1, 0 },
        { "1.5", -1, 0 }, { "-1", -1, 0 }, { "101", -1, 0 },
        { "-9223372036854775808", -1, 0 }, { "9223372036854775807", -1, 0 },
        { "9223372036854775808", -1, 0 }, { "18446744073709551615", -1, 0 },
        { "18446744073709551616", -1, 0 }, { "\"1\"", -1, 0 },
        { "true", -1, 0 }, { "null", -1, 0 }, { "[1]", -1, 0 },
        { "{}", -1, 0 }, { "0.0", 1, 0 }, { "-0.0", 1, 0 },
        { "0", 1, 0 }, { "1", 1, 1 }, { "99", 1, 99 }, { "100", 1, 100 },
    };
    char         text[64];
    int64_t      value;
    yyjson_val  *object;

    for (size_t i = 0; i < test_count(rows); i++) {
        value = -77;
        snprintf(text, sizeof(text), "{\"n\":%s}", rows[i].text);
        object = read_text(text);

        test_row(object != NULL, i, text);
        test_row(healthcode_json_integer(object, "n", 0, 100, &value)
                 == rows[i].result, i, text);
        test_row(value == (rows[i].result == 1 ? rows[i].value : -77), i, text);
        assert_int_equal(healthcode_json_integer(object, "m", 0, 100, &value),
                         0);
    }

    /* the whole range: an unsigned number must not turn into a negative one */
    object = read_text("{\"u\":18446744073709551615,\"m\":"
                       "-9223372036854775808}");
    value = -77;
    assert_int_equal(healthcode_json_integer(object, "u", INT64_MIN, INT64_MAX,
                                             &value), -1);
    assert_int_equal(value, -77);
    assert_int_equal(healthcode_json_integer(object, "m", INT64_MIN, INT64_MAX,
                                             &value), 1);
    assert_true(value == INT64_MIN);

    (void) state;
}


static void
test_accepts_strict_objects(void **state)
{
    static const char  *const rows[] = {
        "{}", " {} ", "\r\n\t{ \"a\" : [ ] }", "{\"a\":{\"a\":{\"a\":1}}}",
        "{\"a\":[{\"a\":1},{\"a\":1}]}", "{\"a\":1,\"A\":2}",
        "{\"a\":1e308}", "{\"a\":-0}", "{\"\":1}", "{\"a\":\"\\u0001\"}",
        "{\"\xe4\xb8\xad\":\"\xf0\x9f\x98\x80\"}",
        "{\"a\":\"\\ud83d\\ude00\"}",
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(read_text(rows[i]) != NULL, i, rows[i]);
    }

    (void) state;
}


static void
test_reads_a_number_and_nothing_around_it(void **state)
{
    static const char  *const none[] = {
        "", " ", "x", "1 ", " 1", "1\n", "+1", "01", "00", "1.", ".5", "1e",
        "1e+", "0x1", "1,2", "1}", "-", "--1", "NaN", "Infinity", "-Infinity",
        "1e309", "-1e309", "true", "null", "\"1\"", "[1]", "1_000",
    };
    static const char  *const numbers[] = {
        "0", "-0", "1", "-1", "1.0", "1.5e3", "-1E-3", "18446744073709551615",
        "18446744073709551616", "-9223372036854775809", "1e308", "1e-999",
    };
    char         text[HEALTHCODE_JSON_NUMBER_MAX + 2];
    yyjson_val   number, before;

    memset(&before, 0x5a, sizeof(before));

    for (size_t i = 0; i < test_count(none); i++) {
        number = before;
        test_row(!healthcode_json_number(guard_text(0, none[i]), &number), i,
                 none[i]);
        assert_memory_equal(&number, &before, sizeof(number));
    }

    assert_false(healthcode_json_number(guard(0, "1\0002", 3), &number));
    assert_false(healthcode_json_number(guard(0, "1\0", 2), &number));

    for (size_t i = 0; i < test_count(numbers); i++) {
        test_row(healthcode_json_number(guard_text(0, numbers[i]), &number)
                 && yyjson_is_num(&number), i, numbers[i]);
    }

    memset(text, '0', sizeof(text));
    memcpy(text, "1.", 2);
    assert_true(healthcode_json_number(guard(0, text, sizeof(text) - 2),
                                       &number));
    assert_false(healthcode_json_number(guard(0, text, sizeof(text) - 1),
                                        &number));
    (void) state;
}


static void
test_compares_nothing_but_numbers(void **state)
{
    int         order = 7;
    yyjson_val  zero, nothing;

    memset(&nothing, 0, sizeof(nothing));
    assert_true(healthcode_json_number(healthcode_str("0"), &zero));

    assert_false(healthcode_json_compare(&zero, &nothing, &order));
    assert_false(healthcode_json_compare(&nothing, &zero, &order));
    assert_false(healthcode_json_compare(&nothing, &nothing, &order));
    assert_false(healthcode_json_compare(NULL, &zero, &order));
    assert_false(healthcode_json_compare(&zero, NULL, &order));
    assert_int_equal(order, 7);

    assert_true(healthcode_json_compare(&zero, &zero, &order));
    assert_int_equal(order, 0);

    (void) state;
}


/* Each row is less than the next one; all pairs are compared. */
static void
test_compares_numbers_without_rounding(void **state)
{
    static const char  *const rows[] = {
        "-1.7976931348623157e308", "-1e300", "-18446744073709551616",
        "-9223372036854777856.0", "-9223372036854775808",
        "-9223372036854775807", "-9007199254740993", "-9007199254740992.0",
        "-9007199254740991", "-3", "-2.5", "-2", "-1e-300", "-5e-324", "0",
        "5e-324", "0.1", "0.5", "1", "1.0000000000000002", "2",
        "9007199254740991", "9007199254740992.0", "9007199254740993",
        "9223372036854775807", "9223372036854775808.0", "9223372036854775809",
        "18446744073709549568.0", "18446744073709551615",
        "18446744073709551616", "1e300", "1.7976931348623157e308",
    };
    int         order;
    yyjson_val  a, b;

    for (size_t i = 0; i < test_count(rows); i++) {
        for (size_t j = 0; j < test_count(rows); j++) {
            assert_true(healthcode_json_number(guard_text(0, rows[i]), &a));
            assert_true(healthcode_json_number(guard_text(0, rows[j]), &b));
            assert_true(healthcode_json_compare(&a, &b, &order));
            test_row(order == (i > j) - (i < j), i, rows[j]);
        }
    }

    (void) state;
}


static void
test_finds_what_a_pointer_names(void **state)
{
    yyjson_val  *object, *found;

    object = read_text("{\"a\":[1,{\"b/c\":true}],\"\":{\"~\":null}}");
    assert_non_null(object);

    assert_ptr_equal(healthcode_json_at(object, healthcode_str("")), object);
    found = healthcode_json_at(object, guard_text(0, "/a/1/b~1c"));
    assert_true(yyjson_is_true(found));
    found = healthcode_json_at(object, guard_text(0, "//~0"));
    assert_true(yyjson_is_null(found));
    assert_null(healthcode_json_at(object, guard_text(0, "a")));
    assert_null(healthcode_json_at(object, guard_text(0, "/a/2")));
    assert_null(healthcode_json_at(object, guard_text(0, "/a/1/b/c")));
    assert_null(healthcode_json_at(object, guard_text(0, "/a/~")));
    assert_null(healthcode_json_at(NULL, guard_text(0, "/a")));

    assert_true(healthcode_json_is_pointer(guard_text(0, "/")));
    assert_true(healthcode_json_is_pointer(guard_text(0, "/a~0/~1~01")));
    assert_false(healthcode_json_is_pointer(guard_text(0, "")));
    assert_false(healthcode_json_is_pointer(guard_text(0, "a/b")));
    assert_false(healthcode_json_is_pointer(guard_text(0, "#/a")));
    assert_false(healthcode_json_is_pointer(guard_text(0, "/a~")));
    assert_false(healthcode_json_is_pointer(guard_text(0, "/~2")));

    (void) state;
}


/* The worst texts for yyjson's writer, which asks for room ahead of need. */
static void
test_writes_in_no_more_memory_than_promised(void **state)
{
    static const struct {
        const char  *head, *more, *tail;
    } rows[] = {
        { "{\"a\":[1", ",1", "]}" },
        { "{\"a\":[1e9", ",1e9", "]}" },
        { "{\"a\":[1e20", ",1e20", "]}" },
        { "{\"a\":[-1.7976931348623157e308", ",5e-324", "]}" },
        { "{\"a\":[true", ",false", "]}" },
        { "{\"a\":[[]", ",[]", "]}" },
        { "{\"a\":[{\"\":1}", ",{\"\":1}", "]}" },
        { "{\"a\":[\"", "\\n", "\"]}" },
        { "{\"a\":[\"", "\\u0001", "\"]}" },
        { "{\"a\":[\"", "x", "\"]}" },
        { "{\"a\":[\"\"", ",\"xxxxxxxxxxxxxxxxxxxxxxxxx\"", "]}" },
    };
    char              text[8192], nest[8192];
    void             *room;
    size_t            len, size;
    yyjson_val       *object;
    healthcode_str_t  written;

    for (size_t i = 0; i < test_count(rows); i++) {
        for (size_t n = 0; n < 6200; n += (n < 300) ? 1 : 97) {

            len = strlen(strcpy(text, rows[i].head));

            while (len + strlen(rows[i].more) < n) {
                len += strlen(strcpy(text + len, rows[i].more));
            }

            len += strlen(strcpy(text + len, rows[i].tail));
            object = read_json(text, len);
            assert_non_null(object);

            size = healthcode_json_write_memory(len);
            room = malloc(size);
            test_row(healthcode_json_write(object, room, size, &written), n,
                     rows[i].head);
            test_row(written.data[0] == '{'
                     && written.data[written.len - 1] == '}', n, rows[i].head);
            free(room);
        }
    }

    /* as deep as it is long */
    for (size_t n = 1; n < 3000; n += 53) {
        memset(nest, '[', n);
        memset(nest + n, ']', n);
        len = (size_t) snprintf(text, sizeof(text), "{\"a\":%.*s}",
                                (int) (2 * n), nest);
        object = read_json(text, len);
        assert_non_null(object);

        size = healthcode_json_write_memory(len);
        room = malloc(size);
        assert_true(healthcode_json_write(object, room, size, &written));
        assert_true(written.len == len && memcmp(written.data, text, len) == 0);
        free(room);
    }

    (void) state;
}


static void
test_writes_nothing_in_too_little_memory(void **state)
{
    uint8_t           *room;
    yyjson_val        *object;
    healthcode_str_t   written;

    object = read_text("{\"a\":[1,2,3,\"x\",{\"b\":[1.5]}]}");
    assert_non_null(object);

    for (size_t size = 0; size < 400; size++) {
        room = malloc(size + 1);
        written = healthcode_str("before");

        if (!healthcode_json_write(object, room, size, &written)) {
            test_str_equal(written, "before");
        } else {
            test_str_equal(written, "{\"a\":[1,2,3,\"x\",{\"b\":[1.5]}]}");
        }

        free(room);
    }

    assert_false(healthcode_json_write(NULL, NULL, 0, &written));

    (void) state;
}


static void
test_writes_any_number_in_little_memory(void **state)
{
    static const char  *const numbers[] = {
        "0", "-1", "18446744073709551615", "-9223372036854775808",
        "-1.7976931348623157e308", "-2.2250738585072014e-308", "1.5",
    };
    yyjson_val                   number;
    healthcode_str_t             text;
    static alignas(16) uint8_t   room[HEALTHCODE_JSON_SCALAR_MEMORY];

    for (size_t i = 0; i < test_count(numbers); i++) {
        assert_true(healthcode_json_number(guard_text(0, numbers[i]), &number));
        test_row(healthcode_json_write(&number, room, sizeof(room), &text), i,
                 numbers[i]);
        test_str_equal(text, numbers[i]);
    }

    (void) state;
}


/* yyjson's own accessors take an array of five members for five letters. */
static void
test_gives_a_text_of_a_string_alone(void **state)
{
    static const char  *const rows[] = {
        "null", "true", "5", "-5", "5.5", "[]", "[1,2]", "[0,1,2,3,4]", "{}",
        "{\"a\":1,\"b\":2}", "[\"ES256\"]", "{\"ES256\":\"ES256\"}",
    };
    char              text[64];
    yyjson_val       *object;
    healthcode_str_t  str;

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(text, sizeof(text), "{\"a\":%s}", rows[i]);
        object = read_text(text);
        test_row(object != NULL, i, rows[i]);

        str = healthcode_json_text(yyjson_obj_get(object, "a"));
        test_row(str.data == NULL && str.len == 0, i, rows[i]);
    }

    str = healthcode_json_text(NULL);
    assert_null(str.data);
    assert_int_equal(str.len, 0);

    str = healthcode_json_text(yyjson_obj_get(read_text("{\"a\":\"\"}"), "a"));
    assert_non_null(str.data);
    assert_int_equal(str.len, 0);

    object = read_text("{\"a\":\"xy\"}");
    str = healthcode_json_text(yyjson_obj_get(object, "a"));
    assert_true(healthcode_str_equal(str, healthcode_str("xy")));
    assert_int_equal(str.data[2], '\0');

    (void) state;
}


static void
test_gives_a_whole_number_of_64_bits_alone(void **state)
{
    static const struct {
        const char  *text;
        int64_t      number;   /* -77: unchanged */
    } rows[] = {
        { "0", 0 }, { "7", 7 }, { "-7", -7 },
        { "9223372036854775807", INT64_MAX },
        { "-9223372036854775808", INT64_MIN },
        { "9223372036854775808", -77 }, { "18446744073709551615", -77 },
        { "7.0", -77 }, { "7e0", -77 }, { "1.5", -77 }, { "\"7\"", -77 },
        { "true", -77 }, { "null", -77 }, { "[7]", -77 }, { "{}", -77 },
    };
    char     text[64];
    int64_t  number;

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(text, sizeof(text), "{\"a\":%s}", rows[i].text);
        number = -77;
        test_row(healthcode_json_whole(yyjson_obj_get(read_text(text), "a"),
                                       &number)
                 == (rows[i].number != -77), i, rows[i].text);
        test_row(number == rows[i].number, i, rows[i].text);
    }

    assert_false(healthcode_json_whole(NULL, &number));

    (void) state;
}


static void
test_reads_an_integral_number_however_it_is_written(void **state)
{
    static const struct {
        const char  *text;
        int64_t      number;   /* -77: unchanged */
    } rows[] = {
        { "7", 7 }, { "-7", -7 }, { "7.0", 7 }, { "7e0", 7 }, { "-7.0", -7 },
        { "0.7e1", 7 }, { "1.7e9", 1700000000 }, { "1700000000.0", 1700000000 },
        { "-0.0", 0 }, { "7.5", -77 }, { "0.1", -77 }, { "1e-9", -77 },
        { "1700000000.5", -77 }, { "-7.25", -77 },
        { "9007199254740992.0", 9007199254740992 },
        { "-9007199254740992.0", -9007199254740992 },
        { "9007199254740994.0", -77 }, { "-9007199254740994.0", -77 },
        { "9223372036854775807", INT64_MAX },
        { "9223372036854775808", -77 }, { "18446744073709551616", -77 },
        { "1e19", -77 }, { "1e300", -77 }, { "-1e300", -77 },
        { "\"7\"", -77 }, { "\"7.0\"", -77 }, { "true", -77 },
        { "null", -77 }, { "[7.0]", -77 }, { "{}", -77 },
    };
    bool     read;
    char     text[64];
    int64_t  number;

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(text, sizeof(text), "{\"a\":%s}", rows[i].text);
        number = -77;
        read = healthcode_json_integral(yyjson_obj_get(read_text(text), "a"),
                                        &number);
        test_row(read == (rows[i].number != -77), i, rows[i].text);
        test_row(number == rows[i].number, i, rows[i].text);
    }

    assert_false(healthcode_json_integral(NULL, &number));

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_what_is_no_strict_object),
        cmocka_unit_test(test_refuses_a_name_twice),
        cmocka_unit_test(test_refuses_a_nul_in_any_string),
        cmocka_unit_test(test_refuses_invalid_utf8),
        cmocka_unit_test(test_refuses_more_than_1024_members),
        cmocka_unit_test(test_finds_a_name_twice_wherever_it_stands),
        cmocka_unit_test(test_reads_an_integral_number_however_it_is_written),
        cmocka_unit_test(test_refuses_too_little_memory),
        cmocka_unit_test(test_survives_deep_nesting),
        cmocka_unit_test(test_needs_no_more_memory_than_promised),
        cmocka_unit_test(test_gives_a_text_of_a_string_alone),
        cmocka_unit_test(test_gives_a_whole_number_of_64_bits_alone),
        cmocka_unit_test(test_reads_a_string_member),
        cmocka_unit_test(test_reads_an_integer_member),
        cmocka_unit_test(test_accepts_strict_objects),
        cmocka_unit_test(test_reads_a_number_and_nothing_around_it),
        cmocka_unit_test(test_compares_nothing_but_numbers),
        cmocka_unit_test(test_compares_numbers_without_rounding),
        cmocka_unit_test(test_finds_what_a_pointer_names),
        cmocka_unit_test(test_writes_in_no_more_memory_than_promised),
        cmocka_unit_test(test_writes_nothing_in_too_little_memory),
        cmocka_unit_test(test_writes_any_number_in_little_memory),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
