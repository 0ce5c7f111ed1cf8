/*
 * NAME=TEXT and NAME:=JSON of the command line -> a member of a JSON object.
 * Knows no claim and no header.  docs/token-format.md, "How to make a code".
 */

#ifndef HEALTHCODE_MEMBER_H
#define HEALTHCODE_MEMBER_H

#include <yyjson.h>

#include "core/healthcode_str.h"


/* The name views the command line, the value belongs to the document. */
typedef struct {
    healthcode_str_t   name;
    yyjson_mut_val    *value;
} healthcode_member_t;


/*
 * Reads text, a value of the option name, for doc: NAME=TEXT is a string,
 * NAME:=JSON any value, whose numbers stay as they are written.  text must
 * stay valid until doc is freed.  False, with a message printed, if it is
 * neither.
 */
bool healthcode_member_read(const char *name, const char *text,
    yyjson_mut_doc *doc, healthcode_member_t *member);

/* Sets member in root, an object of doc, in place of one of its name. */
bool healthcode_member_put(const healthcode_member_t *member,
    yyjson_mut_doc *doc, yyjson_mut_val *root);

#endif
