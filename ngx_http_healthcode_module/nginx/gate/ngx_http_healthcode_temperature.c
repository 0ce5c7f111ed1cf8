/*
 * The body temperature that a request says: read where the location looks for
 * it, and left there.
 * Knows no: connection, store, token.
 * docs/directives.md, "healthcode_temperature".
 */

#include "../request/ngx_http_healthcode_header_list.h"
#include "../source/ngx_http_healthcode_body.h"
#include "ngx_http_healthcode_temperature.h"
#include "../../core/healthcode_query.h"


static ngx_int_t ngx_http_healthcode_temperature_read(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record,
    healthcode_temperature_t *shown);
static void ngx_http_healthcode_temperature_header(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source,
    healthcode_temperature_t *shown);
static ngx_int_t ngx_http_healthcode_temperature_body(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record,
    healthcode_temperature_t *shown);
static ngx_int_t ngx_http_healthcode_temperature_arguments(
    ngx_http_request_t *r, const ngx_http_healthcode_source_t *source,
    const ngx_str_t *text, healthcode_temperature_t *shown);
static ngx_int_t ngx_http_healthcode_temperature_json(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source, const ngx_str_t *text,
    healthcode_temperature_t *shown);
static ngx_uint_t ngx_http_healthcode_temperature_is_place(
    const ngx_http_healthcode_temperature_t *a,
    const ngx_http_healthcode_temperature_t *b);


ngx_int_t
ngx_http_healthcode_temperature_find(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    healthcode_temperature_t                  shown = { 0, false };
    ngx_http_healthcode_temperature_found_t  *found = &record->temperature;

    if (ngx_http_healthcode_temperature_read(r, lcf, record->main, &shown)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_healthcode_temperature_is_place(found->rule,
                                                 lcf->rules.temperature)
        && (!shown.is_shown
            || (found->shown.is_shown
                && found->shown.tenths == shown.tenths)))
    {
        return NGX_DECLINED;
    }

    found->rule = lcf->rules.temperature;
    found->shown = shown;

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_temperature_read(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record, healthcode_temperature_t *shown)
{
    const ngx_http_healthcode_source_t  *source;

    source = &lcf->rules.temperature->source;

    switch (source->kind) {

    case NGX_HTTP_HEALTHCODE_HEADER:
        ngx_http_healthcode_temperature_header(r, source, shown);
        return NGX_OK;

    case NGX_HTTP_HEALTHCODE_QUERY:
        return ngx_http_healthcode_temperature_arguments(r, source, &r->args,
                                                         shown);

    case NGX_HTTP_HEALTHCODE_FORM:
    case NGX_HTTP_HEALTHCODE_JSON:
        return ngx_http_healthcode_temperature_body(r, lcf, record, shown);

    default:
        return NGX_ERROR;
    }
}


static void
ngx_http_healthcode_temperature_header(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source, healthcode_temperature_t *shown)
{
    ngx_table_elt_t                    *header;
    healthcode_str_t                    value;
    ngx_http_healthcode_header_walk_t   walk;

    ngx_http_healthcode_header_walk(&walk, &r->headers_in.headers.part);

    while ((header = ngx_http_healthcode_header_walk_find(&walk, &source->name))
           != NULL)
    {
        /* as of a code: an empty header carries none */

        if (healthcode_source_match(&source->core,
                                ngx_http_healthcode_view(&header->value),
                                &value)
            == HEALTHCODE_PATTERN_MATCH)
        {
            healthcode_temperature_add(shown, value);
        }
    }
}


/* Of a body that did not come whole nobody knows the reading. */
static ngx_int_t
ngx_http_healthcode_temperature_body(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record, healthcode_temperature_t *shown)
{
    ngx_str_t                            text;
    ngx_uint_t                           is_form;
    const ngx_http_healthcode_source_t  *source;

    source = &lcf->rules.temperature->source;
    is_form = (source->kind == NGX_HTTP_HEALTHCODE_FORM);

    if (record->body.state == NGX_HTTP_HEALTHCODE_BODY_LOST) {
        healthcode_temperature_add(shown, healthcode_str_from(NULL, 0));
        return NGX_OK;
    }

    if (!ngx_http_healthcode_body_is_there(r, record)
        || !ngx_http_healthcode_body_may_be(r, lcf,
                                            is_form ? HEALTHCODE_BODY_FORM
                                                    : HEALTHCODE_BODY_JSON))
    {
        return NGX_OK;
    }

    if (ngx_http_healthcode_body_text(r, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    return is_form
           ? ngx_http_healthcode_temperature_arguments(r, source, &text, shown)
           : ngx_http_healthcode_temperature_json(r, source, &text, shown);
}


/* Those of the request line, or of a form. */
static ngx_int_t
ngx_http_healthcode_temperature_arguments(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source, const ngx_str_t *text,
    healthcode_temperature_t *shown)
{
    u_char                    *scratch;
    healthcode_query_t         walk;
    healthcode_query_found_t   found;

    if (text->len == 0) {
        return NGX_OK;
    }

    scratch = ngx_pnalloc(r->pool, text->len);
    if (scratch == NULL) {
        return NGX_ERROR;
    }

    if (source->kind == NGX_HTTP_HEALTHCODE_FORM) {
        healthcode_query_begin_form(&walk, &source->core, 1,
                                    ngx_http_healthcode_view(text), scratch);
    } else {
        healthcode_query_begin(&walk, &source->core, 1,
                               ngx_http_healthcode_view(text), scratch);
    }

    while (healthcode_query_next(&walk, &found)) {
        if (found.counts) {
            healthcode_temperature_add(shown, found.code);
        }
    }

    return NGX_OK;
}


/* The memory is large, so it is given back at once. */
static ngx_int_t
ngx_http_healthcode_temperature_json(ngx_http_request_t *r,
    const ngx_http_healthcode_source_t *source, const ngx_str_t *text,
    healthcode_temperature_t *shown)
{
    void    *memory;
    size_t   size = healthcode_json_memory(text->len);

    memory = ngx_palloc(r->pool, size);
    if (memory == NULL) {
        return NGX_ERROR;
    }

    healthcode_temperature_add_json(shown, source->core.name,
                                    ngx_http_healthcode_view(text), memory,
                                    size);
    (void) ngx_pfree(r->pool, memory);

    return NGX_OK;
}


/* Whether both read the same place. */
static ngx_uint_t
ngx_http_healthcode_temperature_is_place(
    const ngx_http_healthcode_temperature_t *a,
    const ngx_http_healthcode_temperature_t *b)
{
    return a && a->source.kind == b->source.kind
           && healthcode_str_equal(a->source.core.name, b->source.core.name);
}


healthcode_reason_e
ngx_http_healthcode_temperature_judge(
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    healthcode_reason_e         reason;
    healthcode_claims_fault_t  *fault = &record->found.code.fault;

    reason = healthcode_temperature_judge(&record->temperature.shown,
                                          lcf->rules.temperature->max);

    if (reason == HEALTHCODE_REASON_TEMPERATURE_MISSING) {
        fault->claim = healthcode_str("temperature");
        fault->what = record->temperature.shown.is_shown
                      ? "is not one reading of 30 to 45 degrees"
                      : "is not in the request";
    }

    return reason;
}
