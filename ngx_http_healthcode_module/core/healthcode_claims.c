/*
 * The payload of a code (RFC 7519 section 4.1), read.  Judges nothing but its
 * form: healthcode_claims_check.c has the rules.  Knows no: clock, signature,
 * request.  docs/token-format.md, "Claims".
 */

#include <stdio.h>

#include "healthcode_claims.h"
#include "healthcode_text.h"


static void healthcode_claims_of_rfc(healthcode_claims_t *claims,
    healthcode_claims_faults_t *faults);
static void healthcode_claims_subject(healthcode_claims_t *claims,
    const healthcode_claims_names_t *names, char *digits,
    healthcode_claims_faults_t *faults);
static void healthcode_claims_kind(healthcode_claims_t *claims,
    const healthcode_claims_names_t *names, char *digits,
    healthcode_claims_faults_t *faults);
static bool healthcode_claims_digits(yyjson_val *value, char *digits,
    healthcode_str_t *text);
static void healthcode_claims_status(healthcode_claims_t *claims,
    const healthcode_claims_names_t *names, healthcode_claims_faults_t *faults);
static yyjson_val *healthcode_claims_member(yyjson_val *object,
    healthcode_str_t name);
static void healthcode_claims_note(healthcode_claims_faults_t *faults,
    healthcode_str_t claim, const char *what);
static const char *healthcode_claims_name(yyjson_val *value,
    healthcode_str_t *text);
static const char *healthcode_claims_time(yyjson_val *object, const char *name,
    int64_t *seconds);
static const char *healthcode_claims_audience(healthcode_claims_t *claims);
static const char *healthcode_claims_regions(healthcode_claims_t *claims,
    const healthcode_claims_names_t *names);
static bool healthcode_claims_is_meant(yyjson_val *member,
    healthcode_str_t name);


const healthcode_claims_names_t *
healthcode_claims_usual(void)
{
    static const healthcode_str_t  sub = { (const uint8_t *) "sub", 3 };
    static const healthcode_str_t  normal = { (const uint8_t *) "normal", 6 };

    static const healthcode_claims_names_t  names = {
        .subjects = &sub,
        .nsubjects = 1,
        .status = { (const uint8_t *) "status", 6 },
        .normal = &normal,
        .nnormal = 1,
        .regions = { (const uint8_t *) "regions", 7 }
    };

    return &names;
}


healthcode_reason_e
healthcode_claims_parse(healthcode_str_t payload,
    healthcode_claims_memory_t *memory, const healthcode_claims_names_t *names,
    healthcode_claims_t *claims, healthcode_claims_faults_t *faults)
{
    healthcode_str_t  iss;

    return healthcode_claims_read(healthcode_claims_open(payload, memory, &iss),
                                  memory, names, claims, faults);
}


yyjson_val *
healthcode_claims_open(healthcode_str_t payload,
    healthcode_claims_memory_t *memory, healthcode_str_t *iss)
{
    yyjson_val  *object;

    object = healthcode_json_read(payload, memory->json, sizeof(memory->json));
    *iss = healthcode_json_text(yyjson_obj_get(object, "iss"));

    return object;
}


healthcode_reason_e
healthcode_claims_read(yyjson_val *object, healthcode_claims_memory_t *memory,
    const healthcode_claims_names_t *names, healthcode_claims_t *claims,
    healthcode_claims_faults_t *faults)
{
    healthcode_claims_t         c;
    healthcode_claims_faults_t  f;

    memset(&c, 0, offsetof(healthcode_claims_t, regions));

    c.object = object;
    c.cnf = yyjson_obj_get(object, "cnf");
    f.n = 0;

    if (yyjson_is_null(c.cnf)) {
        c.cnf = NULL;
    }

    if (object) {
        healthcode_claims_note(&f, healthcode_str("iss"),
                               healthcode_claims_name(yyjson_obj_get(object,
                                                                     "iss"),
                                                      &c.iss));
        healthcode_claims_subject(&c, names, memory->digits, &f);
        healthcode_claims_kind(&c, names, memory->kind_digits, &f);
        healthcode_claims_of_rfc(&c, &f);
        healthcode_claims_status(&c, names, &f);
        healthcode_claims_note(&f, names->regions,
                               healthcode_claims_regions(&c, names));

    } else {
        healthcode_claims_note(&f, healthcode_str("payload"),
                               "is not a strict JSON object");
    }

    if (f.n) {
        *faults = f;
        return HEALTHCODE_REASON_MALFORMED;
    }

    memcpy(claims, &c, offsetof(healthcode_claims_t, regions)
                       + c.nregions * sizeof(healthcode_region_t));

    return HEALTHCODE_REASON_OK;
}


