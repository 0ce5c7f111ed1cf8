/*
 * The record of one request: what each stage has found, also over internal
 * redirects.  docs/architecture.md, "The record of a request".
 */

#ifndef NGX_HTTP_HEALTHCODE_RECORD_H
#define NGX_HTTP_HEALTHCODE_RECORD_H

#include "../keys/ngx_http_healthcode_keys_wait.h"
#include "../ngx_http_healthcode.h"
#include "ngx_http_healthcode_shown.h"
#include "../../core/healthcode_verdict.h"


/*
 * What the code says, once its signature held; issuer is set before.
 * Written by the stages token, signature and claims: verify.c.
 */
typedef struct {
    ngx_http_healthcode_issuer_t  *issuer;     /* NULL: none of the location */
    ngx_http_healthcode_issuer_t  *foreign;    /* then: of another one; or
                                                  NULL */
    ngx_str_t                      text;       /* len is 0: not verified */
    ngx_str_t                      kid;        /* a copy: the key may be gone
                                                  before the request */
    char                           thumbprint[HEALTHCODE_THUMBPRINT_LEN];
    const healthcode_require_t    *unmet;      /* rule about a claim; or NULL */
    healthcode_claims_fault_t      fault;      /* what is wrong, for the log;
                                                  what is NULL: none */
    int64_t                        iat;
    int64_t                        exp;
    time_t                         now;        /* the rules were judged by */
    uint64_t                       key[HEALTHCODE_KNOWN_KEY];   /* in the cache
                                                                  of codes */
    healthcode_risk_query_t        query;      /* for the store */
    uint8_t                        mark[HEALTHCODE_HOLDER_LEN];   /* of the
                                                  proof that was shown */

    unsigned                       has_mark:1;
    unsigned                       ending:1;   /* the issuer does, soon */
    unsigned                       has_holder:1;   /* in query */
    unsigned                       sought:1;   /* in the cache; key is set */
    unsigned                       known:1;    /* and found there */
} ngx_http_healthcode_code_found_t;


/* Whether the proof is shown for the first time.  Written by mark.c. */
typedef struct {
    healthcode_reason_e            reason;
    unsigned                       answered:1;
} ngx_http_healthcode_mark_found_t;


/* What the store says.  Written by the stage risk: live_read.c. */
typedef struct {
    healthcode_store_e             store;
    healthcode_reason_e            reason;     /* as in healthcode_evidence_t */
    struct timespec                asked;
    ngx_uint_t                     lookup_us;
    struct timespec                known_at;   /* by the clock of leases */

    unsigned                       answered:1; /* a live read is */
    unsigned                       sought:1;   /* in the cache */
    unsigned                       known:1;    /* and found there */
    unsigned                       offline:1;  /* by a replica that is cut
                                                  off */
    unsigned                       was_known:1;   /* or not long before the
                                                     outage */

    /* last: the names in it are not cleared, since they have a length */
    healthcode_risk_t              findings;
} ngx_http_healthcode_risk_found_t;


/*
 * What the judgement of a request by one policy has found.  It is cleared as
 * one, so that nothing of an earlier judgement counts in the next.
 */
typedef struct {
    ngx_http_healthcode_code_found_t   code;
    ngx_http_healthcode_mark_found_t   mark;

    /* verdict: handler.c */
    healthcode_evidence_t              evidence;
    healthcode_verdict_t               verdict;
    struct timespec                    decided;    /* by the clock of leases,
                                                      if risk was sought */
    unsigned                           judged:1;   /* verdict is reached */

    /* response.c: a refusal, and not the first one of the request */
    unsigned                           again:1;

    /* last, because of what it ends with */
    ngx_http_healthcode_risk_found_t   risk;
} ngx_http_healthcode_found_t;


/*
 * Codes that sources carried.  Written by the stage source: source.c and the
 * files of each kind of source.
 */
typedef struct {
    /* arguments: the last ones looked at, and what was left of them */
    ngx_array_t                       *queries;
    ngx_str_t                          args;
    unsigned                           as_came:1;  /* with their codes */

    /* the path: for what it was looked at last; and, in an audit, what logs
       are to show of the URI that came */
    ngx_array_t                       *paths;
    ngx_str_t                          uri;
    ngx_str_t                          came;

    /* taken out of the request */
    ngx_http_healthcode_shown_t        kept;
    ngx_http_healthcode_shown_t        kept_cookie;

    /* what counts here and now: those, and what headers carry */
    ngx_http_healthcode_shown_t        shown;
    ngx_http_healthcode_shown_t        shown_cookie;
    ngx_uint_t                         headers;    /* that carry a code */
    ngx_table_elt_t                   *header;     /* if it is one; or NULL */
} ngx_http_healthcode_sources_t;


