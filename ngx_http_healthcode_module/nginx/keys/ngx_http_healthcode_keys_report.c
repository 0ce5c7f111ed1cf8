/*
 * What the log says of an issuer's keys while nginx serves: once for the
 * machine, however many workers see it.
 * Knows no: request, location, verdict, file.  docs/keys.md, "Files".
 */

#include "ngx_http_healthcode_keys.h"
#include "ngx_http_healthcode_keys_private.h"
#include "ngx_http_healthcode_keys_remarks.h"


void
ngx_http_healthcode_keys_report_new(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_watch_result_t *result)
{
    u_char                            hex[2 *
                                 NGX_HTTP_HEALTHCODE_KEYS_GENERATION_SHOWN];
    uint64_t                          mark;
    const uint8_t                    *generation;
    ngx_http_healthcode_keys_slot_t  *slot = keys->issuer->slot;

    generation = healthcode_keyring_generation(keys->keyring);
    mark = healthcode_str_hash(0, healthcode_str_from(generation,
                                          HEALTHCODE_KEYRING_GENERATION_LEN));

    if (ngx_http_healthcode_keys_slot_mark(&slot->announced, mark)) {

        (void) ngx_atomic_fetch_add(&slot->loads, 1);

        (void) ngx_hex_dump(hex, (u_char *) generation, sizeof(hex) / 2);

        ngx_log_error(NGX_LOG_NOTICE, keys->all->log, 0,
                      "healthcode: issuer \"%V\" has new keys: %uz, "
                      "generation %*s", &keys->issuer->name,
                      healthcode_keyring_count(keys->keyring), sizeof(hex),
                      hex);

        ngx_http_healthcode_keys_remarks(keys->all->log, keys->issuer,
                                         keys->keyring, result->remarked);
    }
}


void
ngx_http_healthcode_keys_report_closed(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_watch_result_t *result)
{
    if (ngx_http_healthcode_keys_slot_mark(&keys->issuer->slot->closed,
                                      result->hash))
    {
        ngx_log_error(NGX_LOG_WARN, keys->all->log, 0,
                      "healthcode: keys \"%s\" of issuer \"%V\" were read by "
                      "the master, but %s; until then a change of it counts "
                      "after a reload only", result->file,
                      &keys->issuer->name, result->error);
    }
}


void
ngx_http_healthcode_keys_report_broken(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_watch_result_t *result)
{
    ngx_str_t                         place;
    ngx_http_healthcode_keys_slot_t  *slot = keys->issuer->slot;

    if (!ngx_http_healthcode_keys_slot_mark(&slot->broken, result->hash)) {
        return;
    }

    (void) ngx_atomic_fetch_add(&slot->failures, 1);

    if (result->file[0]) {
        place.data = (u_char *) result->file;
        place.len = ngx_strlen(result->file);
    } else {
        place = keys->issuer->keys.location;
    }

    ngx_log_error(NGX_LOG_ERR, keys->all->log, 0,
                  "healthcode: new keys \"%V\" of issuer \"%V\" cannot be "
                  "used: %s; %s", &place, &keys->issuer->name, result->error,
                  keys->keyring ? "the old ones stay" : "there are none yet");
}


void
ngx_http_healthcode_keys_report_missed(ngx_http_healthcode_keys_t *keys,
    ngx_uint_t status)
{
    const char                    *why;
    ngx_http_healthcode_issuer_t  *issuer = keys->issuer;

    if (issuer->slot->missed == status + 1) {
        return;
    }

    if (status == 0) {
        why = "it does not answer in 10 seconds";

    } else if (status == NGX_HTTP_OK) {
        why = "its answer is empty, breaks off, or is larger than "
              "subrequest_output_buffer_size or 256k";

    } else {
        why = "its answer is not 200; if it is 500, "
              "subrequest_output_buffer_size may be too small";
    }

    ngx_log_error(NGX_LOG_ERR, keys->all->log, 0,
                  "healthcode: keys of issuer \"%V\" cannot be fetched "
                  "from \"%V\": %s (status %ui); %s", &issuer->name,
                  &issuer->keys.location, why, status,
                  keys->keyring ? "the old ones stay"
                                : "there are none yet");
}
