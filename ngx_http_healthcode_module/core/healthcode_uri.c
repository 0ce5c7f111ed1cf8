/*
 * URIs of http and https in one spelling, by which two can be compared:
 * normalisation by syntax and by scheme (RFC 3986 sections 6.2.2 and 6.2.3).
 * Knows no: nginx, request, token.  docs/token-format.md, "Proofs of DPoP".
 */

#include "healthcode_uri.h"


static size_t healthcode_uri_scheme(healthcode_str_t uri,
    healthcode_str_t *port);
static size_t healthcode_uri_host(healthcode_str_t authority);
static bool healthcode_uri_is_port(healthcode_str_t port);
static bool healthcode_uri_escaped(healthcode_str_t text, size_t at,
    uint8_t *byte);
static size_t healthcode_uri_segments(uint8_t *path, size_t len);


static inline uint8_t
healthcode_uri_lower(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') ? (uint8_t) (c | 0x20) : c;
}


/* RFC 3986 section 2.3 */
static inline bool
healthcode_uri_is_unreserved(uint8_t c)
{
    uint8_t  lower = healthcode_uri_lower(c);

    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9')
           || c == '-' || c == '.' || c == '_' || c == '~';
}


/* 16: it is not a hexadecimal digit. */
static inline uint8_t
healthcode_uri_digit(uint8_t c)
{
    uint8_t  lower = healthcode_uri_lower(c);

    if (c >= '0' && c <= '9') {
        return (uint8_t) (c - '0');
    }

    return (lower >= 'a' && lower <= 'f') ? (uint8_t) (lower - 'a' + 10) : 16;
}


bool
healthcode_uri_origin(healthcode_str_t uri, uint8_t *dst, size_t *len,
    healthcode_str_t *rest)
{
    size_t            end, host, scheme, n;
    healthcode_str_t  authority, port, usual = { NULL, 0 };

    scheme = healthcode_uri_scheme(uri, &usual);

    for (end = scheme; end < uri.len && !memchr("/?#", uri.data[end], 3); end++)
    {
        /* void */
    }

    authority = healthcode_str_from(uri.data + scheme, end - scheme);
    host = healthcode_uri_host(authority);

    if (scheme == 0 || host == 0) {
        return false;
    }

    n = scheme + host;

    if (host < authority.len) {

        port = healthcode_str_from(authority.data + host + 1,
                                   authority.len - host - 1);

        if (authority.data[host] != ':'
            || (port.len && !healthcode_uri_is_port(port)))
        {
            return false;
        }

        n += (port.len && !healthcode_str_equal(port, usual)) ? 1 + port.len
                                                              : 0;
    }

    for (size_t i = 0; i < n; i++) {
        dst[i] = healthcode_uri_lower(uri.data[i]);
    }

    *len = n;
    *rest = healthcode_str_from(uri.data + end, uri.len - end);

    return true;
}


/* The length of the scheme of uri with "://", and its port; 0: another one. */
static size_t
healthcode_uri_scheme(healthcode_str_t uri, healthcode_str_t *port)
{
    static const struct {
        healthcode_str_t  scheme, port;
    } known[] = {
        { { (const uint8_t *) "https://", 8 }, { (const uint8_t *) "443", 3 } },
        { { (const uint8_t *) "http://", 7 }, { (const uint8_t *) "80", 2 } },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {

        if (uri.len > known[i].scheme.len
            && healthcode_str_equal_nocase(
                   healthcode_str_from(uri.data, known[i].scheme.len),
                   known[i].scheme))
        {
            *port = known[i].port;
            return known[i].scheme.len;
        }
    }

    return 0;
}


/* The length of the host at the start of authority; 0: it is not one. */
static size_t
healthcode_uri_host(healthcode_str_t authority)
{
    size_t  n = 0;

    if (authority.len == 0 || authority.data[0] != '[') {

        while (n < authority.len
               && healthcode_uri_is_unreserved(authority.data[n]))
        {
            n++;
        }

        return n;
    }

    do {
        n++;
    } while (n < authority.len
             && (healthcode_uri_digit(authority.data[n]) < 16
                 || authority.data[n] == ':' || authority.data[n] == '.'));

    return (n > 1 && n < authority.len && authority.data[n] == ']') ? n + 1 : 0;
}


static bool
healthcode_uri_is_port(healthcode_str_t port)
{
    unsigned  number = 0;

    if (port.len > 5 || port.data[0] == '0') {
        return false;
    }

    for (size_t i = 0; i < port.len; i++) {

        if (port.data[i] < '0' || port.data[i] > '9') {
            return false;
        }

        number = number * 10 + (port.data[i] - '0');
    }

    return number <= 65535;
}


size_t
healthcode_uri_path(healthcode_str_t text, uint8_t *dst)
{
    size_t   at, n = 0;
    uint8_t  c;

    static const char  digits[] = "0123456789ABCDEF";

    for (at = 0; at < text.len && !memchr("?#", text.data[at], 2); at++) {

        c = text.data[at];

        if (c <= ' ' || c == 0x7f || (at == 0 && c != '/')) {
            return 0;
        }

        if (c == '%' && healthcode_uri_escaped(text, at, &c)) {

            at += 2;

            if (!healthcode_uri_is_unreserved(c)) {
                dst[n++] = '%';
                dst[n++] = (uint8_t) digits[c >> 4];
                dst[n++] = (uint8_t) digits[c & 0x0f];
                continue;
            }
        }

        dst[n++] = c;
    }

    if (n == 0) {
        dst[n++] = '/';
    }

    return healthcode_uri_segments(dst, n);
}


/* The byte for which the escape at at stands; false: it is not one. */
static bool
healthcode_uri_escaped(healthcode_str_t text, size_t at, uint8_t *byte)
{
    uint8_t  high, low;

    if (text.len - at < 3) {
        return false;
    }

    high = healthcode_uri_digit(text.data[at + 1]);
    low = healthcode_uri_digit(text.data[at + 2]);

    if (high > 15 || low > 15) {
        return false;
    }

    *byte = (uint8_t) (high << 4 | low);

    return true;
}


/*
 * Resolves "." and ".." in path, which begins with a slash, where it stands;
 * returns its length (RFC 3986 section 5.2.4).
 */
static size_t
healthcode_uri_segments(uint8_t *path, size_t len)
{
    size_t  end, at = 0, n = 0;

    while (at < len) {

        for (end = at + 1; end < len && path[end] != '/'; end++) {
            /* void */
        }

        if ((end - at == 2 && path[at + 1] == '.')
            || (end - at == 3 && memcmp(path + at, "/..", 3) == 0))
        {
            if (end - at == 3) {
                while (n > 0 && path[--n] != '/') {
                    /* void */
                }
            }

            if (end == len) {
                path[n++] = '/';
            }

        } else {
            memmove(path + n, path + at, end - at);
            n += end - at;
        }

        at = end;
    }

    return n;
}
