/*
 * --redis URL -> where the store is.  Knows no connection.
 * docs/operations.md, "Where the store is".
 */

#include <stdlib.h>

#include "healthcode_options.h"
#include "healthcode_url.h"


#define HEALTHCODE_URL_PORT           6379
#define HEALTHCODE_URL_SENTINEL_PORT  26379
#define HEALTHCODE_URL_DATABASE_MAX   65535

/* What is wrong with a URL; nothing of it is repeated: it may be a password. */
#define HEALTHCODE_URL_SCHEME    "it does not begin with redis://, rediss://," \
                                 " unix:, sentinel:// or cluster://"
#define HEALTHCODE_URL_SENTINEL  "it has no sentinels, or no /NAME of their " \
                                 "master behind them"
#define HEALTHCODE_URL_NODES     "what follows its nodes is not a /, and a " \
                                 "cluster has no other database than 0"
#define HEALTHCODE_URL_USER      "it has a user, which sentinels do not tell " \
                                 "from their own; write --user"
#define HEALTHCODE_URL_LONG      "a part of it is longer than 511 bytes"
#define HEALTHCODE_URL_ESCAPE    "a % in its user or password is not one of " \
                                 "%01 to %FF; write % itself as %25"
#define HEALTHCODE_URL_HOST      "it has no host; write / ? # and @ of a " \
                                 "password as %2F %3F %23 %40"
#define HEALTHCODE_URL_PATH      "it has no path of a socket"
#define HEALTHCODE_URL_BRACKET   "what is in [ ] does not end with ], or " \
                                 "with ]:PORT"
#define HEALTHCODE_URL_NUMBER    "its port is not a number of 1 to 65535; an " \
                                 "IPv6 address stands in [ ]"
#define HEALTHCODE_URL_DATABASE  "its database is not a number of 0 to 65535"
#define HEALTHCODE_URL_QUERY     "what follows ? is not db=N"


static const char *healthcode_url_parse_unix(const char *text,
    healthcode_url_t *url);
static const char *healthcode_url_parse_redis(const char *text,
    healthcode_url_t *url);
static const char *healthcode_url_parse_sentinel(const char *text,
    healthcode_url_t *url);
static const char *healthcode_url_parse_cluster(const char *text,
    healthcode_url_t *url);
static const char *healthcode_url_parse_each(const healthcode_url_t *url);
static const char *healthcode_url_parse_one(size_t i,
    healthcode_url_t *url);
static const char *healthcode_url_parse_user(const char *text, size_t len,
    healthcode_url_t *url);
static const char *healthcode_url_parse_host(const char *text, size_t len,
    healthcode_url_t *url);
static const char *healthcode_url_parse_query(const char *text,
    healthcode_url_t *url);
static const char *healthcode_url_parse_database(const char *text, size_t len,
    healthcode_url_t *url);
static const char *healthcode_url_copy(char *dst, const char *src, size_t len);
static const char *healthcode_url_decode(char *dst, const char *src,
    size_t len);
static int healthcode_url_digit(char c);


bool
healthcode_url_parse(const char *name, const char *text, healthcode_url_t *url)
{
    const char  *wrong = HEALTHCODE_URL_SCHEME;

    memset(url, 0, sizeof(healthcode_url_t));
    url->port = HEALTHCODE_URL_PORT;

    if (strncmp(text, "unix:", 5) == 0) {
        wrong = healthcode_url_parse_unix(text + 5, url);

    } else if (strncmp(text, "redis://", 8) == 0) {
        wrong = healthcode_url_parse_redis(text + 8, url);

    } else if (strncmp(text, "rediss://", 9) == 0) {
        url->tls = true;
        wrong = healthcode_url_parse_redis(text + 9, url);

    } else if (strncmp(text, "sentinel://", 11) == 0) {
        wrong = healthcode_url_parse_sentinel(text + 11, url);

    } else if (strncmp(text, "sentinels://", 12) == 0) {
        url->tls = true;
        wrong = healthcode_url_parse_sentinel(text + 12, url);

    } else if (strncmp(text, "cluster://", 10) == 0) {
        wrong = healthcode_url_parse_cluster(text + 10, url);

    } else if (strncmp(text, "clusters://", 11) == 0) {
        url->tls = true;
        wrong = healthcode_url_parse_cluster(text + 11, url);
    }

    if (wrong) {
        healthcode_output_usage("%s: this URL cannot be read: %s; write "
                                "redis://[user[:password]@]host[:port][/db], "
                                "rediss:// likewise, with TLS, "
                                "unix:PATH[?db=N], "
                                "sentinel://host[:port],.../NAME[?db=N], or "
                                "cluster://[user[:password]@]host[:port],...",
                                name, wrong);
    }

    return wrong == NULL;
}


