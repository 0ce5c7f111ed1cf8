/*
 * Tests of healthcode_known.c: what must not be found, then every field at its
 * limits; judging is compared with that of the claims themselves, and the
 * digests with those of the openssl command: printf gate | openssl dgst
 * -sha256.  docs/cache.md.
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_known.h"


#define IAT   1700000000
#define TIMES "\"iat\":1700000000,\"exp\":1700000900"
#define BASE  "\"iss\":\"https://issuer.example\",\"sub\":\"s-1\"," TIMES

/* Bytes of the smallest table: one set. */
#define SET  (HEALTHCODE_TABLE_WAYS * HEALTHCODE_KNOWN_WORDS * 8)

/* Where an entry has its counts: a word, and what to shift by. */
#define REST       22
#define AUDIENCES  3
#define REGIONS    5
#define HOLDS_REGIONS_FROM  16


static const uint64_t  text_key[HEALTHCODE_KNOWN_KEY] = {
    0x0123456789abcdef, 0xfedcba9876543210, 0x1111111111111111,
    0x2222222222222222, 0x3333333333333333
};

static healthcode_digest_t  *digest;
static healthcode_table_t    table;


static int
group_start(void **state)
{
    digest = healthcode_digest_create();
    (void) state;

    return digest ? 0 : -1;
}


static int
group_end(void **state)
{
    healthcode_digest_free(digest);
    (void) state;

    return 0;
}


/* A table of so many sets, at the wall; its memory is not clean. */
static void
make_table(size_t sets)
{
    assert_true(healthcode_known_table(&table, guard_room(2, sets * SET),
                                       sets * SET));
    assert_int_equal(healthcode_table_size(&table),
                     sets * HEALTHCODE_TABLE_WAYS);
}


/* Parses a payload of the usual times, and reads a code out of it. */
static void
read_code(const char *members, healthcode_known_t *code)
{
    char                               payload[2048];
    healthcode_claims_t                claims;
    healthcode_claims_faults_t          faults;
    static healthcode_claims_memory_t  memory;

    snprintf(payload, sizeof(payload), "{\"iss\":\"i\",\"sub\":\"s\",%s}",
             members);
    assert_int_equal(healthcode_claims_parse(guard_text(0, payload), &memory,
                                             healthcode_claims_usual(), &claims,
                                             &faults),
                     HEALTHCODE_REASON_OK);
    memset(code, 0, sizeof(*code));
    assert_true(healthcode_known_from_claims(code, &claims, digest));
}


/* Looks in the scope of one issuer: its number, its identity. */
static bool
find(const uint64_t *key, unsigned issuer, const uint64_t *identity,
    healthcode_known_t *code)
{
    static uint8_t                    accepted[HEALTHCODE_KNOWN_ISSUER_MAX + 1];
    static healthcode_known_digest_t  identities[test_count(accepted)];
    healthcode_known_scope_t          scope = {
        .identities = (const healthcode_known_digest_t *) identities,
        .accepted = accepted, .n = issuer + 1
    };
    bool                             found;

    memset(code, 0x5a, sizeof(*code));
    memcpy(identities[issuer], identity, sizeof(identities[0]));
    accepted[issuer] = 1;
    found = healthcode_known_find(&table, key, &scope, code);
    accepted[issuer] = 0;
    memset(identities[issuer], 0, sizeof(identities[0]));

    return found;
}


static void
assert_same(const healthcode_known_t *a, const healthcode_known_t *b)
{
    assert_int_equal(a->issuer, b->issuer);
    assert_int_equal(a->signer, b->signer);
    assert_int_equal(a->has_holder, b->has_holder);
    assert_int_equal(a->is_whole, b->is_whole);
    assert_int_equal(a->is_normal, b->is_normal);
    assert_true(a->iat == b->iat && a->exp == b->exp && a->nbf == b->nbf);
    assert_memory_equal(a->holder, b->holder, HEALTHCODE_HOLDER_LEN);
    assert_int_equal(a->naudience, b->naudience);
    assert_int_equal(a->nregions, b->nregions);
    assert_memory_equal(a->audience, b->audience,
                        a->naudience * sizeof(a->audience[0]));
    assert_memory_equal(a->regions, b->regions,
                        a->nregions * sizeof(a->regions[0]));
}


static void
test_refuses_room_for_less_than_a_set(void **state)
{
    healthcode_table_t  small;

    assert_false(healthcode_known_table(&small, guard_room(2, SET), 0));
    assert_false(healthcode_known_table(&small, guard_room(2, SET), SET - 1));
    assert_true(healthcode_known_table(&small, guard_room(2, SET), SET));
    assert_int_equal(healthcode_table_size(&small), HEALTHCODE_TABLE_WAYS);

    (void) state;
}


