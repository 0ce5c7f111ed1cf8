/*
 * What the reader's two sides share: the event loop (reader.c) and the thread
 * (reader_thread.c), which alone include this.
 * Knows no: request, location, verdict, file.  docs/keys.md, "Files".
 */

#ifndef NGX_HTTP_HEALTHCODE_READER_PRIVATE_H
#define NGX_HTTP_HEALTHCODE_READER_PRIVATE_H

#include "ngx_http_healthcode_reader.h"

#include <pthread.h>


/* A text to read, or a keyring to free. */
typedef struct {
    ngx_queue_t                          queue;
    ngx_uint_t                           issuer;
    ngx_uint_t                           given;
    u_char                              *text;     /* or NULL: */
    size_t                               len;
    healthcode_keyring_t                *keyring;  /* to be freed */
} ngx_http_healthcode_reader_job_t;


struct ngx_http_healthcode_reader_s {
    pthread_t                            thread;
    pthread_mutex_t                      mutex;
    int                                  wake[2];  /* the thread reads 0 */

    /* under the mutex */
    ngx_queue_t                          jobs;
    ngx_queue_t                          results;
    ngx_queue_t                          changed;  /* credentials */
    ngx_uint_t                           stop;

    /* of the thread alone */
    ngx_uint_t                           nwatches;
    ngx_http_healthcode_watch_t         *watches;
    ngx_uint_t                               ncredentials;
    ngx_http_healthcode_credential_watch_t  *credentials;

    /* of the event loop alone */
    int                                  fds[2];   /* the thread writes to 1 */
    ngx_connection_t                    *connection;
    ngx_http_healthcode_reader_pt        handler;
    void                                *data;
    ngx_log_t                           *log;
};


/* The thread: runs until reader->stop.  data is the reader. */
void *ngx_http_healthcode_reader_thread_run(void *data);

#endif
