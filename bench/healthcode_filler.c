/*
 * Keeps a processor busy whenever nothing else wants it (SCHED_IDLE), so that
 * what runs on its neighbour always has the same neighbour: where both are
 * threads of one core, or share a clock, an idle one makes the other faster,
 * and a row that leaves it idle would look cheap.  Knows nothing else.
 * docs/benchmarks.md, "How it is measured".
 */

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>


#define FILLER_BYTES  16384


/* Loads, stores and sums, as a server mixes them; the sum keeps them alive. */
static uint64_t
filler_work(uint64_t sum)
{
    static uint64_t  from[FILLER_BYTES / 8], to[FILLER_BYTES / 8];

    for (size_t i = 0; i < FILLER_BYTES / 8; i++) {
        sum = (sum ^ from[i]) * UINT64_C(0x100000001b3);
        from[(sum >> 20) % (FILLER_BYTES / 8)] = sum;
    }

    memcpy(to, from, sizeof(to));

    return sum ^ to[sum % (FILLER_BYTES / 8)];
}


int
main(void)
{
    pid_t               parent = getppid();
    uint64_t            sum = 1;
    struct sched_param  none = { .sched_priority = 0 };

    if (sched_setscheduler(0, SCHED_IDLE, &none) != 0
        || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
    {
        perror("healthcode_filler");
        return 1;
    }

    while (getppid() == parent && sum != 0) {
        for (int i = 0; i < 1000; i++) {
            sum = filler_work(sum);
        }
    }

    return 0;
}