static void
test_finds_no_other_text(void **state)
{
    uint64_t                         key[HEALTHCODE_KNOWN_KEY];
    healthcode_known_t               code, found;
    const healthcode_known_digest_t  identity = { 7, 8 };

    read_code(TIMES, &code);
    make_table(1);
    assert_false(find(text_key, 0, identity, &found));

    healthcode_known_store(&table, text_key, identity, &code, IAT);

    for (unsigned bit = 0; bit < 64 * HEALTHCODE_KNOWN_KEY; bit++) {
        memcpy(key, text_key, sizeof(key));
        key[bit / 64] ^= UINT64_C(1) << bit % 64;
        test_row(!find(key, 0, identity, &found), bit, "bit of the key");
    }

    assert_true(find(text_key, 0, identity, &found));
    assert_same(&found, &code);

    (void) state;
}


/* Other keys, another pepper, other rules: another identity. */
static void
test_finds_no_code_of_another_identity(void **state)
{
    healthcode_known_t         code, found, before;
    healthcode_known_digest_t  identity = { 0xaaaaaaaaaaaaaaaa,
                                           0x5555555555555555 };

    read_code(TIMES, &code);
    make_table(1);
    healthcode_known_store(&table, text_key, identity, &code, IAT);

    for (unsigned bit = 0; bit < 128; bit++) {
        identity[bit / 64] ^= UINT64_C(1) << bit % 64;
        test_row(!find(text_key, 0, identity, &found), bit, "bit of it");

        /* written only where it is found */
        memset(&before, 0x5a, sizeof(before));
        assert_memory_equal(&found, &before, sizeof(before));
        identity[bit / 64] ^= UINT64_C(1) << bit % 64;
    }

    /* nor the same two words in another order */
    memcpy(identity, (uint64_t[]) { identity[1], identity[0] },
           sizeof(identity));
    assert_false(find(text_key, 0, identity, &found));

    (void) state;
}


static void
test_finds_no_code_of_an_issuer_that_does_not_count(void **state)
{
    static const struct {
        unsigned  stored, n;
        uint8_t   accepted[4];
        bool      found;
    } rows[] = {
        { 0, 0, { 1, 1, 1, 1 }, false },
        { 1, 0, { 1, 1, 1, 1 }, false },
        { 1, 1, { 1, 1, 1, 1 }, false },
        { 2, 2, { 1, 1, 1, 1 }, false },
        { 3, 3, { 1, 1, 1, 1 }, false },
        { 65535, 4, { 1, 1, 1, 1 }, false },
        { 0, 4, { 0, 1, 1, 1 }, false },
        { 1, 4, { 1, 0, 1, 1 }, false },
        { 3, 4, { 1, 1, 1, 0 }, false },
        { 2, 4, { 0, 0, 0, 0 }, false },
        { 0, 1, { 1, 0, 0, 0 }, true },
        { 1, 2, { 0, 1, 0, 0 }, true },
        { 3, 4, { 0, 0, 0, 1 }, true },
    };
    healthcode_known_t               code, found;
    const healthcode_known_digest_t  identities[] = {
        { 1, 1 }, { 1, 1 }, { 1, 1 }, { 1, 1 }
    };

    read_code(TIMES, &code);

    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_known_scope_t  scope = {
            .identities = identities, .accepted = rows[i].accepted,
            .n = rows[i].n
        };

        make_table(1);
        code.issuer = rows[i].stored;
        healthcode_known_store(&table, text_key, identities[0], &code, IAT);
        test_row(healthcode_known_find(&table, text_key, &scope, &found)
                 == rows[i].found, i, "of the scopes");
    }

    (void) state;
}


/* Two issuers of one "iss", as while one takes the place of another. */
static void
test_tells_two_issuers_of_one_text_apart(void **state)
{
    uint8_t                          accepted[2];
    healthcode_known_t               first, second, found;
    const healthcode_known_digest_t  identities[] = { { 1, 2 }, { 1, 3 } };
    healthcode_known_scope_t         scope = {
        .identities = identities, .accepted = accepted, .n = 2
    };

    read_code(TIMES, &first);
    second = first;
    second.issuer = 1;
    second.signer = 5;
    second.has_holder = true;
    memset(second.holder, 'h', sizeof(second.holder));

    make_table(1);
    healthcode_known_store(&table, text_key, identities[0], &first, IAT);
    healthcode_known_store(&table, text_key, identities[1], &second, IAT);

    for (unsigned set = 0; set < 4; set++) {
        accepted[0] = set & 1;
        accepted[1] = set >> 1 & 1;

        assert_int_equal(healthcode_known_find(&table, text_key, &scope,
                                               &found), set != 0);
        if (set == 1) {
            assert_same(&found, &first);
        } else if (set == 2) {
            assert_same(&found, &second);
        }
    }

    /* the numbers are those of now: the second one's codes are not 0's */
    accepted[0] = 1;
    scope.identities = identities + 1;
    scope.n = 1;
    healthcode_known_store(&table, text_key, identities[0], &first, IAT);
    assert_false(healthcode_known_find(&table, text_key, &scope, &found));

    (void) state;
}


