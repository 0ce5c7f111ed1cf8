/*
 * Fuzzes healthcode_json.c: what is accepted is strict in every corner by
 * another reckoning, and reads back the same.  Knows no other unit.
 * docs/token-format.md, "JSON".
 */

#include "fuzz.h"
#include "mutate.h"

#include "../../ngx_http_healthcode_module/core/healthcode_json.h"


#define MAX  8192

static bool
is_utf8_without_nul(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; ) {
        uint8_t   c = p[i++];
        unsigned  more = (c < 0x80) ? 0 : (c >> 5 == 6) ? 1
                         : (c >> 4 == 14) ? 2 : (c >> 3 == 30) ? 3 : 9;
        uint32_t  value = more ? c & (0x3fu >> more) : c;

        if (c == 0 || more == 9 || more > len - i) {
            return false;
        }

        for (unsigned j = 0; j < more; j++) {
            if (p[i] >> 6 != 2) {
                return false;
            }

            value = value << 6 | (p[i++] & 0x3f);
        }

        if ((more == 1 && value < 0x80) || (more == 2 && value < 0x800)
            || (more == 3 && (value < 0x10000 || value > 0x10ffff))
            || (value >= 0xd800 && value < 0xe000))
        {
            return false;
        }
    }

    return true;
}


static void
check_names(yyjson_val *object)
{
    size_t       i, j, n, m;
    yyjson_val  *name, *other, *value, *skipped;

    fuzz_must(yyjson_obj_size(object) <= HEALTHCODE_JSON_MEMBERS_MAX);

    yyjson_obj_foreach(object, i, n, name, value) {
        yyjson_obj_foreach(object, j, m, other, skipped) {
            fuzz_must(i == j
                      || !healthcode_str_equal(healthcode_json_text(name),
                                               healthcode_json_text(other)));
        }
    }
}


/* Recursion that stops early: the fuzzed code is what must not recurse. */
static void
check_value(yyjson_val *value, const void *memory, size_t size, unsigned depth)
{
    size_t            i, n;
    yyjson_val       *name, *item;
    healthcode_str_t  text;

    if (depth > 100) {
        return;
    }

    text = healthcode_json_text(value);
    fuzz_must((text.data != NULL) == yyjson_is_str(value));
    fuzz_must(text.data != NULL || text.len == 0);

    if (text.data) {
        fuzz_must(fuzz_lies_in(text, memory, size));
        fuzz_must(is_utf8_without_nul(text.data, text.len));
        fuzz_must(text.data[text.len] == '\0');

    } else if (yyjson_is_obj(value)) {
        check_names(value);

        yyjson_obj_foreach(value, i, n, name, item) {
            check_value(name, memory, size, depth + 1);
            check_value(item, memory, size, depth + 1);
        }

    } else if (yyjson_is_arr(value)) {
        yyjson_arr_foreach(value, i, n, item) {
            check_value(item, memory, size, depth + 1);
        }
    }
}


static void
check_member(yyjson_val *object, const char *name)
{
    int               result;
    int64_t           number = -77;
    healthcode_str_t  text = { NULL, 77 };

    result = healthcode_json_integer(object, name, 0, 1000, &number);
    fuzz_must(result != 1 || !yyjson_is_real(yyjson_obj_get(object, name))
              || !(yyjson_get_real(yyjson_obj_get(object, name))
                   < (double) number
                   || yyjson_get_real(yyjson_obj_get(object, name))
                      > (double) number));
    fuzz_must(result == 1 ? number >= 0 && number <= 1000 : number == -77);
    fuzz_must((result == 0) == (yyjson_obj_get(object, name) == NULL));

    result = healthcode_json_string(object, name, &text);
    fuzz_must((result == 1) == (text.len != 77 || text.data != NULL));
    fuzz_must((result == 0) == (yyjson_obj_get(object, name) == NULL));
}


static void
check_again(yyjson_val *object)
{
    char        *text;
    void        *memory;
    size_t       len, size;
    yyjson_val  *again;

    text = yyjson_val_write(object, YYJSON_WRITE_NOFLAG, &len);
    fuzz_must(text != NULL);

    size = healthcode_json_memory(len);
    memory = malloc(size);
    fuzz_must(memory != NULL);
    again = healthcode_json_read(guard(1, text, len), memory, size);
    fuzz_must(again != NULL && yyjson_equals(object, again));

    free(memory);
    free(text);
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return mutate_json(data, 0, size, max, seed);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void         *memory;
    size_t        need = healthcode_json_memory(size);
    yyjson_doc   *doc;
    yyjson_val   *object;

    if (size > MAX) {
        return 0;
    }

    memory = malloc(need);
    fuzz_must(memory != NULL);
    object = healthcode_json_read(guard(0, data, size), memory, need);

    if (object != NULL) {
        fuzz_must(yyjson_is_obj(object));
        check_value(object, memory, need, 0);
        check_member(object, "a");
        check_member(object, "exp");
        check_again(object);

    } else if (size) {
        /* refused for our reasons, never because memory ran out */
        doc = yyjson_read((const char *) data, size, 0);

        if (doc) {
            yyjson_alc  alc;

            fuzz_must(yyjson_alc_pool_init(&alc, memory, need));
            fuzz_must(yyjson_read_opts((char *) (uintptr_t) data, size, 0,
                                       &alc, NULL) != NULL);
            yyjson_doc_free(doc);
        }
    }

    free(memory);

    return 0;
}
