/*
 * The nodes of a Redis Cluster behind one connection: who has a key, and what
 * to do when that changes.  Knows no flags.  docs/operations.md, "Cluster".
 */

#include <openssl/crypto.h>
#include <stdlib.h>
#include <time.h>

#include "healthcode_file.h"
#include "healthcode_keys.h"
#include "healthcode_nodes.h"
#include "healthcode_script.h"
#include "redis/healthcode_redirect.h"
#include "redis/healthcode_risk_codec.h"


/* How often a command is sent; the pauses between double from the first on. */
#define HEALTHCODE_NODES_TRIES  8
#define HEALTHCODE_NODES_PARTS  5      /* if its keys can be written alone */
#define HEALTHCODE_NODES_PAUSE  10     /* ms */


typedef struct {
    healthcode_cluster_address_t   address;
    redisContext                  *redis;
    bool                           is_written;
    healthcode_connection_proof_t  role;
    healthcode_connection_proof_t  policy;
} healthcode_node_t;

struct healthcode_nodes_s {
    healthcode_url_t             url;         /* its host: of the next node */
    healthcode_secure_options_t  secure;
    healthcode_str_t             password;    /* handshake has a view of it */
    healthcode_handshake_t       handshake;
    healthcode_cluster_map_t     map;
    int                          at;          /* the node asked last, or -1 */
    int                          n;
    healthcode_node_t            nodes[HEALTHCODE_NODES_MAX];
};

/* One command, on its way. */
typedef struct {
    const char                   *key;
    int                           argc;
    const char                  **argv;
    const size_t                 *lens;
    healthcode_connection_how_e   how;
    unsigned                      tries;
    healthcode_redirect_t         to;
} healthcode_nodes_call_t;


static healthcode_exit_e healthcode_nodes_seed(
    healthcode_connection_t *connection);
static healthcode_exit_e healthcode_nodes_ask_map(
    healthcode_connection_t *connection, redisContext *redis,
    const char *host);
static healthcode_exit_e healthcode_nodes_prove(
    healthcode_connection_t *connection);
static int healthcode_nodes_go(healthcode_connection_t *connection,
    const healthcode_cluster_address_t *address);
static bool healthcode_nodes_connect(healthcode_connection_t *connection,
    healthcode_node_t  *node);
static bool healthcode_nodes_turn(healthcode_connection_t *connection,
    healthcode_nodes_call_t  *call, healthcode_redirect_e kind,
    redisReply              **reply);
static bool healthcode_nodes_moved(healthcode_connection_t *connection,
    const healthcode_nodes_call_t  *call);
static redisReply *healthcode_nodes_follow(
    healthcode_connection_t        *connection,
    const healthcode_nodes_call_t  *call);
static redisReply *healthcode_nodes_touch(
    healthcode_connection_t *connection, const char *key);
static healthcode_redirect_e healthcode_nodes_kind(
    const healthcode_nodes_t  *cluster, const redisReply *reply,
    healthcode_redirect_t     *to);
static void healthcode_nodes_pause(unsigned tries);


healthcode_exit_e
healthcode_nodes_open(healthcode_connection_t *connection,
    const healthcode_secure_options_t *secure, const healthcode_url_t *url,
    const healthcode_handshake_t *handshake)
{
    uint8_t             *password;
    healthcode_exit_e    rc;
    healthcode_nodes_t  *cluster;

    cluster = calloc(1, sizeof(healthcode_nodes_t));
    password = malloc(handshake->password.len + 1);

    if (cluster == NULL || password == NULL) {
        free(cluster);
        free(password);
        return healthcode_output_failed("no memory");
    }

    memcpy(password, handshake->password.len ? handshake->password.data
                                             : (const uint8_t *) "",
           handshake->password.len);

    cluster->url = *url;
    cluster->secure = *secure;
    cluster->password = healthcode_str_from(password, handshake->password.len);
    cluster->handshake = *handshake;
    cluster->handshake.user = healthcode_str_from(cluster->url.user,
                                                  strlen(cluster->url.user));

    if (handshake->password.data) {
        cluster->handshake.password = cluster->password;
    }

    cluster->at = -1;
    healthcode_cluster_map_init(&cluster->map);
    connection->cluster = cluster;

    rc = healthcode_nodes_seed(connection);

    return (rc == HEALTHCODE_EXIT_OK) ? healthcode_nodes_prove(connection)
                                      : rc;
}


