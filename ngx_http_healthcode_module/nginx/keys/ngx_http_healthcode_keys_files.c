/*
 * The files of an issuer's keys: which there are, what is in one, whether one
 * has changed.  Blocks; reads no key.
 * Knows no: request, location, verdict, key, log.  docs/keys.md, "Files".
 */

#include "ngx_http_healthcode_keys_files.h"
#include "../../core/healthcode_refresh.h"
#include "../../core/healthcode_text.h"

#include <dirent.h>


static ngx_int_t ngx_http_healthcode_keys_files_dir(const char *dir,
    ngx_http_healthcode_keys_files_t *files);
static int ngx_http_healthcode_keys_files_is_one(const struct dirent *entry);
static int ngx_http_healthcode_keys_files_compare(const void *one,
    const void *two);
static ngx_int_t ngx_http_healthcode_keys_files_push(
    ngx_http_healthcode_keys_files_t *files, const char *dir,
    const char *name);


ngx_int_t
ngx_http_healthcode_keys_files_list(
    const ngx_http_healthcode_keys_conf_t *conf,
    ngx_http_healthcode_keys_files_t *files)
{
    ngx_str_t   *file;
    ngx_uint_t   i;

    files->n = 0;
    files->names = calloc(NGX_HTTP_HEALTHCODE_KEYS_FILES_MAX, sizeof(char *));

    if (files->names == NULL) {
        return NGX_ERROR;
    }

    if (conf->files) {
        file = conf->files->elts;

        for (i = 0; i < conf->files->nelts; i++) {
            if (ngx_http_healthcode_keys_files_push(files, NULL,
                                                    (char *) file[i].data)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    if (conf->dir.len == 0) {
        return NGX_OK;
    }

    return ngx_http_healthcode_keys_files_dir((char *) conf->dir.data, files);
}


static ngx_int_t
ngx_http_healthcode_keys_files_dir(const char *dir,
    ngx_http_healthcode_keys_files_t *files)
{
    int              i, n;
    ngx_int_t        rc = NGX_OK;
    ngx_uint_t       first = files->n;
    struct dirent  **entries;

    n = scandir(dir, &entries, ngx_http_healthcode_keys_files_is_one, NULL);

    if (n < 0) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {

        if (rc == NGX_OK) {
            rc = ngx_http_healthcode_keys_files_push(files, dir,
                                                     entries[i]->d_name);
        }

        free(entries[i]);
    }

    free(entries);

    /* byte by byte: in each worker and under any locale the same order */
    qsort(files->names + first, files->n - first, sizeof(char *),
          ngx_http_healthcode_keys_files_compare);

    return rc;
}


static int
ngx_http_healthcode_keys_files_is_one(const struct dirent *entry)
{
    return healthcode_refresh_takes(entry->d_name);
}


static int
ngx_http_healthcode_keys_files_compare(const void *one, const void *two)
{
    return strcmp(*(char *const *) one, *(char *const *) two);
}


static ngx_int_t
ngx_http_healthcode_keys_files_push(ngx_http_healthcode_keys_files_t *files,
    const char *dir, const char *name)
{
    char    *copy;
    size_t   len;

    if (files->n == NGX_HTTP_HEALTHCODE_KEYS_FILES_MAX) {
        errno = E2BIG;
        return NGX_ERROR;
    }

    len = (dir ? strlen(dir) : 0) + strlen(name) + 2;

    copy = malloc(len);
    if (copy == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf((u_char *) copy, "%s%s%s%Z", dir ? dir : "", dir ? "/" : "",
                name);

    files->names[files->n++] = copy;

    return NGX_OK;
}


void
ngx_http_healthcode_keys_files_free(ngx_http_healthcode_keys_files_t *files)
{
    while (files->n) {
        free(files->names[--files->n]);
    }

    free(files->names);
}


const char *
ngx_http_healthcode_keys_files_read(const char *name, healthcode_str_t *text,
    mode_t *mode, int *err)
{
    int           fd;
    u_char       *data = NULL;
    ssize_t       n, got = 0;
    struct stat   info;

    *err = 0;

    /* a pipe that nobody writes to must not hold up the reader */
    fd = open(name, O_RDONLY|O_CLOEXEC|O_NONBLOCK);

    if (fd == -1) {
        *err = errno;
        return "it cannot be opened";
    }

    if (fstat(fd, &info) == -1) {
        info.st_mode = 0;
    }

    if (S_ISDIR(info.st_mode)) {
        close(fd);
        return "it is a directory; write \"keys_dir DIR;\" for all key files "
               "of a directory";
    }

    if (!S_ISREG(info.st_mode)
        || info.st_size > NGX_HTTP_HEALTHCODE_KEYS_FILE_MAX
        || (data = malloc((size_t) info.st_size + 1)) == NULL)
    {
        close(fd);
        return "it is not a regular file of at most 8 MiB";
    }

    do {
        n = read(fd, data + got, (size_t) (info.st_size - got));
        got += (n > 0) ? n : 0;
    } while (n > 0 && got < info.st_size);

    if (got < info.st_size) {
        *err = (n == -1) ? errno : 0;
    }

    close(fd);

    *text = healthcode_str_from(data, (size_t) got);

    if (got < info.st_size) {
        ngx_http_healthcode_keys_files_wipe(text);
        return "it cannot be read whole";
    }

    *mode = info.st_mode;

    return NULL;
}


void
ngx_http_healthcode_keys_files_wipe(healthcode_str_t *text)
{
    ngx_explicit_memzero((void *) (uintptr_t) text->data, text->len);
    free((void *) (uintptr_t) text->data);
    *text = healthcode_str_from(NULL, 0);
}


uint64_t
ngx_http_healthcode_keys_files_stamp(const ngx_http_healthcode_issuer_t *issuer,
    time_t *newest)
{
    uint64_t                           stamp = 0;
    ngx_uint_t                         i;
    ngx_http_healthcode_keys_files_t   files;

    *newest = 0;

    if (ngx_http_healthcode_keys_files_list(&issuer->keys, &files) != NGX_OK) {
        stamp = healthcode_str_hash(stamp, healthcode_str_from("?", 1));
    }

    for (i = 0; i < files.n; i++) {
        stamp = ngx_http_healthcode_keys_files_see(stamp, files.names[i],
                                                   newest);
    }

    ngx_http_healthcode_keys_files_free(&files);

    return stamp;
}


uint64_t
ngx_http_healthcode_keys_files_see(uint64_t stamp, const char *name,
    time_t *newest)
{
    uint64_t     facts[8];
    struct stat  info;

    stamp = healthcode_str_hash(stamp,
                                healthcode_str_from(name, strlen(name) + 1));
    ngx_memzero(facts, sizeof(facts));

    if (stat(name, &info) == 0) {
        facts[0] = (uint64_t) info.st_dev;
        facts[1] = (uint64_t) info.st_ino;
        facts[2] = (uint64_t) info.st_size;
        facts[3] = (uint64_t) info.st_mtim.tv_sec;
        facts[4] = (uint64_t) info.st_mtim.tv_nsec;
        facts[5] = (uint64_t) info.st_ctim.tv_sec;
        facts[6] = (uint64_t) info.st_ctim.tv_nsec;

        *newest = ngx_max(*newest, info.st_ctim.tv_sec);

    } else {
        facts[7] = (uint64_t) errno;
    }

    return healthcode_str_hash(stamp,
                               healthcode_str_from(facts, sizeof(facts)));
}


ngx_int_t
ngx_http_healthcode_keys_files_access(
    const ngx_http_healthcode_issuer_t *issuer, int *err, char *file,
    size_t size)
{
    ngx_int_t                          rc = NGX_OK;
    ngx_uint_t                         i;
    ngx_http_healthcode_keys_files_t   files;

    if (ngx_http_healthcode_keys_files_list(&issuer->keys, &files) != NGX_OK) {
        *err = errno;
        ngx_http_healthcode_keys_files_call(file, size,
                                      (char *) issuer->keys.dir.data);
        rc = NGX_DECLINED;
    }

    for (i = 0; rc == NGX_OK && i < files.n; i++) {
        if (access(files.names[i], R_OK) == -1) {
            *err = errno;
            ngx_http_healthcode_keys_files_call(file, size, files.names[i]);
            rc = NGX_DECLINED;
        }
    }

    ngx_http_healthcode_keys_files_free(&files);

    return rc;
}


void
ngx_http_healthcode_keys_files_call(char *text, size_t size, const char *name)
{
    (void) healthcode_text_escape(healthcode_str_from(name, strlen(name)),
                                  text, size);
}


void
ngx_http_healthcode_keys_files_describe(char *text, size_t size,
    const char *what, int err)
{
    u_char  *p, *last = (u_char *) text + size - 1;

    p = ngx_slprintf((u_char *) text, last, "%s", what);

    if (err) {
        p = ngx_slprintf(p, last, " (%d: ", err);
        p = ngx_strerror(err, p, last - p);
        p = ngx_slprintf(p, last, ")");
    }

    if (err == EACCES) {
        p = ngx_slprintf(p, last, ", let the user of nginx's workers read it");
    }

    *p = '\0';
}
