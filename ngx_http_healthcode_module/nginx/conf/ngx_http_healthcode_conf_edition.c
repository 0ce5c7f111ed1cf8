/*
 * Pages for people who are refused, compiled: text and escaped variables.
 * Knows no: request, connection, location, file.
 * docs/pages.md.
 */

#include "ngx_http_healthcode_conf_edition.h"
#include "ngx_http_healthcode_conf_text.h"
#include "../../core/healthcode_digest.h"
#include "../../core/healthcode_markup.h"
#include "../../core/healthcode_text.h"


/* Nothing but the style, and pictures of the site. */
#define NGX_HTTP_HEALTHCODE_EDITION_POLICY                                    \
    "default-src 'none'; style-src %s%V%s; img-src 'self' data:; "            \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'%Z"


/* A page that is being read. */
typedef struct {
    ngx_conf_t                          *cf;
    ngx_str_t                           *name;
    ngx_str_t                           *text;
    const ngx_http_healthcode_style_t   *style;
    ngx_array_t                         *pieces;
    size_t                               from;     /* of text, to be added */
    size_t                               at;       /* read so far */
    healthcode_markup_t                  markup;
} ngx_http_healthcode_sheet_t;


static ngx_int_t ngx_http_healthcode_conf_edition_valid(ngx_conf_t *cf,
    ngx_str_t *name, ngx_str_t *text);
static ngx_int_t ngx_http_healthcode_conf_edition_policy(ngx_conf_t *cf,
    ngx_http_healthcode_style_t *style);
static ngx_int_t ngx_http_healthcode_conf_edition_compile(
    ngx_http_healthcode_sheet_t *sheet);
static ngx_int_t ngx_http_healthcode_conf_edition_byte(
    ngx_http_healthcode_sheet_t *sheet);
static ngx_int_t ngx_http_healthcode_conf_edition_variable(
    ngx_http_healthcode_sheet_t *sheet);
static ngx_int_t ngx_http_healthcode_conf_edition_link(
    ngx_http_healthcode_sheet_t *sheet);
static ngx_int_t ngx_http_healthcode_conf_edition_flush(
    ngx_http_healthcode_sheet_t *sheet);
static ngx_int_t ngx_http_healthcode_conf_edition_literal(
    ngx_http_healthcode_sheet_t *sheet, ngx_str_t *text);
static ngx_int_t ngx_http_healthcode_conf_edition_wrong(
    ngx_http_healthcode_sheet_t *sheet, const char *what);


static ngx_str_t  ngx_http_healthcode_conf_edition_sheet =
    ngx_string("<link rel=\"stylesheet\" href=\"page.css\">");


ngx_int_t
ngx_http_healthcode_conf_edition_style(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text, ngx_http_healthcode_style_t *style)
{
    ngx_uint_t  i;

    style->text = *text;

    if (ngx_http_healthcode_conf_edition_valid(cf, name, text) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < text->len; i++) {

        if (text->data[i] == '<' && i + 1 < text->len
            && text->data[i + 1] == '/')
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" has a \"</\", which may end a style; "
                               "take it out", name);
            return NGX_ERROR;
        }

        if (text->data[i] == '$'
            && ngx_http_healthcode_conf_text_variable(text->data + i + 1,
                                                      text->len - i - 1))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" has a variable, but a style has none; "
                               "write it into the page", name);
            return NGX_ERROR;
        }
    }

    return ngx_http_healthcode_conf_edition_policy(cf, style);
}


