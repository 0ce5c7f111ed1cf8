/*
 * What issuers publish -> texts of keys that the reader of gates takes: files,
 * directories, lists of key sets and of certificates in JSON.  Knows no key
 * from inside.  docs/operations.md, "Keys of other issuers".
 */

#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/healthcode_certificate.h"
#include "core/healthcode_json.h"
#include "core/healthcode_refresh.h"
#include "healthcode_collect.h"
#include "healthcode_file.h"


/* Characters of a place in JSON; deeper lists are not looked into. */
#define HEALTHCODE_COLLECT_PLACE_MAX  512

#define HEALTHCODE_COLLECT_ARRAY      "{\"list\":%.*s}"


/* A value of a list, and what the objects around it say of it. */
typedef struct {
    yyjson_val   *value;
    const char   *file;
    const char   *kid;      /* NULL: nothing says so */
    const char   *iss;      /* likewise */
    char          place[HEALTHCODE_COLLECT_PLACE_MAX];   /* RFC 6901 */
} healthcode_collect_at_t;


static bool healthcode_collect_dir(healthcode_collect_t *collect,
    const char *dir);
static int healthcode_collect_is_file(const struct dirent *entry);
static bool healthcode_collect_file(healthcode_collect_t *collect,
    const char *path);
static bool healthcode_collect_text(healthcode_collect_t *collect,
    const char *path, healthcode_str_t text);
static yyjson_val *healthcode_collect_list(healthcode_str_t text, char first,
    void **memory);
static bool healthcode_collect_is_set(yyjson_val *value);
static bool healthcode_collect_is_jwk(yyjson_val *value);
static bool healthcode_collect_has_jwks(yyjson_val *value);
static bool healthcode_collect_walk(healthcode_collect_t *collect,
    const healthcode_collect_at_t *at);
static bool healthcode_collect_keys(healthcode_collect_t *collect,
    const healthcode_collect_at_t *at);
static bool healthcode_collect_array(healthcode_collect_t *collect,
    const healthcode_collect_at_t *at);
static bool healthcode_collect_object(healthcode_collect_t *collect,
    const healthcode_collect_at_t *at);
static bool healthcode_collect_step(healthcode_collect_t *collect,
    const healthcode_collect_at_t *at, const char *name, yyjson_val *value,
    const char *kid);
static bool healthcode_collect_place(healthcode_collect_at_t *next,
    const healthcode_collect_at_t *at, const char *name);
static const char *healthcode_collect_iss(yyjson_val *object);
static bool healthcode_collect_is_map(yyjson_val *object);
static bool healthcode_collect_is_pem(yyjson_val *value);
static bool healthcode_collect_string(healthcode_collect_t *collect,
    const healthcode_collect_at_t *at);
static bool healthcode_collect_is_certificate(healthcode_str_t text);
static bool healthcode_collect_jwk(healthcode_collect_t *collect,
    const healthcode_collect_at_t *at);
static bool healthcode_collect_push(healthcode_collect_t *collect,
    const healthcode_collect_at_t *at, const char *before,
    healthcode_str_t text, const char *after);
static bool healthcode_collect_is_wanted(healthcode_collect_t *collect,
    const char *iss);
static bool healthcode_collect_keep(healthcode_collect_t *collect, char *where,
    healthcode_str_t text);


bool
healthcode_collect_add(healthcode_collect_t *collect, const char *path)
{
    struct stat  st;

    if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        return healthcode_collect_dir(collect, path);
    }

    return healthcode_collect_file(collect, path);
}


void
healthcode_collect_free(healthcode_collect_t *collect)
{
    while (collect->n) {
        collect->n--;
        free(collect->items[collect->n].where);
        healthcode_file_free(&collect->items[collect->n].text);
    }

    free(collect->items);
    free(collect->other);
    memset(collect, 0, sizeof(healthcode_collect_t));
}


static bool
healthcode_collect_dir(healthcode_collect_t *collect, const char *dir)
{
    int              n;
    bool             ok = true;
    char             path[4096];
    struct dirent  **entries;

    n = scandir(dir, &entries, healthcode_collect_is_file, alphasort);

    if (n == -1) {
        healthcode_output_failed("cannot read the directory \"%s\": %s",
                                 dir, strerror(errno));
        return false;
    }

    if (n == 0) {
        healthcode_output_failed("\"%s\": there is no key file in this "
                                 "directory; give it one whose name ends in %s",
                                 dir, HEALTHCODE_REFRESH_ENDINGS);
        ok = false;
    }

    for (int i = 0; i < n; i++) {
        ok = ok
             && snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name)
                < (int) sizeof(path)
             && healthcode_collect_file(collect, path);
        free(entries[i]);
    }

    free(entries);

    return ok;
}


