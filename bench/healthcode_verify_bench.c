/*
 * What verifying costs, against the bare operation of OpenSSL: both over the
 * same text with the same key, in turn, in many short rounds of one run.
 * Prints numbers for util/bench_verify.pl; judges nothing, knows no nginx.
 * docs/benchmarks.md, "Verification".
 */

#include "../t/unit/mint.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <time.h>

#include "../ngx_http_healthcode_module/core/healthcode_issuer.h"


/* Bytes of HEADER.PAYLOAD. */
#define BENCH_TEXT_LEN   330

#define BENCH_KEYS       1000

/* CPU time of one measurement, nanoseconds. */
#define BENCH_SLICE      2000000

#define BENCH_ROUNDS_MAX 100000

/* Algorithms whose bare operation is asked for line by line, at most. */
#define BENCH_SERVED     16


/* What is run in turn. */
enum {
    BENCH_BARE,          /* OpenSSL alone, as "openssl speed" has it */
    BENCH_VERIFY,        /* healthcode_signature_verify() */
    BENCH_ONE,           /* healthcode_issuer_verify(), a set of one key */
    BENCH_MANY,          /* of BENCH_KEYS keys, always with the same one */
    BENCH_TURN,          /* of BENCH_KEYS keys, each time with the next one */
    BENCH_OPS
};


typedef struct {
    const char  *alg;
    const char  *type;   /* of the key, by OpenSSL's name; NULL: a secret */
    size_t       bits;   /* of RSA */
    const char  *group;
} bench_case_t;


/* An issuer with its keys. */
typedef struct {
    healthcode_issuer_t            issuer;
    healthcode_keyring_t          *keyring;
} bench_issuer_t;


/* The same code, key and signature for each of the operations. */
typedef struct {
    const healthcode_algorithm_t  *row;
    char                           members[2048];   /* of the JWK */
    char                           code[4096];
    healthcode_token_memory_t      memory;
    healthcode_token_t             token;
    bench_issuer_t                 one;
    bench_issuer_t                 many;
    char                           kids[BENCH_KEYS][16];
    size_t                         turn;

    EVP_MAC_CTX                   *mac;
    EVP_MD_CTX                    *whole;
    bool                           whole_again;     /* wants an init each */
    EVP_PKEY_CTX                  *verify;
    uint8_t                        digest[64];
    size_t                         digest_len;
    uint8_t                        raw[1024];       /* OpenSSL's form */
    size_t                         raw_len;
} bench_t;


static const bench_case_t  bench_cases[] = {
    { "HS256", NULL, 0, NULL },
    { "HS384", NULL, 0, NULL },
    { "HS512", NULL, 0, NULL },
    { "RS256", "RSA", 2048, NULL },
    { "PS256", "RSA", 2048, NULL },
    { "RS512", "RSA", 4096, NULL },
    { "ES256", "EC", 0, "P-256" },
    { "ES384", "EC", 0, "P-384" },
    { "ES512", "EC", 0, "P-521" },
    { "EdDSA", "ED25519", 0, NULL },
    { "SGD_SM3_SM2", "SM2", 0, NULL },
};


static void
bench_must(bool done, const char *what)
{
    if (!done) {
        fprintf(stderr, "bench: %s failed\n", what);
        exit(1);
    }
}


static const bench_case_t *
bench_find(const char *alg)
{
    size_t  i, n = sizeof(bench_cases) / sizeof(bench_cases[0]);

    for (i = 0; i < n && strcmp(bench_cases[i].alg, alg) != 0; i++) {
        /* void */
    }

    bench_must(i < n, alg);

    return &bench_cases[i];
}


static EVP_PKEY *
bench_make_key(const bench_case_t *of)
{
    EVP_PKEY  *key;

    if (strcmp(of->type, "RSA") == 0) {
        key = EVP_PKEY_Q_keygen(NULL, NULL, of->type, of->bits);
    } else if (of->group) {
        key = EVP_PKEY_Q_keygen(NULL, NULL, of->type, of->group);
    } else {
        key = EVP_PKEY_Q_keygen(NULL, NULL, of->type);
    }

    bench_must(key != NULL, "making a key");

    return key;
}