/* The claims that RFC 7519 names, except the issuer and the subject. */
static void
healthcode_claims_of_rfc(healthcode_claims_t *claims,
    healthcode_claims_faults_t *faults)
{
    yyjson_val  *object = claims->object;

    healthcode_claims_note(faults, healthcode_str("iat"),
                           healthcode_claims_time(object, "iat",
                                                  &claims->iat));
    healthcode_claims_note(faults, healthcode_str("exp"),
                           healthcode_claims_time(object, "exp",
                                                  &claims->exp));

    if (!yyjson_is_null(yyjson_obj_get(object, "nbf"))
        && yyjson_obj_get(object, "nbf"))
    {
        healthcode_claims_note(faults, healthcode_str("nbf"),
                               healthcode_claims_time(object, "nbf",
                                                      &claims->nbf));
    }

    if (!yyjson_is_null(yyjson_obj_get(object, "jti"))
        && healthcode_json_string(object, "jti", &claims->jti) < 0)
    {
        healthcode_claims_note(faults, healthcode_str("jti"),
                               "is not a string");
    }

    healthcode_claims_note(faults, healthcode_str("aud"),
                           healthcode_claims_audience(claims));
}


/*
 * Of several the first that is there counts, even if it is null or no text:
 * else whoever can spoil one claim would be another holder.
 */
static void
healthcode_claims_subject(healthcode_claims_t *claims,
    const healthcode_claims_names_t *names, char *digits,
    healthcode_claims_faults_t *faults)
{
    size_t       i = 0;
    yyjson_val  *value = NULL;
    const char  *what;

    while (i < names->nsubjects
           && (value = healthcode_claims_member(claims->object,
                                                names->subjects[i])) == NULL)
    {
        i++;
    }

    what = healthcode_claims_name(value, &claims->sub);

    if (what && names->subject_digits
        && healthcode_claims_digits(value, digits, &claims->sub))
    {
        return;
    }

    if (value && names->subject_digits && !yyjson_is_str(value)) {
        what = "is neither a string nor an integer from 0 to "
               "9223372036854775807";
    }

    healthcode_claims_note(faults,
                           names->subjects[value ? i : 0], what);
}


/* Without its kind nobody knows whose number a subject is: none is guessed. */
static void
healthcode_claims_kind(healthcode_claims_t *claims,
    const healthcode_claims_names_t *names, char *digits,
    healthcode_claims_faults_t *faults)
{
    yyjson_val  *value;
    const char  *what;

    if (names->kind.data == NULL) {
        return;
    }

    value = healthcode_claims_member(claims->object, names->kind);
    what = healthcode_claims_name(value, &claims->kind);

    if (what && healthcode_claims_digits(value, digits, &claims->kind)) {
        return;
    }

    healthcode_claims_note(faults, names->kind,
                           what ? what
                                : healthcode_claims_kind_fault(claims->kind));
}


const char *
healthcode_claims_kind_fault(healthcode_str_t kind)
{
    size_t            len;
    healthcode_str_t  rest = kind;

    if (kind.len == 0) {
        return "is empty";
    }

    if (kind.len > HEALTHCODE_CLAIMS_KIND_MAX) {
        return "has more than 64 bytes";
    }

    while (rest.len) {

        if (healthcode_text_first(rest, &len) != HEALTHCODE_TEXT_SHOWN
            || rest.data[0] == ':')
        {
            return "has a \":\", a blank or a character that is not seen";
        }

        rest = healthcode_str_from(rest.data + len, rest.len - len);
    }

    return NULL;
}


/* An integer of 0 on, as its digits.  False, and nothing written: another. */
static bool
healthcode_claims_digits(yyjson_val *value, char *digits,
    healthcode_str_t *text)
{
    int64_t  number;

    if (!healthcode_json_whole(value, &number) || number < 0) {
        return false;
    }

    *text = healthcode_str_from(digits,
                                (size_t) snprintf(digits,
                                                  HEALTHCODE_CLAIMS_DIGITS_MAX,
                                                  "%lld", (long long) number));

    return true;
}


static void
healthcode_claims_status(healthcode_claims_t *claims,
    const healthcode_claims_names_t *names, healthcode_claims_faults_t *faults)
{
    yyjson_val  *value = NULL;

    if (names->status.data) {
        value = healthcode_claims_member(claims->object, names->status);
    }

    claims->status = healthcode_json_text(value);
    claims->is_normal = (value == NULL);
    claims->is_foreign = yyjson_is_obj(value);

    if (value && !yyjson_is_str(value) && !claims->is_foreign) {
        healthcode_claims_note(faults, names->status, "is not a string");
    }

    for (size_t i = 0; claims->status.data && i < names->nnormal; i++) {
        if (healthcode_str_equal(claims->status, names->normal[i])) {
            claims->is_normal = true;
        }
    }
}


static yyjson_val *
healthcode_claims_member(yyjson_val *object, healthcode_str_t name)
{
    return yyjson_obj_getn(object, (const char *) name.data, name.len);
}


/* what is NULL: there is nothing to note. */
static void
healthcode_claims_note(healthcode_claims_faults_t *faults,
    healthcode_str_t claim, const char *what)
{
    if (what) {
        faults->faults[faults->n].claim = claim;
        faults->faults[faults->n].what = what;
        faults->n++;
    }
}


