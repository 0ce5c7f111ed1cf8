/*
 * Fuzzes healthcode_cluster_map.c: two answers of nodes, through hiredis's own
 * reader.  Each tag has the master of the range that its slot is in, no map has
 * two for one slot, and what has changed is what differs.
 * docs/operations.md, "Cluster".
 */

#include "fuzz.h"
#include "mutate.h"
#include "../unit/resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_cluster_map.h"


#define REPLIES_MAX  2


/* Whether a range has a slot; all is known to be well formed. */
static bool
has(const redisReply *range, long long slot)
{
    return range->element[0]->integer <= slot
           && slot <= range->element[1]->integer;
}


static bool
is_of(const redisReply *node, const healthcode_cluster_master_t *master)
{
    const redisReply  *host = node->element[0];

    return strcmp(node->element[2]->str, master->id) == 0
           && node->element[1]->integer == master->address.port
           && (host->type == REDIS_REPLY_NIL || host->len == 0
               ? strcmp(master->address.host, "asked") == 0
               : strstr(host->str, master->address.host) != NULL);
}


/* By another way than the unit's: each range is asked for each tag. */
static void
check(const healthcode_cluster_map_t *map, const redisReply *reply)
{
    size_t                              n, out = 0;
    const redisReply                   *node;
    const healthcode_cluster_master_t  *master;

    fuzz_must(reply->type == REDIS_REPLY_ARRAY);
    fuzz_must(map->n <= HEALTHCODE_CLUSTER_MAP_MAX);

    for (size_t tag = 0; tag < HEALTHCODE_SLOT_TAGS; tag++) {

        master = healthcode_cluster_map_master(map, tag);
        out += (master == NULL);
        node = NULL;
        n = 0;

        for (size_t i = 0; i < reply->elements; i++) {
            if (has(reply->element[i], healthcode_slot_tag(tag))) {
                node = reply->element[i]->element[2];
                n++;
            }
        }

        fuzz_must(n <= 1);

        if (master == NULL) {
            fuzz_must(n == 0 || node->element[1]->integer == 0
                      || strcmp(node->element[0]->str, "?") == 0);
            continue;
        }

        fuzz_must(n == 1 && is_of(node, master));
        fuzz_must(master >= map->masters && master < map->masters + map->n);
        fuzz_must(strlen(master->id) == HEALTHCODE_CLUSTER_MAP_ID);
        fuzz_must(master->address.port != 0);
    }

    fuzz_must(map->out == out);
}


static void
check_changes(const healthcode_cluster_map_t *a,
    const healthcode_cluster_map_t *b)
{
    bool                                same;
    size_t                              n, at = 0;
    uint16_t                            tags[HEALTHCODE_SLOT_TAGS];
    const healthcode_cluster_master_t  *x, *y;

    n = healthcode_cluster_map_changes(a, b, tags);

    for (size_t tag = 0; tag < HEALTHCODE_SLOT_TAGS; tag++) {

        x = healthcode_cluster_map_master(a, tag);
        y = healthcode_cluster_map_master(b, tag);

        same = (x == NULL || y == NULL)
               ? x == y : strcmp(x->id, y->id) == 0
                          && x->address.port == y->address.port
                          && strcmp(x->address.host, y->address.host) == 0;

        fuzz_must(same != (at < n && tags[at] == tag));
        at += !same;
    }

    fuzz_must(at == n);
    fuzz_must(healthcode_cluster_map_is_same(a, b) == (n == 0));
    fuzz_must(healthcode_cluster_map_is_same(a, a));
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return mutate_resp(data, 0, size, max, seed);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                           n;
    redisReply                      *replies[REPLIES_MAX];
    static healthcode_cluster_map_t  maps[REPLIES_MAX];

    if (size > 8192) {
        return 0;
    }

    n = resp_read(data, size, replies, REPLIES_MAX);

    for (size_t i = 0; i < REPLIES_MAX; i++) {
        healthcode_cluster_map_init(&maps[i]);
    }

    for (size_t i = 0; i < n; i++) {

        healthcode_cluster_map_t  before = maps[i];

        if (healthcode_cluster_map_read(&maps[i], replies[i],
                                        healthcode_str("asked"))
            == NULL)
        {
            check(&maps[i], replies[i]);

        } else {
            fuzz_must(memcmp(&before, &maps[i], sizeof(before)) == 0);
        }
    }

    check_changes(&maps[0], &maps[1]);

    while (n) {
        freeReplyObject(replies[--n]);
    }

    return 0;
}