static void
test_stores_one_text_of_one_identity_once(void **state)
{
    uint64_t                         key[HEALTHCODE_KNOWN_KEY];
    healthcode_known_t               code, found;
    const healthcode_known_digest_t  identity = { 7, 8 };

    read_code(TIMES, &code);
    make_table(1);
    memcpy(key, text_key, sizeof(key));

    for (unsigned i = 0; i < HEALTHCODE_TABLE_WAYS; i++) {
        key[3] = i;
        assert_false(healthcode_known_store(&table, key, identity, &code,
                                            IAT));
    }

    /* again, and as something else: none of the others has to make room */
    for (unsigned i = 0; i < 3 * HEALTHCODE_TABLE_WAYS; i++) {
        code.signer = i;
        code.holder[0] = (uint8_t) i;
        key[3] = 3;
        assert_false(healthcode_known_store(&table, key, identity, &code,
                                            IAT));
        assert_true(find(key, 0, identity, &found));
        assert_same(&found, &code);
    }

    for (unsigned i = 0; i < HEALTHCODE_TABLE_WAYS; i++) {
        key[3] = i;
        assert_true(find(key, 0, identity, &found));
        assert_int_equal(found.signer,
                         i == 3 ? 3 * HEALTHCODE_TABLE_WAYS - 1 : 0);
    }

    (void) state;
}


/* Of two sets of keys whose identities OpenSSL could not tell. */
static void
test_stores_nothing_for_nobody(void **state)
{
    healthcode_known_t               code, found;
    const healthcode_known_digest_t  nobody = { 0, 0 };
    const healthcode_known_digest_t  somebody[] = { { 0, 1 }, { 1, 0 } };

    read_code(TIMES, &code);
    make_table(1);

    assert_false(healthcode_known_store(&table, text_key, nobody, &code, IAT));
    assert_false(find(text_key, 0, nobody, &found));

    for (size_t i = 0; i < test_count(somebody); i++) {
        healthcode_known_store(&table, text_key, somebody[i], &code, IAT);
        test_row(find(text_key, 0, somebody[i], &found), i, "half a zero");
        test_row(!find(text_key, 0, nobody, &found), i, "nobody's then");
    }

    (void) state;
}


static void
test_stores_no_number_that_does_not_fit(void **state)
{
    static const struct {
        unsigned  issuer, signer;
        bool      stored;
    } rows[] = {
        { 65536, 0, false }, { 0, 1 << 24, false }, { UINT32_MAX, 0, false },
        { 0, UINT32_MAX, false }, { 65536 + 1, 1, false },
        { 1, (1 << 24) + 1, false }, { 65536, 1 << 24, false },
        { 0, 0, true }, { 65535, 0, true }, { 0, (1 << 24) - 1, true },
        { 65535, (1 << 24) - 1, true }, { 1, 1, true },
    };
    uint8_t                         *memory;
    static uint8_t                   before[SET];
    healthcode_known_t               code, found;
    const healthcode_known_digest_t  identity = { 7, 8 };

    read_code(TIMES, &code);

    for (size_t i = 0; i < test_count(rows); i++) {
        make_table(1);
        memory = (uint8_t *) table.memory;
        memcpy(before, memory, SET);
        code.issuer = rows[i].issuer;
        code.signer = rows[i].signer;
        assert_false(healthcode_known_store(&table, text_key, identity, &code,
                                            IAT));

        if (!rows[i].stored) {
            assert_memory_equal(memory, before, SET);
            continue;
        }

        assert_true(find(text_key, rows[i].issuer, identity, &found));
        assert_same(&found, &code);
    }

    (void) state;
}


static void
test_gives_up_what_has_expired_and_then_what_expires_first(void **state)
{
    enum { WAYS = HEALTHCODE_TABLE_WAYS };

    static const struct {
        int      expired;          /* number of the one at now; -1: none */
        int64_t  at;               /* its exp, after now */
        bool     room;             /* one had to make room */
    } rows[] = {
        { 3, -1000, false }, { 3, -1, false }, { 3, 0, false },
        { 3, 1, true }, { 0, 0, false }, { 7, 0, false }, { -1, 0, true },
    };
    int                              gone;
    uint64_t                         key[HEALTHCODE_KNOWN_KEY];
    healthcode_known_t               code, found;
    const healthcode_known_digest_t  identity = { 7, 8 };

    read_code(TIMES, &code);
    memcpy(key, text_key, sizeof(key));

    for (size_t i = 0; i < test_count(rows); i++) {
        make_table(1);

        for (int n = 0; n < WAYS; n++) {
            key[3] = (uint64_t) n;
            code.exp = IAT + 100 + (n * 5) % WAYS;

            if (n == rows[i].expired) {
                code.exp = IAT + rows[i].at;
            }

            assert_false(healthcode_known_store(&table, key, identity, &code,
                                                IAT - 5000));
        }

        key[3] = WAYS;
        code.exp = IAT + 50;
        test_row(healthcode_known_store(&table, key, identity, &code, IAT)
                 == rows[i].room, i, "of the stores");
        assert_true(find(key, 0, identity, &found));
        gone = (rows[i].expired >= 0) ? rows[i].expired : 0;

        for (int n = 0; n < WAYS; n++) {
            key[3] = (uint64_t) n;
            test_row(find(key, 0, identity, &found) == (n != gone), i,
                     "of the others");
        }
    }

    (void) state;
}


