/*
 * Which line of several says what a reader hears of a verdict.
 * Knows no: clock, nginx, memory, request, token.
 * docs/directives.md, "healthcode_reply".
 */

#include "healthcode_reply.h"


static unsigned healthcode_reply_rank(const healthcode_reply_t *line,
    healthcode_reason_e reason);


bool
healthcode_reply_read(healthcode_str_t word, healthcode_reply_t *reply)
{
    unsigned            i;
    healthcode_reply_t  found = { HEALTHCODE_REPLY_REASON,
                                  HEALTHCODE_REASON_FAULT };

    static const struct {
        healthcode_str_t    word;
        healthcode_reply_e  kind;
    } kinds[] = {
        { { (const uint8_t *) "allow", 5 }, HEALTHCODE_REPLY_ALLOW },
        { { (const uint8_t *) "deny", 4 }, HEALTHCODE_REPLY_DENY },
        { { (const uint8_t *) "busy", 4 }, HEALTHCODE_REPLY_BUSY },
    };

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (healthcode_str_equal(word, kinds[i].word)) {
            found.kind = kinds[i].kind;
            *reply = found;
            return true;
        }
    }

    for (i = 0; i < HEALTHCODE_REASON_COUNT; i++) {

        if (i != HEALTHCODE_REASON_OK
            && healthcode_str_equal(word,
                              healthcode_reason_word((healthcode_reason_e) i)))
        {
            found.reason = (healthcode_reason_e) i;
            *reply = found;
            return true;
        }
    }

    return false;
}


size_t
healthcode_reply_deny(const healthcode_reply_t *lines, size_t n,
    healthcode_reason_e reason)
{
    size_t    best = n;
    unsigned  rank, highest = 0;

    for (size_t i = 0; i < n; i++) {
        rank = healthcode_reply_rank(&lines[i], reason);

        if (rank > highest) {
            highest = rank;
            best = i;
        }
    }

    return best;
}


/* How exactly a line fits a deny; 0: it does not. */
static unsigned
healthcode_reply_rank(const healthcode_reply_t *line,
    healthcode_reason_e reason)
{
    switch (line->kind) {

    case HEALTHCODE_REPLY_REASON:
        return (line->reason == reason) ? 3 : 0;

    case HEALTHCODE_REPLY_BUSY:
        return healthcode_reason_is_busy(reason) ? 2 : 0;

    case HEALTHCODE_REPLY_DENY:
        return 1;

    default: /* HEALTHCODE_REPLY_ALLOW */
        return 0;
    }
}


size_t
healthcode_reply_allow(const healthcode_reply_t *lines, size_t n)
{
    size_t  i = 0;

    while (i < n && lines[i].kind != HEALTHCODE_REPLY_ALLOW) {
        i++;
    }

    return i;
}


unsigned
healthcode_reply_status(unsigned status, healthcode_reason_e reason,
    bool others_go_by_it)
{
    unsigned  own = healthcode_reason_status(reason);

    if (status == 0 || (others_go_by_it && status < 300)) {
        return (own < 300) ? healthcode_reason_status(HEALTHCODE_REASON_FAULT)
                           : own;
    }

    return status;
}
