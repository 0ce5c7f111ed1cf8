/*
 * What "nginx -t" says about a location that is valid: what is unusual about
 * its policy, what opens its gate.  Refuses nothing.
 * Knows no: request, connection.
 * docs/messages.md, "nginx -t succeeds and says".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_ADVICE_H
#define NGX_HTTP_HEALTHCODE_CONF_ADVICE_H

#include "../ngx_http_healthcode.h"


/* Says what is unusual about a policy, where the policy is chosen. */
void ngx_http_healthcode_conf_advice_policy(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf);

/* Warns of what opens the gate of a location. */
void ngx_http_healthcode_conf_advice_location(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf);

/* Warns of a healthcode_log_holder that has no holder to log. */
void ngx_http_healthcode_conf_advice_holder(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf);

#endif
