/*
 * A thread of this worker that watches key files and reads key sets, so that
 * no request waits for a file, a parse or a free.  Judges nothing.
 * docs/token-format.md, "Where keys come from".
 */

#include "ngx_http_healthcode_reader.h"

#include <pthread.h>
#include <signal.h>

#if (NGX_LINUX)
#include <sys/resource.h>
#include <sys/syscall.h>
#endif


/* How often files are looked at.  A change is read once it has rested so long,
   since a file that is being written may look like a smaller whole one. */
#define NGX_HTTP_HEALTHCODE_READER_SECONDS  1

/* Files that never rest are read after so many looks all the same. */
#define NGX_HTTP_HEALTHCODE_READER_LOOKS    4

/* By how much the thread is nicer than its worker, on whose processor it may
   have to run: it gets a tenth where the worker wants all. */
#define NGX_HTTP_HEALTHCODE_READER_NICER    10


/* What the thread knows of one issuer. */
typedef struct {
    const ngx_http_healthcode_issuer_t  *issuer;
    uint64_t                             read;     /* stamp of what was read */
    uint64_t                             seen;     /* stamp of the last look */
    ngx_uint_t                           restless; /* looks that saw a change,
                                                      one after the other */
    u_char                              *text;     /* the last good one */
    size_t                               len;
    ngx_uint_t                           has_keys;
    u_char                               generation[
                                          HEALTHCODE_KEYRING_GENERATION_LEN];
} ngx_http_healthcode_reader_watch_t;


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
    pthread_cond_t                       cond;

    /* under the mutex */
    ngx_queue_t                          jobs;
    ngx_queue_t                          results;
    ngx_uint_t                           stop;

    /* of the thread alone */
    ngx_uint_t                           nwatches;
    ngx_http_healthcode_reader_watch_t  *watches;

    /* of the event loop alone */
    int                                  fds[2];   /* the thread writes to 1 */
    ngx_connection_t                    *connection;
    ngx_http_healthcode_reader_pt        handler;
    void                                *data;
    ngx_log_t                           *log;
};


static void ngx_http_healthcode_reader_watch(
    ngx_http_healthcode_reader_t *reader, ngx_array_t *issuers);
static ngx_int_t ngx_http_healthcode_reader_listen(
    ngx_http_healthcode_reader_t *reader);
static ngx_int_t ngx_http_healthcode_reader_start(
    ngx_http_healthcode_reader_t *reader);
static void ngx_http_healthcode_reader_free(
    ngx_http_healthcode_reader_t *reader);
static void *ngx_http_healthcode_reader_run(void *data);
static void ngx_http_healthcode_reader_yield(void);
static void ngx_http_healthcode_reader_try(
    ngx_http_healthcode_reader_t *reader);
static ngx_uint_t ngx_http_healthcode_reader_next(
    ngx_http_healthcode_reader_t *reader, struct timespec *until,
    ngx_http_healthcode_reader_job_t **job);
static void ngx_http_healthcode_reader_work(
    ngx_http_healthcode_reader_t *reader,
    ngx_http_healthcode_reader_job_t *job);
static void ngx_http_healthcode_reader_look(
    ngx_http_healthcode_reader_t *reader);
static void ngx_http_healthcode_reader_read(
    ngx_http_healthcode_reader_t *reader, ngx_uint_t n,
    ngx_http_healthcode_reader_job_t *job);
static void ngx_http_healthcode_reader_keep(
    ngx_http_healthcode_reader_watch_t *watch,
    ngx_http_healthcode_load_t *load,
    ngx_http_healthcode_reader_result_t *result);
static void ngx_http_healthcode_reader_post(
    ngx_http_healthcode_reader_t *reader,
    ngx_http_healthcode_reader_result_t *result);
static void ngx_http_healthcode_reader_wake(ngx_event_t *rev);
static void ngx_http_healthcode_reader_release(
    ngx_http_healthcode_reader_result_t *result);
static void ngx_http_healthcode_reader_add(
    ngx_http_healthcode_reader_t *reader,
    ngx_http_healthcode_reader_job_t *job);


