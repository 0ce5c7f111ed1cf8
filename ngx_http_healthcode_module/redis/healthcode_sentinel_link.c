/*
 * What is said on a connection to one sentinel: who it is, what it is asked,
 * and what its replies and messages mean.  The time is an argument.
 * Knows no: nginx, socket, clock.  docs/connection.md, "Sentinel".
 */

#include <stdio.h>

#include "healthcode_sentinel_link.h"


#define HEALTHCODE_SENTINEL_LINK_CHANNEL  "+switch-master"

/* Replies to one question; digits of an epoch. */
#define HEALTHCODE_SENTINEL_LINK_REPLIES  2
#define HEALTHCODE_SENTINEL_LINK_DIGITS   18


static bool healthcode_sentinel_link_format(healthcode_sentinel_link_t *link,
    const char *one, const char *two, healthcode_str_t three);
static bool healthcode_sentinel_link_hello(healthcode_sentinel_link_t *link);
static bool healthcode_sentinel_link_auth_send(
    healthcode_sentinel_link_t *link);
static healthcode_sentinel_link_e healthcode_sentinel_link_push(
    healthcode_sentinel_link_t *link, const redisReply *push);
static healthcode_sentinel_link_e healthcode_sentinel_link_switched(
    healthcode_sentinel_link_t *link, const redisReply *text);
static healthcode_sentinel_link_e healthcode_sentinel_link_greeting(
    healthcode_sentinel_link_t *link, const redisReply *reply);
static healthcode_sentinel_link_e healthcode_sentinel_link_authed(
    healthcode_sentinel_link_t *link, const redisReply *reply);
static healthcode_sentinel_link_e healthcode_sentinel_link_taken(
    healthcode_sentinel_link_t *link);
static healthcode_sentinel_link_e healthcode_sentinel_link_master(
    healthcode_sentinel_link_t *link, const redisReply *reply);
static healthcode_sentinel_link_e healthcode_sentinel_link_address(
    healthcode_sentinel_link_t *link, const redisReply *reply, uint64_t now,
    healthcode_sentinel_word_t *word);
static healthcode_sentinel_link_e healthcode_sentinel_link_refused(
    healthcode_sentinel_link_t *link, const char *command, const char *right,
    const redisReply *reply);
static void healthcode_sentinel_link_advise(
    const healthcode_sentinel_terms_t *terms, const redisReply *error,
    const char *right, char *text, size_t size);
static healthcode_sentinel_link_e healthcode_sentinel_link_break(
    healthcode_sentinel_link_t *link, const char *what);
static healthcode_sentinel_link_e healthcode_sentinel_link_strange(
    healthcode_sentinel_link_t *link);
static healthcode_str_t healthcode_sentinel_link_value(const redisReply *map,
    const char *name);
static healthcode_str_t healthcode_sentinel_link_text(const redisReply *reply);
static bool healthcode_sentinel_link_is(const redisReply *reply,
    const char *text);
static bool healthcode_sentinel_link_has_flag(healthcode_str_t flags,
    const char *flag);
static bool healthcode_sentinel_link_number(healthcode_str_t text,
    uint64_t *number);


void
healthcode_sentinel_link_init(healthcode_sentinel_link_t *link,
    const healthcode_sentinel_terms_t *terms)
{
    memset(link, 0, sizeof(healthcode_sentinel_link_t));

    link->terms = terms;
}


void
healthcode_sentinel_link_close(healthcode_sentinel_link_t *link)
{
    healthcode_redis_buf_free(&link->out);

    link->due = 0;
    link->is_open = false;
    link->is_greeted = false;
    link->is_subscribed = false;
    link->is_again = false;
    link->is_authing = false;
    link->is_auth_due = false;
}


/* ---- what is asked ---- */

bool
healthcode_sentinel_link_greet(healthcode_sentinel_link_t *link, uint64_t now)
{
    link->is_open = true;
    link->is_subscribed = link->terms->is_once;

    return healthcode_sentinel_link_hello(link)
           && (link->is_subscribed
               || healthcode_sentinel_link_format(link, "SUBSCRIBE", NULL,
                            healthcode_str(HEALTHCODE_SENTINEL_LINK_CHANNEL)))
           && healthcode_sentinel_link_ask(link, now);
}


bool
healthcode_sentinel_link_ask(healthcode_sentinel_link_t *link, uint64_t now)
{
    if (link->due) {
        link->is_again = true;
        return true;
    }

    link->is_again = false;
    link->due = HEALTHCODE_SENTINEL_LINK_REPLIES;
    link->asked = now;

    return healthcode_sentinel_link_format(link, "SENTINEL", "MASTER",
                                           link->terms->name)
           && healthcode_sentinel_link_format(link, "SENTINEL",
                                              "GET-MASTER-ADDR-BY-NAME",
                                              link->terms->name);
}


