/*
 * Words of the command line -> options and arguments; a wrong one is named.
 * Knows no subcommand.  docs/operations.md, "The command".
 */

#ifndef HEALTHCODE_OPTIONS_H
#define HEALTHCODE_OPTIONS_H

#include "core/healthcode_algorithm.h"
#include "healthcode_output.h"


#define HEALTHCODE_LIST_MAX                128
#define HEALTHCODE_OPTIONS_ALGORITHMS_MAX  512


typedef struct {
    size_t       n;
    const char  *items[HEALTHCODE_LIST_MAX];
} healthcode_list_t;


/* One of value, list and is_set says where it goes. */
typedef struct {
    const char         *name;        /* without the dashes */
    const char         *hint;        /* what its value is; NULL: a switch */
    const char        **value;
    healthcode_list_t  *list;        /* may be repeated */
    bool               *is_set;
    bool                required;
} healthcode_option_t;


/* The arguments that are not options, by their names. */
typedef struct {
    const char        **names;
    size_t              required;    /* the first of the names */
    size_t              n;           /* names at all */
    healthcode_list_t   list;
} healthcode_arguments_t;


typedef healthcode_exit_e (*healthcode_command_pt)(int argc, char **argv);

/* A subcommand, or a verb of one. */
typedef struct {
    const char             *name;
    healthcode_command_pt   run;
    const char             *help;    /* the whole screen; NULL: of its owner */
} healthcode_command_t;


/*
 * Reads argc words at argv.  "--name value" and "--name=value" are the same;
 * "--" ends the options.  What was read views argv.  False if a word is
 * wrong, with a message printed on standard error; the exit code is
 * HEALTHCODE_EXIT_USAGE then.
 */
bool healthcode_options_parse(int argc, char **argv,
    const healthcode_option_t *options, size_t noptions,
    healthcode_arguments_t *arguments);

/* Runs the command of n that argv[0] names, with the words after it. */
healthcode_exit_e healthcode_options_dispatch(
    const healthcode_command_t *commands, size_t n, int argc, char **argv);


/*
 * Each reads a value of the option or argument name; false if it cannot be
 * read, with a message printed.  A duration is 900, 90s, 15m, 2h, 14d, 2w, or
 * 500ms; it comes out in milliseconds.
 */
bool healthcode_options_number(const char *name, const char *text, long max,
    long *number);
bool healthcode_options_duration(const char *name, const char *text,
    int64_t *milliseconds);
bool healthcode_options_algorithm(const char *name, const char *text,
    const healthcode_algorithm_t **algorithm);

/*
 * Writes the names of all algorithms, with blanks between, into text of
 * HEALTHCODE_OPTIONS_ALGORITHMS_MAX bytes, and returns text.
 */
const char *healthcode_options_algorithms(char *text);

#endif
