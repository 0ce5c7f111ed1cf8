/*
 * Loaded into a redis-server (LD_PRELOAD): notes how many bytes of each file
 * have reached the disk, so that a test can take away what a power cut would.
 * Knows no Redis.  CONTRIBUTING.md, "The gate, live".
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>


typedef int (*synced_call_t)(int fd);


/* A file by the number of the inode, in the folder HEALTHCODE_SYNCED. */
static void
synced_note(const struct stat *status)
{
    int          fd, n, error;
    char         path[512], size[32];
    const char  *dir;

    dir = getenv("HEALTHCODE_SYNCED");
    error = errno;

    if (dir == NULL) {
        return;
    }

    snprintf(path, sizeof(path), "%s/%ju", dir, (uintmax_t) status->st_ino);
    n = snprintf(size, sizeof(size), "%019jd\n", (intmax_t) status->st_size);
    fd = open(path, O_WRONLY|O_CREAT|O_CLOEXEC, 0600);

    if (fd < 0 || pwrite(fd, size, (size_t) n, 0) != n) {
        abort();
    }

    close(fd);
    errno = error;
}


/* What was written before the call is safe after it, and no more. */
static int
synced_call(const char *name, int fd)
{
    int            rc;
    bool           is_file;
    struct stat    status;
    synced_call_t  call;

    *(void **) &call = dlsym(RTLD_NEXT, name);
    is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    rc = call(fd);

    if (rc == 0 && is_file) {
        synced_note(&status);
    }

    return rc;
}


int
fsync(int fd)
{
    return synced_call("fsync", fd);
}


int
fdatasync(int fd)
{
    return synced_call("fdatasync", fd);
}
