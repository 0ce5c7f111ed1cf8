/*
 * What the command says: errors that name the argument, times, text of others.
 * Knows no subcommand and no store.  docs/operations.md, "The command".
 */

#include <stdarg.h>
#include <time.h>

#include "healthcode_output.h"


#define HEALTHCODE_OUTPUT_WORDS_MAX  3


static void healthcode_output_line(const char *kind, const char *format,
    va_list args);


/* The words of the command line so far: "healthcode", "flag", "set". */
static const char  *healthcode_output_words[HEALTHCODE_OUTPUT_WORDS_MAX];
static size_t       healthcode_output_nwords;


void
healthcode_output_name(const char *word)
{
    if (healthcode_output_nwords < HEALTHCODE_OUTPUT_WORDS_MAX) {
        healthcode_output_words[healthcode_output_nwords++] = word;
    }
}


static void
healthcode_output_line(const char *kind, const char *format, va_list args)
{
    fflush(stdout);

    for (size_t i = 0; i < healthcode_output_nwords; i++) {
        fprintf(stderr, "%s%s", i ? " " : "", healthcode_output_words[i]);
    }

    fprintf(stderr, ": %s", kind);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
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


/*
 * C1 controls are bytes of 0x80 to 0x9f after 0xc2 in UTF-8; some terminals
 * obey them as they obey ESC.
 */
void
healthcode_output_text(FILE *file, healthcode_str_t text)
{
    bool     control;
    uint8_t  byte, last = 0;

    for (size_t i = 0; i < text.len; i++) {
        byte = text.data[i];

        control = byte < 0x20 || byte == 0x7f
                  || (last == 0xc2 && byte >= 0x80 && byte < 0xa0);

        if (control || byte == '\\') {
            fprintf(file, "\\x%02x", byte);
        } else {
            fputc(byte, file);
        }

        last = byte;
    }
}


const char *
healthcode_output_time(char *text, int64_t seconds)
{
    time_t     at = (time_t) seconds;
    struct tm  tm;

    if (gmtime_r(&at, &tm) == NULL
        || strftime(text, HEALTHCODE_OUTPUT_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ",
                    &tm) == 0)
    {
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
        snprintf(text, HEALTHCODE_OUTPUT_TIME_MAX, "until %s",
                 healthcode_output_time(time, until));
    }

    return text;
}
