/*
 * healthcode holder erase: removes what the store keeps of one person.
 * Knows no codes.  docs/operations.md, "Someone is to be forgotten".
 */

#include <stdlib.h>

#include "healthcode_commands.h"
#include "healthcode_flag.h"
#include "healthcode_hall_call.h"
#include "healthcode_proofs.h"
#include "healthcode_scan.h"


#define HEALTHCODE_ERASE_HALLS   4096       /* of one store */
#define HEALTHCODE_ERASE_PREFIX  "healthcode:hall:{"
#define HEALTHCODE_ERASE_NUMBER  24


/* Start with all zero; it is to be closed, whatever happened. */
typedef struct {
    healthcode_flag_options_t   options;
    healthcode_list_t           names;      /* of --hall */
    bool                        flags;
    healthcode_connection_t     redis;
    healthcode_hall_call_t      call;
    healthcode_keys_holder_t    keys;       /* of the holder */
    uint8_t                   (*halls)[HEALTHCODE_HOLDER_LEN];
    size_t                      nhalls;
    long long                   left;       /* halls with the holder */
    long long                   erased;     /* flags, and what revokes codes */
    long long                   stay;
    long long                   entries;    /* of the history, erased */
    long long                   history;    /* that stay */
} healthcode_erase_t;


static healthcode_exit_e healthcode_erase_open(healthcode_erase_t *o,
    const char *subject);
static healthcode_exit_e healthcode_erase_run(healthcode_erase_t *o);
static healthcode_exit_e healthcode_erase_find(healthcode_erase_t *o);
static healthcode_exit_e healthcode_erase_find_here(healthcode_erase_t *o);
static bool healthcode_erase_found(healthcode_erase_t *o,
    const redisReply *names);
static bool healthcode_erase_hall(const redisReply *name, uint8_t *digest);
static healthcode_exit_e healthcode_erase_leave(healthcode_erase_t *o);
static healthcode_exit_e healthcode_erase_flags(healthcode_erase_t *o);
static healthcode_exit_e healthcode_erase_note(healthcode_erase_t *o);
static healthcode_exit_e healthcode_erase_say(healthcode_erase_t *o);
static void healthcode_erase_close(healthcode_erase_t *o);


healthcode_exit_e
healthcode_erase(int argc, char **argv)
{
    healthcode_exit_e           rc;
    const char                 *names[] = { "SUB" };
    healthcode_erase_t          o = { .flags = false };
    healthcode_arguments_t      arguments = { names, 1, 1, { .n = 0 } };
    healthcode_flag_options_t  *flag = &o.options;

    const healthcode_option_t  options[] = {
        HEALTHCODE_FLAG_ROWS(flag),
        HEALTHCODE_CONNECTION_WAIT_ROW(&flag->connection),
        { .name = "by", .hint = "WHO", .value = &flag->by },
        { .name = "reason", .hint = "TEXT", .value = &flag->reason },
        { .name = "hall", .hint = "HALL", .list = &o.names },
        { .name = "flags", .is_set = &o.flags },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    if (o.names.n && flag->connection.pepper_file == NULL) {
        return healthcode_output_usage("--pepper-file is missing; without it "
                                       "nobody finds a hall by its name");
    }

    rc = healthcode_erase_open(&o, arguments.list.items[0]);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_erase_run(&o);
    }

    healthcode_erase_close(&o);

    return rc;
}


static healthcode_exit_e
healthcode_erase_open(healthcode_erase_t *o, const char *subject)
{
    uint8_t                     holder[HEALTHCODE_HOLDER_LEN];
    healthcode_exit_e           rc;
    healthcode_flag_options_t  *options = &o->options;

    rc = healthcode_flag_check(options);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_connection_open_proven(&options->connection, &o->redis);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_subject_take(&options->subject, o->redis.pepper,
                                     subject, holder);
    }

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    healthcode_keys_holder(holder, &o->keys);
    rc = healthcode_proofs_check(&o->redis, o->keys.risk);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    o->halls = calloc(HEALTHCODE_ERASE_HALLS, sizeof(o->halls[0]));

    return o->halls ? healthcode_hall_call_open(&o->call, &o->redis)
                    : healthcode_output_failed("no memory");
}


