/*
 * Mutates replies of Redis by their elements: another type, a word that the
 * readers know, one more or one fewer, a count that is not that of what
 * follows.  Knows no target, and reads what is broken as far as it goes.
 * CONTRIBUTING.md, "Fuzzing".
 */

#include <stdio.h>
#include <stdlib.h>

#include "mutate.h"


#define ELEMENTS_MAX  512
#define NO_PARENT     SIZE_MAX
#define COUNT(a)      (sizeof(a) / sizeof((a)[0]))


/* An element: a line, and what belongs to it. */
typedef struct {
    size_t  start, end;
    size_t  line_end;      /* behind the line break */
    size_t  parent;        /* whose child it is, or NO_PARENT */
    size_t  left;          /* children still to come, while it is read */
} element_t;


/* The strings of the units that read replies. */
static const char *const  words[] = {
#include "words_resp.h"
};

static const char *const  scalars[] = {
    "$-1\r\n", "*-1\r\n", "_\r\n", "$0\r\n\r\n", "*0\r\n", "%0\r\n", "~0\r\n",
    ">0\r\n", "+OK\r\n", "+\r\n", "-ERR a\r\n", "-\r\n", ":0\r\n", ":1\r\n",
    ":-1\r\n", ":9223372036854775807\r\n", "#t\r\n", "#f\r\n", ",1.5\r\n",
    ",inf\r\n", "(12345678901234567890\r\n", "=6\r\ntxt:ab\r\n", "!1\r\na\r\n",
    "$1\r\n0\r\n", "$1\r\n1\r\n", "$10\r\n4102444800\r\n",
    "$8\r\nhigh abc\r\n", "$6\r\nlow 12\r\n", "$3\r\na\0b\r\n", "$9\r\n",
    "*3\r\n", "|1\r\n+a\r\n+b\r\n", ":1x\r\n", "?\r\n",
};

static const char  aggregates[] = "*%~>|";
static const char  lines[] = "+-:#,(_";
static const char  bulks[] = "$=!";


static size_t
line_end(const mutate_t *m, size_t at)
{
    const uint8_t  *end = memchr(m->data + at, '\n', m->size - at);

    return end ? (size_t) (end - m->data) + 1 : m->size;
}


/* The number in a line; 0 if there is none, or it makes no sense. */
static size_t
number(const mutate_t *m, size_t at, size_t end)
{
    size_t  n = 0;

    while (++at < end && m->data[at] >= '0' && m->data[at] <= '9' && n < 65536)
    {
        n = 10 * n + (size_t) (m->data[at] - '0');
    }

    return n;
}


static bool
is_of(const char *types, uint8_t type)
{
    return type && strchr(types, type) != NULL;
}


/* Finds the elements from skip on, in the order in which they begin. */
static size_t
scan(const mutate_t *m, size_t skip, element_t *elements)
{
    size_t      n = 0, open = NO_PARENT, more;
    uint8_t     type;
    element_t  *e;

    for (size_t at = skip; at < m->size && n < ELEMENTS_MAX; ) {
        type = m->data[at];
        e = &elements[n];
        *e = (element_t) { at, m->size, line_end(m, at), open, 0 };
        more = number(m, at, e->line_end);
        at = e->line_end;

        if (open != NO_PARENT) {
            elements[open].left--;
        }

        if (is_of(aggregates, type) && more) {
            e->left = more * (type == '%' || type == '|' ? 2 : 1);
            open = n++;
            continue;
        }

        if (is_of(bulks, type)) {
            at = (m->size - at > more + 2) ? at + more + 2 : m->size;
        }

        e->end = at;
        n++;

        while (open != NO_PARENT && elements[open].left == 0) {
            elements[open].end = at;
            open = elements[open].parent;
        }
    }

    return n;
}


static void
make_bulk(mutate_made_t *made, const void *bytes, size_t len, char type)
{
    char  line[32];

    snprintf(line, sizeof(line), "%c%zu\r\n", type, len);
    mutate_make_text(made, line);
    mutate_make(made, bytes, len);
    mutate_make_text(made, "\r\n");
}


static void
make_element(mutate_t *m, mutate_made_t *made, unsigned depth)
{
    char         line[32];
    size_t       n;
    const char  *text = words[mutate_pick(m, COUNT(words))];

    switch (mutate_pick(m, depth < 2 ? 6 : 4)) {

    case 0:
    case 1:
        make_bulk(made, text, strlen(text), bulks[mutate_pick(m, 16) ? 0 : 1]);
        break;

    case 2:
        snprintf(line, sizeof(line), "%c%.20s\r\n",
                 lines[mutate_pick(m, sizeof(lines) - 1)], text);
        mutate_make_text(made, line);
        break;

    case 3:
        mutate_make_text(made, scalars[mutate_pick(m, COUNT(scalars))]);
        break;

    case 4:
        n = mutate_pick(m, 16) ? 1 : mutate_length(m, 10);
        mutate_make_times(made, "*1\r\n", n);
        make_element(m, made, 2);
        break;

    default:
        n = mutate_pick(m, 4);
        snprintf(line, sizeof(line), "%c%zu\r\n",
                 aggregates[mutate_pick(m, sizeof(aggregates) - 1)], n);
        mutate_make_text(made, line);

        for (n += (line[0] == '%' || line[0] == '|') ? n : 0; n; n--) {
            make_element(m, made, depth + 1);
        }
    }
}


