/*
 * Suspends a request in its access phase, and has its phases run again.
 * Knows not what it waits for.  docs/request-path.md, "Phases of nginx".
 */

#include "ngx_http_healthcode.h"


static void ngx_http_healthcode_suspend_handler(ngx_http_request_t *r);


/*
 * Nobody is watched for leaving: what is waited for is soon there, and who has
 * closed his half of the connection still reads the answer.  A handler of
 * reading stays, since a body may be on its way to be thrown away.
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


/* Nobody else sets it: where it stands, the request is suspended by us. */
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

    ngx_post_event(r->connection->write, &ngx_posted_events);
}
