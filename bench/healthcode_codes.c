/*
 * Codes by the million for the benchmarks, all of one length: signed as the
 * command "healthcode issue" signs, one for each of the subjects FIRST and on.
 * Knows no gate and no store.  docs/benchmarks.md, "How it is measured".
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/healthcode_base64url.h"
#include "healthcode_jwk.h"


#define CODES_KEY_MAX   16384
#define CODES_CODE_MAX  4096


static void
codes_must(bool done, const char *what)
{
    if (!done) {
        fprintf(stderr, "healthcode_codes: %s\n", what);
        exit(1);
    }
}


static void
codes_read_key(const char *name, healthcode_jwk_t *jwk)
{
    int      fd = open(name, O_RDONLY);
    char     text[CODES_KEY_MAX], error[256];
    ssize_t  n;

    n = (fd == -1) ? -1 : read(fd, text, sizeof(text));
    codes_must(n > 0, name);
    close(fd);

    codes_must(healthcode_jwk_read(healthcode_str_from(text, (size_t) n), NULL,
                                   jwk, error, sizeof(error)), error);
    codes_must(jwk->kid != NULL, "the key has no \"kid\"");
}


/* The claims that a national code has; numbers of a fixed width. */
static size_t
codes_text(const char *header, const char *iss, unsigned subject, long now,
    long ttl, char *code)
{
    int     n;
    char    payload[512];
    size_t  len;

    n = snprintf(payload, sizeof(payload), "{\"iss\":\"%s\",\"sub\":\"%08u\","
                 "\"iat\":%ld,\"exp\":%ld,\"jti\":\"%016x\",\"status\":"
                 "\"normal\",\"regions\":[\"510114\",\"310101\"]}", iss,
                 subject, now, now + ttl, subject);
    codes_must(n > 0 && (size_t) n < sizeof(payload), "the issuer's name");

    len = healthcode_base64url_encode(healthcode_str_from(header,
                                                          strlen(header)),
                                      code);
    code[len++] = '.';

    return len + healthcode_base64url_encode(healthcode_str_from(payload,
                                                              (size_t) n),
                                             code + len);
}


int
main(int argc, char **argv)
{
    char               header[256], code[CODES_CODE_MAX];
    long               ttl, now = (long) time(NULL);
    size_t             len, n;
    uint8_t            signature[HEALTHCODE_JWK_SIGNATURE_MAX];
    unsigned           first, count;
    healthcode_jwk_t   jwk;

    if (argc != 6) {
        fprintf(stderr, "usage: healthcode_codes KEY ISS FIRST COUNT TTL\n");
        return 2;
    }

    first = (unsigned) atol(argv[3]);
    count = (unsigned) atol(argv[4]);
    ttl = atol(argv[5]);
    codes_read_key(argv[1], &jwk);

    n = (size_t) snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"typ\":"
                          "\"healthcode+jwt\",\"kid\":\"%s\"}", jwk.alg,
                          jwk.kid);
    codes_must(n < sizeof(header), "the key's name");

    for (unsigned i = first; i < first + count; i++) {
        len = codes_text(header, argv[2], i, now, ttl, code);
        n = healthcode_jwk_sign(&jwk, healthcode_str_from(code, len),
                                healthcode_str("1234567812345678"), signature);
        codes_must(n > 0 && n < CODES_CODE_MAX / 4, "signing");

        code[len++] = '.';
        len += healthcode_base64url_encode(healthcode_str_from(signature, n),
                                           code + len);
        code[len++] = '\n';
        codes_must(fwrite(code, 1, len, stdout) == len, "writing");
    }

    healthcode_jwk_free(&jwk);
    codes_must(fflush(stdout) == 0, "writing");

    return 0;
}
