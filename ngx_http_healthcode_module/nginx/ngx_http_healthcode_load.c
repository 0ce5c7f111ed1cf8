/*
 * Files, a folder and a fetched text -> the keys of one issuer, whole.
 * Knows no request, no pool and no log of nginx: it may run in a thread.
 * docs/token-format.md, "Where keys come from".
 */

#include "ngx_http_healthcode_load.h"
#include "../core/healthcode_text.h"

#include <dirent.h>

#if (NGX_LINUX)
#include <sys/xattr.h>
#endif


/* The files of an issuer, in the order in which they are read. */
typedef struct {
    ngx_uint_t   n;
    char       **names;
} ngx_http_healthcode_load_names_t;


static ngx_int_t ngx_http_healthcode_load_names(
    const ngx_http_healthcode_keys_conf_t *conf,
    ngx_http_healthcode_load_names_t *names);
static ngx_int_t ngx_http_healthcode_load_dir(const char *dir,
    ngx_http_healthcode_load_names_t *names);
static int ngx_http_healthcode_load_is_key_file(const struct dirent *entry);
static int ngx_http_healthcode_load_compare(const void *one, const void *two);
static ngx_int_t ngx_http_healthcode_load_push(
    ngx_http_healthcode_load_names_t *names, const char *dir,
    const char *name);
static void ngx_http_healthcode_load_free(
    ngx_http_healthcode_load_names_t *names);
static ngx_int_t ngx_http_healthcode_load_file(const char *name,
    ngx_http_healthcode_load_t *load);
static ngx_int_t ngx_http_healthcode_load_text(const char *name, mode_t mode,
    healthcode_str_t text, ngx_http_healthcode_load_t *load);
static void ngx_http_healthcode_load_rest(
    const ngx_http_healthcode_load_names_t *names, ngx_uint_t i,
    ngx_http_healthcode_load_t *load);
static ngx_int_t ngx_http_healthcode_load_begin(
    const ngx_http_healthcode_issuer_t *issuer,
    ngx_http_healthcode_load_t *load);
static ngx_int_t ngx_http_healthcode_load_end(ngx_int_t rc,
    ngx_http_healthcode_load_t *load);
static ngx_int_t ngx_http_healthcode_load_fail(
    ngx_http_healthcode_load_t *load, const char *what, int err);
static ngx_int_t ngx_http_healthcode_load_fail_dir(
    const ngx_http_healthcode_issuer_t *issuer,
    ngx_http_healthcode_load_t *load, int err);
static ngx_uint_t ngx_http_healthcode_load_may(const char *name,
    const healthcode_access_user_t *user, unsigned of, char *file,
    size_t size);
static ngx_uint_t ngx_http_healthcode_load_has_list(const char *name);
static void ngx_http_healthcode_load_call(char *text, size_t size,
    const char *name);


