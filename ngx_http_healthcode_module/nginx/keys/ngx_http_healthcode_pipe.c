/*
 * A pipe by which one thread wakes another that polls it.  Neither end blocks.
 * Knows no: request, location, verdict, issuer.  docs/keys.md, "Files".
 */

#include "ngx_http_healthcode_pipe.h"


ngx_int_t
ngx_http_healthcode_pipe_open(int *fds, ngx_log_t *log)
{
    if (pipe(fds) == -1) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "pipe() failed");
        return NGX_ERROR;
    }

    if (ngx_nonblocking(fds[0]) == -1
        || ngx_nonblocking(fds[1]) == -1
        || fcntl(fds[0], F_SETFD, FD_CLOEXEC) == -1
        || fcntl(fds[1], F_SETFD, FD_CLOEXEC) == -1)
    {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "fcntl() failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_healthcode_pipe_close(int *fds)
{
    if (fds[0] != -1) {
        close(fds[0]);
    }

    if (fds[1] != -1) {
        close(fds[1]);
    }
}


/* A pipe that is full has woken its reader already. */
void
ngx_http_healthcode_pipe_signal(int *fds)
{
    ssize_t  n;

    n = write(fds[1], "", 1);
    (void) n;
}


void
ngx_http_healthcode_pipe_drain(int *fds)
{
    u_char  buf[64];

    while (read(fds[0], buf, sizeof(buf)) > 0) { /* void */ }
}
