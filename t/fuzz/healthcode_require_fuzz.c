/*
 * Fuzzes healthcode_require.c and what claims are as variables: an operator, a
 * claim and a value on three lines, a payload after them.  What is decided
 * agrees with a plain reading of the rules.  docs/token-format.md,
 * "Claim rules".
 */

#include "fuzz.h"
#include "mutate.h"

#include "../../ngx_http_healthcode_module/core/healthcode_claims.h"
#include "../../ngx_http_healthcode_module/core/healthcode_require.h"


/* Longer expressions are slow to compile, which is their author's doing. */
#define EXPRESSION_MAX  48
#define PAYLOAD_MAX     (HEALTHCODE_TOKEN_MAX / 4 * 3)

static alignas(16) uint8_t  memory[healthcode_json_memory(PAYLOAD_MAX)];
static alignas(16) uint8_t  room[healthcode_json_write_memory(PAYLOAD_MAX)];


/* Whether a claim is equal to the value, by its JSON written out. */
static bool
is_value(yyjson_val *item, const healthcode_require_value_t *value)
{
    char    *text;
    bool     same;
    size_t   len;

    if (yyjson_is_str(item)) {
        return yyjson_equals_strn(item, (const char *) value->text.data,
                                  value->text.len);
    }

    if (yyjson_is_num(item) && value->number.tag == 0) {
        return false;
    }

    if (yyjson_is_num(item)
        && !(yyjson_is_int(item)
             && yyjson_is_int((yyjson_val *) (uintptr_t) &value->number)))
    {
        return yyjson_get_num(item)
               == yyjson_get_num((yyjson_val *) (uintptr_t) &value->number);
    }

    text = yyjson_val_write(yyjson_is_num(item)
                            ? (yyjson_val *) (uintptr_t) &value->number
                            : item, 0, &len);
    fuzz_must(text != NULL);

    if (yyjson_is_num(item)) {
        size_t   other_len;
        char    *other = yyjson_val_write(item, 0, &other_len);

        same = len == other_len && memcmp(text, other, len) == 0;
        free(other);

    } else {
        same = yyjson_is_bool(item) && len == value->text.len
               && memcmp(text, value->text.data, len) == 0;
    }

    free(text);

    return same;
}


static void
check_comparison(const healthcode_require_t *rule, yyjson_val *object,
    bool holds)
{
    size_t       i, n, equal = 0, other = 0;
    yyjson_val  *item, *claim;

    claim = yyjson_obj_getn(object, (const char *) rule->claim.data,
                            rule->claim.len);

    if (!yyjson_is_arr(claim)) {
        fuzz_must(!holds || (claim && !yyjson_is_obj(claim)
                             && !yyjson_is_null(claim)));
        fuzz_must(!holds || is_value(claim, rule->values)
                            == (rule->operator == HEALTHCODE_REQUIRE_EQUAL));
        return;
    }

    yyjson_arr_foreach(claim, i, n, item) {
        equal += is_value(item, rule->values);
        other += yyjson_is_ctn(item) || yyjson_is_null(item);
    }

    fuzz_must(holds == (rule->operator == HEALTHCODE_REQUIRE_EQUAL
                        ? equal > 0 : equal == 0 && other == 0));
}


static void
check_variable(yyjson_val *object, healthcode_str_t name)
{
    yyjson_val        *value = healthcode_claims_find(object, name);
    healthcode_str_t   text = healthcode_str("before");

    fuzz_must(value != NULL
              || yyjson_obj_getn(object, (const char *) name.data, name.len)
                 == NULL);

    if (!healthcode_claims_text(value, room, sizeof(room), &text)) {
        fuzz_must(healthcode_str_equal(text, healthcode_str("before")));
        return;
    }

    fuzz_must(value != NULL && !yyjson_is_null(value));
    fuzz_must(fuzz_lies_in(text, memory, sizeof(memory))
              || fuzz_lies_in(text, room, sizeof(room)));

    for (size_t i = 0; i < text.len; i++) {
        fuzz_must(text.data[i] >= 0x20 && text.data[i] != 0x7f);
    }
}


/* Whatever was read can be written; a control character is no reason. */
static void
check_written(yyjson_val *object, size_t len)
{
    void              *exact = malloc(healthcode_json_write_memory(len));
    healthcode_str_t   text;

    fuzz_must(exact != NULL
              && healthcode_json_write(object, exact,
                                       healthcode_json_write_memory(len),
                                       &text));
    free(exact);
}


/* Behind the three lines. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    size_t          left = size;
    const uint8_t  *rest = data;

    for (int i = 0; i < 3; i++) {
        (void) fuzz_line(&rest, &left);
    }

    return mutate_json(data, size - left, size, max, seed);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                         error[256];
    bool                         holds;
    yyjson_val                  *object;
    healthcode_str_t             operator, claim, text;
    healthcode_require_t         rule = { .nvalues = 1 };
    healthcode_require_value_t   value;

    operator = fuzz_line(&data, &size);
    claim = fuzz_line(&data, &size);
    text = fuzz_line(&data, &size);

    if (size > PAYLOAD_MAX || claim.len > 1024 || text.len > 8192) {
        return 0;
    }

    object = healthcode_json_read(guard(0, data, size), memory,
                                  sizeof(memory));
    if (object == NULL) {
        return 0;
    }

    check_written(object, size);

    rule.claim = guard(1, claim.data, claim.len);
    rule.operator = healthcode_require_operator(operator);
    rule.values = &value;
    healthcode_require_value(guard(2, text.data, text.len), &value);
    check_variable(object, rule.claim);

    if (rule.operator == HEALTHCODE_REQUIRE_MATCH) {
        rule.pattern = text.len > EXPRESSION_MAX ? NULL
            : healthcode_pattern_create_search(value.text, error,
                                               sizeof(error));
        if (rule.pattern == NULL) {
            return 0;
        }
    }

    holds = healthcode_require_check(&rule, 1, object) == NULL;
    fuzz_must(holds || healthcode_require_check(&rule, 1, object) == &rule);

    if (rule.operator == HEALTHCODE_REQUIRE_MATCH) {
        healthcode_pattern_free(rule.pattern);

    } else if (rule.operator == HEALTHCODE_REQUIRE_UNKNOWN) {
        fuzz_must(!holds);

    } else {
        check_comparison(&rule, object, holds);
    }

    return 0;
}
