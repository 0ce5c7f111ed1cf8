/*
 * The command "healthcode": finds the subcommand and runs it.
 * Does not know what they do.  docs/operations.md, "The command".
 */

#include <errno.h>
#include <signal.h>

#include "healthcode_commands.h"
#include "../../ngx_http_healthcode_module/core/healthcode_version.h"


static const healthcode_command_t *healthcode_main_asks_help(int argc,
    char **argv, bool *asked);


static const healthcode_command_t  healthcode_main_commands[] = {
    { "keygen", healthcode_keygen, healthcode_keygen_help },
    { "issue", healthcode_issue, healthcode_issue_help },
    { "inspect", healthcode_inspect, healthcode_inspect_help },
    { "keyset", healthcode_keyset, healthcode_keyset_help },
    { "store", healthcode_store, healthcode_store_help },
    { "holder", healthcode_holder, healthcode_holder_help },
    { "flag", healthcode_flag, healthcode_flag_help },
    { "region", healthcode_region, healthcode_region_help },
    { "control", healthcode_control, healthcode_control_help },
    { "hall", healthcode_hall, healthcode_hall_help },
    { "report", healthcode_report, healthcode_report_help },
    { "testbed", healthcode_testbed, healthcode_testbed_help },
};

#define HEALTHCODE_MAIN_COMMANDS                                              \
    (sizeof(healthcode_main_commands) / sizeof(healthcode_main_commands[0]))


int
main(int argc, char **argv)
{
    bool                         asked = false;
    healthcode_exit_e            rc = HEALTHCODE_EXIT_OK;
    const healthcode_command_t  *command;

    /* a closed pipe is an error of write(), not a silent end */
    signal(SIGPIPE, SIG_IGN);

    healthcode_output_name("healthcode");
    command = healthcode_main_asks_help(argc - 1, argv + 1, &asked);

    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("healthcode " HEALTHCODE_VERSION);

    } else if (asked) {
        fputs(command ? command->help : healthcode_main_help, stdout);

    } else {
        rc = healthcode_options_dispatch(healthcode_main_commands,
                                         HEALTHCODE_MAIN_COMMANDS, argc - 1,
                                         argv + 1);
    }

    if (fflush(stdout) || ferror(stdout)) {
        rc = healthcode_output_failed("cannot write to standard output: %s",
                                      strerror(errno));
    }

    return (int) rc;
}


/* "--help" among the words, up to "--"; or "help" as the first. */
static const healthcode_command_t *
healthcode_main_asks_help(int argc, char **argv, bool *asked)
{
    bool         first = argc && strcmp(argv[0], "help") == 0;
    const char  *name;

    *asked = first;

    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            *asked = true;
        }
    }

    name = (argc > first) ? argv[first] : "";

    for (size_t i = 0; i < HEALTHCODE_MAIN_COMMANDS; i++) {
        if (strcmp(healthcode_main_commands[i].name, name) == 0) {
            return &healthcode_main_commands[i];
        }
    }

    return NULL;
}
