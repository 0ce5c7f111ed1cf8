/*
 * One word of memory that several processes read and write without a lock.
 * Knows not what it means.  docs/request-path.md, "The cache".
 */

#ifndef HEALTHCODE_ATOMIC_H
#define HEALTHCODE_ATOMIC_H

#include <stdint.h>


/*
 * t/model compiles the files that use this with a step of its own, at which
 * another worker may run, stop or be killed.
 */
#ifdef HEALTHCODE_ATOMIC_STEP
void HEALTHCODE_ATOMIC_STEP(void);
#define healthcode_atomic_step()  HEALTHCODE_ATOMIC_STEP()
#else
#define healthcode_atomic_step()  (void) 0
#endif


/* What is read or written later in the program is read or written later. */
static inline uint64_t
healthcode_atomic_load(const uint64_t *word)
{
    healthcode_atomic_step();

    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}


/* What was written earlier is seen by whoever sees this. */
static inline void
healthcode_atomic_store(uint64_t *word, uint64_t value)
{
    healthcode_atomic_step();

    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

#endif
