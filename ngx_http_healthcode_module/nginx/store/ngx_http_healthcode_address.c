/*
 * The addresses of a server, which are tried in turn.  Knows no: connection,
 * store, request, log, timer.  docs/connection.md, "Names".
 */

#include "ngx_http_healthcode_address.h"


static ngx_http_healthcode_address_t *ngx_http_healthcode_address_list_create(
    ngx_http_healthcode_address_list_t *list, ngx_uint_t n);
static void ngx_http_healthcode_address_list_take(
    ngx_http_healthcode_address_list_t *list,
    ngx_http_healthcode_address_t *elts, ngx_uint_t n);
static void ngx_http_healthcode_address_set(
    ngx_http_healthcode_address_t *address, const struct sockaddr *sockaddr,
    socklen_t socklen, const ngx_str_t *name);
static ngx_uint_t ngx_http_healthcode_address_target(
    const ngx_resolver_addr_t *addrs, ngx_uint_t n);
static ngx_http_healthcode_address_t *ngx_http_healthcode_address_list_find(
    const ngx_http_healthcode_address_list_t *list,
    const ngx_http_healthcode_address_t *address);


ngx_int_t
ngx_http_healthcode_address_list_init(ngx_http_healthcode_address_list_t *list,
    const ngx_http_healthcode_server_t *server, ngx_log_t *log)
{
    ngx_uint_t                      i;
    const ngx_addr_t               *addrs = server->addrs;
    ngx_http_healthcode_address_t  *elts;

    ngx_memzero(list, sizeof(ngx_http_healthcode_address_list_t));

    list->server = server;
    list->log = log;

    if (server->naddrs == 0) {
        return NGX_OK;
    }

    elts = ngx_http_healthcode_address_list_create(list, server->naddrs);
    if (elts == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < server->naddrs; i++) {
        ngx_http_healthcode_address_set(&elts[i], addrs[i].sockaddr,
                                        addrs[i].socklen, &addrs[i].name);
    }

    ngx_http_healthcode_address_list_take(list, elts, server->naddrs);

    return NGX_OK;
}


void
ngx_http_healthcode_address_list_free(ngx_http_healthcode_address_list_t *list)
{
    if (list->elts) {
        ngx_free(list->elts);
        list->elts = NULL;
        list->turns = NULL;
        list->nelts = 0;
    }
}


/* Of n addresses, and behind them as many turns; NULL: no memory. */
static ngx_http_healthcode_address_t *
ngx_http_healthcode_address_list_create(
    ngx_http_healthcode_address_list_t *list, ngx_uint_t n)
{
    return ngx_calloc(n * (sizeof(ngx_http_healthcode_address_t)
                           + sizeof(healthcode_turn_t)), list->log);
}


/* Has these from now on. */
static void
ngx_http_healthcode_address_list_take(
    ngx_http_healthcode_address_list_t *list,
    ngx_http_healthcode_address_t *elts, ngx_uint_t n)
{
    ngx_uint_t  i;

    ngx_http_healthcode_address_list_free(list);

    list->elts = elts;
    list->nelts = n;
    list->turns = (healthcode_turn_t *) &elts[n];

    for (i = 0; i < n; i++) {
        elts[i].turn.address = i;
        elts[i].turn.is_ipv6 = (elts[i].sockaddr.sockaddr.sa_family
                                == AF_INET6);
    }
}


static void
ngx_http_healthcode_address_set(ngx_http_healthcode_address_t *address,
    const struct sockaddr *sockaddr, socklen_t socklen, const ngx_str_t *name)
{
    address->socklen = ngx_min(socklen, (socklen_t) sizeof(ngx_sockaddr_t));
    ngx_memcpy(&address->sockaddr, sockaddr, address->socklen);

    address->name = *name;
}


