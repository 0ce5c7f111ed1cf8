/*
 * The rules of the issuer and of the location for a code.
 * Knows no: connection, header, store, verdict.
 * docs/request-path.md, "Token, Signature, Claims".
 */

#ifndef NGX_HTTP_HEALTHCODE_RULES_H
#define NGX_HTTP_HEALTHCODE_RULES_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Judges a code whose signature held by the rules of its issuer and of lcf,
 * now.  known: what is kept of it from an earlier request, or NULL; then, and
 * if lcf has rules about claims, claims are the code's.
 * HEALTHCODE_REASON_OK, or why it does not pass.
 */
healthcode_reason_e ngx_http_healthcode_rules_check(
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    const healthcode_claims_t *claims, const healthcode_known_t *known);

#endif
