/*
 * Suspends a request in its access phase, and has its phases run again.
 * Knows not what it waits for.  docs/request-path.md, "Phases of nginx".
 */

#include "ngx_http_healthcode.h"


/* As limit_req delays: notice a client that leaves, and nothing else. */
ngx_int_t
ngx_http_healthcode_suspend(ngx_http_request_t *r)
{
    if (r->connection->read->ready) {
        ngx_post_event(r->connection->read, &ngx_posted_events);

    } else if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    return NGX_OK;
}


void
ngx_http_healthcode_resume(ngx_http_healthcode_record_t *record)
{
    ngx_http_request_t  *r = record->request;

    /* nginx may have gone on without an answer, to the post_action of a client
       that left: its phases must not run beside that a second time */
    if (r->write_event_handler != ngx_http_core_run_phases
        && (r->write_event_handler != ngx_http_request_empty_handler
            || r->read_event_handler != ngx_http_test_reading))
    {
        return;
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_post_event(r->connection->write, &ngx_posted_events);
}
