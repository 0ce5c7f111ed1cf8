/*
 * Every reason for a verdict, in one table: the name, the word that logs,
 * variables and bodies use, the HTTP status, the class, the colour of a deny,
 * and a sentence for the holder in English and in Chinese.
 * Knows no: token, claims, store.  docs/request-path.md, "Reasons".
 */

#ifndef HEALTHCODE_REASON_H
#define HEALTHCODE_REASON_H

#include "healthcode_str.h"


/*
 * The first is zero, so that memory nobody has written reads as our own
 * fault and never as a pass.
 */
#define HEALTHCODE_REASONS(X)                                                 \
    X(FAULT, "fault", 500, FAULT, GREY,                                       \
      "The gate failed; this is not the holder's fault",                      \
      "核验系统出错，与本人无关，请走人工通道") \
    X(OK, "ok", 200, OK, GREY,                                                \
      "No abnormality",                                                       \
      "未见异常") \
                                                                              \
    /* the request */                                                         \
    X(MISSING, "missing", 401, REQUEST, GREY,                                 \
      "No code was shown",                                                    \
      "没有出示健康码") \
    X(AMBIGUOUS, "ambiguous", 400, REQUEST, GREY,                             \
      "Two different codes were shown at once",                               \
      "同时出示了两个不同的健康码") \
                                                                              \
    /* no verdict has it: what answers say in place of the others before a    \
       signature held, with "healthcode_disclose class" */                    \
    X(CODE, "code", 401, REQUEST, GREY,                                       \
      "No valid code was shown",                                              \
      "未出示有效的健康码") \
                                                                              \
    /* the code, its issuer, its key */                                       \
    X(MALFORMED, "malformed", 401, CODE, GREY,                                \
      "The code cannot be read",                                              \
      "健康码无法识读，请重新打开") \
    X(UNSUPPORTED, "unsupported", 401, CODE, GREY,                            \
      "The code asks for an extension that this gate does not know",          \
      "健康码使用了本处不支持的扩展") \
    X(ISSUER, "issuer", 401, CODE, GREY,                                      \
      "The code is from an issuer that this gate does not know",              \
      "本处不识别此健康码的签发机构") \
    X(TYPE, "type", 401, CODE, GREY,                                          \
      "The code is of another type",                                          \
      "出示的不是健康码") \
    X(ALGORITHM, "algorithm", 401, CODE, GREY,                                \
      "The code is signed with an algorithm that its issuer does not use",    \
      "健康码的签名算法与签发机构不符") \
    X(KEY, "key", 401, CODE, GREY,                                            \
      "The code is signed with a key that this gate does not know",           \
      "本处不识别健康码的签名密钥") \
    X(SIGNATURE, "signature", 401, CODE, GREY,                                \
      "The signature of the code does not hold",                              \
      "健康码的签名无效") \
    X(ISSUER_NOT_YET, "issuer_not_yet", 401, CODE, GREY,                      \
      "Codes of this issuer are not accepted yet; "                           \
      "use a code of another issuer",                                         \
      "此签发机构的健康码尚未启用，请使用其他健康码") \
    X(ISSUER_SUNSET, "issuer_sunset", 401, CODE, GREY,                        \
      "Codes of this issuer are no longer accepted; "                         \
      "get a code of another issuer",                                         \
      "此签发机构的健康码已停用，请使用其他健康码") \
    X(LIFETIME, "lifetime", 401, CODE, GREY,                                  \
      "The code was made to live longer than codes may",                      \
      "健康码的有效期超过规定") \
    X(NOT_YET_VALID, "not_yet_valid", 401, CODE, GREY,                        \
      "The code is not valid yet; check the clock of the device",             \
      "健康码尚未生效，请检查设备时钟") \
    X(EXPIRED, "expired", 401, CODE, GREY,                                    \
      "The code has expired; open it again to get a fresh one",               \
      "健康码已过期，请重新打开") \
    X(TOO_OLD, "too_old", 401, CODE, GREY,                                    \
      "The code is too old here; open it again to get a fresh one",           \
      "健康码在本处已过时，请重新打开") \
    X(AUDIENCE, "audience", 401, CODE, GREY,                                  \
      "The code was made for another place",                                  \
      "健康码不是为本处签发的") \
    X(BOUND, "bound", 401, CODE, GREY,                                        \
      "The code is bound to a key that was not proved here",                  \
      "健康码绑定的密钥未在本处得到证明") \
    X(KEY_REVOKED, "key_revoked", 401, CODE, GREY,                            \
      "The key that signed the code was revoked; open the code again",        \
      "健康码的签名密钥已吊销，请重新打开") \
    X(ISSUER_SUSPENDED, "issuer_suspended", 401, CODE, GREY,                  \
      "The issuer of the code is suspended",                                  \
      "健康码的签发机构已被暂停") \
    X(CODE_REVOKED, "code_revoked", 401, CODE, GREY,                          \
      "This one code was revoked; open the code again to get a fresh one",    \
      "此健康码已被吊销，请重新打开") \
    X(ISSUED_BEFORE, "issued_before", 401, CODE, GREY,                        \
      "Codes as old as this one were called back; open the code again",       \
      "此前签发的健康码已被召回，请重新打开") \
                                                                              \
    /* the holder */                                                          \
    X(STATUS, "status", 403, HOLDER, RED,                                     \
      "The code does not say that its holder may pass",                       \
      "健康码未表明持码人可以通行") \
    X(STATUS_UNSUPPORTED, "status_unsupported", 403, HOLDER, GREY,            \
      "The status of the code has to be looked up in a way that this gate "   \
      "does not know",                                                        \
      "本处无法查询此健康码的状态") \
    X(CLAIM, "claim", 403, HOLDER, YELLOW,                                    \
      "A claim of the code is not what is asked for here",                    \
      "健康码不符合本处的要求") \
                                                                              \
    /* what else the place asks for, of somebody whose code is in order */    \
    X(TEMPERATURE_MISSING, "temperature_missing", 403, CONDITION, YELLOW,     \
      "No body temperature was read; measure it again",                       \
      "未测得体温，请重新测量") \
    X(TEMPERATURE, "temperature", 403, CONDITION, YELLOW,                     \
      "The body temperature is too high",                                     \
      "体温过高") \
    X(CONDITION, "condition", 403, CONDITION, YELLOW,                         \
      "Another condition of this place is not met",                           \
      "未满足本处的其他要求") \
                                                                              \
    /* the holder, by what the store says */                                  \
    X(FLAGGED, "flagged", 403, HOLDER, RED,                                   \
      "A risk flag is set on the holder of the code",                         \
      "持码人有风险标记，请走人工通道") \
    X(REGION, "region", 403, HOLDER, RED,                                     \
      "The holder was in a region of risk",                                   \
      "持码人到过风险地区，请走人工通道") \
                                                                              \
    /* a passage, when everything else holds */                             \
    X(PASSAGE, "passage", 400, REQUEST, GREY,                                 \
      "The reader did not say clearly which passage this is",                 \
      "读码设备未说清是哪一次通行") \
    X(REPLAYED, "replayed", 403, CONDITION, YELLOW,                           \
      "The code has been used here; open it again to get a fresh one",        \
      "此健康码已在本处用过，请重新打开") \
    X(INSIDE, "inside", 403, CONDITION, YELLOW,                               \
      "The holder of the code is inside already",                             \
      "持码人已在场内") \
    X(OUTSIDE, "outside", 403, CONDITION, YELLOW,                             \
      "The holder of the code is not inside",                                 \
      "持码人不在场内") \
                                                                              \
    /* the store: never the holder's doing, worth another try */              \
    X(STORE_UNAVAILABLE, "store_unavailable", 503, STORE_REFUSED, GREY,       \
      "Risk flags cannot be read now; try again",                             \
      "暂时无法查询风险信息，请稍后再试") \
    X(STORE_AUTH, "store_auth", 503, STORE_AUTH, GREY,                        \
      "The store of risk flags does not let this gate in; try again",         \
      "风险信息库拒绝本处访问，请稍后再试") \
    X(STORE_TIMEOUT, "store_timeout", 503, STORE_TIMEOUT, GREY,               \
      "Risk flags could not be read in time; try again",                      \
      "风险信息查询超时，请稍后再试") \
    X(STORE_BUSY, "store_busy", 503, STORE_BUSY, GREY,                        \
      "Too many people are at the gate now; try again",                       \
      "系统繁忙，请稍后再试") \
    X(STORE_UNPROVEN, "store_unproven", 503, STORE_PROOF, GREY,               \
      "The store of risk flags was not initialised; try again",               \
      "风险信息库尚未就绪，请稍后再试") \
    X(STORE_PEPPER, "store_pepper", 503, STORE_PROOF, GREY,                   \
      "The store of risk flags was made with another pepper; try again",      \
      "风险信息库与本处不匹配，请稍后再试") \
    X(STORE_EVICTING, "store_evicting", 503, STORE_PROOF, GREY,               \
      "The store of risk flags may drop flags in silence; try again",         \
      "风险信息库不可靠，请稍后再试") \
    X(STORE_NOT_MASTER, "store_not_master", 503, STORE_PROOF, GREY,           \
      "The store of risk flags is not a master; try again",                   \
      "风险信息库不是主库，请稍后再试") \
    X(DATA_OLD, "data_old", 503, STORE_PROOF, GREY,                           \
      "The risk flags were not brought up to date lately; try again later",   \
      "风险信息未及时更新，请稍后再试") \
                                                                              \
    /* the issuer's keys: likewise; behind the store's, so that a place says  \
       nothing of a class */                                                  \
    X(KEYS_UNAVAILABLE, "keys_unavailable", 503, KEYS, GREY,                  \
      "The keys of the issuer are not there yet; try again",                  \
      "签发机构的密钥尚未就绪，请稍后再试")


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
    HEALTHCODE_CLASS_CONDITION,        /* a second one: the code is in order */
    HEALTHCODE_CLASS_KEYS,
    HEALTHCODE_CLASS_STORE_TIMEOUT,
    HEALTHCODE_CLASS_STORE_REFUSED,
    HEALTHCODE_CLASS_STORE_AUTH,
    HEALTHCODE_CLASS_STORE_PROOF,
    HEALTHCODE_CLASS_STORE_BUSY
} healthcode_class_e;


