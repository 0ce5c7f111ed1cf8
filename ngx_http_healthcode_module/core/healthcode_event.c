/*
 * A request that a gate judged, as one line of JSON for the access log; and
 * such a line, read back.
 * Knows no: nginx, clock, memory, request.  docs/monitoring/log.md.
 */

#include <stdio.h>

#include "healthcode_event.h"
#include "healthcode_text.h"


/* The end of the year 9999, in seconds; a time is not later. */
#define HEALTHCODE_EVENT_TIME_MAX  253402300799.0


typedef struct {
    uint8_t  *data;
    size_t    len;      /* of all of it */
    size_t    size;
} healthcode_event_text_t;


static void healthcode_event_add(healthcode_event_text_t *text,
    const void *data, size_t len);
static void healthcode_event_member(healthcode_event_text_t *text,
    const char *name);
static void healthcode_event_string(healthcode_event_text_t *text,
    const char *name, healthcode_str_t value);
static void healthcode_event_escape(healthcode_event_text_t *text,
    healthcode_str_t value);
static void healthcode_event_unit(healthcode_event_text_t *text, uint32_t unit);
static uint32_t healthcode_event_code(const uint8_t *data, size_t len);
static void healthcode_event_thousands(healthcode_event_text_t *text,
    const char *name, uint64_t number);
static void healthcode_event_cache(healthcode_event_text_t *text,
    const char *name, healthcode_event_cache_e cache);
static bool healthcode_event_time(yyjson_val *value, int64_t *time);


static const char  *const healthcode_event_words[HEALTHCODE_EVENT_VERDICTS] = {
    "allow", "deny", "overruled", "none", "audit_allow", "audit_deny",
    "audit_none"
};


healthcode_str_t
healthcode_event_word(healthcode_event_verdict_e verdict)
{
    return healthcode_str_from(healthcode_event_words[verdict],
                               strlen(healthcode_event_words[verdict]));
}


bool
healthcode_event_verdict(healthcode_str_t word,
    healthcode_event_verdict_e *verdict)
{
    for (unsigned i = 0; i < HEALTHCODE_EVENT_VERDICTS; i++) {
        if (healthcode_str_equal(word, healthcode_event_word(i))) {
            *verdict = i;
            return true;
        }
    }

    return false;
}


size_t
healthcode_event_write(const healthcode_event_t *event, uint8_t *out,
    size_t size)
{
    healthcode_event_text_t  text = { out, 0, size };

    healthcode_event_add(&text, "{", 1);
    healthcode_event_thousands(&text, "time", (uint64_t) event->time);
    healthcode_event_string(&text, "gate", event->gate);
    healthcode_event_string(&text, "server", event->server);
    healthcode_event_string(&text, "verdict", event->verdict);
    healthcode_event_string(&text, "reason", event->reason);
    healthcode_event_string(&text, "issuer", event->issuer);
    healthcode_event_string(&text, "kid", event->kid);

    if (event->was_asked) {
        healthcode_event_thousands(&text, "lookup_ms", event->lookup);
    } else {
        healthcode_event_member(&text, "lookup_ms");
        healthcode_event_add(&text, "null", 4);
    }

    healthcode_event_cache(&text, "code", event->code);
    healthcode_event_cache(&text, "holder", event->holder);

    if (event->has_pseudonym) {
        healthcode_event_string(&text, "pseudonym", event->pseudonym);
    }

    healthcode_event_add(&text, "}", 1);

    return text.len;
}


static void
healthcode_event_add(healthcode_event_text_t *text, const void *data,
    size_t len)
{
    if (text->len <= text->size && len <= text->size - text->len) {
        memcpy(text->data + text->len, data, len);
    }

    text->len += len;
}


static void
healthcode_event_member(healthcode_event_text_t *text, const char *name)
{
    if (text->len > 1) {
        healthcode_event_add(text, ",", 1);
    }

    healthcode_event_add(text, "\"", 1);
    healthcode_event_add(text, name, strlen(name));
    healthcode_event_add(text, "\":", 2);
}


static void
healthcode_event_string(healthcode_event_text_t *text, const char *name,
    healthcode_str_t value)
{
    healthcode_event_member(text, name);

    if (value.data == NULL) {
        healthcode_event_add(text, "null", 4);
        return;
    }

    healthcode_event_add(text, "\"", 1);
    healthcode_event_escape(text, value);
    healthcode_event_add(text, "\"", 1);
}


