/*
 * Requests with codes, and mutations of them: codes in other places, made of
 * parts of two, with other members, with wrong signatures.
 * CONTRIBUTING.md, "Fuzzing".
 */

#ifndef HEALTHCODE_FUZZ_MUTATE_CODE_H
#define HEALTHCODE_FUZZ_MUTATE_CODE_H

#include <stddef.h>
#include <stdint.h>


/* How many places of a request there are for a code. */
#define MUTATE_CODE_PLACES  6


/*
 * Writes a request that shows code at place into text, of size bytes, with a
 * NUL; returns its length.
 */
size_t mutate_code_request(size_t place, const char *code, char *text,
    size_t size);

/* Mutates such requests; returns the new size, at most max. */
size_t mutate_code(uint8_t *data, size_t size, size_t max, unsigned seed);

#endif
