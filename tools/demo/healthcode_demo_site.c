/*
 * Whether a request comes from a page of the demo, by Host, Origin and
 * Sec-Fetch-Site.  Knows no: JSON, store.  docs/demo.md, "Who may ask".
 */

#include <strings.h>

#include "healthcode_demo_site.h"


static const char *healthcode_demo_site_host(const char *origin);


bool
healthcode_demo_site_is_origin(const char *text)
{
    const char  *host = healthcode_demo_site_host(text);

    return host && host[0] && strpbrk(host, "/?#@ ") == NULL;
}


void
healthcode_demo_site_header(healthcode_demo_site_t *site, const char *name,
    const char *value)
{
    bool         found = false, is_host, is_origin;
    const char  *origin;

    is_host = strcasecmp(name, "Host") == 0;
    is_origin = strcasecmp(name, "Origin") == 0;

    if (strcasecmp(name, "Sec-Fetch-Site") == 0) {
        found = value && (strcmp(value, "same-origin") == 0
                          || strcmp(value, "none") == 0);

    } else if (!is_host && !is_origin) {
        return;
    }

    for (size_t i = 0; value && i < site->origins->n && !found; i++) {
        origin = site->origins->items[i];

        found = (is_host && strcasecmp(value,
                                       healthcode_demo_site_host(origin)) == 0)
                || (is_origin && strcmp(value, origin) == 0);
    }

    site->hosts += is_host;
    site->strange = site->strange || !found;
}


bool
healthcode_demo_site_allows(const healthcode_demo_site_t *site)
{
    return site->hosts == 1 && !site->strange;
}


/* What follows the scheme; NULL: it is neither of them. */
static const char *
healthcode_demo_site_host(const char *origin)
{
    if (strncmp(origin, "http://", 7) == 0) {
        return origin + 7;
    }

    return (strncmp(origin, "https://", 8) == 0) ? origin + 8 : NULL;
}