/* What the request says of the temperature.  Written by temperature.c. */
typedef struct {
    const ngx_http_healthcode_temperature_t  *rule;    /* by which it was read;
                                                          NULL: none */
    healthcode_temperature_t           shown;
} ngx_http_healthcode_temperature_found_t;


/* The body of a request.  Written by body.c and fields.c. */
typedef enum {
    NGX_HTTP_HEALTHCODE_BODY_UNREAD = 0,
    NGX_HTTP_HEALTHCODE_BODY_READING,
    NGX_HTTP_HEALTHCODE_BODY_READ,
    NGX_HTTP_HEALTHCODE_BODY_LOST          /* it is too large, or did not come:
                                              nobody knows what it carries */
} ngx_http_healthcode_body_e;


typedef struct {
    ngx_http_healthcode_body_e         state;
    ngx_array_t                       *forms;      /* it was looked at for */
    ngx_array_t                       *jsons;      /* likewise */
    ngx_array_t                       *raws;       /* likewise */
    unsigned                           bounded:1;  /* by its buffer, or 413 */
    unsigned                           waits:1;    /* the request, for it */
    unsigned                           as_came:1;  /* with its codes */
} ngx_http_healthcode_body_t;


/* A gated location that a request has come to. */
typedef struct ngx_http_healthcode_entered_s  ngx_http_healthcode_entered_t;

struct ngx_http_healthcode_entered_s {
    ngx_http_healthcode_loc_conf_t    *lcf;
    ngx_http_healthcode_entered_t     *before;
    ngx_uint_t                         hidden;     /* what its sources carry of
                                                      ours is out of headers */
};


/* Written by traces.c. */
typedef struct {
    ngx_http_healthcode_entered_t     *entered;    /* the last; NULL: none */
    ngx_http_healthcode_entered_t      first;
    unsigned                           masking:1;
} ngx_http_healthcode_traces_t;


/* The policy, of the last gate, that allowed the request.  passed.c. */
typedef struct {
    ngx_uint_t                         policy;     /* 0: none */
    ngx_str_t                         *values;     /* of its rules */
} ngx_http_healthcode_passed_t;


/* Why a request was refused at first.  Written by response.c. */
typedef struct {
    ngx_uint_t                         status;     /* 0: it was not */
    healthcode_reason_e                reason;
    healthcode_reason_e                told;       /* by the answer */
    const healthcode_require_t        *unmet;
    const ngx_http_healthcode_answer_t  *answer;   /* of healthcode_reply; NULL:
                                                      none */
    unsigned                           no_page:1;  /* error_page was set */
    unsigned                           dpop:1;     /* proofs are taken there */
} ngx_http_healthcode_refusal_t;


/*
 * The proof of a client's request, of all its judgements: what was in its
 * headers, and who asks the store about it.  Written by proof.c and mark.c.
 */
typedef struct {
    ngx_str_t                          text;
    ngx_uint_t                         headers;    /* how many there were */
    ngx_str_t                          owner;      /* len is 0: nobody has
                                                      asked yet */
    unsigned                           sought:1;
} ngx_http_healthcode_proof_t;


typedef enum {
    NGX_HTTP_HEALTHCODE_COUNT_ALLOW = 0,
    NGX_HTTP_HEALTHCODE_COUNT_DENY,
    NGX_HTTP_HEALTHCODE_COUNT_OVERRULED,   /* denied, but another access rule
                                              let it in */
    NGX_HTTP_HEALTHCODE_COUNT_ABORTED      /* over before the verdict */
} ngx_http_healthcode_count_e;


/*
 * As what the request will be counted, and what the judgement that counts has
 * found: another one may have begun since.  Written by counts.c.
 */
typedef struct {
    const ngx_http_healthcode_loc_conf_t  *gate;   /* NULL: it is not yet */
    const ngx_http_healthcode_issuer_t    *issuer;
    ngx_http_healthcode_count_e            verdict;
    healthcode_reason_e                    reason;
    ngx_str_t                              kid;    /* len is 0: none; of a key
                                                      of the issuer */
    ngx_uint_t                             lookup_us;
    uint8_t                                holder[HEALTHCODE_HOLDER_LEN];
    unsigned                               is_answered:1;  /* lookup_us is
                                                              known */
    unsigned                               has_holder:1;
    unsigned                               code_sought:1;  /* in the cache */
    unsigned                               code_known:1;
    unsigned                               risk_sought:1;
    unsigned                               risk_known:1;
    unsigned                               is_open:1;  /* a judgement has no
                                                          verdict yet */
    unsigned                               is_over:1;  /* it was counted */
} ngx_http_healthcode_count_t;


