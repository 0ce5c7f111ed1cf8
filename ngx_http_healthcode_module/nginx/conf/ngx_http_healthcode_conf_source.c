/*
 * The directive healthcode_source: where the code is, and the patterns that
 * take it out.
 * Knows no: request, connection, token.
 * docs/directives.md, "healthcode_source".
 */

#include "ngx_http_healthcode_conf_pattern.h"
#include "ngx_http_healthcode_conf_source.h"
#include "ngx_http_healthcode_conf_words.h"


static ngx_uint_t ngx_http_healthcode_conf_source_passes_over(
    const ngx_str_t *pattern);
static char *ngx_http_healthcode_conf_source_kind(ngx_conf_t *cf,
    ngx_http_healthcode_source_t *source, ngx_str_t *word);
static char *ngx_http_healthcode_conf_source_name(ngx_conf_t *cf,
    ngx_http_healthcode_source_t *source);
static ngx_int_t ngx_http_healthcode_conf_source_shadow(ngx_conf_t *cf,
    ngx_http_healthcode_source_t *source);
static ngx_int_t ngx_libc_cdecl ngx_http_healthcode_conf_source_compare(
    const void *one, const void *two);
static ngx_int_t ngx_http_healthcode_conf_source_add(ngx_conf_t *cf,
    ngx_array_t **sources, ngx_array_t *all, const healthcode_source_t *source);
