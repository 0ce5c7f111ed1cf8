/*
 * A pipe by which one thread wakes another that polls it.  Neither end blocks.
 * Knows no: request, location, verdict, issuer.  docs/keys.md, "Files".
 */

#ifndef NGX_HTTP_HEALTHCODE_PIPE_H
#define NGX_HTTP_HEALTHCODE_PIPE_H

#include <ngx_config.h>
#include <ngx_core.h>


/* fds[0] is to be read, fds[1] to be written.  NGX_OK, or NGX_ERROR, logged;
   either way _close() closes what is open; -1 is not. */
ngx_int_t ngx_http_healthcode_pipe_open(int *fds, ngx_log_t *log);
void ngx_http_healthcode_pipe_close(int *fds);

/* Wakes whoever polls fds[0]. */
void ngx_http_healthcode_pipe_signal(int *fds);

/* Takes all signals that have come. */
void ngx_http_healthcode_pipe_drain(int *fds);

#endif
