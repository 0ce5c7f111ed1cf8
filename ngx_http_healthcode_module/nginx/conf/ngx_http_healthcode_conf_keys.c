/*
 * The lines of healthcode_issuer that say where its keys come from and what
 * they may be, and the keys as they are when the configuration is read.
 * Knows no: request, connection, location.  docs/directives.md, "keys".
 */

#include "../keys/ngx_http_healthcode_keys_files.h"
#include "../keys/ngx_http_healthcode_keys_remarks.h"
#include "ngx_http_healthcode_conf_file.h"
#include "ngx_http_healthcode_conf_keys.h"


/* Seconds. */
#define NGX_HTTP_HEALTHCODE_KEYS_REFRESH       300
#define NGX_HTTP_HEALTHCODE_KEYS_MIN_INTERVAL  10


static char *ngx_http_healthcode_conf_keys_rules(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer);
static char *ngx_http_healthcode_conf_keys_times(
    ngx_http_healthcode_keys_conf_t *keys);
static void ngx_http_healthcode_conf_keys_idle(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer);
static ngx_int_t ngx_http_healthcode_conf_keys_load(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer);
static void ngx_http_healthcode_conf_keys_nameless(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer);
static void ngx_http_healthcode_conf_keys_free(void *data);


char *
ngx_http_healthcode_conf_keys(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                     *value = cf->args->elts, *file;
    ngx_uint_t                     i;
    ngx_http_healthcode_issuer_t  *issuer = conf;

    if (issuer->keys.files == NULL) {
        issuer->keys.files = ngx_array_create(cf->pool, 2, sizeof(ngx_str_t));
        if (issuer->keys.files == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 0) {
            return "has an empty file name; leave it out";
        }

        file = ngx_array_push(issuer->keys.files);
        if (file == NULL) {
            return NGX_CONF_ERROR;
        }

        *file = value[i];

        if (ngx_conf_full_name(cf->cycle, file, 1) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_healthcode_conf_keys_dir(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                     *value = cf->args->elts;
    ngx_http_healthcode_issuer_t  *issuer = conf;

    if (issuer->keys.dir.data) {
        return "is duplicate; an issuer has one directory of keys: leave "
               "the other out";
    }

    if (value[1].len == 0) {
        return "needs the name of a directory";
    }

    issuer->keys.dir = value[1];

    if (ngx_conf_full_name(cf->cycle, &issuer->keys.dir, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_healthcode_conf_alg_alias(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_uint_t                      i;
    ngx_str_t                      *value = cf->args->elts;
    healthcode_str_t                name;
    const healthcode_algorithm_t   *algorithm;
    healthcode_algorithm_alias_t   *alias;
    ngx_http_healthcode_issuer_t   *issuer = conf;

    name = ngx_http_healthcode_view(&value[1]);
    algorithm = healthcode_algorithm_find(ngx_http_healthcode_view(&value[2]));

    if (algorithm == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown algorithm \"%V\"; write \"alg_alias NAME "
                           "ALG;\" with an ALG of \"algorithms\", such as "
                           "\"alg_alias SM2 SGD_SM3_SM2;\"", &value[2]);
        return NGX_CONF_ERROR;
    }

    if (name.len == 0 || healthcode_algorithm_find(name)
        || healthcode_str_equal_nocase(name, healthcode_str("none")))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid alias \"%V\" of \"%V\": it is "
                           "empty, an algorithm itself, or \"none\"; give the "
                           "name that the issuer's codes have in \"alg\"",
                           &value[1], &value[2]);
        return NGX_CONF_ERROR;
    }

    if (issuer->aliases == NULL) {
        issuer->aliases = ngx_array_create(cf->pool, 2,
                                       sizeof(healthcode_algorithm_alias_t));
        if (issuer->aliases == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    alias = issuer->aliases->elts;

    for (i = 0; i < issuer->aliases->nelts; i++) {
        if (healthcode_str_equal(alias[i].name, name)) {
            return "has a duplicate name; leave it out";
        }
    }

    alias = ngx_array_push(issuer->aliases);
    if (alias == NULL) {
        return NGX_CONF_ERROR;
    }

    alias->name = name;
    alias->algorithm = algorithm;

    return NGX_CONF_OK;
}


char *
ngx_http_healthcode_conf_keys_finish(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer)
{
    char                             *rv;
    ngx_http_healthcode_keys_conf_t  *keys = &issuer->keys;

    if (keys->files == NULL && keys->dir.len == 0 && keys->location.len == 0) {
        return "has no \"keys\"; write \"keys FILE;\" with its JWK set";
    }

    rv = ngx_http_healthcode_conf_keys_rules(cf, issuer);

    if (rv == NGX_CONF_OK) {
        rv = ngx_http_healthcode_conf_keys_times(keys);
    }

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    ngx_http_healthcode_conf_keys_idle(cf, issuer);

    return (ngx_http_healthcode_conf_keys_load(cf, issuer) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_http_healthcode_conf_keys_rules(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer)
{
    size_t                         i;
    healthcode_algorithm_set_t    *set = &issuer->core.rules.algorithms;

    set->bits = issuer->algorithms;

    if (issuer->aliases) {
        set->aliases = issuer->aliases->elts;
        set->naliases = issuer->aliases->nelts;
    }

    for (i = 0; i < set->naliases; i++) {
        if (!(set->bits & healthcode_algorithm_bit(set->aliases[i].algorithm)))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "issuer \"%V\" has an \"alg_alias\" of \"%s\", "
                               "with which it does not sign; add \"%s\" to its "
                               "\"algorithms\"", &issuer->name,
                               set->aliases[i].algorithm->name,
                               set->aliases[i].algorithm->name);
            return NGX_CONF_ERROR;
        }
    }

    if (issuer->sm2_id.len > HEALTHCODE_KEY_SM2_ID_MAX) {
        return "has an \"sm2_id\" of more than 8191 bytes; the usual one is "
               "\"" HEALTHCODE_KEY_SM2_ID "\"";
    }

    issuer->core.rules.sm2_id = ngx_http_healthcode_view(&issuer->sm2_id);

    return NGX_CONF_OK;
}


static char *
ngx_http_healthcode_conf_keys_times(ngx_http_healthcode_keys_conf_t *keys)
{
    ngx_conf_init_value(keys->refresh, NGX_HTTP_HEALTHCODE_KEYS_REFRESH);
    ngx_conf_init_value(keys->min_interval,
                        NGX_HTTP_HEALTHCODE_KEYS_MIN_INTERVAL);

    if (keys->location.len && keys->refresh < keys->min_interval) {
        return "has a \"keys_refresh\" shorter than its \"keys_min_interval\"; "
               "write a longer one, such as \"5m\"";
    }

    return NGX_CONF_OK;
}


/*
 * Warns of lines that have no effect, lest anybody relies on them.  A line that
 * writes a default out is fine.
 */
static void
ngx_http_healthcode_conf_keys_idle(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer)
{
    const char                       *line = NULL;
    ngx_http_healthcode_keys_conf_t  *keys = &issuer->keys;

    if (keys->min_interval != NGX_HTTP_HEALTHCODE_KEYS_MIN_INTERVAL) {
        line = "keys_min_interval";
    }

    if (keys->refresh != NGX_HTTP_HEALTHCODE_KEYS_REFRESH) {
        line = "keys_refresh";
    }

    if (line && keys->location.len == 0) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "healthcode: issuer \"%V\" has a \"%s\", but no "
                           "\"keys_location\" that could be asked: leave it "
                           "out; files are watched without it", &issuer->name,
                           line);
    }

    if (issuer->sm2_id.data
        && !healthcode_str_equal(ngx_http_healthcode_view(&issuer->sm2_id),
                                 healthcode_str(HEALTHCODE_KEY_SM2_ID))
        && !(issuer->algorithms & healthcode_algorithm_bit(
                 healthcode_algorithm_find(healthcode_str("SGD_SM3_SM2")))))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "healthcode: issuer \"%V\" has an \"sm2_id\", but "
                           "does not sign with SM2; add \"SGD_SM3_SM2\" to its "
                           "\"algorithms\", or leave \"sm2_id\" out",
                           &issuer->name);
    }
}


static ngx_int_t
ngx_http_healthcode_conf_keys_load(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer)
{
    time_t                       newest;
    ngx_int_t                    rc;
    ngx_str_t                    exposed;
    ngx_pool_cleanup_t          *cln;
    ngx_http_healthcode_load_t   load;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    issuer->keys.stamp = ngx_http_healthcode_keys_files_stamp(issuer, &newest);

    if (time(NULL) - newest < 2) {
        /* file times are coarse: a second change now might not show */
        issuer->keys.stamp = 0;
    }

    rc = ngx_http_healthcode_load(issuer, healthcode_str_from(NULL, 0), &load);

    if (rc == NGX_ERROR && load.is_private) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "keys \"%s\" of issuer \"%V\" cannot be used: %s",
                           load.file, &issuer->name, load.error);
        return NGX_ERROR;
    }

    if (rc == NGX_ERROR) {
        /* the gates of all other issuers go on */
        issuer->keys.broken = 1;

        ngx_conf_log_error(NGX_LOG_CRIT, cf, 0,
                           "healthcode: keys \"%s\" of issuer \"%V\" cannot "
                           "be used: %s; until they can, its codes get 503 "
                           "unless a reload finds the keys that it had",
                           load.file, &issuer->name, load.error);
    }

    issuer->keys.keyring = load.keyring;
    issuer->keys.texts = load.texts;

    if (load.keyring) {
        ngx_http_healthcode_keys_remarks(cf->log, issuer, load.keyring,
                                         load.remarked);
    }

    cln->handler = ngx_http_healthcode_conf_keys_free;
    cln->data = issuer;

    if (load.exposed[0]) {
        exposed.data = (u_char *) load.exposed;
        exposed.len = ngx_strlen(load.exposed);
        ngx_http_healthcode_conf_file_secret(cf, &exposed, S_IROTH);
    }

    ngx_http_healthcode_conf_keys_nameless(cf, issuer);

    return NGX_OK;
}


