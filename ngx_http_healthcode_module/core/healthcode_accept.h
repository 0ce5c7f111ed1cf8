/*
 * Which of several formats or languages a client likes best, by what its Accept
 * or Accept-Language headers say.
 * Knows no: nginx, memory, request.
 * docs/directives.md, "healthcode_status"; RFC 9110 sections 12.5.1, 12.5.4.
 */

#ifndef HEALTHCODE_ACCEPT_H
#define HEALTHCODE_ACCEPT_H

#include "healthcode_str.h"


/* What can be had, and what the headers have said of it so far. */
typedef struct {
    healthcode_str_t  type;          /* such as text, or a language: zh */
    healthcode_str_t  subtype;       /* such as plain; of a language empty */
    unsigned          closeness;     /* of the range that counts; 0: none */
    unsigned          quality;       /* in thousandths, by that range */
} healthcode_accept_t;


#define healthcode_accept_offer(type, subtype)                                \
    { { (const uint8_t *) type, sizeof(type) - 1 },                           \
      { (const uint8_t *) subtype, sizeof(subtype) - 1 }, 0, 0 }


/*
 * Adds what the value of one Accept header says to the n offers.  Of ranges
 * that fit, the closest counts, of two alike the better one; parameters but q
 * do not matter; what cannot be read is skipped.
 */
void healthcode_accept_read(healthcode_str_t value, healthcode_accept_t *offers,
    size_t n);

/*
 * The same for one Accept-Language header and languages: zh-CN and zh-Hant-TW
 * are asked for the language zh (RFC 4647 section 3.4: what is not there falls
 * back to the shorter range).
 */
void healthcode_accept_read_language(healthcode_str_t value,
    healthcode_accept_t *offers, size_t n);

/*
 * The number of the offer of highest quality, of equal ones the first; 0 if no
 * header names one of them, or each one is refused.
 */
size_t healthcode_accept_best(const healthcode_accept_t *offers, size_t n);

#endif
