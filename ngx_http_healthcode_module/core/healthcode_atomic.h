/*
 * One word of memory that several processes read and write without a lock.  The
 * caller says what it means.  Knows no: nginx, process, memory.  docs/cache.md.
 */

#ifndef HEALTHCODE_ATOMIC_H
#define HEALTHCODE_ATOMIC_H

#include <stdbool.h>
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


/*
 * Adds n, which nobody's addition at the same time can undo.  Says nothing of
 * what else was written.
 */
static inline void
healthcode_atomic_add(uint64_t *word, uint64_t n)
{
    healthcode_atomic_step();

    (void) __atomic_fetch_add(word, n, __ATOMIC_RELAXED);
}


/*
 * Stores value if the word is *expected.  False: it is not, and *expected is
 * what it is.
 */
static inline bool
healthcode_atomic_replace(uint64_t *word, uint64_t *expected, uint64_t value)
{
    healthcode_atomic_step();

    return __atomic_compare_exchange_n(word, expected, value, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

#endif
