/*
 * Tests of healthcode_cluster_address.c: where a node may be reached, and what
 * is not an address.  docs/operations.md, "Cluster".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_cluster_address.h"


static void
test_addresses_and_names(void **state)
{
    static const struct {
        const char  *host;
        uint64_t     port;
        const char  *text;          /* NULL: nobody can */
    } rows[] = {
        { "10.0.0.1", 6379, "10.0.0.1:6379" },
        { "node-1.redis.svc_a.example", 1, "node-1.redis.svc_a.example:1" },
        { "N", 65535, "N:65535" },
        { "::1", 6379, "[::1]:6379" },
        { "[::1]", 6379, "[::1]:6379" },
        { "2001:db8::7:1", 7, "[2001:db8::7:1]:7" },
        { "::ffff:10.0.0.1", 7, "[::ffff:10.0.0.1]:7" },

        { "", 6379, NULL },
        { "10.0.0.1", 0, NULL },
        { "10.0.0.1", 65536, NULL },
        { "10.0.0.1", UINT64_MAX, NULL },
        { "?", 6379, NULL },
        { "[]", 6379, NULL },
        { "[10.0.0.1]", 6379, NULL },
        { "[::1", 6379, NULL },
        { "::1]", 6379, NULL },
        { ":", 6379, NULL },
        { "::1::", 6379, NULL },
        { "fe80::1%eth0", 6379, NULL },
        { "a b", 6379, NULL },
        { "a\n", 6379, NULL },
        { "a/b", 6379, NULL },
        { "a@b", 6379, NULL },
        { "unix:/x", 6379, NULL },
        { "-h", 6379, NULL },
        { ".a", 6379, NULL },
        { "\xc3\xa4", 6379, NULL },
    };
    char                          text[HEALTHCODE_CLUSTER_TEXT];
    bool                          is;
    healthcode_cluster_address_t  address;

    for (size_t i = 0; i < test_count(rows); i++) {
        memset(&address, 0xa5, sizeof(address));
        is = healthcode_cluster_address_set(&address,
                                guard_text(0, rows[i].host), rows[i].port);

        test_row(is == (rows[i].text != NULL), i, rows[i].host);
        test_row(!is || strcmp(healthcode_cluster_address_text(&address, text),
                               rows[i].text) == 0, i, rows[i].host);
        test_row(is || address.port == 0xa5a5, i, rows[i].host);
    }

    (void) state;
}


static void
test_the_longest_name(void **state)
{
    char                          name[HEALTHCODE_CLUSTER_HOST];
    char                          text[HEALTHCODE_CLUSTER_TEXT];
    healthcode_cluster_address_t  address;

    memset(name, 'a', sizeof(name));

    assert_false(healthcode_cluster_address_set(&address,
                                          guard(0, name, sizeof(name)), 1));
    assert_true(healthcode_cluster_address_set(&address,
                                   guard(0, name, sizeof(name) - 1), 65535));
    assert_int_equal(strlen(healthcode_cluster_address_text(&address, text)),
                     sizeof(name) - 1 + 6);

    /* nothing behind a NUL counts */
    assert_false(healthcode_cluster_address_set(&address,
                                    guard(0, "::1\0x", 5), 1));
    assert_false(healthcode_cluster_address_set(&address,
                                    guard(0, "a\0x", 3), 1));

    (void) state;
}


static void
test_host_and_port_make_an_address(void **state)
{
    healthcode_cluster_address_t  a, b;

    assert_true(healthcode_cluster_address_set(&a, guard_text(0, "a"), 1));

    assert_true(healthcode_cluster_address_set(&b, guard_text(0, "a"), 1));
    assert_true(healthcode_cluster_address_is(&a, &b));

    assert_true(healthcode_cluster_address_set(&b, guard_text(0, "a"), 2));
    assert_false(healthcode_cluster_address_is(&a, &b));

    assert_true(healthcode_cluster_address_set(&b, guard_text(0, "b"), 1));
    assert_false(healthcode_cluster_address_is(&a, &b));
    assert_false(healthcode_cluster_address_is_ipv6(&b));

    assert_true(healthcode_cluster_address_set(&b, guard_text(0, "::1"), 1));
    assert_true(healthcode_cluster_address_is_ipv6(&b));

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_addresses_and_names),
        cmocka_unit_test(test_the_longest_name),
        cmocka_unit_test(test_host_and_port_make_an_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
