/*
 * Codes in variables of nginx: found where they stand, and not taken out, since
 * nobody knows what a variable is made of.  Reads nothing inside a code.
 * Knows no: header, connection, store, verdict.
 * docs/request-path.md, "Source".
 */

#include "ngx_http_healthcode_variable_source.h"


ngx_int_t
ngx_http_healthcode_variable_source_find(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source,
    ngx_http_healthcode_record_t *record)
{
    healthcode_str_t            code;
    healthcode_pattern_e        found;
    ngx_http_variable_value_t  *value;

    value = ngx_http_get_flushed_variable(r, source->variable);

    if (value == NULL) {
        return NGX_ERROR;
    }

    if (value->not_found) {
        return NGX_OK;
    }

    found = healthcode_source_match(&source->core,
                           healthcode_str_from(value->data, value->len), &code);

    return (found == HEALTHCODE_PATTERN_NO_MATCH)
           ? NGX_OK
           : ngx_http_healthcode_shown_add(&record->source.shown, r->pool,
                                           found, code);
}
