/*
 * The subcommands, one file each, and the screens of --help.
 * docs/operations.md, "The command".
 */

#ifndef HEALTHCODE_COMMANDS_H
#define HEALTHCODE_COMMANDS_H

#include "healthcode_options.h"


/* Each gets the words after its name and returns an exit code. */
healthcode_exit_e healthcode_keygen(int argc, char **argv);
healthcode_exit_e healthcode_issue(int argc, char **argv);
healthcode_exit_e healthcode_inspect(int argc, char **argv);
healthcode_exit_e healthcode_keyset(int argc, char **argv);
healthcode_exit_e healthcode_store(int argc, char **argv);
healthcode_exit_e healthcode_holder(int argc, char **argv);
healthcode_exit_e healthcode_flag(int argc, char **argv);
healthcode_exit_e healthcode_region(int argc, char **argv);
healthcode_exit_e healthcode_hall(int argc, char **argv);
healthcode_exit_e healthcode_control(int argc, char **argv);
healthcode_exit_e healthcode_report(int argc, char **argv);
healthcode_exit_e healthcode_testbed(int argc, char **argv);

/* "healthcode flag import", which has a file of its own. */
healthcode_exit_e healthcode_import(int argc, char **argv);

/* "healthcode flag show" and "healthcode holder erase", likewise. */
healthcode_exit_e healthcode_show(int argc, char **argv);
healthcode_exit_e healthcode_erase(int argc, char **argv);

extern const char  healthcode_main_help[];
extern const char  healthcode_keygen_help[];
extern const char  healthcode_issue_help[];
extern const char  healthcode_inspect_help[];
extern const char  healthcode_keyset_help[];
extern const char  healthcode_store_help[];
extern const char  healthcode_holder_help[];
extern const char  healthcode_flag_help[];
extern const char  healthcode_region_help[];
extern const char  healthcode_control_help[];
extern const char  healthcode_hall_help[];
extern const char  healthcode_report_help[];
extern const char  healthcode_testbed_help[];

#endif
