/*
 * Fuzzes all stages at once: the bytes of one request, or of several, to the
 * verdict, with real signatures.  Nothing passes but codes that were signed,
 * and each of those is judged as it was meant.  docs/request-path.md.
 */

#include "fuzz.h"
#include "codes.h"
#include "gate.h"
#include "mutate.h"
#include "mutate_code.h"


#define REQUESTS_MAX  8


/* By another hand: the bytes that were signed, and OpenSSL by itself. */
static void
check(healthcode_verdict_t verdict, healthcode_str_t code)
{
    const code_t  *known = code.len ? codes_find(code) : NULL;

    fuzz_must(verdict.allow == (verdict.reason == HEALTHCODE_REASON_OK));
    fuzz_must(!verdict.allow || known != NULL);
    fuzz_must(known == NULL || verdict.reason == known->reason);
}


static void
judge(healthcode_str_t rest)
{
    healthcode_str_t      code;
    healthcode_verdict_t  verdict;

    gate_open();

    for (int n = 0; rest.len && n < REQUESTS_MAX; n++) {
        verdict = gate_judge(&rest, &code);
        check(verdict, code);
    }
}


/* In each place, and once more when it is known, a code is what it is. */
static void
prove(void)
{
    char              text[2 * CODES_MAX];
    size_t            len, n;
    const code_t     *all = codes(&n), *one;
    healthcode_str_t  rest, code;

    for (size_t i = 0; i < n * MUTATE_CODE_PLACES; i++) {
        one = &all[i / MUTATE_CODE_PLACES];
        len = mutate_code_request(i % MUTATE_CODE_PLACES, one->text, text,
                                  sizeof(text));
        gate_open();

        for (int again = 0; again < 2; again++) {
            rest = healthcode_str_from(text, len);
            fuzz_must(gate_judge(&rest, &code).reason == one->reason);
            fuzz_must(rest.len == 0 && codes_find(code) == one);
        }
    }
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return mutate_code(data, size, max, seed);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool  proven;

    if (!proven) {
        proven = true;
        prove();
    }

    if (size <= GATE_MAX) {
        judge(healthcode_str_from(data, size));
    }

    return 0;
}
