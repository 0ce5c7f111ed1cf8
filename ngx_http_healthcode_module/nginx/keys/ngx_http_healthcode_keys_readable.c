/*
 * Whether another user may read the files of an issuer's keys, as far as their
 * owners, groups and bits tell.  Blocks; opens no file.
 * Knows no: request, location, verdict, key, log.  docs/operations.md.
 */

#include "ngx_http_healthcode_keys_files.h"
#include "ngx_http_healthcode_keys_readable.h"

#if (NGX_LINUX)
#include <sys/xattr.h>
#endif


static ngx_uint_t ngx_http_healthcode_keys_readable_may(const char *name,
    const healthcode_access_user_t *user, unsigned of, char *file,
    size_t size);
static ngx_uint_t ngx_http_healthcode_keys_readable_has_list(const char *name);


ngx_uint_t
ngx_http_healthcode_keys_readable(const ngx_http_healthcode_issuer_t *issuer,
    const healthcode_access_user_t *user, char *file, size_t size)
{
    ngx_uint_t                         i, is_readable = 1;
    ngx_http_healthcode_keys_files_t   files;

    if (issuer->keys.dir.len
        && !ngx_http_healthcode_keys_readable_may(
                (char *) issuer->keys.dir.data, user, 4 + 1, file, size))
    {
        return 0;
    }

    if (ngx_http_healthcode_keys_files_list(&issuer->keys, &files) != NGX_OK) {
        ngx_http_healthcode_keys_files_free(&files);
        return 1;
    }

    for (i = 0; is_readable && i < files.n; i++) {

        is_readable = ngx_http_healthcode_keys_readable_may(files.names[i],
                                                            user, 4, file,
                                                            size);
    }

    ngx_http_healthcode_keys_files_free(&files);

    return is_readable;
}


ngx_uint_t
ngx_http_healthcode_keys_readable_file(const char *name,
    const healthcode_access_user_t *user, char *file, size_t size)
{
    return ngx_http_healthcode_keys_readable_may(name, user, 4, file, size);
}


/*
 * Whether user has the rights of (4: read, 1: enter) on name, and may enter the
 * directories on the way; if not, file is the first that it may not.
 */
static ngx_uint_t
ngx_http_healthcode_keys_readable_may(const char *name,
    const healthcode_access_user_t *user, unsigned of, char *file, size_t size)
{
    char                      *copy, *p, end = '/';
    ngx_uint_t                 may = 1;
    struct stat                info;
    healthcode_access_file_t   facts;

    copy = strdup(name);
    if (copy == NULL) {
        return 1;
    }

    for (p = copy; may && end; p++) {

        end = *p;

        if (p == copy || (end != '/' && end != '\0')) {
            continue;
        }

        *p = '\0';

        if (stat(copy, &info) == 0
            && !ngx_http_healthcode_keys_readable_has_list(copy))
        {
            facts.owner = (unsigned) info.st_uid;
            facts.group = (unsigned) info.st_gid;
            facts.mode = (unsigned) info.st_mode;

            may = healthcode_access_holds(&facts, user, end ? 1 : of);
        }

        if (!may) {
            ngx_http_healthcode_keys_files_call(file, size, copy);
        }

        *p = end;
    }

    free(copy);

    return may;
}


/* Such a list may give more, or less, than the bits say. */
static ngx_uint_t
ngx_http_healthcode_keys_readable_has_list(const char *name)
{
#if (NGX_LINUX)
    return getxattr(name, "system.posix_acl_access", NULL, 0) > 0;
#else
    return 0;
#endif
}
