/*
 * Header, query, cookie -> the code, taken out so that nothing later in the
 * request can log, cache or proxy it.  Reads nothing inside a code; the only
 * file that knows versions of nginx.  docs/request-path.md, "Source".
 */

#include "ngx_http_healthcode.h"


/* A longer value is no code, and no pattern has to look at it. */
#define NGX_HTTP_HEALTHCODE_VALUE_MAX  16384


/* One argument of a query string: views into it. */
typedef struct {
    ngx_str_t  name;
    ngx_str_t  value;
} ngx_http_healthcode_argument_t;


static ngx_int_t ngx_http_healthcode_source_headers(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record,
    ngx_http_healthcode_source_t *source);
static ngx_int_t ngx_http_healthcode_source_cookies(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record,
    ngx_http_healthcode_source_t *source);
static ngx_int_t ngx_http_healthcode_source_cookie(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record,
    ngx_http_healthcode_source_t *source, ngx_table_elt_t *header);
static ngx_int_t ngx_http_healthcode_source_query(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_array_t *sources);
static void ngx_http_healthcode_source_referers(ngx_http_request_t *r,
    ngx_array_t *sources);
static ngx_int_t ngx_http_healthcode_source_argument(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_array_t *sources,
    ngx_http_healthcode_argument_t *argument);
static ngx_http_healthcode_source_t *ngx_http_healthcode_source_next_query(
    ngx_array_t *sources, ngx_http_healthcode_source_t *source);
static ngx_uint_t ngx_http_healthcode_source_next_argument(ngx_str_t *query,
    ngx_http_healthcode_argument_t *argument);
static void ngx_http_healthcode_source_mask(ngx_http_request_t *r,
    ngx_array_t *sources, ngx_str_t *text);
static void ngx_http_healthcode_source_mask_query(ngx_http_request_t *r,
    ngx_array_t *sources, ngx_str_t query);
static ngx_int_t ngx_http_healthcode_source_unescape(ngx_http_request_t *r,
    ngx_str_t *src, ngx_str_t *dst);
static healthcode_pattern_e ngx_http_healthcode_source_bearer(
    ngx_str_t *value, ngx_str_t *code);
static healthcode_pattern_e ngx_http_healthcode_source_match(
    ngx_http_healthcode_source_t *source, ngx_str_t *value, ngx_str_t *code);
static ngx_int_t ngx_http_healthcode_source_add(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_http_healthcode_source_e kind,
    healthcode_pattern_e found, ngx_str_t *code);


