/*
 * Fuzzes healthcode_outline.c: any bytes as JSON.  The HTML has our own
 * elements alone, each closed in its order, and no character that is not seen;
 * the data has nothing that ends an element, and reads as the JSON did.
 * docs/monitoring/page.md, "Without script".
 */

#include "fuzz.h"
#include "mutate.h"

#include "../../ngx_http_healthcode_module/core/healthcode_json.h"
#include "../../ngx_http_healthcode_module/core/healthcode_outline.h"
#include "../../ngx_http_healthcode_module/core/healthcode_text.h"


#define DEPTH  8

static const char *const  names[] = {
    "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td"
};

static _Alignas(max_align_t) uint8_t
    memory[2][healthcode_json_memory(6 * 4096)];
static _Alignas(max_align_t) uint8_t
    texts[2][healthcode_json_write_memory(6 * 4096)];


/* The element whose name text begins with. */
static size_t
element(healthcode_str_t text)
{
    size_t  len, i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        len = strlen(names[i]);

        if (text.len > len && memcmp(text.data, names[i], len) == 0
            && (text.data[len] == '>' || text.data[len] == ' '))
        {
            return i;
        }
    }

    fuzz_must(0);

    return i;
}


static void
look_at_html(healthcode_str_t html)
{
    size_t             len, depth = 0, open[DEPTH] = { 0 };
    healthcode_str_t   rest;
    healthcode_text_e  is;
    static const char  scope[] = "th scope=\"";

    for (rest = html; rest.len; rest.data += len, rest.len -= len) {

        is = healthcode_text_first(rest, &len);
        fuzz_must(is <= HEALTHCODE_TEXT_BLANK || rest.data[0] == '\n');

        if (rest.data[0] != '<') {
            fuzz_must(rest.data[0] != '>' && rest.data[0] != '"');
            continue;
        }

        if (rest.data[1] == '/') {
            rest.data += 2;
            rest.len -= 2;
            fuzz_must(depth && open[--depth] == element(rest));

        } else {
            rest.data++;
            rest.len--;
            fuzz_must(depth < DEPTH);
            open[depth++] = element(rest);
        }

        len = (rest.len > sizeof(scope)
               && memcmp(rest.data, scope, sizeof(scope) - 1) == 0)
              ? sizeof(scope) : 1;

        while (rest.data[len - 1] != '>') {
            fuzz_must(++len <= rest.len);
        }
    }

    fuzz_must(depth == 0);
}


static void
look_at_data(healthcode_str_t json, healthcode_str_t data)
{
    yyjson_val        *a, *b;
    healthcode_str_t   x, y;

    for (size_t i = 0; i < data.len; i++) {
        fuzz_must(data.data[i] != '<' && data.data[i] != '>'
                  && data.data[i] != '&');
    }

    a = healthcode_json_read(json, memory[0], sizeof(memory[0]));
    b = healthcode_json_read(data, memory[1], sizeof(memory[1]));

    fuzz_must(a == NULL || b != NULL);

    if (a && healthcode_json_write(a, texts[0], sizeof(texts[0]), &x)) {
        fuzz_must(healthcode_json_write(b, texts[1], sizeof(texts[1]), &y));
        fuzz_must(healthcode_str_equal(x, y));
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t             len, cut;
    uint8_t           *whole, *part;
    healthcode_str_t   json;

    if (size > 4096) {
        return 0;
    }

    cut = fuzz_byte(&data, &size);
    json = guard(0, data, size);

    len = healthcode_outline_html(json, NULL, 0);
    whole = guard_room(1, len);
    fuzz_must(healthcode_outline_html(json, whole, len) == len);
    look_at_html(healthcode_str_from(whole, len));

    if (cut < len) {
        part = guard_room(2, cut);
        fuzz_must(healthcode_outline_html(json, part, cut) == len);
        fuzz_must(cut == 0 || memcmp(part, whole, cut) == 0);
    }

    len = healthcode_outline_data(json, NULL, 0);
    whole = guard_room(1, len);
    fuzz_must(healthcode_outline_data(json, whole, len) == len);
    look_at_data(json, healthcode_str_from(whole, len));

    return 0;
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return mutate_json(data, 1, size, max, seed);
}
