/*
 * The rights of a gate in Redis, and whether the user of a connection has them.
 * Judges no store.  docs/redis-keys.md, "The gate's Redis user".
 */

#include "healthcode_keys.h"
#include "healthcode_rights.h"


#define HEALTHCODE_RIGHTS_WORDS  5

/* A holder that nobody is, and a hall that nobody has. */
#define HEALTHCODE_RIGHTS_NOBODY                                              \
    "healthcode:risk:{00}:00000000000000000000000000000000"
#define HEALTHCODE_RIGHTS_HALL                                                \
    "healthcode:hall:{00}:00000000000000000000000000000000:inside"


/* When a gate asks so. */
typedef enum {
    HEALTHCODE_RIGHTS_ALWAYS,
    HEALTHCODE_RIGHTS_ROLE,     /* unless the store has "role unchecked" */
    HEALTHCODE_RIGHTS_POLICY,   /* unless it has "evicting_ok on" */
    HEALTHCODE_RIGHTS_PASSAGE,  /* if it has a hall */
    HEALTHCODE_RIGHTS_CLUSTER,  /* if the store is a cluster */
    HEALTHCODE_RIGHTS_CACHE,    /* if the store has a cache */
    HEALTHCODE_RIGHTS_PUSH      /* likewise; this is tried if it may be */
} healthcode_rights_when_e;

typedef struct {
    healthcode_rights_when_e   when;
    const char                *right;    /* that allows the command */
    const char                *key;      /* likewise its key */
    const char                *less;     /* what a gate cannot do then; NULL:
                                            it refuses the store */
    const char                *words[HEALTHCODE_RIGHTS_WORDS];
} healthcode_rights_row_t;

typedef enum {
    HEALTHCODE_RIGHTS_OK,
    HEALTHCODE_RIGHTS_COMMAND,    /* the command is refused */
    HEALTHCODE_RIGHTS_KEY,        /* or its key */
    HEALTHCODE_RIGHTS_UNKNOWN     /* the server has no such command */
} healthcode_rights_e;


static bool healthcode_rights_is_asked(const healthcode_rights_row_t *row,
    const healthcode_rights_gates_t *gates);
static bool healthcode_rights_is_new(size_t n,
    const healthcode_rights_gates_t *gates, bool key);
static const char *healthcode_rights_of(size_t n,
    const healthcode_rights_gates_t *gates, bool key);
static healthcode_exit_e healthcode_rights_try(
    healthcode_connection_t *connection, const healthcode_rights_row_t *row,
    healthcode_rights_e *answer);
static healthcode_rights_e healthcode_rights_read(const redisReply *reply);
static healthcode_exit_e healthcode_rights_is_seven(
    healthcode_connection_t *connection, bool *seven);
static const char *healthcode_rights_word(const healthcode_rights_row_t *row,
    healthcode_rights_e answer, bool seven);
static void healthcode_rights_say(const healthcode_rights_row_t *row,
    healthcode_rights_e answer, bool seven);
static const char *healthcode_rights_without(healthcode_rights_when_e when);
static void healthcode_rights_line(const healthcode_connection_t *connection,
    const healthcode_rights_e *answers, bool seven);


#define HEALTHCODE_RIGHTS_READ   "%R~healthcode:*"
#define HEALTHCODE_RIGHTS_PROOF  "then it cannot prove that changes are pushed"
#define HEALTHCODE_RIGHTS_HALLS  "~healthcode:hall:*"

/* What passage.lua calls about a hall; it is tried as it is, without script. */
#define HEALTHCODE_RIGHTS_CALLS(right, ...)                                   \
    { HEALTHCODE_RIGHTS_PASSAGE, right, HEALTHCODE_RIGHTS_HALLS, NULL,        \
      { __VA_ARGS__ } }

/*
 * None of them changes anything: there is no such script and no such hall, XX
 * adds to what is there alone, and HSET of three words is refused after the
 * rights were looked at.  What tracks comes last, since pushes follow it.
 */