/*
 * Halls first: whoever is stopped half-way runs it again, and what is in force
 * says until then whose passages are left.
 */
static healthcode_exit_e
healthcode_erase_run(healthcode_erase_t *o)
{
    healthcode_exit_e  rc;

    rc = healthcode_erase_find(o);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_erase_leave(o);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_erase_flags(o);
    }

    if (rc == HEALTHCODE_EXIT_OK && o->left + o->erased + o->entries > 0) {
        rc = healthcode_erase_note(o);
    }

    return rc == HEALTHCODE_EXIT_OK ? healthcode_erase_say(o) : rc;
}


/* The halls of --hall; else all that the names of keys say. */
static healthcode_exit_e
healthcode_erase_find(healthcode_erase_t *o)
{
    size_t             i;
    healthcode_exit_e  rc = HEALTHCODE_EXIT_OK;

    for (i = 0; i < o->names.n; i++) {
        if (!healthcode_hall_name(o->redis.pepper,
                                  healthcode_str_from(o->names.items[i],
                                                  strlen(o->names.items[i])),
                                  o->halls[o->nhalls++]))
        {
            return healthcode_output_failed("OpenSSL has no HMAC-SHA-256");
        }
    }

    if (o->names.n) {
        return HEALTHCODE_EXIT_OK;
    }

    for (i = 0; rc == HEALTHCODE_EXIT_OK
                && i < healthcode_connection_nodes(&o->redis); i++)
    {
        rc = healthcode_connection_use(&o->redis, i);

        if (rc == HEALTHCODE_EXIT_OK) {
            rc = healthcode_erase_find_here(o);
        }
    }

    return rc;
}


/* Those of one server. */
static healthcode_exit_e
healthcode_erase_find_here(healthcode_erase_t *o)
{
    bool         fits;
    char         cursor[HEALTHCODE_SCAN_SIZE] = HEALTHCODE_SCAN_START;
    redisReply  *reply;
    const char  *args[] = {
        "SCAN", cursor, "MATCH", HEALTHCODE_ERASE_PREFIX "??}:*", "COUNT",
        "1000"
    };

    do {
        reply = healthcode_scan_page(&o->redis, 6, args, cursor);

        if (reply == NULL) {
            return HEALTHCODE_EXIT_FAILED;
        }

        fits = healthcode_erase_found(o, reply->element[1]);
        freeReplyObject(reply);

        if (!fits) {
            return healthcode_output_failed("nothing was done: there are more "
                                            "than %d halls; name those of the "
                                            "holder with --hall",
                                            HEALTHCODE_ERASE_HALLS);
        }

    } while (!healthcode_scan_is_over(cursor));

    return HEALTHCODE_EXIT_OK;
}


/* Adds the halls that are new; false if there are too many. */
static bool
healthcode_erase_found(healthcode_erase_t *o, const redisReply *names)
{
    size_t   n;
    uint8_t  digest[HEALTHCODE_HOLDER_LEN];

    for (size_t i = 0; i < names->elements; i++) {

        if (!healthcode_erase_hall(names->element[i], digest)) {
            continue;
        }

        for (n = 0; n < o->nhalls; n++) {
            if (memcmp(o->halls[n], digest, sizeof(digest)) == 0) {
                break;
            }
        }

        if (n == HEALTHCODE_ERASE_HALLS) {
            return false;
        }

        if (n == o->nhalls) {
            memcpy(o->halls[o->nhalls++], digest, sizeof(digest));
        }
    }

    return true;
}


