/*
 * The types that the files of the glue share: configuration, and what a
 * worker hangs on it.  Knows no: request, connection.  docs/architecture.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_H
#define NGX_HTTP_HEALTHCODE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "store/ngx_http_healthcode_cache.h"
#include "../core/healthcode_bundle.h"
#include "../core/healthcode_claims.h"
#include "../core/healthcode_counters.h"
#include "../core/healthcode_history.h"
#include "../core/healthcode_holder.h"
#include "../core/healthcode_index.h"
#include "../core/healthcode_issuer.h"
#include "../core/healthcode_page.h"
#include "../core/healthcode_pattern.h"
#include "../core/healthcode_quote.h"
#include "../core/healthcode_reply.h"
#include "../core/healthcode_require.h"
#include "../core/healthcode_risk.h"
#include "../core/healthcode_source.h"
#include "../core/healthcode_standing.h"
#include "../core/healthcode_temperature.h"
#include "../core/healthcode_verdict.h"
#include "../redis/healthcode_call.h"
#include "../redis/healthcode_handshake.h"
#include "../redis/healthcode_sentinel_link.h"


#define NGX_HTTP_HEALTHCODE_OFF    0
#define NGX_HTTP_HEALTHCODE_ON     1
#define NGX_HTTP_HEALTHCODE_AUDIT  2

/* How a location checks codes that are bound to a key. */
#define NGX_HTTP_HEALTHCODE_BOUND_OFF   0
#define NGX_HTTP_HEALTHCODE_BOUND_TLS   1
#define NGX_HTTP_HEALTHCODE_BOUND_DPOP  2

/* The last days of an issuer: its name, its sunset, the days that are left. */
#define NGX_HTTP_HEALTHCODE_ISSUER_ENDS                                       \
    "healthcode: codes of issuer \"%V\" are accepted until %V only; days "    \
    "left: %T (sunset)"


typedef struct ngx_http_healthcode_keys_s       ngx_http_healthcode_keys_t;
typedef struct ngx_http_healthcode_keys_slot_s  ngx_http_healthcode_keys_slot_t;
typedef struct ngx_http_healthcode_client_s     ngx_http_healthcode_client_t;
typedef struct ngx_http_healthcode_cluster_s    ngx_http_healthcode_cluster_t;
typedef struct ngx_http_healthcode_counts_s     ngx_http_healthcode_counts_t;
typedef struct ngx_http_healthcode_tally_s      ngx_http_healthcode_tally_t;


/* Sources are looked at in this order. */
typedef enum {
    NGX_HTTP_HEALTHCODE_HEADER,
    NGX_HTTP_HEALTHCODE_LIST,      /* an element of a header */
    NGX_HTTP_HEALTHCODE_QUERY,
    NGX_HTTP_HEALTHCODE_COOKIE,
    NGX_HTTP_HEALTHCODE_FORM,
    NGX_HTTP_HEALTHCODE_JSON,
    NGX_HTTP_HEALTHCODE_BODY,      /* of any type */
    NGX_HTTP_HEALTHCODE_PATH,
    NGX_HTTP_HEALTHCODE_VARIABLE
} ngx_http_healthcode_source_e;


typedef struct {
    ngx_http_healthcode_source_e   kind;
    healthcode_source_t            core;
    ngx_str_t                      name;       /* a header's in lower case */
    ngx_uint_t                     variable;   /* $http_NAME, $cookie_NAME; or
                                                  the one that is the source */
    ngx_uint_t                     cookies;    /* $http_cookie, of a cookie */
} ngx_http_healthcode_source_t;