/* Whatever an entry says, nothing is written past what a code has room for. */
static void
test_is_not_whole_where_a_count_is_none(void **state)
{
    unsigned                         looked;
    uint64_t                         entry[HEALTHCODE_KNOWN_WORDS];
    healthcode_known_t               code, found;
    const healthcode_known_digest_t  identity = { 7, 8 };

    read_code(TIMES ",\"aud\":\"gate\",\"regions\":[\"51\"]", &code);

    for (uint64_t audiences = 0; audiences < 4; audiences++) {
        for (uint64_t regions = 0; regions < 32; regions++) {
            bool  sound = audiences <= 2 && regions <= 16;

            make_table(1);
            healthcode_known_store(&table, text_key, identity, &code, IAT);
            looked = 0;
            assert_non_null(healthcode_table_next(&table, text_key, &looked,
                                                  entry));
            entry[REST] &= ~(UINT64_C(0x7f) << AUDIENCES);
            entry[REST] |= audiences << AUDIENCES | regions << REGIONS;

            /* regions that are sound ones, all of them */
            for (unsigned i = 0; i < 16; i++) {
                memcpy((uint8_t *) (entry + HOLDS_REGIONS_FROM) + 3 * i,
                       "\x00\x00\x97", 3);
            }

            healthcode_table_put(&table, entry, HEALTHCODE_KNOWN_KEY, NULL,
                                 NULL);

            assert_true(find(text_key, 0, identity, &found));
            test_row(found.is_whole == sound, audiences, "audiences");
            test_row(found.naudience == (sound ? audiences : 0), audiences,
                     "audiences");
            test_row(found.nregions == (sound ? regions : 0), regions,
                     "regions");
        }
    }

    (void) state;
}


/* Nor is there a region that has no digits, or too many, or 3 or 5. */
static void
test_is_not_whole_where_a_region_is_none(void **state)
{
    static const struct {
        uint32_t  number;
        bool      sound;
    } rows[] = {
        { 0, false }, { 1, false }, { 51, false }, { 99, false },
        { 200, false }, { 999, false }, { 1000, false }, { 1511, false },
        { 9999, false }, { 20000, false }, { 99999, false },
        { 100000, false }, { 151140, false }, { 999999, false },
        { 2000000, false }, { 0x7fffff, false }, { 0x800097, false },
        { 10000000, false }, { 0xffffff, false },
        { 100, true }, { 199, true }, { 10000, true }, { 19999, true },
        { 1000000, true }, { 1999999, true },
    };
    uint8_t                         *bytes;
    unsigned                         looked;
    uint64_t                         entry[HEALTHCODE_KNOWN_WORDS];
    healthcode_known_t               code, found;
    const healthcode_known_digest_t  identity = { 7, 8 };

    memset(&code, 0, sizeof(code));
    code.is_whole = true;
    code.nregions = HEALTHCODE_KNOWN_REGIONS_MAX;

    for (unsigned i = 0; i < HEALTHCODE_KNOWN_REGIONS_MAX; i++) {
        code.regions[i] = 1511402;
    }

    for (size_t i = 0; i < test_count(rows); i++) {
        for (unsigned at = 0; at < HEALTHCODE_KNOWN_REGIONS_MAX; at++) {
            make_table(1);
            healthcode_known_store(&table, text_key, identity, &code, IAT);
            looked = 0;
            assert_non_null(healthcode_table_next(&table, text_key, &looked,
                                                  entry));
            bytes = (uint8_t *) (entry + HOLDS_REGIONS_FROM) + 3 * at;
            bytes[0] = (uint8_t) (rows[i].number >> 16);
            bytes[1] = (uint8_t) (rows[i].number >> 8);
            bytes[2] = (uint8_t) rows[i].number;
            healthcode_table_put(&table, entry, HEALTHCODE_KNOWN_KEY, NULL,
                                 NULL);

            assert_true(find(text_key, 0, identity, &found));
            test_row(found.is_whole == rows[i].sound, i, "of the numbers");
            test_row(found.nregions == (rows[i].sound ? 16 : 0), i,
                     "of the numbers");
            test_row(!rows[i].sound || found.regions[at] == rows[i].number, i,
                     "of the numbers");
        }
    }

    (void) state;
}


