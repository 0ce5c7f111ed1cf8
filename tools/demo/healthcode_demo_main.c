/*
 * healthcode-demo: the helper of "make demo".  It issues codes, flags people
 * and reads QR codes for pages on this machine: FOR A DEMO ONLY, since whoever
 * is on the machine may ask it.  docs/demo.md, "The helper".
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "healthcode_demo.h"
#include "healthcode_demo_http.h"
#include "healthcode_demo_site.h"


#define HEALTHCODE_DEMO_PORT_MAX  65535


static healthcode_exit_e healthcode_demo_check(const healthcode_demo_t *demo,
    long *port);
static healthcode_exit_e healthcode_demo_serve(healthcode_demo_t *demo,
    uint16_t port);


static const char  healthcode_demo_help[] =
"healthcode-demo --port N --issuer ISS=FILE --redis URL --pepper-file FILE\n"
"                [OPTION]...\n"
"\n"
"The helper of \"make demo\", FOR A DEMO ONLY: it issues codes, flags people\n"
"and reads QR codes for pages of this machine, whoever asks.  It listens on\n"
"127.0.0.1 alone, says where, and ends with a signal.\n"
"\n"
"    --port N           0 is a free one\n"
"    --issuer ISS=FILE  signs with the private key in FILE; may be repeated\n"
"    --audience AUD     of each code; may be repeated\n"
"    --origin ORIGIN    of pages that may ask, as http://127.0.0.1:8080; may\n"
"                       be repeated; its own are always among them\n"
"    --holder NAME, --region CODE    what the pages offer; may be repeated\n"
"    --redis, --user, --password-file, --pepper-file, --timeout\n"
"                       as in healthcode store --help\n";

static healthcode_demo_t  healthcode_demo;


int
main(int argc, char **argv)
{
    long                       port;
    healthcode_demo_t         *demo = &healthcode_demo;
    healthcode_exit_e          rc;
    healthcode_arguments_t     arguments = { .n = 0 };
    const healthcode_option_t  options[] = {
        HEALTHCODE_CONNECTION_ROWS(&demo->connection, true),
        { .name = "port", .hint = "N", .value = &demo->port,
          .required = true },
        { .name = "issuer", .hint = "ISS=FILE", .list = &demo->issuers },
        { .name = "audience", .hint = "AUD", .list = &demo->audiences },
        { .name = "origin", .hint = "ORIGIN", .list = &demo->origins },
        { .name = "holder", .hint = "NAME", .list = &demo->holders },
        { .name = "region", .hint = "CODE", .list = &demo->regions },
    };

    healthcode_output_name("healthcode-demo");

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(healthcode_demo_help, stdout);
        return HEALTHCODE_EXIT_OK;
    }

    if (!healthcode_options_parse(argc - 1, argv + 1, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    rc = healthcode_demo_check(demo, &port);

    return (int) ((rc == HEALTHCODE_EXIT_OK)
                  ? healthcode_demo_serve(demo, (uint16_t) port) : rc);
}


static healthcode_exit_e
healthcode_demo_check(const healthcode_demo_t *demo, long *port)
{
    const char  *equals;

    if (!healthcode_options_number("--port", demo->port,
                                   HEALTHCODE_DEMO_PORT_MAX, port))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    if (demo->connection.redis == NULL) {
        return healthcode_output_usage("--redis is missing; write --redis URL");
    }

    if (demo->issuers.n == 0) {
        return healthcode_output_usage("--issuer is missing; write --issuer "
                                       "ISS=FILE");
    }

    for (size_t i = 0; i < demo->issuers.n; i++) {
        equals = strrchr(demo->issuers.items[i], '=');

        if (equals == NULL || equals == demo->issuers.items[i]
            || equals[1] == '\0')
        {
            return healthcode_output_usage("--issuer: \"%s\" names no issuer "
                                           "or no file; write ISS=FILE",
                                           demo->issuers.items[i]);
        }
    }

    /* two are its own */
    if (demo->origins.n > HEALTHCODE_LIST_MAX - 2) {
        return healthcode_output_usage("--origin is given too often");
    }

    for (size_t i = 0; i < demo->origins.n; i++) {
        if (!healthcode_demo_site_is_origin(demo->origins.items[i])) {
            return healthcode_output_usage("--origin: invalid origin \"%s\"; "
                                           "write http://HOST:PORT",
                                           demo->origins.items[i]);
        }
    }

    return HEALTHCODE_EXIT_OK;
}


static healthcode_exit_e
healthcode_demo_serve(healthcode_demo_t *demo, uint16_t port)
{
    int                 listening, number;
    char                own[2][64];
    sigset_t            signals;
    struct MHD_Daemon  *daemon;

    /* the thread that answers has these blocked, too */
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);

    listening = healthcode_demo_http_listen(&port);

    if (listening == -1) {
        return healthcode_output_failed("--port: cannot listen on "
                                        "127.0.0.1:%u: %s", port,
                                        strerror(errno));
    }

    snprintf(own[0], sizeof(own[0]), "http://127.0.0.1:%u", port);
    snprintf(own[1], sizeof(own[1]), "http://localhost:%u", port);
    demo->origins.items[demo->origins.n++] = own[0];
    demo->origins.items[demo->origins.n++] = own[1];

    daemon = healthcode_demo_scan_init(demo)
             ? healthcode_demo_http_start(demo, listening) : NULL;

    if (daemon == NULL) {
        return healthcode_output_failed("libmicrohttpd or libzbar cannot "
                                        "start");
    }

    printf("healthcode-demo: a demo on 127.0.0.1:%u\n", port);
    fflush(stdout);

    sigwait(&signals, &number);
    healthcode_demo_http_stop(daemon);
    healthcode_demo_scan_free(demo);

    return HEALTHCODE_EXIT_OK;
}
