/*
 * Where in a page of HTML a byte stands.
 * Knows no: clock, nginx, memory, request.
 * docs/pages.md, "Variables"; HTML section 13.2.5.
 */

#include "healthcode_markup.h"


/* As the tokenizer of HTML has them, those that differ in what follows. */
typedef enum {
    HEALTHCODE_MARKUP_STATE_TEXT = 0,
    HEALTHCODE_MARKUP_STATE_LESS,          /* behind "<" */
    HEALTHCODE_MARKUP_STATE_END,           /* behind "</" */
    HEALTHCODE_MARKUP_STATE_BANG,          /* behind "<!", count dashes */
    HEALTHCODE_MARKUP_STATE_CDATA,         /* until the end of the page, as its
                                              own end depends on where it is */
    HEALTHCODE_MARKUP_STATE_BOGUS,         /* until ">" */
    HEALTHCODE_MARKUP_STATE_COMMENT_START, /* behind "<!--", likewise */
    HEALTHCODE_MARKUP_STATE_COMMENT,       /* behind count dashes */
    HEALTHCODE_MARKUP_STATE_COMMENT_BANG,  /* behind "--!" */
    HEALTHCODE_MARKUP_STATE_ELEMENT,       /* its name, count bytes of it */
    HEALTHCODE_MARKUP_STATE_SPACE,         /* before an attribute */
    HEALTHCODE_MARKUP_STATE_ATTRIBUTE,     /* its name, likewise */
    HEALTHCODE_MARKUP_STATE_AFTER,         /* behind such a name */
    HEALTHCODE_MARKUP_STATE_EQUALS,        /* behind "=" */
    HEALTHCODE_MARKUP_STATE_DOUBLE,        /* a value in these quotes */
    HEALTHCODE_MARKUP_STATE_SINGLE,
    HEALTHCODE_MARKUP_STATE_BARE,          /* a value without quotes */
    HEALTHCODE_MARKUP_STATE_RAW,           /* of an element that has no tags in
                                              it; count bytes of its end are
                                              read */
} healthcode_markup_state_e;


static void healthcode_markup_byte(healthcode_markup_t *m, uint8_t c);
static void healthcode_markup_less(healthcode_markup_t *m, uint8_t c);
static void healthcode_markup_bang(healthcode_markup_t *m, uint8_t c);
static void healthcode_markup_comment(healthcode_markup_t *m, uint8_t c);
static void healthcode_markup_tag(healthcode_markup_t *m, uint8_t c);
static void healthcode_markup_equals(healthcode_markup_t *m, uint8_t c);
static void healthcode_markup_value(healthcode_markup_t *m, uint8_t c,
    uint8_t quote);
static void healthcode_markup_raw(healthcode_markup_t *m, uint8_t c);
static void healthcode_markup_go(healthcode_markup_t *m,
    healthcode_markup_state_e state);
static void healthcode_markup_name(healthcode_markup_t *m, char *name,
    uint8_t c);
static bool healthcode_markup_is_space(uint8_t c);
static bool healthcode_markup_is_letter(uint8_t c);
static bool healthcode_markup_is_one_of(const char *name,
    const char *const *names);


/* Elements whose content has no tags but the one that ends them. */
static const char *const  healthcode_markup_raw_elements[] = {
    "script", "style", "title", "textarea", "xmp", "iframe", "noembed",
    "noframes", "noscript", NULL
};

/* Attributes that a browser takes for an address. */
static const char *const  healthcode_markup_addresses[] = {
    "href", "src", "action", "formaction", "data", "poster", "cite",
    "background", "manifest", "longdesc", "xlink:href", NULL
};

/* Those that are styles, documents, lists of addresses, or commands. */
static const char *const  healthcode_markup_codes[] = {
    "style", "srcdoc", "srcset", "imagesrcset", "ping", "content",
    "http-equiv", "attributename", "values", "to", "from", "by", "target",
    "rel", "type", NULL
};


void
healthcode_markup_read(healthcode_markup_t *markup, healthcode_str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        healthcode_markup_byte(markup, text.data[i]);
    }
}


