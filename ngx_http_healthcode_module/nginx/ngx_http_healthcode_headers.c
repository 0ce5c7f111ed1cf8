/*
 * Codes in request headers and cookies: found where they stand, and taken out
 * where they were made for gates.  Knows no query string; it knows versions
 * of nginx.  docs/request-path.md, "No traces".
 */

#include "ngx_http_healthcode_source.h"
#include "../core/healthcode_cookie.h"


/* Which headers and cookies go, while the list of headers is walked. */
typedef struct {
    ngx_http_request_t              *request;
    ngx_http_healthcode_loc_conf_t  *lcf;
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_source_t    *source;
    healthcode_str_t                 ours;     /* known to be; data is NULL:
                                                  nothing is */
    ngx_uint_t                       changed;  /* cookies were taken out */
} ngx_http_healthcode_headers_walk_t;


static ngx_int_t ngx_http_healthcode_headers_find_header(
    ngx_http_request_t *r, ngx_http_healthcode_record_t *record,
    ngx_http_healthcode_source_t *source);
static ngx_int_t ngx_http_healthcode_headers_find_cookie(
    ngx_http_request_t *r, ngx_http_healthcode_record_t *record,
    ngx_http_healthcode_source_t *source);
static ngx_int_t ngx_http_healthcode_headers_hide_each(
    ngx_http_healthcode_headers_walk_t *walk);
static ngx_int_t ngx_http_healthcode_headers_hide_header(
    ngx_http_healthcode_headers_walk_t *walk, ngx_table_elt_t *header);
static ngx_int_t ngx_http_healthcode_headers_take(
    ngx_http_healthcode_headers_walk_t *walk, ngx_table_elt_t *header);
static ngx_int_t ngx_http_healthcode_headers_hide_cookie(
    ngx_http_healthcode_headers_walk_t *walk, ngx_table_elt_t *header);
static bool ngx_http_healthcode_headers_is_ours(void *data,
    healthcode_str_t value);
static bool ngx_http_healthcode_headers_look_inside(
    ngx_http_healthcode_headers_walk_t *walk, healthcode_str_t code);
static ngx_uint_t ngx_http_healthcode_headers_is(const ngx_table_elt_t *header,
    const ngx_str_t *name);
static ngx_int_t ngx_http_healthcode_headers_unlink(ngx_http_request_t *r,
    ngx_table_elt_t *header);
static void ngx_http_healthcode_headers_index_referers(ngx_http_request_t *r);
static ngx_int_t ngx_http_healthcode_headers_index_cookies(
    ngx_http_request_t *r);


static ngx_str_t  ngx_http_healthcode_headers_cookie = ngx_string("cookie");


ngx_int_t
ngx_http_healthcode_headers_find(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_int_t                      rc = NGX_OK;
    ngx_uint_t                     i;
    ngx_http_healthcode_source_t  *source = lcf->rules.sources->elts;

    record->headers = 0;
    record->header = NULL;

    for (i = 0; i < lcf->rules.sources->nelts && rc == NGX_OK; i++) {

        if (source[i].kind == NGX_HTTP_HEALTHCODE_HEADER) {
            rc = ngx_http_healthcode_headers_find_header(r, record, &source[i]);

        } else if (source[i].kind == NGX_HTTP_HEALTHCODE_COOKIE) {
            rc = ngx_http_healthcode_headers_find_cookie(r, record, &source[i]);
        }
    }

    return rc;
}


