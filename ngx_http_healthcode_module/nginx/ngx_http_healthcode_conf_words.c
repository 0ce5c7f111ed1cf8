/*
 * Words of the configuration that do not do what they say: names that nobody
 * has, variables where there are none, lines of a gate that is off.
 * Refuses nothing.  README.md, "Directives".
 */

#include "ngx_http_healthcode_conf.h"
#include "../core/healthcode_spelling.h"


void
ngx_http_healthcode_conf_nearest(ngx_conf_t *cf, ngx_array_t *known,
    size_t offset, ngx_str_t *word, ngx_str_t *hint)
{
    u_char       *p;
    size_t        best = SIZE_MAX, size;
    ngx_str_t    *name, *nearest = NULL;
    ngx_uint_t    i;
    u_char      **element = known->elts;

    for (i = 0; i < known->nelts; i++) {

        name = (ngx_str_t *) (element[i] + offset);

        if (healthcode_spelling_is_nearer(ngx_http_healthcode_view(word),
                                          ngx_http_healthcode_view(name),
                                          &best))
        {
            nearest = name;
        }
    }

    ngx_str_null(hint);

    if (nearest == NULL) {
        return;
    }

    size = sizeof("\"\", or ") + nearest->len;

    p = ngx_pnalloc(cf->pool, size);
    if (p == NULL) {
        return;
    }

    hint->data = p;
    hint->len = ngx_snprintf(p, size, "\"%V\", or ", nearest) - p;
}


void
ngx_http_healthcode_conf_literal(ngx_conf_t *cf, ngx_str_t *text)
{
    u_char      next;
    ngx_str_t  *value = cf->args->elts;
    ngx_uint_t  i;

    for (i = 0; i + 1 < text->len; i++) {

        next = text->data[i + 1];

        if (text->data[i] != '$'
            || !(next == '{' || next == '_' || (next >= '0' && next <= '9')
                 || ((next | 0x20) >= 'a' && (next | 0x20) <= 'z')))
        {
            continue;
        }

        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "healthcode: \"%V\" takes no variables: the \"$\" "
                           "of \"%V\" is taken literally; write what it is to "
                           "be", &value[0], text);
        return;
    }
}


const char *
ngx_http_healthcode_conf_own_line(const ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_uint_t                          i;
    const ngx_http_healthcode_rules_t  *rules = &conf->rules;
    const struct {
        const char  *name;
        ngx_uint_t   is_there;
    } lines[] = {
        { "healthcode_source", rules->sources != NGX_CONF_UNSET_PTR },
        { "healthcode_issuers",
          rules->issuer_references != NGX_CONF_UNSET_PTR },
        { "healthcode_audience", rules->audience != NGX_CONF_UNSET_PTR },
        { "healthcode_require", rules->require != NGX_CONF_UNSET_PTR },
        { "healthcode_max_age", rules->max_age != NGX_CONF_UNSET },
        { "healthcode_leeway", rules->leeway != NGX_CONF_UNSET },
        { "healthcode_risk", conf->store_reference != NGX_CONF_UNSET_PTR },
        { "healthcode_deny", rules->deny != NGX_CONF_UNSET_PTR },
        { "healthcode_region_deny",
          rules->region_deny != NGX_CONF_UNSET_UINT },
        { "healthcode_on_outage", rules->on_outage != NGX_CONF_UNSET_UINT },
        { "healthcode_code_cache",
          conf->codes_reference != NGX_CONF_UNSET_PTR }
    };

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (lines[i].is_there) {
            return lines[i].name;
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_healthcode_conf_note_idle(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf,
    const char *line)
{
    ngx_http_core_loc_conf_t        *clcf;
    ngx_http_healthcode_idle_t      *idle;
    ngx_http_healthcode_loc_conf_t  *outer;

    if (conf->rules.mode != NGX_HTTP_HEALTHCODE_OFF) {

        /* what stands around a gate is inherited by it */

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
ngx_http_healthcode_conf_idle(ngx_conf_t *cf,
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
