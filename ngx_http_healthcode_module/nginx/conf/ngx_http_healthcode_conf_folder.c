/*
 * The directive healthcode_page: a folder with pages for people who are
 * refused; and the pages that are built in.
 * Knows no: request, connection.
 * docs/pages.md.
 */

#include "ngx_http_healthcode_conf_edition.h"
#include "ngx_http_healthcode_conf_file.h"
#include "ngx_http_healthcode_conf_folder.h"
#include "ngx_http_healthcode_conf_words.h"
#include "ngx_http_healthcode_refused.h"


/* The largest file of a folder, in bytes. */
#define NGX_HTTP_HEALTHCODE_FOLDER_FILE_MAX  65536


/* A file that is built in. */
typedef struct {
    ngx_str_t  name;
    ngx_str_t  text;
} ngx_http_healthcode_folder_file_t;


static ngx_int_t ngx_http_healthcode_conf_folder_names(ngx_conf_t *cf,
    ngx_str_t *dir, ngx_array_t *names);
static int ngx_libc_cdecl ngx_http_healthcode_conf_folder_compare(
    const void *one, const void *two);
static ngx_int_t ngx_http_healthcode_conf_folder_read(ngx_conf_t *cf,
    ngx_str_t *dir, ngx_str_t *name, ngx_str_t *path, ngx_str_t *text);
static ngx_int_t ngx_http_healthcode_conf_folder_style(ngx_conf_t *cf,
    ngx_str_t *dir, ngx_array_t *names, ngx_http_healthcode_style_t *style);
static ngx_int_t ngx_http_healthcode_conf_folder_pages(ngx_conf_t *cf,
    ngx_str_t *dir, ngx_array_t *names, ngx_array_t *editions);
static ngx_int_t ngx_http_healthcode_conf_folder_check(ngx_conf_t *cf,
    ngx_str_t *dir, ngx_array_t *editions);
static ngx_int_t ngx_http_healthcode_conf_folder_order(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_array_t *found,
    ngx_array_t **editions);
static ngx_int_t ngx_http_healthcode_conf_folder_built(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);


/* Of ngx_http_healthcode_refused.h, which the build makes of pages/refused/. */
static ngx_str_t  ngx_http_healthcode_folder_css =
    NGX_HTTP_HEALTHCODE_REFUSED_STYLE;
static ngx_http_healthcode_folder_file_t  ngx_http_healthcode_folder_html[] = {
    NGX_HTTP_HEALTHCODE_REFUSED_PAGES
};

#define NGX_HTTP_HEALTHCODE_FOLDER_PAGES                                      \
    (sizeof(ngx_http_healthcode_folder_html)                                  \
     / sizeof(ngx_http_healthcode_folder_html[0]))

static ngx_str_t  ngx_http_healthcode_folder_css_name = ngx_string("page.css");


