/*
 * Whether what a header or cookie carries was made for gates, and so is taken
 * out; what is not is the application's own.  Verifies nothing.
 * Knows no: request, store, verdict.  docs/traces.md.
 */

#include "ngx_http_healthcode_ours.h"
#include "../../core/healthcode_token.h"


static bool ngx_http_healthcode_ours_look_inside(
    const ngx_http_healthcode_loc_conf_t *lcf, healthcode_str_t code);


bool
ngx_http_healthcode_ours_is(void *data, healthcode_str_t value)
{
    healthcode_str_t             code;
    ngx_http_healthcode_ours_t  *ours = data;

    if (healthcode_source_match(&ours->source->core, value, &code)
        != HEALTHCODE_PATTERN_MATCH)
    {
        return false;
    }

    return healthcode_str_equal(code, ours->known)
           || ngx_http_healthcode_ours_look_inside(ours->lcf, code);
}


/* A function of its own, since its memory is large. */
static bool
ngx_http_healthcode_ours_look_inside(const ngx_http_healthcode_loc_conf_t *lcf,
    healthcode_str_t code)
{
    healthcode_token_memory_t  memory;

    return healthcode_token_is_ours(code, lcf->issuer_index, &memory);
}
