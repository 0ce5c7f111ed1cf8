/*
 * The types that the files of the glue share: configuration, and the record
 * of one request.  docs/request-path.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_H
#define NGX_HTTP_HEALTHCODE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_healthcode_cache.h"
#include "../core/healthcode_bundle.h"
#include "../core/healthcode_claims.h"
#include "../core/healthcode_holder.h"
#include "../core/healthcode_index.h"
#include "../core/healthcode_issuer.h"
#include "../core/healthcode_pattern.h"
#include "../core/healthcode_require.h"
#include "../core/healthcode_risk.h"
#include "../core/healthcode_source.h"
#include "../core/healthcode_verdict.h"
#include "../redis/healthcode_handshake.h"
#include "../redis/healthcode_reply_reader.h"
#include "../redis/healthcode_risk_codec.h"
#include "../redis/healthcode_tracking.h"


#define NGX_HTTP_HEALTHCODE_OFF    0
#define NGX_HTTP_HEALTHCODE_ON     1
#define NGX_HTTP_HEALTHCODE_AUDIT  2


typedef struct ngx_http_healthcode_keys_s       ngx_http_healthcode_keys_t;
typedef struct ngx_http_healthcode_zone_slot_s  ngx_http_healthcode_zone_slot_t;
typedef struct ngx_http_healthcode_redis_s      ngx_http_healthcode_redis_t;
typedef struct ngx_http_healthcode_lookup_s     ngx_http_healthcode_lookup_t;


typedef enum {
    NGX_HTTP_HEALTHCODE_HEADER,
    NGX_HTTP_HEALTHCODE_QUERY,
    NGX_HTTP_HEALTHCODE_COOKIE
} ngx_http_healthcode_source_e;


typedef struct {
    ngx_http_healthcode_source_e   kind;
    healthcode_source_t            core;
    ngx_str_t                      name;       /* a header's in lower case */
    ngx_uint_t                     variable;   /* $http_NAME, $cookie_NAME */
    ngx_uint_t                     cookies;    /* $http_cookie, of a cookie */
} ngx_http_healthcode_source_t;


/* A name that a directive mentions, to be looked up when all are known. */
typedef struct {
    ngx_str_t                      name;
    ngx_str_t                      file;
    ngx_uint_t                     line;
} ngx_http_healthcode_reference_t;


/* Where an issuer's keys come from. */
typedef struct {
    ngx_array_t                   *files;      /* of ngx_str_t, whole names
                                                  with a NUL */
    ngx_str_t                      dir;        /* likewise; len is 0: none */
    ngx_str_t                      location;   /* URI; len is 0: none */
    ngx_str_t                      args;
    ngx_http_healthcode_reference_t   reference;   /* to the location */
    ngx_http_conf_ctx_t           *ctx;        /* of the location's server */
    time_t                         refresh;
    time_t                         min_interval;

    /* as they were when the configuration was read */
    healthcode_keyring_t          *keyring;    /* NULL: not there yet */
    uint64_t                       stamp;      /* of the files */
    healthcode_bundle_t            texts;      /* of keyring, until the zone
                                                  has them */
    ngx_uint_t                     broken;     /* the files are */
    ngx_atomic_uint_t              reload;     /* of the slot: which one */
    uint64_t                       kept;       /* a hash of what it kept then */
    ngx_atomic_uint_t              loads;      /* likewise, of the slot then */
} ngx_http_healthcode_keys_conf_t;


typedef struct {
    healthcode_issuer_t            core;
    ngx_str_t                      name;
    ngx_uint_t                     number;     /* among all issuers */
    ngx_http_healthcode_reference_t   block;   /* where it begins */
    ngx_str_t                      iss;
    ngx_str_t                      subject_space;
    ngx_str_t                      sm2_id;
    ngx_array_t                   *types;      /* of healthcode_str_t */
    ngx_array_t                   *aliases;    /* of algorithm_alias_t */
    unsigned                       algorithms;
    time_t                         max_age;
    ngx_str_t                      sunset;     /* as its header says it */
    ngx_http_healthcode_keys_conf_t   keys;

    /* shared by the workers */
    ngx_shm_zone_t                *zone;
    ngx_http_healthcode_zone_slot_t  *slot;

    /* this worker's; NULL in a process that serves nothing */
    ngx_http_healthcode_keys_t    *live;

    /* not configuration: when this worker last noted it in the log; 0: never */
    ngx_msec_t                    *noted;
} ngx_http_healthcode_issuer_t;


