/*
 * The states of a connection to a store, a row each: resolve, connect, hello,
 * live, leave, move.  Knows no: request, holder.
 * docs/connection.md, "States".
 */

#ifndef NGX_HTTP_HEALTHCODE_STATE_H
#define NGX_HTTP_HEALTHCODE_STATE_H

#include "ngx_http_healthcode_connection.h"


/* By their numbers; for ngx_http_healthcode_connection_init(). */
extern const ngx_http_healthcode_connection_row_t
    ngx_http_healthcode_state_rows[];

#endif
