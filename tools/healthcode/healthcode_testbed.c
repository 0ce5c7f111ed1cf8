/*
 * healthcode testbed: finds the script that makes a gate to try programs with,
 * and becomes it.  Does not know what it does.
 * docs/testing.md, "healthcode testbed".
 */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "healthcode_commands.h"


static bool healthcode_testbed_self(char *path, char **name);


/* From the folder of the command: installed, and built. */
static const char  *healthcode_testbed_places[] = {
    "../share/healthcode/testbed",
    "../tools/perl/testbed",
};

#define HEALTHCODE_TESTBED_PLACES                                             \
    (sizeof(healthcode_testbed_places) / sizeof(healthcode_testbed_places[0]))


/* The script runs this very file, whatever PATH says. */
healthcode_exit_e
healthcode_testbed(int argc, char **argv)
{
    char   self[PATH_MAX], script[PATH_MAX + 32], *name;
    char  *words[HEALTHCODE_LIST_MAX + 3] = { "perl", script };

    if (argc > HEALTHCODE_LIST_MAX) {
        return healthcode_output_usage("more than %d words",
                                       HEALTHCODE_LIST_MAX);
    }

    if (!healthcode_testbed_self(self, &name)
        || setenv("HEALTHCODE", self, 1) != 0)
    {
        return healthcode_output_failed("cannot tell where this command is: %s",
                                        strerror(errno));
    }

    for (int i = 0; i < argc; i++) {
        words[i + 2] = argv[i];
    }

    for (size_t i = 0; i < HEALTHCODE_TESTBED_PLACES; i++) {
        snprintf(script, sizeof(script), "%.*s%s", (int) (name - self), self,
                 healthcode_testbed_places[i]);

        if (access(script, R_OK) == 0) {
            execvp("perl", words);
            return healthcode_output_failed("perl: %s", strerror(errno));
        }
    }

    return healthcode_output_failed("%.*s%s: not installed",
                                    (int) (name - self), self,
                                    healthcode_testbed_places[0]);
}


/* The path of this program, and in it where its name begins. */
static bool
healthcode_testbed_self(char *path, char **name)
{
    ssize_t  n = readlink("/proc/self/exe", path, PATH_MAX - 1);

    if (n <= 0) {
        return false;
    }

    path[n] = '\0';
    *name = strrchr(path, '/') + 1;

    return true;
}
