/*
 * How old the data of a store are, for a verdict and for $healthcode_data_age.
 * Knows no: connection, header, token, claims.
 * docs/directives.md, "healthcode_data_max_age".
 */

#ifndef NGX_HTTP_HEALTHCODE_DATA_AGE_H
#define NGX_HTTP_HEALTHCODE_DATA_AGE_H

#include "../request/ngx_http_healthcode_record.h"


/* Whether the data of the store of lcf, which has one, are too old for lcf. */
ngx_uint_t ngx_http_healthcode_data_age_is_old(
    const ngx_http_healthcode_loc_conf_t *lcf);

/*
 * The variables for the age in seconds, and for the minute in local time that
 * the data are of; NGX_OK, or NGX_ERROR without memory.
 */
ngx_int_t ngx_http_healthcode_data_age_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
ngx_int_t ngx_http_healthcode_data_age_time(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

#endif
