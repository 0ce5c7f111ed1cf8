// Scripts of two sites call the API of docs/examples/cross-origin.conf: the one
// that it names reads every answer, also a refusal; the other reads nothing.
// docs/examples/README.md.

import { ask, is, like, main, ok, visitor } from './browser.mjs';

const api = process.env.API;
const code = process.env.CODE;
const args = ['booking', 'evil'].map((name) =>
    `MAP ${name}.example:443 127.0.0.1:${process.env.SITES}`).join(', ');

async function site(name) {
    const page = await visitor({ args: ['--host-resolver-rules=' + args] });
    await page.goto(`https://${name}.example/`);
    is(await page.evaluate(() => origin), `https://${name}.example`, 'a page of ' + name);
    return page;
}

// What a script of the page can read of an answer.
async function call(page, path, { method = 'GET', shows, type } = {}) {
    const read = await page.evaluate(async ([url, options]) => {
        try {
            const answer = await fetch(url, options);
            return { status: answer.status, body: await answer.text(),
                challenge: answer.headers.get('WWW-Authenticate'),
                retry: answer.headers.get('Retry-After') };
        } catch (error) {
            return { error: error.name };
        }
    }, [api + path, { method, headers: { ...(shows && { Authorization: 'Bearer ' + shows }),
        ...(type && { 'Content-Type': type }) }, ...(type && { body: '{}' }) }]);
    return { ...read, log: await ask('log') };
}

const unread = { error: 'TypeError' };

async function named(page) {
    const passed = await call(page, '/api/', { shows: code });
    is([passed.status, passed.body], [200, 'upstream\n'], 'a code passes, and the script reads it');
    is(passed.log, 'OPTIONS 204 GET 200', 'after a preflight without a code');

    const again = await call(page, '/api/', { shows: code });
    is(again.log, 'GET 200', 'which the browser then knows for a while');

    const posted = await call(page, '/api/', { method: 'POST', shows: code });
    is([posted.status, posted.log], [200, 'POST 200'], 'POST passes, too');

    const missing = await call(page, '/api/');
    is([missing.status, missing.log], [401, 'GET 401'],
       'a request that needs no preflight is refused');
    is(JSON.parse(missing.body).reason, 'missing', 'the script reads why');
    like(missing.challenge, /^Bearer/, 'and the challenge');

    const wrong = await call(page, '/api/', { shows: 'x.y.z' });
    is([wrong.status, JSON.parse(wrong.body).reason], [401, 'malformed'],
       'a code that is wrong is refused, readable');

    is(await call(page, '/api/', { method: 'DELETE', shows: code }), { ...unread,
       log: 'OPTIONS 204' }, 'a method that is not named ends at the preflight');
    is(await call(page, '/api/', { method: 'POST', shows: code, type: 'application/json' }),
       { ...unread, log: 'OPTIONS 204' }, 'and so does a header');
}

async function other(page) {
    is(await call(page, '/api/', { shows: code }), { ...unread, log: 'OPTIONS 204' },
       'another site does not get past the preflight, also with a code');
    is(await call(page, '/api/'), { ...unread, log: 'GET 401' },
       'and cannot read a refusal');
    is(await call(page, '/app/', { shows: code }), { ...unread, log: 'OPTIONS 200' },
       'nor with an application that answers preflights');
    is(await call(page, '/app/'), { ...unread, log: 'GET 401' }, 'or its refusals');
}

async function application(page) {
    const passed = await call(page, '/app/', { shows: code });
    is([passed.status, passed.body, passed.log], [200, 'upstream\n', 'OPTIONS 200 GET 200'],
       'an application answers its preflights itself');
    const refused = await call(page, '/app/');
    is([refused.status, refused.log], [401, 'GET 401'],
       'and the refusals that the gate answers in its place can be read');
}

async function later(page, another) {
    await ask('flag');
    const flagged = await call(page, '/api/', { shows: code });
    is([flagged.status, JSON.parse(flagged.body).reason], [403, 'flagged'],
       'a flag is refused, readable');

    await ask('down');
    const busy = await call(page, '/api/', { shows: code });
    is(busy.status, 503, 'an outage is readable');
    ok(busy.retry > 0, 'with the seconds after which to try again', busy);
    is((await call(another, '/api/', { shows: code })).error, 'TypeError',
       'by nobody else');
}

await main(async () => {
    const page = await site('booking');
    const another = await site('evil');
    await named(page);
    await application(page);
    await other(another);
    await later(page, another);
});
