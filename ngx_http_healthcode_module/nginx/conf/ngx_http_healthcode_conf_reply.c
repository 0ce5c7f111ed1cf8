/*
 * The directive healthcode_reply: each line is an answer to some verdicts.
 * Knows no: request, connection.
 * docs/directives.md, "healthcode_reply".
 */

#include "ngx_http_healthcode_conf_reply.h"
#include "ngx_http_healthcode_conf_text.h"
#include "ngx_http_healthcode_conf_where.h"
#include "ngx_http_healthcode_conf_words.h"


static ngx_int_t ngx_http_healthcode_conf_reply_status(ngx_conf_t *cf,
    ngx_str_t *text, const healthcode_reply_t *reply, ngx_uint_t *status);
static ngx_int_t ngx_http_healthcode_conf_reply_text(ngx_conf_t *cf,
    ngx_str_t *value, ngx_uint_t n, ngx_http_healthcode_answer_t *answer);
static ngx_int_t ngx_http_healthcode_conf_reply_type(ngx_conf_t *cf,
    ngx_str_t *value, ngx_str_t *type);
static ngx_int_t ngx_http_healthcode_conf_reply_add(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *lcf, const healthcode_reply_t *reply,
    const ngx_http_healthcode_answer_t *answer, ngx_str_t *word);
static ngx_int_t ngx_http_healthcode_conf_reply_note(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);


