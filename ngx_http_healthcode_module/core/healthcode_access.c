/*
 * Whether a user may read a file, by its owner, group and permission bits
 * (POSIX.1-2017, 4.5 File Access Permissions).  All three are arguments.  Knows
 * no: nginx, file, process.  docs/directives.md, "keys".
 */

#include "healthcode_access.h"


static unsigned healthcode_access_class(const healthcode_access_file_t *file,
    const healthcode_access_user_t *user);


bool
healthcode_access_holds(const healthcode_access_file_t *file,
    const healthcode_access_user_t *user, unsigned of)
{
    unsigned  bits = file->mode >> healthcode_access_class(file, user);

    return user->user == 0 || (bits & of) == of;
}


/* By how many bits its rights are shifted: the first class counts alone. */
static unsigned
healthcode_access_class(const healthcode_access_file_t *file,
    const healthcode_access_user_t *user)
{
    if (file->owner == user->user) {
        return 6;
    }

    for (size_t i = 0; i < user->ngroups; i++) {
        if (file->group == user->groups[i]) {
            return 3;
        }
    }

    return 0;
}
