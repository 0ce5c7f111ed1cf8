/*
 * Tests of healthcode_uri.c: what is one URI and what is another, among it the
 * examples of RFC 3986.  docs/token-format.md, "Proofs of DPoP".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_uri.h"


static void
test_takes_an_origin_for_what_it_is(void **state)
{
    static const struct {
        const char  *uri, *origin, *rest;
    } rows[] = {
        { "https://hall.example", "https://hall.example", "" },
        { "http://a", "http://a", "" },
        { "HTTPS://Hall.EXAMPLE/Gate", "https://hall.example", "/Gate" },
        { "https://hall.example:443/", "https://hall.example", "/" },
        { "https://hall.example:80/", "https://hall.example:80", "/" },
        { "http://hall.example:80?a", "http://hall.example", "?a" },
        { "http://hall.example:443#a", "http://hall.example:443", "#a" },
        { "https://hall.example:", "https://hall.example", "" },
        { "https://hall.example:8443/a:1/b@c",
          "https://hall.example:8443", "/a:1/b@c" },
        { "https://hall.example:65535", "https://hall.example:65535", "" },
        { "https://a-b_c~d.e.:1", "https://a-b_c~d.e.:1", "" },
        { "https://10.0.0.1/", "https://10.0.0.1", "/" },
        { "https://[2001:DB8::1]:443/x", "https://[2001:db8::1]", "/x" },
        { "https://[::ffff:1.2.3.4]:9", "https://[::ffff:1.2.3.4]:9", "" },
        { "https://hall.example?/a", "https://hall.example", "?/a" },
        { "https://hall.example#@evil", "https://hall.example", "#@evil" },
        { "https://hall.example/@evil", "https://hall.example", "/@evil" },

        { "", NULL, NULL },
        { "/", NULL, NULL },
        { "hall.example", NULL, NULL },
        { "//hall.example", NULL, NULL },
        { "https:", NULL, NULL },
        { "https:/hall.example", NULL, NULL },
        { "https://", NULL, NULL },
        { "https:///a", NULL, NULL },
        { "https://:443", NULL, NULL },
        { "https://?a", NULL, NULL },
        { "ftp://hall.example", NULL, NULL },
        { "wss://hall.example", NULL, NULL },
        { "httpss://hall.example", NULL, NULL },
        { " https://hall.example", NULL, NULL },
        { "https://hall.example ", NULL, NULL },
        { "https://hall.example\n/a", NULL, NULL },
        { "https://hall example/", NULL, NULL },
        { "https://hall.example\\a", NULL, NULL },
        { "https://hall%2eexample/", NULL, NULL },
        { "https://h\xc3\xa4ll.example/", NULL, NULL },
        { "https://user@hall.example/", NULL, NULL },
        { "https://user:443@hall.example/", NULL, NULL },
        { "https://hall.example:443@evil.example/", NULL, NULL },
        { "https://@hall.example/", NULL, NULL },
        { "https://hall.example:a/", NULL, NULL },
        { "https://hall.example:44a/", NULL, NULL },
        { "https://hall.example:/:", "https://hall.example", "/:" },
        { "https://hall.example::443/", NULL, NULL },
        { "https://hall.example:443:443/", NULL, NULL },
        { "https://hall.example:0/", NULL, NULL },
        { "https://hall.example:0443/", NULL, NULL },
        { "https://hall.example:65536/", NULL, NULL },
        { "https://hall.example:100000/", NULL, NULL },
        { "https://hall.example:4294967739/", NULL, NULL },
        { "https://hall.example:+443/", NULL, NULL },
        { "https://[/", NULL, NULL },
        { "https://[", NULL, NULL },
        { "https://[]/", NULL, NULL },
        { "https://[::1/", NULL, NULL },
        { "https://[::1", NULL, NULL },
        { "https://[::1]a/", NULL, NULL },
        { "https://[::g]/", NULL, NULL },
        { "https://[v1.a]/", NULL, NULL },
        { "https://[fe80::1%25en0]/", NULL, NULL },
        { "https://::1/", NULL, NULL },
        { "https://a[::1]/", NULL, NULL },
    };
    bool               is;
    size_t             len;
    uint8_t           *dst;
    healthcode_str_t   uri, rest;

    for (size_t i = 0; i < test_count(rows); i++) {
        uri = guard_text(0, rows[i].uri);
        dst = guard_room(1, healthcode_uri_memory(uri.len));
        is = healthcode_uri_origin(uri, dst, &len, &rest);

        test_row(is == (rows[i].origin != NULL), i, rows[i].uri);

        if (is) {
            test_str_equal(healthcode_str_from(dst, len), rows[i].origin);
            test_str_equal(rest, rows[i].rest);
        }
    }

    (void) state;
}


static void
test_takes_a_path_for_what_it_is(void **state)
{
    static const struct {
        const char  *text, *path;
    } rows[] = {
        { "", "/" }, { "/", "/" }, { "?a", "/" }, { "#", "/" }, { "?", "/" },
        { "/gate", "/gate" }, { "/gate/", "/gate/" }, { "/Gate", "/Gate" },
        { "/gate?a=/b", "/gate" }, { "/gate#b?c", "/gate" },
        { "/gate?a#b", "/gate" },
        { "//gate", "//gate" }, { "/gate//", "/gate//" },
        { "/a;b=c,d:e@f!g$h&i'(j)*k+l=m", "/a;b=c,d:e@f!g$h&i'(j)*k+l=m" },
        { "/\xe5\x81\xa5", "/\xe5\x81\xa5" },

        /* escapes: RFC 3986 section 6.2.2.1 and 6.2.2.2 */
        { "/%67ate", "/gate" }, { "/%7euser", "/~user" },
        { "/%41%5A%61%7a%30%39%2d%2E%5f%7E", "/AZaz09-._~" },
        { "/a%3ab", "/a%3Ab" }, { "/a%3Ab", "/a%3Ab" },
        { "/a%2fb", "/a%2Fb" }, { "/%e5%81%a5", "/%E5%81%A5" },
        { "/a%3fb", "/a%3Fb" }, { "/a%23b", "/a%23b" }, { "/%20", "/%20" },
        { "/%00", "/%00" }, { "/%25%36%31", "/%2561" }, { "/%2561", "/%2561" },
        { "/%", "/%" }, { "/%6", "/%6" }, { "/%6g", "/%6g" },
        { "/%g6", "/%g6" }, { "/%%61", "/%a" }, { "/%6?1", "/%6" },
        { "/%?61", "/%" },

        /* dots: section 5.2.4, and the paths of 5.4 */
        { "/a/b/c/./../../g", "/a/g" },
        { "/b/c/g", "/b/c/g" }, { "/b/c/./g", "/b/c/g" },
        { "/b/c/g/", "/b/c/g/" }, { "/b/c/g;x?y#s", "/b/c/g;x" },
        { "/b/c/.", "/b/c/" }, { "/b/c/./", "/b/c/" }, { "/b/c/..", "/b/" },
        { "/b/c/../", "/b/" }, { "/b/c/../g", "/b/g" },
        { "/b/c/../..", "/" }, { "/b/c/../../", "/" },
        { "/b/c/../../g", "/g" }, { "/b/c/../../../g", "/g" },
        { "/b/c/../../../../g", "/g" }, { "/./g", "/g" }, { "/../g", "/g" },
        { "/b/c/g.", "/b/c/g." }, { "/b/c/.g", "/b/c/.g" },
        { "/b/c/g..", "/b/c/g.." }, { "/b/c/..g", "/b/c/..g" },
        { "/b/c/./../g", "/b/g" }, { "/b/c/./g/.", "/b/c/g/" },
        { "/b/c/g/./h", "/b/c/g/h" }, { "/b/c/g/../h", "/b/c/h" },
        { "/b/c/g;x=1/./y", "/b/c/g;x=1/y" },
        { "/b/c/g;x=1/../y", "/b/c/y" },
        { "/b/c/g?y/../x", "/b/c/g" }, { "/b/c/...", "/b/c/..." },
        { "/.", "/" }, { "/..", "/" }, { "/...", "/..." },
        { "/a//../b", "/a/b" }, { "//..", "/" },
        { "/a/%2e%2E/b", "/b" }, { "/a/.%2e/b", "/b" }, { "/a/%2e", "/a/" },
        { "/a/%2e%2e%2fb", "/a/..%2Fb" },

        { "*", NULL }, { "gate", NULL }, { "%2fgate", NULL },
        { "%2Fgate", NULL }, { ".", NULL }, { "@evil/", NULL },
        { ":443/", NULL },
        { " /", NULL }, { "/ ", NULL }, { "/a b", NULL }, { "/a\tb", NULL },
        { "/a\nb", NULL }, { "/a\x7f", NULL }, { "/a\x01", NULL },
    };
    size_t             len;
    uint8_t           *dst;
    healthcode_str_t   text;

    for (size_t i = 0; i < test_count(rows); i++) {
        text = guard_text(0, rows[i].text);
        dst = guard_room(1, healthcode_uri_memory(text.len));
        len = healthcode_uri_path(text, dst);

        test_row((len != 0) == (rows[i].path != NULL), i, rows[i].text);

        if (len) {
            test_str_equal(healthcode_str_from(dst, len), rows[i].path);

            /* once is enough */
            text = guard(0, dst, len);
            dst = guard_room(1, healthcode_uri_memory(len));
            len = healthcode_uri_path(text, dst);

            if (strchr(rows[i].path, '%') == NULL) {
                test_str_equal(healthcode_str_from(dst, len), rows[i].path);
            }
        }
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_takes_an_origin_for_what_it_is),
        cmocka_unit_test(test_takes_a_path_for_what_it_is),
    };

    return cmocka_run_group_tests_name("uri", tests, NULL, NULL);
}
