/*
 * What is said on a connection to one sentinel: who it is, what it is asked,
 * and what its replies and messages mean.  The time is an argument.
 * Knows no: nginx, socket, clock.  docs/connection.md, "Sentinel".
 */

#ifndef HEALTHCODE_SENTINEL_LINK_H
#define HEALTHCODE_SENTINEL_LINK_H

#include <hiredis/hiredis.h>

#include "healthcode_redis_buf.h"
#include "healthcode_refusal.h"
#include "healthcode_sentinel.h"


/* Of all sentinels of a master; views of who outlives the links. */
typedef struct {
    healthcode_str_t  name;        /* of the master */
    healthcode_str_t  user;        /* empty: "default" */
    healthcode_str_t  password;    /* data is NULL: no AUTH */
    healthcode_str_t  former;      /* the one before it; or empty */
    const char       *user_word;   /* by which whoever reads a message says */
    const char       *file_word;   /* user and password of sentinels */
    bool              is_once;     /* asked once: it need not publish */
} healthcode_sentinel_terms_t;


typedef enum {
    HEALTHCODE_SENTINEL_LINK_BROKEN = 0,   /* close it: what says why */
    HEALTHCODE_SENTINEL_LINK_GOES_ON,
    HEALTHCODE_SENTINEL_LINK_TAKEN,        /* it takes the new password */
    HEALTHCODE_SENTINEL_LINK_WORD,         /* it has said who is master */
    HEALTHCODE_SENTINEL_LINK_CHANGED       /* it is another one: ask them all */
} healthcode_sentinel_link_e;


typedef struct {
    const healthcode_sentinel_terms_t  *terms;
    healthcode_redis_buf_t              out;      /* to be written */
    unsigned                            due;      /* replies to a question */
    uint64_t                            asked;    /* ms: when that was made */
    uint64_t                            epoch;    /* that it has answered */
    bool                                is_open;  /* greeted, or about to be */
    bool                                is_greeted;
    bool                                is_subscribed;
    bool                                is_again; /* ask once more then */
    bool                                is_new;   /* the password: untried */
    bool                                is_authing;   /* its reply is due */
    bool                                is_auth_due;  /* it is to be sent */
    char                                what[HEALTHCODE_REFUSAL_SIZE];
} healthcode_sentinel_link_t;


/* One that is closed; terms outlive it. */
void healthcode_sentinel_link_init(healthcode_sentinel_link_t *link,
    const healthcode_sentinel_terms_t *terms);

/* The connection is gone, and what was to be written on it. */
void healthcode_sentinel_link_close(healthcode_sentinel_link_t *link);

/*
 * It is connected, at now: says HELLO 3 with AUTH, SUBSCRIBE +switch-master
 * unless it is asked once, and asks who is master.  False: no memory.
 */
bool healthcode_sentinel_link_greet(healthcode_sentinel_link_t *link,
    uint64_t now);

/*
 * Asks it who is master: SENTINEL MASTER has the epoch, and SENTINEL
 * GET-MASTER-ADDR-BY-NAME the address, which a sentinel that leads a failover
 * tells before the other.  While it is being asked: once more after that.
 * False: no memory.
 */
bool healthcode_sentinel_link_ask(healthcode_sentinel_link_t *link,
    uint64_t now);

/*
 * Its terms have another password: AUTH, behind what is being asked, or when it
 * is greeted the next time.  False: no memory.
 */
bool healthcode_sentinel_link_auth(healthcode_sentinel_link_t *link);

/*
 * The next reply or message, in the order they came.  word is set with _WORD
 * alone.
 */
healthcode_sentinel_link_e healthcode_sentinel_link_reply(
    healthcode_sentinel_link_t *link, const redisReply *reply, uint64_t now,
    healthcode_sentinel_word_t *word);


/* Whether it has not answered yet. */
static inline bool
healthcode_sentinel_link_is_due(const healthcode_sentinel_link_t *link)
{
    return link->due != 0;
}

#endif
