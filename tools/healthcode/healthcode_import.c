/*
 * healthcode flag import: sets flags by the million, pipelined.
 * Keeps no more than a window of lines.  docs/operations.md, "Bulk loads".
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "healthcode_commands.h"
#include "healthcode_import.h"
#include "healthcode_lines.h"
#include "healthcode_nodes.h"
#include "healthcode_parts.h"
#include "healthcode_proofs.h"
#include "healthcode_time.h"


#define HEALTHCODE_IMPORT_WINDOW  1024     /* lines under way at most */
#define HEALTHCODE_IMPORT_BATCH   256      /* lines that leave in one write */
#define HEALTHCODE_IMPORT_NAMED   20       /* bad lines that are named */


typedef struct {
    const healthcode_flag_options_t  *options;
    healthcode_connection_t          *connection;
    healthcode_import_terms_t         terms;
    healthcode_script_t               script;     /* without its arguments */
    bool                              audit;
    bool                              again;      /* of some line under way */
    bool                              started;    /* a line was answered */
    bool                              knows[HEALTHCODE_NODES_MAX];
    unsigned                          head;       /* the oldest under way */
    unsigned                          n;          /* lines under way */
    unsigned long long                set;
    unsigned long long                renewed;
    unsigned long long                bad;
    healthcode_lines_t                lines;
    healthcode_import_line_t          window[HEALTHCODE_IMPORT_WINDOW];
} healthcode_import_t;


static healthcode_exit_e healthcode_import_file(
    healthcode_flag_options_t *options, const char *path, bool audit);
static healthcode_exit_e healthcode_import_run(healthcode_import_t *import);
static healthcode_exit_e healthcode_import_line(healthcode_import_t *import,
    healthcode_str_t text);
static healthcode_exit_e healthcode_import_send(healthcode_import_t *import,
    const healthcode_import_line_t *line);
static healthcode_script_t healthcode_import_call(
    const healthcode_import_t *import, const healthcode_import_line_t *line);
static healthcode_parts_t healthcode_import_parts(
    const healthcode_import_t *import, const healthcode_import_line_t *line);
static healthcode_exit_e healthcode_import_flush(healthcode_import_t *import);
static healthcode_exit_e healthcode_import_alone(healthcode_import_t *import,
    healthcode_import_line_t *line);
static bool healthcode_import_is_again(const healthcode_import_t *import,
    const redisReply *reply);
static healthcode_exit_e healthcode_import_take(healthcode_import_t *import,
    unsigned n);
static healthcode_exit_e healthcode_import_repeat(healthcode_import_t *import);
static healthcode_exit_e healthcode_import_answer(healthcode_import_t *import,
    healthcode_import_line_t *line, const redisReply *reply);
static void healthcode_import_bad(healthcode_import_t *import,
    unsigned long long number, const char *field, const char *what);
static healthcode_exit_e healthcode_import_end(healthcode_import_t *import,
    healthcode_exit_e rc, double seconds);