/* The rest of a code is still right if its lists do not fit. */
static void
test_is_not_whole_where_a_list_is_long(void **state)
{
    static const struct {
        unsigned     naudience;          /* in an array; 0: absent */
        unsigned     nregions;
        bool         whole;
    } rows[] = {
        { 3, 0, false }, { 3, 16, false }, { 4, 17, false }, { 0, 17, false },
        { 1, 17, false }, { 2, 18, false }, { 0, 64, false }, { 64, 0, false },
        { 0, 0, true }, { 1, 1, true }, { 2, 16, true }, { 0, 16, true },
        { 2, 0, true }, { 1, 15, true },
    };
    char                             members[2048];
    size_t                           n;
    healthcode_known_t               code, found;
    const healthcode_known_digest_t  identity = { 7, 8 };

    for (size_t i = 0; i < test_count(rows); i++) {
        n = (size_t) snprintf(members, sizeof(members),
                              "\"iat\":1,\"exp\":2,\"nbf\":3,"
                              "\"status\":\"red\",\"regions\":[");

        for (unsigned j = 0; j < rows[i].nregions; j++) {
            n += (size_t) snprintf(members + n, sizeof(members) - n,
                                   "%s\"%06u\"", j ? "," : "", j);
        }

        n += (size_t) snprintf(members + n, sizeof(members) - n, "]");

        for (unsigned j = 0; j < rows[i].naudience; j++) {
            n += (size_t) snprintf(members + n, sizeof(members) - n,
                                   "%s\"a%u\"", j ? "," : ",\"aud\":[", j);
        }

        snprintf(members + n, sizeof(members) - n, "%s",
                 rows[i].naudience ? "]" : "");

        read_code(members, &code);
        test_row(code.is_whole == rows[i].whole, i, members);
        assert_true(code.naudience <= HEALTHCODE_KNOWN_AUDIENCES_MAX);
        assert_true(code.nregions <= HEALTHCODE_KNOWN_REGIONS_MAX);

        make_table(1);
        healthcode_known_store(&table, text_key, identity, &code, 0);
        assert_true(find(text_key, 0, identity, &found));
        assert_same(&found, &code);
        assert_false(found.is_normal);
        assert_true(found.iat == 1 && found.exp == 2 && found.nbf == 3);

        if (rows[i].whole) {
            test_row(found.naudience == rows[i].naudience, i, members);
            test_row(found.nregions == rows[i].nregions, i, members);
        }
    }

    (void) state;
}


#define MAX  HEALTHCODE_CLAIMS_TIME_MAX

static void
test_keeps_every_field_at_its_limits(void **state)
{
    static const int64_t  times[] = {
        0, 1, 255, 65536, UINT32_MAX, UINT32_MAX + INT64_C(1), IAT, MAX - 1, MAX
    };
    static const unsigned  issuers[] = { 0, 1, 255, 256, 65535 };
    static const unsigned  signers[] = { 0, 1, 255, 65536, (1 << 24) - 1 };
    healthcode_known_t               code, found;
    const healthcode_known_digest_t  identity = { 7, 8 };

    for (unsigned i = 0; i < 9 * 9 * 9; i++) {
        memset(&code, 0, sizeof(code));
        code.iat = times[i % 9];
        code.exp = times[i / 9 % 9];
        code.nbf = times[i / 81 % 9];
        code.issuer = issuers[i % 5];
        code.signer = signers[i / 5 % 5];
        code.has_holder = i & 1;
        code.is_whole = i & 2;
        code.is_normal = i & 4;
        code.naudience = i % 3;
        code.nregions = i % 17;

        for (unsigned j = 0; j < HEALTHCODE_HOLDER_LEN; j++) {
            code.holder[j] = (uint8_t) (i * 31 + j * 7 + 0x80);
        }

        for (unsigned j = 0; j < 2 * code.naudience; j++) {
            code.audience[j / 2][j % 2] = ~UINT64_C(0) - i - j;
        }

        for (unsigned j = 0; j < code.nregions; j++) {
            code.regions[j] = j % 3 == 0 ? 100 + (i + j) % 100
                              : j % 3 == 1 ? 19999 - (i * 131 + j) % 10000
                              : 1999999 - (i * 131 + j);
        }

        make_table(1);
        assert_false(healthcode_known_store(&table, text_key, identity, &code,
                                            0));
        assert_true(find(text_key, code.issuer, identity, &found));
        assert_same(&found, &code);
    }

    (void) state;
}


