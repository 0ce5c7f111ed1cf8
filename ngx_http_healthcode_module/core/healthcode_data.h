/*
 * How old the data of a store are: who feeds it with flags, and when each of
 * these sources last said that its flags are up to date.  The time is an
 * argument.  Knows no: clock, hiredis, request.  docs/redis-keys.md,
 * "healthcode:data".
 */

#ifndef HEALTHCODE_DATA_H
#define HEALTHCODE_DATA_H

#include "healthcode_str.h"


/* Sources of one store; redis-scripts/data-set.lua writes no more. */
#define HEALTHCODE_DATA_SOURCES  16

/* Bytes of a name of a site's own: of a source, or of a flag. */
#define HEALTHCODE_DATA_NAME     32

/* Seconds by which a time may lie ahead, since clocks differ. */
#define HEALTHCODE_DATA_AHEAD    60


typedef struct {
    uint8_t   name[HEALTHCODE_DATA_NAME];
    size_t    len;
    int64_t   time;           /* Unix seconds; 0: it cannot be read */
} healthcode_data_source_t;


/* All zero: the store has not said which sources it has. */
typedef struct {
    healthcode_data_source_t  sources[HEALTHCODE_DATA_SOURCES];
    unsigned                  n;           /* of them, the oldest first */
    bool                      is_known;    /* the store has said which */
    bool                      is_cut;      /* and there are others, which
                                              cannot be read */
} healthcode_data_t;


typedef enum {
    HEALTHCODE_DATA_UNKNOWN = 0,    /* the store has not said */
    HEALTHCODE_DATA_NONE,           /* it has no source */
    HEALTHCODE_DATA_UNREADABLE,     /* a source cannot be read */
    HEALTHCODE_DATA_AT              /* all can be: there is an age */
} healthcode_data_e;


/*
 * Whether name can be one of a source, or a flag of a site's own: a lower-case
 * letter, then lower-case letters, digits, "-" or "_", HEALTHCODE_DATA_NAME
 * bytes at most.
 */
bool healthcode_data_is_name(healthcode_str_t name);

/* Begins what the store says now: there is no source yet. */
void healthcode_data_begin(healthcode_data_t *data);

/*
 * Adds a source, of another name than those before, and its value, Unix
 * seconds in decimal.  A value that is not a time is older than each that is; a
 * name that can be none, or the 17th source, makes data->is_cut.
 */
void healthcode_data_add(healthcode_data_t *data, healthcode_str_t name,
    healthcode_str_t value);

/*
 * What can be said of the oldest source at now, Unix seconds.
 * HEALTHCODE_DATA_AT: *age is its age in seconds, never negative; otherwise
 * *age is unchanged.  A time more than HEALTHCODE_DATA_AHEAD after now cannot
 * be true, so it is _UNREADABLE.
 */
healthcode_data_e healthcode_data_age(const healthcode_data_t *data,
    int64_t now, int64_t *age);

/* Likewise of one source; _AT or _UNREADABLE. */
healthcode_data_e healthcode_data_source_age(
    const healthcode_data_source_t *source, int64_t now, int64_t *age);

/* Whether the oldest is older than max_age seconds, or its age is not known. */
bool healthcode_data_is_old(const healthcode_data_t *data, int64_t max_age,
    int64_t now);

/*
 * The source that is to blame for that: one that cannot be read, or else the
 * oldest; NULL: there is none, or its name is not known.
 */
const healthcode_data_source_t *healthcode_data_oldest(
    const healthcode_data_t *data, int64_t now);

#endif
