/*
 * What an answer of the gate says, by its header X-Live.  Knows no connection
 * and judges nothing.  docs/benchmarks.md, "Live".
 */

#include "healthcode_live.h"


#define LIVE_ANSWER_PARTS  8


/* text ends with a NUL after len bytes. */
bool
live_answer_is_whole(const char *text, size_t len)
{
    size_t       body;
    const char  *end, *length;

    end = strstr(text, "\r\n\r\n");

    if (end == NULL) {
        return false;
    }

    length = strstr(text, "\r\nContent-Length: ");
    body = (length && length < end) ? strtoul(length + 18, NULL, 10) : 0;

    return len >= (size_t) (end + 4 - text) + body;
}


/*
 * X-Live: PID|VERDICT|REASON|DECIDED|RISK|CODE|LOOKUP_US|DEGRADED, any but the
 * first of which may be empty.  Takes the text apart.
 */
bool
live_answer_parse(char *text, live_answer_t *answer)
{
    char          *part[LIVE_ANSWER_PARTS], *at;
    static char    name[] = "\r\nX-Live: ";

    memset(answer, 0, sizeof(*answer));

    at = strstr(text, name);

    if (at == NULL || strncmp(text, "HTTP/1.1 ", 9) != 0) {
        return false;
    }

    at += sizeof(name) - 1;
    at[strcspn(at, "\r")] = '\0';

    for (unsigned i = 0; i < LIVE_ANSWER_PARTS; i++) {
        part[i] = strsep(&at, "|");

        if (part[i] == NULL) {
            return false;
        }
    }

    answer->status = atoi(text + 9);
    answer->pid = atoi(part[0]);
    answer->allow = strcmp(part[1], "allow") == 0;
    answer->flagged = strcmp(part[2], "flagged") == 0;
    answer->degraded = answer->allow
                       && (strcmp(part[2], "ok") != 0 || part[7][0]);
    answer->risk_hit = strcmp(part[4], "HIT") == 0;
    answer->code_hit = strcmp(part[5], "HIT") == 0;
    answer->lookup = strtoll(part[6], NULL, 10) * 1000;

    /* a code that is refused for what it is was not decided upon */
    if (part[3][0] == '\0') {
        return answer->pid > 0 && answer->status == 401;
    }

    answer->decided = strtoll(part[3], &at, 10) * LIVE_S;

    /* six decimals */
    if (at[0] != '.' || strlen(at + 1) != 6) {
        return false;
    }

    answer->decided += strtoll(at + 1, NULL, 10) * 1000;

    return answer->pid > 0;
}
