/*
 * healthcode_source: where the code is, and the patterns that take it out.
 * Knows no request.  README.md, "healthcode_source".
 */

#include "ngx_http_healthcode_conf.h"


static char *ngx_http_healthcode_conf_source_name(
    ngx_http_healthcode_source_t *source);
static ngx_int_t ngx_http_healthcode_conf_source_finish(ngx_conf_t *cf,
    ngx_http_healthcode_source_t *source);
static ngx_int_t ngx_http_healthcode_conf_query(ngx_array_t *queries,
    const healthcode_source_t *query);
static void ngx_http_healthcode_conf_free_pattern(void *data);


char *
ngx_http_healthcode_conf_source(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                            *rv;
    ngx_str_t                       *value = cf->args->elts;
    ngx_http_healthcode_source_t    *source;
    ngx_http_healthcode_loc_conf_t  *lcf = conf;

    if (lcf->rules.sources == NGX_CONF_UNSET_PTR) {
        lcf->rules.sources = ngx_array_create(cf->pool, 2,
                                        sizeof(ngx_http_healthcode_source_t));
        if (lcf->rules.sources == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    source = ngx_array_push(lcf->rules.sources);
    if (source == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(source, sizeof(ngx_http_healthcode_source_t));
    source->name = value[2];
    ngx_http_healthcode_conf_literal(cf, &value[2]);

    if (ngx_strcmp(value[1].data, "header") == 0) {
        source->kind = NGX_HTTP_HEALTHCODE_HEADER;

    } else if (ngx_strcmp(value[1].data, "query") == 0) {
        source->kind = NGX_HTTP_HEALTHCODE_QUERY;

    } else if (ngx_strcmp(value[1].data, "cookie") == 0) {
        source->kind = NGX_HTTP_HEALTHCODE_COOKIE;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no kind of source; write \"header\", "
                           "\"query\" or \"cookie\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    rv = ngx_http_healthcode_conf_source_name(source);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (cf->args->nelts == 4) {

        source->core.pattern = ngx_http_healthcode_conf_pattern(cf, &value[3],
                                                   healthcode_pattern_create);
        if (source->core.pattern == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    return (ngx_http_healthcode_conf_source_finish(cf, source) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* A name that no request can have would leave the location no way in. */
static char *
ngx_http_healthcode_conf_source_name(ngx_http_healthcode_source_t *source)
{
    const char  *not_in;
    ngx_uint_t   i;

    if (source->name.len == 0) {
        return "needs the name of the header, argument or cookie";
    }

    if (source->kind == NGX_HTTP_HEALTHCODE_HEADER
        && source->name.len == sizeof("cookie") - 1
        && ngx_strncasecmp(source->name.data, (u_char *) "cookie",
                           sizeof("cookie") - 1)
           == 0)
    {
        return "would take all cookies out with the code; write "
               "\"healthcode_source cookie NAME\", the one that has it";
    }

    not_in = (source->kind == NGX_HTTP_HEALTHCODE_QUERY)
             ? "&=#" : "()<>@,;:\\\"/[]?={}";

    for (i = 0; i < source->name.len; i++) {
        if (source->name.data[i] <= ' ' || source->name.data[i] >= 0x7f
            || strchr(not_in, source->name.data[i]))
        {
            return "has a name with a character that no such name can have";
        }
    }

    return NGX_CONF_OK;
}


/* What follows from the name of a source. */
static ngx_int_t
ngx_http_healthcode_conf_source_finish(ngx_conf_t *cf,
    ngx_http_healthcode_source_t *source)
{
    u_char     *p;
    ngx_int_t   index, cookies;
    ngx_str_t   variable, cookie = ngx_string("http_cookie");

    if (source->kind == NGX_HTTP_HEALTHCODE_HEADER) {
        ngx_strlow(source->name.data, source->name.data, source->name.len);
    }

    source->core.name = ngx_http_healthcode_view(&source->name);

    if (source->kind == NGX_HTTP_HEALTHCODE_QUERY) {
        return NGX_OK;
    }

    variable.data = ngx_pnalloc(cf->pool,
                                sizeof("cookie_") - 1 + source->name.len);
    if (variable.data == NULL) {
        return NGX_ERROR;
    }

    variable.len = ngx_sprintf(variable.data, "%s_%V",
                               (source->kind == NGX_HTTP_HEALTHCODE_HEADER)
                               ? "http" : "cookie", &source->name)
                   - variable.data;

    for (p = variable.data; p < variable.data + variable.len; p++) {
        if (*p == '-') {
            *p = '_';
        }
    }

    index = ngx_http_get_variable_index(cf, &variable);
    cookies = ngx_http_get_variable_index(cf, &cookie);

    if (index == NGX_ERROR || cookies == NGX_ERROR) {
        return NGX_ERROR;
    }

    source->variable = index;
    source->cookies = cookies;

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_conf_default_sources(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_http_healthcode_source_t  *source;

    if (conf->rules.sources) {
        return NGX_OK;
    }

    if (mcf->sources) {
        conf->rules.sources = mcf->sources;
        return NGX_OK;
    }

    conf->rules.sources = ngx_array_create(cf->pool, 1,
                                     sizeof(ngx_http_healthcode_source_t));
    if (conf->rules.sources == NULL) {
        return NGX_ERROR;
    }

    mcf->sources = conf->rules.sources;

    source = ngx_array_push(conf->rules.sources);
    if (source == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(source, sizeof(ngx_http_healthcode_source_t));

    source->kind = NGX_HTTP_HEALTHCODE_HEADER;
    source->core.bearer = 1;

    source->name.len = sizeof("authorization") - 1;
    source->name.data = ngx_pnalloc(cf->pool, source->name.len);

    if (source->name.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(source->name.data, "authorization", source->name.len);

    return ngx_http_healthcode_conf_source_finish(cf, source);
}


ngx_int_t
ngx_http_healthcode_conf_queries(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_uint_t                     i;
    ngx_http_healthcode_source_t  *source = conf->rules.sources->elts;

    for (i = 0; i < conf->rules.sources->nelts; i++) {

        if (source[i].kind != NGX_HTTP_HEALTHCODE_QUERY) {
            continue;
        }

        if (conf->queries == NULL) {
            conf->queries = ngx_array_create(cf->pool, 1,
                                             sizeof(healthcode_source_t));
            if (conf->queries == NULL) {
                return NGX_ERROR;
            }
        }

        if (ngx_http_healthcode_conf_query(conf->queries, &source[i].core)
               != NGX_OK
            || ngx_http_healthcode_conf_query(&mcf->queries, &source[i].core)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Adds query, unless it is there. */
static ngx_int_t
ngx_http_healthcode_conf_query(ngx_array_t *queries,
    const healthcode_source_t *query)
{
    ngx_uint_t            i;
    healthcode_source_t  *known = queries->elts;

    for (i = 0; i < queries->nelts; i++) {
        if (known[i].pattern == query->pattern
            && healthcode_str_equal(known[i].name, query->name))
        {
            return NGX_OK;
        }
    }

    known = ngx_array_push(queries);
    if (known == NULL) {
        return NGX_ERROR;
    }

    *known = *query;

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_conf_source_variables(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_int_t  uri, referer;
    ngx_str_t  request_uri = ngx_string("request_uri");
    ngx_str_t  http_referer = ngx_string("http_referer");

    uri = ngx_http_get_variable_index(cf, &request_uri);
    referer = ngx_http_get_variable_index(cf, &http_referer);

    if (uri == NGX_ERROR || referer == NGX_ERROR) {
        return NGX_ERROR;
    }

    mcf->request_uri = uri;
    mcf->referer = referer;

    return NGX_OK;
}


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
                           "pattern \"%V\" cannot be used: %s", expression,
                           error);
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
