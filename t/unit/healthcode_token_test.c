/*
 * Tests of healthcode_token.c: what is not a code, every way to cut one short,
 * and what a header may not ask for.  Knows no keys and no claims.
 * docs/token-format.md, "Token".
 */

#include "test.h"
#include "mint.h"

#include "../../ngx_http_healthcode_module/core/healthcode_token.h"


static healthcode_token_memory_t  memory;
static healthcode_token_t         token;

#define HEADER   "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"healthcode+jwt\"}"
#define PAYLOAD  "{\"iss\":\"a\"}"


static healthcode_reason_e
parse(const void *text, size_t len)
{
    healthcode_token_t   before;
    healthcode_reason_e  reason;

    memset(&token, 0x5a, sizeof(token));
    before = token;

    reason = healthcode_token_parse(guard(0, text, len), &memory, &token);

    /* written only on success */
    assert_true(reason == HEALTHCODE_REASON_OK
                || memcmp(&token, &before, sizeof(token)) == 0);

    if (reason == HEALTHCODE_REASON_MALFORMED) {
        assert_non_null(healthcode_token_fault(guard(0, text, len), &memory));
    }

    return reason;
}


/* Parses a code with this header. */
static healthcode_reason_e
parse_header(const char *header)
{
    char  code[MINT_MAX];

    mint_text(header, PAYLOAD, code);
    strcat(code, ".AAAA");

    return parse(code, strlen(code));
}


static void
test_refuses_what_is_no_code(void **state)
{
    static const char  *const rows[] = {
        "", ".", "..", "...", "a", "a.b", "a.b.c",
        "eyJhbGciOiJFUzI1NiJ9",                          /* 1 part */
        "eyJhbGciOiJFUzI1NiJ9.e30",                      /* 2 */
        "eyJhbGciOiJFUzI1NiJ9.e30.AAAA.",                /* 4 */
        "eyJhbGciOiJFUzI1NiJ9.e30.AAAA.AAAA",
        "eyJhbGciOiJFUzI1NiJ9.e30..",
        "eyJhbGciOiJFUzI1NiJ9.e30.AAAA.AAAA.AAAA",       /* 5: JWE */
        ".e30.AAAA", "e30.e30.AAAA",
        "eyJhbGciOiJFUzI1NiJ9.e30.A",
        "eyJhbGciOiJFUzI1NiJ9.e30.AAAA=",
        "eyJhbGciOiJFUzI1NiJ9.e30.AAA=",
        "eyJhbGciOiJFUzI1NiJ9.e30.AB",                   /* trailing bits */
        "eyJhbGciOiJFUzI1NiJ9.e31.AAAA",
        "eyJhbGciOiJFUzI1NiJ9.e30=.AAAA",
        "eyJhbGciOiJFUzI1NiJ9=.e30.AAAA",
        "eyJhbGciOiJFUzI1NiJ9.e30.AA+A",
        "eyJhbGciOiJFUzI1NiJ9.e30.AA/A",
        "eyJhbGciOiJFUzI1NiJ9.e30.AAAA ",
        " eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
        "eyJhbGciOiJFUzI1NiJ9.e30.AAAA\n",
        "eyJhbGciOiJFUzI1NiJ9\n.e30.AAAA",
        "eyJhbGciOiJFUzI1NiJ9 .e30.AAAA",
        "eyJhbGciOiJFUzI1NiJ9,e30,AAAA",
        "{\"alg\":\"ES256\"}.{}.AAAA",
        "W10.e30.AAAA",                                  /* [] */
        "bnVsbA.e30.AAAA",                               /* null */
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(parse(rows[i], strlen(rows[i])) == HEALTHCODE_REASON_MALFORMED,
                 i, rows[i]);
    }

    assert_int_equal(parse("eyJhbGciOiJFUzI1NiJ9.e30.AAAA\0", 30),
                     HEALTHCODE_REASON_MALFORMED);
    assert_int_equal(parse("eyJhbGciOiJFUzI1NiJ9\0.e30.AAAA", 30),
                     HEALTHCODE_REASON_MALFORMED);
    assert_int_equal(parse(NULL, 0), HEALTHCODE_REASON_MALFORMED);

    (void) state;
}


