/*
 * In which claims an issuer's codes say what: its lines subject, subject_space,
 * status and regions.
 * Knows no: request, connection, location.  docs/directives.md, "subject".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_CLAIMS_H
#define NGX_HTTP_HEALTHCODE_CONF_CLAIMS_H

#include "../ngx_http_healthcode.h"


/* The line subject_space of an issuer. */
char *ngx_http_healthcode_conf_subject_space(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Makes issuer->core.claims of what its lines say, and of the usual names where
 * they say nothing.  NGX_CONF_OK, or what is wrong.
 */
char *ngx_http_healthcode_conf_claims_finish(
    ngx_http_healthcode_issuer_t *issuer);

/* Warns of an issuer that shares its space with one that parts it by kinds. */
void ngx_http_healthcode_conf_claims_advise(ngx_conf_t *cf,
    ngx_array_t *issuers);

#endif