/*
 * What a guard sees at a glance.  Green is for an allow alone; a deny is red if
 * the holder or a region is the reason, yellow if the code is in order but a
 * second condition is not met, and grey otherwise: no outage is red.
 */
typedef enum {
    HEALTHCODE_COLOUR_GREY = 0,
    HEALTHCODE_COLOUR_GREEN,
    HEALTHCODE_COLOUR_YELLOW,
    HEALTHCODE_COLOUR_RED
} healthcode_colour_e;


/* Languages that titles are in. */
typedef enum {
    HEALTHCODE_LANGUAGE_EN = 0,
    HEALTHCODE_LANGUAGE_ZH,
    HEALTHCODE_LANGUAGE_COUNT
} healthcode_language_e;


typedef enum {
#define HEALTHCODE_REASON_ENUM(name, word, status, class, colour, en, zh)     \
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
 * A hash of all words in their order, going on from hash: a reason that was
 * kept as a number means the same where this is the same.
 */
uint64_t healthcode_reason_hash(uint64_t hash);

/* The title in a language, in UTF-8; in English if it has no such one. */
healthcode_str_t healthcode_reason_title_in(healthcode_reason_e reason,
    healthcode_language_e language);

/* The colour of a deny for this reason; no row is green. */
healthcode_colour_e healthcode_reason_colour(healthcode_reason_e reason);

/*
 * The word for a person or a reader: those of the store have one word.  What is
 * not in the enumeration is "fault" and "grey".
 */
healthcode_str_t healthcode_class_word(healthcode_class_e class);
healthcode_str_t healthcode_colour_word(healthcode_colour_e colour);

/*
 * Whether the code itself, its issuer or its key is wrong, which RFC 6750
 * section 3.1 calls invalid_token.
 */
bool healthcode_reason_is_invalid_token(healthcode_reason_e reason);

/*
 * What an answer says in place of reason, if it is not to tell a stranger why
 * the code does not pass: HEALTHCODE_REASON_CODE for all that is wrong with a
 * request and its code, as long as no signature held (is_signed), and whatever
 * else is a reason then as it is.
 */
healthcode_reason_e healthcode_reason_disclosed(healthcode_reason_e reason,
    bool is_signed);

/* Whether the store, and not the code or its holder, is the reason. */
bool healthcode_reason_is_outage(healthcode_reason_e reason);

/*
 * Whether it is worth another try, since the store, or the keys of the issuer,
 * and not the code or its holder, is the reason.
 */
bool healthcode_reason_is_busy(healthcode_reason_e reason);

#endif
