/*
 * The claims of a new code (RFC 7519): the options -> its payload.
 * Knows no key and no header.  docs/token-format.md, "Claims".
 */

#include <openssl/rand.h>
#include <stdlib.h>
#include <time.h>

#include "core/healthcode_base64url.h"
#include "core/healthcode_claims.h"
#include "healthcode_file.h"
#include "healthcode_issue.h"
#include "healthcode_member.h"
#include "healthcode_subject.h"
#include "healthcode_time.h"


#define HEALTHCODE_ISSUE_TTL        900     /* s; gates take no more */
#define HEALTHCODE_ISSUE_JTI        16      /* bytes */


static bool healthcode_issue_times(const healthcode_issue_options_t *options,
    yyjson_mut_doc *doc, yyjson_mut_val *root);
static bool healthcode_issue_add_time(yyjson_mut_doc *doc,
    yyjson_mut_val *root, const char *option, const char *text, int64_t now);
static bool healthcode_issue_add_jti(const char *jti, yyjson_mut_doc *doc,
    yyjson_mut_val *root);
static void healthcode_issue_add_aud(const healthcode_list_t *aud,
    yyjson_mut_doc *doc, yyjson_mut_val *root);
static bool healthcode_issue_add_regions(const healthcode_list_t *regions,
    yyjson_mut_doc *doc, yyjson_mut_val *root);


healthcode_exit_e
healthcode_issue_payload(const healthcode_issue_options_t *options,
    char **payload)
{
    bool                  ok;
    yyjson_mut_doc       *doc;
    yyjson_mut_val       *root;
    healthcode_str_t      owned, subject;
    healthcode_exit_e     rc;
    healthcode_member_t   claim;

    rc = healthcode_subject_read("--sub", options->sub, options->exact, &owned,
                                 &subject);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    doc = yyjson_mut_doc_new(NULL);
    root = yyjson_mut_obj(doc);
    yyjson_mut_doc_set_root(doc, root);

    yyjson_mut_obj_add_str(doc, root, "iss", options->iss);
    yyjson_mut_obj_add_strn(doc, root, "sub", (const char *) subject.data,
                            subject.len);
    healthcode_issue_add_aud(&options->aud, doc, root);

    ok = healthcode_issue_times(options, doc, root)
         && healthcode_issue_add_jti(options->jti, doc, root)
         && healthcode_issue_add_regions(&options->regions, doc, root);

    for (size_t i = 0; ok && i < options->claims.n; i++) {
        ok = healthcode_member_read("--claim", options->claims.items[i], doc,
                                    &claim)
             && healthcode_member_put(&claim, doc, root);
    }

    if (ok) {
        *payload = yyjson_mut_write(doc, YYJSON_WRITE_NOFLAG, NULL);
    }

    yyjson_mut_doc_free(doc);
    healthcode_file_free(&owned);

    if (ok && *payload == NULL) {
        return healthcode_output_usage("--iss, --sub, --aud, --claim: write "
                                       "UTF-8");
    }

    return ok ? HEALTHCODE_EXIT_OK : HEALTHCODE_EXIT_USAGE;
}


/* exp counts from iat, so that a code made for a test has a whole life. */
static bool
healthcode_issue_times(const healthcode_issue_options_t *options,
    yyjson_mut_doc *doc, yyjson_mut_val *root)
{
    int64_t  now = time(NULL), iat = now, ttl = HEALTHCODE_ISSUE_TTL * 1000;

    if (options->iat && options->iat[0]
        && !healthcode_time_option("--iat", options->iat, now, &iat))
    {
        return false;
    }

    if (options->ttl
        && !healthcode_options_duration("--ttl", options->ttl, &ttl))
    {
        return false;
    }

    if (options->iat == NULL || options->iat[0]) {
        yyjson_mut_obj_add_int(doc, root, "iat", iat);
    }

    if (options->exp == NULL) {
        yyjson_mut_obj_add_int(doc, root, "exp", iat + ttl / 1000);

    } else if (!healthcode_issue_add_time(doc, root, "--exp", options->exp,
                                          now))
    {
        return false;
    }

    if (ttl > HEALTHCODE_ISSUE_TTL * 1000) {
        healthcode_output_warn("--ttl: gates refuse a code that lives longer "
                               "than 15m unless their max_age says otherwise");
    }

    return options->nbf == NULL
           || healthcode_issue_add_time(doc, root, "--nbf", options->nbf, now);
}


static bool
healthcode_issue_add_time(yyjson_mut_doc *doc, yyjson_mut_val *root,
    const char *option, const char *text, int64_t now)
{
    int64_t  seconds;

    if (text[0] == '\0') {
        return true;
    }

    if (!healthcode_time_option(option, text, now, &seconds)) {
        return false;
    }

    return yyjson_mut_obj_add_int(doc, root, option + 2, seconds);
}


static bool
healthcode_issue_add_jti(const char *jti, yyjson_mut_doc *doc,
    yyjson_mut_val *root)
{
    char     text[2 * HEALTHCODE_ISSUE_JTI];
    size_t   len;
    uint8_t  random[HEALTHCODE_ISSUE_JTI];

    if (jti) {
        return jti[0] == '\0' || yyjson_mut_obj_add_str(doc, root, "jti", jti);
    }

    if (RAND_bytes(random, sizeof(random)) != 1) {
        healthcode_output_failed("OpenSSL has no random bytes");
        return false;
    }

    len = healthcode_base64url_encode(healthcode_str_from(random,
                                                          sizeof(random)),
                                      text);

    return yyjson_mut_obj_add_strncpy(doc, root, "jti", text, len);
}


/* RFC 7519 section 4.1.3: one audience may stand without the array. */
static void
healthcode_issue_add_aud(const healthcode_list_t *aud, yyjson_mut_doc *doc,
    yyjson_mut_val *root)
{
    yyjson_mut_val  *array;

    if (aud->n == 1) {
        yyjson_mut_obj_add_str(doc, root, "aud", aud->items[0]);

    } else if (aud->n > 1) {
        array = yyjson_mut_obj_add_arr(doc, root, "aud");

        for (size_t i = 0; i < aud->n; i++) {
            yyjson_mut_arr_add_str(doc, array, aud->items[i]);
        }
    }
}


static bool
healthcode_issue_add_regions(const healthcode_list_t *regions,
    yyjson_mut_doc *doc, yyjson_mut_val *root)
{
    size_t           i;
    yyjson_mut_val  *array;

    if (regions->n == 0) {
        return true;
    }

    array = yyjson_mut_obj_add_arr(doc, root, "regions");

    for (i = 0; i < regions->n; i++) {

        if (healthcode_region_parse(
                healthcode_str_from(regions->items[i],
                                    strlen(regions->items[i])))
            == 0)
        {
            healthcode_output_usage("--region: invalid division code \"%s\"; "
                                    "write 2, 4 or 6 digits",
                                    regions->items[i]);
            return false;
        }

        yyjson_mut_arr_add_str(doc, array, regions->items[i]);
    }

    if (i > HEALTHCODE_CLAIMS_REGIONS_MAX) {
        healthcode_output_usage("--region is given too often; gates read %d",
                                HEALTHCODE_CLAIMS_REGIONS_MAX);
        return false;
    }

    return true;
}
