/*
 * POST issue: a holder -> a new code and its QR code, by what the command does.
 * Knows no HTTP and no store.  docs/demo.md, "The helper".
 */

#include <stdlib.h>
#include <time.h>

#include "healthcode_demo.h"
#include "healthcode_issue.h"
#include "healthcode_qr.h"


#define HEALTHCODE_DEMO_SECONDS_MAX  24


static healthcode_demo_status_e healthcode_demo_issue_regions(
    healthcode_demo_t *demo, yyjson_val *json, healthcode_list_t *regions);
static healthcode_demo_status_e healthcode_demo_issue_code(
    healthcode_demo_t *demo, const healthcode_issue_options_t *options,
    char **code, char **svg);
static bool healthcode_demo_issue_draw(const char *code, char **svg);


healthcode_demo_status_e
healthcode_demo_issue(healthcode_demo_t *demo,
    const healthcode_demo_ask_t *ask, healthcode_json_writer_t *json)
{
    char                        *code = NULL, *svg = NULL, *iss = NULL;
    char                         from[HEALTHCODE_DEMO_SECONDS_MAX];
    char                         to[HEALTHCODE_DEMO_SECONDS_MAX];
    int64_t                      now = time(NULL), life;
    const char                  *issuer = NULL;
    healthcode_demo_status_e     status;
    healthcode_issue_options_t   o = { .aud = demo->audiences };

    if (healthcode_json_integer(ask->json, "life", 1, HEALTHCODE_DEMO_LIFE_MAX,
                                &life) != 1)
    {
        return healthcode_demo_error(demo, HEALTHCODE_DEMO_WRONG,
                                     "\"life\" must be 1 to %d seconds",
                                     HEALTHCODE_DEMO_LIFE_MAX);
    }

    status = healthcode_demo_holder(demo, ask->json, &o.sub);

    if (status == HEALTHCODE_DEMO_OK) {
        status = healthcode_demo_issue_regions(demo, ask->json, &o.regions);
    }

    if (status == HEALTHCODE_DEMO_OK && yyjson_obj_get(ask->json, "issuer")) {
        status = healthcode_demo_string(demo, ask->json, "issuer",
                                        HEALTHCODE_DEMO_BODY_MAX, &issuer);
    }

    if (status == HEALTHCODE_DEMO_OK) {
        status = healthcode_demo_find_issuer(demo, issuer, &iss, &o.key);
    }

    snprintf(from, sizeof(from), "%lld", (long long) now);
    snprintf(to, sizeof(to), "%lld", (long long) (now + life));
    o.iss = iss;
    o.iat = from;
    o.exp = to;

    if (status == HEALTHCODE_DEMO_OK) {
        status = healthcode_demo_issue_code(demo, &o, &code, &svg);
    }

    if (status == HEALTHCODE_DEMO_OK) {
        healthcode_json_writer_name(json, "code");
        healthcode_json_writer_string(json, healthcode_str_from(code,
                                                                strlen(code)));
        healthcode_json_writer_member(json, "iat", (uint64_t) now);
        healthcode_json_writer_member(json, "exp", (uint64_t) (now + life));
        healthcode_json_writer_name(json, "qr");
        healthcode_json_writer_string(json, healthcode_str_from(svg,
                                                                strlen(svg)));
    }

    free(code);
    free(svg);
    free(iss);

    return status;
}


/* What is in the list is judged where the claims are made. */
static healthcode_demo_status_e
healthcode_demo_issue_regions(healthcode_demo_t *demo, yyjson_val *json,
    healthcode_list_t *regions)
{
    size_t       i, n;
    yyjson_val  *array, *item;

    array = yyjson_obj_get(json, "regions");

    if (array == NULL) {
        return HEALTHCODE_DEMO_OK;
    }

    if (!yyjson_is_arr(array) || yyjson_arr_size(array) > HEALTHCODE_LIST_MAX) {
        return healthcode_demo_error(demo, HEALTHCODE_DEMO_WRONG,
                                     "\"regions\" must be a list of strings");
    }

    yyjson_arr_foreach(array, i, n, item) {

        if (!yyjson_is_str(item)) {
            return healthcode_demo_error(demo, HEALTHCODE_DEMO_WRONG,
                                         "\"regions\" must be a list of "
                                         "strings");
        }

        regions->items[regions->n++] =
            (const char *) healthcode_json_text(item).data;
    }

    return HEALTHCODE_DEMO_OK;
}


static healthcode_demo_status_e
healthcode_demo_issue_code(healthcode_demo_t *demo,
    const healthcode_issue_options_t *options, char **code, char **svg)
{
    FILE                      *file;
    healthcode_exit_e          rc;
    healthcode_demo_status_e   status;

    file = healthcode_demo_listen(demo);
    rc = healthcode_issue_make(options, code);

    if (rc == HEALTHCODE_EXIT_OK && !healthcode_demo_issue_draw(*code, svg)) {
        rc = HEALTHCODE_EXIT_FAILED;
    }

    status = healthcode_demo_heard(demo, file, rc);

    if (status == HEALTHCODE_DEMO_OK
        && !healthcode_demo_said_issued(&demo->said, options->sub,
                                        healthcode_str_from(*code,
                                                            strlen(*code))))
    {
        status = healthcode_demo_error(demo, HEALTHCODE_DEMO_BUSY,
                                       "OpenSSL cannot compute a SHA-256");
    }

    return status;
}


/* Prints a message on failure. */
static bool
healthcode_demo_issue_draw(const char *code, char **svg)
{
    bool              ok = false;
    FILE             *file;
    size_t            len;
    healthcode_qr_t   qr;

    if (healthcode_qr_make(healthcode_str_from(code, strlen(code)), &qr)
        != HEALTHCODE_EXIT_OK)
    {
        return false;
    }

    file = open_memstream(svg, &len);

    if (file) {
        ok = healthcode_qr_svg(&qr, file);
        ok = fclose(file) == 0 && ok;
    }

    if (!ok) {
        healthcode_output_failed("no memory");
    }

    healthcode_qr_free(&qr);

    return ok;
}
