/*
 * The last hour by minute, for healthcode_status as JSON.  Changes nothing.
 * Knows no: connection, header, token, verdict.
 * docs/directives.md, "healthcode_status".
 */

#include "ngx_http_healthcode_status_format.h"


static void ngx_http_healthcode_status_json_minute(
    const healthcode_minute_t *minute, healthcode_json_writer_t *json);
static void ngx_http_healthcode_status_json_deny(
    const healthcode_minute_t *minute, healthcode_json_writer_t *json);
static void ngx_http_healthcode_status_json_quantile(
    const healthcode_minute_t *minute, const char *name, ngx_uint_t permille,
    healthcode_json_writer_t *json);


void
ngx_http_healthcode_status_json_minutes(
    const ngx_http_healthcode_status_facts_t *facts,
    healthcode_json_writer_t *json)
{
    ngx_uint_t           i;
    healthcode_minute_t  minute;

    healthcode_json_writer_name(json, "minutes");
    healthcode_json_writer_open(json, '[');

    for (i = 0; i < facts->minutes; i++) {

        ngx_memcpy(&minute, facts->minute[i].values, sizeof(minute));

        healthcode_json_writer_line(json);
        healthcode_json_writer_open(json, '{');
        healthcode_json_writer_member(json, "time", facts->minute[i].time);
        ngx_http_healthcode_status_json_minute(&minute, json);
        healthcode_json_writer_close(json, '}');
    }

    healthcode_json_writer_close(json, ']');
}


static void
ngx_http_healthcode_status_json_minute(const healthcode_minute_t *minute,
    healthcode_json_writer_t *json)
{
    healthcode_json_writer_member(json, "allow", minute->allow);
    ngx_http_healthcode_status_json_deny(minute, json);
    healthcode_json_writer_member(json, "overruled", minute->overruled);
    healthcode_json_writer_member(json, "audit", minute->audit);
    healthcode_json_writer_member(json, "none", minute->none);
    healthcode_json_writer_member(json, "other", minute->other);
    healthcode_json_writer_member(json, "busy", healthcode_minute_busy(minute));

    healthcode_json_writer_member(json, "lookups",
                                  healthcode_minute_lookups(minute));
    ngx_http_healthcode_status_json_quantile(minute, "lookup_p50", 500, json);
    ngx_http_healthcode_status_json_quantile(minute, "lookup_p99", 990, json);
}


static void
ngx_http_healthcode_status_json_deny(const healthcode_minute_t *minute,
    healthcode_json_writer_t *json)
{
    ngx_uint_t  i;

    healthcode_json_writer_name(json, "deny");
    healthcode_json_writer_open(json, '{');

    for (i = 0; i < HEALTHCODE_REASON_COUNT; i++) {
        if (minute->deny[i]) {
            healthcode_json_writer_name_of(json, healthcode_reason_word(i));
            healthcode_json_writer_number(json, minute->deny[i]);
        }
    }

    healthcode_json_writer_close(json, '}');
}


static void
ngx_http_healthcode_status_json_quantile(const healthcode_minute_t *minute,
    const char *name, ngx_uint_t permille, healthcode_json_writer_t *json)
{
    uint64_t  us;

    healthcode_json_writer_name(json, name);

    if (healthcode_histogram_quantile(minute->lookups, permille, &us)) {
        healthcode_json_writer_seconds(json, us);

    } else {
        healthcode_json_writer_word(json, healthcode_str("null"));
    }
}
