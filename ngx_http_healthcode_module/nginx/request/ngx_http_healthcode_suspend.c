/*
 * Suspends a request in its access phase, or a subrequest in its precontent
 * phase, and has its phases run again.
 * Does not know what it waits for.
 * Knows no: header, store, token, verdict.
 * docs/request-path.md, "Phases of nginx".
 */

#include "ngx_http_healthcode_suspend.h"


static void ngx_http_healthcode_suspend_handler(ngx_http_request_t *r);


/*
 * A client that leaves is not watched for: the wait is short, and a client that
 * has closed its half of the connection still reads the answer.  Any other read
 * handler stays, since a body may be on its way to be discarded.
 */
void
ngx_http_healthcode_suspend(ngx_http_request_t *r)
{
    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "healthcode: suspended");

    if (r->read_event_handler == ngx_http_test_reading) {
        r->read_event_handler = ngx_http_block_reading;
    }

    r->write_event_handler = ngx_http_healthcode_suspend_handler;
}


/* Nobody else sets it: while it is set, the request is suspended by us. */
static void
ngx_http_healthcode_suspend_handler(ngx_http_request_t *r)
{
    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "healthcode: still suspended");
}


void
ngx_http_healthcode_resume(ngx_http_healthcode_record_t *record)
{
    ngx_http_request_t  *r = record->request;

    /* nginx may have gone on without an answer, such as to a post_action: its
       phases must not run beside that a second time */
    if (r->write_event_handler != ngx_http_healthcode_suspend_handler) {
        return;
    }

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "healthcode: resumed");

    r->write_event_handler = ngx_http_core_run_phases;
    record->resumed = 1;

    /* nginx runs what the connection is at, then what is posted */

    if (r != r->connection->data) {
        (void) ngx_http_post_request(r, &record->posted);
    }

    ngx_post_event(r->connection->write, &ngx_posted_events);
}
