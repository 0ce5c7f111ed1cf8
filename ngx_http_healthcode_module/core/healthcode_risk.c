/*
 * Flags, regions and controls + policy -> risk.  Every value here was written
 * by an operator or a program of theirs: what cannot be read counts as set.
 * Knows no Redis and no clock: the time is given.
 * docs/request-path.md, "Risk"; docs/redis-keys.md.
 */

#include "healthcode_risk.h"


#define HEALTHCODE_RISK_DIGITS_MAX  12


static bool healthcode_risk_seconds(healthcode_str_t text, int64_t *seconds);
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


bool
healthcode_risk_is_active(healthcode_str_t until, int64_t now)
{
    int64_t  seconds;

    if (!healthcode_risk_seconds(until, &seconds)) {
        return true;
    }

    return seconds == 0 || now < seconds;
}


void
healthcode_risk_add_flag(healthcode_risk_t *risk,
    const healthcode_risk_policy_t *policy, healthcode_str_t name,
    healthcode_str_t until, int64_t now)
{
    if (!healthcode_risk_is_active(until, now)) {
        return;
    }

    healthcode_risk_add_name(risk, name);

    for (size_t i = 0; i < policy->ndeny; i++) {
        if (healthcode_str_equal(name, policy->deny[i])) {
            risk->flagged = true;
        }
    }
}


/* A name that no longer fits, or is no plain word, is left out. */
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


unsigned
healthcode_risk_region_level(healthcode_str_t value, int64_t now)
{
    size_t            n;
    unsigned          level;
    const uint8_t    *space;
    healthcode_str_t  until;

    space = value.len ? memchr(value.data, ' ', value.len) : NULL;

    if (space == NULL) {
        return HEALTHCODE_RISK_LEVEL_HIGH;
    }

    n = (size_t) (space - value.data);
    until = healthcode_str_from(space + 1, value.len - n - 1);

    if (!healthcode_risk_is_active(until, now)) {
        return 0;
    }

    level = healthcode_risk_level_find(healthcode_str_from(value.data, n));

    return level ? level : HEALTHCODE_RISK_LEVEL_HIGH;
}


bool
healthcode_risk_is_before(healthcode_str_t before, int64_t iat)
{
    int64_t  seconds;

    if (!healthcode_risk_seconds(before, &seconds)) {
        return true;
    }

    return iat < seconds;
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