/* Each of these returns what is wrong; NULL: nothing is. */

/* With // a user may stand before the path, which then begins with a /. */
static const char *
healthcode_url_parse_unix(const char *text, healthcode_url_t *url)
{
    size_t       len;
    const char  *at, *wrong = NULL;

    if (strncmp(text, "//", 2) == 0) {
        text += 2;
        at = strstr(text, "@/");

        if (at && *text != '/') {
            wrong = healthcode_url_parse_user(text, (size_t) (at - text), url);
            text = at + 1;
        }
    }

    len = strcspn(text, "?");

    if (wrong == NULL) {
        wrong = len ? healthcode_url_copy(url->path, text, len)
                    : HEALTHCODE_URL_PATH;
    }

    return wrong ? wrong : healthcode_url_parse_query(text + len, url);
}


static const char *
healthcode_url_parse_redis(const char *text, healthcode_url_t *url)
{
    size_t       len = strcspn(text, "/?#");
    const char  *wrong = NULL, *end = text + len;

    /* the last one: a password may hold an @ that was not encoded */
    const char  *at = memrchr(text, '@', len);

    if (at) {
        wrong = healthcode_url_parse_user(text, (size_t) (at - text), url);
        text = at + 1;
    }

    if (wrong == NULL) {
        wrong = healthcode_url_parse_host(text, (size_t) (end - text), url);
    }

    if (wrong == NULL && *end == '/') {
        end++;
        len = strcspn(end, "?#");
        wrong = len ? healthcode_url_parse_database(end, len, url) : NULL;
        end += len;
    }

    return wrong ? wrong : healthcode_url_parse_query(end, url);
}


static const char *
healthcode_url_parse_sentinel(const char *text, healthcode_url_t *url)
{
    size_t       n = strcspn(text, "/?#"), len;
    const char  *wrong, *name;

    if (memchr(text, '@', n)) {
        return HEALTHCODE_URL_USER;
    }

    if (n == 0 || text[n] != '/') {
        return HEALTHCODE_URL_SENTINEL;
    }

    name = text + n + 1;
    len = strcspn(name, "/?#");

    if (len == 0 || name[len] == '/') {
        return HEALTHCODE_URL_SENTINEL;
    }

    wrong = healthcode_url_copy(url->hosts, text, n);

    if (wrong == NULL) {
        wrong = healthcode_url_decode(url->master, name, len);
    }

    if (wrong == NULL) {
        wrong = healthcode_url_parse_query(name + len, url);
    }

    return wrong ? wrong : healthcode_url_parse_each(url);
}


/* One user is everybody's, so it stands before the first of them. */
static const char *
healthcode_url_parse_cluster(const char *text, healthcode_url_t *url)
{
    size_t       len = strcspn(text, "/?#");
    const char  *wrong = NULL, *end = text + len;
    const char  *at = memrchr(text, '@', len);

    url->cluster = true;

    if (at) {
        wrong = healthcode_url_parse_user(text, (size_t) (at - text), url);
        text = at + 1;
    }

    if (wrong == NULL && *end && strcmp(end, "/") != 0) {
        wrong = HEALTHCODE_URL_NODES;
    }

    if (wrong == NULL) {
        wrong = healthcode_url_copy(url->hosts, text, (size_t) (end - text));
    }

    return wrong ? wrong : healthcode_url_parse_each(url);
}


/* As many as there are commas, and one. */
static const char *
healthcode_url_parse_each(const healthcode_url_t *url)
{
    size_t             i, n;
    const char        *wrong = NULL;
    healthcode_url_t   one;

    for (i = 0, n = 1; url->hosts[i]; i++) {
        n += (url->hosts[i] == ',');
    }

    for (i = 0, one = *url; wrong == NULL && i < n; i++) {
        wrong = healthcode_url_parse_one(i, &one);
    }

    return wrong;
}


