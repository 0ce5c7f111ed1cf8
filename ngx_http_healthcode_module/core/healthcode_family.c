/*
 * What families of algorithms share: members of a JWK, numbers of a key, its
 * thumbprint (RFC 7638), by which the store knows it, and digests.  No family
 * is known here.  Knows no: token, claims, file.  docs/token-format.md, "Keys".
 */

#include "healthcode_base64url.h"
#include "healthcode_family.h"


static bool healthcode_family_to_base64url(healthcode_str_t text, char *dst);


const char  healthcode_family_base64_note[] =
    "a member of it is base64, not base64url without padding, as it should be";


/*
 * Keys with standard base64 are out in the world, and mean one thing only.  A
 * thumbprint is made of the numbers, so it does not change with the letters.
 */
healthcode_family_member_e
healthcode_family_member(yyjson_val *jwk, const char *name, uint8_t *dst,
    size_t max, size_t *len)
{
    char                        plain[HEALTHCODE_FAMILY_MEMBER_MAX];
    size_t                      n;
    healthcode_str_t            text;
    healthcode_family_member_e  what = HEALTHCODE_FAMILY_BASE64URL;

    if (healthcode_json_string(jwk, name, &text) != 1 || text.len == 0) {
        return HEALTHCODE_FAMILY_MISSING;
    }

    n = text.len;

    while (text.len % 4 == 0 && text.data[n - 1] == '='
           && (n % 4 == 0 || n % 4 == 3))
    {
        n--;
    }

    if (n > sizeof(plain)
        || healthcode_base64url_decoded_len(n) > max + HEALTHCODE_FAMILY_SLACK)
    {
        return HEALTHCODE_FAMILY_LONG;
    }

    if (n < text.len || !healthcode_base64url_decode(text, dst, len)) {

        text = healthcode_str_from(text.data, n);

        if (!healthcode_family_to_base64url(text, plain)
            || !healthcode_base64url_decode(healthcode_str_from(plain, n), dst,
                                            len))
        {
            return HEALTHCODE_FAMILY_INVALID;
        }

        what = HEALTHCODE_FAMILY_BASE64;
    }

    return (*len <= max) ? what : HEALTHCODE_FAMILY_LONG;
}


/* False: text has letters of both alphabets. */
static bool
healthcode_family_to_base64url(healthcode_str_t text, char *dst)
{
    bool  url = false, standard = false;

    for (size_t i = 0; i < text.len; i++) {

        switch (text.data[i]) {

        case '+':
            dst[i] = '-';
            standard = true;
            break;

        case '/':
            dst[i] = '_';
            standard = true;
            break;

        case '-':
        case '_':
            url = true;
            /* fall through */

        default:
            dst[i] = (char) text.data[i];
        }
    }

    return !url || !standard;
}


EVP_PKEY *
healthcode_family_public(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY      *pkey = NULL;
    EVP_PKEY_CTX  *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
    {
        pkey = NULL;
    }

    EVP_PKEY_CTX_free(ctx);

    return pkey;
}


bool
healthcode_family_number(const healthcode_key_t *key, const char *name,
    uint8_t *dst)
{
    int      n = (int) key->algorithm->part_len;
    bool     ok;
    BIGNUM  *number = NULL;

    ok = EVP_PKEY_get_bn_param(key->pkey, name, &number) == 1
         && BN_bn2binpad(number, dst, n) == n;

    BN_free(number);

    return ok;
}


void
healthcode_family_encode(const uint8_t *bytes, size_t len, char *text)
{
    len = healthcode_base64url_encode(healthcode_str_from(bytes, len), text);
    text[len] = '\0';
}


bool
healthcode_family_thumbprint(healthcode_key_t *key, const char *canonical)
{
    uint8_t  digest[EVP_MAX_MD_SIZE];

    if (EVP_Digest(canonical, strlen(canonical), digest, NULL, EVP_sha256(),
                   NULL) != 1)
    {
        return false;
    }

    healthcode_family_encode(digest, 32, key->thumbprint);

    return true;
}


bool
healthcode_family_prepare_digest(healthcode_key_t *key)
{
    key->verify = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);

    return key->verify && EVP_PKEY_verify_init(key->verify) == 1;
}


bool
healthcode_family_verify_digest(const healthcode_key_t *key,
    healthcode_str_t text, healthcode_str_t signature)
{
    uint8_t      digest[EVP_MAX_MD_SIZE];
    unsigned     len;
    EVP_MD_CTX  *md = key->scratch->md;

    if (EVP_DigestInit_ex2(md, key->scratch->digest, NULL) != 1
        || EVP_DigestUpdate(md, key->prefix, key->prefix_len) != 1
        || EVP_DigestUpdate(md, text.data, text.len) != 1
        || EVP_DigestFinal_ex(md, digest, &len) != 1)
    {
        return false;
    }

    /* A malformed signature returns -1: only 1 is success. */
    return EVP_PKEY_verify(key->verify, signature.data, signature.len, digest,
                           len) == 1;
}
