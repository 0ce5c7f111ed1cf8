/*
 * Mutates requests by their codes: what an attacker has is codes that he has
 * seen, and all that can be made of them without a key.  Knows no gate.
 * CONTRIBUTING.md, "Fuzzing".
 */

#include "fuzz.h"
#include "codes.h"
#include "mutate.h"
#include "mutate_code.h"

#include "../../ngx_http_healthcode_module/core/healthcode_base64url.h"


#define PART_MAX  3072
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))


/* A part of a code, or all of it, in the input. */
typedef struct {
    size_t  at;
    size_t  len;
} place_t;


static const char *const  places[MUTATE_CODE_PLACES] = {
    "?code=%s", "Authorization: Bearer %s\r\n", "X-Code: v1:%s\r\n",
    "Cookie: a=b; hc=%s\r\n", "a=b&code=%s&", "{\"a\":1,\"code\":\"%s\"}"
};


/* What may come between two requests. */
static const char *const  lines[] = { "", "keys\n", "later\n" };


/* The first of places is in the request line, the last two are bodies. */
size_t
mutate_code_request(size_t place, const char *code, char *text, size_t size)
{
    char  shown[2 * CODES_MAX] = "";
    int   n;

    if (place == 0) {
        snprintf(shown, sizeof(shown), "?code=%s", code);
        n = snprintf(text, size, "GET /a%s HTTP/1.1\r\nHost: gate\r\n\r\n",
                     shown);

    } else if (place > 3) {
        n = snprintf(shown, sizeof(shown), places[place], code);
        n = snprintf(text, size, "POST /a HTTP/1.1\r\nHost: gate\r\n"
                     "Content-Length: %d\r\n\r\n%s", n, shown);

    } else {
        snprintf(shown, sizeof(shown), places[place], code);
        n = snprintf(text, size, "GET /a HTTP/1.1\r\nHost: gate\r\n%s\r\n",
                     shown);
    }

    fuzz_must(n > 0 && (size_t) n < size);

    return (size_t) n;
}


static const code_t *
pick_code(mutate_t *m)
{
    size_t         n;
    const code_t  *all = codes(&n);

    return &all[mutate_pick(m, n)];
}


/* Any of the texts in the input that have two dots, as codes have. */
static bool
find_code(mutate_t *m, place_t *code)
{
    size_t  start = 0, dots = 0, seen = 0;

    for (size_t at = 0; at <= m->size; at++) {
        uint8_t  c = (at < m->size) ? m->data[at] : ' ';

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.')
        {
            dots += (c == '.');
            continue;
        }

        if (dots == 2 && at - start > 20 && mutate_pick(m, ++seen) == 0) {
            *code = (place_t) { start, at - start };
        }

        start = at + 1;
        dots = 0;
    }

    return seen > 0;
}


/* Part i, from 0, of a text with two dots. */
static place_t
part_of(const void *text, place_t code, size_t i)
{
    const char     *p = (const char *) text + code.at, *end = p + code.len;
    const char     *dot = memchr(p, '.', code.len);
    place_t         part;

    while (i-- && dot) {
        p = dot + 1;
        dot = memchr(p, '.', (size_t) (end - p));
    }

    part.at = (size_t) (p - (const char *) text);
    part.len = (size_t) ((dot ? dot : end) - p);

    return part;
}


static bool
put_encoded(mutate_t *m, place_t part, const uint8_t *bytes, size_t len)
{
    char    text[2 * PART_MAX];
    size_t  n = healthcode_base64url_encode(healthcode_str_from(bytes, len),
                                            text);

    return mutate_put(m, part.at, part.len, text, n);
}


/* A header or payload, decoded, with other values. */
static bool
change_values(mutate_t *m, place_t part)
{
    size_t   len;
    uint8_t  bytes[PART_MAX];

    if (part.len > PART_MAX
        || !healthcode_base64url_decode(
               healthcode_str_from(m->data + part.at, part.len), bytes, &len))
    {
        return false;
    }

    len = mutate_json(bytes, 0, len, sizeof(bytes),
                      (unsigned) mutate_pick(m, UINT32_MAX));

    return put_encoded(m, part, bytes, len);
}