char *
ngx_http_healthcode_conf_reply(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                       *value = cf->args->elts;
    healthcode_reply_t               reply;
    ngx_http_healthcode_answer_t     answer;
    ngx_http_healthcode_loc_conf_t  *lcf = conf;

    if (!healthcode_reply_read(ngx_http_healthcode_view(&value[1]), &reply)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid verdict \"%V\" of \"healthcode_reply\"; "
                           "write \"allow\", \"deny\", \"busy\" or a reason "
                           "of a deny, such as \"expired\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&answer, sizeof(ngx_http_healthcode_answer_t));

    if (ngx_http_healthcode_conf_reply_status(cf, &value[2], &reply,
                                              &answer.status)
        != NGX_OK
        || ngx_http_healthcode_conf_reply_text(cf, value, cf->args->nelts,
                                               &answer)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return (ngx_http_healthcode_conf_reply_add(cf, lcf, &reply, &answer,
                                               &value[1])
            == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* Those of nginx's own use, from 494 on and 444, close the connection. */
static ngx_int_t
ngx_http_healthcode_conf_reply_status(ngx_conf_t *cf, ngx_str_t *text,
    const healthcode_reply_t *reply, ngx_uint_t *status)
{
    ngx_int_t  n = ngx_atoi(text->data, text->len);

    if (reply->kind == HEALTHCODE_REPLY_ALLOW) {

        if (n >= 200 && n < 300) {
            *status = n;
            return NGX_OK;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid status \"%V\" of \"healthcode_reply "
                           "allow\"; write one of 200 to 299", text);
        return NGX_ERROR;
    }

    if ((n >= 200 && n < 300) || (n >= 400 && n < 494 && n != 444)
        || (n >= 500 && n < 600))
    {
        *status = n;
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid status \"%V\" of \"healthcode_reply\"; write "
                       "one of 200 to 299, 400 to 493 but not 444, or 500 to "
                       "599", text);
    return NGX_ERROR;
}


/* The n words of the line; BODY and type=TYPE are the last ones. */
static ngx_int_t
ngx_http_healthcode_conf_reply_text(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_healthcode_answer_t *answer)
{
    ngx_str_set(&answer->type, "text/plain");

    if (n == 3) {
        return NGX_OK;
    }

    if (n == 4 && ngx_strncmp(value[3].data, "type=", 5) == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"healthcode_reply\" has a type, but no BODY; "
                           "write it before \"%V\", or leave that out",
                           &value[3]);
        return NGX_ERROR;
    }

    if (answer->status == NGX_HTTP_NO_CONTENT) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"healthcode_reply\" has a BODY, but HTTP sends "
                           "none with 204; write 200");
        return NGX_ERROR;
    }

    if (n == 5
        && ngx_http_healthcode_conf_reply_type(cf, &value[4], &answer->type)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_healthcode_conf_text(cf, &value[3],
               healthcode_quote_of(ngx_http_healthcode_view(&answer->type)),
               &answer->body);
}


static ngx_int_t
ngx_http_healthcode_conf_reply_type(ngx_conf_t *cf, ngx_str_t *value,
    ngx_str_t *type)
{
    ngx_uint_t  i;

    type->data = value->data + sizeof("type=") - 1;
    type->len = value->len - ngx_min(value->len, sizeof("type=") - 1);

    if (ngx_strncmp(value->data, "type=", 5) == 0) {

        for (i = 0; i < type->len; i++) {
            if (type->data[i] < ' ' || type->data[i] >= 0x7f) {
                break;
            }
        }

        if (type->len && i == type->len && type->data[0] != ' '
            && ngx_strlchr(type->data, type->data + type->len, '/'))
        {
            ngx_http_healthcode_conf_literal(cf, type);
            return NGX_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" of \"healthcode_reply\"; "
                       "write \"type=TYPE\", such as "
                       "\"type=application/json\"", value);
    return NGX_ERROR;
}


static ngx_int_t
ngx_http_healthcode_conf_reply_add(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *lcf, const healthcode_reply_t *reply,
    const ngx_http_healthcode_answer_t *answer, ngx_str_t *word)
{
    ngx_uint_t                     i;
    healthcode_reply_t            *line;
    ngx_http_healthcode_answer_t  *place;

    if (lcf->replies == NULL) {
        lcf->replies = ngx_array_create(cf->pool, 4,
                                        sizeof(healthcode_reply_t));
        lcf->answers = ngx_array_create(cf->pool, 4,
                                        sizeof(ngx_http_healthcode_answer_t));
        if (lcf->replies == NULL || lcf->answers == NULL) {
            return NGX_ERROR;
        }
    }

    line = lcf->replies->elts;

    for (i = 0; i < lcf->replies->nelts; i++) {
        if (line[i].kind == reply->kind && line[i].reason == reply->reason) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate \"healthcode_reply %V\"; leave one "
                               "of them out", word);
            return NGX_ERROR;
        }
    }

    line = ngx_array_push(lcf->replies);
    place = ngx_array_push(lcf->answers);

    if (line == NULL || place == NULL) {
        return NGX_ERROR;
    }

    *line = *reply;
    *place = *answer;

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_conf_reply_merge(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf,
    const ngx_http_healthcode_loc_conf_t *prev,
    ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_http_healthcode_loc_conf_t  *outer;

    for (outer = conf; conf->content && outer; outer = outer->outer) {
        outer->has_content = 1;
    }

    if (conf->replies == NULL) {
        conf->replies = prev->replies;
        conf->answers = prev->answers;

    } else if (ngx_http_healthcode_conf_reply_note(cf, mcf, conf) != NGX_OK) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* A level with a line "allow" of its own. */
static ngx_int_t
ngx_http_healthcode_conf_reply_note(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t          *clcf;
    ngx_http_healthcode_conf_reply_t  *unheard;

    if (healthcode_reply_allow(conf->replies->elts, conf->replies->nelts)
        == conf->replies->nelts)
    {
        return NGX_OK;
    }

    unheard = ngx_array_push(&mcf->unheard);
    if (unheard == NULL) {
        return NGX_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    unheard->conf = conf;
    ngx_http_healthcode_conf_where(clcf, &unheard->where);
    ngx_http_healthcode_conf_at(cf, conf, &unheard->at);

    return NGX_OK;
}


void
ngx_http_healthcode_conf_reply_warn(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                         i;
    ngx_http_healthcode_conf_reply_t  *unheard = mcf->unheard.elts;

    for (i = 0; i < mcf->unheard.nelts; i++) {

        if (!unheard[i].conf->has_content && unheard[i].conf->has_gate) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "healthcode: location \"%V\" has a "
                          "\"healthcode_reply allow\" that nobody gets, since "
                          "the location itself answers who is let in; write "
                          "\"healthcode_gate;\" if it has nothing else that "
                          "answers, or take the line out%V",
                          &unheard[i].where, &unheard[i].at);
        }
    }
}
