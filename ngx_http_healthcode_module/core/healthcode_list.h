/*
 * A list that runs through the structures it holds: each has a link of its own,
 * so that nothing is allocated.  Knows no: nginx, memory.  docs/connection.md.
 */

#ifndef HEALTHCODE_LIST_H
#define HEALTHCODE_LIST_H

#include <stdbool.h>
#include <stddef.h>


/* A link, or the head of a list, which is then a link between its ends. */
typedef struct healthcode_list_s {
    struct healthcode_list_s  *prev;
    struct healthcode_list_s  *next;
} healthcode_list_t;


/* The structure of this type whose member link is. */
#define healthcode_list_entry(link, type, member)                             \
    ((type *) (void *) ((char *) (link) - offsetof(type, member)))


static inline void
healthcode_list_init(healthcode_list_t *list)
{
    list->prev = list;
    list->next = list;
}


static inline bool
healthcode_list_is_empty(const healthcode_list_t *list)
{
    return list->next == list;
}


/* Puts link, which is in no list, behind after: a head, or a link of a list. */
static inline void
healthcode_list_insert(healthcode_list_t *after, healthcode_list_t *link)
{
    link->prev = after;
    link->next = after->next;
    after->next->prev = link;
    after->next = link;
}


static inline void
healthcode_list_append(healthcode_list_t *list, healthcode_list_t *link)
{
    healthcode_list_insert(list->prev, link);
}


static inline void
healthcode_list_remove(healthcode_list_t *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
}


/* Moves all that is in from to the end of list; from is empty then. */
static inline void
healthcode_list_move(healthcode_list_t *list, healthcode_list_t *from)
{
    if (healthcode_list_is_empty(from)) {
        return;
    }

    from->next->prev = list->prev;
    list->prev->next = from->next;
    from->prev->next = list;
    list->prev = from->prev;

    healthcode_list_init(from);
}

#endif
