/*
 * What the gate has said last of each holder, by the codes that the demo has
 * issued.  In memory, bounded.  Knows no: clock, JSON, store.
 * docs/demo.md, "The helper".
 */

#include <openssl/evp.h>
#include <stdio.h>

#include "healthcode_demo_said.h"


static healthcode_demo_person_t *healthcode_demo_said_place(
    healthcode_demo_said_t *said, const char *holder);
static bool healthcode_demo_said_digest(healthcode_str_t code,
    uint8_t *digest);


bool
healthcode_demo_said_issued(healthcode_demo_said_t *said, const char *holder,
    healthcode_str_t code)
{
    uint8_t                    digest[HEALTHCODE_DEMO_DIGEST];
    healthcode_demo_person_t  *person;

    if (!healthcode_demo_said_digest(code, digest)) {
        return false;
    }

    person = healthcode_demo_said_place(said, holder);
    person->used = ++said->issued;
    memcpy(person->codes[person->ncodes++ % HEALTHCODE_DEMO_CODES], digest,
           sizeof(digest));

    return true;
}


healthcode_demo_person_t *
healthcode_demo_said_find(healthcode_demo_said_t *said, healthcode_str_t code)
{
    uint8_t                    digest[HEALTHCODE_DEMO_DIGEST];
    healthcode_demo_person_t  *person;

    if (!healthcode_demo_said_digest(code, digest)) {
        return NULL;
    }

    for (size_t i = 0; i < said->n; i++) {
        person = &said->people[i];

        for (size_t j = 0; j < HEALTHCODE_DEMO_CODES && j < person->ncodes;
             j++)
        {
            if (memcmp(person->codes[j], digest, sizeof(digest)) == 0) {
                return person;
            }
        }
    }

    return NULL;
}


/* The place of holder; or a new one, or the one that was used longest ago. */
static healthcode_demo_person_t *
healthcode_demo_said_place(healthcode_demo_said_t *said, const char *holder)
{
    healthcode_demo_person_t  *oldest = &said->people[0];

    for (size_t i = 0; i < said->n; i++) {
        if (strcmp(said->people[i].holder, holder) == 0) {
            return &said->people[i];
        }

        if (said->people[i].used < oldest->used) {
            oldest = &said->people[i];
        }
    }

    if (said->n < HEALTHCODE_DEMO_HOLDERS) {
        oldest = &said->people[said->n++];
    }

    memset(oldest, 0, sizeof(healthcode_demo_person_t));
    snprintf(oldest->holder, sizeof(oldest->holder), "%s", holder);

    return oldest;
}


static bool
healthcode_demo_said_digest(healthcode_str_t code, uint8_t *digest)
{
    return EVP_Digest(code.data, code.len, digest, NULL, EVP_sha256(), NULL)
           == 1;
}