static bool
replace(mutate_t *m, const element_t *e, mutate_made_t *made)
{
    make_element(m, made, 0);

    return mutate_put(m, e->start, e->end - e->start, made->text, made->len);
}


/* Another type for the same bytes. */
static bool
retype(mutate_t *m, const element_t *e)
{
    const char  *types = "";
    uint8_t      type = m->data[e->start];

    if (is_of(aggregates, type)) {
        types = aggregates;
    } else if (is_of(bulks, type)) {
        types = bulks;
    } else if (is_of(lines, type)) {
        types = lines;
    }

    return *types
           && mutate_put(m, e->start, 1,
                         types + mutate_pick(m, strlen(types)), 1);
}


/* Another number in the line of e. */
static bool
recount(mutate_t *m, const element_t *e, size_t n)
{
    char  line[32];

    snprintf(line, sizeof(line), "%c%zu\r\n", m->data[e->start], n);

    return mutate_put(m, e->start, e->line_end - e->start, line, strlen(line));
}


static bool
miscount(mutate_t *m, const element_t *e)
{
    size_t  n = number(m, e->start, e->line_end);

    switch (mutate_pick(m, 4)) {

    case 0:
        return recount(m, e, n + 1);
    case 1:
        return n && recount(m, e, n - 1);
    case 2:
        return recount(m, e, 0);
    default:
        return recount(m, e, mutate_length(m, 40));
    }
}


/*
 * Of a child, once more or left out, and counted: of a map its neighbour
 * mostly makes up for it in another edit.
 */
static bool
resize(mutate_t *m, const element_t *elements, const element_t *e, bool more,
    mutate_made_t *made)
{
    size_t            n;
    const element_t  *parent;

    if (more) {
        mutate_make(made, m->data + e->start, e->end - e->start);
    }

    if (!mutate_put(m, more ? e->end : e->start, more ? 0 : e->end - e->start,
                    made->text, made->len))
    {
        return false;
    }

    if (e->parent != NO_PARENT) {
        parent = &elements[e->parent];
        n = number(m, parent->start, parent->line_end);
        (void) recount(m, parent, more ? n + 1 : n - (n > 0));
    }

    return true;
}


static bool
copy_over(mutate_t *m, const element_t *from, const element_t *to,
    mutate_made_t *made)
{
    mutate_make(made, m->data + from->start, from->end - from->start);

    return mutate_put(m, to->start, to->end - to->start, made->text,
                      made->len);
}


/* Other bytes in a string, with the length that they have. */
static bool
rewrite(mutate_t *m, const element_t *e, mutate_made_t *made)
{
    size_t   len = e->end - e->line_end;
    uint8_t  bytes[512];

    if (!is_of(bulks, m->data[e->start])) {
        return mutate_bytes(m, e->start, e->end - e->start);
    }

    if (len < 2 || len > sizeof(bytes) / 2) {
        return false;
    }

    memcpy(bytes, m->data + e->line_end, len - 2);
    len = LLVMFuzzerMutate(bytes, len - 2, sizeof(bytes));
    make_bulk(made, bytes, len, (char) m->data[e->start]);

    return mutate_put(m, e->start, e->end - e->start, made->text, made->len);
}


static bool
edit(mutate_t *m, size_t skip)
{
    size_t                n;
    element_t             elements[ELEMENTS_MAX], *e;
    static mutate_made_t  made;

    n = scan(m, skip, elements);

    if (n == 0) {
        return false;
    }

    e = &elements[mutate_pick(m, n)];
    made.len = 0;

    switch (mutate_pick(m, 10)) {

    case 0:
    case 1:
    case 2:
        return replace(m, e, &made);
    case 3:
        return retype(m, e);
    case 4:
        return miscount(m, e);
    case 5:
        return resize(m, elements, e, true, &made);
    case 6:
        return resize(m, elements, e, false, &made);
    case 7:
        return copy_over(m, &elements[mutate_pick(m, n)], e, &made);
    default:
        return rewrite(m, e, &made);
    }
}


size_t
mutate_resp(uint8_t *data, size_t skip, size_t size, size_t max, unsigned seed)
{
    mutate_t  m = { data, size, max, seed };

    return mutate_by(edit, &m, skip, 6);
}
