/*
 * SUB on the command line -> the holder in the store.
 * Knows no connection.  docs/redis-keys.md, "Holder".
 */

#include "core/healthcode_text.h"
#include "core/healthcode_token.h"
#include "healthcode_file.h"
#include "healthcode_subject.h"


#define HEALTHCODE_SUBJECT_EXACT                                              \
    "; take it out, or add --exact if the code has it, too"


/*
 * A code says every byte of a subject, so one blank more is another person.
 */
const char *
healthcode_subject_fault(healthcode_str_t text, bool exact)
{
    size_t             len;
    healthcode_text_e  kind;
    healthcode_str_t   rest = text;

    if (text.len == 0) {
        return "is empty";
    }

    if (text.len > HEALTHCODE_TOKEN_MAX || memchr(text.data, '\0', text.len)) {
        return "is longer than a code, or has a NUL";
    }

    while (rest.len) {
        kind = healthcode_text_first(rest, &len);

        if (kind == HEALTHCODE_TEXT_INVALID) {
            return "is not UTF-8, as every code is";
        }

        if (!exact && kind != HEALTHCODE_TEXT_SHOWN && rest.data[0] != ' ') {
            return (kind == HEALTHCODE_TEXT_BLANK)
                   ? "has a blank that is not a space, such as U+00A0"
                     HEALTHCODE_SUBJECT_EXACT
                   : "has a character that is not seen, such as U+200B or a "
                     "carriage return" HEALTHCODE_SUBJECT_EXACT;
        }

        rest = healthcode_str_from(rest.data + len, rest.len - len);
    }

    if (!exact && (text.data[0] == ' ' || text.data[text.len - 1] == ' ')) {
        return "begins or ends with a blank" HEALTHCODE_SUBJECT_EXACT;
    }

    return NULL;
}


healthcode_exit_e
healthcode_subject_read(const char *name, const char *text, bool exact,
    healthcode_str_t *owned, healthcode_str_t *subject)
{
    const char        *fault;
    healthcode_str_t   file;

    *owned = healthcode_str_from(NULL, 0);
    *subject = healthcode_str_from(text, strlen(text));

    if (strcmp(text, "-") == 0) {
        if (!healthcode_file_read(name, text, &file)) {
            return HEALTHCODE_EXIT_FAILED;
        }

        *owned = file;
        *subject = healthcode_str_chomp(file);
    }

    fault = healthcode_subject_fault(*subject, exact);

    if (fault == NULL) {
        return HEALTHCODE_EXIT_OK;
    }

    healthcode_file_free(owned);

    return healthcode_output_usage("%s: it %s", name, fault);
}


bool
healthcode_subject_holder(const healthcode_subject_options_t *options,
    healthcode_pepper_t *pepper, healthcode_str_t subject, uint8_t *holder)
{
    const char  *space = options->space ? options->space : "national";

    if (!options->hashed) {
        return healthcode_holder_derive(pepper,
                                   healthcode_str_from(space, strlen(space)),
                                   options->kind, subject, holder);
    }

    return healthcode_holder_parse(subject, holder);
}


healthcode_exit_e
healthcode_subject_take(const healthcode_subject_options_t *options,
    healthcode_pepper_t *pepper, const char *text, uint8_t *holder)
{
    healthcode_str_t   owned, subject;
    healthcode_exit_e  rc;

    rc = healthcode_subject_read("SUB", text, options->exact, &owned,
                                 &subject);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    if (!healthcode_subject_holder(options, pepper, subject, holder)) {
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


healthcode_exit_e
healthcode_subject_check_space(const healthcode_subject_options_t *options)
{
    const char        *fault;
    healthcode_str_t   space;

    if (options->space == NULL) {
        return HEALTHCODE_EXIT_OK;
    }

    space = healthcode_str_from(options->space, strlen(options->space));
    fault = healthcode_subject_fault(space, options->exact);

    return fault ? healthcode_output_usage("--space: it %s", fault)
                 : HEALTHCODE_EXIT_OK;
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

    return healthcode_subject_check_space(options);
}


healthcode_pepper_t *
healthcode_subject_pepper(const char *path)
{
    healthcode_str_t      file;
    healthcode_pepper_t  *pepper;

    if (!healthcode_file_read("--pepper-file", path, &file)) {
        return NULL;
    }

    pepper = healthcode_pepper_create(healthcode_str_chomp(file));
    healthcode_file_free(&file);

    if (pepper == NULL) {
        healthcode_output_failed("--pepper-file: \"%s\" holds less than %d "
                                 "bytes; make one with: openssl rand -hex 32",
                                 path, HEALTHCODE_PEPPER_MIN);
    }

    return pepper;
}