static void
test_says_what_is_wrong_with_a_text(void **state)
{
    static const struct {
        const char  *text;
        const char  *what;
    } rows[] = {
        { "", "has no dot: it is not a JWT" },
        { "accesstoken000001", "has no dot: it is not a JWT" },
        { "a~b", "has no dot: it is not a JWT" },
        { "eyJhbGciOiJFUzI1NiJ9.e30", "has one dot: the signature is missing" },
        { "eyJhbGciOiJFUzI1NiJ9.e30.AAAA~WyJh~e30.e30.AAAA",
          "has a \"~\": it is an SD-JWT, which a gate does not take" },
        { "eyJhbGciOiJFUzI1NiJ9.e30.AAAA~",
          "has a \"~\": it is an SD-JWT, which a gate does not take" },
        { "eyJhbGciOiJFUzI1NiJ9.AAAA.AAAA.AAAA.AAAA",
          "has five parts: it is encrypted (JWE)" },
        { "eyJhbGciOiJFUzI1NiJ9.e30.AAAA.AAAA", "does not have three parts" },
        { "eyJhbGciOiJFUzI1NiJ9.e30.AAA=", "is not strict base64url" },
        { "eyJhbGciOiJFUzI1NiJ9.e30=.AAAA", "is not strict base64url" },
        { "eyJhbGciOiJFUzI1NiJ9\n.e30.AAAA", "is not strict base64url" },
        { "W10.e30.AAAA", "has a header that is not a strict JSON object" },
        { ".e30.AAAA", "has a header that is not a strict JSON object" },
        { "e30.e30.AAAA", "has a header without \"alg\", or whose \"alg\", "
          "\"kid\" or \"typ\" is not a string" },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(parse(rows[i].text, strlen(rows[i].text))
                     == HEALTHCODE_REASON_MALFORMED
                 && strcmp(healthcode_token_fault(
                               healthcode_str_from(rows[i].text,
                                                   strlen(rows[i].text)),
                               &memory), rows[i].what) == 0,
                 i, rows[i].text);
    }

    (void) state;
}


static void
test_says_what_is_wrong_with_a_type(void **state)
{
    assert_int_equal(parse_header("{\"alg\":\"ES256\"}"),
                     HEALTHCODE_REASON_OK);
    assert_non_null(strstr(healthcode_token_type_fault(&token), "is missing"));

    assert_int_equal(parse_header("{\"alg\":\"ES256\",\"typ\":\"JWT\"}"),
                     HEALTHCODE_REASON_OK);
    assert_non_null(strstr(healthcode_token_type_fault(&token), "is not a"));

    (void) state;
}


static void
test_refuses_each_foreign_byte_at_each_place(void **state)
{
    char    code[MINT_MAX], text[MINT_MAX];
    size_t  len;

    mint_hs256(HEADER, PAYLOAD, "k", 1, code);
    len = strlen(code);

    for (size_t at = 0; at < len; at++) {
        for (int byte = 0; byte < 256; byte++) {

            if (byte && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr"
                               "stuvwxyz0123456789-_", byte))
            {
                continue;
            }

            if (byte == (uint8_t) code[at]) {
                continue;
            }

            memcpy(text, code, len);
            text[at] = (char) byte;
            assert_int_equal(parse(text, len), HEALTHCODE_REASON_MALFORMED);
        }
    }

    (void) state;
}


/* A cut signature is another, shorter one; a text cut earlier is not a code. */
static void
test_reads_no_code_past_a_cut_at_any_byte(void **state)
{
    char                 code[MINT_MAX];
    size_t               len, part;
    healthcode_reason_e  reason;

    mint_hs256(HEADER, PAYLOAD, "k", 1, code);
    len = strlen(code);
    part = len - mint_part(code, 2).len;

    for (size_t n = 0; n < len; n++) {
        reason = parse(code, n);

        if (n < part) {
            test_row(reason == HEALTHCODE_REASON_MALFORMED, n, code);

        } else if (reason == HEALTHCODE_REASON_OK) {
            test_row(token.signature.len < 32, n, code);
        }
    }

    assert_int_equal(parse(code, len), HEALTHCODE_REASON_OK);
    assert_int_equal(token.signature.len, 32);

    (void) state;
}


