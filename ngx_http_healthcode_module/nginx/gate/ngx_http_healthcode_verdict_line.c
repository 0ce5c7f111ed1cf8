/*
 * One line of the error log a verdict.  Decides nothing.
 * Knows no: header, store.  docs/request-path.md, "Verdict".
 */

#include "ngx_http_healthcode_verdict_line.h"
#include "../../core/healthcode_text.h"


/* Of a kid, as much as a line of the log shows. */
#define NGX_HTTP_HEALTHCODE_VERDICT_LINE_KID  512


void
ngx_http_healthcode_verdict_line(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record)
{
    char                           kid[NGX_HTTP_HEALTHCODE_VERDICT_LINE_KID];
    ngx_str_t                      issuer, word, kind, claim;
    ngx_uint_t                     level;
    healthcode_str_t               view;
    healthcode_claims_fault_t      fault;
    ngx_http_healthcode_issuer_t  *claimed;

    if (record->found.verdict.reason == HEALTHCODE_REASON_FAULT) {
        level = NGX_LOG_ERR;
    } else {
        level = record->found.verdict.allow ? NGX_LOG_INFO : NGX_LOG_NOTICE;
    }

    if (r->connection->log->log_level < level) {
        return;
    }

    view = healthcode_reason_word(record->found.verdict.reason);
    word.data = (u_char *) view.data;
    word.len = view.len;

    claimed = ngx_http_healthcode_claimed_issuer(record);

    if (claimed) {
        issuer = claimed->name;
    } else {
        ngx_str_set(&issuer, "-");
    }

    view = healthcode_str("-");

    if (record->found.code.text.len && record->found.code.kid.len) {
        view = healthcode_str_from(record->found.code.kid.data,
                                   record->found.code.kid.len);
    }

    (void) healthcode_text_escape(view, kid, sizeof(kid));

    ngx_str_null(&kind);
    ngx_str_null(&claim);

    /* "claim=NAME", "condition=$NAME" */

    if (record->found.code.unmet) {
        kind = word;
        claim.data = (u_char *) record->found.code.unmet->claim.data;
        claim.len = record->found.code.unmet->claim.len;
    }

    fault = record->found.code.fault;

    ngx_log_error(level, r->connection->log, 0,
                  "healthcode: %s%s reason=%V%s%V%s%V issuer=%V "
                  "kid=%s%s%*s%s%s",
                  (lcf->rules.mode == NGX_HTTP_HEALTHCODE_AUDIT) ? "audit "
                                                                 : "",
                  record->found.verdict.allow ? "allow" : "deny", &word,
                  kind.len ? " " : "", &kind, kind.len ? "=" : "", &claim,
                  &issuer, kid,
                  fault.what ? ", " : "", fault.claim.len, fault.claim.data,
                  fault.what ? " " : "", fault.what ? fault.what : "");
}