/* Claims as variables, read for the first one.  claim_variable.c. */
typedef struct {
    yyjson_val                        *object;
    u_char                            *of;         /* text of the code */
} ngx_http_healthcode_claims_t;


/*
 * The record of one request.  It lives in a cleanup of the request's pool,
 * since an internal redirect clears module contexts.  Each stage writes its own
 * part and reads those of the stages before it.  A subrequest to a gate has one
 * of its own; the codes that were taken out, and what else concerns the bytes
 * of the client's request, stand in that of the main request.
 */
typedef struct ngx_http_healthcode_record_s   ngx_http_healthcode_record_t;
typedef struct ngx_http_healthcode_passage_s  ngx_http_healthcode_passage_t;

struct ngx_http_healthcode_record_s {
    ngx_http_request_t                *request;
    ngx_http_healthcode_record_t      *main;       /* of the main request */
    ngx_http_healthcode_record_t      *next;       /* of a subrequest that was
                                                      judged; NULL: no other */
    ngx_http_posted_request_t          posted;     /* suspend.c */

    /* handler.c: by whose rules it is judged; NULL: by nobody's yet */
    ngx_http_healthcode_loc_conf_t    *gate;
    ngx_str_t                         *values;     /* of its rules, for this
                                                      request; NULL: constant */

    ngx_http_healthcode_sources_t      source;
    ngx_http_healthcode_temperature_found_t  temperature;
    ngx_http_healthcode_body_t         body;
    ngx_http_healthcode_traces_t       traces;
    ngx_http_healthcode_keys_waiter_t  key;        /* key_wait.c */
    struct healthcode_lookup_s        *lookup;     /* live_read.c, passage.c,
                                                      mark.c: under way, or
                                                      NULL */
    struct healthcode_read_s          *read;       /* live_read.c: of a cluster,
                                                      likewise */
    struct healthcode_route_s         *route;      /* passage.c, mark.c:
                                                      likewise */
    ngx_http_healthcode_proof_t        proof;      /* of the main request */
    ngx_http_healthcode_passage_t     *passage;    /* passage.c; NULL: none was
                                                      asked for */
    ngx_http_healthcode_passed_t       passed;
    ngx_http_healthcode_refusal_t      refusal;
    ngx_http_healthcode_claims_t       claims;
    ngx_http_healthcode_count_t        count;
    unsigned                           resumed:1;  /* suspend.c */

    /* last, because of what it ends with */
    ngx_http_healthcode_found_t        found;
};


/*
 * The record of a request.  _find() returns NULL if it has none yet, and that
 * of the main request for a subrequest that was not judged; _get() makes one of
 * its own, and one for its main request, or returns NULL if there is no memory.
 */
ngx_http_healthcode_record_t *ngx_http_healthcode_record_find(
    ngx_http_request_t *r);
ngx_http_healthcode_record_t *ngx_http_healthcode_record_get(
    ngx_http_request_t *r);

/* Gives up whatever the request waits for: nothing will be written. */
void ngx_http_healthcode_record_cancel(ngx_http_healthcode_record_t *record);

/* Forgets what a judgement has found, when another one begins. */
static ngx_inline void
ngx_http_healthcode_found_clear(ngx_http_healthcode_found_t *found)
{
    ngx_memzero(found, offsetof(ngx_http_healthcode_found_t,
                                risk.findings.names));
}


/* Forgets what the store has said of the holder, who is asked for again. */
static ngx_inline void
ngx_http_healthcode_risk_clear(ngx_http_healthcode_risk_found_t *risk)
{
    ngx_memzero(risk, offsetof(ngx_http_healthcode_risk_found_t,
                               findings.names));
}


/*
 * Whose the code claims to be, for logs and counters: an issuer of the
 * configuration, also if the location does not take its codes; or NULL.
 */
static ngx_inline ngx_http_healthcode_issuer_t *
ngx_http_healthcode_claimed_issuer(const ngx_http_healthcode_record_t *record)
{
    return record->found.code.issuer ? record->found.code.issuer
                                     : record->found.code.foreign;
}


/*
 * Whether the signature of the code that was judged held, so that what the
 * code says is its issuer's word and not a stranger's.
 */
static ngx_inline ngx_uint_t
ngx_http_healthcode_is_signed(const ngx_http_healthcode_record_t *record)
{
    return record->found.judged && record->found.code.text.len != 0;
}

#endif