ngx_int_t
ngx_http_healthcode_address_list_resolved(
    ngx_http_healthcode_address_list_t *list, const ngx_resolver_addr_t *addrs,
    ngx_uint_t n)
{
    ngx_uint_t                      i;
    healthcode_turn_t              *turn;
    ngx_http_healthcode_address_t  *elts, *before;

    elts = ngx_http_healthcode_address_list_create(list, n);
    if (elts == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        ngx_http_healthcode_address_set(&elts[i], addrs[i].sockaddr,
                                        addrs[i].socklen, &list->server->text);

        turn = &elts[i].turn;

        if (list->server->service.len) {
            turn->target = ngx_http_healthcode_address_target(addrs, i);
            turn->priority = addrs[i].priority;
            turn->weight = addrs[i].weight;

        } else {
            ngx_inet_set_port(&elts[i].sockaddr.sockaddr, list->server->port);
        }

        before = ngx_http_healthcode_address_list_find(list, &elts[i]);

        if (before) {
            turn->is_last = before->turn.is_last;
            turn->failed = before->turn.failed;
            turn->failure = before->turn.failure;
        }
    }

    ngx_http_healthcode_address_list_take(list, elts, n);

    return NGX_OK;
}


/* The number of the first address of this one's record. */
static ngx_uint_t
ngx_http_healthcode_address_target(const ngx_resolver_addr_t *addrs,
    ngx_uint_t n)
{
    ngx_uint_t  i = 0;

    /* the resolver has one name for each record */

    while (addrs[i].name.data != addrs[n].name.data) {
        i++;
    }

    return i;
}


/* ---- in turn ---- */

void
ngx_http_healthcode_address_list_begin(
    ngx_http_healthcode_address_list_t *list, uint64_t now)
{
    ngx_uint_t  i;

    for (i = 0; i < list->nelts; i++) {
        list->turns[i] = list->elts[i].turn;
    }

    healthcode_turns_sort(list->turns, list->nelts, now,
                          (uint32_t) ngx_random());
    list->next = 0;
}


void
ngx_http_healthcode_address_list_next(ngx_http_healthcode_address_list_t *list,
    ngx_http_healthcode_address_t *address)
{
    *address = list->elts[list->turns[list->next++].address];
}


ngx_uint_t
ngx_http_healthcode_address_list_has_next(
    const ngx_http_healthcode_address_list_t *list)
{
    return list->next < ngx_min(list->nelts, HEALTHCODE_TURNS_ROUND);
}


void
ngx_http_healthcode_address_list_serves(
    ngx_http_healthcode_address_list_t *list,
    const ngx_http_healthcode_address_t *address)
{
    ngx_uint_t                      i;
    ngx_http_healthcode_address_t  *one;

    for (i = 0; i < list->nelts; i++) {
        list->elts[i].turn.is_last = 0;
    }

    one = ngx_http_healthcode_address_list_find(list, address);

    if (one) {
        one->turn.is_last = 1;
        one->turn.failed = 0;
    }
}


void
ngx_http_healthcode_address_list_fails(
    ngx_http_healthcode_address_list_t *list,
    const ngx_http_healthcode_address_t *address, uint64_t now)
{
    ngx_http_healthcode_address_t  *one;

    one = ngx_http_healthcode_address_list_find(list, address);

    if (one) {
        one->turn.is_last = 0;
        one->turn.failed = now;
        one->turn.failure = ++list->failures;
    }
}


/* NULL: it is not there. */
static ngx_http_healthcode_address_t *
ngx_http_healthcode_address_list_find(
    const ngx_http_healthcode_address_list_t *list,
    const ngx_http_healthcode_address_t *address)
{
    ngx_uint_t                      i;
    ngx_http_healthcode_address_t  *one;

    for (i = 0; i < list->nelts; i++) {

        one = &list->elts[i];

        if (ngx_cmp_sockaddr(&one->sockaddr.sockaddr, one->socklen,
                             (struct sockaddr *) &address->sockaddr,
                             address->socklen, 1)
            == NGX_OK)
        {
            return one;
        }
    }

    return NULL;
}


ngx_uint_t
ngx_http_healthcode_address_list_has(
    const ngx_http_healthcode_address_list_t *list,
    const ngx_http_healthcode_address_t *address)
{
    return ngx_http_healthcode_address_list_find(list, address) != NULL;
}