typedef struct {
    ngx_str_t                      name;
    ngx_uint_t                     number;     /* among all stores */
    ngx_http_healthcode_reference_t   block;   /* where it begins */
    ngx_url_t                      url;
    ngx_str_t                      user;
    ngx_str_t                      password;
    ngx_int_t                      database;
    ngx_msec_t                     timeout;
    ngx_msec_t                     connect_timeout;
    ngx_int_t                      max_pending;
    ngx_flag_t                     evicting_ok;
    ngx_flag_t                     resolve;
    ngx_resolver_t                *resolver;
    ngx_msec_t                     resolver_timeout;
    healthcode_handshake_t         handshake;

    /* cache: NULL, or where it is; ms */
    ngx_http_healthcode_reference_t   cache_reference;
    ngx_http_healthcode_cache_t   *cache;
    ngx_msec_t                     lease;
    ngx_msec_t                     cache_max_age;
    healthcode_digest_t           *digest;

    /* this worker's connection; NULL in a process that serves nothing */
    ngx_http_healthcode_redis_t   *redis;
} ngx_http_healthcode_store_t;


typedef struct {
    healthcode_pepper_t           *pepper;
    char                           pepper_check[HEALTHCODE_HOLDER_HEX];
    ngx_array_t                    issuers;    /* of pointers */
    ngx_array_t                    stores;     /* of pointers */
    ngx_array_t                    caches;     /* of pointers */
    ngx_array_t                    policies;   /* of loc_conf_t pointers */
    ngx_array_t                    queries;    /* of healthcode_source_t: of
                                                  arguments, all gates' */
    ngx_uint_t                     request_uri;   /* index of the variable */
    ngx_uint_t                     referer;    /* likewise, $http_referer */
    ngx_array_t                    places;     /* of place_t, all gates */
    ngx_array_t                    idle;       /* of idle_t */
    ngx_array_t                   *sources;    /* where no line names any */
    ngx_array_t                   *deny;       /* likewise */
    healthcode_index_t            *issuer_index;   /* of all issuers */
    healthcode_digest_t           *digest;     /* NULL: nothing needs it */

    /* this worker's; NULL in a process that serves nothing */
    struct ngx_http_healthcode_keys_all_s  *keys;
} ngx_http_healthcode_main_conf_t;


/*
 * All that a verdict of a location depends on.  Two locations have one policy
 * where these bytes are the same, so an array or a store is the same one, and
 * there is no byte that is not written.
 */
typedef struct {
    time_t                         max_age;
    time_t                         leeway;
    ngx_uint_t                     mode;
    ngx_array_t                   *sources;    /* of source_t */
    ngx_array_t                   *issuer_references;
    ngx_array_t                   *audience;   /* of healthcode_str_t */
    ngx_array_t                   *require;    /* of healthcode_require_t */
    ngx_http_healthcode_store_t   *store;      /* NULL: risk is off */
    ngx_array_t                   *deny;       /* of healthcode_str_t */
    ngx_uint_t                     region_deny;
    ngx_uint_t                     on_outage;
    ngx_http_healthcode_cache_t   *codes;      /* NULL: none are kept */
} ngx_http_healthcode_rules_t;

_Static_assert(sizeof(ngx_http_healthcode_rules_t)
               == 2 * sizeof(time_t) + 3 * sizeof(ngx_uint_t)
                  + 7 * sizeof(void *),
               "rules are compared by their bytes: none is padding");


typedef struct ngx_http_healthcode_loc_conf_s  ngx_http_healthcode_loc_conf_t;

/* What is not in rules is derived from them, or decides nothing. */
struct ngx_http_healthcode_loc_conf_s {
    ngx_http_healthcode_rules_t    rules;
    ngx_uint_t                     policy;     /* equal rules, one number */
    ngx_http_healthcode_reference_t   block;   /* where it begins */
    ngx_http_healthcode_loc_conf_t   *outer;   /* that it inherits from */
    ngx_uint_t                     has_gate;   /* it is one, or has one in it */

    /* as they are written, until all names are known */
    ngx_http_healthcode_reference_t  *store_reference;
    ngx_http_healthcode_reference_t  *codes_reference;

    /*
     * Where a value of these rules has a variable: all values, in the order of
     * the lines, ngx_http_complex_value_t; else NULL.  They stand beside arrays
     * of the rules, so equal rules have the same ones.
     */
    ngx_array_t                   *audience_values;
    ngx_array_t                   *require_values;

    /* the rules, as the stages take them */
    ngx_array_t                   *queries;    /* of healthcode_source_t, of
                                                  arguments; NULL: none */
    ngx_array_t                   *issuers;    /* of pointers */
    healthcode_index_t            *issuer_index;   /* by iss */
    uint8_t                       *accepted;   /* 1: this issuer's codes are */
    healthcode_claims_policy_t     claims_policy;
    healthcode_risk_policy_t       risk_policy;
};


