/*
 * Fuzzes all stages at once: the bytes of one request, or of several, to the
 * verdict, with real signatures.  Nothing passes but codes that were signed,
 * and each of those is judged as it was meant; a line "keys" or "later" before
 * a request changes keys or time.  docs/request-path.md.
 */

#include "fuzz.h"
#include "codes.h"
#include "gate.h"
#include "mutate.h"
#include "mutate_code.h"


#define REQUESTS_MAX  8


/* What becomes of the world between two requests. */
typedef struct {
    bool  withdrawn;    /* north's first key */
    bool  later;        /* all codes have expired */
} world_t;


static healthcode_reason_e
expect(const code_t *known, world_t world)
{
    healthcode_reason_e  reason;

    reason = world.withdrawn ? known->withdrawn : known->reason;

    return (world.later && reason != HEALTHCODE_REASON_TYPE
            && reason != HEALTHCODE_REASON_KEY
            && reason != HEALTHCODE_REASON_SIGNATURE)
           ? HEALTHCODE_REASON_EXPIRED : reason;
}


/* By another hand: the bytes that were signed, and OpenSSL by itself. */
static void
check(healthcode_verdict_t verdict, healthcode_str_t code, world_t world)
{
    const code_t  *known = code.len ? codes_find(code) : NULL;

    fuzz_must(verdict.allow == (verdict.reason == HEALTHCODE_REASON_OK));
    fuzz_must(!verdict.allow || known != NULL);
    fuzz_must(known == NULL || verdict.reason == expect(known, world));
}


/* Takes the lines before a request that change the world. */
static healthcode_str_t
change(healthcode_str_t rest, world_t *world)
{
    size_t             size = rest.len;
    const uint8_t     *data = rest.data;
    healthcode_str_t   line;

    for ( ;; ) {
        line = fuzz_line(&data, &size);

        if (healthcode_str_equal(line, healthcode_str("keys"))) {
            gate_change_keys();
            world->withdrawn = !world->withdrawn;

        } else if (healthcode_str_equal(line, healthcode_str("later"))) {
            gate_wait();
            world->later = true;

        } else {
            return rest;
        }

        rest = healthcode_str_from(data, size);
    }
}


static void
judge(healthcode_str_t rest)
{
    world_t               world = { false, false };
    healthcode_str_t      code;
    healthcode_verdict_t  verdict;

    gate_open();

    for (int n = 0; rest.len && n < REQUESTS_MAX; n++) {
        rest = change(rest, &world);
        verdict = gate_judge(&rest, &code);
        check(verdict, code, world);
    }
}


/* In each place, and once more when it is known, and when a key has gone. */
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

        for (int times = 0; times < 3; times++) {

            if (times == 2) {
                gate_change_keys();
            }

            rest = healthcode_str_from(text, len);
            fuzz_must(gate_judge(&rest, &code).reason
                      == (times == 2 ? one->withdrawn : one->reason));
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