/* Each counts: a second header of a name does not hide behind the first. */
static ngx_int_t
ngx_http_healthcode_headers_find_header(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_http_healthcode_source_t *source)
{
    ngx_uint_t             i;
    ngx_list_part_t       *part;
    ngx_table_elt_t       *header;
    healthcode_str_t       code;
    healthcode_pattern_e   found;

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        header = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (!ngx_http_healthcode_headers_is(&header[i], &source->name)) {
                continue;
            }

            found = healthcode_source_match(&source->core,
                        ngx_http_healthcode_view(&header[i].value), &code);

            if (found == HEALTHCODE_PATTERN_NO_MATCH) {
                continue;
            }

            record->header = record->headers++ ? NULL : &header[i];

            if (ngx_http_healthcode_source_add(r, &record->shown, found, code)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* The first of the name counts, as with $cookie_: RFC 6265 section 5.4. */
static ngx_int_t
ngx_http_healthcode_headers_find_cookie(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, ngx_http_healthcode_source_t *source)
{
    ngx_uint_t             i;
    ngx_list_part_t       *part;
    ngx_table_elt_t       *header;
    healthcode_str_t       code;
    healthcode_pattern_e   found;

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        header = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (!ngx_http_healthcode_headers_is(&header[i],
                                          &ngx_http_healthcode_headers_cookie))
            {
                continue;
            }

            found = healthcode_cookie_find(
                        ngx_http_healthcode_view(&header[i].value),
                        &source->core, &code);

            if (found != HEALTHCODE_PATTERN_NO_MATCH) {
                return ngx_http_healthcode_source_add(r, &record->shown_cookie,
                                                      found, code);
            }
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_headers_hide(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    ngx_str_t *ours)
{
    ngx_int_t                            rc = NGX_OK;
    ngx_uint_t                           i;
    ngx_http_healthcode_source_t        *source = lcf->rules.sources->elts;
    ngx_http_healthcode_headers_walk_t   walk;

    walk.request = r;
    walk.lcf = lcf;
    walk.record = record;
    walk.changed = 0;
    walk.ours = ours ? ngx_http_healthcode_view(ours)
                     : healthcode_str_from(NULL, 0);

    for (i = 0; i < lcf->rules.sources->nelts && rc == NGX_OK; i++) {

        walk.source = &source[i];

        if (source[i].kind == NGX_HTTP_HEALTHCODE_QUERY) {
            continue;
        }

        if (source[i].kind == NGX_HTTP_HEALTHCODE_HEADER && ours
            && record->header)
        {
            /* it was found a moment ago, is the only one, and carries ours */

            if (ngx_http_healthcode_headers_is(record->header,
                                               &source[i].name))
            {
                rc = ngx_http_healthcode_headers_take(&walk, record->header);
            }

            continue;
        }

        rc = ngx_http_healthcode_headers_hide_each(&walk);
    }

    /* once, since a request may have many of these headers */

    if (rc == NGX_OK && walk.changed) {
        rc = ngx_http_healthcode_headers_index_cookies(r);
    }

    return rc;
}


/* From the end of each part: what is unlinked moves nothing yet to be seen. */
static ngx_int_t
ngx_http_healthcode_headers_hide_each(ngx_http_healthcode_headers_walk_t *walk)
{
    ngx_int_t         rc;
    ngx_str_t        *name;
    ngx_uint_t        i, is_cookie;
    ngx_list_part_t  *part, *next;
    ngx_table_elt_t  *header;

    is_cookie = (walk->source->kind == NGX_HTTP_HEALTHCODE_COOKIE);
    name = is_cookie ? &ngx_http_healthcode_headers_cookie
                     : &walk->source->name;

    for (part = &walk->request->headers_in.headers.part; part; part = next) {

        next = part->next;
        header = part->elts;

        for (i = part->nelts; i-- > 0; /* void */) {

            if (!ngx_http_healthcode_headers_is(&header[i], name)) {
                continue;
            }

            rc = is_cookie
                 ? ngx_http_healthcode_headers_hide_cookie(walk, &header[i])
                 : ngx_http_healthcode_headers_hide_header(walk, &header[i]);

            if (rc != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_headers_hide_header(
    ngx_http_healthcode_headers_walk_t *walk, ngx_table_elt_t *header)
{
    if (!ngx_http_healthcode_headers_is_ours(walk,
                                     ngx_http_healthcode_view(&header->value)))
    {
        return NGX_OK;
    }

    return ngx_http_healthcode_headers_take(walk, header);
}


/* Takes a header out, which carries a code of ours for the walk's source. */
static ngx_int_t
ngx_http_healthcode_headers_take(ngx_http_healthcode_headers_walk_t *walk,
    ngx_table_elt_t *header)
{
    ngx_http_request_t            *r = walk->request;
    ngx_http_healthcode_record_t  *record = walk->record;

    if (r == r->main) {
        record->kept = record->shown;

        /* nginx, and other modules, may point to the value */
        ngx_memset(header->value.data, '*', header->value.len);
    }

    ngx_http_healthcode_mask_forget(r, walk->source->variable);

    return ngx_http_healthcode_headers_unlink(r, header);
}


static ngx_int_t
ngx_http_healthcode_headers_hide_cookie(
    ngx_http_healthcode_headers_walk_t *walk, ngx_table_elt_t *header)
{
    size_t                         len;
    u_char                        *left;
    healthcode_str_t               value, name;
    ngx_http_request_t            *r = walk->request;
    ngx_http_healthcode_record_t  *record = walk->record;

    name = walk->source->core.name;
    value = ngx_http_healthcode_view(&header->value);
    len = healthcode_cookie_left(value, name,
                                 ngx_http_healthcode_headers_is_ours, walk,
                                 NULL);
    if (len == value.len) {
        return NGX_OK;
    }

    left = ngx_pnalloc(r->pool, len + 1);
    if (left == NULL) {
        return NGX_ERROR;
    }

    (void) healthcode_cookie_left(value, name,
                                  ngx_http_healthcode_headers_is_ours, walk,
                                  left);
    left[len] = '\0';

    if (r == r->main) {
        record->kept_cookie = record->shown_cookie;

        (void) healthcode_cookie_mask(header->value.data, header->value.len,
                                      name,
                                      ngx_http_healthcode_headers_is_ours,
                                      walk);
    }

    header->value.data = left;
    header->value.len = len;

    ngx_http_healthcode_mask_forget(r, walk->source->variable);
    ngx_http_healthcode_mask_forget(r, walk->source->cookies);

    walk->changed = 1;

    return len ? NGX_OK : ngx_http_healthcode_headers_unlink(r, header);
}


/* Of the value of a header or cookie of the walk's source. */
static bool
ngx_http_healthcode_headers_is_ours(void *data, healthcode_str_t value)
{
    healthcode_str_t                     code;
    ngx_http_healthcode_headers_walk_t  *walk = data;

    if (healthcode_source_match(&walk->source->core, value, &code)
        != HEALTHCODE_PATTERN_MATCH)
    {
        return false;
    }

    return healthcode_str_equal(code, walk->ours)
           || ngx_http_healthcode_headers_look_inside(walk, code);
}


/* Apart, since its memory is large. */
static bool
ngx_http_healthcode_headers_look_inside(
    ngx_http_healthcode_headers_walk_t *walk, healthcode_str_t code)
{
    healthcode_token_memory_t  memory;

    return healthcode_token_is_ours(code, walk->lcf->issuer_index, &memory);
}


/* Whether it has this name, which is in lower case. */
static ngx_uint_t
ngx_http_healthcode_headers_is(const ngx_table_elt_t *header,
    const ngx_str_t *name)
{
    size_t   i;
    u_char  *key = header->key.data;

    if (header->key.len != name->len) {
        return 0;
    }

    for (i = 0; i < name->len; i++) {
        if (key[i] != name->data[i] && ngx_tolower(key[i]) != name->data[i]) {
            return 0;
        }
    }

    return 1;
}


/*
 * The list is split around the header: other modules hold pointers to the
 * other headers, so none may move; a hash of 0 would not keep proxy from
 * sending it; and a part without elements, other than the first, would be
 * read past its end by the loops of nginx.
 */
static ngx_int_t
ngx_http_healthcode_headers_unlink(ngx_http_request_t *r,
    ngx_table_elt_t *header)
{
    ngx_uint_t        i;
    ngx_list_t       *headers = &r->headers_in.headers;
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

    /* a subrequest's may be a copy of this one */

    if (r->headers_in.authorization
        && r->headers_in.authorization->value.data == header->value.data)
    {
        r->headers_in.authorization = NULL;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_headers_own(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t   first, *part;
    ngx_table_elt_t  *header, *copy;

    first = r->headers_in.headers.part;

    if (ngx_list_init(&r->headers_in.headers, r->pool, 20,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (part = &first; part; part = part->next) {

        header = part->elts;

        for (i = 0; i < part->nelts; i++) {

            copy = ngx_list_push(&r->headers_in.headers);
            if (copy == NULL) {
                return NGX_ERROR;
            }

            *copy = header[i];

            if (ngx_http_healthcode_mask_is_referer(copy)
                && ngx_http_healthcode_mask_own(r, &copy->value) != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    ngx_http_healthcode_headers_index_referers(r);

    return NGX_OK;
}


/* Has nginx find the Referer headers that are there now. */
static void
ngx_http_healthcode_headers_index_referers(ngx_http_request_t *r)
{
    ngx_uint_t         i;
    ngx_list_part_t   *part;
    ngx_table_elt_t   *header, **next = &r->headers_in.referer;

    *next = NULL;

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        header = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (!ngx_http_healthcode_mask_is_referer(&header[i])) {
                continue;
            }

#if (nginx_version >= 1023000)

            *next = &header[i];
            next = &header[i].next;
            *next = NULL;

#else

            if (*next == NULL) {
                *next = &header[i];
            }

#endif
        }
    }
}


/* Has nginx look for cookies in the Cookie headers that are there now. */
static ngx_int_t
ngx_http_healthcode_headers_index_cookies(ngx_http_request_t *r)
{
    ngx_uint_t         i;
    ngx_list_part_t   *part;
    ngx_table_elt_t   *header, **next;

#if (nginx_version >= 1023000)

    next = &r->headers_in.cookie;

#else

    if (ngx_array_init(&r->headers_in.cookies, r->pool, 2,
                       sizeof(ngx_table_elt_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

#endif

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        header = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (!ngx_http_healthcode_headers_is(&header[i],
                                          &ngx_http_healthcode_headers_cookie))
            {
                continue;
            }

#if (nginx_version >= 1023000)

            *next = &header[i];
            next = &header[i].next;

#else

            next = ngx_array_push(&r->headers_in.cookies);
            if (next == NULL) {
                return NGX_ERROR;
            }

            *next = &header[i];

#endif
        }
    }

#if (nginx_version >= 1023000)
    *next = NULL;
#endif

    return NGX_OK;
}