/* Every code of 2, 4 and 6 digits, 16 at a time. */
static void
test_keeps_every_region(void **state)
{
    char                             digits[16][8], *text;
    size_t                           n = 0, len;
    healthcode_known_t               code, found;
    healthcode_claims_t              claims = { .iat = 1, .exp = 2 };
    const healthcode_known_digest_t  identity = { 7, 8 };

    make_table(1);

    for (unsigned i = 0; i < 100 + 10000 + 1000000; i++) {

        if (i < 100) {
            sprintf(digits[n], "%02u", i);
        } else if (i < 10100) {
            sprintf(digits[n], "%04u", i - 100);
        } else {
            sprintf(digits[n], "%06u", i - 10100);
        }

        claims.regions[n] = healthcode_region_parse(
                                healthcode_str_from(digits[n],
                                                    strlen(digits[n])));

        if (++n < 16 && i != 1010099) {
            continue;
        }

        claims.nregions = n;
        memset(&code, 0, sizeof(code));
        assert_true(healthcode_known_from_claims(&code, &claims, digest));
        healthcode_known_store(&table, text_key, identity, &code, 0);
        assert_true(find(text_key, 0, identity, &found));
        assert_true(found.is_whole && found.nregions == n);

        for (size_t j = 0; j < n; j++) {
            text = (char *) guard_room(3, strlen(digits[j]));
            len = healthcode_region_format(found.regions[j], text);
            test_str_equal(healthcode_str_from(text, len), digits[j]);
        }

        n = 0;
    }

    (void) state;
}


static void
test_reads_what_claims_say(void **state)
{
    static const struct {
        const char  *members;
        bool         normal;
        unsigned     naudience;
        const char  *regions;
    } rows[] = {
        { TIMES ",\"status\":\"red\"", false, 0, "" },
        { TIMES ",\"status\":\"\"", false, 0, "" },
        { TIMES ",\"status\":\"Normal\"", false, 0, "" },
        { TIMES ",\"status\":\"normal \"", false, 0, "" },
        { TIMES ",\"status\":\"norma\"", false, 0, "" },
        { TIMES ",\"status\":\"normal\"", true, 0, "" },
        { TIMES, true, 0, "" },
        { TIMES ",\"aud\":[]", true, 0, "" },
        { TIMES ",\"aud\":\"\"", true, 1, "" },
        { TIMES ",\"aud\":\"gate\"", true, 1, "" },
        { TIMES ",\"aud\":[\"gate\"]", true, 1, "" },
        { TIMES ",\"aud\":[\"gate\",\"desk\"]", true, 2, "" },
        { TIMES ",\"aud\":[\"gate\",\"gate\"]", true, 2, "" },
        { TIMES ",\"regions\":[]", true, 0, "" },
        { TIMES ",\"regions\":[\"00\",\"0000\",\"000000\",\"99\",\"9999\","
          "\"999999\",\"01\",\"0100\",\"000001\"]", true, 0,
          "00 0000 000000 99 9999 999999 01 0100 000001" },
        { TIMES ",\"regions\":[\"51\",\"51\"]", true, 0, "51 51" },
    };
    /* of "gate" and of "desk", by the openssl command */
    static const char *const  halves[] = {
        "\xc9\x74\xe1\x7b\x8e\x73\x21\xce\x8c\x12\x98\x3d\xe3\xd0\xed\x4a",
        "\x49\xbe\x41\x7a\xd7\x40\x80\xa0\x03\x1b\x63\x6b\x44\xcf\xc2\x6f"
    };
    char                       text[256];
    size_t                     n;
    healthcode_known_t         code;
    healthcode_known_digest_t  half;

    for (size_t i = 0; i < test_count(rows); i++) {
        read_code(rows[i].members, &code);
        test_row(code.is_whole, i, rows[i].members);
        test_row(code.is_normal == rows[i].normal, i, rows[i].members);
        test_row(code.naudience == rows[i].naudience, i, rows[i].members);
        assert_true(code.iat == IAT && code.exp == IAT + 900 && code.nbf == 0);

        n = 0;

        for (unsigned j = 0; j < code.nregions; j++) {
            n += (size_t) sprintf(text + n, "%s", j ? " " : "");
            n += healthcode_region_format(code.regions[j], text + n);
        }

        text[n] = '\0';
        test_row(strcmp(text, rows[i].regions) == 0, i, text);
    }

    read_code(TIMES ",\"aud\":[\"gate\",\"desk\"]", &code);
    assert_memory_equal(code.audience[0], halves[0], 16);
    assert_memory_equal(code.audience[1], halves[1], 16);
    assert_true(healthcode_known_audience(guard_text(0, "desk"), digest, half));
    assert_memory_equal(half, halves[1], 16);

    (void) state;
}


