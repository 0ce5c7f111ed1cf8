/*
 * Whom a refused person can turn to, for one request.
 * Knows no: connection, header, store, token, verdict.
 * docs/directives.md, "healthcode_contact".
 */

#include "ngx_http_healthcode_contact.h"


ngx_int_t
ngx_http_healthcode_contact_read(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf, healthcode_contact_e contact,
    ngx_str_t *value)
{
    ngx_str_null(value);

    return lcf->contacts[contact]
           ? ngx_http_complex_value(r, lcf->contacts[contact], value) : NGX_OK;
}
