/*
 * Tests of healthcode_access.c: every mode, for the owner, for members of the
 * group by their first and by another group, for others and for root.
 * docs/directives.md, "keys".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_access.h"


static bool
may(unsigned mode, unsigned user, const unsigned *groups, size_t n, unsigned of)
{
    healthcode_access_file_t  file = { .owner = 10, .group = 20, .mode = mode };
    healthcode_access_user_t  who = {
        .user = user, .groups = groups, .ngroups = n
    };

    return healthcode_access_holds(&file, &who, of);
}


static void
test_takes_the_first_class_alone(void **state)
{
    static const unsigned  in[] = { 5, 20, 30 }, out[] = { 5, 21, 10 };

    for (unsigned mode = 0; mode < 01000; mode++) {
        for (unsigned of = 0; of < 8; of++) {
            test_row(may(mode, 10, in, 3, of) == ((mode >> 6 & of) == of), mode,
                     "the owner, though in the group");
            test_row(may(mode, 10, NULL, 0, of) == ((mode >> 6 & of) == of),
                     mode, "the owner");
            test_row(may(mode, 11, in, 3, of) == ((mode >> 3 & of) == of), mode,
                     "a member of the group");
            test_row(may(mode, 11, in + 1, 1, of) == ((mode >> 3 & of) == of),
                     mode, "of the group alone");
            test_row(may(mode, 20, out, 3, of) == ((mode & of) == of), mode,
                     "a user of the group's number");
            test_row(may(mode, 11, NULL, 0, of) == ((mode & of) == of), mode,
                     "another");
            test_row(may(mode, 0, out, 3, of), mode, "root");
            test_row(may(mode | 07000, 11, out, 3, of) == ((mode & of) == of),
                     mode, "bits of another kind");
        }
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_takes_the_first_class_alone),
    };

    return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
