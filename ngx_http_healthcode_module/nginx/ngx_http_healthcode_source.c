/*
 * What the sources of a location carried -> the one code that counts; the
 * conductor of arguments, headers and masks.  Reads nothing inside a code.
 * docs/request-path.md, "Source".
 */

#include "ngx_http_healthcode_source.h"


/* A longer value is no code, and no pattern has to look at it. */
#define NGX_HTTP_HEALTHCODE_VALUE_MAX  16384


static healthcode_pattern_e ngx_http_healthcode_source_bearer(ngx_str_t *value,
    ngx_str_t *code);


ngx_int_t
ngx_http_healthcode_source_take(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_int_t                      rc;
    ngx_uint_t                     i;
    ngx_http_healthcode_source_t  *source = lcf->rules.sources->elts;

    if (record->sources == lcf->rules.sources) {
        return NGX_OK;
    }

    for (i = 0; i < lcf->rules.sources->nelts; i++) {

        rc = NGX_OK;

        if (source[i].kind == NGX_HTTP_HEALTHCODE_HEADER) {
            rc = ngx_http_healthcode_headers_take(r, record, &source[i]);

        } else if (source[i].kind == NGX_HTTP_HEALTHCODE_COOKIE) {
            rc = ngx_http_healthcode_headers_take_cookies(r, record,
                                                          &source[i]);
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ngx_http_healthcode_arguments_next_source(lcf->rules.sources, NULL)
        && ngx_http_healthcode_arguments_take(r, record, lcf->rules.sources)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    record->sources = lcf->rules.sources;

    return NGX_OK;
}


healthcode_reason_e
ngx_http_healthcode_source_code(const ngx_http_healthcode_record_t *record,
    ngx_str_t *code)
{
    if (record->source != HEALTHCODE_REASON_OK) {
        return record->source;
    }

    if (record->code.len) {
        *code = record->code;
        return HEALTHCODE_REASON_OK;
    }

    /* browsers send stale cookies: one counts only where nothing else does */

    if (record->cookie_source != HEALTHCODE_REASON_OK) {
        return record->cookie_source;
    }

    if (record->cookie.len) {
        *code = record->cookie;
        return HEALTHCODE_REASON_OK;
    }

    return HEALTHCODE_REASON_MISSING;
}


/* Adds what a source carried: the same bytes twice are one code. */
ngx_int_t
ngx_http_healthcode_source_add(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_http_healthcode_source_e kind,
    healthcode_pattern_e found, ngx_str_t *code)
{
    ngx_str_t            *known;
    healthcode_reason_e  *reason;

    if (kind == NGX_HTTP_HEALTHCODE_COOKIE) {
        known = &record->cookie;
        reason = &record->cookie_source;

    } else {
        known = &record->code;
        reason = &record->source;
    }

    if (found == HEALTHCODE_PATTERN_ERROR) {
        *reason = HEALTHCODE_REASON_MALFORMED;
        return NGX_OK;
    }

    if (known->len == 0) {
        /* a copy, since the bytes in the request are about to be masked */
        known->data = ngx_pstrdup(r->pool, code);
        if (known->data == NULL) {
            return NGX_ERROR;
        }

        known->len = code->len;

    } else if (known->len != code->len
               || ngx_memcmp(known->data, code->data, code->len) != 0)
    {
        *reason = HEALTHCODE_REASON_AMBIGUOUS;
    }

    return NGX_OK;
}


/*
 * HEALTHCODE_PATTERN_MATCH: value carries *code, which is not empty.  _ERROR:
 * no pattern could look at it, which is no reason to let it through.
 */
healthcode_pattern_e
ngx_http_healthcode_source_match(ngx_http_healthcode_source_t *source,
    ngx_str_t *value, ngx_str_t *code)
{
    healthcode_str_t      group;
    healthcode_pattern_e  found;

    if (value->len == 0) {
        return HEALTHCODE_PATTERN_NO_MATCH;
    }

    if (source->bearer) {
        return ngx_http_healthcode_source_bearer(value, code);
    }

    if (source->pattern == NULL) {
        *code = *value;
        return HEALTHCODE_PATTERN_MATCH;
    }

    if (value->len > NGX_HTTP_HEALTHCODE_VALUE_MAX) {
        return HEALTHCODE_PATTERN_ERROR;
    }

    found = healthcode_pattern_match(source->pattern,
                                     ngx_http_healthcode_view(value), &group);

    if (found == HEALTHCODE_PATTERN_MATCH) {

        if (group.len == 0) {
            return HEALTHCODE_PATTERN_NO_MATCH;
        }

        code->data = (u_char *) group.data;
        code->len = group.len;
    }

    return found;
}


/*
 * "(?i)^bearer +(\S+) *$" without a pattern, since nearly every gate has it:
 * RFC 6750 section 2.1, the scheme's case by RFC 9110 section 11.1.
 */
static healthcode_pattern_e
ngx_http_healthcode_source_bearer(ngx_str_t *value, ngx_str_t *code)
{
    u_char  *p = value->data, *end = value->data + value->len;

    /* first as nearly everybody writes it */

    if (value->len <= sizeof("bearer ") - 1
        || (ngx_memcmp(p, "Bearer ", sizeof("Bearer ") - 1) != 0
            && ngx_strncasecmp(p, (u_char *) "bearer ", sizeof("bearer ") - 1)
               != 0))
    {
        return HEALTHCODE_PATTERN_NO_MATCH;
    }

    p += sizeof("bearer ") - 1;

    while (p < end && *p == ' ') {
        p++;
    }

    while (end > p && end[-1] == ' ') {
        end--;
    }

    code->data = p;
    code->len = end - p;

    if (code->len == 0 || memchr(p, ' ', code->len)
        || memchr(p, '\t', code->len))
    {
        return HEALTHCODE_PATTERN_NO_MATCH;
    }

    return HEALTHCODE_PATTERN_MATCH;
}
