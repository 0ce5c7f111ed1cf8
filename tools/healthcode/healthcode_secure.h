/*
 * TLS under hiredis, for one blocking connection to a store.  Knows no flags.
 * docs/operations.md, "TLS to Redis".
 */

#ifndef HEALTHCODE_SECURE_H
#define HEALTHCODE_SECURE_H

#include <hiredis/hiredis.h>
#include <stdbool.h>


/* What the command line says of it; NULL: nothing. */
typedef struct {
    const char  *cacert;         /* file */
    const char  *cert;           /* file, of ours */
    const char  *key;            /* file */
    const char  *name;           /* that the certificate has to be for */
} healthcode_secure_options_t;


/* Rows for a table of healthcode_option_t. */
#define HEALTHCODE_SECURE_ROWS(o)                                             \
    { .name = "cacert", .hint = "FILE", .value = &(o)->cacert },              \
    { .name = "cert", .hint = "FILE", .value = &(o)->cert },                  \
    { .name = "key", .hint = "FILE", .value = &(o)->key },                    \
    { .name = "ssl-name", .hint = "NAME", .value = &(o)->name }


/* Whether the options are complete; if not, a message is printed. */
bool healthcode_secure_check(const healthcode_secure_options_t *options,
    bool is_tls, const char *host);

/*
 * Speaks TLS from now on, once the certificate of the server is verified: for
 * the name of options, or else host.  False, with a message printed, if that
 * fails.  redisFree() ends it.
 */
bool healthcode_secure_start(redisContext *redis,
    const healthcode_secure_options_t *options, const char *host);

/* Why TLS has failed later, until redisFree(); NULL: it has not. */
const char *healthcode_secure_cause(const redisContext *redis);

#endif
