/*
 * Runs a folder of test vectors in the format of project Wycheproof through
 * the code that a gate runs, and counts.  Knows no key and no algorithm, which
 * are of the _bytes and _jws files.  CONTRIBUTING.md, "Test vectors".
 */

#include "healthcode_vectors.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>


void
vectors_note(vectors_file_t *file, size_t n, const char *format, ...)
{
    size_t    i;
    char      text[sizeof(file->notes[0].text)];
    va_list   args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    for (i = 0; i < file->nnotes && strcmp(file->notes[i].text, text); i++) {
        /* void */
    }

    if (i == VECTORS_KINDS_MAX) {
        snprintf(file->notes[--i].text, sizeof(text), "for more reasons than "
                 "can be told here");
    } else if (i == file->nnotes) {
        memcpy(file->notes[file->nnotes++].text, text, sizeof(text));
    }

    file->notes[i].n += n;
}


const char *
vectors_text(yyjson_val *object, const char *name)
{
    healthcode_str_t  text = healthcode_json_text(yyjson_obj_get(object, name));

    return text.data ? (const char *) text.data : "";
}


int64_t
vectors_number(yyjson_val *object, const char *name)
{
    int64_t  number = 0;

    (void) healthcode_json_whole(yyjson_obj_get(object, name), &number);

    return number;
}


void
vectors_fail(vectors_file_t *file, yyjson_val *test, const char *format, ...)
{
    va_list      args;
    const char  *comment = vectors_text(test, "comment");

    file->failed++;
    fprintf(file->failures, "    failed: ");

    if (test) {
        fprintf(file->failures, "tcId %lld: ",
                (long long) vectors_number(test, "tcId"));
    }

    va_start(args, format);
    vfprintf(file->failures, format, args);
    va_end(args);

    if (*comment) {
        fprintf(file->failures, " (%s)", comment);
    }

    fputc('\n', file->failures);
}


void
vectors_skip(vectors_file_t *file, size_t n, const char *why)
{
    file->skipped += n;
    vectors_note(file, n, "not applicable: %s", why);
}


bool
vectors_is_valid(yyjson_val *test)
{
    bool         weak = false;
    size_t       i, n;
    yyjson_val  *flag, *flags = yyjson_obj_get(test, "flags");
    const char  *result = vectors_text(test, "result");

    if (strcmp(result, "acceptable") != 0) {
        return strcmp(result, "valid") == 0;
    }

    yyjson_arr_foreach(flags, i, n, flag) {
        weak = yyjson_equals_str(flag, "SmallPublicKey")
               || yyjson_equals_str(flag, "SmallModulus");

        if (!weak) {
            break;
        }
    }

    return weak;
}


bool
vectors_has_label(vectors_file_t *file, yyjson_val *test)
{
    const char  *result = vectors_text(test, "result");

    if (strcmp(result, "valid") && strcmp(result, "invalid")
        && strcmp(result, "acceptable"))
    {
        vectors_fail(file, test, "its result is \"%s\"", result);
        return false;
    }

    return true;
}


static void
vectors_run_group(vectors_file_t *file, yyjson_val *root, yyjson_val *group)
{
    yyjson_val  *tests = yyjson_obj_get(group, "tests");

    if (!yyjson_is_arr(tests)) {
        vectors_fail(file, NULL, "a group without \"tests\"");
        return;
    }

    file->tests += yyjson_arr_size(tests);

    if (strcmp(vectors_text(group, "type"), "JsonWebSignature") == 0) {
        vectors_run_jws(file, group, tests);
    } else {
        vectors_run_bytes(file, root, group, tests);
    }
}


static void
vectors_run_root(vectors_file_t *file, yyjson_val *root)
{
    size_t       i, n;
    yyjson_val  *group, *groups = yyjson_obj_get(root, "testGroups");
    yyjson_val  *number = yyjson_obj_get(root, "numberOfTests");

    if (!yyjson_is_arr(groups)) {
        vectors_skip(file, 1, "of another format, without \"testGroups\"");
        return;
    }

    yyjson_arr_foreach(groups, i, n, group) {
        vectors_run_group(file, root, group);
    }

    if (number && yyjson_get_uint(number) != file->tests) {
        vectors_fail(file, NULL, "it says that it has %llu tests, and has %zu",
                     (unsigned long long) yyjson_get_uint(number),
                     file->tests);
    }
}


static void
vectors_run_file(vectors_file_t *file, const char *path)
{
    char             *failures = NULL;
    size_t            size;
    yyjson_doc       *doc;
    yyjson_read_err   error;

    file->failures = open_memstream(&failures, &size);
    if (file->failures == NULL) {
        abort();
    }

    doc = yyjson_read_file(path, 0, NULL, &error);

    if (doc) {
        vectors_run_root(file, yyjson_doc_get_root(doc));
    } else {
        vectors_fail(file, NULL, "no JSON: %s at byte %zu", error.msg,
                     error.pos);
    }

    yyjson_doc_free(doc);
    fclose(file->failures);

    printf("%-44s %4zu passed, %zu failed, %zu not applicable\n", file->name,
           file->passed, file->failed, file->skipped);
    fputs(failures, stdout);

    for (size_t i = 0; i < file->nnotes; i++) {
        printf("    %zu %s\n", file->notes[i].n, file->notes[i].text);
    }

    free(failures);
}


static int
vectors_is_json(const struct dirent *entry)
{
    size_t  len = strlen(entry->d_name);

    return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}


static void
vectors_run_entry(vectors_file_t *total, const char *folder, const char *name)
{
    char            *path;
    vectors_file_t   file = { .name = name };

    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        abort();
    }

    vectors_run_file(&file, path);
    free(path);

    total->passed += file.passed;
    total->failed += file.failed;
    total->skipped += file.skipped;
}


int
main(int argc, char **argv)
{
    int              n;
    vectors_file_t   total = { .name = "vectors" };
    struct dirent  **entries;

    if (argc != 2 || argv[1][0] == '\0') {
        fprintf(stderr, "vectors: of which folder? Write make vectors "
                "VECTORS=DIR, where DIR has .json files in the format of "
                "project Wycheproof\n");
        return 2;
    }

    n = scandir(argv[1], &entries, vectors_is_json, alphasort);

    if (n < 0) {
        fprintf(stderr, "vectors: %s: %s; write make vectors VECTORS=DIR, "
                "where DIR has .json files in the format of project "
                "Wycheproof\n", argv[1], strerror(errno));
        return 2;
    }

    for (int i = 0; i < n; i++) {
        vectors_run_entry(&total, argv[1], entries[i]->d_name);
        free(entries[i]);
    }

    free(entries);

    if (total.passed + total.failed == 0) {
        printf("vectors: nothing ran; in %s there is no test for a gate\n",
               argv[1]);
    }

    printf("vectors: %zu passed, %zu failed, %zu not applicable, in %d files\n",
           total.passed, total.failed, total.skipped, n);

    return (total.failed || total.passed == 0) ? 1 : 0;
}
