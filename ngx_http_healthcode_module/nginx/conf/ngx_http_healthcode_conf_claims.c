/*
 * In which claims an issuer's codes say what: its lines subject, subject_space,
 * status and regions.
 * Knows no: request, connection, location.  docs/directives.md, "subject".
 */

#include "ngx_http_healthcode_conf_claims.h"
#include "ngx_http_healthcode_conf_words.h"


static char *ngx_http_healthcode_conf_claims_status(
    ngx_http_healthcode_issuer_t *issuer);


char *
ngx_http_healthcode_conf_subject_space(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                     *value = cf->args->elts;
    ngx_http_healthcode_issuer_t  *issuer = conf;

    if (issuer->subject_space.data) {
        return "is duplicate";
    }

    issuer->subject_space = value[1];

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (cf->args->nelts != 4 || value[3].len == 0
        || !healthcode_str_equal(ngx_http_healthcode_view(&value[2]),
                                 healthcode_str("by")))
    {
        return "takes a name, or a name and a claim; write \"subject_space "
               "NAME;\" or \"subject_space NAME by CLAIM;\"";
    }

    issuer->kind = value[3];

    return NGX_CONF_OK;
}


char *
ngx_http_healthcode_conf_claims_finish(ngx_http_healthcode_issuer_t *issuer)
{
    healthcode_claims_names_t  *claims = &issuer->core.claims;

    *claims = *healthcode_claims_usual();

    if (issuer->subject != NGX_CONF_UNSET_PTR) {
        claims->subjects = issuer->subject->elts;
        claims->nsubjects = issuer->subject->nelts;
        claims->subject_digits = true;
    }

    if (issuer->kind.len) {
        claims->kind = ngx_http_healthcode_view(&issuer->kind);
    }

    if (issuer->regions.data && issuer->regions.len == 0) {
        return "has an empty \"regions\"; write the name of a claim, or leave "
               "it out";
    }

    if (issuer->regions.len) {
        claims->regions = ngx_http_healthcode_view(&issuer->regions);
    }

    return ngx_http_healthcode_conf_claims_status(issuer);
}


static char *
ngx_http_healthcode_conf_claims_status(ngx_http_healthcode_issuer_t *issuer)
{
    healthcode_str_t           *word;
    healthcode_claims_names_t  *claims = &issuer->core.claims;

    if (issuer->status == NGX_CONF_UNSET_PTR) {
        return NGX_CONF_OK;
    }

    word = issuer->status->elts;

    if (issuer->status->nelts > 1) {
        claims->status = word[0];
        claims->normal = word + 1;
        claims->nnormal = issuer->status->nelts - 1;

        return NGX_CONF_OK;
    }

    if (!healthcode_str_equal(word[0], healthcode_str("off"))) {
        return "has a \"status\" without values; write \"status CLAIM VALUE "
               "...;\" with those that pass, or \"status off;\"";
    }

    claims->status = healthcode_str_from(NULL, 0);
    claims->normal = NULL;
    claims->nnormal = 0;

    return NGX_CONF_OK;
}


/*
 * Two that both name a claim, of whatever name, know a person by the same
 * three.  Each issuer without one is named once.
 */
void
ngx_http_healthcode_conf_claims_advise(ngx_conf_t *cf, ngx_array_t *issuers)
{
    ngx_uint_t                      i, k;
    ngx_http_healthcode_issuer_t  **issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {
        for (k = 0; k < issuers->nelts && issuer[i]->kind.len == 0; k++) {

            if (issuer[k]->kind.len
                && ngx_http_healthcode_conf_is_name(&issuer[i]->subject_space,
                                                    &issuer[k]->subject_space))
            {
                ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                              "healthcode: issuers \"%V\" and \"%V\" have the "
                              "subject_space \"%V\", but only \"%V\" has a "
                              "\"by\" in that line, so no flag counts for "
                              "both; write \"by CLAIM\" there, too, or "
                              "\"subject_space %V:KIND;\" if its codes are all "
                              "of one kind", &issuer[i]->name,
                              &issuer[k]->name, &issuer[i]->subject_space,
                              &issuer[k]->name, &issuer[i]->subject_space);
                break;
            }
        }
    }
}
