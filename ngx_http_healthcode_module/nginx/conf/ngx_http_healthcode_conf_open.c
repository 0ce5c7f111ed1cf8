/*
 * Whether a location is open to all: no rule of nginx's own says who may ask
 * for it.
 * Knows no: request, connection.  docs/directives.md, "healthcode_status".
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#if (NGX_HTTP_SSL)
#include <ngx_http_ssl_module.h>
#endif

#include "ngx_http_healthcode_conf_module.h"
#include "ngx_http_healthcode_conf_open.h"


#define NGX_HTTP_HEALTHCODE_GUARD_LOCATION  1
#define NGX_HTTP_HEALTHCODE_GUARD_SERVER    2

/* The phases that this module has a handler in, before the content. */
#define NGX_HTTP_HEALTHCODE_OPEN_PHASES     4


/* A module of nginx with handlers that run before the content. */
typedef struct {
    const char                    *name;
    ngx_uint_t                     handlers;
    ngx_uint_t                     guards;     /* where its lines can refuse;
                                                  0: nobody by who it is */
    const char                    *off;        /* a line that can say "off" */
} ngx_http_healthcode_guard_t;


static void **ngx_http_healthcode_conf_open_confs(
    const ngx_http_healthcode_place_t *place);
static ngx_uint_t ngx_http_healthcode_conf_open_guarded(ngx_conf_t *cf,
    const ngx_http_healthcode_guard_t *guard, void **confs);
static ngx_uint_t ngx_http_healthcode_conf_open_listens(ngx_conf_t *cf,
    const ngx_http_core_srv_conf_t *server);
static ngx_uint_t ngx_http_healthcode_conf_open_address(ngx_conf_t *cf,
    const ngx_http_core_srv_conf_t *server, const ngx_http_conf_addr_t *addr);
static ngx_uint_t ngx_http_healthcode_conf_open_is_tls(ngx_conf_t *cf,
    const ngx_http_conf_addr_t *addr);
static ngx_uint_t ngx_http_healthcode_conf_open_is_loopback(
    const struct sockaddr *sockaddr);
static ngx_uint_t ngx_http_healthcode_conf_open_is_verified(ngx_conf_t *cf,
    const ngx_http_core_srv_conf_t *server);
#if (NGX_HTTP_SSL)
static const ngx_http_ssl_srv_conf_t *ngx_http_healthcode_conf_open_ssl(
    ngx_conf_t *cf, const ngx_http_core_srv_conf_t *server);
#endif


/* "if" and "return" can refuse whom they want, and those of a server as well */
static const ngx_http_healthcode_guard_t
    ngx_http_healthcode_conf_open_guards[] =
{
    { "ngx_http_access_module", 1, NGX_HTTP_HEALTHCODE_GUARD_LOCATION, NULL },

    { "ngx_http_auth_basic_module", 1, NGX_HTTP_HEALTHCODE_GUARD_LOCATION,
      "auth_basic" },

    { "ngx_http_auth_request_module", 1, NGX_HTTP_HEALTHCODE_GUARD_LOCATION,
      NULL },

    { "ngx_http_rewrite_module", 2,
      NGX_HTTP_HEALTHCODE_GUARD_LOCATION|NGX_HTTP_HEALTHCODE_GUARD_SERVER,
      NULL },

    { "ngx_http_try_files_module", 1, NGX_HTTP_HEALTHCODE_GUARD_LOCATION,
      NULL },

    { "ngx_http_realip_module", 2, 0, NULL },
    { "ngx_http_limit_conn_module", 1, 0, NULL },
    { "ngx_http_limit_req_module", 1, 0, NULL },
    { "ngx_http_degradation_module", 1, 0, NULL },
    { "ngx_http_mirror_module", 1, 0, NULL },

    { NULL, 0, 0, NULL }
};


