/*
 * What issuers publish -> texts of keys that the reader of gates takes: files,
 * folders, lists of key sets and of certificates in JSON.  Knows no key from
 * inside.  docs/operations.md, "Keys of other issuers".
 */

#ifndef HEALTHCODE_COLLECT_H
#define HEALTHCODE_COLLECT_H

#include "healthcode_output.h"


/* A text of keys, and where it was found: the file, and the place in it. */
typedef struct {
    char              *where;
    healthcode_str_t   text;
} healthcode_collect_item_t;

/* Starts with all zero except iss, which views the caller's text. */
typedef struct {
    const char                 *iss;       /* keys of this issuer alone; NULL:
                                              of one issuer, whichever */
    char                       *other;     /* the issuer of the keys so far */
    bool                        several;   /* there were two of these */
    size_t                      n;
    size_t                      nalloc;
    healthcode_collect_item_t  *items;
} healthcode_collect_t;


/*
 * Adds what is in the file or folder path, "-" being standard input: PEM and
 * DER as they are, each key of a JWK set by itself.  In other JSON every JWK
 * and JWK set, every PEM block and every certificate in base64 counts, wherever
 * it is; a PEM block or a certificate has the "kid" beside it, or the name of
 * its member if the object around it has nothing but PEM blocks.  Objects with
 * "iss" or "issuer" say whose keys are in them.  False if path cannot be read,
 * has no key, or there is no memory, with a message printed.
 */
bool healthcode_collect_add(healthcode_collect_t *collect, const char *path);
void healthcode_collect_free(healthcode_collect_t *collect);

#endif
