/*
 * Whether the workers, which are not root, may read the key files that the
 * master reads: "nginx -t" says so before a key has to change in a hurry.
 * Changes nobody's identity.  README.md, "keys".
 */

#include "ngx_http_healthcode_conf.h"
#include "ngx_http_healthcode_load.h"

#include <grp.h>


/* Groups of a user that are looked at. */
#define NGX_HTTP_HEALTHCODE_READABLE_GROUPS  256


static const char *ngx_http_healthcode_conf_worker(const ngx_core_conf_t *ccf,
    unsigned *groups, healthcode_access_user_t *user);


void
ngx_http_healthcode_conf_readable(ngx_cycle_t *cycle,
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

    /* one process that does all changes no user */

    if (mcf->issuers.nelts == 0 || geteuid() != 0 || !ccf->master) {
        return;
    }

    name = ngx_http_healthcode_conf_worker(ccf, groups, &user);

    for (i = 0; name && i < mcf->issuers.nelts; i++) {

        if (ngx_http_healthcode_load_is_readable(issuer[i], &user, file,
                                                 sizeof(file)))
        {
            continue;
        }

        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "healthcode: \"%s\", of the keys of issuer \"%V\", "
                      "cannot be read by user \"%s\" of the workers, so that "
                      "a change counts after a reload only; let that user, or "
                      "a group that it is in, read files and enter folders in "
                      "%V:%ui", file, &issuer[i]->name, name,
                      &issuer[i]->block.file, issuer[i]->block.line);
    }
}


/* The user that workers will be, whose name is returned; NULL: not known. */
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