/* Its reply must not be taken for one of a question: those come first. */
bool
healthcode_sentinel_link_auth(healthcode_sentinel_link_t *link)
{
    link->is_new = true;
    link->is_auth_due = link->is_open;

    return healthcode_sentinel_link_auth_send(link);
}


static bool
healthcode_sentinel_link_auth_send(healthcode_sentinel_link_t *link)
{
    size_t                              lens[3] = { 4, 7 };
    const char                         *args[3] = { "AUTH", "default" };
    const healthcode_sentinel_terms_t  *terms = link->terms;

    if (!link->is_auth_due || link->is_authing || link->due) {
        return true;
    }

    if (terms->user.len) {
        args[1] = (const char *) terms->user.data;
        lens[1] = terms->user.len;
    }

    args[2] = (const char *) terms->password.data;
    lens[2] = terms->password.len;

    link->is_auth_due = false;
    link->is_authing = true;

    return healthcode_redis_buf_command(&link->out, 3, args, lens);
}


/* two may be NULL. */
static bool
healthcode_sentinel_link_format(healthcode_sentinel_link_t *link,
    const char *one, const char *two, healthcode_str_t three)
{
    size_t       n = 0, lens[3];
    const char  *args[3];

    args[n] = one;
    lens[n++] = strlen(one);

    if (two) {
        args[n] = two;
        lens[n++] = strlen(two);
    }

    args[n] = (const char *) three.data;
    lens[n++] = three.len;

    return healthcode_redis_buf_command(&link->out, n, args, lens);
}


static bool
healthcode_sentinel_link_hello(healthcode_sentinel_link_t *link)
{
    const healthcode_sentinel_terms_t  *terms = link->terms;

    size_t       lens[] = { 5, 1, 4, 7, terms->password.len };
    const char  *args[] = {
        "HELLO", "3", "AUTH", "default", (const char *) terms->password.data
    };

    if (terms->user.len) {
        args[3] = (const char *) terms->user.data;
        lens[3] = terms->user.len;
    }

    return healthcode_redis_buf_command(&link->out,
                                        terms->password.data ? 5 : 2, args,
                                        lens);
}


/* ---- what is answered ---- */

healthcode_sentinel_link_e
healthcode_sentinel_link_reply(healthcode_sentinel_link_t *link,
    const redisReply *reply, uint64_t now, healthcode_sentinel_word_t *word)
{
    if (reply->type == REDIS_REPLY_PUSH) {
        return healthcode_sentinel_link_push(link, reply);
    }

    if (!link->is_greeted) {
        return healthcode_sentinel_link_greeting(link, reply);
    }

    if (!link->is_subscribed) {
        return healthcode_sentinel_link_refused(link, "SUBSCRIBE",
                            "+subscribe &" HEALTHCODE_SENTINEL_LINK_CHANNEL,
                            reply);
    }

    if (link->is_authing) {
        return healthcode_sentinel_link_authed(link, reply);
    }

    switch (link->due) {

    case HEALTHCODE_SENTINEL_LINK_REPLIES:
        return healthcode_sentinel_link_master(link, reply);

    case 0:
        return healthcode_sentinel_link_break(link, "it sent what nobody asked "
                                              "for");

    default:
        return healthcode_sentinel_link_address(link, reply, now, word);
    }
}


static healthcode_sentinel_link_e
healthcode_sentinel_link_greeting(healthcode_sentinel_link_t *link,
    const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR) {
        return healthcode_sentinel_link_refused(link, "HELLO 3",
                                                "+hello +auth", reply);
    }

    if (!healthcode_str_equal(healthcode_sentinel_link_value(reply, "mode"),
                              healthcode_str("sentinel")))
    {
        return healthcode_sentinel_link_break(link, "it is not a sentinel; "
                                              "name the port of a sentinel, "
                                              "26379 by default");
    }

    link->is_greeted = true;

    return healthcode_sentinel_link_taken(link);
}


static healthcode_sentinel_link_e
healthcode_sentinel_link_authed(healthcode_sentinel_link_t *link,
    const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR) {
        return healthcode_sentinel_link_refused(link, "AUTH", "+auth", reply);
    }

    if (!healthcode_sentinel_link_is(reply, "OK")) {
        return healthcode_sentinel_link_strange(link);
    }

    link->is_authing = false;

    if (!healthcode_sentinel_link_auth_send(link)) {
        return healthcode_sentinel_link_break(link, "there is no memory");
    }

    return healthcode_sentinel_link_taken(link);
}


