/*
 * The lines of healthcode_issuer that say from when and until when its codes
 * are accepted.
 * Knows no: request, connection, location, token.
 * docs/operations.md, "Phasing an issuer out".
 */

#include "ngx_http_healthcode_conf_sunset.h"
#include "../../core/healthcode_date.h"


char *
ngx_http_healthcode_conf_sunset_date(ngx_conf_t *cf, ngx_command_t *cmd,
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
                           "invalid date \"%V\"; write \"%V 2027-01-01;\", "
                           "which is midnight UTC, or a time with its zone, "
                           "\"%V 2027-01-01T08:00:00+08:00;\"",
                           &value[1], &cmd->name, &cmd->name);
        return NGX_CONF_ERROR;
    }

    *date = seconds;

    return NGX_CONF_OK;
}


char *
ngx_http_healthcode_conf_sunset_finish(ngx_conf_t *cf,
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
                           NGX_HTTP_HEALTHCODE_ISSUER_ENDS, &issuer->name,
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