ngx_int_t
ngx_http_healthcode_load(const ngx_http_healthcode_issuer_t *issuer,
    healthcode_str_t text, ngx_http_healthcode_load_t *load)
{
    ngx_int_t                          rc;
    ngx_uint_t                         i;
    ngx_http_healthcode_load_names_t   names;

    if (ngx_http_healthcode_load_begin(issuer, load) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_healthcode_load_names(&issuer->keys, &names);

    if (rc != NGX_OK) {
        rc = ngx_http_healthcode_load_fail_dir(issuer, load, errno);
    }

    for (i = 0; rc == NGX_OK && i < names.n; i++) {
        rc = ngx_http_healthcode_load_file(names.names[i], load);
    }

    if (rc != NGX_OK) {
        ngx_http_healthcode_load_rest(&names, i, load);
    }

    if (rc == NGX_OK && text.data) {
        rc = ngx_http_healthcode_load_text("", 0, text, load);
    }

    if (rc == NGX_OK && names.n == 0 && text.data == NULL) {
        rc = issuer->keys.location.len
             ? NGX_DECLINED : ngx_http_healthcode_load_fail_dir(issuer, load,
                                                                0);
    }

    ngx_http_healthcode_load_free(&names);

    return ngx_http_healthcode_load_end(rc, load);
}


/* A broken file must not hide a private key in one of those behind it. */
static void
ngx_http_healthcode_load_rest(const ngx_http_healthcode_load_names_t *names,
    ngx_uint_t i, ngx_http_healthcode_load_t *load)
{
    ngx_http_healthcode_load_t  first = *load;

    for ( /* void */ ; i < names->n; i++) {

        if (healthcode_keyring_is_private(load->keyring)) {
            return;
        }

        (void) ngx_http_healthcode_load_file(names->names[i], load);
    }

    if (!healthcode_keyring_is_private(load->keyring)) {
        ngx_memcpy(load->error, first.error, sizeof(load->error));
        ngx_memcpy(load->file, first.file, sizeof(load->file));
    }
}


ngx_int_t
ngx_http_healthcode_load_again(const ngx_http_healthcode_issuer_t *issuer,
    healthcode_str_t texts, ngx_http_healthcode_load_t *load)
{
    ngx_int_t         rc;
    healthcode_str_t  text;

    rc = ngx_http_healthcode_load_begin(issuer, load);

    while (rc == NGX_OK && healthcode_bundle_next(&texts, &text)) {
        rc = ngx_http_healthcode_load_text("", 0, text, load);
    }

    return load->keyring ? ngx_http_healthcode_load_end(rc, load) : NGX_ERROR;
}


static ngx_int_t
ngx_http_healthcode_load_begin(const ngx_http_healthcode_issuer_t *issuer,
    ngx_http_healthcode_load_t *load)
{
    ngx_memzero(load, sizeof(ngx_http_healthcode_load_t));

    load->texts.max = NGX_HTTP_HEALTHCODE_LOAD_TEXTS_MAX;
    load->keyring = healthcode_keyring_new(&issuer->core.rules);

    return load->keyring ? NGX_OK
                         : ngx_http_healthcode_load_fail(load, "no memory", 0);
}


/* The set is whole, or there is none. */
static ngx_int_t
ngx_http_healthcode_load_end(ngx_int_t rc, ngx_http_healthcode_load_t *load)
{
    if (rc == NGX_OK
        && !healthcode_keyring_finish(load->keyring, load->error,
                                      sizeof(load->error)))
    {
        rc = NGX_ERROR;
    }

    if (rc != NGX_OK) {
        load->is_private = healthcode_keyring_is_private(load->keyring);
        healthcode_keyring_free(load->keyring);
        load->keyring = NULL;
        healthcode_bundle_free(&load->texts);
    }

    return rc;
}


static ngx_int_t
ngx_http_healthcode_load_fail(ngx_http_healthcode_load_t *load,
    const char *what, int err)
{
    ngx_http_healthcode_load_describe(load->error, sizeof(load->error), what,
                                      err);
    return NGX_ERROR;
}


/* err is 0 where the folder can be read, but has no file of keys. */
static ngx_int_t
ngx_http_healthcode_load_fail_dir(const ngx_http_healthcode_issuer_t *issuer,
    ngx_http_healthcode_load_t *load, int err)
{
    const char  *what = "the folder cannot be read";

    ngx_http_healthcode_load_call(load->file, sizeof(load->file),
                                  issuer->keys.dir.len
                                  ? (char *) issuer->keys.dir.data : "");

    if (err == 0) {
        what = "there is no key file in this folder; give it one whose name "
               "ends in .json, .jwk, .jwks or .pem";

    } else if (err == ENOTDIR) {
        what = "it is no folder; write \"keys FILE;\" for a file";
        err = 0;

    } else if (err == E2BIG) {
        what = "there are more than 4096 files; put their keys into fewer";
        err = 0;
    }

    return ngx_http_healthcode_load_fail(load, what, err);
}


void
ngx_http_healthcode_load_describe(char *text, size_t size, const char *what,
    int err)
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


/*
 * Every name of a file goes into messages by this: in a folder it may hold a
 * new line, which in a log would be a line, or turn the text around it.
 */
static void
ngx_http_healthcode_load_call(char *text, size_t size, const char *name)
{
    (void) healthcode_text_escape(healthcode_str_from(name, strlen(name)),
                                  text, size);
}


static ngx_int_t
ngx_http_healthcode_load_names(const ngx_http_healthcode_keys_conf_t *conf,
    ngx_http_healthcode_load_names_t *names)
{
    ngx_str_t   *file;
    ngx_uint_t   i;

    names->n = 0;
    names->names = calloc(NGX_HTTP_HEALTHCODE_LOAD_FILES_MAX, sizeof(char *));

    if (names->names == NULL) {
        return NGX_ERROR;
    }

    if (conf->files) {
        file = conf->files->elts;

        for (i = 0; i < conf->files->nelts; i++) {
            if (ngx_http_healthcode_load_push(names, NULL,
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

    return ngx_http_healthcode_load_dir((char *) conf->dir.data, names);
}


static ngx_int_t
ngx_http_healthcode_load_dir(const char *dir,
    ngx_http_healthcode_load_names_t *names)
{
    int              i, n;
    ngx_int_t        rc = NGX_OK;
    ngx_uint_t       first = names->n;
    struct dirent  **entries;

    n = scandir(dir, &entries, ngx_http_healthcode_load_is_key_file, NULL);

    if (n < 0) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {

        if (rc == NGX_OK) {
            rc = ngx_http_healthcode_load_push(names, dir, entries[i]->d_name);
        }

        free(entries[i]);
    }

    free(entries);

    /* byte by byte: in each worker and under any locale the same order */
    qsort(names->names + first, names->n - first, sizeof(char *),
          ngx_http_healthcode_load_compare);

    return rc;
}


static int
ngx_http_healthcode_load_is_key_file(const struct dirent *entry)
{
    size_t       i;
    const char  *dot = strrchr(entry->d_name, '.');

    static const char *const  endings[] = { ".json", ".jwk", ".jwks", ".pem" };

    if (entry->d_name[0] == '.' || dot == NULL) {
        return 0;
    }

    for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (ngx_strcmp(dot, endings[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
ngx_http_healthcode_load_compare(const void *one, const void *two)
{
    return strcmp(*(char *const *) one, *(char *const *) two);
}


static ngx_int_t
ngx_http_healthcode_load_push(ngx_http_healthcode_load_names_t *names,
    const char *dir, const char *name)
{
    char    *copy;
    size_t   len;

    if (names->n == NGX_HTTP_HEALTHCODE_LOAD_FILES_MAX) {
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

    names->names[names->n++] = copy;

    return NGX_OK;
}


static void
ngx_http_healthcode_load_free(ngx_http_healthcode_load_names_t *names)
{
    while (names->n) {
        free(names->names[--names->n]);
    }

    free(names->names);
}


static ngx_int_t
ngx_http_healthcode_load_file(const char *name,
    ngx_http_healthcode_load_t *load)
{
    int              fd;
    u_char          *text = NULL;
    ssize_t          n, got = 0;
    ngx_int_t        rc;
    struct stat      info;

    ngx_http_healthcode_load_call(load->file, sizeof(load->file), name);

    /* a pipe that nobody writes to must not hold up the reader */
    fd = open(name, O_RDONLY|O_CLOEXEC|O_NONBLOCK);

    if (fd == -1) {
        return ngx_http_healthcode_load_fail(load, "it cannot be opened",
                                             errno);
    }

    if (fstat(fd, &info) == -1) {
        info.st_mode = 0;
    }

    if (S_ISDIR(info.st_mode)) {
        close(fd);
        return ngx_http_healthcode_load_fail(load, "it is a folder; write "
                                             "\"keys_dir DIR;\" for all key "
                                             "files of a folder", 0);
    }

    if (!S_ISREG(info.st_mode)
        || info.st_size > NGX_HTTP_HEALTHCODE_LOAD_FILE_MAX
        || (text = malloc((size_t) info.st_size + 1)) == NULL)
    {
        close(fd);
        return ngx_http_healthcode_load_fail(load, "it is no regular file of "
                                             "at most 8 MiB", 0);
    }

    do {
        n = read(fd, text + got, (size_t) (info.st_size - got));
        got += (n > 0) ? n : 0;
    } while (n > 0 && got < info.st_size);

    close(fd);

    if (got < info.st_size) {
        rc = ngx_http_healthcode_load_fail(load, "it cannot be read whole",
                                           (n == -1) ? errno : 0);
    } else {
        rc = ngx_http_healthcode_load_text(name, info.st_mode,
                                           healthcode_str_from(text,
                                                               (size_t) got),
                                           load);
    }

    ngx_explicit_memzero(text, (size_t) got);
    free(text);

    return rc;
}


static ngx_int_t
ngx_http_healthcode_load_text(const char *name, mode_t mode,
    healthcode_str_t text, ngx_http_healthcode_load_t *load)
{
    size_t                   i, before;
    const healthcode_key_t  *key;

    before = healthcode_keyring_count(load->keyring);

    if (!healthcode_keyring_add(load->keyring, text, load->error,
                                sizeof(load->error)))
    {
        ngx_http_healthcode_load_call(load->file, sizeof(load->file), name);
        return NGX_ERROR;
    }

    (void) healthcode_bundle_add(&load->texts, text);

    for (i = before; (key = healthcode_keyring_at(load->keyring, i)); i++) {
        if (key->mac && (mode & S_IROTH)) {
            ngx_http_healthcode_load_call(load->exposed,
                                          sizeof(load->exposed), name);
        }
    }

    return NGX_OK;
}


uint64_t
ngx_http_healthcode_load_stamp(const ngx_http_healthcode_issuer_t *issuer,
    time_t *newest)
{
    uint64_t                           stamp = 0, facts[8];
    ngx_uint_t                         i;
    struct stat                        info;
    ngx_http_healthcode_load_names_t   names;

    *newest = 0;

    if (ngx_http_healthcode_load_names(&issuer->keys, &names) != NGX_OK) {
        stamp = ngx_http_healthcode_load_hash(stamp, "?", 1);
    }

    for (i = 0; i < names.n; i++) {

        stamp = ngx_http_healthcode_load_hash(stamp, names.names[i],
                                              strlen(names.names[i]) + 1);
        ngx_memzero(facts, sizeof(facts));

        if (stat(names.names[i], &info) == 0) {
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

        stamp = ngx_http_healthcode_load_hash(stamp, facts, sizeof(facts));
    }

    ngx_http_healthcode_load_free(&names);

    return stamp;
}


ngx_int_t
ngx_http_healthcode_load_access(const ngx_http_healthcode_issuer_t *issuer,
    int *err, char *file, size_t size)
{
    ngx_int_t                          rc = NGX_OK;
    ngx_uint_t                         i;
    ngx_http_healthcode_load_names_t   names;

    if (ngx_http_healthcode_load_names(&issuer->keys, &names) != NGX_OK) {
        *err = errno;
        ngx_http_healthcode_load_call(file, size,
                                      (char *) issuer->keys.dir.data);
        rc = NGX_DECLINED;
    }

    for (i = 0; rc == NGX_OK && i < names.n; i++) {
        if (access(names.names[i], R_OK) == -1) {
            *err = errno;
            ngx_http_healthcode_load_call(file, size, names.names[i]);
            rc = NGX_DECLINED;
        }
    }

    ngx_http_healthcode_load_free(&names);

    return rc;
}


ngx_uint_t
ngx_http_healthcode_load_is_readable(
    const ngx_http_healthcode_issuer_t *issuer,
    const healthcode_access_user_t *user, char *file, size_t size)
{
    ngx_uint_t                         i, is_readable = 1;
    ngx_http_healthcode_load_names_t   names;

    if (issuer->keys.dir.len
        && !ngx_http_healthcode_load_may((char *) issuer->keys.dir.data, user,
                                         4 + 1, file, size))
    {
        return 0;
    }

    if (ngx_http_healthcode_load_names(&issuer->keys, &names) != NGX_OK) {
        ngx_http_healthcode_load_free(&names);
        return 1;
    }

    for (i = 0; is_readable && i < names.n; i++) {

        is_readable = ngx_http_healthcode_load_may(names.names[i], user, 4,
                                                   file, size);
    }

    ngx_http_healthcode_load_free(&names);

    return is_readable;
}


/*
 * Whether user has the rights of on name, and may enter the folders on the
 * way; if not, file is the first of them where it does not.
 */
static ngx_uint_t
ngx_http_healthcode_load_may(const char *name,
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

        if (stat(copy, &info) == 0 && !ngx_http_healthcode_load_has_list(copy))
        {
            facts.owner = (unsigned) info.st_uid;
            facts.group = (unsigned) info.st_gid;
            facts.mode = (unsigned) info.st_mode;

            may = healthcode_access_holds(&facts, user, end ? 1 : of);
        }

        if (!may) {
            ngx_http_healthcode_load_call(file, size, copy);
        }

        *p = end;
    }

    free(copy);

    return may;
}


/* Such a list may give more, or less, than the bits say. */
static ngx_uint_t
ngx_http_healthcode_load_has_list(const char *name)
{
#if (NGX_LINUX)
    return getxattr(name, "system.posix_acl_access", NULL, 0) > 0;
#else
    return 0;
#endif
}


uint64_t
ngx_http_healthcode_load_hash(uint64_t hash, const void *data, size_t len)
{
    return healthcode_str_hash(hash ? hash : HEALTHCODE_STR_HASH,
                               healthcode_str_from(data, len));
}