/* A policy for up to two places; digests and names say the same. */
static healthcode_claims_policy_t
policy_for(const char *a, const char *b)
{
    static healthcode_str_t           names[2];
    static healthcode_known_digest_t  digests[2];
    healthcode_claims_policy_t        policy = {
        .lifetime_max = 900, .max_age = 600, .leeway = 5, .audience = names,
        .digests = (const healthcode_known_digest_t *) digests
    };

    if (a) {
        names[policy.naudience++] = healthcode_str_from(a, strlen(a));
    }

    if (b) {
        names[policy.naudience++] = healthcode_str_from(b, strlen(b));
    }

    for (size_t i = 0; i < policy.naudience; i++) {
        assert_true(healthcode_known_audience(names[i], digest, digests[i]));
    }

    return policy;
}


/* Of one payload the claims and the code, through the table. */
static void
assert_judged_alike(const char *members, const char *a, const char *b)
{
    char                               payload[512];
    healthcode_known_t                 code, found;
    healthcode_claims_t                claims;
    healthcode_claims_faults_t          faults;
    healthcode_claims_policy_t         policy = policy_for(a, b);
    const healthcode_known_digest_t    identity = { 7, 8 };
    static healthcode_claims_memory_t  memory;

    static const int64_t  nows[] = {
        0, 1, IAT - 6, IAT - 5, IAT - 4, IAT, IAT + 1, IAT + 295, IAT + 296,
        IAT + 604, IAT + 605, IAT + 606, IAT + 899, IAT + 900, IAT + 904,
        IAT + 905, IAT + 906, MAX - 1, MAX
    };

    snprintf(payload, sizeof(payload), "{\"iss\":\"i\",\"sub\":\"s\",%s}",
             members);
    assert_int_equal(healthcode_claims_parse(guard_text(0, payload), &memory,
                                             healthcode_claims_usual(), &claims,
                                             &faults),
                     HEALTHCODE_REASON_OK);
    memset(&code, 0, sizeof(code));
    assert_true(healthcode_known_from_claims(&code, &claims, digest));
    assert_true(code.is_whole);

    make_table(1);
    healthcode_known_store(&table, text_key, identity, &code, 0);
    assert_true(find(text_key, 0, identity, &found));

    for (size_t i = 0; i < test_count(nows); i++) {
        for (policy.leeway = 0; policy.leeway < 6; policy.leeway += 5) {
            test_row(healthcode_known_check(&found, &policy, nows[i])
                     == healthcode_claims_check(&claims, &policy, nows[i]), i,
                     payload);
        }
    }
}


/* Or the next who shows it would need no key. */
static void
test_keeps_no_code_that_is_bound_to_a_key(void **state)
{
    static const struct {
        const char  *members;
        bool         kept;
    } rows[] = {
        { TIMES, true }, { TIMES ",\"cnf\":null", true },
        { TIMES ",\"cnf\":{}", false }, { TIMES ",\"cnf\":0", false },
        { TIMES ",\"cnf\":{\"x5t#S256\":"
          "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}", false },
    };
    char                               payload[256];
    healthcode_known_t                 code;
    healthcode_claims_t                claims;
    healthcode_claims_faults_t         faults;
    static healthcode_claims_memory_t  memory;

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(payload, sizeof(payload), "{\"iss\":\"i\",\"sub\":\"s\",%s}",
                 rows[i].members);
        assert_int_equal(healthcode_claims_parse(guard_text(0, payload),
                                                 &memory,
                                                 healthcode_claims_usual(),
                                                 &claims, &faults),
                         HEALTHCODE_REASON_OK);
        test_row(healthcode_known_from_claims(&code, &claims, digest)
                 == rows[i].kept, i, payload);
    }

    (void) state;
}


static void
test_judges_a_code_as_its_claims(void **state)
{
    static const char *const  times[] = {
        "\"iat\":1700000000,\"exp\":1700000900",
        "\"iat\":1700000000,\"exp\":1700000901",
        "\"iat\":1700000000,\"exp\":1700000000",
        "\"iat\":1700000000,\"exp\":1699999999",
        "\"iat\":1700000000,\"exp\":1700000600",
        "\"iat\":1700000000,\"exp\":1700000900,\"nbf\":1700000300",
        "\"iat\":1700000000,\"exp\":1700000900,\"nbf\":253402300799",
        "\"iat\":0,\"exp\":0", "\"iat\":0,\"exp\":253402300799",
        "\"iat\":253402300799,\"exp\":253402300799,\"nbf\":253402300799",
        "\"iat\":253402300799,\"exp\":0",
    };
    static const char *const  rest[] = {
        "", ",\"aud\":[]", ",\"aud\":\"\"", ",\"aud\":\"gate\"",
        ",\"aud\":\"Gate\"", ",\"aud\":\"gate2\"", ",\"aud\":\"desk\"",
        ",\"aud\":[\"gate\"]", ",\"aud\":[\"desk\",\"gate\"]",
        ",\"aud\":[\"x\",\"desk\"]", ",\"aud\":[\"x\",\"y\"]",
        ",\"status\":\"red\"", ",\"status\":\"normal\"",
        ",\"status\":\"red\",\"aud\":\"gate\"",
        ",\"status\":\"normal\",\"aud\":\"x\"",
    };
    static const char *const  places[][2] = {
        { NULL, NULL }, { "gate", NULL }, { "desk", NULL }, { "", NULL },
        { "gate", "desk" }, { "door", "desk" }, { "door", "gate" },
    };
    char  members[256];

    for (size_t i = 0; i < test_count(times); i++) {
        for (size_t j = 0; j < test_count(rest); j++) {
            for (size_t k = 0; k < test_count(places); k++) {
                snprintf(members, sizeof(members), "%s%s", times[i], rest[j]);
                assert_judged_alike(members, places[k][0], places[k][1]);
            }
        }
    }

    (void) state;
}


