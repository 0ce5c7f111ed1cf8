/*
 * Files, a directory and a fetched text -> the keys of one issuer, whole.  May
 * run in a thread.
 * Knows no: request, location, verdict, file, log.  docs/keys.md, "The parts".
 */

#include "ngx_http_healthcode_keys_files.h"
#include "ngx_http_healthcode_load.h"
#include "../../core/healthcode_refresh.h"


static ngx_int_t ngx_http_healthcode_load_given(healthcode_str_t text,
    ngx_http_healthcode_load_t *load);
static const healthcode_keyring_remark_t *ngx_http_healthcode_load_blame(
    size_t i, ngx_http_healthcode_load_t *load);
static void ngx_http_healthcode_load_rest(
    const ngx_http_healthcode_keys_files_t *files, ngx_uint_t i,
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
static ngx_int_t ngx_http_healthcode_load_file(const char *name,
    ngx_http_healthcode_load_t *load);
static ngx_int_t ngx_http_healthcode_load_text(const char *name, mode_t mode,
    healthcode_str_t text, ngx_http_healthcode_load_t *load);


ngx_int_t
ngx_http_healthcode_load(const ngx_http_healthcode_issuer_t *issuer,
    healthcode_str_t text, ngx_http_healthcode_load_t *load)
{
    ngx_int_t                          rc;
    ngx_uint_t                         i;
    ngx_http_healthcode_keys_files_t   files;

    if (ngx_http_healthcode_load_begin(issuer, load) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_healthcode_keys_files_list(&issuer->keys, &files);

    if (rc != NGX_OK) {
        rc = ngx_http_healthcode_load_fail_dir(issuer, load, errno);
    }

    for (i = 0; rc == NGX_OK && i < files.n; i++) {
        rc = ngx_http_healthcode_load_file(files.names[i], load);
    }

    if (rc != NGX_OK) {
        ngx_http_healthcode_load_rest(&files, i, load);
    }

    if (rc == NGX_OK && text.data) {
        rc = ngx_http_healthcode_load_given(text, load);
    }

    if (rc == NGX_OK && files.n == 0 && text.data == NULL) {
        rc = issuer->keys.location.len
             ? NGX_DECLINED : ngx_http_healthcode_load_fail_dir(issuer, load,
                                                                0);
    }

    ngx_http_healthcode_keys_files_free(&files);

    return ngx_http_healthcode_load_end(rc, load);
}


/*
 * What a location answers gives a key by itself: one that has none today keeps
 * those that it had, whatever the files give.
 */
static ngx_int_t
ngx_http_healthcode_load_given(healthcode_str_t text,
    ngx_http_healthcode_load_t *load)
{
    size_t                              i, before;
    const healthcode_keyring_remark_t  *remark;

    before = healthcode_keyring_count(load->keyring);
    i = healthcode_keyring_remarks(load->keyring);

    if (ngx_http_healthcode_load_text("", 0, text, load) != NGX_OK) {
        return NGX_ERROR;
    }

    if (healthcode_keyring_count(load->keyring) > before) {
        return NGX_OK;
    }

    load->file[0] = '\0';
    remark = ngx_http_healthcode_load_blame(i, load);

    if (remark == NULL) {
        return ngx_http_healthcode_load_fail(load, "none of its keys can be "
                                             "used", 0);
    }

    healthcode_keyring_remark_text(remark, load->error, sizeof(load->error));

    return NGX_ERROR;
}


/* The first skip from remark number i, whose file is what error is about. */
static const healthcode_keyring_remark_t *
ngx_http_healthcode_load_blame(size_t i, ngx_http_healthcode_load_t *load)
{
    const healthcode_keyring_remark_t  *remark;

    while ((remark = healthcode_keyring_remark_at(load->keyring, i)) != NULL
           && !remark->is_skipped)
    {
        i++;
    }

    if (remark) {
        ngx_memcpy(load->file, load->remarked[i], sizeof(load->file));
    }

    return remark;
}


/* A broken file must not hide a private key in one of those behind it. */
static void
ngx_http_healthcode_load_rest(const ngx_http_healthcode_keys_files_t *files,
    ngx_uint_t i, ngx_http_healthcode_load_t *load)
{
    ngx_http_healthcode_load_t  first = *load;

    for ( /* void */ ; i < files->n; i++) {

        if (healthcode_keyring_is_private(load->keyring)) {
            return;
        }

        (void) ngx_http_healthcode_load_file(files->names[i], load);
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
    load->rules = issuer->core.rules;
    load->rules.now = time(NULL);
    load->keyring = healthcode_keyring_new(&load->rules);

    return load->keyring ? NGX_OK
                         : ngx_http_healthcode_load_fail(load, "no memory", 0);
}


/* The set is whole, or there is none, as its first remark says. */
static ngx_int_t
ngx_http_healthcode_load_end(ngx_int_t rc, ngx_http_healthcode_load_t *load)
{
    if (rc == NGX_OK
        && !healthcode_keyring_finish(load->keyring, load->error,
                                      sizeof(load->error)))
    {
        (void) ngx_http_healthcode_load_blame(0, load);
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
    ngx_http_healthcode_keys_files_describe(load->error, sizeof(load->error),
                                            what, err);
    return NGX_ERROR;
}


/* err is 0: the directory can be read, but has no file of keys. */
static ngx_int_t
ngx_http_healthcode_load_fail_dir(const ngx_http_healthcode_issuer_t *issuer,
    ngx_http_healthcode_load_t *load, int err)
{
    const char  *what = "the directory cannot be read";

    ngx_http_healthcode_keys_files_call(load->file, sizeof(load->file),
                                        issuer->keys.dir.len
                                        ? (char *) issuer->keys.dir.data : "");

    if (err == 0) {
        what = "there is no key file in this directory; give it one whose name "
               "ends in " HEALTHCODE_REFRESH_ENDINGS;

    } else if (err == ENOTDIR) {
        what = "it is not a directory; write \"keys FILE;\" for a file";
        err = 0;

    } else if (err == E2BIG) {
        what = "there are more than 4096 files; put their keys into fewer";
        err = 0;
    }

    return ngx_http_healthcode_load_fail(load, what, err);
}


static ngx_int_t
ngx_http_healthcode_load_file(const char *name,
    ngx_http_healthcode_load_t *load)
{
    int                err;
    mode_t             mode;
    ngx_int_t          rc;
    const char        *what;
    healthcode_str_t   text;

    ngx_http_healthcode_keys_files_call(load->file, sizeof(load->file), name);

    what = ngx_http_healthcode_keys_files_read(name, &text, &mode, &err);

    if (what) {
        return ngx_http_healthcode_load_fail(load, what, err);
    }

    rc = ngx_http_healthcode_load_text(name, mode, text, load);

    ngx_http_healthcode_keys_files_wipe(&text);

    return rc;
}


static ngx_int_t
ngx_http_healthcode_load_text(const char *name, mode_t mode,
    healthcode_str_t text, ngx_http_healthcode_load_t *load)
{
    ngx_uint_t               taken;
    const healthcode_key_t  *key;

    taken = healthcode_keyring_add(load->keyring, text, load->error,
                                   sizeof(load->error));

    for ( /* void */ ;
         healthcode_keyring_remark_at(load->keyring, load->nremarks);
         load->nremarks++)
    {
        ngx_http_healthcode_keys_files_call(load->remarked[load->nremarks],
                                            sizeof(load->file), name);
    }

    if (!taken) {
        ngx_http_healthcode_keys_files_call(load->file, sizeof(load->file),
                                            name);
        return NGX_ERROR;
    }

    (void) healthcode_bundle_add(&load->texts, text);

    for ( /* void */ ;
         (key = healthcode_keyring_at(load->keyring, load->nkeys));
         load->nkeys++)
    {
        if (key->mac && (mode & S_IROTH)) {
            ngx_http_healthcode_keys_files_call(load->exposed,
                                                sizeof(load->exposed), name);
        }
    }

    return NGX_OK;
}
