/*
 * Codes in what is logged as it came, the request line and Referer headers:
 * overwritten.  Looks for no code to judge.  docs/request-path.md, "Source".
 */

#include "ngx_http_healthcode_source.h"


static void ngx_http_healthcode_mask_query(ngx_http_request_t *r,
    ngx_array_t *sources, ngx_str_t query);


/* A page that was opened with its code names it in what it loads. */
void
ngx_http_healthcode_mask_referers(ngx_http_request_t *r, ngx_array_t *sources)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (header[i].key.len == sizeof("referer") - 1
                && ngx_strncmp(header[i].lowcase_key, "referer",
                               sizeof("referer") - 1)
                   == 0)
            {
                ngx_http_healthcode_mask_text(r, sources, &header[i].value);
            }
        }
    }
}


/* Overwrites the codes in the query of a URI, or of a line that holds one. */
void
ngx_http_healthcode_mask_text(ngx_http_request_t *r, ngx_array_t *sources,
    ngx_str_t *text)
{
    u_char     *end, *p;
    ngx_str_t   query, argument;

    end = text->data + text->len;

    if (text->len == 0 || (p = ngx_strlchr(text->data, end, '?')) == NULL) {
        return;
    }

    query.data = ++p;

    while (p < end && *p != ' ') {
        p++;
    }

    query.len = p - query.data;

    ngx_http_healthcode_mask_query(r, sources, query);

    /* a fragment is no part of the query, but of the line */

    for (p = query.data; p < query.data + query.len; p++) {
        if (*p == '#' || *p == '?') {
            argument.data = p + 1;
            argument.len = query.data + query.len - argument.data;
            ngx_http_healthcode_mask_query(r, sources, argument);
        }
    }
}


static void
ngx_http_healthcode_mask_query(ngx_http_request_t *r,
    ngx_array_t *sources, ngx_str_t query)
{
    ngx_http_healthcode_argument_t  argument;

    while (ngx_http_healthcode_arguments_next(&query, &argument)) {

        /* what cannot be looked at for want of memory is masked as well */

        if (ngx_http_healthcode_arguments_match(r, NULL, sources, &argument)
            != NGX_DECLINED)
        {
            ngx_memset(argument.value.data, '*', argument.value.len);
        }
    }
}
