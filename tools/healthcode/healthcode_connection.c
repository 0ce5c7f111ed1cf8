/*
 * One blocking connection to a store, which has to prove itself before
 * anything is written.  Knows no flags.  docs/redis-keys.md, "Handshake".
 */

#include <openssl/crypto.h>
#include <stdlib.h>

#include "healthcode_connection.h"
#include "healthcode_file.h"
#include "healthcode_former.h"
#include "healthcode_nodes.h"
#include "healthcode_sentinels.h"
#include "redis/healthcode_risk_codec.h"


#define HEALTHCODE_CONNECTION_TIMEOUT   5000        /* ms */
#define HEALTHCODE_CONNECTION_WAIT_MAX  1000        /* replicas */

/* How long past its own time a WAIT may take to answer, ms. */
#define HEALTHCODE_CONNECTION_GRACE     1000


static bool healthcode_connection_url(
    const healthcode_connection_options_t *options, healthcode_url_t *url);
static bool healthcode_connection_terms(
    const healthcode_connection_options_t *options,
    healthcode_handshake_t *handshake);
static healthcode_exit_e healthcode_connection_read_options(
    const healthcode_connection_options_t *options,
    healthcode_connection_t *connection);
static healthcode_exit_e healthcode_connection_password(
    const healthcode_connection_options_t *options,
    const healthcode_url_t *url, healthcode_str_t *password);
static healthcode_exit_e healthcode_connection_go(
    const healthcode_connection_options_t *options, healthcode_url_t *url,
    healthcode_handshake_t *handshake, healthcode_connection_t *connection);
static bool healthcode_connection_connect(const healthcode_url_t *url,
    healthcode_connection_t *connection);
static struct timeval healthcode_connection_timeval(int64_t milliseconds);
static healthcode_exit_e healthcode_connection_shake(
    healthcode_connection_t *connection,
    const healthcode_handshake_t *handshake);
static healthcode_exit_e healthcode_connection_take(
    healthcode_connection_t *connection,
    const healthcode_handshake_t *handshake, unsigned i);
static bool healthcode_connection_is_node(const redisReply *hello);
static redisReply *healthcode_connection_take_value(
    const healthcode_connection_t *connection, redisReply *reply);
static healthcode_exit_e healthcode_connection_wait_here(
    healthcode_connection_t *connection);
static const char *healthcode_connection_instead(
    const healthcode_handshake_t *handshake, unsigned i);


healthcode_exit_e
healthcode_connection_open(const healthcode_connection_options_t *options,
    healthcode_connection_t *connection)
{
    healthcode_str_t        password = { NULL, 0 };
    healthcode_url_t        url;
    healthcode_exit_e       rc;
    healthcode_handshake_t  handshake = { .pepper_check = connection->check };

    memset(connection, 0, sizeof(healthcode_connection_t));

    if (!healthcode_connection_url(options, &url)
        || !healthcode_connection_terms(options, &handshake))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    if (options->user
        && (size_t) snprintf(url.user, sizeof(url.user), "%s", options->user)
           >= sizeof(url.user))
    {
        return healthcode_output_usage("--user: it is too long");
    }

    /* sentinels name the master by its address; nodes may have names */

    if (url.cluster) {
        (void) healthcode_url_host(&url, 0);
    }

    if (!healthcode_secure_check(&options->secure, url.tls,
                                 url.master[0] ? "127.0.0.1" : url.host))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    if (!url.master[0]
        && (options->sentinel_user || options->sentinel_password_file))
    {
        return healthcode_output_usage("--redis: there are no sentinels in "
                                       "this URL; write sentinel://, or leave "
                                       "--sentinel-user and "
                                       "--sentinel-password-file out");
    }

    rc = healthcode_connection_read_options(options, connection);
    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    rc = healthcode_connection_password(options, &url, &password);
    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    /* what is not asked for is not in doubt */

    if (handshake.role_unchecked) {
        connection->proofs[HEALTHCODE_CONNECTION_ROLE].reason =
            HEALTHCODE_REASON_OK;
    }

    if (handshake.evicting_ok) {
        connection->proofs[HEALTHCODE_CONNECTION_POLICY].reason =
            HEALTHCODE_REASON_OK;
    }

    connection->may_refuse = options->may_refuse;
    connection->is_unix = (url.path[0] != '\0');
    connection->is_resp2 = handshake.resp2;
    connection->has_password = (password.data != NULL);
    snprintf(connection->user, sizeof(connection->user), "%s",
             url.user[0] ? url.user : "default");

    handshake.user = healthcode_str_from(url.user, strlen(url.user));
    handshake.password = healthcode_str_chomp(password);
    handshake.database = url.database;

    rc = healthcode_connection_go(options, &url, &handshake, connection);

    healthcode_file_free(&password);
    OPENSSL_cleanse(&url, sizeof(url));

    return rc;
}