/* healthcode_temperature: where the reading is, and the highest that passes. */
typedef struct {
    ngx_http_healthcode_source_t   source;
    unsigned                       max;        /* tenths of a degree */
} ngx_http_healthcode_temperature_t;


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
    ngx_str_t                      kind;       /* claim; len is 0: none */
    ngx_str_t                      sm2_id;
    ngx_str_t                      regions;    /* name of the claim */
    ngx_array_t                   *subject;    /* of healthcode_str_t, as are */
    ngx_array_t                   *status;     /* these: a claim and values */
    ngx_array_t                   *types;
    ngx_array_t                   *aliases;    /* of algorithm_alias_t */
    unsigned                       algorithms;
    time_t                         max_age;
    ngx_str_t                      sunset;     /* as its header says it */
    ngx_http_healthcode_keys_conf_t   keys;

    /* shared by the workers */
    ngx_shm_zone_t                *zone;
    ngx_http_healthcode_keys_slot_t  *slot;

    /* this worker's; NULL in a process that serves nothing */
    ngx_http_healthcode_keys_t    *current;

    /* not configuration: when this worker last noted it in the log; 0: never */
    ngx_msec_t                    *noted;
} ngx_http_healthcode_issuer_t;


/* Files that one credential has at most. */
#define NGX_HTTP_HEALTHCODE_CREDENTIAL_FILES  3


/* How a credential is made of the texts of its files, and who takes it. */
typedef struct {
    const char                    *what;       /* for the log */

    /*
     * By the reader's thread.  The text of a file that is not there is NULL.
     * NULL: *error is what is wrong, for people, with the file *which.
     */
    void                        *(*make)(const healthcode_str_t *texts,
                                      ngx_uint_t *which, const char **error);

    /* In the event loop: made is take()'s own; by either: nobody takes it. */
    void                         (*take)(void *data, void *made);
    void                         (*drop)(void *made);
} ngx_http_healthcode_credential_kind_t;


/* What a store is entered with, of files that are read again and again. */
typedef struct {
    const ngx_http_healthcode_credential_kind_t  *kind;
    ngx_str_t                      store;      /* its name */
    ngx_http_healthcode_reference_t   block;   /* where it begins */
    ngx_str_t                      files[NGX_HTTP_HEALTHCODE_CREDENTIAL_FILES];
    uint64_t                       stamp;      /* of what the configuration
                                                  read */
    uint64_t                       hash;       /* likewise, of the texts */
    void                          *data;       /* of take(); NULL: nobody, in
                                                  a process that serves
                                                  nothing */
} ngx_http_healthcode_credential_t;


/* A server of a store, as a line names it. */
typedef struct {
    ngx_str_t                      text;       /* as written, for the log */
    ngx_str_t                      host;       /* the name in it */
    ngx_str_t                      service;    /* of its SRV records; or none */
    in_port_t                      port;
    ngx_addr_t                    *addrs;
    ngx_uint_t                     naddrs;     /* 0: the name is resolved while
                                                  nginx serves */
    ngx_uint_t                     no_port;    /* the line names none */
} ngx_http_healthcode_server_t;


/* TLS of a store, as its lines say it. */
typedef struct {
    ngx_flag_t                     enabled;
    ngx_str_t                      name;       /* that the certificate has to be
                                                  for; with a NUL */
    ngx_str_t                      sni;        /* likewise, empty if that is an
                                                  address */
    ngx_str_t                      trusted;    /* file */
    ngx_str_t                      certificate;   /* file, of ours */
    ngx_str_t                      key;        /* file */
    ngx_uint_t                     protocols;
    ngx_str_t                      ciphers;
    ngx_int_t                      depth;
    ngx_ssl_t                     *ssl;        /* NULL: no TLS */
    ngx_http_healthcode_credential_t  *files;  /* NULL: no TLS */
} ngx_http_healthcode_store_tls_t;


/* Sentinels that name the server of a store. */
typedef struct {
    ngx_str_t                      name;       /* of the master; empty: none */
    ngx_array_t                   *servers;    /* of server_t; NULL: one line
                                                  "server" at most */
    ngx_str_t                      user;
    ngx_str_t                      password;
    ngx_http_healthcode_credential_t  *password_files;   /* or NULL */
    ngx_msec_t                     silence;
    ngx_resolver_t                *resolver;   /* of their names, or NULL */
    healthcode_sentinel_terms_t    terms;
} ngx_http_healthcode_store_sentinel_t;


