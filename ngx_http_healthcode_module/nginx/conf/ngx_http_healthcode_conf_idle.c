/*
 * Lines of a gate that is off: they do nothing, and everybody passes.
 * Refuses nothing.
 * Knows no: request, connection.
 * docs/messages.md, "nginx -t succeeds and says".
 */

#include "ngx_http_healthcode_conf_idle.h"
#include "ngx_http_healthcode_conf_where.h"


const char *
ngx_http_healthcode_conf_idle_line(const ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_uint_t                          i;
    const ngx_http_healthcode_rules_t  *rules = &conf->rules;
    const struct {
        const char  *name;
        ngx_uint_t   is_there;
    } lines[] = {
        { "healthcode_source", rules->sources != NGX_CONF_UNSET_PTR },
        { "healthcode_form_types", rules->form_types != NGX_CONF_UNSET_PTR },
        { "healthcode_issuers",
          rules->issuer_references != NGX_CONF_UNSET_PTR },
        { "healthcode_audience", rules->audience != NGX_CONF_UNSET_PTR },
        { "healthcode_require", rules->require != NGX_CONF_UNSET_PTR },
        { "healthcode_temperature",
          rules->temperature != NGX_CONF_UNSET_PTR },
        { "healthcode_bound", rules->bound != NGX_CONF_UNSET_UINT },
        { "healthcode_dpop_origin",
          rules->dpop_origin != NGX_CONF_UNSET_PTR },
        { "healthcode_max_age", rules->max_age != NGX_CONF_UNSET },
        { "healthcode_leeway", rules->leeway != NGX_CONF_UNSET },
        { "healthcode_risk", conf->store_reference != NGX_CONF_UNSET_PTR },
        { "healthcode_deny", rules->deny != NGX_CONF_UNSET_PTR },
        { "healthcode_region_deny",
          rules->region_deny != NGX_CONF_UNSET_UINT },
        { "healthcode_on_outage", rules->on_outage != NGX_CONF_UNSET_UINT },
        { "healthcode_degraded_header",
          conf->degraded_header != NGX_CONF_UNSET },
        { "healthcode_data_max_age", rules->data_max_age != NGX_CONF_UNSET },
        { "healthcode_passage", rules->passage != NGX_CONF_UNSET_PTR },
        { "healthcode_code_cache",
          conf->codes_reference != NGX_CONF_UNSET_PTR },
        { "healthcode_disclose", conf->disclose != NGX_CONF_UNSET_UINT },
        { "healthcode_reply", conf->replies != NULL },
        { "healthcode_name", conf->name.data != NULL },
        { "healthcode_log_holder", conf->log_holder != NGX_CONF_UNSET }
    };

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (lines[i].is_there) {
            return lines[i].name;
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_healthcode_conf_idle_note(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf,
    const char *line)
{
    ngx_http_core_loc_conf_t        *clcf;
    ngx_http_healthcode_idle_t      *idle;
    ngx_http_healthcode_loc_conf_t  *outer;

    if (conf->rules.mode != NGX_HTTP_HEALTHCODE_OFF) {

        /* a gate inherits the lines of all locations around it */

        for (outer = conf; outer; outer = outer->outer) {
            outer->has_gate = 1;
        }

        return NGX_OK;
    }

    if (line == NULL) {
        return NGX_OK;
    }

    idle = ngx_array_push(&mcf->idle);
    if (idle == NULL) {
        return NGX_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    idle->conf = conf;
    idle->line = line;
    ngx_http_healthcode_conf_where(clcf, &idle->where);
    ngx_http_healthcode_conf_at(cf, conf, &idle->at);

    return NGX_OK;
}


void
ngx_http_healthcode_conf_idle_warn(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                   i;
    ngx_http_healthcode_idle_t  *idle = mcf->idle.elts;

    for (i = 0; i < mcf->idle.nelts; i++) {

        if (!idle[i].conf->has_gate) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "healthcode: location \"%V\" has a \"%s\", but its "
                          "gate is off, so that everybody passes; write "
                          "\"healthcode on;\" there, or take the line out%V",
                          &idle[i].where, idle[i].line, &idle[i].at);
        }
    }
}
