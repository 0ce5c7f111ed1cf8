/*
 * Gates that other locations of this nginx ask by subrequests, and that answer
 * a refusal with 2xx: "nginx -t" says that nobody gets that.  Refuses nothing.
 * Knows no: request, connection.  docs/directives.md, "healthcode_reply".
 */

#include "ngx_http_healthcode_conf_asked.h"
#include "ngx_http_healthcode_conf_find.h"
#include "ngx_http_healthcode_conf_module.h"
#include "ngx_http_healthcode_conf_where.h"


static ngx_uint_t ngx_http_healthcode_conf_asked_opens(
    const ngx_http_healthcode_loc_conf_t *conf);
static ngx_http_healthcode_place_t *ngx_http_healthcode_conf_asked_by(
    ngx_conf_t *cf, ngx_http_healthcode_main_conf_t *mcf,
    const ngx_http_healthcode_place_t *gate);


void
ngx_http_healthcode_conf_asked_warn(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_str_t                     name, by, at;
    ngx_uint_t                    i, status;
    ngx_http_healthcode_place_t  *gate = mcf->places.elts, *asks;

    for (i = 0; i < mcf->places.nelts; i++) {

        status = ngx_http_healthcode_conf_asked_opens(gate[i].conf);
        if (status == 0) {
            continue;
        }

        ngx_http_healthcode_conf_where(gate[i].location, &name);
        ngx_http_healthcode_conf_at_server(cf, gate[i].server, gate[i].conf,
                                           &at);

        if (gate[i].location->internal) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "healthcode: location \"%V\" is internal and answers "
                          "a refusal with %ui, which auth_request would take "
                          "for a pass: it gets the status of the reason "
                          "instead; write 401 or 403%V", &name, status, &at);
            continue;
        }

        asks = ngx_http_healthcode_conf_asked_by(cf, mcf, &gate[i]);
        if (asks == NULL) {
            continue;
        }

        ngx_http_healthcode_conf_where(asks->location, &by);
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "healthcode: location \"%V\" answers a refusal with %ui, "
                      "which the auth_request of location \"%V\" would take "
                      "for a pass: it gets the status of the reason instead; "
                      "write 401 or 403%V", &name, status, &by, &at);
    }
}


/* The first status of 2xx that a healthcode_gate refuses with; 0: none. */
static ngx_uint_t
ngx_http_healthcode_conf_asked_opens(const ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_uint_t                     i;
    healthcode_reply_t            *line;
    ngx_http_healthcode_answer_t  *answer;

    if (conf->content == NULL || conf->replies == NULL
        || conf->rules.mode != NGX_HTTP_HEALTHCODE_ON)
    {
        return 0;
    }

    line = conf->replies->elts;
    answer = conf->answers->elts;

    for (i = 0; i < conf->replies->nelts; i++) {
        if (line[i].kind != HEALTHCODE_REPLY_ALLOW && answer[i].status < 300) {
            return answer[i].status;
        }
    }

    return 0;
}


/* The first location that asks it; NULL: none does, or that is not known. */
static ngx_http_healthcode_place_t *
ngx_http_healthcode_conf_asked_by(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf,
    const ngx_http_healthcode_place_t *gate)
{
    void                         **confs;
    ngx_str_t                      uri;
    ngx_uint_t                     i;
    ngx_module_t                  *module;
    ngx_http_core_loc_conf_t      *found;
    ngx_http_healthcode_place_t   *place = mcf->locations.elts;

    module = ngx_http_healthcode_conf_module(cf->cycle,
                                             "ngx_http_auth_request_module");
    if (module == NULL) {
        return NULL;
    }

    for (i = 0; i < mcf->locations.nelts; i++) {

        confs = place[i].location->loc_conf;

        if (place[i].server != gate->server || confs == NULL
            || !ngx_http_healthcode_conf_module_word(cf, module, "auth_request",
                                                confs[module->ctx_index], &uri)
            || uri.len == 0)
        {
            continue;
        }

        found = ngx_http_healthcode_conf_find(gate->server, &uri);

        if (found == gate->location && place[i].location != gate->location) {
            return &place[i];
        }
    }

    return NULL;
}
