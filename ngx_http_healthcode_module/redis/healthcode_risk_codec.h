/*
 * Holder -> command bytes; replies -> risk.  The commands of one live read
 * and what a store must answer to count as one.  Knows no connection.
 * docs/redis-keys.md, "A live read".
 */

#ifndef HEALTHCODE_RISK_CODEC_H
#define HEALTHCODE_RISK_CODEC_H

#include <hiredis/hiredis.h>

#include "../core/healthcode_risk.h"
#include "healthcode_redis_buf.h"


#define HEALTHCODE_RISK_REPLIES_MAX  4

/* Flags that a holder may have, those that are over among them. */
#define HEALTHCODE_RISK_FLAGS_MAX    64


/* How many replies a query gets. */
unsigned healthcode_risk_codec_replies(const healthcode_risk_query_t *query);

/*
 * Appends the commands of query, HEALTHCODE_RISK_REPLIES_MAX at most.  False,
 * and the buffer as it was, where there is no memory.
 */
bool healthcode_risk_codec_format(const healthcode_risk_query_t *query,
    healthcode_redis_buf_t *buf);

/*
 * Reads healthcode_risk_codec_replies(query) replies in their order.
 * HEALTHCODE_REASON_OK: *risk is written; it is flagged where the flags cannot
 * be read whole.  _STORE_UNPROVEN, _STORE_PEPPER: the store does not prove
 * itself.  _STORE_UNAVAILABLE: an error, or a reply of another shape than was
 * asked for.
 */
healthcode_reason_e healthcode_risk_codec_read(
    const healthcode_risk_query_t *query, redisReply *const *replies,
    const healthcode_risk_terms_t *terms, healthcode_risk_t *risk);

/*
 * Reads of the same replies what they say of the regions, the issuer and the
 * key of query into answer; false, and *answer of no use, where a reply is of
 * another shape.
 */
bool healthcode_risk_codec_answer(const healthcode_risk_query_t *query,
    redisReply *const *replies, healthcode_risk_answer_t *answer);

/*
 * Whether the replies say of the holder that there is no flag, not even one
 * that is over.
 */
bool healthcode_risk_codec_is_absent(redisReply *const *replies);

/*
 * Judges the reply to HGETALL healthcode:meta: _STORE_UNPROVEN where the hash
 * is missing, of another schema, without an instance or too long to be read,
 * _STORE_PEPPER where it was made with another pepper, _STORE_UNAVAILABLE where
 * it is no map.
 */
healthcode_reason_e healthcode_risk_codec_meta(const redisReply *reply,
    const char *pepper_check);

/*
 * The instance that such a reply names; no data where it names none.  It
 * lives as long as the reply.
 */
healthcode_str_t healthcode_risk_codec_instance(const redisReply *reply);

/* Appends HGETALL healthcode:meta. */
bool healthcode_risk_codec_format_meta(healthcode_redis_buf_t *buf);

#endif