/* ,"name":"NUMBER", of len bytes, or of as many as it has where len is 0 */
static void
bench_add_number(bench_t *bench, EVP_PKEY *key, const char *param,
    const char *name, size_t len)
{
    int      n;
    char     text[1024];
    BIGNUM  *number = NULL;
    uint8_t  bytes[768];

    bench_must(EVP_PKEY_get_bn_param(key, param, &number) == 1, "a number");

    n = len ? (int) len : BN_num_bytes(number);
    bench_must(n <= (int) sizeof(bytes)
               && BN_bn2binpad(number, bytes, n) == n, "a number's length");
    BN_free(number);

    mint_base64url(bytes, (size_t) n, text);
    len = strlen(bench->members);
    snprintf(bench->members + len, sizeof(bench->members) - len,
             ",\"%s\":\"%s\"", name, text);
}


static void
bench_add_bytes(bench_t *bench, const char *name, const uint8_t *bytes,
    size_t len)
{
    char    text[256];
    size_t  n = strlen(bench->members);

    mint_base64url(bytes, len, text);
    snprintf(bench->members + n, sizeof(bench->members) - n,
             ",\"%s\":\"%s\"", name, text);
}


/* All members of the JWK but "kid"; key is NULL: secret. */
static void
bench_make_members(bench_t *bench, EVP_PKEY *key, const uint8_t *secret)
{
    size_t                         len;
    uint8_t                        raw[64];
    const healthcode_algorithm_t  *row = bench->row;

    snprintf(bench->members, sizeof(bench->members),
             "\"kty\":\"%s\",\"alg\":\"%s\",\"crv\":\"%s\"", row->kty,
             row->name, row->crv ? row->crv : "");

    if (row->family == &healthcode_family_hmac) {
        bench_add_bytes(bench, "k", secret, row->secret_min);

    } else if (row->family == &healthcode_family_eddsa) {
        len = sizeof(raw);
        bench_must(EVP_PKEY_get_raw_public_key(key, raw, &len) == 1, "a key");
        bench_add_bytes(bench, "x", raw, len);

    } else if (strcmp(row->kty, "RSA") == 0) {
        bench_add_number(bench, key, OSSL_PKEY_PARAM_RSA_N, "n", 0);
        bench_add_number(bench, key, OSSL_PKEY_PARAM_RSA_E, "e", 0);

    } else {
        bench_add_number(bench, key, OSSL_PKEY_PARAM_EC_PUB_X, "x",
                         row->part_len);
        bench_add_number(bench, key, OSSL_PKEY_PARAM_EC_PUB_Y, "y",
                         row->part_len);
    }
}


/* An issuer with n keys, which are one under n names. */
static void
bench_make_issuer(bench_t *bench, bench_issuer_t *issuer, size_t n)
{
    char    error[256], *text;
    size_t  len, size = n * (sizeof(bench->members) + 64) + 64;

    text = malloc(size);
    bench_must(text != NULL, "malloc");
    len = (size_t) snprintf(text, size, "{\"keys\":[");

    for (size_t i = 0; i < n; i++) {
        snprintf(bench->kids[i], sizeof(bench->kids[i]), "key-%04zu", i);
        len += (size_t) snprintf(text + len, size - len,
                                 "%s{\"kid\":\"%s\",%s}", i ? "," : "",
                                 bench->kids[i], bench->members);
    }

    len += (size_t) snprintf(text + len, size - len, "]}");

    issuer->issuer.type_any = true;
    issuer->issuer.rules.algorithms.bits = healthcode_algorithm_bit(bench->row);
    issuer->keyring = healthcode_keyring_create(healthcode_str_from(text, len),
                                                &issuer->issuer.rules, error,
                                                sizeof(error));
    free(text);

    if (issuer->keyring == NULL) {
        fprintf(stderr, "bench: %s\n", error);
        exit(1);
    }
}


/* HEADER.PAYLOAD of BENCH_TEXT_LEN bytes; blanks fill it up. */
static void
bench_make_text(bench_t *bench)
{
    int     blanks = 0;
    char    header[128], payload[300];
    size_t  len;

    do {
        snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"typ\":"
                 "\"healthcode+jwt\",\"kid\":\"key-0000\"%*s}",
                 bench->row->name, blanks++, "");

        memset(payload, ' ', sizeof(payload));
        payload[0] = '{';

        for (len = 2; len < sizeof(payload); len++) {
            payload[len - 1] = '}';
            payload[len] = '\0';

            if (mint_text(header, payload, bench->code) >= BENCH_TEXT_LEN) {
                break;
            }

            payload[len - 1] = ' ';
            payload[len] = ' ';
        }

    } while (strlen(bench->code) != BENCH_TEXT_LEN);
}


