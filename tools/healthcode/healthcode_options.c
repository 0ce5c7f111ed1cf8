/*
 * Words of the command line -> options and arguments; a wrong one is named.
 * Knows no subcommand.  docs/operations.md, "The command".
 */

#include <errno.h>
#include <stdlib.h>

#include "healthcode_options.h"


static bool healthcode_options_is_option(const char *word);
static const healthcode_option_t *healthcode_options_find(const char *word,
    const healthcode_option_t *options, size_t noptions);
static bool healthcode_options_take(const healthcode_option_t *option,
    const char *value);
static bool healthcode_options_take_word(int argc, char **argv, int *i,
    const healthcode_option_t *options, size_t noptions);
static bool healthcode_options_take_argument(const char *word,
    healthcode_arguments_t *arguments);
static bool healthcode_options_complete(const healthcode_option_t *options,
    size_t noptions, const healthcode_arguments_t *arguments);
static const healthcode_command_t *healthcode_options_command(
    const healthcode_command_t *commands, size_t n, const char *name);


bool
healthcode_options_parse(int argc, char **argv,
    const healthcode_option_t *options, size_t noptions,
    healthcode_arguments_t *arguments)
{
    bool         ended = false;
    const char  *word;

    for (int i = 0; i < argc; i++) {
        word = argv[i];

        if (!ended && strcmp(word, "--") == 0) {
            ended = true;
            continue;
        }

        if (!ended && healthcode_options_is_option(word)) {
            if (!healthcode_options_take_word(argc, argv, &i, options,
                                              noptions))
            {
                return false;
            }

        } else if (!healthcode_options_take_argument(word, arguments)) {
            return false;
        }
    }

    return healthcode_options_complete(options, noptions, arguments);
}


/* Every option is "--name"; "-20m" and a thumbprint "-Xyz" are arguments. */
static bool
healthcode_options_is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0'
           && (word[1] == '-' || word[2] == '\0');
}


static const healthcode_option_t *
healthcode_options_find(const char *word, const healthcode_option_t *options,
    size_t noptions)
{
    size_t  len = strcspn(word, "=");

    for (size_t i = 0; i < noptions; i++) {
        if (strlen(options[i].name) == len
            && memcmp(options[i].name, word, len) == 0)
        {
            return &options[i];
        }
    }

    return NULL;
}


/* Takes argv[*i], an option, and the word after it if that is its value. */
static bool
healthcode_options_take_word(int argc, char **argv, int *i,
    const healthcode_option_t *options, size_t noptions)
{
    int                         len;
    const char                 *equals, *value, *word = argv[*i];
    const healthcode_option_t  *option = NULL;

    if (strncmp(word, "--", 2) == 0) {
        option = healthcode_options_find(word + 2, options, noptions);
    }

    equals = strchr(word, '=');
    value = equals ? equals + 1 : NULL;
    len = (int) strcspn(word, "=");

    if (option == NULL) {
        healthcode_output_usage("unknown option %.*s; --help lists them "
                                "(an argument that begins with a dash goes "
                                "after --)", len, word);
        return false;
    }

    if (option->hint == NULL && value) {
        healthcode_output_usage("%.*s takes no value; write only %.*s", len,
                                word, len, word);
        return false;
    }

    if (option->hint && value == NULL) {
        value = (*i + 1 < argc) ? argv[*i + 1] : NULL;

        if (value == NULL || strncmp(value, "--", 2) == 0) {
            healthcode_output_usage("%s needs a value; write %s %s", word, word,
                                    option->hint);
            return false;
        }

        (*i)++;
    }

    return healthcode_options_take(option, value);
}


static bool
healthcode_options_take(const healthcode_option_t *option, const char *value)
{
    if (option->is_set) {
        *option->is_set = true;
        return true;
    }

    if (option->list) {
        if (option->list->n == HEALTHCODE_LIST_MAX) {
            healthcode_output_usage("--%s is given too often; %d times at most",
                                    option->name, HEALTHCODE_LIST_MAX);
            return false;
        }

        option->list->items[option->list->n++] = value;
        return true;
    }

    if (*option->value) {
        healthcode_output_usage("--%s is given twice; write it once",
                                option->name);
        return false;
    }

    *option->value = value;

    return true;
}


