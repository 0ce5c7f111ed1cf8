/*
 * $healthcode_contact_NAME, $healthcode_link_NAME and $healthcode_refresh: what
 * pages of refusals say.
 * Knows no: connection, header, store, token.
 * docs/variables.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_CONTACT_VARIABLE_H
#define NGX_HTTP_HEALTHCODE_CONTACT_VARIABLE_H

#include "../request/ngx_http_healthcode_record.h"


/* Adds the variables.  NGX_OK, or NGX_ERROR: no memory. */
ngx_int_t ngx_http_healthcode_contact_variables_add(ngx_conf_t *cf);

#endif