static const healthcode_rights_row_t  healthcode_rights_rows[] = {
    { HEALTHCODE_RIGHTS_ROLE, "+role", NULL, NULL, { "ROLE" } },
    { HEALTHCODE_RIGHTS_POLICY, "+info", NULL, NULL, { "INFO", "memory" } },
    { HEALTHCODE_RIGHTS_ALWAYS, "+time", NULL, "then it cannot compare clocks",
      { "TIME" } },
    { HEALTHCODE_RIGHTS_ALWAYS, "+hgetall", HEALTHCODE_RIGHTS_READ, NULL,
      { "HGETALL", HEALTHCODE_KEYS_META } },
    { HEALTHCODE_RIGHTS_ALWAYS, "+hrandfield", HEALTHCODE_RIGHTS_READ, NULL,
      { "HRANDFIELD", HEALTHCODE_RIGHTS_NOBODY, "65", "WITHVALUES" } },
    { HEALTHCODE_RIGHTS_ALWAYS, "+hmget", HEALTHCODE_RIGHTS_READ, NULL,
      { "HMGET", HEALTHCODE_KEYS_REGION, "51" } },
    { HEALTHCODE_RIGHTS_ALWAYS, "+hmget", HEALTHCODE_RIGHTS_READ, NULL,
      { "HMGET", HEALTHCODE_KEYS_CONTROL, "issuer:" } },
    { HEALTHCODE_RIGHTS_ALWAYS, "+hrandfield", HEALTHCODE_RIGHTS_READ,
      "then it cannot tell how old the data are",
      { "HRANDFIELD", HEALTHCODE_KEYS_DATA, "17", "WITHVALUES" } },
    { HEALTHCODE_RIGHTS_CLUSTER, "+cluster|slots", NULL, NULL,
      { "CLUSTER", "SLOTS" } },
    { HEALTHCODE_RIGHTS_CLUSTER, "+asking", NULL, NULL, { "ASKING" } },
    { HEALTHCODE_RIGHTS_PASSAGE, "+evalsha", NULL, NULL,
      { "EVALSHA", "0000000000000000000000000000000000000000", "0" } },
    { HEALTHCODE_RIGHTS_PASSAGE, "+script|load", NULL, NULL,
      { "SCRIPT", "LOAD", "(" } },
    { HEALTHCODE_RIGHTS_PASSAGE, "+time", NULL, NULL, { "TIME" } },
    { HEALTHCODE_RIGHTS_PASSAGE, "+hget", HEALTHCODE_RIGHTS_READ, NULL,
      { "HGET", HEALTHCODE_KEYS_META, "instance" } },
    HEALTHCODE_RIGHTS_CALLS("+hget", "HGET", HEALTHCODE_RIGHTS_HALL, "at"),
    HEALTHCODE_RIGHTS_CALLS("+hset", "HSET", HEALTHCODE_RIGHTS_HALL, "at", "0",
                            "at"),
    HEALTHCODE_RIGHTS_CALLS("+hdel", "HDEL", HEALTHCODE_RIGHTS_HALL, "at"),
    HEALTHCODE_RIGHTS_CALLS("+pexpire", "PEXPIRE", HEALTHCODE_RIGHTS_HALL, "1"),
    HEALTHCODE_RIGHTS_CALLS("+pttl", "PTTL", HEALTHCODE_RIGHTS_HALL),
    HEALTHCODE_RIGHTS_CALLS("+zadd", "ZADD", HEALTHCODE_RIGHTS_HALL, "XX", "0",
                            "a"),
    HEALTHCODE_RIGHTS_CALLS("+zrem", "ZREM", HEALTHCODE_RIGHTS_HALL, "a"),
    HEALTHCODE_RIGHTS_CALLS("+zscore", "ZSCORE", HEALTHCODE_RIGHTS_HALL, "a"),
    HEALTHCODE_RIGHTS_CALLS("+zcard", "ZCARD", HEALTHCODE_RIGHTS_HALL),
    HEALTHCODE_RIGHTS_CALLS("+zcount", "ZCOUNT", HEALTHCODE_RIGHTS_HALL, "0",
                            "0"),
    HEALTHCODE_RIGHTS_CALLS("+zrangebyscore", "ZRANGEBYSCORE",
                            HEALTHCODE_RIGHTS_HALL, "0", "0"),
    HEALTHCODE_RIGHTS_CALLS("+zrangebylex", "ZRANGEBYLEX",
                            HEALTHCODE_RIGHTS_HALL, "[a", "[a"),
    HEALTHCODE_RIGHTS_CALLS("+zremrangebyscore", "ZREMRANGEBYSCORE",
                            HEALTHCODE_RIGHTS_HALL, "0", "0"),
    { HEALTHCODE_RIGHTS_CACHE, "+info", NULL,
      "then it cannot tell how many keys are tracked", { "INFO", "stats" } },
    { HEALTHCODE_RIGHTS_CACHE, "+client|tracking", NULL, NULL,
      { "CLIENT", "TRACKING", "ON" } },
    { HEALTHCODE_RIGHTS_CACHE, "+client|trackinginfo", NULL,
      HEALTHCODE_RIGHTS_PROOF, { "CLIENT", "TRACKINGINFO" } },
    { HEALTHCODE_RIGHTS_PUSH, "+get", HEALTHCODE_RIGHTS_READ,
      HEALTHCODE_RIGHTS_PROOF, { "GET", HEALTHCODE_KEYS_PUSH } },
    { HEALTHCODE_RIGHTS_PUSH, "+incr", "~healthcode:push:*",
      HEALTHCODE_RIGHTS_PROOF, { "INCR", HEALTHCODE_KEYS_PUSH } },
};

