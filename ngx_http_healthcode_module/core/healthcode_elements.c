/*
 * Surgery on a header that is a list (RFC 9110 section 5.6.1): finds its
 * elements, leaves some out, masks them.  Knows no: nginx, token, request.
 * docs/request-path.md, "Source".
 */

#include "healthcode_elements.h"


bool
healthcode_elements_next(healthcode_str_t *rest, healthcode_str_t *element)
{
    size_t             len;
    const uint8_t     *comma;
    healthcode_str_t   trimmed;

    while (rest->len > 0) {
        comma = memchr(rest->data, ',', rest->len);
        len = (comma != NULL) ? (size_t) (comma - rest->data) : rest->len;
        trimmed = healthcode_str_trim(healthcode_str_from(rest->data, len));

        len += (comma != NULL);
        *rest = healthcode_str_from(rest->data + len, rest->len - len);

        if (trimmed.len > 0) {
            *element = trimmed;
            return true;
        }
    }

    return false;
}


size_t
healthcode_elements_left(healthcode_str_t header,
    healthcode_elements_is_ours_pt is_ours, void *data, uint8_t *left)
{
    bool              chosen = false;
    size_t            n = 0;
    healthcode_str_t  rest = header, element, blanks;

    while (healthcode_elements_next(&rest, &element)) {

        if (is_ours(data, element)) {
            chosen = true;
            continue;
        }

        if (n > 0) {
            blanks = element;

            while (healthcode_str_is_blank(blanks.data[-1])) {
                blanks.data--;
            }

            blanks.len = (size_t) (element.data - blanks.data);

            n = healthcode_str_put(healthcode_str(","), left, n);
            n = healthcode_str_put(blanks, left, n);
        }

        n = healthcode_str_put(element, left, n);
    }

    return chosen ? n : healthcode_str_put(header, left, 0);
}


size_t
healthcode_elements_mask(uint8_t *header, size_t len,
    healthcode_elements_is_ours_pt is_ours, void *data)
{
    size_t            masked = 0;
    healthcode_str_t  rest = healthcode_str_from(header, len), element;

    while (healthcode_elements_next(&rest, &element)) {

        if (is_ours(data, element)) {
            memset(header + (element.data - header), '*', element.len);
            masked += element.len;
        }
    }

    return masked;
}
