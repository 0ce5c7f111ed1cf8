/*
 * The client certificate whose key the other end of a connection has proved to
 * have, for codes that are bound to one.  Judges nothing.
 * Knows no: header, location, store, verdict.
 * docs/request-path.md, "Token, Signature, Claims".
 */

#include "ngx_http_healthcode_bound.h"
#include "../../core/healthcode_bound.h"


#if (NGX_SSL || NGX_COMPAT)

/*
 * nginx's own.  Weak, so that the module loads into an nginx that was built
 * without TLS; there no directive leads here.
 */
ngx_int_t ngx_ssl_get_raw_certificate(ngx_connection_t *c, ngx_pool_t *pool,
    ngx_str_t *s) __attribute__((weak));
ngx_int_t ngx_ssl_get_early_data(ngx_connection_t *c, ngx_pool_t *pool,
    ngx_str_t *s) __attribute__((weak));

#endif


ngx_uint_t
ngx_http_healthcode_bound_certificate(ngx_http_request_t *r,
    uint8_t *certificate)
{
#if (NGX_SSL || NGX_COMPAT)

    ngx_str_t          early, pem;
    ngx_connection_t  *c = r->connection;

    if (c->ssl
        && ngx_ssl_get_early_data
        && ngx_ssl_get_raw_certificate
        && ngx_ssl_get_early_data(c, r->pool, &early) == NGX_OK
        && early.len == 0
        && ngx_ssl_get_raw_certificate(c, r->pool, &pem) == NGX_OK)
    {
        return healthcode_bound_thumbprint(ngx_http_healthcode_view(&pem),
                                           certificate);
    }

#endif

    return 0;
}