#define HEALTHCODE_RIGHTS_ROWS                                                \
    (sizeof(healthcode_rights_rows) / sizeof(healthcode_rights_rows[0]))


static bool
healthcode_rights_is_asked(const healthcode_rights_row_t *row,
    const healthcode_rights_gates_t *gates)
{
    switch (row->when) {

    case HEALTHCODE_RIGHTS_ROLE:
        return !gates->role_unchecked;

    case HEALTHCODE_RIGHTS_POLICY:
        return !gates->evicting_ok;

    case HEALTHCODE_RIGHTS_PASSAGE:
        return gates->passage;

    case HEALTHCODE_RIGHTS_CLUSTER:
        return gates->cluster;

    case HEALTHCODE_RIGHTS_CACHE:
    case HEALTHCODE_RIGHTS_PUSH:
        return !gates->no_cache;

    default:
        return true;
    }
}


void
healthcode_rights_print(const healthcode_rights_gates_t *gates)
{
    fputs("resetkeys", stdout);

    for (int key = 1; key >= 0; key--) {

        for (size_t i = 0; i < HEALTHCODE_RIGHTS_ROWS; i++) {
            if (healthcode_rights_is_new(i, gates, key)) {
                printf(" %s", healthcode_rights_of(i, gates, key));
            }
        }

        fputs(key ? " resetchannels -@all" : "\n", stdout);
    }
}


/* Whether row n needs a right, to a key if key, that no row before it does. */
static bool
healthcode_rights_is_new(size_t n, const healthcode_rights_gates_t *gates,
    bool key)
{
    const char  *other, *right = healthcode_rights_of(n, gates, key);

    for (size_t i = 0; right && i < n; i++) {
        other = healthcode_rights_of(i, gates, key);

        if (other && strcmp(other, right) == 0) {
            return false;
        }
    }

    return right != NULL;
}


static const char *
healthcode_rights_of(size_t n, const healthcode_rights_gates_t *gates,
    bool key)
{
    const healthcode_rights_row_t  *row = &healthcode_rights_rows[n];

    if (!healthcode_rights_is_asked(row, gates)) {
        return NULL;
    }

    return key ? row->key : row->right;
}


healthcode_exit_e
healthcode_rights_check(healthcode_connection_t *connection,
    const healthcode_rights_gates_t *gates, bool *ok)
{
    bool                            push, seven = true, refused = false;
    healthcode_exit_e               rc;
    healthcode_rights_e             answers[HEALTHCODE_RIGHTS_ROWS];
    const healthcode_rights_row_t  *row;

    rc = healthcode_rights_is_seven(connection, &seven);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    /* before Redis 7 these rights reach too far; and one of them writes */
    push = seven
           && connection->proofs[HEALTHCODE_CONNECTION_POLICY].reason
              != HEALTHCODE_REASON_STORE_AUTH
           && connection->proofs[HEALTHCODE_CONNECTION_META].reason
              == HEALTHCODE_REASON_OK;
    *ok = true;

    for (size_t i = 0; i < HEALTHCODE_RIGHTS_ROWS; i++) {
        row = &healthcode_rights_rows[i];
        answers[i] = HEALTHCODE_RIGHTS_OK;

        if (!healthcode_rights_is_asked(row, gates)
            || (row->when == HEALTHCODE_RIGHTS_PUSH && !push))
        {
            continue;
        }

        rc = healthcode_rights_try(connection, row, &answers[i]);

        if (rc != HEALTHCODE_EXIT_OK) {
            return rc;
        }

        if (answers[i] != HEALTHCODE_RIGHTS_OK) {
            healthcode_rights_say(row, answers[i], seven);
            *ok &= row->less != NULL;
            refused |= answers[i] != HEALTHCODE_RIGHTS_UNKNOWN;
        }
    }

    if (refused) {
        healthcode_rights_line(connection, answers, seven);

    } else if (*ok) {
        printf("ok   rights   this user may do what a gate%s does\n",
               gates->passage ? " with a passage" : "");
    }

    return HEALTHCODE_EXIT_OK;
}


