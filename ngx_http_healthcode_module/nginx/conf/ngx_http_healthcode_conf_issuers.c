/*
 * The directive healthcode_issuers: which issuers a location accepts.
 * Knows no: request, connection, token, key.
 * docs/directives.md, "healthcode_issuers".
 */

#include "ngx_http_healthcode_conf_issuers.h"
#include "ngx_http_healthcode_conf_words.h"


static healthcode_index_t *ngx_http_healthcode_conf_issuers_index(
    ngx_conf_t *cf, ngx_array_t *issuers);
static void ngx_http_healthcode_conf_free_index(void *data);


char *
ngx_http_healthcode_conf_issuers(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_uint_t                        i;
    ngx_str_t                        *value = cf->args->elts;
    ngx_http_healthcode_loc_conf_t   *lcf = conf;
    ngx_http_healthcode_reference_t  *reference;

    if (lcf->rules.issuer_references != NGX_CONF_UNSET_PTR) {
        return "is duplicate; name all issuers in one line";
    }

    lcf->rules.issuer_references = ngx_array_create(cf->pool, cf->args->nelts,
                                      sizeof(ngx_http_healthcode_reference_t));
    if (lcf->rules.issuer_references == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        reference = ngx_array_push(lcf->rules.issuer_references);
        if (reference == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_http_healthcode_conf_refer(cf, &value[i], reference);
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_healthcode_conf_issuers_link(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t                         hint;
    ngx_uint_t                        i, n;
    ngx_http_healthcode_issuer_t    **issuers, **issuer;
    ngx_http_healthcode_reference_t  *reference;

    if (mcf->issuer_index == NULL) {
        mcf->issuer_index = ngx_http_healthcode_conf_issuers_index(cf,
                                                             &mcf->issuers);
        if (mcf->issuer_index == NULL) {
            return NGX_ERROR;
        }
    }

    if (conf->rules.issuer_references == NULL) {
        conf->issuers = &mcf->issuers;
        conf->issuer_index = mcf->issuer_index;

        return NGX_OK;
    }

    conf->issuers = ngx_array_create(cf->pool,
                                     conf->rules.issuer_references->nelts,
                                     sizeof(void *));
    if (conf->issuers == NULL) {
        return NGX_ERROR;
    }

    issuers = mcf->issuers.elts;
    reference = conf->rules.issuer_references->elts;

    for (i = 0; i < conf->rules.issuer_references->nelts; i++) {

        for (n = 0; n < mcf->issuers.nelts; n++) {
            if (ngx_http_healthcode_conf_is_name(&issuers[n]->name,
                                                 &reference[i].name))
            {
                break;
            }
        }

        if (n == mcf->issuers.nelts) {
            ngx_http_healthcode_conf_nearest(cf, &mcf->issuers,
                             offsetof(ngx_http_healthcode_issuer_t, name),
                             &reference[i].name, &hint);

            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "unknown issuer \"%V\"; write "
                          "%V\"healthcode_issuer %V { ... }\" in the http "
                          "block in %V:%ui",
                          &reference[i].name, &hint, &reference[i].name,
                          &reference[i].file, reference[i].line);
            return NGX_ERROR;
        }

        issuer = ngx_array_push(conf->issuers);
        if (issuer == NULL) {
            return NGX_ERROR;
        }

        *issuer = issuers[n];
    }

    conf->issuer_index = ngx_http_healthcode_conf_issuers_index(cf,
                                                              conf->issuers);

    return conf->issuer_index ? NGX_OK : NGX_ERROR;
}


/* Indexes issuers by "iss": a code finds its own in one step. */
static healthcode_index_t *
ngx_http_healthcode_conf_issuers_index(ngx_conf_t *cf, ngx_array_t *issuers)
{
    ngx_uint_t                      i;
    healthcode_str_t               *names;
    healthcode_index_t             *index;
    ngx_pool_cleanup_t             *cln;
    ngx_http_healthcode_issuer_t  **issuer = issuers->elts;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    names = ngx_palloc(cf->pool, (issuers->nelts + 1)
                                 * sizeof(healthcode_str_t));

    if (cln == NULL || names == NULL) {
        return NULL;
    }

    for (i = 0; i < issuers->nelts; i++) {
        names[i] = issuer[i]->core.iss;
    }

    index = healthcode_index_create(names, issuers->nelts);

    cln->handler = ngx_http_healthcode_conf_free_index;
    cln->data = index;

    return index;
}


static void
ngx_http_healthcode_conf_free_index(void *data)
{
    healthcode_index_free(data);
}