char *
ngx_http_healthcode_conf_folder(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                        *value = cf->args->elts, dir;
    ngx_array_t                       names, found;
    ngx_http_healthcode_loc_conf_t   *lcf = conf;
    ngx_http_healthcode_main_conf_t  *mcf;

    if (lcf->editions != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_healthcode_module);

    ngx_http_healthcode_conf_literal(cf, &value[1]);
    dir = value[1];

    if (ngx_conf_full_name(cf->cycle, &dir, 1) != NGX_OK
        || ngx_array_init(&names, cf->pool, 16, sizeof(ngx_str_t)) != NGX_OK
        || ngx_array_init(&found, cf->pool, 2,
                          sizeof(ngx_http_healthcode_edition_t))
           != NGX_OK
        || ngx_http_healthcode_conf_folder_names(cf, &dir, &names) != NGX_OK
        || ngx_http_healthcode_conf_folder_pages(cf, &dir, &names, &found)
           != NGX_OK
        || ngx_http_healthcode_conf_folder_check(cf, &dir, &found) != NGX_OK
        || ngx_http_healthcode_conf_folder_built(cf, mcf) != NGX_OK
        || ngx_http_healthcode_conf_folder_order(cf, mcf, &found,
                                                 &lcf->editions)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* All names in a folder, sorted, but those that begin with a point. */
static ngx_int_t
ngx_http_healthcode_conf_folder_names(ngx_conf_t *cf, ngx_str_t *dir,
    ngx_array_t *names)
{
    u_char     *name;
    size_t      len;
    ngx_dir_t   d;
    ngx_str_t  *place;
    ngx_int_t   rc = NGX_OK;

    if (ngx_open_dir(dir, &d) == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_dir_n " \"%V\" failed", dir);
        return NGX_ERROR;
    }

    while (rc == NGX_OK && ngx_read_dir(&d) == NGX_OK) {

        name = ngx_de_name(&d);
        len = ngx_de_namelen(&d);

        if (name[0] == '.') {
            continue;
        }

        place = ngx_array_push(names);

        if (place == NULL
            || (place->data = ngx_pnalloc(cf->pool, len + 1)) == NULL)
        {
            rc = NGX_ERROR;
            break;
        }

        place->len = len;
        ngx_cpystrn(place->data, name, len + 1);
    }

    ngx_close_dir(&d);

    ngx_qsort(names->elts, names->nelts, sizeof(ngx_str_t),
              ngx_http_healthcode_conf_folder_compare);

    return rc;
}


static int ngx_libc_cdecl
ngx_http_healthcode_conf_folder_compare(const void *one, const void *two)
{
    const ngx_str_t  *a = one, *b = two;

    return ngx_strcmp(a->data, b->data);
}


/* The whole name of a file of the folder, and its text with "\n" alone. */
static ngx_int_t
ngx_http_healthcode_conf_folder_read(ngx_conf_t *cf, ngx_str_t *dir,
    ngx_str_t *name, ngx_str_t *path, ngx_str_t *text)
{
    size_t           i, n;
    ngx_file_info_t  info;

    path->len = dir->len + 1 + name->len;
    path->data = ngx_pnalloc(cf->pool, path->len + 1);

    if (path->data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(path->data, "%V/%V%Z", dir, name);

    if (ngx_http_healthcode_conf_file_read(cf, path, text, &info) != NGX_OK) {
        return NGX_ERROR;
    }

    if (text->len > NGX_HTTP_HEALTHCODE_FOLDER_FILE_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is larger than %d bytes; write a shorter "
                           "page", path, NGX_HTTP_HEALTHCODE_FOLDER_FILE_MAX);
        return NGX_ERROR;
    }

    /* as a browser reads it, which then hashes a style */

    for (i = 0, n = 0; i < text->len; i++) {
        if (text->data[i] != '\r') {
            text->data[n++] = text->data[i];

        } else if (i + 1 == text->len || text->data[i + 1] != '\n') {
            text->data[n++] = '\n';
        }
    }

    text->len = n;

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_conf_folder_style(ngx_conf_t *cf, ngx_str_t *dir,
    ngx_array_t *names, ngx_http_healthcode_style_t *style)
{
    ngx_str_t   path, text = ngx_null_string, *name = names->elts;
    ngx_uint_t  i;

    ngx_str_null(&path);

    for (i = 0; i < names->nelts; i++) {

        if (ngx_http_healthcode_conf_is_name(&name[i],
                                       &ngx_http_healthcode_folder_css_name)
            && ngx_http_healthcode_conf_folder_read(cf, dir, &name[i], &path,
                                                    &text)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_http_healthcode_conf_edition_style(cf, &path, &text, style);
}


static ngx_int_t
ngx_http_healthcode_conf_folder_pages(ngx_conf_t *cf, ngx_str_t *dir,
    ngx_array_t *names, ngx_array_t *editions)
{
    ngx_str_t                    path, text, *name = names->elts;
    ngx_uint_t                   i;
    healthcode_str_t             language;
    healthcode_page_e            kind;
    ngx_http_healthcode_style_t  style;

    if (ngx_http_healthcode_conf_folder_style(cf, dir, names, &style)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < names->nelts; i++) {

        if (ngx_http_healthcode_conf_is_name(&name[i],
                                       &ngx_http_healthcode_folder_css_name))
        {
            continue;
        }

        if (!healthcode_page_read(ngx_http_healthcode_view(&name[i]), &kind,
                                  &language))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown file \"%V\" in \"%V\"; write "
                               "KIND.LANG.html, such as \"renew.en.html\", of "
                               "the kinds renew, code, holder, condition, busy "
                               "and other; \"page.css\"; or take it out",
                               &name[i], dir);
            return NGX_ERROR;
        }

        if (ngx_http_healthcode_conf_folder_read(cf, dir, &name[i], &path,
                                                 &text)
            != NGX_OK
            || ngx_http_healthcode_conf_edition_add(cf, editions, &path, kind,
                                                    language, &text, &style)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Each language has a page of each kind. */
static ngx_int_t
ngx_http_healthcode_conf_folder_check(ngx_conf_t *cf, ngx_str_t *dir,
    ngx_array_t *editions)
{
    ngx_uint_t                      i, kind;
    healthcode_str_t                word;
    ngx_http_healthcode_edition_t  *edition = editions->elts;

    if (editions->nelts == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has no page; write KIND.LANG.html, such as "
                           "\"renew.en.html\", of the kinds renew, code, "
                           "holder, condition, busy and other", dir);
        return NGX_ERROR;
    }

    for (i = 0; i < editions->nelts; i++) {

        for (kind = 0; kind < HEALTHCODE_PAGE_COUNT; kind++) {

            if (edition[i].pages[kind]) {
                continue;
            }

            word = healthcode_page_word((healthcode_page_e) kind);

            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" has pages in \"%V\", but no "
                               "\"%*s.%V.html\"; write it", dir,
                               &edition[i].language, word.len, word.data,
                               &edition[i].language);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * English first, which counts where a client says nothing; then the others of
 * the folder, and those that are built in and not in it.
 */
static ngx_int_t
ngx_http_healthcode_conf_folder_order(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_array_t *found,
    ngx_array_t **editions)
{
    ngx_uint_t                      i;
    ngx_array_t                    *ordered;
    healthcode_str_t                first = healthcode_str("en"), language;
    ngx_http_healthcode_edition_t  *edition, *place;

    ordered = ngx_array_create(cf->pool, found->nelts + 2,
                               sizeof(ngx_http_healthcode_edition_t));
    if (ordered == NULL) {
        return NGX_ERROR;
    }

    edition = ngx_http_healthcode_conf_edition_find(found, first);

    if (edition == NULL) {
        edition = ngx_http_healthcode_conf_edition_find(mcf->editions, first);
    }

    place = ngx_array_push(ordered);
    if (place == NULL) {
        return NGX_ERROR;
    }

    *place = *edition;

    for (i = 0; i < found->nelts + mcf->editions->nelts; i++) {

        edition = (i < found->nelts)
             ? (ngx_http_healthcode_edition_t *) found->elts + i
             : (ngx_http_healthcode_edition_t *) mcf->editions->elts
               + (i - found->nelts);

        language = ngx_http_healthcode_view(&edition->language);

        if (ngx_http_healthcode_conf_edition_find(ordered, language)) {
            continue;
        }

        place = ngx_array_push(ordered);
        if (place == NULL) {
            return NGX_ERROR;
        }

        *place = *edition;
    }

    *editions = ordered;

    return NGX_OK;
}


ngx_int_t
ngx_http_healthcode_conf_folder_default(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf)
{
    if (conf->editions) {
        return NGX_OK;
    }

    if (ngx_http_healthcode_conf_folder_built(cf, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    conf->editions = mcf->editions;

    return NGX_OK;
}


/* Compiles the pages that are built in, once, as those of a folder. */
static ngx_int_t
ngx_http_healthcode_conf_folder_built(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                          i;
    ngx_array_t                        *editions;
    healthcode_str_t                    language;
    healthcode_page_e                   kind;
    ngx_http_healthcode_style_t         style;
    ngx_http_healthcode_folder_file_t  *file;

    if (mcf->editions) {
        return NGX_OK;
    }

    editions = ngx_array_create(cf->pool, 2,
                                sizeof(ngx_http_healthcode_edition_t));

    if (editions == NULL
        || ngx_http_healthcode_conf_edition_style(cf,
                                         &ngx_http_healthcode_folder_css_name,
                                         &ngx_http_healthcode_folder_css,
                                         &style)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_HTTP_HEALTHCODE_FOLDER_PAGES; i++) {

        file = &ngx_http_healthcode_folder_html[i];

        if (!healthcode_page_read(ngx_http_healthcode_view(&file->name), &kind,
                                  &language)
            || ngx_http_healthcode_conf_edition_add(cf, editions, &file->name,
                                                    kind, language,
                                                    &file->text, &style)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    mcf->editions = editions;

    return NGX_OK;
}