static healthcode_exit_e
healthcode_rights_try(healthcode_connection_t *connection,
    const healthcode_rights_row_t *row, healthcode_rights_e *answer)
{
    int          argc = 0;
    redisReply  *reply;
    const char  *args[HEALTHCODE_RIGHTS_WORDS];

    while (argc < HEALTHCODE_RIGHTS_WORDS && row->words[argc]) {
        args[argc] = row->words[argc];
        argc++;
    }

    reply = redisCommandArgv(connection->redis, argc, args, NULL);

    if (reply == NULL) {
        return healthcode_connection_failed(connection, NULL);
    }

    *answer = healthcode_rights_read(reply);
    freeReplyObject(reply);

    return HEALTHCODE_EXIT_OK;
}


/* Another error, such as WRONGTYPE, says nothing about rights. */
static healthcode_rights_e
healthcode_rights_read(const redisReply *reply)
{
    if (healthcode_refusal_is_right(reply)) {
        return healthcode_refusal_is_right_to_keys(reply)
               ? HEALTHCODE_RIGHTS_KEY : HEALTHCODE_RIGHTS_COMMAND;
    }

    return (reply->type == REDIS_REPLY_ERROR
            && strncmp(reply->str, "ERR unknown", 11) == 0)
           ? HEALTHCODE_RIGHTS_UNKNOWN : HEALTHCODE_RIGHTS_OK;
}


/* Whether it knows a right to read alone; true if it does not say. */
static healthcode_exit_e
healthcode_rights_is_seven(healthcode_connection_t *connection, bool *seven)
{
    redisReply  *reply;
    const char  *version = NULL, *args[] = { "INFO", "server" };
    const char  *field = "redis_version:";

    reply = redisCommandArgv(connection->redis, 2, args, NULL);

    if (reply == NULL) {
        return healthcode_connection_failed(connection, NULL);
    }

    if (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_VERB) {
        version = strstr(reply->str, field);
    }

    *seven = version == NULL || strncmp(version + strlen(field), "6.", 2) != 0;
    freeReplyObject(reply);

    return HEALTHCODE_EXIT_OK;
}


/* The missing right; NULL if none is missing. */
static const char *
healthcode_rights_word(const healthcode_rights_row_t *row,
    healthcode_rights_e answer, bool seven)
{
    switch (answer) {

    case HEALTHCODE_RIGHTS_COMMAND:
        return row->right;

    case HEALTHCODE_RIGHTS_KEY:
        return (!seven && strcmp(row->key, HEALTHCODE_RIGHTS_READ) == 0)
               ? "~healthcode:*" : row->key;

    default:
        return NULL;
    }
}


static void
healthcode_rights_say(const healthcode_rights_row_t *row,
    healthcode_rights_e answer, bool seven)
{
    const char  *word = healthcode_rights_word(row, answer, seven);

    printf("%-4s rights   %s%s%s is refused: ", row->less ? "warn" : "NO",
           row->words[0], row->words[1] ? " " : "",
           row->words[1] ? row->words[1] : "");

    if (word) {
        printf("the user lacks %s", word);
    } else {
        fputs("the server does not know it; gates need Redis 6.2 or later",
              stdout);
    }

    if (row->less) {
        printf("; %s", row->less);

    } else {
        fputs(healthcode_rights_without(row->when), stdout);
    }

    putchar('\n');
}


/* What to add, if the gates of this store do without. */
static const char *
healthcode_rights_without(healthcode_rights_when_e when)
{
    switch (when) {

    case HEALTHCODE_RIGHTS_ROLE:
        return "; if each gate has \"role unchecked;\" in this store, add "
               "--role unchecked";

    case HEALTHCODE_RIGHTS_POLICY:
        return "; if each gate has \"evicting_ok on;\" in this store, add "
               "--evicting-ok";

    case HEALTHCODE_RIGHTS_PASSAGE:
        return "; no gate with a passage can do without";

    case HEALTHCODE_RIGHTS_CACHE:
        return "; where no gate has a \"cache\" in this store, add --no-cache";

    default:
        return "";
    }
}


/* The rights that are missing, each once. */
static void
healthcode_rights_line(const healthcode_connection_t *connection,
    const healthcode_rights_e *answers, bool seven)
{
    size_t       i, n, said = 0;
    const char  *words[HEALTHCODE_RIGHTS_ROWS];

    fputs("              write: ACL SETUSER ", stdout);
    healthcode_output_string(stdout, connection->user);

    for (i = 0; i < HEALTHCODE_RIGHTS_ROWS; i++) {
        words[said] = healthcode_rights_word(&healthcode_rights_rows[i],
                                             answers[i], seven);

        for (n = 0; words[said] && n < said; n++) {
            if (strcmp(words[n], words[said]) == 0) {
                words[said] = NULL;
            }
        }

        if (words[said]) {
            printf(" %s", words[said++]);
        }
    }

    putchar('\n');
}
