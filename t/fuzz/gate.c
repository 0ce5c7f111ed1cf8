/*
 * A gate without nginx, for a fuzz target: cuts a request as nginx does, looks
 * into every source, and passes the code through all stages.  What follows
 * mirrors ngx_http_healthcode_source.c, _shown.c, _arguments.c, _headers.c,
 * _cookies.c, _body.c, _fields.c, _verify.c, _recall.c, _keep.c and _rules.c:
 * who changes the order of judging there changes it here.
 * CONTRIBUTING.md, "Fuzzing".
 */

#include "fuzz.h"
#include "codes.h"
#include "gate.h"

#include "../../ngx_http_healthcode_module/core/healthcode_known.h"
#include "../../ngx_http_healthcode_module/core/healthcode_cookie.h"
#include "../../ngx_http_healthcode_module/core/healthcode_body.h"
#include "../../ngx_http_healthcode_module/core/healthcode_issuer.h"
#include "../../ngx_http_healthcode_module/core/healthcode_member.h"
#include "../../ngx_http_healthcode_module/core/healthcode_query.h"
#include "../../ngx_http_healthcode_module/core/healthcode_raw.h"
#include "../../ngx_http_healthcode_module/core/healthcode_risk.h"


#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))

/* Bytes of the table of codes: two sets. */
#define TABLE     (16 * HEALTHCODE_KNOWN_WORDS * 8)


/* What sources of one kind have carried so far. */
typedef struct {
    healthcode_reason_e  reason;
    healthcode_str_t     code;
    uint8_t              bytes[GATE_MAX];
} shown_t;


typedef struct {
    size_t               len;
    healthcode_body_e    type;
    bool                 ignored;    /* of a GET */
} body_t;


/* With the keys that it has now, and those it has at another time. */
typedef struct {
    healthcode_issuer_t        core;
    healthcode_keyring_t      *keys;
    healthcode_known_digest_t  identity;
    healthcode_keyring_t      *other_keys;
    healthcode_known_digest_t  other_identity;
} issuer_t;


/* What is kept of a code whose signature held. */
typedef struct {
    issuer_t                *issuer;
    const healthcode_key_t  *key;
    int64_t                  iat;
    uint8_t                  holder[HEALTHCODE_HOLDER_LEN];
    size_t                   nregions;
    healthcode_region_t      regions[HEALTHCODE_CLAIMS_REGIONS_MAX];
} found_t;


static healthcode_source_t  queries[] = {
    { { (const uint8_t *) "code", 4 }, NULL, false },
};

static healthcode_source_t  headers[] = {
    { { (const uint8_t *) "authorization", 13 }, NULL, true },
    { { (const uint8_t *) "x-code", 6 }, NULL, false },    /* by a pattern */
};

static healthcode_source_t  jsons[] = {
    { { (const uint8_t *) "/code", 5 }, NULL, false },
};

static healthcode_source_t  raws[] = {
    { { NULL, 0 }, NULL, false },    /* by a pattern */
};

static const healthcode_source_t  cookie = {
    { (const uint8_t *) "hc", 2 }, NULL, false
};

static healthcode_str_t  types[] = {
    { (const uint8_t *) "healthcode+jwt", 14 }
};

static issuer_t                  issuers[2];
static healthcode_index_t       *issuer_index;
static healthcode_pepper_t      *pepper;
static uint8_t                   flagged[HEALTHCODE_HOLDER_LEN];
static healthcode_digest_t      *digest;
static healthcode_table_t        table;
static alignas(64) uint8_t       memory[TABLE];
static bool                      withdrawn;
static int64_t                   now;

static const healthcode_claims_policy_t  policy = {
    .lifetime_max = 900, .max_age = 900, .leeway = 5
};


static healthcode_keyring_t *
make_keys(const healthcode_issuer_t *issuer, const char *jwks,
    healthcode_known_digest_t identity)
{
    char                   error[256];
    uint8_t                bytes[HEALTHCODE_DIGEST_LEN];
    healthcode_keyring_t  *keys;

    keys = healthcode_keyring_create(healthcode_str_from(jwks, strlen(jwks)),
                                     &issuer->rules, error, sizeof(error));
    fuzz_must(keys != NULL);
    fuzz_must(healthcode_issuer_identity(issuer, keys,
                                         healthcode_str("pepper"), digest,
                                         bytes));
    memcpy(identity, bytes, sizeof(healthcode_known_digest_t));

    return keys;
}