void
healthcode_nodes_close(healthcode_connection_t *connection)
{
    healthcode_nodes_t  *cluster = connection->cluster;

    for (int i = 0; i < cluster->n; i++) {
        redisFree(cluster->nodes[i].redis);
    }

    healthcode_file_free(&cluster->password);
    OPENSSL_cleanse(cluster, sizeof(healthcode_nodes_t));
    free(cluster);

    connection->cluster = NULL;
    connection->redis = NULL;
}


/* The first node that says its map; it may be a replica. */
static healthcode_exit_e
healthcode_nodes_seed(healthcode_connection_t *connection)
{
    healthcode_exit_e       rc = HEALTHCODE_EXIT_FAILED;
    healthcode_nodes_t     *cluster = connection->cluster;
    healthcode_handshake_t  handshake = cluster->handshake;

    handshake.role_unchecked = true;
    handshake.evicting_ok = true;

    for (size_t i = 0; rc != HEALTHCODE_EXIT_OK
                       && healthcode_url_host(&cluster->url, i); i++)
    {
        if (i > 0) {
            healthcode_output_warn("--redis: the next node is asked");
        }

        rc = healthcode_connection_reach(connection, &cluster->secure,
                                         &cluster->url, &handshake);

        if (rc == HEALTHCODE_EXIT_OK) {
            rc = healthcode_nodes_ask_map(connection, connection->redis,
                                          cluster->url.host);
        }

        redisFree(connection->redis);
        connection->redis = NULL;
    }

    return rc;
}


/* The map stays as it was if the node does not say a better one. */
static healthcode_exit_e
healthcode_nodes_ask_map(healthcode_connection_t *connection,
    redisContext *redis, const char *host)
{
    redisReply  *reply = redisCommand(redis, "CLUSTER SLOTS");
    const char  *fault;

    if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
        fault = reply ? reply->str : redis->errstr;

    } else {
        fault = healthcode_cluster_map_read(&connection->cluster->map, reply,
                                     healthcode_str_from(host, strlen(host)));
    }

    if (fault) {
        healthcode_output_failed("--redis: the node %s does not say its map "
                                 "(CLUSTER SLOTS): %s", host, fault);
    }

    freeReplyObject(reply);

    return fault ? HEALTHCODE_EXIT_FAILED : HEALTHCODE_EXIT_OK;
}


/* As a handshake does with one server; and role and policy are this node's. */
static healthcode_exit_e
healthcode_nodes_prove(healthcode_connection_t *connection)
{
    bool                            is_kept;
    unsigned                        last;
    redisReply                     *reply;
    const char                     *args[] = {
        "HGETALL", HEALTHCODE_KEYS_META
    };
    healthcode_nodes_t             *cluster = connection->cluster;
    healthcode_connection_proof_t  *meta;

    reply = healthcode_nodes_ask(connection, HEALTHCODE_KEYS_META, 2, args,
                                 NULL, HEALTHCODE_CONNECTION_READS);

    if (reply == NULL) {
        return healthcode_connection_failed(connection, NULL);
    }

    last = healthcode_handshake_replies(&cluster->handshake) - 1;
    meta = &connection->proofs[HEALTHCODE_CONNECTION_META];
    meta->reason = healthcode_handshake_read(&cluster->handshake, last, reply,
                                             meta->error, sizeof(meta->error));

    if ((meta->reason == HEALTHCODE_REASON_STORE_UNAVAILABLE
         || meta->reason == HEALTHCODE_REASON_STORE_AUTH)
        && !connection->may_refuse)
    {
        (void) healthcode_connection_failed(connection, reply);
        freeReplyObject(reply);
        return HEALTHCODE_EXIT_FAILED;
    }

    is_kept = (meta->reason != HEALTHCODE_REASON_OK
               && meta->reason != HEALTHCODE_REASON_STORE_PEPPER)
              || healthcode_connection_keep(connection,
                                        healthcode_risk_codec_instance(reply));
    freeReplyObject(reply);

    return is_kept ? HEALTHCODE_EXIT_OK
                   : healthcode_output_failed("no memory");
}


