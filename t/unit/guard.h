/*
 * Bytes that end where an unreadable page begins, so that touching one byte
 * past the end faults.  For tests and fuzz targets alone; knows no parser.
 * docs/request-path.md, "Tests".
 */

#ifndef HEALTHCODE_GUARD_H
#define HEALTHCODE_GUARD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../ngx_http_healthcode_module/core/healthcode_str.h"


#define GUARD_ROOM   (1024 * 1024)
#define GUARD_SLOTS  4


/*
 * The last len bytes before the wall of a slot, writable, filled with 0xa5.
 * A slot holds one thing at a time; what was there before is gone.
 */
static inline uint8_t *
guard_room(unsigned slot, size_t len)
{
    static uint8_t  *rooms[GUARD_SLOTS];
    uint8_t         *room;

    if (slot >= GUARD_SLOTS || len > GUARD_ROOM) {
        abort();
    }

    if (rooms[slot] == NULL) {
        room = mmap(NULL, GUARD_ROOM + 65536, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (room == MAP_FAILED
            || mprotect(room + GUARD_ROOM, 65536, PROT_NONE) != 0)
        {
            abort();
        }

        rooms[slot] = room;
    }

    room = rooms[slot] + GUARD_ROOM - len;

    if (len) {
        memset(room, 0xa5, len);
    }

    return room;
}


/* A view of a copy of data that ends at the wall. */
static inline healthcode_str_t
guard(unsigned slot, const void *data, size_t len)
{
    uint8_t  *room = guard_room(slot, len);

    if (len) {
        memcpy(room, data, len);
    }

    return healthcode_str_from(room, len);
}


static inline healthcode_str_t
guard_text(unsigned slot, const char *text)
{
    return guard(slot, text, strlen(text));
}

#endif
