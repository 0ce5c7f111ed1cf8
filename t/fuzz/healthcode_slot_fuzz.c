/*
 * Fuzzes healthcode_slot.c: any bytes as a key.  Its slot is that of another
 * way of reckoning, and what is called one of ours stands in its braces.
 * docs/operations.md, "Cluster".
 */

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_slot.h"


/* By long division of all bits, with 16 zeros behind them. */
static unsigned
division(const uint8_t *data, size_t len)
{
    unsigned  bit, rest = 0;

    for (size_t i = 0; i < 8 * (len + 2); i++) {
        bit = (i / 8 < len) ? (unsigned) data[i / 8] >> (7 - i % 8) & 1 : 0;
        rest = rest << 1 | bit;
        rest = (rest & 0x10000) ? (rest ^ 0x11021) & 0xffff : rest;
    }

    return rest;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char               name[HEALTHCODE_SLOT_NAME], braces[8];
    size_t             open, end, tag;
    healthcode_str_t   key = guard(0, data, size);

    for (open = 0; open < size && data[open] != '{'; open++) { /* void */ }
    for (end = open; end < size && data[end] != '}'; end++) { /* void */ }

    if (end == size || end == open + 1) {
        open = SIZE_MAX;        /* "open + 1" is where all of it begins */
        end = size;
    }

    fuzz_must(healthcode_slot_crc(key) == division(data, size));
    fuzz_must(healthcode_slot_key(key)
              == division(data + (open + 1), end - (open + 1)) % 16384);

    tag = healthcode_slot_of(key);

    if (tag < HEALTHCODE_SLOT_TAGS) {
        snprintf(braces, sizeof(braces), "{%s}",
                 healthcode_slot_name(tag, name));
        fuzz_must(open != SIZE_MAX && end - open + 1 == strlen(braces)
                  && memcmp(data + open, braces, strlen(braces)) == 0);
        fuzz_must(healthcode_slot_tag(tag) == healthcode_slot_key(key));
    }

    return 0;
}
