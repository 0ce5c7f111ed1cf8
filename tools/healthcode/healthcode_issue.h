/*
 * What "healthcode issue" reads on its command line, and what becomes of it:
 * the claims, the key, the code.
 * Knows no store.  docs/token-format.md, "How to make a code".
 */

#ifndef HEALTHCODE_ISSUE_H
#define HEALTHCODE_ISSUE_H

#include "healthcode_jwk.h"
#include "healthcode_options.h"


typedef struct {
    const char         *key;
    const char         *password_file;
    const char         *alg;
    const char         *sm2_id;
    const char         *iss;
    const char         *sub;
    bool                exact;     /* sub is meant as it is */
    const char         *ttl;
    const char         *jti;
    const char         *iat;
    const char         *exp;
    const char         *nbf;
    const char         *kid;
    const char         *typ;
    const char         *qr;        /* how to draw it; NULL: the code itself */
    healthcode_list_t   aud;
    healthcode_list_t   regions;
    healthcode_list_t   claims;
    healthcode_list_t   header;    /* members beside alg, kid and typ */
} healthcode_issue_options_t;


/*
 * Makes the code as options say; *code ends with a NUL, and the caller frees
 * it.  Any other exit code than _OK: *code is unchanged, and a message is
 * printed.
 */
healthcode_exit_e healthcode_issue_make(
    const healthcode_issue_options_t *options, char **code);

/*
 * Writes the payload as JSON into *payload, which the caller frees.  Any other
 * exit code than _OK: *payload is unchanged, and a message is printed.
 */
healthcode_exit_e healthcode_issue_payload(
    const healthcode_issue_options_t *options, char **payload);

/*
 * Whether --header can be read; it needs no key, so that a wrong word is named
 * before a file is opened.  Any other exit code than _OK: a message is printed.
 */
healthcode_exit_e healthcode_issue_check_header(
    const healthcode_issue_options_t *options);

/*
 * Writes the header as JSON into *header, which the caller frees: alg is the
 * one of the key, or its name of --alg.  Else as healthcode_issue_payload().
 */
healthcode_exit_e healthcode_issue_header(
    const healthcode_issue_options_t *options, const healthcode_jwk_t *jwk,
    char **header);

/*
 * Reads the key that --key names; the caller frees it by healthcode_jwk_free().
 * Any other exit code than _OK: it cannot sign this code, *jwk is unchanged,
 * and a message is printed.
 */
healthcode_exit_e healthcode_issue_key(
    const healthcode_issue_options_t *options, healthcode_jwk_t *jwk);

#endif
