/*
 * The proof of DPoP in a request, for codes that are bound to a key: found,
 * judged and taken out.
 * Knows no: connection, store, verdict.  docs/request-path.md, "Proof".
 */

#ifndef NGX_HTTP_HEALTHCODE_PROOF_H
#define NGX_HTTP_HEALTHCODE_PROOF_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * What is wrong with the proof for the code of record, whose signature held
 * and which names the key jkt: constant, as in "is missing".  NULL: nothing,
 * and the mark of found.code is that of the proof.
 */
const char *ngx_http_healthcode_proof_fault(
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, healthcode_str_t jkt, time_t now);

/*
 * Takes what was found out of the request, which other gates of it find all the
 * same.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_proof_hide(ngx_http_healthcode_record_t *record);

#endif
