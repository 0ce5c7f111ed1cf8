/*
 * Files, a folder and a fetched text -> the keys of one issuer, whole.
 * Knows no request, no pool and no log of nginx: it may run in a thread.
 * docs/token-format.md, "Where keys come from".
 */

#ifndef NGX_HTTP_HEALTHCODE_LOAD_H
#define NGX_HTTP_HEALTHCODE_LOAD_H

#include "ngx_http_healthcode.h"
#include "../core/healthcode_access.h"
#include "../core/healthcode_bundle.h"


/* Bytes of one file, and files of one folder. */
#define NGX_HTTP_HEALTHCODE_LOAD_FILE_MAX   (8 * 1024 * 1024)
#define NGX_HTTP_HEALTHCODE_LOAD_FILES_MAX  4096

/* Bytes of the texts of one set that are kept. */
#define NGX_HTTP_HEALTHCODE_LOAD_TEXTS_MAX  (1024 * 1024)


/* What became of it; the caller frees keyring and texts. */
typedef struct {
    healthcode_keyring_t  *keyring;      /* NULL: error says why */
    char                   error[512];
    char                   file[512];    /* that is broken; "": the text */
    char                   exposed[512]; /* "", or a file with a secret that
                                            everybody may read */
    ngx_uint_t             is_private;   /* it is broken by a private key */
    healthcode_bundle_t    texts;        /* that keyring was read from, unless
                                            they are too many */
} ngx_http_healthcode_load_t;


/*
 * Reads all that issuer's sources name, and text (data is NULL: none), into
 * load.  Blocks on files.  NGX_OK; NGX_DECLINED where there is no source but a
 * text that is not there yet; NGX_ERROR.
 */
ngx_int_t ngx_http_healthcode_load(
    const ngx_http_healthcode_issuer_t *issuer, healthcode_str_t text,
    ngx_http_healthcode_load_t *load);

/*
 * Reads the texts of another load of issuer, texts.bytes, likewise; blocks on
 * nothing.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_healthcode_load_again(
    const ngx_http_healthcode_issuer_t *issuer, healthcode_str_t texts,
    ngx_http_healthcode_load_t *load);

/*
 * A number that is another one when a file of issuer's sources was changed,
 * replaced, added or removed.  *newest is when one was changed last, Unix
 * seconds.  Blocks on files.
 */
uint64_t ngx_http_healthcode_load_stamp(
    const ngx_http_healthcode_issuer_t *issuer, time_t *newest);

/*
 * Whether this process may read all files of issuer's sources: NGX_OK, or
 * NGX_DECLINED with the errno and the name of one that it may not.  Blocks on
 * files.
 */
ngx_int_t ngx_http_healthcode_load_access(
    const ngx_http_healthcode_issuer_t *issuer, int *err, char *file,
    size_t size);

/*
 * Whether user may read all files of issuer's sources, as far as owners, groups
 * and bits tell; one that is not there, or has an access control list, counts
 * as readable.  False: file, of size bytes, is the name of one, or of a folder
 * on the way, that user may not.  Blocks on files.
 */
ngx_uint_t ngx_http_healthcode_load_is_readable(
    const ngx_http_healthcode_issuer_t *issuer,
    const healthcode_access_user_t *user, char *file, size_t size);

/* Writes what, and words for err unless it is 0, into text of size bytes. */
void ngx_http_healthcode_load_describe(char *text, size_t size,
    const char *what, int err);

/* FNV-1a of len bytes of data, going on from hash; 0 to begin. */
uint64_t ngx_http_healthcode_load_hash(uint64_t hash, const void *data,
    size_t len);

#endif