const healthcode_cluster_map_t *
healthcode_nodes_map(const healthcode_connection_t *connection)
{
    return &connection->cluster->map;
}


/* ---- nodes ---- */

/* The number of the node at address, to which we are connected; -1: not. */
static int
healthcode_nodes_go(healthcode_connection_t *connection,
    const healthcode_cluster_address_t *address)
{
    int                  i;
    healthcode_nodes_t  *cluster = connection->cluster;
    healthcode_node_t   *node;

    connection->redis = NULL;
    cluster->at = -1;

    for (i = 0; i < cluster->n; i++) {
        if (healthcode_cluster_address_is(&cluster->nodes[i].address,
                                          address))
        {
            break;
        }
    }

    if (i == HEALTHCODE_NODES_MAX) {
        healthcode_output_failed("--redis: the cluster has had more than %d "
                                 "masters while this ran; run it again",
                                 HEALTHCODE_NODES_MAX);
        return -1;
    }

    node = &cluster->nodes[i];

    if (i == cluster->n) {
        node->address = *address;
        cluster->n++;
    }

    if (node->redis == NULL && !healthcode_nodes_connect(connection, node)) {
        return -1;
    }

    connection->redis = node->redis;
    connection->proofs[HEALTHCODE_CONNECTION_ROLE] = node->role;
    connection->proofs[HEALTHCODE_CONNECTION_POLICY] = node->policy;
    cluster->at = i;

    return i;
}


static bool
healthcode_nodes_connect(healthcode_connection_t *connection,
    healthcode_node_t *node)
{
    healthcode_exit_e               rc;
    healthcode_nodes_t             *cluster = connection->cluster;
    healthcode_connection_proof_t  *role;

    snprintf(cluster->url.host, sizeof(cluster->url.host), "%s",
             node->address.host);
    cluster->url.port = node->address.port;

    rc = healthcode_connection_reach(connection, &cluster->secure,
                                     &cluster->url, &cluster->handshake);
    role = &connection->proofs[HEALTHCODE_CONNECTION_ROLE];

    if (rc == HEALTHCODE_EXIT_OK && !connection->may_refuse
        && role->reason != HEALTHCODE_REASON_OK)
    {
        rc = healthcode_output_failed("--redis: nothing was done: %s, port "
                                      "%u: %s", node->address.host,
                                      (unsigned) node->address.port,
                                      role->error);
    }

    if (rc != HEALTHCODE_EXIT_OK) {
        redisFree(connection->redis);
        connection->redis = NULL;
        return false;
    }

    node->redis = connection->redis;
    node->role = *role;
    node->policy = connection->proofs[HEALTHCODE_CONNECTION_POLICY];

    return true;
}


size_t
healthcode_nodes_masters(const healthcode_connection_t *connection)
{
    return connection->cluster->map.n;
}


healthcode_exit_e
healthcode_nodes_use(healthcode_connection_t *connection, size_t i)
{
    healthcode_cluster_address_t  address;

    /* the map may change under it */
    address = connection->cluster->map.masters[i].address;

    return healthcode_nodes_go(connection, &address) == -1
           ? HEALTHCODE_EXIT_FAILED : HEALTHCODE_EXIT_OK;
}


int
healthcode_nodes_route(healthcode_connection_t *connection, const char *key)
{
    size_t                              tag;
    healthcode_cluster_address_t        address;
    const healthcode_cluster_master_t  *master = NULL;

    tag = healthcode_slot_of(healthcode_str_from(key, strlen(key)));

    if (tag < HEALTHCODE_SLOT_TAGS) {
        master = healthcode_cluster_map_master(&connection->cluster->map, tag);
    }

    if (master == NULL) {
        connection->redis = NULL;
        healthcode_output_failed("--redis: no node of the cluster has %s; "
                                 "\"redis-cli --cluster check\" names slots "
                                 "that nobody has", key);
        return -1;
    }

    address = master->address;

    return healthcode_nodes_go(connection, &address);
}


