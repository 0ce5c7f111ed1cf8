/*
 * How old the data of a store are: who feeds it with flags, and when each of
 * these sources last said that its flags are up to date.  The time is an
 * argument.  Knows no: clock, hiredis, request.  docs/redis-keys.md,
 * "healthcode:data".
 */

#include "healthcode_data.h"
#include "healthcode_risk.h"


static bool healthcode_data_is_before(const healthcode_data_source_t *a,
    const healthcode_data_source_t *b);


/* The same rule stands in redis-scripts/flag-set.lua and data-set.lua. */
bool
healthcode_data_is_name(healthcode_str_t name)
{
    uint8_t  c;

    if (name.len == 0 || name.len > HEALTHCODE_DATA_NAME
        || name.data[0] < 'a' || name.data[0] > 'z')
    {
        return false;
    }

    for (size_t i = 0; i < name.len; i++) {
        c = name.data[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-'
            && c != '_')
        {
            return false;
        }
    }

    return true;
}


void
healthcode_data_begin(healthcode_data_t *data)
{
    data->n = 0;
    data->is_known = true;
    data->is_cut = false;
}


/* Kept in order, whatever the order of a hash: all workers say the same. */
void
healthcode_data_add(healthcode_data_t *data, healthcode_str_t name,
    healthcode_str_t value)
{
    int64_t                   time;
    unsigned                  i;
    healthcode_data_source_t  source;

    if (data->n == HEALTHCODE_DATA_SOURCES || !healthcode_data_is_name(name)) {
        data->is_cut = true;
        return;
    }

    time = healthcode_risk_holder_before(value);

    memcpy(source.name, name.data, name.len);
    source.len = name.len;
    source.time = (time == INT64_MAX) ? 0 : time;

    for (i = data->n++;
         i > 0 && healthcode_data_is_before(&source, &data->sources[i - 1]);
         i--)
    {
        data->sources[i] = data->sources[i - 1];
    }

    data->sources[i] = source;
}


static bool
healthcode_data_is_before(const healthcode_data_source_t *a,
    const healthcode_data_source_t *b)
{
    int     order;
    size_t  len = (a->len < b->len) ? a->len : b->len;

    if (a->time != b->time) {
        return a->time < b->time;
    }

    order = memcmp(a->name, b->name, len);

    return order ? order < 0 : a->len < b->len;
}


healthcode_data_e
healthcode_data_age(const healthcode_data_t *data, int64_t now, int64_t *age)
{
    const healthcode_data_source_t  *oldest;

    if (!data->is_known) {
        return HEALTHCODE_DATA_UNKNOWN;
    }

    if (data->is_cut) {
        return HEALTHCODE_DATA_UNREADABLE;
    }

    oldest = healthcode_data_oldest(data, now);

    return oldest ? healthcode_data_source_age(oldest, now, age)
                  : HEALTHCODE_DATA_NONE;
}


healthcode_data_e
healthcode_data_source_age(const healthcode_data_source_t *source, int64_t now,
    int64_t *age)
{
    if (source->time == 0 || source->time - now > HEALTHCODE_DATA_AHEAD) {
        return HEALTHCODE_DATA_UNREADABLE;
    }

    *age = (source->time < now) ? now - source->time : 0;

    return HEALTHCODE_DATA_AT;
}


bool
healthcode_data_is_old(const healthcode_data_t *data, int64_t max_age,
    int64_t now)
{
    int64_t  age;

    return healthcode_data_age(data, now, &age) != HEALTHCODE_DATA_AT
           || age > max_age;
}


/* The last is the one that may lie too far ahead. */
const healthcode_data_source_t *
healthcode_data_oldest(const healthcode_data_t *data, int64_t now)
{
    int64_t                          age;
    const healthcode_data_source_t  *first, *last;

    if (data->n == 0) {
        return NULL;
    }

    first = &data->sources[0];
    last = &data->sources[data->n - 1];

    return (healthcode_data_source_age(first, now, &age) == HEALTHCODE_DATA_AT
            && healthcode_data_source_age(last, now, &age)
               != HEALTHCODE_DATA_AT)
           ? last : first;
}
