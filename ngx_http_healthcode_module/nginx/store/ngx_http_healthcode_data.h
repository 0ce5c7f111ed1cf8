/*
 * Lines of the log about a store whose data are older than a location lets
 * them be, one a change.  Judges no request.  Knows no: request, holder, timer.
 * docs/operations.md, "How old the data are".
 */

#ifndef NGX_HTTP_HEALTHCODE_DATA_H
#define NGX_HTTP_HEALTHCODE_DATA_H

#include "../ngx_http_healthcode.h"

#include "../../core/healthcode_data.h"
#include "../../redis/healthcode_outage.h"


/* All zero: the data were not old yet. */
typedef struct {
    healthcode_outage_t  lines;
} ngx_http_healthcode_data_t;


/*
 * data is what the store has just said: writes a line if it is news that one
 * of the store's limits is exceeded, or none is.
 */
void ngx_http_healthcode_data_note(ngx_http_healthcode_data_t *state,
    const ngx_http_healthcode_store_t *store, const healthcode_data_t *data,
    ngx_log_t *log);

#endif