/* These return what is wrong; NULL: nothing, and the value is written. */

static const char *
healthcode_claims_name(yyjson_val *value, healthcode_str_t *text)
{
    if (value == NULL) {
        return "is missing";
    }

    if (!yyjson_is_str(value)) {
        return "is not a string";
    }

    *text = healthcode_json_text(value);

    return text->len ? NULL : "is empty";
}


static const char *
healthcode_claims_time(yyjson_val *object, const char *name, int64_t *seconds)
{
    int64_t      number;
    yyjson_val  *value = yyjson_obj_get(object, name);

    switch (healthcode_json_integer(object, name, 0, HEALTHCODE_CLAIMS_TIME_MAX,
                                    seconds))
    {
    case 1:
        return NULL;

    case 0:
        return "is missing";

    default:
        break;
    }

    if (!yyjson_is_num(value)) {
        return yyjson_is_str(value)
               ? "is a string; a number of Unix seconds has no quotes"
               : "is not a number of Unix seconds";
    }

    number = 0;

    if (yyjson_is_real(value) && !healthcode_json_integral(value, &number)
        && yyjson_get_real(value) > 0
        && yyjson_get_real(value) < (double) HEALTHCODE_CLAIMS_TIME_MAX)
    {
        return "has a fraction; only whole Unix seconds are accepted";
    }

    return "is out of range: it is of Unix seconds, not of milliseconds, from "
           "0 on";
}


static const char *
healthcode_claims_audience(healthcode_claims_t *claims)
{
    size_t       i, n;
    yyjson_val  *item, *aud = yyjson_obj_get(claims->object, "aud");

    if (aud == NULL || yyjson_is_null(aud)) {
        return NULL;
    }

    if (!yyjson_is_str(aud) && !yyjson_is_arr(aud)) {
        return "is neither a string nor an array of strings";
    }

    yyjson_arr_foreach(aud, i, n, item) {
        if (!yyjson_is_str(item)) {
            return "has a member that is not a string";
        }
    }

    claims->aud = aud;

    return NULL;
}


static const char *
healthcode_claims_regions(healthcode_claims_t *claims,
    const healthcode_claims_names_t *names)
{
    size_t                i, n;
    yyjson_val           *item, *regions;
    healthcode_region_t   region;

    regions = healthcode_claims_member(claims->object, names->regions);

    if (regions == NULL) {
        return NULL;
    }

    if (!yyjson_is_arr(regions)) {
        return "is not an array of division codes";
    }

    if (yyjson_arr_size(regions) > HEALTHCODE_CLAIMS_REGIONS_MAX) {
        return "has more than 64 members";
    }

    yyjson_arr_foreach(regions, i, n, item) {

        region = healthcode_region_parse(healthcode_json_text(item));

        if (region == 0) {
            return "has a member that is not a division code: 2, 4 or 6 digits "
                   "in quotes";
        }

        claims->regions[claims->nregions++] = region;
    }

    return NULL;
}


yyjson_val *
healthcode_claims_find(yyjson_val *object, healthcode_str_t name)
{
    yyjson_val       *member, *found;
    yyjson_obj_iter   iter = yyjson_obj_iter_with(object);

    found = yyjson_obj_getn(object, (const char *) name.data, name.len);

    if (found != NULL) {
        return found;
    }

    while ((member = yyjson_obj_iter_next(&iter)) != NULL) {

        if (!healthcode_claims_is_meant(member, name)) {
            continue;
        }

        if (found != NULL) {
            return NULL;
        }

        found = yyjson_obj_iter_get_val(member);
    }

    return found;
}


static bool
healthcode_claims_is_meant(yyjson_val *member, healthcode_str_t name)
{
    uint8_t           byte;
    healthcode_str_t  text = healthcode_json_text(member);

    if (text.len != name.len) {
        return false;
    }

    for (size_t i = 0; i < name.len; i++) {

        byte = text.data[i];

        if (byte >= 'A' && byte <= 'Z') {
            byte |= 0x20;

        } else if ((byte < 'a' || byte > 'z') && (byte < '0' || byte > '9')) {
            byte = '_';
        }

        if (byte != name.data[i]) {
            return false;
        }
    }

    return true;
}


bool
healthcode_claims_text(yyjson_val *value, void *memory, size_t size,
    healthcode_str_t *text)
{
    healthcode_str_t  t;

    if (value == NULL || yyjson_is_null(value)) {
        return false;
    }

    if (yyjson_is_str(value)) {
        t = healthcode_json_text(value);

    } else if (!healthcode_json_write(value, memory, size, &t)) {
        return false;
    }

    for (size_t i = 0; i < t.len; i++) {
        if (t.data[i] < 0x20 || t.data[i] == 0x7f) {
            return false;
        }
    }

    *text = t;

    return true;
}
