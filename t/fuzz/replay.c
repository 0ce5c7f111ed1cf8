/*
 * A main() for a fuzz target without libFuzzer: runs it once over each file
 * and over each file of each directory that is named, and over some mutations
 * of it where the target has a mutator of its own.  Knows no target.
 * CONTRIBUTING.md, "Fuzzing".
 */

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "mutate.h"


/* What hangs is killed after so many seconds. */
#define SECONDS    60

/* Mutations of each file, and how much longer every other one may be. */
#define MUTATIONS  8
#define LONGER     300


__attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t *data,
    size_t size, size_t max, unsigned seed);


static unsigned long  count;
static uint64_t       chance;


/* Overwrites a byte, takes one out or puts one in; size stays above 0. */
size_t
LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
{
    mutate_t  m = { data, size, max, chance };
    size_t    at = mutate_pick(&m, size), what = mutate_pick(&m, 3);
    uint8_t   byte = (uint8_t) mutate_pick(&m, 256);

    (void) mutate_put(&m, at, size && (what == 0 || (what == 1 && size > 1)),
                      &byte, what != 1);
    chance = m.chance;

    return m.size;
}


static void
replay_fail(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(1);
}


/* The same ones each time: what is written past max is seen by ASan. */
static void
replay_mutations(const char *path, const uint8_t *data, size_t size)
{
    size_t    n, max;
    uint8_t  *room;

    for (unsigned i = 0; i < MUTATIONS; i++) {

        max = size + (i % 2 ? LONGER : i + 1);
        room = malloc(max);
        if (room == NULL) {
            replay_fail(path);
        }

        memcpy(room, data, size);
        chance = i;
        n = LLVMFuzzerCustomMutator(room, size, max, i);
        fuzz_must(n > 0 && n <= max);

        fprintf(stderr, "%s, mutation %u\n", path, i);
        alarm(SECONDS);
        LLVMFuzzerTestOneInput(room, n);
        free(room);
    }
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
    alarm(SECONDS);
    LLVMFuzzerTestOneInput(data, size);
    count++;

    if (LLVMFuzzerCustomMutator) {
        replay_mutations(path, data, size);
    }

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