healthcode_exit_e
healthcode_import(int argc, char **argv)
{
    bool                        no_audit = false;
    const char                 *names[] = { "FILE" };
    healthcode_exit_e           rc;
    healthcode_arguments_t      arguments = { names, 1, 1, { .n = 0 } };
    healthcode_flag_options_t   o = { .custom = false };

    const healthcode_option_t  options[] = {
        HEALTHCODE_FLAG_ROWS(&o),
        HEALTHCODE_FLAG_WRITE_ROWS(&o),
        { .name = "until", .hint = "TIME", .value = &o.until },
        { .name = "no-audit", .is_set = &no_audit },
        { .name = "before-init", .is_set = &o.connection.before_init },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    rc = healthcode_flag_check(&o);

    return (rc == HEALTHCODE_EXIT_OK)
           ? healthcode_import_file(&o, arguments.list.items[0], !no_audit)
           : rc;
}


static healthcode_exit_e
healthcode_import_file(healthcode_flag_options_t *options, const char *path,
    bool audit)
{
    healthcode_exit_e         rc;
    healthcode_import_t      *import;
    healthcode_connection_t   connection;

    import = calloc(1, sizeof(healthcode_import_t));
    if (import == NULL) {
        return healthcode_output_failed("no memory");
    }

    import->options = options;
    import->connection = &connection;
    import->audit = audit;
    import->terms.options = options;
    import->terms.now = time(NULL);
    memset(&connection, 0, sizeof(healthcode_connection_t));

    import->lines.fd = (strcmp(path, "-") == 0)
                       ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    if (import->lines.fd == -1) {
        rc = healthcode_output_failed("FILE: cannot open \"%s\": %s", path,
                                      strerror(errno));

    } else if (!healthcode_time_until("--until", options->until,
                                      import->terms.now, &import->terms.until))
    {
        rc = HEALTHCODE_EXIT_USAGE;

    } else {
        rc = healthcode_connection_open_proven(&options->connection,
                                               &connection);
        if (rc == HEALTHCODE_EXIT_OK && !options->connection.before_init) {
            rc = healthcode_proofs_check(&connection, NULL);
        }

        if (rc == HEALTHCODE_EXIT_OK) {
            rc = healthcode_import_run(import);
        }
    }

    healthcode_connection_close(&connection);
    free(import);

    return rc;
}


static healthcode_exit_e
healthcode_import_run(healthcode_import_t *import)
{
    healthcode_str_t    text;
    struct timespec     start, end;
    healthcode_exit_e   rc = HEALTHCODE_EXIT_OK;
    healthcode_lines_e  what = HEALTHCODE_LINES_LINE;

    clock_gettime(CLOCK_MONOTONIC, &start);

    import->terms.pepper = import->connection->pepper;
    healthcode_script_init(&import->script, "flag-set", import->audit ? 2 : 1);

    while (rc == HEALTHCODE_EXIT_OK) {
        what = healthcode_lines_next(&import->lines, &text);

        if (what == HEALTHCODE_LINES_LINE) {
            rc = healthcode_import_line(import, text);

        } else if (what == HEALTHCODE_LINES_LONG) {
            healthcode_import_bad(import, import->lines.number, "it ",
                                  "is too long");
        } else {
            break;
        }
    }

    if (rc == HEALTHCODE_EXIT_OK && what == HEALTHCODE_LINES_FAILED) {
        rc = healthcode_output_failed("FILE: cannot read line %llu: %s",
                                      import->lines.number + 1,
                                      strerror(errno));
        healthcode_import_take(import, import->n);

    } else if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_import_take(import, import->n);
    }

    clock_gettime(CLOCK_MONOTONIC, &end);

    return healthcode_import_end(import, rc,
                                 (double) (end.tv_sec - start.tv_sec)
                                 + (double) (end.tv_nsec - start.tv_nsec)
                                   / 1e9);
}


