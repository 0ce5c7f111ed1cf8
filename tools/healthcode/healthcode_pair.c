/*
 * Two files that belong together, both written or none.
 * Does not know what is in them.  docs/operations.md, "Files".
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "healthcode_pair.h"


#define HEALTHCODE_PAIR_PATH_MAX  4096


/* How far one of the two files has come. */
typedef struct {
    const healthcode_pair_t  *file;
    char                      made[HEALTHCODE_PAIR_PATH_MAX];   /* new bytes */
    char                      kept[HEALTHCODE_PAIR_PATH_MAX];   /* old file */
    bool                      is_made;
    bool                      is_kept;
    bool                      is_moved;     /* kept by its only name */
    bool                      is_placed;    /* path is the new file */
} healthcode_pair_step_t;


static bool healthcode_pair_is_one_place(const char *a, const char *b);
static bool healthcode_pair_parent(const char *path, char *parent,
    const char **last);
static bool healthcode_pair_make(healthcode_pair_step_t *step);
static bool healthcode_pair_put(int fd, healthcode_str_t text);
static bool healthcode_pair_keep(healthcode_pair_step_t *step);
static bool healthcode_pair_place(healthcode_pair_step_t *step,
    bool overwrite);
static bool healthcode_pair_settle(healthcode_pair_step_t *step);
static void healthcode_pair_undo(healthcode_pair_step_t *step);
static void healthcode_pair_clear(healthcode_pair_step_t *step);
static bool healthcode_pair_failed(const healthcode_pair_step_t *step,
    const char *what);


bool
healthcode_pair_is_one(const char *a, const char *b)
{
    struct stat  x, y;

    if (stat(a, &x) == 0 && stat(b, &y) == 0) {
        return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
    }

    return healthcode_pair_is_one_place(a, b);
}


static bool
healthcode_pair_is_one_place(const char *a, const char *b)
{
    char         folder[HEALTHCODE_PAIR_PATH_MAX];
    const char  *last, *other;
    struct stat  x, y;

    return healthcode_pair_parent(a, folder, &last) && stat(folder, &x) == 0
           && healthcode_pair_parent(b, folder, &other)
           && stat(folder, &y) == 0 && x.st_dev == y.st_dev
           && x.st_ino == y.st_ino && strcmp(last, other) == 0;
}


/* Cuts path into its folder and *last, which views path. */
static bool
healthcode_pair_parent(const char *path, char *parent, const char **last)
{
    int          n;
    const char  *slash = strrchr(path, '/');

    *last = slash ? slash + 1 : path;

    n = slash ? snprintf(parent, HEALTHCODE_PAIR_PATH_MAX, "%.*s/",
                         (int) (slash - path), path)
              : snprintf(parent, HEALTHCODE_PAIR_PATH_MAX, ".");

    return n > 0 && n < HEALTHCODE_PAIR_PATH_MAX;
}


/*
 * The new bytes of both stand on disk before a name changes, and what had the
 * name keeps another one until both have changed.
 */
bool
healthcode_pair_write(const healthcode_pair_t pair[2], bool overwrite)
{
    bool                    ok;
    healthcode_pair_step_t  steps[2] = {
        { .file = &pair[0] }, { .file = &pair[1] }
    };

    ok = healthcode_pair_make(&steps[0]) && healthcode_pair_make(&steps[1])
         && (!overwrite || (healthcode_pair_keep(&steps[0])
                            && healthcode_pair_keep(&steps[1])))
         && healthcode_pair_place(&steps[0], overwrite)
         && healthcode_pair_place(&steps[1], overwrite)
         && healthcode_pair_settle(&steps[0])
         && healthcode_pair_settle(&steps[1]);

    for (size_t i = 0; i < 2; i++) {
        if (!ok) {
            healthcode_pair_undo(&steps[i]);
        }

        healthcode_pair_clear(&steps[i]);
    }

    return ok;
}


