/*
 * Blocks of the http level, line by line, and the files that lines name.
 * Knows no directive itself.  README.md, "Directives".
 */

#include "ngx_http_healthcode_conf.h"


#define NGX_HTTP_HEALTHCODE_FILE_MAX  (8 * 1024 * 1024)


typedef struct {
    ngx_command_t  *commands;
    void           *conf;
    const char     *what;
} ngx_http_healthcode_block_t;


static char *ngx_http_healthcode_conf_line(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static ngx_uint_t ngx_http_healthcode_conf_takes(ngx_command_t *cmd,
    ngx_uint_t nargs);
static const char *ngx_http_healthcode_conf_instead(ngx_command_t *cmd,
    const char *rv);


ngx_uint_t
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
    ngx_uint_t                    i;
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

    for (i = 1; i < cf->args->nelts; i++) {
        ngx_http_healthcode_conf_literal(cf, &value[i]);
    }

    rv = cmd->set(cf, cmd, block->conf);

    if (rv != NGX_CONF_OK && rv != NGX_CONF_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" in \"%s\" %s%s",
                           &cmd->name, block->what, rv,
                           ngx_http_healthcode_conf_instead(cmd, rv));
        return NGX_CONF_ERROR;
    }

    return rv;
}


/* What to write instead, where nginx's own words leave it out. */
static const char *
ngx_http_healthcode_conf_instead(ngx_command_t *cmd, const char *rv)
{
    if (ngx_strcmp(rv, "is duplicate") == 0) {
        return "; leave one of them out";
    }

    if (ngx_strcmp(rv, "invalid number") == 0) {
        return "; write digits alone";
    }

    if (ngx_strcmp(rv, "invalid value") != 0) {
        return "";
    }

    return (cmd->set == ngx_conf_set_sec_slot)
           ? "; write a time, such as \"15m\""
           : "; write a time, such as \"100ms\"";
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


char *
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
