/*
 * The header of a new code (RFC 7515 section 4): the options -> JSON.
 * Knows no claims.  docs/token-format.md, "How to make a code".
 */

#include "healthcode_issue.h"
#include "healthcode_member.h"


static bool healthcode_issue_add_members(const healthcode_list_t *members,
    yyjson_mut_doc *doc, yyjson_mut_val *root);
static bool healthcode_issue_may_add(healthcode_str_t name);


/* Members that --header may not set, and what to do instead. */
static const struct {
    const char  *name;
    const char  *instead;
} healthcode_issue_reserved[] = {
    { "alg", "the key has it; write --alg NAME for another name of it" },
    { "kid", "write --kid NAME" },
    { "typ", "write --typ TYPE" },
    { "crit", "gates refuse every extension; leave it out" },
    { "b64", "gates read base64url alone; leave it out" },
    { "zip", "gates read no compressed payload; leave it out" },
};


healthcode_exit_e
healthcode_issue_check_header(const healthcode_issue_options_t *options)
{
    bool             ok;
    yyjson_mut_doc  *doc = yyjson_mut_doc_new(NULL);

    ok = healthcode_issue_add_members(&options->header, doc,
                                      yyjson_mut_obj(doc));
    yyjson_mut_doc_free(doc);

    return ok ? HEALTHCODE_EXIT_OK : HEALTHCODE_EXIT_USAGE;
}


healthcode_exit_e
healthcode_issue_header(const healthcode_issue_options_t *options,
    const healthcode_jwk_t *jwk, char **header)
{
    bool             ok;
    const char      *alg = options->alg ? options->alg : jwk->alg;
    const char      *kid = options->kid ? options->kid : jwk->kid;
    const char      *typ = options->typ ? options->typ : "healthcode+jwt";
    yyjson_mut_doc  *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val  *root = yyjson_mut_obj(doc);

    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_str(doc, root, "alg", alg);

    if (typ[0]) {
        yyjson_mut_obj_add_str(doc, root, "typ", typ);
    }

    if (kid && kid[0]) {
        yyjson_mut_obj_add_str(doc, root, "kid", kid);
    }

    ok = healthcode_issue_add_members(&options->header, doc, root);

    if (ok) {
        *header = yyjson_mut_write(doc, YYJSON_WRITE_NOFLAG, NULL);
    }

    yyjson_mut_doc_free(doc);

    if (ok && *header == NULL) {
        return healthcode_output_usage("--alg, --kid, --typ, --header: write "
                                       "UTF-8");
    }

    return ok ? HEALTHCODE_EXIT_OK : HEALTHCODE_EXIT_USAGE;
}


static bool
healthcode_issue_add_members(const healthcode_list_t *members,
    yyjson_mut_doc *doc, yyjson_mut_val *root)
{
    healthcode_member_t  member;

    for (size_t i = 0; i < members->n; i++) {
        if (!healthcode_member_read("--header", members->items[i], doc,
                                    &member)
            || !healthcode_issue_may_add(member.name)
            || !healthcode_member_put(&member, doc, root))
        {
            return false;
        }
    }

    return true;
}


static bool
healthcode_issue_may_add(healthcode_str_t name)
{
    size_t       i, n;
    const char  *reserved;

    n = sizeof(healthcode_issue_reserved)
        / sizeof(healthcode_issue_reserved[0]);

    for (i = 0; i < n; i++) {
        reserved = healthcode_issue_reserved[i].name;

        if (healthcode_str_equal(name, healthcode_str_from(reserved,
                                                           strlen(reserved))))
        {
            healthcode_output_usage("--header: \"%s\" cannot be set here: %s",
                                    reserved,
                                    healthcode_issue_reserved[i].instead);
            return false;
        }
    }

    return true;
}
