/*
 * The rules of a location about claims of its own choice.
 * Knows no signature, no configuration and no other rule of a code.
 * docs/token-format.md, "Claim rules".
 */

#include <stdalign.h>

#include "healthcode_require.h"


static bool healthcode_require_holds(const healthcode_require_t *rule,
    yyjson_val *object);
static bool healthcode_require_fits(const healthcode_require_t *rule,
    yyjson_val *item);
static bool healthcode_require_has_void(const healthcode_require_t *rule);
static bool healthcode_require_equals(const healthcode_require_t *rule,
    yyjson_val *item);
static bool healthcode_require_is_value(yyjson_val *item,
    const healthcode_require_value_t *value);
static bool healthcode_require_matches(const healthcode_require_t *rule,
    yyjson_val *item);


healthcode_require_e
healthcode_require_operator(healthcode_str_t word)
{
    static const struct {
        healthcode_str_t      word;
        healthcode_require_e  operator;
    } operators[] = {
        { { (const uint8_t *) "=", 1 }, HEALTHCODE_REQUIRE_EQUAL },
        { { (const uint8_t *) "in", 2 }, HEALTHCODE_REQUIRE_EQUAL },
        { { (const uint8_t *) "!=", 2 }, HEALTHCODE_REQUIRE_NOT_EQUAL },
        { { (const uint8_t *) "~", 1 }, HEALTHCODE_REQUIRE_MATCH },
    };

    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (healthcode_str_equal(word, operators[i].word)) {
            return operators[i].operator;
        }
    }

    return HEALTHCODE_REQUIRE_UNKNOWN;
}


void
healthcode_require_value(healthcode_str_t text,
    healthcode_require_value_t *value)
{
    memset(value, 0, sizeof(healthcode_require_value_t));

    value->text = text;
    (void) healthcode_json_number(text, &value->number);
}


const healthcode_require_t *
healthcode_require_check(const healthcode_require_t *rules, size_t nrules,
    yyjson_val *object)
{
    for (size_t i = 0; i < nrules; i++) {
        if (!healthcode_require_holds(&rules[i], object)) {
            return &rules[i];
        }
    }

    return NULL;
}


static bool
healthcode_require_holds(const healthcode_require_t *rule, yyjson_val *object)
{
    bool         all = (rule->operator == HEALTHCODE_REQUIRE_NOT_EQUAL);
    size_t       i, n;
    yyjson_val  *claim, *item;

    /* no element of an empty array would ask for it */
    if (all && healthcode_require_has_void(rule)) {
        return false;
    }

    claim = yyjson_obj_getn(object, (const char *) rule->claim.data,
                            rule->claim.len);

    if (!yyjson_is_arr(claim)) {
        return healthcode_require_fits(rule, claim);
    }

    yyjson_arr_foreach(claim, i, n, item) {
        if (healthcode_require_fits(rule, item) != all) {
            return !all;
        }
    }

    return all;
}


static bool
healthcode_require_fits(const healthcode_require_t *rule, yyjson_val *item)
{
    /* null, arrays and objects cannot be compared; nor what is not there */
    if (!yyjson_is_str(item) && !yyjson_is_num(item) && !yyjson_is_bool(item)) {
        return false;
    }

    switch (rule->operator) {

    case HEALTHCODE_REQUIRE_EQUAL:
        return healthcode_require_equals(rule, item);

    case HEALTHCODE_REQUIRE_NOT_EQUAL:
        return !healthcode_require_equals(rule, item);

    case HEALTHCODE_REQUIRE_MATCH:
        return healthcode_require_matches(rule, item);

    case HEALTHCODE_REQUIRE_UNKNOWN:
        break;
    }

    return false;
}


static bool
healthcode_require_has_void(const healthcode_require_t *rule)
{
    for (size_t i = 0; i < rule->nvalues; i++) {
        if (rule->values[i].is_void) {
            return true;
        }
    }

    return false;
}


static bool
healthcode_require_equals(const healthcode_require_t *rule, yyjson_val *item)
{
    for (size_t i = 0; i < rule->nvalues; i++) {
        if (healthcode_require_is_value(item, &rule->values[i])) {
            return true;
        }
    }

    return false;
}


static bool
healthcode_require_is_value(yyjson_val *item,
    const healthcode_require_value_t *value)
{
    yyjson_val        number = value->number;
    healthcode_str_t  text;

    if (value->is_void) {
        return false;
    }

    if (yyjson_is_num(item)) {
        return healthcode_json_same_number(item, &number);
    }

    if (yyjson_is_bool(item)) {
        text = yyjson_get_bool(item) ? healthcode_str("true")
                                     : healthcode_str("false");
    } else {
        text = healthcode_json_text(item);
    }

    return healthcode_str_equal(text, value->text);
}


static bool
healthcode_require_matches(const healthcode_require_t *rule, yyjson_val *item)
{
    healthcode_str_t     text;
    alignas(16) uint8_t  memory[HEALTHCODE_JSON_SCALAR_MEMORY];

    if (yyjson_is_str(item)) {
        text = healthcode_json_text(item);

    } else if (!yyjson_is_int(item)
               || !healthcode_json_write(item, memory, sizeof(memory), &text))
    {
        return false;
    }

    return healthcode_pattern_search(rule->pattern, text)
           == HEALTHCODE_PATTERN_MATCH;
}
