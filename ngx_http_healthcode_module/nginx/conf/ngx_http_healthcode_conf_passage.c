/*
 * The directive healthcode_passage: who passes a hall once, and how a request
 * says so.  Knows no: request, connection.
 * docs/directives.md, "healthcode_passage".
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_sha1.h>

#include "ngx_http_healthcode_conf_hall.h"
#include "ngx_http_healthcode_conf_open.h"
#include "ngx_http_healthcode_conf_passage.h"
#include "ngx_http_healthcode_conf_replica.h"
#include "ngx_http_healthcode_conf_status.h"
#include "ngx_http_healthcode_conf_where.h"
#include "ngx_http_healthcode_passage_script.h"

#include "../../redis/healthcode_passage.h"


/* Milliseconds, where no parameter says it. */
#define NGX_HTTP_HEALTHCODE_CONF_PASSAGE_RETRY  3000
#define NGX_HTTP_HEALTHCODE_CONF_PASSAGE_HOLD   10000


/* The parameters of a line; one bit each. */
typedef enum {
    NGX_HTTP_HEALTHCODE_CONF_PASSAGE_ONCE = 0,
    NGX_HTTP_HEALTHCODE_CONF_PASSAGE_DIRECTION,
    NGX_HTTP_HEALTHCODE_CONF_PASSAGE_LANE,
    NGX_HTTP_HEALTHCODE_CONF_PASSAGE_NONCE,
    NGX_HTTP_HEALTHCODE_CONF_PASSAGE_AGAIN,
    NGX_HTTP_HEALTHCODE_CONF_PASSAGE_HELD,
    NGX_HTTP_HEALTHCODE_CONF_PASSAGE_LATER,
    NGX_HTTP_HEALTHCODE_CONF_PASSAGE_RETURN,

    NGX_HTTP_HEALTHCODE_CONF_PASSAGE_COUNT
} ngx_http_healthcode_conf_passage_e;


typedef struct {
    ngx_http_healthcode_passage_conf_t  *passage;
    ngx_uint_t                           seen;       /* parameters, by bit */
} ngx_http_healthcode_conf_passage_line_t;


static char *ngx_http_healthcode_conf_passage_parameter(ngx_conf_t *cf,
    ngx_str_t *word, ngx_http_healthcode_conf_passage_line_t *line);
static char *ngx_http_healthcode_conf_passage_set(ngx_conf_t *cf,
    ngx_http_healthcode_conf_passage_e parameter, ngx_str_t *word,
    ngx_str_t *text, ngx_http_healthcode_passage_conf_t *passage);
static char *ngx_http_healthcode_conf_passage_whole(ngx_conf_t *cf,
    const ngx_http_healthcode_conf_passage_line_t *line);
static ngx_int_t ngx_http_healthcode_conf_passage_word(ngx_conf_t *cf,
    ngx_str_t *word, const ngx_str_t *text, const char *first,
    const char *second);
static char *ngx_http_healthcode_conf_passage_time(ngx_conf_t *cf,
    ngx_str_t *word, ngx_str_t *text, ngx_int_t least, ngx_int_t most,
    ngx_int_t *ms);
static ngx_uint_t ngx_http_healthcode_conf_passage_has(
    const ngx_http_healthcode_conf_passage_line_t *line,
    ngx_http_healthcode_conf_passage_e parameter);


static const ngx_str_t  ngx_http_healthcode_conf_passage_names[] = {
    [NGX_HTTP_HEALTHCODE_CONF_PASSAGE_ONCE] = ngx_string("once="),
    [NGX_HTTP_HEALTHCODE_CONF_PASSAGE_DIRECTION] = ngx_string("direction="),
    [NGX_HTTP_HEALTHCODE_CONF_PASSAGE_LANE] = ngx_string("lane="),
    [NGX_HTTP_HEALTHCODE_CONF_PASSAGE_NONCE] = ngx_string("nonce="),
    [NGX_HTTP_HEALTHCODE_CONF_PASSAGE_AGAIN] = ngx_string("retry="),
    [NGX_HTTP_HEALTHCODE_CONF_PASSAGE_HELD] = ngx_string("hold="),
    [NGX_HTTP_HEALTHCODE_CONF_PASSAGE_LATER] = ngx_string("unconfirmed="),
    [NGX_HTTP_HEALTHCODE_CONF_PASSAGE_RETURN] = ngx_string("return=")
};