static void
make_issuer(issuer_t *issuer, const char *name, unsigned algorithms,
    const char *jwks, const char *other_jwks)
{
    healthcode_issuer_t  *core = &issuer->core;

    core->name = healthcode_str_from(name, strlen(name));
    core->iss = core->name;
    core->subject_space = healthcode_str("national");
    core->lifetime_max = 900;
    core->types = types;
    core->ntypes = COUNT(types);
    core->rules.algorithms.bits = algorithms;

    issuer->keys = make_keys(core, jwks, issuer->identity);
    issuer->other_keys = make_keys(core, other_jwks, issuer->other_identity);
}


static void
make_gate(void)
{
    char               error[256];
    size_t             n;
    unsigned           hs256, es256;
    healthcode_str_t   names[2];

    (void) codes(&n);
    hs256 = healthcode_algorithm_bit(
                healthcode_algorithm_find(healthcode_str("HS256")));
    es256 = healthcode_algorithm_bit(
                healthcode_algorithm_find(healthcode_str("ES256")));
    digest = healthcode_digest_create();
    make_issuer(&issuers[0], "north", hs256 | es256, codes_jwks_north(),
                codes_jwks_rest());
    make_issuer(&issuers[1], "south", hs256, codes_jwks_south(),
                codes_jwks_south());
    issuers[1].core.type_none = true;
    names[0] = issuers[0].core.iss;
    names[1] = issuers[1].core.iss;
    issuer_index = healthcode_index_create(names, 2);

    headers[1].pattern = healthcode_pattern_create(healthcode_str("^v1:(.*)$"),
                                                   error, sizeof(error));
    raws[0].pattern = healthcode_pattern_create(
                          healthcode_str("(?:^|\\t)cardno=([^\\t\\r\\n]*)"),
                          error, sizeof(error));
    pepper = healthcode_pepper_create(healthcode_str("sixteen bytes, or more"));
    fuzz_must(digest && issuer_index && headers[1].pattern && pepper
              && raws[0].pattern);
    fuzz_must(healthcode_holder_derive(pepper, healthcode_str("national"),
                                       healthcode_str_from(NULL, 0),
                                       healthcode_str("bob"), flagged));
}


void
gate_open(void)
{
    if (digest == NULL) {
        make_gate();
    }

    if (withdrawn) {
        gate_change_keys();
    }

    now = CODES_NOW;
    memset(memory, 0, sizeof(memory));
    fuzz_must(healthcode_known_table(&table, memory, sizeof(memory)));
}


void
gate_change_keys(void)
{
    issuer_t  before = issuers[0];

    issuers[0].keys = before.other_keys;
    issuers[0].other_keys = before.keys;
    memcpy(issuers[0].identity, before.other_identity,
           sizeof(healthcode_known_digest_t));
    memcpy(issuers[0].other_identity, before.identity,
           sizeof(healthcode_known_digest_t));
    withdrawn = !withdrawn;
}


void
gate_wait(void)
{
    now = CODES_LATER;
}


/* ngx_http_healthcode_shown_add() */
static void
show(shown_t *shown, healthcode_pattern_e found, healthcode_str_t code)
{
    if (shown->reason == HEALTHCODE_REASON_OK
        && found != HEALTHCODE_PATTERN_ERROR)
    {
        if (!healthcode_str_equal(shown->code, code)) {
            shown->reason = HEALTHCODE_REASON_AMBIGUOUS;
        }

        return;
    }

    if (shown->reason != HEALTHCODE_REASON_MISSING
        && shown->reason != HEALTHCODE_REASON_OK)
    {
        return;
    }

    if (found == HEALTHCODE_PATTERN_ERROR) {
        shown->reason = HEALTHCODE_REASON_MALFORMED;
        return;
    }

    memcpy(shown->bytes, code.data, code.len);
    shown->code = healthcode_str_from(shown->bytes, code.len);
    shown->reason = HEALTHCODE_REASON_OK;
}


