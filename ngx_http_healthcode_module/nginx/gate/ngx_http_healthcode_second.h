/*
 * The second message about a passage: whether it took place.
 * Knows no: connection, header, token, verdict.
 * docs/directives.md, "healthcode_passage_confirm".
 */

#ifndef NGX_HTTP_HEALTHCODE_SECOND_H
#define NGX_HTTP_HEALTHCODE_SECOND_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* The content of a location with a second: answers what the store has said. */
ngx_int_t ngx_http_healthcode_second_handler(ngx_http_request_t *r);

/*
 * Before that, of such a location: asks the store.  Returns what a handler of
 * the precontent phase does.
 */
ngx_int_t ngx_http_healthcode_second_ask(ngx_http_request_t *r);

#endif
