/*
 * Why a text is no code, or one of another type, in words.
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
static void healthcode_explain_members(yyjson_val *header);


void
healthcode_explain(const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    fputs("why        ", stdout);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}


void
healthcode_explain_quoted(const char *before, healthcode_str_t text,
    const char *after)
{
    printf("why        %s\"", before);
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
    const char  *wrong;
    yyjson_doc  *doc = yyjson_read((const char *) text.data, text.len, 0);

    /* what yyjson reads is valid JSON in UTF-8, so a rule of ours is broken */
    wrong = doc == NULL ? "it is not JSON, or not in UTF-8"
            : !yyjson_is_obj(yyjson_doc_get_root(doc)) ? "it is no object"
            : "a name stands there twice, or more than 64 members in one "
              "object, or a NUL in a string";

    yyjson_doc_free(doc);

    healthcode_explain("the %s is no strict JSON object; that is seen at its "
                       "byte %zu: %s", part, offset + 1, wrong);
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
            healthcode_explain("the \"%s\" of the header is no string",
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