static int
healthcode_collect_is_file(const struct dirent *entry)
{
    return healthcode_refresh_takes(entry->d_name);
}


static bool
healthcode_collect_file(healthcode_collect_t *collect, const char *path)
{
    bool              ok;
    healthcode_str_t  text;

    if (!healthcode_file_read("SOURCE", path, &text)) {
        return false;
    }

    ok = healthcode_collect_text(collect, path, text);
    healthcode_file_free(&text);

    return ok;
}


static bool
healthcode_collect_text(healthcode_collect_t *collect, const char *path,
    healthcode_str_t text)
{
    bool                      ok;
    void                     *memory = NULL;
    size_t                    i, before = collect->n;
    healthcode_collect_at_t   at = { .file = path };

    for (i = 0; i < text.len && memchr(" \t\r\n", text.data[i], 4); i++) {
        /* void */
    }

    if (i < text.len && (text.data[i] == '{' || text.data[i] == '[')) {
        at.value = healthcode_collect_list(text, (char) text.data[i], &memory);
    }

    if (at.value == NULL
        || (healthcode_collect_is_set(at.value)
            && !healthcode_collect_has_jwks(at.value)))
    {
        /* what is wrong with it, the reader of gates says best */
        ok = healthcode_collect_push(collect, &at, "", text, "");

    } else {
        ok = healthcode_collect_walk(collect, &at);

        if (ok && collect->n == before && !collect->iss) {
            healthcode_output_failed("\"%s\": there is no key in it", path);
            ok = false;
        }
    }

    free(memory);

    return ok;
}


/* NULL: it is not strict JSON, or there is no memory. */
static yyjson_val *
healthcode_collect_list(healthcode_str_t text, char first, void **memory)
{
    int          len;
    char        *object = NULL;
    size_t       size;
    yyjson_val  *root;

    if (first == '[') {
        len = asprintf(&object, HEALTHCODE_COLLECT_ARRAY, (int) text.len,
                       (const char *) text.data);
        if (len == -1) {
            return NULL;
        }

        text = healthcode_str_from(object, (size_t) len);
    }

    size = healthcode_json_memory(text.len);
    *memory = malloc(size);
    root = *memory ? healthcode_json_read(text, *memory, size) : NULL;
    free(object);

    return (root && first == '[') ? yyjson_obj_get(root, "list") : root;
}


/* Whether value is what the reader of gates takes: a JWK, or a set of them. */
static bool
healthcode_collect_is_set(yyjson_val *value)
{
    yyjson_val  *keys = yyjson_obj_get(value, "keys");

    return healthcode_collect_is_jwk(value)
           || (yyjson_is_arr(keys)
               && (yyjson_arr_size(keys) == 0
                   || healthcode_collect_is_jwk(yyjson_arr_get_first(keys))));
}


static bool
healthcode_collect_is_jwk(yyjson_val *value)
{
    return yyjson_obj_get(value, "kty") || yyjson_obj_get(value, "x5c");
}


/* Whether value is a set of which each key can be judged by itself. */
static bool
healthcode_collect_has_jwks(yyjson_val *value)
{
    size_t       i, n;
    yyjson_val  *jwk, *keys = yyjson_obj_get(value, "keys");

    yyjson_arr_foreach(keys, i, n, jwk) {
        if (!yyjson_is_obj(jwk)) {
            return false;
        }
    }

    return healthcode_collect_is_jwk(yyjson_arr_get_first(keys));
}


static bool
healthcode_collect_walk(healthcode_collect_t *collect,
    const healthcode_collect_at_t *at)
{
    if (healthcode_collect_has_jwks(at->value)) {
        return healthcode_collect_keys(collect, at);
    }

    if (healthcode_collect_is_set(at->value)) {
        return healthcode_collect_jwk(collect, at);
    }

    switch (yyjson_get_type(at->value)) {

    case YYJSON_TYPE_ARR:
        return healthcode_collect_array(collect, at);

    case YYJSON_TYPE_OBJ:
        return healthcode_collect_object(collect, at);

    case YYJSON_TYPE_STR:
        return healthcode_collect_string(collect, at);

    default:
        return true;
    }
}