static bool
change_signature(mutate_t *m, place_t part)
{
    size_t   len, half;
    uint8_t  bytes[PART_MAX];

    if (part.len > PART_MAX - 8
        || !healthcode_base64url_decode(
               healthcode_str_from(m->data + part.at, part.len), bytes, &len))
    {
        return false;
    }

    half = len / 2;

    switch (mutate_pick(m, 8)) {

    case 0:
        memset(bytes, 0, half);
        break;
    case 1:
        memset(bytes + half, 0, len - half);
        break;
    case 2:
        memset(bytes, mutate_pick(m, 2) ? 0 : 0xff, len);
        break;
    case 3:
        len = mutate_pick(m, len + 1);
        break;
    case 4:
        memset(bytes + len, 0, 4);
        len += 1 + mutate_pick(m, 4);
        break;
    case 5:
        if (len) {
            bytes[mutate_pick(m, 2) ? 0 : half] = 0;
        }
        break;
    case 6:
        memmove(bytes, bytes + half, len - half);
        break;
    default:
        if (len) {
            bytes[mutate_pick(m, len)] ^= (uint8_t) (1 << mutate_pick(m, 8));
        }
    }

    return put_encoded(m, part, bytes, len);
}


/* Any part of a known code in the place of any part. */
static bool
change_part(mutate_t *m, place_t part)
{
    const code_t  *other = pick_code(m);
    place_t        whole = { 0, strlen(other->text) };
    place_t        from = part_of(other->text, whole, mutate_pick(m, 3));

    return mutate_put(m, part.at, part.len, other->text + from.at, from.len);
}


/* Of its three parts one, as what it is. */
static bool
change_code(mutate_t *m)
{
    place_t      code, part;
    size_t       i = mutate_pick(m, 3);
    const char  *other = pick_code(m)->text;

    if (!find_code(m, &code)) {
        return false;
    }

    part = part_of(m->data, code, i);

    switch (mutate_pick(m, 6)) {

    case 0:
        return change_part(m, part);
    case 1:
        return mutate_put(m, code.at, code.len, other, strlen(other));
    case 2:
        return mutate_bytes(m, part.at, part.len);
    default:
        return (i == 2) ? change_signature(m, part) : change_values(m, part);
    }
}


/* After any line; as an argument after any '?', or with a new one. */
static bool
add_code(mutate_t *m)
{
    char            text[2 * CODES_MAX];
    size_t          len, at = 0, place = mutate_pick(m, MUTATE_CODE_PLACES + 1);
    const char     *what, *code = pick_code(m)->text;
    const uint8_t  *p;

    if (place == MUTATE_CODE_PLACES) {
        at = mutate_pick(m, 2) ? m->size : 0;
        what = lines[mutate_pick(m, COUNT(lines))];
        memcpy(text, what, strlen(what));
        len = mutate_code_request(mutate_pick(m, MUTATE_CODE_PLACES), code,
                                  text + strlen(what),
                                  sizeof(text) - strlen(what));

        return mutate_put(m, at, 0, text, strlen(what) + len);
    }

    if (place == 0) {
        p = memchr(m->data, '?', m->size);
        at = p ? (size_t) (p - m->data) : mutate_pick(m, m->size);
        snprintf(text, sizeof(text), p ? "?code=%s&" : "?code=%s", code);

        return mutate_put(m, at, p != NULL, text, strlen(text));
    }

    for (size_t i = 0, seen = 0; i < m->size; i++) {
        if (m->data[i] == '\n' && mutate_pick(m, ++seen) == 0) {
            at = i + 1;
        }
    }

    snprintf(text, sizeof(text), places[place], code);

    return mutate_put(m, at, 0, text, strlen(text));
}


size_t
mutate_code(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    bool      done;
    mutate_t  m = { data, size, max, seed };

    switch (size ? mutate_pick(&m, 8) : 0) {

    case 0:
    case 1:
        done = false;
        break;
    case 2:
        done = add_code(&m);
        break;
    default:
        done = change_code(&m);
    }

    return mutate_end(&m, size, done);
}
