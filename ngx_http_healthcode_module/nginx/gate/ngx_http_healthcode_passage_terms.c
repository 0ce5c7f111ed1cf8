/*
 * What a request asks for when it passes a hall: the values of its location's
 * line, evaluated for it, and digests of what they name.
 * Knows no: connection, header, token, store.
 * docs/directives.md, "healthcode_passage".
 */

#include "ngx_http_healthcode_passage_terms.h"
#include "ngx_http_healthcode_revocation.h"
#include "../../core/healthcode_hall.h"


/* What a request says of its passage; empty: nothing. */
typedef struct {
    ngx_str_t  hall;
    ngx_str_t  direction;
    ngx_str_t  lane;
    ngx_str_t  nonce;
} ngx_http_healthcode_passage_said_t;


static ngx_int_t ngx_http_healthcode_passage_said(ngx_http_request_t *r,
    const ngx_http_healthcode_passage_conf_t *conf,
    ngx_http_healthcode_passage_said_t *said);
static ngx_int_t ngx_http_healthcode_passage_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *value, ngx_str_t *text);
static ngx_int_t ngx_http_healthcode_passage_names(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record,
    const ngx_http_healthcode_passage_said_t *said,
    healthcode_passage_t *terms);


healthcode_reason_e
ngx_http_healthcode_passage_terms(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record, healthcode_passage_t *terms)
{
    healthcode_str_t                           direction;
    ngx_http_healthcode_passage_said_t         said;
    const ngx_http_healthcode_passage_conf_t  *conf = lcf->rules.passage;

    if (ngx_http_healthcode_passage_said(r, conf, &said) != NGX_OK) {
        return HEALTHCODE_REASON_FAULT;
    }

    direction = ngx_http_healthcode_view(&said.direction);

    if (conf->direction == NULL
        || healthcode_str_equal(direction, healthcode_str("in")))
    {
        terms->what = HEALTHCODE_PASSAGE_ENTER;

    } else if (healthcode_str_equal(direction, healthcode_str("out"))) {
        terms->what = HEALTHCODE_PASSAGE_LEAVE;

    } else {
        return HEALTHCODE_REASON_PASSAGE;
    }

    /* of a nonce without a reader nobody knows whose it is */

    if (said.hall.len == 0 || (said.nonce.len && said.lane.len == 0)) {
        return HEALTHCODE_REASON_PASSAGE;
    }

    terms->once_holder = conf->once_holder;
    terms->annuls = conf->annuls;
    terms->retry = said.nonce.len ? conf->retry : 0;
    terms->hold = conf->hold;
    terms->again = conf->again;
    terms->until = record->found.code.exp + lcf->rules.leeway;
    terms->now = time(NULL);

    return (record->found.code.has_holder
            && ngx_http_healthcode_passage_names(r, record, &said, terms)
               == NGX_OK)
           ? HEALTHCODE_REASON_OK : HEALTHCODE_REASON_FAULT;
}


static ngx_int_t
ngx_http_healthcode_passage_said(ngx_http_request_t *r,
    const ngx_http_healthcode_passage_conf_t *conf,
    ngx_http_healthcode_passage_said_t *said)
{
    return (ngx_http_healthcode_passage_value(r, conf->hall, &said->hall)
            == NGX_OK
            && ngx_http_healthcode_passage_value(r, conf->direction,
                                                 &said->direction)
               == NGX_OK
            && ngx_http_healthcode_passage_value(r, conf->lane, &said->lane)
               == NGX_OK
            && ngx_http_healthcode_passage_value(r, conf->nonce, &said->nonce)
               == NGX_OK)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_healthcode_passage_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *value, ngx_str_t *text)
{
    ngx_str_null(text);

    return value ? ngx_http_complex_value(r, value, text) : NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_passage_names(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record,
    const ngx_http_healthcode_passage_said_t *said, healthcode_passage_t *terms)
{
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    ngx_memcpy(terms->holder, record->found.code.query.holder,
               HEALTHCODE_HOLDER_LEN);

    return (ngx_http_healthcode_passage_hall(r, &said->hall, terms->hall)
            == NGX_OK
            && ngx_http_healthcode_revocation_once(record, terms->code)
               == NGX_OK
            && healthcode_hall_passage(mcf->pepper, terms->code,
                                       ngx_http_healthcode_view(&said->lane),
                                       ngx_http_healthcode_view(&said->nonce),
                                       terms->passage))
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_healthcode_passage_hall(ngx_http_request_t *r, const ngx_str_t *name,
    uint8_t *hall)
{
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    return healthcode_hall_name(mcf->pepper, ngx_http_healthcode_view(name),
                                hall)
           ? NGX_OK : NGX_ERROR;
}
