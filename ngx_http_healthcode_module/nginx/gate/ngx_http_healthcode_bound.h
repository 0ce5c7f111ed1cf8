/*
 * The client certificate whose key the other end of a connection has proved to
 * have, for codes that are bound to one.  Judges nothing.
 * Knows no: header, location, store, verdict.
 * docs/request-path.md, "Token, Signature, Claims".
 */

#ifndef NGX_HTTP_HEALTHCODE_BOUND_H
#define NGX_HTTP_HEALTHCODE_BOUND_H

#include "../ngx_http_healthcode.h"


/*
 * Writes its thumbprint, HEALTHCODE_BOUND_LEN bytes.  0, and nothing written:
 * the connection of r has no TLS, its handshake is not over (RFC 8446 section
 * 8: early data may be a replay), it had no client certificate, or there is no
 * memory.
 */
ngx_uint_t ngx_http_healthcode_bound_certificate(ngx_http_request_t *r,
    uint8_t *certificate);

#endif