/* Each member of "keys" is a JWK, whatever it looks like. */
static bool
healthcode_collect_keys(healthcode_collect_t *collect,
    const healthcode_collect_at_t *at)
{
    char                      name[32];
    size_t                    i, n;
    yyjson_val               *jwk;
    const char               *iss = healthcode_collect_iss(at->value);
    healthcode_collect_at_t   next = *at;

    next.iss = iss ? iss : at->iss;

    yyjson_arr_foreach(yyjson_obj_get(at->value, "keys"), i, n, jwk) {
        snprintf(name, sizeof(name), "keys/%zu", i);
        next.value = jwk;

        if (!healthcode_collect_place(&next, at, name)
            || !healthcode_collect_jwk(collect, &next))
        {
            return false;
        }
    }

    return true;
}


static bool
healthcode_collect_array(healthcode_collect_t *collect,
    const healthcode_collect_at_t *at)
{
    char         name[32];
    size_t       i, n;
    yyjson_val  *value;

    yyjson_arr_foreach(at->value, i, n, value) {
        snprintf(name, sizeof(name), "%zu", i);

        if (!healthcode_collect_step(collect, at, name, value, at->kid)) {
            return false;
        }
    }

    return true;
}


static bool
healthcode_collect_object(healthcode_collect_t *collect,
    const healthcode_collect_at_t *at)
{
    bool                      is_map = healthcode_collect_is_map(at->value);
    size_t                    i, n;
    yyjson_val               *name, *value;
    const char               *kid, *iss = healthcode_collect_iss(at->value);
    healthcode_collect_at_t   inside = *at;

    kid = (const char *) healthcode_json_text(yyjson_obj_get(at->value,
                                                             "kid")).data;
    inside.iss = iss ? iss : at->iss;

    yyjson_obj_foreach(at->value, i, n, name, value) {
        const char  *text = (const char *) healthcode_json_text(name).data;

        if (!healthcode_collect_step(collect, &inside, text, value,
                                     is_map ? text : kid))
        {
            return false;
        }
    }

    return true;
}


/* Goes on to value, which at's has by this name. */
static bool
healthcode_collect_step(healthcode_collect_t *collect,
    const healthcode_collect_at_t *at, const char *name, yyjson_val *value,
    const char *kid)
{
    healthcode_collect_at_t  next = *at;

    next.value = value;
    next.kid = kid;

    return healthcode_collect_place(&next, at, name)
           && healthcode_collect_walk(collect, &next);
}


/* Writes where name is in at, which also bounds how deep lists may be. */
static bool
healthcode_collect_place(healthcode_collect_at_t *next,
    const healthcode_collect_at_t *at, const char *name)
{
    int  n = snprintf(next->place, sizeof(next->place), "%s/%s", at->place,
                      name);

    if (n < 0 || (size_t) n >= sizeof(next->place)) {
        healthcode_output_failed("\"%s\": its lists are too deep, or have "
                                 "names that are too long", at->file);
        return false;
    }

    return true;
}


/* "iss", or "issuer", which may be an object with "iss"; NULL: neither. */
static const char *
healthcode_collect_iss(yyjson_val *object)
{
    yyjson_val        *iss = yyjson_obj_get(object, "iss");
    yyjson_val        *issuer = yyjson_obj_get(object, "issuer");
    healthcode_str_t   text = healthcode_json_text(iss ? iss : issuer);

    if (text.data == NULL) {
        text = healthcode_json_text(yyjson_obj_get(issuer, "iss"));
    }

    return (const char *) text.data;
}


/* Whether object has PEM blocks alone, by their kid, as some issuers publish */
static bool
healthcode_collect_is_map(yyjson_val *object)
{
    size_t       i, n;
    yyjson_val  *name, *value;

    yyjson_obj_foreach(object, i, n, name, value) {
        if (!healthcode_collect_is_pem(value)) {
            return false;
        }
    }

    return true;
}


static bool
healthcode_collect_is_pem(yyjson_val *value)
{
    const char  *text = (const char *) healthcode_json_text(value).data;

    return text && strstr(text, "-----BEGIN ");
}


