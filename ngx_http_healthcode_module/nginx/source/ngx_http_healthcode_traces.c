/*
 * The gated places that a request comes to and leaves, and what of ours is to
 * be out of it by then: conducts each kind of source, and masks.
 * Knows no: connection, store.  docs/traces.md.
 */

#include "../request/ngx_http_healthcode_header_list.h"
#include "ngx_http_healthcode_arguments.h"
#include "ngx_http_healthcode_fields.h"
#include "ngx_http_healthcode_mask.h"
#include "ngx_http_healthcode_paths.h"
#include "ngx_http_healthcode_source.h"
#include "ngx_http_healthcode_traces.h"


static ngx_int_t ngx_http_healthcode_traces_end_request(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
static ngx_int_t ngx_http_healthcode_traces_end_subrequest(
    ngx_http_request_t *r, ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);
static ngx_int_t ngx_http_healthcode_traces_own(ngx_http_request_t *r);


ngx_int_t
ngx_http_healthcode_traces_enter(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_entered_t  *entered = record->traces.entered;

    if (entered == NULL) {
        entered = &record->traces.first;

    } else if (entered->lcf != lcf) {

        entered = ngx_palloc(r->pool, sizeof(ngx_http_healthcode_entered_t));
        if (entered == NULL) {
            return NGX_ERROR;
        }

        entered->before = record->traces.entered;
    }

    entered->lcf = lcf;
    entered->hidden = 0;
    record->traces.entered = entered;

    if (lcf->rules.mode == NGX_HTTP_HEALTHCODE_ON) {
        ngx_http_healthcode_mask_referers(r);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_traces_hide(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_int_t                      rc;
    ngx_str_t                      code;
    ngx_uint_t                     is_ours;
    ngx_http_healthcode_record_t  *main = record->main;

    /* an issuer is of this location */
    is_ours = record->found.code.issuer
              && ngx_http_healthcode_source_code(record, &code)
                 == HEALTHCODE_REASON_OK;

    /* an "if" of the location has a configuration of its own */

    if (main->traces.entered) {
        main->traces.entered->hidden = 1;
    }

    rc = ngx_http_healthcode_source_hide(r->main, lcf, record,
                                         is_ours ? &code : NULL);

    /* other gates of the request are to find what a subrequest has taken out */

    if (record != main) {
        main->source.kept = record->source.kept;
        main->source.kept_cookie = record->source.kept_cookie;
    }

    return rc;
}


ngx_int_t
ngx_http_healthcode_traces_leave(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_entered_t  *entered = record->traces.entered;

    ngx_http_healthcode_fields_drop(r, record);

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

    return ngx_http_healthcode_source_hide(r, entered->lcf, record, NULL);
}


ngx_int_t
ngx_http_healthcode_traces_end(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    if (r != r->main) {
        return ngx_http_healthcode_traces_end_subrequest(r, lcf,
                                         ngx_http_healthcode_record_find(r));
    }

    ngx_http_healthcode_traces_before_line(r);

    if (lcf->rules.mode != NGX_HTTP_HEALTHCODE_ON) {
        ngx_http_healthcode_mask_referers(r);
    }

    record = (lcf->rules.mode == NGX_HTTP_HEALTHCODE_OFF)
             ? ngx_http_healthcode_record_find(r)
             : ngx_http_healthcode_record_get(r);

    return record ? ngx_http_healthcode_traces_end_request(r, lcf, record)
                  : NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_traces_end_request(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_entered_t  *entered = record->traces.entered;

    ngx_http_healthcode_fields_drop(r, record);

    /* nginx may have ended it before the rewrite phase */

    if (lcf->rules.mode != NGX_HTTP_HEALTHCODE_OFF
        && (entered == NULL || entered->lcf != lcf)
        && ngx_http_healthcode_traces_enter(r, lcf, record) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if ((record->source.as_came || record->body.as_came)
        && (ngx_http_healthcode_paths_end(r, record) != NGX_OK
            || ngx_http_healthcode_arguments_end(r, record) != NGX_OK
            || ngx_http_healthcode_fields_end(r, record) != NGX_OK))
    {
        return NGX_ERROR;
    }

    for (entered = record->traces.entered; entered; entered = entered->before) {

        if (!entered->hidden
            && ngx_http_healthcode_source_hide(r, entered->lcf, record, NULL)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_traces_end_subrequest(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_http_healthcode_entered_t  here, *entered;

    if (record) {
        record = record->main;
    }

    here.lcf = lcf;
    here.before = record ? record->traces.entered : NULL;
    here.hidden = 0;

    entered = (lcf->rules.mode == NGX_HTTP_HEALTHCODE_OFF) ? here.before
                                                           : &here;

    if (entered == NULL && r->headers_in.referer == NULL) {
        return NGX_OK;
    }

    if (ngx_http_healthcode_traces_own(r) != NGX_OK
        || ngx_http_healthcode_paths_end(r, record) != NGX_OK
        || ngx_http_healthcode_fields_end(r, record) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_healthcode_mask_referers(r);

    for ( /* void */ ; entered; entered = entered->before) {

        if (ngx_http_healthcode_paths_omit(r, entered->lcf->paths) != NGX_OK
            || ngx_http_healthcode_arguments_omit(r, entered->lcf->queries)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (!entered->hidden
            && ngx_http_healthcode_source_hide(r, entered->lcf, record, NULL)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_http_healthcode_traces_before_line(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    if (lcf->rules.mode == NGX_HTTP_HEALTHCODE_OFF || r->pool == NULL) {
        return;
    }

    record = ngx_http_healthcode_record_get(r);

    if (record && !record->traces.masking) {
        /* without memory the line is still logged, but this logs too */
        record->traces.masking = 1;
        (void) ngx_http_healthcode_source_take(r, lcf, record);

        if (record->traces.entered == NULL
            && lcf->rules.mode == NGX_HTTP_HEALTHCODE_ON)
        {
            ngx_http_healthcode_mask_referers(r);
        }

        record->traces.masking = 0;
    }
}


/*
 * A subrequest has the bytes and the variables of its request, which may go on
 * with them: gives it copies of all that a mask changes.
 */
static ngx_int_t
ngx_http_healthcode_traces_own(ngx_http_request_t *r)
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
        || ngx_http_healthcode_mask_own(r, &r->args) != NGX_OK
        || ngx_http_healthcode_header_list_copy(r) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_healthcode_mask_own_referers(r);
}