/* The arguments of "GET /x?y HTTP/1.1": from the first '?' on, before a '#'. */
static void
look_in_line(healthcode_str_t line, shown_t *shown)
{
    const uint8_t             *p, *end;
    healthcode_str_t           args;
    healthcode_query_t         walk;
    healthcode_query_found_t   found;

    p = line.len ? memchr(line.data, ' ', line.len) : NULL;

    if (p == NULL) {
        return;
    }

    p++;
    line.len -= (size_t) (p - line.data);
    end = line.len ? memchr(p, ' ', line.len) : NULL;
    end = end ? end : p + line.len;

    while (p < end && *p != '?' && *p != '#') {
        p++;
    }

    if (p == end || *p++ == '#') {
        return;
    }

    args = healthcode_str_from(p, (size_t) (end - p));
    end = args.len ? memchr(p, '#', args.len) : NULL;
    args.len = end ? (size_t) (end - p) : args.len;

    healthcode_query_begin(&walk, queries, COUNT(queries),
                           guard(0, args.data, args.len),
                           guard_room(1, args.len));

    while (healthcode_query_next(&walk, &found)) {
        if (found.counts) {
            show(shown, found.found, found.code);
        }
    }
}


/* Blanks around a value do not belong to it. */
static void
look_in_header(healthcode_str_t line, shown_t *shown, shown_t *in_cookie)
{
    const uint8_t         *colon, *p = line.data, *end = p + line.len;
    healthcode_str_t       name, value, code = { NULL, 0 };
    healthcode_pattern_e   found;

    colon = line.len ? memchr(p, ':', line.len) : NULL;

    if (colon == NULL) {
        return;
    }

    for (p = colon + 1; p < end && *p == ' '; p++) { /* void */ }
    for ( /* void */ ; end > p && end[-1] == ' '; end--) { /* void */ }

    name = healthcode_str_from(line.data, (size_t) (colon - line.data));
    value = guard(2, p, (size_t) (end - p));

    for (size_t i = 0; i < COUNT(headers); i++) {
        if (healthcode_str_equal_nocase(name, headers[i].name)) {
            found = healthcode_source_match(&headers[i], value, &code);

            if (found != HEALTHCODE_PATTERN_NO_MATCH) {
                show(shown, found, code);
            }
        }
    }

    if (in_cookie->reason == HEALTHCODE_REASON_MISSING
        && healthcode_str_equal_nocase(name, healthcode_str("cookie")))
    {
        found = healthcode_cookie_find(value, &cookie, &code);

        if (found != HEALTHCODE_PATTERN_NO_MATCH) {
            show(in_cookie, found, code);
        }
    }
}


/* What a header says of the body, which begins behind the headers. */
static void
look_at_body(healthcode_str_t line, body_t *body)
{
    healthcode_str_t  length = healthcode_str("content-length: ");
    healthcode_str_t  type = healthcode_str("content-type: ");
    healthcode_str_t  name = line;

    name.len = length.len;

    if (line.len > name.len && healthcode_str_equal_nocase(name, length)) {
        body->len = 0;

        for (size_t i = name.len; i < line.len && body->len < GATE_MAX; i++) {
            body->len = body->len * 10 + (size_t) (line.data[i] & 15);
        }
    }

    name.len = type.len;

    if (line.len > name.len && healthcode_str_equal_nocase(name, type)) {
        body->type = healthcode_body_type(
            healthcode_str_from(line.data + name.len, line.len - name.len));
    }
}


static void
look_in_form(healthcode_str_t text, shown_t *shown)
{
    healthcode_query_t         walk;
    healthcode_query_found_t   found;

    healthcode_query_begin_form(&walk, queries, COUNT(queries), text,
                                guard_room(1, text.len));

    while (healthcode_query_next(&walk, &found)) {
        show(shown, found.found, found.code);
    }
}


static void
look_in_json(healthcode_str_t text, shown_t *shown)
{
    size_t                      n;
    healthcode_cut_t            found[COUNT(jsons)];
    static alignas(16) uint8_t  room[healthcode_json_memory(GATE_MAX)];

    n = healthcode_member_find(jsons, COUNT(jsons), text, room, sizeof(room),
                               found);

    for (size_t i = 0; i < n; i++) {
        show(shown, found[i].found, found[i].code);
    }
}


