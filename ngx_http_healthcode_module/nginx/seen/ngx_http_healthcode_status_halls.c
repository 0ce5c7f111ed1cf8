/*
 * How many people are inside the halls of the configuration, for
 * healthcode_status: by the last answer that any worker got from the store.
 * Changes nothing.
 * Knows no: connection, header, token, verdict.
 * docs/monitoring/metrics.md, "Halls".
 */

#include "ngx_http_healthcode_status_format.h"
#include "../../core/healthcode_inside.h"


static void ngx_http_healthcode_status_halls_of(
    const ngx_http_healthcode_status_facts_t *facts,
    const ngx_http_healthcode_store_t *store,
    const healthcode_exposition_t *metric, healthcode_sink_t *text);
static ngx_uint_t ngx_http_healthcode_status_inside(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_str_t store,
    const ngx_str_t *hall, healthcode_inside_t *inside);


static const healthcode_exposition_t  ngx_http_healthcode_status_people = {
    "healthcode_hall_inside", "gauge",
    "People inside the hall, by the last answer of the store to this machine."
};

static const healthcode_exposition_t  ngx_http_healthcode_status_people_time = {
    "healthcode_hall_inside_time_seconds", "gauge",
    "When that answer came, in Unix seconds."
};


void
ngx_http_healthcode_status_json_halls(
    const ngx_http_healthcode_status_facts_t *facts,
    const ngx_http_healthcode_store_t *store, healthcode_json_writer_t *json)
{
    uint8_t               name[HEALTHCODE_SERIES_ISSUER];
    ngx_str_t            *hall = store->halls.elts;
    ngx_uint_t            i;
    healthcode_str_t      label;
    healthcode_inside_t   inside;

    label = ngx_http_healthcode_status_label(&store->name, name);

    healthcode_json_writer_name(json, "halls");
    healthcode_json_writer_open(json, '[');

    for (i = 0; i < store->halls.nelts; i++) {

        if (!ngx_http_healthcode_status_inside(facts, label, &hall[i],
                                               &inside))
        {
            continue;
        }

        healthcode_json_writer_open(json, '{');
        healthcode_json_writer_name(json, "name");
        healthcode_json_writer_string(json, ngx_http_healthcode_view(&hall[i]));
        healthcode_json_writer_member(json, "inside", inside.people);
        healthcode_json_writer_member(json, "time", inside.time);
        healthcode_json_writer_close(json, '}');
    }

    healthcode_json_writer_close(json, ']');
}


void
ngx_http_healthcode_status_halls(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_sink_t *text)
{
    ngx_uint_t                           i, k;
    ngx_http_healthcode_store_t        **store = facts->mcf->stores.elts;
    static const healthcode_exposition_t  *const  metrics[] = {
        &ngx_http_healthcode_status_people,
        &ngx_http_healthcode_status_people_time
    };

    for (k = 0; k < sizeof(metrics) / sizeof(metrics[0]); k++) {

        healthcode_exposition_metric(text, metrics[k]);

        for (i = 0; i < facts->mcf->stores.nelts; i++) {
            ngx_http_healthcode_status_halls_of(facts, store[i], metrics[k],
                                                text);
        }
    }
}


static void
ngx_http_healthcode_status_halls_of(
    const ngx_http_healthcode_status_facts_t *facts,
    const ngx_http_healthcode_store_t *store,
    const healthcode_exposition_t *metric, healthcode_sink_t *text)
{
    uint8_t                    name[HEALTHCODE_SERIES_ISSUER];
    ngx_str_t                 *hall = store->halls.elts;
    ngx_uint_t                 i;
    healthcode_str_t           values[2];
    healthcode_inside_t        inside;
    static const char *const   labels[] = { "store", "hall" };

    values[0] = ngx_http_healthcode_status_label(&store->name, name);

    for (i = 0; i < store->halls.nelts; i++) {

        if (!ngx_http_healthcode_status_inside(facts, values[0], &hall[i],
                                               &inside))
        {
            continue;
        }

        values[1] = ngx_http_healthcode_view(&hall[i]);
        healthcode_exposition_sample(text, metric, labels, values, 2,
            metric == &ngx_http_healthcode_status_people ? inside.people
                                                         : inside.time);
    }
}


/* store and hall are labels.  0: no answer has come yet. */
static ngx_uint_t
ngx_http_healthcode_status_inside(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_str_t store,
    const ngx_str_t *hall, healthcode_inside_t *inside)
{
    ngx_uint_t                               i;
    const healthcode_series_t               *series;
    const ngx_http_healthcode_counts_row_t  *row = facts->row;

    for (i = 0; i < facts->n; i++) {

        series = &row[i].series;

        if (series->what == HEALTHCODE_SERIES_INSIDE && series->n == 2
            && healthcode_str_equal(series->values[0], store)
            && healthcode_str_equal(series->values[1],
                                    ngx_http_healthcode_view(hall)))
        {
            return healthcode_inside_read(row[i].sum, inside);
        }
    }

    return 0;
}
