/*
 * The files of an issuer's keys: which there are, what is in one, whether one
 * has changed.  Blocks; reads no key.
 * Knows no: request, location, verdict, key, log.  docs/keys.md, "Files".
 */

#ifndef NGX_HTTP_HEALTHCODE_KEYS_FILES_H
#define NGX_HTTP_HEALTHCODE_KEYS_FILES_H

#include "../ngx_http_healthcode.h"


/* Bytes of one file, and files of one issuer. */
#define NGX_HTTP_HEALTHCODE_KEYS_FILE_MAX   (8 * 1024 * 1024)
#define NGX_HTTP_HEALTHCODE_KEYS_FILES_MAX  4096


/* Names, each with a NUL, in the order in which the files are read. */
typedef struct {
    ngx_uint_t   n;
    char       **names;
} ngx_http_healthcode_keys_files_t;


/*
 * Lists the files of conf: those of "keys", then those of "keys_dir", byte by
 * byte.  NGX_OK, or NGX_ERROR with errno (E2BIG: too many files); the caller
 * frees files by _free() in either case.
 */
ngx_int_t ngx_http_healthcode_keys_files_list(
    const ngx_http_healthcode_keys_conf_t *conf,
    ngx_http_healthcode_keys_files_t *files);
void ngx_http_healthcode_keys_files_free(
    ngx_http_healthcode_keys_files_t *files);

/*
 * Reads the file name.  NULL: *text is what is in it, which the caller frees by
 * _wipe(), and *mode its mode.  Otherwise what is wrong with it, for people,
 * and the errno of that in *err, or 0.
 */
const char *ngx_http_healthcode_keys_files_read(const char *name,
    healthcode_str_t *text, mode_t *mode, int *err);
void ngx_http_healthcode_keys_files_wipe(healthcode_str_t *text);

/*
 * A number that changes if a file of issuer is changed, replaced, added or
 * removed.  *newest is the time of the last change of a file, Unix seconds.
 */
uint64_t ngx_http_healthcode_keys_files_stamp(
    const ngx_http_healthcode_issuer_t *issuer, time_t *newest);

/*
 * Likewise of one file: adds what is seen of it to stamp, and makes *newest
 * later if it was changed later.
 */
uint64_t ngx_http_healthcode_keys_files_see(uint64_t stamp, const char *name,
    time_t *newest);

/*
 * Whether this process may read all files of issuer: NGX_OK, or NGX_DECLINED
 * with the errno and the name of one that it may not.
 */
ngx_int_t ngx_http_healthcode_keys_files_access(
    const ngx_http_healthcode_issuer_t *issuer, int *err, char *file,
    size_t size);

/*
 * Writes the name of a file into text, of size bytes, as messages may have it:
 * a name in a directory may hold a new line, or turn the text around it.
 */
void ngx_http_healthcode_keys_files_call(char *text, size_t size,
    const char *name);

/* Writes what, and words for err unless it is 0, into text of size bytes. */
void ngx_http_healthcode_keys_files_describe(char *text, size_t size,
    const char *what, int err);

#endif
