/*
 * Numbers that look random and come again for the same seed (xoshiro256**,
 * seeded by splitmix64, both in the public domain).
 * Knows no episode.  CONTRIBUTING.md, "The model".
 */

#ifndef MODEL_RANDOM_H
#define MODEL_RANDOM_H

#include <stdint.h>


typedef struct {
    uint64_t  s[4];
} model_random_t;


static inline void
model_random_seed(model_random_t *random, uint64_t seed)
{
    uint64_t  z;

    for (int i = 0; i < 4; i++) {
        z = (seed += UINT64_C(0x9e3779b97f4a7c15));
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        random->s[i] = z ^ (z >> 31);
    }
}


static inline uint64_t
model_random_rotate(uint64_t x, int n)
{
    return (x << n) | (x >> (64 - n));
}


static inline uint64_t
model_random_next(model_random_t *random)
{
    uint64_t  *s = random->s;
    uint64_t   result = model_random_rotate(s[1] * 5, 7) * 9;
    uint64_t   t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = model_random_rotate(s[3], 45);

    return result;
}


static inline unsigned
model_random_below(model_random_t *random, unsigned n)
{
    return (unsigned) (((model_random_next(random) >> 32) * n) >> 32);
}

#endif
