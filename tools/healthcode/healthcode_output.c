/*
 * What the command says: errors that name the argument, times, text of others.
 * Knows no subcommand and no store.  docs/operations.md, "The command".
 */

#include <stdarg.h>
#include <stdlib.h>

#include "core/healthcode_date.h"
#include "core/healthcode_text.h"
#include "healthcode_output.h"


#define HEALTHCODE_OUTPUT_WORDS_MAX  3

/* One character, each of its 4 bytes escaped. */
#define HEALTHCODE_OUTPUT_SHOWN_MAX  17


static void healthcode_output_line(const char *kind, const char *format,
    va_list args);


/* The words of the command line so far: "healthcode", "flag", "set". */
static const char  *healthcode_output_words[HEALTHCODE_OUTPUT_WORDS_MAX];
static size_t       healthcode_output_nwords;

static FILE        *healthcode_output_file;      /* NULL: standard error */


void
healthcode_output_name(const char *word)
{
    if (healthcode_output_nwords < HEALTHCODE_OUTPUT_WORDS_MAX) {
        healthcode_output_words[healthcode_output_nwords++] = word;
    }
}


void
healthcode_output_to(FILE *file)
{
    healthcode_output_file = file;
}


static void
healthcode_output_line(const char *kind, const char *format, va_list args)
{
    char  *text;
    FILE  *file = healthcode_output_file ? healthcode_output_file : stderr;

    fflush(stdout);

    for (size_t i = 0; file == stderr && i < healthcode_output_nwords; i++) {
        fprintf(file, "%s%s", i ? " " : "", healthcode_output_words[i]);
    }

    fprintf(file, "%s%s", (file == stderr) ? ": " : "", kind);

    /* an argument, or the text of a store, may hold anything */
    if (vasprintf(&text, format, args) == -1) {
        fputs("no memory\n", file);
        return;
    }

    healthcode_output_string(file, text);
    fputc('\n', file);
    free(text);
}


healthcode_exit_e
healthcode_output_usage(const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    healthcode_output_line("", format, args);
    va_end(args);

    return HEALTHCODE_EXIT_USAGE;
}


healthcode_exit_e
healthcode_output_no(const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    healthcode_output_line("", format, args);
    va_end(args);

    return HEALTHCODE_EXIT_NO;
}


healthcode_exit_e
healthcode_output_failed(const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    healthcode_output_line("", format, args);
    va_end(args);

    return HEALTHCODE_EXIT_FAILED;
}


void
healthcode_output_warn(const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    healthcode_output_line("warning: ", format, args);
    va_end(args);
}


void
healthcode_output_text(FILE *file, healthcode_str_t text)
{
    char    shown[HEALTHCODE_OUTPUT_SHOWN_MAX];
    size_t  len;

    while (text.len) {
        (void) healthcode_text_first(text, &len);
        healthcode_text_escape(healthcode_str_from(text.data, len), shown,
                               sizeof(shown));
        fputs(shown, file);
        text = healthcode_str_from(text.data + len, text.len - len);
    }
}


void
healthcode_output_string(FILE *file, const char *text)
{
    healthcode_output_text(file, healthcode_str_from(text, strlen(text)));
}


const char *
healthcode_output_time(char *text, int64_t seconds)
{
    if (!healthcode_date_write(seconds, text)) {
        snprintf(text, HEALTHCODE_OUTPUT_TIME_MAX, "%lld",
                 (long long) seconds);
    }

    return text;
}


const char *
healthcode_output_until(char *text, int64_t until)
{
    char  time[HEALTHCODE_OUTPUT_TIME_MAX];

    if (until == 0) {
        snprintf(text, HEALTHCODE_OUTPUT_TIME_MAX, "until cleared");

    } else {
        snprintf(text, HEALTHCODE_OUTPUT_TIME_MAX, "until %.32s",
                 healthcode_output_time(time, until));
    }

    return text;
}
