/*
 * Fuzzes healthcode_elements.c: a byte, and a header; elements that begin with
 * the byte are ours.  What is left has exactly the others, in their order, and
 * what is masked no byte of ours.  docs/request-path.md, "Source".
 */

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/core/healthcode_elements.h"


static uint8_t  left[65536], masked[65536];


static bool
is_ours(void *data, healthcode_str_t element)
{
    uint8_t  *first = data;

    fuzz_must(element.len > 0);

    return element.data[0] == *first;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t            n, ours = 0, bytes = 0;
    uint8_t           first = fuzz_byte(&data, &size);
    healthcode_str_t  header, rest, kept, element, other;

    if (size > sizeof(left)) {
        return 0;
    }

    header = guard(0, data, size);
    n = healthcode_elements_left(header, is_ours, &first, NULL);
    fuzz_must(n <= size);
    fuzz_must(healthcode_elements_left(header, is_ours, &first, left) == n);

    rest = header;
    kept = healthcode_str_from(left, n);

    while (healthcode_elements_next(&rest, &element)) {

        fuzz_must(fuzz_lies_in(element, header.data, header.len));

        if (is_ours(&first, element)) {
            ours++;
            bytes += element.len;
            continue;
        }

        fuzz_must(healthcode_elements_next(&kept, &other));
        fuzz_must(healthcode_str_equal(element, other));
    }

    fuzz_must(!healthcode_elements_next(&kept, &other));
    fuzz_must(ours || (n == size && (n == 0
                                     || memcmp(left, header.data, n) == 0)));

    if (size) {
        memcpy(masked, header.data, size);
    }

    fuzz_must(healthcode_elements_mask(masked, size, is_ours, &first) == bytes);
    rest = header;

    for (n = 0; n < size; n++) {
        bytes -= (masked[n] != header.data[n]) || header.data[n] == '*'
                 ? (masked[n] == '*' && bytes > 0) : 0;
        fuzz_must(masked[n] == header.data[n] || masked[n] == '*');
    }

    fuzz_must(bytes == 0);

    return 0;
}
