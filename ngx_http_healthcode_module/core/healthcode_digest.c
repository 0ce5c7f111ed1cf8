/*
 * SHA-256 (FIPS 180-4) with a context that is made once, since making it costs
 * more than hashing a code.  Knows no: token, key, nginx.  docs/cache.md.
 */

#define OPENSSL_SUPPRESS_DEPRECATED  1

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>

#include "healthcode_digest.h"


#ifndef OPENSSL_NO_DEPRECATED_3_0

/* Blocks of SHA-256 that many texts begin with are kept where they choose. */

#define HEALTHCODE_DIGEST_BLOCK   64     /* bytes */
#define HEALTHCODE_DIGEST_BLOCKS  2
#define HEALTHCODE_DIGEST_WORDS   (HEALTHCODE_DIGEST_BLOCK / sizeof(uint64_t))

#define HEALTHCODE_DIGEST_BITS    7      /* of a place's number */
#define HEALTHCODE_DIGEST_PLACES  (1 << HEALTHCODE_DIGEST_BITS)


typedef struct {
    uint64_t    words[HEALTHCODE_DIGEST_BLOCKS * HEALTHCODE_DIGEST_WORDS];
    size_t      n;                       /* of them; 0: none */
    SHA256_CTX  sha256;                  /* once they are hashed */
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
static bool healthcode_digest_begin(const healthcode_digest_t *digest,
    healthcode_str_t *text, SHA256_CTX *sha256);
static size_t healthcode_digest_words(healthcode_str_t text, uint64_t *words);
static size_t healthcode_digest_place(const uint64_t *words, size_t n);
static bool healthcode_digest_is_head(const healthcode_digest_head_t *head,
    const uint64_t *words, size_t n);
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


void
healthcode_digest_keep(healthcode_digest_t *digest, healthcode_str_t beginning)
{
#ifdef OPENSSL_NO_DEPRECATED_3_0

    (void) digest;
    (void) beginning;

#else

    size_t                     n;
    uint64_t                   words[HEALTHCODE_DIGEST_BLOCKS
                                     * HEALTHCODE_DIGEST_WORDS];
    healthcode_digest_head_t  *head;

    n = healthcode_digest_words(beginning, words);

    if (n == 0) {
        return;
    }

    head = &digest->heads[healthcode_digest_place(words, n)];

    if (healthcode_digest_is_head(head, words, n)) {
        return;
    }

    memcpy(head->words, words, n * sizeof(uint64_t));
    head->n = n;

    if (SHA256_Init(&head->sha256) != 1
        || SHA256_Update(&head->sha256, words, n * sizeof(uint64_t)) != 1)
    {
        head->n = 0;
    }

#endif
}


#ifndef OPENSSL_NO_DEPRECATED_3_0

/* Begins to hash text, and takes off what is hashed. */
static bool
healthcode_digest_begin(const healthcode_digest_t *digest,
    healthcode_str_t *text, SHA256_CTX *sha256)
{
    size_t                           n;
    uint64_t                         words[HEALTHCODE_DIGEST_BLOCKS
                                           * HEALTHCODE_DIGEST_WORDS];
    const healthcode_digest_head_t  *head;

    for (n = healthcode_digest_words(*text, words);
         n > 0;
         n -= HEALTHCODE_DIGEST_WORDS)
    {
        head = &digest->heads[healthcode_digest_place(words, n)];

        if (healthcode_digest_is_head(head, words, n)) {
            text->data += n * sizeof(uint64_t);
            text->len -= n * sizeof(uint64_t);
            *sha256 = head->sha256;

            return true;
        }
    }

    return SHA256_Init(sha256) == 1;
}


/* Copies as many whole blocks as are kept; how many words these are. */
static size_t
healthcode_digest_words(healthcode_str_t text, uint64_t *words)
{
    size_t  n = text.len / HEALTHCODE_DIGEST_BLOCK;

    if (n > HEALTHCODE_DIGEST_BLOCKS) {
        n = HEALTHCODE_DIGEST_BLOCKS;
    }

    if (n > 0) {
        memcpy(words, text.data, n * HEALTHCODE_DIGEST_BLOCK);
    }

    return n * HEALTHCODE_DIGEST_WORDS;
}


static size_t
healthcode_digest_place(const uint64_t *words, size_t n)
{
    uint64_t  sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum = (sum << 7 | sum >> 57) ^ words[i];
    }

    sum *= UINT64_C(0x9e3779b97f4a7c15);

    return (size_t) (sum >> (64 - HEALTHCODE_DIGEST_BITS));
}


static bool
healthcode_digest_is_head(const healthcode_digest_head_t *head,
    const uint64_t *words, size_t n)
{
    uint64_t  changed = head->n ^ n;

    for (size_t i = 0; i < n; i++) {
        changed |= head->words[i] ^ words[i];
    }

    return changed == 0;
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
