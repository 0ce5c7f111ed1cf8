/*
 * Private keys in texts of keys, where only public ones belong.  Knows
 * no: token, claims, file.  docs/token-format.md, "Keys".
 */

#include "healthcode_keyring_private.h"


/* RFC 7518 section 6.3.2: who has one of these of an RSA key has all of it. */
static const char  *const healthcode_keyring_private[] = {
    "d", "p", "q", "dp", "dq", "qi",
};

const char  healthcode_keyring_bad_kid[] =
    "a \"kid\" is not a string, or has control characters";

#define HEALTHCODE_KEYRING_PRIVATE                                            \
    (sizeof(healthcode_keyring_private) / sizeof(healthcode_keyring_private[0]))


static size_t healthcode_keyring_private_block(healthcode_str_t text);
static bool healthcode_keyring_has_private(yyjson_val *jwk);
static bool healthcode_keyring_is_member(healthcode_str_t text);
static bool healthcode_keyring_is_null(healthcode_str_t text);
static size_t healthcode_keyring_spells(healthcode_str_t text,
    const char *name);
static size_t healthcode_keyring_letter(healthcode_str_t text, char letter);
static healthcode_str_t healthcode_keyring_behind(healthcode_str_t text,
    size_t n);


bool
healthcode_keyring_blocks_are_public(healthcode_keyring_t *keyring)
{
    size_t  offset = healthcode_keyring_private_block(keyring->text);

    return offset == HEALTHCODE_KEYRING_NOWHERE
           || healthcode_keyring_refuse(keyring, offset, NULL, "it is a "
                                        "private key; write only its public "
                                        "half here");
}


/*
 * The offset of the first PEM block of a private key, whole or not, even in a
 * string of JSON: its first line is enough.  HEALTHCODE_KEYRING_NOWHERE: there
 * is no such block.
 */
static size_t
healthcode_keyring_private_block(healthcode_str_t text)
{
    size_t            i;
    healthcode_str_t  left = text;
    healthcode_str_t  begin = healthcode_str("-----BEGIN");
    healthcode_str_t  name = healthcode_str("PRIVATE KEY");

    while (left.len >= begin.len + name.len) {

        if (memcmp(left.data, begin.data, begin.len) == 0) {

            for (i = begin.len;
                 i + name.len <= left.len && !memchr("-\n", left.data[i], 2);
                 i++)
            {
                if (memcmp(left.data + i, name.data, name.len) == 0) {
                    return text.len - left.len;
                }
            }
        }

        left = healthcode_str_from(left.data + 1, left.len - 1);
    }

    return HEALTHCODE_KEYRING_NOWHERE;
}


/* yyjson lays all values in one array, so that a plain loop sees each. */
bool
healthcode_keyring_objects_are_public(healthcode_keyring_t *keyring,
    yyjson_val *root)
{
    yyjson_val  *value, *end = unsafe_yyjson_get_next(root);

    for (value = root; value < end; value++) {
        if (yyjson_obj_get(value, "kty")
            && !healthcode_keyring_object_is_public(keyring, root, value))
        {
            return false;
        }
    }

    return true;
}


bool
healthcode_keyring_object_is_public(healthcode_keyring_t *keyring,
    yyjson_val *root, yyjson_val *object)
{
    const char  *kid;

    if (!healthcode_keyring_has_private(object)) {
        return true;
    }

    kid = (const char *) healthcode_json_text(yyjson_obj_get(object,
                                                             "kid")).data;

    if (kid == NULL || !healthcode_keyring_is_printable(kid)) {
        kid = "without kid";
    }

    return healthcode_keyring_refuse(keyring,
                                     healthcode_json_offset(keyring->text,
                                                            root, object),
                                     kid, "it is a private key; write only "
                                     "its public members here");
}


