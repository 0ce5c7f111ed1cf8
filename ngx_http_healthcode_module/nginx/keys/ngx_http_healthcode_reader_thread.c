/*
 * The reader's thread: takes jobs, looks at the files each second, and posts
 * what came of it to the event loop.
 * Knows no: request, location, verdict, file.  docs/keys.md, "Files".
 */

#include "ngx_http_healthcode_pipe.h"
#include "ngx_http_healthcode_reader_private.h"

#include <poll.h>

#if (NGX_LINUX)
#include <sys/resource.h>
#include <sys/syscall.h>
#endif


/* Seconds between two looks at the files. */
#define NGX_HTTP_HEALTHCODE_READER_SECONDS  1

/* By how much the thread is nicer than its worker, on whose processor it may
   have to run: it gets a tenth if the worker wants all. */
#define NGX_HTTP_HEALTHCODE_READER_NICER    10


static void ngx_http_healthcode_reader_thread_yield(void);
static ngx_uint_t ngx_http_healthcode_reader_thread_next(
    ngx_http_healthcode_reader_t *reader, struct timespec *until,
    ngx_http_healthcode_reader_job_t **job);
static ngx_uint_t ngx_http_healthcode_reader_thread_wait(
    ngx_http_healthcode_reader_t *reader, struct timespec *until);
static void ngx_http_healthcode_reader_thread_work(
    ngx_http_healthcode_reader_t *reader,
    ngx_http_healthcode_reader_job_t *job);
static void ngx_http_healthcode_reader_thread_change(
    ngx_http_healthcode_reader_t *reader,
    ngx_http_healthcode_credential_result_t *result);
static void ngx_http_healthcode_reader_thread_post(
    ngx_http_healthcode_reader_t *reader, ngx_uint_t issuer, ngx_uint_t given,
    ngx_http_healthcode_watch_result_t *result);


void *
ngx_http_healthcode_reader_thread_run(void *data)
{
    ngx_uint_t                         i;
    struct timespec                    until;
    ngx_http_healthcode_reader_t      *reader = data;
    ngx_http_healthcode_reader_job_t  *job;

    ngx_http_healthcode_reader_thread_yield();

    for (i = 0; i < reader->nwatches; i++) {
        ngx_http_healthcode_reader_thread_post(reader, i, 0,
                        ngx_http_healthcode_watch_try(&reader->watches[i]));
    }

    clock_gettime(CLOCK_MONOTONIC, &until);

    for ( ;; ) {

        if (!ngx_http_healthcode_reader_thread_next(reader, &until, &job)) {
            return NULL;
        }

        if (job) {
            ngx_http_healthcode_reader_thread_work(reader, job);
            continue;
        }

        for (i = 0; i < reader->nwatches; i++) {
            ngx_http_healthcode_reader_thread_post(reader, i, 0,
                        ngx_http_healthcode_watch_look(&reader->watches[i]));
        }

        for (i = 0; i < reader->ncredentials; i++) {
            ngx_http_healthcode_reader_thread_change(reader,
                 ngx_http_healthcode_credential_look(&reader->credentials[i]));
        }

        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += NGX_HTTP_HEALTHCODE_READER_SECONDS;
    }
}


static void
ngx_http_healthcode_reader_thread_yield(void)
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
 * Whether to go on, with the next job; *job is NULL if it is time to look at
 * the files.
 */
static ngx_uint_t
ngx_http_healthcode_reader_thread_next(ngx_http_healthcode_reader_t *reader,
    struct timespec *until, ngx_http_healthcode_reader_job_t **job)
{
    ngx_uint_t    stop;
    ngx_queue_t  *q;

    *job = NULL;

    do {
        pthread_mutex_lock(&reader->mutex);

        stop = reader->stop;

        if (!stop && !ngx_queue_empty(&reader->jobs)) {
            q = ngx_queue_head(&reader->jobs);
            ngx_queue_remove(q);
            *job = ngx_queue_data(q, ngx_http_healthcode_reader_job_t, queue);
        }

        pthread_mutex_unlock(&reader->mutex);

    } while (!stop && *job == NULL
             && ngx_http_healthcode_reader_thread_wait(reader, until));

    return !stop;
}


/*
 * Waits until a time of CLOCK_MONOTONIC, or for a signal, which is true.  By
 * poll(), and not by pthread_cond_timedwait(), which libfaketime 0.9 has
 * return at once if the clock of the day stands.
 */
static ngx_uint_t
ngx_http_healthcode_reader_thread_wait(ngx_http_healthcode_reader_t *reader,
    struct timespec *until)
{
    int64_t          ms;
    struct pollfd    pfd;
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    ms = ((int64_t) until->tv_sec - now.tv_sec) * 1000
         + (until->tv_nsec - now.tv_nsec) / 1000000;

    if (ms <= 0) {
        return 0;
    }

    pfd.fd = reader->wake[0];
    pfd.events = POLLIN;

    if (poll(&pfd, 1, (int) ms) <= 0) {
        return 0;
    }

    ngx_http_healthcode_pipe_drain(reader->wake);

    return 1;
}


static void
ngx_http_healthcode_reader_thread_work(ngx_http_healthcode_reader_t *reader,
    ngx_http_healthcode_reader_job_t *job)
{
    if (job->text) {
        ngx_http_healthcode_reader_thread_post(reader, job->issuer, job->given,
                  ngx_http_healthcode_watch_give(&reader->watches[job->issuer],
                                                 job->text, job->len));
    }

    healthcode_keyring_free(job->keyring);
    free(job);
}


static void
ngx_http_healthcode_reader_thread_post(ngx_http_healthcode_reader_t *reader,
    ngx_uint_t issuer, ngx_uint_t given,
    ngx_http_healthcode_watch_result_t *result)
{
    if (result == NULL) {
        return;
    }

    result->issuer = issuer;
    result->given = given;

    pthread_mutex_lock(&reader->mutex);
    ngx_queue_insert_tail(&reader->results, &result->queue);
    pthread_mutex_unlock(&reader->mutex);

    ngx_http_healthcode_pipe_signal(reader->fds);
}


static void
ngx_http_healthcode_reader_thread_change(ngx_http_healthcode_reader_t *reader,
    ngx_http_healthcode_credential_result_t *result)
{
    if (result == NULL) {
        return;
    }

    pthread_mutex_lock(&reader->mutex);
    ngx_queue_insert_tail(&reader->changed, &result->queue);
    pthread_mutex_unlock(&reader->mutex);

    ngx_http_healthcode_pipe_signal(reader->fds);
}