/* By HELLO or AUTH; not if another one came after that was said. */
static healthcode_sentinel_link_e
healthcode_sentinel_link_taken(healthcode_sentinel_link_t *link)
{
    if (!link->is_new || link->is_auth_due || link->is_authing) {
        return HEALTHCODE_SENTINEL_LINK_GOES_ON;
    }

    link->is_new = false;

    return HEALTHCODE_SENTINEL_LINK_TAKEN;
}


/* Its epoch, and that it has one: the address is that of the next reply. */
static healthcode_sentinel_link_e
healthcode_sentinel_link_master(healthcode_sentinel_link_t *link,
    const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR) {
        return healthcode_sentinel_link_refused(link, "SENTINEL MASTER",
                                                "+sentinel|master", reply);
    }

    if (!healthcode_str_equal(healthcode_sentinel_link_value(reply, "name"),
                              link->terms->name)
        || !healthcode_sentinel_link_has_flag(
               healthcode_sentinel_link_value(reply, "flags"), "master")
        || !healthcode_sentinel_link_number(
               healthcode_sentinel_link_value(reply, "config-epoch"),
               &link->epoch))
    {
        return healthcode_sentinel_link_strange(link);
    }

    link->due--;

    return HEALTHCODE_SENTINEL_LINK_GOES_ON;
}


static healthcode_sentinel_link_e
healthcode_sentinel_link_address(healthcode_sentinel_link_t *link,
    const redisReply *reply, uint64_t now, healthcode_sentinel_word_t *word)
{
    healthcode_str_t               host, port;
    healthcode_sentinel_address_t  master;

    if (reply->type == REDIS_REPLY_ERROR) {
        return healthcode_sentinel_link_refused(link,
                                       "SENTINEL GET-MASTER-ADDR-BY-NAME",
                                       "+sentinel|get-master-addr-by-name",
                                       reply);
    }

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
        return healthcode_sentinel_link_strange(link);
    }

    host = healthcode_sentinel_link_text(reply->element[0]);
    port = healthcode_sentinel_link_text(reply->element[1]);

    if (!healthcode_sentinel_address(host, port, &master)) {
        return healthcode_sentinel_link_break(link, "it names the master by no "
                            "address that can be connected to; write "
                            "\"sentinel announce-hostnames no\" in its "
                            "configuration");
    }

    link->due--;

    memset(word, 0, sizeof(healthcode_sentinel_word_t));
    word->master = master;
    word->epoch = link->epoch;
    word->asked = link->asked;

    if (!healthcode_sentinel_link_auth_send(link)
        || (link->is_again && !healthcode_sentinel_link_ask(link, now)))
    {
        return healthcode_sentinel_link_break(link, "there is no memory");
    }

    return HEALTHCODE_SENTINEL_LINK_WORD;
}


/* ---- messages ---- */

/* ["subscribe", CHANNEL, 1], or ["message", CHANNEL, TEXT] */
static healthcode_sentinel_link_e
healthcode_sentinel_link_push(healthcode_sentinel_link_t *link,
    const redisReply *push)
{
    if (!link->is_greeted || push->elements != 3
        || !healthcode_sentinel_link_is(push->element[1],
                                        HEALTHCODE_SENTINEL_LINK_CHANNEL))
    {
        return healthcode_sentinel_link_break(link, "it sent what nobody asked "
                                              "for");
    }

    if (!link->is_subscribed
        && healthcode_sentinel_link_is(push->element[0], "subscribe"))
    {
        link->is_subscribed = true;
        return HEALTHCODE_SENTINEL_LINK_GOES_ON;
    }

    if (link->is_subscribed
        && healthcode_sentinel_link_is(push->element[0], "message"))
    {
        return healthcode_sentinel_link_switched(link, push->element[2]);
    }

    return healthcode_sentinel_link_break(link, "it sent what nobody asked "
                                          "for");
}


/*
 * "NAME HOST PORT HOST PORT", of each master that it watches.  There is no
 * epoch in it, so it only says when to ask.
 */
static healthcode_sentinel_link_e
healthcode_sentinel_link_switched(healthcode_sentinel_link_t *link,
    const redisReply *text)
{
    healthcode_str_t  said = healthcode_sentinel_link_text(text);
    healthcode_str_t  name = link->terms->name;

    if (said.data == NULL) {
        return healthcode_sentinel_link_strange(link);
    }

    if (said.len > name.len && said.data[name.len] == ' '
        && memcmp(said.data, name.data, name.len) == 0)
    {
        return HEALTHCODE_SENTINEL_LINK_CHANGED;
    }

    return HEALTHCODE_SENTINEL_LINK_GOES_ON;
}


/* ---- what is wrong ---- */

static healthcode_sentinel_link_e
healthcode_sentinel_link_break(healthcode_sentinel_link_t *link,
    const char *what)
{
    snprintf(link->what, sizeof(link->what), "%s", what);

    return HEALTHCODE_SENTINEL_LINK_BROKEN;
}


