/*
 * What "nginx -t" says about a configuration that is valid: where it was
 * chosen, what a site should know that it chose.  Refuses nothing.
 * README.md, "Directives".
 */

#include "ngx_http_healthcode_conf.h"


/* A key, and which of the issuers has it. */
typedef struct {
    const healthcode_key_t  *key;
    ngx_uint_t               issuer;
    ngx_uint_t               other;      /* that has it too */
} ngx_http_healthcode_owner_t;


static void ngx_http_healthcode_conf_underscore(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *name, ngx_str_t *at);
static void ngx_http_healthcode_conf_flags(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *name, ngx_str_t *at);
static ngx_uint_t ngx_http_healthcode_conf_is_national(ngx_array_t *deny);
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


void
ngx_http_healthcode_conf_notice(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t                  name, at;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    ngx_http_healthcode_conf_where(clcf, &name);
    ngx_http_healthcode_conf_at(cf, conf, &at);

    if (conf->rules.mode == NGX_HTTP_HEALTHCODE_AUDIT) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" lets every request go on "
                      "and only logs what it would do (healthcode audit)%V",
                      &name, &at);
    }

    if (conf->rules.max_age > NGX_HTTP_HEALTHCODE_MAX_AGE) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" accepts codes that are "
                      "older than 15 minutes (healthcode_max_age)%V", &name,
                      &at);
    }

    if (conf->rules.require) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" asks for claims that the "
                      "national rule does not ask for (healthcode_require)%V",
                      &name, &at);
    }

    if (conf->rules.on_outage) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" lets holders pass while "
                      "their flags cannot be read (healthcode_on_outage "
                      "allow)%V", &name, &at);
    }

    ngx_http_healthcode_conf_underscore(cf, conf, &name, &at);
    ngx_http_healthcode_conf_flags(cf, conf, &name, &at);
}


/* A header that nginx drops before anybody can look for it. */
static void
ngx_http_healthcode_conf_underscore(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *name, ngx_str_t *at)
{
    ngx_uint_t                     i;
    ngx_http_core_srv_conf_t      *cscf;
    ngx_http_healthcode_source_t  *source = conf->rules.sources->elts;

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    if (cscf->underscores_in_headers || !cscf->ignore_invalid_headers) {
        return;
    }

    for (i = 0; i < conf->rules.sources->nelts; i++) {

        if (source[i].kind == NGX_HTTP_HEALTHCODE_HEADER
            && ngx_strlchr(source[i].name.data,
                           source[i].name.data + source[i].name.len, '_'))
        {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "healthcode: location \"%V\" looks for the code in "
                          "the header \"%V\", but nginx drops headers with "
                          "\"_\" in their name; write \"-\" instead, or "
                          "\"underscores_in_headers on;\" in the http block%V",
                          name, &source[i].name, at);
        }
    }
}


static void
ngx_http_healthcode_conf_flags(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *name, ngx_str_t *at)
{
    if (conf->rules.store == NULL) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" reads no risk flags: %s%V",
                      name, conf->store_reference
                            ? "healthcode_risk is off"
                            : "there is no healthcode_store", at);
        return;
    }

    if (!ngx_http_healthcode_conf_is_national(conf->rules.deny)) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" denies on other flags than "
                      "the national set (healthcode_deny)%V", name, at);
    }

    if (conf->rules.region_deny != HEALTHCODE_RISK_LEVEL_HIGH) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "healthcode: location \"%V\" denies on other region "
                      "levels than \"high\" (healthcode_region_deny)%V", name,
                      at);
    }
}


void
ngx_http_healthcode_conf_warn(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf)
{
    ngx_str_t                  name, at;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->satisfy == NGX_HTTP_SATISFY_ANY) {
        ngx_http_healthcode_conf_where(clcf, &name);
        ngx_http_healthcode_conf_at(cf, conf, &at);
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "healthcode: location \"%V\" says \"satisfy any\": any "
                      "other access rule that passes, such as \"allow all\", "
                      "opens this gate%V", &name, &at);
    }
}


void
ngx_http_healthcode_conf_at(ngx_conf_t *cf,
    const ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *at)
{
    u_char                           *p;
    size_t                            size;
    ngx_uint_t                        named;
    ngx_http_core_srv_conf_t         *cscf;
    const ngx_http_healthcode_reference_t  *block = &conf->block;

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    size = sizeof(" in server \"\" in :") + cscf->server_name.len
           + block->file.len + NGX_INT_T_LEN;
    named = (cscf->server_name.len != 0);

    ngx_str_null(at);

    p = ngx_pnalloc(cf->pool, size);
    if (p == NULL) {
        return;
    }

    at->data = p;
    at->len = ngx_snprintf(p, size, "%s%V%s in %V:%ui",
                           named ? " in server \"" : "", &cscf->server_name,
                           named ? "\"" : "", &block->file, block->line)
              - p;
}


void
ngx_http_healthcode_conf_where(ngx_http_core_loc_conf_t *clcf, ngx_str_t *name)
{
    if (clcf->name.len) {
        *name = clcf->name;
    } else {
        ngx_str_set(name, "(server)");
    }
}


static ngx_uint_t
ngx_http_healthcode_conf_is_national(ngx_array_t *deny)
{
    size_t                    i, n, count;
    ngx_uint_t                found = 0;
    healthcode_str_t         *flags = deny->elts;
    static const char *const  national[] = { HEALTHCODE_RISK_NATIONAL };

    count = sizeof(national) / sizeof(national[0]);

    for (i = 0; i < count; i++) {
        for (n = 0; n < deny->nelts; n++) {
            if (healthcode_str_equal(flags[n],
                                     healthcode_str_from(national[i],
                                                  ngx_strlen(national[i]))))
            {
                found++;
                break;
            }
        }
    }

    return found == count && deny->nelts == count;
}


void
ngx_http_healthcode_conf_secret(ngx_conf_t *cf, ngx_str_t *name,
    ngx_uint_t mode)
{
    ngx_str_t  path = *name;

    if (!(mode & S_IROTH)
        || ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK)
    {
        return;
    }

    ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                       "healthcode: \"%V\" holds a secret, but everybody on "
                       "this machine may read it; write \"chmod 600 %V\"",
                       name, &path);
}


ngx_int_t
ngx_http_healthcode_conf_audit(ngx_conf_t *cf, ngx_array_t *issuers)
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


/* Sorted, since all pairs of keys would be too many. */
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
 * Leaves in front, in order, the first owner of each key with every other one;
 * returns how many there are.
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