static void
healthcode_event_escape(healthcode_event_text_t *text, healthcode_str_t value)
{
    size_t    len;
    uint32_t  code;

    while (value.len) {

        switch (healthcode_text_first(value, &len)) {

        case HEALTHCODE_TEXT_SHOWN:
        case HEALTHCODE_TEXT_BLANK:
            if (value.data[0] == '"' || value.data[0] == '\\') {
                healthcode_event_add(text, "\\", 1);
            }

            healthcode_event_add(text, value.data, len);
            break;

        case HEALTHCODE_TEXT_INVALID:
            healthcode_event_unit(text, 0xfffd);
            break;

        default: /* HEALTHCODE_TEXT_HIDDEN, HEALTHCODE_TEXT_CONTROL */
            code = healthcode_event_code(value.data, len);

            if (code >= 0x10000) {
                code -= 0x10000;
                healthcode_event_unit(text, 0xd800 + (code >> 10));
                code = 0xdc00 + (code & 0x3ff);
            }

            healthcode_event_unit(text, code);
        }

        value.data += len;
        value.len -= len;
    }
}


/* A unit of UTF-16, of at most 16 bits. */
static void
healthcode_event_unit(healthcode_event_text_t *text, uint32_t unit)
{
    char               escape[6] = "\\u";
    static const char  digits[] = "0123456789abcdef";

    for (unsigned i = 0; i < 4; i++) {
        escape[5 - i] = digits[(unit >> 4 * i) & 0xf];
    }

    healthcode_event_add(text, escape, sizeof(escape));
}


/* Of a character that is valid UTF-8. */
static uint32_t
healthcode_event_code(const uint8_t *data, size_t len)
{
    uint32_t  code = data[0];

    if (len > 1) {
        code &= 0x7fU >> len;
    }

    for (size_t i = 1; i < len; i++) {
        code = code << 6 | (data[i] & 0x3f);
    }

    return code;
}


/* A number of thousandths, as one with three digits behind the point. */
static void
healthcode_event_thousands(healthcode_event_text_t *text, const char *name,
    uint64_t number)
{
    int   len;
    char  digits[sizeof("18446744073709551.615")];

    len = snprintf(digits, sizeof(digits), "%llu.%03u",
                   (unsigned long long) (number / 1000),
                   (unsigned) (number % 1000));

    healthcode_event_member(text, name);
    healthcode_event_add(text, digits, (size_t) len);
}


static void
healthcode_event_cache(healthcode_event_text_t *text, const char *name,
    healthcode_event_cache_e cache)
{
    healthcode_event_member(text, name);

    switch (cache) {

    case HEALTHCODE_EVENT_HIT:
        healthcode_event_add(text, "\"hit\"", 5);
        break;

    case HEALTHCODE_EVENT_MISS:
        healthcode_event_add(text, "\"miss\"", 6);
        break;

    default: /* HEALTHCODE_EVENT_NOT_SOUGHT */
        healthcode_event_add(text, "null", 4);
    }
}


bool
healthcode_event_read(healthcode_str_t line, void *memory, size_t size,
    healthcode_event_t *event)
{
    yyjson_val                  *object;
    healthcode_event_t           found = { .time = 0 };
    healthcode_event_verdict_e   verdict;

    object = healthcode_json_read(line, memory, size);

    if (object == NULL
        || !healthcode_event_time(yyjson_obj_get(object, "time"), &found.time)
        || healthcode_json_string(object, "gate", &found.gate) != 1
        || healthcode_json_string(object, "server", &found.server) != 1
        || healthcode_json_string(object, "issuer", &found.issuer) != 1
        || healthcode_json_string(object, "verdict", &found.verdict) != 1
        || healthcode_json_string(object, "reason", &found.reason) != 1
        || !healthcode_event_verdict(found.verdict, &verdict))
    {
        return false;
    }

    *event = found;

    return true;
}


static bool
healthcode_event_time(yyjson_val *value, int64_t *time)
{
    double  seconds;

    if (!yyjson_is_num(value)) {
        return false;
    }

    seconds = yyjson_get_num(value);

    if (!(seconds >= 0 && seconds <= HEALTHCODE_EVENT_TIME_MAX)) {
        return false;
    }

    *time = (int64_t) (seconds * 1000 + 0.5);

    return true;
}
