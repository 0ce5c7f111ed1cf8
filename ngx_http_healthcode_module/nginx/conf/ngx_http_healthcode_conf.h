/*
 * The configuration of each level: created, merged, checked when all of it is
 * known.  The files conf_* read its lines.
 * Knows no: request, connection, file.  docs/directives.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_H
#define NGX_HTTP_HEALTHCODE_CONF_H

#include "../ngx_http_healthcode.h"


/* The http level: created, and completed after its lines were read. */
void *ngx_http_healthcode_conf_create_main(ngx_conf_t *cf);
char *ngx_http_healthcode_conf_init_main(ngx_conf_t *cf, void *conf);

/* A location, or what it inherits from. */
void *ngx_http_healthcode_conf_create_loc(ngx_conf_t *cf);
char *ngx_http_healthcode_conf_merge_loc(ngx_conf_t *cf, void *parent,
    void *child);

/*
 * Once all locations are merged and nginx can find them: checks and warns of
 * what shows only now.  NGX_OK, or NGX_ERROR, which is logged.
 */
ngx_int_t ngx_http_healthcode_conf_complete(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);

#endif
