/*
 * What "healthcode inspect" reads on its command line, and by what it judges
 * then.  Knows no code.  docs/token-format.md, "Inspecting a code".
 */

#ifndef HEALTHCODE_INSPECT_H
#define HEALTHCODE_INSPECT_H

#include "core/healthcode_claims.h"
#include "core/healthcode_issuer.h"
#include "healthcode_keyset.h"


typedef struct {
    healthcode_list_t    keys;
    healthcode_list_t    aliases;
    const char          *sm2_id;
    const char          *iss;
    const char          *max_age;
    const char          *leeway;
    const char          *at;
    healthcode_list_t    audience;
    healthcode_list_t    types;
    healthcode_list_t    subjects;
    healthcode_list_t    status;
    const char          *kind;
    const char          *regions;
    const char          *certificate;
} healthcode_inspect_options_t;

/* By what a code is judged; the views belong to the command line. */
typedef struct {
    int64_t                       now;
    const char                   *iss;      /* NULL: any */
    healthcode_keyset_t           keyset;   /* of no files: no keys */
    healthcode_issuer_t           issuer;
    healthcode_keyring_t         *keyring;  /* for the code's algorithm */
    healthcode_claims_policy_t    policy;
    healthcode_str_t              audience[HEALTHCODE_LIST_MAX];
    healthcode_str_t              types[HEALTHCODE_LIST_MAX];
    healthcode_str_t              subjects[HEALTHCODE_LIST_MAX];
    healthcode_str_t              normal[HEALTHCODE_LIST_MAX];
    uint8_t                       certificate[HEALTHCODE_BOUND_LEN];
} healthcode_inspect_t;


/*
 * Writes all but the keys and the certificate of inspect, which is all zero
 * except its now, Unix seconds.  False, with a message printed, if an option
 * cannot be read.  The result has views of options and of itself.
 */
bool healthcode_inspect_terms(const healthcode_inspect_options_t *options,
    healthcode_inspect_t *inspect);

#endif
