/*
 * healthcode holder: the pseudonym of a subject in the store; its verb "erase"
 * has a file of its own.  Knows no store.  docs/redis-keys.md, "Holder".
 */

#include "healthcode_commands.h"
#include "healthcode_subject.h"


static healthcode_exit_e healthcode_holder_print(int argc, char **argv);


static const healthcode_command_t  healthcode_holder_commands[] = {
    { "erase", healthcode_erase, NULL },
};


/* A subject that is called as the verb follows an option, or "--". */
healthcode_exit_e
healthcode_holder(int argc, char **argv)
{
    if (argc && strcmp(argv[0], healthcode_holder_commands[0].name) == 0) {
        return healthcode_options_dispatch(healthcode_holder_commands, 1, argc,
                                           argv);
    }

    return healthcode_holder_print(argc, argv);
}


static healthcode_exit_e
healthcode_holder_print(int argc, char **argv)
{
    char                           hex[HEALTHCODE_HOLDER_HEX + 1] = "";
    uint8_t                        holder[HEALTHCODE_HOLDER_LEN];
    const char                    *pepper_file = NULL, *names[] = { "SUB" };
    healthcode_exit_e              rc;
    healthcode_pepper_t           *pepper;
    healthcode_arguments_t         arguments = { names, 1, 1, { .n = 0 } };
    healthcode_subject_options_t   subject = { .space = NULL };

    const healthcode_option_t  options[] = {
        { .name = "pepper-file", .hint = "FILE", .value = &pepper_file,
          .required = true },
        { .name = "space", .hint = "NAME", .value = &subject.space },
        HEALTHCODE_SUBJECT_EXACT_ROW(&subject),
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    rc = healthcode_subject_check_space(&subject);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    pepper = healthcode_subject_pepper(pepper_file);

    if (pepper == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    rc = healthcode_subject_take(&subject, pepper, arguments.list.items[0],
                                 holder);

    if (rc == HEALTHCODE_EXIT_OK) {
        healthcode_holder_format(holder, hex);
        puts(hex);
    }

    healthcode_pepper_free(pepper);

    return rc;
}
