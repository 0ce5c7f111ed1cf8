/*
 * What the files that read configuration share.
 * Knows no request.  README.md, "Directives".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_H
#define NGX_HTTP_HEALTHCODE_CONF_H

#include "ngx_http_healthcode.h"


/* Seconds that a code lives, by the rules of the service. */
#define NGX_HTTP_HEALTHCODE_MAX_AGE     900

/* Seconds of any age that is asked for, and of clocks that differ. */
#define NGX_HTTP_HEALTHCODE_AGE_MAX     (366 * 86400)
#define NGX_HTTP_HEALTHCODE_LEEWAY_MAX  300


/* A gate, and where nginx has it. */
typedef struct {
    ngx_http_healthcode_loc_conf_t  *conf;
    ngx_http_core_loc_conf_t        *location;
    ngx_http_core_srv_conf_t        *server;
} ngx_http_healthcode_place_t;


/* A location with lines of its own that is no gate. */
typedef struct {
    ngx_http_healthcode_loc_conf_t  *conf;
    const char                      *line;     /* the name of one */
    ngx_str_t                        where;
    ngx_str_t                        at;
} ngx_http_healthcode_idle_t;


typedef healthcode_pattern_t *(*ngx_http_healthcode_pattern_create_pt)(
    healthcode_str_t expression, char *error, size_t size);


/*
 * Reads a file, named relative to the configuration, into text, which lives
 * in cf->pool and ends in a NUL that is not counted, and what the file is into
 * info.  NGX_ERROR is logged.
 */
ngx_int_t ngx_http_healthcode_conf_read_file(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text, ngx_file_info_t *info);

/*
 * Reads a block whose lines are those of commands, each NGX_CONF_TAKE* or
 * NGX_CONF_1MORE, into conf.  what names the directive in messages.
 */
char *ngx_http_healthcode_conf_block(ngx_conf_t *cf, ngx_command_t *commands,
    void *conf, const char *what);

/*
 * Advice, which refuses nothing.  _notice() says, where a policy is chosen,
 * what is unusual about it; _warn() what opens the gate of a location.
 */
void ngx_http_healthcode_conf_notice(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf);
void ngx_http_healthcode_conf_warn(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf);

/*
 * While a location is merged: where messages about it end, which says its
 * server, if that has a name, and file and line: " in server \"NAME\" in
 * FILE:LINE".  It lives in cf->pool; it is empty where there is no memory.
 */
void ngx_http_healthcode_conf_at(ngx_conf_t *cf,
    const ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *at);

/*
 * The name of a line that a location has itself, but for "healthcode" and
 * "healthcode_status"; NULL: none.  Before it is merged.
 */
const char *ngx_http_healthcode_conf_own_line(
    const ngx_http_healthcode_loc_conf_t *conf);

/*
 * While a location is merged: notes that it is a gate, or that it is none and
 * has line itself, unless line is NULL.  NGX_ERROR where there is no memory.
 * Once all are merged, _idle() warns of lines that no gate has.
 */
ngx_int_t ngx_http_healthcode_conf_note_idle(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf,
    const char *line);
void ngx_http_healthcode_conf_idle(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);

/* Warns of a variable in text, a word of the line that is read. */
void ngx_http_healthcode_conf_literal(ngx_conf_t *cf, ngx_str_t *text);

/*
 * What a message says before "write ...", where one of known, pointers to
 * structures that have a name at offset, is spelled like word: "\"NAME\", or ";
 * else empty.
 */
void ngx_http_healthcode_conf_nearest(ngx_conf_t *cf, ngx_array_t *known,
    size_t offset, ngx_str_t *word, ngx_str_t *hint);

/*
 * Where nginx is started as root: warns of key files that the user of the
 * workers may not read, so that they cannot see them change.  Once all of the
 * configuration is read, since "user" may stand behind the http block.
 */
void ngx_http_healthcode_conf_readable(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf);

/* What messages call a location: its name, or "(server)". */
void ngx_http_healthcode_conf_where(ngx_http_core_loc_conf_t *clcf,
    ngx_str_t *name);

/*
 * While a location is merged: notes that it is a gate.  Once all are merged
 * and nginx can find them: warns of each error_page for a status that a gate
 * refuses with that leads to a gate again.  NGX_ERROR where there is no memory.
 */
