/*
 * The demo's helper as a server of HTTP on 127.0.0.1, by libmicrohttpd.
 * Does not know what the answers are.  docs/demo.md, "The helper".
 */

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <unistd.h>

#include "healthcode_demo_http.h"
#include "healthcode_demo_site.h"


#define HEALTHCODE_DEMO_PREFIX       "/hall/api/"
#define HEALTHCODE_DEMO_CONNECTIONS  64u
#define HEALTHCODE_DEMO_PATIENCE     10u      /* s */
#define HEALTHCODE_DEMO_WORDS        128

/* Bytes of a body that is thrown away, since its request is refused. */
#define HEALTHCODE_DEMO_REFUSED_MAX  (4 * 1024 * 1024)


typedef struct {
    const char                 *method;
    const char                 *name;
    healthcode_demo_answer_pt   answer;
    size_t                      max;          /* bytes of the body */
} healthcode_demo_route_t;

/* One request; the body grows as it comes, and is only counted if refused. */
typedef struct {
    const healthcode_demo_route_t  *route;
    uint8_t                        *body;
    size_t                          len;
    healthcode_demo_status_e        status;
    char                            error[HEALTHCODE_DEMO_WORDS];
} healthcode_demo_request_t;


static enum MHD_Result healthcode_demo_http_handle(void *cls,
    struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *data, size_t *len, void **state);
static void healthcode_demo_http_done(void *cls,
    struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code);
static enum MHD_Result healthcode_demo_http_begin(healthcode_demo_t *demo,
    struct MHD_Connection *connection, const char *url, const char *method,
    void **state);
static healthcode_demo_status_e healthcode_demo_http_route(
    healthcode_demo_t *demo, struct MHD_Connection *connection,
    const char *url, const char *method,
    const healthcode_demo_route_t **route);
static enum MHD_Result healthcode_demo_http_header(void *cls,
    enum MHD_ValueKind kind, const char *name, const char *value);
static unsigned long long healthcode_demo_http_length(
    struct MHD_Connection *connection);
static bool healthcode_demo_http_append(healthcode_demo_request_t *request,
    const char *data, size_t len);
static enum MHD_Result healthcode_demo_http_answer(healthcode_demo_t *demo,
    struct MHD_Connection *connection,
    const healthcode_demo_request_t *request);
static enum MHD_Result healthcode_demo_http_send(healthcode_demo_t *demo,
    struct MHD_Connection *connection, healthcode_demo_status_e status,
    size_t len);


static const healthcode_demo_route_t  healthcode_demo_routes[] = {
    { "POST", "issue", healthcode_demo_issue, HEALTHCODE_DEMO_BODY_MAX },
    { "POST", "flag", healthcode_demo_flag, HEALTHCODE_DEMO_BODY_MAX },
    { "POST", "clear", healthcode_demo_clear, HEALTHCODE_DEMO_BODY_MAX },
    { "POST", "region", healthcode_demo_region, HEALTHCODE_DEMO_BODY_MAX },
    { "POST", "issuer", healthcode_demo_issuer, HEALTHCODE_DEMO_BODY_MAX },
    { "POST", "scan", healthcode_demo_scan, HEALTHCODE_DEMO_FRAME_MAX },
    { "POST", "said", healthcode_demo_say, HEALTHCODE_DEMO_BODY_MAX },
    { "POST", "last", healthcode_demo_last, HEALTHCODE_DEMO_BODY_MAX },
    { "GET", "facts", healthcode_demo_facts, 0 },
};


int
healthcode_demo_http_listen(uint16_t *port)
{
    int                 listening, yes = 1;
    socklen_t           len = sizeof(struct sockaddr_in);
    struct sockaddr_in  address = { .sin_family = AF_INET };

    address.sin_port = htons(*port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (listening == -1) {
        return -1;
    }

    if (setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes))
        == -1
        || bind(listening, (struct sockaddr *) &address, len) == -1
        || listen(listening, (int) HEALTHCODE_DEMO_CONNECTIONS) == -1
        || getsockname(listening, (struct sockaddr *) &address, &len) == -1)
    {
        close(listening);
        return -1;
    }

    *port = ntohs(address.sin_port);

    return listening;
}


