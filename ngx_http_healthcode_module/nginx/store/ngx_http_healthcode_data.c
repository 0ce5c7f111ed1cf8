/*
 * Lines of the log about a store whose data are older than a location lets
 * them be, one a change.  Judges no request.  Knows no: request, holder, timer.
 * docs/operations.md, "How old the data are".
 */

#include "ngx_http_healthcode_data.h"


static time_t ngx_http_healthcode_data_limit(
    const ngx_http_healthcode_store_t *store, const healthcode_data_t *data,
    time_t now);
static void ngx_http_healthcode_data_cause(const healthcode_data_t *data,
    time_t now, u_char *text, size_t size);


void
ngx_http_healthcode_data_note(ngx_http_healthcode_data_t *state,
    const ngx_http_healthcode_store_t *store, const healthcode_data_t *data,
    ngx_log_t *log)
{
    time_t    limit, now = ngx_time();
    u_char    news[HEALTHCODE_REFUSAL_SIZE], cause[HEALTHCODE_REFUSAL_SIZE];
    uint64_t  lasted;

    limit = ngx_http_healthcode_data_limit(store, data, now);

    if (limit == 0) {

        if (healthcode_outage_up(&state->lines, ngx_current_msec, &lasted)) {
            ngx_log_error(NGX_LOG_WARN, log, 0,
                          "healthcode: the data of store \"%V\" are up to date "
                          "again; they were too old for %uL s", &store->name,
                          (lasted + 999) / 1000);
        }

        return;
    }

    ngx_http_healthcode_data_cause(data, now, cause, sizeof(cause));
    (void) ngx_snprintf(news, sizeof(news), "%T %s%Z", limit, cause);
    news[sizeof(news) - 1] = '\0';

    if (healthcode_outage_down(&state->lines, ngx_current_msec,
                               (const char *) news))
    {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "healthcode: the data of store \"%V\" are too old for "
                      "\"healthcode_data_max_age\" (%T s): %s", &store->name,
                      limit, cause);
    }
}


/* The longest one that is exceeded; 0: none is. */
static time_t
ngx_http_healthcode_data_limit(const ngx_http_healthcode_store_t *store,
    const healthcode_data_t *data, time_t now)
{
    time_t      *limit = store->data_limits.elts, longest = 0;
    ngx_uint_t   i;

    for (i = 0; i < store->data_limits.nelts; i++) {
        if (limit[i] > longest
            && healthcode_data_is_old(data, limit[i], now))
        {
            longest = limit[i];
        }
    }

    return longest;
}


/* The same text while the same is wrong. */
static void
ngx_http_healthcode_data_cause(const healthcode_data_t *data, time_t now,
    u_char *text, size_t size)
{
    int64_t                          age;
    const healthcode_data_source_t  *oldest;

    oldest = healthcode_data_oldest(data, now);

    switch (healthcode_data_age(data, now, &age)) {

    case HEALTHCODE_DATA_UNKNOWN:
        (void) ngx_snprintf(text, size, "it does not say who feeds it; give "
                            "the gate's user the rights that \"healthcode "
                            "store rights\" prints%Z");
        break;

    case HEALTHCODE_DATA_NONE:
        (void) ngx_snprintf(text, size, "nobody has said that its flags are up "
                            "to date; run \"healthcode store touch\" after "
                            "each load of flags%Z");
        break;

    case HEALTHCODE_DATA_UNREADABLE:
        if (data->is_cut || oldest == NULL) {
            (void) ngx_snprintf(text, size, "a source cannot be read; "
                                "\"healthcode store sources\" shows it%Z");
            break;
        }

        (void) ngx_snprintf(text, size, "the time of source \"%*s\" cannot be "
                            "true; \"healthcode store sources\" shows it%Z",
                            oldest->len, oldest->name);
        break;

    case HEALTHCODE_DATA_AT:
        (void) ngx_snprintf(text, size, "source \"%*s\" was last up to date at "
                            "%L (Unix seconds); run \"healthcode store touch\" "
                            "after each load of its flags, or \"untouch\" if "
                            "it is gone%Z", oldest->len, oldest->name,
                            oldest->time);
        break;
    }
}
