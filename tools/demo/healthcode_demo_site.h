/*
 * Whether a request comes from a page of the demo: so that no page elsewhere
 * flags people through the browser of whoever has the demo open (CSRF, DNS
 * rebinding).  Knows no: JSON, store.  docs/demo.md, "Who may ask".
 */

#ifndef HEALTHCODE_DEMO_SITE_H
#define HEALTHCODE_DEMO_SITE_H

#include "healthcode_options.h"


/* What was seen of the headers of a request; start with all zero. */
typedef struct {
    const healthcode_list_t  *origins;      /* "http://127.0.0.1:8080" */
    unsigned                  hosts;        /* headers of this name */
    bool                      strange;
} healthcode_demo_site_t;


/* Whether text is scheme://host[:port] of http or https, and nothing more. */
bool healthcode_demo_site_is_origin(const char *text);

/* Looks at one header of the request; value may be NULL. */
void healthcode_demo_site_header(healthcode_demo_site_t *site,
    const char *name, const char *value);

/*
 * Whether the headers so far are those of a page of the demo, or of a program:
 * exactly one Host, which is that of an origin; each Origin is one of them
 * (RFC 6454); and Sec-Fetch-Site, if there is one, does not name another site.
 */
bool healthcode_demo_site_allows(const healthcode_demo_site_t *site);

#endif