static void
test_refuses_extensions(void **state)
{
    static const char  *const rows[] = {
        "{\"alg\":\"ES256\",\"crit\":[\"b64\"]}",
        "{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":true}",
        "{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}",
        "{\"alg\":\"ES256\",\"crit\":[]}",
        "{\"alg\":\"ES256\",\"crit\":null}",
        "{\"alg\":\"ES256\",\"crit\":false}",
        "{\"alg\":\"ES256\",\"\\u0063rit\":[\"x\"]}",
        "{\"alg\":\"ES256\",\"zip\":\"DEF\"}",
        "{\"alg\":\"ES256\",\"zip\":null}",
        "{\"alg\":\"ES256\",\"zip\":\"\"}",
        "{\"alg\":\"ES256\",\"b64\":false}",
        "{\"alg\":\"ES256\",\"b64\":\"x\"}",
        "{\"alg\":\"ES256\",\"b64\":\"true\"}",
        "{\"alg\":\"ES256\",\"b64\":1}",
        "{\"alg\":\"ES256\",\"b64\":null}",
        "{\"alg\":\"ES256\",\"b64\":[true]}",
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(parse_header(rows[i]) == HEALTHCODE_REASON_UNSUPPORTED, i,
                 rows[i]);
    }

    (void) state;
}


static void
test_refuses_broken_headers(void **state)
{
    static const char  *const rows[] = {
        "", "{}", "[]", "\"ES256\"", "{\"alg\"}", "{\"ALG\":\"ES256\"}",
        "{\"typ\":\"JWT\"}", "{\"alg\":1}", "{\"alg\":null}",
        "{\"alg\":[\"ES256\"]}", "{\"alg\":{\"alg\":\"ES256\"}}",
        "{\"alg\":true}", "{\"alg\":\"ES256\\u0000\"}",
        "{\"alg\":\"none\",\"alg\":\"ES256\"}",
        "{\"alg\":\"ES256\",\"\\u0061lg\":\"none\"}",
        "{\"alg\":\"ES256\",\"kid\":1}", "{\"alg\":\"ES256\",\"kid\":null}",
        "{\"alg\":\"ES256\",\"kid\":[\"a\"]}",
        "{\"alg\":\"ES256\",\"kid\":\"a\",\"kid\":\"a\"}",
        "{\"alg\":\"ES256\",\"kid\":\"a\\u0000\"}",
        "{\"alg\":\"ES256\",\"typ\":1}", "{\"alg\":\"ES256\",\"typ\":null}",
        "{\"alg\":\"ES256\",\"jwk\":{\"x\":1,\"x\":2}}",
        "{\"alg\":\"ES256\"} {}", "{\"alg\":\"ES256\",}",
        "{\"alg\":\"\xff\"}", "\xef\xbb\xbf{\"alg\":\"ES256\"}",
        "{\"alg\":\"ES256\",\"x\":1e999}",
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(parse_header(rows[i]) == HEALTHCODE_REASON_MALFORMED, i,
                 rows[i]);
    }

    (void) state;
}


/* What "none" means is for the issuer to say: here it is only a name. */
static void
test_reads_any_alg_as_a_name(void **state)
{
    static const char  *const rows[] = { "none", "None", "", "HS256", "x" };
    char  header[64];

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", rows[i]);
        assert_int_equal(parse_header(header), HEALTHCODE_REASON_OK);
        test_str_equal(token.alg, rows[i]);
        assert_null(token.kid.data);
        assert_null(token.typ.data);
    }

    (void) state;
}


static void
test_ignores_keys_that_a_code_brings(void **state)
{
    assert_int_equal(parse_header("{\"alg\":\"ES256\",\"jku\":\"https://x/\","
                                  "\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"},"
                                  "\"x5u\":1,\"x5c\":[\"a\"],\"x5t\":null,"
                                  "\"b64\":true,\"cty\":\"JWT\"}"),
                     HEALTHCODE_REASON_OK);
    test_str_equal(token.alg, "ES256");

    (void) state;
}


