/*
 * Tests of healthcode_tls.c: what a handshake that failed means, and what to
 * do; OpenSSL's errors in a line of a log.
 * docs/connection.md, "TLS".
 */

#include "test.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "../../ngx_http_healthcode_module/redis/healthcode_refusal.h"
#include "../../ngx_http_healthcode_module/redis/healthcode_tls.h"


#define SSL_ERROR(reason)  ERR_PACK(ERR_LIB_SSL, 0, reason)
#define ALERT(alert)       SSL_ERROR(SSL_AD_REASON_OFFSET + (alert))


static const char *const  words[HEALTHCODE_TLS_WORDS] = {
    [HEALTHCODE_TLS_ON] = "WORD on",
    [HEALTHCODE_TLS_NAME] = "WORD name",
    [HEALTHCODE_TLS_TRUSTED] = "WORD trusted",
    [HEALTHCODE_TLS_CERTIFICATE] = "WORD certificate",
    [HEALTHCODE_TLS_DEPTH] = "WORD depth"
};


/* What begins a cause, and what its advice names. */
static void
test_says_what_to_do(void **state)
{
    static const struct {
        long           verify;
        unsigned long  error;
        const char    *cause, *advice;
    } rows[] = {

        /* the server's certificate; then OpenSSL's error says less */
        { X509_V_ERR_CERT_HAS_EXPIRED,
          SSL_ERROR(SSL_R_CERTIFICATE_VERIFY_FAILED),
          "its certificate, or one that has signed it, has expired; ",
          "renew it" },
        { X509_V_ERR_CERT_NOT_YET_VALID, 0, "its certificate, or one that has "
          "signed it, is not valid yet; ", "clocks" },
        { X509_V_ERR_HOSTNAME_MISMATCH, 0,
          "its certificate is for another name than \"redis.example\"; ",
          "\"WORD name\"" },
        { X509_V_ERR_IP_ADDRESS_MISMATCH, 0,
          "its certificate is for another name than \"redis.example\"; ",
          "\"WORD name\"" },
        { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0, "its certificate is "
          "of a CA that is not trusted here; ", "\"WORD trusted\"" },
        { X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, 0, "its certificate is of a "
          "CA that is not trusted here; ", "\"WORD trusted\"" },
        { X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, 0, "its certificate is of a "
          "CA that is not trusted here; ", "\"WORD trusted\"" },
        { X509_V_ERR_CERT_SIGNATURE_FAILURE, 0, "its certificate is of a CA "
          "that is not trusted here; ", "\"WORD trusted\"" },
        { X509_V_ERR_CERT_CHAIN_TOO_LONG, 0, "between its certificate and its "
          "CA are too many others; ", "raise \"WORD depth\"" },
        { X509_V_ERR_INVALID_PURPOSE, 0, "its certificate is not one for "
          "servers; ", "serverAuth" },
        { X509_V_ERR_INVALID_CA, 0, "its certificate is signed by one that is "
          "not a CA; ", "CA:TRUE" },
        { X509_V_ERR_CA_MD_TOO_WEAK, 0, "its certificate, or one that has "
          "signed it, is too weak", "2048" },
        { X509_V_ERR_OUT_OF_MEM, 0, "its certificate does not hold (OpenSSL's "
          "words); ", "openssl x509" },

        /* what OpenSSL found, or the other end said */
        { 0, SSL_ERROR(SSL_R_WRONG_VERSION_NUMBER),
          "it does not speak TLS there; ", "take \"WORD on\" out" },
        { 0, SSL_ERROR(SSL_R_UNSUPPORTED_PROTOCOL), "it speaks no version of "
          "TLS that is taken here", "tls-protocols" },
        { 0, ALERT(SSL_AD_PROTOCOL_VERSION), "it speaks no version of TLS that "
          "is taken here", "tls-protocols" },
        { 0, ALERT(SSL_AD_CERTIFICATE_REQUIRED), "it asks for a certificate of "
          "ours; ", "\"WORD certificate\"" },
        { 0, ALERT(SSL_AD_HANDSHAKE_FAILURE), "it finds nothing in common "
          "with us; ",
          "\"WORD certificate\"" },
        { 0, ALERT(SSL_AD_INSUFFICIENT_SECURITY), "it takes none of our "
          "ciphers; ", "tls-ciphers" },
        { 0, ALERT(SSL_AD_UNRECOGNIZED_NAME), "it does not know the name "
          "\"redis.example\"; ", "\"WORD name\"" },
        { 0, ALERT(SSL_AD_UNKNOWN_CA), "it does not trust the CA of our "
          "certificate; ", "\"WORD certificate\"" },
        { 0, ALERT(SSL_AD_CERTIFICATE_EXPIRED), "it says that our certificate "
          "has expired; ", "\"WORD certificate\"" },
        { 0, SSL_ERROR(SSL_R_BAD_SIGNATURE), "TLS with it has failed "
          "(OpenSSL's words); ", "its log" },

        /* of another library, with a number that would say something */
        { 0, ERR_PACK(ERR_LIB_X509, 0, SSL_R_WRONG_VERSION_NUMBER),
          "TLS with it has failed (OpenSSL's words); ", "its log" },

        { 0, 0, "it closed the connection in the handshake of TLS; ",
          "\"tls-port\"" },
    };
    char                      text[HEALTHCODE_REFUSAL_SIZE];
    healthcode_tls_failure_t  failure;

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        failure = (healthcode_tls_failure_t) {
            rows[i].verify, rows[i].error, "OpenSSL's words"
        };
        healthcode_tls_cause(&failure, words, "redis.example", text,
                             sizeof(text));

        if (strncmp(text, rows[i].cause, strlen(rows[i].cause)) != 0
            || strstr(text, rows[i].advice) == NULL
            || strstr(text, "; ") == NULL)
        {
            print_error("row %zu: %s\n", i, text);
            fail();
        }
    }
}


