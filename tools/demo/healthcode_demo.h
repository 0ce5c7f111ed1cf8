/*
 * What the parts of the demo's helper share: its options, what a page asks,
 * what it gets.  Knows no HTTP.  docs/demo.md, "The helper".
 */

#ifndef HEALTHCODE_DEMO_H
#define HEALTHCODE_DEMO_H

#include "core/healthcode_json.h"
#include "core/healthcode_json_writer.h"
#include "healthcode_connection.h"
#include "healthcode_demo_said.h"


#define HEALTHCODE_DEMO_BODY_MAX    16384     /* bytes of JSON */
#define HEALTHCODE_DEMO_SIDE_MAX    1280      /* pixels */
#define HEALTHCODE_DEMO_FRAME_MAX                                             \
    (HEALTHCODE_DEMO_SIDE_MAX * HEALTHCODE_DEMO_SIDE_MAX)
#define HEALTHCODE_DEMO_ANSWER_MAX  (512 * 1024)
#define HEALTHCODE_DEMO_ERROR_MAX   1024
#define HEALTHCODE_DEMO_LIFE_MAX    900       /* s; gates take no more */


typedef enum {
    HEALTHCODE_DEMO_OK = 200,
    HEALTHCODE_DEMO_WRONG = 400,
    HEALTHCODE_DEMO_STRANGER = 403,
    HEALTHCODE_DEMO_NOT_FOUND = 404,
    HEALTHCODE_DEMO_METHOD = 405,
    HEALTHCODE_DEMO_TOO_LARGE = 413,
    HEALTHCODE_DEMO_BUSY = 503
} healthcode_demo_status_e;


/* One helper; one thread asks it. */
typedef struct {
    healthcode_connection_options_t   connection;
    healthcode_list_t                 issuers;       /* ISS=FILE */
    healthcode_list_t                 audiences;
    healthcode_list_t                 holders;
    healthcode_list_t                 regions;
    healthcode_list_t                 origins;       /* of the pages */
    const char                       *port;

    healthcode_demo_said_t            said;
    struct zbar_image_scanner_s      *scanner;
    char                              error[HEALTHCODE_DEMO_ERROR_MAX];
    uint8_t                           answer[HEALTHCODE_DEMO_ANSWER_MAX];
    _Alignas(16) uint8_t              json[
                            healthcode_json_memory(HEALTHCODE_DEMO_BODY_MAX)];
} healthcode_demo_t;


/* What a page asks; views, for as long as it is being answered. */
typedef struct {
    yyjson_val        *json;          /* NULL: the body is not JSON */
    healthcode_str_t   frame;
    const char        *width;         /* as written; NULL: absent */
    const char        *height;
} healthcode_demo_ask_t;


/*
 * Answers: adds members to the object of json, or returns another status than
 * _OK with a sentence in demo->error.  What was added is then thrown away.
 */
typedef healthcode_demo_status_e (*healthcode_demo_answer_pt)(
    healthcode_demo_t *demo, const healthcode_demo_ask_t *ask,
    healthcode_json_writer_t *json);

healthcode_demo_status_e healthcode_demo_issue(healthcode_demo_t *demo,
    const healthcode_demo_ask_t *ask, healthcode_json_writer_t *json);
healthcode_demo_status_e healthcode_demo_flag(healthcode_demo_t *demo,
    const healthcode_demo_ask_t *ask, healthcode_json_writer_t *json);
healthcode_demo_status_e healthcode_demo_clear(healthcode_demo_t *demo,
    const healthcode_demo_ask_t *ask, healthcode_json_writer_t *json);
healthcode_demo_status_e healthcode_demo_region(healthcode_demo_t *demo,
    const healthcode_demo_ask_t *ask, healthcode_json_writer_t *json);
healthcode_demo_status_e healthcode_demo_issuer(healthcode_demo_t *demo,
    const healthcode_demo_ask_t *ask, healthcode_json_writer_t *json);
healthcode_demo_status_e healthcode_demo_scan(healthcode_demo_t *demo,
    const healthcode_demo_ask_t *ask, healthcode_json_writer_t *json);
healthcode_demo_status_e healthcode_demo_say(healthcode_demo_t *demo,
    const healthcode_demo_ask_t *ask, healthcode_json_writer_t *json);
healthcode_demo_status_e healthcode_demo_last(healthcode_demo_t *demo,
    const healthcode_demo_ask_t *ask, healthcode_json_writer_t *json);
healthcode_demo_status_e healthcode_demo_facts(healthcode_demo_t *demo,
    const healthcode_demo_ask_t *ask, healthcode_json_writer_t *json);

/* Makes the scanner of frames; false if there is no memory. */
bool healthcode_demo_scan_init(healthcode_demo_t *demo);
void healthcode_demo_scan_free(healthcode_demo_t *demo);


/* Writes the sentence into demo->error, and returns status. */
healthcode_demo_status_e healthcode_demo_error(healthcode_demo_t *demo,
    healthcode_demo_status_e status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * What the command said while it was run for a page: begin, run it, end with
 * its exit code.  _NO is _OK, since what was to be so is so.
 */
FILE *healthcode_demo_listen(healthcode_demo_t *demo);
healthcode_demo_status_e healthcode_demo_heard(healthcode_demo_t *demo,
    FILE *file, healthcode_exit_e rc);

/*
 * A member that must be a string of 1 to max bytes; *text ends with a NUL.
 * Any other status than _OK: demo->error names it.
 */
healthcode_demo_status_e healthcode_demo_string(healthcode_demo_t *demo,
    yyjson_val *json, const char *name, size_t max, const char **text);

/* The member "holder", likewise. */
healthcode_demo_status_e healthcode_demo_holder(healthcode_demo_t *demo,
    yyjson_val *json, const char **holder);

/*
 * The issuer that name names among --issuer, all of its "iss"; NULL: the first.
 * *iss is the caller's to free; *key views the options.
 */
healthcode_demo_status_e healthcode_demo_find_issuer(healthcode_demo_t *demo,
    const char *name, char **iss, const char **key);

#endif