static bool
healthcode_collect_string(healthcode_collect_t *collect,
    const healthcode_collect_at_t *at)
{
    bool              ok;
    char             *before = NULL;
    healthcode_str_t  text = healthcode_json_text(at->value);

    if (healthcode_collect_is_pem(at->value)) {
        ok = asprintf(&before, at->kid ? "kid: %s\n" : "%s",
                      at->kid ? at->kid : "") != -1
             && healthcode_collect_push(collect, at, before, text, "\n");
        free(before);

        return ok;
    }

    return !healthcode_collect_is_certificate(text)
           || healthcode_collect_jwk(collect, at);
}


static bool
healthcode_collect_is_certificate(healthcode_str_t text)
{
    bool                       ok = false;
    size_t                     len;
    uint8_t                   *der;
    healthcode_certificate_t   certificate;

    der = malloc(healthcode_certificate_decoded_len(text.len) + 1);

    if (der) {
        len = healthcode_certificate_decode(text, der);
        ok = healthcode_certificate_inside(healthcode_str_from(der, len))
             == HEALTHCODE_CERTIFICATE_SEQUENCE
             && healthcode_certificate_read(healthcode_str_from(der, len),
                                            &certificate) == NULL;
        free(der);
    }

    if (ok) {
        healthcode_certificate_free(&certificate);
    }

    ERR_clear_error();

    return ok;
}


/* A JWK or a set as it is, or a certificate as the "x5c" of a JWK. */
static bool
healthcode_collect_jwk(healthcode_collect_t *collect,
    const healthcode_collect_at_t *at)
{
    bool             ok;
    char            *text = NULL;
    size_t           len;
    yyjson_mut_doc  *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val  *root, *value = yyjson_val_mut_copy(doc, at->value);

    if (value && yyjson_is_str(at->value)) {
        root = yyjson_mut_obj(doc);

        if (at->kid) {
            yyjson_mut_obj_add_str(doc, root, "kid", at->kid);
        }

        yyjson_mut_arr_append(yyjson_mut_obj_add_arr(doc, root, "x5c"), value);
        value = root;
    }

    if (value) {
        yyjson_mut_doc_set_root(doc, value);
        text = yyjson_mut_write(doc, 0, &len);
    }

    yyjson_mut_doc_free(doc);

    ok = text && healthcode_collect_push(collect, at, "",
                                         healthcode_str_from(text, len), "");
    free(text);

    return ok;
}


static bool
healthcode_collect_push(healthcode_collect_t *collect,
    const healthcode_collect_at_t *at, const char *before,
    healthcode_str_t text, const char *after)
{
    char     *where = NULL;
    size_t    n = strlen(before), len = n + text.len + strlen(after);
    uint8_t  *copy;

    if (!healthcode_collect_is_wanted(collect, at->iss)) {
        return true;
    }

    copy = malloc(len + 1);

    if (copy == NULL
        || asprintf(&where, "%s%s%s", at->file, at->place[0] ? "#" : "",
                    at->place) == -1)
    {
        free(copy);
        return false;
    }

    memcpy(copy, before, n);
    memcpy(copy + n, text.data, text.len);
    memcpy(copy + n + text.len, after, strlen(after) + 1);

    return healthcode_collect_keep(collect, where,
                                   healthcode_str_from(copy, len));
}


/* Keys whose issuer nothing names may be anybody's. */
static bool
healthcode_collect_is_wanted(healthcode_collect_t *collect, const char *iss)
{
    if (iss == NULL) {
        return true;
    }

    if (collect->iss) {
        return strcmp(collect->iss, iss) == 0;
    }

    if (collect->other == NULL) {
        collect->other = strdup(iss);

    } else if (strcmp(collect->other, iss) != 0) {
        collect->several = true;
    }

    return true;
}


/* Owns where and text from here on. */
static bool
healthcode_collect_keep(healthcode_collect_t *collect, char *where,
    healthcode_str_t text)
{
    size_t                      n;
    healthcode_collect_item_t  *items;

    if (collect->n == collect->nalloc) {
        n = collect->nalloc ? collect->nalloc * 2 : 16;
        items = realloc(collect->items, n * sizeof(healthcode_collect_item_t));

        if (items == NULL) {
            free(where);
            healthcode_file_free(&text);
            return false;
        }

        collect->items = items;
        collect->nalloc = n;
    }

    collect->items[collect->n].where = where;
    collect->items[collect->n].text = text;
    collect->n++;

    return true;
}
