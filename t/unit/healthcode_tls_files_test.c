/*
 * Tests of healthcode_tls_files.c: a file that is whole is read, a file that is
 * not is named, with what is wrong; a certificate comes with its own key.
 * docs/connection.md, "Credentials".
 */

#include "test.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "../../ngx_http_healthcode_module/redis/healthcode_tls_files.h"


/* A pair, and another one. */
static char  *certificates[2], *keys[2];


static char *
text_of(BIO *bio)
{
    char    *data, *text;
    size_t   n = (size_t) BIO_get_mem_data(bio, &data);

    text = malloc(n + 1);
    assert_non_null(text);
    memcpy(text, data, n);
    text[n] = '\0';
    BIO_free(bio);

    return text;
}


static int
setup(void **state)
{
    (void) state;

    for (int i = 0; i < 2; i++) {
        BIO       *one = BIO_new(BIO_s_mem()), *two = BIO_new(BIO_s_mem());
        X509      *x509 = X509_new();
        EVP_PKEY  *key = EVP_EC_gen("P-256");

        assert_non_null(key);
        ASN1_INTEGER_set(X509_get_serialNumber(x509), i + 1);
        X509_gmtime_adj(X509_getm_notBefore(x509), 0);
        X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
        assert_int_equal(X509_set_pubkey(x509, key), 1);
        assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
        assert_int_equal(PEM_write_bio_X509(one, x509), 1);
        assert_int_equal(PEM_write_bio_PrivateKey(two, key, NULL, NULL, 0,
                                                  NULL, NULL), 1);
        certificates[i] = text_of(one);
        keys[i] = text_of(two);
        X509_free(x509);
        EVP_PKEY_free(key);
    }

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    for (int i = 0; i < 2; i++) {
        free(certificates[i]);
        free(keys[i]);
    }

    return 0;
}


static healthcode_str_t
str_of(const char *text)
{
    return healthcode_str_from(text, text ? strlen(text) : 0);
}


/* What is wrong with these, or NULL. */
static const char *
read_of(const char *trusted, const char *certificate, const char *key,
    healthcode_tls_files_t *files, unsigned *which)
{
    const healthcode_str_t  texts[HEALTHCODE_TLS_FILES] = {
        str_of(trusted), str_of(certificate), str_of(key)
    };

    *which = 9;

    return healthcode_tls_files_read(files, texts, which);
}


static void
test_reads_what_is_whole(void **state)
{
    char                     both[8192];
    unsigned                 which;
    healthcode_tls_files_t   files;

    (void) state;
    snprintf(both, sizeof(both), "# ours\n%s\n%s", certificates[0],
             certificates[1]);

    assert_null(read_of(both, NULL, NULL, &files, &which));
    assert_int_equal(sk_X509_OBJECT_num(X509_STORE_get0_objects(files.trusted)),
                     2);
    assert_null(files.certificate);
    assert_null(files.key);
    healthcode_tls_files_free(&files);

    assert_null(read_of(certificates[1], both, keys[0], &files, &which));
    assert_int_equal(sk_X509_OBJECT_num(X509_STORE_get0_objects(files.trusted)),
                     1);
    assert_int_equal(sk_X509_num(files.chain), 1);
    assert_non_null(files.certificate);
    assert_non_null(files.key);
    healthcode_tls_files_free(&files);
    assert_null(files.trusted);
}


static void
test_names_what_is_not(void **state)
{
    char  both[8192], garbage[8192], encrypted[] =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        "MIH0MF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBC=\n"
        "-----END ENCRYPTED PRIVATE KEY-----\n";
    size_t                   n = strlen(certificates[0]);
    unsigned                 which;
    healthcode_tls_files_t   files;

    snprintf(both, sizeof(both), "%s%s", certificates[0], certificates[1]);

    const struct {
        const char  *trusted, *certificate, *key, *error;
        unsigned     which;
    } rows[] = {
        { "", NULL, NULL, "it is not a file of certificates in PEM", 0 },
        { "x\n", NULL, NULL, "it is not a file of certificates in PEM", 0 },
        { keys[0], NULL, NULL, "it is not a file of certificates in PEM", 0 },
        { certificates[0], "", keys[0], "it is not a certificate in PEM", 1 },
        { certificates[0], keys[0], keys[0], "it is not a certificate in PEM",
          1 },
        { certificates[0], certificates[0], "", "it is not a private key in "
          "PEM without a passphrase", 2 },
        { certificates[0], certificates[0], encrypted, "it is not a private "
          "key in PEM without a passphrase", 2 },
        { certificates[0], certificates[0], keys[1], "it is not the key of "
          "the certificate", 2 },
        { certificates[0], both, keys[1], "it is not the key of the "
          "certificate", 2 },
        { certificates[0], NULL, keys[0], "it is not the key of the "
          "certificate", 2 },
    };

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        const char  *error = read_of(rows[i].trusted, rows[i].certificate,
                                     rows[i].key, &files, &which);

        test_row(error && strncmp(error, rows[i].error,
                                  strlen(rows[i].error)) == 0, i,
                 error ? error : "no error");
        test_row(which == rows[i].which, i, "which");
        test_row(files.trusted == NULL && files.certificate == NULL
                 && files.chain == NULL && files.key == NULL, i, "files");
    }

    /* half of one behind a whole one */

    for (size_t cut = n + 30; cut < strlen(both) - 2; cut += 17) {
        snprintf(garbage, sizeof(garbage), "%.*s", (int) cut, both);
        test_row(read_of(garbage, NULL, NULL, &files, &which) != NULL, cut,
                 "authorities");
        test_row(which == 0, cut, "which");
        test_row(read_of(certificates[0], garbage, keys[0], &files, &which)
                 != NULL, cut, "chain");
        test_row(which == 1, cut, "which");
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_reads_what_is_whole),
        cmocka_unit_test(test_names_what_is_not),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
