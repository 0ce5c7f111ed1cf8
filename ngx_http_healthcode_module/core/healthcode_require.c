/*
 * The rules of a location about claims of its own choice.  Knows no: signature,
 * configuration, request.  docs/token-format.md, "Claim rules".
 */

#include <stdalign.h>

#include "healthcode_require.h"


static bool healthcode_require_holds(const healthcode_require_t *rule,
    yyjson_val *object);
static bool healthcode_require_is_among(const healthcode_require_t *rule,
    healthcode_str_t text);
static yyjson_val *healthcode_require_find(healthcode_str_t claim,
    yyjson_val *object);
static bool healthcode_require_fits(const healthcode_require_t *rule,
    yyjson_val *item);
static bool healthcode_require_has_void(const healthcode_require_t *rule);
static bool healthcode_require_equals(const healthcode_require_t *rule,
    yyjson_val *item);
static bool healthcode_require_is_value(yyjson_val *item,
    const healthcode_require_value_t *value);
static bool healthcode_require_orders(const healthcode_require_t *rule,
    yyjson_val *item);
static bool healthcode_require_matches(const healthcode_require_t *rule,
    yyjson_val *item);
static bool healthcode_require_finds(const healthcode_require_t *rule,
    healthcode_str_t text);


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
        { { (const uint8_t *) "<", 1 }, HEALTHCODE_REQUIRE_LESS },
        { { (const uint8_t *) "<=", 2 }, HEALTHCODE_REQUIRE_AT_MOST },
        { { (const uint8_t *) ">", 1 }, HEALTHCODE_REQUIRE_GREATER },
        { { (const uint8_t *) ">=", 2 }, HEALTHCODE_REQUIRE_AT_LEAST },
    };

    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (healthcode_str_equal(word, operators[i].word)) {
            return operators[i].operator;
        }
    }

    return HEALTHCODE_REQUIRE_UNKNOWN;
}


bool
healthcode_require_is_order(healthcode_require_e operator)
{
    return operator == HEALTHCODE_REQUIRE_LESS
           || operator == HEALTHCODE_REQUIRE_AT_MOST
           || operator == HEALTHCODE_REQUIRE_GREATER
           || operator == HEALTHCODE_REQUIRE_AT_LEAST;
}


bool
healthcode_require_is_claim(healthcode_str_t claim)
{
    return claim.len
           && (claim.data[0] != '/' || healthcode_json_is_pointer(claim));
}


void
healthcode_require_value(healthcode_str_t text,
    healthcode_require_value_t *value)
{
    memset(value, 0, sizeof(healthcode_require_value_t));

    value->text = text;
    (void) healthcode_json_number(text, &value->number);
}


bool
healthcode_require_is_number(const healthcode_require_value_t *value)
{
    yyjson_val  number = value->number;

    return yyjson_is_num(&number);
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

    claim = healthcode_require_find(rule->claim, object);

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


bool
healthcode_require_holds_for(const healthcode_require_t *rule,
    healthcode_str_t text)
{
    yyjson_val  number;

    if (text.len == 0) {
        return false;
    }

    if (healthcode_require_is_order(rule->operator)) {
        return healthcode_json_number(text, &number)
               && healthcode_require_orders(rule, &number);
    }

    switch (rule->operator) {

    case HEALTHCODE_REQUIRE_EQUAL:
        return healthcode_require_is_among(rule, text);

    case HEALTHCODE_REQUIRE_NOT_EQUAL:
        return !healthcode_require_has_void(rule)
               && !healthcode_require_is_among(rule, text);

    case HEALTHCODE_REQUIRE_MATCH:
        return healthcode_require_finds(rule, text);

    default:
        return false;
    }
}


static bool
healthcode_require_is_among(const healthcode_require_t *rule,
    healthcode_str_t text)
{
    for (size_t i = 0; i < rule->nvalues; i++) {
        if (!rule->values[i].is_void
            && healthcode_str_equal(rule->values[i].text, text))
        {
            return true;
        }
    }

    return false;
}


static yyjson_val *
healthcode_require_find(healthcode_str_t claim, yyjson_val *object)
{
    if (claim.len && claim.data[0] == '/') {
        return healthcode_json_at(object, claim);
    }

    return yyjson_obj_getn(object, (const char *) claim.data, claim.len);
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

    case HEALTHCODE_REQUIRE_LESS:
    case HEALTHCODE_REQUIRE_AT_MOST:
    case HEALTHCODE_REQUIRE_GREATER:
    case HEALTHCODE_REQUIRE_AT_LEAST:
        return healthcode_require_orders(rule, item);

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
    int               order;
    yyjson_val        number = value->number;
    healthcode_str_t  text;

    if (value->is_void) {
        return false;
    }

    if (yyjson_is_num(item)) {
        return healthcode_json_compare(item, &number, &order) && order == 0;
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
healthcode_require_orders(const healthcode_require_t *rule, yyjson_val *item)
{
    int         order;
    yyjson_val  number;

    if (rule->nvalues != 1 || rule->values[0].is_void) {
        return false;
    }

    number = rule->values[0].number;

    if (!healthcode_json_compare(item, &number, &order)) {
        return false;
    }

    switch (rule->operator) {

    case HEALTHCODE_REQUIRE_LESS:
        return order < 0;

    case HEALTHCODE_REQUIRE_AT_MOST:
        return order <= 0;

    case HEALTHCODE_REQUIRE_GREATER:
        return order > 0;

    case HEALTHCODE_REQUIRE_AT_LEAST:
        return order >= 0;

    default:
        return false;
    }
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

    return healthcode_require_finds(rule, text);
}


static bool
healthcode_require_finds(const healthcode_require_t *rule,
    healthcode_str_t text)
{
    return healthcode_pattern_search(rule->pattern, text)
           == HEALTHCODE_PATTERN_MATCH;
}