static bool
healthcode_pair_make(healthcode_pair_step_t *step)
{
    int                       fd, n;
    bool                      ok;
    const healthcode_pair_t  *file = step->file;

    n = snprintf(step->made, sizeof(step->made), "%s.%ld.new", file->path,
                 (long) getpid());
    snprintf(step->kept, sizeof(step->kept), "%s.%ld.old", file->path,
             (long) getpid());

    if (n < 0 || (size_t) n >= sizeof(step->made)) {
        errno = ENAMETOOLONG;
        return healthcode_pair_failed(step, "cannot write");
    }

    fd = open(step->made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file->mode);

    if (fd == -1) {
        return healthcode_pair_failed(step, "cannot write");
    }

    step->is_made = true;

    /* the mode of open() is cut by the umask */
    ok = (fchmod(fd, file->mode) == 0 && healthcode_pair_put(fd, file->text)
          && fsync(fd) == 0)
         || healthcode_pair_failed(step, "cannot write");

    close(fd);

    return ok;
}


static bool
healthcode_pair_put(int fd, healthcode_str_t text)
{
    ssize_t  n;

    while (text.len) {
        n = write(fd, text.data, text.len);

        if (n == -1) {
            if (errno == EINTR) {
                continue;
            }

            return false;
        }

        text = healthcode_str_from(text.data + n, text.len - (size_t) n);
    }

    return true;
}


/* Links what is there to a second name; renames it if there are no links. */
static bool
healthcode_pair_keep(healthcode_pair_step_t *step)
{
    struct stat  st;
    const char  *path = step->file->path;

    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        healthcode_output_failed("%s: \"%s\" is not a regular file and is left "
                                 "as it is; name another", step->file->name,
                                 path);
        return false;
    }

    if (lstat(path, &st) == -1) {
        return errno == ENOENT || healthcode_pair_failed(step, "cannot see");
    }

    if (link(path, step->kept) == -1) {
        if (errno == EEXIST || rename(path, step->kept) == -1) {
            return healthcode_pair_failed(step, "cannot keep");
        }

        step->is_moved = true;
    }

    step->is_kept = true;

    return true;
}


/* A link is refused if the name exists; a rename is not. */
static bool
healthcode_pair_place(healthcode_pair_step_t *step, bool overwrite)
{
    int          rc;
    const char  *path = step->file->path;

    rc = overwrite ? rename(step->made, path) : link(step->made, path);

    if (rc == -1) {
        return healthcode_pair_failed(step, "cannot write");
    }

    step->is_placed = true;

    return true;
}


/* Puts the new name on disk, if the file system can. */
static bool
healthcode_pair_settle(healthcode_pair_step_t *step)
{
    int          fd;
    bool         ok;
    char         folder[HEALTHCODE_PAIR_PATH_MAX];
    const char  *last;

    if (!healthcode_pair_parent(step->file->path, folder, &last)) {
        return true;
    }

    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    /* a folder may be one to write to and not to read */
    if (fd == -1) {
        return true;
    }

    ok = fsync(fd) == 0 || errno == EINVAL
         || healthcode_pair_failed(step, "cannot write");

    close(fd);

    return ok;
}


static void
healthcode_pair_undo(healthcode_pair_step_t *step)
{
    const char  *path = step->file->path;

    if (step->is_kept && (step->is_placed || step->is_moved)) {

        if (rename(step->kept, path) == -1) {
            healthcode_output_failed("%s: what was \"%s\" is \"%s\" now, and "
                                     "cannot be put back: %s", step->file->name,
                                     path, step->kept, strerror(errno));
            step->is_kept = false;
        }

    } else if (step->is_placed) {
        unlink(path);
    }
}


static void
healthcode_pair_clear(healthcode_pair_step_t *step)
{
    /* still there if the name was refused, or given by a link */
    if (step->is_made) {
        unlink(step->made);
    }

    if (step->is_kept) {
        unlink(step->kept);
    }
}


static bool
healthcode_pair_failed(const healthcode_pair_step_t *step, const char *what)
{
    healthcode_output_failed("%s: %s \"%s\": %s", step->file->name, what,
                             step->file->path, strerror(errno));
    return false;
}