/* healthcode_passage: what a request says, and what a passage is. */
typedef struct {
    ngx_http_complex_value_t      *hall;
    ngx_http_complex_value_t      *direction;  /* NULL: in */
    ngx_http_complex_value_t      *lane;       /* NULL: none */
    ngx_http_complex_value_t      *nonce;      /* likewise; or a lane, too */
    ngx_uint_t                     once_holder;   /* else once a code */
    ngx_uint_t                     annuls;     /* what is not confirmed */
    uint32_t                       retry;      /* ms */
    uint32_t                       hold;       /* ms */
    uint32_t                       again;      /* s: a holder enters again; 0:
                                                  never */
} ngx_http_healthcode_passage_conf_t;


/* healthcode_passage_confirm and _annul: the second message about one. */
typedef struct {
    ngx_uint_t                     annuls;     /* else confirms */
    ngx_http_complex_value_t      *hall;
    ngx_http_complex_value_t      *id;
} ngx_http_healthcode_second_conf_t;


typedef struct {
    ngx_str_t                      name;
    ngx_uint_t                     number;     /* among all stores */
    ngx_http_healthcode_reference_t   block;   /* where it begins */
    ngx_http_healthcode_server_t   server;
    ngx_flag_t                     is_cluster; /* its servers are some nodes */
    ngx_str_t                      node;       /* of one of them: its address;
                                                  or empty */
    ngx_http_healthcode_store_sentinel_t   sentinel;
    ngx_http_healthcode_store_tls_t   tls;
    ngx_str_t                      user;
    ngx_str_t                      password;
    ngx_http_healthcode_credential_t  *password_files;   /* or NULL */
    ngx_int_t                      database;
    ngx_msec_t                     timeout;
    ngx_msec_t                     connect_timeout;
    ngx_int_t                      max_pending;
    ngx_flag_t                     evicting_ok;
    ngx_flag_t                     role_unchecked;
    ngx_flag_t                     resp2;
    ngx_resolver_t                *resolver;   /* of the server's name; NULL:
                                                  it has addresses */
    ngx_msec_t                     resolver_timeout;
    healthcode_handshake_t         handshake;

    /* cache: NULL, or where it is; ms */
    ngx_http_healthcode_reference_t   cache_reference;
    ngx_http_healthcode_cache_t   *cache;
    ngx_msec_t                     lease;
    ngx_msec_t                     cache_max_age;
    ngx_int_t                      max_tracked;   /* keys, of its Redis; 0: no
                                                     limit */
    healthcode_digest_t           *digest;

    ngx_array_t                    data_limits;   /* of time_t: each
                                                     healthcode_data_max_age of
                                                     its locations, once */

    ngx_array_t                    halls;      /* of ngx_str_t: the labels of
                                                  those that its locations
                                                  name in fixed text, once */

    /* this worker's connection; NULL in a process that serves nothing */
    ngx_http_healthcode_client_t  *client;
    ngx_http_healthcode_cluster_t *cluster;    /* likewise; of a store, one of
                                                  both */
    ngx_http_healthcode_tally_t   *tally;      /* NULL also without counters */

    /* shared by the workers; NULL: there are none */
    healthcode_standings_t        *standings;
    uint64_t                       configuration;   /* its number in those */
} ngx_http_healthcode_store_t;


