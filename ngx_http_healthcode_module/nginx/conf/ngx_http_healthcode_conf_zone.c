/*
 * The directive healthcode_zone, and the zones that other lines name.
 * Knows no: request, connection, location, shared memory.
 * docs/directives.md, "healthcode_zone".
 */

#include "../store/ngx_http_healthcode_cache.h"
#include "ngx_http_healthcode_conf_words.h"
#include "ngx_http_healthcode_conf_zone.h"


/* Bytes of the smallest zone. */
#define NGX_HTTP_HEALTHCODE_ZONE_MIN  (1024 * 1024)


static ngx_http_healthcode_cache_t *ngx_http_healthcode_conf_zone_find(
    ngx_http_healthcode_main_conf_t *mcf, ngx_str_t *name);


char *
ngx_http_healthcode_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ssize_t                            size;
    ngx_str_t                         *value = cf->args->elts;
    ngx_http_healthcode_cache_t      **p;
    ngx_http_healthcode_main_conf_t   *mcf = conf;

    if (ngx_strcmp(value[1].data, "off") == 0
        || !ngx_http_healthcode_conf_is_printable(&value[1]))
    {
        return "has an invalid name; write one without blanks or control "
               "characters that is not \"off\": \"healthcode_zone gate 10m;\"";
    }

    if (ngx_http_healthcode_conf_zone_find(mcf, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate zone \"%V\"; give this one another "
                           "name", &value[1]);
        return NGX_CONF_ERROR;
    }

    size = ngx_parse_size(&value[2]);

    if (size < NGX_HTTP_HEALTHCODE_ZONE_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone size \"%V\"; write 1m or more: "
                           "\"healthcode_zone %V 10m;\"", &value[2], &value[1]);
        return NGX_CONF_ERROR;
    }

    p = ngx_array_push(&mcf->caches);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = ngx_http_healthcode_cache_create(cf, &value[1], (size_t) size);

    return *p ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* Returns NULL if no zone has that name. */
static ngx_http_healthcode_cache_t *
ngx_http_healthcode_conf_zone_find(ngx_http_healthcode_main_conf_t *mcf,
    ngx_str_t *name)
{
    ngx_uint_t                     i;
    ngx_http_healthcode_cache_t  **caches = mcf->caches.elts;

    for (i = 0; i < mcf->caches.nelts; i++) {
        if (ngx_http_healthcode_conf_is_name(&caches[i]->name, name)) {
            return caches[i];
        }
    }

    return NULL;
}


ngx_http_healthcode_cache_t *
ngx_http_healthcode_conf_zone_link(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf,
    ngx_http_healthcode_reference_t *reference)
{
    ngx_str_t                     hint;
    ngx_http_healthcode_cache_t  *cache;

    cache = ngx_http_healthcode_conf_zone_find(mcf, &reference->name);

    if (cache == NULL) {
        ngx_http_healthcode_conf_nearest(cf, &mcf->caches,
                                 offsetof(ngx_http_healthcode_cache_t, name),
                                 &reference->name, &hint);

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "unknown zone \"%V\"; write %V\"healthcode_zone %V "
                      "10m;\" in the http block in %V:%ui",
                      &reference->name, &hint, &reference->name,
                      &reference->file, reference->line);
    }

    return cache;
}
