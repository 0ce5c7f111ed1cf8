/*
 * The directive healthcode_on_outage: in which outages of its store a location
 * lets codes pass.
 * Knows no: request, connection.
 * docs/directives.md, "healthcode_on_outage".
 */

#include "ngx_http_healthcode_conf_outage.h"
#include "ngx_http_healthcode_conf_words.h"
#include "../../core/healthcode_verdict.h"


/* What a line says of the classes that it names. */
typedef struct {
    ngx_uint_t  all;      /* the classes that it may name */
    ngx_msec_t  stale;    /* 0: it is "allow" */
} ngx_http_healthcode_conf_outage_line_t;


/* Milliseconds. */
#define NGX_HTTP_HEALTHCODE_CONF_STALE_MAX  86400000

/* The classes that may be stale. */
#define NGX_HTTP_HEALTHCODE_CONF_STALE                                        \
    (HEALTHCODE_OUTAGE_TIMEOUT|HEALTHCODE_OUTAGE_REFUSED)


static char *ngx_http_healthcode_conf_outage_line(ngx_conf_t *cf,
    ngx_str_t *word, ngx_http_healthcode_conf_outage_line_t *line);
static char *ngx_http_healthcode_conf_outage_class(ngx_conf_t *cf,
    ngx_str_t *word, const ngx_http_healthcode_conf_outage_line_t *line,
    ngx_http_healthcode_rules_t *rules);
static ngx_uint_t ngx_http_healthcode_conf_outage_named(
    const ngx_http_healthcode_rules_t *rules);
static void ngx_http_healthcode_conf_outage_name(
    ngx_http_healthcode_rules_t *rules, ngx_uint_t classes, ngx_msec_t stale);
static u_char *ngx_http_healthcode_conf_outage_words(u_char *p, u_char *last,
    ngx_uint_t classes, ngx_uint_t all);


/* Lines of one level add up; what none of them names denies. */
char *
ngx_http_healthcode_conf_on_outage(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                               *value = cf->args->elts;
    ngx_uint_t                               i;
    ngx_http_healthcode_rules_t             *rules;
    ngx_http_healthcode_loc_conf_t          *lcf = conf;
    ngx_http_healthcode_conf_outage_line_t   line;

    rules = &lcf->rules;

    if (ngx_strcmp(value[1].data, "deny") == 0) {

        if (cf->args->nelts > 2) {
            return "has \"deny\" for what no line names; leave the classes out";
        }

        if (rules->on_outage != NGX_CONF_UNSET_UINT) {
            return "is duplicate; \"deny\" stands alone";
        }

        rules->on_outage = 0;

        return NGX_CONF_OK;
    }

    if (ngx_http_healthcode_conf_outage_line(cf, &value[1], &line)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (rules->on_outage == NGX_CONF_UNSET_UINT) {
        rules->on_outage = 0;

    } else if (ngx_http_healthcode_conf_outage_named(rules) == 0) {
        return "is duplicate; \"deny\" stands alone";
    }

    if (cf->args->nelts == 2) {

        if (ngx_http_healthcode_conf_outage_named(rules) & line.all) {
            return line.stale
                   ? "is duplicate; \"stale\" without a class names "
                     "\"timeout\" and \"refused\""
                   : "is duplicate; \"allow\" names all classes";
        }

        ngx_http_healthcode_conf_outage_name(rules, line.all, line.stale);
    }

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_http_healthcode_conf_outage_class(cf, &value[i], &line, rules)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* The first word of a line that lets pass. */
static char *
ngx_http_healthcode_conf_outage_line(ngx_conf_t *cf, ngx_str_t *word,
    ngx_http_healthcode_conf_outage_line_t *line)
{
    ngx_str_t  time;
    ngx_int_t  ms;

    if (ngx_strcmp(word->data, "allow") == 0) {
        line->all = HEALTHCODE_OUTAGE_ANY;
        line->stale = 0;

        return NGX_CONF_OK;
    }

    if (ngx_strncmp(word->data, "stale", 5) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\"; write \"deny\", \"allow\" or "
                           "\"stale=5m\"", word);
        return NGX_CONF_ERROR;
    }

    ms = NGX_ERROR;

    if (word->len > 6 && word->data[5] == '=') {
        time.data = word->data + 6;
        time.len = word->len - 6;
        ms = ngx_parse_time(&time, 0);
    }

    if (ms < 1 || ms > NGX_HTTP_HEALTHCODE_CONF_STALE_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\"; write a time of 1ms to 1d, "
                           "such as \"stale=5m\"", word);
        return NGX_CONF_ERROR;
    }

    line->all = NGX_HTTP_HEALTHCODE_CONF_STALE;
    line->stale = (ngx_msec_t) ms;

    return NGX_CONF_OK;
}


