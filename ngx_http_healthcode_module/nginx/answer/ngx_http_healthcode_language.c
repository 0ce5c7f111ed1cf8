/*
 * The language in which a client reads, by its Accept-Language headers.
 * Knows no: connection, location, store, token, verdict.
 * docs/variables.md, "$healthcode_title"; RFC 9110 section 12.5.4.
 */

#include "ngx_http_healthcode_accept.h"
#include "ngx_http_healthcode_language.h"


healthcode_language_e
ngx_http_healthcode_language(ngx_http_request_t *r)
{
    /* in the order of healthcode_language_e */
    healthcode_accept_t  offers[HEALTHCODE_LANGUAGE_COUNT] = {
        healthcode_accept_offer("en", ""),
        healthcode_accept_offer("zh", "")
    };

    return (healthcode_language_e)
           ngx_http_healthcode_accept_language(r, offers,
                                               HEALTHCODE_LANGUAGE_COUNT);
}
