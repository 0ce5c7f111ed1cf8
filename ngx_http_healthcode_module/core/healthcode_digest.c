/*
 * SHA-256 (FIPS 180-4) with a context that is made once, since making it costs
 * more than hashing a code.  Knows not what is hashed.
 * docs/request-path.md, "The cache".
 */

#define OPENSSL_SUPPRESS_DEPRECATED  1

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>

#include "healthcode_digest.h"


#ifndef OPENSSL_NO_DEPRECATED_3_0

/*
 * Codes of one key begin alike, with one header and one issuer: the blocks of
 * SHA-256 that fit in are hashed once, and kept in the place that they choose.
 */

#define HEALTHCODE_DIGEST_HEAD    128    /* bytes: two blocks */
#define HEALTHCODE_DIGEST_WORDS   (HEALTHCODE_DIGEST_HEAD / sizeof(uint64_t))

#define HEALTHCODE_DIGEST_BITS    5      /* of a place's number */
#define HEALTHCODE_DIGEST_PLACES  (1 << HEALTHCODE_DIGEST_BITS)


typedef struct {
    uint64_t    words[HEALTHCODE_DIGEST_WORDS];
    SHA256_CTX  sha256;                  /* once they are hashed */
    bool        used;
} healthcode_digest_head_t;

#endif


struct healthcode_digest_s {
    EVP_MD                    *sha256;
    EVP_MD_CTX                *md;
#ifndef OPENSSL_NO_DEPRECATED_3_0
    healthcode_digest_head_t   heads[HEALTHCODE_DIGEST_PLACES];
#endif
};


#ifndef OPENSSL_NO_DEPRECATED_3_0
static bool healthcode_digest_begin(healthcode_digest_t *digest,
    healthcode_str_t *text, SHA256_CTX *sha256);
static healthcode_digest_head_t *healthcode_digest_head(
    healthcode_digest_t *digest, const uint64_t *words);
#endif
static bool healthcode_digest_end(bool ok);


healthcode_digest_t *
healthcode_digest_create(void)
{
    healthcode_digest_t  *digest;

    digest = calloc(1, sizeof(healthcode_digest_t));
    if (digest == NULL) {
        return NULL;
    }

    digest->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    digest->md = EVP_MD_CTX_new();

    if (digest->sha256 == NULL || digest->md == NULL) {
        ERR_clear_error();
        healthcode_digest_free(digest);
        return NULL;
    }

    return digest;
}


void
healthcode_digest_free(healthcode_digest_t *digest)
{
    if (digest) {
        EVP_MD_CTX_free(digest->md);
        EVP_MD_free(digest->sha256);
        free(digest);
    }
}


bool
healthcode_digest_text(healthcode_digest_t *digest, healthcode_str_t text,
    void *out)
{
#ifdef OPENSSL_NO_DEPRECATED_3_0

    return healthcode_digest_end(
               EVP_DigestInit_ex2(digest->md, digest->sha256, NULL) == 1
               && EVP_DigestUpdate(digest->md, text.data, text.len) == 1
               && EVP_DigestFinal_ex(digest->md, out, NULL) == 1);

#else

    /*
     * Every request hashes its code here, and EVP allocates and frees each
     * time: for 400 bytes the bare functions take a fifth less.
     */
    SHA256_CTX  sha256;

    return healthcode_digest_begin(digest, &text, &sha256)
           && SHA256_Update(&sha256, text.data, text.len) == 1
           && SHA256_Final(out, &sha256) == 1;

#endif
}


#ifndef OPENSSL_NO_DEPRECATED_3_0

/* Hashes the beginning of text, and takes it off. */
static bool
healthcode_digest_begin(healthcode_digest_t *digest, healthcode_str_t *text,
    SHA256_CTX *sha256)
{
    uint64_t                   words[HEALTHCODE_DIGEST_WORDS];
    healthcode_digest_head_t  *head;

    if (text->len < HEALTHCODE_DIGEST_HEAD) {
        return SHA256_Init(sha256) == 1;
    }

    memcpy(words, text->data, HEALTHCODE_DIGEST_HEAD);

    head = healthcode_digest_head(digest, words);

    if (!head->used) {
        memcpy(head->words, words, HEALTHCODE_DIGEST_HEAD);

        head->used = SHA256_Init(&head->sha256) == 1
                     && SHA256_Update(&head->sha256, words,
                                      HEALTHCODE_DIGEST_HEAD)
                        == 1;
    }

    *sha256 = head->sha256;

    text->data += HEALTHCODE_DIGEST_HEAD;
    text->len -= HEALTHCODE_DIGEST_HEAD;

    return head->used;
}


/* The place of words, which is not used where they are not in it. */
static healthcode_digest_head_t *
healthcode_digest_head(healthcode_digest_t *digest, const uint64_t *words)
{
    uint64_t                   sum = 0, changed = 0;
    healthcode_digest_head_t  *head;

    for (unsigned i = 0; i < HEALTHCODE_DIGEST_WORDS; i++) {
        sum = (sum << 7 | sum >> 57) ^ words[i];
    }

    sum *= UINT64_C(0x9e3779b97f4a7c15);
    head = &digest->heads[sum >> (64 - HEALTHCODE_DIGEST_BITS)];

    for (unsigned i = 0; i < HEALTHCODE_DIGEST_WORDS; i++) {
        changed |= head->words[i] ^ words[i];
    }

    head->used = head->used && changed == 0;

    return head;
}

#endif


bool
healthcode_digest_parts(healthcode_digest_t *digest,
    const healthcode_str_t *parts, size_t n, void *out)
{
    bool      ok;
    uint64_t  len;

    ok = EVP_DigestInit_ex2(digest->md, digest->sha256, NULL) == 1;

    for (size_t i = 0; ok && i < n; i++) {
        len = parts[i].len;
        ok = EVP_DigestUpdate(digest->md, &len, sizeof(len)) == 1
             && EVP_DigestUpdate(digest->md, parts[i].data, parts[i].len) == 1;
    }

    return healthcode_digest_end(ok && EVP_DigestFinal_ex(digest->md, out, NULL)
                                       == 1);
}


static bool
healthcode_digest_end(bool ok)
{
    if (!ok) {
        ERR_clear_error();
    }

    return ok;
}
