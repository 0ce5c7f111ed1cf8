/*
 * The life of an issuer: the dates of its block, the note in the log and the
 * header Sunset (RFC 8594) before it ends.  Judges no code.
 * docs/operations.md, "Phasing an issuer out".
 */

#include "ngx_http_healthcode_conf.h"
#include "../core/healthcode_date.h"


/* Milliseconds between two notes of a worker on one issuer. */
#define NGX_HTTP_HEALTHCODE_LIFECYCLE_NOTE  (3600 * 1000)

#define NGX_HTTP_HEALTHCODE_LIFECYCLE_ENDS                                    \
    "healthcode: codes of issuer \"%V\" are accepted until %V only; days "    \
    "left: %T (sunset)"


static ngx_int_t ngx_http_healthcode_lifecycle_filter(ngx_http_request_t *r);
static ngx_uint_t ngx_http_healthcode_lifecycle_has_sunset(
    ngx_http_request_t *r);


/* nginx's own, the same for every answer of this worker */
static ngx_http_output_header_filter_pt
    ngx_http_healthcode_lifecycle_filter_next;


char *
ngx_http_healthcode_lifecycle_date(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    char       *p = conf;
    int64_t    *date, seconds;
    ngx_str_t  *value = cf->args->elts;

    date = (int64_t *) (p + cmd->offset);

    if (*date) {
        return "is duplicate";
    }

    /* the first second of 1970 would read as "no date" */
    if (!healthcode_date_parse(ngx_http_healthcode_view(&value[1]), &seconds)
        || seconds == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no date; write \"%V 2027-01-01;\", which "
                           "is midnight UTC, or a time with its zone, \"%V "
                           "2027-01-01T08:00:00+08:00;\"",
                           &value[1], &cmd->name, &cmd->name);
        return NGX_CONF_ERROR;
    }

    *date = seconds;

    return NGX_CONF_OK;
}


char *
ngx_http_healthcode_lifecycle_finish(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer)
{
    time_t                now = time(NULL);
    healthcode_issuer_t  *core = &issuer->core;

    if (core->sunset == 0) {
        return NGX_CONF_OK;
    }

    if (core->not_before >= core->sunset) {
        return "ends before it begins; write a \"not_before\" that is earlier "
               "than \"sunset\"";
    }

    issuer->noted = ngx_pcalloc(cf->pool, sizeof(ngx_msec_t));
    issuer->sunset.data = ngx_pnalloc(cf->pool, HEALTHCODE_DATE_IMF_LEN + 1);

    if (issuer->noted == NULL || issuer->sunset.data == NULL
        || !healthcode_date_format(core->sunset, (char *) issuer->sunset.data))
    {
        return NGX_CONF_ERROR;
    }

    issuer->sunset.len = HEALTHCODE_DATE_IMF_LEN;

    if (healthcode_issuer_ends_soon(core, now)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           NGX_HTTP_HEALTHCODE_LIFECYCLE_ENDS, &issuer->name,
                           &issuer->sunset,
                           (time_t) ((core->sunset - now) / 86400));

    } else if (now >= core->sunset) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "healthcode: issuer \"%V\" is past its sunset, %V: "
                           "its codes are refused", &issuer->name,
                           &issuer->sunset);
    }

    return NGX_CONF_OK;
}


healthcode_reason_e
ngx_http_healthcode_lifecycle_check(ngx_http_healthcode_record_t *record,
    time_t now)
{
    ngx_http_healthcode_issuer_t  *issuer = record->found.issuer;

    if (healthcode_issuer_ends_soon(&issuer->core, now)) {

        record->found.ending = 1;

        if (*issuer->noted == 0
            || ngx_current_msec - *issuer->noted
               >= NGX_HTTP_HEALTHCODE_LIFECYCLE_NOTE)
        {
            *issuer->noted = ngx_current_msec;

            ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                          NGX_HTTP_HEALTHCODE_LIFECYCLE_ENDS, &issuer->name,
                          &issuer->sunset,
                          (time_t) ((issuer->core.sunset - now) / 86400));
        }
    }

    return healthcode_issuer_check(&issuer->core, now);
}


/*
 * In the worker, when the chain is complete: linked into nginx the module is
 * configured before nginx's last filter, which begins the chain.
 */
void
ngx_http_healthcode_lifecycle_init_process(
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                      i;
    ngx_http_healthcode_issuer_t  **issuers = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {

        if (issuers[i]->core.sunset == 0) {
            continue;
        }

        ngx_http_healthcode_lifecycle_filter_next = ngx_http_top_header_filter;
        ngx_http_top_header_filter = ngx_http_healthcode_lifecycle_filter;

        return;
    }
}


/*
 * Every answer passes here once, also nginx's own pages and those that
 * replace another answer.
 */
static ngx_int_t
ngx_http_healthcode_lifecycle_filter(ngx_http_request_t *r)
{
    ngx_table_elt_t               *header;
    ngx_http_healthcode_record_t  *record;

    record = (r == r->main) ? ngx_http_healthcode_record_find(r) : NULL;

    if (record && record->found.ending
        && !ngx_http_healthcode_lifecycle_has_sunset(r))
    {
        header = ngx_list_push(&r->headers_out.headers);
        if (header == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(header, sizeof(ngx_table_elt_t));

        header->hash = 1;
        ngx_str_set(&header->key, "Sunset");
        header->value = record->found.issuer->sunset;
    }

    return ngx_http_healthcode_lifecycle_filter_next(r);
}


/* An upstream's own, such as that of a second gate, stays the only one. */
static ngx_uint_t
ngx_http_healthcode_lifecycle_has_sunset(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    for (part = &r->headers_out.headers.part; part; part = part->next) {

        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (header[i].hash
                && header[i].key.len == sizeof("Sunset") - 1
                && ngx_strncasecmp(header[i].key.data, (u_char *) "Sunset",
                                   sizeof("Sunset") - 1)
                   == 0)
            {
                return 1;
            }
        }
    }

    return 0;
}
