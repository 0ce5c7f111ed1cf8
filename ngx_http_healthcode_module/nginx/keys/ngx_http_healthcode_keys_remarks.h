/*
 * What the log says of keys that a set skips, or accepts although they are
 * written wrong.
 * Knows no: request, location, verdict.  docs/keys.md, "Files".
 */

#ifndef NGX_HTTP_HEALTHCODE_KEYS_REMARKS_H
#define NGX_HTTP_HEALTHCODE_KEYS_REMARKS_H

#include "ngx_http_healthcode_load.h"


/*
 * Logs each remark of keyring, a set of issuer, as a warning, with its file of
 * files, and how many more there are than a set keeps.
 */
void ngx_http_healthcode_keys_remarks(ngx_log_t *log,
    const ngx_http_healthcode_issuer_t *issuer,
    const healthcode_keyring_t *keyring,
    ngx_http_healthcode_load_files_t files);

#endif