static void
bench_sign_hmac(bench_t *bench, const uint8_t *secret)
{
    EVP_MAC     *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    OSSL_PARAM   params[2];

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                               (char *) (uintptr_t) bench->row->digest, 0);
    params[1] = OSSL_PARAM_construct_end();

    bench->mac = EVP_MAC_CTX_new(hmac);
    EVP_MAC_free(hmac);

    bench_must(EVP_MAC_init(bench->mac, secret, bench->row->secret_min, params)
               == 1
               && EVP_MAC_update(bench->mac, (uint8_t *) bench->code,
                                 BENCH_TEXT_LEN) == 1
               && EVP_MAC_final(bench->mac, bench->raw, &bench->raw_len,
                                sizeof(bench->raw)) == 1, "HMAC");

    mint_append(bench->code, bench->raw, bench->raw_len);
}


static void
bench_sign_whole(bench_t *bench, EVP_PKEY *key)
{
    EVP_MD_CTX     *ctx = EVP_MD_CTX_new();
    const uint8_t  *text = (uint8_t *) bench->code;

    bench->raw_len = sizeof(bench->raw);
    bench->whole = EVP_MD_CTX_new();

    bench_must(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1
               && EVP_DigestSign(ctx, bench->raw, &bench->raw_len, text,
                                 BENCH_TEXT_LEN) == 1
               && EVP_DigestVerifyInit(bench->whole, NULL, NULL, NULL, key)
                  == 1
               && EVP_DigestVerify(bench->whole, bench->raw, bench->raw_len,
                                   text, BENCH_TEXT_LEN) == 1, "signing");

    /* as "openssl speed" does from the release on that wants it */
    bench->whole_again = EVP_DigestVerify(bench->whole, bench->raw,
                                          bench->raw_len, text, BENCH_TEXT_LEN)
                         != 1;

    EVP_MD_CTX_free(ctx);
    mint_append(bench->code, bench->raw, bench->raw_len);
}


static EVP_PKEY_CTX *
bench_digest_context(const bench_t *bench, EVP_PKEY *key,
    int (*init)(EVP_PKEY_CTX *))
{
    const EVP_MD  *md = EVP_get_digestbyname(bench->row->digest);
    EVP_PKEY_CTX  *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

    bench_must(init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, md) == 1,
               "a context");

    if (bench->row->family == &healthcode_family_pss) {
        bench_must(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING)
                   == 1
                   && EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx,
                                              RSA_PSS_SALTLEN_DIGEST) == 1,
                   "PSS");
    }

    return ctx;
}


/* The digest has the prefix of SM2 in it, so the key of the gate is asked. */
static void
bench_sign_digest(bench_t *bench, EVP_PKEY *key)
{
    int                      part = (int) bench->row->part_len;
    uint8_t                  pair[132];
    unsigned                 len;
    ECDSA_SIG               *sig;
    EVP_MD_CTX              *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX            *ctx;
    const uint8_t           *der = bench->raw;
    const healthcode_key_t  *own = healthcode_keyring_at(bench->one.keyring, 0);

    bench_must(EVP_DigestInit_ex(md, EVP_get_digestbyname(bench->row->digest),
                                 NULL) == 1
               && EVP_DigestUpdate(md, own->prefix, own->prefix_len) == 1
               && EVP_DigestUpdate(md, bench->code, BENCH_TEXT_LEN) == 1
               && EVP_DigestFinal_ex(md, bench->digest, &len) == 1, "a digest");
    EVP_MD_CTX_free(md);
    bench->digest_len = len;

    ctx = bench_digest_context(bench, key, EVP_PKEY_sign_init);
    bench->raw_len = sizeof(bench->raw);
    bench_must(EVP_PKEY_sign(ctx, bench->raw, &bench->raw_len, bench->digest,
                             bench->digest_len) == 1, "signing");
    EVP_PKEY_CTX_free(ctx);

    bench->verify = bench_digest_context(bench, key, EVP_PKEY_verify_init);

    if (part == 0) {
        mint_append(bench->code, bench->raw, bench->raw_len);
        return;
    }

    sig = d2i_ECDSA_SIG(NULL, &der, (long) bench->raw_len);
    bench_must(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), pair, part) == part
               && BN_bn2binpad(ECDSA_SIG_get0_s(sig), pair + part, part)
                  == part, "a pair");
    ECDSA_SIG_free(sig);
    mint_append(bench->code, pair, (size_t) part * 2);
}


