/*
 * What a node of a Redis Cluster answers in place of a reply: who has the slot,
 * or why nobody answers now.
 * Knows no: nginx, socket, clock, memory.
 * docs/operations.md, "Cluster"; the Redis Cluster specification, "Redirection
 * and resharding".
 */

#include "healthcode_redirect.h"
#include "healthcode_slot.h"


#define HEALTHCODE_REDIRECT_DIGITS  5


static healthcode_redirect_e healthcode_redirect_kind(healthcode_str_t *text);
static bool healthcode_redirect_where(healthcode_str_t text,
    healthcode_str_t asked, healthcode_redirect_t *to);
static bool healthcode_redirect_number(healthcode_str_t digits,
    uint64_t *number);


healthcode_redirect_e
healthcode_redirect_read(const redisReply *reply, healthcode_str_t asked,
    healthcode_redirect_t *to)
{
    healthcode_str_t       text;
    healthcode_redirect_e  kind;

    if (reply->type != REDIS_REPLY_ERROR) {
        return HEALTHCODE_REDIRECT_NONE;
    }

    text = healthcode_str_from(reply->str, reply->len);
    kind = healthcode_redirect_kind(&text);

    if ((kind == HEALTHCODE_REDIRECT_MOVED || kind == HEALTHCODE_REDIRECT_ASK)
        && !healthcode_redirect_where(text, asked, to))
    {
        return HEALTHCODE_REDIRECT_BROKEN;
    }

    return kind;
}


/* By the first word, which is taken off the text with the blank behind it. */
static healthcode_redirect_e
healthcode_redirect_kind(healthcode_str_t *text)
{
    static const struct {
        healthcode_str_t       word;
        healthcode_redirect_e  kind;
    } rows[] = {
        { healthcode_str("MOVED"), HEALTHCODE_REDIRECT_MOVED },
        { healthcode_str("ASK"), HEALTHCODE_REDIRECT_ASK },
        { healthcode_str("TRYAGAIN"), HEALTHCODE_REDIRECT_TRYAGAIN },
        { healthcode_str("CLUSTERDOWN"), HEALTHCODE_REDIRECT_DOWN },
        { healthcode_str("LOADING"), HEALTHCODE_REDIRECT_LOADING },
        { healthcode_str("MASTERDOWN"), HEALTHCODE_REDIRECT_READONLY },
        { healthcode_str("READONLY"), HEALTHCODE_REDIRECT_READONLY },
    };
    size_t           len;
    const uint8_t   *blank;

    blank = text->len ? memchr(text->data, ' ', text->len) : NULL;
    len = blank ? (size_t) (blank - text->data) : text->len;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {

        if (healthcode_str_equal(healthcode_str_from(text->data, len),
                                 rows[i].word))
        {
            len += (blank != NULL);
            text->data += len;
            text->len -= len;

            return rows[i].kind;
        }
    }

    return HEALTHCODE_REDIRECT_NONE;
}


/* "3999 HOST:PORT"; an IPv6 address has no brackets there. */
static bool
healthcode_redirect_where(healthcode_str_t text, healthcode_str_t asked,
    healthcode_redirect_t *to)
{
    uint64_t                      slot, port;
    const uint8_t                *blank, *colon;
    healthcode_str_t              host;
    healthcode_cluster_address_t  address;

    blank = text.len ? memchr(text.data, ' ', text.len) : NULL;

    if (blank == NULL) {
        return false;
    }

    for (colon = text.data + text.len - 1; colon > blank && *colon != ':';
         colon--)
    {
        /* void */
    }

    if (colon == blank
        || !healthcode_redirect_number(healthcode_str_from(text.data,
                                         (size_t) (blank - text.data)), &slot)
        || !healthcode_redirect_number(healthcode_str_from(colon + 1,
                        (size_t) (text.data + text.len - colon - 1)), &port)
        || slot >= HEALTHCODE_SLOT_MAX)
    {
        return false;
    }

    host = healthcode_str_from(blank + 1, (size_t) (colon - blank - 1));

    if (!healthcode_cluster_address_set(&address, host.len ? host : asked,
                                        port))
    {
        return false;
    }

    to->slot = (uint16_t) slot;
    to->address = address;

    return true;
}


static bool
healthcode_redirect_number(healthcode_str_t digits, uint64_t *number)
{
    uint64_t  value = 0;

    if (digits.len == 0 || digits.len > HEALTHCODE_REDIRECT_DIGITS) {
        return false;
    }

    for (size_t i = 0; i < digits.len; i++) {

        if (digits.data[i] < '0' || digits.data[i] > '9') {
            return false;
        }

        value = value * 10 + (uint64_t) (digits.data[i] - '0');
    }

    *number = value;

    return true;
}


bool
healthcode_redirect_format_asking(healthcode_redis_buf_t *buf)
{
    static const char  asking[] = "*1\r\n$6\r\nASKING\r\n";

    return healthcode_redis_buf_append(buf, asking, sizeof(asking) - 1);
}
