/*
 * The files of one issuer, looked at again and again by the reader's thread: a
 * new set if they have changed and rest, or if its location has answered.
 * Knows no: request, location, verdict, log.  docs/keys.md, "Files".
 */

#include "ngx_http_healthcode_keys_files.h"
#include "ngx_http_healthcode_watch.h"


static ngx_http_healthcode_watch_result_t *ngx_http_healthcode_watch_read(
    ngx_http_healthcode_watch_t *watch, healthcode_str_t text,
    ngx_uint_t is_given);
static void ngx_http_healthcode_watch_keep(ngx_http_healthcode_watch_t *watch,
    ngx_http_healthcode_load_t *load,
    ngx_http_healthcode_watch_result_t *result);


void
ngx_http_healthcode_watch_init(ngx_http_healthcode_watch_t *watch,
    const ngx_http_healthcode_issuer_t *issuer)
{
    const healthcode_keyring_t  *keyring = issuer->keys.keyring;

    ngx_memzero(watch, sizeof(ngx_http_healthcode_watch_t));

    watch->issuer = issuer;
    watch->files.read = issuer->keys.stamp;
    watch->files.seen = issuer->keys.stamp;

    if (keyring) {
        watch->has_keys = 1;
        ngx_memcpy(watch->generation, healthcode_keyring_generation(keyring),
                   HEALTHCODE_KEYRING_GENERATION_LEN);
    }
}


void
ngx_http_healthcode_watch_free(ngx_http_healthcode_watch_t *watch)
{
    free(watch->text);
    watch->text = NULL;
}


/* Says so at once, and not when a key has to change in a hurry. */
ngx_http_healthcode_watch_result_t *
ngx_http_healthcode_watch_try(ngx_http_healthcode_watch_t *watch)
{
    int                                  err;
    time_t                               newest;
    ngx_http_healthcode_watch_result_t  *result;

    if (watch->issuer->keys.broken) {
        /* the master has said so: it has read nothing of them */
        return NULL;
    }

    result = calloc(1, sizeof(ngx_http_healthcode_watch_result_t));

    if (result == NULL
        || ngx_http_healthcode_keys_files_access(watch->issuer, &err,
                                                 result->file,
                                                 sizeof(result->file))
           == NGX_OK)
    {
        free(result);
        return NULL;
    }

    watch->files.read = ngx_http_healthcode_keys_files_stamp(watch->issuer,
                                                             &newest);
    watch->files.seen = watch->files.read;

    result->rc = NGX_ERROR;
    result->closed = 1;
    ngx_http_healthcode_keys_files_describe(result->error,
                                            sizeof(result->error),
                                            "the workers may not read it", err);
    result->hash = healthcode_str_hash(0,
                                       healthcode_str_from(result->file,
                                                       strlen(result->file)));

    return result;
}


ngx_http_healthcode_watch_result_t *
ngx_http_healthcode_watch_look(ngx_http_healthcode_watch_t *watch)
{
    time_t    newest;
    uint64_t  stamp;

    stamp = ngx_http_healthcode_keys_files_stamp(watch->issuer, &newest);

    if (!healthcode_refresh_look(&watch->files, stamp)) {
        return NULL;
    }

    return ngx_http_healthcode_watch_read(watch,
                              healthcode_str_from(watch->text, watch->len), 0);
}


ngx_http_healthcode_watch_result_t *
ngx_http_healthcode_watch_give(ngx_http_healthcode_watch_t *watch, u_char *text,
    size_t len)
{
    u_char                              *copy;
    ngx_http_healthcode_watch_result_t  *result;

    result = ngx_http_healthcode_watch_read(watch,
                                            healthcode_str_from(text, len), 1);

    if (result == NULL || result->rc == NGX_ERROR) {
        free(text);
        return result;
    }

    copy = malloc(len + 1);

    if (copy) {
        ngx_memcpy(copy, text, len);
        result->text = healthcode_str_from(copy, len);
    }

    free(watch->text);
    watch->text = text;
    watch->len = len;

    return result;
}

static ngx_http_healthcode_watch_result_t *
ngx_http_healthcode_watch_read(ngx_http_healthcode_watch_t *watch,
    healthcode_str_t text, ngx_uint_t is_given)
{
    ngx_http_healthcode_load_t           load;
    ngx_http_healthcode_watch_result_t  *result;

    result = calloc(1, sizeof(ngx_http_healthcode_watch_result_t));
    if (result == NULL) {
        return NULL;
    }

    result->rc = ngx_http_healthcode_load(watch->issuer, text, &load);

    if (result->rc == NGX_OK) {
        ngx_http_healthcode_watch_keep(watch, &load, result);

    } else if (result->rc == NGX_ERROR) {
        ngx_memcpy(result->file, load.file, sizeof(result->file));
        ngx_memcpy(result->error, load.error, sizeof(result->error));

        result->hash = healthcode_str_hash(watch->files.read,
                                           healthcode_str_from(load.error,
                                                         strlen(load.error)));
        if (is_given) {
            result->hash = healthcode_str_hash(result->hash, text);
        }
    }

    return result;
}


/* The same bytes are the same keys, and no reason to lose what is cached. */
static void
ngx_http_healthcode_watch_keep(ngx_http_healthcode_watch_t *watch,
    ngx_http_healthcode_load_t *load,
    ngx_http_healthcode_watch_result_t *result)
{
    const uint8_t  *generation = healthcode_keyring_generation(load->keyring);

    if (watch->has_keys
        && ngx_memcmp(watch->generation, generation,
                      HEALTHCODE_KEYRING_GENERATION_LEN)
           == 0)
    {
        healthcode_keyring_free(load->keyring);
        healthcode_bundle_free(&load->texts);
        result->rc = NGX_DECLINED;
        return;
    }

    ngx_memcpy(watch->generation, generation,
               HEALTHCODE_KEYRING_GENERATION_LEN);
    watch->has_keys = 1;
    result->keyring = load->keyring;
    result->texts = load->texts;
    ngx_memcpy(result->remarked, load->remarked, sizeof(result->remarked));
}


void
ngx_http_healthcode_watch_release(ngx_http_healthcode_watch_result_t *result)
{
    healthcode_bundle_free(&result->texts);
    free((void *) (uintptr_t) result->text.data);
    free(result);
}
