/*
 * Surgery on a Cookie header: finds the cookies of a name, leaves them out,
 * masks them.  Knows no: nginx, token, request.  docs/request-path.md,
 * "Source".
 */

#include "healthcode_cookie.h"


static bool healthcode_cookie_is_chosen(const healthcode_cookie_t *cookie,
    healthcode_str_t name, healthcode_cookie_is_ours_pt is_ours, void *data);


bool
healthcode_cookie_next(healthcode_str_t *rest, healthcode_cookie_t *cookie)
{
    size_t             len;
    const uint8_t     *end;
    healthcode_str_t   piece, pair;

    while (rest->len > 0) {
        end = memchr(rest->data, ';', rest->len);
        len = (end != NULL) ? (size_t) (end - rest->data) : rest->len;
        piece = healthcode_str_from(rest->data, len);

        len += (end != NULL);
        *rest = healthcode_str_from(rest->data + len, rest->len - len);

        pair = healthcode_str_trim(piece);

        if (pair.len == 0) {
            continue;
        }

        end = memchr(pair.data, '=', pair.len);
        len = (end != NULL) ? (size_t) (end - pair.data) : 0;

        cookie->piece = piece;
        cookie->name = healthcode_str_from(end ? pair.data : NULL, len);
        len += (end != NULL);
        cookie->value = healthcode_str_from(pair.data + len, pair.len - len);

        return true;
    }

    return false;
}


healthcode_pattern_e
healthcode_cookie_find(healthcode_str_t header,
    const healthcode_source_t *source, healthcode_str_t *code)
{
    healthcode_cookie_t   cookie;
    healthcode_pattern_e  found;

    while (healthcode_cookie_next(&header, &cookie)) {

        if (!healthcode_cookie_is_chosen(&cookie, source->name, NULL, NULL)) {
            continue;
        }

        found = healthcode_source_match(source, cookie.value, code);

        if (found != HEALTHCODE_PATTERN_NO_MATCH) {
            return found;
        }
    }

    return HEALTHCODE_PATTERN_NO_MATCH;
}


static bool
healthcode_cookie_is_chosen(const healthcode_cookie_t *cookie,
    healthcode_str_t name, healthcode_cookie_is_ours_pt is_ours, void *data)
{
    return cookie->name.data != NULL
           && healthcode_str_equal(cookie->name, name)
           && (is_ours == NULL || is_ours(data, cookie->value));
}


size_t
healthcode_cookie_left(healthcode_str_t header, healthcode_str_t name,
    healthcode_cookie_is_ours_pt is_ours, void *data, uint8_t *left)
{
    bool                 chosen = false;
    size_t               n = 0;
    healthcode_str_t     rest = header, kept;
    healthcode_cookie_t  cookie;

    while (healthcode_cookie_next(&rest, &cookie)) {

        if (healthcode_cookie_is_chosen(&cookie, name, is_ours, data)) {
            chosen = true;
            continue;
        }

        kept = cookie.piece;

        if (n > 0) {
            n = healthcode_str_put(healthcode_str(";"), left, n);

        } else {
            /* the blanks before the first one are not its own */
            kept.data = healthcode_str_trim(kept).data;
            kept.len -= (size_t) (kept.data - cookie.piece.data);
        }

        n = healthcode_str_put(kept, left, n);
    }

    return chosen ? n : healthcode_str_put(header, left, 0);
}


size_t
healthcode_cookie_mask(uint8_t *header, size_t len, healthcode_str_t name,
    healthcode_cookie_is_ours_pt is_ours, void *data)
{
    size_t               masked = 0;
    healthcode_str_t     rest = healthcode_str_from(header, len);
    healthcode_cookie_t  cookie;

    while (healthcode_cookie_next(&rest, &cookie)) {

        if (healthcode_cookie_is_chosen(&cookie, name, is_ours, data)
            && cookie.value.len > 0)
        {
            memset(header + (cookie.value.data - header), '*',
                   cookie.value.len);
            masked += cookie.value.len;
        }
    }

    return masked;
}