/* Its sentinel or node number i, of which there are more. */
static const char *
healthcode_url_parse_one(size_t i, healthcode_url_t *url)
{
    size_t       len;
    const char  *text = url->hosts;

    for (len = strcspn(text, ","); i && text[len]; i--) {
        text += len + 1;
        len = strcspn(text, ",");
    }

    url->port = url->cluster ? HEALTHCODE_URL_PORT
                             : HEALTHCODE_URL_SENTINEL_PORT;

    return i ? HEALTHCODE_URL_SENTINEL
             : healthcode_url_parse_host(text, len, url);
}


bool
healthcode_url_host(healthcode_url_t *url, size_t i)
{
    return healthcode_url_parse_one(i, url) == NULL;
}


static const char *
healthcode_url_parse_user(const char *text, size_t len, healthcode_url_t *url)
{
    size_t       n;
    const char  *wrong, *colon = memchr(text, ':', len);

    n = colon ? (size_t) (colon - text) : len;
    wrong = healthcode_url_decode(url->user, text, n);

    if (wrong || colon == NULL) {
        return wrong;
    }

    return healthcode_url_decode(url->password, colon + 1, len - n - 1);
}


/* An IPv6 address stands in brackets. */
static const char *
healthcode_url_parse_host(const char *text, size_t len, healthcode_url_t *url)
{
    char         port[8] = "";
    size_t       n;
    const char  *end, *colon;

    end = (len && text[0] == '[') ? memchr(text, ']', len) : NULL;

    if (len && text[0] == '[' && end == NULL) {
        return HEALTHCODE_URL_BRACKET;
    }

    colon = end ? (end + 1 < text + len ? end + 1 : NULL)
                : memchr(text, ':', len);

    if (colon) {
        n = (size_t) (text + len - colon) - 1;

        if (*colon != ':') {
            return HEALTHCODE_URL_BRACKET;
        }

        if (n == 0 || n > 5) {
            return HEALTHCODE_URL_NUMBER;
        }

        memcpy(port, colon + 1, n);
        url->port = atoi(port);

        if (strspn(port, "0123456789") != n || url->port < 1
            || url->port > 65535)
        {
            return HEALTHCODE_URL_NUMBER;
        }

        len = (size_t) (colon - text);
    }

    if (end) {
        text++;
        len -= 2;
    }

    return len ? healthcode_url_copy(url->host, text, len)
               : HEALTHCODE_URL_HOST;
}


static const char *
healthcode_url_parse_query(const char *text, healthcode_url_t *url)
{
    if (*text == '\0') {
        return NULL;
    }

    if (strncmp(text, "?db=", 4) != 0) {
        return HEALTHCODE_URL_QUERY;
    }

    return healthcode_url_parse_database(text + 4, strlen(text + 4), url);
}


static const char *
healthcode_url_parse_database(const char *text, size_t len,
    healthcode_url_t *url)
{
    if (len == 0 || len > 5 || strspn(text, "0123456789") < len
        || atoi(text) > HEALTHCODE_URL_DATABASE_MAX)
    {
        return HEALTHCODE_URL_DATABASE;
    }

    url->database = (unsigned) atoi(text);

    return NULL;
}


static const char *
healthcode_url_copy(char *dst, const char *src, size_t len)
{
    if (len >= HEALTHCODE_URL_PART_MAX) {
        return HEALTHCODE_URL_LONG;
    }

    memcpy(dst, src, len);
    dst[len] = '\0';

    return NULL;
}


static const char *
healthcode_url_decode(char *dst, const char *src, size_t len)
{
    int     high, low;
    size_t  i, n = 0;

    if (len >= HEALTHCODE_URL_PART_MAX) {
        return HEALTHCODE_URL_LONG;
    }

    for (i = 0; i < len; i++) {

        if (src[i] != '%') {
            dst[n++] = src[i];
            continue;
        }

        high = (i + 2 < len) ? healthcode_url_digit(src[i + 1]) : -1;
        low = (i + 2 < len) ? healthcode_url_digit(src[i + 2]) : -1;

        if (high == -1 || low == -1 || (high == 0 && low == 0)) {
            return HEALTHCODE_URL_ESCAPE;
        }

        dst[n++] = (char) (high * 16 + low);
        i += 2;
    }

    dst[n] = '\0';

    return NULL;
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
