/*
 * Tests of healthcode_certificate.c: certificates made by OpenSSL, of every
 * type of key; times at the edges; names of its key; certificates that are
 * broken, or cut at each byte.  Knows no keyring.
 * docs/token-format.md, "Certificates".
 */

#include "test.h"
#include "mint.h"

#include <openssl/err.h>
#include <openssl/sha.h>

#include "../../ngx_http_healthcode_module/core/healthcode_certificate.h"


#define FROM  INT64_C(1700000000)
#define TO    INT64_C(1800000000)
#define NONE  "it is not an X.509 certificate in DER"


static uint8_t  der[MINT_MAX];


static void
test_reads_the_key_of_every_algorithm(void **state)
{
    size_t                         len;
    EVP_PKEY                      *key;
    healthcode_certificate_t       c;
    const healthcode_algorithm_t  *row;

    for (size_t i = 3; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        key = mint_key(row);
        len = mint_certificate(key, FROM, TO, NULL, der);

        assert_null(healthcode_certificate_read(guard(0, der, len), &c));
        test_row(EVP_PKEY_eq(key, c.pkey) == 1, i, row->name);
        test_row(EVP_PKEY_is_a(c.pkey, row->type), i, row->name);
        assert_true(c.not_before == FROM && c.not_after == TO);
        assert_true(c.signs);

        healthcode_certificate_free(&c);
        assert_null(c.pkey);
        EVP_PKEY_free(key);
    }

    (void) state;
}


/* What `openssl x509 -fingerprint -sha256` hashes. */
static void
test_names_the_key_by_the_hash_of_the_certificate(void **state)
{
    char                       x5t[64], short_kid[16];
    size_t                     len;
    uint8_t                    hash[32];
    EVP_PKEY                  *key = mint_ed25519_key(7);
    healthcode_certificate_t   c;

    len = mint_certificate(key, FROM, TO, NULL, der);
    SHA256(der, len, hash);
    mint_base64url(hash, 32, x5t);
    EVP_EncodeBlock((uint8_t *) short_kid, hash, 8);

    assert_null(healthcode_certificate_read(guard(0, der, len), &c));
    assert_string_equal(c.x5t, x5t);
    assert_string_equal(c.short_kid, short_kid);
    assert_int_equal(strlen(c.x5t), HEALTHCODE_CERTIFICATE_X5T_LEN);
    assert_int_equal(strlen(c.short_kid), HEALTHCODE_CERTIFICATE_SHORT_LEN);

    healthcode_certificate_free(&c);
    EVP_PKEY_free(key);
    (void) state;
}


static void
test_reads_times_before_1970_and_after_2049(void **state)
{
    static const struct {
        int64_t  from, to;
    } rows[] = {
        { 0, 1 },
        { -1, 0 },
        { -86401, -1 },
        { INT64_C(2524607999), INT64_C(2524608000) },    /* 2049, 2050 */
        { INT64_C(1583020800), INT64_C(253402300799) },  /* 9999-12-31 */
    };
    size_t                     len;
    EVP_PKEY                  *key = mint_ed25519_key(7);
    healthcode_certificate_t   c;

    for (size_t i = 0; i < test_count(rows); i++) {
        len = mint_certificate(key, rows[i].from, rows[i].to, NULL, der);
        assert_null(healthcode_certificate_read(guard(0, der, len), &c));
        test_row(c.not_before == rows[i].from, i, "from");
        test_row(c.not_after == rows[i].to, i, "to");
        healthcode_certificate_free(&c);
    }

    EVP_PKEY_free(key);
    (void) state;
}


static void
test_knows_which_keys_sign_more_than_certificates(void **state)
{
    static const struct {
        const char  *usage;
        bool         signs;
    } rows[] = {
        { NULL, true },
        { "digitalSignature", true },
        { "nonRepudiation", true },
        { "critical,digitalSignature,keyEncipherment", true },
        { "digitalSignature,keyCertSign,cRLSign", true },
        { "keyCertSign,cRLSign", false },
        { "critical,keyCertSign", false },
        { "keyEncipherment,dataEncipherment", false },
        { "keyAgreement", false },
    };
    size_t                     len;
    EVP_PKEY                  *key = mint_ed25519_key(7);
    healthcode_certificate_t   c;

    for (size_t i = 0; i < test_count(rows); i++) {
        len = mint_certificate(key, FROM, TO, rows[i].usage, der);
        assert_null(healthcode_certificate_read(guard(0, der, len), &c));
        test_row(c.signs == rows[i].signs, i,
                 rows[i].usage ? rows[i].usage : "none");
        healthcode_certificate_free(&c);
    }

    EVP_PKEY_free(key);
    (void) state;
}


