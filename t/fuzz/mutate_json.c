/*
 * Mutates JSON by its values: another type, a name that the readers know,
 * twice, deeper, longer, at the edges of numbers.  Knows no target, and reads
 * text that is broken as far as it goes.  CONTRIBUTING.md, "Fuzzing".
 */

#include <stdio.h>

#include "mutate.h"


#define SPANS_MAX  512
#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))


/* A value in the text, or the name of a member, from its first byte on. */
typedef struct {
    size_t  start, end;
    bool    name;        /* the next span is its value */
} span_t;


/* The strings of the units that read JSON: names, and values they know. */
static const char *const  words[] = {
#include "words_json.h"
};

static const char *const  scalars[] = {
    "null", "true", "false", "0", "-0", "1", "-1", "0.0", "1.0", "1e0", "0.1",
    "900", "899.9", "1700000000", "1700000900", "1.7e9", "253402300799",
    "253402300800", "2147483648", "4294967296", "9007199254740993",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "-9223372036854775809", "18446744073709551615", "18446744073709551616",
    "1e308", "1.7976931348623157e308", "5e-324", "1e-400",
};

static const char *const  strings[] = {
    "", " ", "a", "*", "51", "5114", "511402", "000000", "5", "51a", "\\u0061",
    "\\ud83d\\ude00", "\\n", "\\/", "\\\"", "\x7f", "\xc3\xa9", "\xef\xbb\xbf",
    "AAAA", "A", "AB", "AA==", "-_", "+/", "application/", "north", "alice",
    "gate",
};

