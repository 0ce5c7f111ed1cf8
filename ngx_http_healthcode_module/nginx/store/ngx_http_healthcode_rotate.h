/*
 * What a connection does when the files of its password, of that of its
 * sentinels, or of its TLS, have changed.
 * Knows no: request, holder, hiredis, timer.
 * docs/connection.md, "Credentials".
 */

#ifndef NGX_HTTP_HEALTHCODE_ROTATE_H
#define NGX_HTTP_HEALTHCODE_ROTATE_H

#include "ngx_http_healthcode_connection.h"

#include "../../redis/healthcode_tls_files.h"


/* Kinds of credentials that a connection takes; their data is the connection,
   or what leads it.  The first file of a password has it; those of TLS are in
   the order of redis/healthcode_tls_files.h. */
extern const ngx_http_healthcode_credential_kind_t
    ngx_http_healthcode_rotate_password;
extern const ngx_http_healthcode_credential_kind_t
    ngx_http_healthcode_rotate_sentinel;
extern const ngx_http_healthcode_credential_kind_t
    ngx_http_healthcode_rotate_tls;


/* From now on the connection takes those of its store, and so does who leads
   it: after that begins, before that ends. */
void ngx_http_healthcode_rotate_init(
    ngx_http_healthcode_connection_t *connection,
    ngx_http_healthcode_store_t *store);

/* Of a connection that has been destroyed: forgets its passwords. */
void ngx_http_healthcode_rotate_destroy(
    ngx_http_healthcode_connection_t *connection);

#endif