ngx_uint_t
ngx_http_healthcode_conf_open(ngx_conf_t *cf,
    const ngx_http_healthcode_place_t *place)
{
    void                            **confs;
    ngx_http_healthcode_loc_conf_t   *conf;

    confs = ngx_http_healthcode_conf_open_confs(place);
    conf = confs[ngx_http_healthcode_module.ctx_index];

    return conf->rules.mode != NGX_HTTP_HEALTHCODE_ON
           && ngx_http_healthcode_conf_open_beside(cf, place);
}


/* The configuration that counts for GET. */
static void **
ngx_http_healthcode_conf_open_confs(const ngx_http_healthcode_place_t *place)
{
    ngx_http_core_loc_conf_t  *clcf = place->location;

    if (clcf->limit_except & NGX_HTTP_GET) {
        return clcf->limit_except_loc_conf;
    }

    return clcf->loc_conf ? clcf->loc_conf : place->server->ctx->loc_conf;
}


ngx_uint_t
ngx_http_healthcode_conf_open_beside(ngx_conf_t *cf,
    const ngx_http_healthcode_place_t *place)
{
    void                               **confs, **outer;
    ngx_http_core_loc_conf_t            *clcf = place->location;
    const ngx_http_healthcode_guard_t   *guard;

    outer = place->server->ctx->loc_conf;
    confs = ngx_http_healthcode_conf_open_confs(place);

    if (clcf->internal || clcf->named
        || !ngx_http_healthcode_conf_open_listens(cf, place->server))
    {
        return 0;
    }

    for (guard = ngx_http_healthcode_conf_open_guards; guard->name; guard++) {

        if ((guard->guards & NGX_HTTP_HEALTHCODE_GUARD_LOCATION
             && ngx_http_healthcode_conf_open_guarded(cf, guard, confs))
            || (guard->guards & NGX_HTTP_HEALTHCODE_GUARD_SERVER
                && ngx_http_healthcode_conf_open_guarded(cf, guard, outer)))
        {
            return 0;
        }
    }

    return 1;
}


/* Whether it refuses some there; 1 also if that is not known. */
static ngx_uint_t
ngx_http_healthcode_conf_open_guarded(ngx_conf_t *cf,
    const ngx_http_healthcode_guard_t *guard, void **confs)
{
    void                      *conf;
    ngx_module_t              *module;
    ngx_http_complex_value_t  *value;

    module = ngx_http_healthcode_conf_module(cf->cycle, guard->name);
    if (module == NULL) {
        return 0;
    }

    conf = confs[module->ctx_index];

    if (ngx_http_healthcode_conf_module_is_idle(cf, module, conf)) {
        return 0;
    }

    return guard->off == NULL
           || !ngx_http_healthcode_conf_module_text(module, guard->off, conf,
                                                    &value)
           || (value
               && (value->lengths || value->value.len != 3
                   || ngx_strncmp(value->value.data, "off", 3) != 0));
}


