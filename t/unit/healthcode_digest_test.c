/*
 * Tests of healthcode_digest.c against the examples that NIST publishes for
 * FIPS 180-4; lists of parts against sha256sum.  Knows no code.
 * docs/cache.md.
 */

#include "test.h"

#include <malloc.h>
#include <openssl/evp.h>

#include "../../ngx_http_healthcode_module/core/healthcode_digest.h"


#define LEN   HEALTHCODE_DIGEST_LEN
#define KEPT  128    /* bytes of a beginning, */
#define LESS   64    /* or of a short one */


static const char *
hex_of(const uint8_t *digest)
{
    static char  hex[2 * LEN + 1];

    for (size_t i = 0; i < LEN; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }

    return hex;
}


static void
test_frees_nothing(void **state)
{
    healthcode_digest_free(NULL);

    (void) state;
}


static void
test_knows_the_answers(void **state)
{
    static const struct {
        const char  *text;
        size_t       len, times;
        const char  *hex;
    } rows[] = {
        { "", 0, 1, "e3b0c44298fc1c149afbf4c8996fb924"
                    "27ae41e4649b934ca495991b7852b855" },
        { "abc", 3, 1, "ba7816bf8f01cfea414140de5dae2223"
                       "b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, 1,
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
        { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
          "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu", 112, 1,
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
        { "\xbd", 1, 1, "68325720aabd7c82f30f554b313d0570"
                        "c95accbb7dc4b5aae11204c08ffe732b" },
        { "\xc9\x8c\x8e\x55", 4, 1, "7abc22c0ae5af26ce93dbb94433a0e0b"
                                    "2e119d014f8e7f65bd56c61ccccd9504" },
        { "\0", 1, 55, "02779466cdec163811d078815c633f21"
                       "901413081449002f24aa3e80f0b88ef7" },
        { "\0", 1, 56, "d4817aa5497628e7c77e6b606107042b"
                       "bba3130888c5f47a375e6179be789fbb" },
        { "\0", 1, 57, "65a16cb7861335d5ace3c60718b5052e"
                       "44660726da4cd13bb745381b235a1785" },
        { "\0", 1, 64, "f5a5fd42d16a20302798ef6ed309979b"
                       "43003d2320d9f0e8ea9831a92759fb4b" },
        { "A", 1, 1000, "c2e686823489ced2017f6059b8b23931"
                        "8b6364f6dcd835d0a519105a1eadd6e4" },
        { "a", 1, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67"
                           "f1809a48a497200e046d39ccc7112cd0" },
    };
    uint8_t              *room, *out;
    healthcode_digest_t  *digest = healthcode_digest_create();

    assert_non_null(digest);

    /* twice, since the context is used again */
    for (size_t i = 0; i < 2 * test_count(rows); i++) {
        size_t  n = i % test_count(rows);

        room = guard_room(0, rows[n].len * rows[n].times);

        for (size_t j = 0; j < rows[n].times; j++) {
            memcpy(room + j * rows[n].len, rows[n].text, rows[n].len);
        }

        out = guard_room(1, LEN);
        assert_true(healthcode_digest_text(digest,
                        healthcode_str_from(room, rows[n].len * rows[n].times),
                        out));
        test_row(strcmp(hex_of(out), rows[n].hex) == 0, n, rows[n].hex);
    }

    healthcode_digest_free(digest);

    (void) state;
}


/*
 * Beginnings are kept: none may stand for another one, in whatever byte they
 * differ, nor for a text that is shorter.
 */
static void
test_tells_beginnings_apart(void **state)
{
    static const size_t   lens[] = { 0, 1, 63, 64, 127, 128, 129, 191, 192,
                                     193, 300 };
    size_t                len, hash;
    uint8_t               expected[LEN], out[LEN], *text;
    healthcode_digest_t  *digest = healthcode_digest_create();

    assert_non_null(digest);

    for (size_t i = 0; i < 2 * test_count(lens); i++) {
        len = lens[i % test_count(lens)];
        text = guard_room(0, len);
        memset(text, 'e', len);

        /* as it is, then with another byte at each place in turn */
        for (size_t at = 0; at <= len; at++) {

            for (size_t times = 0; times < 4; times++) {
                assert_int_equal(EVP_Q_digest(NULL, "SHA256", NULL, text, len,
                                              expected, &hash), 1);
                assert_true(healthcode_digest_text(digest,
                                        healthcode_str_from(text, len), out));
                test_row(memcmp(out, expected, LEN) == 0, at, "a beginning");

                if (times == 1 && at < len) {
                    text[at] ^= (uint8_t) (1 << at % 8);
                }

                if (times != 1) {
                    healthcode_digest_keep(digest,
                                           healthcode_str_from(text, len));
                }
            }

            if (at < len) {
                text[at] = 'e';
            }
        }
    }

    healthcode_digest_free(digest);

    (void) state;
}


/* Many more than there is room for, which differ in their last bytes. */
static void
test_tells_beginnings_of_one_place_apart(void **state)
{
    size_t                len, hash;
    uint8_t               expected[LEN], out[LEN], text[KEPT + 1] = { 0 };
    healthcode_str_t      whole;
    healthcode_digest_t  *digest = healthcode_digest_create();

    assert_non_null(digest);

    for (size_t i = 0; i < 20000; i++) {
        len = (i < 10000) ? LESS : KEPT;
        text[len - 1 - i % 8] = (uint8_t) (i / 8 + 1);
        whole = healthcode_str_from(text, len + 1);

        assert_int_equal(EVP_Q_digest(NULL, "SHA256", NULL, text, len + 1,
                                      expected, &hash), 1);
        assert_true(healthcode_digest_text(digest, whole, out));
        test_row(memcmp(out, expected, LEN) == 0, i, "a beginning");

        healthcode_digest_keep(digest, whole);
    }

    healthcode_digest_free(digest);

    (void) state;
}


/* Of what nobody asked to keep, and of what is too short, nothing is kept. */
static void
test_keeps_what_it_is_told(void **state)
{
    uint8_t               out[LEN], text[300];
    size_t                size;
    healthcode_digest_t  *digest = healthcode_digest_create();

    assert_non_null(digest);
    size = malloc_usable_size(digest);

    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (uint8_t) (i * 7 + 1);
    }

    assert_true(healthcode_digest_text(digest,
                              healthcode_str_from(text, sizeof(text)), out));
    healthcode_digest_keep(digest, healthcode_str_from(text, LESS - 1));
    assert_null(memmem(digest, size, text, 8));

    healthcode_digest_keep(digest, healthcode_str_from(text, KEPT - 1));
#ifndef OPENSSL_NO_DEPRECATED_3_0
    assert_non_null(memmem(digest, size, text, LESS));
#endif
    assert_null(memmem(digest, size, text + LESS, 8));

    healthcode_digest_keep(digest, healthcode_str_from(text, sizeof(text)));
#ifndef OPENSSL_NO_DEPRECATED_3_0
    assert_non_null(memmem(digest, size, text, KEPT));
#endif
    assert_null(memmem(digest, size, text + KEPT, 8));

    healthcode_digest_free(digest);

    (void) state;
}


static void
test_tells_lists_of_parts_apart(void **state)
{
    static const struct {
        size_t       n;
        const char  *parts[3];
    } rows[] = {
        { 0, { NULL } },
        { 1, { "" } },
        { 2, { "", "" } },
        { 1, { "abc" } },
        { 2, { "ab", "c" } },
        { 2, { "a", "bc" } },
        { 2, { "", "abc" } },
        { 2, { "abc", "" } },
        { 3, { "a", "b", "c" } },
        { 2, { "c", "ab" } },
    };
    uint8_t               out[test_count(rows)][LEN];
    healthcode_str_t      parts[3];
    healthcode_digest_t  *digest = healthcode_digest_create();

    assert_non_null(digest);

    for (size_t i = 0; i < test_count(rows); i++) {

        for (size_t j = 0; j < rows[i].n; j++) {
            parts[j] = guard_text((unsigned) j, rows[i].parts[j]);
        }

        assert_true(healthcode_digest_parts(digest, parts, rows[i].n, out[i]));

        for (size_t j = 0; j < i; j++) {
            test_row(memcmp(out[i], out[j], LEN) != 0, i, rows[i].parts[0]);
        }
    }

    healthcode_digest_free(digest);

    (void) state;
}


/* printf '\2\0\0\0\0\0\0\0ab\1\0\0\0\0\0\0\0c' | sha256sum */
static void
test_puts_the_length_before_each_part(void **state)
{
    uint8_t               out[LEN];
    uint64_t              one = 1;
    healthcode_str_t      parts[] = { guard_text(0, "ab"), guard_text(1, "c") };
    healthcode_digest_t  *digest;

    if (*(uint8_t *) &one != 1) {
        skip();
    }

    digest = healthcode_digest_create();
    assert_true(healthcode_digest_parts(digest, parts, 2, out));
    assert_string_equal(hex_of(out), "43ee655579de01ca739b3f95c1c2d3f4"
                                     "6d353b2c0df818064ea594506cdb2617");

    /* an absent part is an empty one */
    parts[1] = healthcode_str_from(NULL, 0);
    assert_true(healthcode_digest_parts(digest, parts + 1, 1, out));
    assert_string_equal(hex_of(out), "af5570f5a1810b7af78caf4bc70a660f"
                                     "0df51e42baf91d4de5b2328de0e83dfc");

    healthcode_digest_free(digest);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_frees_nothing),
        cmocka_unit_test(test_knows_the_answers),
        cmocka_unit_test(test_tells_beginnings_apart),
        cmocka_unit_test(test_tells_beginnings_of_one_place_apart),
        cmocka_unit_test(test_keeps_what_it_is_told),
        cmocka_unit_test(test_tells_lists_of_parts_apart),
        cmocka_unit_test(test_puts_the_length_before_each_part),
    };

    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