static void
healthcode_markup_byte(healthcode_markup_t *m, uint8_t c)
{
    switch (m->state) {

    case HEALTHCODE_MARKUP_STATE_TEXT:
        if (c == '<') {
            healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_LESS);
        }
        break;

    case HEALTHCODE_MARKUP_STATE_LESS:
    case HEALTHCODE_MARKUP_STATE_END:
        healthcode_markup_less(m, c);
        break;

    case HEALTHCODE_MARKUP_STATE_BANG:
        healthcode_markup_bang(m, c);
        break;

    case HEALTHCODE_MARKUP_STATE_CDATA:
        break;

    case HEALTHCODE_MARKUP_STATE_BOGUS:
        if (c == '>') {
            healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_TEXT);
        }
        break;

    case HEALTHCODE_MARKUP_STATE_COMMENT_START:
    case HEALTHCODE_MARKUP_STATE_COMMENT:
    case HEALTHCODE_MARKUP_STATE_COMMENT_BANG:
        healthcode_markup_comment(m, c);
        break;

    case HEALTHCODE_MARKUP_STATE_EQUALS:
        healthcode_markup_equals(m, c);
        break;

    case HEALTHCODE_MARKUP_STATE_DOUBLE:
        healthcode_markup_value(m, c, '"');
        break;

    case HEALTHCODE_MARKUP_STATE_SINGLE:
        healthcode_markup_value(m, c, '\'');
        break;

    case HEALTHCODE_MARKUP_STATE_RAW:
        healthcode_markup_raw(m, c);
        break;

    default: /* in a tag */
        healthcode_markup_tag(m, c);
    }
}


/* Behind "<" or "</". */
static void
healthcode_markup_less(healthcode_markup_t *m, uint8_t c)
{
    bool  is_end = (m->state == HEALTHCODE_MARKUP_STATE_END);

    if (healthcode_markup_is_letter(c)) {
        healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_ELEMENT);
        healthcode_markup_name(m, m->element, c);
        m->is_end = is_end;

    } else if (is_end) {
        healthcode_markup_go(m, c == '>' ? HEALTHCODE_MARKUP_STATE_TEXT
                                         : HEALTHCODE_MARKUP_STATE_BOGUS);

    } else if (c == '/') {
        healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_END);

    } else if (c == '!') {
        healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_BANG);

    } else if (c == '?') {
        healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_BOGUS);

    } else if (c != '<') {
        healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_TEXT);
    }
}


static void
healthcode_markup_bang(healthcode_markup_t *m, uint8_t c)
{
    if (c == '-') {

        if (++m->count == 2) {
            healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_COMMENT_START);
        }

    } else if (c == '[' && m->count == 0) {
        healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_CDATA);

    } else {
        healthcode_markup_go(m, c == '>' ? HEALTHCODE_MARKUP_STATE_TEXT
                                         : HEALTHCODE_MARKUP_STATE_BOGUS);
    }
}


static void
healthcode_markup_comment(healthcode_markup_t *m, uint8_t c)
{
    bool  is_bang = (m->state == HEALTHCODE_MARKUP_STATE_COMMENT_BANG);
    bool  is_start = (m->state == HEALTHCODE_MARKUP_STATE_COMMENT_START);

    if (c == '>' && (is_bang || is_start || m->count >= 2)) {
        healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_TEXT);

    } else if (c == '!' && !is_bang && m->count >= 2) {
        healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_COMMENT_BANG);

    } else {
        m->state = (is_start && c == '-')
                   ? HEALTHCODE_MARKUP_STATE_COMMENT_START
                   : HEALTHCODE_MARKUP_STATE_COMMENT;
        m->count = (c == '-') ? m->count + 1 : 0;
    }
}


/* In a tag, outside of quotes. */
static void
healthcode_markup_tag(healthcode_markup_t *m, uint8_t c)
{
    if (c == '>') {
        healthcode_markup_go(m,
            (!m->is_end && healthcode_markup_is_one_of(m->element,
                                             healthcode_markup_raw_elements))
            ? HEALTHCODE_MARKUP_STATE_RAW : HEALTHCODE_MARKUP_STATE_TEXT);

    } else if (m->state == HEALTHCODE_MARKUP_STATE_BARE) {

        if (healthcode_markup_is_space(c)) {
            healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_SPACE);
        }

    } else if (c == '/') {
        healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_SPACE);

    } else if (healthcode_markup_is_space(c)) {

        healthcode_markup_go(m,
            (m->state == HEALTHCODE_MARKUP_STATE_ATTRIBUTE
             || m->state == HEALTHCODE_MARKUP_STATE_AFTER)
            ? HEALTHCODE_MARKUP_STATE_AFTER : HEALTHCODE_MARKUP_STATE_SPACE);

    } else if (m->state == HEALTHCODE_MARKUP_STATE_ELEMENT) {
        healthcode_markup_name(m, m->element, c);

    } else if (c == '=' && m->state != HEALTHCODE_MARKUP_STATE_SPACE) {
        healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_EQUALS);

    } else {

        if (m->state != HEALTHCODE_MARKUP_STATE_ATTRIBUTE) {
            healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_ATTRIBUTE);
        }

        healthcode_markup_name(m, m->attribute, c);
    }
}