/* Parses a code of len bytes that has nothing wrong but perhaps its length. */
static healthcode_reason_e
parse_long(size_t len)
{
    char    code[MINT_MAX];
    size_t  head = strlen("eyJhbGciOiJFUzI1NiJ9.");

    memset(code, 'A', len);
    memcpy(code, "eyJhbGciOiJFUzI1NiJ9.", head);

    /* the signature is empty, or of two characters */
    code[(len - head - 1) % 4 == 1 ? len - 3 : len - 1] = '.';

    return parse(code, len);
}


static void
test_refuses_more_than_8192_bytes(void **state)
{
    for (size_t len = 8180; len <= 8192; len++) {
        assert_int_equal(parse_long(len), HEALTHCODE_REASON_OK);
        assert_ptr_equal(token.signed_text.data + len, guard_room(0, 0));
    }

    for (size_t len = 8193; len < 8210; len++) {
        assert_int_equal(parse_long(len), HEALTHCODE_REASON_MALFORMED);
    }

    assert_int_equal(parse_long(65000), HEALTHCODE_REASON_MALFORMED);

    (void) state;
}


/* All the room in one part, in each part in turn, at the wall. */
static void
test_holds_parts_of_any_size(void **state)
{
    char         code[MINT_MAX], header[8192], payload[8192];
    const char  *start = "{\"alg\":\"ES256\",\"x\":\"";

    memset(header, 'h', sizeof(header));
    memcpy(header, start, strlen(start));
    strcpy(header + 6000, "\"}");
    mint_text(header, "", code);
    strcat(code, ".");
    assert_int_equal(parse(code, strlen(code)), HEALTHCODE_REASON_OK);
    assert_int_equal(token.payload.len, 0);
    assert_int_equal(token.signature.len, 0);

    memset(payload, 'p', sizeof(payload));
    payload[6000] = '\0';
    mint_text("{\"alg\":\"ES256\"}", payload, code);
    strcat(code, ".AAAA");
    assert_int_equal(parse(code, strlen(code)), HEALTHCODE_REASON_OK);
    assert_int_equal(token.payload.len, 6000);
    assert_memory_equal(token.payload.data, payload, 6000);
    assert_int_equal(token.signature.len, 3);

    (void) state;
}


static void
test_takes_a_code_apart(void **state)
{
    char     code[MINT_MAX];
    uint8_t  signature[64];

    mint_text(HEADER, PAYLOAD, code);
    memset(signature, 7, sizeof(signature));
    mint_append(code, signature, sizeof(signature));

    assert_int_equal(parse(code, strlen(code)), HEALTHCODE_REASON_OK);
    test_str_equal(token.alg, "ES256");
    test_str_equal(token.kid, "k1");
    test_str_equal(token.typ, "healthcode+jwt");
    test_str_equal(token.payload, PAYLOAD);
    assert_int_equal(token.signature.len, 64);
    assert_memory_equal(token.signature.data, signature, 64);

    *strrchr(code, '.') = '\0';
    test_str_equal(token.signed_text, code);

    /* RFC 7515 A.1, with white space and a line break in its header */
    assert_int_equal(parse(MINT_A1_TEXT "." MINT_A1_SIGNATURE,
                           strlen(MINT_A1_TEXT "." MINT_A1_SIGNATURE)),
                     HEALTHCODE_REASON_OK);
    test_str_equal(token.alg, "HS256");
    test_str_equal(token.typ, "JWT");
    test_str_equal(token.payload, "{\"iss\":\"joe\",\r\n \"exp\":1300819380,"
                   "\r\n \"http://example.com/is_root\":true}");

    (void) state;
}


