/*
 * What happens on a connection, as redis/ notes it -> lines of the log.
 * Decides nothing.  Knows no: request, hiredis, timer.
 * docs/connection.md, "What the log says".
 */

#ifndef NGX_HTTP_HEALTHCODE_NOTES_H
#define NGX_HTTP_HEALTHCODE_NOTES_H

#include "ngx_http_healthcode_connection.h"


/* For ngx_http_healthcode_connection_init(); data is the connection. */
void ngx_http_healthcode_notes_write(void *data,
    const healthcode_tracker_note_t *note);

#endif
