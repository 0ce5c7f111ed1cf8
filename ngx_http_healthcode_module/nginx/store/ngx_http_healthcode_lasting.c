/*
 * Memory that all workers share and that outlives a reload, killed workers and,
 * on Linux, an upgrade of nginx while it runs: there it is an open file without
 * a name in any folder, which a new nginx finds among its descriptors.
 * Knows no: request, location.
 * docs/monitoring/metrics.md, "How they are kept".
 */

#include "ngx_http_healthcode_lasting.h"

#include <sys/mman.h>


#if (NGX_LINUX) && defined(MFD_ALLOW_SEALING) && defined(F_ADD_SEALS)
#define NGX_HTTP_HEALTHCODE_LASTING_FILE  1
#else
#define NGX_HTTP_HEALTHCODE_LASTING_FILE  0
#endif


typedef struct {
    void    *addr;
    size_t   size;
} ngx_http_healthcode_lasting_t;


static void *ngx_http_healthcode_lasting_anonymous(size_t size);


#if (NGX_HTTP_HEALTHCODE_LASTING_FILE)

#define NGX_HTTP_HEALTHCODE_LASTING_FDS    "/proc/self/fd"

/* Nobody, not even we, can cut the file while others have it mapped. */
#define NGX_HTTP_HEALTHCODE_LASTING_SEALS                                     \
    (F_SEAL_SHRINK|F_SEAL_GROW|F_SEAL_SEAL)

/* Linux 6.3; without it some systems refuse the file, or note it in a log. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL  0x0008U
#endif


static ngx_int_t ngx_http_healthcode_lasting_find(const char *name, size_t size,
    ngx_fd_t *found);
static ngx_uint_t ngx_http_healthcode_lasting_is(ngx_fd_t fd, const char *name,
    size_t size);
static ngx_fd_t ngx_http_healthcode_lasting_create(const char *name,
    size_t size);
static void ngx_http_healthcode_lasting_unmap(void *data);


void *
ngx_http_healthcode_lasting_map(ngx_cycle_t *cycle, const char *name,
    size_t size)
{
    ngx_fd_t                        fd;
    ngx_pool_cleanup_t             *cln;
    ngx_http_healthcode_lasting_t  *lasting;

    if (ngx_http_healthcode_lasting_find(name, size, &fd) != NGX_OK) {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, ngx_errno,
                      "healthcode: counters will begin anew when nginx is "
                      "upgraded while it runs: /proc/self/fd cannot be read");

        return ngx_http_healthcode_lasting_anonymous(size);
    }

    if (fd == NGX_INVALID_FILE) {
        fd = ngx_http_healthcode_lasting_create(name, size);
    }

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, ngx_errno,
                      "healthcode: counters will begin anew when nginx is "
                      "upgraded while it runs: memfd_create() failed");

        return ngx_http_healthcode_lasting_anonymous(size);
    }

    cln = ngx_pool_cleanup_add(cycle->pool,
                               sizeof(ngx_http_healthcode_lasting_t));
    if (cln == NULL) {
        return NULL;
    }

    lasting = cln->data;
    lasting->size = size;
    lasting->addr = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_SHARED, fd, 0);

    if (lasting->addr == MAP_FAILED) {
        return NULL;
    }

    cln->handler = ngx_http_healthcode_lasting_unmap;

    return lasting->addr;
}


static void
ngx_http_healthcode_lasting_unmap(void *data)
{
    ngx_http_healthcode_lasting_t  *lasting = data;

    (void) munmap(lasting->addr, lasting->size);
}


/*
 * Among the descriptors of this process, of which a static variable would know
 * nothing in a module that was replaced, or in a new nginx.  NGX_ERROR: nobody
 * can look, and a new file would not be found by the next reload.
 */
