/*
 * Fuzzes healthcode_require.c and what claims are as variables: an operator, a
 * claim and a value on three lines, a payload after them.  What is decided
 * agrees with a plain reading of the rules.  docs/token-format.md,
 * "Claim rules".
 */

#include <float.h>

#include "fuzz.h"
#include "mutate.h"

#include "../../ngx_http_healthcode_module/core/healthcode_claims.h"
#include "../../ngx_http_healthcode_module/core/healthcode_require.h"


/* Longer expressions are slow to compile, which is their author's doing. */
#define EXPRESSION_MAX  48
#define PAYLOAD_MAX     (HEALTHCODE_TOKEN_MAX / 4 * 3)

static alignas(16) uint8_t  memory[healthcode_json_memory(PAYLOAD_MAX)];
static alignas(16) uint8_t  room[healthcode_json_write_memory(PAYLOAD_MAX)];


/* 64 bits of mantissa hold an integer of 64 bits, and any double. */
_Static_assert(LDBL_MANT_DIG >= 64, "long double is exact");

static long double
exactly(yyjson_val *number)
{
    int64_t  whole;

    if (yyjson_is_real(number)) {
        return (long double) yyjson_get_real(number);
    }

    return healthcode_json_whole(number, &whole)
           ? (long double) whole : (long double) yyjson_get_uint(number);
}


/* Whether a claim is in the order to the value that the operator names. */
static bool
is_ordered(yyjson_val *item, const healthcode_require_t *rule)
{
    long double  a, b;
    yyjson_val   number = rule->values[0].number;

    if (!yyjson_is_num(item) || number.tag == 0) {
        return false;
    }

    a = exactly(item);
    b = exactly(&number);

    switch (rule->operator) {

    case HEALTHCODE_REQUIRE_LESS:
        return a < b;

    case HEALTHCODE_REQUIRE_AT_MOST:
        return a <= b;

    case HEALTHCODE_REQUIRE_GREATER:
        return a > b;

    default:
        return a >= b;
    }
}


/* The member or element that a token of a pointer names, until its "/". */
static yyjson_val *
step(yyjson_val *value, const uint8_t *token, size_t len)
{
    char             plain[1024];
    size_t           i, n, index = 0;
    yyjson_val      *name, *item;
    yyjson_obj_iter  iter;

    for (i = n = 0; i < len; i++, n++) {

        plain[n] = (char) token[i];

        if (token[i] == '~') {
            if (++i == len || (token[i] != '0' && token[i] != '1')) {
                return NULL;
            }

            plain[n] = (token[i] == '0') ? '~' : '/';
        }
    }

    if (yyjson_is_obj(value)) {
        iter = yyjson_obj_iter_with(value);

        while ((name = yyjson_obj_iter_next(&iter)) != NULL) {
            if (yyjson_equals_strn(name, plain, n)) {
                return yyjson_obj_iter_get_val(name);
            }
        }

        return NULL;
    }

    if (!yyjson_is_arr(value) || n == 0 || n > 9
        || (n > 1 && plain[0] == '0'))
    {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        if (plain[i] < '0' || plain[i] > '9') {
            return NULL;
        }

        index = index * 10 + (size_t) (plain[i] - '0');
    }

    yyjson_arr_foreach(value, i, n, item) {
        if (i == index) {
            return item;
        }
    }

    return NULL;
}


/* The claim that a rule is about; a claim with a slash first is a pointer. */
static yyjson_val *
claim_of(yyjson_val *object, healthcode_str_t claim)
{
    size_t       begin, end;
    yyjson_val  *value = object;

    if (claim.len == 0 || claim.data[0] != '/') {
        return yyjson_obj_getn(object, (const char *) claim.data, claim.len);
    }

    for (begin = 1; value && begin <= claim.len; begin = end + 1) {

        for (end = begin; end < claim.len && claim.data[end] != '/'; end++) {
            /* void */
        }

        value = step(value, claim.data + begin, end - begin);
    }

    return value;
}


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

    if (yyjson_is_num(item)) {
        yyjson_val  number = value->number;

        return exactly(item) == exactly(&number);
    }

    text = yyjson_val_write(item, 0, &len);
    fuzz_must(text != NULL);

    same = yyjson_is_bool(item) && len == value->text.len
           && memcmp(text, value->text.data, len) == 0;
    free(text);

    return same;
}


static void
check_comparison(const healthcode_require_t *rule, yyjson_val *object,
    bool holds)
{
    bool         all = rule->operator == HEALTHCODE_REQUIRE_NOT_EQUAL;
    bool         order = healthcode_require_is_order(rule->operator);
    size_t       i, n, fit = 0, equal = 0, other = 0;
    yyjson_val  *item, *claim = claim_of(object, rule->claim);

    if (!yyjson_is_arr(claim)) {
        fuzz_must(!holds || (claim && !yyjson_is_obj(claim)
                             && !yyjson_is_null(claim)));
        fuzz_must(order ? holds == is_ordered(claim, rule)
                        : !holds || is_value(claim, rule->values) == !all);
        return;
    }

    yyjson_arr_foreach(claim, i, n, item) {
        fit += order && is_ordered(item, rule);
        equal += is_value(item, rule->values);
        other += yyjson_is_ctn(item) || yyjson_is_null(item);
    }

    fuzz_must(holds == (order ? fit > 0
                        : all ? equal == 0 && other == 0 : equal > 0));
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


/* Whatever was read can be written, also a control character. */
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


/* A text fulfils what a claim of the same string or number fulfils. */
static void
check_text(const healthcode_require_t *rule, yyjson_val *object, bool holds)
{
    char              *text;
    size_t             len;
    yyjson_val        *item = claim_of(object, rule->claim);
    healthcode_str_t   shown;

    if (yyjson_is_str(item) && !healthcode_require_is_order(rule->operator)) {
        shown = healthcode_json_text(item);
        fuzz_must(healthcode_require_holds_for(rule, shown)
                  == (holds && shown.len > 0));
    }

    if (yyjson_is_num(item) && healthcode_require_is_order(rule->operator)) {
        text = yyjson_val_write(item, 0, &len);
        fuzz_must(text != NULL);
        fuzz_must(healthcode_require_holds_for(rule,
                                               healthcode_str_from(text, len))
                  == holds);
        free(text);
    }
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
    fuzz_must(healthcode_require_is_number(&value) == (value.number.tag != 0));
    fuzz_must(healthcode_require_is_claim(rule.claim)
              || claim.len == 0 || claim.data[0] == '/');
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

    check_text(&rule, object, holds);

    if (rule.operator == HEALTHCODE_REQUIRE_MATCH) {
        healthcode_pattern_free(rule.pattern);

    } else if (rule.operator == HEALTHCODE_REQUIRE_UNKNOWN) {
        fuzz_must(!holds);

    } else {
        check_comparison(&rule, object, holds);
    }

    return 0;
}
