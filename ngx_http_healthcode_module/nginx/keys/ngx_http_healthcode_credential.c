/*
 * A credential of a store whose files are looked at again and again by the
 * reader's thread, and what comes of it in the event loop.
 * Knows no: request, location, verdict, connection.
 * docs/connection.md, "Credentials".
 */

#include "ngx_http_healthcode_credential.h"
#include "ngx_http_healthcode_keys_files.h"


static uint64_t ngx_http_healthcode_credential_stamp(
    const ngx_http_healthcode_credential_t *credential);
static uint64_t ngx_http_healthcode_credential_hash(
    const healthcode_str_t *texts);
static const char *ngx_http_healthcode_credential_read(
    const ngx_http_healthcode_credential_t *credential,
    healthcode_str_t *texts, ngx_uint_t *which, int *err);
static void ngx_http_healthcode_credential_wipe(healthcode_str_t *texts);
static void ngx_http_healthcode_credential_make(
    ngx_http_healthcode_credential_watch_t *watch,
    ngx_http_healthcode_credential_result_t *result);


void
ngx_http_healthcode_credential_note(
    ngx_http_healthcode_credential_t *credential)
{
    int               err;
    ngx_uint_t        which;
    healthcode_str_t  texts[NGX_HTTP_HEALTHCODE_CREDENTIAL_FILES];

    credential->stamp = ngx_http_healthcode_credential_stamp(credential);

    /* what cannot be read is not what will be read */

    credential->hash = 0;

    if (ngx_http_healthcode_credential_read(credential, texts, &which, &err)
        == NULL)
    {
        credential->hash = ngx_http_healthcode_credential_hash(texts);
    }

    ngx_http_healthcode_credential_wipe(texts);
}


void
ngx_http_healthcode_credential_init(
    ngx_http_healthcode_credential_watch_t *watch,
    const ngx_http_healthcode_credential_t *credential)
{
    ngx_uint_t  i, may = 1;

    watch->credential = credential;
    watch->hash = credential->hash;
    watch->files.read = credential->stamp;

    for (i = 0; i < NGX_HTTP_HEALTHCODE_CREDENTIAL_FILES; i++) {
        may = may
              && (credential->files[i].len == 0
                  || access((char *) credential->files[i].data, R_OK) == 0);
    }

    /* the master may see files in a directory that a worker may not enter */

    if (!may) {
        watch->files.read = ngx_http_healthcode_credential_stamp(credential);
    }

    watch->files.seen = watch->files.read;
}


static uint64_t
ngx_http_healthcode_credential_stamp(
    const ngx_http_healthcode_credential_t *credential)
{
    time_t      newest = 0;
    uint64_t    stamp = 0;
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_HEALTHCODE_CREDENTIAL_FILES; i++) {
        if (credential->files[i].len) {
            stamp = ngx_http_healthcode_keys_files_see(stamp,
                                       (char *) credential->files[i].data,
                                       &newest);
        }
    }

    return stamp;
}


static uint64_t
ngx_http_healthcode_credential_hash(const healthcode_str_t *texts)
{
    uint64_t    hash = 0, len;
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_HEALTHCODE_CREDENTIAL_FILES; i++) {
        len = texts[i].len;
        hash = healthcode_str_hash(hash, healthcode_str_from(&len,
                                                             sizeof(len)));
        hash = healthcode_str_hash(hash, texts[i]);
    }

    return hash;
}


ngx_http_healthcode_credential_result_t *
ngx_http_healthcode_credential_look(
    ngx_http_healthcode_credential_watch_t *watch)
{
    uint64_t                                  broken;
    ngx_http_healthcode_credential_result_t  *result;

    if (!healthcode_refresh_look(&watch->files,
                       ngx_http_healthcode_credential_stamp(watch->credential)))
    {
        return NULL;
    }

    result = calloc(1, sizeof(ngx_http_healthcode_credential_result_t));
    if (result == NULL) {
        return NULL;
    }

    result->credential = watch->credential;

    ngx_http_healthcode_credential_make(watch, result);

    broken = result->error[0]
             ? healthcode_str_hash(0, healthcode_str_from(result->error,
                                                        strlen(result->error)))
             : 0;

    if (result->made == NULL && (broken == 0 || broken == watch->broken)) {
        free(result);
        result = NULL;
    }

    watch->broken = broken;

    return result;
}


/* Neither made nor an error: the same bytes were written again. */
static void
ngx_http_healthcode_credential_make(
    ngx_http_healthcode_credential_watch_t *watch,
    ngx_http_healthcode_credential_result_t *result)
{
    int                                      err;
    uint64_t                                 hash;
    ngx_uint_t                               which = 0;
    const char                              *error;
    healthcode_str_t           texts[NGX_HTTP_HEALTHCODE_CREDENTIAL_FILES];
    const ngx_http_healthcode_credential_t  *credential = watch->credential;

    error = ngx_http_healthcode_credential_read(credential, texts, &which,
                                                &err);

    if (error == NULL) {

        hash = ngx_http_healthcode_credential_hash(texts);

        if (hash != watch->hash) {
            result->made = credential->kind->make(texts, &which, &error);
            watch->hash = result->made ? hash : watch->hash;
        }
    }

    if (error) {
        ngx_http_healthcode_keys_files_call(result->file, sizeof(result->file),
                                     (char *) credential->files[which].data);
        ngx_http_healthcode_keys_files_describe(result->error,
                                                sizeof(result->error), error,
                                                err);
    }

    ngx_http_healthcode_credential_wipe(texts);
}


/* NULL, or what is wrong with the file *which; the caller wipes texts. */
static const char *
ngx_http_healthcode_credential_read(
    const ngx_http_healthcode_credential_t *credential,
    healthcode_str_t *texts, ngx_uint_t *which, int *err)
{
    mode_t       mode;
    ngx_uint_t   i;
    const char  *error = NULL;

    *err = 0;

    ngx_memzero(texts, NGX_HTTP_HEALTHCODE_CREDENTIAL_FILES
                       * sizeof(healthcode_str_t));

    for (i = 0; error == NULL && i < NGX_HTTP_HEALTHCODE_CREDENTIAL_FILES; i++)
    {
        if (credential->files[i].len) {
            *which = i;
            error = ngx_http_healthcode_keys_files_read(
                        (char *) credential->files[i].data, &texts[i], &mode,
                        err);
        }
    }

    return error;
}


static void
ngx_http_healthcode_credential_wipe(healthcode_str_t *texts)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_HEALTHCODE_CREDENTIAL_FILES; i++) {
        if (texts[i].data) {
            ngx_http_healthcode_keys_files_wipe(&texts[i]);
        }
    }
}


void
ngx_http_healthcode_credential_take(
    ngx_http_healthcode_credential_result_t *result, ngx_log_t *log)
{
    const ngx_http_healthcode_credential_t  *credential = result->credential;

    if (result->made && credential->data) {
        credential->kind->take(credential->data, result->made);
        result->made = NULL;
    }

    /* all workers see the same: one says so */

    if (result->error[0] && ngx_worker == 0) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "healthcode: the new %s of store \"%V\" in \"%s\" "
                      "cannot be used: %s; what it had stays",
                      credential->kind->what, &credential->store, result->file,
                      result->error);
    }

    ngx_http_healthcode_credential_drop(result);
}


void
ngx_http_healthcode_credential_drop(
    ngx_http_healthcode_credential_result_t *result)
{
    if (result->made) {
        result->credential->kind->drop(result->made);
    }

    free(result);
}
