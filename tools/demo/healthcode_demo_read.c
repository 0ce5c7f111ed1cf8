/*
 * What every answer of the demo's helper begins with: members that are there,
 * and errors as sentences.  Knows no HTTP.  docs/demo.md, "The helper".
 */

#include <stdarg.h>
#include <stdlib.h>

#include "healthcode_demo.h"


healthcode_demo_status_e
healthcode_demo_error(healthcode_demo_t *demo, healthcode_demo_status_e status,
    const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    vsnprintf(demo->error, sizeof(demo->error), format, args);
    va_end(args);

    return status;
}


FILE *
healthcode_demo_listen(healthcode_demo_t *demo)
{
    FILE  *file;

    memset(demo->error, 0, sizeof(demo->error));
    file = fmemopen(demo->error, sizeof(demo->error), "w");
    healthcode_output_to(file);

    return file;
}


healthcode_demo_status_e
healthcode_demo_heard(healthcode_demo_t *demo, FILE *file,
    healthcode_exit_e rc)
{
    char    *line;
    size_t   len;

    healthcode_output_to(NULL);

    if (file) {
        fclose(file);
    }

    if (rc == HEALTHCODE_EXIT_OK || rc == HEALTHCODE_EXIT_NO) {
        return HEALTHCODE_DEMO_OK;
    }

    /* the last line is the error; what is before it are warnings */
    demo->error[sizeof(demo->error) - 1] = '\0';
    len = strlen(demo->error);

    if (len && demo->error[len - 1] == '\n') {
        demo->error[len - 1] = '\0';
    }

    line = strrchr(demo->error, '\n');

    if (line) {
        memmove(demo->error, line + 1, strlen(line + 1) + 1);
    }

    return (rc == HEALTHCODE_EXIT_USAGE) ? HEALTHCODE_DEMO_WRONG
                                         : HEALTHCODE_DEMO_BUSY;
}


healthcode_demo_status_e
healthcode_demo_string(healthcode_demo_t *demo, yyjson_val *json,
    const char *name, size_t max, const char **text)
{
    healthcode_str_t  value;

    if (healthcode_json_string(json, name, &value) != 1 || value.len == 0
        || value.len > max)
    {
        return healthcode_demo_error(demo, HEALTHCODE_DEMO_WRONG,
                                     "\"%s\" must be a string of 1 to %zu "
                                     "bytes", name, max);
    }

    *text = (const char *) value.data;

    return HEALTHCODE_DEMO_OK;
}


/* The command reads a subject of "-" from its standard input. */
healthcode_demo_status_e
healthcode_demo_holder(healthcode_demo_t *demo, yyjson_val *json,
    const char **holder)
{
    const char                *text = NULL;
    healthcode_demo_status_e   status;

    status = healthcode_demo_string(demo, json, "holder",
                                    HEALTHCODE_DEMO_HOLDER_MAX, &text);

    if (status != HEALTHCODE_DEMO_OK) {
        return status;
    }

    if (strcmp(text, "-") == 0) {
        return healthcode_demo_error(demo, HEALTHCODE_DEMO_WRONG,
                                     "\"holder\" cannot be \"-\"");
    }

    *holder = text;

    return HEALTHCODE_DEMO_OK;
}


healthcode_demo_status_e
healthcode_demo_find_issuer(healthcode_demo_t *demo, const char *name,
    char **iss, const char **key)
{
    size_t       len;
    const char  *option;

    for (size_t i = 0; i < demo->issuers.n; i++) {
        option = demo->issuers.items[i];
        len = (size_t) (strrchr(option, '=') - option);

        if (name == NULL
            || (strlen(name) == len && memcmp(name, option, len) == 0))
        {
            *iss = strndup(option, len);
            *key = option + len + 1;

            return *iss ? HEALTHCODE_DEMO_OK
                        : healthcode_demo_error(demo, HEALTHCODE_DEMO_BUSY,
                                                "no memory");
        }
    }

    return healthcode_demo_error(demo, HEALTHCODE_DEMO_NOT_FOUND,
                                 "\"issuer\" is not one of this demo");
}