/* Skips empty lines, and a byte order mark before a SUB. */
static healthcode_exit_e
healthcode_import_line(healthcode_import_t *import, healthcode_str_t text)
{
    unsigned                   at;
    const char                *fault;
    healthcode_exit_e          rc;
    healthcode_import_line_t  *line;

    if (import->lines.number == 1 && text.len >= 3
        && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
    {
        text = healthcode_str_from(text.data + 3, text.len - 3);
    }

    if (text.len && text.data[text.len - 1] == '\r') {
        text.len--;
    }

    if (text.len == 0) {
        return HEALTHCODE_EXIT_OK;
    }

    at = (import->head + import->n) % HEALTHCODE_IMPORT_WINDOW;
    line = &import->window[at];
    fault = healthcode_import_parse(text, &import->terms, line);

    if (fault) {
        healthcode_import_bad(import, import->lines.number, line->field,
                              fault);
        return HEALTHCODE_EXIT_OK;
    }

    line->number = import->lines.number;
    line->again = false;

    if (import->connection->cluster) {
        line->node = healthcode_nodes_route(import->connection,
                                            line->keys.risk);
        if (line->node == -1) {
            return HEALTHCODE_EXIT_FAILED;
        }

        /*
         * The first one of a node goes alone, so that it knows the script; and
         * with nothing under way, since it may have to go elsewhere.
         */

        if (!import->knows[line->node]) {
            import->knows[line->node] = true;
            rc = healthcode_import_take(import, import->n);

            return rc == HEALTHCODE_EXIT_OK
                   ? healthcode_import_alone(import, line) : rc;
        }
    }

    /* two schemas in one step */

    if (import->connection->former != HEALTHCODE_FORMER_NONE) {
        return healthcode_import_alone(import, line);
    }

    import->n++;

    rc = healthcode_import_send(import, line);

    if (rc == HEALTHCODE_EXIT_OK && import->n == HEALTHCODE_IMPORT_WINDOW) {
        rc = healthcode_import_take(import, HEALTHCODE_IMPORT_BATCH);
    }

    return rc;
}


/* The first line goes alone, so that the server knows the script after it. */
static healthcode_exit_e
healthcode_import_send(healthcode_import_t *import,
    const healthcode_import_line_t *line)
{
    healthcode_script_t   call = healthcode_import_call(import, line);

    if (!healthcode_script_append(&call, import->connection, false)) {
        return healthcode_output_failed("no memory");
    }

    if (!import->started && import->connection->cluster == NULL) {
        import->started = true;
        return healthcode_import_take(import, 1);
    }

    return (import->n % HEALTHCODE_IMPORT_BATCH == 0)
           ? healthcode_import_flush(import) : HEALTHCODE_EXIT_OK;
}


/* To all nodes that have a line under way. */
static healthcode_exit_e
healthcode_import_flush(healthcode_import_t *import)
{
    int                        done;
    healthcode_connection_t   *connection = import->connection;
    healthcode_import_line_t  *line;

    for (unsigned i = 0; i < import->n; i++) {
        line = &import->window[(import->head + i) % HEALTHCODE_IMPORT_WINDOW];

        if (connection->cluster) {
            connection->redis = healthcode_nodes_redis(connection,
                                                       line->node);
        }

        for (done = 0; !done; /* void */ ) {
            if (redisBufferWrite(connection->redis, &done) != REDIS_OK) {
                return healthcode_connection_failed(connection, NULL);
            }
        }
    }

    return HEALTHCODE_EXIT_OK;
}


static healthcode_script_t
healthcode_import_call(const healthcode_import_t *import,
    const healthcode_import_line_t *line)
{
    healthcode_script_t  call = import->script;
    healthcode_parts_t   parts = healthcode_import_parts(import, line);

    healthcode_parts_add(&parts, &call);

    return call;
}


static healthcode_parts_t
healthcode_import_parts(const healthcode_import_t *import,
    const healthcode_import_line_t *line)
{
    return (healthcode_parts_t) {
        &line->keys, line->flag, line->until,
        import->audit ? import->options->by : NULL, import->options->reason
    };
}


/*
 * Takes n answers.  If the server has lost the script, the rest under way
 * is waited for and those lines go again, in their order.
 */
static healthcode_exit_e
healthcode_import_take(healthcode_import_t *import, unsigned n)
{
    redisReply                *reply;
    healthcode_exit_e          rc = HEALTHCODE_EXIT_OK;
    healthcode_connection_t   *connection = import->connection;
    healthcode_import_line_t  *line;

    while (n-- && rc == HEALTHCODE_EXIT_OK) {

        line = &import->window[import->head];

        if (connection->cluster) {
            connection->redis = healthcode_nodes_redis(connection,
                                                       line->node);
        }

        if (redisGetReply(connection->redis, (void **) &reply) != REDIS_OK) {
            return healthcode_connection_failed(connection, NULL);
        }

        import->head = (import->head + 1) % HEALTHCODE_IMPORT_WINDOW;
        import->n--;

        if (healthcode_import_is_again(import, reply)) {
            line->again = true;
            import->again = true;
            n = import->n;

        } else {
            rc = healthcode_import_answer(import, line, reply);

            if (connection->cluster) {
                healthcode_nodes_wrote(connection, line->node);
            }
        }

        freeReplyObject(reply);
    }

    return (rc == HEALTHCODE_EXIT_OK && import->again)
           ? healthcode_import_repeat(import) : rc;
}


/* The script is to be sent, or the line to another node. */
static bool
healthcode_import_is_again(const healthcode_import_t *import,
    const redisReply *reply)
{
    return healthcode_script_is_unknown(reply)
           || (import->connection->cluster
               && healthcode_nodes_is_elsewhere(reply));
}


/* Nothing is under way here, so that the oldest line stands at the head. */
static healthcode_exit_e
healthcode_import_repeat(healthcode_import_t *import)
{
    unsigned                   i, at;
    healthcode_exit_e          rc = HEALTHCODE_EXIT_OK;
    healthcode_import_line_t  *line;

    import->again = false;

    for (i = 0; i < HEALTHCODE_IMPORT_WINDOW && rc == HEALTHCODE_EXIT_OK; i++) {
        at = (import->head + i) % HEALTHCODE_IMPORT_WINDOW;
        line = &import->window[at];

        if (!line->again) {
            continue;
        }

        line->again = false;
        rc = healthcode_import_alone(import, line);
    }

    return rc;
}


static healthcode_exit_e
healthcode_import_alone(healthcode_import_t *import,
    healthcode_import_line_t *line)
{
    redisReply          *reply;
    healthcode_exit_e    rc;
    healthcode_parts_t   parts = healthcode_import_parts(import, line);

    rc = healthcode_parts_write(&parts, import->connection, &reply);

    if (reply == NULL) {
        return healthcode_connection_failed(import->connection, NULL);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_import_answer(import, line, reply);
    }

    freeReplyObject(reply);

    return rc;
}


/* What the script refuses is the line's fault; other errors are the store's. */
static healthcode_exit_e
healthcode_import_answer(healthcode_import_t *import,
    healthcode_import_line_t *line, const redisReply *reply)
{
    static const char  ours[] = "ERR healthcode flag-set: ";

    if (reply->type == REDIS_REPLY_INTEGER) {
        if (reply->integer == 1) {
            import->set++;
        } else {
            import->renewed++;
        }

        return HEALTHCODE_EXIT_OK;
    }

    if (reply->type == REDIS_REPLY_ERROR
        && strncmp(reply->str, ours, sizeof(ours) - 1) == 0)
    {
        healthcode_import_bad(import, line->number, "",
                              reply->str + sizeof(ours) - 1);
        return HEALTHCODE_EXIT_OK;
    }

    return healthcode_output_failed("line %llu: the store refused: %s",
                                    line->number,
                                    (reply->type == REDIS_REPLY_ERROR)
                                    ? reply->str : "an answer of another "
                                                   "shape");
}


static void
healthcode_import_bad(healthcode_import_t *import, unsigned long long number,
    const char *field, const char *what)
{
    if (import->bad++ < HEALTHCODE_IMPORT_NAMED) {
        healthcode_output_no("line %llu is left out: %s%s", number, field,
                             what);
    }
}


static healthcode_exit_e
healthcode_import_end(healthcode_import_t *import, healthcode_exit_e rc,
    double seconds)
{
    unsigned long long  done = import->set + import->renewed;

    printf("%llu set, %llu set anew, %llu left out, in %.1f s (%.0f a "
           "second)\n", import->set, import->renewed, import->bad, seconds,
           (double) done / (seconds > 0 ? seconds : 1));

    if (rc != HEALTHCODE_EXIT_OK) {
        return healthcode_output_failed("stopped; setting a flag twice does no "
                                        "harm, so run it again from line %llu "
                                        "or from the start",
                                        import->n
                                        ? import->window[import->head].number
                                        : import->lines.number + 1);
    }

    rc = healthcode_connection_wait(import->connection);

    if (rc == HEALTHCODE_EXIT_OK && import->bad) {
        return healthcode_output_no("%llu lines are left out; correct them and "
                                    "import those", import->bad);
    }

    return rc;
}
