/*
 * Headers of an answer that are ours: each stands there once.
 * Knows no: connection, location, store, token, verdict.
 * docs/request-path.md, "Response".
 */

#include "../request/ngx_http_healthcode_header_list.h"
#include "ngx_http_healthcode_header.h"


static ngx_table_elt_t *ngx_http_healthcode_header_find(
    ngx_http_request_t *r, ngx_str_t *key, ngx_str_t *value);


ngx_table_elt_t *
ngx_http_healthcode_header_set(ngx_http_request_t *r, const char *name,
    const char *value)
{
    ngx_str_t         key, text;
    ngx_table_elt_t  *header;

    key.data = (u_char *) name;
    key.len = ngx_strlen(name);
    text.data = (u_char *) value;
    text.len = ngx_strlen(value);

    header = ngx_http_healthcode_header_find(r, &key, &text);

    if (header == NULL) {
        header = ngx_list_push(&r->headers_out.headers);
        if (header == NULL) {
            return NULL;
        }

        ngx_memzero(header, sizeof(ngx_table_elt_t));
    }

    header->hash = 1;
    header->key = key;
    header->value = text;

    return header;
}


static ngx_table_elt_t *
ngx_http_healthcode_header_find(ngx_http_request_t *r, ngx_str_t *key,
    ngx_str_t *value)
{
    ngx_table_elt_t                    *header;
    ngx_http_healthcode_header_walk_t   walk;

    ngx_http_healthcode_header_walk(&walk, &r->headers_out.headers.part);

    while ((header = ngx_http_healthcode_header_walk_next(&walk)) != NULL) {
        if (header->key.len == key->len
            && ngx_strncmp(header->key.data, key->data, key->len) == 0
            && header->value.len >= value->len
            && ngx_strncmp(header->value.data, value->data, value->len) == 0)
        {
            break;
        }
    }

    return header;
}