struct MHD_Daemon *
healthcode_demo_http_start(healthcode_demo_t *demo, int listening)
{
    return MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0,
                      NULL, NULL, healthcode_demo_http_handle, demo,
                      MHD_OPTION_LISTEN_SOCKET, listening,
                      MHD_OPTION_NOTIFY_COMPLETED, healthcode_demo_http_done,
                      NULL,
                      MHD_OPTION_CONNECTION_LIMIT, HEALTHCODE_DEMO_CONNECTIONS,
                      MHD_OPTION_CONNECTION_TIMEOUT, HEALTHCODE_DEMO_PATIENCE,
                      MHD_OPTION_END);
}


void
healthcode_demo_http_stop(struct MHD_Daemon *daemon)
{
    MHD_stop_daemon(daemon);
}


/* Comes with the headers, then with each piece of the body, then once more. */
static enum MHD_Result
healthcode_demo_http_handle(void *cls, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *data,
    size_t *len, void **state)
{
    healthcode_demo_t          *demo = cls;
    healthcode_demo_request_t  *request = *state;

    (void) version;

    if (request == NULL) {
        return healthcode_demo_http_begin(demo, connection, url, method, state);
    }

    if (*len) {
        /* no length had been said, so the connection ends here */
        if (!healthcode_demo_http_append(request, data, *len)) {
            return MHD_NO;
        }

        *len = 0;

        return MHD_YES;
    }

    if (request->status != HEALTHCODE_DEMO_OK) {
        healthcode_demo_error(demo, request->status, "%s", request->error);
        return healthcode_demo_http_send(demo, connection, request->status, 0);
    }

    return healthcode_demo_http_answer(demo, connection, request);
}


static void
healthcode_demo_http_done(void *cls, struct MHD_Connection *connection,
    void **state, enum MHD_RequestTerminationCode code)
{
    healthcode_demo_request_t  *request = *state;

    (void) cls;
    (void) connection;
    (void) code;

    if (request) {
        free(request->body);
        free(request);
        *state = NULL;
    }
}


/*
 * What is refused by its headers is answered when its body has been read: nginx
 * sends all of it first, and takes a connection that closes for a failure.
 */
static enum MHD_Result
healthcode_demo_http_begin(healthcode_demo_t *demo,
    struct MHD_Connection *connection, const char *url, const char *method,
    void **state)
{
    healthcode_demo_status_e    status;
    healthcode_demo_request_t  *request;

    request = calloc(1, sizeof(healthcode_demo_request_t));

    if (request == NULL) {
        return MHD_NO;
    }

    *state = request;
    status = healthcode_demo_http_route(demo, connection, url, method,
                                        &request->route);

    if (status != HEALTHCODE_DEMO_OK) {
        if (healthcode_demo_http_length(connection)
            > HEALTHCODE_DEMO_REFUSED_MAX)
        {
            return healthcode_demo_http_send(demo, connection, status, 0);
        }

        snprintf(request->error, sizeof(request->error), "%.*s",
                 HEALTHCODE_DEMO_WORDS - 1, demo->error);
    }

    request->status = status;

    return MHD_YES;
}


static healthcode_demo_status_e
healthcode_demo_http_route(healthcode_demo_t *demo,
    struct MHD_Connection *connection, const char *url, const char *method,
    const healthcode_demo_route_t **route)
{
    size_t                    i, n;
    const char               *name = url + sizeof(HEALTHCODE_DEMO_PREFIX) - 1;
    healthcode_demo_site_t    site = { .origins = &demo->origins };

    MHD_get_connection_values(connection, MHD_HEADER_KIND,
                              healthcode_demo_http_header, &site);

    if (!healthcode_demo_site_allows(&site)) {
        return healthcode_demo_error(demo, HEALTHCODE_DEMO_STRANGER,
                                     "only pages of this demo may ask");
    }

    n = sizeof(healthcode_demo_routes) / sizeof(healthcode_demo_routes[0]);

    for (i = 0; i < n && strncmp(url, HEALTHCODE_DEMO_PREFIX,
                                 sizeof(HEALTHCODE_DEMO_PREFIX) - 1) == 0; i++)
    {
        *route = &healthcode_demo_routes[i];

        if (strcmp((*route)->name, name) != 0) {
            continue;
        }

        if (strcmp((*route)->method, method) != 0) {
            return healthcode_demo_error(demo, HEALTHCODE_DEMO_METHOD,
                                         "write %s", (*route)->method);
        }

        if (healthcode_demo_http_length(connection) > (*route)->max) {
            return healthcode_demo_error(demo, HEALTHCODE_DEMO_TOO_LARGE,
                                         "the body may have at most %zu bytes",
                                         (*route)->max);
        }

        return HEALTHCODE_DEMO_OK;
    }

    return healthcode_demo_error(demo, HEALTHCODE_DEMO_NOT_FOUND,
                                 "there is no such thing to ask for");
}


