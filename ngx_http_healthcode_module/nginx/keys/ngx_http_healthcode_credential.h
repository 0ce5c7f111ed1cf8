/*
 * A credential of a store whose files are looked at again and again by the
 * reader's thread, and what comes of it in the event loop.
 * Knows no: request, location, verdict, connection.
 * docs/connection.md, "Credentials".
 */

#ifndef NGX_HTTP_HEALTHCODE_CREDENTIAL_H
#define NGX_HTTP_HEALTHCODE_CREDENTIAL_H

#include "../ngx_http_healthcode.h"
#include "../../core/healthcode_refresh.h"


/* Files that changed. */
typedef struct {
    ngx_queue_t                               queue;   /* the reader's */
    const ngx_http_healthcode_credential_t   *credential;
    void                                     *made;    /* NULL: error */
    char                                      file[512];
    char                                      error[512];
} ngx_http_healthcode_credential_result_t;


/* What the thread remembers. */
typedef struct {
    const ngx_http_healthcode_credential_t   *credential;
    healthcode_refresh_files_t                files;
    uint64_t                                  hash;    /* of the last texts */
    uint64_t                                  broken;  /* of the last error */
} ngx_http_healthcode_credential_watch_t;


/* Notes what the files are like now; blocks on them.  Before they are read. */
void ngx_http_healthcode_credential_note(
    ngx_http_healthcode_credential_t *credential);

/* Starts with what was noted, or if this process may not read it, with now. */
void ngx_http_healthcode_credential_init(
    ngx_http_healthcode_credential_watch_t *watch,
    const ngx_http_healthcode_credential_t *credential);

/*
 * Looks whether the files have changed, and reads them once they rest.  NULL:
 * nothing has changed, or is wrong in another way than before, or there is no
 * memory.
 */
ngx_http_healthcode_credential_result_t *ngx_http_healthcode_credential_look(
    ngx_http_healthcode_credential_watch_t *watch);

/* Hands it to whoever takes it, or says what is wrong; frees result. */
void ngx_http_healthcode_credential_take(
    ngx_http_healthcode_credential_result_t *result, ngx_log_t *log);

/* Frees result, and what was made. */
void ngx_http_healthcode_credential_drop(
    ngx_http_healthcode_credential_result_t *result);

#endif
