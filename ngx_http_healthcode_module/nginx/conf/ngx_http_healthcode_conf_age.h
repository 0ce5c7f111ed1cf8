/*
 * Ages of codes and differences of clocks: what a line may ask for.
 * Knows no: request, connection, clock.
 * docs/directives.md, "healthcode_max_age".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_AGE_H
#define NGX_HTTP_HEALTHCODE_CONF_AGE_H

#include "../ngx_http_healthcode.h"


/* Seconds that a code lives, by the rules of the service. */
#define NGX_HTTP_HEALTHCODE_MAX_AGE     900

/* Seconds: the longest age that a line may ask for, the longest leeway. */
#define NGX_HTTP_HEALTHCODE_AGE_MAX     (366 * 86400)
#define NGX_HTTP_HEALTHCODE_LEEWAY_MAX  300


/* While a location is merged: its max_age, and whether a line says it. */
void ngx_http_healthcode_conf_age_merge(
    const ngx_http_healthcode_loc_conf_t *prev,
    ngx_http_healthcode_loc_conf_t *conf);

/*
 * Warns of a location whose max_age and that of its issuers cannot both be
 * meant, once its issuers are linked; name and at say where it is.
 */
void ngx_http_healthcode_conf_age_advise(ngx_conf_t *cf,
    const ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *name, ngx_str_t *at);

/* For ngx_conf_set_sec_slot(): check the seconds of an age, and of a leeway. */
extern ngx_conf_post_t  ngx_http_healthcode_conf_age_post;
extern ngx_conf_post_t  ngx_http_healthcode_conf_leeway_post;

#endif
