/*
 * healthcode_gate: the content of a location with nothing behind it, for those
 * who ask and go by the answer.  Judges nothing: no verdict is a deny.
 * Knows no: connection, header, store, token.
 * docs/directives.md, "healthcode_gate".
 */

#include "ngx_http_healthcode_content.h"
#include "ngx_http_healthcode_response.h"


static ngx_int_t ngx_http_healthcode_content_handler(ngx_http_request_t *r);
static ngx_uint_t ngx_http_healthcode_content_is_open(ngx_http_request_t *r);


/* What else answers there is seen when all lines of the location are read. */
char *
ngx_http_healthcode_content_gate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t        *clcf;
    ngx_http_healthcode_loc_conf_t  *lcf = conf;

    if (lcf->content) {
        return "is duplicate";
    }

    lcf->content = ngx_http_healthcode_content_handler;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler == NULL) {
        clcf->handler = lcf->content;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_healthcode_content_handler(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_http_healthcode_loc_conf_t  *lcf;

    /* nobody is to send a body that nobody reads */
    r->expect_tested = 1;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (!ngx_http_healthcode_content_is_open(r)) {
        r->error_page = 1;
        return NGX_HTTP_FORBIDDEN;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    return ngx_http_healthcode_response_admit(r, lcf);
}


/*
 * Whether the request was let in: by the verdict of this very place, by another
 * rule under "satisfy any", which nginx asks about a main request alone, or
 * because the place only audits.
 */
static ngx_uint_t
ngx_http_healthcode_content_is_open(ngx_http_request_t *r)
{
    ngx_http_core_loc_conf_t        *clcf;
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    if (lcf->rules.mode != NGX_HTTP_HEALTHCODE_ON) {
        return lcf->rules.mode == NGX_HTTP_HEALTHCODE_AUDIT;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (r == r->main && clcf->satisfy == NGX_HTTP_SATISFY_ANY) {
        return 1;
    }

    record = ngx_http_healthcode_record_find(r);

    return record && record->request == r && record->gate
           && record->gate->policy == lcf->policy
           && record->found.judged && record->found.verdict.allow;
}
