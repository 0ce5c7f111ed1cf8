/*
 * Tests of healthcode_cluster_map.c: which master has which tag, what is not a
 * map, and what has moved from one to the next.  docs/operations.md, "Cluster".
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_cluster_map.h"


#define A  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C  "cccccccccccccccccccccccccccccccccccccccc"

/* Bytes of a reply. */
#define INT(n)        ":" #n "\r\n"
#define NODE(host, port, id)                                                  \
    "*3\r\n" host INT(port) "$40\r\n" id "\r\n"
#define RANGE(first, last, node)                                              \
    "*3\r\n" INT(first) INT(last) node
#define IP(d)         "$8\r\n10.0.0." #d "\r\n"

#define THREE                                                                 \
    "*3\r\n" RANGE(0, 5460, NODE(IP(1), 7001, A))                             \
    RANGE(5461, 10922, NODE(IP(2), 7002, B))                                  \
    RANGE(10923, 16383, NODE(IP(3), 7003, C))


static const char *
read_len(healthcode_cluster_map_t *map, const char *bytes, size_t len,
    const char *asked)
{
    const char   *fault;
    redisReply   *reply = NULL;

    assert_int_equal(resp_read(bytes, len, &reply, 1), 1);
    fault = healthcode_cluster_map_read(map, reply, guard_text(0, asked));
    freeReplyObject(reply);

    return fault;
}


static const char *
read_map(healthcode_cluster_map_t *map, const char *bytes)
{
    return read_len(map, bytes, strlen(bytes), "10.0.0.9");
}


/* The last digit of the id of who has a tag; '-': nobody. */
static char
owner(const healthcode_cluster_map_t *map, size_t tag)
{
    const healthcode_cluster_master_t  *master;

    master = healthcode_cluster_map_master(map, tag);

    return master ? master->id[0] : '-';
}


static void
test_each_tag_has_the_master_of_its_slot(void **state)
{
    char                           text[HEALTHCODE_CLUSTER_TEXT];
    unsigned                       slot;
    healthcode_cluster_map_t       map;
    healthcode_cluster_address_t   address;

    assert_null(read_map(&map, THREE));
    assert_int_equal(map.n, 3);
    assert_int_equal(map.out, 0);

    for (size_t tag = 0; tag < HEALTHCODE_SLOT_TAGS; tag++) {
        slot = healthcode_slot_tag(tag);
        assert_int_equal(owner(&map, tag),
                         slot <= 5460 ? 'a' : slot <= 10922 ? 'b' : 'c');
    }

    assert_string_equal(healthcode_cluster_address_text(
                            &map.masters[1].address, text), "10.0.0.2:7002");
    assert_int_equal(healthcode_cluster_map_find(&map,
                                                 &map.masters[2].address), 2);
    assert_ptr_equal(healthcode_cluster_map_master(&map, 0), &map.masters[2]);

    assert_true(healthcode_cluster_address_set(&address,
                                               healthcode_str("10.0.0.3"), 1));
    assert_int_equal(healthcode_cluster_map_find(&map, &address),
                     HEALTHCODE_CLUSTER_MAP_NONE);

    (void) state;
}


/* {00} is in 13254, {r} in 7893, {c} in 7365: each edge of a range counts. */
static void
test_edges_of_a_range(void **state)
{
    static const struct {
        const char  *bytes;
        const char  *owners;     /* of {00}, {r}, {c} */
        size_t       out;
    } rows[] = {
        { "*0\r\n", "---", 258 },
        { "*1\r\n" RANGE(0, 16383, NODE(IP(1), 1, A)), "aaa", 0 },
        { "*1\r\n" RANGE(13254, 13254, NODE(IP(1), 1, A)), "a--", 257 },
        { "*1\r\n" RANGE(13253, 13253, NODE(IP(1), 1, A)), "---", 258 },
        { "*1\r\n" RANGE(13255, 13255, NODE(IP(1), 1, A)), "---", 258 },
        { "*1\r\n" RANGE(7365, 7893, NODE(IP(1), 1, A)), "-aa", 252 },
        { "*1\r\n" RANGE(7366, 7892, NODE(IP(1), 1, A)), "---", 254 },
        { "*2\r\n" RANGE(7893, 16383, NODE(IP(1), 1, A))
          RANGE(0, 7892, NODE(IP(2), 1, B)), "aab", 0 },
        { "*3\r\n" RANGE(0, 0, NODE(IP(1), 1, A))
          RANGE(7893, 7893, NODE(IP(1), 1, A))
          RANGE(7365, 7365, NODE(IP(1), 1, A)), "-aa", 256 },
    };
    healthcode_cluster_map_t  map;

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(read_map(&map, rows[i].bytes) == NULL, i, rows[i].bytes);
        test_row(owner(&map, 0) == rows[i].owners[0], i, rows[i].bytes);
        test_row(owner(&map, HEALTHCODE_SLOT_REGIONS) == rows[i].owners[1], i,
                 rows[i].bytes);
        test_row(owner(&map, HEALTHCODE_SLOT_CONTROLS) == rows[i].owners[2], i,
                 rows[i].bytes);
        test_row(map.out == rows[i].out, i, rows[i].bytes);
    }

    (void) state;
}


