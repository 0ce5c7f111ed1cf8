/*
 * Other modules of this nginx, and what their lines say, although their types
 * are theirs.  Found by name: this nginx may be built without one.
 * Knows no: request, connection.  docs/directives.md, "healthcode_status".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_MODULE_H
#define NGX_HTTP_HEALTHCODE_CONF_MODULE_H

#include "../ngx_http_healthcode.h"


/* The module with this name, such as "ngx_http_access_module"; NULL: none. */
ngx_module_t *ngx_http_healthcode_conf_module(ngx_cycle_t *cycle,
    const char *name);

/*
 * Whether conf, of module for a location, has the same bytes as one that no
 * line has touched: the module makes such a one, in a pool of its own, by which
 * its size is seen.  Call it once all locations are merged.  1: no line of the
 * module counts there; 0: one does, or it cannot be known.
 */
ngx_uint_t ngx_http_healthcode_conf_module_is_idle(ngx_conf_t *cf,
    ngx_module_t *module, const void *conf);

/*
 * What the line name of module says in conf, if nginx's own function for texts
 * with variables reads it; it belongs to conf.  1: *value is that, or NULL if
 * no line says it; 0: another function reads it, or none.
 */
ngx_uint_t ngx_http_healthcode_conf_module_text(const ngx_module_t *module,
    const char *name, void *conf, ngx_http_complex_value_t **value);

/*
 * What the line name of module, which takes one word, says in conf: module
 * reads such a line into a configuration of its own, in which the place of the
 * word is seen.  1: *word is that, a view of what conf has, and empty if no
 * line says it; 0: it cannot be known.
 */
ngx_uint_t ngx_http_healthcode_conf_module_word(ngx_conf_t *cf,
    ngx_module_t *module, const char *name, const void *conf, ngx_str_t *word);

#endif
