/*
 * A thread of this worker that looks at key files and credentials, reads key
 * sets and frees them, so that no request waits for these: the side of the
 * event loop.
 * Knows no: request, location, verdict, file.  docs/keys.md, "Files".
 */

#include "ngx_http_healthcode_pipe.h"
#include "ngx_http_healthcode_reader_private.h"

#include <signal.h>


static ngx_int_t ngx_http_healthcode_reader_listen(
    ngx_http_healthcode_reader_t *reader);
static ngx_int_t ngx_http_healthcode_reader_start(
    ngx_http_healthcode_reader_t *reader);
static void ngx_http_healthcode_reader_free(
    ngx_http_healthcode_reader_t *reader);
static void ngx_http_healthcode_reader_add(
    ngx_http_healthcode_reader_t *reader,
    ngx_http_healthcode_reader_job_t *job);
static void ngx_http_healthcode_reader_wake(ngx_event_t *rev);


ngx_http_healthcode_reader_t *
ngx_http_healthcode_reader_create(ngx_cycle_t *cycle, ngx_array_t *issuers,
    ngx_array_t *credentials, ngx_http_healthcode_reader_pt handler,
    void *data)
{
    ngx_uint_t                          i;
    ngx_http_healthcode_issuer_t      **issuer = issuers->elts;
    ngx_http_healthcode_reader_t       *reader;
    ngx_http_healthcode_credential_t  **credential = credentials->elts;

    reader = ngx_pcalloc(cycle->pool, sizeof(ngx_http_healthcode_reader_t));
    if (reader == NULL) {
        return NULL;
    }

    ngx_queue_init(&reader->jobs);
    ngx_queue_init(&reader->results);
    ngx_queue_init(&reader->changed);

    reader->fds[0] = -1;
    reader->fds[1] = -1;
    reader->wake[0] = -1;
    reader->wake[1] = -1;
    reader->handler = handler;
    reader->data = data;
    reader->log = cycle->log;

    reader->nwatches = issuers->nelts;
    reader->watches = ngx_pcalloc(cycle->pool, issuers->nelts
                                  * sizeof(ngx_http_healthcode_watch_t));

    reader->ncredentials = credentials->nelts;
    reader->credentials = ngx_pcalloc(cycle->pool, credentials->nelts
                           * sizeof(ngx_http_healthcode_credential_watch_t));

    if (reader->watches == NULL || reader->credentials == NULL) {
        return NULL;
    }

    for (i = 0; i < issuers->nelts; i++) {
        ngx_http_healthcode_watch_init(&reader->watches[i], issuer[i]);
    }

    for (i = 0; i < credentials->nelts; i++) {
        ngx_http_healthcode_credential_init(&reader->credentials[i],
                                            credential[i]);
    }

    if (ngx_http_healthcode_reader_listen(reader) != NGX_OK
        || ngx_http_healthcode_reader_start(reader) != NGX_OK)
    {
        ngx_http_healthcode_reader_free(reader);
        return NULL;
    }

    return reader;
}


