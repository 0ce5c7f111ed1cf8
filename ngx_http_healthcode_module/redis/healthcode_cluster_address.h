/*
 * Where a node of a Redis Cluster is to be reached, as nodes say it: a host and
 * a port.
 * Knows no: nginx, socket, clock, hiredis, memory.
 * docs/operations.md, "Cluster".
 */

#ifndef HEALTHCODE_CLUSTER_ADDRESS_H
#define HEALTHCODE_CLUSTER_ADDRESS_H

#include "../core/healthcode_str.h"


/* Bytes of a host, with a NUL: RFC 1035 allows a name 253. */
#define HEALTHCODE_CLUSTER_HOST  254

/* Bytes of an address as text, "[", "]:" and a port, with a NUL. */
#define HEALTHCODE_CLUSTER_TEXT  (HEALTHCODE_CLUSTER_HOST + 8)


typedef struct {
    char      host[HEALTHCODE_CLUSTER_HOST];   /* without brackets; a NUL */
    uint16_t  port;                            /* 0: it has no address */
} healthcode_cluster_address_t;


/*
 * The address of host and port: an IPv4 address, an IPv6 address, with or
 * without brackets, or a name of letters, digits, "-", "_" and ".".  False, and
 * nothing written: nobody can connect to it.
 */
bool healthcode_cluster_address_set(healthcode_cluster_address_t *address,
    healthcode_str_t host, uint64_t port);

bool healthcode_cluster_address_is(const healthcode_cluster_address_t *a,
    const healthcode_cluster_address_t *b);

/* Whether the host is an IPv6 address, which wants brackets in a text. */
bool healthcode_cluster_address_is_ipv6(
    const healthcode_cluster_address_t *address);

/* "10.0.0.1:6379", "[::1]:6379" or "node-1:6379" into text, and returns it. */
const char *healthcode_cluster_address_text(
    const healthcode_cluster_address_t *address,
    char text[HEALTHCODE_CLUSTER_TEXT]);

#endif
