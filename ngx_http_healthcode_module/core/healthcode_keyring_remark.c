/*
 * What a set has to say: why a text is refused, which keys are skipped.  Knows
 * no: token, claims, file, crypto.  docs/token-format.md, "Keys".
 */

#include <stdio.h>

#include "healthcode_keyring_private.h"
#include "healthcode_text.h"


/* Of a kid, as much as a remark shows, and the dots of one that is longer. */
#define HEALTHCODE_KEYRING_KID_CUT   "..."
#define HEALTHCODE_KEYRING_KID_SHOWN                                          \
    (HEALTHCODE_KEYRING_KID_SIZE - sizeof(HEALTHCODE_KEYRING_KID_CUT) + 1)


static void healthcode_keyring_remark(healthcode_keyring_t *keyring,
    size_t offset, const char *kid, const char *why, bool is_skipped);
static void healthcode_keyring_describe(const healthcode_keyring_t *keyring,
    size_t offset, const char *kid, const char *why,
    healthcode_keyring_remark_t *remark);
static const healthcode_keyring_remark_t *healthcode_keyring_first_skip(
    const healthcode_keyring_t *keyring);


bool
healthcode_keyring_fail(healthcode_keyring_t *keyring, size_t offset,
    const char *kid, const char *what)
{
    healthcode_keyring_remark_t  remark;

    healthcode_keyring_describe(keyring, offset, kid, what, &remark);
    healthcode_keyring_remark_text(&remark, keyring->error,
                                   keyring->error_size);
    return false;
}


bool
healthcode_keyring_fail_whole(healthcode_keyring_t *keyring, const char *what)
{
    return healthcode_keyring_fail(keyring, HEALTHCODE_KEYRING_NOWHERE, NULL,
                                   what);
}


bool
healthcode_keyring_fail_empty(healthcode_keyring_t *keyring)
{
    size_t                              len;
    const healthcode_keyring_remark_t  *first;

    first = healthcode_keyring_first_skip(keyring);

    if (first == NULL) {
        return healthcode_keyring_fail_whole(keyring, "there is no key");
    }

    healthcode_keyring_remark_text(first, keyring->error, keyring->error_size);
    len = strlen(keyring->error);

    if (keyring->nskipped > 1) {
        snprintf(keyring->error + len, keyring->error_size - len,
                 "; %zu more cannot be used either", keyring->nskipped - 1);
    }

    return false;
}


static const healthcode_keyring_remark_t *
healthcode_keyring_first_skip(const healthcode_keyring_t *keyring)
{
    const healthcode_keyring_remark_t  *remark;

    for (size_t i = 0; (remark = healthcode_keyring_remark_at(keyring, i)); i++)
    {
        if (remark->is_skipped) {
            return remark;
        }
    }

    return NULL;
}


bool
healthcode_keyring_skip(healthcode_keyring_t *keyring, size_t offset,
    const char *kid, const char *why)
{
    healthcode_keyring_remark(keyring, offset, kid, why, true);
    keyring->nskipped++;

    return true;
}


void
healthcode_keyring_accept(healthcode_keyring_t *keyring, size_t offset,
    const char *kid, const char *why)
{
    healthcode_keyring_remark(keyring, offset, kid, why, false);
}


static void
healthcode_keyring_remark(healthcode_keyring_t *keyring, size_t offset,
    const char *kid, const char *why, bool is_skipped)
{
    healthcode_keyring_remark_t  *remark;

    /* the line is counted from the start: not for a million keys */

    if (keyring->nremarks < HEALTHCODE_KEYRING_REMARKS_MAX) {
        remark = &keyring->remarks[keyring->nremarks];

        healthcode_keyring_describe(keyring, offset, kid, why, remark);
        remark->is_skipped = is_skipped;
    }

    keyring->nremarks++;
}


static void
healthcode_keyring_describe(const healthcode_keyring_t *keyring, size_t offset,
    const char *kid, const char *why, healthcode_keyring_remark_t *remark)
{
    size_t  len;

    memset(remark, 0, sizeof(healthcode_keyring_remark_t));

    remark->text = keyring->ntexts;
    remark->why = why;

    if (offset != HEALTHCODE_KEYRING_NOWHERE) {
        remark->line = healthcode_json_line(keyring->text, offset);
    }

    if (kid) {
        len = healthcode_text_escape(healthcode_str_from(kid, strlen(kid)),
                                     remark->kid,
                                     HEALTHCODE_KEYRING_KID_SHOWN);

        if (len >= HEALTHCODE_KEYRING_KID_SHOWN) {
            memcpy(remark->kid + strlen(remark->kid),
                   HEALTHCODE_KEYRING_KID_CUT,
                   sizeof(HEALTHCODE_KEYRING_KID_CUT));
        }
    }
}


void
healthcode_keyring_remark_text(const healthcode_keyring_remark_t *remark,
    char *dst, size_t size)
{
    char  where[32] = "";

    if (remark->line) {
        snprintf(where, sizeof(where), "line %zu: ", remark->line);
    }

    snprintf(dst, size, "%s%s%s%s%s", where, remark->kid[0] ? "key \"" : "",
             remark->kid, remark->kid[0] ? "\": " : "", remark->why);
}


size_t
healthcode_keyring_skipped(const healthcode_keyring_t *keyring)
{
    return keyring->nskipped;
}


size_t
healthcode_keyring_remarks(const healthcode_keyring_t *keyring)
{
    return keyring->nremarks;
}


const healthcode_keyring_remark_t *
healthcode_keyring_remark_at(const healthcode_keyring_t *keyring, size_t i)
{
    return (i < keyring->nremarks && i < HEALTHCODE_KEYRING_REMARKS_MAX)
           ? &keyring->remarks[i] : NULL;
}