/* To the server, to the one that sentinels name, or to nodes of a cluster. */
static healthcode_exit_e
healthcode_connection_go(const healthcode_connection_options_t *options,
    healthcode_url_t *url, healthcode_handshake_t *handshake,
    healthcode_connection_t *connection)
{
    healthcode_exit_e  rc = HEALTHCODE_EXIT_OK;

    if (url->cluster) {
        return healthcode_nodes_open(connection, &options->secure, url,
                                     handshake);
    }

    if (url->master[0]) {
        rc = healthcode_sentinels_find(&options->secure,
                                       options->sentinel_user,
                                       options->sentinel_password_file,
                                       connection->timeout, url);
    }

    return rc == HEALTHCODE_EXIT_OK
           ? healthcode_connection_reach(connection, &options->secure, url,
                                         handshake)
           : rc;
}


healthcode_exit_e
healthcode_connection_reach(healthcode_connection_t *connection,
    const healthcode_secure_options_t *secure, const healthcode_url_t *url,
    const healthcode_handshake_t *handshake)
{
    return healthcode_connection_connect(url, connection)
           && (!url->tls
               || healthcode_secure_start(connection->redis, secure,
                                          url->host))
           ? healthcode_connection_shake(connection, handshake)
           : HEALTHCODE_EXIT_FAILED;
}


/* Where --redis leads, or else the environment. */
static bool
healthcode_connection_url(const healthcode_connection_options_t *options,
    healthcode_url_t *url)
{
    const char  *name = "--redis", *text = options->redis;

    if (text == NULL) {
        name = "REDIS_URL";
        text = getenv(name);
    }

    if (text == NULL || *text == '\0') {
        healthcode_output_usage("--redis is missing; write --redis URL, or set "
                                "REDIS_URL");
        return false;
    }

    return healthcode_url_parse(name, text, url);
}


/* As the lines of a store say it to gates. */
static bool
healthcode_connection_terms(const healthcode_connection_options_t *options,
    healthcode_handshake_t *handshake)
{
    handshake->evicting_ok = !options->asks_policy;

    if (!healthcode_connection_role(options->role,
                                    &handshake->role_unchecked))
    {
        return false;
    }

    if (options->protocol) {
        handshake->resp2 = (strcmp(options->protocol, "resp2") == 0);

        if (!handshake->resp2 && strcmp(options->protocol, "resp3") != 0) {
            healthcode_output_usage("--protocol: write resp3, or resp2 if the "
                                    "server refuses HELLO");
            return false;
        }
    }

    return true;
}


bool
healthcode_connection_role(const char *role, bool *unchecked)
{
    *unchecked = role && strcmp(role, "unchecked") == 0;

    if (role == NULL || *unchecked || strcmp(role, "master") == 0) {
        return true;
    }

    healthcode_output_usage("--role: write master, or unchecked if the server "
                            "refuses ROLE");
    return false;
}


redisContext *
healthcode_connection_stranger(const healthcode_connection_options_t *options,
    const healthcode_connection_t *connection)
{
    bool                     tls;
    healthcode_url_t         url;
    healthcode_connection_t  stranger = { .timeout = connection->timeout };

    if (!healthcode_connection_url(options, &url)) {
        return NULL;
    }

    tls = url.tls;
    OPENSSL_cleanse(&url, sizeof(url));

    /* sentinels, or other nodes, may have said where it is */
    snprintf(url.host, sizeof(url.host), "%s", connection->redis->tcp.host);
    url.port = connection->redis->tcp.port;
    url.path[0] = '\0';

    if (!healthcode_connection_connect(&url, &stranger)
        || (tls && !healthcode_secure_start(stranger.redis, &options->secure,
                                            url.host)))
    {
        redisFree(stranger.redis);
        return NULL;
    }

    return stranger.redis;
}