static void
bench_make(bench_t *bench, const bench_case_t *of)
{
    uint8_t    secret[64] = "a secret of the benchmark, of 64 bytes, "
                            "used nowhere else.....";
    EVP_PKEY  *key = of->type ? bench_make_key(of) : NULL;

    bench->row = healthcode_algorithm_find(
                               healthcode_str_from(of->alg, strlen(of->alg)));

    bench_make_members(bench, key, secret);
    bench_make_issuer(bench, &bench->one, 1);
    bench_make_issuer(bench, &bench->many, BENCH_KEYS);
    bench_make_text(bench);

    if (key == NULL) {
        bench_sign_hmac(bench, secret);
    } else if (bench->row->family == &healthcode_family_eddsa) {
        bench_sign_whole(bench, key);
    } else {
        bench_sign_digest(bench, key);
    }

    EVP_PKEY_free(key);

    bench_must(healthcode_token_parse(healthcode_str_from(bench->code,
                                                       strlen(bench->code)),
                                      &bench->memory, &bench->token)
               == HEALTHCODE_REASON_OK
               && bench->token.signed_text.len == BENCH_TEXT_LEN, "a code");
}


static void
bench_free(bench_t *bench)
{
    healthcode_keyring_free(bench->one.keyring);
    healthcode_keyring_free(bench->many.keyring);
    EVP_MAC_CTX_free(bench->mac);
    EVP_MD_CTX_free(bench->whole);
    EVP_PKEY_CTX_free(bench->verify);
    free(bench);
}


static bool
bench_bare(bench_t *bench)
{
    size_t          len;
    uint8_t         mac[64];
    const uint8_t  *text = (uint8_t *) bench->code;

    if (bench->mac) {
        return EVP_MAC_init(bench->mac, NULL, 0, NULL) == 1
               && EVP_MAC_update(bench->mac, text, BENCH_TEXT_LEN) == 1
               && EVP_MAC_final(bench->mac, mac, &len, sizeof(mac)) == 1;
    }

    if (bench->verify) {
        return EVP_PKEY_verify(bench->verify, bench->raw, bench->raw_len,
                               bench->digest, bench->digest_len) == 1;
    }

    return (!bench->whole_again
            || EVP_DigestVerifyInit(bench->whole, NULL, NULL, NULL, NULL) == 1)
           && EVP_DigestVerify(bench->whole, bench->raw, bench->raw_len, text,
                               BENCH_TEXT_LEN) == 1;
}


static bool
bench_run(bench_t *bench, int op)
{
    const char                 *kid;
    healthcode_token_t          token;
    const healthcode_key_t     *key, *signer;
    const bench_issuer_t       *issuer = &bench->many;

    switch (op) {

    case BENCH_BARE:
        return bench_bare(bench);

    case BENCH_VERIFY:
        key = healthcode_keyring_at(bench->one.keyring, 0);
        return healthcode_signature_verify(key, bench->token.signed_text,
                                           bench->token.signature);

    case BENCH_TURN:
        kid = bench->kids[bench->turn++ % BENCH_KEYS];
        token = bench->token;
        token.kid = healthcode_str_from(kid, strlen(kid));
        return healthcode_issuer_verify(&issuer->issuer, issuer->keyring,
                                        &token, &signer)
               == HEALTHCODE_REASON_OK;

    default:
        issuer = (op == BENCH_ONE) ? &bench->one : &bench->many;
        return healthcode_issuer_verify(&issuer->issuer, issuer->keyring,
                                        &bench->token, &signer)
               == HEALTHCODE_REASON_OK;
    }
}


static int64_t
bench_now(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);

    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}


/* Microseconds of CPU for one of n. */
static double
bench_measure(bench_t *bench, int op, size_t n)
{
    int64_t  start = bench_now();

    for (size_t i = 0; i < n; i++) {
        bench_must(bench_run(bench, op), bench->row->name);
    }

    return (double) (bench_now() - start) / 1000 / (double) n;
}


static int
bench_compare(const void *a, const void *b)
{
    double  x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}


/* ALG NAME MEDIAN MIN MAX; values are sorted. */
static void
bench_print(const bench_t *bench, const char *name, double *values,
    size_t rounds)
{
    qsort(values, rounds, sizeof(double), bench_compare);
    printf("%s %s %.4f %.4f %.4f\n", bench->row->name, name,
           values[rounds / 2], values[0], values[rounds - 1]);
}


