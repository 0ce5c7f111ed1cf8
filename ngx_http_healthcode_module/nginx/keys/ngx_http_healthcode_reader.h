/*
 * A thread of this worker that looks at key files and credentials, reads key
 * sets and frees them, so that no request waits for these.
 * Knows no: request, location, verdict, file.  docs/keys.md, "Files".
 */

#ifndef NGX_HTTP_HEALTHCODE_READER_H
#define NGX_HTTP_HEALTHCODE_READER_H

#include "ngx_http_healthcode_credential.h"
#include "ngx_http_healthcode_watch.h"


typedef struct ngx_http_healthcode_reader_s  ngx_http_healthcode_reader_t;


/* Called in the event loop; result is freed when it returns. */
typedef void (*ngx_http_healthcode_reader_pt)(void *data,
    ngx_http_healthcode_watch_result_t *result);


/*
 * Starts the thread for issuers, an array of pointers, whose keys are those
 * that the configuration has read, and for credentials, likewise, which are
 * taken in the event loop.  NULL is logged.
 */
ngx_http_healthcode_reader_t *ngx_http_healthcode_reader_create(
    ngx_cycle_t *cycle, ngx_array_t *issuers, ngx_array_t *credentials,
    ngx_http_healthcode_reader_pt handler, void *data);

/* Stops the thread and waits for it. */
void ngx_http_healthcode_reader_destroy(ngx_http_healthcode_reader_t *reader);

/*
 * Has text read, of len bytes from malloc(), as what the location of issuer
 * (its number) answered.  The reader owns text from now on, also after an
 * error.  NGX_OK: a result with the same given, which is not 0, follows unless
 * there is no memory.  NGX_ERROR: none does.
 */
ngx_int_t ngx_http_healthcode_reader_give(ngx_http_healthcode_reader_t *reader,
    ngx_uint_t issuer, ngx_uint_t given, u_char *text, size_t len);

/* Has keyring freed, which takes longer than a request should wait. */
void ngx_http_healthcode_reader_drop(ngx_http_healthcode_reader_t *reader,
    healthcode_keyring_t *keyring);

#endif