ngx_http_healthcode_reader_t *
ngx_http_healthcode_reader_create(ngx_cycle_t *cycle, ngx_array_t *issuers,
    ngx_http_healthcode_reader_pt handler, void *data)
{
    ngx_http_healthcode_reader_t  *reader;

    reader = ngx_pcalloc(cycle->pool, sizeof(ngx_http_healthcode_reader_t));
    if (reader == NULL) {
        return NULL;
    }

    ngx_queue_init(&reader->jobs);
    ngx_queue_init(&reader->results);

    reader->fds[0] = -1;
    reader->fds[1] = -1;
    reader->handler = handler;
    reader->data = data;
    reader->log = cycle->log;

    reader->nwatches = issuers->nelts;
    reader->watches = ngx_pcalloc(cycle->pool, issuers->nelts
                                  * sizeof(ngx_http_healthcode_reader_watch_t));

    if (reader->watches == NULL) {
        return NULL;
    }

    ngx_http_healthcode_reader_watch(reader, issuers);

    if (ngx_http_healthcode_reader_listen(reader) != NGX_OK
        || ngx_http_healthcode_reader_start(reader) != NGX_OK)
    {
        ngx_http_healthcode_reader_free(reader);
        return NULL;
    }

    return reader;
}


static void
ngx_http_healthcode_reader_watch(ngx_http_healthcode_reader_t *reader,
    ngx_array_t *issuers)
{
    ngx_uint_t                            i;
    const healthcode_keyring_t           *keyring;
    ngx_http_healthcode_issuer_t        **issuer = issuers->elts;
    ngx_http_healthcode_reader_watch_t   *watch;

    for (i = 0; i < issuers->nelts; i++) {
        watch = &reader->watches[i];
        watch->issuer = issuer[i];
        watch->read = issuer[i]->keys.stamp;
        watch->seen = issuer[i]->keys.stamp;

        keyring = issuer[i]->keys.keyring;

        if (keyring) {
            watch->has_keys = 1;
            ngx_memcpy(watch->generation,
                       healthcode_keyring_generation(keyring),
                       HEALTHCODE_KEYRING_GENERATION_LEN);
        }
    }
}


static ngx_int_t
ngx_http_healthcode_reader_listen(ngx_http_healthcode_reader_t *reader)
{
    ngx_connection_t  *c;

    if (pipe(reader->fds) == -1) {
        ngx_log_error(NGX_LOG_EMERG, reader->log, ngx_errno, "pipe() failed");
        return NGX_ERROR;
    }

    if (ngx_nonblocking(reader->fds[0]) == -1
        || ngx_nonblocking(reader->fds[1]) == -1
        || fcntl(reader->fds[0], F_SETFD, FD_CLOEXEC) == -1
        || fcntl(reader->fds[1], F_SETFD, FD_CLOEXEC) == -1)
    {
        ngx_log_error(NGX_LOG_EMERG, reader->log, ngx_errno, "fcntl() failed");
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
    int                 err;
    sigset_t            all, before;
    pthread_condattr_t  attr;

    pthread_mutex_init(&reader->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&reader->cond, &attr);
    pthread_condattr_destroy(&attr);

    /* signals are for the event loop */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);

    err = pthread_create(&reader->thread, NULL, ngx_http_healthcode_reader_run,
                         reader);

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
    ngx_http_healthcode_reader_result_t  *result;

    pthread_mutex_lock(&reader->mutex);
    reader->stop = 1;
    pthread_cond_signal(&reader->cond);
    pthread_mutex_unlock(&reader->mutex);

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

        result = ngx_queue_data(q, ngx_http_healthcode_reader_result_t, queue);
        healthcode_keyring_free(result->keyring);
        ngx_http_healthcode_reader_release(result);
    }

    for (i = 0; i < reader->nwatches; i++) {
        free(reader->watches[i].text);
    }

    ngx_http_healthcode_reader_free(reader);
}


static void
ngx_http_healthcode_reader_free(ngx_http_healthcode_reader_t *reader)
{
    if (reader->connection) {
        ngx_close_connection(reader->connection);

    } else if (reader->fds[0] != -1) {
        close(reader->fds[0]);
    }

    if (reader->fds[1] != -1) {
        close(reader->fds[1]);
    }
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
    pthread_cond_signal(&reader->cond);
    pthread_mutex_unlock(&reader->mutex);
}


/* ---- the thread ---- */

static void *
ngx_http_healthcode_reader_run(void *data)
{
    struct timespec                    until;
    ngx_http_healthcode_reader_t      *reader = data;
    ngx_http_healthcode_reader_job_t  *job;

    ngx_http_healthcode_reader_yield();
    ngx_http_healthcode_reader_try(reader);

    clock_gettime(CLOCK_MONOTONIC, &until);

    for ( ;; ) {

        if (!ngx_http_healthcode_reader_next(reader, &until, &job)) {
            return NULL;
        }

        if (job) {
            ngx_http_healthcode_reader_work(reader, job);
            continue;
        }

        ngx_http_healthcode_reader_look(reader);

        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += NGX_HTTP_HEALTHCODE_READER_SECONDS;
    }
}