ngx_int_t
ngx_http_healthcode_source_take(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_int_t                      rc;
    ngx_uint_t                     i;
    ngx_http_healthcode_source_t  *source = lcf->sources->elts;

    if (record->sources == lcf->sources) {
        return NGX_OK;
    }

    for (i = 0; i < lcf->sources->nelts; i++) {

        rc = NGX_OK;

        if (source[i].kind == NGX_HTTP_HEALTHCODE_HEADER) {
            rc = ngx_http_healthcode_source_headers(r, record, &source[i]);

        } else if (source[i].kind == NGX_HTTP_HEALTHCODE_COOKIE) {
            rc = ngx_http_healthcode_source_cookies(r, record, &source[i]);
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ngx_http_healthcode_source_next_query(lcf->sources, NULL)
        && ngx_http_healthcode_source_query(r, record, lcf->sources) != NGX_OK)
    {
        return NGX_ERROR;
    }

    record->sources = lcf->sources;

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
static ngx_int_t
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
static healthcode_pattern_e
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


static ngx_int_t
ngx_http_healthcode_source_headers(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_http_healthcode_source_t *source)
{
    ngx_str_t             code;
    ngx_uint_t            i;
    ngx_list_part_t      *part, *next;
    ngx_table_elt_t      *header;
    healthcode_pattern_e  found;

    for (part = &r->headers_in.headers.part; part; part = next) {

        next = part->next;
        header = part->elts;

        /* from the end: what is unlinked then moves nothing yet to be seen */

        for (i = part->nelts; i-- > 0; /* void */) {

            if (header[i].hash != source->hash
                || header[i].key.len != source->name.len
                || ngx_strncmp(header[i].lowcase_key, source->name.data,
                               source->name.len)
                   != 0)
            {
                continue;
            }

            found = ngx_http_healthcode_source_match(source, &header[i].value,
                                                     &code);

            if (found == HEALTHCODE_PATTERN_NO_MATCH) {
                continue;
            }

            if (ngx_http_healthcode_source_add(r, record, source->kind, found,
                                               &code)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            /* variables read before, and nginx, may point to the value */
            ngx_memset(header[i].value.data, '*', header[i].value.len);

            if (ngx_http_healthcode_source_unlink(r, &r->headers_in.headers,
                                                     &header[i])
                   != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/*
 * The list is split around the header: other modules hold pointers to the
 * other headers, so none may move; a hash of 0 would not keep proxy from
 * sending it; and a part without elements, other than the first, would be
 * read past its end by the loops of nginx.
 */
ngx_int_t
ngx_http_healthcode_source_unlink(ngx_http_request_t *r, ngx_list_t *headers,
    ngx_table_elt_t *header)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part, *previous = NULL, *tail;

    for (part = &headers->part; part; previous = part, part = part->next) {

        if (header >= (ngx_table_elt_t *) part->elts
            && header < (ngx_table_elt_t *) part->elts + part->nelts)
        {
            break;
        }
    }

    if (part == NULL) {
        return NGX_OK;
    }

    i = header - (ngx_table_elt_t *) part->elts;

    if (i == part->nelts - 1) {
        part->nelts--;

        if (part->nelts == 0 && previous) {
            previous->next = part->next;

            if (headers->last == part) {
                headers->last = previous;
            }
        }

    } else if (i == 0) {
        part->elts = header + 1;
        part->nelts--;

    } else {
        tail = ngx_palloc(r->pool, sizeof(ngx_list_part_t));
        if (tail == NULL) {
            return NGX_ERROR;
        }

        tail->elts = header + 1;
        tail->nelts = part->nelts - i - 1;
        tail->next = part->next;

        part->nelts = i;
        part->next = tail;

        if (headers->last == part) {
            headers->last = tail;
        }
    }

    /* the room behind the last part is no longer known: call it full */

    if (headers->last->nelts) {
        headers->nalloc = headers->last->nelts;
    }

    if (r->headers_in.authorization == header) {
        r->headers_in.authorization = NULL;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_source_cookies(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_http_healthcode_source_t *source)
{
    ngx_uint_t         i;
    ngx_list_part_t   *part, *next;
    ngx_table_elt_t   *header;

    for (part = &r->headers_in.headers.part; part; part = next) {

        next = part->next;
        header = part->elts;

        for (i = part->nelts; i-- > 0; /* void */) {

            if (header[i].key.len != sizeof("cookie") - 1
                || ngx_strncmp(header[i].lowcase_key, "cookie",
                               sizeof("cookie") - 1)
                   != 0)
            {
                continue;
            }

            if (ngx_http_healthcode_source_cookie(r, record, source,
                                                  &header[i])
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            if (header[i].value.len == 0
                && ngx_http_healthcode_source_unlink(r, &r->headers_in.headers,
                                                     &header[i])
                   != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* Rewrites one Cookie header (RFC 6265 section 4.2.1) without the code. */
static ngx_int_t
ngx_http_healthcode_source_cookie(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_http_healthcode_source_t *source,
    ngx_table_elt_t *header)
{
    u_char                *p, *end, *start, *last, *copy, *w;
    ngx_str_t              value, code;
    healthcode_pattern_e   found;

    copy = NULL;
    w = NULL;
    p = header->value.data;
    end = p + header->value.len;

    while (p < end) {

        while (p < end && (*p == ' ' || *p == '\t' || *p == ';')) {
            p++;
        }

        start = p;
        last = ngx_strlchr(p, end, ';');
        last = last ? last : end;
        p = last;

        while (last > start && (last[-1] == ' ' || last[-1] == '\t')) {
            last--;
        }

        found = HEALTHCODE_PATTERN_NO_MATCH;

        if ((size_t) (last - start) > source->name.len
            && start[source->name.len] == '='
            && ngx_memcmp(start, source->name.data, source->name.len) == 0)
        {
            value.data = start + source->name.len + 1;
            value.len = last - value.data;
            found = ngx_http_healthcode_source_match(source, &value, &code);
        }

        if (found != HEALTHCODE_PATTERN_NO_MATCH) {

            if (ngx_http_healthcode_source_add(r, record, source->kind, found,
                                               &code)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            ngx_memset(value.data, '*', value.len);

            if (copy == NULL) {
                /* each item gets "; " behind it, where one byte stood */
                copy = ngx_pnalloc(r->pool, 2 * header->value.len + 2);
                if (copy == NULL) {
                    return NGX_ERROR;
                }

                /* what stood before, which ends in "; " or is empty */
                w = ngx_cpymem(copy, header->value.data,
                               start - header->value.data);
            }

        } else if (copy && last > start) {
            w = ngx_cpymem(w, start, last - start);
            w = ngx_cpymem(w, "; ", 2);
        }
    }

    if (copy) {

        while (w > copy && (w[-1] == ' ' || w[-1] == ';')) {
            w--;
        }

        *w = '\0';

        header->value.data = copy;
        header->value.len = w - copy;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_source_query(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_array_t *sources)
{
    u_char                          *p, *start;
    ngx_int_t                        rc;
    ngx_str_t                        query;
    ngx_http_healthcode_argument_t   argument;

    query = r->args;
    start = NULL;
    p = NULL;

    while (ngx_http_healthcode_source_next_argument(&query, &argument)) {

        rc = ngx_http_healthcode_source_argument(r, record, sources, &argument);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_OK && start == NULL) {
            start = ngx_pnalloc(r->pool, r->args.len + 1);
            if (start == NULL) {
                return NGX_ERROR;
            }

            p = ngx_cpymem(start, r->args.data,
                           argument.name.data - r->args.data);

        } else if (rc == NGX_DECLINED && start) {
            p = ngx_cpymem(p, argument.name.data,
                           argument.value.data + argument.value.len
                           - argument.name.data);
            *p++ = '&';
        }
    }

    /* for logs, in place; in HTTP/1 the line and the URI share their bytes */

    ngx_http_healthcode_source_mask(r, sources, &r->request_line);
    ngx_http_healthcode_source_mask(r, sources, &r->unparsed_uri);
    ngx_http_healthcode_source_referers(r, sources);

    if (start == NULL) {
        return NGX_OK;
    }

    /* for handlers, without the argument */

    if (p > start && p[-1] == '&') {
        p--;
    }

    r->args.data = start;
    r->args.len = p - start;
    r->valid_unparsed_uri = 0;

    return NGX_OK;
}


/* A page that was opened with its code names it in what it loads. */
static void
ngx_http_healthcode_source_referers(ngx_http_request_t *r, ngx_array_t *sources)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (header[i].key.len == sizeof("referer") - 1
                && ngx_strncmp(header[i].lowcase_key, "referer",
                               sizeof("referer") - 1)
                   == 0)
            {
                ngx_http_healthcode_source_mask(r, sources, &header[i].value);
            }
        }
    }
}


/* NGX_OK: the argument carries a code; NGX_DECLINED: it does not. */
static ngx_int_t
ngx_http_healthcode_source_argument(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_array_t *sources,
    ngx_http_healthcode_argument_t *argument)
{
    ngx_int_t                      rc = NGX_DECLINED;
    ngx_str_t                      value, code;
    healthcode_pattern_e           found;
    ngx_http_healthcode_source_t  *source = NULL;

    while ((source = ngx_http_healthcode_source_next_query(sources, source))
           != NULL)
    {
        if (argument->name.len != source->name.len
            || ngx_memcmp(argument->name.data, source->name.data,
                          source->name.len)
               != 0)
        {
            continue;
        }

        if (ngx_http_healthcode_source_unescape(r, &argument->value, &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        found = ngx_http_healthcode_source_match(source, &value, &code);

        if (found == HEALTHCODE_PATTERN_NO_MATCH) {
            continue;
        }

        if (record && ngx_http_healthcode_source_add(r, record, source->kind,
                                                     found, &code)
                      != NGX_OK)
        {
            return NGX_ERROR;
        }

        rc = NGX_OK;
    }

    return rc;
}


static ngx_http_healthcode_source_t *
ngx_http_healthcode_source_next_query(ngx_array_t *sources,
    ngx_http_healthcode_source_t *source)
{
    ngx_http_healthcode_source_t  *first = sources->elts;
    ngx_http_healthcode_source_t  *end = first + sources->nelts;

    for (source = source ? source + 1 : first; source < end; source++) {
        if (source->kind == NGX_HTTP_HEALTHCODE_QUERY) {
            return source;
        }
    }

    return NULL;
}


/* Takes the next argument off query; 0 where there is none left. */
static ngx_uint_t
ngx_http_healthcode_source_next_argument(ngx_str_t *query,
    ngx_http_healthcode_argument_t *argument)
{
    u_char  *p = query->data, *end = query->data + query->len;
    u_char  *amp, *equal;

    if (query->len == 0) {
        return 0;
    }

    amp = ngx_strlchr(p, end, '&');
    amp = amp ? amp : end;
    equal = ngx_strlchr(p, amp, '=');
    equal = equal ? equal : amp;

    argument->name.data = p;
    argument->name.len = equal - p;
    argument->value.data = (equal < amp) ? equal + 1 : amp;
    argument->value.len = amp - argument->value.data;

    query->data = (amp < end) ? amp + 1 : end;
    query->len = end - query->data;

    return 1;
}


/*
 * Decodes %XX once (RFC 3986 section 2.1).  An escape that is none stays as it
 * is, so that it makes a code malformed: ngx_unescape_uri() would drop it.
 */
static ngx_int_t
ngx_http_healthcode_source_unescape(ngx_http_request_t *r, ngx_str_t *src,
    ngx_str_t *dst)
{
    u_char     *p, *s, *end;
    ngx_int_t   byte;

    *dst = *src;

    s = src->data;
    end = s + src->len;

    if (src->len == 0 || ngx_strlchr(s, end, '%') == NULL) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, src->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    dst->data = p;

    while (s < end) {

        byte = (*s == '%' && end - s > 2) ? ngx_hextoi(s + 1, 2) : NGX_ERROR;

        if (byte == NGX_ERROR) {
            *p++ = *s++;

        } else {
            *p++ = (u_char) byte;
            s += 3;
        }
    }

    dst->len = p - dst->data;

    return NGX_OK;
}


/* Overwrites the codes in the query of a URI, or of a line that holds one. */
static void
ngx_http_healthcode_source_mask(ngx_http_request_t *r, ngx_array_t *sources,
    ngx_str_t *text)
{
    u_char     *end, *p;
    ngx_str_t   query, argument;

    end = text->data + text->len;

    if (text->len == 0 || (p = ngx_strlchr(text->data, end, '?')) == NULL) {
        return;
    }

    query.data = ++p;

    while (p < end && *p != ' ') {
        p++;
    }

    query.len = p - query.data;

    ngx_http_healthcode_source_mask_query(r, sources, query);

    /* a fragment is no part of the query, but of the line */

    for (p = query.data; p < query.data + query.len; p++) {
        if (*p == '#' || *p == '?') {
            argument.data = p + 1;
            argument.len = query.data + query.len - argument.data;
            ngx_http_healthcode_source_mask_query(r, sources, argument);
        }
    }
}


static void
ngx_http_healthcode_source_mask_query(ngx_http_request_t *r,
    ngx_array_t *sources, ngx_str_t query)
{
    ngx_http_healthcode_argument_t  argument;

    while (ngx_http_healthcode_source_next_argument(&query, &argument)) {

        /* what cannot be looked at for want of memory is masked as well */

        if (ngx_http_healthcode_source_argument(r, NULL, sources, &argument)
            != NGX_DECLINED)
        {
            ngx_memset(argument.value.data, '*', argument.value.len);
        }
    }
}
