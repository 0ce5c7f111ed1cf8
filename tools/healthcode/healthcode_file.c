/*
 * Files whole: keys, peppers, passwords, codes.
 * Does not know what is in them.  docs/operations.md, "Files".
 */

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "healthcode_file.h"


static bool healthcode_file_slurp(int fd, uint8_t **data, size_t *len);


bool
healthcode_file_read(const char *name, const char *path,
    healthcode_str_t *text)
{
    int       fd;
    bool      ok;
    size_t    len = 0;
    uint8_t  *data = NULL;

    fd = (strcmp(path, "-") == 0) ? STDIN_FILENO
                                  : open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        healthcode_output_failed("%s: cannot open \"%s\": %s", name, path,
                                 strerror(errno));
        return false;
    }

    ok = healthcode_file_slurp(fd, &data, &len);

    if (!ok) {
        healthcode_output_failed("%s: cannot read \"%s\": %s", name, path,
                                 strerror(errno));
        free(data);

    } else {
        *text = healthcode_str_from(data, len);
    }

    if (fd != STDIN_FILENO) {
        close(fd);
    }

    return ok;
}


static bool
healthcode_file_slurp(int fd, uint8_t **data, size_t *len)
{
    size_t    size = 0, used = 0;
    ssize_t   n;
    uint8_t  *more;

    for ( ;; ) {

        if (size - used < 2) {
            size = size * 2 + 4096;

            if (size > 2 * HEALTHCODE_FILE_MAX) {
                errno = EFBIG;
                return false;
            }

            more = realloc(*data, size);
            if (more == NULL) {
                return false;
            }

            *data = more;
        }

        n = read(fd, *data + used, size - used - 1);

        if (n == -1 && errno != EINTR) {
            return false;
        }

        if (n == 0) {
            (*data)[used] = '\0';
            *len = used;
            return true;
        }

        used += (n > 0) ? (size_t) n : 0;
    }
}


void
healthcode_file_free(healthcode_str_t *text)
{
    void  *data = (void *) (uintptr_t) text->data;

    if (data) {
        OPENSSL_cleanse(data, text->len);
        free(data);
    }

    *text = healthcode_str_from(NULL, 0);
}


bool
healthcode_file_is_new(const char *name, const char *path)
{
    struct stat  st;

    if (lstat(path, &st) == -1 && errno == ENOENT) {
        return true;
    }

    healthcode_output_failed("%s: \"%s\" exists and is left as it is; name "
                             "another file, or add --force to replace it",
                             name, path);
    return false;
}