/*
 * The master read the files, often as another user: say at once, and not when
 * a key has to change in a hurry, that this worker may not.
 */
static void
ngx_http_healthcode_reader_try(ngx_http_healthcode_reader_t *reader)
{
    int                                   err;
    time_t                                newest;
    ngx_uint_t                            i;
    ngx_http_healthcode_reader_watch_t   *watch;
    ngx_http_healthcode_reader_result_t  *result;

    for (i = 0; i < reader->nwatches; i++) {

        watch = &reader->watches[i];

        if (watch->issuer->keys.broken) {
            /* the master has said so: nothing of them was read */
            continue;
        }

        result = calloc(1, sizeof(ngx_http_healthcode_reader_result_t));

        if (result == NULL
            || ngx_http_healthcode_load_access(watch->issuer, &err,
                                               result->file,
                                               sizeof(result->file))
               == NGX_OK)
        {
            free(result);
            continue;
        }

        watch->read = ngx_http_healthcode_load_stamp(watch->issuer, &newest);
        watch->seen = watch->read;

        result->issuer = i;
        result->rc = NGX_ERROR;
        result->closed = 1;
        ngx_http_healthcode_load_describe(result->error,
                                          sizeof(result->error),
                                          "the workers may not read it", err);
        result->hash = ngx_http_healthcode_load_hash(0, result->file,
                                                     strlen(result->file));

        ngx_http_healthcode_reader_post(reader, result);
    }
}


static void
ngx_http_healthcode_reader_yield(void)
{
#if (NGX_LINUX)
    int    nice;
    id_t   thread = (id_t) syscall(SYS_gettid);

    /* elsewhere this would be the whole process */
    nice = getpriority(PRIO_PROCESS, thread)
           + NGX_HTTP_HEALTHCODE_READER_NICER;

    (void) setpriority(PRIO_PROCESS, thread, ngx_min(nice, 19));
#endif
}


/*
 * Whether to go on, with the next job; *job is NULL where it is time to look
 * at the files.
 */
static ngx_uint_t
ngx_http_healthcode_reader_next(ngx_http_healthcode_reader_t *reader,
    struct timespec *until, ngx_http_healthcode_reader_job_t **job)
{
    int           err = 0;
    ngx_uint_t    stop;
    ngx_queue_t  *q;

    *job = NULL;

    pthread_mutex_lock(&reader->mutex);

    while (!reader->stop && ngx_queue_empty(&reader->jobs) && err == 0) {
        err = pthread_cond_timedwait(&reader->cond, &reader->mutex, until);
    }

    stop = reader->stop;

    if (!stop && !ngx_queue_empty(&reader->jobs)) {
        q = ngx_queue_head(&reader->jobs);
        ngx_queue_remove(q);
        *job = ngx_queue_data(q, ngx_http_healthcode_reader_job_t, queue);
    }

    pthread_mutex_unlock(&reader->mutex);

    return !stop;
}


static void
ngx_http_healthcode_reader_work(ngx_http_healthcode_reader_t *reader,
    ngx_http_healthcode_reader_job_t *job)
{
    if (job->text) {
        ngx_http_healthcode_reader_read(reader, job->issuer, job);
    }

    healthcode_keyring_free(job->keyring);
    free(job->text);
    free(job);
}


static void
ngx_http_healthcode_reader_look(ngx_http_healthcode_reader_t *reader)
{
    time_t                               newest;
    uint64_t                             stamp;
    ngx_uint_t                           i;
    ngx_http_healthcode_reader_watch_t  *watch;

    for (i = 0; i < reader->nwatches; i++) {

        watch = &reader->watches[i];

        stamp = ngx_http_healthcode_load_stamp(watch->issuer, &newest);
        watch->restless = (stamp == watch->seen) ? 0 : watch->restless + 1;
        watch->seen = stamp;

        if (stamp != watch->read
            && (watch->restless == 0
                || watch->restless >= NGX_HTTP_HEALTHCODE_READER_LOOKS))
        {
            watch->restless = 0;
            watch->read = stamp;
            ngx_http_healthcode_reader_read(reader, i, NULL);
        }
    }
}


