/*
 * Words of a line: names, lists of words, names of things that stand in other
 * lines, and words that do not mean what they seem to.
 * Knows no: request, connection, location, file.  docs/directives.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_WORDS_H
#define NGX_HTTP_HEALTHCODE_CONF_WORDS_H

#include "../ngx_http_healthcode.h"


/*
 * Whether a name may be written into logs, one line each: it is not empty and
 * has no blank and no control character.
 */
ngx_uint_t ngx_http_healthcode_conf_is_printable(ngx_str_t *name);

/* Whether two names are the same bytes. */
ngx_uint_t ngx_http_healthcode_conf_is_name(ngx_str_t *a, ngx_str_t *b);

/*
 * Notes in reference the name of something and the line that is being read,
 * to be looked up when all of the configuration is known.
 */
void ngx_http_healthcode_conf_refer(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_healthcode_reference_t *reference);

/*
 * Finds the name that is spelled most like word in known, an array of pointers
 * to structures with an ngx_str_t at offset.  hint is "\"NAME\", or ", which
 * messages have before "write ..."; it lives in cf->pool and is empty if no
 * name is near.
 */
void ngx_http_healthcode_conf_nearest(ngx_conf_t *cf, ngx_array_t *known,
    size_t offset, ngx_str_t *word, ngx_str_t *hint);

/* Warns of a variable in text, a word of the line that is being read. */
void ngx_http_healthcode_conf_literal(ngx_conf_t *cf, ngx_str_t *text);

/*
 * Reads a line of words into an array of healthcode_str_t at cmd->offset of
 * conf.  NGX_CONF_OK, NGX_CONF_ERROR without memory, or what is wrong.
 */
char *ngx_http_healthcode_conf_words(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

#endif
