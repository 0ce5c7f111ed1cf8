/*
 * Files, a directory and a fetched text -> the keys of one issuer, whole.  May
 * run in a thread.
 * Knows no: request, location, verdict, file, log.  docs/keys.md, "The parts".
 */

#ifndef NGX_HTTP_HEALTHCODE_LOAD_H
#define NGX_HTTP_HEALTHCODE_LOAD_H

#include "../ngx_http_healthcode.h"
#include "../../core/healthcode_bundle.h"


/* Bytes of the texts of one set that load->texts has at most. */
#define NGX_HTTP_HEALTHCODE_LOAD_TEXTS_MAX  (1024 * 1024)


/* The files of the remarks of a set, by their numbers; "": the text. */
typedef char  ngx_http_healthcode_load_files_t[HEALTHCODE_KEYRING_REMARKS_MAX]
                                              [512];


/* A set, or why there is none; the caller frees keyring and texts. */
typedef struct {
    healthcode_keyring_t  *keyring;      /* NULL: error says why */
    char                   error[512];
    char                   file[512];    /* that error is about; "": the text */
    char                   exposed[512]; /* "", or a file with a secret that
                                            everybody may read */
    ngx_uint_t             is_private;   /* error is about a private key */
    size_t                 nremarks;     /* that have their file */
    ngx_http_healthcode_load_files_t  remarked;
    size_t                 nkeys;        /* that were looked at */
    healthcode_keyring_rules_t  rules;   /* of the issuer, now */
    healthcode_bundle_t    texts;        /* that keyring was read from; given up
                                            if they are too large */
} ngx_http_healthcode_load_t;


/*
 * Reads all files of issuer, and text (data is NULL: none), into load.  Blocks
 * on files.  NGX_OK; NGX_ERROR; NGX_DECLINED: issuer has no source but a
 * location, and there is no text of it yet.
 */
ngx_int_t ngx_http_healthcode_load(
    const ngx_http_healthcode_issuer_t *issuer, healthcode_str_t text,
    ngx_http_healthcode_load_t *load);

/*
 * Reads the texts of another load of issuer (texts.bytes) into load.  Does not
 * block.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_healthcode_load_again(
    const ngx_http_healthcode_issuer_t *issuer, healthcode_str_t texts,
    ngx_http_healthcode_load_t *load);

#endif
