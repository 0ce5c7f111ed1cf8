/*
 * The files of one issuer, looked at again and again by the reader's thread: a
 * new set if they have changed and rest, or if its location has answered.
 * Knows no: request, location, verdict, log.  docs/keys.md, "Files".
 */

#ifndef NGX_HTTP_HEALTHCODE_WATCH_H
#define NGX_HTTP_HEALTHCODE_WATCH_H

#include "ngx_http_healthcode_load.h"
#include "../../core/healthcode_refresh.h"


/* What came of files that changed, or of a text. */
typedef struct {
    ngx_queue_t            queue;     /* the reader's */
    ngx_uint_t             issuer;    /* its number */
    ngx_uint_t             given;     /* how the text was given; 0: no text was,
                                         a file changed */
    ngx_int_t              rc;        /* NGX_OK: keyring is new; NGX_DECLINED:
                                         the keys are the same; NGX_ERROR */
    healthcode_keyring_t  *keyring;   /* its receiver frees it */
    ngx_http_healthcode_load_files_t  remarked;    /* of keyring */
    healthcode_bundle_t    texts;     /* of keyring; freed with the result */
    healthcode_str_t       text;      /* that was given and is good; freed with
                                         the result */
    ngx_uint_t             closed;    /* rc is NGX_ERROR: the files have not
                                         changed, but this process may not read
                                         them again */
    uint64_t               hash;      /* of what is broken */
    char                   file[512];
    char                   error[512];
} ngx_http_healthcode_watch_result_t;


/* What this process remembers about the files of one issuer. */
typedef struct {
    const ngx_http_healthcode_issuer_t  *issuer;
    healthcode_refresh_files_t           files;
    u_char                              *text;     /* last good one, of the
                                                      location; or NULL */
    size_t                               len;
    ngx_uint_t                           has_keys;
    u_char                               generation[
                                          HEALTHCODE_KEYRING_GENERATION_LEN];
} ngx_http_healthcode_watch_t;


/* Starts with the keys of issuer that the configuration has read. */
void ngx_http_healthcode_watch_init(ngx_http_healthcode_watch_t *watch,
    const ngx_http_healthcode_issuer_t *issuer);
void ngx_http_healthcode_watch_free(ngx_http_healthcode_watch_t *watch);

/*
 * Whether this process may read the files, which the master has read, often as
 * another user.  NULL: it may; otherwise a result that is closed.
 */
ngx_http_healthcode_watch_result_t *ngx_http_healthcode_watch_try(
    ngx_http_healthcode_watch_t *watch);

/*
 * Looks whether the files have changed, and reads them once they rest.  Blocks
 * on files.  NULL: there is nothing to read, or no memory.
 */
ngx_http_healthcode_watch_result_t *ngx_http_healthcode_watch_look(
    ngx_http_healthcode_watch_t *watch);

/*
 * Reads the files and text, of len bytes from malloc(), which watch owns from
 * now on.  text replaces the last one if it is good.  NULL: no memory.
 */
ngx_http_healthcode_watch_result_t *ngx_http_healthcode_watch_give(
    ngx_http_healthcode_watch_t *watch, u_char *text, size_t len);

/* Frees a result, but not its keyring. */
void ngx_http_healthcode_watch_release(
    ngx_http_healthcode_watch_result_t *result);

#endif
