/*
 * The table of reasons and what is read off it.
 * Knows nothing of how a reason comes about.  docs/request-path.md, "Reasons".
 */

#include "healthcode_reason.h"


typedef struct {
    healthcode_str_t    word;
    healthcode_str_t    title;
    unsigned            status;
    healthcode_class_e  class;
} healthcode_reason_row_t;


static const healthcode_reason_row_t *
healthcode_reason_row(healthcode_reason_e reason)
{
#define HEALTHCODE_REASON_ROW(name, word, status, class, title)               \
    { { (const uint8_t *) word, sizeof(word) - 1 },                           \
      { (const uint8_t *) title, sizeof(title) - 1 }, status,                 \
      HEALTHCODE_CLASS_##class },

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


healthcode_str_t
healthcode_reason_title(healthcode_reason_e reason)
{
    return healthcode_reason_row(reason)->title;
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


bool
healthcode_reason_is_invalid_token(healthcode_reason_e reason)
{
    return healthcode_reason_class(reason) == HEALTHCODE_CLASS_CODE;
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