static ngx_int_t
ngx_http_healthcode_lasting_find(const char *name, size_t size, ngx_fd_t *found)
{
    ngx_fd_t   fd;
    ngx_int_t  n;
    ngx_str_t  path = ngx_string(NGX_HTTP_HEALTHCODE_LASTING_FDS);
    ngx_dir_t  dir;

    *found = NGX_INVALID_FILE;

    if (ngx_open_dir(&path, &dir) == NGX_ERROR) {
        return NGX_ERROR;
    }

    while (*found == NGX_INVALID_FILE && ngx_read_dir(&dir) == NGX_OK) {

        n = ngx_atoi(ngx_de_name(&dir), ngx_de_namelen(&dir));
        fd = (ngx_fd_t) n;

        if (n != NGX_ERROR && ngx_http_healthcode_lasting_is(fd, name, size)) {
            *found = fd;
        }
    }

    (void) ngx_close_dir(&dir);

    return NGX_OK;
}


/* Whether it is our file of that name and size: nobody else seals it so. */
static ngx_uint_t
ngx_http_healthcode_lasting_is(ngx_fd_t fd, const char *name, size_t size)
{
    u_char           link[NGX_MAX_PATH];
    u_char           path[sizeof(NGX_HTTP_HEALTHCODE_LASTING_FDS "/")
                          + NGX_INT_T_LEN];
    ssize_t          n;
    ngx_str_t        memory = ngx_string("/memfd:");
    ngx_file_info_t  info;

    *ngx_sprintf(path, NGX_HTTP_HEALTHCODE_LASTING_FDS "/%d", fd) = '\0';

    n = readlink((char *) path, (char *) link, sizeof(link) - 1);

    if (n < (ssize_t) memory.len) {
        return 0;
    }

    link[n] = '\0';

    return ngx_strncmp(link, memory.data, memory.len) == 0
           && ngx_strncmp(link + memory.len, name, ngx_strlen(name)) == 0
           && link[memory.len + ngx_strlen(name)] == ' '
           && ngx_fd_info(fd, &info) != NGX_FILE_ERROR
           && ngx_file_size(&info) == (off_t) size
           && fcntl(fd, F_GET_SEALS) >= 0
           && (fcntl(fd, F_GET_SEALS) & NGX_HTTP_HEALTHCODE_LASTING_SEALS)
              == NGX_HTTP_HEALTHCODE_LASTING_SEALS;
}


/* Stays open also when another program is executed: that is what it is for. */
static ngx_fd_t
ngx_http_healthcode_lasting_create(const char *name, size_t size)
{
    ngx_err_t  err;
    ngx_fd_t   fd;

    fd = memfd_create(name, MFD_ALLOW_SEALING|MFD_NOEXEC_SEAL);

    if (fd == NGX_INVALID_FILE && ngx_errno == NGX_EINVAL) {
        fd = memfd_create(name, MFD_ALLOW_SEALING);
    }

    if (fd == NGX_INVALID_FILE) {
        return NGX_INVALID_FILE;
    }

    if (ftruncate(fd, (off_t) size) == -1
        || fcntl(fd, F_ADD_SEALS, NGX_HTTP_HEALTHCODE_LASTING_SEALS) == -1)
    {
        err = ngx_errno;
        (void) ngx_close_file(fd);
        ngx_set_errno(err);

        return NGX_INVALID_FILE;
    }

    return fd;
}

#else

void *
ngx_http_healthcode_lasting_map(ngx_cycle_t *cycle, const char *name,
    size_t size)
{
    return ngx_http_healthcode_lasting_anonymous(size);
}

#endif


/* Outlives a reload, but neither a replaced module nor an upgrade. */
static void *
ngx_http_healthcode_lasting_anonymous(size_t size)
{
    void                                  *addr;
    static ngx_http_healthcode_lasting_t   lasting;

    if (lasting.size == size) {
        return lasting.addr;
    }

    addr = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1,
                0);

    if (addr == MAP_FAILED) {
        return NULL;
    }

    lasting.addr = addr;
    lasting.size = size;

    return addr;
}
