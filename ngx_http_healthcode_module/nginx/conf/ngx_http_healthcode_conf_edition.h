/*
 * Pages for people who are refused, compiled: text and escaped variables.
 * Knows no: request, connection, location, file.
 * docs/pages.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_EDITION_H
#define NGX_HTTP_HEALTHCODE_CONF_EDITION_H

#include "../ngx_http_healthcode.h"


/* The style of a folder of pages, and what allows a browser to use it. */
typedef struct {
    ngx_str_t                      text;       /* len is 0: none */
    ngx_str_t                      policy;     /* ends with a NUL */
} ngx_http_healthcode_style_t;


/*
 * Checks the style of a file that is called name in messages; text may be
 * empty, and belongs to the caller for as long as cf->pool.  NGX_OK; or
 * NGX_ERROR, which is logged.
 */
ngx_int_t ngx_http_healthcode_conf_edition_style(ngx_conf_t *cf,
    ngx_str_t *name, ngx_str_t *text, ngx_http_healthcode_style_t *style);

/*
 * Compiles the page of a file that is called name in messages, and adds it to
 * editions, of edition_t, and a language if there is none yet.  NGX_OK; or
 * NGX_ERROR, which is logged.
 */
ngx_int_t ngx_http_healthcode_conf_edition_add(ngx_conf_t *cf,
    ngx_array_t *editions, ngx_str_t *name, healthcode_page_e kind,
    healthcode_str_t language, ngx_str_t *text,
    const ngx_http_healthcode_style_t *style);

/* The edition of a language; NULL: there is none. */
ngx_http_healthcode_edition_t *ngx_http_healthcode_conf_edition_find(
    const ngx_array_t *editions, healthcode_str_t language);

#endif
