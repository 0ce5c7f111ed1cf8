/*
 * Patterns that lines have: compiled, and freed with the configuration.
 * Knows no: request, connection, location.
 * docs/directives.md, "healthcode_source".
 */

#include "ngx_http_healthcode_conf_pattern.h"


static void ngx_http_healthcode_conf_free_pattern(void *data);


healthcode_pattern_t *
ngx_http_healthcode_conf_pattern(ngx_conf_t *cf, ngx_str_t *expression,
    ngx_http_healthcode_pattern_create_pt create)
{
    char                   error[256];
    ngx_pool_cleanup_t    *cln;
    healthcode_pattern_t  *pattern;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    pattern = create(ngx_http_healthcode_view(expression), error,
                     sizeof(error));

    if (pattern == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid pattern \"%V\": %s", expression, error);
        return NULL;
    }

    cln->handler = ngx_http_healthcode_conf_free_pattern;
    cln->data = pattern;

    return pattern;
}


static void
ngx_http_healthcode_conf_free_pattern(void *data)
{
    healthcode_pattern_free(data);
}
