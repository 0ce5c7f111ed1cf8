/*
 * The addresses of a server, which are tried in turn.  Knows no: connection,
 * store, request, log, timer.  docs/connection.md, "Names".
 */

#ifndef NGX_HTTP_HEALTHCODE_ADDRESS_H
#define NGX_HTTP_HEALTHCODE_ADDRESS_H

#include "../ngx_http_healthcode.h"

#include "../../redis/healthcode_turns.h"


typedef struct {
    ngx_sockaddr_t                       sockaddr;
    socklen_t                            socklen;
    ngx_str_t                            name;      /* for debug lines; of the
                                                       configuration */
    healthcode_turn_t                    turn;
} ngx_http_healthcode_address_t;


/* A list of them, which the caller owns. */
typedef struct {
    const ngx_http_healthcode_server_t  *server;
    ngx_http_healthcode_address_t       *elts;      /* from ngx_alloc() */
    ngx_uint_t                           nelts;
    healthcode_turn_t                   *turns;     /* in their order */
    ngx_uint_t                           next;      /* of turns */
    uint64_t                             failures;
    ngx_log_t                           *log;
} ngx_http_healthcode_address_list_t;


/*
 * Lists the addresses that the configuration has of server: none, if its name
 * is resolved while nginx serves.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_address_list_init(
    ngx_http_healthcode_address_list_t *list,
    const ngx_http_healthcode_server_t *server, ngx_log_t *log);
void ngx_http_healthcode_address_list_free(
    ngx_http_healthcode_address_list_t *list);

/*
 * Lists, instead, the n addresses that the resolver has for the server's name,
 * and keeps which of them served or failed before; the port is the server's,
 * or that of their SRV records.  NGX_OK, or NGX_ERROR: no memory, and the list
 * is as it was.
 */
ngx_int_t ngx_http_healthcode_address_list_resolved(
    ngx_http_healthcode_address_list_t *list, const ngx_resolver_addr_t *addrs,
    ngx_uint_t n);

/* Begins a round: each is to be tried once; now is in ms. */
void ngx_http_healthcode_address_list_begin(
    ngx_http_healthcode_address_list_t *list, uint64_t now);

/* Copies the next one in turn; the list is not empty. */
void ngx_http_healthcode_address_list_next(
    ngx_http_healthcode_address_list_t *list,
    ngx_http_healthcode_address_t *address);

/* Whether another one is to be tried in this round. */
ngx_uint_t ngx_http_healthcode_address_list_has_next(
    const ngx_http_healthcode_address_list_t *list);

/* The address serves; or has failed, at now. */
void ngx_http_healthcode_address_list_serves(
    ngx_http_healthcode_address_list_t *list,
    const ngx_http_healthcode_address_t *address);
void ngx_http_healthcode_address_list_fails(
    ngx_http_healthcode_address_list_t *list,
    const ngx_http_healthcode_address_t *address, uint64_t now);

/* Whether the list has this address, and this port. */
ngx_uint_t ngx_http_healthcode_address_list_has(
    const ngx_http_healthcode_address_list_t *list,
    const ngx_http_healthcode_address_t *address);


/* The bytes that tell an address from others, for as long as it lives. */
static ngx_inline healthcode_str_t
ngx_http_healthcode_address_identity(
    const ngx_http_healthcode_address_t *address)
{
    return healthcode_str_from(&address->sockaddr, address->socklen);
}


static ngx_inline ngx_uint_t
ngx_http_healthcode_address_is_unix(
    const ngx_http_healthcode_address_t *address)
{
    return address->sockaddr.sockaddr.sa_family == AF_UNIX;
}

#endif
