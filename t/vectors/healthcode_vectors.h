/*
 * What the files of the runner of test vectors share: the counts and notes of
 * a file, and members of its JSON.  Knows no key and no algorithm.
 * CONTRIBUTING.md, "Test vectors".
 */

#ifndef HEALTHCODE_VECTORS_H
#define HEALTHCODE_VECTORS_H

#include "../unit/guard.h"

#include <stdio.h>

#include "../../ngx_http_healthcode_module/core/healthcode_json.h"


#define VECTORS_KINDS_MAX  32


/* How often something was said of the tests of a file. */
typedef struct {
    char    text[192];
    size_t  n;
} vectors_note_t;


typedef struct {
    const char      *name;
    size_t           passed;
    size_t           failed;
    size_t           skipped;      /* not applicable */
    size_t           tests;
    vectors_note_t   notes[VECTORS_KINDS_MAX];
    size_t           nnotes;
    FILE            *failures;     /* a line each */
} vectors_file_t;


/* Counts n tests of which this is to be said; as not applicable, why. */
__attribute__((format(printf, 3, 4)))
void vectors_note(vectors_file_t *file, size_t n, const char *format, ...);
void vectors_skip(vectors_file_t *file, size_t n, const char *why);

/* One failure, with the tcId of the test where there is one. */
__attribute__((format(printf, 3, 4)))
void vectors_fail(vectors_file_t *file, yyjson_val *test, const char *format,
    ...);

/* A string member, "" if there is none; an integer, 0 likewise. */
const char *vectors_text(yyjson_val *object, const char *name);
int64_t vectors_number(yyjson_val *object, const char *name);

/*
 * Whether a gate has to take the signature, if no rule is against it.  Of the
 * "acceptable" ones it takes those that are right in all but the taste of their
 * key, and none that is not exactly a signature, such as with "MissingNull".
 */
bool vectors_is_valid(yyjson_val *test);

/* Whether the result of a test is one of the three; it has failed otherwise. */
bool vectors_has_label(vectors_file_t *file, yyjson_val *test);

/* Runs the tests of a group: of bytes and their signature; of whole codes. */
void vectors_run_bytes(vectors_file_t *file, yyjson_val *root,
    yyjson_val *group, yyjson_val *tests);
void vectors_run_jws(vectors_file_t *file, yyjson_val *group,
    yyjson_val *tests);

#endif
