/*
 * What a body says that it is: a form, JSON, or something else.
 * Knows no: nginx, token, request.  docs/request-path.md, "Bodies".
 */

#include "healthcode_body.h"


static healthcode_str_t healthcode_body_media(healthcode_str_t content_type);


healthcode_body_e
healthcode_body_type(healthcode_str_t content_type)
{
    size_t             i;
    healthcode_str_t   type, suffix = healthcode_str("+json");
    static const struct {
        const char         *name;
        healthcode_body_e   type;
    } names[] = {
        { "application/x-www-form-urlencoded", HEALTHCODE_BODY_FORM },
        { "application/json", HEALTHCODE_BODY_JSON },
        { "text/json", HEALTHCODE_BODY_JSON },
        { "text/plain", HEALTHCODE_BODY_JSON },
    };

    type = healthcode_body_media(content_type);

    if (type.len == 0) {
        return HEALTHCODE_BODY_UNTYPED;
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (healthcode_str_equal_nocase(type,
                 healthcode_str_from(names[i].name, strlen(names[i].name))))
        {
            return names[i].type;
        }
    }

    if (type.len > suffix.len) {
        type.data += type.len - suffix.len;
        type.len = suffix.len;

        if (healthcode_str_equal_nocase(type, suffix)) {
            return HEALTHCODE_BODY_JSON;
        }
    }

    return HEALTHCODE_BODY_OTHER;
}


static healthcode_str_t
healthcode_body_media(healthcode_str_t content_type)
{
    const uint8_t     *end;
    healthcode_str_t   type = content_type;

    end = type.len ? memchr(type.data, ';', type.len) : NULL;

    if (end != NULL) {
        type.len = (size_t) (end - type.data);
    }

    return healthcode_str_trim(type);
}


bool
healthcode_body_is_one_of(healthcode_str_t content_type,
    const healthcode_str_t *types, size_t n)
{
    healthcode_str_t  type = healthcode_body_media(content_type);

    for (size_t i = 0; i < n; i++) {
        if (healthcode_str_equal_nocase(type, types[i])) {
            return true;
        }
    }

    return false;
}


/* RFC 9110 section 8.3.1: two tokens (section 5.6.2). */
bool
healthcode_body_is_type(healthcode_str_t word)
{
    size_t  slash = 0;

    for (size_t i = 0; i < word.len; i++) {

        if (word.data[i] == '/' && slash == 0) {
            slash = i;

        } else if (word.data[i] <= ' ' || word.data[i] >= 0x7f
                   || strchr("()<>@,;:\\\"/[]?={}", word.data[i]) != NULL)
        {
            return false;
        }
    }

    return slash > 0 && slash + 1 < word.len;
}