typedef struct {
    healthcode_pepper_t           *pepper;
    char                           pepper_check[HEALTHCODE_PEPPER_CHECK];
    ngx_array_t                    issuers;    /* of pointers */
    ngx_array_t                    stores;     /* of pointers */
    ngx_array_t                    credentials;   /* of pointers */
    ngx_array_t                    caches;     /* of pointers */
    ngx_array_t                    policies;   /* of loc_conf_t pointers */
    ngx_array_t                    queries;    /* of healthcode_source_t: of
                                                  arguments, all gates' */
    ngx_array_t                    paths;      /* likewise, of paths */
    ngx_uint_t                     request;    /* index of the variable */
    ngx_uint_t                     request_uri;   /* likewise */
    ngx_uint_t                     request_body;   /* likewise */
    ngx_uint_t                     content_length;   /* likewise */
    ngx_uint_t                     http_content_length;   /* likewise */
    ngx_uint_t                     referer;    /* likewise, $http_referer */
    ngx_array_t                    places;     /* of place_t, all gates */
    ngx_array_t                    locations;  /* likewise, all of nginx's */
    ngx_array_t                    idle;       /* of idle_t */
    ngx_array_t                    unheard;    /* of conf_reply_t */
    ngx_array_t                    statuses;   /* of place_t */
    ngx_array_t                    open;       /* of open_t, of statuses */
    ngx_array_t                    open_nonces;   /* likewise, of gates that
                                                     take a nonce */
    ngx_array_t                    seconds;    /* of place_t: those that take
                                                  the second message */
    ngx_array_t                    open_seconds;   /* of open_t, of seconds */
    healthcode_call_script_t       passage_script;   /* text.data is NULL: no
                                                        passage */
    healthcode_call_script_t       mark_script;   /* text.data is NULL: no
                                                     proofs */
    ngx_uint_t                     has_degraded_header;   /* some gate has */
    ngx_uint_t                     has_any;    /* a gate with "satisfy any" */
    ngx_array_t                   *editions;   /* of edition_t, those that are
                                                  built in; NULL: no gate */
    ngx_array_t                   *sources[2]; /* where no line names any; the
                                                  second, with proofs of DPoP */
    ngx_array_t                   *deny;       /* likewise */
    healthcode_index_t            *issuer_index;   /* of all issuers */
    healthcode_digest_t           *digest;     /* NULL: nothing needs it */
    ngx_str_t                      page_policy;   /* of what the page of
                                                     healthcode_status loads */

    /* shared by the workers; NULL: there are none */
    healthcode_counters_t         *counters;
    healthcode_standings_t        *standings;
    uint64_t                       configuration;   /* its number in those */
    healthcode_history_t          *history;

    /* this worker's; NULL in a process that serves nothing */
    struct ngx_http_healthcode_keys_all_s  *keys;
    ngx_http_healthcode_counts_t  *counts;
    ngx_http_healthcode_tally_t   *tally;      /* or there are no counters */
} ngx_http_healthcode_main_conf_t;


/*
 * All that a verdict of a location depends on.  Two locations have one policy
 * where these bytes are the same, so an array or a store is the same one, and
 * there is no byte that is not written.
 */
typedef struct {
    time_t                         max_age;
    time_t                         leeway;
    time_t                         data_max_age;   /* of the store; 0: any */
    ngx_uint_t                     mode;
    ngx_array_t                   *sources;    /* of source_t, by kind */
    ngx_array_t                   *form_types; /* of healthcode_str_t: bodies of
                                                  these are forms, too; NULL:
                                                  none */
    ngx_array_t                   *issuer_references;
    ngx_array_t                   *audience;   /* of healthcode_str_t */
    ngx_array_t                   *require;    /* of healthcode_require_t */
    ngx_array_t                   *conditions; /* likewise, of variables */
    ngx_http_healthcode_temperature_t  *temperature;   /* NULL: off */
    ngx_http_healthcode_store_t   *store;      /* NULL: risk is off */
    ngx_array_t                   *deny;       /* of healthcode_str_t */
    ngx_uint_t                     region_deny;
    ngx_uint_t                     on_outage;  /* HEALTHCODE_OUTAGE_* */
    healthcode_stale_t             stale;      /* in others */
    ngx_uint_t                     bound;      /* how, if a code is */
    const healthcode_str_t        *dpop_origin;   /* of proofs; NULL: none */
    ngx_http_healthcode_cache_t   *codes;      /* NULL: none are kept */
    ngx_http_healthcode_passage_conf_t  *passage;   /* NULL: off */
} ngx_http_healthcode_rules_t;

_Static_assert(sizeof(ngx_http_healthcode_rules_t)
               == 3 * sizeof(time_t) + 4 * sizeof(ngx_uint_t)
                  + 2 * sizeof(uint64_t) + 12 * sizeof(void *),
               "rules are compared by their bytes: none is padding");


