/*
 * Fuzzes healthcode_risk.c: a name on the first line, a value after it.  What
 * cannot be read is active by another reckoning, and names stay plain.
 * docs/redis-keys.md; docs/request-path.md, "Risk".
 */

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/core/healthcode_risk.h"


#define NOW  1700000000


/* The number, or -1 where it cannot be read. */
static int64_t
seconds(healthcode_str_t value)
{
    char  text[16];

    if (value.len == 0 || value.len > 12) {
        return -1;
    }

    memcpy(text, value.data, value.len);
    text[value.len] = '\0';

    return (strspn(text, "0123456789") == value.len)
           ? strtoll(text, NULL, 10) : -1;
}


static bool
is_active(healthcode_str_t value)
{
    int64_t  n = seconds(value);

    return n <= 0 || n > NOW;
}


/* Names that revoke codes, which no flag can have. */
static bool
is_flag(healthcode_str_t name)
{
    return !(name.len == 6 && memcmp(name.data, "before", 6) == 0)
           && !(name.len >= 5 && memcmp(name.data, "code:", 5) == 0);
}


/* The same field in a holder's hash, for a code of NOW whose digest is 0. */
static void
check_field(healthcode_str_t name, healthcode_str_t value)
{
    size_t                          digits = 5;    /* behind "code:" */
    healthcode_risk_t               risk;
    const healthcode_risk_query_t   query = { .nregions = 0 };
    const healthcode_risk_policy_t  policy = { .deny = &name, .ndeny = 1 };
    healthcode_revocation_names_t   names;
    healthcode_risk_terms_t         terms = {
        .policy = &policy, .iat = NOW, .now = NOW, .code = &names
    };
    static healthcode_risk_reading_t  reading = {
        .parts = HEALTHCODE_RISK_HOLDER, .nflags = 1
    };

    memset(&names, 0, sizeof(names));
    names.has_jti = true;
    memset(names.jti, 0xff, sizeof(names.jti));

    reading.flags[0].name = name;
    reading.flags[0].until = value;

    while (digits < name.len && digits < 37 && name.data[digits]
           && strchr("0123456789abcdef", name.data[digits]))
    {
        digits++;
    }

    healthcode_risk_clear(&risk);
    healthcode_risk_add_reading(&risk, &query, &reading, &terms);

    fuzz_must(risk.flagged == (is_flag(name) && is_active(value)));
    fuzz_must(healthcode_risk_asks_code(&reading)
              == (!is_flag(name) && name.data[0] == 'c'));
    fuzz_must(risk.issued_before
              == (!is_flag(name) && name.data[0] == 'b' && is_active(value)));

    if (is_flag(name) || name.data[0] == 'b') {
        fuzz_must(!risk.code_revoked);
        return;
    }

    /* a digest that can be read is of this code, or of another one */
    if (digits != 37 || name.len != 37) {
        fuzz_must(risk.code_revoked == is_active(value));
    } else {
        fuzz_must(risk.code_revoked
                  == (is_active(value)
                      && (memcmp(name.data + 5,
                                 "00000000000000000000000000000000", 32) == 0
                          || memcmp(name.data + 5,
                                    "ffffffffffffffffffffffffffffffff", 32)
                             == 0)));
    }

    terms.code = NULL;
    healthcode_risk_clear(&risk);
    healthcode_risk_add_reading(&risk, &query, &reading, &terms);
    fuzz_must(risk.code_revoked == is_active(value));
}


static void
check_flag(healthcode_str_t name, healthcode_str_t value)
{
    healthcode_str_t          deny[] = { healthcode_str("confirmed"), name };
    healthcode_risk_t        *risk;
    healthcode_risk_policy_t  policy = { .deny = deny, .ndeny = 2 };

    risk = (healthcode_risk_t *) (void *)
           guard_room(2, (sizeof(healthcode_risk_t) + 15) / 16 * 16);
    memset(risk, 0, sizeof(healthcode_risk_t));

    for (int i = 0; i < 40; i++) {
        healthcode_risk_add_flag(risk, &policy, name, value, NOW);
    }

    fuzz_must(risk->flagged == (is_flag(name) && is_active(value)));
    fuzz_must(risk->names_len <= HEALTHCODE_RISK_NAMES_MAX);
    fuzz_must(risk->names_len == 0 || is_active(value));

    for (size_t i = 0; i < risk->names_len; i++) {
        fuzz_must(risk->names[i] > ' ' && risk->names[i] < 0x7f);
    }

    policy.ndeny = 1;
    memset(risk, 0, sizeof(healthcode_risk_t));
    healthcode_risk_add_flag(risk, &policy, name, value, NOW);
    fuzz_must(risk->flagged == (is_active(value) && name.len == 9
                                && memcmp(name.data, "confirmed", 9) == 0));
    fuzz_must(healthcode_risk_reason(risk)
              == (risk->flagged ? HEALTHCODE_REASON_FLAGGED
                                : HEALTHCODE_REASON_OK));
}


static void
check_region(healthcode_str_t value)
{
    unsigned         level = healthcode_risk_region_level(value, NOW), named;
    const uint8_t   *space = value.len ? memchr(value.data, ' ', value.len)
                                       : NULL;
    healthcode_str_t  head, tail;

    if (space == NULL) {
        fuzz_must(level == HEALTHCODE_RISK_LEVEL_HIGH);
        return;
    }

    head = healthcode_str_from(value.data, (size_t) (space - value.data));
    tail = healthcode_str_from(space + 1, value.len - head.len - 1);
    named = healthcode_risk_level_find(head);

    if (!is_active(tail)) {
        fuzz_must(level == 0);
    } else {
        fuzz_must(level == (named ? named : HEALTHCODE_RISK_LEVEL_HIGH));
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t           n;
    healthcode_str_t  name, value;

    if (size > 4096) {
        return 0;
    }

    name = fuzz_line(&data, &size);
    name = guard(0, name.data, name.len);
    value = guard(1, data, size);
    n = seconds(value);

    fuzz_must(healthcode_risk_is_active(value, NOW) == is_active(value));
    fuzz_must(healthcode_risk_is_before(value, NOW) == (n < 0 || NOW < n));
    check_flag(name, value);
    check_field(name, value);
    check_region(value);

    return 0;
}
