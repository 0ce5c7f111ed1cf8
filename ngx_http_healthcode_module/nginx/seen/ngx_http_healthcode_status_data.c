/*
 * Who feeds stores, and when each did, for healthcode_status: as the worker
 * that answers has read it, each second.  Changes nothing.
 * Knows no: connection, header, token, verdict.
 * docs/monitoring/metrics.md, "State of stores".
 */

#include "../store/ngx_http_healthcode_ask.h"
#include "ngx_http_healthcode_status_format.h"


static void ngx_http_healthcode_status_json_source(
    const healthcode_data_source_t *source, time_t now,
    healthcode_json_writer_t *json);
static const healthcode_data_t *ngx_http_healthcode_status_data_of(
    const ngx_http_healthcode_store_t *store);


static const healthcode_exposition_t  ngx_http_healthcode_status_data_time = {
    "healthcode_data_time_seconds", "gauge",
    "When the source of flags was last up to date, in Unix seconds."
};

static const healthcode_data_t  ngx_http_healthcode_status_data_unknown;


void
ngx_http_healthcode_status_json_data(const ngx_http_healthcode_store_t *store,
    time_t now, healthcode_json_writer_t *json)
{
    int64_t                   age = 0;
    ngx_uint_t                i, known;
    const healthcode_data_t  *data = ngx_http_healthcode_status_data_of(store);

    healthcode_json_writer_name(json, "data");
    healthcode_json_writer_open(json, '[');

    for (i = 0; i < data->n; i++) {
        ngx_http_healthcode_status_json_source(&data->sources[i], now, json);
    }

    healthcode_json_writer_close(json, ']');

    known = healthcode_data_age(data, now, &age) == HEALTHCODE_DATA_AT;
    healthcode_json_writer_known(json, "data_age", known, (uint64_t) age);
}


static void
ngx_http_healthcode_status_json_source(const healthcode_data_source_t *source,
    time_t now, healthcode_json_writer_t *json)
{
    int64_t     age = 0;
    ngx_uint_t  known;

    known = healthcode_data_source_age(source, now, &age)
            == HEALTHCODE_DATA_AT;

    healthcode_json_writer_open(json, '{');
    healthcode_json_writer_name(json, "source");
    healthcode_json_writer_string(json, healthcode_str_from(source->name,
                                                            source->len));
    healthcode_json_writer_member(json, "time", (uint64_t) source->time);
    healthcode_json_writer_known(json, "age", known, (uint64_t) age);
    healthcode_json_writer_close(json, '}');
}


void
ngx_http_healthcode_status_data(const ngx_array_t *stores,
    healthcode_sink_t *text)
{
    uint8_t                         name[HEALTHCODE_SERIES_ISSUER];
    ngx_uint_t                      i, n;
    healthcode_str_t                values[2];
    static const char *const        labels[] = { "store", "source" };
    const healthcode_data_t        *data;
    ngx_http_healthcode_store_t   **store = stores->elts;

    healthcode_exposition_metric(text, &ngx_http_healthcode_status_data_time);

    for (i = 0; i < stores->nelts; i++) {

        data = ngx_http_healthcode_status_data_of(store[i]);
        values[0] = ngx_http_healthcode_status_label(&store[i]->name, name);

        for (n = 0; n < data->n; n++) {
            values[1] = healthcode_str_from(data->sources[n].name,
                                            data->sources[n].len);
            healthcode_exposition_sample(text,
                                         &ngx_http_healthcode_status_data_time,
                                         labels, values, 2,
                                         (uint64_t) data->sources[n].time);
        }
    }
}


/* What this worker has read; a process that serves nothing has not. */
static const healthcode_data_t *
ngx_http_healthcode_status_data_of(const ngx_http_healthcode_store_t *store)
{
    const healthcode_data_t  *data = ngx_http_healthcode_ask_data(store);

    return data ? data : &ngx_http_healthcode_status_data_unknown;
}
