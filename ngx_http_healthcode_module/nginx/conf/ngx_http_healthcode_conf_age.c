/*
 * Ages of codes and differences of clocks: what a line may ask for.
 * Knows no: request, connection, clock.
 * docs/directives.md, "healthcode_max_age".
 */

#include "ngx_http_healthcode_conf_age.h"


static char *ngx_http_healthcode_conf_check_age(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_http_healthcode_conf_check_leeway(ngx_conf_t *cf, void *post,
    void *data);
static ngx_http_healthcode_issuer_t *ngx_http_healthcode_conf_age_longest(
    const ngx_http_healthcode_loc_conf_t *conf);
static u_char *ngx_http_healthcode_conf_age_text(u_char *text, time_t seconds);


ngx_conf_post_t  ngx_http_healthcode_conf_age_post = {
    ngx_http_healthcode_conf_check_age
};

ngx_conf_post_t  ngx_http_healthcode_conf_leeway_post = {
    ngx_http_healthcode_conf_check_leeway
};


static char *
ngx_http_healthcode_conf_check_age(ngx_conf_t *cf, void *post, void *data)
{
    time_t  *seconds = data;

    if (*seconds == 0 || *seconds > NGX_HTTP_HEALTHCODE_AGE_MAX) {
        return "invalid value; write a time of 1s to 366d, such as \"15m\"";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_healthcode_conf_check_leeway(ngx_conf_t *cf, void *post, void *data)
{
    time_t  *seconds = data;

    if (*seconds > NGX_HTTP_HEALTHCODE_LEEWAY_MAX) {
        return "invalid value; write a time of at most 5m, by which clocks may "
               "differ, and \"healthcode_max_age\" to accept older codes";
    }

    return NGX_CONF_OK;
}


/* The http block is never merged: its max_age is unset if no line says it. */
void
ngx_http_healthcode_conf_age_merge(const ngx_http_healthcode_loc_conf_t *prev,
    ngx_http_healthcode_loc_conf_t *conf)
{
    conf->has_max_age = conf->rules.max_age != NGX_CONF_UNSET
                        || (prev->outer ? prev->has_max_age
                            : prev->rules.max_age != NGX_CONF_UNSET);

    ngx_conf_merge_sec_value(conf->rules.max_age, prev->rules.max_age,
                             NGX_HTTP_HEALTHCODE_MAX_AGE);
}


void
ngx_http_healthcode_conf_age_advise(ngx_conf_t *cf,
    const ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *name, ngx_str_t *at)
{
    time_t                         accepts = conf->rules.max_age;
    u_char                         here[NGX_TIME_T_LEN + 2];
    u_char                         there[NGX_TIME_T_LEN + 2];
    ngx_http_healthcode_issuer_t  *issuer;

    issuer = ngx_http_healthcode_conf_age_longest(conf);

    ngx_http_healthcode_conf_age_text(here, accepts);
    ngx_http_healthcode_conf_age_text(there, issuer->max_age);

    if (!conf->has_max_age && issuer->max_age > accepts) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "healthcode: location \"%V\" accepts codes for %s, but "
                      "those of issuer \"%V\" may live for %s (max_age): it "
                      "refuses them as too_old for the rest of their life; "
                      "write \"healthcode_max_age %s;\" there, or "
                      "\"healthcode_max_age %s;\" if that is meant%V",
                      name, here, &issuer->name, there, there, here, at);
        return;
    }

    if (accepts > NGX_HTTP_HEALTHCODE_MAX_AGE
        && issuer->max_age <= NGX_HTTP_HEALTHCODE_MAX_AGE)
    {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "healthcode: location \"%V\" accepts codes for %s "
                      "(healthcode_max_age), but each of its issuers refuses "
                      "those made to live longer than %s, as lifetime; write "
                      "\"max_age %s;\" in \"healthcode_issuer %V\", or take "
                      "\"healthcode_max_age\" out%V",
                      name, here, there, here, &issuer->name, at);
    }
}


/* The first of the issuers whose codes may live longest. */
static ngx_http_healthcode_issuer_t *
ngx_http_healthcode_conf_age_longest(const ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_uint_t                      i;
    ngx_http_healthcode_issuer_t  **issuer = conf->issuers->elts, *longest;

    longest = issuer[0];

    for (i = 1; i < conf->issuers->nelts; i++) {
        if (issuer[i]->max_age > longest->max_age) {
            longest = issuer[i];
        }
    }

    return longest;
}


/* As a line has it: "90s", "15m", "1h", "2d". */
static u_char *
ngx_http_healthcode_conf_age_text(u_char *text, time_t seconds)
{
    static const struct {
        time_t  seconds;
        u_char  letter;
    } units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };

    ngx_uint_t  i = 0;

    while (seconds % units[i].seconds) {
        i++;
    }

    return ngx_sprintf(text, "%T%c%Z", seconds / units[i].seconds,
                       units[i].letter);
}
