/*
 * A key -> its slot in a Redis Cluster; and which slots the keys of a store lie
 * in, which have one of 258 hash tags.
 * Knows no: nginx, socket, clock, hiredis, memory.
 * docs/operations.md, "Cluster"; the Redis Cluster specification, "Key
 * distribution model".
 */

#include "healthcode_slot.h"


#define HEALTHCODE_SLOT_POLYNOMIAL  0x1021


static healthcode_str_t healthcode_slot_braces(healthcode_str_t key);


/* What healthcode_slot_key() says of each tag. */
static const uint16_t  healthcode_slot_slots[HEALTHCODE_SLOT_TAGS] = {
    13254,  9191,  4996,   933, 13122,  9059,  4864,   801, 13006,  8943, 14610,
     2417,  6480, 10679, 14742,  2549,   247,  4310,  8373, 12436,   115,  4178,
     8241, 12304,   511,  4574,  2595, 14912, 10849,  6790,  2727, 15044,  5540,
     1413, 13798,  9671,  5408,  1281, 13666,  9539,  5292,  1165,  8048, 12051,
    16178,  4053,  8180, 12183,  9877, 14004,  1751,  5878,  9745, 13872,  1619,
     5746, 10141, 14268, 11329,  7202,  3075, 15588, 11461,  7334, 16130, 12067,
     8000,  3937, 16262, 12199,  8132,  4069, 15882, 11819, 13782,  1461,  5524,
     9587, 13650,  1329,  3123,  7186, 11377, 15440,  3255,  7318, 11509, 15572,
     3387,  7450,  1767, 13956,  9893,  5698,  1635, 13824,  6496,  2369, 14626,
    10499,  6628,  2501, 14758, 10631,  6248,  2121,  5044,  9175, 13302,   785,
     4912,  9043, 10833, 14960,  2579,  6706, 10965, 15092,  2711,  6838, 11097,
    15224,  8325,  4326,   199, 12320,  8193,  4194, 14959, 10830,  6701,  2572,
    15083, 10954,  6825,  2696, 15207, 11078, 12475,   216,  4345,  8222, 12351,
       92,  2398,  6527, 10524, 14653,  2522,  6651, 10648, 14777,  2134,  6263,
      906, 13289,  9160,  4911,   782, 13165,  3656,  7785, 11786, 15915,  3788,
     7917, 11918, 16047,  3904,  8033,  1180, 13567,  9438,  5177,  1048, 13435,
     6939,  2874, 15193, 11128,  7071,  3006, 15325, 11260,  6675,  2610,  4559,
     8620, 12685,   362,  4427,  8488, 10282, 14347,  2152,  6217, 10414, 14479,
     2284,  6349, 10530, 14595,  8958,  4765,   700, 12891,  8826,  4633, 12733,
     8604,  4607,   478, 12601,  8472,  4475,   346, 12469,  8340, 15209,  2826,
     6955, 11212, 15341,  2958,   652,  4781,  8910, 13039,   520,  4649,  8778,
    12907,   900,  5029,  2136, 14395, 10266,  6397,  2268, 14527,  6111,  2046,
    14237, 10172,  5979,  1914, 14105, 10040,  5847,  1782,  7435, 11624, 15689,
     3502,  7567, 11756,  7893,  7365,
};

/* The tags, in the order of their slots. */
static const uint16_t  healthcode_slot_order[HEALTHCODE_SLOT_TAGS] = {
    143,  20, 124, 139,  16, 215, 189, 211,  24, 228, 224, 204, 158, 109,   7,
    232, 154,   3, 174,  41, 170,  37,  79,  33,  75,  54,  94,  50,  90, 249,
    245, 241, 105, 152, 234, 194, 238, 198,  97, 144,  11, 101, 148,  15, 131,
    114,  26, 185, 135, 118,  30, 219, 177, 223, 181,  60,  80,  84,  88, 253,
    160, 164, 168,  67,  45,  71,  21, 127,  17, 123, 140, 190, 214, 186,  25,
    210, 207, 229, 203, 225,   6, 157, 110,   2, 233, 106, 173,  40,  36,  76,
     32,  93,  55, 248,  51, 244, 240, 195, 104, 153, 199, 237,  12,  96, 145,
    100, 149, 184, 130, 115,  29, 134, 119, 176, 220, 180,  81,  59,  85,  63,
    257, 250,  89, 254, 161, 256, 165,  66, 169,  42,  70,  46, 126, 141,  22,
    122, 217,  18, 213, 191, 209, 187, 230, 206, 226,   9, 202, 111,   5, 156,
    107,   1, 172,  39,  77,  35,  52,  48,  92, 247,  56, 243, 236, 192, 196,
     99, 146, 200, 103, 150,  13, 129, 112,  28, 133, 116, 137, 120, 179, 221,
    183,  58,  82,  62,  86, 251, 255, 162,  73, 166,  43,  65,  47,  69,  23,
    125, 142,  19, 216, 138, 212, 188, 208, 205, 231,   8, 227,   4, 159,   0,
    155, 108, 175, 171,  78,  38,  74,  34,  95,  53,  91,  49, 246, 242,  57,
    193, 235, 197, 239, 201,  10,  98, 147,  14, 102, 151,  27, 128, 113,  31,
    132, 117, 178, 136, 218, 121, 182, 222,  83,  87,  61, 252,  72, 163, 167,
     64,  44,  68,
};


