/*
 * Which of several formats or languages a client likes best, by what its Accept
 * or Accept-Language headers say.
 * Knows no: nginx, memory, request.
 * docs/directives.md, "healthcode_status"; RFC 9110 sections 12.5.1, 12.5.4.
 */

#include "healthcode_accept.h"


/* How close a range is to an offer: "a/b", "a" of any kind, anything. */
#define HEALTHCODE_ACCEPT_EXACT  3
#define HEALTHCODE_ACCEPT_TYPE   2
#define HEALTHCODE_ACCEPT_ANY    1

#define HEALTHCODE_ACCEPT_FULL   1000


/* How close a range is to an offer; 0: it does not fit. */
typedef unsigned healthcode_accept_closeness_t(healthcode_str_t range,
    const healthcode_accept_t *offer);


static void healthcode_accept_add(healthcode_str_t value,
    healthcode_accept_closeness_t *fits, healthcode_accept_t *offers, size_t n);
static healthcode_str_t healthcode_accept_cut(healthcode_str_t *text,
    uint8_t at);
static unsigned healthcode_accept_quality(healthcode_str_t parameters);
static healthcode_accept_closeness_t healthcode_accept_format;
static healthcode_accept_closeness_t healthcode_accept_language;


void
healthcode_accept_read(healthcode_str_t value, healthcode_accept_t *offers,
    size_t n)
{
    healthcode_accept_add(value, healthcode_accept_format, offers, n);
}


void
healthcode_accept_read_language(healthcode_str_t value,
    healthcode_accept_t *offers, size_t n)
{
    healthcode_accept_add(value, healthcode_accept_language, offers, n);
}


static void
healthcode_accept_add(healthcode_str_t value,
    healthcode_accept_closeness_t *fits, healthcode_accept_t *offers, size_t n)
{
    unsigned          quality, closeness;
    healthcode_str_t  element, range;

    while (value.len) {
        element = healthcode_accept_cut(&value, ',');
        range = healthcode_str_trim(healthcode_accept_cut(&element, ';'));
        quality = healthcode_accept_quality(element);

        for (size_t i = 0; i < n; i++) {
            closeness = fits(range, &offers[i]);

            if (closeness > offers[i].closeness
                || (closeness && closeness == offers[i].closeness
                    && quality > offers[i].quality))
            {
                offers[i].closeness = closeness;
                offers[i].quality = quality;
            }
        }
    }
}


size_t
healthcode_accept_best(const healthcode_accept_t *offers, size_t n)
{
    size_t  best = 0;

    for (size_t i = 1; i < n; i++) {
        if (offers[i].quality > offers[best].quality) {
            best = i;
        }
    }

    return best;
}


/*
 * Takes the bytes before the first at that no quotes enclose, or all of them,
 * from the front of text.
 */
static healthcode_str_t
healthcode_accept_cut(healthcode_str_t *text, uint8_t at)
{
    bool              is_quoted = false;
    size_t            i;
    healthcode_str_t  first = *text;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] == '"') {
            is_quoted = !is_quoted;

        } else if (text->data[i] == '\\' && is_quoted) {
            i++;

        } else if (text->data[i] == at && !is_quoted) {
            first.len = i;
            text->data += i + 1;
            text->len -= i + 1;
            return first;
        }
    }

    text->len = 0;

    return first;
}


/*
 * The q of a range's parameters: 0 to 1 with up to three digits behind the
 * point, in thousandths; 1 if there is none, 0 if it is another text.
 */
static unsigned
healthcode_accept_quality(healthcode_str_t parameters)
{
    unsigned          quality, digit = HEALTHCODE_ACCEPT_FULL;
    healthcode_str_t  q = { NULL, 0 };

    while (parameters.len && q.data == NULL) {
        q = healthcode_str_trim(healthcode_accept_cut(&parameters, ';'));

        if (q.len < 2 || (q.data[0] | 0x20) != 'q' || q.data[1] != '=') {
            q.data = NULL;
        }
    }

    if (q.data == NULL) {
        return HEALTHCODE_ACCEPT_FULL;
    }

    if (q.len < 3 || q.len > sizeof("q=0.000") - 1
        || (q.data[2] != '0' && q.data[2] != '1')
        || (q.len > 3 && q.data[3] != '.'))
    {
        return 0;
    }

    quality = (q.data[2] == '1') ? HEALTHCODE_ACCEPT_FULL : 0;

    for (size_t i = 4; i < q.len; i++) {

        if (q.data[i] < '0' || q.data[i] > '9') {
            return 0;
        }

        digit /= 10;
        quality += digit * (unsigned) (q.data[i] - '0');
    }

    return (quality > HEALTHCODE_ACCEPT_FULL) ? 0 : quality;
}


static unsigned
healthcode_accept_format(healthcode_str_t range,
    const healthcode_accept_t *offer)
{
    healthcode_str_t  type, any = healthcode_str("*");

    type = healthcode_accept_cut(&range, '/');

    if (healthcode_str_equal(type, any)) {
        return healthcode_str_equal(range, any) ? HEALTHCODE_ACCEPT_ANY : 0;
    }

    if (!healthcode_str_equal_nocase(type, offer->type)) {
        return 0;
    }

    if (healthcode_str_equal(range, any)) {
        return HEALTHCODE_ACCEPT_TYPE;
    }

    return healthcode_str_equal_nocase(range, offer->subtype)
           ? HEALTHCODE_ACCEPT_EXACT : 0;
}


/* The first subtag alone counts: there is one Chinese here. */
static unsigned
healthcode_accept_language(healthcode_str_t range,
    const healthcode_accept_t *offer)
{
    healthcode_str_t  language, any = healthcode_str("*");

    if (healthcode_str_equal(range, any)) {
        return HEALTHCODE_ACCEPT_ANY;
    }

    language = healthcode_accept_cut(&range, '-');

    return healthcode_str_equal_nocase(language, offer->type)
           ? HEALTHCODE_ACCEPT_EXACT : 0;
}
