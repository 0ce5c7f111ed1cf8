/*
 * Blocks of the http level: reads their lines, each by its own command.
 * Knows no: request, connection, location, issuer, store.
 * docs/directives.md.
 */

#include "ngx_http_healthcode_conf_block.h"
#include "ngx_http_healthcode_conf_words.h"


typedef struct {
    ngx_command_t  *commands;
    void           *conf;
    const char     *what;
} ngx_http_healthcode_block_t;


static char *ngx_http_healthcode_conf_line(ngx_conf_t *cf,
    ngx_command_t *dummy, void *conf);
static ngx_uint_t ngx_http_healthcode_conf_takes(ngx_command_t *cmd,
    ngx_uint_t nargs);
static const char *ngx_http_healthcode_conf_instead(ngx_command_t *cmd,
    const char *rv);


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
                           "unknown directive \"%V\" in \"%s\"; it takes:%*s",
                           &value[0], block->what, p - names, names);
        return NGX_CONF_ERROR;
    }

    if (!ngx_http_healthcode_conf_takes(cmd, cf->args->nelts - 1)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of arguments in \"%V\" of \"%s\"; "
                           "write %s", &cmd->name, block->what,
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


/* What to write instead, if nginx's own words do not say it. */
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
