/*
 * $healthcode_contact_NAME, $healthcode_link_NAME and $healthcode_refresh: what
 * pages of refusals say.
 * Knows no: connection, header, store, token.
 * docs/variables.md.
 */

#include "../answer/ngx_http_healthcode_contact.h"
#include "../answer/ngx_http_healthcode_page.h"
#include "ngx_http_healthcode_contact_variable.h"


static ngx_int_t ngx_http_healthcode_contact_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_healthcode_link_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_healthcode_refresh_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static const ngx_http_healthcode_loc_conf_t *ngx_http_healthcode_contact_gate(
    ngx_http_request_t *r);
static void ngx_http_healthcode_contact_text(ngx_http_variable_value_t *v,
    healthcode_str_t text);


static ngx_http_variable_t  ngx_http_healthcode_contact_variables[] = {

    { ngx_string("healthcode_contact_renew"), NULL,
      ngx_http_healthcode_contact_variable, HEALTHCODE_CONTACT_RENEW,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_contact_correction"), NULL,
      ngx_http_healthcode_contact_variable, HEALTHCODE_CONTACT_CORRECTION,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_contact_hotline"), NULL,
      ngx_http_healthcode_contact_variable, HEALTHCODE_CONTACT_HOTLINE,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_contact_lane"), NULL,
      ngx_http_healthcode_contact_variable, HEALTHCODE_CONTACT_LANE,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_link_renew"), NULL,
      ngx_http_healthcode_link_variable, HEALTHCODE_CONTACT_RENEW,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_link_correction"), NULL,
      ngx_http_healthcode_link_variable, HEALTHCODE_CONTACT_CORRECTION,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_link_hotline"), NULL,
      ngx_http_healthcode_link_variable, HEALTHCODE_CONTACT_HOTLINE,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_link_lane"), NULL,
      ngx_http_healthcode_link_variable, HEALTHCODE_CONTACT_LANE,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("healthcode_refresh"), NULL,
      ngx_http_healthcode_refresh_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_healthcode_contact_variables_add(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_healthcode_contact_variables; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_contact_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t  value;

    if (ngx_http_healthcode_contact_read(r,
                                         ngx_http_healthcode_contact_gate(r),
                                         (healthcode_contact_e) data, &value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_healthcode_contact_text(v,
                   healthcode_contact_shown(ngx_http_healthcode_view(&value)));

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_link_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t         value;
    healthcode_str_t  link = { NULL, 0 };

    if (ngx_http_healthcode_contact_read(r,
                                         ngx_http_healthcode_contact_gate(r),
                                         (healthcode_contact_e) data, &value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (healthcode_contact_kind(ngx_http_healthcode_view(&value))
        == HEALTHCODE_CONTACT_LINK)
    {
        link = ngx_http_healthcode_view(&value);
    }

    ngx_http_healthcode_contact_text(v, link);

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_refresh_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                        *p;
    ngx_uint_t                     seconds = 0;
    healthcode_str_t               text = { NULL, 0 };
    ngx_http_healthcode_record_t  *record;

    record = ngx_http_healthcode_record_find(r);

    if (record && record->refusal.status) {
        seconds = ngx_http_healthcode_page_refresh(r, record);
    }

    if (seconds) {
        p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
        if (p == NULL) {
            return NGX_ERROR;
        }

        text = healthcode_str_from(p, ngx_sprintf(p, "%ui", seconds) - p);
    }

    ngx_http_healthcode_contact_text(v, text);

    return NGX_OK;
}


/* The gate that judges, or else the location. */
static const ngx_http_healthcode_loc_conf_t *
ngx_http_healthcode_contact_gate(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t  *record;

    record = ngx_http_healthcode_record_find(r);

    return (record && record->gate)
           ? record->gate
           : ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);
}


/* An empty one is not set. */
static void
ngx_http_healthcode_contact_text(ngx_http_variable_value_t *v,
    healthcode_str_t text)
{
    v->data = (u_char *) text.data;
    v->len = text.len;
    v->valid = (text.len != 0);
    v->no_cacheable = 0;
    v->not_found = (text.len == 0);
}
