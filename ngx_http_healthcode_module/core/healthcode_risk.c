/*
 * Flags, regions and controls + policy -> risk.  Operators and their programs
 * wrote every value here: what cannot be read counts as set.  The time is an
 * argument.  Knows no: clock, hiredis, request.  docs/request-path.md, "Risk";
 * docs/redis-keys.md.
 */

#include "healthcode_risk.h"


#define HEALTHCODE_RISK_DIGITS_MAX  12


static bool healthcode_risk_seconds(healthcode_str_t text, int64_t *seconds);
static void healthcode_risk_add_parts(healthcode_risk_t *risk,
    const healthcode_risk_query_t *query,
    const healthcode_risk_answer_t *answer,
    const healthcode_risk_terms_t *terms, unsigned parts);
static void healthcode_risk_add_regions(healthcode_risk_t *risk,
    const healthcode_risk_query_t *query,
    const healthcode_risk_answer_t *answer,
    const healthcode_risk_terms_t *terms);
static void healthcode_risk_add_field(healthcode_risk_t *risk,
    const healthcode_risk_flag_t *field, const healthcode_risk_terms_t *terms);
static void healthcode_risk_add_name(healthcode_risk_t *risk,
    healthcode_str_t name);


static bool
healthcode_risk_seconds(healthcode_str_t text, int64_t *seconds)
{
    int64_t  n = 0;

    if (text.len == 0 || text.len > HEALTHCODE_RISK_DIGITS_MAX) {
        return false;
    }

    for (size_t i = 0; i < text.len; i++) {

        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }

        n = n * 10 + (text.data[i] - '0');
    }

    *seconds = n;

    return true;
}


int64_t
healthcode_risk_until(healthcode_str_t until)
{
    int64_t  seconds;

    if (!healthcode_risk_seconds(until, &seconds) || seconds == 0) {
        return INT64_MAX;
    }

    return seconds;
}


bool
healthcode_risk_is_active(healthcode_str_t until, int64_t now)
{
    return now < healthcode_risk_until(until);
}


void
healthcode_risk_add_flag(healthcode_risk_t *risk,
    const healthcode_risk_policy_t *policy, healthcode_str_t name,
    healthcode_str_t until, int64_t now)
{
    if (!healthcode_risk_is_active(until, now)
        || healthcode_revocation_kind(name) != HEALTHCODE_REVOCATION_IS_FLAG)
    {
        return;
    }

    healthcode_risk_add_name(risk, name);

    for (size_t i = 0; i < policy->ndeny; i++) {
        if (healthcode_str_equal(name, policy->deny[i])) {
            risk->flagged = true;
        }
    }
}


/* A name that no longer fits, or is not a plain word, is left out. */
static void
healthcode_risk_add_name(healthcode_risk_t *risk, healthcode_str_t name)
{
    size_t  comma = risk->names_len ? 1 : 0;

    if (name.len == 0
        || risk->names_len + comma + name.len > HEALTHCODE_RISK_NAMES_MAX)
    {
        return;
    }

    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] <= ' ' || name.data[i] >= 0x7f
            || strchr(",;\"\\", name.data[i]))
        {
            return;
        }
    }

    if (comma) {
        risk->names[risk->names_len++] = ',';
    }

    memcpy(risk->names + risk->names_len, name.data, name.len);
    risk->names_len += name.len;
}


unsigned
healthcode_risk_level_find(healthcode_str_t name)
{
    if (healthcode_str_equal(name, healthcode_str("low"))) {
        return HEALTHCODE_RISK_LEVEL_LOW;
    }

    if (healthcode_str_equal(name, healthcode_str("medium"))) {
        return HEALTHCODE_RISK_LEVEL_MEDIUM;
    }

    if (healthcode_str_equal(name, healthcode_str("high"))) {
        return HEALTHCODE_RISK_LEVEL_HIGH;
    }

    return 0;
}


healthcode_risk_region_t
healthcode_risk_region(healthcode_str_t value)
{
    size_t                     n;
    const uint8_t             *space;
    healthcode_risk_region_t   region = {
        HEALTHCODE_RISK_LEVEL_HIGH, INT64_MAX
    };

    space = value.len ? memchr(value.data, ' ', value.len) : NULL;

    if (space == NULL) {
        return region;
    }

    n = (size_t) (space - value.data);

    region.until = healthcode_risk_until(
                       healthcode_str_from(space + 1, value.len - n - 1));
    region.level = healthcode_risk_level_find(
                       healthcode_str_from(value.data, n));

    if (region.level == 0) {
        region.level = HEALTHCODE_RISK_LEVEL_HIGH;
    }

    return region;
}


unsigned
healthcode_risk_region_level(healthcode_str_t value, int64_t now)
{
    healthcode_risk_region_t  region = healthcode_risk_region(value);

    return (now < region.until) ? region.level : 0;
}