redisContext *
healthcode_nodes_redis(const healthcode_connection_t *connection, int number)
{
    return connection->cluster->nodes[number].redis;
}


void
healthcode_nodes_wrote(healthcode_connection_t *connection, int number)
{
    connection->cluster->nodes[number].is_written = true;
}


bool
healthcode_nodes_written(healthcode_connection_t *connection, size_t i)
{
    healthcode_nodes_t  *cluster = connection->cluster;

    if ((int) i >= cluster->n) {
        return false;
    }

    connection->redis = cluster->nodes[i].is_written ? cluster->nodes[i].redis
                                                     : NULL;
    return true;
}


/* ---- one command ---- */

redisReply *
healthcode_nodes_ask(healthcode_connection_t *connection, const char *key,
    int argc, const char **argv, const size_t *lens,
    healthcode_connection_how_e how)
{
    redisReply              *reply = NULL;
    healthcode_nodes_t      *cluster = connection->cluster;
    healthcode_redirect_e    kind;
    healthcode_nodes_call_t  call = { key, argc, argv, lens, how, 0,
                                         { .slot = 0 } };

    if (healthcode_nodes_route(connection, key) == -1) {
        return NULL;
    }

    for ( ;; ) {
        reply = redisCommandArgv(connection->redis, argc, argv, lens);

        if (reply == NULL) {
            return NULL;
        }

        kind = healthcode_nodes_kind(cluster, reply, &call.to);

        if (!healthcode_nodes_turn(connection, &call, kind, &reply)) {
            break;
        }
    }

    if (reply && reply->type != REDIS_REPLY_ERROR && cluster->at != -1
        && how != HEALTHCODE_CONNECTION_READS)
    {
        cluster->nodes[cluster->at].is_written = true;
    }

    return reply;
}


/*
 * Whether the command is to be sent again, to connection->redis; then its reply
 * is freed.
 */
static bool
healthcode_nodes_turn(healthcode_connection_t *connection,
    healthcode_nodes_call_t  *call, healthcode_redirect_e kind,
    redisReply **reply)
{
    bool      parts = call->how == HEALTHCODE_CONNECTION_PARTS;
    unsigned  most = HEALTHCODE_NODES_TRIES;

    if (parts && kind == HEALTHCODE_REDIRECT_TRYAGAIN) {
        most = HEALTHCODE_NODES_PARTS;
    }

    if (kind == HEALTHCODE_REDIRECT_NONE || kind == HEALTHCODE_REDIRECT_BROKEN
        || (parts && kind == HEALTHCODE_REDIRECT_ASK)
        || call->tries == most)
    {
        return false;
    }

    freeReplyObject(*reply);
    *reply = NULL;

    if (kind == HEALTHCODE_REDIRECT_ASK) {
        *reply = healthcode_nodes_follow(connection, call);

        if (*reply == NULL
            ? connection->redis == NULL || connection->redis->err
            : !healthcode_nodes_is_elsewhere(*reply))
        {
            return false;
        }

        /* the slot has arrived, or came back, or its keys are on two nodes */
        freeReplyObject(*reply);
        *reply = NULL;

    } else if (kind == HEALTHCODE_REDIRECT_MOVED
               || kind == HEALTHCODE_REDIRECT_READONLY)
    {
        if (!healthcode_nodes_moved(connection, call)) {
            return false;
        }

        if (kind == HEALTHCODE_REDIRECT_MOVED) {
            call->tries++;
            return true;
        }
    }

    healthcode_nodes_pause(call->tries++);

    return healthcode_nodes_route(connection, call->key) != -1;
}


/*
 * Asks who MOVED names for the map, and makes it the node that is asked: others
 * may not have heard of it.  False: it cannot be reached.
 */
static bool
healthcode_nodes_moved(healthcode_connection_t *connection,
    const healthcode_nodes_call_t *call)
{
    if (call->to.address.port
        && healthcode_nodes_go(connection, &call->to.address) == -1)
    {
        return false;
    }

    (void) healthcode_nodes_ask_map(connection, connection->redis,
                                    connection->redis->tcp.host);
    return true;
}


