/*
 * What the stages have found of a request -> its verdict.
 * Knows no: header, connection, token.  docs/request-path.md, "Verdict".
 */

#include "../store/ngx_http_healthcode_clock.h"
#include "ngx_http_healthcode_data_age.h"
#include "ngx_http_healthcode_decide.h"


void
ngx_http_healthcode_decide(const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    healthcode_evidence_t  *evidence = &record->found.evidence;

    if (lcf->rules.store) {
        evidence->store = record->found.risk.store;
        evidence->risk = record->found.risk.reason;
        evidence->is_offline = record->found.risk.offline;
        evidence->data_old = ngx_http_healthcode_data_age_is_old(lcf);
    }

    evidence->outage_allow = (unsigned) lcf->rules.on_outage;
    evidence->outage_stale = lcf->rules.stale;
    evidence->was_absent = record->found.risk.was_known;
    record->found.verdict = healthcode_verdict_decide(evidence);

    /* what was found in the cache was true when it was found */

    if (record->found.risk.known || record->found.risk.was_known) {
        record->found.decided = record->found.risk.known_at;

    } else if (record->found.risk.sought) {
        (void) ngx_http_healthcode_clock_read(&record->found.decided);
    }

    if (record->found.verdict.stale) {
        ngx_http_healthcode_cache_counters(lcf->rules.store->cache)
            ->holders_stale++;
    }

    record->found.judged = 1;
}
