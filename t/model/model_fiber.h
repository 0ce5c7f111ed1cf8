/*
 * Coroutines: a worker of the model runs on a stack of its own, and gives way
 * in the middle of anything.  Knows no worker.
 * CONTRIBUTING.md, "The model".
 */

#ifndef MODEL_FIBER_H
#define MODEL_FIBER_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <ucontext.h>


#define MODEL_FIBER_STACK  (128 * 1024)


typedef void (*model_fiber_pt)(void *data);

typedef struct {
    ucontext_t       start;
    jmp_buf          here;
    bool             begun;
    model_fiber_pt   run;     /* does not return */
    void            *data;
    char             stack[MODEL_FIBER_STACK] __attribute__((aligned(64)));
} model_fiber_t;


/* Forgets what fiber was doing, wherever it stands; it will begin with run. */
void model_fiber_reset(model_fiber_t *fiber, model_fiber_pt run, void *data);

/* Runs fiber until it yields. */
void model_fiber_resume(model_fiber_t *fiber);

/* Called in fiber: goes back to who resumed it. */
void model_fiber_yield(model_fiber_t *fiber);

#endif