static void
test_decodes_the_payload_alone(void **state)
{
    static const struct {
        const char  *text, *payload;     /* NULL: none */
    } rows[] = {
        { "", NULL }, { "e30", NULL }, { "a.e30", NULL }, { "e30.", NULL },
        { "a.e3.b", NULL }, { "a.e30=.b", NULL }, { "a.e.b", NULL },
        { "a.e30.", "{}" }, { "a.e30.b", "{}" }, { "a..b", "" },
        { "..", "" }, { "a.e30.b.c", "{}" },
    };
    uint8_t           *dst;
    healthcode_str_t   payload;

    for (size_t i = 0; i < test_count(rows); i++) {
        dst = guard_room(1, healthcode_base64url_decoded_len(
                                strlen(rows[i].text)));
        payload = healthcode_str("before");
        test_row(healthcode_token_payload(guard_text(0, rows[i].text), dst,
                                          &payload)
                 == (rows[i].payload != NULL), i, rows[i].text);

        test_str_equal(payload, rows[i].payload ? rows[i].payload : "before");
    }

    (void) state;
}


/* RFC 7515 section 5.2, step 8. */
static void
test_finds_what_was_signed(void **state)
{
    static const struct {
        const char  *text, *is;
    } rows[] = {
        { "a.e30.b", "a.e30" }, { "a.e30.", "a.e30" }, { "..", "." },
        { "a..b", "a." }, { ".", "" }, { "", "" }, { "abc", "abc" },
        { ".a", "" },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_str_equal(healthcode_token_signed(guard_text(0, rows[i].text)),
                       rows[i].is);
    }

    assert_int_equal(healthcode_token_signed(healthcode_str_from(NULL, 0)).len,
                     0);

    (void) state;
}


/* RFC 7515 section 4.1.9. */
static void
test_compares_types(void **state)
{
    static const struct {
        const char  *typ, *type;
        bool         is;
    } rows[] = {
        { "", "healthcode+jwt", false },
        { "JWT", "healthcode+jwt", false },
        { "healthcode+jwt ", "healthcode+jwt", false },
        { "healthcode+jw", "healthcode+jwt", false },
        { "text/healthcode+jwt", "healthcode+jwt", false },
        { "application/x/jwt", "x/jwt", false },
        { "application/application/jwt", "jwt", false },
        { "application/", "", false },
        { "applicationJWT", "JWT", false },
        { "application/JWT", "application/x", false },
        { "JWT", "JWT", true },
        { "jwt", "JWT", true },
        { "application/jwt", "JWT", true },
        { "APPLICATION/JWT", "jwt", true },
        { "jwt", "application/jwt", true },
        { "healthcode+jwt", "healthcode+jwt", true },
        { "application/Healthcode+JWT", "healthcode+jwt", true },
        { "a/b", "A/B", true },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_token_t  t = { .typ = guard_text(0, rows[i].typ) };

        test_row(healthcode_token_type_is(&t, guard_text(1, rows[i].type))
                 == rows[i].is, i, rows[i].typ);
    }

    token.typ = (healthcode_str_t) { NULL, 0 };
    assert_false(healthcode_token_type_is(&token, healthcode_str("")));
    assert_false(healthcode_token_type_is(&token, healthcode_str("JWT")));

    (void) state;
}


/* A code of this header and payload, cut to its first len bytes. */
static bool
is_ours(const char *header, const char *payload, size_t len)
{
    bool                      ours;
    char                      code[MINT_MAX];
    healthcode_index_t       *issuers;
    static healthcode_str_t   names[] = {
        healthcode_str("https://a.example"), healthcode_str("https://b.example")
    };

    mint_text(header, payload, code);
    strcat(code, ".AAAA");

    issuers = healthcode_index_create(names, 2);
    assert_non_null(issuers);

    len = len < strlen(code) ? len : strlen(code);
    ours = healthcode_token_is_ours(guard(0, code, len), issuers, &memory);
    healthcode_index_free(issuers);

    return ours;
}


