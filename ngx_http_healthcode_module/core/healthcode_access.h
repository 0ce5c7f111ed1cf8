/*
 * Whether a user may read a file, by its owner, group and permission bits
 * (POSIX.1-2017, 4.5 File Access Permissions).  All three are arguments.  Knows
 * no: nginx, file, process.  docs/directives.md, "keys".
 */

#ifndef HEALTHCODE_ACCESS_H
#define HEALTHCODE_ACCESS_H

#include <stdbool.h>
#include <stddef.h>


/* As stat() and the databases of users and groups say. */
typedef struct {
    unsigned          owner;
    unsigned          group;
    unsigned          mode;       /* the nine lowest bits count */
} healthcode_access_file_t;

typedef struct {
    unsigned          user;
    const unsigned   *groups;     /* all that it is in */
    size_t            ngroups;
} healthcode_access_user_t;


/*
 * Whether user has the rights of, a sum of 4 (read), 2 (write) and 1 (execute,
 * search): those of its owner, or else of its group, or else of all others.
 * User 0 has all.
 */
bool healthcode_access_holds(const healthcode_access_file_t *file,
    const healthcode_access_user_t *user, unsigned of);

#endif
