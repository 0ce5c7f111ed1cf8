/*
 * A refusal in words for programs, and in lines of text.
 * Knows no: connection, header, store, token.
 * docs/request-path.md, "Response"; RFC 9457 section 3.
 */

#include "ngx_http_healthcode_contact.h"
#include "ngx_http_healthcode_problem.h"
#include "../../core/healthcode_json_writer.h"
#include "../../core/healthcode_page.h"


static void ngx_http_healthcode_problem_members(healthcode_sink_t *sink,
    const ngx_http_healthcode_refusal_t *refusal,
    healthcode_language_e language);
static void ngx_http_healthcode_problem_member(healthcode_sink_t *sink,
    const char *name, healthcode_str_t value);
static void ngx_http_healthcode_problem_lines(healthcode_sink_t *sink,
    const ngx_http_healthcode_refusal_t *refusal,
    healthcode_language_e language, const ngx_str_t *contacts);


ngx_int_t
ngx_http_healthcode_problem_json(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record, healthcode_language_e language,
    ngx_buf_t **b)
{
    healthcode_sink_t  sink = { NULL, 0, 0 };

    ngx_http_healthcode_problem_members(&sink, &record->refusal, language);

    *b = ngx_create_temp_buf(r->pool, sink.len);
    if (*b == NULL) {
        return NGX_ERROR;
    }

    sink.data = (*b)->last;
    sink.size = sink.len;
    sink.len = 0;

    ngx_http_healthcode_problem_members(&sink, &record->refusal, language);
    (*b)->last += sink.size;

    return NGX_OK;
}


static void
ngx_http_healthcode_problem_members(healthcode_sink_t *sink,
    const ngx_http_healthcode_refusal_t *refusal,
    healthcode_language_e language)
{
    healthcode_str_t  word, name;

    word = healthcode_reason_word(refusal->told);

    healthcode_sink_string(sink, "{\"type\":\"urn:healthcode:problem:");
    healthcode_sink_bytes(sink, word);
    healthcode_sink_string(sink, "\"");
    ngx_http_healthcode_problem_member(sink, "title",
                         healthcode_reason_title_in(refusal->told, language));
    healthcode_sink_string(sink, ",\"status\":");
    healthcode_sink_number(sink, refusal->status);
    ngx_http_healthcode_problem_member(sink, "reason", word);
    ngx_http_healthcode_problem_member(sink, "class",
              healthcode_class_word(healthcode_reason_class(refusal->told)));

    if (healthcode_reason_is_busy(refusal->told)) {
        healthcode_sink_string(sink, ",\"retry\":");
        healthcode_sink_number(sink, HEALTHCODE_PAGE_RETRY);
    }

    /*
     * The claim or variable that failed, in a member that is called as the
     * reason is; never what the code or the variable says.
     */

    if (refusal->unmet) {
        name = refusal->unmet->claim;
        ngx_http_healthcode_problem_member(sink, (const char *) word.data,
                                           name);
    }

    healthcode_sink_string(sink, "}" CRLF);
}


static void
ngx_http_healthcode_problem_member(healthcode_sink_t *sink, const char *name,
    healthcode_str_t value)
{
    healthcode_sink_string(sink, ",\"");
    healthcode_sink_string(sink, name);
    healthcode_sink_string(sink, "\":\"");
    healthcode_json_writer_text(sink, value);
    healthcode_sink_string(sink, "\"");
}


ngx_int_t
ngx_http_healthcode_problem_text(ngx_http_request_t *r,
    const ngx_http_healthcode_record_t *record, healthcode_language_e language,
    ngx_buf_t **b)
{
    ngx_str_t              contacts[HEALTHCODE_CONTACT_COUNT];
    healthcode_page_e      kind = healthcode_page_of(record->refusal.told);
    healthcode_sink_t      sink = { NULL, 0, 0 };
    healthcode_contact_e   contact;

    ngx_memzero(contacts, sizeof(contacts));

    for (contact = 0; contact < HEALTHCODE_CONTACT_COUNT; contact++) {

        if (healthcode_page_shows(kind, contact)
            && ngx_http_healthcode_contact_read(r, record->gate, contact,
                                                &contacts[contact])
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_http_healthcode_problem_lines(&sink, &record->refusal, language,
                                      contacts);

    *b = ngx_create_temp_buf(r->pool, sink.len);
    if (*b == NULL) {
        return NGX_ERROR;
    }

    sink.data = (*b)->last;
    sink.size = sink.len;
    sink.len = 0;

    ngx_http_healthcode_problem_lines(&sink, &record->refusal, language,
                                      contacts);
    (*b)->last += sink.size;

    return NGX_OK;
}


/* The title, and a line for each contact that there is. */
static void
ngx_http_healthcode_problem_lines(healthcode_sink_t *sink,
    const ngx_http_healthcode_refusal_t *refusal,
    healthcode_language_e language, const ngx_str_t *contacts)
{
    healthcode_contact_e  contact;

    healthcode_sink_bytes(sink,
                          healthcode_reason_title_in(refusal->told, language));
    healthcode_sink_byte(sink, '\n');

    for (contact = 0; contact < HEALTHCODE_CONTACT_COUNT; contact++) {

        if (contacts[contact].len == 0) {
            continue;
        }

        healthcode_sink_bytes(sink, healthcode_contact_label(contact,
                                                             language));
        healthcode_sink_string(sink, ": ");
        healthcode_quote(sink, HEALTHCODE_QUOTE_PLAIN,
                         healthcode_contact_shown(
                             ngx_http_healthcode_view(&contacts[contact])));
        healthcode_sink_byte(sink, '\n');
    }
}
