/*
 * The blocks of the http level, healthcode_issuer and healthcode_store: their
 * lines, their files, their checks.  Knows no request and no location.
 * README.md, "Directives".
 */

#include "ngx_http_healthcode_conf.h"


#define NGX_HTTP_HEALTHCODE_FILE_MAX      (8 * 1024 * 1024)
#define NGX_HTTP_HEALTHCODE_DATABASE_MAX  65535


typedef struct {
    ngx_command_t  *commands;
    void           *conf;
    const char     *what;
} ngx_http_healthcode_block_t;


static char *ngx_http_healthcode_conf_line(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static ngx_uint_t ngx_http_healthcode_conf_takes(ngx_command_t *cmd,
    ngx_uint_t nargs);
static char *ngx_http_healthcode_conf_algorithms(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_healthcode_conf_finished(ngx_conf_t *cf,
    const char *what, ngx_str_t *name, char *rv);
static char *ngx_http_healthcode_conf_issuer_finish(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer);
static ngx_int_t ngx_http_healthcode_conf_issuer_types(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer);
static char *ngx_http_healthcode_conf_server(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_healthcode_conf_password(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_healthcode_conf_store_finish(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);


static ngx_command_t  ngx_http_healthcode_issuer_commands[] = {

    { ngx_string("iss"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_healthcode_issuer_t, iss),
      NULL },

    { ngx_string("keys"),
      NGX_CONF_1MORE,
      ngx_http_healthcode_conf_keys_files,
      0,
      0,
      NULL },

    { ngx_string("keys_dir"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_keys_dir,
      0,
      0,
      NULL },

    { ngx_string("keys_location"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_keys_location,
      0,
      0,
      NULL },

    { ngx_string("keys_refresh"),
      NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      0,
      offsetof(ngx_http_healthcode_issuer_t, keys.refresh),
      &ngx_http_healthcode_conf_age_post },

    { ngx_string("keys_min_interval"),
      NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      0,
      offsetof(ngx_http_healthcode_issuer_t, keys.min_interval),
      &ngx_http_healthcode_conf_age_post },

    { ngx_string("algorithms"),
      NGX_CONF_1MORE,
      ngx_http_healthcode_conf_algorithms,
      0,
      0,
      NULL },

    { ngx_string("alg_alias"),
      NGX_CONF_TAKE2,
      ngx_http_healthcode_conf_keys_alias,
      0,
      0,
      NULL },

    { ngx_string("sm2_id"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_healthcode_issuer_t, sm2_id),
      NULL },

    { ngx_string("typ"),
      NGX_CONF_1MORE,
      ngx_http_healthcode_conf_words,
      0,
      offsetof(ngx_http_healthcode_issuer_t, types),
      NULL },

    { ngx_string("subject_space"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_healthcode_issuer_t, subject_space),
      NULL },

    { ngx_string("max_age"),
      NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      0,
      offsetof(ngx_http_healthcode_issuer_t, max_age),
      &ngx_http_healthcode_conf_age_post },

    { ngx_string("not_before"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_lifecycle_date,
      0,
      offsetof(ngx_http_healthcode_issuer_t, core.not_before),
      NULL },

    { ngx_string("sunset"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_lifecycle_date,
      0,
      offsetof(ngx_http_healthcode_issuer_t, core.sunset),
      NULL },

      ngx_null_command
};


static ngx_command_t  ngx_http_healthcode_store_commands[] = {

    { ngx_string("server"),
      NGX_CONF_TAKE1|NGX_CONF_TAKE2,
      ngx_http_healthcode_conf_server,
      0,
      0,
      NULL },

    { ngx_string("user"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, user),
      NULL },

    { ngx_string("password_file"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_password,
      0,
      0,
      NULL },

    { ngx_string("database"),
      NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, database),
      NULL },

    { ngx_string("timeout"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, timeout),
      NULL },

    { ngx_string("connect_timeout"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, connect_timeout),
      NULL },

    { ngx_string("max_pending"),
      NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, max_pending),
      NULL },

    { ngx_string("evicting_ok"),
      NGX_CONF_TAKE1,
      ngx_conf_set_flag_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, evicting_ok),
      NULL },

      ngx_null_command
};


/* Names go into logs, where a new line would be a line of its own. */
static ngx_uint_t
ngx_http_healthcode_conf_is_printable(ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {
        if (name->data[i] <= ' ' || name->data[i] == 0x7f) {
            return 0;
        }
    }

    return name->len != 0;
}


ngx_uint_t
ngx_http_healthcode_conf_is_name(ngx_str_t *a, ngx_str_t *b)
{
    return a->len == b->len && ngx_memcmp(a->data, b->data, a->len) == 0;
}


char *
ngx_http_healthcode_conf_block(ngx_conf_t *cf, ngx_command_t *commands,
    void *conf, const char *what)
{
    char                         *rv;
    ngx_conf_t                    save = *cf;
    ngx_http_healthcode_block_t   block;

    block.commands = commands;
    block.conf = conf;
    block.what = what;

    cf->handler = ngx_http_healthcode_conf_line;
    cf->handler_conf = (void *) &block;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    return rv;
}


static char *
ngx_http_healthcode_conf_line(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    char                         *rv;
    u_char                       *p, names[256];
    ngx_str_t                    *value = cf->args->elts;
    ngx_command_t                *cmd;
    ngx_http_healthcode_block_t  *block = conf;

    p = names;

    for (cmd = block->commands; cmd->name.len; cmd++) {

        if (ngx_http_healthcode_conf_is_name(&cmd->name, &value[0])) {
            break;
        }

        p = ngx_slprintf(p, names + sizeof(names), " %V", &cmd->name);
    }

    if (cmd->name.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no line of \"%s\"; it takes:%*s",
                           &value[0], block->what, p - names, names);
        return NGX_CONF_ERROR;
    }

    if (!ngx_http_healthcode_conf_takes(cmd, cf->args->nelts - 1)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" in \"%s\" takes %s", &cmd->name,
                           block->what,
                           (cmd->type & NGX_CONF_1MORE) ? "one value or more"
                           : !(cmd->type & NGX_CONF_TAKE2) ? "one value"
                           : (cmd->type & NGX_CONF_TAKE1) ? "one or two values"
                           : "two values");
        return NGX_CONF_ERROR;
    }

    rv = cmd->set(cf, cmd, block->conf);

    if (rv != NGX_CONF_OK && rv != NGX_CONF_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" in \"%s\" %s",
                           &cmd->name, block->what, rv);
        return NGX_CONF_ERROR;
    }

    return rv;
}


static ngx_uint_t
ngx_http_healthcode_conf_takes(ngx_command_t *cmd, ngx_uint_t nargs)
{
    if (cmd->type & NGX_CONF_1MORE) {
        return nargs >= 1;
    }

    return (nargs == 1 && (cmd->type & NGX_CONF_TAKE1))
           || (nargs == 2 && (cmd->type & NGX_CONF_TAKE2));
}


ngx_int_t
ngx_http_healthcode_conf_read_file(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text, ngx_file_info_t *info)
{
    off_t       size;
    ssize_t     n;
    ngx_file_t  file;

    ngx_memzero(&file, sizeof(ngx_file_t));
    file.name = *name;
    file.log = cf->log;

    if (ngx_conf_full_name(cf->cycle, &file.name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    file.fd = ngx_open_file(file.name.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", &file.name);
        return NGX_ERROR;
    }

    if (ngx_fd_info(file.fd, info) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", &file.name);
        ngx_close_file(file.fd);
        return NGX_ERROR;
    }

    size = ngx_file_size(info);

    if (!ngx_is_file(info) || size > NGX_HTTP_HEALTHCODE_FILE_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no regular file of at most %d bytes",
                           &file.name, NGX_HTTP_HEALTHCODE_FILE_MAX);
        ngx_close_file(file.fd);
        return NGX_ERROR;
    }

    text->data = ngx_pnalloc(cf->pool, (size_t) size + 1);
    n = text->data ? ngx_read_file(&file, text->data, (size_t) size, 0)
                   : NGX_ERROR;

    ngx_close_file(file.fd);

    if (n == NGX_ERROR || n != (ssize_t) size) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" cannot be read whole", &file.name);
        return NGX_ERROR;
    }

    text->len = n;
    text->data[n] = '\0';

    return NGX_OK;
}


char *
ngx_http_healthcode_conf_issuer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                              *rv;
    ngx_uint_t                         i;
    ngx_str_t                         *value = cf->args->elts;
    ngx_http_healthcode_issuer_t      *issuer, **issuers, **p;
    ngx_http_healthcode_main_conf_t   *mcf = conf;

    if (!ngx_http_healthcode_conf_is_printable(&value[1])) {
        return "needs a name without blanks or control characters";
    }

    issuers = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {
        if (ngx_http_healthcode_conf_is_name(&issuers[i]->name, &value[1])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "issuer \"%V\" is there already; give this one "
                               "another name", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    issuer = ngx_pcalloc(cf->pool, sizeof(ngx_http_healthcode_issuer_t));
    if (issuer == NULL) {
        return NGX_CONF_ERROR;
    }

    issuer->name = value[1];
    issuer->types = NGX_CONF_UNSET_PTR;
    issuer->max_age = NGX_CONF_UNSET;
    issuer->keys.refresh = NGX_CONF_UNSET;
    issuer->keys.min_interval = NGX_CONF_UNSET;

    rv = ngx_http_healthcode_conf_block(cf, ngx_http_healthcode_issuer_commands,
                                        issuer, "healthcode_issuer");
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    for (i = 0; i < mcf->issuers.nelts; i++) {
        if (ngx_http_healthcode_conf_is_name(&issuers[i]->iss, &issuer->iss)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "issuers \"%V\" and \"%V\" have the same "
                               "\"iss\"; put their keys into one file of one "
                               "issuer",
                               &issuers[i]->name, &issuer->name);
            return NGX_CONF_ERROR;
        }
    }

    p = ngx_array_push(&mcf->issuers);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = issuer;

    return ngx_http_healthcode_conf_finished(cf, "healthcode_issuer",
                                             &issuer->name,
                          ngx_http_healthcode_conf_issuer_finish(cf, issuer));
}


/* nginx would name the last line of the block where the block is meant. */
static char *
ngx_http_healthcode_conf_finished(ngx_conf_t *cf, const char *what,
    ngx_str_t *name, char *rv)
{
    if (rv != NGX_CONF_OK && rv != NGX_CONF_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%s %V\" %s", what, name,
                           rv);
        return NGX_CONF_ERROR;
    }

    return rv;
}


static char *
ngx_http_healthcode_conf_issuer_finish(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer)
{
    char  *rv;

    if (issuer->iss.len == 0) {
        return "has no \"iss\"; write \"iss STRING;\" as its codes have it";
    }

    if (issuer->algorithms == 0) {
        return "has no \"algorithms\"; write \"algorithms ES256;\" or those "
               "that it signs with";
    }

    if (issuer->subject_space.len == 0) {
        ngx_str_set(&issuer->subject_space, "national");
    }

    ngx_conf_init_value(issuer->max_age, NGX_HTTP_HEALTHCODE_MAX_AGE);

    if (issuer->max_age > NGX_HTTP_HEALTHCODE_MAX_AGE) {
        ngx_conf_log_error(NGX_LOG_NOTICE, cf, 0,
                           "healthcode: issuer \"%V\" may make codes that live "
                           "longer than 15 minutes (max_age)", &issuer->name);
    }

    issuer->core.name = ngx_http_healthcode_view(&issuer->name);
    issuer->core.iss = ngx_http_healthcode_view(&issuer->iss);
    issuer->core.subject_space =
        ngx_http_healthcode_view(&issuer->subject_space);
    issuer->core.lifetime_max = issuer->max_age;

    if (ngx_http_healthcode_conf_issuer_types(cf, issuer) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    rv = ngx_http_healthcode_conf_keys_finish(cf, issuer);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_http_healthcode_lifecycle_finish(cf, issuer);
}


static ngx_int_t
ngx_http_healthcode_conf_issuer_types(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer)
{
    ngx_uint_t         i, n;
    healthcode_str_t  *word;

    if (issuer->types == NGX_CONF_UNSET_PTR) {

        issuer->types = ngx_array_create(cf->pool, 1, sizeof(healthcode_str_t));
        if (issuer->types == NULL) {
            return NGX_ERROR;
        }

        word = ngx_array_push(issuer->types);
        if (word == NULL) {
            return NGX_ERROR;
        }

        *word = healthcode_str("healthcode+jwt");
    }

    word = issuer->types->elts;

    for (i = 0, n = 0; i < issuer->types->nelts; i++) {

        if (healthcode_str_equal(word[i], healthcode_str("any"))) {
            issuer->core.type_any = true;

        } else if (healthcode_str_equal(word[i], healthcode_str("none"))) {
            issuer->core.type_none = true;

        } else {
            word[n++] = word[i];
        }
    }

    issuer->core.types = word;
    issuer->core.ntypes = n;

    return NGX_OK;
}


static char *
ngx_http_healthcode_conf_algorithms(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    size_t                         n;
    u_char                        *p, names[256];
    ngx_uint_t                     i;
    ngx_str_t                     *value = cf->args->elts;
    const healthcode_algorithm_t  *algorithm;
    ngx_http_healthcode_issuer_t  *issuer = conf;

    if (issuer->algorithms) {
        return "is duplicate; write all algorithms in one line";
    }

    for (i = 1; i < cf->args->nelts; i++) {

        algorithm = healthcode_algorithm_find(
                                        ngx_http_healthcode_view(&value[i]));

        if (algorithm == NULL) {
            p = names;

            for (n = 0; (algorithm = healthcode_algorithm_at(n)); n++) {
                p = ngx_slprintf(p, names + sizeof(names), " %s",
                                 algorithm->name);
            }

            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is no algorithm; this gate knows:%*s",
                               &value[i], p - names, names);
            return NGX_CONF_ERROR;
        }

        issuer->algorithms |= healthcode_algorithm_bit(algorithm);
    }

    return NGX_CONF_OK;
}


char *
ngx_http_healthcode_conf_store(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                              *rv;
    ngx_uint_t                         i;
    ngx_str_t                         *value = cf->args->elts;
    ngx_http_healthcode_store_t       *store, **stores, **p;
    ngx_http_healthcode_main_conf_t   *mcf = conf;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return "cannot be named \"off\", which means no store; give it another "
               "name";
    }

    if (!ngx_http_healthcode_conf_is_printable(&value[1])) {
        return "needs a name without blanks or control characters";
    }

    stores = mcf->stores.elts;

    for (i = 0; i < mcf->stores.nelts; i++) {
        if (ngx_http_healthcode_conf_is_name(&stores[i]->name, &value[1])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "store \"%V\" is there already; give this one "
                               "another name", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    store = ngx_pcalloc(cf->pool, sizeof(ngx_http_healthcode_store_t));
    p = ngx_array_push(&mcf->stores);

    if (store == NULL || p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = store;

    store->name = value[1];
    store->database = NGX_CONF_UNSET;
    store->timeout = NGX_CONF_UNSET_MSEC;
    store->connect_timeout = NGX_CONF_UNSET_MSEC;
    store->max_pending = NGX_CONF_UNSET;
    store->evicting_ok = NGX_CONF_UNSET;

    rv = ngx_http_healthcode_conf_block(cf, ngx_http_healthcode_store_commands,
                                        store, "healthcode_store");
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_http_healthcode_conf_finished(cf, "healthcode_store",
                                             &store->name,
                            ngx_http_healthcode_conf_store_finish(cf, store));
}


static char *
ngx_http_healthcode_conf_store_finish(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    if (store->url.url.len == 0) {
        return "has no \"server\"; write \"server 127.0.0.1:6379;\" or "
               "\"server unix:PATH;\"";
    }

    if (store->user.len && store->password.len == 0) {
        return "has a \"user\" without a \"password_file\"; write the file "
               "that holds the user's password";
    }

    ngx_conf_init_value(store->database, 0);
    ngx_conf_init_msec_value(store->timeout, 100);
    ngx_conf_init_msec_value(store->connect_timeout, 200);
    ngx_conf_init_value(store->max_pending, 10000);
    ngx_conf_init_value(store->evicting_ok, 0);

    if (store->timeout == 0 || store->connect_timeout == 0) {
        return "has a timeout of 0, in which nothing can answer; write "
               "\"timeout 100ms; connect_timeout 200ms;\"";
    }

    if (store->max_pending == 0) {
        return "has a \"max_pending\" of 0, with which nobody could ask; write "
               "\"max_pending 10000;\"";
    }

    if (store->database > NGX_HTTP_HEALTHCODE_DATABASE_MAX) {
        return "has a \"database\" that no Redis has; write its number, 0 if "
               "in doubt";
    }

    store->handshake.user = ngx_http_healthcode_view(&store->user);
    store->handshake.database = (unsigned) store->database;
    store->handshake.evicting_ok = (store->evicting_ok != 0);

    if (store->password.len) {
        store->handshake.password = ngx_http_healthcode_view(&store->password);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_healthcode_conf_server(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                    *value = cf->args->elts;
    ngx_http_healthcode_store_t  *store = conf;

    if (store->url.url.len) {
        return "is duplicate; a store has one server";
    }

    if (cf->args->nelts == 3) {

        if (ngx_strcmp(value[2].data, "resolve") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is no parameter of \"server\"; write "
                               "\"resolve\" or nothing", &value[2]);
            return NGX_CONF_ERROR;
        }

        store->resolve = 1;
    }

    store->url.url = value[1];
    store->url.default_port = 6379;
    store->url.no_resolve = store->resolve;

    if (ngx_parse_url(cf->pool, &store->url) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "server \"%V\" cannot be used: %s; write "
                           "\"HOST:PORT\" or \"unix:PATH\"", &value[1],
                           store->url.err ? store->url.err : "no address");
        return NGX_CONF_ERROR;
    }

    /* an address needs no name to be resolved */
    if (store->url.naddrs) {
        store->resolve = 0;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_healthcode_conf_password(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                    *value = cf->args->elts;
    ngx_file_info_t               info;
    healthcode_str_t              password;
    ngx_http_healthcode_store_t  *store = conf;

    if (store->password.data) {
        return "is duplicate";
    }

    if (ngx_http_healthcode_conf_read_file(cf, &value[1], &store->password,
                                           &info)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_http_healthcode_conf_secret(cf, &value[1], ngx_file_access(&info));

    password = healthcode_pepper_trim(
                   ngx_http_healthcode_view(&store->password));
    store->password.len = password.len;

    if (store->password.len == 0) {
        return "names an empty file; write the password into it";
    }

    return NGX_CONF_OK;
}
