/*
 * Lines of a gate that is off: they do nothing, and everybody passes.
 * Refuses nothing.
 * Knows no: request, connection.
 * docs/messages.md, "nginx -t succeeds and says".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_IDLE_H
#define NGX_HTTP_HEALTHCODE_CONF_IDLE_H

#include "../ngx_http_healthcode.h"


/* A location that is not a gate and has lines of its own. */
typedef struct {
    ngx_http_healthcode_loc_conf_t  *conf;
    const char                      *line;     /* the name of one */
    ngx_str_t                        where;
    ngx_str_t                        at;
} ngx_http_healthcode_idle_t;


/*
 * The name of a line that a location has itself, except "healthcode" and
 * "healthcode_status"; NULL: none.  Before the location is merged.
 */
const char *ngx_http_healthcode_conf_idle_line(
    const ngx_http_healthcode_loc_conf_t *conf);

/*
 * While a location is merged: notes that it is a gate; or, unless line is NULL,
 * that it is not one and has line.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_conf_idle_note(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf,
    const char *line);

/* Once all locations are merged: warns of lines that reach no gate. */
void ngx_http_healthcode_conf_idle_warn(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);

#endif
