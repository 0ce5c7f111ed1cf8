/*
 * The command that asks a store for its sources of flags, and what its reply
 * says.  Knows no: nginx, socket, clock.  docs/redis-keys.md,
 * "healthcode:data".
 */

#ifndef HEALTHCODE_DATA_CODEC_H
#define HEALTHCODE_DATA_CODEC_H

#include <hiredis/hiredis.h>

#include "../core/healthcode_data.h"
#include "healthcode_redis_buf.h"


/*
 * Appends HRANDFIELD healthcode:data:{c}, whose reply has one source more than
 * a store may have, at most.  False, and the buffer as it was, if there is no
 * memory.
 */
bool healthcode_data_codec_format(healthcode_redis_buf_t *buf);

/*
 * Reads the reply to it into *data, of which nothing remains.  An error, or a
 * reply of another shape: the store has not said.  A key of another type:
 * there is a source, and it cannot be read.
 */
void healthcode_data_codec_read(const redisReply *reply,
    healthcode_data_t *data);

#endif