static ngx_int_t ngx_http_healthcode_conf_source_push(ngx_array_t *sources,
    const healthcode_source_t *source);


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

    rv = ngx_http_healthcode_conf_source_read(cf, source);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (source->kind == NGX_HTTP_HEALTHCODE_BODY
        && ngx_http_healthcode_conf_source_passes_over(&value[2]))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid pattern \"%V\": it would pass over all "
                           "codes but the last one; leave the \"%*s\" at its "
                           "beginning out, since it is searched for", &value[2],
                           (size_t) 2, value[2].data);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 4 || source->kind == NGX_HTTP_HEALTHCODE_PATH
        || source->kind == NGX_HTTP_HEALTHCODE_BODY)
    {

        source->core.pattern = ngx_http_healthcode_conf_pattern(cf,
                                                   &value[cf->args->nelts - 1],
                                                   healthcode_pattern_create);
        if (source->core.pattern == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    return (ngx_http_healthcode_conf_source_finish(cf, source) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* What is behind a match is looked at again, what is before it is not. */
static ngx_uint_t
ngx_http_healthcode_conf_source_passes_over(const ngx_str_t *pattern)
{
    return pattern->len >= 2 && pattern->data[0] == '.'
           && (pattern->data[1] == '*' || pattern->data[1] == '+');
}


char *
ngx_http_healthcode_conf_source_read(ngx_conf_t *cf,
    ngx_http_healthcode_source_t *source)
{
    char       *rv;
    ngx_str_t  *value = cf->args->elts;

    ngx_memzero(source, sizeof(ngx_http_healthcode_source_t));
    source->name = value[2];

    rv = ngx_http_healthcode_conf_source_kind(cf, source, &value[1]);

    return (rv == NGX_CONF_OK) ? ngx_http_healthcode_conf_source_name(cf,
                                                                      source)
                               : rv;
}


static char *
ngx_http_healthcode_conf_source_kind(ngx_conf_t *cf,
    ngx_http_healthcode_source_t *source, ngx_str_t *word)
{
    ngx_uint_t  i;
    const struct {
        const char                    *word;
        ngx_http_healthcode_source_e   kind;
    } kinds[] = {
        { "header", NGX_HTTP_HEALTHCODE_HEADER },
        { "list", NGX_HTTP_HEALTHCODE_LIST },
        { "query", NGX_HTTP_HEALTHCODE_QUERY },
        { "cookie", NGX_HTTP_HEALTHCODE_COOKIE },
        { "form", NGX_HTTP_HEALTHCODE_FORM },
        { "json", NGX_HTTP_HEALTHCODE_JSON },
        { "body", NGX_HTTP_HEALTHCODE_BODY },
        { "path", NGX_HTTP_HEALTHCODE_PATH },
        { "variable", NGX_HTTP_HEALTHCODE_VARIABLE }
    };

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (ngx_strcmp(word->data, kinds[i].word) == 0) {
            source->kind = kinds[i].kind;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid kind \"%V\" of source; write \"header\", "
                       "\"list\", \"query\", \"cookie\", \"form\", \"json\", "
                       "\"body\", \"path\" or \"variable\"", word);

    return NGX_CONF_ERROR;
}


/* Refuses a name that no request can have: no code could ever be found. */
static char *
ngx_http_healthcode_conf_source_name(ngx_conf_t *cf,
    ngx_http_healthcode_source_t *source)
{
    const char  *not_in;
    ngx_uint_t   i;

    if (source->kind == NGX_HTTP_HEALTHCODE_BODY) {
        source->name.len = 0;

        return (cf->args->nelts == 3)
               ? NGX_CONF_OK
               : "has a body with a name; write \"body PATTERN\", or "
                 "\"form NAME\" or \"json POINTER\" for a field";
    }

    if (source->kind == NGX_HTTP_HEALTHCODE_PATH) {
        source->name.len = 0;

        return (cf->args->nelts == 3)
               ? NGX_CONF_OK
               : "has a path with a name; write \"path PATTERN\"";
    }

    if (source->kind == NGX_HTTP_HEALTHCODE_VARIABLE) {
        return (source->name.len > 1 && source->name.data[0] == '$')
               ? NGX_CONF_OK
               : "needs a variable, such as \"variable $arg_code\"";
    }

    ngx_http_healthcode_conf_literal(cf, &source->name);

    if (source->name.len == 0) {
        return "needs the name of the header, argument, cookie or field";
    }

    if (source->kind == NGX_HTTP_HEALTHCODE_JSON) {
        return healthcode_json_is_pointer(
                   ngx_http_healthcode_view(&source->name))
               ? NGX_CONF_OK
               : "needs a JSON pointer (RFC 6901), such as \"json /code\"";
    }

    if (source->kind == NGX_HTTP_HEALTHCODE_FORM) {
        return NGX_CONF_OK;
    }

    if ((source->kind == NGX_HTTP_HEALTHCODE_HEADER
         || source->kind == NGX_HTTP_HEALTHCODE_LIST)
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


ngx_int_t
ngx_http_healthcode_conf_source_finish(ngx_conf_t *cf,
    ngx_http_healthcode_source_t *source)
{
    ngx_int_t  index;
    ngx_str_t  variable;

    if (source->kind == NGX_HTTP_HEALTHCODE_HEADER
        || source->kind == NGX_HTTP_HEALTHCODE_LIST)
    {
        ngx_strlow(source->name.data, source->name.data, source->name.len);
    }

    source->core.name = ngx_http_healthcode_view(&source->name);

    switch (source->kind) {

    case NGX_HTTP_HEALTHCODE_HEADER:
    case NGX_HTTP_HEALTHCODE_LIST:
    case NGX_HTTP_HEALTHCODE_COOKIE:
        return ngx_http_healthcode_conf_source_shadow(cf, source);

    case NGX_HTTP_HEALTHCODE_VARIABLE:
        variable.data = source->name.data + 1;
        variable.len = source->name.len - 1;
        index = ngx_http_get_variable_index(cf, &variable);

        source->variable = index;

        return (index == NGX_ERROR) ? NGX_ERROR : NGX_OK;

    case NGX_HTTP_HEALTHCODE_QUERY:
    case NGX_HTTP_HEALTHCODE_FORM:
    case NGX_HTTP_HEALTHCODE_JSON:
    case NGX_HTTP_HEALTHCODE_BODY:
    case NGX_HTTP_HEALTHCODE_PATH:
        break;
    }

    return NGX_OK;
}


/* Finds the variables that show the header or cookie. */
static ngx_int_t
ngx_http_healthcode_conf_source_shadow(ngx_conf_t *cf,
    ngx_http_healthcode_source_t *source)
{
    u_char     *p;
    ngx_int_t   index, cookies;
    ngx_str_t   variable, cookie = ngx_string("http_cookie");

    variable.data = ngx_pnalloc(cf->pool,
                                sizeof("cookie_") - 1 + source->name.len);
    if (variable.data == NULL) {
        return NGX_ERROR;
    }

    variable.len = ngx_sprintf(variable.data, "%s_%V",
                               (source->kind == NGX_HTTP_HEALTHCODE_COOKIE)
                               ? "cookie" : "http", &source->name)
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
ngx_http_healthcode_conf_source_default(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_uint_t                     dpop;
    ngx_http_healthcode_source_t  *source;

    if (conf->rules.sources) {
        return NGX_OK;
    }

    dpop = (conf->rules.bound == NGX_HTTP_HEALTHCODE_BOUND_DPOP);

    if (mcf->sources[dpop]) {
        conf->rules.sources = mcf->sources[dpop];
        return NGX_OK;
    }

    conf->rules.sources = ngx_array_create(cf->pool, 1,
                                     sizeof(ngx_http_healthcode_source_t));
    if (conf->rules.sources == NULL) {
        return NGX_ERROR;
    }

    mcf->sources[dpop] = conf->rules.sources;

    source = ngx_array_push(conf->rules.sources);
    if (source == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(source, sizeof(ngx_http_healthcode_source_t));

    source->kind = NGX_HTTP_HEALTHCODE_HEADER;
    source->core.bearer = dpop ? 2 : 1;

    source->name.len = sizeof("authorization") - 1;
    source->name.data = ngx_pnalloc(cf->pool, source->name.len);

    if (source->name.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(source->name.data, "authorization", source->name.len);

    return ngx_http_healthcode_conf_source_finish(cf, source);
}


ngx_int_t
ngx_http_healthcode_conf_source_gather(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_int_t                           rc = NGX_OK;
    ngx_uint_t                          i;
    ngx_http_healthcode_source_t       *source = conf->rules.sources->elts;
    ngx_http_healthcode_temperature_t  *temperature = conf->rules.temperature;

    /* those of one kind stay as they are written */

    ngx_sort(source, conf->rules.sources->nelts,
             sizeof(ngx_http_healthcode_source_t),
             ngx_http_healthcode_conf_source_compare);

    for (i = 0; i < conf->rules.sources->nelts && rc == NGX_OK; i++) {

        switch (source[i].kind) {

        case NGX_HTTP_HEALTHCODE_QUERY:
            rc = ngx_http_healthcode_conf_source_add(cf, &conf->queries,
                                                     &mcf->queries,
                                                     &source[i].core);
            break;

        case NGX_HTTP_HEALTHCODE_PATH:
            rc = ngx_http_healthcode_conf_source_add(cf, &conf->paths,
                                                     &mcf->paths,
                                                     &source[i].core);
            break;

        case NGX_HTTP_HEALTHCODE_FORM:
            rc = ngx_http_healthcode_conf_source_add(cf, &conf->forms, NULL,
                                                     &source[i].core);
            break;

        case NGX_HTTP_HEALTHCODE_JSON:
            rc = ngx_http_healthcode_conf_source_add(cf, &conf->jsons, NULL,
                                                     &source[i].core);
            break;

        case NGX_HTTP_HEALTHCODE_BODY:
            rc = ngx_http_healthcode_conf_source_add(cf, &conf->raws, NULL,
                                                     &source[i].core);
            break;

        default:
            break;
        }
    }

    conf->takes = conf->queries || conf->paths || conf->forms || conf->jsons
                  || conf->raws;

    conf->reads_form = conf->forms || (temperature && temperature->source.kind
                                                   == NGX_HTTP_HEALTHCODE_FORM);
    conf->reads_json = conf->jsons || (temperature && temperature->source.kind
                                                   == NGX_HTTP_HEALTHCODE_JSON);

    return rc;
}


static ngx_int_t ngx_libc_cdecl
ngx_http_healthcode_conf_source_compare(const void *one, const void *two)
{
    const ngx_http_healthcode_source_t  *first = one, *second = two;

    return (ngx_int_t) first->kind - (ngx_int_t) second->kind;
}


/* Adds source to those of a location, and to all, which may be NULL. */
static ngx_int_t
ngx_http_healthcode_conf_source_add(ngx_conf_t *cf, ngx_array_t **sources,
    ngx_array_t *all, const healthcode_source_t *source)
{
    if (*sources == NULL) {
        *sources = ngx_array_create(cf->pool, 1, sizeof(healthcode_source_t));

        if (*sources == NULL) {
            return NGX_ERROR;
        }
    }

    if (ngx_http_healthcode_conf_source_push(*sources, source) != NGX_OK) {
        return NGX_ERROR;
    }

    return all ? ngx_http_healthcode_conf_source_push(all, source) : NGX_OK;
}


/* Adds source, unless an equal one is there. */
static ngx_int_t
ngx_http_healthcode_conf_source_push(ngx_array_t *sources,
    const healthcode_source_t *source)
{
    ngx_uint_t            i;
    healthcode_source_t  *known = sources->elts;

    for (i = 0; i < sources->nelts; i++) {
        if (known[i].pattern == source->pattern
            && healthcode_str_equal(known[i].name, source->name))
        {
            return NGX_OK;
        }
    }

    known = ngx_array_push(sources);
    if (known == NULL) {
        return NGX_ERROR;
    }

    *known = *source;

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_conf_source_variables(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_int_t  line, uri, body, length, header, referer;
    ngx_str_t  request = ngx_string("request");
    ngx_str_t  request_body = ngx_string("request_body");
    ngx_str_t  request_uri = ngx_string("request_uri");
    ngx_str_t  content_length = ngx_string("content_length");
    ngx_str_t  http_content_length = ngx_string("http_content_length");
    ngx_str_t  http_referer = ngx_string("http_referer");

    line = ngx_http_get_variable_index(cf, &request);
    uri = ngx_http_get_variable_index(cf, &request_uri);
    body = ngx_http_get_variable_index(cf, &request_body);
    length = ngx_http_get_variable_index(cf, &content_length);
    header = ngx_http_get_variable_index(cf, &http_content_length);
    referer = ngx_http_get_variable_index(cf, &http_referer);

    if (line == NGX_ERROR || uri == NGX_ERROR || body == NGX_ERROR
        || length == NGX_ERROR || header == NGX_ERROR || referer == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    mcf->request = line;
    mcf->request_uri = uri;
    mcf->request_body = body;
    mcf->content_length = length;
    mcf->http_content_length = header;
    mcf->referer = referer;

    return NGX_OK;
}
