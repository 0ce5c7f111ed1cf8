/*
 * Which page a refused person sees, and what its files are called.
 * Knows no: clock, nginx, memory, request, token.
 * docs/pages.md.
 */

#include "healthcode_page.h"


static healthcode_page_e healthcode_page_of_code(healthcode_reason_e reason);
static bool healthcode_page_is_language(healthcode_str_t text);


healthcode_page_e
healthcode_page_of(healthcode_reason_e reason)
{
    if (healthcode_reason_is_busy(reason)) {
        return HEALTHCODE_PAGE_BUSY;
    }

    /* by the colour, which nothing else may contradict */

    switch (healthcode_reason_colour(reason)) {

    case HEALTHCODE_COLOUR_RED:
        return HEALTHCODE_PAGE_HOLDER;

    case HEALTHCODE_COLOUR_YELLOW:
        return HEALTHCODE_PAGE_CONDITION;

    default:
        break;
    }

    switch (healthcode_reason_class(reason)) {

    case HEALTHCODE_CLASS_REQUEST:
        return HEALTHCODE_PAGE_CODE;

    case HEALTHCODE_CLASS_CODE:
        return healthcode_page_of_code(reason);

    default:
        return HEALTHCODE_PAGE_OTHER;
    }
}


/* A fresh code of the same issuer would do. */
static healthcode_page_e
healthcode_page_of_code(healthcode_reason_e reason)
{
    switch (reason) {

    case HEALTHCODE_REASON_EXPIRED:
    case HEALTHCODE_REASON_TOO_OLD:
    case HEALTHCODE_REASON_KEY_REVOKED:
    case HEALTHCODE_REASON_CODE_REVOKED:
    case HEALTHCODE_REASON_ISSUED_BEFORE:
        return HEALTHCODE_PAGE_RENEW;

    default:
        return HEALTHCODE_PAGE_CODE;
    }
}


bool
healthcode_page_shows(healthcode_page_e kind, healthcode_contact_e contact)
{
    switch (contact) {

    case HEALTHCODE_CONTACT_RENEW:
        return kind == HEALTHCODE_PAGE_RENEW || kind == HEALTHCODE_PAGE_CODE;

    case HEALTHCODE_CONTACT_CORRECTION:
        return kind == HEALTHCODE_PAGE_HOLDER;

    default:
        return true;
    }
}


healthcode_str_t
healthcode_page_word(healthcode_page_e kind)
{
    switch (kind) {

    case HEALTHCODE_PAGE_RENEW:
        return healthcode_str("renew");

    case HEALTHCODE_PAGE_CODE:
        return healthcode_str("code");

    case HEALTHCODE_PAGE_HOLDER:
        return healthcode_str("holder");

    case HEALTHCODE_PAGE_CONDITION:
        return healthcode_str("condition");

    case HEALTHCODE_PAGE_BUSY:
        return healthcode_str("busy");

    default: /* HEALTHCODE_PAGE_OTHER */
        return healthcode_str("other");
    }
}


bool
healthcode_page_read(healthcode_str_t name, healthcode_page_e *kind,
    healthcode_str_t *language)
{
    healthcode_str_t  word, rest, end = healthcode_str(".html");

    for (int i = 0; i < HEALTHCODE_PAGE_COUNT; i++) {

        word = healthcode_page_word((healthcode_page_e) i);

        if (name.len < word.len + 1 + end.len
            || memcmp(name.data, word.data, word.len) != 0
            || name.data[word.len] != '.')
        {
            continue;
        }

        rest = healthcode_str_from(name.data + word.len + 1,
                                   name.len - word.len - 1 - end.len);

        if (memcmp(rest.data + rest.len, end.data, end.len) != 0
            || !healthcode_page_is_language(rest))
        {
            return false;
        }

        *kind = (healthcode_page_e) i;
        *language = rest;
        return true;
    }

    return false;
}


static bool
healthcode_page_is_language(healthcode_str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < 'a' || text.data[i] > 'z') {
            return false;
        }
    }

    return text.len >= 2 && text.len <= HEALTHCODE_PAGE_LANGUAGE;
}