ngx_int_t ngx_http_healthcode_conf_place(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);
ngx_int_t ngx_http_healthcode_conf_pages(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);

/*
 * Warns of a file, named relative to the configuration, that holds a secret
 * where mode, its permission bits, lets everybody read it.
 */
void ngx_http_healthcode_conf_secret(ngx_conf_t *cf, ngx_str_t *name,
    ngx_uint_t mode);

/*
 * Warns of what shows only when all issuers, of pointers, are known: a key
 * that two of them have, once a pair, and algorithms that no key is for.
 * NGX_ERROR where there is no memory.
 */
ngx_int_t ngx_http_healthcode_conf_audit(ngx_conf_t *cf, ngx_array_t *issuers);

/*
 * While a location is merged: where no line names a source, the one that all
 * such locations share.  NGX_ERROR where there is no memory.
 */
ngx_int_t ngx_http_healthcode_conf_default_sources(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);

/* Then gathers the sources that are arguments: here, and of all gates. */
ngx_int_t ngx_http_healthcode_conf_queries(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);

/*
 * Adds text, a value that may have variables, to *values, an array of all
 * values of the directive, made with the first one.  NGX_ERROR is logged.
 */
ngx_int_t ngx_http_healthcode_conf_values_add(ngx_conf_t *cf,
    ngx_array_t **values, ngx_str_t *text);

/*
 * While a location is merged, before its rules are: the values of lines that
 * it has itself, if one of them has a variable, or else those of lines that it
 * inherits.
 */
void ngx_http_healthcode_conf_values_merge(
    const ngx_http_healthcode_loc_conf_t *prev,
    ngx_http_healthcode_loc_conf_t *conf);

/* Gives nginx's variables that may hold a code as it came an index. */
ngx_int_t ngx_http_healthcode_conf_source_variables(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);

/*
 * Compiles expression by create; the pattern lives as long as cf->pool.  NULL
 * is logged.
 */
healthcode_pattern_t *ngx_http_healthcode_conf_pattern(ngx_conf_t *cf,
    ngx_str_t *expression, ngx_http_healthcode_pattern_create_pt create);

/*
 * What became of a block, rv, where the message names the block and not, as
 * nginx would, its last line.
 */
char *ngx_http_healthcode_conf_finished(ngx_conf_t *cf, const char *what,
    ngx_str_t *name, char *rv);

/*
 * Whether a name may go into logs, where a new line would be a line of its
 * own: it is not empty and has no blank and no control character.
 */
ngx_uint_t ngx_http_healthcode_conf_is_printable(ngx_str_t *name);

/* Whether two names are the same bytes. */
ngx_uint_t ngx_http_healthcode_conf_is_name(ngx_str_t *a, ngx_str_t *b);

/*
 * Notes in reference that the line that is read names something, to be looked
 * up when all are known.
 */
void ngx_http_healthcode_conf_refer(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_healthcode_reference_t *reference);

/* The zone of that name; NULL: there is none. */
ngx_http_healthcode_cache_t *ngx_http_healthcode_conf_find_zone(
    ngx_http_healthcode_main_conf_t *mcf, ngx_str_t *name);

/* The line of a store that names its zone. */
char *ngx_http_healthcode_conf_cache(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Finds the zone of a store, once all are known; and that of a location while
 * it is merged, once its issuers are known.  NGX_ERROR is logged.
 */
ngx_int_t ngx_http_healthcode_conf_cache_store(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_store_t *store);
ngx_int_t ngx_http_healthcode_conf_cache_codes(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);

/* The digest of the configuration, made when it is first asked for. */
healthcode_digest_t *ngx_http_healthcode_conf_digest(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);

/* Lines of an issuer that say where its keys come from. */
char *ngx_http_healthcode_conf_keys_files(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_keys_dir(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_keys_location(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_healthcode_conf_keys_alias(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Reads the keys of an issuer all of whose lines are known. */
char *ngx_http_healthcode_conf_keys_finish(ngx_conf_t *cf,
    ngx_http_healthcode_issuer_t *issuer);

/*
 * While a location is merged: if it has the keys of an issuer it must be
 * internal, and is not gated whatever stands above it.  NGX_ERROR is logged.
 */
ngx_int_t ngx_http_healthcode_conf_keys_place(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);

/* Once all locations are merged, whether each issuer has found its own. */
ngx_int_t ngx_http_healthcode_conf_keys_check(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);

#endif