static void
healthcode_markup_equals(healthcode_markup_t *m, uint8_t c)
{
    if (c == '"' || c == '\'') {
        healthcode_markup_go(m, c == '"' ? HEALTHCODE_MARKUP_STATE_DOUBLE
                                         : HEALTHCODE_MARKUP_STATE_SINGLE);
        m->address = HEALTHCODE_ADDRESS_START;

    } else if (c == '>') {
        healthcode_markup_tag(m, c);

    } else if (!healthcode_markup_is_space(c)) {
        healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_BARE);
    }
}


static void
healthcode_markup_value(healthcode_markup_t *m, uint8_t c, uint8_t quote)
{
    if (c == quote) {
        healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_SPACE);

    } else {
        m->address = healthcode_address_read(m->address, c);
    }
}


/* Reads "</NAME" up to what ends that name; count is how far it has come. */
static void
healthcode_markup_raw(healthcode_markup_t *m, uint8_t c)
{
    size_t  len = strlen(m->element);

    if (m->count >= 2 && m->count == len + 2
        && (healthcode_markup_is_space(c) || c == '/' || c == '>'))
    {
        m->is_end = true;
        healthcode_markup_go(m, HEALTHCODE_MARKUP_STATE_SPACE);
        healthcode_markup_tag(m, c);

    } else if (c == '<') {
        m->count = 1;

    } else if (m->count == 1 && c == '/') {
        m->count = 2;

    } else if (m->count >= 2 && m->count < len + 2
               && (char) (c | 0x20) == m->element[m->count - 2])
    {
        m->count++;

    } else {
        m->count = 0;
    }
}


static void
healthcode_markup_go(healthcode_markup_t *m, healthcode_markup_state_e state)
{
    m->state = state;
    m->count = 0;
}


/* Adds a byte, in lower case; a name that is too long counts as empty. */
static void
healthcode_markup_name(healthcode_markup_t *m, char *name, uint8_t c)
{
    if (m->count == HEALTHCODE_MARKUP_NAME - 1) {
        name[0] = '\0';
        return;
    }

    name[m->count++] = (char) ((c >= 'A' && c <= 'Z') ? c | 0x20 : c);
    name[m->count] = '\0';
}


static bool
healthcode_markup_is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}


static bool
healthcode_markup_is_letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}


static bool
healthcode_markup_is_one_of(const char *name, const char *const *names)
{
    while (*names && strcmp(name, *names) != 0) {
        names++;
    }

    return *names != NULL;
}


healthcode_markup_e
healthcode_markup_place(const healthcode_markup_t *markup)
{
    switch (markup->state) {

    case HEALTHCODE_MARKUP_STATE_TEXT:
        return HEALTHCODE_MARKUP_TEXT;

    case HEALTHCODE_MARKUP_STATE_DOUBLE:
    case HEALTHCODE_MARKUP_STATE_SINGLE:

        if (strncmp(markup->attribute, "on", 2) == 0
            || markup->attribute[0] == '\0'
            || healthcode_markup_is_one_of(markup->attribute,
                                           healthcode_markup_codes))
        {
            return HEALTHCODE_MARKUP_CODE;
        }

        return (markup->address != HEALTHCODE_ADDRESS_SETTLED
                && healthcode_markup_is_one_of(markup->attribute,
                                               healthcode_markup_addresses))
               ? HEALTHCODE_MARKUP_ADDRESS : HEALTHCODE_MARKUP_VALUE;

    case HEALTHCODE_MARKUP_STATE_COMMENT_START:
    case HEALTHCODE_MARKUP_STATE_COMMENT:
    case HEALTHCODE_MARKUP_STATE_COMMENT_BANG:
        return HEALTHCODE_MARKUP_COMMENT;

    case HEALTHCODE_MARKUP_STATE_RAW:

        /* a browser without scripts would read tags in a <noscript> */

        if (strcmp(markup->element, "script") == 0
            || strcmp(markup->element, "noscript") == 0)
        {
            return HEALTHCODE_MARKUP_SCRIPT;
        }

        if (strcmp(markup->element, "style") == 0) {
            return HEALTHCODE_MARKUP_STYLE;
        }

        /* a value could end such an end, "</titl" */

        return markup->count ? HEALTHCODE_MARKUP_TAG : HEALTHCODE_MARKUP_TEXT;

    default:
        return HEALTHCODE_MARKUP_TAG;
    }
}