static void
test_refuses_what_is_no_certificate(void **state)
{
    size_t                     len;
    EVP_PKEY                  *key = mint_ed25519_key(7);
    healthcode_certificate_t   c = { .not_before = 7 };

    len = mint_certificate(key, FROM, TO, NULL, der);

    for (size_t n = 0; n < len; n++) {
        test_row(strcmp(healthcode_certificate_read(guard(0, der, n), &c), NONE)
                 == 0, n, "bytes of it");
    }

    der[len] = '\n';
    assert_non_null(strstr(healthcode_certificate_read(guard(0, der, len + 1),
                                                       &c),
                           "bytes follow the certificate"));

    /* nothing is written */
    assert_true(c.not_before == 7 && c.pkey == NULL);

    EVP_PKEY_free(key);
    ERR_clear_error();
    (void) state;
}


/* Any bit of it may be another: then it is read, or refused, and that is all */
static void
test_stands_any_bit(void **state)
{
    size_t                     len;
    EVP_PKEY                  *key = mint_key(mint_row("ES256"));
    const char                *wrong;
    healthcode_certificate_t   c;

    len = mint_certificate(key, FROM, TO, "digitalSignature", der);

    for (size_t i = 0; i < len * 8; i++) {
        der[i / 8] ^= (uint8_t) (1 << i % 8);
        wrong = healthcode_certificate_read(guard(0, der, len), &c);

        if (wrong == NULL) {
            assert_non_null(c.pkey);
            healthcode_certificate_free(&c);
        }

        der[i / 8] ^= (uint8_t) (1 << i % 8);
    }

    EVP_PKEY_free(key);
    ERR_clear_error();
    (void) state;
}


static void
test_tells_der_from_text(void **state)
{
    static const struct {
        const char  *text;
        size_t       len;
        uint8_t      tag;
    } rows[] = {
        { "", 0, 0 },
        { "0", 1, 0 },
        { "0\x82", 2, 0 },
        { "0\x82\x01\x00", 4, 0 },
        { "0\x82\x01\x00\x30", 5, 0x30 },
        { "0\x81\x80\x30", 4, 0x30 },
        { "0\x83\x01\x00\x00\x30", 6, 0x30 },
        { "0\x80\x30", 3, 0x30 },
        { "0\xff\x30", 3, 0 },

        /* short, and then whole */
        { "0\x02\x30\x00", 4, 0x30 },
        { "0\x03\x02\x01\x00", 5, 0x02 },
        { "0\x03\x02\x01", 4, 0 },
        { "0\x02\x02\x01\x00", 5, 0 },
        { "0\x02\x04\x00", 4, 0 },
        { "0\x00\x30", 3, 0 },
        { "00000000", 8, 0 },
        { "0 keys of 2026\n-----BEGIN", 25, 0 },
        { "{\"keys\":[]}", 11, 0 },
        { "\x31\x82\x01\x00\x30", 5, 0 },
        { "0\x82\x01\x00\x02\x01\x00", 7, 0x02 },
        { "0\x82\x01\x00\x02\x01", 6, 0x02 },
        { "0\x82\x01\x00\x02", 5, 0 },
        { "0\x82\x01\x0a\x02\x82\x01\x01\x00", 9, 0 },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_certificate_inside(guard(0, rows[i].text,
                                                     rows[i].len))
                 == rows[i].tag, i, rows[i].text);
    }

    (void) state;
}


static void
test_decodes_base64_and_nothing_else(void **state)
{
    static const struct {
        const char  *text, *bytes;
        size_t       len;
    } rows[] = {
        { "AAAA", "\0\0\0", 3 },
        { "+/+/", "\xfb\xff\xbf", 3 },
        { "MAA=", "0\0", 2 },
        { "MA==", "0", 1 },
        { "MIIBAAAA", "0\x82\x01\0\0\0", 6 },
        { "", "", 0 },
        { "A", "", 0 },
        { "MAA", "", 0 },
        { "MA=", "", 0 },
        { "MA", "", 0 },
        { "====", "", 0 },
        { "M===", "", 0 },
        { "M=A=", "", 0 },
        { "=AAA", "", 0 },
        { "MA==AAAA", "", 0 },
        { "-_-_", "", 0 },
        { " AAAA", "", 0 },
        { "AAAA\n", "", 0 },
        { "AA\nAA", "", 0 },
        { "AAA AAA=", "", 0 },
        { "AA\xc3\xa4", "", 0 },
    };
    size_t    len;
    uint8_t  *out;

    for (size_t i = 0; i < test_count(rows); i++) {
        len = strlen(rows[i].text);
        out = guard_room(1, healthcode_certificate_decoded_len(len));
        len = healthcode_certificate_decode(guard_text(0, rows[i].text), out);
        test_row(len == rows[i].len && memcmp(out, rows[i].bytes, len) == 0, i,
                 rows[i].text);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_reads_the_key_of_every_algorithm),
        cmocka_unit_test(test_names_the_key_by_the_hash_of_the_certificate),
        cmocka_unit_test(test_reads_times_before_1970_and_after_2049),
        cmocka_unit_test(test_knows_which_keys_sign_more_than_certificates),
        cmocka_unit_test(test_refuses_what_is_no_certificate),
        cmocka_unit_test(test_stands_any_bit),
        cmocka_unit_test(test_tells_der_from_text),
        cmocka_unit_test(test_decodes_base64_and_nothing_else),
    };

    return cmocka_run_group_tests_name("certificate", tests, NULL, NULL);
}
