/*
 * Header and claims of a code for a person to read.
 * Judges nothing.  docs/token-format.md, "Inspecting a code".
 */

#include <stdlib.h>

#include "healthcode_describe.h"


static void healthcode_describe_parts(healthcode_str_t text);
static bool healthcode_describe_is_time(const char *name);
static void healthcode_describe_time(const char *name, int64_t seconds,
    int64_t now);
static void healthcode_describe_json(const char *name, yyjson_val *value);


void
healthcode_describe_text(const char *label, healthcode_str_t text)
{
    printf("%-10s ", label);
    healthcode_output_text(stdout, text);
    putchar('\n');
}


void
healthcode_describe_reason(const char *label, healthcode_reason_e reason)
{
    healthcode_str_t  word = healthcode_reason_word(reason);
    healthcode_str_t  title = healthcode_reason_title(reason);

    printf("%-10s NO, %.*s: %.*s\n", label, (int) word.len,
           (const char *) word.data, (int) title.len,
           (const char *) title.data);
}


void
healthcode_describe_broken(healthcode_str_t text)
{
    size_t  dots = 0;

    for (size_t i = 0; i < text.len; i++) {
        dots += text.data[i] == '.';
    }

    if (text.len == 0) {
        puts("text       it is empty");

    } else if (text.len > HEALTHCODE_TOKEN_MAX) {
        printf("text       it has %zu bytes; a code has %d at most\n",
               text.len, HEALTHCODE_TOKEN_MAX);

    } else if (dots != 2) {
        printf("text       it has %zu dots; a code has 2, between header, "
               "payload and signature\n", dots);

    } else {
        healthcode_describe_parts(text);
    }
}


/* Which of the three parts cannot be read. */
static void
healthcode_describe_parts(healthcode_str_t text)
{
    size_t            len;
    uint8_t           decoded[HEALTHCODE_TOKEN_MAX];
    const uint8_t    *p = text.data, *end = text.data + text.len, *dot;
    healthcode_str_t  part;

    static const char  *const names[] = { "header", "payload", "signature" };

    for (size_t i = 0; i < 3; i++) {
        dot = memchr(p, '.', (size_t) (end - p));
        part = healthcode_str_from(p, (size_t) ((dot ? dot : end) - p));
        p = dot ? dot + 1 : end;

        if (!healthcode_base64url_decode(part, decoded, &len)) {
            printf("%-10s it is not strict base64url (RFC 7515: no padding, no "
                   "other bytes)\n", names[i]);
            return;
        }

        if (i == 0) {
            healthcode_describe_text("header",
                                     healthcode_str_from(decoded, len));
        }
    }
}


void
healthcode_describe_header(const healthcode_token_t *token)
{
    healthcode_describe_text("alg", token->alg);

    if (token->kid.data) {
        healthcode_describe_text("kid", token->kid);
    }

    if (token->typ.data) {
        healthcode_describe_text("typ", token->typ);
    }
}


void
healthcode_describe_claims(const healthcode_claims_t *claims, int64_t now)
{
    int64_t           seconds;
    const char       *text;
    yyjson_val       *name, *value;
    yyjson_obj_iter   iter = yyjson_obj_iter_with(claims->object);

    while ((name = yyjson_obj_iter_next(&iter)) != NULL) {
        value = yyjson_obj_iter_get_val(name);
        text = (const char *) healthcode_json_text(name).data;

        if (healthcode_describe_is_time(text)
            && healthcode_json_integral(value, &seconds))
        {
            healthcode_describe_time(text, seconds, now);
        } else {
            healthcode_describe_json(text, value);
        }
    }
}


static bool
healthcode_describe_is_time(const char *name)
{
    return strcmp(name, "iat") == 0 || strcmp(name, "exp") == 0
           || strcmp(name, "nbf") == 0;
}


static void
healthcode_describe_time(const char *name, int64_t seconds, int64_t now)
{
    char     text[HEALTHCODE_OUTPUT_TIME_MAX];
    int64_t  away = (seconds > now) ? seconds - now : now - seconds;

    printf("%-10s %s, ", name, healthcode_output_time(text, seconds));

    if (away >= 172800) {
        printf("%lld days ", (long long) (away / 86400));
    } else {
        printf("%lld s ", (long long) away);
    }

    puts(seconds > now ? "from now" : "ago");
}


/* A string as it is, other values as JSON. */
static void
healthcode_describe_json(const char *name, yyjson_val *value)
{
    char    *json;
    size_t   len;

    healthcode_output_text(stdout, healthcode_str_from(name, strlen(name)));
    printf("%*s ", (strlen(name) < 10) ? 10 - (int) strlen(name) : 0, "");

    if (yyjson_is_str(value)) {
        healthcode_output_text(stdout, healthcode_json_text(value));
    } else {
        json = yyjson_val_write(value, YYJSON_WRITE_NOFLAG, &len);

        if (json) {
            healthcode_output_text(stdout, healthcode_str_from(json, len));
            free(json);
        }
    }

    putchar('\n');
}
