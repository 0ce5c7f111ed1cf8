/*
 * Explains why a text is not a code, or a code of another type.
 * Knows no keys and no claims.  docs/token-format.md, "Inspecting a code".
 */

#include <stdarg.h>
#include <stdlib.h>

#include "healthcode_explain.h"


/* Of base64url (RFC 4648 section 5), and the dot. */
#define HEALTHCODE_EXPLAIN_BYTES                                              \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."


static healthcode_str_t healthcode_explain_part(healthcode_str_t text);
static void healthcode_explain_foreign(healthcode_str_t text);
static void healthcode_explain_header(healthcode_str_t header);
static void healthcode_explain_rule(yyjson_val *root);
static yyjson_val *healthcode_explain_twice(yyjson_val *value);
static void healthcode_explain_members(yyjson_val *header);


void
healthcode_explain_begin(void)
{
    fputs("why        ", stdout);
}


void
healthcode_explain(const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    healthcode_explain_begin();
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}


void
healthcode_explain_quoted(const char *before, healthcode_str_t text,
    const char *after)
{
    healthcode_explain_begin();
    printf("%s\"", before);
    healthcode_output_text(stdout, text);
    printf("\"%s\n", after);
}


void
healthcode_explain_text(healthcode_str_t text)
{
    size_t            len, dots = 0;
    uint8_t           decoded[HEALTHCODE_TOKEN_MAX];
    healthcode_str_t  first = healthcode_explain_part(text);

    for (size_t i = 0; i < text.len; i++) {
        dots += text.data[i] == '.';
    }

    if (text.len && text.data[0] == '{') {
        healthcode_explain("it begins as JSON; a code is one line of three "
                           "parts (JWS compact, RFC 7515 section 3.1)");

    } else if (dots == 4) {
        healthcode_explain("five parts are an encrypted token (JWE, RFC 7516); "
                           "a code is signed, not encrypted");

    } else if (dots && memchr(text.data, '~', text.len)) {
        healthcode_explain("it has a \"~\", as an SD-JWT has (RFC 9901): a "
                           "wallet's credential, which a verifier exchanges "
                           "for a code");

    } else if (dots == 0 && text.len) {
        healthcode_explain("it has no dot, so it is not a JWT: an opaque token "
                           "means something only to who made it");

    } else if (dots == 1) {
        healthcode_explain("the part of the signature is missing, with the dot "
                           "before it");

    } else if (text.len <= HEALTHCODE_TOKEN_MAX && dots == 2) {

        if (healthcode_base64url_decode(first, decoded, &len)) {
            healthcode_explain_header(healthcode_str_from(decoded, len));
        }

        healthcode_explain_foreign(text);
    }
}


/* The first byte that no code has: a line that was broken, a quote, "=". */
static void
healthcode_explain_foreign(healthcode_str_t text)
{
    uint8_t  byte;

    for (size_t i = 0; i < text.len; i++) {
        byte = text.data[i];

        if (byte == '\0' || strchr(HEALTHCODE_EXPLAIN_BYTES, byte) == NULL) {
            healthcode_explain(byte > ' ' && byte < 0x7f
                               ? "its byte %zu is 0x%02x, '%c', which no code "
                                 "has"
                               : "its byte %zu is 0x%02x, a blank, the end of "
                                 "a line or another byte that no code has",
                               i + 1, byte, byte);
            return;
        }
    }
}


static healthcode_str_t
healthcode_explain_part(healthcode_str_t text)
{
    const uint8_t  *dot = text.len ? memchr(text.data, '.', text.len) : NULL;

    return dot ? healthcode_str_from(text.data, (size_t) (dot - text.data))
               : text;
}


static void
healthcode_explain_header(healthcode_str_t header)
{
    void        *memory;
    size_t       offset, size = healthcode_json_memory(header.len);
    yyjson_val  *object;

    memory = malloc(size);

    if (memory == NULL) {
        return;
    }

    object = healthcode_json_read_at(header, memory, size, &offset);

    if (object) {
        healthcode_explain_members(object);
    } else {
        healthcode_explain_json("header", header, offset);
    }

    free(memory);
}


void
healthcode_explain_json(const char *part, healthcode_str_t text, size_t offset)
{
    yyjson_doc       *doc;
    yyjson_read_err   error;

    doc = yyjson_read_opts((char *) (uintptr_t) text.data, text.len, 0, NULL,
                           &error);

    healthcode_explain_begin();
    printf("the %s is not a strict JSON object; that is seen at its byte %zu: ",
           part, offset + 1);

    /* what yyjson reads is valid JSON in UTF-8, so a rule of ours is broken */
    if (doc == NULL) {
        printf("it is not JSON: %s\n", error.msg);

    } else if (!yyjson_is_obj(yyjson_doc_get_root(doc))) {
        puts("it is not an object");

    } else {
        healthcode_explain_rule(yyjson_doc_get_root(doc));
    }

    yyjson_doc_free(doc);
}


/* Which rule of I-JSON is broken; all values lie in one array. */
static void
healthcode_explain_rule(yyjson_val *root)
{
    yyjson_val        *value, *name, *end = unsafe_yyjson_get_next(root);
    healthcode_str_t   text;

    for (value = root; value < end; value++) {
        text = healthcode_json_text(value);

        if (text.len && memchr(text.data, '\0', text.len)) {
            puts("a string has a NUL in it");
            return;
        }

        name = healthcode_explain_twice(value);

        if (name) {
            fputs("a name stands there twice: \"", stdout);
            healthcode_output_text(stdout, healthcode_json_text(name));
            puts("\"");
            return;
        }
    }

    puts("an object has more members than a code has room for");
}


/* The first name of value that it has before; NULL: none, or no object. */
static yyjson_val *
healthcode_explain_twice(yyjson_val *value)
{
    size_t       i, n;
    yyjson_val  *name, *member, *first;

    yyjson_obj_foreach(value, i, n, name, member) {
        first = yyjson_obj_getn(value,
                                (const char *) healthcode_json_text(name).data,
                                healthcode_json_text(name).len);

        if (first != member) {
            return name;
        }
    }

    return NULL;
}


static void
healthcode_explain_members(yyjson_val *header)
{
    size_t       i;
    yyjson_val  *value;

    static const char  *const extensions[] = { "crit", "zip", "b64" };
    static const char  *const strings[] = { "alg", "kid", "typ" };

    for (i = 0; i < 3; i++) {
        value = yyjson_obj_get(header, extensions[i]);

        if (value && !(i == 2 && yyjson_is_true(value))) {
            healthcode_explain("the header has \"%s\", an extension that no "
                               "gate knows", extensions[i]);
        }
    }

    for (i = 0; i < 3; i++) {
        value = yyjson_obj_get(header, strings[i]);

        if (value == NULL && i == 0) {
            healthcode_explain("the header has no \"alg\"");

        } else if (value && !yyjson_is_str(value)) {
            healthcode_explain("the \"%s\" of the header is not a string",
                               strings[i]);
        }
    }
}


void
healthcode_explain_type(const healthcode_issuer_t *issuer,
    const healthcode_token_t *token)
{
    if (token->typ.data) {
        healthcode_explain_quoted("the code has the typ ", token->typ,
                                  "; --typ says which are accepted:");
    } else {
        healthcode_explain("the code has no typ; --typ none accepts that, "
                           "accepted are:");
    }

    fputs("          ", stdout);

    for (size_t i = 0; i < issuer->ntypes; i++) {
        putchar(' ');
        healthcode_output_text(stdout, issuer->types[i]);
    }

    puts(issuer->type_none ? " (none)" : "");
}