/* Whether a text is UTF-8, without control characters except blanks. */
static ngx_int_t
ngx_http_healthcode_conf_edition_valid(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text)
{
    size_t              len;
    ngx_uint_t          line = 1;
    healthcode_str_t    rest = ngx_http_healthcode_view(text);
    healthcode_text_e   what;

    while (rest.len) {

        what = healthcode_text_first(rest, &len);

        if (rest.data[0] == '\n') {
            line++;

        } else if (what == HEALTHCODE_TEXT_INVALID
                   || (what == HEALTHCODE_TEXT_CONTROL && rest.data[0] != '\t'
                       && rest.data[0] != '\r'))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is not UTF-8 text in line %ui; write "
                               "it anew as UTF-8", name, line);
            return NGX_ERROR;
        }

        rest.data += len;
        rest.len -= len;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_conf_edition_policy(ngx_conf_t *cf,
    ngx_http_healthcode_style_t *style)
{
    u_char                sum[HEALTHCODE_DIGEST_LEN], hash[64];
    size_t                len;
    ngx_str_t             text = { 0, hash }, bytes = { sizeof(sum), sum };
    ngx_uint_t            done, has = (style->text.len != 0);
    healthcode_digest_t  *digest;

    if (has) {
        digest = healthcode_digest_create();
        done = digest && healthcode_digest_text(digest,
                             ngx_http_healthcode_view(&style->text), sum);
        healthcode_digest_free(digest);

        if (!done) {
            return NGX_ERROR;
        }

        ngx_encode_base64(&text, &bytes);
    }

    len = sizeof(NGX_HTTP_HEALTHCODE_EDITION_POLICY) + sizeof("'sha256-'")
          + text.len;

    style->policy.data = ngx_pnalloc(cf->pool, len);
    if (style->policy.data == NULL) {
        return NGX_ERROR;
    }

    style->policy.len = ngx_sprintf(style->policy.data,
                                    NGX_HTTP_HEALTHCODE_EDITION_POLICY,
                                    has ? "'sha256-" : "'none", &text, "'")
                        - style->policy.data - 1;

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_conf_edition_add(ngx_conf_t *cf, ngx_array_t *editions,
    ngx_str_t *name, healthcode_page_e kind, healthcode_str_t language,
    ngx_str_t *text, const ngx_http_healthcode_style_t *style)
{
    ngx_http_healthcode_sheet_t     sheet;
    ngx_http_healthcode_edition_t  *edition;

    if (ngx_http_healthcode_conf_edition_valid(cf, name, text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (text->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is empty; write the page", name);
        return NGX_ERROR;
    }

    ngx_memzero(&sheet, sizeof(ngx_http_healthcode_sheet_t));

    sheet.cf = cf;
    sheet.name = name;
    sheet.text = text;
    sheet.style = style;
    sheet.pieces = ngx_array_create(cf->pool, 8,
                                    sizeof(ngx_http_healthcode_piece_t));

    if (sheet.pieces == NULL
        || ngx_http_healthcode_conf_edition_compile(&sheet) != NGX_OK)
    {
        return NGX_ERROR;
    }

    edition = ngx_http_healthcode_conf_edition_find(editions, language);

    if (edition == NULL) {

        edition = ngx_array_push(editions);
        if (edition == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(edition, sizeof(ngx_http_healthcode_edition_t));

        edition->policy = style->policy;
        edition->language.len = language.len;
        edition->language.data = ngx_pnalloc(cf->pool, language.len + 1);

        if (edition->language.data == NULL) {
            return NGX_ERROR;
        }

        *ngx_cpymem(edition->language.data, language.data, language.len) = '\0';
    }

    edition->pages[kind] = sheet.pieces;

    return NGX_OK;
}


ngx_http_healthcode_edition_t *
ngx_http_healthcode_conf_edition_find(const ngx_array_t *editions,
    healthcode_str_t language)
{
    ngx_uint_t                      i;
    ngx_http_healthcode_edition_t  *edition = editions->elts;

    for (i = 0; i < editions->nelts; i++) {
        if (healthcode_str_equal(language,
                             ngx_http_healthcode_view(&edition[i].language)))
        {
            return &edition[i];
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_healthcode_conf_edition_compile(ngx_http_healthcode_sheet_t *sheet)
{
    while (sheet->at < sheet->text->len) {
        if (ngx_http_healthcode_conf_edition_byte(sheet) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (healthcode_markup_place(&sheet->markup) != HEALTHCODE_MARKUP_TEXT) {
        return ngx_http_healthcode_conf_edition_wrong(sheet,
                   "ends within a tag, a comment or an element; end that");
    }

    return ngx_http_healthcode_conf_edition_flush(sheet);
}


/* Reads a byte, a variable, or the link to the style. */
static ngx_int_t
ngx_http_healthcode_conf_edition_byte(ngx_http_healthcode_sheet_t *sheet)
{
    u_char            *p = sheet->text->data + sheet->at;
    size_t             rest = sheet->text->len - sheet->at;
    ngx_str_t         *link = &ngx_http_healthcode_conf_edition_sheet;
    healthcode_str_t   byte = healthcode_str_from(p, 1);

    if (*p == '$') {
        return ngx_http_healthcode_conf_edition_variable(sheet);
    }

    if (rest >= link->len && ngx_strncmp(p, link->data, link->len) == 0
        && healthcode_markup_place(&sheet->markup) == HEALTHCODE_MARKUP_TEXT)
    {
        return ngx_http_healthcode_conf_edition_link(sheet);
    }

    sheet->at++;
    healthcode_markup_read(&sheet->markup, byte);

    switch (healthcode_markup_place(&sheet->markup)) {

    case HEALTHCODE_MARKUP_SCRIPT:
        return ngx_http_healthcode_conf_edition_wrong(sheet,
                   "has a script, or text for who runs none; as no browser "
                   "runs one here, take it out");

    case HEALTHCODE_MARKUP_STYLE:
        return ngx_http_healthcode_conf_edition_wrong(sheet,
                   "has a style; write it into \"page.css\" beside the page, "
                   "and \"<link rel=\"stylesheet\" href=\"page.css\">\" here");

    default:
        return NGX_OK;
    }
}


static ngx_int_t
ngx_http_healthcode_conf_edition_variable(ngx_http_healthcode_sheet_t *sheet)
{
    u_char      *p = sheet->text->data + sheet->at;
    size_t       len;
    ngx_str_t    piece;
    ngx_uint_t   is_link;

    static const ngx_str_t  link = ngx_string("$healthcode_link_");

    len = ngx_http_healthcode_conf_text_variable(p + 1,
                                      sheet->text->len - sheet->at - 1);
    if (len == 0) {
        return ngx_http_healthcode_conf_edition_wrong(sheet,
                   "has a \"$\" that begins no variable; write \"&#36;\"");
    }

    piece.data = p;
    piece.len = len + 1;

    is_link = (piece.len > link.len
               && ngx_strncmp(p, link.data, link.len) == 0);

    switch (healthcode_markup_place(&sheet->markup)) {

    case HEALTHCODE_MARKUP_TEXT:
    case HEALTHCODE_MARKUP_VALUE:
        break;

    case HEALTHCODE_MARKUP_ADDRESS:
        if (is_link) {
            break;
        }

        return ngx_http_healthcode_conf_edition_wrong(sheet,
                   "has a variable that may say to which site a link leads; "
                   "write a \"$healthcode_link_NAME\", or begin the link with "
                   "\"/NAME\" or \"https://HOST/\"");

    default:
        return ngx_http_healthcode_conf_edition_wrong(sheet,
                   "has a variable where escaping does not help; write it "
                   "between tags, or in an attribute in quotes that is neither "
                   "a style, nor a script, nor a command");
    }

    if (ngx_http_healthcode_conf_edition_flush(sheet) != NGX_OK) {
        return NGX_ERROR;
    }

    sheet->at += piece.len;
    sheet->from = sheet->at;

    return ngx_http_healthcode_conf_text_add(sheet->cf, sheet->pieces, &piece,
                                             HEALTHCODE_QUOTE_HTML, 1);
}


/* The style stands in the page, so that it needs no second answer. */
static ngx_int_t
ngx_http_healthcode_conf_edition_link(ngx_http_healthcode_sheet_t *sheet)
{
    u_char     *p;
    ngx_str_t   text;

    if (sheet->style->text.len == 0) {
        return ngx_http_healthcode_conf_edition_wrong(sheet,
                   "has a link to \"page.css\", but there is none; write it, "
                   "or take the link out");
    }

    if (ngx_http_healthcode_conf_edition_flush(sheet) != NGX_OK) {
        return NGX_ERROR;
    }

    text.len = sheet->style->text.len + sizeof("<style></style>") - 1;
    text.data = ngx_pnalloc(sheet->cf->pool, text.len);

    if (text.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(text.data, "<style>", sizeof("<style>") - 1);
    p = ngx_cpymem(p, sheet->style->text.data, sheet->style->text.len);
    ngx_memcpy(p, "</style>", sizeof("</style>") - 1);

    sheet->at += ngx_http_healthcode_conf_edition_sheet.len;
    sheet->from = sheet->at;

    return ngx_http_healthcode_conf_edition_literal(sheet, &text);
}


/* Adds the text that was read and is not in a piece yet. */
static ngx_int_t
ngx_http_healthcode_conf_edition_flush(ngx_http_healthcode_sheet_t *sheet)
{
    ngx_str_t  piece;

    piece.data = sheet->text->data + sheet->from;
    piece.len = sheet->at - sheet->from;
    sheet->from = sheet->at;

    return ngx_http_healthcode_conf_edition_literal(sheet, &piece);
}


/* Text in which a "$" is one. */
static ngx_int_t
ngx_http_healthcode_conf_edition_literal(ngx_http_healthcode_sheet_t *sheet,
    ngx_str_t *text)
{
    ngx_http_healthcode_piece_t  *piece;

    if (text->len == 0) {
        return NGX_OK;
    }

    piece = ngx_array_push(sheet->pieces);
    if (piece == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(piece, sizeof(ngx_http_healthcode_piece_t));
    piece->value.value = *text;

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_conf_edition_wrong(ngx_http_healthcode_sheet_t *sheet,
    const char *what)
{
    size_t      i;
    ngx_uint_t  line = 1;

    for (i = 0; i < sheet->at && i + 1 < sheet->text->len; i++) {
        line += (sheet->text->data[i] == '\n');
    }

    ngx_conf_log_error(NGX_LOG_EMERG, sheet->cf, 0, "\"%V\" line %ui %s",
                       sheet->name, line, what);

    return NGX_ERROR;
}