int64_t
healthcode_risk_before(healthcode_str_t before)
{
    int64_t  seconds;

    return healthcode_risk_seconds(before, &seconds) ? seconds : INT64_MAX;
}


int64_t
healthcode_risk_holder_before(healthcode_str_t before)
{
    int64_t  seconds = healthcode_risk_before(before);

    return seconds ? seconds : INT64_MAX;
}


bool
healthcode_risk_is_before(healthcode_str_t before, int64_t iat)
{
    return iat < healthcode_risk_before(before);
}


void
healthcode_risk_add_answer(healthcode_risk_t *risk,
    const healthcode_risk_query_t *query,
    const healthcode_risk_answer_t *answer,
    const healthcode_risk_terms_t *terms)
{
    healthcode_risk_add_parts(risk, query, answer, terms,
                              healthcode_risk_parts(query));
}


static void
healthcode_risk_add_parts(healthcode_risk_t *risk,
    const healthcode_risk_query_t *query,
    const healthcode_risk_answer_t *answer,
    const healthcode_risk_terms_t *terms, unsigned parts)
{
    if (parts & HEALTHCODE_RISK_CONTROLS) {
        risk->issuer_suspended |= (terms->now < answer->control.suspended);
        risk->key_revoked |= (terms->now < answer->control.revoked);
        risk->issued_before |= (terms->iat < answer->control.before);
    }

    if (parts & HEALTHCODE_RISK_REGIONS) {
        healthcode_risk_add_regions(risk, query, answer, terms);
    }
}


static void
healthcode_risk_add_regions(healthcode_risk_t *risk,
    const healthcode_risk_query_t *query,
    const healthcode_risk_answer_t *answer,
    const healthcode_risk_terms_t *terms)
{
    size_t                           i;
    unsigned                         level;
    healthcode_region_t              code;
    const healthcode_risk_region_t  *region = answer->regions;

    for (i = 0; i < query->nregions; i++) {
        level = 0;

        for (code = query->regions[i]; code >= 100; code /= 100, region++) {
            if (level == 0 && terms->now < region->until) {
                level = region->level;
            }
        }

        if (level & terms->policy->region_deny) {
            risk->region = true;
        }
    }
}


bool
healthcode_risk_asks_code(const healthcode_risk_reading_t *reading)
{
    if (!(reading->parts & HEALTHCODE_RISK_HOLDER)) {
        return false;
    }

    for (size_t i = 0; i < reading->nflags; i++) {
        if (healthcode_revocation_kind(reading->flags[i].name)
            == HEALTHCODE_REVOCATION_IS_CODE)
        {
            return true;
        }
    }

    return false;
}


void
healthcode_risk_add_reading(healthcode_risk_t *risk,
    const healthcode_risk_query_t *query,
    const healthcode_risk_reading_t *reading,
    const healthcode_risk_terms_t *terms)
{
    if (reading->parts & HEALTHCODE_RISK_HOLDER) {

        for (size_t i = 0; i < reading->nflags; i++) {
            healthcode_risk_add_field(risk, &reading->flags[i], terms);
        }

        risk->flagged |= reading->unreadable;
    }

    healthcode_risk_add_parts(risk, query, &reading->answer, terms,
                              reading->parts);
}


static void
healthcode_risk_add_field(healthcode_risk_t *risk,
    const healthcode_risk_flag_t *field, const healthcode_risk_terms_t *terms)
{
    switch (healthcode_revocation_kind(field->name)) {

    case HEALTHCODE_REVOCATION_IS_CODE:
        risk->code_revoked |=
            (healthcode_risk_is_active(field->until, terms->now)
             && healthcode_revocation_is_of(field->name, terms->code));
        return;

    case HEALTHCODE_REVOCATION_IS_BEFORE:
        risk->issued_before |=
            (terms->iat < healthcode_risk_holder_before(field->until));
        return;

    case HEALTHCODE_REVOCATION_IS_FLAG:
        break;
    }

    healthcode_risk_add_flag(risk, terms->policy, field->name, field->until,
                             terms->now);
}


healthcode_reason_e
healthcode_risk_reason(const healthcode_risk_t *risk)
{
    if (risk->key_revoked) {
        return HEALTHCODE_REASON_KEY_REVOKED;
    }

    if (risk->issuer_suspended) {
        return HEALTHCODE_REASON_ISSUER_SUSPENDED;
    }

    if (risk->code_revoked) {
        return HEALTHCODE_REASON_CODE_REVOKED;
    }

    if (risk->issued_before) {
        return HEALTHCODE_REASON_ISSUED_BEFORE;
    }

    if (risk->flagged) {
        return HEALTHCODE_REASON_FLAGGED;
    }

    if (risk->region) {
        return HEALTHCODE_REASON_REGION;
    }

    return HEALTHCODE_REASON_OK;
}
