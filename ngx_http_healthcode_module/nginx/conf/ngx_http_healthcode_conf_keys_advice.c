/*
 * What "nginx -t" says about the keys of all issuers together: a key that two
 * of them have, an algorithm that none is for.  Refuses nothing.
 * Knows no: request, connection, location, file.  docs/directives.md, "keys".
 */

#include "ngx_http_healthcode_conf_keys_advice.h"


/* A key and the issuer that has it, by its number. */
typedef struct {
    const healthcode_key_t  *key;
    ngx_uint_t               issuer;
    ngx_uint_t               other;      /* has it too */
} ngx_http_healthcode_owner_t;


static void ngx_http_healthcode_conf_keyless(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer);
static ngx_int_t ngx_http_healthcode_conf_shared(ngx_conf_t *cf,
    ngx_array_t *issuers);
static ngx_uint_t ngx_http_healthcode_conf_pairs(
    ngx_http_healthcode_owner_t *owners, ngx_uint_t n);
static int ngx_libc_cdecl ngx_http_healthcode_conf_by_key(const void *one,
    const void *two);
static int ngx_libc_cdecl ngx_http_healthcode_conf_by_pair(const void *one,
    const void *two);


ngx_int_t
ngx_http_healthcode_conf_keys_advise(ngx_conf_t *cf, ngx_array_t *issuers)
{
    ngx_uint_t                      i;
    ngx_http_healthcode_issuer_t  **issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {
        if (issuer[i]->keys.keyring && issuer[i]->keys.location.len == 0) {
            ngx_http_healthcode_conf_keyless(cf, issuer[i]);
        }
    }

    return ngx_http_healthcode_conf_shared(cf, issuers);
}


static void
ngx_http_healthcode_conf_keyless(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer)
{
    unsigned                       have;
    ngx_uint_t                     i;
    const healthcode_algorithm_t  *algorithm;

    have = healthcode_keyring_algorithms(issuer->keys.keyring);

    for (i = 0; (algorithm = healthcode_algorithm_at(i)); i++) {

        if (issuer->algorithms & ~have & healthcode_algorithm_bit(algorithm)) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "healthcode: issuer \"%V\" has no key for %s; add "
                          "one to its \"keys\", or take %s out of its "
                          "\"algorithms\" in %V:%ui",
                          &issuer->name, algorithm->name, algorithm->name,
                          &issuer->block.file, issuer->block.line);
        }
    }
}


/* Sorts keys instead of comparing all pairs, which would be too many. */
static ngx_int_t
ngx_http_healthcode_conf_shared(ngx_conf_t *cf, ngx_array_t *issuers)
{
    ngx_uint_t                      i, k, n;
    ngx_array_t                     owners;
    const healthcode_key_t         *key;
    ngx_http_healthcode_owner_t    *owner;
    ngx_http_healthcode_issuer_t  **issuer = issuers->elts;

    if (ngx_array_init(&owners, cf->temp_pool, 64,
                       sizeof(ngx_http_healthcode_owner_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < issuers->nelts; i++) {

        for (k = 0;
             issuer[i]->keys.keyring
             && (key = healthcode_keyring_at(issuer[i]->keys.keyring, k));
             k++)
        {
            owner = ngx_array_push(&owners);
            if (owner == NULL) {
                return NGX_ERROR;
            }

            owner->key = key;
            owner->issuer = i;
        }
    }

    owner = owners.elts;
    n = ngx_http_healthcode_conf_pairs(owner, owners.nelts);

    for (i = 0; i < n; i++) {

        if (i && owner[i].issuer == owner[i - 1].issuer
            && owner[i].other == owner[i - 1].other)
        {
            continue;
        }

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "healthcode: issuers \"%V\" and \"%V\" have one key, "
                      "thumbprint %s: each can sign codes of the other; give "
                      "each keys of its own in %V:%ui",
                      &issuer[owner[i].issuer]->name,
                      &issuer[owner[i].other]->name, owner[i].key->thumbprint,
                      &issuer[owner[i].other]->block.file,
                      issuer[owner[i].other]->block.line);
    }

    return NGX_OK;
}


/*
 * Moves the first owner of each key, once for every other owner, to the front,
 * in order of their issuers.  Returns the number of these pairs.
 */
static ngx_uint_t
ngx_http_healthcode_conf_pairs(ngx_http_healthcode_owner_t *owners,
    ngx_uint_t n)
{
    ngx_uint_t                   i, pairs = 0;
    ngx_http_healthcode_owner_t  first, last;

    ngx_qsort(owners, n, sizeof(ngx_http_healthcode_owner_t),
              ngx_http_healthcode_conf_by_key);

    ngx_memzero(&first, sizeof(ngx_http_healthcode_owner_t));
    last = first;

    for (i = 0; i < n; i++) {

        if (i == 0
            || ngx_strcmp(owners[i].key->thumbprint, first.key->thumbprint)
               != 0)
        {
            first = owners[i];

        } else if (owners[i].issuer != last.issuer) {
            owners[pairs] = first;
            owners[pairs++].other = owners[i].issuer;
        }

        last = owners[i];
    }

    ngx_qsort(owners, pairs, sizeof(ngx_http_healthcode_owner_t),
              ngx_http_healthcode_conf_by_pair);

    return pairs;
}


static int ngx_libc_cdecl
ngx_http_healthcode_conf_by_key(const void *one, const void *two)
{
    int                                 rc;
    const ngx_http_healthcode_owner_t  *a = one, *b = two;

    rc = ngx_strcmp(a->key->thumbprint, b->key->thumbprint);

    return rc ? rc : (a->issuer > b->issuer) - (a->issuer < b->issuer);
}


static int ngx_libc_cdecl
ngx_http_healthcode_conf_by_pair(const void *one, const void *two)
{
    int                                 rc;
    const ngx_http_healthcode_owner_t  *a = one, *b = two;

    rc = (a->issuer > b->issuer) - (a->issuer < b->issuer);

    return rc ? rc : (a->other > b->other) - (a->other < b->other);
}
