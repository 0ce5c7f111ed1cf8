/*
 * healthcode keyset: what issuers publish -> a key set for gates, judged by the
 * reader of gates before any gate has it.  Knows no code and no store.
 * docs/operations.md, "Keys of other issuers".
 */

#include <stdlib.h>
#include <time.h>

#include "core/healthcode_family.h"
#include "core/healthcode_keyring.h"
#include "healthcode_collect.h"
#include "healthcode_commands.h"
#include "healthcode_keyset.h"
#include "healthcode_time.h"


#define HEALTHCODE_KEYSET_ERROR_MAX  512


typedef struct {
    healthcode_list_t    algorithms;
    healthcode_list_t    aliases;
    const char          *iss;
    const char          *at;
    bool                 partial;
} healthcode_keyset_options_t;


/* The set that is made, key by key. */
typedef struct {
    healthcode_keyset_t    names;     /* its rules: algorithms, aliases, time */
    yyjson_mut_doc        *doc;
    yyjson_mut_val        *keys;
    size_t                 wrong;     /* keys and texts that cannot be used */
    bool                   failed;    /* a private key, or no memory */
} healthcode_keyset_made_t;


static healthcode_exit_e healthcode_keyset_run(
    const healthcode_keyset_options_t *options,
    const healthcode_list_t *sources, healthcode_keyset_made_t *made,
    healthcode_collect_t *collect);
static bool healthcode_keyset_terms(const healthcode_keyset_options_t *options,
    healthcode_keyset_made_t *made);
static void healthcode_keyset_take(healthcode_keyset_made_t *made,
    const healthcode_collect_item_t *item);
static void healthcode_keyset_tell(healthcode_keyset_made_t *made,
    const healthcode_keyring_t *ring, const char *where);
static void healthcode_keyset_take_key(healthcode_keyset_made_t *made,
    const healthcode_keyring_t *ring, size_t i, const char *where);
static bool healthcode_keyset_is_seen(const healthcode_keyring_t *ring,
    size_t i, bool *alone);
static bool healthcode_keyset_is_one(const healthcode_key_t *a,
    const healthcode_key_t *b);
static void healthcode_keyset_write_key(healthcode_keyset_made_t *made,
    const healthcode_key_t *key, healthcode_str_t kid, bool alone);
static bool healthcode_keyset_has(const healthcode_keyset_made_t *made,
    yyjson_mut_val *jwk);
static healthcode_exit_e healthcode_keyset_end(
    const healthcode_keyset_options_t *options, healthcode_keyset_made_t *made);
static healthcode_exit_e healthcode_keyset_print(
    healthcode_keyset_made_t *made, const char *text);


healthcode_exit_e
healthcode_keyset(int argc, char **argv)
{
    size_t                        i;
    const char                   *names[HEALTHCODE_LIST_MAX];
    healthcode_exit_e             rc = HEALTHCODE_EXIT_FAILED;
    healthcode_collect_t          collect = { .iss = NULL };
    healthcode_arguments_t        arguments = { names, 1, HEALTHCODE_LIST_MAX,
                                                { .n = 0 } };
    healthcode_keyset_made_t     *made;
    healthcode_keyset_options_t   o = { .iss = NULL };

    const healthcode_option_t  options[] = {
        { .name = "alg", .hint = "ALG", .list = &o.algorithms },
        { .name = "alg-alias", .hint = "NAME=ALG", .list = &o.aliases },
        { .name = "iss", .hint = "ISS", .value = &o.iss },
        { .name = "at", .hint = "TIME", .value = &o.at },
        { .name = "partial", .is_set = &o.partial },
    };

    for (i = 0; i < HEALTHCODE_LIST_MAX; i++) {
        names[i] = "SOURCE";
    }

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    made = calloc(1, sizeof(healthcode_keyset_made_t));

    if (made) {
        rc = healthcode_keyset_run(&o, &arguments.list, made, &collect);
        yyjson_mut_doc_free(made->doc);
        free(made);
    }

    healthcode_collect_free(&collect);

    return rc;
}


static healthcode_exit_e
healthcode_keyset_run(const healthcode_keyset_options_t *options,
    const healthcode_list_t *sources, healthcode_keyset_made_t *made,
    healthcode_collect_t *collect)
{
    size_t  i;

    if (!healthcode_keyset_terms(options, made)) {
        return HEALTHCODE_EXIT_USAGE;
    }

    collect->iss = options->iss;

    for (i = 0; i < sources->n; i++) {
        if (!healthcode_collect_add(collect, sources->items[i])) {
            return HEALTHCODE_EXIT_FAILED;
        }
    }

    if (collect->several) {
        return healthcode_output_usage("there are keys of \"%s\" and of other "
                                       "issuers, each of whom could sign codes "
                                       "of the others; choose one by --iss",
                                       collect->other);
    }

    for (i = 0; i < collect->n; i++) {
        healthcode_keyset_take(made, &collect->items[i]);
    }

    return healthcode_keyset_end(options, made);
}