/* The rights that the script needs: docs/redis-keys.md has the same. */
static const char  ngx_http_healthcode_conf_passage_rights[] =
    "~healthcode:hall:* +evalsha +script|load +time +hget +hset +hdel "
    "+pexpire +pttl +zadd +zrem +zscore +zcard +zcount +zrangebyscore "
    "+zrangebylex +zremrangebyscore";


char *
ngx_http_healthcode_conf_passage(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                                *value = cf->args->elts;
    ngx_uint_t                                i;
    ngx_http_healthcode_loc_conf_t           *lcf = conf;
    ngx_http_healthcode_passage_conf_t       *passage;
    ngx_http_healthcode_conf_passage_line_t   line;

    if (lcf->rules.passage != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->rules.passage = NULL;
        return NGX_CONF_OK;
    }

    if (value[1].len == 0) {
        return "has an empty hall; write its name, or a variable";
    }

    passage = ngx_pcalloc(cf->pool,
                          sizeof(ngx_http_healthcode_passage_conf_t));
    if (passage == NULL) {
        return NGX_CONF_ERROR;
    }

    passage->retry = NGX_HTTP_HEALTHCODE_CONF_PASSAGE_RETRY;
    passage->hold = NGX_HTTP_HEALTHCODE_CONF_PASSAGE_HOLD;
    passage->hall = ngx_http_healthcode_conf_passage_value(cf, &value[1]);

    if (passage->hall == NULL) {
        return NGX_CONF_ERROR;
    }

    line.passage = passage;
    line.seen = 0;

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_http_healthcode_conf_passage_parameter(cf, &value[i], &line)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    lcf->rules.passage = passage;

    return ngx_http_healthcode_conf_passage_whole(cf, &line);
}


static char *
ngx_http_healthcode_conf_passage_parameter(ngx_conf_t *cf, ngx_str_t *word,
    ngx_http_healthcode_conf_passage_line_t *line)
{
    ngx_str_t         text;
    ngx_uint_t        i;
    const ngx_str_t  *name = ngx_http_healthcode_conf_passage_names;

    for (i = 0; i < NGX_HTTP_HEALTHCODE_CONF_PASSAGE_COUNT; i++, name++) {

        if (word->len < name->len
            || ngx_strncmp(word->data, name->data, name->len) != 0)
        {
            continue;
        }

        if (line->seen & 1u << i) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate parameter \"%V\"; leave one of them "
                               "out", word);
            return NGX_CONF_ERROR;
        }

        line->seen |= 1u << i;
        text.data = word->data + name->len;
        text.len = word->len - name->len;

        return ngx_http_healthcode_conf_passage_set(cf, i, word, &text,
                                                    line->passage);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" of \"healthcode_passage\"; "
                       "write \"healthcode_passage HALL once=code\", and "
                       "behind it \"direction=\", \"lane=\", \"nonce=\", "
                       "\"retry=\", \"hold=\", \"unconfirmed=\" or "
                       "\"return=\"", word);
    return NGX_CONF_ERROR;
}


