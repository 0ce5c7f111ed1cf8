/*
 * Holder -> command bytes; replies -> risk.  The commands of one live read, and
 * what a store must answer to count as one.  Knows no: nginx, socket, clock.
 * docs/redis-keys.md, "A live read".
 */

#ifndef HEALTHCODE_RISK_CODEC_H
#define HEALTHCODE_RISK_CODEC_H

#include <hiredis/hiredis.h>

#include "../core/healthcode_risk.h"
#include "healthcode_redis_buf.h"
#include "healthcode_slot.h"


#define HEALTHCODE_RISK_REPLIES_MAX  6


/*
 * How many replies a query gets: two for each of its parts, in their order,
 * what is asked for and then its proof; 0: nothing is asked.
 */
unsigned healthcode_risk_codec_replies(const healthcode_risk_query_t *query);

/* Whether reply number i of them is a proof. */
static inline bool
healthcode_risk_codec_is_proof(unsigned i)
{
    return i % 2 == 1;
}

/* The part of parts, a set, that reply number i is about; 0: of none. */
unsigned healthcode_risk_codec_part(unsigned parts, unsigned i);

/*
 * Appends the commands of query, HEALTHCODE_RISK_REPLIES_MAX at most.  False,
 * and the buffer as it was, if there is no memory, or nothing is asked.
 */
bool healthcode_risk_codec_format(const healthcode_risk_query_t *query,
    healthcode_redis_buf_t *buf);

/*
 * Reads healthcode_risk_codec_replies(query) replies in their order, the proofs
 * first.  HEALTHCODE_REASON_OK: *reading holds the parts of query, what they
 * say with views of the replies; each is proved, but perhaps by another
 * instance, which is for the caller to compare.  _STORE_UNPROVEN,
 * _STORE_PEPPER: a part does not prove itself, by pepper_check, 32 hex digits.
 * _STORE_UNAVAILABLE: an error, or a reply of another shape than was asked for.
 * Otherwise *reading is of no use.
 */
healthcode_reason_e healthcode_risk_codec_read(
    const healthcode_risk_query_t *query, redisReply *const *replies,
    const char *pepper_check, healthcode_risk_reading_t *reading);

/* Whether the holder was read, and has no flag, not even one that is over. */
static inline bool
healthcode_risk_codec_is_absent(const healthcode_risk_reading_t *reading)
{
    return (reading->parts & HEALTHCODE_RISK_HOLDER) && reading->nflags == 0
           && !reading->unreadable;
}

/*
 * Judges a proof, the reply to HGETALL healthcode:meta:{..}: _STORE_UNPROVEN if
 * the hash is missing, of another schema, without an instance or too long to be
 * read, _STORE_PEPPER if it was made with another pepper, _STORE_UNAVAILABLE if
 * it is neither a map of texts nor the flat array that RESP2 has for it.
 */
healthcode_reason_e healthcode_risk_codec_meta(const redisReply *reply,
    const char *pepper_check);

/*
 * The instance that such a reply names, a view into reply; no data if it
 * names none.
 */
healthcode_str_t healthcode_risk_codec_instance(const redisReply *reply);

/*
 * Appends HGETALL healthcode:meta:{c}, the proof of controls, by which a
 * connection is known.
 */
bool healthcode_risk_codec_format_meta(healthcode_redis_buf_t *buf);

/* Likewise the proof of a tag, see healthcode_slot.h. */
bool healthcode_risk_codec_format_proof(size_t tag,
    healthcode_redis_buf_t *buf);

/*
 * Appends query, which has one part, for a node that its tag is moving to: what
 * is asked for and its proof, each behind ASKING, and the node's own proof.
 * _read_asking() reads the healthcode_risk_codec_asking_replies: *own and *meta
 * are the proofs, which the caller judges.
 */
#define HEALTHCODE_RISK_ASKING_REPLIES  5

bool healthcode_risk_codec_format_asking(const healthcode_risk_query_t *query,
    size_t own, healthcode_redis_buf_t *buf);
healthcode_reason_e healthcode_risk_codec_read_asking(
    const healthcode_risk_query_t *query, redisReply *const *replies,
    healthcode_risk_reading_t *reading, const redisReply **meta,
    const redisReply **own);

/* The tag of a query that has one part. */
size_t healthcode_risk_codec_tag(const healthcode_risk_query_t *query);


/* ---- fields of any hash ---- */

/*
 * The field at *i of the reply to HRANDFIELD with values, an array; *i goes on
 * behind it.  False: it is not a pair of texts.
 */
bool healthcode_risk_codec_pair(const redisReply *reply, size_t *i,
    const redisReply **name, const redisReply **value);

/* What such a text says, a view; empty where it was too long to be read. */
healthcode_str_t healthcode_risk_codec_str(const redisReply *reply);

/* Whether reply is the error that the key is of another type. */
bool healthcode_risk_codec_is_wrong_type(const redisReply *reply);

#endif