static void
test_fits_into_what_there_is(void **state)
{
    char                      *text;
    healthcode_tls_failure_t   failure = { X509_V_ERR_HOSTNAME_MISMATCH, 0,
                                           NULL };

    (void) state;

    for (size_t size = 1; size < 160; size++) {
        text = (char *) guard_room(0, size);
        healthcode_tls_cause(&failure, words, "redis.example", text, size);
        assert_true(strlen(text) < size);
    }

    failure.verify = X509_V_ERR_OUT_OF_MEM;
    failure.said = "words";

    for (size_t size = 1; size < 160; size++) {
        text = (char *) guard_room(0, size);
        healthcode_tls_cause(&failure, words, "redis.example", text, size);
        assert_true(strlen(text) < size);
    }
}


static void
test_finds_the_first_error_of_a_line(void **state)
{
    static const struct {
        const char     *line;
        unsigned long   error;
        const char     *said;
    } rows[] = {
        { "SSL_do_handshake() failed (SSL: error:0A000086:SSL routines::"
          "certificate verify failed) x", 0x0a000086,
          "error:0A000086:SSL routines::certificate verify failed" },
        { "(SSL: error:0A00010B:SSL routines::wrong version number error:"
          "0A000139:SSL routines::record layer failure)", 0x0a00010b,
          "error:0A00010B:SSL routines::wrong version number" },
        { "(SSL: error:1409442e:SSL routines:ssl3_read_bytes:tlsv1 alert "
          "protocol version:SSL alert number 70)", 0x1409442e,
          "error:1409442e:SSL routines:ssl3_read_bytes:tlsv1 alert protocol "
          "version:SSL alert number 70" },
        { "error:0A000086", 0x0a000086, "error:0A000086" },
        { "error:0A000086\x1b\xff\n", 0x0a000086, "error:0A000086???" },
        { "error: error:0A000086:x", 0x0a000086, "error:0A000086:x" },
        { "error:0A00008", 0, NULL },
        { "error:0A00008g error:", 0, NULL },
        { "error:00000000:x", 0, NULL },
        { "SSL_write() failed (SSL: error:80000068:system library::Connection "
          "reset by peer:tls_retry_write_records failure)", 0, NULL },
        { "(SSL: error:80000068:system library::x error:0A000412:SSL "
          "routines::y)", 0x0a000412, "error:0A000412:SSL routines::y" },
        { "peer closed connection in SSL handshake (104: Connection reset by "
          "peer)", 0, NULL },
        { "", 0, NULL },
    };
    char                *said, *line;
    size_t               len;

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        len = strlen(rows[i].line);
        line = (char *) guard_room(0, len ? len : 1);
        memcpy(line, rows[i].line, len);
        said = (char *) guard_room(1, 128);
        said[0] = '-';

        assert_int_equal(healthcode_tls_error(line, len, said, 128),
                         rows[i].error);

        if (rows[i].said) {
            assert_string_equal(said, rows[i].said);
        } else {
            assert_int_equal(said[0], '-');
        }

        if (rows[i].error) {
            for (size_t size = 1; size < 20; size++) {
                said = (char *) guard_room(1, size);
                assert_int_equal(healthcode_tls_error(line, len, said, size),
                                 rows[i].error);
                assert_true(strlen(said) < size);
            }
        }
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_says_what_to_do),
        cmocka_unit_test(test_fits_into_what_there_is),
        cmocka_unit_test(test_finds_the_first_error_of_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