/* What no strict reader takes. */
static const char *const  broken[] = {
    "1e309", "-1e309", "1e99999", "00", "01", "1.", ".1", "+1", "NaN", "nul",
    "Infinity", "\"\\u0000\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\\x\"",
    "\"\\u12\"", "\"", "\"\n\"", "\"\xc3\"", "\"\xc0\x80\"", "\"\xff\"",
    "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "[", "{", "}", "[1,]",
    "{\"a\"}", "{\"a\":1,\"a\":2}", "\0",
};


static void make_value(mutate_t *m, mutate_made_t *made, unsigned depth);


static void
make_word(mutate_t *m, mutate_made_t *made)
{
    mutate_make_text(made, words[mutate_pick(m, COUNT(words))]);
}


static void
make_string(mutate_t *m, mutate_made_t *made)
{
    mutate_make_text(made, "\"");

    switch (mutate_pick(m, 4)) {

    case 0:
        mutate_make_times(made, strings[mutate_pick(m, COUNT(strings))],
                   mutate_length(m, 12));
        break;

    case 1:
        make_word(m, made);
        break;

    default:
        mutate_make_text(made, strings[mutate_pick(m, COUNT(strings))]);
    }

    mutate_make_text(made, "\"");
}


static void
make_list(mutate_t *m, mutate_made_t *made, unsigned depth)
{
    size_t  n = mutate_pick(m, 8);

    mutate_make_text(made, "[");

    for (size_t i = 0; i < n; i++) {
        mutate_make_text(made, i ? "," : "");
        make_value(m, made, depth + 1);
    }

    mutate_make_text(made, "]");
}


static void
make_member(mutate_t *m, mutate_made_t *made, unsigned depth)
{
    mutate_make_text(made, "\"");
    make_word(m, made);
    mutate_make_text(made, "\":");
    make_value(m, made, depth + 1);
}


static void
make_object(mutate_t *m, mutate_made_t *made, unsigned depth)
{
    size_t  n = mutate_pick(m, 20) ? mutate_pick(m, 4) : 65;

    mutate_make_text(made, "{");

    for (size_t i = 0; i < n; i++) {
        mutate_make_text(made, i ? "," : "");
        make_member(m, made, depth);
    }

    mutate_make_text(made, "}");
}


static void
make_value(mutate_t *m, mutate_made_t *made, unsigned depth)
{
    size_t  n;

    switch (mutate_pick(m, depth < 3 ? 20 : 10)) {

    case 0:
        mutate_make_text(made, broken[mutate_pick(m, COUNT(broken))]);
        break;

    case 10:
        n = mutate_length(m, 12);
        mutate_make_times(made, "[", n);
        mutate_make_times(made, "]", n);
        break;

    case 11:
    case 12:
    case 13:
        make_object(m, made, depth);
        break;

    case 14:
    case 15:
    case 16:
        make_list(m, made, depth);
        break;

    default:
        if (mutate_pick(m, 2)) {
            make_string(m, made);
        } else {
            mutate_make_text(made, scalars[mutate_pick(m, COUNT(scalars))]);
        }
    }
}


static size_t
string_end(const uint8_t *text, size_t at, size_t size)
{
    for (at++; at < size && text[at] != '"'; at++) {
        at += (text[at] == '\\');
    }

    return (at < size) ? at + 1 : size;
}


static size_t
word_end(const uint8_t *text, size_t at, size_t size)
{
    while (at < size && memchr("\"{}[],: \t\r\n", text[at], 11) == NULL) {
        at++;
    }

    return at;
}


/* Finds the values from skip on, in the order in which they begin. */
static size_t
scan(const mutate_t *m, size_t skip, span_t *spans)
{
    size_t          n = 0, depth = 0, open[SPANS_MAX];
    const uint8_t  *text = m->data;

    for (size_t at = skip; at < m->size && n < SPANS_MAX; ) {

        if (text[at] == '}' || text[at] == ']') {
            at++;

            if (depth) {
                spans[open[--depth]].end = at;
            }

        } else if (text[at] == ':') {
            at++;

            if (n) {
                spans[n - 1].name = true;
            }

        } else if (memchr(", \t\r\n", text[at], 5)) {
            at++;

        } else if (text[at] == '{' || text[at] == '[') {
            open[depth++] = n;
            spans[n++] = (span_t) { at++, m->size, false };

        } else {
            spans[n] = (span_t) { at, 0, false };
            at = (text[at] == '"') ? string_end(text, at, m->size)
                                   : word_end(text, at, m->size);
            spans[n++].end = at;
        }
    }

    return n;
}


/* Where the member ends that this name begins; a value is its own. */
static size_t
member_end(const span_t *span, const span_t *last)
{
    return (span->name && span < last) ? span[1].end : span->end;
}


static bool
replace(mutate_t *m, const span_t *span, mutate_made_t *made)
{
    if (span->name) {
        mutate_make_text(made, "\"");
        make_word(m, made);
        mutate_make_text(made, "\"");

    } else {
        make_value(m, made, 0);
    }

    return mutate_put(m, span->start, span->end - span->start, made->text,
                      made->len);
}


/*
 * A string of n bytes -> a list of n items, or an object of n members: who asks
 * how long it is before what it is gets the same answer.
 */
static bool
retype(mutate_t *m, const span_t *span, mutate_made_t *made)
{
    char    name[32];
    bool    list = mutate_pick(m, 2);
    size_t  len = span->end - span->start;

    if (span->name || len < 2 || len > 66 || m->data[span->start] != '"') {
        return false;
    }

    mutate_make_text(made, list ? "[" : "{");

    for (size_t i = 0; i < len - 2; i++) {
        snprintf(name, sizeof(name), list ? "%s%zu" : "%s\"%zu\":0",
                 i ? "," : "", i);
        mutate_make_text(made, name);
    }

    mutate_make_text(made, list ? "]" : "}");

    return mutate_put(m, span->start, len, made->text, made->len);
}


/* [value], [value,value], {"word":value} or as deep as it goes. */
static bool
wrap(mutate_t *m, const span_t *span, mutate_made_t *made)
{
    size_t       n = 1, len = span->end - span->start;
    const char  *value = (const char *) m->data + span->start;

    switch (mutate_pick(m, 4)) {

    case 0:
        mutate_make_text(made, "{\"");
        make_word(m, made);
        mutate_make_text(made, "\":");
        mutate_make(made, value, len);
        mutate_make_text(made, "}");
        break;

    case 1:
        mutate_make_text(made, "[");
        mutate_make(made, value, len);
        mutate_make_text(made, ",");
        mutate_make(made, value, len);
        mutate_make_text(made, "]");
        break;

    default:
        n = mutate_pick(m, 4) ? 1 : mutate_length(m, 12);
        mutate_make_times(made, "[", n);
        mutate_make(made, value, len);
        mutate_make_times(made, "]", n);
    }

    return mutate_put(m, span->start, len, made->text, made->len);
}


/* The member, or the item, once more behind itself. */
static bool
repeat(mutate_t *m, const span_t *span, const span_t *last, mutate_made_t *made)
{
    size_t  end = member_end(span, last), times = 1;

    if (mutate_pick(m, 8) == 0) {
        times = mutate_length(m, 8);
    }

    while (times--) {
        mutate_make_text(made, ",");
        mutate_make(made, m->data + span->start, end - span->start);
    }

    return mutate_put(m, end, 0, made->text, made->len);
}


/* With the comma behind it, or before it. */
static bool
leave_out(mutate_t *m, const span_t *span, const span_t *last)
{
    size_t  start = span->start, end = member_end(span, last);

    if (end < m->size && m->data[end] == ',') {
        end++;

    } else if (start > 0 && m->data[start - 1] == ',') {
        start--;
    }

    return mutate_put(m, start, end - start, NULL, 0);
}


static bool
insert(mutate_t *m, const span_t *span, mutate_made_t *made)
{
    uint8_t  first = m->data[span->start];

    if (first == '{') {
        make_member(m, made, 0);

    } else if (first == '[') {
        make_value(m, made, 0);

    } else {
        return false;
    }

    if (span->end - span->start > 2) {
        mutate_make_text(made, ",");
    }

    return mutate_put(m, span->start + 1, 0, made->text, made->len);
}


static bool
copy_over(mutate_t *m, const span_t *from, const span_t *to,
    mutate_made_t *made)
{
    mutate_make(made, m->data + from->start, from->end - from->start);

    return mutate_put(m, to->start, to->end - to->start, made->text,
                      made->len);
}


/* The bytes between the quotes. */
static bool
mutate_inside(mutate_t *m, const span_t *span)
{
    size_t  quote = (m->data[span->start] == '"');

    if (span->end - span->start < 2 * quote) {
        return false;
    }

    return mutate_bytes(m, span->start + quote,
                        span->end - span->start - 2 * quote);
}


static bool
edit(mutate_t *m, size_t skip)
{
    size_t         n;
    span_t         spans[SPANS_MAX], *span;
    static mutate_made_t  made;

    n = scan(m, skip, spans);

    if (n == 0) {
        return false;
    }

    span = &spans[mutate_pick(m, n)];
    made.len = 0;

    switch (mutate_pick(m, 10)) {

    case 0:
    case 1:
    case 2:
        return replace(m, span, &made);
    case 3:
        return wrap(m, span, &made);
    case 4:
        return repeat(m, span, &spans[n - 1], &made);
    case 5:
        return leave_out(m, span, &spans[n - 1]);
    case 6:
        return insert(m, span, &made);
    case 7:
        return copy_over(m, &spans[mutate_pick(m, n)], span, &made);
    case 8:
        return retype(m, span, &made);
    default:
        return mutate_inside(m, span);
    }
}


size_t
mutate_json(uint8_t *data, size_t skip, size_t size, size_t max, unsigned seed)
{
    mutate_t  m = { data, size, max, seed };

    return mutate_by(edit, &m, skip, 8);
}
