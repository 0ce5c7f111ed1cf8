/*
 * Fuzzes healthcode_quote.c: a value of any bytes in a text of each kind.
 * Read back, as whoever gets the text reads it, it is one value and no other.
 * docs/directives.md, "healthcode_reply".
 */

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/core/healthcode_quote.h"
#include "../../ngx_http_healthcode_module/core/healthcode_json.h"
#include "../../ngx_http_healthcode_module/core/healthcode_text.h"


/* The text of value between before and after, in a slot of the guard. */
static healthcode_str_t
write_text(healthcode_quote_e escape, healthcode_str_t value,
    const char *before, const char *after)
{
    healthcode_sink_t  sink = { NULL, 0, 0 };

    for (int pass = 0; pass < 2; pass++) {
        sink.size = sink.len;
        sink.data = pass ? guard_room(1, sink.size) : NULL;
        sink.len = 0;

        healthcode_sink_string(&sink, before);
        healthcode_quote(&sink, escape, value);
        healthcode_sink_string(&sink, after);
    }

    fuzz_must(sink.len == sink.size);

    return healthcode_str_from(sink.data, sink.len);
}


static void
check_json(healthcode_quote_e escape, healthcode_str_t value,
    const char *before, const char *after)
{
    void              *memory;
    size_t             size;
    yyjson_val        *object;
    healthcode_str_t   text = write_text(escape, value, before, after);

    size = healthcode_json_memory(text.len);
    memory = malloc(size);
    fuzz_must(memory != NULL);

    object = healthcode_json_read(text, memory, size);
    fuzz_must(memchr(text.data, '<', text.len) == NULL);

    /* a NUL in a string is one that our own reader does not take */

    fuzz_must(object != NULL
              || (value.len && memchr(value.data, 0, value.len)));
    fuzz_must(object == NULL || yyjson_obj_size(object) == 2);
    fuzz_must(object == NULL
              || yyjson_is_true(yyjson_obj_get(object, "last")));

    free(memory);
}


static void
check_form(healthcode_str_t value)
{
    size_t            k = 0;
    healthcode_str_t  text = write_text(HEALTHCODE_QUOTE_FORM, value, "", "");

    static const char  digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.len; i++, k++) {
        uint8_t  byte = text.data[i];

        if (byte == '%') {
            fuzz_must(i + 2 < text.len);
            byte = (uint8_t) ((strchr(digits, text.data[i + 1]) - digits) * 16
                              + (strchr(digits, text.data[i + 2]) - digits));
            i += 2;

        } else {
            fuzz_must(byte > ' ' && byte < 0x7f
                      && strchr("&=+#;\"<>", byte) == NULL);
        }

        fuzz_must(k < value.len && byte == value.data[k]);
    }

    fuzz_must(k == value.len);
}


static void
check_html(healthcode_str_t value)
{
    size_t            k = 0, n;
    healthcode_str_t  text = write_text(HEALTHCODE_QUOTE_HTML, value, "", "");

    static const struct {
        const char  *name;
        uint8_t      byte;
    } names[] = {
        { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
        { "&quot;", '"' }, { "&#39;", '\'' }, { "&#xfffd;", 0 }
    };

    for (size_t i = 0; i < text.len; k++) {
        uint8_t  byte = text.data[i];

        fuzz_must(byte != '<' && byte != '>' && byte != '"' && byte != '\'');

        for (n = 0; byte == '&'; n++) {
            fuzz_must(n < sizeof(names) / sizeof(names[0]));

            if (text.len - i >= strlen(names[n].name)
                && memcmp(text.data + i, names[n].name,
                          strlen(names[n].name)) == 0)
            {
                byte = names[n].byte;
                i += strlen(names[n].name) - 1;
                break;
            }
        }

        i++;
        fuzz_must(k < value.len);

        /* U+FFFD stands for one byte that the text may not have */

        fuzz_must(byte == value.data[k]
                  || (byte == 0 && (value.data[k] < ' '
                                    || value.data[k] >= 0x80)));
        fuzz_must(byte >= ' ' || byte == 0 || strchr("\t\r\n", byte) != NULL);
    }

    fuzz_must(k == value.len);

    while (text.len) {
        fuzz_must(healthcode_text_first(text, &n) != HEALTHCODE_TEXT_INVALID);
        text.data += n;
        text.len -= n;
    }
}


static void
check_plain(healthcode_str_t value)
{
    healthcode_str_t  text = write_text(HEALTHCODE_QUOTE_PLAIN, value, "", "");

    fuzz_must(text.len == 0 || text.len == value.len);

    for (size_t i = 0; i < text.len; i++) {
        fuzz_must(text.data[i] == value.data[i] && text.data[i] >= ' '
                  && text.data[i] != 0x7f);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    healthcode_str_t  value;

    if (size > GUARD_ROOM / 16) {
        return 0;
    }

    value = healthcode_str_from(memcpy(guard_room(0, size), data, size), size);

    check_json(HEALTHCODE_QUOTE_JSON, value, "{\"a\":\"",
               "\",\"last\":true}");
    check_json(HEALTHCODE_QUOTE_JSON_VALUE, value, "{\"a\":",
               ",\"last\":true}");
    check_form(value);
    check_html(value);
    check_plain(value);

    return 0;
}
