/*
 * --redis URL -> where the store is.  Knows no connection.
 * docs/operations.md, "Where the store is".
 */

#include <stdlib.h>

#include "healthcode_options.h"
#include "healthcode_url.h"


#define HEALTHCODE_URL_PORT          6379
#define HEALTHCODE_URL_DATABASE_MAX  65535


static bool healthcode_url_parse_unix(const char *text, healthcode_url_t *url);
static bool healthcode_url_parse_redis(const char *text,
    healthcode_url_t *url);
static bool healthcode_url_parse_user(const char *text, size_t len,
    healthcode_url_t *url);
static bool healthcode_url_parse_host(const char *text, size_t len,
    healthcode_url_t *url);
static bool healthcode_url_parse_database(const char *text,
    healthcode_url_t *url);
static bool healthcode_url_copy(char *dst, const char *src, size_t len);
static bool healthcode_url_decode(char *dst, const char *src, size_t len);
static int healthcode_url_digit(char c);


bool
healthcode_url_parse(const char *text, healthcode_url_t *url)
{
    bool  ok = false;

    memset(url, 0, sizeof(healthcode_url_t));
    url->port = HEALTHCODE_URL_PORT;

    if (strncmp(text, "unix:", 5) == 0) {
        ok = healthcode_url_parse_unix(text + 5, url);

    } else if (strncmp(text, "redis://", 8) == 0) {
        ok = healthcode_url_parse_redis(text + 8, url);
    }

    if (!ok) {
        /* not repeated: a password may be in it */
        healthcode_output_usage("--redis: this URL cannot be read; write "
                                "redis://[user[:password]@]host[:port][/db], "
                                "or unix:PATH[?db=N]");
    }

    return ok;
}


static bool
healthcode_url_parse_unix(const char *text, healthcode_url_t *url)
{
    size_t       len;
    const char  *query;

    if (strncmp(text, "//", 2) == 0) {
        text += 2;
    }

    query = strstr(text, "?db=");
    len = query ? (size_t) (query - text) : strlen(text);

    return len > 0 && healthcode_url_copy(url->path, text, len)
           && (query == NULL
               || healthcode_url_parse_database(query + 4, url));
}


static bool
healthcode_url_parse_redis(const char *text, healthcode_url_t *url)
{
    size_t       len = strcspn(text, "/");
    const char  *at, *slash = text[len] ? text + len + 1 : "";

    /* the last one: a password may hold an @ that was not encoded */
    at = memrchr(text, '@', len);

    if (at) {
        if (!healthcode_url_parse_user(text, (size_t) (at - text), url)) {
            return false;
        }

        len -= (size_t) (at + 1 - text);
        text = at + 1;
    }

    return healthcode_url_parse_host(text, len, url)
           && (*slash == '\0' || healthcode_url_parse_database(slash, url));
}


static bool
healthcode_url_parse_user(const char *text, size_t len, healthcode_url_t *url)
{
    size_t       n;
    const char  *colon = memchr(text, ':', len);

    n = colon ? (size_t) (colon - text) : len;

    return healthcode_url_decode(url->user, text, n)
           && (colon == NULL
               || healthcode_url_decode(url->password, colon + 1,
                                        len - n - 1));
}


/* An IPv6 address stands in brackets. */
static bool
healthcode_url_parse_host(const char *text, size_t len, healthcode_url_t *url)
{
    char         port[8] = "";
    size_t       n;
    const char  *end, *colon;

    end = (len && text[0] == '[') ? memchr(text, ']', len) : NULL;
    colon = end ? (end + 1 < text + len ? end + 1 : NULL)
                : memchr(text, ':', len);

    if (colon) {
        n = (size_t) (text + len - colon) - 1;

        if (*colon != ':' || n == 0 || n > 5) {
            return false;
        }

        memcpy(port, colon + 1, n);
        url->port = atoi(port);

        if (strspn(port, "0123456789") != n || url->port < 1
            || url->port > 65535)
        {
            return false;
        }

        len = (size_t) (colon - text);
    }

    if (end) {
        text++;
        len -= 2;
    }

    return len > 0 && healthcode_url_copy(url->host, text, len);
}


static bool
healthcode_url_parse_database(const char *text, healthcode_url_t *url)
{
    size_t  len = strlen(text);

    if (len == 0 || len > 5 || strspn(text, "0123456789") != len
        || atoi(text) > HEALTHCODE_URL_DATABASE_MAX)
    {
        return false;
    }

    url->database = (unsigned) atoi(text);

    return true;
}


static bool
healthcode_url_copy(char *dst, const char *src, size_t len)
{
    if (len >= HEALTHCODE_URL_PART_MAX) {
        return false;
    }

    memcpy(dst, src, len);
    dst[len] = '\0';

    return true;
}


static bool
healthcode_url_decode(char *dst, const char *src, size_t len)
{
    int     high, low;
    size_t  i, n = 0;

    if (len >= HEALTHCODE_URL_PART_MAX) {
        return false;
    }

    for (i = 0; i < len; i++) {

        if (src[i] != '%') {
            dst[n++] = src[i];
            continue;
        }

        high = (i + 2 < len) ? healthcode_url_digit(src[i + 1]) : -1;
        low = (i + 2 < len) ? healthcode_url_digit(src[i + 2]) : -1;

        if (high == -1 || low == -1 || (high == 0 && low == 0)) {
            return false;
        }

        dst[n++] = (char) (high * 16 + low);
        i += 2;
    }

    dst[n] = '\0';

    return true;
}


static int
healthcode_url_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}
