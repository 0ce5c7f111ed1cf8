/*
 * Fuzzes healthcode_member.c: a JSON text.  What is left of it is read again,
 * and has the same values, except that strings which carried codes are empty.
 * docs/request-path.md, "Bodies".
 */

#include "fuzz.h"
#include "mutate.h"

#include <stdalign.h>

#include "../../ngx_http_healthcode_module/core/healthcode_member.h"


#define SOURCES  3
#define MAX      4096


static healthcode_source_t  sources[SOURCES] = {
    { { (const uint8_t *) "/c", 2 }, NULL, false },
    { { (const uint8_t *) "/a/0/c", 6 }, NULL, false },     /* by a pattern */
    { { (const uint8_t *) "/c", 2 }, NULL, false },
};

static alignas(16) uint8_t  memory[3][healthcode_json_memory(MAX)];


static void
set_up(void)
{
    char  error[256];

    if (sources[1].pattern == NULL) {
        sources[1].pattern = healthcode_pattern_create(
            healthcode_str("^v(.*)$"), error, sizeof(error));
        fuzz_must(sources[1].pattern != NULL);
    }
}


/* What a source points to, by another hand: member by member. */
static yyjson_val *
look(yyjson_val *root, size_t source)
{
    yyjson_val  *value = root;

    if (source == 1) {
        value = yyjson_obj_get(value, "a");
        value = yyjson_is_arr(value) ? yyjson_arr_get(value, 0)
                                     : yyjson_obj_get(value, "0");
    }

    return yyjson_obj_get(value, "c");
}


static bool
carries(yyjson_val *value, size_t source, healthcode_str_t *code)
{
    healthcode_str_t  text = healthcode_json_text(value);

    return yyjson_is_str(value)
           && healthcode_source_match(&sources[source], text, code)
              != HEALTHCODE_PATTERN_NO_MATCH;
}


/* Two documents of one shape lie side by side in memory, value by value. */
static void
check_values(yyjson_val *old, yyjson_val *new, size_t n)
{
    int               order;
    healthcode_str_t  code;

    for (yyjson_val *a = old, *b = new; n; a++, b++, n--) {
        bool  cut = false;

        for (size_t i = 0; i < SOURCES; i++) {
            cut = cut || (a == look(old, i) && carries(a, i, &code));
        }

        fuzz_must(yyjson_get_type(a) == yyjson_get_type(b));

        if (cut) {
            fuzz_must(healthcode_json_text(b).len == 0);

        } else if (yyjson_is_str(a)) {
            fuzz_must(healthcode_str_equal(healthcode_json_text(a),
                                           healthcode_json_text(b)));

        } else if (yyjson_is_ctn(a)) {
            fuzz_must(yyjson_arr_size(a) == yyjson_arr_size(b)
                      && yyjson_obj_size(a) == yyjson_obj_size(b));

        } else if (yyjson_is_num(a)) {
            fuzz_must(healthcode_json_compare(a, b, &order) && order == 0);

        } else {
            fuzz_must(a->tag == b->tag);
        }
    }
}


static size_t
count_values(yyjson_val *root)
{
    return (size_t) (unsafe_yyjson_get_next(root) - root);
}


static size_t
check_found(healthcode_str_t text, yyjson_val *root, healthcode_cut_t *found)
{
    size_t            n, want = 0, i, k;
    healthcode_str_t  code;

    n = healthcode_member_find(sources, SOURCES, text, memory[0],
                               sizeof(memory[0]), found);

    if (root == NULL) {
        fuzz_must(n == 0 || (n == 1 && found[0].end == 0
                             && found[0].found == HEALTHCODE_PATTERN_ERROR));
        return n;
    }

    for (i = 0; i < SOURCES; i++) {
        if (!carries(look(root, i), i, &code)) {
            continue;
        }

        want++;

        for (k = 0; k < n; k++) {
            if (healthcode_str_equal(found[k].code, code)) {
                break;
            }
        }

        fuzz_must(k < n);
    }

    fuzz_must(n == want);

    for (k = 0; k < n; k++) {
        fuzz_must(found[k].start > 0 && found[k].end < text.len);
        fuzz_must(text.data[found[k].start - 1] == '"');
        fuzz_must(text.data[found[k].end] == '"');
    }

    return n;
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return mutate_json(data, 0, size, max, seed);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t             n, len;
    uint8_t           *room;
    yyjson_val        *root, *again;
    healthcode_str_t   text;
    healthcode_cut_t   found[SOURCES];

    if (size > MAX) {
        return 0;
    }

    set_up();
    text = guard(0, data, size);

    root = healthcode_json_read(text, memory[1], sizeof(memory[1]));
    n = check_found(text, root, found);

    len = healthcode_cut_left(text, found, n, NULL);
    fuzz_must(len <= size);
    room = guard_room(1, len);
    fuzz_must(healthcode_cut_left(text, found, n, room) == len);

    if (root != NULL) {
        text = healthcode_str_from(room, len);
        again = healthcode_json_read(text, memory[2], sizeof(memory[2]));
        fuzz_must(again != NULL && count_values(again) == count_values(root));
        check_values(root, again, count_values(root));

        /* what is left carries none */
        fuzz_must(healthcode_member_find(sources, SOURCES, text, memory[0],
                                         sizeof(memory[0]), found) == 0);
    }

    return 0;
}
