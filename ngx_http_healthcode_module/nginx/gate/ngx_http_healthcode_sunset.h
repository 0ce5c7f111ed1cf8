/*
 * The last days of an issuer: whether its codes are still accepted, the note
 * in the log and the header Sunset (RFC 8594).
 * Knows no: connection, store, token, verdict.
 * docs/operations.md, "Phasing an issuer out".
 */

#ifndef NGX_HTTP_HEALTHCODE_SUNSET_H
#define NGX_HTTP_HEALTHCODE_SUNSET_H

#include "../ngx_http_healthcode.h"


/*
 * HEALTHCODE_REASON_OK if codes of the issuer are accepted at now, in Unix
 * seconds, else the reason.  *ending: it ends within the notice; then, once an
 * hour, the log says so.
 */
healthcode_reason_e ngx_http_healthcode_sunset_check(
    const ngx_http_healthcode_issuer_t *issuer, time_t now,
    ngx_uint_t *ending);

/*
 * In a worker: if an issuer has a sunset, answers get the header Sunset when
 * the issuer of the request's code ends soon.
 */
void ngx_http_healthcode_sunset_init_process(
    ngx_http_healthcode_main_conf_t *mcf);

#endif
