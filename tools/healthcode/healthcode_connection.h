/*
 * One blocking connection to a store, which has to prove itself before
 * anything is written.  Knows no flags.  docs/redis-keys.md, "Handshake".
 */

#ifndef HEALTHCODE_CONNECTION_H
#define HEALTHCODE_CONNECTION_H

#include "healthcode_secure.h"
#include "healthcode_subject.h"
#include "healthcode_url.h"
#include "redis/healthcode_handshake.h"


/* What the command line says of the store. */
typedef struct {
    const char  *redis;
    const char  *user;
    const char  *password_file;
    const char  *sentinel_user;
    const char  *sentinel_password_file;
    const char  *pepper_file;
    const char  *timeout;
    const char  *wait;           /* replicas; only if something is written */
    const char  *role;
    const char  *protocol;
    healthcode_secure_options_t  secure;
    bool         before_init;    /* the store may have no proof yet */
    bool         may_refuse;     /* proofs, too; a warning names each */
    bool         asks_policy;    /* whether it evicts is looked at */
} healthcode_connection_options_t;


/* Rows for a table of healthcode_option_t. */
#define HEALTHCODE_CONNECTION_ROWS(o, needs_pepper)                           \
    { .name = "redis", .hint = "URL", .value = &(o)->redis },                 \
    { .name = "pepper-file", .hint = "FILE", .value = &(o)->pepper_file,      \
      .required = (needs_pepper) },                                           \
    { .name = "user", .hint = "NAME", .value = &(o)->user },                  \
    { .name = "password-file", .hint = "FILE",                                \
      .value = &(o)->password_file },                                         \
    { .name = "sentinel-user", .hint = "NAME",                                \
      .value = &(o)->sentinel_user },                                         \
    { .name = "sentinel-password-file", .hint = "FILE",                       \
      .value = &(o)->sentinel_password_file },                                \
    { .name = "timeout", .hint = "TIME", .value = &(o)->timeout },            \
    { .name = "role", .hint = "ROLE", .value = &(o)->role },                  \
    { .name = "protocol", .hint = "PROTOCOL", .value = &(o)->protocol },      \
    HEALTHCODE_SECURE_ROWS(&(o)->secure)

#define HEALTHCODE_CONNECTION_WAIT_ROW(o)                                     \
    { .name = "wait", .hint = "N", .value = &(o)->wait }


#define HEALTHCODE_CONNECTION_USER_MAX   512
#define HEALTHCODE_CONNECTION_ERROR_MAX  HEALTHCODE_REFUSAL_SIZE

/* What a gate asks of a store, one judgement each. */
#define HEALTHCODE_CONNECTION_ROLE    HEALTHCODE_HANDSHAKE_PROOF_ROLE
#define HEALTHCODE_CONNECTION_POLICY  HEALTHCODE_HANDSHAKE_PROOF_POLICY
#define HEALTHCODE_CONNECTION_META    HEALTHCODE_HANDSHAKE_PROOF_META
#define HEALTHCODE_CONNECTION_PROOFS  HEALTHCODE_HANDSHAKE_PROOF_NONE

typedef struct {
    healthcode_reason_e  reason;        /* _OK: proven, or not asked for */
    char                 error[HEALTHCODE_CONNECTION_ERROR_MAX];
} healthcode_connection_proof_t;

/* What a store has of schema 1 while it is migrated. */
typedef enum {
    HEALTHCODE_FORMER_NONE,
    HEALTHCODE_FORMER_ALSO,        /* both are written, schema 2 is read */
    HEALTHCODE_FORMER_ALONE        /* both are written, schema 1 is read */
} healthcode_former_e;

/* The nodes of a cluster (healthcode_nodes.h). */
typedef struct healthcode_nodes_s  healthcode_nodes_t;

typedef struct {
    redisContext                   *redis;       /* of a cluster: the node
                                                    that was asked last */
    healthcode_nodes_t             *cluster;     /* NULL: it is one server */
    healthcode_pepper_t            *pepper;      /* NULL: not given */
    char                            check[HEALTHCODE_PEPPER_CHECK + 1];
    healthcode_str_t                instance;    /* no data: not proven */
    healthcode_former_e             former;      /* of one server */
    char                            user[HEALTHCODE_CONNECTION_USER_MAX];
    bool                            may_refuse;
    bool                            is_unix;
    bool                            is_resp2;
    bool                            has_password;
    long                            wait;
    int64_t                         timeout;     /* milliseconds */
    healthcode_connection_proof_t   proofs[HEALTHCODE_CONNECTION_PROOFS];
} healthcode_connection_t;