static ngx_int_t
ngx_http_healthcode_reader_listen(ngx_http_healthcode_reader_t *reader)
{
    ngx_connection_t  *c;

    if (ngx_http_healthcode_pipe_open(reader->fds, reader->log) != NGX_OK) {
        return NGX_ERROR;
    }

    c = ngx_get_connection(reader->fds[0], reader->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->data = reader;
    c->log = reader->log;
    c->recv = ngx_recv;

    /* not a reason for a worker that shuts down to stay */
    c->idle = 1;
    c->read->channel = 1;
    c->read->log = reader->log;
    c->read->handler = ngx_http_healthcode_reader_wake;
    c->write->log = reader->log;

    reader->connection = c;

    return (ngx_add_event(c->read, NGX_READ_EVENT,
                          (ngx_event_flags & NGX_USE_CLEAR_EVENT)
                          ? NGX_CLEAR_EVENT : NGX_LEVEL_EVENT)
            == NGX_OK)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_healthcode_reader_start(ngx_http_healthcode_reader_t *reader)
{
    int       err;
    sigset_t  all, before;

    if (ngx_http_healthcode_pipe_open(reader->wake, reader->log) != NGX_OK) {
        return NGX_ERROR;
    }

    pthread_mutex_init(&reader->mutex, NULL);

    /* signals are for the event loop */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);

    err = pthread_create(&reader->thread, NULL,
                         ngx_http_healthcode_reader_thread_run, reader);

    pthread_sigmask(SIG_SETMASK, &before, NULL);

    if (err) {
        ngx_log_error(NGX_LOG_EMERG, reader->log, err,
                      "pthread_create() failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_healthcode_reader_destroy(ngx_http_healthcode_reader_t *reader)
{
    ngx_uint_t                            i;
    ngx_queue_t                          *q;
    ngx_http_healthcode_reader_job_t     *job;
    ngx_http_healthcode_watch_result_t  *result;

    pthread_mutex_lock(&reader->mutex);
    reader->stop = 1;
    pthread_mutex_unlock(&reader->mutex);

    ngx_http_healthcode_pipe_signal(reader->wake);

    pthread_join(reader->thread, NULL);

    while (!ngx_queue_empty(&reader->jobs)) {
        q = ngx_queue_head(&reader->jobs);
        ngx_queue_remove(q);

        job = ngx_queue_data(q, ngx_http_healthcode_reader_job_t, queue);
        healthcode_keyring_free(job->keyring);
        free(job->text);
        free(job);
    }

    while (!ngx_queue_empty(&reader->results)) {
        q = ngx_queue_head(&reader->results);
        ngx_queue_remove(q);

        result = ngx_queue_data(q, ngx_http_healthcode_watch_result_t, queue);
        healthcode_keyring_free(result->keyring);
        ngx_http_healthcode_watch_release(result);
    }

    while (!ngx_queue_empty(&reader->changed)) {
        q = ngx_queue_head(&reader->changed);
        ngx_queue_remove(q);

        ngx_http_healthcode_credential_drop(
            ngx_queue_data(q, ngx_http_healthcode_credential_result_t, queue));
    }

    for (i = 0; i < reader->nwatches; i++) {
        ngx_http_healthcode_watch_free(&reader->watches[i]);
    }

    ngx_http_healthcode_reader_free(reader);
}


static void
ngx_http_healthcode_reader_free(ngx_http_healthcode_reader_t *reader)
{
    if (reader->connection) {
        ngx_close_connection(reader->connection);
        reader->fds[0] = -1;
    }

    ngx_http_healthcode_pipe_close(reader->fds);
    ngx_http_healthcode_pipe_close(reader->wake);
}


ngx_int_t
ngx_http_healthcode_reader_give(ngx_http_healthcode_reader_t *reader,
    ngx_uint_t issuer, ngx_uint_t given, u_char *text, size_t len)
{
    ngx_http_healthcode_reader_job_t  *job;

    job = calloc(1, sizeof(ngx_http_healthcode_reader_job_t));

    if (job == NULL) {
        free(text);
        return NGX_ERROR;
    }

    job->issuer = issuer;
    job->given = given;
    job->text = text;
    job->len = len;

    ngx_http_healthcode_reader_add(reader, job);

    return NGX_OK;
}


void
ngx_http_healthcode_reader_drop(ngx_http_healthcode_reader_t *reader,
    healthcode_keyring_t *keyring)
{
    ngx_http_healthcode_reader_job_t  *job;

    job = calloc(1, sizeof(ngx_http_healthcode_reader_job_t));

    if (job == NULL) {
        healthcode_keyring_free(keyring);
        return;
    }

    job->keyring = keyring;

    ngx_http_healthcode_reader_add(reader, job);
}


static void
ngx_http_healthcode_reader_add(ngx_http_healthcode_reader_t *reader,
    ngx_http_healthcode_reader_job_t *job)
{
    pthread_mutex_lock(&reader->mutex);
    ngx_queue_insert_tail(&reader->jobs, &job->queue);
    pthread_mutex_unlock(&reader->mutex);

    ngx_http_healthcode_pipe_signal(reader->wake);
}


static void
ngx_http_healthcode_reader_wake(ngx_event_t *rev)
{
    ngx_queue_t                          *q, results, changed;
    ngx_connection_t                     *c = rev->data;
    ngx_http_healthcode_reader_t         *reader = c->data;
    ngx_http_healthcode_watch_result_t  *result;

    ngx_http_healthcode_pipe_drain(reader->fds);

    rev->ready = 0;
    ngx_queue_init(&results);
    ngx_queue_init(&changed);

    pthread_mutex_lock(&reader->mutex);

    if (!ngx_queue_empty(&reader->results)) {
        ngx_queue_add(&results, &reader->results);
        ngx_queue_init(&reader->results);
    }

    if (!ngx_queue_empty(&reader->changed)) {
        ngx_queue_add(&changed, &reader->changed);
        ngx_queue_init(&reader->changed);
    }

    pthread_mutex_unlock(&reader->mutex);

    while (!ngx_queue_empty(&results)) {
        q = ngx_queue_head(&results);
        ngx_queue_remove(q);

        result = ngx_queue_data(q, ngx_http_healthcode_watch_result_t, queue);
        reader->handler(reader->data, result);
        ngx_http_healthcode_watch_release(result);
    }

    while (!ngx_queue_empty(&changed)) {
        q = ngx_queue_head(&changed);
        ngx_queue_remove(q);

        ngx_http_healthcode_credential_take(
            ngx_queue_data(q, ngx_http_healthcode_credential_result_t, queue),
            reader->log);
    }
}
