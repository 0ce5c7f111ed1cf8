/*
 * Whether another user may read the files of an issuer's keys, as far as their
 * owners, groups and bits tell.  Blocks; opens no file.
 * Knows no: request, location, verdict, key, log.  docs/operations.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_KEYS_READABLE_H
#define NGX_HTTP_HEALTHCODE_KEYS_READABLE_H

#include "../ngx_http_healthcode.h"
#include "../../core/healthcode_access.h"


/*
 * Whether user may read all files of issuer; one that is not there, or has an
 * access control list, counts as readable.  False: file, of size bytes, is the
 * name of one that user may not read, or of a directory on the way.
 */
ngx_uint_t ngx_http_healthcode_keys_readable(
    const ngx_http_healthcode_issuer_t *issuer,
    const healthcode_access_user_t *user, char *file, size_t size);

/* Likewise, of the file name alone. */
ngx_uint_t ngx_http_healthcode_keys_readable_file(const char *name,
    const healthcode_access_user_t *user, char *file, size_t size);

#endif
