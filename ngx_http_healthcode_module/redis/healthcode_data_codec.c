/*
 * The command that asks a store for its sources of flags, and what its reply
 * says.  Knows no: nginx, socket, clock.  docs/redis-keys.md,
 * "healthcode:data".
 */

#include "healthcode_data_codec.h"
#include "healthcode_risk_codec.h"


/* One more than a store may have tells that there are too many. */
#define HEALTHCODE_DATA_ASKED  "17"

_Static_assert(HEALTHCODE_DATA_SOURCES == 16, "asks for one more");


bool
healthcode_data_codec_format(healthcode_redis_buf_t *buf)
{
    static const char  command[] = "*4\r\n$10\r\nHRANDFIELD\r\n"
                                   "$19\r\nhealthcode:data:{c}\r\n"
                                   "$2\r\n" HEALTHCODE_DATA_ASKED "\r\n"
                                   "$10\r\nWITHVALUES\r\n";

    return healthcode_redis_buf_append(buf, command, sizeof(command) - 1);
}


void
healthcode_data_codec_read(const redisReply *reply, healthcode_data_t *data)
{
    const redisReply  *name, *value;

    healthcode_data_begin(data);

    if (healthcode_risk_codec_is_wrong_type(reply)) {
        data->is_cut = true;
        return;
    }

    if (reply->type != REDIS_REPLY_ARRAY) {
        data->is_known = false;
        return;
    }

    for (size_t i = 0; i < reply->elements; /* void */) {

        if (!healthcode_risk_codec_pair(reply, &i, &name, &value)) {
            healthcode_data_begin(data);
            data->is_known = false;
            return;
        }

        healthcode_data_add(data, healthcode_risk_codec_str(name),
                            healthcode_risk_codec_str(value));
    }
}
