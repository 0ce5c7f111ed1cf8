/*
 * A text that has variables, each of which is escaped by what the text is.
 * Knows no: request, connection, location.
 * docs/directives.md, "healthcode_reply".
 */

#include "ngx_http_healthcode_conf_text.h"


ngx_int_t
ngx_http_healthcode_conf_text(ngx_conf_t *cf, ngx_str_t *text,
    healthcode_quote_e escape, ngx_array_t **pieces)
{
    size_t                     from, to, len;
    ngx_str_t                  piece;
    ngx_uint_t                 is_variable;
    ngx_array_t               *found;
    healthcode_quote_e        kind;
    healthcode_quote_place_t  place = { false, false };

    found = ngx_array_create(cf->pool, 4, sizeof(ngx_http_healthcode_piece_t));
    if (found == NULL) {
        return NGX_ERROR;
    }

    for (from = 0; from < text->len; from = to) {

        is_variable = (text->data[from] == '$');
        to = from + 1;

        if (is_variable) {
            len = ngx_http_healthcode_conf_text_variable(text->data + to,
                                                         text->len - to);
            to += len;

        } else {
            while (to < text->len && text->data[to] != '$') {
                to++;
            }
        }

        piece.data = text->data + from;
        piece.len = to - from;
        kind = escape;

        if (is_variable && escape == HEALTHCODE_QUOTE_NEVER) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid text \"%V\": it is a script, of which "
                               "the value of a variable could become a part; "
                               "take \"%V\" out, or write "
                               "\"type=application/json\"", text, &piece);
            return NGX_ERROR;
        }

        if (escape == HEALTHCODE_QUOTE_JSON) {

            if (is_variable && place.is_escape) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "invalid text \"%V\": a backslash stands "
                                   "before a variable, so that its value would "
                                   "not be escaped; take it out", text);
                return NGX_ERROR;
            }

            if (is_variable && !place.is_string) {
                kind = HEALTHCODE_QUOTE_JSON_VALUE;
            }

            if (!is_variable) {
                healthcode_quote_read(&place,
                                       ngx_http_healthcode_view(&piece));
            }
        }

        if (ngx_http_healthcode_conf_text_add(cf, found, &piece, kind,
                                              is_variable)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    *pieces = found;

    return NGX_OK;
}


/*
 * How long the name of a variable is, behind its "$", as nginx reads it; what
 * is not one it refuses.
 */
size_t
ngx_http_healthcode_conf_text_variable(u_char *p, size_t len)
{
    size_t  i = 0;

    if (len && p[0] == '{') {
        while (i < len && p[i] != '}') {
            i++;
        }

        return (i < len) ? i + 1 : i;
    }

    /* "$1" is a capture, whatever follows */

    if (len && p[0] >= '1' && p[0] <= '9') {
        return 1;
    }

    while (i < len && ((p[i] >= '0' && p[i] <= '9') || p[i] == '_'
                       || ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z')))
    {
        i++;
    }

    return i;
}


ngx_int_t
ngx_http_healthcode_conf_text_add(ngx_conf_t *cf, ngx_array_t *pieces,
    ngx_str_t *text, healthcode_quote_e escape, ngx_uint_t is_variable)
{
    u_char                            *copy;
    ngx_str_t                          value;
    ngx_http_healthcode_piece_t       *piece;
    ngx_http_compile_complex_value_t   ccv;

    piece = ngx_array_push(pieces);
    copy = ngx_pnalloc(cf->pool, text->len + 1);

    if (piece == NULL || copy == NULL) {
        return NGX_ERROR;
    }

    *ngx_cpymem(copy, text->data, text->len) = '\0';

    value.data = copy;
    value.len = text->len;

    ngx_memzero(piece, sizeof(ngx_http_healthcode_piece_t));
    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    piece->escape = escape;
    piece->is_variable = is_variable;

    ccv.cf = cf;
    ccv.value = &value;
    ccv.complex_value = &piece->value;

    return ngx_http_compile_complex_value(&ccv);
}