static char *
ngx_http_healthcode_conf_outage_class(ngx_conf_t *cf, ngx_str_t *word,
    const ngx_http_healthcode_conf_outage_line_t *line,
    ngx_http_healthcode_rules_t *rules)
{
    unsigned  class;

    if (ngx_strcmp(word->data, "busy") == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"busy\" cannot be let pass, since anybody can "
                           "bring it about; leave it out");
        return NGX_CONF_ERROR;
    }

    class = healthcode_verdict_outage_find(ngx_http_healthcode_view(word));

    if (class == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown class of outage \"%V\"; write \"timeout\", "
                           "\"refused\", \"auth\" or \"proof\"", word);
        return NGX_CONF_ERROR;
    }

    if (!(class & line->all)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" cannot be \"stale\": a store that says so "
                           "may have lost what was known of it; write "
                           "\"timeout\" or \"refused\", or "
                           "\"healthcode_on_outage allow %V;\"", word, word);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_healthcode_conf_outage_named(rules) & class) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate class of outage \"%V\"", word);
        return NGX_CONF_ERROR;
    }

    ngx_http_healthcode_conf_outage_name(rules, class, line->stale);

    return NGX_CONF_OK;
}


/* The classes that lines have named so far. */
static ngx_uint_t
ngx_http_healthcode_conf_outage_named(const ngx_http_healthcode_rules_t *rules)
{
    return rules->on_outage
           | (rules->stale.timeout ? HEALTHCODE_OUTAGE_TIMEOUT : 0)
           | (rules->stale.refused ? HEALTHCODE_OUTAGE_REFUSED : 0);
}


static void
ngx_http_healthcode_conf_outage_name(ngx_http_healthcode_rules_t *rules,
    ngx_uint_t classes, ngx_msec_t stale)
{
    if (stale == 0) {
        rules->on_outage |= classes;
        return;
    }

    if (classes & HEALTHCODE_OUTAGE_TIMEOUT) {
        rules->stale.timeout = stale;
    }

    if (classes & HEALTHCODE_OUTAGE_REFUSED) {
        rules->stale.refused = stale;
    }
}


void
ngx_http_healthcode_conf_outage_merge(
    const ngx_http_healthcode_loc_conf_t *prev,
    ngx_http_healthcode_loc_conf_t *conf)
{
    if (conf->rules.on_outage == NGX_CONF_UNSET_UINT) {
        conf->rules.stale = prev->rules.stale;
    }

    ngx_conf_merge_uint_value(conf->rules.on_outage, prev->rules.on_outage, 0);
}


void
ngx_http_healthcode_conf_outage_advise(ngx_conf_t *cf,
    const ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *name,
    ngx_str_t *at)
{
    u_char                              words[64], *p;
    ngx_uint_t                          stale;
    const ngx_http_healthcode_rules_t  *rules = &conf->rules;

    stale = ngx_http_healthcode_conf_outage_named(rules) & ~rules->on_outage;

    if (rules->on_outage) {
        p = ngx_http_healthcode_conf_outage_words(words, words + sizeof(words),
                                                  rules->on_outage,
                                                  HEALTHCODE_OUTAGE_ANY);

        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" lets holders pass while "
                      "their flags cannot be read (healthcode_on_outage "
                      "allow%*s)%V", name, (size_t) (p - words), words, at);
    }

    if (stale && (rules->store == NULL || rules->store->cache == NULL)) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "healthcode: location \"%V\" has "
                      "\"healthcode_on_outage stale\", but its store has no "
                      "cache, so that nobody passes by what it knew; write "
                      "\"cache ZONE;\" in the store, or leave the line out%V",
                      name, at);

    } else if (stale) {
        p = ngx_http_healthcode_conf_outage_words(words, words + sizeof(words),
                                               stale,
                                               NGX_HTTP_HEALTHCODE_CONF_STALE);

        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" lets holders pass who had "
                      "no flag not long before an outage "
                      "(healthcode_on_outage stale%*s)%V", name,
                      (size_t) (p - words), words, at);

    } else if (rules->on_outage == 0 && conf->degraded_header
               && (rules->store == NULL
                   || rules->store->handshake.tick.offline == 0))
    {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "healthcode: location \"%V\" has "
                      "\"healthcode_degraded_header on\", but nobody passes it "
                      "in an outage; write \"healthcode_on_outage allow ...\", "
                      "or leave the header out%V", name, at);
    }
}


/* A blank and a word for each class, unless these are all. */
static u_char *
ngx_http_healthcode_conf_outage_words(u_char *p, u_char *last,
    ngx_uint_t classes, ngx_uint_t all)
{
    unsigned          class;
    healthcode_str_t  word;

    for (class = 1; class < HEALTHCODE_OUTAGE_ANY && classes != all;
         class <<= 1)
    {
        if (classes & class) {
            word = healthcode_verdict_outage_word(class);
            p = ngx_slprintf(p, last, " %*s", word.len, word.data);
        }
    }

    return p;
}
