/*
 * The halls of a store whose names stand in the configuration, for those who
 * count the people in them.  Knows no: request, connection.
 * docs/monitoring/metrics.md, "Halls".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_HALL_H
#define NGX_HTTP_HEALTHCODE_CONF_HALL_H

#include "../ngx_http_healthcode.h"


/*
 * Adds the label of a hall to those of store, once; not of one by variables.
 * NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_conf_hall_note(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store, const ngx_http_complex_value_t *hall);

#endif