/* The hall of a key "healthcode:hall:{xx}:HALL:..."; false: it is another. */
static bool
healthcode_erase_hall(const redisReply *name, uint8_t *digest)
{
    const size_t  hall = sizeof(HEALTHCODE_ERASE_PREFIX "xx}:") - 1;

    return name->type == REDIS_REPLY_STRING
           && name->len > hall + HEALTHCODE_HOLDER_HEX
           && name->str[hall + HEALTHCODE_HOLDER_HEX] == ':'
           && memcmp(name->str + sizeof(HEALTHCODE_ERASE_PREFIX) - 1,
                     name->str + hall, 2) == 0
           && healthcode_holder_parse(healthcode_str_from(name->str + hall,
                                                      HEALTHCODE_HOLDER_HEX),
                                      digest);
}


static healthcode_exit_e
healthcode_erase_leave(healthcode_erase_t *o)
{
    redisReply  *reply;

    for (size_t i = 0; i < o->nhalls; i++) {
        healthcode_hall_call_digest(&o->call, o->halls[i]);
        reply = healthcode_hall_call_ask(&o->call, "forget", o->keys.holder,
                                         NULL);

        if (reply == NULL) {
            return HEALTHCODE_EXIT_FAILED;
        }

        o->left += strcmp(reply->element[0]->str, "forgotten") == 0;
        freeReplyObject(reply);
    }

    return HEALTHCODE_EXIT_OK;
}


static healthcode_exit_e
healthcode_erase_flags(healthcode_erase_t *o)
{
    redisReply           *reply;
    healthcode_script_t   script;

    healthcode_script_init(&script, "holder-erase", 2);
    healthcode_script_add_text(&script, o->keys.risk);
    healthcode_script_add_text(&script, o->keys.audit);
    healthcode_script_add_text(&script, o->flags ? "all" : "keep");

    reply = healthcode_script_run(&script, &o->redis);

    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 4) {
        freeReplyObject(reply);
        return healthcode_output_failed("the store gave an answer of another "
                                        "shape");
    }

    o->erased = reply->element[0]->integer;
    o->stay = reply->element[1]->integer;
    o->entries = reply->element[2]->integer;
    o->history = reply->element[3]->integer;
    freeReplyObject(reply);

    return HEALTHCODE_EXIT_OK;
}


/* Who erased somebody, when and why; not whom. */
static healthcode_exit_e
healthcode_erase_note(healthcode_erase_t *o)
{
    char                  numbers[3][HEALTHCODE_ERASE_NUMBER];
    redisReply           *reply;
    const long long       counts[3] = { o->left, o->erased, o->entries };
    healthcode_script_t   script;

    healthcode_script_init(&script, "erase-note", 1);
    healthcode_script_add_text(&script, HEALTHCODE_KEYS_ERASED);
    healthcode_script_add_text(&script, o->options.by);
    healthcode_script_add_text(&script, o->options.reason);

    for (size_t i = 0; i < 3; i++) {
        snprintf(numbers[i], sizeof(numbers[i]), "%lld", counts[i]);
        healthcode_script_add_text(&script, numbers[i]);
    }

    reply = healthcode_script_run(&script, &o->redis);

    if (reply == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    freeReplyObject(reply);

    return HEALTHCODE_EXIT_OK;
}


static healthcode_exit_e
healthcode_erase_say(healthcode_erase_t *o)
{
    printf("holder   %s\n"
           "erased   passages of %lld of %zu halls; flags or revoked codes: "
           "%lld; audit entries: %lld\n",
           o->keys.holder, o->left, o->nhalls, o->erased, o->entries);

    if (o->stay) {
        printf("kept     flags or revoked codes in force: %lld; audit entries, "
               "which say why: %lld; --flags erases them, too\n", o->stay,
               o->history);
    }

    if (o->left + o->erased + o->entries == 0) {
        return healthcode_output_no("nothing was erased");
    }

    puts("noted    in " HEALTHCODE_KEYS_ERASED ", without the holder");

    return healthcode_connection_wait(&o->redis);
}


static void
healthcode_erase_close(healthcode_erase_t *o)
{
    free(o->halls);
    healthcode_connection_close(&o->redis);
}