static enum MHD_Result
healthcode_demo_http_header(void *cls, enum MHD_ValueKind kind,
    const char *name, const char *value)
{
    (void) kind;

    healthcode_demo_site_header(cls, name, value);

    return MHD_YES;
}


/* libmicrohttpd has refused what is not a number. */
static unsigned long long
healthcode_demo_http_length(struct MHD_Connection *connection)
{
    const char  *text;

    text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                       MHD_HTTP_HEADER_CONTENT_LENGTH);

    return text ? strtoull(text, NULL, 10) : 0;
}


/* False: it is larger than it may be, or there is no memory. */
static bool
healthcode_demo_http_append(healthcode_demo_request_t *request,
    const char *data, size_t len)
{
    size_t  max = HEALTHCODE_DEMO_REFUSED_MAX;

    if (request->status == HEALTHCODE_DEMO_OK) {
        max = request->route->max;
    }

    if (len > max - request->len) {
        return false;
    }

    if (request->status == HEALTHCODE_DEMO_OK) {

        if (request->body == NULL) {
            request->body = malloc(max);
        }

        if (request->body == NULL) {
            return false;
        }

        memcpy(request->body + request->len, data, len);
    }

    request->len += len;

    return true;
}


static enum MHD_Result
healthcode_demo_http_answer(healthcode_demo_t *demo,
    struct MHD_Connection *connection,
    const healthcode_demo_request_t *request)
{
    healthcode_str_t           body;
    healthcode_sink_t          sink = { demo->answer, 0, sizeof(demo->answer) };
    healthcode_demo_ask_t      ask = { .json = NULL };
    healthcode_demo_status_e   status;
    healthcode_json_writer_t   json = { &sink, false };

    body = healthcode_str_from(request->body, request->len);
    healthcode_json_writer_open(&json, '{');

    if (request->route->max == HEALTHCODE_DEMO_BODY_MAX) {
        ask.json = healthcode_json_read(body, demo->json, sizeof(demo->json));

        if (ask.json == NULL) {
            status = healthcode_demo_error(demo, HEALTHCODE_DEMO_WRONG,
                                           "the body must be one JSON object");
            return healthcode_demo_http_send(demo, connection, status, 0);
        }
    }

    ask.frame = body;
    ask.width = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND,
                                            "w");
    ask.height = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND,
                                             "h");

    status = request->route->answer(demo, &ask, &json);
    healthcode_json_writer_close(&json, '}');

    if (status == HEALTHCODE_DEMO_OK && sink.len > sink.size) {
        status = healthcode_demo_error(demo, HEALTHCODE_DEMO_BUSY,
                                       "the answer is too long");
    }

    return healthcode_demo_http_send(demo, connection, status, sink.len);
}


/* Sends len bytes of demo->answer; demo->error if status is not _OK. */
static enum MHD_Result
healthcode_demo_http_send(healthcode_demo_t *demo,
    struct MHD_Connection *connection, healthcode_demo_status_e status,
    size_t len)
{
    enum MHD_Result            rc;
    struct MHD_Response       *response;
    healthcode_sink_t          sink = { demo->answer, 0, sizeof(demo->answer) };
    healthcode_json_writer_t   json = { &sink, false };

    if (status != HEALTHCODE_DEMO_OK) {
        healthcode_json_writer_open(&json, '{');
        healthcode_json_writer_name(&json, "error");
        healthcode_json_writer_string(&json, healthcode_str_from(demo->error,
                                                         strlen(demo->error)));
        healthcode_json_writer_close(&json, '}');
        len = sink.len;
    }

    response = MHD_create_response_from_buffer(len, demo->answer,
                                               MHD_RESPMEM_MUST_COPY);

    if (response == NULL) {
        return MHD_NO;
    }

    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                            "application/json");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
                            "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");

    rc = MHD_queue_response(connection, (unsigned) status, response);
    MHD_destroy_response(response);

    return rc;
}
