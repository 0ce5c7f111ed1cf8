/*
 * A main() for a fuzz target without libFuzzer: runs it once over each file
 * and over each file of each directory that is named.  Knows no target.
 * docs/request-path.md, "Tests".
 */

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "fuzz.h"


static unsigned long  count;


static void
replay_fail(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(1);
}


static void
replay_file(const char *path, size_t size)
{
    FILE     *file;
    uint8_t  *data;

    data = malloc(size ? size : 1);
    file = fopen(path, "rb");

    if (data == NULL || file == NULL || fread(data, 1, size, file) != size) {
        replay_fail(path);
    }

    fclose(file);

    /* if this one kills the program, this is the last line */
    fprintf(stderr, "%s\n", path);
    LLVMFuzzerTestOneInput(data, size);
    count++;
    free(data);
}


static void
replay_path(const char *path)
{
    DIR            *dir;
    char            name[4096];
    struct stat     info;
    struct dirent  *entry;

    if (stat(path, &info) != 0) {
        replay_fail(path);
    }

    if (!S_ISDIR(info.st_mode)) {
        replay_file(path, (size_t) info.st_size);
        return;
    }

    dir = opendir(path);
    if (dir == NULL) {
        replay_fail(path);
    }

    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
            replay_path(name);
        }
    }

    closedir(dir);
}


int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        replay_path(argv[i]);
    }

    printf("%lu\n", count);

    return count ? 0 : 1;
}