static bool
healthcode_keyset_terms(const healthcode_keyset_options_t *options,
    healthcode_keyset_made_t *made)
{
    unsigned                       bits = 0;
    yyjson_mut_val                *root;
    const healthcode_algorithm_t  *algorithm;
    healthcode_keyring_rules_t    *rules = &made->names.rules;

    rules->now = time(NULL);

    if (!healthcode_keyset_rules(&made->names, &options->aliases, NULL)
        || (options->at
            && !healthcode_time_option("--at", options->at, rules->now,
                                       &rules->now)))
    {
        return false;
    }

    for (size_t i = 0; i < options->algorithms.n; i++) {
        if (!healthcode_options_algorithm("--alg", options->algorithms.items[i],
                                          &algorithm))
        {
            return false;
        }

        bits |= healthcode_algorithm_bit(algorithm);
    }

    if (bits) {
        rules->algorithms.bits = bits;
    }

    made->doc = yyjson_mut_doc_new(NULL);
    root = yyjson_mut_obj(made->doc);
    yyjson_mut_doc_set_root(made->doc, root);
    made->keys = yyjson_mut_obj_add_arr(made->doc, root, "keys");

    return true;
}


/* A text by itself, so that each remark has its place. */
static void
healthcode_keyset_take(healthcode_keyset_made_t *made,
    const healthcode_collect_item_t *item)
{
    char                   error[HEALTHCODE_KEYSET_ERROR_MAX];
    healthcode_keyring_t  *ring = healthcode_keyring_new(&made->names.rules);

    if (ring == NULL) {
        made->failed = true;
        return;
    }

    if (!healthcode_keyring_add(ring, item->text, error, sizeof(error))) {
        healthcode_output_no("%s: %s", item->where, error);
        made->failed = made->failed || healthcode_keyring_is_private(ring);
        made->wrong++;

    } else {
        healthcode_keyset_tell(made, ring, item->where);

        for (size_t i = 0; healthcode_keyring_at(ring, i); i++) {
            healthcode_keyset_take_key(made, ring, i, item->where);
        }
    }

    healthcode_keyring_free(ring);
}


/* Each key that was skipped, and what else was remarked. */
static void
healthcode_keyset_tell(healthcode_keyset_made_t *made,
    const healthcode_keyring_t *ring, const char *where)
{
    char                                text[HEALTHCODE_KEYSET_ERROR_MAX];
    size_t                              i, all;
    const healthcode_keyring_remark_t  *remark;

    for (i = 0; (remark = healthcode_keyring_remark_at(ring, i)) != NULL; i++) {
        healthcode_keyring_remark_text(remark, text, sizeof(text));

        if (remark->is_skipped) {
            healthcode_output_no("%s: %s", where, text);
        } else {
            healthcode_output_warn("%s: %s", where, text);
        }
    }

    all = healthcode_keyring_remarks(ring);

    if (all > i) {
        healthcode_output_no("%s: and %zu more", where, all - i);
    }

    made->wrong += healthcode_keyring_skipped(ring);
}


static void
healthcode_keyset_take_key(healthcode_keyset_made_t *made,
    const healthcode_keyring_t *ring, size_t i, const char *where)
{
    bool                     alone;
    const healthcode_key_t  *key = healthcode_keyring_at(ring, i);

    if (key->pkey == NULL) {
        healthcode_output_no("%s: key \"%s\": it is a shared secret, which is "
                             "not published; name its file to the gate itself",
                             where, key->kid.data ? (const char *) key->kid.data
                                                  : "without kid");
        made->wrong++;
        return;
    }

    if (healthcode_keyset_is_seen(ring, i, &alone)) {
        return;
    }

    healthcode_keyset_write_key(made, key, key->kid, alone);

    if (key->alias.data) {
        healthcode_keyset_write_key(made, key, key->alias, alone);
    }
}


/*
 * Whether key number i stands there before it for another algorithm; *alone
 * says that it does for no other one at all.
 */
static bool
healthcode_keyset_is_seen(const healthcode_keyring_t *ring, size_t i,
    bool *alone)
{
    size_t                   n;
    const healthcode_key_t  *other, *key = healthcode_keyring_at(ring, i);

    *alone = true;

    for (n = 0; (other = healthcode_keyring_at(ring, n)) != NULL; n++) {
        if (n != i && healthcode_keyset_is_one(key, other)) {
            *alone = *alone && other->algorithm == key->algorithm;

            if (n < i) {
                return true;
            }
        }
    }

    return false;
}


