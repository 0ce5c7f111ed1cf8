/*
 * A second condition beside a code that is in order: what variables of nginx
 * have to say.
 * Knows no: connection, header, store, token.
 * docs/request-path.md, "Token, Signature, Claims".
 */

#include "ngx_http_healthcode_condition.h"
#include "ngx_http_healthcode_values.h"


healthcode_reason_e
ngx_http_healthcode_condition_variables(
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record)
{
    ngx_str_t                   *text;
    ngx_uint_t                   i;
    healthcode_require_t         rule, *rules = lcf->rules.conditions->elts;
    healthcode_require_value_t  *values;

    values = ngx_palloc(record->request->pool, lcf->condition_values->nelts
                                          * sizeof(healthcode_require_value_t));
    if (values == NULL) {
        return HEALTHCODE_REASON_FAULT;
    }

    text = ngx_http_healthcode_values_of_conditions(lcf, record->values);

    for (i = 0; i < lcf->rules.conditions->nelts; i++) {

        rule = rules[i];
        ngx_http_healthcode_values_fill(&rule, text + 1, values);

        if (!healthcode_require_holds_for(&rule,
                                          ngx_http_healthcode_view(text)))
        {
            record->found.code.unmet = &rules[i];
            return HEALTHCODE_REASON_CONDITION;
        }

        text += 1 + rule.nvalues;
    }

    return HEALTHCODE_REASON_OK;
}