static void
bench_report(const bench_t *bench, double *values[BENCH_OPS], size_t rounds)
{
    double             *ratios[3] = { NULL };
    const char         *names[] = { "bare", "verify", "one", "many", "turn" };
    const char         *pairs[] = { "verify/bare", "many/one", "turn/one" };
    static const int    of[][2] = { { BENCH_VERIFY, BENCH_BARE },
                                    { BENCH_MANY, BENCH_ONE },
                                    { BENCH_TURN, BENCH_ONE } };

    for (int i = 0; i < 3; i++) {
        ratios[i] = calloc(rounds, sizeof(double));
        bench_must(ratios[i] != NULL, "calloc");

        for (size_t j = 0; j < rounds; j++) {
            ratios[i][j] = values[of[i][0]][j] / values[of[i][1]][j];
        }
    }

    for (int i = 0; i < BENCH_OPS; i++) {
        bench_print(bench, names[i], values[i], rounds);
    }

    for (int i = 0; i < 3; i++) {
        bench_print(bench, pairs[i], ratios[i], rounds);
        free(ratios[i]);
    }

    fflush(stdout);
}


/*
 * The bare operation of the algorithms that are named, for who compares it with
 * something else: for each line "ALG MS" of standard input about so many
 * milliseconds of it; the answer is microseconds for one.
 */
static void
bench_serve(int n, char **algs)
{
    int       i, ms;
    char      alg[32];
    double    one[BENCH_SERVED];
    bench_t  *served[BENCH_SERVED];

    bench_must(n <= BENCH_SERVED, "so many algorithms");

    for (i = 0; i < n; i++) {
        served[i] = calloc(1, sizeof(bench_t));
        bench_must(served[i] != NULL, "calloc");
        bench_make(served[i], bench_find(algs[i]));
        bench_measure(served[i], BENCH_BARE, 20);
        one[i] = bench_measure(served[i], BENCH_BARE, 20);
    }

    while (scanf("%31s %d", alg, &ms) == 2) {
        for (i = 0; i < n && strcmp(alg, algs[i]) != 0; i++) { /* void */ }

        bench_must(i < n && ms > 0, alg);
        printf("%s %.4f\n", alg, bench_measure(served[i], BENCH_BARE,
                                    (size_t) (ms * 1000 / one[i]) + 1));
        fflush(stdout);
    }

    for (i = 0; i < n; i++) {
        bench_free(served[i]);
    }
}


/* Neighbours in time are compared, since the speed of a machine drifts. */
static void
bench_case(const bench_case_t *of, size_t rounds)
{
    int       op;
    double   *values[BENCH_OPS], one = 1;
    size_t    n;
    bench_t  *bench = calloc(1, sizeof(bench_t));

    bench_must(bench != NULL, "calloc");
    bench_make(bench, of);

    /* warms up: the first use of a key makes more than a later one */
    for (op = 0; op < BENCH_OPS; op++) {
        values[op] = calloc(rounds, sizeof(double));
        bench_must(values[op] != NULL, "calloc");
        one = bench_measure(bench, op, op == BENCH_TURN ? BENCH_KEYS : 20);
    }

    n = (size_t) (BENCH_SLICE / 1000 / one) + 1;

    for (size_t i = 0; i < rounds; i++) {
        for (int j = 0; j < BENCH_OPS; j++) {
            op = (i % 2) ? BENCH_OPS - 1 - j : j;
            values[op][i] = bench_measure(bench, op, n);
        }
    }

    bench_report(bench, values, rounds);

    for (op = 0; op < BENCH_OPS; op++) {
        free(values[op]);
    }

    bench_free(bench);
}


int
main(int argc, char **argv)
{
    long  rounds = (argc > 1) ? atol(argv[1]) : 0;

    if (argc > 2 && strcmp(argv[1], "-") == 0) {
        bench_serve(argc - 2, argv + 2);
        return 0;
    }

    if (rounds < 1 || rounds > BENCH_ROUNDS_MAX) {
        fprintf(stderr, "usage: healthcode_verify_bench ROUNDS [ALG]\n"
                "       healthcode_verify_bench - ALG...\n");
        return 2;
    }

    for (size_t i = 0; i < sizeof(bench_cases) / sizeof(bench_cases[0]); i++) {
        if (argc < 3 || strcmp(argv[2], bench_cases[i].alg) == 0) {
            bench_case(&bench_cases[i], (size_t) rounds);
        }
    }

    return 0;
}