/*
 * What the judgement of a request by one policy has found.  It is cleared as
 * one, so that nothing of an earlier judgement counts in the next.
 */
typedef struct {
    /* token, signature, claims: set once the signature held, except issuer */
    ngx_http_healthcode_issuer_t  *issuer;
    ngx_str_t                      kid;        /* of the key, which may be
                                                  gone before the request */
    char                           thumbprint[HEALTHCODE_THUMBPRINT_LEN];
    ngx_str_t                      verified;   /* the code that it signed */
    const healthcode_require_t    *unmet;      /* rule about a claim */
    int64_t                        iat;
    int64_t                        exp;
    time_t                         now;        /* that they were judged by */
    uint8_t                        holder[HEALTHCODE_HOLDER_LEN];
    uint64_t                       code_key[HEALTHCODE_CODE_KEY];

    /* risk */
    healthcode_risk_query_t        query;
    struct timespec                asked;
    ngx_uint_t                     lookup_us;
    struct timespec                decided;    /* by the clock of leases */

    /* verdict */
    healthcode_evidence_t          evidence;
    healthcode_verdict_t           verdict;

    unsigned                       answered:1; /* evidence is complete */
    unsigned                       judged:1;   /* verdict is reached */
    unsigned                       looked_up:1;
    unsigned                       ending:1;   /* its issuer, soon */
    unsigned                       has_holder:1;     /* it is known */
    unsigned                       code_sought:1;    /* in the cache */
    unsigned                       code_found:1;
    unsigned                       holder_sought:1;  /* likewise */
    unsigned                       holder_found:1;
    unsigned                       has_decided:1;    /* a time */

    /* last: the names in it are not cleared, since they have a length */
    healthcode_risk_t              risk;
} ngx_http_healthcode_found_t;


/* Why a request was refused at first, and with which status; 0: it was not. */
typedef struct {
    ngx_uint_t                     status;
    healthcode_reason_e            reason;
    const healthcode_require_t    *unmet;
} ngx_http_healthcode_refusal_t;


/* What sources carried together. */
typedef struct {
    ngx_str_t                      code;       /* a copy; where reason is _OK */
    healthcode_reason_e            reason;     /* _OK, _MISSING, or what is
                                                  wrong */
} ngx_http_healthcode_shown_t;


/* A gated location that a request has come to. */
typedef struct ngx_http_healthcode_entered_s  ngx_http_healthcode_entered_t;

struct ngx_http_healthcode_entered_s {
    ngx_http_healthcode_loc_conf_t  *lcf;
    ngx_http_healthcode_entered_t   *before;
    ngx_uint_t                       hidden;   /* what its sources carry of ours
                                                  is out of the headers */
};


/*
 * All that is known of one request.  It lives in a cleanup of the request's
 * pool, since an internal redirect clears module contexts.
 */
typedef struct {
    ngx_http_request_t            *request;

    /* source: what was taken out of the request; what counts here and now */
    ngx_array_t                   *queries;    /* the last ones looked at */
    ngx_str_t                      args;       /* what they left of these */
    ngx_http_healthcode_shown_t    kept;
    ngx_http_healthcode_shown_t    kept_cookie;
    ngx_http_healthcode_shown_t    shown;
    ngx_http_healthcode_shown_t    shown_cookie;
    ngx_uint_t                     headers;    /* that carry a code */
    ngx_table_elt_t               *header;     /* where it is one; else NULL */
    ngx_http_healthcode_entered_t *entered;    /* the last one; NULL: none */
    ngx_http_healthcode_entered_t  first;

    /* keys */
    ngx_queue_t                    waiting;    /* for keys of the issuer */
    ngx_msec_t                     waits_until;

    ngx_http_healthcode_lookup_t  *lookup;     /* under way, or NULL */

    /* verdict: by whose rules it is judged; NULL: by nobody's yet */
    ngx_http_healthcode_loc_conf_t  *gate;
    ngx_str_t                     *values;     /* of its rules, for this
                                                  request; NULL: constant */
    ngx_uint_t                     passed;     /* policy that allowed it, of
                                                  the last gate; 0: none */
    ngx_str_t                     *passed_by;  /* by these of its values */
    ngx_http_healthcode_refusal_t  refusal;

    /* claims as variables: read when the first one is asked for */
    yyjson_val                    *claims;
    u_char                        *claims_of;  /* the code that has them */

    unsigned                       no_page:1;  /* error_page was set here */
    unsigned                       masking:1;
    unsigned                       as_came:1;  /* arguments have their codes */
    unsigned                       is_waiting:1;
    unsigned                       waited:1;
    unsigned                       resumed:1;  /* where it was suspended */

    /* last, for what it ends with */
    ngx_http_healthcode_found_t    found;
} ngx_http_healthcode_record_t;


