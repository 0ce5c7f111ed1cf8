/*
 * A site: the gates ask a replica beside them, which a centre feeds, and each
 * state that the centre has had is numbered.  Knows no rule.
 * CONTRIBUTING.md, "The model".
 */

#ifndef MODEL_SITE_H
#define MODEL_SITE_H

#include "model.h"


/* States of a centre. */
#define MODEL_SITE_STATES  4096

/* By so many ms a clock that is very wrong is ahead; one that may be. */
#define MODEL_SITE_FAR     30000
#define MODEL_SITE_AHEAD   1000


typedef enum {
    MODEL_SITE_CONNECTED = 0,
    MODEL_SITE_CONNECT,         /* its master does not answer */
    MODEL_SITE_SYNC,            /* it reads all data anew */
    MODEL_SITE_MASTER           /* somebody made it one */
} model_site_role_e;


/* What the centre has had; of it each comes to the replica, in order. */
typedef struct {
    unsigned          flags, key;    /* which one has changed */
    int64_t           time;          /* the tick: what it says; 0: none */
    unsigned          ticked;        /* in which state that came, if it was
                                        later than any before it; or 0 */
    uint64_t          at;            /* a tick of the model */
} model_state_t;


typedef struct {
    model_state_t     states[MODEL_SITE_STATES];
    unsigned          last;          /* of the centre */
    unsigned          whole;         /* who has less must read all anew */
    int64_t           latest;        /* the latest tick that ever was there */
    int64_t           ahead;         /* the most that one was ahead */

    /* the replica: the state that it has, since when it runs, its way */
    unsigned          has;
    bool              is_empty;
    uint64_t          started;
    model_site_role_e role;
    uint64_t          cut, synced;   /* until */
    bool              far;           /* it is not seen here that it is cut */
    unsigned          had;           /* the last one before any restart */

    /* who ticks: his clock, when he does again, and what is on its way */
    int64_t           clock;
    uint64_t          ticks;
    int64_t           sends;         /* 0: nothing */
    uint64_t          arrives;

    /* of who is flagged: in which state, and until when he may pass */
    unsigned          flagged[MODEL_FLAGS];
    int64_t           until[MODEL_FLAGS];
} model_site_t;

extern model_site_t  model_site;


/* model_site.c: a centre, and the way from there */
void model_site_begin(void);
void model_site_turn(void);
void model_site_calm(void);
void model_site_take(unsigned state, bool all);
bool model_site_is_up(void);
void model_site_tick(int64_t time);
void model_site_append(unsigned flags, unsigned key, int64_t time);

/* model_trouble.c: what an adversary does to them; some of the kinds */
#define MODEL_TROUBLE_BACK     2
#define MODEL_TROUBLE_RESTART  6

void model_trouble(void);

/* model_tick.c: clocks, and what is said by them; and the oracle */
int64_t model_tick_wall(int64_t ahead, uint64_t at);
int64_t model_tick_until(void);
void model_tick_clock(model_worker_t *worker, uint64_t now);
void model_tick_answer(model_message_t *reply);
redisReply *model_tick_reply(const model_message_t *message);
void model_tick_received(model_worker_t *worker,
    const model_message_t *message);
void model_tick_shown(model_worker_t *worker);
bool model_tick_is_late(unsigned key, uint64_t at);
void model_tick_oracle(model_worker_t *worker, unsigned holder,
    bool is_offline);

#endif