/*
 * Connects as options say and takes the store's proofs, without judging them.
 * Prints a message on failure, and returns the exit code.  The connection is
 * closed by healthcode_connection_close(), also after a failure.
 */
healthcode_exit_e healthcode_connection_open(
    const healthcode_connection_options_t *options,
    healthcode_connection_t *connection);
void healthcode_connection_close(healthcode_connection_t *connection);

/*
 * Reads --role, which may be NULL; false, with a message printed, if it is
 * neither master nor unchecked.
 */
bool healthcode_connection_role(const char *role, bool *unchecked);

/*
 * Connects to the host of url and takes its proofs, by handshake; prints a
 * message on failure.  Of a node of a cluster meta is left out.
 */
healthcode_exit_e healthcode_connection_reach(
    healthcode_connection_t *connection,
    const healthcode_secure_options_t *secure, const healthcode_url_t *url,
    const healthcode_handshake_t *handshake);

/*
 * Keeps a copy of the instance of the store's proof, by which gates know it;
 * false: no memory.
 */
bool healthcode_connection_keep(healthcode_connection_t *connection,
    healthcode_str_t instance);

/*
 * A connection to the same server that has not logged in; NULL, with a message
 * printed, if there is none.  The caller frees it.
 */
redisContext *healthcode_connection_stranger(
    const healthcode_connection_options_t *options,
    const healthcode_connection_t *connection);

/*
 * Likewise, and refuses a store that is not a master, was not initialised, or
 * was made with another pepper.  One of schema 1 that is not migrated yet has
 * former _ALONE, and no instance.
 */
healthcode_exit_e healthcode_connection_open_proven(
    const healthcode_connection_options_t *options,
    healthcode_connection_t *connection);

/* What a command does to a key of a cluster that is on its way. */
typedef enum {
    HEALTHCODE_CONNECTION_READS,
    HEALTHCODE_CONNECTION_WRITES,   /* of ASK the proof hears first */
    HEALTHCODE_CONNECTION_PARTS     /* likewise; ASK and TRYAGAIN are replies,
                                       since its keys can be written alone */
} healthcode_connection_how_e;

/*
 * The reply to a command about key, which decides which node of a cluster is
 * asked; it may be an error, and is the caller's.  NULL: there is none; then
 * healthcode_connection_failed() says why.
 */
redisReply *healthcode_connection_ask(healthcode_connection_t *connection,
    const char *key, int argc, const char **argv, const size_t *lens,
    healthcode_connection_how_e how);

/*
 * The number of masters, 1 if there is no cluster; from then on the one with
 * number i is asked what no key decides.  Prints a message on failure.
 */
size_t healthcode_connection_nodes(const healthcode_connection_t *connection);
healthcode_exit_e healthcode_connection_use(
    healthcode_connection_t *connection, size_t i);

/*
 * The reply to one command, which the caller frees; NULL, with a message
 * printed, if there is none or it is an error.  Of _key() argv[1] is the key.
 */
redisReply *healthcode_connection_command(healthcode_connection_t *connection,
    int argc, const char **argv, const size_t *lens);
redisReply *healthcode_connection_key(healthcode_connection_t *connection,
    int argc, const char **argv);

/*
 * The fields and values of a hash, likewise; all are strings, as many of one
 * as of the other.
 */
redisReply *healthcode_connection_hash(healthcode_connection_t *connection,
    const char *key);
bool healthcode_connection_is_pairs(const redisReply *reply);

/* Prints why the connection failed, or reply if it is not NULL. */
healthcode_exit_e healthcode_connection_failed(
    const healthcode_connection_t *connection, const redisReply *reply);

/* Waits for the replicas of --wait; prints a message if they are too few. */
healthcode_exit_e healthcode_connection_wait(
    healthcode_connection_t *connection);

#endif
