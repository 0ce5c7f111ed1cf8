/*
 * PEM public keys and certificates (RFC 7468), each with the name that a line
 * before it gives -> keys of a set.  Knows no: token, claims, file.
 * docs/token-format.md, "Keys".
 */

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "healthcode_keyring_private.h"


static const char  healthcode_keyring_neither[] =
    "it is neither a JWK set nor a PEM \"PUBLIC KEY\" or \"CERTIFICATE\" for "
    "these algorithms";


static size_t healthcode_keyring_next_block(healthcode_str_t text,
    size_t offset);
static bool healthcode_keyring_read_block(healthcode_keyring_t *keyring,
    size_t offset, size_t len, size_t *blocks);
static bool healthcode_keyring_take_block(healthcode_keyring_t *keyring,
    size_t offset, const char *name, const uint8_t *data, long len);
static bool healthcode_keyring_load_block(healthcode_keyring_t *keyring,
    const healthcode_keyring_public_t *at, const char *name,
    const uint8_t *data, long len);
static healthcode_str_t healthcode_keyring_comment(healthcode_str_t text,
    size_t offset);
static healthcode_str_t healthcode_keyring_comment_kid(healthcode_str_t line);
static healthcode_str_t healthcode_keyring_trim(healthcode_str_t text,
    const char *blanks);


bool
healthcode_keyring_read_pem(healthcode_keyring_t *keyring)
{
    bool              ok = true;
    size_t            at, next, blocks = 0;
    size_t            before = keyring->nkeys, skipped = keyring->nskipped;
    healthcode_str_t  text = keyring->text;

    if (text.len > INT32_MAX) {
        return healthcode_keyring_fail_whole(keyring, "it is too large");
    }

    for (at = healthcode_keyring_next_block(text, 0);
         ok && at != HEALTHCODE_KEYRING_NOWHERE;
         at = next)
    {
        next = healthcode_keyring_next_block(text, at + 1);
        ok = healthcode_keyring_read_block(keyring, at,
                                           (next < text.len ? next : text.len)
                                           - at, &blocks);
    }

    if (!ok || keyring->nkeys > before || keyring->nskipped > skipped) {
        return ok;
    }

    return blocks ? healthcode_keyring_skip(keyring, HEALTHCODE_KEYRING_NOWHERE,
                                            NULL, healthcode_keyring_neither)
                  : healthcode_keyring_fail_whole(keyring,
                                                  healthcode_keyring_neither);
}


/*
 * Where the first line from offset begins that may begin a block;
 * HEALTHCODE_KEYRING_NOWHERE: there is none.
 */
static size_t
healthcode_keyring_next_block(healthcode_str_t text, size_t offset)
{
    const char  begin[] = "-----BEGIN";

    for ( /* void */ ; offset + sizeof(begin) <= text.len; offset++) {
        if ((offset == 0 || text.data[offset - 1] == '\n')
            && memcmp(text.data + offset, begin, sizeof(begin) - 1) == 0)
        {
            return offset;
        }
    }

    return HEALTHCODE_KEYRING_NOWHERE;
}


/*
 * The block that begins at offset, if one does: each is read by itself, so that
 * a broken one ends where the next one begins.
 */
static bool
healthcode_keyring_read_block(healthcode_keyring_t *keyring, size_t offset,
    size_t len, size_t *blocks)
{
    BIO      *bio;
    bool      ok = true;
    char     *name, *header;
    long      size;
    uint8_t  *data;

    bio = BIO_new_mem_buf(keyring->text.data + offset, (int) len);

    if (bio == NULL) {
        return healthcode_keyring_fail_whole(keyring, "no memory");
    }

    if (PEM_read_bio(bio, &name, &header, &data, &size) == 1) {
        (*blocks)++;
        ok = healthcode_keyring_take_block(keyring, offset, name, data, size);

        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t) size);

    } else if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        ok = healthcode_keyring_skip(keyring, offset, NULL,
                                     "a PEM block in it is broken");
    }

    BIO_free(bio);

    return ok;
}


