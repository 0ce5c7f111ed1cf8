/*
 * What the sources of a location carried -> the one code that counts; the
 * conductor of arguments, headers and masks.  Reads nothing inside a code.
 * docs/request-path.md, "Source".
 */

#include "ngx_http_healthcode_source.h"


static ngx_int_t ngx_http_healthcode_source_own(ngx_http_request_t *r);
static ngx_uint_t ngx_http_healthcode_source_is_same(
    const ngx_http_healthcode_shown_t *a,
    const ngx_http_healthcode_shown_t *b);


ngx_int_t
ngx_http_healthcode_source_take(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    return ngx_http_healthcode_arguments_take(r, lcf, record);
}


ngx_int_t
ngx_http_healthcode_source_look(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_shown_t  shown, cookie;

    shown = record->shown;
    cookie = record->shown_cookie;

    record->shown = record->kept;
    record->shown_cookie = record->kept_cookie;

    if (ngx_http_healthcode_headers_find(r, lcf, record) != NGX_OK) {
        return NGX_ERROR;
    }

    return (ngx_http_healthcode_source_is_same(&shown, &record->shown)
            && ngx_http_healthcode_source_is_same(&cookie,
                                                  &record->shown_cookie))
           ? NGX_DECLINED : NGX_OK;
}


ngx_int_t
ngx_http_healthcode_source_hide(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_str_t   code;
    ngx_uint_t  is_ours;

    /* an issuer is of this location */
    is_ours = record->found.issuer
              && ngx_http_healthcode_source_code(record, &code)
                 == HEALTHCODE_REASON_OK;

    /* an "if" of the location has a configuration of its own */

    if (record->entered) {
        record->entered->hidden = 1;
    }

    return ngx_http_healthcode_headers_hide(r, lcf, record,
                                            is_ours ? &code : NULL);
}


ngx_int_t
ngx_http_healthcode_source_enter(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_entered_t  *entered = record->entered;

    if (entered == NULL) {
        entered = &record->first;

    } else if (entered->lcf != lcf) {

        entered = ngx_palloc(r->pool, sizeof(ngx_http_healthcode_entered_t));
        if (entered == NULL) {
            return NGX_ERROR;
        }

        entered->before = record->entered;
    }

    entered->lcf = lcf;
    entered->hidden = 0;
    record->entered = entered;

    if (lcf->rules.mode == NGX_HTTP_HEALTHCODE_ON) {
        ngx_http_healthcode_mask_referers(r);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_source_leave(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_entered_t  *entered = record->entered;

    if (entered == NULL || entered->hidden
        || entered->lcf->rules.mode != NGX_HTTP_HEALTHCODE_ON)
    {
        return NGX_OK;
    }

    /* what is taken out here counts in whichever gate comes next */

    if (ngx_http_healthcode_source_look(r, entered->lcf, record) == NGX_ERROR) {
        return NGX_ERROR;
    }

    entered->hidden = 1;

    return ngx_http_healthcode_headers_hide(r, entered->lcf, record, NULL);
}


ngx_int_t
ngx_http_healthcode_source_end(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_entered_t  *entered = record->entered;

    /* nginx may have ended it before the rewrite phase */

    if (lcf->rules.mode != NGX_HTTP_HEALTHCODE_OFF
        && (entered == NULL || entered->lcf != lcf)
        && ngx_http_healthcode_source_enter(r, lcf, record) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_healthcode_arguments_end(r, record) != NGX_OK) {
        return NGX_ERROR;
    }

    for (entered = record->entered; entered; entered = entered->before) {

        if (!entered->hidden
            && ngx_http_healthcode_headers_hide(r, entered->lcf, record, NULL)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_source_end_subrequest(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_entered_t  here, *entered;

    here.lcf = lcf;
    here.before = record ? record->entered : NULL;
    here.hidden = 0;

    entered = (lcf->rules.mode == NGX_HTTP_HEALTHCODE_OFF) ? here.before
                                                           : &here;

    if (entered == NULL && r->headers_in.referer == NULL) {
        return NGX_OK;
    }

    if (ngx_http_healthcode_source_own(r) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_healthcode_mask_referers(r);

    for ( /* void */ ; entered; entered = entered->before) {

        if (ngx_http_healthcode_arguments_omit(r, entered->lcf->queries)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (!entered->hidden
            && ngx_http_healthcode_headers_hide(r, entered->lcf, record, NULL)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * nginx gives a subrequest the bytes and the variables of its request, which
 * may go on with them: gives it copies of all that a mask changes.
 */
static ngx_int_t
ngx_http_healthcode_source_own(ngx_http_request_t *r)
{
    size_t                      size;
    ngx_http_variable_value_t  *variables;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);
    size = cmcf->variables.nelts * sizeof(ngx_http_variable_value_t);

    variables = ngx_palloc(r->pool, size);
    if (variables == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(variables, r->variables, size);
    r->variables = variables;

    if (ngx_http_healthcode_mask_own(r, &r->request_line) != NGX_OK
        || ngx_http_healthcode_mask_own(r, &r->unparsed_uri) != NGX_OK
        || ngx_http_healthcode_mask_own(r, &r->args) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_healthcode_headers_own(r);
}


static ngx_uint_t
ngx_http_healthcode_source_is_same(const ngx_http_healthcode_shown_t *a,
    const ngx_http_healthcode_shown_t *b)
{
    return a->reason == b->reason && a->code.len == b->code.len
           && (a->code.data == b->code.data
               || ngx_memcmp(a->code.data, b->code.data, a->code.len) == 0);
}


healthcode_reason_e
ngx_http_healthcode_source_code(const ngx_http_healthcode_record_t *record,
    ngx_str_t *code)
{
    const ngx_http_healthcode_shown_t  *shown = &record->shown;

    /* browsers send stale cookies: one counts only where nothing else does */

    if (shown->reason == HEALTHCODE_REASON_MISSING) {
        shown = &record->shown_cookie;
    }

    if (shown->reason == HEALTHCODE_REASON_OK) {
        *code = shown->code;
    }

    return shown->reason;
}


ngx_int_t
ngx_http_healthcode_source_add(ngx_http_request_t *r,
    ngx_http_healthcode_shown_t *shown, healthcode_pattern_e found,
    healthcode_str_t code)
{
    switch (shown->reason) {

    case HEALTHCODE_REASON_MISSING:
        break;

    case HEALTHCODE_REASON_OK:
        if (found == HEALTHCODE_PATTERN_ERROR) {
            break;
        }

        if (!healthcode_str_equal(ngx_http_healthcode_view(&shown->code),
                                  code))
        {
            shown->reason = HEALTHCODE_REASON_AMBIGUOUS;
        }

        return NGX_OK;

    default:
        return NGX_OK;
    }

    if (found == HEALTHCODE_PATTERN_ERROR) {
        shown->reason = HEALTHCODE_REASON_MALFORMED;
        return NGX_OK;
    }

    /* a copy, since the bytes in the request are about to be masked */

    shown->code.data = ngx_pnalloc(r->pool, code.len);
    if (shown->code.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(shown->code.data, code.data, code.len);

    shown->code.len = code.len;
    shown->reason = HEALTHCODE_REASON_OK;

    return NGX_OK;
}
