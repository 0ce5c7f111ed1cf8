/*
 * A key -> its slot in a Redis Cluster; and which slots the keys of a store lie
 * in, which have one of 258 hash tags.
 * Knows no: nginx, socket, clock, hiredis, memory.
 * docs/operations.md, "Cluster"; the Redis Cluster specification, "Key
 * distribution model".
 */

#ifndef HEALTHCODE_SLOT_H
#define HEALTHCODE_SLOT_H

#include "../core/healthcode_str.h"


#define HEALTHCODE_SLOT_MAX  16384

/* Tags: {00} to {ff} are 0 to 255, by the first byte of a holder. */
#define HEALTHCODE_SLOT_REGIONS   256   /* {r} */
#define HEALTHCODE_SLOT_CONTROLS  257   /* {c} */
#define HEALTHCODE_SLOT_TAGS      258

/* Bytes of the name of a tag, without braces, with a NUL. */
#define HEALTHCODE_SLOT_NAME      3


/* CRC-16/XMODEM. */
uint16_t healthcode_slot_crc(healthcode_str_t bytes);

/*
 * The slot of a key: of what is between its first "{" and the next "}", or of
 * all of it where that is nothing.
 */
uint16_t healthcode_slot_key(healthcode_str_t key);

/* The slot of a tag, which is below _TAGS; no two have the same one. */
uint16_t healthcode_slot_tag(size_t tag);

/* The tag whose slot this is; _TAGS: no key of a store lies there. */
size_t healthcode_slot_find(uint64_t slot);

/*
 * The number of tags whose slots are below slot: in the order of their slots
 * number i is healthcode_slot_ordered(i).
 */
size_t healthcode_slot_below(uint64_t slot);
size_t healthcode_slot_ordered(size_t i);

/*
 * The tag of a key: what is in its braces, if that is one of ours; _TAGS: it
 * has another one, or none.
 */
size_t healthcode_slot_of(healthcode_str_t key);

/* "7f", "r" or "c" into name, and returns it. */
const char *healthcode_slot_name(size_t tag, char name[HEALTHCODE_SLOT_NAME]);

#endif