/* Whether others than this machine reach an address of the server. */
static ngx_uint_t
ngx_http_healthcode_conf_open_listens(ngx_conf_t *cf,
    const ngx_http_core_srv_conf_t *server)
{
    ngx_uint_t                  i, k;
    ngx_http_conf_addr_t       *addr;
    ngx_http_conf_port_t       *port;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    port = cmcf->ports ? cmcf->ports->elts : NULL;

    for (i = 0; port && i < cmcf->ports->nelts; i++) {

        addr = port[i].addrs.elts;

        for (k = 0; k < port[i].addrs.nelts; k++) {
            if (ngx_http_healthcode_conf_open_address(cf, server, &addr[k])) {
                return 1;
            }
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_healthcode_conf_open_address(ngx_conf_t *cf,
    const ngx_http_core_srv_conf_t *server, const ngx_http_conf_addr_t *addr)
{
    ngx_uint_t                  i;
    ngx_http_core_srv_conf_t  **servers = addr->servers.elts;

    for (i = 0; i < addr->servers.nelts; i++) {
        if (servers[i] == server) {
            return !ngx_http_healthcode_conf_open_is_loopback(
                                                          addr->opt.sockaddr)
                   && !(ngx_http_healthcode_conf_open_is_tls(cf, addr)
                        && ngx_http_healthcode_conf_open_is_verified(cf,
                                                                     server));
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_healthcode_conf_open_is_tls(ngx_conf_t *cf,
    const ngx_http_conf_addr_t *addr)
{
#if (nginx_version >= 1025000)

    if (addr->opt.quic) {
        return 1;
    }

#endif

#if (NGX_HTTP_SSL && nginx_version < 1025001)

    const ngx_http_ssl_srv_conf_t  *sscf;

    /* "ssl on", which counts in the server that an address has by default */

    sscf = ngx_http_healthcode_conf_open_ssl(cf, addr->default_server);

    if (sscf && sscf->enable == 1) {
        return 1;
    }

#endif

    return addr->opt.ssl;
}


static ngx_uint_t
ngx_http_healthcode_conf_open_is_loopback(const struct sockaddr *sockaddr)
{
    const struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    const struct sockaddr_in6  *sin6;
#endif

    switch (sockaddr->sa_family) {

    case AF_INET:
        sin = (const struct sockaddr_in *) sockaddr;
        return ntohl(sin->sin_addr.s_addr) >> 24 == 127;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (const struct sockaddr_in6 *) sockaddr;
        return IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr)
               || (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)
                   && sin6->sin6_addr.s6_addr[12] == 127);
#endif
    }

    return sockaddr->sa_family == AF_UNIX;
}


/* Whether it refuses clients without a certificate; 1 also if not known. */
static ngx_uint_t
ngx_http_healthcode_conf_open_is_verified(ngx_conf_t *cf,
    const ngx_http_core_srv_conf_t *server)
{
#if (NGX_HTTP_SSL)

    const ngx_http_ssl_srv_conf_t  *sscf;

    sscf = ngx_http_healthcode_conf_open_ssl(cf, server);

    if (sscf) {
        return sscf->verify == 1;
    }

#endif

    return 1;
}


#if (NGX_HTTP_SSL)

/* NULL: this nginx is built without TLS. */
static const ngx_http_ssl_srv_conf_t *
ngx_http_healthcode_conf_open_ssl(ngx_conf_t *cf,
    const ngx_http_core_srv_conf_t *server)
{
    ngx_module_t  *module;

    module = ngx_http_healthcode_conf_module(cf->cycle, "ngx_http_ssl_module");

    return module ? server->ctx->srv_conf[module->ctx_index] : NULL;
}

#endif


ngx_int_t
ngx_http_healthcode_conf_open_note(ngx_conf_t *cf,
    const ngx_http_healthcode_place_t *place, ngx_array_t *array)
{
    ngx_http_healthcode_open_t  *open;

    open = ngx_array_push(array);
    if (open == NULL) {
        return NGX_ERROR;
    }

    ngx_http_healthcode_conf_where(place->location, &open->where);
    ngx_http_healthcode_conf_at_server(cf, place->server, place->conf,
                                       &open->at);

    return NGX_OK;
}


ngx_uint_t
ngx_http_healthcode_conf_open_has_others(ngx_cycle_t *cycle,
    const ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                          phase, known, found = 0;
    ngx_http_core_main_conf_t          *cmcf;
    const ngx_http_healthcode_guard_t  *guard;

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_core_module);

    for (phase = NGX_HTTP_POST_READ_PHASE;
         phase < NGX_HTTP_CONTENT_PHASE;
         phase++)
    {
        found += cmcf->phases[phase].handlers.nelts;
    }

    known = mcf->policies.nelts
            ? NGX_HTTP_HEALTHCODE_OPEN_PHASES + mcf->has_any : 0;

    for (guard = ngx_http_healthcode_conf_open_guards; guard->name; guard++) {
        if (ngx_http_healthcode_conf_module(cycle, guard->name)) {
            known += guard->handlers;
        }
    }

    return found != known;
}