/* Warns of keys that no code may reach, though the file is valid. */
static void
ngx_http_healthcode_conf_keys_nameless(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer)
{
    size_t                         i;
    const healthcode_keyring_t    *keyring = issuer->keys.keyring;
    const healthcode_algorithm_t  *row;

    for (i = 0; keyring && (row = healthcode_algorithm_at(i)); i++) {
        if (healthcode_keyring_nameless(keyring, row)
            > HEALTHCODE_KEYRING_TRIES_MAX)
        {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "healthcode: issuer \"%V\" has %uz keys for %s "
                               "without \"kid\"; a code is tried against %d "
                               "of them at most: give them a \"kid\"",
                               &issuer->name,
                               healthcode_keyring_nameless(keyring, row),
                               row->name, HEALTHCODE_KEYRING_TRIES_MAX);
        }
    }
}


static void
ngx_http_healthcode_conf_keys_free(void *data)
{
    ngx_http_healthcode_issuer_t  *issuer = data;

    healthcode_keyring_free(issuer->keys.keyring);
    healthcode_bundle_free(&issuer->keys.texts);
}


ngx_int_t
ngx_http_healthcode_conf_keys_check(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                      i, broken = 0;
    ngx_http_healthcode_issuer_t  **issuers = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {
        broken += issuers[i]->keys.broken;
    }

    if (broken && broken == mcf->issuers.nelts) {
        /* no other issuer is left whose codes would pass */
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "no issuer has keys that can be used, so that no code "
                      "would pass; correct the keys that are named above");
        return NGX_ERROR;
    }

    return NGX_OK;
}
