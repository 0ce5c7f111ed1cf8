/*
 * Fuzzes healthcode_redirect.c and healthcode_cluster_address.c: the text of an
 * error; in the first line stands which host was asked.  What is read is what
 * the C library reads there.  docs/operations.md, "Cluster".
 */

#include <arpa/inet.h>

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_redirect.h"


static void
check_host(const char *host)
{
    struct in6_addr  in6;

    fuzz_must(host[0] && strlen(host) < HEALTHCODE_CLUSTER_HOST);
    fuzz_must(strchr(host, ':')
              ? inet_pton(AF_INET6, host, &in6) == 1
              : strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
                       "WXYZ0123456789-_.") == strlen(host));
}


/* "MOVED 1 a:2", read once more by the C library. */
static void
check(const char *word, healthcode_str_t asked, const char *text, size_t len,
    const healthcode_redirect_t *to)
{
    char                          *host, *colon;
    healthcode_str_t               said;
    healthcode_cluster_address_t   same;

    fuzz_must(strlen(text) == len);
    fuzz_must(strncmp(text, word, strlen(word)) == 0);
    fuzz_must(to->address.port != 0 && to->slot < 16384);
    check_host(to->address.host);

    fuzz_must(strtoul(text + strlen(word), &host, 10) == to->slot);
    fuzz_must(*host++ == ' ');

    colon = strrchr(host, ':');
    fuzz_must(colon && strtoul(colon + 1, NULL, 10) == to->address.port);
    fuzz_must(strspn(colon + 1, "0123456789") == strlen(colon + 1));

    said = healthcode_str_from(host, (size_t) (colon - host));
    said = said.len ? said : asked;

    if (said.data[0] == '[') {
        said = healthcode_str_from(said.data + 1, said.len - 2);
    }

    fuzz_must(said.len == strlen(to->address.host)
              && memcmp(said.data, to->address.host, said.len) == 0);
    fuzz_must(healthcode_cluster_address_set(&same, said, to->address.port)
              && healthcode_cluster_address_is(&same, &to->address));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    healthcode_str_t       asked;
    redisReply             reply = { .type = REDIS_REPLY_ERROR };
    healthcode_redirect_t  to;

    if (size > 512) {
        return 0;
    }

    asked = fuzz_line(&data, &size);
    asked = guard(0, asked.data, asked.len);

    /* as hiredis has it, with a NUL behind */

    reply.str = (char *) guard_room(1, size + 1);
    memcpy(reply.str, data, size);
    reply.str[size] = '\0';
    reply.len = size;

    memset(&to, 0xa5, sizeof(to));

    switch (healthcode_redirect_read(&reply, asked, &to)) {

    case HEALTHCODE_REDIRECT_MOVED:
        check("MOVED", asked, reply.str, size, &to);
        return 0;

    case HEALTHCODE_REDIRECT_ASK:
        check("ASK", asked, reply.str, size, &to);
        return 0;

    case HEALTHCODE_REDIRECT_BROKEN:
        fuzz_must(strncmp(reply.str, "MOVED", 5) == 0
                  || strncmp(reply.str, "ASK", 3) == 0);
        break;

    case HEALTHCODE_REDIRECT_NONE:
        fuzz_must(strncmp(reply.str, "MOVED ", 6) != 0);
        fuzz_must(strncmp(reply.str, "ASK ", 4) != 0);
        fuzz_must(strncmp(reply.str, "TRYAGAIN ", 9) != 0);
        fuzz_must(strncmp(reply.str, "CLUSTERDOWN ", 12) != 0);
        break;

    default:
        break;
    }

    fuzz_must(to.slot == 0xa5a5 && to.address.port == 0xa5a5);

    return 0;
}
