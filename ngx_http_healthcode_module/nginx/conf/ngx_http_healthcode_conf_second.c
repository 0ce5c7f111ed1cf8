/*
 * The directives healthcode_passage_confirm and healthcode_passage_annul: the
 * locations that take the second message about a passage.
 * Knows no: request, connection.
 * docs/directives.md, "healthcode_passage_confirm".
 */

#include "ngx_http_healthcode_conf_hall.h"
#include "ngx_http_healthcode_conf_open.h"
#include "ngx_http_healthcode_conf_passage.h"
#include "ngx_http_healthcode_conf_replica.h"
#include "ngx_http_healthcode_conf_risk.h"
#include "ngx_http_healthcode_conf_second.h"
#include "ngx_http_healthcode_conf_status.h"
#include "ngx_http_healthcode_conf_where.h"


static const char *ngx_http_healthcode_conf_second_name(
    const ngx_http_healthcode_loc_conf_t *conf);


/* cmd->post is the content handler; cmd->offset is 1 for "annul". */
char *
ngx_http_healthcode_conf_second(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                           id = ngx_string("$arg_id");
    ngx_str_t                          *value = cf->args->elts;
    ngx_http_core_loc_conf_t           *clcf;
    ngx_http_healthcode_loc_conf_t     *lcf = conf;
    ngx_http_healthcode_second_conf_t  *second;

    if (lcf->second) {
        return "is duplicate; a location takes one kind of message";
    }

    if (value[1].len == 0) {
        return "has an empty hall; write its name, or a variable";
    }

    if (cf->args->nelts == 3) {

        if (value[2].len <= 3 || ngx_strncmp(value[2].data, "id=", 3) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"; write where the ID "
                               "of the passage is, such as \"id=$arg_id\"",
                               &value[2]);
            return NGX_CONF_ERROR;
        }

        id.data = value[2].data + 3;
        id.len = value[2].len - 3;
    }

    second = ngx_pcalloc(cf->pool, sizeof(ngx_http_healthcode_second_conf_t));
    if (second == NULL) {
        return NGX_CONF_ERROR;
    }

    second->annuls = cmd->offset;
    second->hall = ngx_http_healthcode_conf_passage_value(cf, &value[1]);
    second->id = ngx_http_healthcode_conf_passage_value(cf, &id);

    if (second->hall == NULL || second->id == NULL) {
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "answers by itself, but its location has something else that "
               "answers; take one of them out";
    }

    clcf->handler = (ngx_http_handler_pt) cmd->post;
    lcf->second = second;

    return NGX_CONF_OK;
}


static const char *
ngx_http_healthcode_conf_second_name(const ngx_http_healthcode_loc_conf_t *conf)
{
    return conf->second->annuls ? "healthcode_passage_annul"
                                : "healthcode_passage_confirm";
}


ngx_int_t
ngx_http_healthcode_conf_second_link(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t  at;

    if (conf->second == NULL) {
        return NGX_OK;
    }

    ngx_http_healthcode_conf_at(cf, conf, &at);

    if (conf->rules.mode != NGX_HTTP_HEALTHCODE_OFF) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%s\" takes no code, but the gate of its location is "
                      "on; write \"healthcode off;\" beside it%V",
                      ngx_http_healthcode_conf_second_name(conf), &at);
        return NGX_ERROR;
    }

    if (ngx_http_healthcode_conf_risk_link(cf, mcf, conf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (conf->rules.store == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%s\" needs a store, which knows who has passed; "
                      "write \"healthcode_risk STORE;\" beside it%V",
                      ngx_http_healthcode_conf_second_name(conf), &at);
        return NGX_ERROR;
    }

    if (ngx_http_healthcode_conf_replica_check(cf, conf,
                                  ngx_http_healthcode_conf_second_name(conf))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_healthcode_conf_passage_script(mcf);

    if (ngx_http_healthcode_conf_hall_note(cf, conf->rules.store,
                                           conf->second->hall)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_healthcode_conf_place(cf, &mcf->seconds, conf);
}


ngx_int_t
ngx_http_healthcode_conf_second_check(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_str_t                     at;
    ngx_uint_t                    i;
    ngx_http_healthcode_place_t  *place = mcf->seconds.elts;

    if (mcf->seconds.nelts && mcf->policies.nelts == 0) {
        ngx_http_healthcode_conf_at_server(cf, place[0].server, place[0].conf,
                                           &at);
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%s\" is there, but no gate, whose passages it could "
                      "be about; write \"healthcode on;\" and "
                      "\"healthcode_passage\" in the location that codes are "
                      "shown to%V",
                      ngx_http_healthcode_conf_second_name(place[0].conf), &at);
        return NGX_ERROR;
    }

    for (i = 0; i < mcf->seconds.nelts; i++) {

        if (!ngx_http_healthcode_conf_open(cf, &place[i])) {
            continue;
        }

        if (ngx_http_healthcode_conf_open_note(cf, &place[i],
                                               &mcf->open_seconds)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_http_healthcode_conf_second_warn(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                   i;
    ngx_http_healthcode_open_t  *open = mcf->open_seconds.elts;

    if (mcf->open_seconds.nelts == 0
        || ngx_http_healthcode_conf_open_has_others(cycle, mcf))
    {
        return;
    }

    for (i = 0; i < mcf->open_seconds.nelts; i++) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "healthcode: location \"%V\" lets everybody confirm or "
                      "annul a passage whose ID he has seen; let only readers "
                      "in, such as by \"ssl_verify_client on;\" or \"allow "
                      "10.0.0.0/8; deny all;\"%V", &open[i].where,
                      &open[i].at);
    }
}
