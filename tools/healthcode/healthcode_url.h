/*
 * --redis URL -> where the store is.  Knows no connection.
 * docs/operations.md, "Where the store is".
 */

#ifndef HEALTHCODE_URL_H
#define HEALTHCODE_URL_H

#include "core/healthcode_str.h"


#define HEALTHCODE_URL_PART_MAX  512


/* NUL-terminated; an empty part was not given. */
typedef struct {
    char      path[HEALTHCODE_URL_PART_MAX];      /* of a unix socket, or */
    char      host[HEALTHCODE_URL_PART_MAX];
    char      user[HEALTHCODE_URL_PART_MAX];
    char      password[HEALTHCODE_URL_PART_MAX];
    int       port;
    unsigned  database;
    bool      tls;

    /* sentinels, or nodes of a cluster, which say where the host is */
    char      hosts[HEALTHCODE_URL_PART_MAX];
    char      master[HEALTHCODE_URL_PART_MAX];    /* empty: no sentinels */
    bool      cluster;
} healthcode_url_t;


/*
 * Reads redis://[user[:password]@]host[:port][/db][?db=N], rediss:// likewise
 * for TLS, unix:PATH[?db=N] or unix://[user[:password]@]PATH[?db=N]; or
 * sentinel://host[:port],.../NAME[?db=N] or, for TLS, sentinels://; or
 * cluster://[user[:password]@]host[:port],... or, for TLS, clusters://.  User
 * and password are percent-decoded.  False, with a message printed that names
 * what is wrong, but repeats nothing of it, if text is something else; name is
 * where it stands.
 */
bool healthcode_url_parse(const char *name, const char *text,
    healthcode_url_t *url);

/*
 * Sets host and port to those of its sentinel, or node, number i.  False: there
 * are fewer.
 */
bool healthcode_url_host(healthcode_url_t *url, size_t i);

#endif