/* job gives a text that takes the place of the one before, if it is good. */
static void
ngx_http_healthcode_reader_read(ngx_http_healthcode_reader_t *reader,
    ngx_uint_t n, ngx_http_healthcode_reader_job_t *job)
{
    u_char                               *copy;
    healthcode_str_t                      text;
    ngx_http_healthcode_load_t            load;
    ngx_http_healthcode_reader_watch_t   *watch = &reader->watches[n];
    ngx_http_healthcode_reader_result_t  *result;

    result = calloc(1, sizeof(ngx_http_healthcode_reader_result_t));
    if (result == NULL) {
        return;
    }

    result->issuer = n;
    result->given = job ? job->given : 0;

    text = job ? healthcode_str_from(job->text, job->len)
               : healthcode_str_from(watch->text, watch->len);

    result->rc = ngx_http_healthcode_load(watch->issuer, text, &load);

    if (result->rc == NGX_OK) {
        ngx_http_healthcode_reader_keep(watch, &load, result);

        if (job) {
            copy = malloc(job->len + 1);

            if (copy) {
                ngx_memcpy(copy, job->text, job->len);
                result->text = healthcode_str_from(copy, job->len);
            }

            free(watch->text);
            watch->text = job->text;
            watch->len = job->len;
            job->text = NULL;
        }

    } else if (result->rc == NGX_ERROR) {
        ngx_memcpy(result->file, load.file, sizeof(result->file));
        ngx_memcpy(result->error, load.error, sizeof(result->error));

        result->hash = ngx_http_healthcode_load_hash(watch->read,
                                                     load.error,
                                                     strlen(load.error));
        if (job) {
            result->hash = ngx_http_healthcode_load_hash(result->hash,
                                                         job->text, job->len);
        }
    }

    ngx_http_healthcode_reader_post(reader, result);
}


/* The same bytes are the same keys, and no reason to lose what is cached. */
static void
ngx_http_healthcode_reader_keep(ngx_http_healthcode_reader_watch_t *watch,
    ngx_http_healthcode_load_t *load,
    ngx_http_healthcode_reader_result_t *result)
{
    const uint8_t  *generation = healthcode_keyring_generation(load->keyring);

    if (watch->has_keys
        && ngx_memcmp(watch->generation, generation,
                      HEALTHCODE_KEYRING_GENERATION_LEN)
           == 0)
    {
        healthcode_keyring_free(load->keyring);
        healthcode_bundle_free(&load->texts);
        result->rc = NGX_DECLINED;
        return;
    }

    ngx_memcpy(watch->generation, generation,
               HEALTHCODE_KEYRING_GENERATION_LEN);
    watch->has_keys = 1;
    result->keyring = load->keyring;
    result->texts = load->texts;
}


static void
ngx_http_healthcode_reader_post(ngx_http_healthcode_reader_t *reader,
    ngx_http_healthcode_reader_result_t *result)
{
    ssize_t  n;

    pthread_mutex_lock(&reader->mutex);
    ngx_queue_insert_tail(&reader->results, &result->queue);
    pthread_mutex_unlock(&reader->mutex);

    /* a pipe that is full has woken the event loop already */
    n = write(reader->fds[1], "", 1);
    (void) n;
}


/* ---- the event loop ---- */

static void
ngx_http_healthcode_reader_wake(ngx_event_t *rev)
{
    u_char                                buf[64];
    ngx_queue_t                          *q, results;
    ngx_connection_t                     *c = rev->data;
    ngx_http_healthcode_reader_t         *reader = c->data;
    ngx_http_healthcode_reader_result_t  *result;

    while (read(reader->fds[0], buf, sizeof(buf)) > 0) { /* void */ }

    rev->ready = 0;
    ngx_queue_init(&results);

    pthread_mutex_lock(&reader->mutex);

    if (!ngx_queue_empty(&reader->results)) {
        ngx_queue_add(&results, &reader->results);
        ngx_queue_init(&reader->results);
    }

    pthread_mutex_unlock(&reader->mutex);

    while (!ngx_queue_empty(&results)) {
        q = ngx_queue_head(&results);
        ngx_queue_remove(q);

        result = ngx_queue_data(q, ngx_http_healthcode_reader_result_t, queue);
        reader->handler(reader->data, result);
        ngx_http_healthcode_reader_release(result);
    }
}


static void
ngx_http_healthcode_reader_release(ngx_http_healthcode_reader_result_t *result)
{
    healthcode_bundle_free(&result->texts);
    free((void *) (uintptr_t) result->text.data);
    free(result);
}