static healthcode_sentinel_link_e
healthcode_sentinel_link_strange(healthcode_sentinel_link_t *link)
{
    return healthcode_sentinel_link_break(link, "it answers SENTINEL by "
                                          "something else: a proxy, or no "
                                          "sentinel; name the sentinel "
                                          "itself");
}


/* right is the one that the command needs. */
static healthcode_sentinel_link_e
healthcode_sentinel_link_refused(healthcode_sentinel_link_t *link,
    const char *command, const char *right, const redisReply *reply)
{
    int                                 n;
    char                                text[HEALTHCODE_REFUSAL_SIZE / 2];
    const healthcode_sentinel_terms_t  *terms = link->terms;
    const healthcode_str_t              secrets[HEALTHCODE_REFUSAL_SECRETS] = {
        terms->password, terms->former
    };

    if (reply->type != REDIS_REPLY_ERROR) {
        return healthcode_sentinel_link_strange(link);
    }

    (void) healthcode_refusal_text(reply, secrets, text, sizeof(text));

    n = snprintf(link->what, sizeof(link->what), "%s is refused: %s", command,
                 text);

    if (n < 0 || (size_t) n >= sizeof(link->what)) {
        return HEALTHCODE_SENTINEL_LINK_BROKEN;
    }

    healthcode_sentinel_link_advise(terms, reply, right, link->what + n,
                                    sizeof(link->what) - (size_t) n);

    return HEALTHCODE_SENTINEL_LINK_BROKEN;
}


static void
healthcode_sentinel_link_advise(const healthcode_sentinel_terms_t *terms,
    const redisReply *error, const char *right, char *text, size_t size)
{
    healthcode_str_t  user = terms->user;

    if (user.len == 0) {
        user = healthcode_str("default");
    }

    if (healthcode_refusal_is_right(error)) {
        snprintf(text, size, "; give the right there: \"ACL SETUSER %.*s %s\"",
                 (int) user.len, (const char *) user.data, right);

    } else if (healthcode_refusal_is_auth(error)) {
        snprintf(text, size, "; check \"%s\" and \"%s\", and that the "
                 "sentinel has this user", terms->user_word,
                 terms->file_word);

    } else if (strncmp(error->str, "ERR No ", 7) == 0) {
        snprintf(text, size, "; it watches no master \"%.*s\": write the name "
                 "of its line \"sentinel monitor\"", (int) terms->name.len,
                 (const char *) terms->name.data);

    } else {
        snprintf(text, size, "; name a sentinel of Redis 6.2 or later itself");
    }
}


/* ---- values ---- */

/* Of a map, or of an array of names and values; data is NULL: none. */
static healthcode_str_t
healthcode_sentinel_link_value(const redisReply *map, const char *name)
{
    if (map->type == REDIS_REPLY_MAP || map->type == REDIS_REPLY_ARRAY) {
        for (size_t i = 0; i + 1 < map->elements; i += 2) {
            if (healthcode_sentinel_link_is(map->element[i], name)) {
                return healthcode_sentinel_link_text(map->element[i + 1]);
            }
        }
    }

    return healthcode_str_from(NULL, 0);
}


/* data is NULL: it is not a text. */
static healthcode_str_t
healthcode_sentinel_link_text(const redisReply *reply)
{
    return (reply->type == REDIS_REPLY_STRING
            || reply->type == REDIS_REPLY_STATUS)
           ? healthcode_str_from(reply->str, reply->len)
           : healthcode_str_from(NULL, 0);
}


static bool
healthcode_sentinel_link_is(const redisReply *reply, const char *text)
{
    healthcode_str_t  said = healthcode_sentinel_link_text(reply);

    return said.data
           && healthcode_str_equal(said, healthcode_str_from(text,
                                                             strlen(text)));
}


/* Of words with commas between them. */
static bool
healthcode_sentinel_link_has_flag(healthcode_str_t flags, const char *flag)
{
    size_t          len = strlen(flag);
    const uint8_t  *end, *comma;

    if (flags.data == NULL) {
        return false;
    }

    for (end = flags.data + flags.len; flags.data <= end;
         flags.data = comma + 1)
    {
        comma = memchr(flags.data, ',', (size_t) (end - flags.data));

        if (comma == NULL) {
            comma = end;
        }

        if ((size_t) (comma - flags.data) == len
            && memcmp(flags.data, flag, len) == 0)
        {
            return true;
        }
    }

    return false;
}


static bool
healthcode_sentinel_link_number(healthcode_str_t text, uint64_t *number)
{
    uint64_t  value = 0;

    if (text.len == 0 || text.len > HEALTHCODE_SENTINEL_LINK_DIGITS) {
        return false;
    }

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }

        value = value * 10 + (text.data[i] - '0');
    }

    *number = value;

    return true;
}