uint16_t
healthcode_slot_crc(healthcode_str_t bytes)
{
    unsigned  crc = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (unsigned) bytes.data[i] << 8;

        for (unsigned bit = 0; bit < 8; bit++) {
            crc = (crc & 0x8000)
                  ? (crc << 1 ^ HEALTHCODE_SLOT_POLYNOMIAL) & 0xffff
                  : crc << 1;
        }
    }

    return (uint16_t) crc;
}


uint16_t
healthcode_slot_key(healthcode_str_t key)
{
    healthcode_str_t  tag = healthcode_slot_braces(key);

    return healthcode_slot_crc(tag.len ? tag : key) % HEALTHCODE_SLOT_MAX;
}


/* What is between the first "{" and the next "}"; empty if nothing is. */
static healthcode_str_t
healthcode_slot_braces(healthcode_str_t key)
{
    size_t          len;
    const uint8_t  *open, *close;

    open = key.len ? memchr(key.data, '{', key.len) : NULL;
    if (open == NULL) {
        return healthcode_str("");
    }

    open++;
    len = key.len - (size_t) (open - key.data);
    close = len ? memchr(open, '}', len) : NULL;

    return close ? healthcode_str_from(open, (size_t) (close - open))
                 : healthcode_str("");
}


uint16_t
healthcode_slot_tag(size_t tag)
{
    return healthcode_slot_slots[tag];
}


size_t
healthcode_slot_find(uint64_t slot)
{
    size_t  i = healthcode_slot_below(slot);

    return (i < HEALTHCODE_SLOT_TAGS
            && healthcode_slot_slots[healthcode_slot_order[i]] == slot)
           ? healthcode_slot_order[i] : HEALTHCODE_SLOT_TAGS;
}


size_t
healthcode_slot_below(uint64_t slot)
{
    size_t  middle, from = 0, to = HEALTHCODE_SLOT_TAGS;

    while (from < to) {
        middle = (from + to) / 2;

        if (healthcode_slot_slots[healthcode_slot_order[middle]] < slot) {
            from = middle + 1;

        } else {
            to = middle;
        }
    }

    return from;
}


size_t
healthcode_slot_ordered(size_t i)
{
    return healthcode_slot_order[i];
}


size_t
healthcode_slot_of(healthcode_str_t key)
{
    char              name[HEALTHCODE_SLOT_NAME];
    size_t            tag;
    healthcode_str_t  braces = healthcode_slot_braces(key);

    if (braces.len == 0 || braces.len >= HEALTHCODE_SLOT_NAME) {
        return HEALTHCODE_SLOT_TAGS;
    }

    tag = healthcode_slot_find(healthcode_slot_key(key));

    if (tag == HEALTHCODE_SLOT_TAGS) {
        return HEALTHCODE_SLOT_TAGS;
    }

    (void) healthcode_slot_name(tag, name);

    return braces.len == strlen(name)
           && memcmp(braces.data, name, braces.len) == 0
           ? tag : HEALTHCODE_SLOT_TAGS;
}


const char *
healthcode_slot_name(size_t tag, char name[HEALTHCODE_SLOT_NAME])
{
    static const char  digits[] = "0123456789abcdef";

    memset(name, 0, HEALTHCODE_SLOT_NAME);

    if (tag >= HEALTHCODE_SLOT_REGIONS) {
        name[0] = (tag == HEALTHCODE_SLOT_REGIONS) ? 'r' : 'c';

    } else {
        name[0] = digits[tag >> 4 & 15];
        name[1] = digits[tag & 15];
    }

    return name;
}
