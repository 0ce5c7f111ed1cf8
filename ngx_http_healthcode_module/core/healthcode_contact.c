/*
 * Where a refused person can turn to: what there is, and which of it may be a
 * link.
 * Knows no: clock, nginx, memory, request, token.
 * docs/directives.md, "healthcode_contact".
 */

#include "healthcode_contact.h"


/* A word, and the labels in the order of healthcode_language_e. */
typedef struct {
    healthcode_str_t  word;
    healthcode_str_t  labels[HEALTHCODE_LANGUAGE_COUNT];
} healthcode_contact_row_t;


static const healthcode_contact_row_t *healthcode_contact_row(
    healthcode_contact_e contact);
static size_t healthcode_contact_scheme(healthcode_str_t value);
static bool healthcode_contact_has(healthcode_str_t value, const char *scheme);


static const healthcode_contact_row_t *
healthcode_contact_row(healthcode_contact_e contact)
{
#define healthcode_contact_text(text)                                         \
    { (const uint8_t *) text, sizeof(text) - 1 }

    static const healthcode_contact_row_t  rows[HEALTHCODE_CONTACT_COUNT] = {
        { healthcode_contact_text("renew"),
          { healthcode_contact_text("Open your code again"),
            healthcode_contact_text("重新打开健康码") } },
        { healthcode_contact_text("correction"),
          { healthcode_contact_text("Have a wrong result corrected"),
            healthcode_contact_text("对结果有异议") } },
        { healthcode_contact_text("hotline"),
          { healthcode_contact_text("Hotline"),
            healthcode_contact_text("咨询电话") } },
        { healthcode_contact_text("lane"),
          { healthcode_contact_text("Manual lane"),
            healthcode_contact_text("人工通道") } }
    };

#undef healthcode_contact_text

    return &rows[contact];
}


bool
healthcode_contact_find(healthcode_str_t word, healthcode_contact_e *contact)
{
    for (int i = 0; i < HEALTHCODE_CONTACT_COUNT; i++) {
        if (healthcode_str_equal(word,
                     healthcode_contact_row((healthcode_contact_e) i)->word))
        {
            *contact = (healthcode_contact_e) i;
            return true;
        }
    }

    return false;
}


healthcode_str_t
healthcode_contact_label(healthcode_contact_e contact,
    healthcode_language_e language)
{
    return healthcode_contact_row(contact)->labels[language];
}


healthcode_contact_kind_e
healthcode_contact_kind(healthcode_str_t value)
{
    size_t  len = healthcode_contact_scheme(value);

    if (len == 0) {
        return HEALTHCODE_CONTACT_TEXT;
    }

    if (!healthcode_contact_has(value, "tel:")
        && !healthcode_contact_has(value, "mailto:"))
    {
        if (!healthcode_contact_has(value, "http://")
            && !healthcode_contact_has(value, "https://"))
        {
            /* "Desk: third floor" */
            return (len < value.len && value.data[len] == ' ')
                   ? HEALTHCODE_CONTACT_TEXT : HEALTHCODE_CONTACT_REFUSED;
        }

        len += 2;
    }

    for (size_t i = len; i < value.len; i++) {
        if (value.data[i] <= ' ' || value.data[i] == 0x7f) {
            return HEALTHCODE_CONTACT_REFUSED;
        }
    }

    return (len < value.len) ? HEALTHCODE_CONTACT_LINK
                             : HEALTHCODE_CONTACT_REFUSED;
}


healthcode_str_t
healthcode_contact_shown(healthcode_str_t value)
{
    size_t  len;

    if (healthcode_contact_has(value, "tel:")
        || healthcode_contact_has(value, "mailto:"))
    {
        len = healthcode_contact_scheme(value);
        value.data += len;
        value.len -= len;
    }

    return value;
}


/* The length of a scheme with its colon; 0: none. */
static size_t
healthcode_contact_scheme(healthcode_str_t value)
{
    uint8_t  c;

    for (size_t i = 0; i < value.len; i++) {

        c = value.data[i];

        if (c == ':') {
            return i ? i + 1 : 0;
        }

        if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') {
            continue;
        }

        if (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-'
                        || c == '.'))
        {
            return 0;
        }
    }

    return 0;
}


static bool
healthcode_contact_has(healthcode_str_t value, const char *scheme)
{
    size_t  len = strlen(scheme);

    if (value.len < len) {
        return false;
    }

    value.len = len;

    return healthcode_str_equal_nocase(value,
                                       healthcode_str_from(scheme, len));
}
