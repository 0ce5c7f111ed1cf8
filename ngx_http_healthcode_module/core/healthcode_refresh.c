/*
 * Which files of a folder are keys; when keys are read again: files that have
 * changed, once they rest; those of a location, before its answer is stale.
 * Knows no: nginx, clock, file, key.  docs/keys.md.
 */

#include <string.h>

#include "healthcode_refresh.h"


bool
healthcode_refresh_takes(const char *name)
{
    size_t       i;
    const char  *dot = strrchr(name, '.');

    static const char *const  endings[] = {
        ".json", ".jwk", ".jwks", ".pem", ".crt", ".cer", ".der",
    };

    for (i = 0; dot && i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (strcmp(dot, endings[i]) == 0) {
            return name[0] != '.';
        }
    }

    return false;
}


bool
healthcode_refresh_look(healthcode_refresh_files_t *files, uint64_t stamp)
{
    files->restless = (stamp == files->seen) ? 0 : files->restless + 1;
    files->seen = stamp;

    if (stamp == files->read
        || (files->restless && files->restless < HEALTHCODE_REFRESH_LOOKS))
    {
        return false;
    }

    files->restless = 0;
    files->read = stamp;

    return true;
}


int64_t
healthcode_refresh_after(int64_t max_age, int64_t refresh,
    int64_t min_interval)
{
    int64_t  fresh = (max_age && max_age < refresh) ? max_age : refresh;
    int64_t  after = fresh * 750, least = min_interval * 1000;

    return after > least ? after : least;
}