void
healthcode_connection_close(healthcode_connection_t *connection)
{
    if (connection->cluster) {
        healthcode_nodes_close(connection);

    } else if (connection->redis) {
        redisFree(connection->redis);
    }

    healthcode_pepper_free(connection->pepper);
    free((void *) connection->instance.data);
    memset(connection, 0, sizeof(healthcode_connection_t));
}


static healthcode_exit_e
healthcode_connection_read_options(
    const healthcode_connection_options_t *options,
    healthcode_connection_t *connection)
{
    connection->timeout = HEALTHCODE_CONNECTION_TIMEOUT;

    if (options->timeout
        && !healthcode_options_duration("--timeout", options->timeout,
                                        &connection->timeout))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    if (connection->timeout < 1 || connection->timeout > 3600000) {
        return healthcode_output_usage("--timeout: write a time of 1ms to 1h");
    }

    if (options->wait
        && !healthcode_options_number("--wait", options->wait,
                                      HEALTHCODE_CONNECTION_WAIT_MAX,
                                      &connection->wait))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    if (options->pepper_file == NULL) {
        return HEALTHCODE_EXIT_OK;
    }

    connection->pepper = healthcode_subject_pepper(options->pepper_file);

    if (connection->pepper == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    if (!healthcode_pepper_check(connection->pepper, connection->check)) {
        return healthcode_output_failed("OpenSSL cannot compute an HMAC");
    }

    return HEALTHCODE_EXIT_OK;
}


/* The nearest source wins: a file, the URL, the environment. */
static healthcode_exit_e
healthcode_connection_password(const healthcode_connection_options_t *options,
    const healthcode_url_t *url, healthcode_str_t *password)
{
    const char  *value = getenv("REDISCLI_AUTH");

    if (options->password_file) {
        return healthcode_file_read("--password-file", options->password_file,
                                    password)
               ? HEALTHCODE_EXIT_OK : HEALTHCODE_EXIT_FAILED;
    }

    if (url->password[0]) {
        value = url->password;
    }

    if (value == NULL) {
        if (url->user[0]) {
            return healthcode_output_usage("the user \"%s\" has no password; "
                                   "write --password-file FILE, "
                                   "or set REDISCLI_AUTH", url->user);
        }

        return HEALTHCODE_EXIT_OK;
    }

    *password = healthcode_str_from(strdup(value), strlen(value));

    return password->data ? HEALTHCODE_EXIT_OK : HEALTHCODE_EXIT_FAILED;
}


static bool
healthcode_connection_connect(const healthcode_url_t *url,
    healthcode_connection_t *connection)
{
    redisContext    *redis;
    redisOptions     options = { .type = REDIS_CONN_TCP };
    struct timeval   timeout;

    timeout = healthcode_connection_timeval(connection->timeout);
    options.connect_timeout = &timeout;
    options.command_timeout = &timeout;

    if (url->path[0]) {
        REDIS_OPTIONS_SET_UNIX(&options, url->path);
    } else {
        REDIS_OPTIONS_SET_TCP(&options, url->host, url->port);
    }

    redis = redisConnectWithOptions(&options);
    connection->redis = redis;

    if (redis && redis->err == 0) {
        return true;
    }

    if (connection->cluster) {
        healthcode_output_failed("--redis: cannot connect to the node %s, port "
                                 "%d: %s; is Redis running there?", url->host,
                                 url->port,
                                 redis ? redis->errstr : "no memory");
        return false;
    }

    healthcode_output_failed("--redis: cannot connect to %s: %s; is Redis "
                             "running there?",
                             url->path[0] ? url->path : url->host,
                             redis ? redis->errstr : "no memory");
    return false;
}


static struct timeval
healthcode_connection_timeval(int64_t milliseconds)
{
    return (struct timeval) {
        .tv_sec = (time_t) (milliseconds / 1000),
        .tv_usec = (suseconds_t) (milliseconds % 1000 * 1000)
    };
}


static healthcode_exit_e
healthcode_connection_shake(healthcode_connection_t *connection,
    const healthcode_handshake_t *handshake)
{
    bool                    ok;
    unsigned                i;
    healthcode_exit_e       rc = HEALTHCODE_EXIT_OK;
    healthcode_redis_buf_t  buf = { NULL, 0, 0 };

    ok = healthcode_handshake_format(handshake, &buf)
         && redisAppendFormattedCommand(connection->redis, buf.data, buf.len)
            == REDIS_OK;

    if (buf.data) {
        OPENSSL_cleanse(buf.data, buf.len);
    }

    healthcode_redis_buf_free(&buf);

    if (!ok) {
        return healthcode_output_failed("no memory");
    }

    for (i = 0; i < healthcode_handshake_replies(handshake); i++) {
        if (rc == HEALTHCODE_EXIT_OK) {
            rc = healthcode_connection_take(connection, handshake, i);
        }
    }

    return rc;
}


/*
 * Takes reply i.  A proof that the user may not ask for is a failure, or like
 * one that does not hold.
 */
static healthcode_exit_e
healthcode_connection_take(healthcode_connection_t *connection,
    const healthcode_handshake_t *handshake, unsigned i)
{
    bool                            refused, kept = true;
    char                            error[HEALTHCODE_CONNECTION_ERROR_MAX] = "";
    redisReply                     *reply;
    const char                     *instead;
    healthcode_reason_e             reason;
    healthcode_handshake_proof_e    which;
    healthcode_connection_proof_t  *proof;

    if (redisGetReply(connection->redis, (void **) &reply) != REDIS_OK) {
        return healthcode_connection_failed(connection, NULL);
    }

    which = healthcode_handshake_proof(handshake, i);

    if (connection->cluster
        && (which == HEALTHCODE_CONNECTION_META
            || healthcode_connection_is_node(reply)))
    {
        /* another node may have this proof */
        freeReplyObject(reply);
        return HEALTHCODE_EXIT_OK;
    }

    if (healthcode_connection_is_node(reply)) {
        freeReplyObject(reply);
        return healthcode_output_failed("--redis: it is a node of a cluster, "
                                        "and has only some of the flags; "
                                        "write cluster:// in place of "
                                        "redis://");
    }

    reason = healthcode_handshake_read(handshake, i, reply, error,
                                       sizeof(error));
    refused = reply->type == REDIS_REPLY_ERROR
              && (which == HEALTHCODE_CONNECTION_POLICY
                  || (connection->may_refuse
                      && which != HEALTHCODE_CONNECTION_PROOFS));
    instead = healthcode_refusal_is_command(reply)
              ? healthcode_connection_instead(handshake, i) : "";

    if (which == HEALTHCODE_CONNECTION_META
        && (reason == HEALTHCODE_REASON_OK
            || reason == HEALTHCODE_REASON_STORE_PEPPER))
    {
        kept = healthcode_connection_keep(connection,
                                         healthcode_risk_codec_instance(reply));
        connection->former = healthcode_former_is_named(reply)
                             ? HEALTHCODE_FORMER_ALSO : HEALTHCODE_FORMER_NONE;
    }

    freeReplyObject(reply);

    if (!kept) {
        return healthcode_output_failed("no memory");
    }

    if ((reason == HEALTHCODE_REASON_STORE_UNAVAILABLE
         || reason == HEALTHCODE_REASON_STORE_AUTH)
        && !refused)
    {
        return healthcode_output_failed("--redis: %s%s%s", error,
                                        strstr(error, "NOAUTH")
                                        || strstr(error, "WRONGPASS")
                                        ? "; name the user in the URL and the "
                                          "password by --password-file" : "",
                                        instead);
    }

    if (which != HEALTHCODE_CONNECTION_PROOFS) {
        proof = &connection->proofs[which];
        proof->reason = reason;
        memcpy(proof->error, error, sizeof(error));
    }

    return HEALTHCODE_EXIT_OK;
}


bool
healthcode_connection_keep(healthcode_connection_t *connection,
    healthcode_str_t instance)
{
    uint8_t  *copy = malloc(instance.len + 1);

    if (copy == NULL) {
        return false;
    }

    memcpy(copy, instance.data, instance.len);
    connection->instance = healthcode_str_from(copy, instance.len);

    return true;
}


/* HELLO says so; with --protocol resp2 nobody does before MOVED. */
static bool
healthcode_connection_is_node(const redisReply *hello)
{
    if (hello->type != REDIS_REPLY_MAP) {
        return false;
    }

    for (size_t i = 0; i + 1 < hello->elements; i += 2) {
        if (hello->element[i]->type == REDIS_REPLY_STRING
            && strcmp(hello->element[i]->str, "mode") == 0)
        {
            return hello->element[i + 1]->type == REDIS_REPLY_STRING
                   && strcmp(hello->element[i + 1]->str, "cluster") == 0;
        }
    }

    return false;
}


/* What to write if the command of reply i is not to be had. */
static const char *
healthcode_connection_instead(const healthcode_handshake_t *handshake,
    unsigned i)
{
    if (healthcode_handshake_proof(handshake, i)
        == HEALTHCODE_CONNECTION_ROLE)
    {
        return "; give the right +role, or write --role unchecked";
    }

    return (i == 0 && !handshake->resp2) ? "; write --protocol resp2" : "";
}


/* Without a pepper at hand the store cannot have another one. */
healthcode_exit_e
healthcode_connection_open_proven(
    const healthcode_connection_options_t *options,
    healthcode_connection_t *connection)
{
    healthcode_exit_e               rc;
    healthcode_former_proof_e       former = HEALTHCODE_FORMER_ABSENT;
    healthcode_connection_proof_t  *role, *meta;

    rc = healthcode_connection_open(options, connection);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    role = &connection->proofs[HEALTHCODE_CONNECTION_ROLE];
    meta = &connection->proofs[HEALTHCODE_CONNECTION_META];

    if (role->reason != HEALTHCODE_REASON_OK) {
        return healthcode_output_failed("--redis: nothing was done: %s",
                                        role->error);
    }

    if (meta->reason == HEALTHCODE_REASON_STORE_UNPROVEN
        && connection->cluster == NULL)
    {
        rc = healthcode_former_look(connection, &former);

        if (rc != HEALTHCODE_EXIT_OK) {
            return rc;
        }

        if (former == HEALTHCODE_FORMER_OURS) {
            connection->former = HEALTHCODE_FORMER_ALONE;
        }
    }

    if (meta->reason == HEALTHCODE_REASON_OK
        || former == HEALTHCODE_FORMER_OURS
        || (meta->reason == HEALTHCODE_REASON_STORE_UNPROVEN
            && former != HEALTHCODE_FORMER_PEPPER
            && options->before_init)
        || (meta->reason == HEALTHCODE_REASON_STORE_PEPPER
            && connection->pepper == NULL))
    {
        return HEALTHCODE_EXIT_OK;
    }

    if (meta->reason == HEALTHCODE_REASON_STORE_PEPPER
        || former == HEALTHCODE_FORMER_PEPPER)
    {
        return healthcode_output_failed("--pepper-file: nothing was done: the "
                                "store was initialised with another pepper; "
                                "name the file that the gates use");
    }

    return healthcode_output_failed("--redis: nothing was done: %s%s",
                                    meta->error,
                                    former == HEALTHCODE_FORMER_REFUSED
                                    ? "; if it is a store of schema 1, give "
                                      "the right %R~" HEALTHCODE_FORMER_META
                                    : "");
}


redisReply *
healthcode_connection_command(healthcode_connection_t *connection, int argc,
    const char **argv, const size_t *lens)
{
    return healthcode_connection_take_value(connection,
                redisCommandArgv(connection->redis, argc, argv, lens));
}


redisReply *
healthcode_connection_key(healthcode_connection_t *connection, int argc,
    const char **argv)
{
    return healthcode_connection_take_value(connection,
                healthcode_connection_ask(connection, argv[1], argc, argv,
                                          NULL, HEALTHCODE_CONNECTION_READS));
}


static redisReply *
healthcode_connection_take_value(const healthcode_connection_t *connection,
    redisReply *reply)
{
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
        healthcode_connection_failed(connection, reply);
        freeReplyObject(reply);
        return NULL;
    }

    return reply;
}


