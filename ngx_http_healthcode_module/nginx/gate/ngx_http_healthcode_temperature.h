/*
 * The body temperature that a request says, where a location asks for it.
 * Knows no: connection, store, token.
 * docs/directives.md, "healthcode_temperature".
 */

#ifndef NGX_HTTP_HEALTHCODE_TEMPERATURE_H
#define NGX_HTTP_HEALTHCODE_TEMPERATURE_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Of _look(), what is left to do if the location asks for a temperature; of
 * _check() likewise.
 */
ngx_int_t ngx_http_healthcode_temperature_find(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);
healthcode_reason_e ngx_http_healthcode_temperature_judge(
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);


/*
 * Reads what r, as it is now, says of the temperature for lcf.  A request that
 * says nothing of it any more, as on its way to an error page, keeps what it
 * has said in the same place.  NGX_OK: it is another reading than before;
 * NGX_DECLINED: the same, or none is asked for; NGX_ERROR: no memory.
 */
static ngx_inline ngx_int_t
ngx_http_healthcode_temperature_look(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    return lcf->rules.temperature
           ? ngx_http_healthcode_temperature_find(r, lcf, record)
           : NGX_DECLINED;
}


/*
 * HEALTHCODE_REASON_OK, or why the temperature that was read for lcf does not
 * pass.
 */
static ngx_inline healthcode_reason_e
ngx_http_healthcode_temperature_check(
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    return lcf->rules.temperature
           ? ngx_http_healthcode_temperature_judge(lcf, record)
           : HEALTHCODE_REASON_OK;
}

#endif
