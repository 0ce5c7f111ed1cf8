/*
 * healthcode control revoke-code, restore-code and before --holder: codes of
 * one holder.  Knows no issuers' controls.
 * docs/redis-keys.md, "Revoked codes".
 */

#include <time.h>

#include "core/healthcode_claims.h"
#include "core/healthcode_revocation.h"
#include "healthcode_file.h"
#include "healthcode_issuers.h"
#include "healthcode_revoke.h"
#include "healthcode_time.h"


/* Seconds that a revocation outlives its code: no gate has such a leeway. */
#define HEALTHCODE_REVOKE_MARGIN  3600


typedef struct {
    healthcode_flag_options_t   options;
    healthcode_list_t           subjects;   /* claims; none: sub */
    const char                 *kind;       /* claim; NULL: none */
    const char                 *holder;     /* SUB, if there is no code */
    const char                 *iss;
    const char                 *jti;
    bool                        is_new;     /* iss may be */
    healthcode_arguments_t      arguments;  /* or the code */
} healthcode_revoke_options_t;

/* What was found out about the code; the memory of what it says. */
typedef struct {
    healthcode_connection_t      connection;
    healthcode_str_t             file;
    healthcode_token_t           token;
    healthcode_claims_t          claims;
    healthcode_token_memory_t    token_memory;
    healthcode_claims_memory_t   claims_memory;
    healthcode_keys_holder_t     keys;
    char                         field[HEALTHCODE_REVOCATION_FIELD + 1];
} healthcode_revoke_t;


static healthcode_exit_e healthcode_revoke_run(int argc, char **argv,
    bool restore);
static healthcode_exit_e healthcode_revoke_check(
    healthcode_revoke_options_t *o);
static healthcode_exit_e healthcode_revoke_read(
    healthcode_revoke_options_t *o, healthcode_revoke_t *revoke);
static healthcode_exit_e healthcode_revoke_until(
    const healthcode_revoke_options_t *o, const healthcode_revoke_t *revoke,
    int64_t *until);
static healthcode_exit_e healthcode_revoke_name(
    const healthcode_revoke_options_t *o, healthcode_revoke_t *revoke);
static healthcode_exit_e healthcode_revoke_write(healthcode_revoke_t *revoke,
    const healthcode_flag_options_t *options, const int64_t *until);
static healthcode_exit_e healthcode_revoke_absent(
    const healthcode_keys_holder_t *keys, const char *field);


healthcode_exit_e
healthcode_revoke_code(int argc, char **argv)
{
    return healthcode_revoke_run(argc, argv, false);
}


healthcode_exit_e
healthcode_revoke_restore(int argc, char **argv)
{
    return healthcode_revoke_run(argc, argv, true);
}


