/*
 * Words of a line: names, lists of words, names of things that stand in other
 * lines, and words that do not mean what they seem to.
 * Knows no: request, connection, location, file.  docs/directives.md.
 */

#include "ngx_http_healthcode_conf_words.h"
#include "../../core/healthcode_spelling.h"


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


void
ngx_http_healthcode_conf_refer(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_healthcode_reference_t *reference)
{
    reference->name = *name;
    reference->file = cf->conf_file->file.name;
    reference->line = cf->conf_file->line;
}


void
ngx_http_healthcode_conf_nearest(ngx_conf_t *cf, ngx_array_t *known,
    size_t offset, ngx_str_t *word, ngx_str_t *hint)
{
    u_char       *p;
    size_t        best = SIZE_MAX, size;
    ngx_str_t    *name, *nearest = NULL;
    ngx_uint_t    i;
    u_char      **element = known->elts;

    for (i = 0; i < known->nelts; i++) {

        name = (ngx_str_t *) (element[i] + offset);

        if (healthcode_spelling_is_nearer(ngx_http_healthcode_view(word),
                                          ngx_http_healthcode_view(name),
                                          &best))
        {
            nearest = name;
        }
    }

    ngx_str_null(hint);

    if (nearest == NULL) {
        return;
    }

    size = sizeof("\"\", or ") + nearest->len;

    p = ngx_pnalloc(cf->pool, size);
    if (p == NULL) {
        return;
    }

    hint->data = p;
    hint->len = ngx_snprintf(p, size, "\"%V\", or ", nearest) - p;
}


void
ngx_http_healthcode_conf_literal(ngx_conf_t *cf, ngx_str_t *text)
{
    u_char      next;
    ngx_str_t  *value = cf->args->elts;
    ngx_uint_t  i;

    for (i = 0; i + 1 < text->len; i++) {

        next = text->data[i + 1];

        if (text->data[i] != '$'
            || !(next == '{' || next == '_' || (next >= '0' && next <= '9')
                 || ((next | 0x20) >= 'a' && (next | 0x20) <= 'z')))
        {
            continue;
        }

        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "healthcode: \"%V\" takes no variables: the \"$\" "
                           "of \"%V\" is taken literally; write what it is to "
                           "be", &value[0], text);
        return;
    }
}


char *
ngx_http_healthcode_conf_words(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char               *p = conf;
    ngx_str_t          *value = cf->args->elts;
    ngx_uint_t          i;
    ngx_array_t       **words;
    healthcode_str_t   *word;

    words = (ngx_array_t **) (p + cmd->offset);

    if (*words != NGX_CONF_UNSET_PTR) {
        return "is duplicate; write all words in one line";
    }

    *words = ngx_array_create(cf->pool, cf->args->nelts,
                              sizeof(healthcode_str_t));
    if (*words == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 0) {
            return "has an empty word; leave it out";
        }

        word = ngx_array_push(*words);
        if (word == NULL) {
            return NGX_CONF_ERROR;
        }

        *word = ngx_http_healthcode_view(&value[i]);
    }

    return NGX_CONF_OK;
}