redisReply *
healthcode_connection_ask(healthcode_connection_t *connection, const char *key,
    int argc, const char **argv, const size_t *lens,
    healthcode_connection_how_e how)
{
    return connection->cluster
           ? healthcode_nodes_ask(connection, key, argc, argv, lens, how)
           : redisCommandArgv(connection->redis, argc, argv, lens);
}


size_t
healthcode_connection_nodes(const healthcode_connection_t *connection)
{
    return connection->cluster ? healthcode_nodes_masters(connection) : 1;
}


healthcode_exit_e
healthcode_connection_use(healthcode_connection_t *connection, size_t i)
{
    return connection->cluster ? healthcode_nodes_use(connection, i)
                               : HEALTHCODE_EXIT_OK;
}


redisReply *
healthcode_connection_hash(healthcode_connection_t *connection,
    const char *key)
{
    char         name[HEALTHCODE_KEYS_MAX];
    redisReply  *reply;
    const char  *args[] = {
        "HGETALL", healthcode_former_read(connection, key, name)
    };

    reply = healthcode_connection_key(connection, 2, args);

    if (reply && !healthcode_connection_is_pairs(reply)) {
        healthcode_output_failed("the store gave an answer of another shape");
        freeReplyObject(reply);
        return NULL;
    }

    return reply;
}