static healthcode_exit_e
healthcode_revoke_run(int argc, char **argv, bool restore)
{
    size_t                        n;
    int64_t                       until = 0;
    const char                   *names[] = { "CODE" };
    healthcode_exit_e             rc;
    healthcode_revoke_t           revoke = { .file = { NULL, 0 } };
    healthcode_revoke_options_t   o = {
        .arguments = { names, 0, 1, { .n = 0 } }
    };

    const healthcode_option_t  options[] = {
        HEALTHCODE_CONNECTION_ROWS(&o.options.connection, true),
        HEALTHCODE_CONNECTION_WAIT_ROW(&o.options.connection),
        HEALTHCODE_SUBJECT_ROWS(&o.options.subject),
        { .name = "subject", .hint = "CLAIM", .list = &o.subjects },
        { .name = "kind", .hint = "CLAIM", .value = &o.kind },
        { .name = "holder", .hint = "SUB", .value = &o.holder },
        { .name = "iss", .hint = "ISS", .value = &o.iss },
        { .name = "jti", .hint = "JTI", .value = &o.jti },
        { .name = "by", .hint = "WHO", .value = &o.options.by },
        { .name = "reason", .hint = "TEXT", .value = &o.options.reason },
        { .name = "until", .hint = "TIME", .value = &o.options.until },
        { .name = "new", .is_set = &o.is_new },
    };

    n = sizeof(options) / sizeof(options[0]);

    /* the last two are not for what is restored */
    if (!healthcode_options_parse(argc, argv, options, restore ? n - 2 : n,
                                  &o.arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    rc = healthcode_revoke_check(&o);

    if (rc == HEALTHCODE_EXIT_OK && o.arguments.list.n) {
        rc = healthcode_revoke_read(&o, &revoke);
    }

    if (rc == HEALTHCODE_EXIT_OK && !restore) {
        rc = healthcode_revoke_until(&o, &revoke, &until);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_connection_open_proven(&o.options.connection,
                                               &revoke.connection);
    }

    if (rc == HEALTHCODE_EXIT_OK && o.iss && !restore && !o.is_new) {
        rc = healthcode_issuers_check(&revoke.connection, "--iss", o.iss);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_revoke_name(&o, &revoke);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_revoke_write(&revoke, &o.options,
                                     restore ? NULL : &until);
    }

    healthcode_connection_close(&revoke.connection);
    healthcode_file_free(&revoke.file);

    return rc;
}


/* A code says whose it is; its number alone does not. */
static healthcode_exit_e
healthcode_revoke_check(healthcode_revoke_options_t *o)
{
    bool         by_jti = o->holder || o->iss || o->jti;
    const char  *fault;

    if (o->arguments.list.n && (by_jti || o->options.subject.hashed)) {
        return healthcode_output_usage("CODE: it says its holder, issuer and "
                                       "number; leave out --holder, --hashed, "
                                       "--iss and --jti");
    }

    if (o->arguments.list.n == 0 && o->kind) {
        return healthcode_output_usage("--kind names a claim of CODE; with "
                                       "--holder write --space NAME:KIND");
    }

    if (o->arguments.list.n == 0
        && (o->holder == NULL || o->iss == NULL || o->jti == NULL))
    {
        return healthcode_output_usage("CODE is missing; write the code, or - "
                                       "to read it from standard input, or "
                                       "--holder SUB --iss ISS --jti JTI");
    }

    if (by_jti) {
        fault = healthcode_subject_fault(healthcode_str_from(o->iss,
                                                             strlen(o->iss)),
                                         o->options.subject.exact);
        if (fault) {
            return healthcode_output_usage("--iss: it %s", fault);
        }

        fault = healthcode_subject_fault(healthcode_str_from(o->jti,
                                                             strlen(o->jti)),
                                         o->options.subject.exact);
        if (fault) {
            return healthcode_output_usage("--jti: it %s", fault);
        }
    }

    return healthcode_flag_check(&o->options);
}


/* Reads the code; whether its signature holds does not matter. */
static healthcode_exit_e
healthcode_revoke_read(healthcode_revoke_options_t *o,
    healthcode_revoke_t *revoke)
{
    healthcode_str_t             text, subjects[HEALTHCODE_LIST_MAX];
    healthcode_claims_faults_t   faults = { .n = 0 };
    healthcode_claims_names_t    names = *healthcode_claims_usual();

    text = healthcode_str_from(o->arguments.list.items[0],
                               strlen(o->arguments.list.items[0]));

    if (healthcode_str_equal(text, healthcode_str("-"))) {

        if (!healthcode_file_read("CODE", "-", &revoke->file)) {
            return HEALTHCODE_EXIT_FAILED;
        }

        text = healthcode_str_chomp(revoke->file);
    }

    for (size_t i = 0; i < o->subjects.n; i++) {
        subjects[i] = healthcode_str_from(o->subjects.items[i],
                                          strlen(o->subjects.items[i]));
    }

    if (o->subjects.n) {
        names.subjects = subjects;
        names.nsubjects = o->subjects.n;
        names.subject_digits = true;
    }

    if (o->kind) {
        names.kind = healthcode_str_from(o->kind, strlen(o->kind));
    }

    /* of other claims the issuer may have names of its own */
    names.status = healthcode_str_from(NULL, 0);
    names.regions = healthcode_str("");

    if (healthcode_token_parse(text, &revoke->token_memory, &revoke->token)
        != HEALTHCODE_REASON_OK)
    {
        return healthcode_output_usage("CODE: it is not a code; \"healthcode "
                                       "inspect\" says what is wrong with it");
    }

    if (healthcode_claims_parse(revoke->token.payload, &revoke->claims_memory,
                                &names, &revoke->claims, &faults)
        != HEALTHCODE_REASON_OK)
    {
        return healthcode_output_usage("CODE: %.*s %s; --subject CLAIM names "
                                       "the claim of the holder if it is not "
                                       "sub", (int) faults.faults[0].claim.len,
                                       faults.faults[0].claim.data,
                                       faults.faults[0].what);
    }

    o->options.subject.kind = revoke->claims.kind;

    return HEALTHCODE_EXIT_OK;
}


/* Of a code until it is over, or revoked codes would fill up the hash. */
static healthcode_exit_e
healthcode_revoke_until(const healthcode_revoke_options_t *o,
    const healthcode_revoke_t *revoke, int64_t *until)
{
    char     text[HEALTHCODE_OUTPUT_TIME_MAX];
    int64_t  now = time(NULL);

    if (o->options.until || o->arguments.list.n == 0) {
        return healthcode_time_until("--until", o->options.until, now, until)
               ? HEALTHCODE_EXIT_OK : HEALTHCODE_EXIT_USAGE;
    }

    *until = revoke->claims.exp + HEALTHCODE_REVOKE_MARGIN;

    if (*until <= now) {
        return healthcode_output_no("the code expired at %s, so nothing was "
                                    "revoked", healthcode_output_time(text,
                                                       revoke->claims.exp));
    }

    return HEALTHCODE_EXIT_OK;
}


/* Whose code it is, and its field. */
static healthcode_exit_e
healthcode_revoke_name(const healthcode_revoke_options_t *o,
    healthcode_revoke_t *revoke)
{
    bool                   done;
    uint8_t                holder[HEALTHCODE_HOLDER_LEN];
    uint8_t                digest[HEALTHCODE_HOLDER_LEN];
    healthcode_exit_e      rc;
    healthcode_pepper_t   *pepper = revoke->connection.pepper;

    if (o->arguments.list.n) {
        done = healthcode_subject_holder(&o->options.subject, pepper,
                                         revoke->claims.sub, holder)
               && healthcode_revocation_text(pepper, revoke->token.signed_text,
                                             digest);

    } else {
        rc = healthcode_subject_take(&o->options.subject, pepper, o->holder,
                                     holder);
        if (rc != HEALTHCODE_EXIT_OK) {
            return rc;
        }

        done = healthcode_revocation_jti(pepper,
                                     healthcode_str_from(o->iss,
                                                         strlen(o->iss)),
                                     healthcode_str_from(o->jti,
                                                         strlen(o->jti)),
                                     digest);
    }

    if (!done) {
        return healthcode_output_failed("OpenSSL cannot compute an HMAC");
    }

    healthcode_keys_holder(holder, &revoke->keys);
    healthcode_revocation_field(digest, revoke->field);
    revoke->field[HEALTHCODE_REVOCATION_FIELD] = '\0';

    return HEALTHCODE_EXIT_OK;
}


static healthcode_exit_e
healthcode_revoke_write(healthcode_revoke_t *revoke,
    const healthcode_flag_options_t *options, const int64_t *until)
{
    bool               changed;
    char               text[HEALTHCODE_OUTPUT_TIME_MAX];
    healthcode_exit_e  rc;

    rc = healthcode_flag_write(&revoke->connection, options, &revoke->keys,
                               revoke->field, until, &changed);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    if (until == NULL && !changed) {
        return healthcode_revoke_absent(&revoke->keys, revoke->field);
    }

    if (until) {
        printf("%s %s %s %s\n", changed ? "revoked" : "revoked anew",
               revoke->keys.holder, revoke->field,
               healthcode_output_until(text, *until));
    } else {
        printf("restored %s %s\n", revoke->keys.holder, revoke->field);
    }

    return healthcode_connection_wait(&revoke->connection);
}


static healthcode_exit_e
healthcode_revoke_absent(const healthcode_keys_holder_t *keys,
    const char *field)
{
    return healthcode_output_no("%s has no %s, so nothing was undone; "
                                "\"healthcode flag show\" lists what there is",
                                keys->holder, field);
}


healthcode_exit_e
healthcode_revoke_before(healthcode_flag_options_t *options, const char *sub,
    const int64_t *before)
{
    bool                       changed;
    char                       text[HEALTHCODE_OUTPUT_TIME_MAX];
    uint8_t                    holder[HEALTHCODE_HOLDER_LEN];
    healthcode_exit_e          rc;
    healthcode_keys_holder_t   keys;
    healthcode_connection_t    connection = { .redis = NULL };

    rc = healthcode_flag_check(options);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_connection_open_proven(&options->connection,
                                               &connection);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_subject_take(&options->subject, connection.pepper, sub,
                                     holder);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        healthcode_keys_holder(holder, &keys);
        rc = healthcode_flag_write(&connection, options, &keys,
                                   HEALTHCODE_REVOCATION_BEFORE, before,
                                   &changed);
    }

    if (rc == HEALTHCODE_EXIT_OK && before == NULL && !changed) {
        rc = healthcode_revoke_absent(&keys, HEALTHCODE_REVOCATION_BEFORE);

    } else if (rc == HEALTHCODE_EXIT_OK) {

        if (before) {
            printf("set %s before  codes issued before %s are refused\n",
                   keys.holder, healthcode_output_time(text, *before));
        } else {
            printf("cleared %s before\n", keys.holder);
        }

        rc = healthcode_connection_wait(&connection);
    }

    healthcode_connection_close(&connection);

    return rc;
}