static bool
healthcode_keyring_has_private(yyjson_val *jwk)
{
    yyjson_val  *member;

    for (size_t i = 0; i < HEALTHCODE_KEYRING_PRIVATE; i++) {
        member = yyjson_obj_get(jwk, healthcode_keyring_private[i]);

        if (member && !yyjson_is_null(member)) {
            return true;
        }
    }

    return false;
}


bool
healthcode_keyring_names_are_public(healthcode_keyring_t *keyring)
{
    healthcode_str_t  text = keyring->text;

    for (size_t i = 0; i < text.len; i++) {
        if (healthcode_keyring_is_member(healthcode_keyring_behind(text, i))) {
            return healthcode_keyring_refuse(keyring, i, NULL, "it is a "
                                             "private key; write only its "
                                             "public members here");
        }
    }

    return true;
}


/*
 * Whether text begins with such a name, in quotes, and its colon, and what
 * follows is not null.
 */
static bool
healthcode_keyring_is_member(healthcode_str_t text)
{
    size_t   at, name;

    if (text.len == 0 || text.data[0] != '"') {
        return false;
    }

    for (name = 0; name < HEALTHCODE_KEYRING_PRIVATE; name++) {
        at = 1 + healthcode_keyring_spells(healthcode_keyring_behind(text, 1),
                                           healthcode_keyring_private[name]);

        if (at > 1 && at < text.len && text.data[at] == '"') {
            break;
        }
    }

    if (name == HEALTHCODE_KEYRING_PRIVATE) {
        return false;
    }

    do {
        at++;
    } while (at < text.len && memchr(" \t\r\n", text.data[at], 4));

    return at < text.len && text.data[at] == ':'
           && !healthcode_keyring_is_null(healthcode_keyring_behind(text,
                                                                    at + 1));
}


static bool
healthcode_keyring_is_null(healthcode_str_t text)
{
    while (text.len && memchr(" \t\r\n", text.data[0], 4)) {
        text = healthcode_keyring_behind(text, 1);
    }

    return text.len > 4 && memcmp(text.data, "null", 4) == 0
           && memchr(" \t\r\n,}", text.data[4], 6);
}


/*
 * How many bytes at the start of text, the inside of a string of JSON, spell
 * name, whose letters are ASCII; 0: they spell something else.
 */
static size_t
healthcode_keyring_spells(healthcode_str_t text, const char *name)
{
    size_t  len, at = 0;

    for ( /* void */ ; *name; name++) {
        len = healthcode_keyring_letter(healthcode_keyring_behind(text, at),
                                        *name);

        if (len == 0) {
            return 0;
        }

        at += len;
    }

    return at;
}


/*
 * The length of letter at the start of text, as it is or as an escape (RFC 8259
 * section 7); 0: something else stands there.  No letter of these names has a
 * digit above 9 in its escape, so that there is one spelling of it.
 */
static size_t
healthcode_keyring_letter(healthcode_str_t text, char letter)
{
    char  escape[6] = "\\u00";

    if (text.len && text.data[0] == (uint8_t) letter) {
        return 1;
    }

    escape[4] = (char) ('0' + (letter >> 4));
    escape[5] = (char) ('0' + (letter & 0x0f));

    return (text.len >= sizeof(escape)
            && memcmp(text.data, escape, sizeof(escape)) == 0)
           ? sizeof(escape) : 0;
}


static healthcode_str_t
healthcode_keyring_behind(healthcode_str_t text, size_t n)
{
    return healthcode_str_from(text.data + n, text.len - n);
}


bool
healthcode_keyring_refuse(healthcode_keyring_t *keyring, size_t offset,
    const char *kid, const char *what)
{
    keyring->is_private = true;

    return healthcode_keyring_fail(keyring, offset, kid, what);
}


bool
healthcode_keyring_is_printable(const char *text)
{
    for ( /* void */ ; *text; text++) {
        if ((unsigned char) *text < ' ' || *text == 0x7f) {
            return false;
        }
    }

    return true;
}
