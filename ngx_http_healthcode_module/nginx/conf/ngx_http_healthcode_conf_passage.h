/*
 * The directive healthcode_passage: who passes a hall once, and how a request
 * says so.  Knows no: request, connection.
 * docs/directives.md, "healthcode_passage".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_PASSAGE_H
#define NGX_HTTP_HEALTHCODE_CONF_PASSAGE_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_passage(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* A value that may have variables; NULL: no memory, or after a message. */
ngx_http_complex_value_t *ngx_http_healthcode_conf_passage_value(
    ngx_conf_t *cf, ngx_str_t *text);

/* From now on the script is known, by its digest. */
void ngx_http_healthcode_conf_passage_script(
    ngx_http_healthcode_main_conf_t *mcf);

/*
 * The location has a store, if it has a passage, and the script is known.
 * NGX_OK, or NGX_ERROR after a message.
 */
ngx_int_t ngx_http_healthcode_conf_passage_check(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);

/*
 * Notes the gates that take a nonce from everybody, and warns of them once all
 * modules are known.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_conf_passage_find(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);
void ngx_http_healthcode_conf_passage_warn(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf);

#endif
