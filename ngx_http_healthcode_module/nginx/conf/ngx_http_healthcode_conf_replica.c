/*
 * The line "replica" of a store: its server is a replica beside the gate.
 * Knows no: request, connection, holder.
 * docs/directives.md, "replica".
 */

#include "ngx_http_healthcode_conf_replica.h"
#include "ngx_http_healthcode_conf_where.h"


/* Milliseconds: ticks are a second apart, and take their time. */
#define NGX_HTTP_HEALTHCODE_REPLICA_LAG_MIN      1500
#define NGX_HTTP_HEALTHCODE_REPLICA_LAG_MAX      60000
#define NGX_HTTP_HEALTHCODE_REPLICA_OFFLINE_MIN  1000
#define NGX_HTTP_HEALTHCODE_REPLICA_OFFLINE_MAX  86400000


static ngx_int_t ngx_http_healthcode_conf_replica_time(const ngx_str_t *word,
    const char *name, ngx_int_t least, ngx_int_t most, int64_t *ms);


char *
ngx_http_healthcode_conf_replica(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                    *value = cf->args->elts;
    ngx_uint_t                    i;
    healthcode_tick_terms_t      *tick;
    ngx_http_healthcode_store_t  *store = conf;

    tick = &store->handshake.tick;

    if (tick->lag) {
        return "is duplicate";
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if ((tick->lag == 0
             && ngx_http_healthcode_conf_replica_time(&value[i], "lag=",
                                  NGX_HTTP_HEALTHCODE_REPLICA_LAG_MIN,
                                  NGX_HTTP_HEALTHCODE_REPLICA_LAG_MAX,
                                  &tick->lag)
                == NGX_OK)
            || (tick->offline == 0
                && ngx_http_healthcode_conf_replica_time(&value[i], "offline=",
                                  NGX_HTTP_HEALTHCODE_REPLICA_OFFLINE_MIN,
                                  NGX_HTTP_HEALTHCODE_REPLICA_OFFLINE_MAX,
                                  &tick->offline)
                   == NGX_OK))
        {
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" of \"replica\"; write "
                           "\"lag=2s\", a time of 1500ms to 60s, and behind it "
                           "\"offline=10m\", of 1s to 1d, or nothing",
                           &value[i]);
        return NGX_CONF_ERROR;
    }

    if (tick->lag == 0) {
        return "does not say how old its answers may be; write \"lag=2s\"";
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_healthcode_conf_replica_time(const ngx_str_t *word, const char *name,
    ngx_int_t least, ngx_int_t most, int64_t *ms)
{
    size_t     len = ngx_strlen(name);
    ngx_int_t  time;
    ngx_str_t  text;

    if (word->len <= len || ngx_strncmp(word->data, name, len) != 0) {
        return NGX_ERROR;
    }

    text.data = word->data + len;
    text.len = word->len - len;
    time = ngx_parse_time(&text, 0);

    if (time < least || time > most) {
        return NGX_ERROR;
    }

    *ms = time;

    return NGX_OK;
}


char *
ngx_http_healthcode_conf_replica_finish(
    const ngx_http_healthcode_store_t *store)
{
    if (store->handshake.tick.lag == 0) {
        return NGX_CONF_OK;
    }

    if (store->is_cluster) {
        return "has a \"replica\", and \"cluster on\", whose nodes are "
               "masters; write the replica beside this gate, of one master, "
               "and leave \"cluster\" out";
    }

    if (store->sentinel.name.len) {
        return "has a \"replica\", and sentinels, which name a master; write "
               "the replica beside this gate as its one \"server\", and leave "
               "\"sentinel\" out";
    }

    if (store->role_unchecked == 1) {
        return "has a \"replica\", whose role tells when it reads all data "
               "anew, and \"role unchecked\"; leave \"role\" out";
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_healthcode_conf_replica_check(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf, const char *directive)
{
    ngx_str_t                           at;
    const ngx_http_healthcode_store_t  *store = conf->rules.store;

    if (store->handshake.tick.lag == 0) {
        return NGX_OK;
    }

    ngx_http_healthcode_conf_at(cf, conf, &at);
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"%s\" writes into its store, but store \"%V\" is a "
                  "\"replica\", which lets nobody write; name a store whose "
                  "\"server\" is the master in \"healthcode_risk\", or leave "
                  "the line out%V", directive, &store->name, &at);

    return NGX_ERROR;
}
