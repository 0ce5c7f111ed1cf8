/*
 * What "nginx -t" says about the keys of all issuers together: a key that two
 * of them have, an algorithm that none is for.  Refuses nothing.
 * Knows no: request, connection, location, file.  docs/directives.md, "keys".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_KEYS_ADVICE_H
#define NGX_HTTP_HEALTHCODE_CONF_KEYS_ADVICE_H

#include "../ngx_http_healthcode.h"


/*
 * Warns, once all issuers are known: of each pair that has a key in common,
 * once, and of each algorithm of an issuer without a key.  issuers has
 * pointers.  NGX_OK, or NGX_ERROR without memory.
 */
ngx_int_t ngx_http_healthcode_conf_keys_advise(ngx_conf_t *cf,
    ngx_array_t *issuers);

#endif