static char *
ngx_http_healthcode_conf_passage_set(ngx_conf_t *cf,
    ngx_http_healthcode_conf_passage_e parameter, ngx_str_t *word,
    ngx_str_t *text, ngx_http_healthcode_passage_conf_t *passage)
{
    char                       *rv = NGX_CONF_OK;
    ngx_int_t                   number = 0;
    ngx_http_complex_value_t  **value = NULL;

    switch (parameter) {

    case NGX_HTTP_HEALTHCODE_CONF_PASSAGE_ONCE:
        number = ngx_http_healthcode_conf_passage_word(cf, word, text, "code",
                                                       "holder");
        passage->once_holder = (number == 1);
        break;

    case NGX_HTTP_HEALTHCODE_CONF_PASSAGE_LATER:
        number = ngx_http_healthcode_conf_passage_word(cf, word, text,
                                                       "confirm", "annul");
        passage->annuls = (number == 1);
        break;

    case NGX_HTTP_HEALTHCODE_CONF_PASSAGE_DIRECTION:
        value = &passage->direction;

        if (ngx_http_script_variables_count(text) == 0) {
            number = ngx_http_healthcode_conf_passage_word(cf, word, text,
                                                           "in", "out");
        }
        break;

    case NGX_HTTP_HEALTHCODE_CONF_PASSAGE_LANE:
        value = &passage->lane;
        break;

    case NGX_HTTP_HEALTHCODE_CONF_PASSAGE_NONCE:
        value = &passage->nonce;
        break;

    case NGX_HTTP_HEALTHCODE_CONF_PASSAGE_AGAIN:
        rv = ngx_http_healthcode_conf_passage_time(cf, word, text, 1,
                                     HEALTHCODE_PASSAGE_RETRY_MAX, &number);
        passage->retry = (uint32_t) number;
        break;

    case NGX_HTTP_HEALTHCODE_CONF_PASSAGE_HELD:
        rv = ngx_http_healthcode_conf_passage_time(cf, word, text, 0,
                                     HEALTHCODE_PASSAGE_HOLD_MAX, &number);
        passage->hold = (uint32_t) number;
        break;

    default: /* NGX_HTTP_HEALTHCODE_CONF_PASSAGE_RETURN */
        rv = ngx_http_healthcode_conf_passage_time(cf, word, text, 1000,
                            HEALTHCODE_PASSAGE_RETURN_MAX * 1000, &number);
        passage->again = (uint32_t) (number / 1000);
        break;
    }

    if (rv != NGX_CONF_OK || number == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    if (value) {
        *value = ngx_http_healthcode_conf_passage_value(cf, text);
        return *value ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* What the parameters need of one another. */
static char *
ngx_http_healthcode_conf_passage_whole(ngx_conf_t *cf,
    const ngx_http_healthcode_conf_passage_line_t *line)
{
    if (!ngx_http_healthcode_conf_passage_has(line,
                                      NGX_HTTP_HEALTHCODE_CONF_PASSAGE_ONCE))
    {
        return "does not say what passes once; write \"once=code\", or "
               "\"once=holder\"";
    }

    if (line->passage->nonce && line->passage->lane == NULL) {
        return "has a \"nonce\" but no \"lane\"; write the reader that makes "
               "the nonce, such as \"lane=$ssl_client_s_dn\"";
    }

    if (line->passage->nonce == NULL
        && ngx_http_healthcode_conf_passage_has(line,
                                      NGX_HTTP_HEALTHCODE_CONF_PASSAGE_AGAIN))
    {
        return "has a \"retry\" but no \"nonce\", without which nothing is "
               "one; write \"nonce=\", or leave \"retry\" out";
    }

    if (line->passage->again && !line->passage->once_holder) {
        return "has a \"return\", but a code never passes again; write "
               "\"once=holder\", or leave \"return\" out";
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_http_healthcode_conf_passage_has(
    const ngx_http_healthcode_conf_passage_line_t *line,
    ngx_http_healthcode_conf_passage_e parameter)
{
    return (line->seen & 1u << parameter) != 0;
}


ngx_http_complex_value_t *
ngx_http_healthcode_conf_passage_value(ngx_conf_t *cf, ngx_str_t *text)
{
    ngx_http_complex_value_t          *value;
    ngx_http_compile_complex_value_t   ccv;

    value = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (value == NULL) {
        return NULL;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = text;
    ccv.complex_value = value;

    return (ngx_http_compile_complex_value(&ccv) == NGX_OK) ? value : NULL;
}


/* 0: it is the first; 1: the second; NGX_ERROR after a message. */
static ngx_int_t
ngx_http_healthcode_conf_passage_word(ngx_conf_t *cf, ngx_str_t *word,
    const ngx_str_t *text, const char *first, const char *second)
{
    if (ngx_strcmp(text->data, first) == 0) {
        return 0;
    }

    if (ngx_strcmp(text->data, second) == 0) {
        return 1;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\"; behind \"=\" write \"%s\" "
                       "or \"%s\"", word, first, second);
    return NGX_ERROR;
}


static char *
ngx_http_healthcode_conf_passage_time(ngx_conf_t *cf, ngx_str_t *word,
    ngx_str_t *text, ngx_int_t least, ngx_int_t most, ngx_int_t *ms)
{
    *ms = ngx_parse_time(text, 0);

    if (*ms >= least && *ms <= most) {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\"; behind \"=\" write a time of "
                       "%i to %i ms, such as \"3s\"", word, least, most);
    return NGX_CONF_ERROR;
}


ngx_int_t
ngx_http_healthcode_conf_passage_check(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t  at;

    if (conf->rules.passage == NULL) {
        return NGX_OK;
    }

    if (conf->rules.store == NULL) {
        ngx_http_healthcode_conf_at(cf, conf, &at);
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"healthcode_passage\" needs a store, which knows who "
                      "has passed; write \"healthcode_risk STORE;\" beside it, "
                      "or \"healthcode_passage off;\"%V", &at);
        return NGX_ERROR;
    }

    if (ngx_http_healthcode_conf_replica_check(cf, conf, "healthcode_passage")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_healthcode_conf_passage_script(mcf);

    return ngx_http_healthcode_conf_hall_note(cf, conf->rules.store,
                                              conf->rules.passage->hall);
}


void
ngx_http_healthcode_conf_passage_script(ngx_http_healthcode_main_conf_t *mcf)
{
    u_char                     digest[20];
    ngx_sha1_t                 sha1;
    healthcode_call_script_t  *script = &mcf->passage_script;

    script->text = healthcode_str(NGX_HTTP_HEALTHCODE_SCRIPT_PASSAGE);
    script->rights = ngx_http_healthcode_conf_passage_rights;

    ngx_sha1_init(&sha1);
    ngx_sha1_update(&sha1, script->text.data, script->text.len);
    ngx_sha1_final(digest, &sha1);
    *ngx_hex_dump((u_char *) script->sha, digest, sizeof(digest)) = '\0';
}


/* ---- readers that anybody can be ---- */

ngx_int_t
ngx_http_healthcode_conf_passage_find(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                           i;
    ngx_http_healthcode_place_t         *place = mcf->places.elts;
    const ngx_http_healthcode_rules_t   *rules;

    for (i = 0; i < mcf->places.nelts; i++) {

        rules = &place[i].conf->rules;

        /* a condition may be a secret */

        if (rules->passage == NULL || rules->passage->nonce == NULL
            || rules->mode != NGX_HTTP_HEALTHCODE_ON || rules->conditions
            || !ngx_http_healthcode_conf_open_beside(cf, &place[i]))
        {
            continue;
        }

        if (ngx_http_healthcode_conf_open_note(cf, &place[i], &mcf->open_nonces)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_http_healthcode_conf_passage_warn(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                   i;
    ngx_http_healthcode_open_t  *open = mcf->open_nonces.elts;

    if (mcf->open_nonces.nelts == 0
        || ngx_http_healthcode_conf_open_has_others(cycle, mcf))
    {
        return;
    }

    for (i = 0; i < mcf->open_nonces.nelts; i++) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "healthcode: location \"%V\" takes a nonce from "
                      "everybody, so that a holder passes twice who writes the "
                      "same one; let only readers in, such as by "
                      "\"ssl_verify_client on;\" or \"allow 10.0.0.0/8; deny "
                      "all;\", or take \"nonce\" out of "
                      "\"healthcode_passage\"%V", &open[i].where, &open[i].at);
    }
}
