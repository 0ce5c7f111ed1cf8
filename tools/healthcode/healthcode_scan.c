/*
 * What SCAN and HSCAN find, a page at a time: one command looks at a few names,
 * and others wait for no more.  Knows no options.
 */

#include <string.h>

#include "healthcode_scan.h"


redisReply *
healthcode_scan_page(healthcode_connection_t *connection, int argc,
    const char **argv, char cursor[HEALTHCODE_SCAN_SIZE])
{
    redisReply  *reply;

    reply = healthcode_connection_command(connection, argc, argv, NULL);

    if (reply == NULL) {
        return NULL;
    }

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || reply->element[0]->type != REDIS_REPLY_STRING
        || reply->element[0]->len >= HEALTHCODE_SCAN_SIZE
        || reply->element[1]->type != REDIS_REPLY_ARRAY)
    {
        (void) healthcode_output_failed("the store gave an answer of another "
                                        "shape");
        freeReplyObject(reply);
        return NULL;
    }

    memcpy(cursor, reply->element[0]->str, reply->element[0]->len + 1);

    return reply;
}


bool
healthcode_scan_is_over(const char *cursor)
{
    return strcmp(cursor, HEALTHCODE_SCAN_START) == 0;
}