static void
look_in_raw(healthcode_str_t text, shown_t *shown)
{
    size_t             n;
    healthcode_cut_t   found[COUNT(raws) * HEALTHCODE_RAW_PLACES];

    n = healthcode_raw_find(raws, COUNT(raws), text, found);

    for (size_t i = 0; i < n; i++) {
        show(shown, found[i].found, found[i].code);
    }
}


/* Takes the body off the front of rest. */
static void
look_in_body(healthcode_str_t *rest, const body_t *body, shown_t *shown)
{
    size_t            len = body->len < rest->len ? body->len : rest->len;
    healthcode_str_t  text = guard(0, rest->data, len);

    *rest = healthcode_str_from(rest->data + len, rest->len - len);

    if (body->ignored || len == 0) {
        return;
    }

    if (body->type == HEALTHCODE_BODY_UNTYPED
        || body->type == HEALTHCODE_BODY_FORM)
    {
        look_in_form(text, shown);
    }

    if (body->type == HEALTHCODE_BODY_UNTYPED
        || body->type == HEALTHCODE_BODY_JSON)
    {
        look_in_json(text, shown);
    }

    look_in_raw(text, shown);
}


/* A line off the front of rest, without its end; false: there is none. */
static bool
cut_line(healthcode_str_t *rest, healthcode_str_t *line)
{
    size_t          size = rest->len;
    const uint8_t  *data = rest->data;

    *line = fuzz_line(&data, &size);
    *rest = healthcode_str_from(data, size);

    if (line->len && line->data[line->len - 1] == '\r') {
        line->len--;
    }

    return line->len > 0;
}


/* ngx_http_healthcode_recall() */
static bool
recall(const uint64_t *key, healthcode_known_t *known)
{
    static const uint8_t       accepted[COUNT(issuers)] = { 1, 1 };
    healthcode_known_digest_t  identities[COUNT(issuers)];
    healthcode_known_scope_t   scope = {
        (const healthcode_known_digest_t *) identities, accepted, COUNT(issuers)
    };

    for (size_t i = 0; i < COUNT(issuers); i++) {
        memcpy(identities[i], issuers[i].identity,
               sizeof(healthcode_known_digest_t));
    }

    return healthcode_known_find(&table, key, &scope, known)
           && healthcode_keyring_at(issuers[known->issuer].keys,
                                    known->signer) != NULL;
}


static healthcode_reason_e
judge_known(const healthcode_known_t *known, found_t *found)
{
    found->issuer = &issuers[known->issuer];
    found->key = healthcode_keyring_at(found->issuer->keys, known->signer);
    found->iat = known->iat;
    found->nregions = known->nregions;
    memcpy(found->regions, known->regions,
           known->nregions * sizeof(healthcode_region_t));
    memcpy(found->holder, known->holder, HEALTHCODE_HOLDER_LEN);

    return healthcode_known_check(known, &policy, now);
}


/* ngx_http_healthcode_recall_remember() */
static void
remember(const uint64_t *key, const found_t *found,
    const healthcode_token_t *token, const healthcode_claims_t *claims)
{
    healthcode_known_t  code;

    fuzz_must(healthcode_known_from_claims(&code, claims, digest));
    code.issuer = (unsigned) (found->issuer - issuers);
    code.signer = (unsigned) healthcode_keyring_number(found->issuer->keys,
                                                       found->key);
    code.has_holder = true;
    memcpy(code.holder, found->holder, HEALTHCODE_HOLDER_LEN);
    (void) healthcode_known_store(&table, key, found->issuer->identity, &code,
                                  now);
    healthcode_issuer_learn(&found->issuer->core, found->key, token, digest);
}


