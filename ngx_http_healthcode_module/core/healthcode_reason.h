/*
 * Every reason for a verdict, in one table: the name, the word that logs,
 * variables and bodies use, the HTTP status, the class, and a sentence for the
 * holder.
 * Knows nothing of how a reason comes about.  docs/request-path.md, "Reasons".
 */

#ifndef HEALTHCODE_REASON_H
#define HEALTHCODE_REASON_H

#include "healthcode_str.h"


/*
 * The first is zero, so that memory nobody has written reads as our own
 * fault and never as a pass.
 */
#define HEALTHCODE_REASONS(X)                                                 \
    X(FAULT, "fault", 500, FAULT,                                             \
      "The gate failed; this is not the holder's fault")                      \
    X(OK, "ok", 200, OK,                                                      \
      "No abnormality")                                                       \
                                                                              \
    /* the request */                                                         \
    X(MISSING, "missing", 401, REQUEST,                                       \
      "No code was shown")                                                    \
    X(AMBIGUOUS, "ambiguous", 400, REQUEST,                                   \
      "Two different codes were shown at once")                               \
                                                                              \
    /* the code, its issuer, its key */                                       \
    X(MALFORMED, "malformed", 401, CODE,                                      \
      "The code cannot be read")                                              \
    X(UNSUPPORTED, "unsupported", 401, CODE,                                  \
      "The code asks for an extension that this gate does not know")          \
    X(ISSUER, "issuer", 401, CODE,                                            \
      "The code is from an issuer that this gate does not know")              \
    X(TYPE, "type", 401, CODE,                                                \
      "The code is of another type")                                          \
    X(ALGORITHM, "algorithm", 401, CODE,                                      \
      "The code is signed with an algorithm that its issuer does not use")    \
    X(KEY, "key", 401, CODE,                                                  \
      "The code is signed with a key that this gate does not know")           \
    X(SIGNATURE, "signature", 401, CODE,                                      \
      "The signature of the code does not hold")                              \
    X(ISSUER_NOT_YET, "issuer_not_yet", 401, CODE,                            \
      "Codes of this issuer are not accepted yet; "                           \
      "use a code of another issuer")                                         \
    X(ISSUER_SUNSET, "issuer_sunset", 401, CODE,                              \
      "Codes of this issuer are no longer accepted; "                         \
      "get a code of another issuer")                                         \
    X(LIFETIME, "lifetime", 401, CODE,                                        \
      "The code was made to live longer than codes may")                      \
    X(NOT_YET_VALID, "not_yet_valid", 401, CODE,                              \
      "The code is not valid yet; check the clock of the device")             \
    X(EXPIRED, "expired", 401, CODE,                                          \
      "The code has expired; open it again to get a fresh one")               \
    X(TOO_OLD, "too_old", 401, CODE,                                          \
      "The code is too old here; open it again to get a fresh one")           \
    X(AUDIENCE, "audience", 401, CODE,                                        \
      "The code was made for another place")                                  \
    X(KEY_REVOKED, "key_revoked", 401, CODE,                                  \
      "The key that signed the code was revoked; open the code again")        \
    X(ISSUER_SUSPENDED, "issuer_suspended", 401, CODE,                        \
      "The issuer of the code is suspended")                                  \
    X(ISSUED_BEFORE, "issued_before", 401, CODE,                              \
      "The issuer has called its older codes back; open the code again")      \
                                                                              \
    /* the holder */                                                          \
    X(STATUS, "status", 403, HOLDER,                                          \
      "The code does not say that its holder may pass")                       \
    X(CLAIM, "claim", 403, HOLDER,                                            \
      "A claim of the code is not what is asked for here")                    \
    X(FLAGGED, "flagged", 403, HOLDER,                                        \
      "A risk flag is set on the holder of the code")                         \
    X(REGION, "region", 403, HOLDER,                                          \
      "The holder was in a region of risk")                                   \
                                                                              \
    /* the store: never the holder's doing, worth another try */              \
    X(STORE_UNAVAILABLE, "store_unavailable", 503, STORE_REFUSED,             \
      "Risk flags cannot be read now; try again")                             \
    X(STORE_TIMEOUT, "store_timeout", 503, STORE_TIMEOUT,                     \
      "Risk flags could not be read in time; try again")                      \
    X(STORE_BUSY, "store_busy", 503, STORE_BUSY,                              \
      "Too many people are at the gate now; try again")                       \
    X(STORE_UNPROVEN, "store_unproven", 503, STORE_PROOF,                     \
      "The store of risk flags was not initialised; try again")               \
    X(STORE_PEPPER, "store_pepper", 503, STORE_PROOF,                         \
      "The store of risk flags was made with another pepper; try again")      \
    X(STORE_EVICTING, "store_evicting", 503, STORE_PROOF,                     \
      "The store of risk flags may drop flags in silence; try again")         \
    X(STORE_NOT_MASTER, "store_not_master", 503, STORE_PROOF,                 \
      "The store of risk flags is not a master; try again")                   \
                                                                              \
    /* the issuer's keys: likewise; behind the store's, so that a place says  \
       nothing of a class */                                                  \
    X(KEYS_UNAVAILABLE, "keys_unavailable", 503, KEYS,                        \
      "The keys of the issuer are not there yet; try again")


/*
 * Whose doing a reason is.  What guards the gate asks for the class, never for
 * the place of a row.  Only a reason of a store may be let through
 * (healthcode_on_outage), and of these never _BUSY, which anybody can bring
 * about.  _AUTH is for a store that refuses the gate's user.
 */
typedef enum {
    HEALTHCODE_CLASS_FAULT = 0,
    HEALTHCODE_CLASS_OK,
    HEALTHCODE_CLASS_REQUEST,
    HEALTHCODE_CLASS_CODE,             /* the code, its issuer, its key */
    HEALTHCODE_CLASS_HOLDER,
    HEALTHCODE_CLASS_KEYS,
    HEALTHCODE_CLASS_STORE_TIMEOUT,
    HEALTHCODE_CLASS_STORE_REFUSED,
    HEALTHCODE_CLASS_STORE_AUTH,
    HEALTHCODE_CLASS_STORE_PROOF,
    HEALTHCODE_CLASS_STORE_BUSY
} healthcode_class_e;


typedef enum {
#define HEALTHCODE_REASON_ENUM(name, word, status, class, title)              \
    HEALTHCODE_REASON_##name,
    HEALTHCODE_REASONS(HEALTHCODE_REASON_ENUM)
#undef HEALTHCODE_REASON_ENUM
    HEALTHCODE_REASON_COUNT
} healthcode_reason_e;


/*
 * The word, title, HTTP status and class of a reason; a value outside the
 * enumeration reads as HEALTHCODE_REASON_FAULT.  The strings are constant.
 */
healthcode_str_t healthcode_reason_word(healthcode_reason_e reason);
healthcode_str_t healthcode_reason_title(healthcode_reason_e reason);
unsigned healthcode_reason_status(healthcode_reason_e reason);
healthcode_class_e healthcode_reason_class(healthcode_reason_e reason);

/*
 * Whether the code itself, its issuer or its key is wrong, which RFC 6750
 * section 3.1 calls invalid_token.
 */
bool healthcode_reason_is_invalid_token(healthcode_reason_e reason);

/* Whether the store, and not the code or its holder, is the reason. */
bool healthcode_reason_is_outage(healthcode_reason_e reason);

#endif
