/*
 * The halls of a store whose names stand in the configuration, for those who
 * count the people in them.  Knows no: request, connection.
 * docs/monitoring/metrics.md, "Halls".
 */

#include "ngx_http_healthcode_conf_hall.h"

#include "../../core/healthcode_series.h"


ngx_int_t
ngx_http_healthcode_conf_hall_note(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store, const ngx_http_complex_value_t *hall)
{
    uint8_t      text[HEALTHCODE_SERIES_HALL];
    ngx_str_t    label, *known;
    ngx_uint_t   i;

    if (hall->lengths) {
        return NGX_OK;
    }

    label.data = text;
    label.len = healthcode_series_value(ngx_http_healthcode_view(&hall->value),
                                        text, sizeof(text));

    if (store->halls.elts == NULL
        && ngx_array_init(&store->halls, cf->pool, 2, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    known = store->halls.elts;

    for (i = 0; i < store->halls.nelts; i++) {
        if (healthcode_str_equal(ngx_http_healthcode_view(&known[i]),
                                 ngx_http_healthcode_view(&label)))
        {
            return NGX_OK;
        }
    }

    known = ngx_array_push(&store->halls);
    if (known == NULL) {
        return NGX_ERROR;
    }

    known->len = label.len;
    known->data = ngx_pstrdup(cf->pool, &label);

    return known->data ? NGX_OK : NGX_ERROR;
}
