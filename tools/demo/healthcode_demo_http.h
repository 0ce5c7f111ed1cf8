/*
 * The demo's helper as a server of HTTP on 127.0.0.1, by libmicrohttpd.
 * Does not know what the answers are.  docs/demo.md, "The helper".
 */

#ifndef HEALTHCODE_DEMO_HTTP_H
#define HEALTHCODE_DEMO_HTTP_H

#include "healthcode_demo.h"


/*
 * A socket that listens on 127.0.0.1, on *port, or on a free one, which is then
 * in *port, if it is 0.  -1 if it cannot; errno says why.
 */
int healthcode_demo_http_listen(uint16_t *port);

/*
 * Answers for demo on that socket, in one thread of its own, until _stop(),
 * which closes the socket.  NULL if it cannot.
 */
struct MHD_Daemon *healthcode_demo_http_start(healthcode_demo_t *demo,
    int listening);
void healthcode_demo_http_stop(struct MHD_Daemon *daemon);

#endif
