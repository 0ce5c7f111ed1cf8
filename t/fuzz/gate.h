/*
 * A gate without nginx: the bytes of a request -> a verdict, by the core as
 * the glue uses it.  For a fuzz target: two issuers, fixed keys, a fixed clock,
 * flags on one holder and one region.  CONTRIBUTING.md, "Fuzzing".
 */

#ifndef HEALTHCODE_FUZZ_GATE_H
#define HEALTHCODE_FUZZ_GATE_H

#include "../../ngx_http_healthcode_module/core/healthcode_verdict.h"


/* A longer request is not judged. */
#define GATE_MAX  16384


/*
 * Makes the keys, sets the clock to CODES_NOW, and forgets which codes were
 * verified before.
 */
void gate_open(void);

/* Withdraws north's first key, or brings it back. */
void gate_change_keys(void);

/* From now on it is CODES_LATER. */
void gate_wait(void);

/*
 * Takes a request, up to its empty line, off the front of *rest and judges it;
 * *code views the code that counted, until the next call, if the sources
 * carried one.  A code that was verified by an earlier request is found again.
 */
healthcode_verdict_t gate_judge(healthcode_str_t *rest,
    healthcode_str_t *code);

#endif
