/*
 * Coroutines: a worker of the model runs on a stack of its own, and gives way
 * in the middle of anything.  Knows no worker.
 * CONTRIBUTING.md, "The model".
 */

#include "model_fiber.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define model_fiber_leaves(fake, stack, size)                                 \
    __sanitizer_start_switch_fiber(fake, stack, size)
#define model_fiber_arrives(fake)                                             \
    __sanitizer_finish_switch_fiber(fake, &model_fiber_stack,                 \
                                    &model_fiber_size)
static const void  *model_fiber_stack;
static size_t       model_fiber_size;
#else
#define model_fiber_leaves(fake, stack, size)  (void) 0
#define model_fiber_arrives(fake)              (void) 0
#endif


static void model_fiber_begin(void);


static jmp_buf         model_fiber_main;
static model_fiber_t  *model_fiber_next;


void
model_fiber_reset(model_fiber_t *fiber, model_fiber_pt run, void *data)
{
    fiber->begun = false;
    fiber->run = run;
    fiber->data = data;
}


/* A context is only to begin on: it would call the kernel for each switch. */
void
model_fiber_resume(model_fiber_t *fiber)
{
    if (_setjmp(model_fiber_main) == 0) {
        model_fiber_leaves(NULL, fiber->stack, sizeof(fiber->stack));

        if (fiber->begun) {
            _longjmp(fiber->here, 1);
        }

        fiber->begun = true;
        model_fiber_next = fiber;

        getcontext(&fiber->start);
        fiber->start.uc_stack.ss_sp = fiber->stack;
        fiber->start.uc_stack.ss_size = sizeof(fiber->stack);
        fiber->start.uc_link = NULL;
        makecontext(&fiber->start, model_fiber_begin, 0);
        setcontext(&fiber->start);
    }

    model_fiber_arrives(NULL);
}


void
model_fiber_yield(model_fiber_t *fiber)
{
    if (_setjmp(fiber->here) == 0) {
        model_fiber_leaves(NULL, model_fiber_stack, model_fiber_size);
        _longjmp(model_fiber_main, 1);
    }

    model_fiber_arrives(NULL);
}


static void
model_fiber_begin(void)
{
    model_fiber_t  *fiber = model_fiber_next;

    model_fiber_arrives(NULL);
    fiber->run(fiber->data);
}