/* A piece of a text: bytes as they are written, or one variable. */
typedef struct {
    ngx_http_complex_value_t       value;
    healthcode_quote_e            escape;
    ngx_uint_t                     is_variable;
} ngx_http_healthcode_piece_t;


/* What a line of healthcode_reply answers. */
typedef struct {
    ngx_uint_t                     status;
    ngx_str_t                      type;       /* Content-Type */
    ngx_array_t                   *body;       /* of piece_t; NULL: none */
} ngx_http_healthcode_answer_t;


/* The pages of one language, for people who are refused. */
typedef struct {
    ngx_str_t                      language;   /* ends with a NUL, as does */
    ngx_str_t                      policy;     /* Content-Security-Policy */
    ngx_array_t                   *pages[HEALTHCODE_PAGE_COUNT];   /* of piece_t
                                                                    */
} ngx_http_healthcode_edition_t;


typedef struct ngx_http_healthcode_loc_conf_s  ngx_http_healthcode_loc_conf_t;

/* What is not in rules is derived from them, or decides nothing. */
struct ngx_http_healthcode_loc_conf_s {
    ngx_http_healthcode_rules_t    rules;
    ngx_uint_t                     policy;     /* equal rules, one number */
    ngx_http_healthcode_reference_t   block;   /* where it begins */
    ngx_http_healthcode_loc_conf_t   *outer;   /* that it inherits from */
    ngx_uint_t                     has_gate;   /* it is one, or has one in it */
    ngx_uint_t                     has_max_age;   /* a line says it */
    ngx_uint_t                     status;     /* format of healthcode_status */
    ngx_uint_t                     disclose;   /* 1: of what nobody has signed
                                                  answers tell the class */
    ngx_flag_t                     degraded_header;   /* of what passes in an
                                                         outage */
    ngx_flag_t                     log_holder;   /* in $healthcode_json */
    ngx_http_handler_pt            content;    /* healthcode_gate answers; NULL:
                                                  it stands before others */
    ngx_uint_t                     has_content;   /* it has one in it */
    ngx_http_healthcode_second_conf_t  *second;   /* it answers the second
                                                     message; NULL: it does not
                                                     */
    ngx_array_t                   *replies;    /* of healthcode_reply_t, and */
    ngx_array_t                   *answers;    /* of answer_t, one for each */
    ngx_array_t                   *editions;   /* of edition_t: where none is
                                                  liked better, the first */
    ngx_http_complex_value_t      *contacts[HEALTHCODE_CONTACT_COUNT];   /* or
                                                                       NULL */

    /* what its requests are counted by */
    ngx_str_t                      name;       /* healthcode_name; data is NULL:
                                                  no line names it */
    ngx_str_t                      gate;       /* that, or the location's */
    ngx_str_t                      server;     /* the server's first name */

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
    ngx_array_t                   *condition_values;   /* of each condition its
                                                          variable before */

    /* the rules, as the stages take them */
    ngx_array_t                   *queries;    /* of healthcode_source_t, of
                                                  arguments; NULL: none */
    ngx_array_t                   *paths;      /* likewise, of the path */
    ngx_array_t                   *forms;      /* likewise, of a form in the
                                                  body */
    ngx_array_t                   *jsons;      /* likewise, of JSON */
    ngx_array_t                   *raws;       /* likewise, of any body */
    ngx_uint_t                     takes;      /* one of these is there */
    ngx_uint_t                     reads_form; /* a code or the temperature may
                                                  be in a form */
    ngx_uint_t                     reads_json; /* likewise, in JSON */
    ngx_array_t                   *issuers;    /* of pointers */
    healthcode_index_t            *issuer_index;   /* by iss */
    uint8_t                       *accepted;   /* 1: this issuer's codes are */
    healthcode_claims_policy_t     claims_policy;
    healthcode_risk_policy_t       risk_policy;
};


extern ngx_module_t  ngx_http_healthcode_module;


static ngx_inline healthcode_str_t
ngx_http_healthcode_view(const ngx_str_t *str)
{
    return healthcode_str_from(str->data, str->len);
}

#endif
