/*
 * Whom a refused person can turn to, for one request.
 * Knows no: connection, header, store, token, verdict.
 * docs/directives.md, "healthcode_contact".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONTACT_H
#define NGX_HTTP_HEALTHCODE_CONTACT_H

#include "../ngx_http_healthcode.h"


/*
 * Reads the value of a contact of lcf into *value, in the pool of r; its len is
 * 0 if there is none.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_contact_read(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf, healthcode_contact_e contact,
    ngx_str_t *value);

#endif