#define ALL(node)      "*1\r\n" RANGE(0, 16383, node)
#define HOST(bytes)    ALL(NODE(bytes, 7001, A))
#define PORT(port)     ALL(NODE(IP(1), port, A))
#define MORE(n, more)  "*1\r\n*" #n "\r\n" INT(0) INT(16383) more
#define LONG64         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"      \
                       "aaaaaaaaaaaaaaaa"

static void
test_where_a_master_is(void **state)
{
    static const struct {
        const char  *bytes, *text;      /* NULL: it has no address */
    } rows[] = {
        { HOST(IP(1)), "10.0.0.1:7001" },
        { HOST("$6\r\nnode-1\r\n"), "node-1:7001" },
        { HOST("$3\r\n::1\r\n"), "[::1]:7001" },

        /* the node that was asked */
        { HOST("$0\r\n\r\n"), "10.0.0.9:7001" },
        { HOST("$-1\r\n"), "10.0.0.9:7001" },
        { HOST("_\r\n"), "10.0.0.9:7001" },

        { HOST("$1\r\n?\r\n"), NULL },
        { PORT(0), NULL },

        /* what Redis 7 says more of it, in RESP2 and RESP3; replicas */
        { MORE(3, "*4\r\n" IP(1) INT(7001) "$40\r\n" A "\r\n*2\r\n"
               "$8\r\nhostname\r\n$1\r\na\r\n"), "10.0.0.1:7001" },
        { MORE(3, "*4\r\n" IP(1) INT(7001) "$40\r\n" A "\r\n%1\r\n"
               "$8\r\nhostname\r\n$1\r\na\r\n"), "10.0.0.1:7001" },
        { MORE(4, NODE(IP(1), 7001, A) NODE(IP(2), 7002, B)),
          "10.0.0.1:7001" },
        { MORE(4, NODE(IP(1), 7001, A) ":1\r\n"), "10.0.0.1:7001" },
    };
    char                                text[HEALTHCODE_CLUSTER_TEXT];
    healthcode_cluster_map_t            map;
    const healthcode_cluster_master_t  *master;

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(read_map(&map, rows[i].bytes) == NULL, i, rows[i].bytes);
        master = healthcode_cluster_map_master(&map, 0);

        test_row((master != NULL) == (rows[i].text != NULL), i, rows[i].bytes);
        test_row(map.out == (master ? 0 : HEALTHCODE_SLOT_TAGS), i,
                 rows[i].bytes);
        test_row(master == NULL
                 || strcmp(healthcode_cluster_address_text(&master->address,
                                                           text),
                           rows[i].text) == 0, i, rows[i].bytes);
    }

    (void) state;
}


