/*
 * Whether the workers, which are not root, may read the key files and those of
 * stores that the master reads: "nginx -t" says so before one has to change in
 * a hurry.
 * Knows no: request, connection, location.  docs/directives.md, "keys".
 */

#include "../keys/ngx_http_healthcode_keys_readable.h"
#include "ngx_http_healthcode_conf_readable.h"

#include <grp.h>


/* The most groups of a user that are read. */
#define NGX_HTTP_HEALTHCODE_READABLE_GROUPS  256


static void ngx_http_healthcode_conf_readable_note(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf, const char *name,
    const healthcode_access_user_t *user);
static const char *ngx_http_healthcode_conf_worker(const ngx_core_conf_t *ccf,
    unsigned *groups, healthcode_access_user_t *user);


void
ngx_http_healthcode_conf_readable_warn(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf)
{
    char                            file[512];
    unsigned                        groups[NGX_HTTP_HEALTHCODE_READABLE_GROUPS];
    ngx_uint_t                      i;
    const char                     *name;
    ngx_core_conf_t                *ccf;
    healthcode_access_user_t        user;
    ngx_http_healthcode_issuer_t  **issuer = mcf->issuers.elts;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    /* a single process keeps its user */

    if (mcf->issuers.nelts + mcf->credentials.nelts == 0 || geteuid() != 0
        || !ccf->master)
    {
        return;
    }

    name = ngx_http_healthcode_conf_worker(ccf, groups, &user);

    for (i = 0; name && i < mcf->issuers.nelts; i++) {

        if (ngx_http_healthcode_keys_readable(issuer[i], &user, file,
                                              sizeof(file)))
        {
            continue;
        }

        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "healthcode: \"%s\", of the keys of issuer \"%V\", "
                      "cannot be read by user \"%s\" of the workers, so that "
                      "a change counts after a reload only; let that user, or "
                      "a group that it is in, read files and enter "
                      "directories in %V:%ui", file, &issuer[i]->name, name,
                      &issuer[i]->block.file, issuer[i]->block.line);
    }

    if (name) {
        ngx_http_healthcode_conf_readable_note(cycle, mcf, name, &user);
    }
}


/* Many want it so: a password that root alone reads, and a reload. */
static void
ngx_http_healthcode_conf_readable_note(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf, const char *name,
    const healthcode_access_user_t *user)
{
    char                                file[512];
    ngx_log_t                          *log;
    ngx_str_t                          *path;
    ngx_uint_t                          i, n, may;
    ngx_http_healthcode_credential_t  **credential = mcf->credentials.elts;

    /* "nginx -t" shows what it logs while it reads */

    log = ngx_test_config ? cycle->old_cycle->log : cycle->log;

    for (i = 0; i < mcf->credentials.nelts; i++) {

        path = credential[i]->files;

        for (n = 0, may = 1;
             may && n < NGX_HTTP_HEALTHCODE_CREDENTIAL_FILES;
             n++)
        {
            may = path[n].len == 0
                  || ngx_http_healthcode_keys_readable_file(
                         (char *) path[n].data, user, file, sizeof(file));
        }

        if (may) {
            continue;
        }

        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "healthcode: \"%s\", of the %s of store \"%V\", cannot "
                      "be read by user \"%s\" of the workers: a new one counts "
                      "after a reload; let a group of that user read it for a "
                      "change without one in %V:%ui", file,
                      credential[i]->kind->what, &credential[i]->store, name,
                      &credential[i]->block.file, credential[i]->block.line);
    }
}


/* Finds the user of the workers.  Returns its name; NULL if it is not known. */
static const char *
ngx_http_healthcode_conf_worker(const ngx_core_conf_t *ccf, unsigned *groups,
    healthcode_access_user_t *user)
{
    int    i, n = NGX_HTTP_HEALTHCODE_READABLE_GROUPS;
    gid_t  list[NGX_HTTP_HEALTHCODE_READABLE_GROUPS];

    if (ccf->username == NULL
        || getgrouplist(ccf->username, ccf->group, list, &n) == -1)
    {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        groups[i] = (unsigned) list[i];
    }

    user->user = (unsigned) ccf->user;
    user->groups = groups;
    user->ngroups = (size_t) n;

    return ccf->username;
}
