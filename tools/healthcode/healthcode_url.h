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
} healthcode_url_t;


/*
 * Reads redis://[user[:password]@]host[:port][/db], unix:PATH[?db=N] or
 * unix://PATH[?db=N].  False where text is neither, which has been said.
 */
bool healthcode_url_parse(const char *text, healthcode_url_t *url);

#endif
