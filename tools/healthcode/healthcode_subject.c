/*
 * SUB on the command line -> the holder in the store.
 * Knows no connection.  docs/redis-keys.md, "Holder".
 */

#include "core/healthcode_token.h"
#include "healthcode_file.h"
#include "healthcode_subject.h"


healthcode_exit_e
healthcode_subject_read(const char *name, const char *text,
    healthcode_str_t *owned, healthcode_str_t *subject)
{
    healthcode_str_t  file;

    *owned = healthcode_str_from(NULL, 0);
    *subject = healthcode_str_from(text, strlen(text));

    if (strcmp(text, "-") == 0) {
        if (!healthcode_file_read(name, text, &file)) {
            return HEALTHCODE_EXIT_FAILED;
        }

        *owned = file;
        *subject = healthcode_file_trim(file);
    }

    if (subject->len && subject->len <= HEALTHCODE_TOKEN_MAX
        && memchr(subject->data, '\0', subject->len) == NULL
        && memchr(subject->data, '\n', subject->len) == NULL)
    {
        return HEALTHCODE_EXIT_OK;
    }

    healthcode_file_free(owned);

    return healthcode_output_usage("%s: write one line of 1 to %d bytes", name,
                                   HEALTHCODE_TOKEN_MAX);
}


bool
healthcode_subject_holder(const healthcode_subject_options_t *options,
    healthcode_pepper_t *pepper, healthcode_str_t subject, char *hex)
{
    const char  *space = options->space ? options->space : "national";

    if (!options->hashed) {
        return healthcode_holder_derive(pepper,
                                   healthcode_str_from(space, strlen(space)),
                                   subject, hex);
    }

    if (subject.len != HEALTHCODE_HOLDER_HEX) {
        return false;
    }

    for (size_t i = 0; i < subject.len; i++) {
        if (subject.data[i] == '\0'
            || strchr("0123456789abcdef", subject.data[i]) == NULL)
        {
            return false;
        }
    }

    memcpy(hex, subject.data, subject.len);

    return true;
}


healthcode_exit_e
healthcode_subject_take(const healthcode_subject_options_t *options,
    healthcode_pepper_t *pepper, const char *text, char *hex)
{
    healthcode_str_t   owned, subject;
    healthcode_exit_e  rc;

    rc = healthcode_subject_read("SUB", text, &owned, &subject);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    if (!healthcode_subject_holder(options, pepper, subject, hex)) {
        rc = options->hashed
             ? healthcode_output_usage("SUB: --hashed says that it is a "
                                       "holder; write the %d digits that "
                                       "\"healthcode holder\" prints",
                                       HEALTHCODE_HOLDER_HEX)
             : healthcode_output_failed("OpenSSL cannot compute an HMAC");
    }

    healthcode_file_free(&owned);

    return rc;
}


/* Whoever only loads hashed holders need not have the pepper. */
healthcode_exit_e
healthcode_subject_check(const healthcode_subject_options_t *options,
    const char *pepper_file)
{
    if (options->hashed && options->space) {
        return healthcode_output_usage("--space is in the hash already; leave "
                                       "it out with --hashed");
    }

    if (!options->hashed && pepper_file == NULL) {
        return healthcode_output_usage("--pepper-file is missing; write "
                                       "--pepper-file FILE");
    }

    return HEALTHCODE_EXIT_OK;
}


healthcode_pepper_t *
healthcode_subject_pepper(const char *path)
{
    healthcode_str_t      file;
    healthcode_pepper_t  *pepper;

    if (!healthcode_file_read("--pepper-file", path, &file)) {
        return NULL;
    }

    pepper = healthcode_pepper_create(healthcode_pepper_trim(file));
    healthcode_file_free(&file);

    if (pepper == NULL) {
        healthcode_output_failed("--pepper-file: \"%s\" holds less than %d "
                                 "bytes; make one with: openssl rand -hex 32",
                                 path, HEALTHCODE_PEPPER_MIN);
    }

    return pepper;
}