/*
 * The answer of the node that ASK has named, for this command alone.  Whoever
 * has read at the source that there is no such key does not hear of what is
 * written elsewhere: so the proof is written there first, as it is, by which
 * all that was read is forgotten.  NULL: there is none; or, while the node is
 * well, the slot is not on its way any more.
 */
static redisReply *
healthcode_nodes_follow(healthcode_connection_t *connection,
    const healthcode_nodes_call_t *call)
{
    bool         is_touched;
    redisReply  *reply;

    if (call->how != HEALTHCODE_CONNECTION_READS) {

        reply = healthcode_nodes_touch(connection, call->key);

        if (reply == NULL) {
            return NULL;
        }

        /* a proof that has gone ahead was forgotten when it went */
        is_touched = healthcode_nodes_is_elsewhere(reply)
                     || (reply->type == REDIS_REPLY_INTEGER
                         && reply->integer == 1);

        if (!is_touched && reply->type == REDIS_REPLY_ERROR) {
            return reply;
        }

        freeReplyObject(reply);

        if (!is_touched) {
            return NULL;
        }
    }

    if (healthcode_nodes_go(connection, &call->to.address) == -1) {
        return NULL;
    }

    reply = redisCommand(connection->redis, "ASKING");

    if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
        return reply;
    }

    freeReplyObject(reply);

    return redisCommandArgv(connection->redis, call->argc, call->argv,
                            call->lens);
}


/* At the node asked last, with the source: nobody knows who has seen it. */
static redisReply *
healthcode_nodes_touch(healthcode_connection_t *connection, const char *key)
{
    char                  name[HEALTHCODE_KEYS_MAX];
    redisReply           *reply;
    healthcode_script_t   script;

    (void) healthcode_keys_proof_of(key, name);

    healthcode_script_init(&script, "proof-touch", 1);
    healthcode_script_add_text(&script, name);

    if (!healthcode_script_append(&script, connection, true)
        || redisGetReply(connection->redis, (void **) &reply) != REDIS_OK)
    {
        return NULL;
    }

    return reply;
}


/* ---- what answers say ---- */

static healthcode_redirect_e
healthcode_nodes_kind(const healthcode_nodes_t *cluster,
    const redisReply *reply, healthcode_redirect_t *to)
{
    const char  *host = "";

    if (cluster->at != -1) {
        host = cluster->nodes[cluster->at].address.host;
    }

    memset(to, 0, sizeof(healthcode_redirect_t));

    return healthcode_redirect_read(reply,
                                    healthcode_str_from(host, strlen(host)),
                                    to);
}


bool
healthcode_nodes_is_parted(const redisReply *reply)
{
    healthcode_redirect_t  to;
    healthcode_redirect_e  kind;

    kind = healthcode_redirect_read(reply, healthcode_str("-"), &to);

    return kind == HEALTHCODE_REDIRECT_ASK
           || kind == HEALTHCODE_REDIRECT_TRYAGAIN;
}


bool
healthcode_nodes_is_elsewhere(const redisReply *reply)
{
    healthcode_redirect_t  to;

    return healthcode_redirect_read(reply, healthcode_str("-"), &to)
           != HEALTHCODE_REDIRECT_NONE;
}


const char *
healthcode_nodes_advice(const redisReply *reply)
{
    healthcode_redirect_t  to;

    switch (healthcode_redirect_read(reply, healthcode_str("-"), &to)) {

    case HEALTHCODE_REDIRECT_NONE:
        return "";

    case HEALTHCODE_REDIRECT_DOWN:
        return "; a slot has no master, or this node does not see the others: "
               "\"redis-cli --cluster check\" says which";

    case HEALTHCODE_REDIRECT_LOADING:
        return "; run it again when the node has read its data";

    default:
        return "; the slot is on its way to another node; run it again when "
               "it has arrived";
    }
}


static void
healthcode_nodes_pause(unsigned tries)
{
    long             ms = HEALTHCODE_NODES_PAUSE << tries;
    struct timespec  pause = { ms / 1000, ms % 1000 * 1000000 };

    (void) nanosleep(&pause, NULL);
}