bool
healthcode_connection_is_pairs(const redisReply *reply)
{
    if ((reply->type != REDIS_REPLY_MAP && reply->type != REDIS_REPLY_ARRAY)
        || reply->elements % 2)
    {
        return false;
    }

    for (size_t i = 0; i < reply->elements; i++) {
        if (reply->element[i]->type != REDIS_REPLY_STRING) {
            return false;
        }
    }

    return true;
}


healthcode_exit_e
healthcode_connection_failed(const healthcode_connection_t *connection,
    const redisReply *reply)
{
    if (reply) {
        return healthcode_output_failed("the store refused: %s%s", reply->str,
                                        connection->cluster
                                        ? healthcode_nodes_advice(reply)
                                        : "");
    }

    /* a node that nobody reached: a message says so */

    if (connection->redis == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    if (healthcode_secure_cause(connection->redis)) {
        return healthcode_output_failed("--redis: %s",
                                        healthcode_secure_cause(
                                            connection->redis));
    }

    if (connection->redis->err == REDIS_ERR_IO) {
        return healthcode_output_failed("the store did not answer: %s; what "
                                        "was under way may or may not be done",
                                        connection->redis->errstr);
    }

    return healthcode_output_failed("the connection to the store broke: %s; "
                                    "what was under way may or may not be done",
                                    connection->redis->errstr);
}


healthcode_exit_e
healthcode_connection_wait(healthcode_connection_t *connection)
{
    size_t             i;
    healthcode_exit_e  rc = HEALTHCODE_EXIT_OK;

    if (connection->wait == 0) {
        return HEALTHCODE_EXIT_OK;
    }

    if (connection->cluster == NULL) {
        return healthcode_connection_wait_here(connection);
    }

    for (i = 0; rc == HEALTHCODE_EXIT_OK
                && healthcode_nodes_written(connection, i); i++)
    {
        if (connection->redis) {
            rc = healthcode_connection_wait_here(connection);
        }
    }

    return rc;
}


static healthcode_exit_e
healthcode_connection_wait_here(healthcode_connection_t *connection)
{
    char             replicas[24], timeout[24];
    redisReply      *reply;
    const char      *args[] = { "WAIT", replicas, timeout };
    long long        n;
    struct timeval   patience;

    snprintf(replicas, sizeof(replicas), "%ld", connection->wait);
    snprintf(timeout, sizeof(timeout), "%lld",
             (long long) connection->timeout);

    patience = healthcode_connection_timeval(connection->timeout
                                             + HEALTHCODE_CONNECTION_GRACE);
    redisSetTimeout(connection->redis, patience);

    reply = healthcode_connection_command(connection, 3, args, NULL);
    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    n = reply->integer;
    freeReplyObject(reply);

    if (n >= connection->wait) {
        return HEALTHCODE_EXIT_OK;
    }

    return healthcode_output_failed("--wait: it is done on the master, but "
                                    "only %lld of %ld replicas acknowledged it "
                                    "within %lld ms; a failover now could lose "
                                    "it, so see to the replicas", n,
                                    connection->wait,
                                    (long long) connection->timeout);
}
