/*
 * A text that has variables, each of which is escaped by what the text is.
 * Knows no: request, connection, location.
 * docs/directives.md, "healthcode_reply".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_TEXT_H
#define NGX_HTTP_HEALTHCODE_CONF_TEXT_H

#include "../ngx_http_healthcode.h"


/*
 * Compiles text, the value of a directive, into *pieces, of piece_t.  Of a text
 * of JSON, a variable inside of quotes is a part of a string, and any other a
 * value; a script has none.  NGX_OK; or NGX_ERROR, which is logged.
 */
ngx_int_t ngx_http_healthcode_conf_text(ngx_conf_t *cf, ngx_str_t *text,
    healthcode_quote_e escape, ngx_array_t **pieces);

/*
 * The parts of that, for a text with places where no variable may stand.  The
 * length of the name of a variable, with braces, behind its "$" at p.
 */
size_t ngx_http_healthcode_conf_text_variable(u_char *p, size_t len);

/*
 * Adds a piece to pieces, of piece_t: one variable with its "$", or text that
 * has none.  NGX_OK; or NGX_ERROR, which is logged.
 */
ngx_int_t ngx_http_healthcode_conf_text_add(ngx_conf_t *cf,
    ngx_array_t *pieces, ngx_str_t *text, healthcode_quote_e escape,
    ngx_uint_t is_variable);

#endif