static bool
healthcode_keyring_take_block(healthcode_keyring_t *keyring, size_t offset,
    const char *name, const uint8_t *data, long len)
{
    bool                          ok;
    char                         *kid = NULL;
    healthcode_str_t              comment;
    healthcode_keyring_public_t   at = { .offset = offset };

    comment = healthcode_keyring_comment(keyring->text, offset);

    if (comment.data) {
        kid = malloc(comment.len + 1);

        if (kid == NULL) {
            return healthcode_keyring_fail_whole(keyring, "no memory");
        }

        memcpy(kid, comment.data, comment.len);
        kid[comment.len] = '\0';
    }

    at.kid = kid;
    at.name = kid;
    at.bits = keyring->rules->algorithms.bits;

    ok = healthcode_keyring_load_block(keyring, &at, name, data, len);
    free(kid);

    return ok;
}


static bool
healthcode_keyring_load_block(healthcode_keyring_t *keyring,
    const healthcode_keyring_public_t *at, const char *name,
    const uint8_t *data, long len)
{
    EVP_PKEY  *pkey;

    if (strcmp(name, PEM_STRING_X509) == 0
        || strcmp(name, PEM_STRING_X509_OLD) == 0)
    {
        return healthcode_keyring_load_certificate(keyring, at,
                                      healthcode_str_from(data, (size_t) len));
    }

    if (strcmp(name, PEM_STRING_PUBLIC) == 0) {
        pkey = d2i_PUBKEY(NULL, &data, len);

    } else if (strcmp(name, PEM_STRING_RSA_PUBLIC) == 0) {
        pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &data, len);

    } else {
        return true;
    }

    if (pkey == NULL) {
        return healthcode_keyring_skip(keyring, at->offset, at->name,
                                       "a PEM block in it is broken");
    }

    return healthcode_keyring_load_public(keyring, at, pkey);
}


/*
 * The name in the last line "kid: NAME" before the block at offset, as text
 * around blocks is allowed (RFC 7468 section 5.2), and behind the block before
 * it; data is NULL if there is no such line.
 */
static healthcode_str_t
healthcode_keyring_comment(healthcode_str_t text, size_t offset)
{
    size_t            end, start = offset;
    healthcode_str_t  line, kid = healthcode_str_from(NULL, 0);

    while (start > 0 && kid.data == NULL) {
        end = --start;     /* of a line, where its "\n" is */

        while (start > 0 && text.data[start - 1] != '\n') {
            start--;
        }

        line = healthcode_str_from(text.data + start, end - start);

        if (line.len >= 5 && memcmp(line.data, "-----", 5) == 0) {
            break;
        }

        kid = healthcode_keyring_comment_kid(line);
    }

    return kid;
}


/* NAME of "kid: NAME", with any blanks, "#" or ";" before it. */
static healthcode_str_t
healthcode_keyring_comment_kid(healthcode_str_t line)
{
    healthcode_str_t  none = healthcode_str_from(NULL, 0);

    line = healthcode_keyring_trim(line, "#; \t\r");

    if (line.len < 3 || memcmp(line.data, "kid", 3) != 0) {
        return none;
    }

    line = healthcode_keyring_trim(healthcode_str_from(line.data + 3,
                                                       line.len - 3), " \t\r");

    if (line.len == 0 || line.data[0] != ':') {
        return none;
    }

    line = healthcode_keyring_trim(healthcode_str_from(line.data + 1,
                                                       line.len - 1), " \t\r");

    return line.len ? line : none;
}


/* text without such bytes at its beginning, and without blanks at its end. */
static healthcode_str_t
healthcode_keyring_trim(healthcode_str_t text, const char *blanks)
{
    while (text.len && memchr(blanks, text.data[0], strlen(blanks))) {
        text = healthcode_str_from(text.data + 1, text.len - 1);
    }

    while (text.len && memchr(" \t\r", text.data[text.len - 1], 3)) {
        text.len--;
    }

    return text;
}