/* ngx_http_healthcode_verify_cold() */
static healthcode_reason_e
judge_cold(healthcode_str_t text, const uint64_t *key, found_t *found)
{
    size_t                              i;
    healthcode_token_t                  token;
    healthcode_claims_t                 claims;
    healthcode_reason_e                 reason;
    healthcode_claims_faults_t          faults;
    static healthcode_token_memory_t    token_memory;
    static healthcode_claims_memory_t   claims_memory;

    reason = healthcode_token_parse(text, &token_memory, &token);

    if (reason == HEALTHCODE_REASON_OK) {
        reason = healthcode_claims_parse(token.payload, &claims_memory,
                                         healthcode_claims_usual(), &claims,
                                         &faults);
    }

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    i = healthcode_index_first(issuer_index, claims.iss);

    if (i == HEALTHCODE_INDEX_NONE) {
        return HEALTHCODE_REASON_ISSUER;
    }

    found->issuer = &issuers[i];
    reason = healthcode_issuer_verify(&found->issuer->core,
                                      found->issuer->keys, &token,
                                      &found->key);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    found->iat = claims.iat;
    found->nregions = claims.nregions;
    memcpy(found->regions, claims.regions,
           claims.nregions * sizeof(healthcode_region_t));
    fuzz_must(healthcode_holder_derive(pepper,
                                       found->issuer->core.subject_space,
                                       claims.kind, claims.sub,
                                       found->holder));

    reason = healthcode_claims_check(&claims, &policy, now);

    if (reason == HEALTHCODE_REASON_OK) {
        remember(key, found, &token, &claims);
    }

    return reason;
}


static healthcode_reason_e
judge_code(healthcode_str_t text, found_t *found)
{
    uint64_t            key[HEALTHCODE_KNOWN_KEY];
    healthcode_known_t  known;

    fuzz_must(healthcode_known_key(&table, text, digest, key));

    return recall(key, &known) && known.is_whole
           ? judge_known(&known, found) : judge_cold(text, key, found);
}


/* One holder is flagged, and a region with all in it. */
static healthcode_reason_e
judge_risk(const found_t *found)
{
    size_t                           n = 0;
    static healthcode_str_t          deny = healthcode_str("confirmed");
    healthcode_risk_t                risk;
    static healthcode_risk_answer_t  answer;
    healthcode_risk_policy_t         rules = {
        &deny, 1, HEALTHCODE_RISK_LEVEL_HIGH
    };
    healthcode_risk_terms_t          terms = {
        .policy = &rules, .iat = found->iat, .now = now
    };
    healthcode_risk_query_t          query = {
        .regions = found->regions, .nregions = found->nregions
    };

    healthcode_risk_clear(&risk);

    if (memcmp(found->holder, flagged, HEALTHCODE_HOLDER_LEN) == 0) {
        healthcode_risk_add_flag(&risk, &rules, deny, healthcode_str("0"),
                                 now);
    }

    for (size_t i = 0; i < found->nregions; i++) {
        for (healthcode_region_t code = found->regions[i]; code >= 100;
             code /= 100)
        {
            answer.regions[n++] = healthcode_risk_region(
                code == 151 ? healthcode_str("high 0")
                            : healthcode_str("low 1"));
        }
    }

    healthcode_risk_add_answer(&risk, &query, &answer, &terms);

    return healthcode_risk_reason(&risk);
}


healthcode_verdict_t
gate_judge(healthcode_str_t *rest, healthcode_str_t *code)
{
    found_t                 found;
    body_t                  body = { 0, HEALTHCODE_BODY_UNTYPED, false };
    healthcode_str_t        line;
    healthcode_evidence_t   evidence = { .code = HEALTHCODE_REASON_FAULT };
    static shown_t          sent, in_cookie;
    shown_t                *shown = &sent;

    sent.reason = in_cookie.reason = HEALTHCODE_REASON_MISSING;

    if (cut_line(rest, &line)) {
        body.ignored = line.len > 3 && memcmp(line.data, "GET ", 4) == 0;
        look_in_line(line, &sent);
    }

    while (line.len && cut_line(rest, &line)) {
        look_in_header(line, &sent, &in_cookie);
        look_at_body(line, &body);
    }

    look_in_body(rest, &body, &sent);

    /* ngx_http_healthcode_source_code() */
    if (sent.reason == HEALTHCODE_REASON_MISSING) {
        shown = &in_cookie;
    }

    evidence.code = shown->reason;
    *code = healthcode_str_from(NULL, 0);

    if (evidence.code == HEALTHCODE_REASON_OK) {
        *code = shown->code;
        evidence.code = judge_code(shown->code, &found);
    }

    if (evidence.code == HEALTHCODE_REASON_OK) {
        evidence.store = HEALTHCODE_STORE_READ;
        evidence.risk = judge_risk(&found);
    }

    return healthcode_verdict_decide(&evidence);
}
