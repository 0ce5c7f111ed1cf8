/*
 * Which known name somebody may have meant who wrote another one.  Knows
 * no: nginx, configuration.  docs/directives.md.
 */

#include "healthcode_spelling.h"


static bool healthcode_spelling_is_same(uint8_t a, uint8_t b);
static size_t healthcode_spelling_least(size_t a, size_t b);


/* The table of Damerau and Levenshtein, of which three rows are enough. */
size_t
healthcode_spelling_distance(healthcode_str_t a, healthcode_str_t b)
{
    size_t   rows[3][HEALTHCODE_SPELLING_MAX + 1];
    size_t  *row, *last, *before;

    if (a.len > HEALTHCODE_SPELLING_MAX || b.len > HEALTHCODE_SPELLING_MAX) {
        return SIZE_MAX;
    }

    for (size_t n = 0; n <= b.len; n++) {
        rows[0][n] = n;
    }

    for (size_t i = 1; i <= a.len; i++) {

        row = rows[i % 3];
        last = rows[(i + 2) % 3];
        before = rows[(i + 1) % 3];

        row[0] = i;

        for (size_t n = 1; n <= b.len; n++) {

            row[n] = last[n - 1]
                     + !healthcode_spelling_is_same(a.data[i - 1],
                                                    b.data[n - 1]);
            row[n] = healthcode_spelling_least(row[n], last[n] + 1);
            row[n] = healthcode_spelling_least(row[n], row[n - 1] + 1);

            if (i > 1 && n > 1
                && healthcode_spelling_is_same(a.data[i - 1], b.data[n - 2])
                && healthcode_spelling_is_same(a.data[i - 2], b.data[n - 1]))
            {
                row[n] = healthcode_spelling_least(row[n], before[n - 2] + 1);
            }
        }
    }

    return rows[a.len % 3][b.len];
}


static bool
healthcode_spelling_is_same(uint8_t a, uint8_t b)
{
    return healthcode_str_equal_nocase(healthcode_str_from(&a, 1),
                                       healthcode_str_from(&b, 1));
}


static size_t
healthcode_spelling_least(size_t a, size_t b)
{
    return (a < b) ? a : b;
}


bool
healthcode_spelling_is_nearer(healthcode_str_t word, healthcode_str_t name,
    size_t *best)
{
    size_t  distance = healthcode_spelling_distance(word, name);

    if (distance >= *best || distance >= word.len
        || (distance > 1 && distance > word.len / 3))
    {
        return false;
    }

    *best = distance;

    return true;
}
