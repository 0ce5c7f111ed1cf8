/*
 * Private keys read from PEM: PKCS #8 (RFC 5958), SEC 1 (RFC 5915) and PKCS #1
 * (RFC 8017 appendix A.1.2), plain or encrypted.
 * Knows no JSON and no files.  docs/token-format.md, "Keys".
 */

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "healthcode_jwk_private.h"


#define HEALTHCODE_JWK_PEM_NAMES_MAX  128


/* What OpenSSL is handed when it asks for a password. */
typedef struct {
    healthcode_str_t  password;   /* data is NULL: there is none */
    bool              asked;
} healthcode_jwk_pem_t;


static const char *healthcode_jwk_pem_find(healthcode_str_t text,
    healthcode_str_t *block);
static bool healthcode_jwk_pem_next(healthcode_str_t *text,
    healthcode_str_t *label);
static bool healthcode_jwk_pem_ends(healthcode_str_t label, const char *end);
static const char *healthcode_jwk_pem_load(healthcode_str_t block,
    healthcode_str_t password, EVP_PKEY **pkey);
static int healthcode_jwk_pem_password(char *buf, int size, int writing,
    void *data);
static bool healthcode_jwk_pem_choose(const healthcode_algorithm_t *algorithm,
    healthcode_jwk_t *jwk, char *error, size_t size);
static void healthcode_jwk_pem_say_type(EVP_PKEY *pkey, char *error,
    size_t size);


bool
healthcode_jwk_is_pem(healthcode_str_t text)
{
    healthcode_str_t  label;

    return healthcode_jwk_pem_next(&text, &label);
}


bool
healthcode_jwk_read_pem(healthcode_str_t text, healthcode_str_t password,
    const healthcode_algorithm_t *algorithm, healthcode_jwk_t *jwk, char *error,
    size_t size)
{
    const char        *wrong;
    healthcode_jwk_t   new = { .kid = NULL };
    healthcode_str_t   block;

    wrong = healthcode_jwk_pem_find(text, &block);

    if (wrong == NULL) {
        wrong = healthcode_jwk_pem_load(block, password, &new.pkey);
    }

    if (wrong == NULL
        && healthcode_jwk_pem_choose(algorithm, &new, error, size))
    {
        wrong = healthcode_jwk_is_pair(new.pkey)
                ? healthcode_jwk_refused(&new)
                : "its numbers do not belong together: the public half is not "
                  "that of the private one";

        if (wrong == NULL) {
            *jwk = new;
            return true;
        }
    }

    if (wrong) {
        snprintf(error, size, "%s", wrong);
    }

    ERR_clear_error();
    healthcode_jwk_free(&new);

    return false;
}


/*
 * Sets *block to text from its only private key on.  Certificates, public keys
 * and EC PARAMETERS around it are passed over.
 */
static const char *
healthcode_jwk_pem_find(healthcode_str_t text, healthcode_str_t *block)
{
    size_t            n = 0;
    bool              foreign = false;
    healthcode_str_t  label;

    while (healthcode_jwk_pem_next(&text, &label)) {

        if (healthcode_jwk_pem_ends(label, "PRIVATE KEY")) {
            *block = text;
            foreign = healthcode_str_equal(label,
                                        healthcode_str("OPENSSH PRIVATE KEY"));
            n++;
        }

        text = healthcode_str_from(label.data + label.len,
                                   text.len - (size_t) (label.data + label.len
                                                        - text.data));
    }

    if (n == 0) {
        return "it has no private key; name the file of the private one";
    }

    if (n > 1) {
        return "it has several private keys; leave only the one that signs";
    }

    return foreign ? "it is in the form of OpenSSH; \"ssh-keygen -p -m PKCS8 "
                     "-f FILE\" rewrites a copy of it"
                   : NULL;
}


/* Moves text to its next "-----BEGIN LABEL-----"; false if there is none. */
static bool
healthcode_jwk_pem_next(healthcode_str_t *text, healthcode_str_t *label)
{
    const uint8_t     *begin, *end;
    healthcode_str_t   rest;

    static const char  word[] = "-----BEGIN ";

    begin = text->len ? memmem(text->data, text->len, word, strlen(word))
                      : NULL;

    if (begin == NULL) {
        return false;
    }

    rest = healthcode_str_from(begin, text->len
                                      - (size_t) (begin - text->data));
    begin += strlen(word);
    end = memmem(begin, rest.len - strlen(word), "-----", 5);

    if (end == NULL) {
        return false;
    }

    *text = rest;
    *label = healthcode_str_from(begin, (size_t) (end - begin));

    return true;
}


static bool
healthcode_jwk_pem_ends(healthcode_str_t label, const char *end)
{
    size_t  len = strlen(end);

    return label.len >= len
           && memcmp(label.data + label.len - len, end, len) == 0;
}


static const char *
healthcode_jwk_pem_load(healthcode_str_t block, healthcode_str_t password,
    EVP_PKEY **pkey)
{
    BIO                   *bio;
    healthcode_jwk_pem_t   pem = { .password = password };

    bio = BIO_new_mem_buf(block.data, (int) block.len);

    if (bio) {
        *pkey = PEM_read_bio_PrivateKey(bio, NULL, healthcode_jwk_pem_password,
                                        &pem);
        BIO_free(bio);
    }

    if (*pkey) {
        return NULL;
    }

    if (pem.asked && password.data == NULL) {
        return "it is encrypted; add --password-file FILE";
    }

    return pem.asked ? "the password of --password-file does not open it"
                     : "OpenSSL cannot read this private key";
}


/* Without this function OpenSSL would ask at the terminal. */
static int
healthcode_jwk_pem_password(char *buf, int size, int writing, void *data)
{
    healthcode_jwk_pem_t  *pem = data;

    (void) writing;

    pem->asked = true;

    if (pem->password.data == NULL || pem->password.len > (size_t) size) {
        return -1;
    }

    memcpy(buf, pem->password.data, pem->password.len);

    return (int) pem->password.len;
}


/* PEM names no algorithm: the one of --alg, or the only one that fits. */
static bool
healthcode_jwk_pem_choose(const healthcode_algorithm_t *algorithm,
    healthcode_jwk_t *jwk, char *error, size_t size)
{
    char                           names[HEALTHCODE_JWK_PEM_NAMES_MAX] = "";
    size_t                         i, len = 0, fit = 0, n = 0;
    const healthcode_algorithm_t  *row;

    for (i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {

        if (!healthcode_key_is_of(jwk->pkey, row)) {
            continue;
        }

        len += (size_t) snprintf(names + len, sizeof(names) - len, "%s%s",
                                 fit ? " " : "", row->name);
        fit++;

        if (algorithm == NULL || algorithm == row) {
            jwk->algorithm = row;
            jwk->alg = row->name;
            n++;
        }
    }

    if (fit == 0) {
        healthcode_jwk_pem_say_type(jwk->pkey, error, size);

    } else if (n == 0) {
        snprintf(error, size, "it is not a key for %s; it signs %s",
                 algorithm->name, names);

    } else if (n > 1) {
        snprintf(error, size, "several algorithms fit it; add --alg with one "
                 "of these: %s", names);
    }

    return n == 1;
}


static void
healthcode_jwk_pem_say_type(EVP_PKEY *pkey, char *error, size_t size)
{
    char         group[64];
    size_t       len;
    const char  *type = EVP_PKEY_get0_type_name(pkey);

    if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), &len) != 1) {
        group[0] = '\0';
    }

    snprintf(error, size, "it is a key of type %s%s%s, which no algorithm here "
             "has", type ? type : "unknown", group[0] ? " on curve " : "",
             group);
}