static bool
healthcode_options_take_argument(const char *word,
    healthcode_arguments_t *arguments)
{
    size_t  n = arguments->n;

    if (arguments->list.n == n) {
        healthcode_output_usage("argument %zu is one too many%s%s; quote a "
                                "value that has spaces", n + 1,
                                n ? ", the last is " : "",
                                n ? arguments->names[n - 1] : "");
        return false;
    }

    arguments->list.items[arguments->list.n++] = word;

    return true;
}


static bool
healthcode_options_complete(const healthcode_option_t *options,
    size_t noptions, const healthcode_arguments_t *arguments)
{
    const healthcode_option_t  *option;

    for (size_t i = 0; i < noptions; i++) {
        option = &options[i];

        if (option->required && *option->value == NULL) {
            healthcode_output_usage("--%s is missing; write --%s %s",
                                    option->name, option->name, option->hint);
            return false;
        }
    }

    if (arguments->list.n < arguments->required) {
        healthcode_output_usage("%s is missing; --help shows an example",
                                arguments->names[arguments->list.n]);
        return false;
    }

    return true;
}


healthcode_exit_e
healthcode_options_dispatch(const healthcode_command_t *commands, size_t n,
    int argc, char **argv)
{
    const healthcode_command_t  *command;

    command = argc ? healthcode_options_command(commands, n, argv[0]) : NULL;

    if (command) {
        healthcode_output_name(command->name);
        return command->run(argc - 1, argv + 1);
    }

    if (argc) {
        healthcode_output_usage("unknown command \"%s\"; write one of these:",
                                argv[0]);
    } else {
        healthcode_output_usage("a command is missing; write one of these:");
    }

    for (size_t i = 0; i < n; i++) {
        fprintf(stderr, "%s%s", i ? ", " : "    ", commands[i].name);
    }

    fprintf(stderr, "\n");

    return HEALTHCODE_EXIT_USAGE;
}


static const healthcode_command_t *
healthcode_options_command(const healthcode_command_t *commands, size_t n,
    const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }

    return NULL;
}


bool
healthcode_options_number(const char *name, const char *text, long max,
    long *number)
{
    long   n;
    char  *end;

    errno = 0;
    n = strtol(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end || errno || n > max) {
        healthcode_output_usage("%s: invalid number \"%s\"; write 0 to %ld",
                                name, text, max);
        return false;
    }

    *number = n;

    return true;
}


bool
healthcode_options_duration(const char *name, const char *text,
    int64_t *milliseconds)
{
    char     *end;
    size_t    i;
    int64_t   n = 0;

    static const struct {
        const char  *name;
        int64_t      milliseconds;
    } units[] = {
        { "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
        { "h", 3600000 }, { "d", 86400000 }, { "w", 604800000 },
    };

    end = (char *) (uintptr_t) text;

    /* 9 digits of weeks still fit */
    while (*end >= '0' && *end <= '9' && end - text < 9) {
        n = n * 10 + (*end++ - '0');
    }

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (end > text && strcmp(end, units[i].name) == 0) {
            *milliseconds = n * units[i].milliseconds;
            return true;
        }
    }

    healthcode_output_usage("%s: invalid duration \"%s\"; write for "
                            "example 90s, 15m, 2h or 14d", name, text);
    return false;
}


bool
healthcode_options_algorithm(const char *name, const char *text,
    const healthcode_algorithm_t **algorithm)
{
    char                           names[HEALTHCODE_OPTIONS_ALGORITHMS_MAX];
    const healthcode_algorithm_t  *row;

    row = healthcode_algorithm_find(healthcode_str_from(text, strlen(text)));

    if (row == NULL) {
        healthcode_output_usage("%s: unknown algorithm \"%s\"; write one of: "
                                "%s", name, text,
                                healthcode_options_algorithms(names));
        return false;
    }

    *algorithm = row;

    return true;
}


const char *
healthcode_options_algorithms(char *text)
{
    size_t                         i, n = 0;
    const healthcode_algorithm_t  *row;

    text[0] = '\0';

    for (i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        n += (size_t) snprintf(text + n, HEALTHCODE_OPTIONS_ALGORITHMS_MAX - n,
                               "%s%s%s%s", i ? " " : "", row->name,
                               row->also ? " " : "",
                               row->also ? row->also : "");
    }

    return text;
}
