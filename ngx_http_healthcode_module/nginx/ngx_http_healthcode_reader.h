/*
 * A thread of this worker that watches key files and reads key sets, so that
 * no request waits for a file, a parse or a free.  Judges nothing.
 * docs/token-format.md, "Where keys come from".
 */

#ifndef NGX_HTTP_HEALTHCODE_READER_H
#define NGX_HTTP_HEALTHCODE_READER_H

#include "ngx_http_healthcode_load.h"


typedef struct ngx_http_healthcode_reader_s  ngx_http_healthcode_reader_t;


/* What became of files that changed, or of a text that was given. */
typedef struct {
    ngx_queue_t            queue;
    ngx_uint_t             issuer;    /* its number */
    ngx_int_t              rc;        /* NGX_OK: keyring is new; NGX_DECLINED:
                                         the keys are the same; NGX_ERROR */
    healthcode_keyring_t  *keyring;   /* the handler owns it */
    healthcode_bundle_t    texts;     /* of keyring; freed with the result */
    healthcode_str_t       text;      /* that was given and is good; freed with
                                         the result */
    ngx_uint_t             given;     /* how the text was; 0: a file changed */
    ngx_uint_t             closed;    /* rc is NGX_ERROR: the files are as they
                                         were, but this worker may not read
                                         them again */
    uint64_t               hash;      /* of what is broken */
    char                   file[512];
    char                   error[512];
} ngx_http_healthcode_reader_result_t;


/* Called in the event loop; result is gone after it. */
typedef void (*ngx_http_healthcode_reader_pt)(void *data,
    ngx_http_healthcode_reader_result_t *result);


/*
 * Starts the thread for issuers, an array of pointers, whose keys are those
 * that the configuration read.  NULL is logged.
 */
ngx_http_healthcode_reader_t *ngx_http_healthcode_reader_create(
    ngx_cycle_t *cycle, ngx_array_t *issuers,
    ngx_http_healthcode_reader_pt handler, void *data);

/* Stops the thread and waits for it. */
void ngx_http_healthcode_reader_destroy(ngx_http_healthcode_reader_t *reader);

/*
 * Has a text of len bytes from malloc(), which the reader then owns, read as
 * what the issuer's location answered.  given, not 0, comes back in the result
 * that follows unless NGX_ERROR is returned.
 */
ngx_int_t ngx_http_healthcode_reader_give(ngx_http_healthcode_reader_t *reader,
    ngx_uint_t issuer, ngx_uint_t given, u_char *text, size_t len);

/* Has keyring freed, which takes longer than a request should wait. */
void ngx_http_healthcode_reader_drop(ngx_http_healthcode_reader_t *reader,
    healthcode_keyring_t *keyring);

#endif