/* Half a hash is two words: one that is the same is not enough. */
static void
test_compares_whole_digests_of_audiences(void **state)
{
    healthcode_known_t          code;
    healthcode_known_digest_t   digests[2];
    healthcode_claims_policy_t  policy = policy_for("gate", "desk");

    read_code(TIMES ",\"aud\":[\"gate\",\"desk\"]", &code);
    memcpy(digests, policy.digests, sizeof(digests));
    policy.digests = (const healthcode_known_digest_t *) digests;
    assert_int_equal(healthcode_known_check(&code, &policy, IAT),
                     HEALTHCODE_REASON_OK);

    for (unsigned bit = 0; bit < 128; bit++) {
        memcpy(digests, code.audience, sizeof(digests));
        digests[0][bit / 64] ^= UINT64_C(1) << bit % 64;
        digests[1][bit / 64] ^= UINT64_C(1) << bit % 64;
        test_row(healthcode_known_check(&code, &policy, IAT)
                 == HEALTHCODE_REASON_AUDIENCE, bit, "bit of both");
        memcpy(digests[1], code.audience[1], sizeof(digests[1]));
        test_row(healthcode_known_check(&code, &policy, IAT)
                 == HEALTHCODE_REASON_OK, bit, "bit of one");
    }

    /* an empty name means nobody, whatever its digest is */
    policy.audience = (healthcode_str_t[2]) { { NULL, 0 }, { NULL, 0 } };
    assert_int_equal(healthcode_known_check(&code, &policy, IAT),
                     HEALTHCODE_REASON_AUDIENCE);
    policy.audience = (healthcode_str_t[2]) {
        { NULL, 0 }, healthcode_str("d")
    };
    assert_int_equal(healthcode_known_check(&code, &policy, IAT),
                     HEALTHCODE_REASON_OK);

    /* nobody has made digests of the places */
    policy.digests = NULL;
    assert_int_equal(healthcode_known_check(&code, &policy, IAT),
                     HEALTHCODE_REASON_AUDIENCE);
    policy.digests = (const healthcode_known_digest_t *) digests;

    /* the words of two do not make one */
    digests[0][0] = code.audience[0][0];
    digests[0][1] = code.audience[1][1];
    digests[1][0] = code.audience[1][0];
    digests[1][1] = code.audience[0][1];
    assert_int_equal(healthcode_known_check(&code, &policy, IAT),
                     HEALTHCODE_REASON_AUDIENCE);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_room_for_less_than_a_set),
        cmocka_unit_test(test_finds_no_other_text),
        cmocka_unit_test(test_finds_no_code_of_another_identity),
        cmocka_unit_test(test_finds_no_code_of_an_issuer_that_does_not_count),
        cmocka_unit_test(test_tells_two_issuers_of_one_text_apart),
        cmocka_unit_test(test_stores_one_text_of_one_identity_once),
        cmocka_unit_test(test_stores_nothing_for_nobody),
        cmocka_unit_test(test_stores_no_number_that_does_not_fit),
        cmocka_unit_test(
            test_gives_up_what_has_expired_and_then_what_expires_first),
        cmocka_unit_test(test_is_not_whole_where_a_count_is_none),
        cmocka_unit_test(test_is_not_whole_where_a_region_is_none),
        cmocka_unit_test(test_is_not_whole_where_a_list_is_long),
        cmocka_unit_test(test_keeps_every_field_at_its_limits),
        cmocka_unit_test(test_keeps_every_region),
        cmocka_unit_test(test_reads_what_claims_say),
        cmocka_unit_test(test_keeps_no_code_that_is_bound_to_a_key),
        cmocka_unit_test(test_judges_a_code_as_its_claims),
        cmocka_unit_test(test_compares_whole_digests_of_audiences),
    };

    return cmocka_run_group_tests_name("code", tests, group_start, group_end);
}