/* conf */
void *ngx_http_healthcode_conf_create_main(ngx_conf_t *cf);
char *ngx_http_healthcode_conf_init_main(ngx_conf_t *cf, void *conf);
void *ngx_http_healthcode_conf_create_loc(ngx_conf_t *cf);
char *ngx_http_healthcode_conf_merge_loc(ngx_conf_t *cf, void *parent,
    void *child);
char *ngx_http_healthcode_conf_pepper(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_issuer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_store(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_source(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_issuers(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_words(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_deny(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_audience(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_risk(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_require(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_code_cache(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_region_deny(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

extern ngx_conf_post_t  ngx_http_healthcode_conf_age_post;
extern ngx_conf_post_t  ngx_http_healthcode_conf_leeway_post;

/* handler */
ngx_int_t ngx_http_healthcode_handler_server_rewrite(ngx_http_request_t *r);
ngx_int_t ngx_http_healthcode_handler_rewrite(ngx_http_request_t *r);
ngx_int_t ngx_http_healthcode_handler_access(ngx_http_request_t *r);
ngx_int_t ngx_http_healthcode_handler_precontent(ngx_http_request_t *r);
ngx_int_t ngx_http_healthcode_handler_log(ngx_http_request_t *r);

/*
 * The record of a request; _find() gives NULL where there is none, _get()
 * where there is no memory.
 */
ngx_http_healthcode_record_t *ngx_http_healthcode_record_find(
    ngx_http_request_t *r);
ngx_http_healthcode_record_t *ngx_http_healthcode_record_get(
    ngx_http_request_t *r);

/*
 * Takes the codes of the location's sources out of the request and leaves no
 * trace of them in it.  NGX_OK, or NGX_ERROR where there is no memory.
 */
ngx_int_t ngx_http_healthcode_source_take(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);

/*
 * Looks what headers and cookies carry for the location, and changes none of
 * them.  NGX_OK: another code counts than before, or none does; NGX_DECLINED:
 * the same one; NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_source_look(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);

/*
 * Takes out of the headers what of it was made for gates, once it was judged.
 * NGX_OK, or NGX_ERROR where there is no memory.
 */
ngx_int_t ngx_http_healthcode_source_hide(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);

/*
 * The request comes to a gated location; it goes on to another place before it
 * was judged there; or it ends, and its log line is next.  Takes out of the
 * headers what was made for gates.  NGX_OK, or NGX_ERROR without memory.
 */
ngx_int_t ngx_http_healthcode_source_enter(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
ngx_int_t ngx_http_healthcode_source_leave(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record);
ngx_int_t ngx_http_healthcode_source_end(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);

/*
 * The log line of a subrequest is next: masks what it shows, and nothing of its
 * request, which goes on.  record may be NULL.  NGX_OK, or NGX_ERROR without
 * memory.
 */
ngx_int_t ngx_http_healthcode_source_end_subrequest(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);

/* The code that counts, once it was looked for; or why there is none. */
healthcode_reason_e ngx_http_healthcode_source_code(
    const ngx_http_healthcode_record_t *record, ngx_str_t *code);

/* A Referer names codes of any gate: overwrites them. */
void ngx_http_healthcode_mask_referers(ngx_http_request_t *r);

/*
 * Calls next, which writes what nginx says of the request in an error line,
 * with codes masked that are to go on as they came; is_early: the location is
 * not known yet, so the names of all gates count.
 */
u_char *ngx_http_healthcode_mask_error(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len,
    ngx_uint_t is_early, ngx_http_log_handler_pt next);

/* verify */
/*
 * From the bytes shown to what is known of the code: its form, its signature,
 * its times, its audience, its claims.  HEALTHCODE_REASON_OK, or why it does
 * not pass; what was found is in record.
 */
healthcode_reason_e ngx_http_healthcode_verify(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);

/* values */
/*
 * Whether a rule of the location has a variable in its values, so that what it
 * demands depends on the request.
 */
static ngx_inline ngx_uint_t
ngx_http_healthcode_has_values(const ngx_http_healthcode_loc_conf_t *lcf)
{
    return lcf->audience_values != NULL || lcf->require_values != NULL;
}


/* Of the next three, what is left to do where a value has a variable. */
ngx_int_t ngx_http_healthcode_values_evaluate(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf, ngx_str_t **values);
ngx_uint_t ngx_http_healthcode_values_compare(
    const ngx_http_healthcode_loc_conf_t *lcf, const ngx_str_t *a,
    const ngx_str_t *b);


/*
 * Writes the values of the location's rules for r, as it is now, into *values,
 * in r->pool; NULL where all are constant.  NGX_OK, or NGX_ERROR where there
 * is no memory.
 */
static ngx_inline ngx_int_t
ngx_http_healthcode_values_read(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf, ngx_str_t **values)
{
    *values = NULL;

    return ngx_http_healthcode_has_values(lcf)
           ? ngx_http_healthcode_values_evaluate(r, lcf, values) : NGX_OK;
}


/* Whether a and b, two such values of rules that are equal, are the same. */
static ngx_inline ngx_uint_t
ngx_http_healthcode_values_are_same(const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_str_t *a, const ngx_str_t *b)
{
    return (a == NULL || b == NULL)
           ? a == b : ngx_http_healthcode_values_compare(lcf, a, b);
}


/* Likewise, where b are those of r as it is now; no, without memory. */
static ngx_inline ngx_uint_t
ngx_http_healthcode_values_are_still(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf, const ngx_str_t *a)
{
    ngx_str_t  *now;

    return ngx_http_healthcode_values_read(r, lcf, &now) == NGX_OK
           && ngx_http_healthcode_values_are_same(lcf, a, now);
}


/*
 * The audience and the rules about claims of record's gate, with its values.
 * _audience() sets the audience of policy, and its digests where is_known, for
 * a code that was read before; NGX_OK, or NGX_ERROR.  _require() returns the
 * rules, NULL without memory.
 */
ngx_int_t ngx_http_healthcode_values_audience(
    ngx_http_healthcode_record_t *record, ngx_uint_t is_known,
    healthcode_claims_policy_t *policy);
healthcode_require_t *ngx_http_healthcode_values_require(
    ngx_http_healthcode_record_t *record);

/* suspend */
/*
 * Suspends a request whose access phase then returns NGX_AGAIN, until
 * _resume() has its phases run again.  _resume() does nothing where nginx has
 * gone on with the request meanwhile.
 */
void ngx_http_healthcode_suspend(ngx_http_request_t *r);
void ngx_http_healthcode_resume(ngx_http_healthcode_record_t *record);

/* risk */
ngx_int_t ngx_http_healthcode_risk_ask(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
void ngx_http_healthcode_risk_cancel(ngx_http_healthcode_record_t *record);

/* response */
ngx_int_t ngx_http_healthcode_response_send(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);

/*
 * Sends b as the whole answer; its content type is in headers_out.  Returns
 * what a content handler would.
 */
ngx_int_t ngx_http_healthcode_response_json(ngx_http_request_t *r,
    ngx_buf_t *b, ngx_uint_t status);
void ngx_http_healthcode_response_log(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);

/* lifecycle */
char *ngx_http_healthcode_lifecycle_date(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_lifecycle_finish(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer);

/*
 * Whether codes of the record's issuer are accepted at now.  Where it ends
 * soon, the record and, once an hour, the log say so.
 */
healthcode_reason_e ngx_http_healthcode_lifecycle_check(
    ngx_http_healthcode_record_t *record, time_t now);

/* Where an issuer has a sunset, sees to the header of all answers. */
void ngx_http_healthcode_lifecycle_init_process(
    ngx_http_healthcode_main_conf_t *mcf);

/* status */
char *ngx_http_healthcode_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* variables */
ngx_int_t ngx_http_healthcode_variables_add(ngx_conf_t *cf);
ngx_int_t ngx_http_healthcode_claim_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


extern ngx_module_t  ngx_http_healthcode_module;


static ngx_inline healthcode_str_t
ngx_http_healthcode_view(ngx_str_t *str)
{
    return healthcode_str_from(str->data, str->len);
}


/* Forgets what a judgement has found: where another one begins. */
static ngx_inline void
ngx_http_healthcode_found_clear(ngx_http_healthcode_found_t *found)
{
    ngx_memzero(found, offsetof(ngx_http_healthcode_found_t, risk.names));
}


/*
 * Whether the signature of the code that was judged held, so that what the
 * code says is its issuer's word and not a stranger's.
 */
static ngx_inline ngx_uint_t
ngx_http_healthcode_is_signed(const ngx_http_healthcode_record_t *record)
{
    return record->found.judged && record->found.verified.len != 0;
}

#endif
