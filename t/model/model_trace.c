/*
 * The last lines of what happened in an episode, kept when it is run again to
 * be read.  Knows no rule.
 * CONTRIBUTING.md, "The model".
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model.h"


#define MODEL_TRACE_LINES  160
#define MODEL_TRACE_LEN    120


static char      model_trace_lines[MODEL_TRACE_LINES][MODEL_TRACE_LEN];
static unsigned  model_trace_n;


const char *
model_trace_doing(model_doing_e doing)
{
    static const char  *const names[] = {
        [MODEL_IDLE] = "between",
        [MODEL_FINDING] = "reading",
        [MODEL_STORING] = "storing",
        [MODEL_WRITING] = "writing an entry",
        [MODEL_FORGETTING] = "deleting",
        [MODEL_LEASING] = "at its lease",
        [MODEL_SENDING] = "sending",
    };

    return names[doing];
}


const char *
model_trace_key(unsigned key)
{
    static char  name[32];

    if (key >= MODEL_HOLDERS) {
        return (key == MODEL_CONTROL) ? "control"
               : (key == MODEL_REGION) ? "region" : "another key";
    }

    snprintf(name, sizeof(name), "holder %u", key);

    return name;
}


void
model_trace_begin(void)
{
    model_trace_n = 0;
}


void
model_trace_say(const char *format, ...)
{
    int      n;
    char    *line;
    va_list  args;

    line = model_trace_lines[model_trace_n++ % MODEL_TRACE_LINES];
    n = snprintf(line, MODEL_TRACE_LEN, "%8u  ", (unsigned) model.tick);

    va_start(args, format);
    vsnprintf(line + n, MODEL_TRACE_LEN - (size_t) n, format, args);
    va_end(args);
}


void
model_trace_print(void)
{
    unsigned  first;

    first = model_trace_n > MODEL_TRACE_LINES
            ? model_trace_n - MODEL_TRACE_LINES : 0;

    for (unsigned i = first; i < model_trace_n; i++) {
        printf("    %s\n", model_trace_lines[i % MODEL_TRACE_LINES]);
    }
}
