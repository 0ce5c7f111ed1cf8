/*
 * A second condition beside a code that is in order: a temperature, and what
 * variables of nginx have to say.
 * Knows no: connection, header, store, token.
 * docs/request-path.md, "Token, Signature, Claims".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONDITION_H
#define NGX_HTTP_HEALTHCODE_CONDITION_H

#include "ngx_http_healthcode_temperature.h"


/* Of the next one, what is left to do if lcf has conditions of variables. */
healthcode_reason_e ngx_http_healthcode_condition_variables(
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);


/*
 * HEALTHCODE_REASON_OK, or which condition of lcf is not met; by what was read
 * for it: the temperature, and the values of record.
 */
static ngx_inline healthcode_reason_e
ngx_http_healthcode_condition_check(const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    healthcode_reason_e  reason;

    reason = ngx_http_healthcode_temperature_check(lcf, record);

    return (reason == HEALTHCODE_REASON_OK && lcf->rules.conditions)
           ? ngx_http_healthcode_condition_variables(lcf, record) : reason;
}

#endif
