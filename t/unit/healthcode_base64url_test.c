/*
 * Tests of healthcode_base64url.c: what strict decoding refuses, the vectors
 * of RFC 4648 section 10, and that nothing is read past the end.
 * docs/token-format.md, "Encoding".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_base64url.h"


static const char  alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789-_";


/* Decodes text at one wall into exactly the promised room at another. */
static bool
decode(const void *text, size_t text_len, healthcode_str_t *out)
{
    bool       ok;
    size_t     len = 12345;
    uint8_t   *dst;

    dst = guard_room(1, healthcode_base64url_decoded_len(text_len));
    ok = healthcode_base64url_decode(guard(0, text, text_len), dst, &len);
    *out = healthcode_str_from(dst, ok ? len : 0);

    return ok;
}


static void
test_refuses_padding_and_space(void **state)
{
    static const char  *const rows[] = {
        "Zg==", "Zg=", "Z===", "Zm8=", "Zm9v=", "====", "=", "Zm9vYg==",
        " Zm9v", "Zm9v ", "Zm9v\n", "\r\nZm9v", "Zm 9v", "Zm\t9", "Zm9v\r\n",
        "Zm+v", "Zm/v", "Zm.v", "Zm9v.", "Zm9v,Zg", "%5Am9v", "Z",
        "Zm9vZ", "Zm9vYmFyZ", "+-/_",
    };
    healthcode_str_t  out;

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(!decode(rows[i], strlen(rows[i]), &out), i, rows[i]);
    }

    (void) state;
}


static void
test_refuses_each_foreign_byte_at_each_place(void **state)
{
    char              text[11];
    healthcode_str_t  out;

    for (size_t len = 2; len <= sizeof(text); len++) {

        if (len % 4 == 1) {
            continue;
        }

        for (size_t at = 0; at < len; at++) {
            for (int byte = 0; byte < 256; byte++) {
                memset(text, 'A', sizeof(text));
                text[at] = (char) byte;

                if (byte == 0 || strchr(alphabet, byte) == NULL) {
                    assert_false(decode(text, len, &out));
                }
            }
        }
    }

    (void) state;
}


static void
test_refuses_trailing_bits(void **state)
{
    char              text[3] = "AA";
    healthcode_str_t  out;

    for (unsigned i = 0; i < 64; i++) {
        text[0] = 'A';
        text[1] = alphabet[i];
        assert_true(decode(text, 2, &out) == (i % 16 == 0));

        text[1] = 'A';
        text[2] = alphabet[i];
        assert_true(decode(text, 3, &out) == (i % 4 == 0));
    }

    (void) state;
}


static void
test_refuses_lengths_of_four_n_plus_one(void **state)
{
    char              text[402];
    healthcode_str_t  out;

    memset(text, 'A', sizeof(text));

    for (size_t len = 0; len < sizeof(text); len++) {
        assert_true(decode(text, len, &out) == (len % 4 != 1));
    }

    (void) state;
}


static void
test_leaves_the_length_alone_on_failure(void **state)
{
    size_t   len = 77;
    uint8_t  dst[16];

    assert_false(healthcode_base64url_decode(guard_text(0, "Zm9="), dst, &len));
    assert_int_equal(len, 77);
    assert_false(healthcode_base64url_decode(guard_text(0, "Zh"), dst, &len));
    assert_int_equal(len, 77);
    assert_false(healthcode_base64url_decode(guard_text(0, "Z"), dst, &len));
    assert_int_equal(len, 77);

    (void) state;
}


/* RFC 4648 section 10, without padding; RFC 7515 appendix C; the last two. */
static void
test_knows_the_vectors(void **state)
{
    static const struct {
        const char  *bytes;
        size_t       len;
        const char  *text;
    } rows[] = {
        { "", 0, "" },
        { "f", 1, "Zg" },
        { "fo", 2, "Zm8" },
        { "foo", 3, "Zm9v" },
        { "foob", 4, "Zm9vYg" },
        { "fooba", 5, "Zm9vYmE" },
        { "foobar", 6, "Zm9vYmFy" },
        { "\x03\xec\xff\xe0\xc1", 5, "A-z_4ME" },
        { "\xfb\xff\xbf", 3, "-_-_" },
        { "\0\0\0", 3, "AAAA" },
        { "\xff\xff\xff", 3, "____" },
    };
    char             *dst;
    size_t            n;
    healthcode_str_t  out;

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(decode(rows[i].text, strlen(rows[i].text), &out), i,
                 rows[i].text);
        test_row(out.len == rows[i].len
                 && memcmp(out.data, rows[i].bytes, out.len) == 0, i,
                 rows[i].text);

        n = healthcode_base64url_encoded_len(rows[i].len);
        test_row(n == strlen(rows[i].text), i, rows[i].text);

        dst = (char *) guard_room(2, n);
        test_row(healthcode_base64url_encode(
                     guard(0, rows[i].bytes, rows[i].len), dst) == n, i,
                 rows[i].text);
        test_row(memcmp(dst, rows[i].text, n) == 0, i, rows[i].text);
    }

    (void) state;
}


static void
test_decodes_what_it_encodes(void **state)
{
    char              text[512];
    size_t            n;
    uint8_t           bytes[300];
    uint32_t          seed = 1;
    healthcode_str_t  out;

    for (size_t len = 0; len <= sizeof(bytes); len++) {
        for (size_t i = 0; i < len; i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = (uint8_t) (seed >> 24);
        }

        n = healthcode_base64url_encode(guard(2, bytes, len), text);
        assert_int_equal(n, healthcode_base64url_encoded_len(len));
        assert_true(decode(text, n, &out));
        assert_int_equal(out.len, len);
        assert_memory_equal(out.data, bytes, len);
        assert_true(len <= healthcode_base64url_decoded_len(n));
    }

    (void) state;
}


static void
test_takes_what_is_absent(void **state)
{
    size_t            len = 1;
    uint8_t           dst[2];
    healthcode_str_t  absent = { NULL, 0 };

    assert_true(healthcode_base64url_decode(absent, dst, &len));
    assert_int_equal(len, 0);
    assert_int_equal(healthcode_base64url_encode(absent, (char *) dst), 0);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_padding_and_space),
        cmocka_unit_test(test_refuses_each_foreign_byte_at_each_place),
        cmocka_unit_test(test_refuses_trailing_bits),
        cmocka_unit_test(test_refuses_lengths_of_four_n_plus_one),
        cmocka_unit_test(test_leaves_the_length_alone_on_failure),
        cmocka_unit_test(test_knows_the_vectors),
        cmocka_unit_test(test_decodes_what_it_encodes),
        cmocka_unit_test(test_takes_what_is_absent),
    };

    return cmocka_run_group_tests_name("base64url", tests, NULL, NULL);
}
