/*
 * The table of reasons, and what is read off it.  Knows no: token, claims,
 * store.  docs/request-path.md, "Reasons".
 */

#include "healthcode_reason.h"


typedef struct {
    healthcode_str_t     word;
    healthcode_str_t     titles[HEALTHCODE_LANGUAGE_COUNT];
    unsigned             status;
    healthcode_class_e   class;
    healthcode_colour_e  colour;
} healthcode_reason_row_t;


static const healthcode_reason_row_t *
healthcode_reason_row(healthcode_reason_e reason)
{
#define HEALTHCODE_REASON_ROW(name, word, status, class, colour, en, zh)      \
    { { (const uint8_t *) word, sizeof(word) - 1 },                           \
      { { (const uint8_t *) en, sizeof(en) - 1 },                             \
        { (const uint8_t *) zh, sizeof(zh) - 1 } }, status,                   \
      HEALTHCODE_CLASS_##class, HEALTHCODE_COLOUR_##colour },

    static const healthcode_reason_row_t  rows[] = {
        HEALTHCODE_REASONS(HEALTHCODE_REASON_ROW)
    };

#undef HEALTHCODE_REASON_ROW

    if ((unsigned) reason >= HEALTHCODE_REASON_COUNT) {
        reason = HEALTHCODE_REASON_FAULT;
    }

    return &rows[reason];
}


healthcode_str_t
healthcode_reason_word(healthcode_reason_e reason)
{
    return healthcode_reason_row(reason)->word;
}


uint64_t
healthcode_reason_hash(uint64_t hash)
{
    for (unsigned i = 0; i < HEALTHCODE_REASON_COUNT; i++) {
        hash = healthcode_str_hash(hash, healthcode_reason_word(i));
        hash = healthcode_str_hash(hash, healthcode_str(" "));
    }

    return hash;
}


healthcode_str_t
healthcode_reason_title(healthcode_reason_e reason)
{
    return healthcode_reason_title_in(reason, HEALTHCODE_LANGUAGE_EN);
}


healthcode_str_t
healthcode_reason_title_in(healthcode_reason_e reason,
    healthcode_language_e language)
{
    if ((unsigned) language >= HEALTHCODE_LANGUAGE_COUNT) {
        language = HEALTHCODE_LANGUAGE_EN;
    }

    return healthcode_reason_row(reason)->titles[language];
}


unsigned
healthcode_reason_status(healthcode_reason_e reason)
{
    return healthcode_reason_row(reason)->status;
}


healthcode_class_e
healthcode_reason_class(healthcode_reason_e reason)
{
    return healthcode_reason_row(reason)->class;
}


healthcode_colour_e
healthcode_reason_colour(healthcode_reason_e reason)
{
    return healthcode_reason_row(reason)->colour;
}


healthcode_str_t
healthcode_class_word(healthcode_class_e class)
{
    switch (class) {

    case HEALTHCODE_CLASS_FAULT:
        break;

    case HEALTHCODE_CLASS_OK:
        return healthcode_str("ok");

    case HEALTHCODE_CLASS_REQUEST:
        return healthcode_str("request");

    case HEALTHCODE_CLASS_CODE:
        return healthcode_str("code");

    case HEALTHCODE_CLASS_HOLDER:
        return healthcode_str("holder");

    case HEALTHCODE_CLASS_CONDITION:
        return healthcode_str("condition");

    case HEALTHCODE_CLASS_KEYS:
        return healthcode_str("keys");

    case HEALTHCODE_CLASS_STORE_TIMEOUT:
    case HEALTHCODE_CLASS_STORE_REFUSED:
    case HEALTHCODE_CLASS_STORE_AUTH:
    case HEALTHCODE_CLASS_STORE_PROOF:
    case HEALTHCODE_CLASS_STORE_BUSY:
        return healthcode_str("store");
    }

    return healthcode_str("fault");
}


healthcode_str_t
healthcode_colour_word(healthcode_colour_e colour)
{
    switch (colour) {

    case HEALTHCODE_COLOUR_GREEN:
        return healthcode_str("green");

    case HEALTHCODE_COLOUR_YELLOW:
        return healthcode_str("yellow");

    case HEALTHCODE_COLOUR_RED:
        return healthcode_str("red");

    case HEALTHCODE_COLOUR_GREY:
        break;
    }

    return healthcode_str("grey");
}


bool
healthcode_reason_is_invalid_token(healthcode_reason_e reason)
{
    return healthcode_reason_class(reason) == HEALTHCODE_CLASS_CODE;
}


healthcode_reason_e
healthcode_reason_disclosed(healthcode_reason_e reason, bool is_signed)
{
    if (is_signed) {
        return reason;
    }

    switch (healthcode_reason_class(reason)) {

    case HEALTHCODE_CLASS_REQUEST:
    case HEALTHCODE_CLASS_CODE:
        return HEALTHCODE_REASON_CODE;

    default:
        return reason;
    }
}


bool
healthcode_reason_is_outage(healthcode_reason_e reason)
{
    switch (healthcode_reason_class(reason)) {

    case HEALTHCODE_CLASS_STORE_TIMEOUT:
    case HEALTHCODE_CLASS_STORE_REFUSED:
    case HEALTHCODE_CLASS_STORE_AUTH:
    case HEALTHCODE_CLASS_STORE_PROOF:
    case HEALTHCODE_CLASS_STORE_BUSY:
        return true;

    default:
        return false;
    }
}


bool
healthcode_reason_is_busy(healthcode_reason_e reason)
{
    return healthcode_reason_is_outage(reason)
           || healthcode_reason_class(reason) == HEALTHCODE_CLASS_KEYS;
}