static void
test_knows_what_was_made_for_gates(void **state)
{
    static const struct {
        const char  *header;
        const char  *payload;
        bool         ours;
    } rows[] = {
        /* by its type, whatever else it says */
        { HEADER, PAYLOAD, true },
        { "{\"typ\":\"healthcode+jwt\"}", "{}", true },
        { "{\"typ\":\"HealthCode+JWT\"}", "no JSON", true },
        { "{\"typ\":\"application/healthcode+jwt\",\"crit\":1}", "", true },
        { "{\"typ\":\"healthcode+jwt\"}", "{\"iss\":\"x\"}", true },

        /* by its issuer, whatever its type */
        { "{\"alg\":\"none\"}", "{\"iss\":\"https://a.example\"}", true },
        { "{\"typ\":\"JWT\"}", "{\"a\":1,\"iss\":\"https://b.example\"}",
          true },
        { "{\"typ\":1}", "{\"iss\":\"https:\\/\\/b.example\"}", true },
        { "no JSON", "{\"iss\":\"https://b.example\"}", true },

        /* another service's */
        { "{\"typ\":\"JWT\"}", "{\"iss\":\"https://c.example\"}", false },
        { "{\"typ\":\"at+jwt\"}", "{\"iss\":\"https://a.example/\"}", false },
        { "{\"typ\":\"healthcode\"}", "{\"iss\":\"\"}", false },
        { "{\"typ\":[\"healthcode+jwt\"]}", "{\"iss\":null}", false },
        { "{\"cty\":\"healthcode+jwt\"}", "{\"sub\":\"https://a.example\"}",
          false },
        { "{}", "{\"iss\":[\"https://a.example\"]}", false },
        { "{}", "{\"x\":{\"iss\":\"https://a.example\"}}", false },
        { "{}", "[]", false }, { "[]", "{}", false }, { "", "", false },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(is_ours(rows[i].header, rows[i].payload, MINT_MAX)
                 == rows[i].ours, i, rows[i].header);
    }

    (void) state;
}


/* Whoever cuts a code shows the subject in it all the same. */
static void
test_knows_a_code_that_breaks_off(void **state)
{
    char    text[MINT_MAX];
    size_t  dot, len;

    mint_text(HEADER, PAYLOAD, text);
    dot = (size_t) (strchr(text, '.') - text);

    for (len = 0; len <= strlen(text) + 5; len++) {
        assert_int_equal(is_ours(HEADER, PAYLOAD, len), len > dot);
    }

    /* by its issuer only where all of that is there */
    mint_text("{}", "{\"iss\":\"https://a.example\"}", text);

    for (len = 0; len <= strlen(text) + 5; len++) {
        assert_int_equal(is_ours("{}", "{\"iss\":\"https://a.example\"}", len),
                         len >= strlen(text));
    }

    (void) state;
}


static void
test_knows_a_code_of_any_length(void **state)
{
    static char  payload[HEALTHCODE_TOKEN_MAX * 2];

    memset(payload, 'x', sizeof(payload) - 1);
    assert_true(is_ours(HEADER, payload, MINT_MAX));
    assert_false(is_ours(payload, "{}", MINT_MAX));

    /* the longest payload whose issuer is looked for, and a longer one */
    memcpy(payload, "{\"iss\":\"https://a.example\",\"a\":\"", 32);

    for (size_t len = 6144; len <= 6145; len++) {
        memset(payload + 32, 'x', sizeof(payload) - 33);
        strcpy(payload + len - 2, "\"}");
        assert_int_equal(is_ours("{}", payload, MINT_MAX), len == 6144);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_what_is_no_code),
        cmocka_unit_test(test_says_what_is_wrong_with_a_text),
        cmocka_unit_test(test_says_what_is_wrong_with_a_type),
        cmocka_unit_test(test_refuses_each_foreign_byte_at_each_place),
        cmocka_unit_test(test_reads_no_code_past_a_cut_at_any_byte),
        cmocka_unit_test(test_refuses_extensions),
        cmocka_unit_test(test_refuses_broken_headers),
        cmocka_unit_test(test_reads_any_alg_as_a_name),
        cmocka_unit_test(test_ignores_keys_that_a_code_brings),
        cmocka_unit_test(test_refuses_more_than_8192_bytes),
        cmocka_unit_test(test_holds_parts_of_any_size),
        cmocka_unit_test(test_takes_a_code_apart),
        cmocka_unit_test(test_decodes_the_payload_alone),
        cmocka_unit_test(test_finds_what_was_signed),
        cmocka_unit_test(test_compares_types),
        cmocka_unit_test(test_knows_what_was_made_for_gates),
        cmocka_unit_test(test_knows_a_code_that_breaks_off),
        cmocka_unit_test(test_knows_a_code_of_any_length),
    };

    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
