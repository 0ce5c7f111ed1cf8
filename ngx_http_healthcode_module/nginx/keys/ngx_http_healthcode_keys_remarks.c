/*
 * What the log says of keys that a set skips, or accepts although they are
 * written wrong.
 * Knows no: request, location, verdict.  docs/keys.md, "Files".
 */

#include "ngx_http_healthcode_keys_remarks.h"


static void ngx_http_healthcode_keys_remark(ngx_log_t *log,
    const ngx_http_healthcode_issuer_t *issuer,
    const healthcode_keyring_remark_t *remark, const char *file);


void
ngx_http_healthcode_keys_remarks(ngx_log_t *log,
    const ngx_http_healthcode_issuer_t *issuer,
    const healthcode_keyring_t *keyring,
    ngx_http_healthcode_load_files_t files)
{
    ngx_uint_t                          i;
    const healthcode_keyring_remark_t  *remark;

    for (i = 0; (remark = healthcode_keyring_remark_at(keyring, i)); i++) {
        ngx_http_healthcode_keys_remark(log, issuer, remark, files[i]);
    }

    if (healthcode_keyring_remarks(keyring) > i) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "healthcode: issuer \"%V\" has %uz more such keys",
                      &issuer->name, healthcode_keyring_remarks(keyring) - i);
    }
}


static void
ngx_http_healthcode_keys_remark(ngx_log_t *log,
    const ngx_http_healthcode_issuer_t *issuer,
    const healthcode_keyring_remark_t *remark, const char *file)
{
    char         text[512];
    ngx_str_t    place;
    const char  *part = remark->line ? "a key of " : "";

    healthcode_keyring_remark_text(remark, text, sizeof(text));

    if (file[0]) {
        place.data = (u_char *) file;
        place.len = ngx_strlen(file);
    } else {
        place = issuer->keys.location;
    }

    if (remark->is_skipped) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "healthcode: issuer \"%V\" skips %s\"%V\": %s",
                      &issuer->name, part, &place, text);
    } else {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "healthcode: issuer \"%V\" accepts %s\"%V\", but %s",
                      &issuer->name, part, &place, text);
    }
}