static void
test_what_is_no_map(void **state)
{
    static const char *const  rows[] = {
        "-ERR This instance has cluster support disabled\r\n",
        "+OK\r\n", "_\r\n", "%0\r\n", "*1\r\n*0\r\n", "*1\r\n:1\r\n",
        "*1\r\n*2\r\n" INT(0) INT(16383),
        "*1\r\n*3\r\n" INT(0) INT(16383) "_\r\n",
        "*1\r\n*3\r\n" INT(0) "$5\r\n16383\r\n" NODE(IP(1), 1, A),
        "*1\r\n*3\r\n" "_\r\n" INT(16383) NODE(IP(1), 1, A),

        /* no range */
        "*1\r\n" RANGE(0, 16384, NODE(IP(1), 1, A)),
        "*1\r\n" RANGE(-1, 16383, NODE(IP(1), 1, A)),
        "*1\r\n" RANGE(9223372036854775807, 16383, NODE(IP(1), 1, A)),
        "*1\r\n" RANGE(2, 1, NODE(IP(1), 1, A)),
        "*2\r\n" RANGE(0, 9, NODE(IP(1), 1, A))
                 RANGE(9, 10, NODE(IP(1), 1, A)),
        "*2\r\n" RANGE(5, 5, NODE(IP(1), 1, A))
                 RANGE(0, 16383, NODE(IP(2), 1, B)),
        "*2\r\n" RANGE(0, 16383, NODE(IP(1), 1, A))
                 RANGE(0, 16383, NODE(IP(1), 1, A)),

        /* no node */
        ALL("*2\r\n" IP(1) INT(1)),
        ALL("*3\r\n" IP(1) INT(1) "_\r\n"),
        ALL("*3\r\n" IP(1) INT(1) "$39\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            "aaaaa\r\n"),
        ALL("*3\r\n" IP(1) INT(1) "$64\r\n" LONG64 "\r\n"),
        ALL(NODE(IP(1), 1, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        ALL("*3\r\n" IP(1) "$1\r\n1\r\n$40\r\n" A "\r\n"),
        ALL("*3\r\n:1\r\n" INT(1) "$40\r\n" A "\r\n"),
        PORT(-1), PORT(65536), PORT(9223372036854775807),
        HOST("$2\r\na \r\n"), HOST("$3\r\na\0b\r\n"), HOST("$3\r\n::\n\r\n"),

        /* one node, two addresses */
        "*2\r\n" RANGE(0, 9000, NODE(IP(1), 1, A))
                 RANGE(9001, 16383, NODE(IP(1), 2, A)),
        "*2\r\n" RANGE(0, 9000, NODE(IP(1), 1, A))
                 RANGE(9001, 16383, NODE(IP(2), 1, A)),
    };
    size_t                    len;
    healthcode_cluster_map_t  map, before;

    memset(&map, 0xa5, sizeof(map));
    before = map;

    for (size_t i = 0; i < test_count(rows); i++) {
        len = strlen(rows[i]);

        /* one row has a NUL in a host */
        if (strstr(rows[i], "$3\r\na")) {
            len += 1 + strlen(rows[i] + len + 1);
        }

        test_row(read_len(&map, rows[i], len, "10.0.0.9") != NULL, i, rows[i]);
        test_row(memcmp(&map, &before, sizeof(map)) == 0, i, rows[i]);
    }

    /* nobody knows which node was asked */
    assert_non_null(read_len(&map, HOST("_\r\n"), strlen(HOST("_\r\n")), ""));

    (void) state;
}


/* As many masters as there are tags in n ranges of one tag each. */
static const char *
read_many(healthcode_cluster_map_t *map, size_t n)
{
    size_t       len;
    static char  bytes[65536];

    len = (size_t) snprintf(bytes, sizeof(bytes), "*%zu\r\n", n + 1);

    /* a node without a tag is not one of ours */
    len += (size_t) snprintf(bytes + len, sizeof(bytes) - len, "%s",
                             RANGE(0, 0, NODE(IP(1), 1, A)));

    for (size_t i = 0; i < n; i++) {
        len += (size_t) snprintf(bytes + len, sizeof(bytes) - len,
                                 "*3\r\n:%u\r\n:%u\r\n*3\r\n$1\r\na\r\n:%zu\r\n"
                                 "$40\r\n%040zx\r\n",
                                 (unsigned) healthcode_slot_tag(i),
                                 (unsigned) healthcode_slot_tag(i), i + 1, i);
    }

    return read_len(map, bytes, len, "");
}


static void
test_no_more_masters_than_there_is_room_for(void **state)
{
    healthcode_cluster_map_t  map;

    assert_null(read_many(&map, HEALTHCODE_CLUSTER_MAP_MAX));
    assert_int_equal(map.n, HEALTHCODE_CLUSTER_MAP_MAX);
    assert_int_equal(map.out, HEALTHCODE_SLOT_TAGS
                              - HEALTHCODE_CLUSTER_MAP_MAX);
    assert_non_null(read_many(&map, HEALTHCODE_CLUSTER_MAP_MAX + 1));

    (void) state;
}


static void
test_what_has_changed(void **state)
{
    static const struct {
        const char  *bytes;
        size_t       changes;
    } rows[] = {
        { THREE, 0 },

        /* another order, other ranges, another replica: the same masters */
        { "*4\r\n" RANGE(10923, 16383, NODE(IP(3), 7003, C))
          RANGE(0, 5460, NODE(IP(1), 7001, A))
          RANGE(5461, 9000, NODE(IP(2), 7002, B))
          "*4\r\n" INT(9001) INT(10922) NODE(IP(2), 7002, B)
          NODE(IP(9), 1, A), 0 },

        /* one slot, {c}: to another, to nobody; one without a tag */
        { "*5\r\n" RANGE(0, 5460, NODE(IP(1), 7001, A))
          RANGE(5461, 7364, NODE(IP(2), 7002, B))
          RANGE(7365, 7365, NODE(IP(1), 7001, A))
          RANGE(7366, 10922, NODE(IP(2), 7002, B))
          RANGE(10923, 16383, NODE(IP(3), 7003, C)), 1 },
        { "*4\r\n" RANGE(0, 5460, NODE(IP(1), 7001, A))
          RANGE(5461, 7364, NODE(IP(2), 7002, B))
          RANGE(7366, 10922, NODE(IP(2), 7002, B))
          RANGE(10923, 16383, NODE(IP(3), 7003, C)), 1 },
        { "*3\r\n" RANGE(1, 5460, NODE(IP(1), 7001, A))
          RANGE(5461, 10922, NODE(IP(2), 7002, B))
          RANGE(10923, 16383, NODE(IP(3), 7003, C)), 0 },

        /* a replica that took over; a node that is elsewhere now */
        { "*3\r\n" RANGE(0, 5460, NODE(IP(1), 7001, A))
          RANGE(5461, 10922, NODE(IP(2), 7002, B))
          RANGE(10923, 16383,
                NODE(IP(4), 7004, "dddddddddddddddddddddddddddddddddddddddd")),
          84 },
        { "*3\r\n" RANGE(0, 5460, NODE(IP(1), 7001, A))
          RANGE(5461, 10922, NODE(IP(2), 7002, B))
          RANGE(10923, 16383, NODE(IP(3), 7004, C)), 84 },
        { "*3\r\n" RANGE(0, 5460, NODE(IP(1), 7001, A))
          RANGE(5461, 10922, NODE(IP(2), 7002, B))
          RANGE(10923, 16383, NODE(IP(4), 7003, C)), 84 },

        /* another node at its place */
        { "*3\r\n" RANGE(0, 5460, NODE(IP(1), 7001, A))
          RANGE(5461, 10922, NODE(IP(2), 7002, B))
          RANGE(10923, 16383,
                NODE(IP(3), 7003, "dddddddddddddddddddddddddddddddddddddddd")),
          84 },

        { "*0\r\n", 258 },
    };
    size_t                    n = 0;
    uint16_t                  tags[HEALTHCODE_SLOT_TAGS];
    healthcode_cluster_map_t  map, next;

    healthcode_cluster_map_init(&next);
    assert_int_equal(next.out, HEALTHCODE_SLOT_TAGS);
    assert_null(healthcode_cluster_map_master(&next, 0));
    assert_null(read_map(&map, "*0\r\n"));
    assert_true(healthcode_cluster_map_is_same(&map, &next));

    assert_null(read_map(&map, THREE));

    for (size_t tag = 0; tag < HEALTHCODE_SLOT_TAGS; tag++) {
        n += healthcode_slot_tag(tag) >= 10923;
    }

    assert_int_equal(n, 84);

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(read_map(&next, rows[i].bytes) == NULL, i, rows[i].bytes);

        test_row(healthcode_cluster_map_changes(&map, &next, tags)
                 == rows[i].changes, i, rows[i].bytes);
        test_row(healthcode_cluster_map_is_same(&map, &next)
                 == (rows[i].changes == 0), i, rows[i].bytes);
        test_row(rows[i].changes != 1 || tags[0] == HEALTHCODE_SLOT_CONTROLS,
                 i, rows[i].bytes);
        test_row(healthcode_cluster_map_changes(&next, &map, tags)
                 == rows[i].changes, i, rows[i].bytes);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_each_tag_has_the_master_of_its_slot),
        cmocka_unit_test(test_edges_of_a_range),
        cmocka_unit_test(test_where_a_master_is),
        cmocka_unit_test(test_what_is_no_map),
        cmocka_unit_test(test_no_more_masters_than_there_is_room_for),
        cmocka_unit_test(test_what_has_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
