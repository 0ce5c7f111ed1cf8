/*
 * Memory of a worker of a cluster, which is gone with it wherever it was
 * killed: the linker puts these in place of malloc() and others (--wrap).
 * Knows no worker but whose memory it is.  CONTRIBUTING.md, "The model".
 */

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../../ngx_http_healthcode_module/core/healthcode_list.h"

#include "model.h"


typedef struct {
    healthcode_list_t  link;        /* that is all zero: nobody's */
    max_align_t        data[];
} model_memory_t;


void *__real_malloc(size_t size);
void *__real_realloc(void *data, size_t size);
void __real_free(void *data);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *data, size_t size);
void __wrap_free(void *data);


static healthcode_list_t  model_memory[MODEL_WORKERS];


static void
model_memory_own(model_memory_t *memory)
{
    healthcode_list_t  *list;

    memset(&memory->link, 0, sizeof(healthcode_list_t));

    if (model.current && model.terms.nodes) {

        list = &model_memory[model.current->number];

        if (list->next == NULL) {
            healthcode_list_init(list);
        }

        healthcode_list_insert(list, &memory->link);
    }
}


static void
model_memory_leave(model_memory_t *memory)
{
    if (memory->link.next) {
        healthcode_list_remove(&memory->link);
    }
}


static model_memory_t *
model_memory_of(void *data)
{
    return healthcode_list_entry(data, model_memory_t, data);
}


void
model_memory_free(unsigned worker)
{
    healthcode_list_t  *link, *list = &model_memory[worker];

    while (list->next && !healthcode_list_is_empty(list)) {
        link = list->next;
        healthcode_list_remove(link);
        __real_free(healthcode_list_entry(link, model_memory_t, link));
    }
}


void *
__wrap_malloc(size_t size)
{
    model_memory_t  *memory = __real_malloc(sizeof(model_memory_t) + size);

    if (memory == NULL) {
        return NULL;
    }

    model_memory_own(memory);

    return memory->data;
}


void *
__wrap_calloc(size_t n, size_t size)
{
    void  *data = __wrap_malloc(n * size);

    return data ? memset(data, 0, n * size) : NULL;
}


void *
__wrap_realloc(void *data, size_t size)
{
    model_memory_t  *memory;

    if (data == NULL) {
        return __wrap_malloc(size);
    }

    memory = model_memory_of(data);
    model_memory_leave(memory);
    memory = __real_realloc(memory, sizeof(model_memory_t) + size);

    if (memory == NULL) {
        return NULL;
    }

    model_memory_own(memory);

    return memory->data;
}


void
__wrap_free(void *data)
{
    if (data) {
        model_memory_leave(model_memory_of(data));
        __real_free(model_memory_of(data));
    }
}
