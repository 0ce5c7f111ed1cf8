/*
 * Surgery on a query string, on a URI that has one, and on a form: finds the
 * arguments that carry codes, leaves them out, masks them.  Knows no: nginx,
 * token, request.  docs/request-path.md, "Source".
 */

#ifndef HEALTHCODE_QUERY_H
#define HEALTHCODE_QUERY_H

#include "healthcode_source.h"


/*
 * A walk over the arguments of a text.  The caller owns text, sources and
 * scratch, which must outlive it; what it reads is never written.
 *
 * An argument begins where the text does and behind each '&'; its value ends
 * before the next '&' or '#'.  Inside it a nested one begins behind each '?'
 * and '#', whose value ends before the next '&', '?' or '#'.  No byte is part
 * of more than two values.  In a form '?' and '#' are bytes like others.
 */
typedef struct {
    const healthcode_source_t  *sources;    /* kinds of arguments */
    size_t                      count;      /* of sources */
    healthcode_str_t            text;
    uint8_t                    *scratch;    /* text.len bytes */

    size_t                      at;         /* where the argument begins */
    size_t                      next;       /* source to try on it */
    size_t                      name_len;
    size_t                      value_len;
    bool                        form;
    bool                        fragment;   /* a '#' stood before */
    bool                        nested;
    bool                        carries;    /* a code, for some source */
    size_t                      end;        /* of one that does: the '&' */
    bool                        hash;       /* a '#' stands before its end */
} healthcode_query_t;


/* An argument that carries a code for one source, as offsets into the text. */
typedef struct {
    size_t                      source;     /* its number */
    healthcode_pattern_e        found;      /* _MATCH, or _ERROR */
    healthcode_str_t            code;       /* if it is a match: decoded, in
                                               text or scratch; until the walk
                                               goes on */
    bool                        counts;     /* else it is only masked and left
                                               out: it is nested, or behind a
                                               '#', or its name is escaped */
    size_t                      start;      /* of the argument */
    size_t                      value;      /* of its value */
    size_t                      end;        /* before the next '&' */
} healthcode_query_found_t;


/*
 * Begins a walk over the arguments of query; or over those of a URI, or any
 * other text, from its first '?' or '#' on.  scratch has query.len or uri.len
 * bytes, and needs to hold none of them.
 */
void healthcode_query_begin(healthcode_query_t *walk,
    const healthcode_source_t *sources, size_t count, healthcode_str_t query,
    uint8_t *scratch);
void healthcode_query_begin_uri(healthcode_query_t *walk,
    const healthcode_source_t *sources, size_t count, healthcode_str_t uri,
    uint8_t *scratch);

/*
 * Likewise over the fields of a form (application/x-www-form-urlencoded), whose
 * names are decoded as values are: a '+' is a blank.  All of them count.
 */
void healthcode_query_begin_form(healthcode_query_t *walk,
    const healthcode_source_t *sources, size_t count, healthcode_str_t body,
    uint8_t *scratch);

/*
 * Finds the next argument that carries a code, as healthcode_source_match()
 * says of its value, percent-decoded once (RFC 3986 section 2.1; an invalid
 * escape is left as is).  One argument is found again for each further
 * source whose code it carries; in one that is found, no nested ones are looked
 * for.  false: there is none left, and *found is as before.
 */
bool healthcode_query_next(healthcode_query_t *walk,
    healthcode_query_found_t *found);

/*
 * Writes the text of a walk that healthcode_query_begin() has just begun,
 * without the arguments that carry codes, into left, and returns how many
 * bytes that are: never more than the text has.  With left NULL it only
 * counts.  Everything else stays byte for byte, except that with each argument
 * one '&' beside it goes or, if it is nested, the '?' or '#' before it.
 */
size_t healthcode_query_left(healthcode_query_t walk, uint8_t *left);

/*
 * Likewise of a URI with its path, which stays as it came; its '?' goes if no
 * argument is left, and its fragment, which is not part of a request target
 * (RFC 9112 section 3.2), always.
 */
size_t healthcode_query_uri_left(const healthcode_source_t *sources,
    size_t count, healthcode_str_t uri, uint8_t *scratch, uint8_t *left);

/*
 * Overwrites the values of arguments that carry codes with stars, up to the
 * next '&', in the bytes at text, which are those of a walk that has just
 * begun.  Returns how many bytes.
 */
size_t healthcode_query_mask(healthcode_query_t walk, uint8_t *text);

#endif