static bool
healthcode_keyset_is_one(const healthcode_key_t *a, const healthcode_key_t *b)
{
    return strcmp(a->thumbprint, b->thumbprint) == 0
           && (a->kid.data == NULL) == (b->kid.data == NULL)
           && healthcode_str_equal(a->kid, b->kid);
}


/* The members of which a thumbprint is made are those of a public JWK. */
static void
healthcode_keyset_write_key(healthcode_keyset_made_t *made,
    const healthcode_key_t *key, healthcode_str_t kid, bool alone)
{
    char             text[HEALTHCODE_FAMILY_CANONICAL_MAX];
    yyjson_doc      *members;
    yyjson_mut_val  *jwk;

    members = key->algorithm->family->members(key, text)
              ? yyjson_read(text, strlen(text), 0) : NULL;
    jwk = yyjson_val_mut_copy(made->doc, yyjson_doc_get_root(members));
    yyjson_doc_free(members);

    if (jwk == NULL) {
        made->failed = true;
        return;
    }

    if (kid.data) {
        yyjson_mut_obj_add_strncpy(made->doc, jwk, "kid",
                                   (const char *) kid.data, kid.len);
    }

    if (alone) {
        yyjson_mut_obj_add_str(made->doc, jwk, "alg", key->algorithm->name);
    }

    yyjson_mut_obj_add_str(made->doc, jwk, "use", "sig");

    if (!healthcode_keyset_has(made, jwk)) {
        yyjson_mut_arr_append(made->keys, jwk);
    }
}


static bool
healthcode_keyset_has(const healthcode_keyset_made_t *made, yyjson_mut_val *jwk)
{
    size_t           i, n;
    yyjson_mut_val  *other;

    yyjson_mut_arr_foreach(made->keys, i, n, other) {
        if (yyjson_mut_equals(jwk, other)) {
            return true;
        }
    }

    return false;
}


static healthcode_exit_e
healthcode_keyset_end(const healthcode_keyset_options_t *options,
    healthcode_keyset_made_t *made)
{
    char               *text;
    size_t              n = yyjson_mut_arr_size(made->keys);
    healthcode_exit_e   rc;

    if (made->failed) {
        return healthcode_output_no("no set was made");
    }

    if (made->wrong && !options->partial) {
        return healthcode_output_no("no set was made: %zu cannot be used, %zu "
                                    "can; correct that, or add --partial",
                                    made->wrong, n);
    }

    if (n == 0) {
        return healthcode_output_no("no set was made: there is no key%s",
                                    options->algorithms.n || options->iss
                                    ? " of this issuer and for these algorithms"
                                    : "");
    }

    text = yyjson_mut_write(made->doc, YYJSON_WRITE_PRETTY
                                       | YYJSON_WRITE_NEWLINE_AT_END, NULL);

    rc = text ? healthcode_keyset_print(made, text) : HEALTHCODE_EXIT_FAILED;
    free(text);

    return rc;
}


/* Once a gate would read it, all of it. */
static healthcode_exit_e
healthcode_keyset_print(healthcode_keyset_made_t *made, const char *text)
{
    char                           error[HEALTHCODE_KEYSET_ERROR_MAX];
    const uint8_t                 *generation;
    healthcode_keyring_t          *ring;
    const healthcode_algorithm_t  *row;

    ring = healthcode_keyring_create(healthcode_str_from(text, strlen(text)),
                                     &made->names.rules, error, sizeof(error));

    if (ring == NULL || healthcode_keyring_skipped(ring)) {
        healthcode_keyring_free(ring);
        return healthcode_output_failed("a gate would refuse the set that was "
                                        "made: %s", ring ? "a key" : error);
    }

    for (size_t i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        if (healthcode_keyring_nameless(ring, row)
            > HEALTHCODE_KEYRING_TRIES_MAX)
        {
            healthcode_output_warn("%zu keys for %s have no \"kid\"; gates try "
                                   "a code with %d of them",
                                   healthcode_keyring_nameless(ring, row),
                                   row->name, HEALTHCODE_KEYRING_TRIES_MAX);
        }
    }

    fputs(text, stdout);
    fflush(stdout);

    /* as the log of a gate has it that has this one file */
    generation = healthcode_keyring_generation(ring);
    fprintf(stderr, "%zu keys, generation ", healthcode_keyring_count(ring));

    for (int i = 0; i < 8; i++) {
        fprintf(stderr, "%02x", generation[i]);
    }

    fputc('\n', stderr);
    healthcode_keyring_free(ring);

    return HEALTHCODE_EXIT_OK;
}
