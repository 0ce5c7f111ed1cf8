/*
 * Where a node of a Redis Cluster is to be reached, as nodes say it: a host and
 * a port.
 * Knows no: nginx, socket, clock, hiredis, memory.
 * docs/operations.md, "Cluster".
 */

#include <arpa/inet.h>
#include <stdio.h>

#include "healthcode_cluster_address.h"


static bool healthcode_cluster_address_is_name(healthcode_str_t host);


bool
healthcode_cluster_address_set(healthcode_cluster_address_t *address,
    healthcode_str_t host, uint64_t port)
{
    char             text[HEALTHCODE_CLUSTER_HOST];
    bool             ipv6;
    struct in6_addr  in6;

    ipv6 = host.len > 2 && host.data[0] == '['
           && host.data[host.len - 1] == ']';

    if (ipv6) {
        host = healthcode_str_from(host.data + 1, host.len - 2);
    }

    if (host.len == 0 || host.len >= sizeof(text) || port == 0
        || port > UINT16_MAX)
    {
        return false;
    }

    memcpy(text, host.data, host.len);
    text[host.len] = '\0';

    if (ipv6 || memchr(text, ':', host.len)) {

        /* inet_pton() would stop at a NUL */
        if (strlen(text) != host.len || inet_pton(AF_INET6, text, &in6) != 1) {
            return false;
        }

    } else if (!healthcode_cluster_address_is_name(host)) {
        return false;
    }

    memset(address, 0, sizeof(healthcode_cluster_address_t));
    memcpy(address->host, text, host.len);
    address->port = (uint16_t) port;

    return true;
}


/* An IPv4 address is one as well. */
static bool
healthcode_cluster_address_is_name(healthcode_str_t host)
{
    uint8_t  c;

    if (host.data[0] == '-' || host.data[0] == '.') {
        return false;
    }

    for (size_t i = 0; i < host.len; i++) {
        c = host.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
        {
            return false;
        }
    }

    return true;
}


bool
healthcode_cluster_address_is(const healthcode_cluster_address_t *a,
    const healthcode_cluster_address_t *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}


bool
healthcode_cluster_address_is_ipv6(const healthcode_cluster_address_t *address)
{
    return strchr(address->host, ':') != NULL;
}


const char *
healthcode_cluster_address_text(const healthcode_cluster_address_t *address,
    char text[HEALTHCODE_CLUSTER_TEXT])
{
    snprintf(text, HEALTHCODE_CLUSTER_TEXT,
             healthcode_cluster_address_is_ipv6(address) ? "[%s]:%u" : "%s:%u",
             address->host, (unsigned) address->port);

    return text;
}
