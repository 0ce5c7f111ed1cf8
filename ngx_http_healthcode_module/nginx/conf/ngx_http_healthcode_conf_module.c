/*
 * Other modules of this nginx, and what their lines say, although their types
 * are theirs.  Found by name: this nginx may be built without one.
 * Knows no: request, connection.  docs/directives.md, "healthcode_status".
 */

#include "ngx_http_healthcode_conf_module.h"

#if (NGX_DEBUG_PALLOC)
#include <malloc.h>
#endif


static size_t ngx_http_healthcode_conf_module_size(const ngx_pool_t *pool,
    void *conf);
static ngx_command_t *ngx_http_healthcode_conf_module_line(
    const ngx_module_t *module, const char *name);


ngx_module_t *
ngx_http_healthcode_conf_module(ngx_cycle_t *cycle, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; cycle->modules[i]; i++) {
        if (ngx_strcmp(cycle->modules[i]->name, name) == 0) {
            return cycle->modules[i];
        }
    }

    return NULL;
}


ngx_uint_t
ngx_http_healthcode_conf_module_is_idle(ngx_conf_t *cf, ngx_module_t *module,
    const void *conf)
{
    void               *outer, *idle;
    size_t              size;
    ngx_conf_t          scratch = *cf;
    ngx_uint_t          same = 0;
    ngx_http_module_t  *type = module->ctx;

    if (type->create_loc_conf == NULL) {
        return 0;
    }

    scratch.pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, cf->log);
    if (scratch.pool == NULL) {
        return 0;
    }

    idle = type->create_loc_conf(&scratch);
    size = ngx_http_healthcode_conf_module_size(scratch.pool, idle);
    outer = type->create_loc_conf(&scratch);

    if (size && outer
        && (type->merge_loc_conf == NULL
            || type->merge_loc_conf(&scratch, outer, idle) == NGX_CONF_OK))
    {
        same = (ngx_memcmp(idle, conf, size) == 0);
    }

    ngx_destroy_pool(scratch.pool);

    return same;
}


/* Of the first thing in a pool, before there is a second one; 0: not known. */
static size_t
ngx_http_healthcode_conf_module_size(const ngx_pool_t *pool, void *conf)
{
#if (NGX_DEBUG_PALLOC)

    return conf ? malloc_usable_size(conf) : 0;

#else

    if (conf == NULL || pool->large || pool->d.next
        || (u_char *) conf < (u_char *) pool
        || (u_char *) conf >= pool->d.last)
    {
        return 0;
    }

    return pool->d.last - (u_char *) conf;

#endif
}


ngx_uint_t
ngx_http_healthcode_conf_module_text(const ngx_module_t *module,
    const char *name, void *conf, ngx_http_complex_value_t **value)
{
    ngx_command_t              *cmd;
    ngx_http_complex_value_t  **text;

    cmd = ngx_http_healthcode_conf_module_line(module, name);

    if (cmd == NULL || cmd->set != ngx_http_set_complex_value_slot) {
        return 0;
    }

    text = (ngx_http_complex_value_t **) ((u_char *) conf + cmd->offset);
    *value = (*text == NGX_CONF_UNSET_PTR) ? NULL : *text;

    return 1;
}


/* A line of a location; NULL: module has none of this name. */
static ngx_command_t *
ngx_http_healthcode_conf_module_line(const ngx_module_t *module,
    const char *name)
{
    ngx_command_t  *cmd;

    for (cmd = module->commands; cmd && cmd->name.len; cmd++) {
        if (ngx_strcmp(cmd->name.data, name) == 0
            && cmd->conf == NGX_HTTP_LOC_CONF_OFFSET)
        {
            return cmd;
        }
    }

    return NULL;
}


ngx_uint_t
ngx_http_healthcode_conf_module_word(ngx_conf_t *cf, ngx_module_t *module,
    const char *name, const void *conf, ngx_str_t *word)
{
    void               *own;
    size_t              at, size;
    ngx_str_t           line[2], *said;
    ngx_uint_t          is_known = 0;
    ngx_conf_t          scratch = *cf;
    ngx_array_t         args;
    ngx_command_t      *cmd;
    ngx_http_module_t  *type = module->ctx;

    cmd = ngx_http_healthcode_conf_module_line(module, name);

    if (cmd == NULL || type->create_loc_conf == NULL) {
        return 0;
    }

    scratch.pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, cf->log);
    if (scratch.pool == NULL) {
        return 0;
    }

    line[0] = cmd->name;
    ngx_str_set(&line[1], "/healthcode");

    ngx_memzero(&args, sizeof(ngx_array_t));
    args.elts = line;
    args.nelts = 2;
    scratch.args = &args;

    own = type->create_loc_conf(&scratch);
    size = ngx_http_healthcode_conf_module_size(scratch.pool, own);

    if (size && cmd->set(&scratch, cmd, own) == NGX_CONF_OK) {

        for (at = 0; at + sizeof(ngx_str_t) <= size; at += sizeof(void *)) {

            said = (ngx_str_t *) ((u_char *) own + at);

            if (said->data == line[1].data && said->len == line[1].len) {
                *word = *(const ngx_str_t *) ((const u_char *) conf + at);
                is_known = 1;
                break;
            }
        }
    }

    ngx_destroy_pool(scratch.pool);

    return is_known;
}
