/*
 * Which issuers a store has heard of, so that a misspelled one is noticed.
 * Knows no gates.  docs/redis-keys.md, "Issuers that are known".
 */

#include <stdlib.h>

#include "core/healthcode_spelling.h"
#include "healthcode_issuers.h"
#include "healthcode_keys.h"


static bool healthcode_issuers_name(const redisReply *field,
    healthcode_str_t *iss);


healthcode_exit_e
healthcode_issuers_check(healthcode_connection_t *connection, const char *name,
    const char *iss)
{
    bool               is_known = false;
    size_t             best = SIZE_MAX;
    redisReply        *reply;
    healthcode_str_t   text = healthcode_str_from(iss, strlen(iss));
    healthcode_str_t   known, nearest = { NULL, 0 };

    reply = healthcode_connection_hash(connection, HEALTHCODE_KEYS_CONTROL);
    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    for (size_t i = 0; i + 1 < reply->elements && !is_known; i += 2) {

        if (!healthcode_issuers_name(reply->element[i], &known)) {
            continue;
        }

        is_known = healthcode_str_equal(known, text);

        if (healthcode_spelling_is_nearer(text, known, &best)) {
            nearest = known;
        }
    }

    if (!is_known && nearest.data) {
        healthcode_output_usage("%s: \"%s\" is new to this store, which knows "
                                "\"%.*s\"; write that, or add --new if it is "
                                "right", name, iss, (int) nearest.len,
                                (const char *) nearest.data);

    } else if (!is_known) {
        healthcode_output_usage("%s: \"%s\" is new to this store; compare it "
                                "with \"iss\" in the gates, and add --new if "
                                "it is right", name, iss);
    }

    freeReplyObject(reply);

    return is_known ? HEALTHCODE_EXIT_OK : HEALTHCODE_EXIT_USAGE;
}


/* Whether a field is about an issuer. */
static bool
healthcode_issuers_name(const redisReply *field, healthcode_str_t *iss)
{
    static const char *const  kinds[] = { "known:", "issuer:", "before:" };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t  len = strlen(kinds[i]);

        if (field->len > len && memcmp(field->str, kinds[i], len) == 0) {
            *iss = healthcode_str_from(field->str + len, field->len - len);
            return true;
        }
    }

    return false;
}
